//! What is left of a key, where its provider tells: one question, one reply, one shape each.
//!
//! The reply's address is always of the origin of the base URL. A key is never sent anywhere else, so
//! where a provider tells balances at another origin than the one in use, there is none.

mod decimal;
mod parse;

use http::HeaderName;
use patchbay_domain::{Balance, Failure, FailureClass};
use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use self::decimal::plain_decimal;
pub use self::parse::BalanceError;
use crate::base_url::BaseUrl;
use crate::config::{AuthHeader, ProviderConfig};
use crate::http_client::HttpClient;
use crate::wire_client::WireClient;

/// How a provider tells what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceShape {
    /// The limit and the use of one key.
    Openrouter,
    /// The account's money, in each of its currencies.
    Deepseek,
    /// The account's money.
    Nanogpt,
    /// The account's money.
    Moonshot,
    /// The account's money.
    Novita,
    /// The budget of a proxy's virtual key.
    Litellm,
}

impl BalanceShape {
    /// Where to ask, always of the base URL's origin.
    fn url(self, base_url: &BaseUrl) -> Url {
        let (ends, path): (&[&str], _) = match self {
            Self::Openrouter => (&["/api/v1"], "/api/v1/key"),
            Self::Deepseek => (&["/anthropic/v1", "/v1", "/beta"], "/user/balance"),
            Self::Nanogpt => (
                &["/api/v1", "/api/v1legacy", "/api/subscription/v1"],
                "/api/check-balance",
            ),
            Self::Moonshot => (&["/anthropic/v1", "/v1"], "/v1/users/me/balance"),
            Self::Novita => (
                &["/openai/v1", "/v3/openai", "/openai", "/anthropic/v1"],
                "/openapi/v1/billing/balance/detail",
            ),
            Self::Litellm => (&["/v1"], "/key/info"),
        };
        beside_api(base_url, ends, path)
    }

    fn parse(self, body: &str, base_url: &BaseUrl) -> Result<Balance, BalanceError> {
        match self {
            Self::Openrouter => parse::openrouter(body),
            Self::Deepseek => parse::deepseek(body),
            Self::Nanogpt => parse::nanogpt(body),
            Self::Moonshot => parse::moonshot(body, moonshot_currency(base_url)),
            Self::Novita => parse::novita(body),
            Self::Litellm => parse::litellm(body),
        }
    }
}

/// A path that does not lie below the API's own, which ends in one of `ends` or in `/v1`. What stands
/// before that stays, since people put proxies there.
pub(crate) fn beside_api(base_url: &BaseUrl, ends: &[&str], path: &str) -> Url {
    let mut url = base_url.join_path("");
    let base = url.path().trim_end_matches('/');
    let ends = ends.iter().chain([&"/v1"]);
    let above = ends.into_iter().find_map(|end| base.strip_suffix(*end));
    url.set_path(&format!("{}{path}", above.unwrap_or(base)));
    url
}

/// Each of Moonshot's two sites has a currency; the reply does not name it.
fn moonshot_currency(base_url: &BaseUrl) -> &'static str {
    match base_url.host() {
        "api.moonshot.ai" => "USD",
        "api.moonshot.cn" => "CNY",
        _ => "",
    }
}

/// Asks what is left of the key in `config`. The time limit is the caller's, by dropping.
///
/// # Errors
/// The configuration cannot be used, there is no key, the provider refuses, or its reply tells none.
pub async fn fetch_balance(
    http: HttpClient,
    config: ProviderConfig,
    shape: BalanceShape,
) -> Result<Balance, Failure> {
    if !config.credential.is_key() {
        return Err(Failure::new(
            FailureClass::KeyMissing,
            "There is no key to ask about.",
        ));
    }
    let usual = match shape {
        // Documented for this question only; elsewhere it takes both.
        BalanceShape::Nanogpt => AuthHeader::Named(HeaderName::from_static("x-api-key")),
        _ => AuthHeader::Bearer,
    };
    let client = WireClient::new(http, &config, usual)
        .map_err(|error| Failure::new(FailureClass::InvalidRequest, error.to_string()))?;
    let url = shape.url(&config.base_url);
    let request = match shape {
        BalanceShape::Nanogpt => client.post_json(url, b"{}".to_vec()),
        _ => client.get(url),
    };
    client
        .fetch_parsed(request, |body| shape.parse(body, &config.base_url))
        .await
}

#[cfg(test)]
mod tests;
