//! Finding the servers that run on this computer, by asking its usual ports.
//!
//! Only loopback addresses are asked, without any key, with short limits and without following
//! anybody elsewhere. Each server is told by replies that no other gives, so that whatever else has
//! such a port is not offered. Found servers are offered and never added by themselves.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use crate::base_url::BaseUrl;
use crate::http_client::HttpClient;
use crate::model_list::is_usable_id;
use crate::presets::Preset;

/// A server that answers says at once what it is.
const REPLY_LIMIT: Duration = Duration::from_millis(1_500);

/// For all questions to one port together.
const PORT_LIMIT: Duration = Duration::from_secs(4);

/// Longer replies come from something else.
const LONGEST_REPLY: usize = 1024 * 1024;

/// The first where most listen, the second for those that know only the newer protocol.
const HOSTS: [&str; 2] = ["127.0.0.1", "[::1]"];

/// A server that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalServer {
    /// Which preset it is of.
    pub preset_id: &'static str,
    /// Where its API begins, as its preset's first family wants it.
    pub base_url: BaseUrl,
    /// Its models by their ids, in the server's order; empty where it wants a key first.
    pub models: Vec<String>,
}

/// Asks the usual ports of every preset that has one, all at the same time. Takes four seconds at most,
/// and a few milliseconds where nobody listens.
pub async fn find_local_servers(http: &HttpClient) -> Vec<LocalServer> {
    let ports: Vec<u16> = Preset::all()
        .iter()
        .flat_map(|preset| [preset.local_port, preset.other_local_port])
        .flatten()
        .collect();
    find_local_servers_at(http, &ports).await
}

/// The same at other ports. In the order of the ports.
pub async fn find_local_servers_at(http: &HttpClient, ports: &[u16]) -> Vec<LocalServer> {
    let asked = ports.iter().map(|port| async move {
        let found = tokio::time::timeout(PORT_LIMIT, server_at(http, *port)).await;
        found.ok().flatten()
    });
    join_all(asked).await.into_iter().flatten().collect()
}

async fn server_at(http: &HttpClient, port: u16) -> Option<LocalServer> {
    for host in HOSTS {
        let root = BaseUrl::parse(&format!("http://{host}:{port}")).ok()?;
        let asking = Asking { http, root: &root };
        let kind = match asking.ask("props").await {
            Reply::Nobody => continue,
            // It says so even where it wants a key for everything.
            Reply::LlamaCpp => Kind::LlamaCpp,
            reply => asking.kind(&reply.json()).await?,
        };
        let models = asking.models(kind).await;
        let base_url = match kind {
            Kind::Ollama => root,
            _ => BaseUrl::parse(&format!("{root}/v1")).ok()?,
        };
        return Some(LocalServer {
            preset_id: kind.preset_id(),
            base_url,
            models,
        });
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    LlamaCpp,
    Ollama,
    LmStudio,
    LiteLlm,
    Jan,
    Vllm,
}

impl Kind {
    const fn preset_id(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama_cpp",
            Self::Ollama => "ollama",
            Self::LmStudio => "lm_studio",
            Self::LiteLlm => "litellm",
            Self::Jan => "jan",
            Self::Vllm => "vllm",
        }
    }
}

enum Reply {
    /// Nobody listens.
    Nobody,
    /// A refusal, a redirect, no JSON, too long or too late.
    Nothing,
    /// A refusal by a server that signs its replies as llama.cpp's does.
    LlamaCpp,
    Json(Value),
}

impl Reply {
    fn json(self) -> Value {
        match self {
            Self::Json(value) => value,
            Self::Nobody | Self::Nothing | Self::LlamaCpp => Value::Null,
        }
    }
}

struct Asking<'a> {
    http: &'a HttpClient,
    root: &'a BaseUrl,
}

impl Asking<'_> {
    async fn ask(&self, path: &str) -> Reply {
        let url = self.root.join_path(path);
        let request = self.http.for_url(&url).get(url).timeout(REPLY_LIMIT);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Reply::Nobody,
            Err(_) => return Reply::Nothing,
        };
        if !response.status().is_success() {
            let signature = response.headers().get(http::header::SERVER);
            return match signature.map(http::HeaderValue::as_bytes) {
                Some(b"llama.cpp") => Reply::LlamaCpp,
                _ => Reply::Nothing,
            };
        }
        let mut body = Vec::new();
        while let Ok(Some(bytes)) = response.chunk().await {
            if body.len() + bytes.len() > LONGEST_REPLY {
                return Reply::Nothing;
            }
            body.extend_from_slice(&bytes);
        }
        serde_json::from_slice(&body).map_or(Reply::Nothing, Reply::Json)
    }

    /// Which server it is. Several copy each other's addresses, so the more telling question comes
    /// first: llama.cpp's server, for one, answers some of Ollama's.
    async fn kind(&self, properties: &Value) -> Option<Kind> {
        if is_llama_cpp(properties) {
            return Some(Kind::LlamaCpp);
        }
        if self.ask("api/version").await.json()["version"].is_string()
            && self.ask("api/tags").await.json()["models"].is_array()
        {
            return Some(Kind::Ollama);
        }
        for path in LM_STUDIO_LISTS {
            if is_lm_studio(&self.ask(path).await.json()) {
                return Some(Kind::LmStudio);
            }
        }
        let alive = self.ask("health/liveliness").await.json();
        if alive
            .as_str()
            .is_some_and(|text| text.contains("I'm alive"))
        {
            return Some(Kind::LiteLlm);
        }
        let description = self.ask("openapi.json").await.json();
        let title = description["info"]["title"].as_str();
        if title.is_some_and(|title| title.starts_with("Jan API")) {
            return Some(Kind::Jan);
        }
        let models = self.ask("v1/models").await.json();
        let owners = models["data"].as_array()?.iter();
        owners
            .filter_map(|model| model["owned_by"].as_str())
            .find_map(|owner| match owner {
                "vllm" => Some(Kind::Vllm),
                // Its other replies may want a key.
                "llamacpp" => Some(Kind::LlamaCpp),
                _ => None,
            })
    }

    async fn models(&self, kind: Kind) -> Vec<String> {
        if kind != Kind::LmStudio {
            let (path, list, id) = match kind {
                Kind::Ollama => ("api/tags", "models", "name"),
                _ => ("v1/models", "data", "id"),
            };
            return ids(&self.ask(path).await.json()[list], id);
        }
        for path in LM_STUDIO_LISTS {
            let list = self.ask(path).await.json();
            if is_lm_studio(&list) {
                // What makes vectors of words holds no conversation.
                let mut models = ids(&list["data"], "id");
                models.extend(ids(&list["models"], "key"));
                return models;
            }
        }
        Vec::new()
    }
}

fn is_llama_cpp(properties: &Value) -> bool {
    properties["default_generation_settings"].is_object()
        && ["total_slots", "model_path", "build_info"]
            .iter()
            .any(|name| !properties[*name].is_null())
}

/// Its own two lists, the older one first.
const LM_STUDIO_LISTS: [&str; 2] = ["api/v0/models", "api/v1/models"];

fn is_lm_studio(list: &Value) -> bool {
    let all = |models: &Value, is_one: fn(&Value) -> bool| {
        models
            .as_array()
            .is_some_and(|models| models.iter().all(is_one))
    };
    let is_older = list["object"] == "list"
        && all(&list["data"], |model| {
            model["type"].is_string() && model["state"].is_string()
        });
    // An empty list of the newer kind could be anybody's.
    let is_newer = all(&list["models"], |model| {
        model["key"].is_string() && model["loaded_instances"].is_array()
    }) && list["models"][0].is_object();
    is_older || is_newer
}

fn ids(models: &Value, name: &str) -> Vec<String> {
    let models = models.as_array().into_iter().flatten();
    models
        .filter(|model| !matches!(model["type"].as_str(), Some("embedding" | "embeddings")))
        .filter_map(|model| model[name].as_str())
        .filter(|id| is_usable_id(id))
        .map(str::to_owned)
        .collect()
}
