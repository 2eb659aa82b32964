//! What an organisation used by day, as OpenAI and Anthropic tell it to an admin key.

use std::collections::BTreeMap;

use patchbay_domain::{Day, WireFamily};
use serde_json::{Value, json};

use super::families::number;
use super::request::RecordedRequest;
use super::script::Script;

/// What an organisation used, and how it is told.
#[derive(Clone, Debug, Default)]
pub struct ScriptedOrganisation {
    /// By dates in UTC, such as `2026-11-25`. Days that are not here cost nothing.
    pub days: BTreeMap<String, ScriptedDay>,
    /// Days on a page, however many are asked for; 7 where it is not said, as the makers do.
    pub page_days: Option<usize>,
    /// The tokens are not told: that report has a fault.
    pub has_no_usage: bool,
}

/// One day of an organisation.
#[derive(Clone, Debug, Default)]
pub struct ScriptedDay {
    /// What was charged, each as decimal dollars.
    pub dollars: Vec<String>,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// Requests.
    pub requests: u64,
}

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Costs,
    Usage,
}

/// How admin keys of a family's maker begin.
pub(super) fn is_admin_key(family: WireFamily, key: &str) -> bool {
    key.starts_with(match family {
        WireFamily::AnthropicMessages => "sk-ant-admin",
        _ => "sk-admin-",
    })
}

const DAY_SECONDS: i64 = 86_400;

/// A page of a report.
pub(super) fn page(
    request: &RecordedRequest,
    family: WireFamily,
    report: Report,
    organisation: &ScriptedOrganisation,
) -> Script {
    let error = |status, message: &str| {
        let kind = if status == 400 {
            "invalid_request_error"
        } else {
            "server_error"
        };
        Script::json(
            status,
            &json!({ "type": "error", "error": { "type": kind, "message": message } }),
        )
    };
    if report == Report::Usage && organisation.has_no_usage {
        return error(500, "The server had an error.");
    }
    let is_anthropic = family == WireFamily::AnthropicMessages;
    let (from_name, until_name) = if is_anthropic {
        ("starting_at", "ending_at")
    } else {
        ("start_time", "end_time")
    };
    let day = |name| {
        let text = parameter(request, name)?;
        if is_anthropic {
            let date = text.get(..10)?.parse::<Day>().ok()?;
            Some(date.days_since(first_day()))
        } else {
            i32::try_from(text.parse::<i64>().ok()?.div_euclid(DAY_SECONDS)).ok()
        }
    };
    let (Some(from), Some(until)) = (day(from_name), day(until_name)) else {
        return error(400, "The time range must be given.");
    };
    // Its token is the day that it begins with, as the makers' are, only that theirs hide it.
    let start = match parameter(request, "page") {
        None => from,
        Some(token) => match token.strip_prefix("page_").and_then(|day| day.parse().ok()) {
            Some(day) => day,
            None => return error(400, "The page token is not valid."),
        },
    };
    let asked = parameter(request, "limit").and_then(|limit| limit.parse().ok());
    let size = organisation.page_days.or(asked).unwrap_or(7).max(1);
    let end = start.saturating_add(i32::try_from(size).unwrap_or(i32::MAX));
    let end = end.min(until);
    let buckets: Vec<Value> = (start..end)
        .map(|day| bucket(day, is_anthropic, report, organisation))
        .collect();
    let has_more = end < until;
    let next = has_more.then(|| format!("page_{end}"));
    let mut body = json!({ "data": buckets, "has_more": has_more, "next_page": next });
    if !is_anthropic {
        body["object"] = json!("page");
    }
    Script::json(200, &body)
}

fn bucket(
    day: i32,
    is_anthropic: bool,
    report: Report,
    organisation: &ScriptedOrganisation,
) -> Value {
    let date = first_day().plus(day);
    let found = organisation.days.get(&date.to_string());
    let results: Vec<Value> = match (found, report) {
        (None, _) => Vec::new(),
        (Some(found), Report::Costs) => found
            .dollars
            .iter()
            .map(|dollars| cost(dollars, is_anthropic))
            .collect(),
        (Some(found), Report::Usage) => vec![usage(found, is_anthropic)],
    };
    if is_anthropic {
        let midnight = |date: Day| format!("{date}T00:00:00Z");
        return json!({ "starting_at": midnight(date), "ending_at": midnight(date.plus(1)),
            "results": results });
    }
    let start = i64::from(day) * DAY_SECONDS;
    json!({ "object": "bucket", "start_time": start, "end_time": start + DAY_SECONDS,
        "results": results })
}

fn cost(dollars: &str, is_anthropic: bool) -> Value {
    if is_anthropic {
        return json!({ "currency": "USD", "amount": cents(dollars), "workspace_id": null,
            "description": null, "cost_type": null, "model": null });
    }
    json!({ "object": "organization.costs.result",
        "amount": { "value": number(dollars), "currency": "usd" },
        "line_item": null, "project_id": null })
}

/// Dollars as hundredths: the point moves by two digits.
fn cents(dollars: &str) -> String {
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    let mut fraction = fraction.to_owned();
    while fraction.len() < 2 {
        fraction.push('0');
    }
    let (moved, rest) = fraction.split_at(2);
    if rest.is_empty() {
        format!("{whole}{moved}")
    } else {
        format!("{whole}{moved}.{rest}")
    }
}

fn usage(day: &ScriptedDay, is_anthropic: bool) -> Value {
    if is_anthropic {
        return json!({ "uncached_input_tokens": day.input_tokens, "cache_read_input_tokens": 0,
            "cache_creation": { "ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0 },
            "output_tokens": day.output_tokens,
            "server_tool_use": { "web_search_requests": 0 } });
    }
    json!({ "object": "organization.usage.completions.result", "input_tokens": day.input_tokens,
        "output_tokens": day.output_tokens, "input_cached_tokens": 0,
        "num_model_requests": day.requests })
}

fn first_day() -> Day {
    Day::from_number(19_700_101).unwrap_or_else(|| unreachable!("it is a day"))
}

fn parameter<'a>(request: &'a RecordedRequest, name: &str) -> Option<&'a str> {
    request.query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_cents_without_losing_a_digit() {
        for (dollars, expected) in [
            ("1", "100"),
            ("0.5", "050"),
            ("0.06", "006"),
            ("1.2378912", "123.78912"),
        ] {
            assert_eq!(cents(dollars), expected);
        }
    }
}
