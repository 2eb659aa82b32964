//! Long because it is one table.

use http::HeaderName;

use super::*;
use crate::scrub::REMOVED;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

fn reply(status: u16, pairs: &[(&'static str, &str)], body: &str) -> Failure {
    let url = Url::parse("https://api.example.com/v1/chat/completions").unwrap();
    let headers = headers(pairs);
    reply_failure(
        ErrorReply {
            status,
            headers: &headers,
            body,
            url: &url,
        },
        &Scrubber::default(),
    )
}

/// Every row that a provider was seen to send, or documents.
#[test]
fn the_table_of_failures() {
    use FailureClass::*;
    let rows: &[(u16, &str, FailureClass)] = &[
        // No money, under six disguises.
        (402, "", PaymentRequired),
        (
            402,
            r#"{"error":{"message":"Insufficient credits","code":402}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":1113,"message":"no"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":"1308","message":"5 hour limit reached"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"message":"Your account is suspended, please check your account balance","type":"exceeded_current_quota_error"}}"#,
            PaymentRequired,
        ),
        (
            400,
            r#"{"error":{"message":"Your credit balance is too low to access the API.","type":"invalid_request_error"}}"#,
            PaymentRequired,
        ),
        (
            403,
            r#"{"error":{"message":"insufficient balance"}}"#,
            PaymentRequired,
        ),
        // Anthropic and Ollama, as they document it.
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}"#,
            PaymentRequired,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"billing_error","message":"Your organization has an unpaid invoice."}}"#,
            PaymentRequired,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"The enforced spend limit of this workspace is reached."}}"#,
            PaymentRequired,
        ),
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            Authentication,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission to use the specified resource."}}"#,
            PermissionDenied,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-opus-9"},"request_id":"req_1"}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}"#,
            NotFound,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210012 tokens > 200000 maximum"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000"}}"#,
            ContextTooLong,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
            ContentFiltered,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"\"thinking.type.enabled\" is not supported for this model."}}"#,
            InvalidRequest,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the rate limit for your organization of 40,000 input tokens per minute."}}"#,
            RateLimited,
        ),
        (
            500,
            r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
            ServerError,
        ),
        (
            504,
            r#"{"type":"error","error":{"type":"timeout_error","message":"Request timed out"}}"#,
            ServerError,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            503,
            r#"{"error":"server busy, please try again. maximum pending requests exceeded"}"#,
            Overloaded,
        ),
        (
            404,
            r#"{"error":"model \"llama9\" not found, try pulling it first"}"#,
            ModelNotFound,
        ),
        (
            400,
            r#"{"error":"\"llama3.2\" does not support thinking"}"#,
            InvalidRequest,
        ),
        (
            400,
            r#"{"error":"the input length exceeds the context length"}"#,
            ContextTooLong,
        ),
        (401, r#"{"error":"unauthorized"}"#, Authentication),
        (
            400,
            r#"{"error":{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.","status":"RESOURCE_EXHAUSTED"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Your project has exceeded its monthly spending cap.","status":"RESOURCE_EXHAUSTED"}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3-pro\nPlease retry in 34s.","status":"RESOURCE_EXHAUSTED"}}"#,
            PaymentRequired,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BILLING_DISABLED"}]}}"#,
            PaymentRequired,
        ),
        // Limits that pass.
        (429, "", RateLimited),
        (
            429,
            r#"{"error":{"message":"Rate limit reached for requests","type":"requests","code":"rate_limit_exceeded"}}"#,
            RateLimited,
        ),
        (
            429,
            r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}]"#,
            RateLimited,
        ),
        (
            429,
            r#"{"error":{"code":"1302","message":"concurrency"}}"#,
            RateLimited,
        ),
        (429, "<html><title>Too many</title></html>", RateLimited),
        (
            // Spent for the day: the delay that stands beside it does not help.
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 250, model: gemini-3.8-flash","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#,
            PaymentRequired,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}"#,
            RateLimited,
        ),
        // No capacity.
        (503, "", Overloaded),
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            Overloaded,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            498,
            r#"{"error":{"message":"flex capacity","type":"x"}}"#,
            Overloaded,
        ),
        (
            429,
            r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}"#,
            Overloaded,
        ),
        (
            429,
            r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","code":null}"#,
            Overloaded,
        ),
        (
            500,
            r#"{"error":{"message":"The model is overloaded. Please try again later."}}"#,
            Overloaded,
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
            Overloaded,
        ),
        // Errors of theirs.
        (500, "", ServerError),
        (
            500,
            r#"{"error":{"message":"The server had an error","type":"server_error"}}"#,
            ServerError,
        ),
        (
            502,
            "<html><head><title>502 Bad Gateway</title></head></html>",
            ServerError,
        ),
        (504, "upstream timed out", ServerError),
        (522, "", ServerError),
        (
            408,
            r#"{"error":{"message":"Request timed out","code":408}}"#,
            ServerError,
        ),
        (520, "error code: 520", ServerError),
        (
            500,
            r#"{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}"#,
            ServerError,
        ),
        (
            504,
            r#"{"error":{"code":504,"message":"Deadline expired before operation could complete.","status":"DEADLINE_EXCEEDED"}}"#,
            ServerError,
        ),
        // The key.
        (
            400,
            r#"{"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT"}}"#,
            Authentication,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}}"#,
            Authentication,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Method doesn't allow unregistered callers (callers without established identity).","status":"PERMISSION_DENIED"}}"#,
            Authentication,
        ),
        (
            401,
            r#"{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED","details":[{"reason":"ACCESS_TOKEN_EXPIRED"}]}}"#,
            Authentication,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
            PermissionDenied,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Generative Language API has not been used in project 7 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}"#,
            PermissionDenied,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Permission 'aiplatform.endpoints.predict' denied on resource.","status":"PERMISSION_DENIED"}}"#,
            PermissionDenied,
        ),
        (401, "", Authentication),
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            Authentication,
        ),
        (
            403,
            r#"{"error":{"message":"no","code":"invalid_api_key"}}"#,
            Authentication,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            Authentication,
        ),
        (
            401,
            r#"{"error":{"code":"1002","message":"Authorization Token非法"}}"#,
            Authentication,
        ),
        (
            401,
            r#"{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: model.request."}}"#,
            PermissionDenied,
        ),
        (403, "", PermissionDenied),
        (
            403,
            r#"{"error":{"message":"Country, region, or territory not supported","code":"unsupported_country_region_territory"}}"#,
            PermissionDenied,
        ),
        (
            403,
            r#"{"error":{"message":"Project `p` does not have access to model `m`","code":"model_not_found"}}"#,
            PermissionDenied,
        ),
        // The model, and the address.
        (
            404,
            r#"{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"Publisher Model `projects/p/locations/global/publishers/google/models/x` was not found or your project does not have access to it.","status":"NOT_FOUND"}}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error"}}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"error":{"message":"No endpoints found for x/y.","code":404}}"#,
            ModelNotFound,
        ),
        (
            404,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
            ModelNotFound,
        ),
        (
            400,
            r#"{"error":{"message":"x is not a valid model ID","code":400}}"#,
            ModelNotFound,
        ),
        (
            400,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#,
            ModelNotFound,
        ),
        (
            400,
            r#"{"error":{"message":"The model has been decommissioned","code":"model_decommissioned"}}"#,
            ModelNotFound,
        ),
        (404, "", NotFound),
        (404, r#"{"detail":"Not Found"}"#, NotFound),
        (404, "404 page not found", NotFound),
        (
            404,
            "<html><head><title>404 Not Found</title></head></html>",
            NotFound,
        ),
        (405, "", NotFound),
        // Too long.
        (
            400,
            r#"{"error":{"code":400,"message":"Unable to submit request because the input token count is 1100000 but the model only supports up to 1048576.","status":"INVALID_ARGUMENT"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"message":"This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens","code":400}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":4096}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"code":"1261","message":"Prompt 超长"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"message":"Range of input length should be [1, 30720]","code":"invalid_parameter_error"}}"#,
            ContextTooLong,
        ),
        (413, "", ContextTooLong),
        (
            413,
            r#"{"error":{"code":"tokens_limit_reached","message":"Request body too large for model. Max size: 8000 tokens."}}"#,
            ContextTooLong,
        ),
        (
            500,
            r#"{"error":{"message":"input is too long for requested model"}}"#,
            ContextTooLong,
        ),
        // Refused by policy.
        (
            400,
            r#"{"error":{"message":"Your request was rejected","code":"content_policy_violation"}}"#,
            ContentFiltered,
        ),
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            ContentFiltered,
        ),
        (
            400,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}"#,
            ContentFiltered,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["x"]}}}"#,
            ContentFiltered,
        ),
        (
            400,
            r#"{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}}"#,
            ContentFiltered,
        ),
        (
            400,
            r#"{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}}"#,
            ContentFiltered,
        ),
        // The request itself.
        (
            400,
            r#"{"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts.","status":"INVALID_ARGUMENT"}}"#,
            InvalidRequest,
        ),
        (400, "", InvalidRequest),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large: 100000. This model supports at most 16384 completion tokens.","param":"max_tokens","code":"invalid_value"}}"#,
            InvalidRequest,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","messages"],"msg":"field required"}]}"#,
            InvalidRequest,
        ),
        (409, "", InvalidRequest),
        // Not the provider at all.
        (
            403,
            "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>",
            UnexpectedContent,
        ),
        (
            401,
            "<html><title>Sign in</title></html>",
            UnexpectedContent,
        ),
        (407, "", ConnectionLost),
        (301, "", Redirected),
        (307, "", Redirected),
        (304, "", Redirected),
    ];
    for (status, body, expected) in rows {
        let failure = reply(*status, &[], body);
        assert_eq!(failure.class, *expected, "{status} {body}");
        assert_eq!(failure.status, Some(*status));
        assert!(!failure.message.is_empty(), "{status} {body}");
    }
}

#[test]
fn errors_without_a_status_are_classed_by_code_type_or_words() {
    use FailureClass::*;
    for (error, expected) in [
        (
            r#"{"code":502,"message":"Provider disconnected"}"#,
            ServerError,
        ),
        (r#"{"code":"429","message":"slow down"}"#, RateLimited),
        (
            r#"{"code":429,"message":"x","metadata":{"raw":"insufficient balance"}}"#,
            PaymentRequired,
        ),
        (r#"{"code":"server_error","message":"x"}"#, ServerError),
        (r#"{"type":"overloaded_error","message":"x"}"#, Overloaded),
        (r#"{"type":"rate_limit_error","message":"x"}"#, RateLimited),
        (
            r#"{"type":"invalid_request_error","message":"x"}"#,
            InvalidRequest,
        ),
        (
            r#"{"type":"invalid_request_error","message":"prompt is too long"}"#,
            ContextTooLong,
        ),
        (
            r#"{"code":"content_filter","message":"x"}"#,
            ContentFiltered,
        ),
        (r#"{"message":"something new"}"#, ServerError),
        (r#""plain words""#, ServerError),
        (r#"{"code":200,"message":"x"}"#, ServerError),
        ("not json", ServerError),
    ] {
        let failure = in_band_failure(error, &Scrubber::default());
        assert_eq!(failure.class, expected, "{error}");
        assert_eq!(failure.status, None);
    }
}

#[test]
fn the_words_of_the_host_behind_a_gateway_are_kept() {
    let failure = reply(
        502,
        &[],
        r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"Acme","raw":"{\"error\":{\"message\":\"CUDA is unhappy\"}}"}}}"#,
    );
    assert_eq!(
        failure.message,
        "Provider returned error (Acme: CUDA is unhappy)"
    );
    assert_eq!(failure.code.as_deref(), Some("502"));
}

#[test]
fn a_page_is_told_by_its_title() {
    let failure = unexpected_content(
        200,
        &HeaderMap::new(),
        "\n<!DOCTYPE html>\n<HTML><head><TITLE lang=en>Hotel &amp; Bar\n  &ndash; sign in</TITLE>",
        &Scrubber::default(),
    );
    assert_eq!(
        failure.message,
        "The server sent a web page instead: Hotel & Bar – sign in"
    );
    assert_eq!(
        reply(
            502,
            &[],
            "<html><body><center><h1>502 Bad <b>Gateway</b></h1>"
        )
        .message,
        "502 Bad Gateway"
    );
}

#[test]
fn a_redirect_names_the_host_and_nothing_else() {
    for (location, expected) in [
        (
            "https://evil.example/path?key=secret",
            "Redirected to https://evil.example",
        ),
        ("/v2/chat", "Redirected to https://api.example.com"),
        (
            "http://127.0.0.1:8080/x",
            "Redirected to http://127.0.0.1:8080",
        ),
        (
            "//user:secret@other.example/",
            "Redirected to https://other.example",
        ),
    ] {
        let failure = reply(307, &[("location", location)], "");
        assert_eq!(failure.message, expected);
    }
    assert_eq!(
        reply(301, &[], "").message,
        "Redirected, without saying where to."
    );
}

#[test]
fn delays_and_ids_come_from_headers_first() {
    let failure = reply(
        429,
        &[
            ("retry-after", "3"),
            ("x-request-id", "req-7"),
            ("cf-ray", "x"),
        ],
        r#"{"error":{"message":"Please try again in 20ms"}}"#,
    );
    assert_eq!(failure.retry_after_millis, Some(3_000));
    assert_eq!(failure.request_id.as_deref(), Some("req-7"));
    let failure = reply(
        429,
        &[("cf-ray", "8f")],
        r#"{"error":{"message":"Please try again in 20ms"}}"#,
    );
    assert_eq!(failure.retry_after_millis, Some(20));
    assert_eq!(failure.request_id.as_deref(), Some("8f"));
}

#[test]
fn no_key_survives_in_any_field() {
    let key = "my-odd-key-123456";
    let scrubber = Scrubber::new([key.into()]);
    let url = Url::parse("https://api.example.com").unwrap();
    let headers = headers(&[("x-request-id", key)]);
    let body = format!(
        r#"{{"error":{{"code":"{key}","message":"Bad: Bearer {key}, sk-other-0123456789","param":"{key}"}}}}"#
    );
    let failure = reply_failure(
        ErrorReply {
            status: 401,
            headers: &headers,
            body: &body,
            url: &url,
        },
        &scrubber,
    );
    let shown = format!("{failure:?}");
    assert!(
        !shown.contains(key) && !shown.contains("0123456789"),
        "{shown}"
    );
    assert!(shown.contains(REMOVED));
}

#[test]
fn a_long_message_is_cut() {
    let failure = reply(500, &[], &"x".repeat(50_000));
    assert_eq!(
        failure.message.chars().count(),
        crate::scrub::LONGEST_MESSAGE + 1
    );
}

mod routing;
mod vendors;
