//! A server in a process of its own, which ends with the test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Python needs long to begin on a machine that does much else.
const BEGINS_WITHIN: Duration = Duration::from_secs(180);

pub(super) struct Program {
    child: Child,
    pub(super) port: u16,
}

impl Program {
    /// Starts it with its output in a file, and waits until it says on this page that it is well.
    pub(super) async fn start(mut command: Command, port: u16, page: &str, log: &Path) -> Self {
        let output = std::fs::File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut program = Self { child, port };
        let began = Instant::now();
        while !is_well(port, page).unwrap_or(false) {
            let ended = program.child.try_wait().unwrap();
            assert!(
                ended.is_none() && began.elapsed() < BEGINS_WITHIN,
                "{command:?} did not begin ({ended:?}):\n{}",
                std::fs::read_to_string(log).unwrap_or_default()
            );
            // Another program tells nobody that it is ready; nothing but asking again is left.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        program
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash would.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this page is there, asked in the oldest way there is.
fn is_well(port: u16, page: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {page} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply)?;
    Ok(reply.split(' ').nth(1) == Some("200"))
}

/// The usual port where nobody has it, so that the server can be found by itself; else some free one.
pub(super) fn port(usual: u16) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, usual))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    listener.local_addr().unwrap().port()
}
