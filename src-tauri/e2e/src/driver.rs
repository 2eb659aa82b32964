//! One WebKitWebDriver: it starts the app, speaks to its web engine, and takes one session only.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpStream;

use crate::waiting::until;

const PROGRAM: &str = "WebKitWebDriver";
const LISTENS_WITHIN: Duration = Duration::from_secs(20);

/// A running driver. It ends when this is dropped; the app that it started does not.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts one on a port of its own. The app inherits this environment.
    pub(crate) async fn start(
        environment: &[(OsString, Option<OsString>)],
        log: &Path,
    ) -> Result<Self> {
        let address = free_address()?;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)?;
        let mut command = Command::new(PROGRAM);
        command
            .args(["--host=127.0.0.1", &format!("--port={}", address.port())])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let process = command
            .spawn()
            .with_context(|| format!("{PROGRAM} (Debian package webkit2gtk-driver)"))?;
        let mut driver = Self { process, address };
        driver.wait_until_it_listens().await?;
        Ok(driver)
    }

    async fn wait_until_it_listens(&mut self) -> Result<()> {
        let (process, address) = (&mut self.process, self.address);
        until("the driver to listen", LISTENS_WITHIN, async || {
            if let Some(status) = process.try_wait()? {
                bail!("{PROGRAM} ended at once: {status}");
            }
            Ok(TcpStream::connect(address).await.ok().map(drop))
        })
        .await
    }

    /// Where it takes commands.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address on loopback that nobody uses. Another program could take it before the driver does;
/// then the driver ends at once and the test says so.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
