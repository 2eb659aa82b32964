//! Codes and phrases of single vendors, beside those that many have in common.

use patchbay_domain::FailureClass;
use patchbay_domain::FailureClass::{
    Authentication, ContentFiltered, ModelNotFound, Overloaded, PaymentRequired, PermissionDenied,
    RateLimited, ServerError,
};

use super::body::ErrorBody;

/// More codes, by who sends them, in lower case.
pub(super) const VENDOR_CODES: &[(&str, FailureClass)] = &[
    // Amazon Bedrock.
    ("throttlingexception", RateLimited),
    ("toomanyrequestsexception", RateLimited),
    ("servicequotaexceededexception", PaymentRequired),
    ("modelnotreadyexception", Overloaded),
    ("serviceunavailableexception", Overloaded),
    ("modeltimeoutexception", ServerError),
    ("modelerrorexception", ServerError),
    ("modelstreamerrorexception", ServerError),
    ("internalserverexception", ServerError),
    ("accessdeniedexception", PermissionDenied),
    ("unrecognizedclientexception", Authentication),
    ("invalidsignatureexception", Authentication),
    ("expiredtokenexception", Authentication),
    ("resourcenotfoundexception", ModelNotFound),
    // Google, among the details.
    ("billing_disabled", PaymentRequired),
    ("access_token_expired", Authentication),
    ("access_token_type_unsupported", Authentication),
    ("service_disabled", PermissionDenied),
    ("consumer_invalid", PermissionDenied),
    ("iam_permission_denied", PermissionDenied),
    ("api_key_service_blocked", PermissionDenied),
    ("api_key_ip_address_blocked", PermissionDenied),
    ("api_key_http_referrer_blocked", PermissionDenied),
    // LiteLLM's proxy.
    ("expired_key", Authentication),
    ("key_model_access_denied", PermissionDenied),
    ("team_model_access_denied", PermissionDenied),
    ("user_model_access_denied", PermissionDenied),
    // Alibaba, Hugging Face, GitHub Models.
    ("allocationquota.freetieronly", PaymentRequired),
    ("model_not_supported", ModelNotFound),
    ("no_access", PermissionDenied),
    // OpenAI, inside a stream of the responses format.
    ("image_content_policy_violation", ContentFiltered),
];

/// More words about money, by who says them.
pub(super) const VENDOR_MONEY: &[&str] = &[
    // xAI, Fireworks.
    "used all available credits",
    "spending limit",
    // Together.
    "credit limit exceeded",
    // Hugging Face.
    "exceeded your monthly included credits",
    // OpenRouter, of a key with a limit of its own.
    "key limit exceeded",
    // DeepInfra.
    "enter a payment method",
    // Anthropic.
    "reached your specified api usage limits",
    // Google.
    "credits are depleted",
    "enable billing",
    "requires billing to be enabled",
    // LiteLLM's proxy, of the budget that it was given for a provider.
    "crossed budget",
    // Cohere, of its trial keys.
    "api calls / month",
];

/// The key, where the status says something else.
pub(super) const BAD_KEY: &[&str] = &[
    "api key not valid",
    "invalid api key",
    "incorrect api key",
    "api key is invalid",
    "api key expired",
    "make sure your api key is valid",
    "reported as leaked",
    "security token included in the request is invalid",
    "api key was reported as leaked",
    "unregistered callers",
];

/// Where the person is, or whom the provider has shut out.
pub(super) const NOT_ALLOWED: &[&str] = &[
    "user location is not supported",
    "region, or territory not supported",
    "not available in your country",
    "not available in your region",
    "organization has been disabled",
];

/// llama.cpp's server refuses what its model cannot take with status 500.
pub(super) const CANNOT_TAKE: &[&str] = &[
    "image input is not supported",
    "audio input is not supported",
    "video input is not supported",
];

/// What LiteLLM's proxy says of the key it was sent, and of the keys that it sends on.
pub(super) fn of_litellm(status: Option<u16>, body: &ErrorBody) -> Option<FailureClass> {
    // Without a database it knows one key only, and says this of every other. With status 503 it is
    // the database that is away.
    if status == Some(400) && body.kind.as_deref() == Some("no_db_connection") {
        return Some(Authentication);
    }
    // The key of the host behind it: no key of the person's is wrong, so no other one would help.
    let text = body.message.as_deref()?;
    let is_of_the_host = ["AuthenticationError:", "PermissionDeniedError:"]
        .iter()
        .any(|name| text.contains(&format!("litellm.{name}")));
    is_of_the_host.then_some(ServerError)
}

/// Google's limits by the day, and those of nothing at all, which a wait of seconds does not mend
/// although the same body asks for one.
pub(super) fn is_spent_for_the_day(body: &ErrorBody) -> bool {
    if body.kind.as_deref() != Some("RESOURCE_EXHAUSTED") {
        return false;
    }
    let details = body.object["details"].as_array().into_iter().flatten();
    let violations =
        details.flat_map(|detail| detail["violations"].as_array().into_iter().flatten());
    let mut limits = violations.filter_map(|violation| violation["quotaId"].as_str());
    limits.any(|limit| limit.contains("PerDay"))
        || body.message.as_deref().is_some_and(is_limit_of_nothing)
}

/// A model that is not part of the free tier has a limit of 0.
fn is_limit_of_nothing(message: &str) -> bool {
    message.split("limit: 0").skip(1).any(|rest| {
        let next = rest.chars().next();
        next.is_none_or(|next| !next.is_ascii_digit() && next != '.')
    })
}
