//! Requests that are turned down, before any family's words.

use patchbay_domain::WireFamily;

use super::allowances;
use super::families::{Kind, Refusal};
use super::models::Circumstances;
use super::request::RecordedRequest;
use super::script::Script;

/// How this model turns the request down; `None` where it answers.
pub(super) fn refusal(name: &str, request: &RecordedRequest) -> Option<Refusal> {
    let limited = || Refusal::new(429, Kind::RateLimited, "Too many requests.");
    let family = request.family();
    Some(match name {
        "429-then-ok" | "429-for-ever" => limited(),
        "429-retry-after" => Refusal {
            retry_after: Some(2),
            ..limited()
        },
        "429-day" => Refusal {
            retry_after: Some(86_400),
            ..limited()
        },
        "429-in-body" => Refusal {
            has_delay_in_body: true,
            ..limited()
        },
        "no-balance-429" => Refusal::new(
            429,
            Kind::NoBalance,
            "Insufficient balance, please recharge.",
        ),
        "400" => Refusal::new(400, Kind::Invalid, "`messages` must not be so odd."),
        "400-no-credit" => Refusal::new(
            400,
            Kind::CreditTooLow,
            "Your credit balance is too low to access the API. Please go to Plans & Billing.",
        ),
        "spent" => Refusal {
            spent_for: Some(allowances::period()),
            ..limited()
        },
        "403-region" => Refusal::new(
            403,
            Kind::Region,
            "Country, region, or territory not supported",
        ),
        "403-terms" => Refusal::new(
            403,
            Kind::Forbidden,
            "You must accept the terms of this model before you can use it.",
        ),
        "401" => Refusal::new(401, Kind::BadKey, "Incorrect API key provided."),
        "402" => Refusal::new(402, Kind::NoCredit, "Insufficient credits."),
        "403" => Refusal::new(403, Kind::Forbidden, "This key may not use this model."),
        "404-model" => Refusal::unknown_model(&request.model()),
        "500" | "500-then-ok" => Refusal::new(500, Kind::Internal, "The server had an error."),
        "503" | "503-until-recovered" => {
            Refusal::new(503, Kind::Overloaded, "The engine is overloaded.")
        }
        "529" => Refusal::new(529, Kind::Overloaded, "Overloaded"),
        "key-echo" => {
            let sent = |name| request.header(name).unwrap_or("nothing");
            let mut message = format!(
                "Bad credentials: Authorization: {}; x-api-key: {}",
                sent("authorization"),
                sent("x-api-key")
            );
            if let Some(key) = request.header("x-goog-api-key") {
                message = format!("{message}; x-goog-api-key: {key}");
            }
            Refusal::new(401, Kind::BadKey, message)
        }
        "context-too-long" => Refusal::new(
            400,
            Kind::ContextTooLong,
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        ),
        // Gemini answers, with a prompt that is blocked.
        "content-policy" if !matches!(family, WireFamily::Gemini | WireFamily::Vertex) => {
            Refusal::new(
                400,
                Kind::ContentPolicy,
                "Your request was rejected as a result of our safety system.",
            )
        }
        "refuses-prefill"
            if request.last_message().0 == "assistant"
                && matches!(family, WireFamily::Gemini | WireFamily::Vertex) =>
        {
            Refusal::new(
                400,
                Kind::Invalid,
                "Requests ending with a model turn are not supported.",
            )
        }
        "refuses-prefill" if request.last_message().0 == "assistant" => Refusal::new(
            400,
            Kind::Invalid,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ),
        "no-stream-options" if !request.json()["stream_options"].is_null() => Refusal::new(
            400,
            Kind::Invalid,
            "Unrecognized request argument supplied: stream_options",
        ),
        "max-completion-tokens-only"
            if family == WireFamily::OpenAiChat && !request.json()["max_tokens"].is_null() =>
        {
            Refusal::new(
                400,
                Kind::UnsupportedField,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            )
        }
        _ => {
            let most: usize = name.strip_prefix("context-of-")?.parse().ok()?;
            let tokens = request.prompt_tokens();
            if tokens <= most {
                return None;
            }
            let message = format!(
                "This model's maximum context length is {most} tokens. However, your messages resulted in {tokens} tokens."
            );
            Refusal::new(400, Kind::ContextTooLong, message)
        }
    })
}

/// Replies that come from something in the way, which knows no family.
pub(super) fn from_elsewhere(name: &str, circumstances: &Circumstances<'_>) -> Option<Script> {
    Some(match name {
        "404-html" => Script::body(
            404,
            "text/html",
            "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
        ),
        "html-200" => Script::body(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><html><head><title>Hotel Wi-Fi &ndash; sign in</title></head><body>Welcome</body></html>",
        ),
        "html-407" => Script::body(
            407,
            "text/html",
            "<html><head><title>407 Proxy Authentication Required</title></head><body>proxy</body></html>",
        ),
        "html-502" => Script::body(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head><body>cloud</body></html>",
        ),
        "redirect" => Script::body(307, "text/plain", "")
            .header("location", circumstances.redirect_to.as_str()),
        _ => return None,
    })
}

/// What is missing in a request that its family cannot do without.
pub(super) fn shape(request: &RecordedRequest) -> Option<Refusal> {
    let body = request.json();
    let needed: &[&str] = match request.family() {
        WireFamily::AnthropicMessages => &["messages", "max_tokens"],
        WireFamily::OpenAiResponses => &["input"],
        WireFamily::Gemini | WireFamily::Vertex => &["contents"],
        WireFamily::Ollama => &["messages"],
        _ => &[],
    };
    // Anthropic's own rule, for every model that goes on from half an answer.
    let (role, text) = request.last_message();
    let is_open = text.ends_with(char::is_whitespace) && role == "assistant";
    if is_open && request.family() == WireFamily::AnthropicMessages {
        let message = "messages: final assistant content cannot end with trailing whitespace";
        return Some(Refusal::new(400, Kind::Invalid, message));
    }
    let missing = needed.iter().find(|name| body[**name].is_null())?;
    let message = format!("{missing}: Field required");
    Some(Refusal::new(400, Kind::Invalid, message))
}
