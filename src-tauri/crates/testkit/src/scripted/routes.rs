//! Which address speaks what.

use patchbay_domain::WireFamily;

use super::organisation::Report;
use super::request::RecordedRequest;

/// What can be added to the provider's address, and what listens there.
pub const BASES: &[(&str, &str)] = &[
    ("OpenAI chat completions and responses", "/v1"),
    ("Anthropic messages", "/v1"),
    ("Gemini on Google AI Studio", "/v1beta"),
    ("Gemini on Vertex AI; its tokens are made at /token", "/v1"),
    ("Ollama", ""),
    ("OpenRouter's dialect", "/openrouter/api/v1"),
    ("DeepSeek's dialect", "/deepseek"),
    ("Together's dialect", "/together/v1"),
    ("NanoGPT's dialect", "/nanogpt/api/v1"),
];

/// Whose habits the OpenAI format comes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    Plain,
    OpenRouter,
    DeepSeek,
    Together,
    NanoGpt,
}

/// What an address is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// An answer; the model, where the path names it.
    Answer(Option<String>),
    /// Embeddings; the model, where the path names it.
    Embeddings(Option<String>),
    /// How many tokens a prompt has; the model, where the path names it.
    CountTokens(Option<String>),
    Models,
    /// OpenRouter's list of the hosts of one model.
    HostsOf(String),
    /// OpenRouter's page about the key that asks.
    Key,
    /// DeepSeek's balance, or NanoGPT's.
    Balance,
    /// What an organisation used.
    Organisation(Report),
    /// Google's exchange of an assertion for an access token.
    Token,
    /// Ollama's page about one model.
    Show,
    /// Ollama's list of the models in memory.
    Loaded,
    /// Ollama's version.
    Version,
    Unknown,
}

/// What a request is for, and in which words it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) family: WireFamily,
    pub(super) dialect: Dialect,
    pub(super) endpoint: Endpoint,
}

impl Route {
    /// The one method that it takes.
    pub(super) fn method(&self) -> &'static str {
        match self.endpoint {
            Endpoint::Answer(_)
            | Endpoint::Embeddings(_)
            | Endpoint::CountTokens(_)
            | Endpoint::Token
            | Endpoint::Show => "POST",
            Endpoint::Balance if self.dialect == Dialect::NanoGpt => "POST",
            _ => "GET",
        }
    }
}

pub(super) fn route(request: &RecordedRequest) -> Route {
    let (dialect, path) = dialect(&request.path);
    let (family, endpoint) = endpoint(request, dialect, path);
    Route {
        family,
        dialect,
        endpoint,
    }
}

fn dialect(path: &str) -> (Dialect, &str) {
    for (prefix, dialect) in [
        ("/openrouter/api", Dialect::OpenRouter),
        ("/deepseek", Dialect::DeepSeek),
        ("/together", Dialect::Together),
        ("/nanogpt/api", Dialect::NanoGpt),
    ] {
        if let Some(rest) = path.strip_prefix(prefix) {
            return (dialect, rest);
        }
    }
    (Dialect::Plain, path)
}

fn endpoint(request: &RecordedRequest, dialect: Dialect, path: &str) -> (WireFamily, Endpoint) {
    use WireFamily::{AnthropicMessages, Gemini, Ollama, OpenAiChat, OpenAiResponses, Vertex};
    let is_plain = dialect == Dialect::Plain;
    if is_plain {
        match path {
            "/token" => return (Vertex, Endpoint::Token),
            "/v1beta/models" => return (Gemini, Endpoint::Models),
            "/v1beta1/publishers/google/models" => return (Vertex, Endpoint::Models),
            "/api/chat" => return (Ollama, Endpoint::Answer(None)),
            "/api/tags" => return (Ollama, Endpoint::Models),
            "/api/show" => return (Ollama, Endpoint::Show),
            "/api/ps" => return (Ollama, Endpoint::Loaded),
            "/api/version" => return (Ollama, Endpoint::Version),
            "/v1/organization/costs" => return (OpenAiChat, Endpoint::Organisation(Report::Costs)),
            "/v1/organization/usage/completions" => {
                return (OpenAiChat, Endpoint::Organisation(Report::Usage));
            }
            "/v1/organizations/cost_report" => {
                return (AnthropicMessages, Endpoint::Organisation(Report::Costs));
            }
            "/v1/organizations/usage_report/messages" => {
                return (AnthropicMessages, Endpoint::Organisation(Report::Usage));
            }
            _ => {}
        }
        if let Some(call) = path.strip_prefix("/v1beta/models/") {
            return (Gemini, google_call(call));
        }
        if let Some(call) = vertex_call(path) {
            return (Vertex, google_call(call));
        }
    }
    if dialect == Dialect::NanoGpt && path == "/check-balance" {
        return (OpenAiChat, Endpoint::Balance);
    }
    let path = ["/v1beta/openai", "/v1"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))
        // DeepSeek answers with and without it.
        .or((dialect == Dialect::DeepSeek).then_some(path))
        .unwrap_or_default();
    let endpoint = match path {
        "/chat/completions" => Endpoint::Answer(None),
        "/embeddings" => Endpoint::Embeddings(None),
        "/responses" => return (OpenAiResponses, Endpoint::Answer(None)),
        "/messages" => return (AnthropicMessages, Endpoint::Answer(None)),
        "/messages/count_tokens" => return (AnthropicMessages, Endpoint::CountTokens(None)),
        "/models" if is_plain && request.header("anthropic-version").is_some() => {
            return (AnthropicMessages, Endpoint::Models);
        }
        "/models" => Endpoint::Models,
        "/key" if dialect == Dialect::OpenRouter => Endpoint::Key,
        "/user/balance" if dialect == Dialect::DeepSeek => Endpoint::Balance,
        other if dialect == Dialect::OpenRouter => hosts_of(other).unwrap_or(Endpoint::Unknown),
        _ => Endpoint::Unknown,
    };
    (OpenAiChat, endpoint)
}

fn hosts_of(path: &str) -> Option<Endpoint> {
    let model = path.strip_prefix("/models/")?.strip_suffix("/endpoints")?;
    Some(Endpoint::HostsOf(decoded(model)))
}

/// `{model}:{method}` behind a Google project, region and publisher.
fn vertex_call(path: &str) -> Option<&str> {
    let rest = ["/v1/projects/", "/v1beta1/projects/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))?;
    let (_, rest) = rest.split_once("/locations/")?;
    let (_, call) = rest.split_once("/publishers/google/models/")?;
    Some(call)
}

fn google_call(call: &str) -> Endpoint {
    // From the right: names may have a label behind a colon themselves.
    match call.rsplit_once(':') {
        Some((model, "generateContent" | "streamGenerateContent")) => {
            Endpoint::Answer(Some(decoded(model)))
        }
        Some((model, "batchEmbedContents")) => Endpoint::Embeddings(Some(decoded(model))),
        Some((model, "countTokens")) => Endpoint::CountTokens(Some(decoded(model))),
        _ => Endpoint::Unknown,
    }
}

/// A part of a path without its percent signs.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = tail
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
