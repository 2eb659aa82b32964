//! Access tokens: asked for when they are needed, kept in memory, replaced before they end.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{ACCEPT, CONTENT_TYPE};
use patchbay_domain::{Clock, Failure, FailureClass};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::application_default;
use super::key_file::{Fingerprint, Grant, KeyFile};
use crate::answer::{beginning, whole_body};
use crate::errors::{ErrorReply, reply_failure, transport_failure, unexpected_content};
use crate::http_client::HttpClient;
use crate::lenient::{Count, lenient};
use crate::scrub::Scrubber;

/// A token is replaced this long before its end, so that none ends on its way to the server.
const EARLY_MILLIS: u64 = 120_000;

/// What Google's tokens last where it does not say.
const USUAL_SECONDS: u64 = 3_600;

/// Where the credentials are.
#[derive(Debug)]
pub(crate) enum TokenPlace {
    /// At hand.
    Given(Box<KeyFile>),
    /// In a file on this computer, read each time, since people sign in as somebody else; `None` for
    /// the usual place.
    ApplicationDefault(Option<PathBuf>),
}

/// Hands out tokens.
pub(crate) struct TokenSource {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    place: TokenPlace,
}

/// The tokens that all providers share, by the file that they came from: a provider is made anew for
/// each question, and a token lasts for an hour of them.
#[derive(Clone, Default)]
pub(crate) struct TokenCache(Arc<Mutex<HashMap<Fingerprint, Slot>>>);

/// Locked while a new token is on its way, so that only one request for it is made.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<AccessToken>>>>;

impl TokenCache {
    fn slot(&self, file: &KeyFile) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(file.fingerprint).or_default())
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenCache")
    }
}

/// A token, and what belongs to it.
pub(crate) struct AccessToken {
    pub(crate) text: SecretString,
    /// The project of the credentials.
    pub(crate) project: Option<String>,
    /// The project to name as the one that pays.
    pub(crate) quota_project: Option<String>,
    /// When it is to be replaced, on both hands of the clock: one stands still while the computer
    /// sleeps, the other can be set.
    ends_at_millis: i64,
    ends_after_millis: u64,
    /// How much longer it really lasts.
    spare_millis: u64,
}

impl TokenSource {
    pub(crate) fn new(http: HttpClient, clock: Arc<dyn Clock>, place: TokenPlace) -> Self {
        Self { http, clock, place }
    }

    /// A token that is good for a while. `refused` is one that was just turned down, and is handed
    /// out no more.
    pub(crate) async fn token(
        &self,
        refused: Option<&Arc<AccessToken>>,
    ) -> Result<Arc<AccessToken>, Failure> {
        let read;
        let file = match &self.place {
            TokenPlace::Given(file) => file.as_ref(),
            TokenPlace::ApplicationDefault(path) => {
                read = application_default::read(path.as_deref()).await?;
                &read
            }
        };
        let slot = self.http.google_tokens().slot(file);
        let mut current = slot.lock().await;
        let known = current
            .as_ref()
            .filter(|known| refused.is_none_or(|refused| !Arc::ptr_eq(refused, known)));
        if let Some(known) = known.filter(|known| self.is_good(known, 0)) {
            return Ok(Arc::clone(known));
        }
        match self.fetch(file).await {
            Ok(token) => {
                let token = Arc::new(token);
                *current = Some(Arc::clone(&token));
                Ok(token)
            }
            // The early replacement failed, and what is there still lasts.
            Err(failure) => match known.filter(|known| self.is_good(known, known.spare_millis)) {
                Some(known) => Ok(Arc::clone(known)),
                None => Err(failure),
            },
        }
    }

    fn is_good(&self, token: &AccessToken, longer: u64) -> bool {
        self.clock.now().0 < token.ends_at_millis.saturating_add_unsigned(longer)
            && self.clock.monotonic_millis() < token.ends_after_millis.saturating_add(longer)
    }

    async fn fetch(&self, file: &KeyFile) -> Result<AccessToken, Failure> {
        let (form, secrets) = self.form(file)?;
        let scrubber = Scrubber::new(secrets);
        let url = file.token_uri.clone();
        let asked = (self.clock.now().0, self.clock.monotonic_millis());
        let response = self
            .http
            .for_url(&url)
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .map_err(|error| transport_failure(&error, &scrubber))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = beginning(response).await;
            let reply = ErrorReply {
                status: status.as_u16(),
                headers: &headers,
                body: &body,
                url: &url,
            };
            return Err(refusal(reply, &scrubber));
        }
        let body = whole_body(response, &scrubber).await?;
        let reply: TokenReply = serde_json::from_str(&body).unwrap_or_default();
        let Some(text) = reply.access_token.filter(|text| !text.trim().is_empty()) else {
            return Err(unexpected_content(
                status.as_u16(),
                &headers,
                &body,
                &scrubber,
            ));
        };
        let lasts = reply.expires_in.map_or(USUAL_SECONDS, |count| count.0);
        let lasts = lasts.min(86_400) * 1_000;
        // One that hardly lasts is used for half its time rather than never.
        let good = lasts.saturating_sub(EARLY_MILLIS).max(lasts / 2);
        Ok(AccessToken {
            text: text.into(),
            project: file.project.clone(),
            quota_project: file.quota_project.clone(),
            ends_at_millis: asked.0.saturating_add_unsigned(good),
            ends_after_millis: asked.1.saturating_add(good),
            spare_millis: lasts - good,
        })
    }

    /// The body of the request for a token, and the secrets in it.
    fn form(&self, file: &KeyFile) -> Result<(String, Vec<SecretString>), Failure> {
        let mut form = Serializer::new(String::new());
        let secrets = match &file.grant {
            Grant::ServiceAccount(signer) => {
                let assertion = signer.assertion(&file.token_uri, self.clock.now());
                let assertion = assertion.ok_or_else(|| {
                    Failure::new(
                        FailureClass::Internal,
                        "The request for a token cannot be signed.",
                    )
                })?;
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                    .append_pair("assertion", assertion.expose_secret());
                vec![assertion]
            }
            Grant::User {
                client_id,
                client_secret,
                refresh_token,
            } => {
                form.append_pair("grant_type", "refresh_token")
                    .append_pair("client_id", client_id)
                    .append_pair("client_secret", client_secret.expose_secret())
                    .append_pair("refresh_token", refresh_token.expose_secret());
                vec![client_secret.clone(), refresh_token.clone()]
            }
        };
        Ok((form.finish(), secrets))
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenSource")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessToken")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenReply {
    #[serde(deserialize_with = "lenient")]
    access_token: Option<String>,
    #[serde(deserialize_with = "lenient")]
    expires_in: Option<Count>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenError {
    #[serde(deserialize_with = "lenient")]
    error: Option<String>,
    #[serde(deserialize_with = "lenient")]
    error_description: Option<String>,
}

/// OAuth says what is wrong in two fields of its own; what has neither is classed as usual.
fn refusal(reply: ErrorReply<'_>, scrubber: &Scrubber) -> Failure {
    let said: TokenError = serde_json::from_str(reply.body).unwrap_or_default();
    let failure = reply_failure(reply, scrubber);
    let Some(code) = said.error.filter(|_| (400..500).contains(&reply.status)) else {
        return failure;
    };
    let description = said.error_description.unwrap_or_default();
    let lower = description.to_ascii_lowercase();
    let is_the_clock = code == "invalid_grant"
        && (lower.contains("short-lived token") || lower.contains("reasonable timeframe"));
    let message = if is_the_clock {
        format!(
            "Google refused the sign-in because the clock of this computer is off. \
             Set it right, then retry. ({code}: {description})"
        )
    } else if description.is_empty() {
        format!("Google refused the sign-in ({code}).")
    } else {
        format!("Google refused the sign-in ({code}: {description}).")
    };
    let class = match code.as_str() {
        "invalid_grant"
        | "invalid_client"
        | "unauthorized_client"
        | "deleted_client"
        | "disabled_client"
        | "access_denied"
        | "admin_policy_enforced"
        | "org_internal"
        | "account_disabled" => FailureClass::Authentication,
        "invalid_scope" => FailureClass::PermissionDenied,
        _ => failure.class,
    };
    Failure {
        class,
        code: Some(scrubber.identifier(&code)),
        message: scrubber.message(&message),
        ..failure
    }
}
