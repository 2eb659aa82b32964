//! Errors as each family words them, as replies of their own and inside of answers.

use std::time::Duration;

use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use crate::scripted::allowances;
use crate::scripted::routes::Dialect;
use crate::scripted::said::Failure;
use crate::scripted::script::Script;

/// A request that is turned down, before any family's words.
#[derive(Clone, Debug)]
pub(in crate::scripted) struct Refusal {
    pub(in crate::scripted) status: u16,
    pub(in crate::scripted) kind: Kind,
    pub(in crate::scripted) message: String,
    /// Seconds for the `Retry-After` header.
    pub(in crate::scripted) retry_after: Option<u32>,
    /// Milliseconds for the `Retry-After-Ms` header.
    pub(in crate::scripted) retry_after_millis: Option<Duration>,
    /// The headers tell of an allowance that is spent for so long.
    pub(in crate::scripted) spent_for: Option<Duration>,
    /// The delay stands in the body only.
    pub(in crate::scripted) has_delay_in_body: bool,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scripted) enum Kind {
    RateLimited,
    /// A 429 that waiting does not help.
    NoBalance,
    Invalid,
    /// A key that is not accepted, in the reply's own words.
    BadKey,
    /// The same in the family's fixed words.
    WrongKey,
    NoCredit,
    /// No credit, as Anthropic tells it: an invalid request.
    CreditTooLow,
    Forbidden,
    /// Not from where the person is.
    Region,
    UnknownModel,
    Internal,
    Overloaded,
    ContextTooLong,
    ContentPolicy,
    UnsupportedField,
    NotAllowed,
}

impl Refusal {
    pub(in crate::scripted) fn new(status: u16, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            retry_after: None,
            retry_after_millis: None,
            spent_for: None,
            has_delay_in_body: false,
        }
    }

    pub(in crate::scripted) fn unknown_model(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist.");
        Self::new(404, Kind::UnknownModel, message)
    }

    pub(in crate::scripted) fn wrong_key() -> Self {
        Self::new(401, Kind::WrongKey, "Incorrect API key provided.")
    }
}

pub(super) fn script(family: WireFamily, dialect: Dialect, refusal: &Refusal) -> Script {
    let mut script = Script::json(status(family, refusal), &body(family, dialect, refusal));
    if let Some(seconds) = refusal.retry_after {
        script = script.header("retry-after", seconds.to_string());
    }
    if let Some(delay) = refusal.retry_after_millis {
        script = script.header("retry-after-ms", delay.as_millis().to_string());
    }
    if let Some(left) = refusal.spent_for {
        return allowances::spent(script, family, dialect, left);
    }
    if refusal.status == 429 && refusal.kind == Kind::RateLimited {
        let names: [&'static str; 2] = match family {
            WireFamily::AnthropicMessages => [
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
            ],
            WireFamily::OpenAiChat | WireFamily::OpenAiResponses => [
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
            ],
            _ => return script,
        };
        script = script.header(names[0], "50").header(names[1], "0");
    }
    script
}

fn status(family: WireFamily, refusal: &Refusal) -> u16 {
    // Google AI Studio calls a wrong key an invalid argument.
    if family == WireFamily::Gemini && refusal.kind == Kind::WrongKey {
        return 400;
    }
    refusal.status
}

fn body(family: WireFamily, dialect: Dialect, refusal: &Refusal) -> Value {
    match family {
        WireFamily::AnthropicMessages => anthropic(refusal),
        WireFamily::Gemini | WireFamily::Vertex => google(family, refusal),
        WireFamily::Ollama => ollama(refusal),
        _ if dialect == Dialect::OpenRouter => open_router(refusal),
        _ => openai(dialect, family, refusal),
    }
}

fn openai(dialect: Dialect, family: WireFamily, refusal: &Refusal) -> Value {
    const INVALID: &str = "invalid_request_error";
    let (kind, code) = match refusal.kind {
        // A reply in Google's words, as gateways pass it on.
        Kind::RateLimited if refusal.has_delay_in_body && family == WireFamily::OpenAiChat => {
            return google(WireFamily::Gemini, refusal);
        }
        Kind::NoBalance => {
            return json!({ "error": { "code": "1113", "message": refusal.message } });
        }
        Kind::RateLimited => ("requests", Some("rate_limit_exceeded")),
        Kind::Invalid | Kind::CreditTooLow | Kind::NotAllowed => (INVALID, None),
        Kind::BadKey | Kind::WrongKey => (INVALID, Some("invalid_api_key")),
        Kind::NoCredit if dialect == Dialect::DeepSeek => ("unknown_error", Some(INVALID)),
        Kind::NoCredit => ("payment_required", None),
        Kind::Forbidden => ("permission_error", None),
        Kind::Region => (
            "request_forbidden",
            Some("unsupported_country_region_territory"),
        ),
        Kind::UnknownModel => (INVALID, Some("model_not_found")),
        Kind::Internal => ("server_error", Some("internal_error")),
        Kind::Overloaded if refusal.status == 529 => ("overloaded_error", None),
        Kind::Overloaded => ("server_error", Some("overloaded")),
        Kind::ContextTooLong => (INVALID, Some("context_length_exceeded")),
        Kind::ContentPolicy => (INVALID, Some("content_policy_violation")),
        Kind::UnsupportedField => (INVALID, Some("unsupported_parameter")),
    };
    let message = with_delay(refusal);
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}

fn open_router(refusal: &Refusal) -> Value {
    let mut error = json!({ "code": refusal.status, "message": with_delay(refusal) });
    if matches!(
        refusal.kind,
        Kind::RateLimited | Kind::Internal | Kind::Overloaded
    ) {
        error["metadata"] = json!({ "provider_name": "DeepInfra", "raw": refusal.message });
    }
    json!({ "error": error, "user_id": "user_scripted" })
}

fn anthropic(refusal: &Refusal) -> Value {
    let kind = match refusal.kind {
        Kind::RateLimited | Kind::NoBalance => "rate_limit_error",
        Kind::BadKey | Kind::WrongKey => "authentication_error",
        Kind::NoCredit => "billing_error",
        Kind::Forbidden | Kind::Region => "permission_error",
        Kind::UnknownModel => "not_found_error",
        Kind::Internal => "api_error",
        Kind::Overloaded => "overloaded_error",
        Kind::Invalid
        | Kind::CreditTooLow
        | Kind::ContextTooLong
        | Kind::ContentPolicy
        | Kind::UnsupportedField
        | Kind::NotAllowed => "invalid_request_error",
    };
    let message = match refusal.kind {
        Kind::WrongKey => "invalid x-api-key".to_owned(),
        Kind::Overloaded => "Overloaded".to_owned(),
        Kind::ContextTooLong => "prompt is too long: 9001 tokens > 8192 maximum".to_owned(),
        Kind::ContentPolicy => "Output blocked by content filtering policy".to_owned(),
        _ => with_delay(refusal),
    };
    json!({ "type": "error", "error": { "type": kind, "message": message },
        "request_id": "req-scripted-1" })
}

fn google(family: WireFamily, refusal: &Refusal) -> Value {
    let status = match refusal.kind {
        Kind::RateLimited | Kind::NoBalance => "RESOURCE_EXHAUSTED",
        Kind::BadKey => "UNAUTHENTICATED",
        Kind::WrongKey if family == WireFamily::Vertex => "UNAUTHENTICATED",
        Kind::NoCredit => "FAILED_PRECONDITION",
        Kind::Forbidden | Kind::Region => "PERMISSION_DENIED",
        Kind::UnknownModel => "NOT_FOUND",
        Kind::Internal => "INTERNAL",
        Kind::Overloaded => "UNAVAILABLE",
        Kind::NotAllowed => "UNIMPLEMENTED",
        _ => "INVALID_ARGUMENT",
    };
    let message = match refusal.kind {
        Kind::RateLimited if refusal.has_delay_in_body => "Resource has been exhausted.".to_owned(),
        Kind::WrongKey if family == WireFamily::Gemini => {
            "API key not valid. Please pass a valid API key.".to_owned()
        }
        Kind::ContextTooLong => {
            "The input token count (9001) exceeds the maximum number of tokens allowed (8192)."
                .to_owned()
        }
        _ => refusal.message.clone(),
    };
    let mut error =
        json!({ "code": self::status(family, refusal), "message": message, "status": status });
    if refusal.has_delay_in_body {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": "1.5s",
        }]);
    }
    if refusal.kind == Kind::WrongKey && family == WireFamily::Gemini {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
        }]);
    }
    json!({ "error": error })
}

fn ollama(refusal: &Refusal) -> Value {
    let message = match refusal.kind {
        Kind::UnknownModel => refusal
            .message
            .replace("does not exist", "not found")
            .replace('`', "'"),
        Kind::ContextTooLong => "the input length exceeds the context length".to_owned(),
        Kind::WrongKey => "unauthorized".to_owned(),
        _ => with_delay(refusal),
    };
    json!({ "error": message })
}

fn with_delay(refusal: &Refusal) -> String {
    if refusal.has_delay_in_body {
        return format!("{} Please try again in 1.5s.", refusal.message);
    }
    refusal.message.clone()
}

/// The code and the words of an error inside an answer.
pub(super) fn words(failure: Failure) -> (&'static str, &'static str) {
    match failure {
        Failure::RateLimited => ("rate_limit_exceeded", "Rate limit exceeded upstream"),
        Failure::Internal => ("server_error", "Provider disconnected unexpectedly"),
    }
}

/// An error inside an answer that began with status 200.
pub(super) fn in_band(family: WireFamily, dialect: Dialect, failure: Failure) -> Value {
    let (code, text) = words(failure);
    let is_limit = failure == Failure::RateLimited;
    let refusal = if is_limit {
        Refusal::new(429, Kind::RateLimited, text)
    } else {
        Refusal::new(500, Kind::Internal, text)
    };
    match family {
        // The code is a number on one page of the documentation, and a word on another.
        WireFamily::OpenAiChat if is_limit => json!({ "error": {
            "code": 429, "message": text, "metadata": { "provider_name": "Acme" } } }),
        WireFamily::OpenAiChat => json!({ "error": { "code": code, "message": text } }),
        _ => body(family, dialect, &refusal),
    }
}
