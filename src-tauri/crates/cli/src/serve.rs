//! `patchbay serve`: the gateway without a window.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::Engine;
use patchbay_gateway::{Gateway, GatewayError, GatewayOptions};
use serde::Serialize;
use tracing_subscriber::filter::EnvFilter;

use crate::arguments::{ServeArguments, Shared};
use crate::failure::Failed;
use crate::interrupt::Interrupt;
use crate::listening::ListeningFile;
use crate::session;
use crate::terminal::Terminal;

/// Old lists of models are read again when apps have had their first answers.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// What a script is told when the gateway listens.
#[derive(Debug, Serialize)]
struct Ready {
    /// Such as `http://127.0.0.1:4180`.
    address: String,
    /// What to give to an SDK of OpenAI's as its base URL. Anthropic's wants `address`.
    base_url: String,
    port: u16,
    pid: u32,
    data_folder: String,
}

pub(crate) async fn serve(
    shared: &Shared,
    arguments: ServeArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    begin_log();
    // Watched from the start: who is told to end while the folder opens ends as cleanly.
    let mut interrupt = Interrupt::watch()?;
    let folders = session::folders(shared)?;
    let engine = session::open(shared, terminal).await?;
    let file = ListeningFile::of(&folders.data);
    // What a crash left behind leads nowhere.
    file.say(None);
    let served = run(&engine, &arguments, &file, shared, &mut interrupt, terminal).await;
    file.say(None);
    notify_manager("STOPPING=1");
    session::close(&engine).await;
    served
}

async fn run(
    engine: &Arc<Engine>,
    arguments: &ServeArguments,
    file: &ListeningFile,
    shared: &Shared,
    interrupt: &mut Interrupt,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::hold_keys(engine, &arguments.held.key_from_env).await?;
    let port = match arguments.port {
        Some(port) => port,
        None => engine.gateway_choice().await?.port,
    };
    let options = GatewayOptions {
        port,
        ..GatewayOptions::default()
    };
    let gateway = Gateway::start(Arc::clone(engine), options)
        .await
        .map_err(|error| refused(&error))?;
    let address = gateway.address();
    file.say(Some(address));
    let base_url = format!("http://{address}/v1");
    let told = if shared.json {
        terminal.json_line(&Ready {
            address: format!("http://{address}"),
            base_url,
            port: address.port(),
            pid: std::process::id(),
            data_folder: session::folders(shared)?.data.display().to_string(),
        })
    } else {
        terminal.line(&format!("Listening on {base_url}"))
    };
    if let Err(failed) = told {
        gateway.stop().await;
        return Err(failed);
    }
    notify_manager("READY=1");
    if engine.apps().await?.is_empty() {
        terminal.note(
            "No app has a token yet, so nothing is answered. End this, make one, and start again: \
             patchbay app add NAME",
        );
    }
    engine.keep_lists_fresh(FIRST_LOOK);
    engine.fill_spend_facts_soon();
    interrupt.told().await;
    tracing::info!("told to end");
    gateway.stop().await;
    Ok(())
}

fn refused(error: &GatewayError) -> Failed {
    Failed::new(error.to_string(), error.advice())
}

/// Logs to standard error, where a service manager keeps it. Bodies, headers and texts are never logged.
fn begin_log() {
    let filter = EnvFilter::try_from_env("PATCHBAY_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,patchbay=info"));
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    if begun.is_err() {
        tracing::debug!("a log had begun already");
    }
}

/// Tells systemd how it stands, where it started this and asked to be told.
#[cfg(target_os = "linux")]
fn notify_manager(state: &str) {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    let sent = UnixDatagram::unbound().and_then(|socket| {
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(&path)?,
        };
        socket.send_to_addr(state.as_bytes(), &address)
    });
    if let Err(error) = sent {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

#[cfg(not(target_os = "linux"))]
fn notify_manager(_state: &str) {}
