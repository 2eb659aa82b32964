//! Balances, and Google's access tokens.

use serde_json::json;

use super::ScriptedOptions;
use super::control::Control;
use super::families::number;
use super::keys;
use super::request::RecordedRequest;
use super::routes::{Dialect, Route};
use super::script::Script;

const USED: &str = "3.25";

fn balance<'a>(request: &RecordedRequest, options: &'a ScriptedOptions) -> &'a str {
    if request.key().is_some_and(keys::is_empty) {
        return "0";
    }
    options.balance.as_deref().unwrap_or("12.5")
}

/// OpenRouter's page about the key that asks.
pub(super) fn key_page(request: &RecordedRequest, options: &ScriptedOptions) -> Script {
    let left = number(balance(request, options));
    Script::json(
        200,
        &json!({ "data": {
            "label": "sk-or-v1-scr...ted",
            "limit": 100,
            "limit_remaining": left,
            "limit_reset": null,
            "include_byok_in_limit": false,
            "usage": number(USED),
            "usage_daily": number("0.25"),
            "usage_weekly": number("1.5"),
            "usage_monthly": number(USED),
            "byok_usage": 0,
            "is_free_tier": false,
            "is_management_key": false,
            "rate_limit": { "requests": -1, "interval": "10s", "note": "not used any more" },
        }}),
    )
}

/// DeepSeek's balance, or NanoGPT's: amounts are text.
pub(super) fn balance_page(
    request: &RecordedRequest,
    route: &Route,
    options: &ScriptedOptions,
) -> Script {
    let left = balance(request, options);
    if route.dialect == Dialect::NanoGpt {
        let body = json!({ "usd_balance": left, "nano_balance": "0.00000000",
            "nanoDepositAddress": "nano_scripted" });
        return Script::json(200, &body);
    }
    let is_available = left != "0";
    Script::json(
        200,
        &json!({ "is_available": is_available, "balance_infos": [{
            "currency": "USD",
            "total_balance": left,
            "granted_balance": "0",
            "topped_up_balance": left,
        }]}),
    )
}

/// An access token for an assertion or a refresh token. Signatures are not checked.
pub(super) fn token(
    request: &RecordedRequest,
    options: &ScriptedOptions,
    control: &Control,
) -> Script {
    let grant = field(request, "grant_type").unwrap_or_default();
    let proof = match grant.as_str() {
        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
        | "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            // Three parts: header, claims, signature.
            field(request, "assertion").filter(|assertion| assertion.split('.').count() == 3)
        }
        "refresh_token" => field(request, "refresh_token"),
        _ => {
            let error = json!({ "error": "unsupported_grant_type",
                "error_description": "Invalid grant_type." });
            return Script::json(400, &error);
        }
    };
    if proof.is_none_or(|proof| proof.is_empty()) {
        let error = json!({ "error": "invalid_grant", "error_description": "Invalid JWT." });
        return Script::json(400, &error);
    }
    Script::json(
        200,
        &json!({
            "access_token": control.new_token(),
            "expires_in": options.token_seconds.unwrap_or(3_599),
            "token_type": "Bearer",
        }),
    )
}

/// The assertion of a request for a token.
pub(super) fn assertion(request: &RecordedRequest) -> Option<String> {
    if request.path != "/token" {
        return None;
    }
    field(request, "assertion")
}

/// A field of a form, as it was sent.
fn field(request: &RecordedRequest, name: &str) -> Option<String> {
    request.body.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}
