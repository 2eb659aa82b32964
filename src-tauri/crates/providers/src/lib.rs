//! Everything between a [`ChatRequest`](patchbay_domain::ChatRequest) and the network: HTTP,
//! server-sent events, and one folder for each family of wire formats.
//!
//! Each family has a pure decoder: text of events in, domain events out. What is shared stands beside
//! the folders: the one HTTP client, the parser of server-sent events, the one place where failures
//! are classed, and the scrubber that keeps keys out of every message.
//!
//! **Invariant:** `reqwest` appears only here, and a key leaves this crate only in the request header
//! that it was made for.

pub mod anthropic_messages;
pub mod balance;
pub mod base_url;
pub mod config;
pub mod decode;
pub mod diagnosis;
pub mod download;
pub mod errors;
pub mod gemini;
pub mod headers;
pub mod http_client;
pub mod key_shape;
pub mod local_servers;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
pub mod organisation;
pub mod presets;
pub mod probe;
pub mod rate_limits;
pub mod reader;
pub mod scrub;
pub mod sse;
pub mod wire_client;

mod answer;
mod continuation;
mod decimal;
mod effort;
mod embeddings;
mod forward;
mod google_auth;
mod lenient;
mod lines;
mod model_list;
mod proxy;
mod raw_usage;
mod request_body;
mod rfc3339;
mod usage;

pub use anthropic_messages::AnthropicMessages;
pub use balance::{BalanceShape, fetch_balance};
pub use base_url::{BaseUrl, BaseUrlError};
pub use config::{Attribution, AuthHeader, ConfigError, Credential, ProviderConfig};
pub use continuation::takes_prefill;
pub use diagnosis::{Circumstances, Diagnosis, DiagnosisKind, diagnose};
pub use download::{DownloadError, Expected, Progress, fetch_file};
pub use effort::EffortSet;
pub use gemini::{Gemini, GoogleCloud};
pub use google_auth::KeyFileError;
pub use headers::{HeaderError, KeyError};
pub use http_client::{HttpClient, HttpClientError, ProxyPolicy};
pub use key_shape::preset_of_key;
pub use local_servers::{LocalServer, find_local_servers};
pub use model_list::{ModelListError, ModelPage};
pub use ollama::Ollama;
pub use openai_chat::{Continuation, Dialect, MaxTokensField, ModelListShape, OpenAiChat};
pub use openai_responses::{OpenAiResponses, ResponsesDialect};
pub use organisation::{
    OrganisationDay, OrganisationReport, OrganisationShape, OrganisationUsage, UtcDays,
    fetch_organisation,
};
pub use presets::{Preset, PresetError, Resolved};
pub use probe::{KeyCheck, Probe, probe};
pub use raw_usage::usage_from_raw;
pub use reader::AnswerReader;
pub use scrub::Scrubber;
pub use wire_client::connect;
