//! The body of a request.

use std::collections::BTreeMap;

use patchbay_domain::content::{ReasoningEffort, ResponseFormat, Tool, ToolChoice};
use patchbay_domain::{ChatRequest, Failure, FailureClass, Parameters};
use serde::Serialize;
use serde_json::value::RawValue;

use super::content::{Content, Turn, conversation};
use super::rules::{ModelRules, ThinkingMode, ThinkingOff};
use crate::request_body::{Join, object, refused, with_extra_body};

/// Room for an answer where nobody chose one. The format demands a number, and it limits nothing but
/// the answer: what is not used is not charged.
const ANSWER_TOKENS: u32 = 32_000;

/// The same for a model of which nobody says how much it can answer. Every server was seen to take it.
const CAUTIOUS_ANSWER_TOKENS: u32 = 8_192;

/// The least budget for thinking that is accepted.
const LEAST_BUDGET: u32 = 1_024;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<Content>,
    messages: Vec<Turn>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<WireToolChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    output_config: OutputConfig<'a>,
}

#[derive(Serialize)]
struct WireTool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: &'a RawValue,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireToolChoice<'a> {
    None,
    Any,
    Tool { name: &'a str },
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thinking {
    Enabled {
        budget_tokens: u32,
    },
    /// Newer models keep their thinking to themselves unless they are asked for a summary.
    Adaptive {
        display: &'static str,
    },
    Disabled,
    BetweenTools,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutputFormat<'a>>,
}

impl OutputConfig<'_> {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputFormat<'a> {
    JsonSchema { schema: &'a RawValue },
}

/// The body of a streaming request as JSON.
///
/// What the model is known not to take is left out where it is a wish: a seed, which the format does
/// not know; temperature and top-p of newer models and beside thinking; thinking beside a tool that
/// must be called. Of temperature and top-p only the first is sent, since several models refuse both
/// at once.
///
/// # Errors
/// Where a part of the request has no place in the format: a picture that the assistant sent, a
/// document that is no PDF, JSON without a schema, arguments or schemas that are no objects.
pub fn body(request: &ChatRequest) -> Result<Vec<u8>, Failure> {
    let parameters = &request.parameters;
    let rules = ModelRules::of(&request.model);
    let (thinking, max_tokens) = thinking(rules, parameters, &request.tool_choice);
    let is_thinking = matches!(
        thinking,
        Some(Thinking::Enabled { .. } | Thinking::Adaptive { .. })
    );
    let samples = rules.sampling && !is_thinking;
    let conversation = conversation(&request.messages)?;
    let body = Body {
        model: &request.model,
        max_tokens,
        system: conversation.system,
        messages: conversation.turns,
        stream: true,
        temperature: parameters.temperature.filter(|_| samples),
        top_p: parameters
            .top_p
            .filter(|_| samples && parameters.temperature.is_none()),
        stop_sequences: &parameters.stop,
        tools: request.tools.iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: tool_choice(request),
        thinking,
        output_config: OutputConfig {
            effort: parameters
                .reasoning_effort
                .and_then(|effort| effort_word(rules, effort)),
            format: output_format(&parameters.response_format)?,
        },
    };
    let join = Join::Within(&["output_config"]);
    with_extra_body(&body, request.extra_body.as_ref(), join)
}

/// What decides how many tokens a request is read as. The page that counts refuses all else.
const COUNTED: [&str; 7] = [
    "model",
    "system",
    "messages",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
];

/// The body of a request that only asks how many tokens there are.
///
/// # Errors
/// As [`body`].
pub(super) fn count_body(request: &ChatRequest) -> Result<Vec<u8>, Failure> {
    let whole = body(request)?;
    let unreadable =
        |error: serde_json::Error| Failure::new(FailureClass::Internal, error.to_string());
    let mut fields: BTreeMap<&str, &RawValue> =
        serde_json::from_slice(&whole).map_err(unreadable)?;
    fields.retain(|name, _| COUNTED.contains(name));
    serde_json::to_vec(&fields).map_err(unreadable)
}

/// The switch for thinking, and the longest answer, in which the thinking is counted.
fn thinking(
    rules: ModelRules,
    parameters: &Parameters,
    tool_choice: &ToolChoice,
) -> (Option<Thinking>, u32) {
    let most = rules.max_output.unwrap_or(u32::MAX);
    let usual = match rules.max_output {
        Some(max_output) => ANSWER_TOKENS.min(max_output),
        None => CAUTIOUS_ANSWER_TOKENS,
    };
    let max_tokens = parameters.max_tokens.unwrap_or(usual);
    let Some(effort) = parameters.reasoning_effort else {
        return (None, max_tokens);
    };
    if effort == ReasoningEffort::None {
        let off = match rules.off {
            ThinkingOff::Silence | ThinkingOff::Impossible => None,
            ThinkingOff::Disabled => Some(Thinking::Disabled),
            ThinkingOff::BetweenTools => Some(Thinking::BetweenTools),
        };
        return (off, max_tokens);
    }
    // A model that must call a tool may not think first.
    let is_forced = matches!(tool_choice, ToolChoice::Required | ToolChoice::Named(_));
    match rules.thinking {
        ThinkingMode::Absent => (None, max_tokens),
        _ if is_forced => (None, max_tokens),
        ThinkingMode::Adaptive => {
            let room = match effort {
                ReasoningEffort::Max => usual.saturating_mul(2).min(most),
                _ => usual,
            };
            let thinking = Thinking::Adaptive {
                display: "summarized",
            };
            (Some(thinking), parameters.max_tokens.unwrap_or(room))
        }
        ThinkingMode::Budget => within_budget(budget(effort), parameters.max_tokens, usual, most),
    }
}

/// The budget must be smaller than the whole answer. Where the person chose how long that may be,
/// half of it is left for the words; where that is too little to think at all, the model does not.
fn within_budget(
    budget: u32,
    chosen: Option<u32>,
    usual: u32,
    most: u32,
) -> (Option<Thinking>, u32) {
    let max_tokens = chosen.unwrap_or_else(|| usual.saturating_add(budget).min(most));
    let budget_tokens = budget.min(max_tokens / 2);
    let thinking = (budget_tokens >= LEAST_BUDGET).then_some(Thinking::Enabled { budget_tokens });
    (thinking, max_tokens)
}

/// How many tokens each effort is, for models that want a number.
fn budget(effort: ReasoningEffort) -> u32 {
    match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal => LEAST_BUDGET,
        ReasoningEffort::Low => 4_096,
        ReasoningEffort::Medium => 8_192,
        ReasoningEffort::High => 16_384,
        ReasoningEffort::Max => 32_000,
    }
}

/// A model whose thinking was switched off needs no word for how much. One that cannot be silenced
/// gets the lowest.
fn effort_word(rules: ModelRules, effort: ReasoningEffort) -> Option<&'static str> {
    if effort == ReasoningEffort::None && rules.off != ThinkingOff::Impossible {
        return None;
    }
    rules.effort.map(|words| words.word(effort))
}

fn tool(tool: &Tool) -> Result<WireTool<'_>, Failure> {
    Ok(WireTool {
        name: &tool.name,
        description: tool.description.as_deref(),
        input_schema: object(&tool.parameters, "The parameters of a tool")?,
        strict: tool.is_strict,
    })
}

/// A choice without tools is refused, and the usual one need not be said.
fn tool_choice(request: &ChatRequest) -> Option<WireToolChoice<'_>> {
    if request.tools.is_empty() {
        return None;
    }
    match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(WireToolChoice::None),
        ToolChoice::Required => Some(WireToolChoice::Any),
        ToolChoice::Named(name) => Some(WireToolChoice::Tool { name }),
    }
}

fn output_format(format: &ResponseFormat) -> Result<Option<OutputFormat<'_>>, Failure> {
    match format {
        ResponseFormat::Text => Ok(None),
        ResponseFormat::Json => Err(refused(
            "Anthropic's format has no mode for JSON without a schema. Give a schema.",
        )),
        ResponseFormat::Schema { schema, .. } => Ok(Some(OutputFormat::JsonSchema {
            schema: object(schema, "The schema of the answer")?,
        })),
    }
}

#[cfg(test)]
mod tests;
