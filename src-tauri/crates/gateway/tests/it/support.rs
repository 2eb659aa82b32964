//! A gateway in front of a scripted provider, in a folder that goes away.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use patchbay_domain::{AppRules, ProviderId, WireFamily};
use patchbay_engine::{
    AppForm, AppRequestFilter, AppRequestLine, Engine, EngineOptions, ProviderForm, SecretString,
    shown_once,
};
use patchbay_gateway::{Gateway, GatewayOptions};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Call, DEADLINE, Reply};

/// Names that stand on the list beside the usual ones.
const MODELS: &[&str] = &["count-to-2", "count-to-3", "count-to-5", "cut-after-3"];

pub(crate) struct Bench {
    pub(crate) gateway: Gateway,
    pub(crate) engine: Arc<Engine>,
    pub(crate) server: ScriptedProvider,
    pub(crate) provider: ProviderId,
    pub(crate) token: String,
    pub(crate) app: String,
    _folder: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(AppRules::default(), GatewayOptions::default()).await
    }

    pub(crate) async fn with_rules(rules: AppRules) -> Self {
        Self::with(rules, GatewayOptions::default()).await
    }

    pub(crate) async fn with(rules: AppRules, options: GatewayOptions) -> Self {
        let server = ScriptedProvider::start_with(ScriptedOptions {
            more_models: MODELS.iter().map(|&name| name.to_owned()).collect(),
            ..ScriptedOptions::default()
        });
        Self::behind(server.unwrap(), rules, options).await
    }

    pub(crate) async fn behind(
        server: ScriptedProvider,
        rules: AppRules,
        options: GatewayOptions,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let opened = Engine::open_without_keychain(EngineOptions {
            data_folder: folder.path().to_owned(),
            models_folder: folder.path().join("models"),
        });
        let engine = Arc::new(opened.await.unwrap().0);
        let provider = add_provider(&engine, "Scripted", &server.base_url(), None).await;
        let form = AppForm {
            name: "Test app".to_owned(),
            rules,
        };
        let (app, token) = engine.create_app(form).await.unwrap();
        let options = GatewayOptions { port: 0, ..options };
        let gateway = Gateway::start(Arc::clone(&engine), options).await.unwrap();
        Self {
            gateway,
            engine,
            server,
            provider,
            token: shown_once(&token),
            app: app.id,
            _folder: folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// The same server once more, asked in Anthropic's format.
    pub(crate) async fn add_anthropic(&self, key: &str) -> ProviderId {
        let form = ProviderForm {
            family: Some(WireFamily::AnthropicMessages),
            ..form("Claudes", &self.server.base_url(), Some(key))
        };
        self.engine.save_provider(form).await.unwrap().record.id
    }

    /// A name that one scripted model of this provider plays.
    pub(crate) fn model(&self, plays: &str) -> String {
        format!("{}/{plays}", self.provider.as_str())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        Call::post(path, body)
            .token(&self.token)
            .send(self.address())
            .await
    }

    /// A question in OpenAI's chat format.
    pub(crate) async fn chat(&self, plays: &str, more: Value) -> Reply {
        self.post("/v1/chat/completions", &question(&self.model(plays), more))
            .await
    }

    /// Whom the newest request left out, and why.
    pub(crate) async fn left_out(&self) -> String {
        let line = self.settled().await.remove(0);
        let receipt = self.engine.receipt(line.run.id).await.unwrap();
        format!("{:?}", receipt.skipped)
    }

    /// What this app asked, once nothing of it goes on any more.
    pub(crate) async fn settled(&self) -> Vec<AppRequestLine> {
        let waiting = async {
            loop {
                let filter = AppRequestFilter {
                    limit: 50,
                    ..AppRequestFilter::default()
                };
                let mut changes = self.engine.changes();
                let lines = self.engine.app_requests(filter).await.unwrap();
                if !lines.is_empty() && lines.iter().all(|line| line.run.ended_at.is_some()) {
                    return lines;
                }
                let _ = changes.recv().await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting)
            .await
            .expect("an end")
    }
}

pub(crate) async fn add_provider(
    engine: &Engine,
    name: &str,
    base_url: &str,
    key: Option<&str>,
) -> ProviderId {
    let saved = engine.save_provider(form(name, base_url, key)).await;
    saved.unwrap().record.id
}

pub(crate) fn form(name: &str, base_url: &str, key: Option<&str>) -> ProviderForm {
    ProviderForm {
        id: None,
        preset: None,
        family: None,
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        options: BTreeMap::new(),
        extra_headers: Vec::new(),
        has_attribution: true,
        key: key.map(SecretString::from),
        key_for_session_only: true,
    }
}

/// A question in OpenAI's chat format, with more fields.
pub(crate) fn question(model: &str, more: Value) -> Value {
    let mut body = json!({
        "model": model,
        "messages": [{ "role": "user", "content": "Say something." }],
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}
