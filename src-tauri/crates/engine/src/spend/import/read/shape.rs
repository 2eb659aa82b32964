//! Which column of a file holds what, by the names in its first line.

use super::UsageGrain;

/// Which column holds what.
pub(super) struct Shape {
    pub(super) format: &'static str,
    /// What a row is, where the kind of file says so.
    pub(super) grain: Option<UsageGrain>,
    pub(super) time: usize,
    pub(super) model: Option<usize>,
    /// The model is what stands before the comma.
    pub(super) model_is_line_item: bool,
    pub(super) id: Option<usize>,
    pub(super) input: Vec<usize>,
    pub(super) output: Vec<usize>,
    pub(super) money: Vec<usize>,
    pub(super) currency: Option<usize>,
    pub(super) requests: Option<usize>,
}

/// Names that a column of a common kind of file may have, the surest first.
const TIMES: &[&str] = &[
    "created_at",
    "timestamp",
    "datetime",
    "date_time",
    "request_time",
    "start_time_iso",
    "start_time",
    "created",
    "time",
    "usage_date_utc",
    "usage_date",
    "date",
    "day",
];
const MODELS: &[&str] = &[
    "model_permaslug",
    "model_version",
    "model_id",
    "model_name",
    "model_slug",
    "model",
];
const IDS: &[&str] = &["generation_id", "request_id", "response_id", "id"];
const INPUTS: &[&str] = &[
    "input_tokens",
    "prompt_tokens",
    "tokens_prompt",
    "n_context_tokens_total",
];
const OUTPUTS: &[&str] = &[
    "output_tokens",
    "completion_tokens",
    "tokens_completion",
    "n_generated_tokens_total",
];
const AMOUNTS: &[&str] = &[
    "cost_total",
    "total_cost",
    "cost_usd",
    "amount_usd",
    "cost",
    "amount_value",
    "amount",
    "spend",
    "usd",
];
const CURRENCIES: &[&str] = &["amount_currency", "currency"];
const REQUESTS: &[&str] = &[
    "num_model_requests",
    "requests",
    "request_count",
    "n_requests",
];

pub(super) fn shape(headers: &[String]) -> Option<Shape> {
    let at = |name: &str| headers.iter().position(|known| known == name);
    let first = |names: &[&str]| names.iter().find_map(|name| at(name));
    let all = |names: &[&str]| names.iter().filter_map(|name| at(name)).collect::<Vec<_>>();
    let none = Shape {
        format: "CSV",
        grain: None,
        time: 0,
        model: None,
        model_is_line_item: false,
        id: None,
        input: Vec::new(),
        output: Vec::new(),
        money: Vec::new(),
        currency: None,
        requests: None,
    };
    if let (Some(id), Some(time), Some(cost)) =
        (at("generation_id"), at("created_at"), at("cost_total"))
    {
        return Some(Shape {
            format: "OpenRouter activity",
            grain: Some(UsageGrain::Request),
            time,
            model: first(MODELS),
            id: Some(id),
            input: all(&["tokens_prompt"]),
            output: all(&["tokens_completion"]),
            // What was paid with an own key elsewhere is not in the total.
            money: [Some(cost), at("byok_usage_inference")]
                .into_iter()
                .flatten()
                .collect(),
            ..none
        });
    }
    if let Some(time) = at("usage_date_utc") {
        let cost = at("cost_usd");
        return Some(Shape {
            format: if cost.is_some() {
                "Anthropic cost"
            } else {
                "Anthropic usage"
            },
            grain: Some(UsageGrain::Day),
            time,
            model: first(MODELS),
            input: all(&[
                "usage_input_tokens_no_cache",
                "usage_input_tokens_cache_write_5m",
                "usage_input_tokens_cache_write_1h",
                "usage_input_tokens_cache_write",
                "usage_input_tokens_cache_read",
            ]),
            output: all(&["usage_output_tokens"]),
            money: cost.into_iter().collect(),
            ..none
        });
    }
    let openai_time = first(&["start_time_iso", "start_time"]);
    if let (Some(time), Some(amount)) = (openai_time, at("amount_value")) {
        return Some(Shape {
            format: "OpenAI costs",
            grain: Some(UsageGrain::Day),
            time,
            model: at("line_item"),
            model_is_line_item: true,
            money: vec![amount],
            currency: at("amount_currency"),
            ..none
        });
    }
    if let (Some(time), Some(requests)) = (openai_time, at("num_model_requests")) {
        return Some(Shape {
            format: "OpenAI usage",
            grain: Some(UsageGrain::Day),
            time,
            model: at("model"),
            input: all(&["input_tokens"]),
            output: all(&["output_tokens"]),
            requests: Some(requests),
            ..none
        });
    }
    let found = Shape {
        time: first(TIMES)?,
        model: first(MODELS),
        id: first(IDS),
        input: first(INPUTS).into_iter().collect(),
        output: first(OUTPUTS).into_iter().collect(),
        money: first(AMOUNTS).into_iter().collect(),
        currency: first(CURRENCIES),
        requests: first(REQUESTS),
        ..none
    };
    let says_something =
        !found.money.is_empty() || !found.input.is_empty() || !found.output.is_empty();
    says_something.then_some(found)
}
