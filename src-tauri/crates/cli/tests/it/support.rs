//! The program in a home of its own, beside a scripted provider.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use patchbay_testkit::{ScriptedProvider, TemporaryHome};
use serde_json::Value;

/// A home in which the program was never run.
pub(crate) struct Cli {
    pub(crate) home: TemporaryHome,
}

/// What became of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Ran {
    /// The result of a command that worked.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// The result of a command that worked, for a script.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.good();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What a command says that ends with this code.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.errors
    }
}

impl Cli {
    pub(crate) fn new() -> Self {
        Self {
            home: TemporaryHome::new().unwrap(),
        }
    }

    /// With one provider, called `scripted`, that wants no key.
    pub(crate) fn with_provider() -> (Self, ScriptedProvider) {
        let server = ScriptedProvider::start().unwrap();
        let cli = Self::new();
        cli.add_provider(&server);
        (cli, server)
    }

    pub(crate) fn add_provider(&self, server: &ScriptedProvider) {
        let base_url = server.base_url();
        let arguments = ["provider", "add", "--url", &base_url, "--name", "Scripted"];
        self.run(&arguments).good();
    }

    /// The program, with nothing of this process's environment, and no keychain.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay-cli"));
        command
            .args(arguments)
            .arg("--no-keychain")
            .env_clear()
            .envs(self.home.environment())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], None)
    }

    /// With these environment variables, and this on standard input.
    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: Option<&str>,
    ) -> Ran {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(input.as_bytes()).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts `serve` on a free port and returns when it listens.
    pub(crate) fn serve(&self, more: &[&str], variables: &[(&str, &str)]) -> Serving {
        let mut arguments = vec!["serve", "--port", "0", "--json"];
        arguments.extend(more);
        let mut command = self.command(&arguments);
        command.envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let output = child.wait_with_output().unwrap();
            panic!("{line:?}, {}", String::from_utf8_lossy(&output.stderr));
        };
        let address = ready["address"].as_str().unwrap();
        let address = address.strip_prefix("http://").unwrap().parse().unwrap();
        Serving {
            child: Some(child),
            address,
            ready,
        }
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// A program that goes on until it is told to end. Killed where a test forgets it.
pub(crate) struct Serving {
    child: Option<Child>,
    pub(crate) address: SocketAddr,
    pub(crate) ready: Value,
}

impl Serving {
    /// Sends a request as these bytes say, and returns the reply as it came.
    pub(crate) fn send(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Asks in OpenAI's format.
    pub(crate) fn chat(&self, token: &str, model: &str) -> String {
        let body = serde_json::json!({
            "model": model,
            "messages": [{ "role": "user", "content": "Say something." }],
        })
        .to_string();
        self.send(&format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    /// Tells it to end as a service manager does, and returns what became of it.
    pub(crate) fn terminate(mut self) -> Ran {
        let child = self.child.take().unwrap();
        tell(&child, rustix::process::Signal::TERM);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().expect("an end of its own"),
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) fn tell(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, signal).unwrap();
}

/// Reads until this stands in what came.
pub(crate) fn read_until(out: &mut ChildStdout, wanted: &str) -> String {
    let mut text = String::new();
    let mut piece = [0; 256];
    while !text.contains(wanted) {
        let count = out.read(&mut piece).unwrap();
        assert!(count > 0, "it ended: {text}");
        text.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    text
}
