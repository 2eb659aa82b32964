//! A provider on loopback that plays every fault, chosen by the model's name.
//!
//! It speaks every family of wire formats over real sockets, so that what is tested is what ships: the
//! HTTP client, its time limits, its connection pool. Nothing sleeps in a test: replies that wait
//! do so until the test releases them. With a [`Pace`] the same server can be run by hand.
//!
//! Every answer tells what may still be asked, in the headers of its family's maker, and the numbers go
//! down with each request of a key; what counts is [`ScriptedOptions::request_limit`].
//!
//! [`DOCUMENTED`] lists the names, [`EMBEDDINGS`] those that make embeddings, [`FAULTS`] which of them play the sixteen faults of routers, in their
//! real times, and [`QUICK_FAULTS`] the same in short ones; [`BASES`] lists the addresses. What a name says ([`said`]) and how a family
//! writes it ([`families`]) are kept apart, so that every name works in every family.

mod accounts;
mod allowances;
mod answers;
mod control;
mod documented;
mod embeddings;
mod families;
mod keys;
mod list_pages;
mod lists;
mod models;
mod oddities;
mod options;
mod organisation;
mod refusals;
mod request;
mod routes;
mod said;
mod script;
mod server;
mod texts;
mod timed;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use self::control::Control;
pub use self::documented::{DOCUMENTED, FAULTS, QUICK_FAULTS};
pub use self::embeddings::EMBEDDINGS;
pub use self::lists::{ScriptedModel, ScriptedPrices};
pub use self::options::{Pace, ScriptedOptions};
pub use self::organisation::{ScriptedDay, ScriptedOrganisation};
pub use self::request::RecordedRequest;
pub use self::routes::BASES;

/// One answer that the provider charges for: tokens in classes that do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The model that was asked for.
    pub model: String,
    /// The last message of the request.
    pub text: String,
    /// The last four characters of the key.
    pub key_ending: Option<String>,
    /// Prompt tokens that were read afresh.
    pub input: usize,
    /// Prompt tokens from the cache.
    pub cache_read: usize,
    /// Prompt tokens that were written to the cache for about five minutes.
    pub cache_write: usize,
    /// Prompt tokens that were written to the cache for about an hour.
    pub cache_write_long: usize,
    /// Answer tokens of text, with the thinking where the family does not tell it apart.
    pub output: usize,
    /// Answer tokens spent thinking, where the family tells them apart.
    pub reasoning: usize,
    /// Prompt tokens of sound, where the family tells them apart.
    pub audio_input: usize,
    /// Prompt tokens of pictures, where the family tells them apart.
    pub image_input: usize,
    /// Answer tokens of sound, where the family tells them apart.
    pub audio_output: usize,
    /// US dollars as decimal text, where the provider tells the cost.
    pub cost: Option<String>,
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

    /// The base URL of the OpenAI formats, such as `http://127.0.0.1:41234/v1`.
    pub fn base_url(&self) -> String {
        self.url("/v1")
    }

    /// The address with a path behind it: one of [`BASES`] makes a base URL, `/token` the address where
    /// Google's access tokens are made.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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

    /// The requests for embeddings so far, oldest first.
    pub fn embedding_requests(&self) -> Vec<RecordedRequest> {
        self.requests()
            .into_iter()
            .filter(RecordedRequest::is_for_embeddings)
            .collect()
    }

    /// The assertions that access tokens were asked for with, oldest first.
    pub fn assertions(&self) -> Vec<String> {
        let requests = self.requests();
        requests.iter().filter_map(accounts::assertion).collect()
    }

    /// From now on no access token that was made so far is accepted.
    pub fn revoke_tokens(&self) {
        self.control.revoke_tokens();
    }

    /// What was charged so far: the answers that were sent to their end, oldest first.
    pub fn bill(&self) -> Vec<Billed> {
        self.control.bill()
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
