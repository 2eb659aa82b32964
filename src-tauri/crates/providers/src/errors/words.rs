//! The vendors' codes and phrases. A code is trusted at any status; a phrase only where the status
//! leaves the question open.

use patchbay_domain::FailureClass;
use patchbay_domain::FailureClass::{
    Authentication, ContentFiltered, ContextTooLong, InvalidRequest, ModelNotFound, Overloaded,
    PaymentRequired, PermissionDenied, RateLimited, ServerError,
};
use serde_json::Value;

use super::body::ErrorBody;
use super::retry_after;
use super::vendor_words::{
    BAD_KEY, CANNOT_TAKE, NOT_ALLOWED, VENDOR_CODES, VENDOR_MONEY, is_spent_for_the_day, of_litellm,
};

/// Codes and types that mean one thing only, in lower case.
const CODES: &[(&str, FailureClass)] = &[
    // No money.
    ("insufficient_quota", PaymentRequired),
    ("insufficient_balance", PaymentRequired),
    ("insufficient_user_quota", PaymentRequired),
    ("insufficient_credits", PaymentRequired),
    ("insufficient_funds", PaymentRequired),
    ("billing_hard_limit_reached", PaymentRequired),
    ("billing_not_active", PaymentRequired),
    ("payment_required", PaymentRequired),
    ("billing_error", PaymentRequired),
    ("arrearage", PaymentRequired),
    ("exceeded_current_quota_error", PaymentRequired),
    ("budget_exceeded", PaymentRequired),
    ("billing_disabled", PaymentRequired),
    // Too long.
    ("context_length_exceeded", ContextTooLong),
    ("context_window_exceeded", ContextTooLong),
    ("contextwindowexceedederror", ContextTooLong),
    ("exceed_context_size_error", ContextTooLong),
    ("model_max_prompt_tokens_exceeded", ContextTooLong),
    ("prompt_too_long", ContextTooLong),
    ("tokens_limit_reached", ContextTooLong),
    ("request_too_large", ContextTooLong),
    // Refused by policy.
    ("content_policy_violation", ContentFiltered),
    ("contentpolicyviolationerror", ContentFiltered),
    ("content_filter", ContentFiltered),
    ("content_filtered", ContentFiltered),
    ("content_filter_error", ContentFiltered),
    ("responsibleaipolicyviolation", ContentFiltered),
    ("data_inspection_failed", ContentFiltered),
    ("datainspectionfailed", ContentFiltered),
    ("moderation_blocked", ContentFiltered),
    ("prompt_blocked", ContentFiltered),
    ("safety_check_failed", ContentFiltered),
    // The key.
    ("invalid_api_key", Authentication),
    ("api_key_invalid", Authentication),
    ("invalid_authentication_error", Authentication),
    ("incorrect_api_key_error", Authentication),
    ("unauthenticated", Authentication),
    ("account_deactivated", Authentication),
    ("unsupported_country_region_territory", PermissionDenied),
    ("insufficient_permissions", PermissionDenied),
    ("missing_scope", PermissionDenied),
    // Groq, where nobody has accepted the terms of the model yet.
    ("model_terms_required", PermissionDenied),
    // The model.
    ("model_not_found", ModelNotFound),
    ("model_not_found_error", ModelNotFound),
    ("invalid_model", ModelNotFound),
    ("model_not_exist", ModelNotFound),
    ("model_decommissioned", ModelNotFound),
    ("deploymentnotfound", ModelNotFound),
    ("unknown_model", ModelNotFound),
    ("model_not_available", ModelNotFound),
    // Capacity.
    ("overloaded", Overloaded),
    ("overloaded_error", Overloaded),
    ("engine_overloaded_error", Overloaded),
    ("engine_overloaded", Overloaded),
    ("capacity_exceeded", Overloaded),
    ("insufficient_system_resource", Overloaded),
    ("server_overloaded", Overloaded),
    ("service_unavailable", Overloaded),
];

/// Zhipu and Z.ai: four digits, sent as text.
const ZHIPU: &[(&str, FailureClass)] = &[
    ("1000", Authentication),
    ("1001", Authentication),
    ("1002", Authentication),
    ("1003", Authentication),
    ("1004", Authentication),
    ("1110", PermissionDenied),
    ("1111", Authentication),
    ("1112", PermissionDenied),
    ("1113", PaymentRequired),
    ("1121", PermissionDenied),
    ("1211", ModelNotFound),
    ("1220", PermissionDenied),
    ("1234", ServerError),
    ("1261", ContextTooLong),
    ("1301", ContentFiltered),
    ("1302", RateLimited),
    ("1303", RateLimited),
    ("1304", PaymentRequired),
    ("1305", Overloaded),
    ("1308", PaymentRequired),
    ("1309", PaymentRequired),
    ("1310", PaymentRequired),
    ("1311", PermissionDenied),
    ("1312", Overloaded),
    ("1313", PermissionDenied),
];

/// MiniMax: a number in `base_resp`, with status 200.
const MINIMAX: &[(&str, FailureClass)] = &[
    ("1000", ServerError),
    ("1001", ServerError),
    ("1002", RateLimited),
    ("1004", Authentication),
    ("1008", PaymentRequired),
    ("1013", ServerError),
    ("1026", ContentFiltered),
    ("1027", ContentFiltered),
    ("1039", ContextTooLong),
    ("1041", RateLimited),
    ("2013", InvalidRequest),
    ("2049", Authentication),
    ("2056", PaymentRequired),
];

/// Words that only say which family of status it would have been.
const TYPES: &[(&str, FailureClass)] = &[
    ("rate_limit_error", RateLimited),
    ("rate_limit_exceeded", RateLimited),
    ("rate_limited", RateLimited),
    ("requests", RateLimited),
    ("tokens", RateLimited),
    ("resource_exhausted", RateLimited),
    ("too_many_requests", RateLimited),
    ("authentication_error", Authentication),
    ("permission_error", PermissionDenied),
    ("permission_denied", PermissionDenied),
    ("not_found_error", ModelNotFound),
    ("invalid_request_error", InvalidRequest),
    ("invalid_argument", InvalidRequest),
    ("badrequesterror", InvalidRequest),
    ("invalid_prompt", InvalidRequest),
    ("unavailable", Overloaded),
    ("validationexception", InvalidRequest),
    ("invalid_base64_image", InvalidRequest),
    ("invalid_image", InvalidRequest),
    ("invalid_image_format", InvalidRequest),
    ("invalid_image_url", InvalidRequest),
    ("image_too_large", InvalidRequest),
    ("image_too_small", InvalidRequest),
    ("image_parse_error", InvalidRequest),
    ("image_file_too_large", InvalidRequest),
    ("image_file_not_found", InvalidRequest),
    ("failed_to_download_image", InvalidRequest),
    ("unsupported_image_media_type", InvalidRequest),
    ("empty_image_file", InvalidRequest),
];

const MONEY: &[&str] = &[
    "insufficient balance",
    "insufficient_balance",
    "insufficient credit",
    "insufficient quota",
    "insufficient fund",
    "not enough credits",
    "out of credits",
    "credit balance is too low",
    "balance is not enough",
    "account balance",
    "billing hard limit",
    "requires more credits",
    "payment required",
    "credits are depleted",
    "spending cap",
    "余额不足",
    "欠费",
];

/// Google says this about a limit by the minute, others about an empty account.
const QUOTA: &[&str] = &[
    "exceeded your current quota",
    "reached your specified api usage limits",
    "spend limit",
    "quota exceeded",
    "quota has been exhausted",
];

const TOO_LONG: &[&str] = &[
    "maximum context length",
    "contextwindowexceedederror",
    "context length exceeded",
    "context_length_exceeded",
    "context window",
    "exceeds the available context",
    "exceed context limit",
    "exceeds the context",
    "exceeds the model's context",
    "exceeded max context length",
    "longer than the model's context length",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input too long",
    "too many input tokens",
    "too many tokens",
    "input token count",
    "exceeds the maximum number of tokens",
    "exceeds maximum input length",
    "maximum prompt length",
    "max_prompt_tokens",
    "reduce the length of the messages",
    "reduce your message size",
    "greater than the context",
    "larger than the context",
    "range of input length should be",
];

const POLICY: &[&str] = &[
    "content management policy",
    "contentpolicyviolationerror",
    "content policy",
    "content_policy",
    "content filter",
    "content_filter",
    "content exists risk",
    "usage policies",
    "usage policy",
    "safety system",
    "was flagged",
    "been flagged",
    "is flagged",
    "inappropriate content",
    "sensitive content",
    "prohibited content",
    "prohibited_content",
    "敏感",
];

const UNKNOWN_MODEL: &[&str] = &[
    "is not a valid model",
    "invalid model",
    "model not found",
    "model not exist",
    "model does not exist",
    "unknown model",
    "no such model",
    "no endpoints found",
    "model is not supported",
    "model_not_supported",
    "model has been decommissioned",
    "no allowed providers are available for the selected model",
    // Amazon Bedrock; the second is about a model that goes by the id of its profile only.
    "model identifier is invalid",
    "on-demand throughput isn",
    // NVIDIA.
    "not found for account",
];

/// Reads the code and the type.
pub(super) fn class_of_code(status: Option<u16>, body: &ErrorBody) -> Option<FailureClass> {
    let words = [body.code.as_deref(), body.kind.as_deref(), reason(body)];
    let words = words.into_iter().flatten().map(str::to_lowercase);
    for word in words {
        let known = CODES
            .iter()
            .chain(VENDOR_CODES)
            .find(|(code, _)| *code == word)
            .map(|(_, class)| *class);
        match known {
            // The project has no access, although the model exists.
            Some(ModelNotFound) if status == Some(403) => return Some(PermissionDenied),
            // Google's word for a limit, which is no lack of money where it says when to come back.
            Some(PaymentRequired) if status == Some(429) && is_only_a_limit(body) => {}
            Some(class) => return Some(class),
            None => {}
        }
    }
    let code = body.code.as_deref()?;
    let table = if body.object["status_msg"].is_string() {
        MINIMAX
    } else {
        ZHIPU
    };
    table
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, class)| *class)
}

/// Reads the words, where the status does not settle the matter.
pub(super) fn class_of_text(status: Option<u16>, body: &ErrorBody) -> Option<FailureClass> {
    if let Some(class) = of_litellm(status, body) {
        return Some(class);
    }
    let text = body.message.as_deref()?.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    let is_request_fault = matches!(status, None | Some(400 | 413 | 422));
    if matches!(status, None | Some(400 | 403 | 412 | 429 | 500)) {
        if says(MONEY) || says(VENDOR_MONEY) || is_spent_for_the_day(body) {
            return Some(PaymentRequired);
        }
        if says(QUOTA) && (!is_only_a_limit(body) || has_no_allowance(&text)) {
            return Some(PaymentRequired);
        }
    }
    if status == Some(500) && says(CANNOT_TAKE) {
        return Some(InvalidRequest);
    }
    // Some servers answer their own faults with 500.
    let is_asked_to_wait = text.contains("please wait");
    if (is_request_fault || status == Some(500)) && says(TOO_LONG) && !is_asked_to_wait {
        return Some(ContextTooLong);
    }
    if (is_request_fault || status == Some(403)) && says(POLICY) {
        return Some(ContentFiltered);
    }
    if is_request_fault && says(UNKNOWN_MODEL) {
        return Some(ModelNotFound);
    }
    if matches!(status, None | Some(400 | 403)) {
        if says(BAD_KEY) {
            return Some(Authentication);
        }
        if says(NOT_ALLOWED) {
            return Some(PermissionDenied);
        }
    }
    // Google says so with 400.
    if is_request_fault && text.contains("user location is not supported") {
        return Some(PermissionDenied);
    }
    // A 404 without the word is a wrong address.
    if matches!(status, Some(404 | 410))
        && (text.contains("model") || text.contains("deployment") || says(UNKNOWN_MODEL))
    {
        return Some(ModelNotFound);
    }
    if status == Some(401)
        && (text.contains("insufficient permission") || text.contains("missing scope"))
    {
        return Some(PermissionDenied);
    }
    let is_capacity = text.contains("overloaded")
        || text.contains("capacity exceeded")
        || text.contains("at capacity");
    (is_capacity && matches!(status, None | Some(429 | 500 | 502))).then_some(Overloaded)
}

/// Reads the type alone, for errors without any status.
pub(super) fn class_of_type(body: &ErrorBody) -> Option<FailureClass> {
    let words = [body.code.as_deref(), body.kind.as_deref()];
    words
        .into_iter()
        .flatten()
        .map(str::to_lowercase)
        .find_map(|word| {
            TYPES
                .iter()
                .find(|(known, _)| *known == word)
                .map(|(_, class)| *class)
        })
}

/// Whether the provider itself says that waiting helps.
fn is_only_a_limit(body: &ErrorBody) -> bool {
    body.kind.as_deref() == Some("RESOURCE_EXHAUSTED") || retry_after::from_body(body).is_some()
}

/// Google's free tier allows some models not at all: no waiting helps.
fn has_no_allowance(text: &str) -> bool {
    text.split("limit: 0")
        .skip(1)
        .any(|rest| !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.'))
}

/// Google hides the reason of a 400 in a list of details.
fn reason(body: &ErrorBody) -> Option<&str> {
    let details = body.object["details"].as_array()?;
    details
        .iter()
        .find_map(|detail| detail["reason"].as_str())
        .or_else(|| match &body.object["innererror"] {
            Value::Object(inner) => inner.get("code")?.as_str(),
            _ => None,
        })
}
