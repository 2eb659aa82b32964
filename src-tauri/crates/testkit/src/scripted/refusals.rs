//! Requests that are turned down, in the words of real providers.

use serde_json::json;

use super::models::Circumstances;
use super::request::RecordedRequest;
use super::script::{Script, error};

/// How this model turns the request down; `None` where it answers.
pub(super) fn refusal(
    name: &str,
    request: &RecordedRequest,
    circumstances: &Circumstances,
) -> Option<Script> {
    const INVALID: &str = "invalid_request_error";
    let limited = || {
        error(
            429,
            "Too many requests.",
            "requests",
            Some("rate_limit_exceeded"),
        )
    };
    Some(match name {
        "429-then-ok" | "429-for-ever" => limited(),
        "429-retry-after" => limited().header("retry-after", "2"),
        "429-day" => limited().header("retry-after", "86400"),
        "429-in-body" => Script::json(
            429,
            &json!({ "error": {
                "code": 429,
                "message": "Resource has been exhausted.",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": "1.5s",
                }],
            }}),
        ),
        "no-balance-429" => Script::json(
            429,
            &json!({ "error": { "code": "1113", "message": "Insufficient balance, please recharge." }}),
        ),
        "400" => error(400, "`messages` must not be so odd.", INVALID, None),
        "401" => error(
            401,
            "Incorrect API key provided.",
            INVALID,
            Some("invalid_api_key"),
        ),
        "402" => error(402, "Insufficient credits.", "payment_required", None),
        "403" => error(
            403,
            "This key may not use this model.",
            "permission_error",
            None,
        ),
        "404-model" => error(
            404,
            "The model `404-model` does not exist.",
            INVALID,
            Some("model_not_found"),
        ),
        "404-html" => Script::body(
            404,
            "text/html",
            "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
        ),
        "500" | "500-then-ok" => error(
            500,
            "The server had an error.",
            "server_error",
            Some("internal_error"),
        ),
        "503" | "503-until-recovered" => error(
            503,
            "The engine is overloaded.",
            "server_error",
            Some("overloaded"),
        ),
        "529" => error(529, "Overloaded", "overloaded_error", None),
        "html-200" => Script::body(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><html><head><title>Hotel Wi-Fi &ndash; sign in</title></head><body>Welcome</body></html>",
        ),
        "html-502" => Script::body(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head><body>cloud</body></html>",
        ),
        "redirect" => Script::body(307, "text/plain", "")
            .header("location", circumstances.redirect_to.as_str()),
        "key-echo" => {
            let sent = request.header("authorization").unwrap_or("nothing");
            let other = request.header("x-api-key").unwrap_or("nothing");
            let message = format!("Bad credentials: Authorization: {sent}; x-api-key: {other}");
            error(401, &message, INVALID, Some("invalid_api_key"))
        }
        "context-too-long" => error(
            400,
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
            INVALID,
            Some("context_length_exceeded"),
        ),
        "content-policy" => error(
            400,
            "Your request was rejected as a result of our safety system.",
            INVALID,
            Some("content_policy_violation"),
        ),
        "refuses-prefill" if request.last_message().0 == "assistant" => error(
            400,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
            INVALID,
            None,
        ),
        "no-stream-options" if !request.json()["stream_options"].is_null() => error(
            400,
            "Unrecognized request argument supplied: stream_options",
            INVALID,
            None,
        ),
        "max-completion-tokens-only" if !request.json()["max_tokens"].is_null() => error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            INVALID,
            Some("unsupported_parameter"),
        ),
        _ => return None,
    })
}
