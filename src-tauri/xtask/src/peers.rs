//! Other gateways, installed under `target/xtask/` and started in front of the bench's mock, so that
//! the same clients measure them in the same run. Dummy keys, nothing but this computer to talk to.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{self, Background};
use crate::real_servers;
use crate::repository::Repository;
use crate::stamp::Stamp;
use crate::terminal;

/// Installed plainly, every streamed answer of Portkey is a 500 ("immutable", its issue 1389, open since
/// October 2025); with these versions of what it stands on it works, and without them it would not be a
/// fair comparison.
const PORTKEY: &str = r#"{
  "private": true,
  "dependencies": { "@portkey-ai/gateway": "1.15.2" },
  "overrides": { "@hono/node-server": "1.13.5", "hono": "4.9.7", "@hono/node-ws": "1.2.0" }
}
"#;

/// What the bench's clients say to be let in.
const TOKEN: &str = "sk-bench-0123456789";

/// The mock's models.
const MODELS: [&str; 3] = ["plain", "paced", "burst"];

/// LiteLLM takes ten seconds to start on an idle machine.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// The gateways, until this is dropped.
pub(crate) struct Peers {
    /// What the bench has to be told of them.
    pub(crate) arguments: Vec<String>,
    _running: [Background; 2],
}

impl Peers {
    pub(crate) fn start(repository: &Repository) -> Result<Self> {
        let [mock, litellm, portkey] = free_ports()?;
        let folder = repository.work().join("peers");
        fs::create_dir_all(&folder)?;
        let running = [
            start_litellm(repository, &folder, litellm, mock)?,
            start_portkey(repository, &folder, portkey)?,
        ];
        wait_for("LiteLLM", litellm, "/health/liveliness")?;
        wait_for("Portkey", portkey, "/")?;
        let peer = |name: &str, port: u16| {
            [
                "--peer".to_owned(),
                format!("{name}=http://127.0.0.1:{port}"),
            ]
        };
        let arguments = ["--mock-port".to_owned(), mock.to_string()]
            .into_iter()
            .chain(peer("LiteLLM", litellm))
            .chain(peer("Portkey", portkey))
            .collect();
        Ok(Self {
            arguments,
            _running: running,
        })
    }
}

/// Ports that nobody listens on now.
fn free_ports() -> Result<[u16; 3]> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // Held together, so that they differ.
    let held = [bind()?, bind()?, bind()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn start_litellm(
    repository: &Repository,
    folder: &Path,
    port: u16,
    mock: u16,
) -> Result<Background> {
    let program = real_servers::install_litellm(repository)?;
    let mut config = "model_list:\n".to_owned();
    for model in MODELS {
        config += &format!(
            "  - model_name: {model}\n    litellm_params:\n      model: openai/{model}\n      \
             api_base: http://127.0.0.1:{mock}/v1\n      api_key: sk-none\n"
        );
    }
    config += &format!("general_settings:\n  master_key: {TOKEN}\n");
    let file = folder.join("litellm.yaml");
    fs::write(&file, config)?;
    let mut command = repository.command(program);
    command
        .args(["--host", "127.0.0.1", "--telemetry", "False", "--port"])
        .arg(port.to_string())
        .arg("--config")
        .arg(&file)
        // Else it fetches its list of prices at every start.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    start(command, &folder.join("litellm.log"))
}

fn start_portkey(repository: &Repository, folder: &Path, port: u16) -> Result<Background> {
    let server = install_portkey(repository)?;
    let mut command = repository.command("node");
    command
        .arg(server)
        .args([format!("--port={port}"), "--headless".to_owned()])
        .env("NODE_ENV", "production");
    start(command, &folder.join("portkey.log"))
}

fn install_portkey(repository: &Repository) -> Result<PathBuf> {
    let folder = repository.work().join("portkey");
    let server = folder.join("node_modules/@portkey-ai/gateway/build/start-server.js");
    let stamp = Stamp::new(repository, "portkey", PORTKEY.to_owned());
    if stamp.is_current() && server.exists() {
        return Ok(server);
    }
    terminal::say("Installing Portkey's gateway 1.15.2");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), PORTKEY)?;
    let mut npm = repository.npm();
    // It runs without what its packages would do after their installation.
    npm.current_dir(&folder).args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    process::run(&mut npm)?;
    stamp.set()?;
    Ok(server)
}

/// In the background, with what it says in a file.
fn start(mut command: Command, log: &Path) -> Result<Background> {
    let output = fs::File::create(log).with_context(|| log.display().to_string())?;
    command.stdout(output.try_clone()?).stderr(output);
    Background::start(&mut command)
}

/// Returns when the server answers with a success.
fn wait_for(name: &str, port: u16, path: &str) -> Result<()> {
    terminal::say(&format!("Waiting for {name}"));
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        process::stop_if_interrupted()?;
        if is_answered(port, path).unwrap_or(false) {
            return Ok(());
        }
        thread::sleep(LOOK_AGAIN_AFTER);
    }
    bail!("{name} does not answer; what it said is in target/xtask/peers/")
}

fn is_answered(port: u16, path: &str) -> Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LOOK_AGAIN_AFTER)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head.starts_with(b"HTTP/1.1 200"))
}
