//! Sending on what was asked and spent to a collector: off until a person names one.
//!
//! The secret of a collector lies in the keychain, bound to the collector's origin like the key of a
//! provider.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, ChatRequest, Clock, Origin, ProviderId, RunId, UnixMillis};
use patchbay_store::Store;
pub use patchbay_telemetry::{Delivery, TelemetrySettings};
use patchbay_telemetry::{Post, RunTold, Telemetry};
use patchbay_vault::{KeyAddress, Storage, Vault, VaultError};
use secrecy::{ExposeSecret as _, SecretString};

use crate::connector::Http;
use crate::routing::Resolved;
use crate::{Engine, EngineError, lock};

/// The setting that holds it.
const KEY: &str = "telemetry";

/// No provider's key has this label: a slot's id is a number or a word that Patchbay made.
const LABEL: &str = "collector";
const OWNER: &str = "telemetry";

/// How long the last batches may take when Patchbay closes.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is set up, and how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetryStatus {
    /// As it was set up.
    pub settings: TelemetrySettings,
    /// The collector's secret is known.
    pub has_secret: bool,
    /// Since Patchbay started, or since it was set up.
    pub delivery: Delivery,
}

/// The sender and what it needs. Clones are the same.
#[derive(Clone)]
pub(crate) struct Sending {
    vault: Vault,
    http: Arc<Http>,
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    /// Starting waits for the keychain, which may wait for a person; one waits for all.
    starting: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    settings: TelemetrySettings,
    sender: Option<Arc<Telemetry>>,
    /// Why there is no sender although it is on.
    problem: Option<String>,
}

/// A run as it began, kept until it is over.
pub(crate) struct Begun {
    run: RunId,
    origin: &'static str,
    purpose: &'static str,
    is_embedding: bool,
    app: Option<String>,
    route: Option<String>,
    model: String,
    started_at: UnixMillis,
}

impl Sending {
    /// As it was set up before.
    pub(crate) async fn load(
        store: &Store,
        vault: Vault,
        http: Arc<Http>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, patchbay_store::StoreError> {
        let stored = store.setting(KEY).await?;
        let settings = stored
            .and_then(|value| serde_json::from_value(value).ok())
            .unwrap_or_default();
        Ok(Self {
            vault,
            http,
            clock,
            state: Arc::new(Mutex::new(State {
                settings,
                ..State::default()
            })),
            starting: Arc::default(),
        })
    }

    /// What will be told of a run; `None` where nothing is sent.
    pub(crate) fn begin(
        &self,
        run: RunId,
        resolved: &Resolved,
        request: &ChatRequest,
        started_at: UnixMillis,
    ) -> Option<Begun> {
        if !lock(&self.state).settings.is_on {
            return None;
        }
        Some(Begun {
            run,
            origin: resolved.errand.origin.as_str(),
            purpose: resolved.errand.purpose.as_str(),
            is_embedding: request.embedding.is_some(),
            app: resolved.errand.asker.app.clone(),
            route: resolved.route_name.clone(),
            model: resolved.requested.model.clone(),
            started_at,
        })
    }

    /// Tells of a run that is over.
    pub(crate) async fn tell(&self, begun: Begun, outcome: &Outcome, attempts: &[Attempt]) {
        let ended_at = self.clock.now();
        let Some(sender) = self.sender().await else {
            return;
        };
        sender.tell(&RunTold {
            run: begun.run,
            origin: begun.origin,
            purpose: begun.purpose,
            is_embedding: begun.is_embedding,
            app: begun.app.as_deref(),
            route: begun.route.as_deref(),
            model: &begun.model,
            started_at: begun.started_at,
            ended_at,
            outcome,
            attempts,
        });
    }

    /// Sends what waits, for at most two seconds.
    pub(crate) async fn close(&self) {
        let sender = lock(&self.state).sender.take();
        if let Some(sender) = sender
            && tokio::time::timeout(FAREWELL, sender.stop()).await.is_err()
        {
            tracing::info!("the collector did not take the last spans in time");
        }
    }

    /// The sender, started where there is none yet; `None` where it is off or cannot be.
    async fn sender(&self) -> Option<Arc<Telemetry>> {
        let _one = self.starting.lock().await;
        let settings = {
            let state = lock(&self.state);
            if state.sender.is_some() || !state.settings.is_on {
                return state.sender.clone();
            }
            state.settings.clone()
        };
        match self.start(&settings).await {
            Ok(sender) => {
                let mut state = lock(&self.state);
                state.problem = None;
                state.sender = Some(Arc::clone(&sender));
                Some(sender)
            }
            Err(problem) => {
                lock(&self.state).problem = Some(problem);
                None
            }
        }
    }

    async fn start(&self, settings: &TelemetrySettings) -> Result<Arc<Telemetry>, String> {
        let secret = match address(settings) {
            Some(address) => {
                let found = self.vault.get(&address, &[]).await;
                let found = found.map_err(|error| error.to_string())?;
                let (secret, _) = found.ok_or("The collector's secret is not in the keychain.")?;
                Some(secret)
            }
            None => None,
        };
        let http = self.http.client().map_err(|failure| failure.message)?;
        let started = Telemetry::start(
            settings,
            secret.as_ref(),
            env!("CARGO_PKG_VERSION"),
            Arc::new(OurClient(http)),
            Arc::clone(&self.clock),
        );
        started.map(Arc::new).map_err(|error| error.to_string())
    }
}

/// Where the secret lies; `None` where none is wanted.
fn address(settings: &TelemetrySettings) -> Option<KeyAddress> {
    settings.header.as_ref()?;
    let origin = Origin::from_serialized(&settings.origin()?);
    KeyAddress::new(&ProviderId::new(OWNER), &origin, LABEL).ok()
}

struct OurClient(patchbay_providers::HttpClient);

impl Post for OurClient {
    fn post(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, String>> {
        let client = self.0.clone();
        async move { client.forward(request).await }.boxed()
    }
}

impl Engine {
    /// What is set up, and how sending fared.
    pub async fn telemetry(&self) -> TelemetryStatus {
        let sending = &self.sending;
        let (settings, sender, problem) = {
            let state = lock(&sending.state);
            let sender = state.sender.clone();
            (state.settings.clone(), sender, state.problem.clone())
        };
        let mut delivery = sender.map(|sender| sender.delivery()).unwrap_or_default();
        if problem.is_some() {
            delivery.problem = problem;
        }
        let has_secret = match address(&settings) {
            Some(address) => matches!(sending.vault.key_status(&address, &[]).await, Ok(Some(_))),
            None => false,
        };
        TelemetryStatus {
            settings,
            has_secret,
            delivery,
        }
    }

    /// Sets it up anew. `secret` is the value of the header; `None` leaves the one that is there. A word
    /// before it, such as `Bearer`, is kept apart from it.
    ///
    /// # Errors
    /// The address, the header or the secret cannot be used, or the keychain did not take it. Nothing
    /// was changed then.
    pub async fn set_telemetry(
        &self,
        settings: TelemetrySettings,
        secret: Option<SecretString>,
    ) -> Result<TelemetryStatus, EngineError> {
        let mut settings = settings.checked().map_err(|error| {
            EngineError::input(error.field(), error.to_string(), error.advice())
        })?;
        let before = lock(&self.sending.state).settings.clone();
        let (old, new) = (address(&before), address(&settings));
        match (&new, secret) {
            (Some(address), Some(secret)) => {
                let (scheme, secret) = apart(&secret);
                settings.scheme = scheme;
                let stored = self.vault.set(address, secret, Storage::Keychain).await;
                stored.map_err(|error| match error {
                    VaultError::Format(problem) => EngineError::input(
                        "secret",
                        problem.to_string(),
                        "It is what the collector's pages give you for this header.",
                    ),
                    other => other.into(),
                })?;
            }
            (Some(address), None) => {
                if self.vault.key_status(address, &[]).await?.is_none() {
                    return Err(EngineError::input(
                        "secret",
                        "There is no secret for this collector.",
                        "Paste what the header is to hold, or leave the header empty.",
                    ));
                }
                settings.scheme = before.scheme;
            }
            (None, Some(_)) => {
                return Err(EngineError::input(
                    "header",
                    "A secret is sent in a header, and none is named.",
                    "Mostly it is Authorization; the collector's pages say.",
                ));
            }
            (None, None) => settings.scheme = None,
        }
        let value = serde_json::to_value(&settings).unwrap_or_default();
        self.store.set_setting(KEY, value).await?;
        if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
            // A secret belongs to the collector that it was given for.
            self.vault.delete(&old).await?;
        }
        let starting = self.sending.starting.lock().await;
        let ended = {
            let mut state = lock(&self.sending.state);
            state.settings = settings;
            state.problem = None;
            state.sender.take()
        };
        if let Some(ended) = ended {
            self.tasks.spawn(async move { ended.stop().await });
        }
        drop(starting);
        Ok(self.telemetry().await)
    }

    /// Sends one span that says that it is a test, and everything that waits, now.
    ///
    /// # Errors
    /// It is off.
    pub async fn test_telemetry(&self) -> Result<TelemetryStatus, EngineError> {
        if !lock(&self.sending.state).settings.is_on {
            return Err(EngineError::input(
                "address",
                "Nothing is sent on: it is switched off.",
                "Switch it on first.",
            ));
        }
        if let Some(sender) = self.sending.sender().await {
            sender.tell_test(self.clock.now());
            sender.flush().await;
        }
        Ok(self.telemetry().await)
    }
}

/// A secret and the word before it: `Basic abc` is a scheme and a secret.
fn apart(pasted: &SecretString) -> (Option<String>, SecretString) {
    let text = pasted.expose_secret().trim();
    match text.split_once(' ') {
        Some((scheme, secret)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => (
            Some(scheme.to_owned()),
            SecretString::from(secret.trim().to_owned()),
        ),
        _ => (None, SecretString::from(text.to_owned())),
    }
}
