//! What decides where a request goes next: half answers that are refused, empty accounts, closed
//! doors, and how long to wait.

use super::*;

#[test]
fn a_half_answer_that_is_refused_is_a_bad_request_and_no_more() {
    for (status, body) in [
        // Claude since 4.6.
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"This model does not support assistant message prefill. The conversation must end with a user message."},"request_id":"req_1"}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: final assistant content cannot end with trailing whitespace"}}"#,
        ),
        // The same through OpenRouter.
        (
            400,
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"This model does not support assistant message prefill. The conversation must end with a user message.\"}}","provider_name":"Anthropic"}}}"#,
        ),
        // Bedrock.
        (
            400,
            r#"{"message":"This model does not support assistant message prefill. The conversation must end with a user message.","__type":"ValidationException"}"#,
        ),
        // Gemini since 3.5 Flash-Lite and 3.6 Flash.
        (
            400,
            r#"[{"error":{"code":400,"message":"Requests ending with a model turn are not supported.","status":"INVALID_ARGUMENT"}}]"#,
        ),
        // llama.cpp.
        (
            400,
            r#"{"error":{"code":400,"message":"Assistant response prefill is incompatible with enable_thinking.","type":"invalid_request_error"}}"#,
        ),
        // Mistral.
        (
            400,
            r#"{"object":"error","message":"Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant","type":"invalid_request_error","param":null,"code":null}"#,
        ),
    ] {
        let failure = reply(status, &[], body);
        assert_eq!(failure.class, FailureClass::InvalidRequest, "{body}");
        assert!(failure.message.contains("ssistant") || failure.message.contains("model turn"));
    }
    // The same words in a stream whose status said that all is well.
    let words = r#"{"type":"invalid_request_error","message":"This model does not support assistant message prefill."}"#;
    let failure = in_band_failure(words, &Scrubber::default());
    assert_eq!(failure.class, FailureClass::InvalidRequest);
}

#[test]
fn closed_doors_are_told_from_bad_keys() {
    use FailureClass::*;
    for (status, body, class) in [
        (
            403,
            r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}"#,
            PermissionDenied,
        ),
        // Anthropic, from a region that it does not serve.
        (
            403,
            r#"{"error":{"type":"forbidden","message":"Request not allowed"}}"#,
            PermissionDenied,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
            PermissionDenied,
        ),
        // Groq.
        (
            400,
            r#"{"error":{"message":"The model `a` requires terms acceptance. Please have the org admin accept the terms at https://console.groq.com/playground?model=a","type":"invalid_request_error","code":"model_terms_required"}}"#,
            PermissionDenied,
        ),
        // Hugging Face.
        (
            403,
            r#"{"error":"Access to model a is restricted and you are not in the authorized list. You must accept its terms."}"#,
            PermissionDenied,
        ),
        // OpenRouter's own moderation uses the same status.
        (
            403,
            r#"{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"OpenAI"}}}"#,
            ContentFiltered,
        ),
        // A data policy that leaves no host.
        (
            404,
            r#"{"error":{"message":"No endpoints found matching your data policy. Enable prompt training here: https://openrouter.ai/settings/privacy","code":404}}"#,
            ModelNotFound,
        ),
    ] {
        assert_eq!(reply(status, &[], body).class, class, "{body}");
    }
}

#[test]
fn how_long_to_wait_is_passed_on_as_it_was_said() {
    let limited = r#"{"error":{"message":"Too many requests.","type":"requests"}}"#;
    let google = r#"{"error":{"code":429,"message":"Resource has been exhausted.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}"#;
    let spent = [
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "8.64s"),
    ];
    let with = |name, value| [&spent[..], &[(name, value)]].concat();
    for (status, pairs, body, expected) in [
        // A day is for the run to shorten.
        (
            429,
            vec![("retry-after", "86400")],
            limited,
            Some(86_400_000),
        ),
        (503, vec![("retry-after", "3")], "", Some(3_000)),
        (429, vec![], google, Some(1_500)),
        (429, vec![], limited, None),
        (429, spent.to_vec(), limited, Some(8_640)),
        (429, with("retry-after", "2"), limited, Some(2_000)),
        (429, spent.to_vec(), google, Some(1_500)),
        // A bad request says nothing about when to come back, whatever is left.
        (400, spent.to_vec(), limited, None),
        (
            429,
            vec![
                ("date", "Sun, 22 Nov 2026 09:00:00 GMT"),
                ("anthropic-ratelimit-output-tokens-remaining", "0"),
                (
                    "anthropic-ratelimit-output-tokens-reset",
                    "2026-11-22T09:00:42Z",
                ),
            ],
            limited,
            Some(42_000),
        ),
    ] {
        let failure = reply(status, &pairs, body);
        assert_eq!(failure.retry_after_millis, expected, "{pairs:?} {body}");
    }
    // No money: the delay beside it is no reason to wait.
    let empty =
        r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package."}}"#;
    let failure = reply(429, &[("retry-after", "5")], empty);
    assert_eq!(failure.class, FailureClass::PaymentRequired);
}
