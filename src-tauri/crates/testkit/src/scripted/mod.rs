//! A provider on loopback that plays every fault, chosen by the model's name.
//!
//! It speaks the OpenAI chat format over real sockets, so that what is tested is what ships: the
//! HTTP client, its time limits, its connection pool. Nothing sleeps in a test: replies that wait
//! do so until the test releases them. With a [`Pace`] the same server can be run by hand.
//!
//! [`models::DOCUMENTED`] lists the names.

mod answers;
mod control;
mod models;
mod oddities;
mod refusals;
mod request;
mod script;
mod server;
mod texts;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use self::control::Control;
pub use self::models::{DOCUMENTED, FAULTS};
pub use self::request::RecordedRequest;

/// How replies move on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Tokens come at once; replies that wait do so until the test releases them.
    #[default]
    Held,
    /// One token in this time; replies that wait do so for as long as the real fault would.
    Every(Duration),
}

/// How to start a scripted provider.
#[derive(Clone, Debug, Default)]
pub struct ScriptedOptions {
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// Requests without `Authorization: Bearer` and this key get a 401.
    pub expected_key: Option<String>,
    /// How replies move on.
    pub pace: Pace,
    /// Where the model `redirect` sends its requests. Without it: to this server, by another name.
    pub redirect_to: Option<String>,
    /// Names to put at the head of the list of models, such as `tokens-20000`: the list has one of
    /// each kind only.
    pub more_models: Vec<String>,
}

/// A running scripted provider. It has a thread and a runtime of its own, so that any kind of test
/// can hold one; dropping it ends it.
#[derive(Debug)]
pub struct ScriptedProvider {
    address: SocketAddr,
    control: Arc<Control>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedProvider {
    /// Starts on a free port, takes any key or none, and waits for releases.
    ///
    /// # Errors
    /// Where no port of loopback can be had.
    pub fn start() -> io::Result<Self> {
        Self::start_with(ScriptedOptions::default())
    }

    /// Starts as told.
    ///
    /// # Errors
    /// Where the port is taken, or the runtime cannot be built.
    pub fn start_with(options: ScriptedOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&control);
        let thread = std::thread::Builder::new()
            .name("scripted-provider".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = server::serve(listener, address, options, shared) => {}
                        _ = stopped => {}
                    }
                });
                runtime.shutdown_background();
            })?;
        Ok(Self {
            address,
            control,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The base URL to give to Patchbay, such as `http://127.0.0.1:41234/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.control.requests()
    }

    /// The requests for an answer so far, oldest first.
    pub fn chat_requests(&self) -> Vec<RecordedRequest> {
        self.requests()
            .into_iter()
            .filter(RecordedRequest::is_chat)
            .collect()
    }

    /// Lets `count` waits of the model `drip` pass. Releases may come before the wait.
    pub fn release(&self, count: usize) {
        self.release_for("drip", count);
    }

    /// Lets `count` waits of this model pass: a token of `drip`, the silence of `stall-after-3`, the
    /// headers of `slow-headers`. The name must be the whole one, with its `:label` where it has one.
    pub fn release_for(&self, model: &str, count: usize) {
        self.control.gate(model).add_permits(count);
    }

    /// From now on `503-until-recovered` (the whole name, with its `:label`) answers.
    pub fn recover(&self, model: &str) {
        self.control.recover(model);
    }

    /// How many replies are being sent right now.
    pub fn open_replies(&self) -> usize {
        self.control.open_count()
    }

    /// Resolves once at least `count` requests have come. Any executor can poll it.
    pub async fn wait_for_requests(&self, count: usize) {
        self.control.wait_for_requests(count).await;
    }

    /// Resolves once no reply is being sent: everybody got the end, or hung up.
    pub async fn wait_until_idle(&self) {
        self.control.wait_until_idle().await;
    }
}

impl Drop for ScriptedProvider {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
