//! Over real sockets against tiny servers: trying keys, asking balances, reading what organisations
//! used, finding local servers.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

mod balances;
mod lists;
mod local_servers;
mod organisations;
mod probes;
mod server;

use patchbay_domain::WireFamily;
use patchbay_providers::{BaseUrl, Credential, HttpClient, ProviderConfig, ProxyPolicy};

const KEY: &str = "sk-made-up-0123456789abcdef";

fn http() -> HttpClient {
    HttpClient::new(ProxyPolicy::Direct).unwrap()
}

fn config(base_url: &str) -> ProviderConfig {
    ProviderConfig::new(
        "Tiny",
        WireFamily::OpenAiChat,
        BaseUrl::parse(base_url).unwrap(),
        Credential::Key(KEY.into()),
    )
}
