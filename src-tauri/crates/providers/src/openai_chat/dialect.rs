//! What one provider does differently from the others of its family, as data.
//!
//! Presets name a dialect each; an address that nobody knows begins with the default, which sends
//! nothing that a strict server would refuse. What a server's first refusal teaches is kept by the
//! provider for its lifetime.

use serde::{Deserialize, Serialize};

use crate::base_url::BaseUrl;

/// What one provider does differently from the others of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// Under which name the longest answer is sent.
    pub max_tokens_field: MaxTokensField,
    /// Whether to ask for usage with `stream_options`. Some servers refuse the field.
    pub stream_options: bool,
    /// Who speaks in a system turn.
    pub system_role: SystemRole,
    /// How the reasoning effort is asked for.
    pub reasoning_switch: ReasoningSwitch,
    /// Which words for it are known.
    pub effort_words: EffortWords,
    /// Whether earlier thinking is sent back.
    pub reasoning_return: ReasoningReturn,
    /// Where thinking may stand between tags in the text of the answer.
    pub think_tags: ThinkTags,
    /// Under which name the seed is sent.
    pub seed_field: SeedField,
    /// How a PDF is sent.
    pub document_part: DocumentPart,
    /// In which forms of JSON an answer can be asked for.
    pub json_modes: JsonModes,
    /// Under which name the cache key is sent.
    pub cache_key_field: CacheKeyField,
    /// Whether Anthropic's cache hints are understood.
    pub cache_control: bool,
    /// The word that makes the model call some tool is `any`, as Mistral has it, not `required`.
    pub tool_choice_any: bool,
    /// The ids of tool calls have exactly nine letters or digits, as Mistral wants them.
    pub short_tool_ids: bool,
    /// What a cost in the usage object means.
    pub reported_cost: ReportedCost,
    /// Thinking is in `total_tokens` and nowhere else, as in Google's compatible endpoint.
    pub thinking_only_in_total: bool,
    /// How it is told that the last turn is half an answer to go on from.
    pub continuation: Continuation,
}

/// How a server is told that the last turn is half an answer to go on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuation {
    /// It cannot be: it answers the half as a turn, or refuses it.
    #[default]
    Absent,
    /// The half stands last, and nothing else is said.
    LastTurn,
    /// `"prefix": true` in the last turn, as Mistral has it. The answer begins with the half.
    PrefixFlag,
    /// `"continue_final_message": true` and `"add_generation_prompt": false`, as vLLM and llama.cpp
    /// have it.
    FinalMessage,
}

/// The name of the field for the longest answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// What most servers know.
    #[default]
    MaxTokens,
    /// What OpenAI's own newer models ask for.
    MaxCompletionTokens,
}

/// The role of a system turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// What everybody knows.
    #[default]
    System,
    /// OpenAI's newer word.
    Developer,
}

/// How the reasoning effort is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningSwitch {
    /// It cannot be; a wish for it is left out.
    Absent,
    /// `"reasoning_effort": "high"`.
    #[default]
    Effort,
    /// `"reasoning": {"effort": "high"}`, as OpenRouter does.
    Object,
    /// `"thinking": {"type": "enabled"}`, on or off.
    Thinking,
    /// `thinking` for on and off, and `reasoning_effort` for how much.
    ThinkingAndEffort,
    /// `"enable_thinking": true`, as Alibaba does.
    EnableThinking,
    /// `"chat_template_kwargs": {"enable_thinking": true}`, as vLLM and llama.cpp do.
    ChatTemplate,
}

/// The words for the reasoning effort. A word that is missing becomes the nearest one there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffortWords {
    /// `low`, `medium`, `high`.
    #[default]
    LowToHigh,
    /// `none`, `low`, `medium`, `high`.
    NoneToHigh,
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`.
    NoneToXhigh,
    /// `none`, `minimal`, `low`, `medium`, `high`, `max`.
    NoneToMax,
    /// `low`, `high`, `max`.
    LowHighMax,
    /// `high`, `max`.
    HighMax,
}

/// Whether the thinking of earlier turns is sent back, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningReturn {
    /// No.
    #[default]
    Never,
    /// In `reasoning_content`.
    ReasoningContent,
    /// In `reasoning_content`, and only in turns that call tools, as DeepSeek does.
    ReasoningContentWithTools,
    /// In `reasoning_details`, unmodified, as OpenRouter does.
    ReasoningDetails,
    /// In `extra_content` of the tool call that it belongs to, unmodified, as Google's compatible
    /// endpoint does with its signatures.
    ToolExtraContent,
}

/// Where `<think>` may stand in the text of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkTags {
    /// Nowhere: a tag is text.
    Never,
    /// At the very beginning.
    #[default]
    AtStart,
    /// Anywhere: the model thinks between its sentences.
    Anywhere,
    /// The prompt ended with the opening tag, so the answer begins inside.
    OpenedByPrompt,
}

/// The name of the field for the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedField {
    /// There is none; a wish for a seed is left out.
    Absent,
    /// What most servers know.
    #[default]
    Seed,
    /// Mistral's.
    RandomSeed,
}

/// How a PDF is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPart {
    /// It cannot be; the request is refused before it is sent.
    #[default]
    Absent,
    /// A `file` part with the bytes in it.
    File,
    /// A `file` part with the bytes or an address in it.
    FileOrUrl,
    /// A `document_url` part, as Mistral does.
    DocumentUrl,
}

/// In which forms of JSON an answer can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonModes {
    /// Some object, or one that follows a schema.
    #[default]
    ObjectAndSchema,
    /// Some object only.
    ObjectOnly,
    /// One that follows a schema only.
    SchemaOnly,
}

/// The name of the field for the cache key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheKeyField {
    /// There is none.
    #[default]
    Absent,
    /// OpenAI's.
    PromptCacheKey,
    /// OpenRouter's.
    SessionId,
}

/// What a cost in the usage object means. A number without a unit is no charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedCost {
    /// Nobody knows; it stays in the raw object.
    #[default]
    Ignored,
    /// `usage.cost` is in US dollars.
    Dollars,
    /// The same, with 0 for what the gateway has no price of, as LiteLLM's proxy writes it: 0 says
    /// nothing there.
    DollarsOrUnknown,
    /// `usage.cost_in_usd_ticks`, of which ten thousand million are a US dollar, as at xAI.
    UsdTicks,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            max_tokens_field: MaxTokensField::default(),
            stream_options: true,
            system_role: SystemRole::default(),
            reasoning_switch: ReasoningSwitch::default(),
            effort_words: EffortWords::default(),
            reasoning_return: ReasoningReturn::default(),
            think_tags: ThinkTags::default(),
            seed_field: SeedField::default(),
            document_part: DocumentPart::default(),
            json_modes: JsonModes::default(),
            cache_key_field: CacheKeyField::default(),
            cache_control: false,
            tool_choice_any: false,
            short_tool_ids: false,
            reported_cost: ReportedCost::default(),
            thinking_only_in_total: false,
            continuation: Continuation::default(),
        }
    }
}

impl Dialect {
    /// OpenAI's own.
    pub fn openai() -> Self {
        Self {
            max_tokens_field: MaxTokensField::MaxCompletionTokens,
            system_role: SystemRole::Developer,
            effort_words: EffortWords::NoneToXhigh,
            document_part: DocumentPart::File,
            cache_key_field: CacheKeyField::PromptCacheKey,
            think_tags: ThinkTags::Never,
            ..Self::default()
        }
    }

    /// OpenRouter's.
    pub fn openrouter() -> Self {
        Self {
            reasoning_switch: ReasoningSwitch::Object,
            effort_words: EffortWords::NoneToXhigh,
            reasoning_return: ReasoningReturn::ReasoningDetails,
            document_part: DocumentPart::FileOrUrl,
            cache_key_field: CacheKeyField::SessionId,
            cache_control: true,
            reported_cost: ReportedCost::Dollars,
            continuation: Continuation::LastTurn,
            ..Self::default()
        }
    }

    /// The dialect to begin with, where no preset names one.
    pub fn of(base_url: &BaseUrl) -> Self {
        let host = base_url.host();
        if host == "api.openai.com" {
            return Self::openai();
        }
        if host == "openrouter.ai" {
            return Self::openrouter();
        }
        if host.ends_with(".openai.azure.com") {
            return Self {
                max_tokens_field: MaxTokensField::MaxCompletionTokens,
                effort_words: EffortWords::NoneToXhigh,
                ..Self::default()
            };
        }
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_openai_itself_begins_with_its_newer_field() {
        let field = |base: &str| Dialect::of(&BaseUrl::parse(base).unwrap()).max_tokens_field;
        assert_eq!(
            field("api.openai.com/v1"),
            MaxTokensField::MaxCompletionTokens
        );
        assert_eq!(
            field("https://me.openai.azure.com/openai/v1"),
            MaxTokensField::MaxCompletionTokens
        );
        assert_eq!(
            field("https://api.openai.com.example/v1"),
            MaxTokensField::MaxTokens
        );
        assert_eq!(field("localhost:11434/v1"), MaxTokensField::MaxTokens);
    }

    #[test]
    fn a_dialect_is_data_and_a_mistyped_switch_is_found() {
        let read = |text: &str| serde_json::from_str::<Dialect>(text);
        assert_eq!(read("{}").unwrap(), Dialect::default());
        let dialect = read(r#"{"reasoning_switch":"object","stream_options":false}"#).unwrap();
        assert_eq!(dialect.reasoning_switch, ReasoningSwitch::Object);
        assert!(!dialect.stream_options);
        assert!(read(r#"{"stream_option":false}"#).is_err());
    }
}
