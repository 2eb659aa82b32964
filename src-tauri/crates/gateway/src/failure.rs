//! What goes wrong, in the client's own shape, with the status that its package acts on.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderName, StatusCode};
use patchbay_domain::{Failure, FailureClass, RunId};
use patchbay_engine::{EngineError, FORBIDDEN_MODEL, PREVIOUS_ANSWER, UNKNOWN_MODEL};
use serde::Serialize;

use crate::told;

/// Whose shapes a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    OpenAi,
    Anthropic,
}

/// A request that is not answered.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) run: Option<RunId>,
}

/// What kind of refusal, as far as clients tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    InvalidRequest,
    Authentication,
    Permission,
    NotFound,
    TooLarge,
    RateLimit,
    Quota,
    Overloaded,
    Timeout,
    Internal,
}

impl Kind {
    fn openai(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::NotFound | Self::TooLarge => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::RateLimit => "rate_limit_error",
            Self::Quota => "insufficient_quota",
            Self::Overloaded | Self::Timeout | Self::Internal => "server_error",
        }
    }

    fn anthropic(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::TooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_error",
            Self::Quota => "billing_error",
            Self::Overloaded => "overloaded_error",
            Self::Timeout => "timeout_error",
            Self::Internal => "api_error",
        }
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            param: None,
            code: None,
            retry_after: None,
            run: None,
        }
    }

    /// A request that cannot be understood, because of this field.
    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self {
            param: (!param.is_empty()).then(|| param.to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, Kind::InvalidRequest, message)
        }
    }

    /// A run that failed.
    pub(crate) fn of_failure(failure: &Failure, provider: &str, run: RunId) -> Self {
        use FailureClass as Class;
        let (status, kind) = match failure.class {
            Class::InvalidRequest | Class::ContentFiltered => {
                (StatusCode::BAD_REQUEST, Kind::InvalidRequest)
            }
            // Asking again would change nothing.
            Class::NoEmbeddings => (StatusCode::BAD_REQUEST, Kind::InvalidRequest),
            Class::ContextTooLong => (StatusCode::BAD_REQUEST, Kind::InvalidRequest),
            Class::ModelNotFound => (StatusCode::NOT_FOUND, Kind::NotFound),
            // Never 401: the app's own token was fine, and its package would say that it was not.
            Class::KeyMissing | Class::KeychainUnavailable | Class::Authentication => {
                (StatusCode::BAD_GATEWAY, Kind::Internal)
            }
            Class::PermissionDenied => (StatusCode::FORBIDDEN, Kind::Permission),
            Class::PaymentRequired | Class::OverBudget => {
                (StatusCode::PAYMENT_REQUIRED, Kind::Quota)
            }
            Class::RateLimited => (StatusCode::TOO_MANY_REQUESTS, Kind::RateLimit),
            Class::Overloaded | Class::NoWayIn => {
                (StatusCode::SERVICE_UNAVAILABLE, Kind::Overloaded)
            }
            Class::ConnectTimeout
            | Class::FirstTokenTimeout
            | Class::SilenceTimeout
            | Class::RunTimeout => (StatusCode::GATEWAY_TIMEOUT, Kind::Timeout),
            Class::LocalModelMissing | Class::LocalModelUnusable => {
                (StatusCode::SERVICE_UNAVAILABLE, Kind::Internal)
            }
            Class::Internal => (StatusCode::INTERNAL_SERVER_ERROR, Kind::Internal),
            Class::InvalidAddress
            | Class::NameNotResolved
            | Class::ConnectionRefused
            | Class::ConnectionLost
            | Class::Tls
            | Class::ServerError
            | Class::NotFound
            | Class::Redirected
            | Class::UnexpectedContent
            | Class::StreamCut
            | Class::EmptyAnswer
            | Class::ResponseTooLarge => (StatusCode::BAD_GATEWAY, Kind::Internal),
        };
        let sentence = failure.class.sentence(provider);
        let code = match failure.class {
            // Words that packages and agents look for.
            Class::ContextTooLong => "context_length_exceeded",
            Class::ContentFiltered => "content_filter",
            Class::ModelNotFound => "model_not_found",
            Class::PaymentRequired => "insufficient_quota",
            class => class.as_str(),
        };
        let message = if failure.message.is_empty() || failure.message == sentence {
            sentence
        } else {
            format!("{sentence} {}", failure.message)
        };
        Self {
            code: Some(code.to_owned()),
            retry_after: failure.retry_after_millis.map(Duration::from_millis),
            run: Some(run),
            ..Self::new(status, kind, message)
        }
    }

    /// The reply.
    pub(crate) fn respond(&self, shape: Shape) -> Response {
        let body = self.json(shape);
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            headers.insert(RETRY_AFTER, told::header(&seconds.to_string()));
            headers.insert(
                HeaderName::from_static("retry-after-ms"),
                told::header(&wait.as_millis().to_string()),
            );
        }
        if let Some(run) = self.run {
            headers.insert(told::RUN, told::header(&run.to_string()));
        }
        response
    }

    /// The body of the reply, which is also what stands in a stream that breaks.
    pub(crate) fn json(&self, shape: Shape) -> String {
        let written = match shape {
            Shape::OpenAi => serde_json::to_string(&OpenAiError {
                error: OpenAiBody {
                    message: &self.message,
                    kind: self.kind.openai(),
                    param: self.param.as_deref(),
                    code: self.code.as_deref(),
                },
            }),
            Shape::Anthropic => serde_json::to_string(&AnthropicError {
                kind: "error",
                error: AnthropicBody {
                    kind: self.kind.anthropic(),
                    message: &self.message,
                },
                request_id: self.run.map(|run| run.to_string()),
            }),
        };
        written.unwrap_or_default()
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Input(input) => {
                let (param, status, kind, code) = match input.field.as_str() {
                    UNKNOWN_MODEL => (
                        "model",
                        StatusCode::NOT_FOUND,
                        Kind::NotFound,
                        Some("model_not_found"),
                    ),
                    FORBIDDEN_MODEL => (
                        "model",
                        StatusCode::FORBIDDEN,
                        Kind::Permission,
                        Some("model_not_allowed"),
                    ),
                    PREVIOUS_ANSWER => (
                        PREVIOUS_ANSWER,
                        StatusCode::BAD_REQUEST,
                        Kind::InvalidRequest,
                        Some("previous_response_not_found"),
                    ),
                    other => (other, StatusCode::BAD_REQUEST, Kind::InvalidRequest, None),
                };
                Self {
                    param: Some(param.to_owned()),
                    code: code.map(str::to_owned),
                    ..Self::new(status, kind, format!("{} {}", input.sentence, input.advice))
                }
            }
            EngineError::NotFound(what) => Self::new(
                StatusCode::NOT_FOUND,
                Kind::NotFound,
                format!("{what} is not there any more."),
            ),
            error => {
                tracing::error!(%error, "a request of an app could not be begun");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    Kind::Internal,
                    format!("Patchbay could not begin the answer: {error}"),
                )
            }
        }
    }
}

#[derive(Serialize)]
struct OpenAiError<'a> {
    error: OpenAiBody<'a>,
}

#[derive(Serialize)]
struct OpenAiBody<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct AnthropicError<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: AnthropicBody<'a>,
    request_id: Option<String>,
}

#[derive(Serialize)]
struct AnthropicBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}
