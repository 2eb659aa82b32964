//! The gateway within the app: it listens while Patchbay runs, where it was switched on.

use std::net::SocketAddr;
use std::sync::Arc;

use patchbay_cli::ListeningFile;
use patchbay_contract::IpcError;
use patchbay_contract::gateway::{GatewaySettings, GatewayStatus};
use patchbay_engine::{Engine, GatewayChoice};
use patchbay_gateway::{Gateway, GatewayError, GatewayOptions};
use tokio::sync::Mutex;

use crate::views;

/// The gateway, and why it does not listen where it should.
#[derive(Default)]
pub(crate) struct GatewayHolder {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Where commands of scripts read that it listens.
    file: Option<ListeningFile>,
    running: Option<Gateway>,
    problem: Option<GatewayError>,
}

impl GatewayHolder {
    /// A gateway that says in this file where it listens.
    pub(crate) fn telling(file: ListeningFile) -> Self {
        Self {
            inner: Mutex::new(Inner {
                file: Some(file),
                ..Inner::default()
            }),
        }
    }

    /// Listens, where it was switched on before.
    pub(crate) async fn begin(&self, engine: &Arc<Engine>) {
        match engine.gateway_choice().await {
            Ok(choice) => {
                let mut inner = self.inner.lock().await;
                // What a crash left behind leads nowhere.
                inner.say(None);
                inner.apply(engine, choice).await;
            }
            Err(error) => tracing::warn!(%error, "whether the gateway is on is not known"),
        }
    }

    /// Whether it listens.
    pub(crate) async fn status(&self, engine: &Engine) -> Result<GatewayStatus, IpcError> {
        let choice = engine.gateway_choice().await.map_err(views::error)?;
        Ok(self.inner.lock().await.status(choice))
    }

    /// Switches it on or off, or has it listen elsewhere.
    pub(crate) async fn set(
        &self,
        engine: &Arc<Engine>,
        settings: GatewaySettings,
    ) -> Result<GatewayStatus, IpcError> {
        let choice = GatewayChoice {
            is_on: settings.is_on,
            port: settings.port,
        };
        engine
            .set_gateway_choice(choice)
            .await
            .map_err(views::error)?;
        let mut inner = self.inner.lock().await;
        inner.apply(engine, choice).await;
        Ok(inner.status(choice))
    }

    /// Refuses what is new; Patchbay is closing.
    pub(crate) async fn end(&self) {
        let mut inner = self.inner.lock().await;
        if let Some(running) = inner.running.take() {
            inner.say(None);
            drop(inner);
            running.stop().await;
        }
    }
}

impl Inner {
    async fn apply(&mut self, engine: &Arc<Engine>, choice: GatewayChoice) {
        let listens_there = self
            .running
            .as_ref()
            .is_some_and(|running| running.address().port() == choice.port);
        if choice.is_on && listens_there {
            return;
        }
        if let Some(running) = self.running.take() {
            self.say(None);
            running.stop().await;
        }
        self.problem = None;
        if !choice.is_on {
            return;
        }
        let options = GatewayOptions {
            port: choice.port,
            ..GatewayOptions::default()
        };
        match Gateway::start(Arc::clone(engine), options).await {
            Ok(running) => {
                self.say(Some(running.address()));
                self.running = Some(running);
            }
            Err(problem) => {
                tracing::warn!(error = %patchbay_engine::with_causes(&problem), "the gateway does not listen");
                self.problem = Some(problem);
            }
        }
    }

    fn say(&self, address: Option<SocketAddr>) {
        if let Some(file) = &self.file {
            file.say(address);
        }
    }

    fn status(&self, choice: GatewayChoice) -> GatewayStatus {
        GatewayStatus {
            settings: GatewaySettings {
                is_on: choice.is_on,
                port: choice.port,
            },
            address: self
                .running
                .as_ref()
                .map(|running| format!("http://{}", running.address())),
            problem: self.problem.as_ref().map(ToString::to_string),
            advice: self
                .problem
                .as_ref()
                .map(|problem| problem.advice().to_owned()),
        }
    }
}
