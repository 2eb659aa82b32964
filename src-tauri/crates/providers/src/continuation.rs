//! Half answers: which endpoints go on from one, and how the rest comes back.
//!
//! A wrong yes puts a second beginning behind the first half; a wrong no only costs a fresh start. So
//! what is not documented is a no.

use async_stream::stream;
use futures::StreamExt as _;
use patchbay_domain::content::{ReasoningEffort, ResponseFormat};
use patchbay_domain::{EventStream, Joint, Parameters, WireFamily};

use crate::anthropic_messages::claude_takes_prefill;
use crate::openai_chat::Continuation;
use crate::presets::Preset;

/// Models that Ollama renders with code of its own that begins a new turn behind the half answer.
const OLLAMA_BEGINS_ANEW: [&str; 1] = ["gemma4"];

/// Whether this endpoint goes on from half an answer, asked with these parameters. `preset` is what
/// the provider was made from; none where a person typed the address.
///
/// Never while the model is to think, since thinking comes before the first word, and never for JSON,
/// whose grammar begins at its beginning.
pub fn takes_prefill(
    family: WireFamily,
    preset: Option<&Preset>,
    model: &str,
    parameters: &Parameters,
) -> bool {
    let thinks = !matches!(
        parameters.reasoning_effort,
        None | Some(ReasoningEffort::None)
    );
    if thinks || parameters.response_format != ResponseFormat::Text {
        return false;
    }
    let name = model.to_ascii_lowercase();
    // The gateways' way to ask for thinking by the name.
    if name.ends_with(":thinking") {
        return false;
    }
    if name.contains("claude-") && !claude_takes_prefill(&name) {
        return false;
    }
    match family {
        // Nobody documents it there.
        WireFamily::OpenAiResponses | WireFamily::Gemini | WireFamily::Vertex => false,
        // Whoever speaks this format is Ollama.
        WireFamily::Ollama => {
            let own = name.rsplit('/').next().unwrap_or(&name);
            !OLLAMA_BEGINS_ANEW
                .iter()
                .any(|begins| own.starts_with(begins))
        }
        WireFamily::OpenAiChat => {
            preset.is_some_and(|preset| preset.dialect.continuation != Continuation::Absent)
                && is_listed(preset, &name)
        }
        WireFamily::AnthropicMessages => name.contains("claude-") && is_listed(preset, &name),
    }
}

fn is_listed(preset: Option<&Preset>, name: &str) -> bool {
    preset.is_some_and(|preset| {
        let mut beginnings = preset.prefill_models.iter();
        beginnings.any(|beginning| name.starts_with(beginning.as_str()))
    })
}

/// The stream with its text joined to the half that was sent, where one was.
pub(crate) fn joined(mut stream: EventStream, joint: Option<Joint>) -> EventStream {
    let Some(mut joint) = joint else {
        return stream;
    };
    stream! {
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => {
                    let is_text = matches!(event, patchbay_domain::StreamEvent::Text { .. });
                    let ends = matches!(event, patchbay_domain::StreamEvent::Finished { .. });
                    if ends && let Some(rest) = joint.rest() {
                        yield Ok(rest);
                    }
                    if !is_text {
                        yield Ok(event);
                    } else if let Some(event) = joint.pass(event) {
                        yield Ok(event);
                    }
                }
                Err(failure) => {
                    if let Some(rest) = joint.rest() {
                        yield Ok(rest);
                    }
                    yield Err(failure);
                    return;
                }
            }
        }
        if let Some(rest) = joint.rest() {
            yield Ok(rest);
        }
    }
    .boxed()
}

#[cfg(test)]
mod tests {
    use patchbay_domain::JsonText;

    use super::*;

    fn takes(family: WireFamily, preset: &str, model: &str) -> bool {
        let preset = Preset::by_id(preset);
        takes_prefill(family, preset, model, &Parameters::default())
    }

    #[test]
    fn endpoints_that_are_documented_to_continue_do() {
        use WireFamily::*;
        for (family, preset, model, expected) in [
            (
                AnthropicMessages,
                "anthropic",
                "claude-sonnet-4-5-20250929",
                true,
            ),
            (AnthropicMessages, "anthropic", "claude-haiku-4-5", true),
            (
                AnthropicMessages,
                "anthropic",
                "claude-3-5-haiku-20241022",
                true,
            ),
            (
                AnthropicMessages,
                "anthropic",
                "claude-opus-4-20250514",
                true,
            ),
            (AnthropicMessages, "anthropic", "claude-opus-4-6", false),
            (AnthropicMessages, "anthropic", "claude-sonnet-4-6", false),
            (AnthropicMessages, "anthropic", "claude-mythos-5", false),
            (AnthropicMessages, "anthropic", "claude-haiku-5-5", false),
            (AnthropicMessages, "anthropic", "claude-opus-9", false),
            (AnthropicMessages, "anthropic", "claude-sonnet-4-9", false),
            (AnthropicMessages, "moonshot", "kimi-k3", false),
            (AnthropicMessages, "none", "claude-sonnet-4-5", false),
            (OpenAiChat, "openai", "gpt-5.6", false),
            (OpenAiResponses, "openai", "gpt-5.6", false),
            (OpenAiResponses, "vllm", "any", false),
            (
                OpenAiChat,
                "openrouter",
                "anthropic/claude-sonnet-4.5",
                true,
            ),
            (
                OpenAiChat,
                "openrouter",
                "anthropic/claude-sonnet-4.5:thinking",
                false,
            ),
            (OpenAiChat, "openrouter", "anthropic/claude-opus-4.6", false),
            (
                OpenAiChat,
                "openrouter",
                "mistralai/mistral-large-2512",
                true,
            ),
            (OpenAiChat, "openrouter", "openai/gpt-5.6", false),
            (OpenAiChat, "openrouter", "qwen/qwen3-max", false),
            (
                AnthropicMessages,
                "openrouter",
                "anthropic/claude-sonnet-4.5",
                true,
            ),
            (OpenAiChat, "mistral", "mistral-large-latest", true),
            (OpenAiChat, "mistral", "magistral-medium-latest", false),
            (OpenAiChat, "deepseek", "deepseek-chat", false),
            (OpenAiChat, "vllm", "Qwen/Qwen3-8B", true),
            (OpenAiChat, "llama_cpp", "any.gguf", true),
            (OpenAiChat, "ollama", "llama3.2", true),
            (OpenAiChat, "lm_studio", "llama-3.2", false),
            (OpenAiChat, "openai_compatible", "llama-3.2", false),
            (OpenAiChat, "none", "mistral-large-latest", false),
            (Ollama, "ollama", "llama3.2:3b", true),
            (Ollama, "none", "qwen3:8b", true),
            (Ollama, "ollama", "gemma4:12b", false),
            (Gemini, "google", "gemini-3.1-pro", false),
            (Vertex, "vertex", "gemini-3.1-pro", false),
        ] {
            assert_eq!(
                takes(family, preset, model),
                expected,
                "{family:?} {preset} {model}"
            );
        }
    }

    #[test]
    fn thinking_and_json_begin_afresh() {
        let preset = Preset::by_id("anthropic");
        let takes = |parameters: &Parameters| {
            let family = WireFamily::AnthropicMessages;
            takes_prefill(family, preset, "claude-sonnet-4-5", parameters)
        };
        let with = |effort| Parameters {
            reasoning_effort: Some(effort),
            ..Parameters::default()
        };
        assert!(takes(&with(ReasoningEffort::None)));
        assert!(!takes(&with(ReasoningEffort::Low)));
        assert!(!takes(&Parameters {
            response_format: ResponseFormat::Schema {
                name: "answer".to_owned(),
                schema: JsonText("{}".to_owned()),
                is_strict: false,
            },
            ..Parameters::default()
        }));
    }
}
