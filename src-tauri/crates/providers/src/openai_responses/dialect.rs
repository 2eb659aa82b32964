//! What one model at one provider does not take of this format, as data.
//!
//! It begins with everything. What a refusal teaches holds for the model that was refused: one model
//! of a provider thinks and the next one does not.

use patchbay_domain::Failure;

use crate::effort::EffortSet;
use crate::openai_chat::EffortWords;

/// What may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponsesDialect {
    /// System turns go into `instructions`; else they are the first messages, as older xAI models
    /// want them.
    pub instructions: bool,
    /// How much to think can be said at all.
    pub reasoning: bool,
    /// The thinking can be asked for in summary. OpenAI wants to know the organisation first.
    pub summary: bool,
    /// The thinking can be asked for encrypted. Models that do not think refuse to be asked.
    pub encrypted_reasoning: bool,
    /// Earlier thinking can be sent back. Not that of another model or another account.
    pub returned_reasoning: bool,
    /// It can be told not to keep the reply. A server without the field keeps none.
    pub store: bool,
    /// There is a field for the cache key.
    pub cache_key: bool,
    /// The words for how much to think.
    pub efforts: EffortSet,
}

impl Default for ResponsesDialect {
    fn default() -> Self {
        Self {
            instructions: true,
            reasoning: true,
            summary: true,
            encrypted_reasoning: true,
            returned_reasoning: true,
            store: true,
            cache_key: true,
            efforts: EffortSet::of(EffortWords::NoneToXhigh),
        }
    }
}

impl ResponsesDialect {
    /// The dialect that this refusal asks for; `None` where it is about something else.
    pub(super) fn adapted(self, refusal: &Failure) -> Option<Self> {
        if !matches!(refusal.status, Some(400 | 404 | 422)) {
            return None;
        }
        let message = refusal.message.to_lowercase();
        let code = refusal.code.as_deref().unwrap_or_default();
        let names = |field: &str| is_named(&message, field);
        let mut adapted = self;
        if code == "invalid_encrypted_content"
            || (message.contains("encrypted content")
                && (message.contains("could not be") || message.contains("decrypt")))
        {
            adapted.returned_reasoning = false;
        } else if message.contains("reasoning.summary")
            || (message.contains("verified") && message.contains("reasoning summar"))
        {
            adapted.summary = false;
        } else if message.contains("encrypted content is not supported")
            || message.contains("encrypted_content")
            || names("include")
        {
            adapted.encrypted_reasoning = false;
        } else if message.contains("reasoning.effort") || message.contains("reasoning_effort") {
            let list = message.split_once("supported values").map(|(_, list)| list);
            match list.and_then(EffortSet::listed) {
                Some(efforts) => adapted.efforts = efforts,
                None if is_unknown(&message) => adapted.reasoning = false,
                None => {}
            }
        } else if is_unknown(&message) {
            if names("reasoning") {
                adapted.reasoning = false;
            } else if names("prompt_cache_key") {
                adapted.cache_key = false;
            } else if names("instructions") {
                adapted.instructions = false;
            } else if names("store") {
                adapted.store = false;
            }
        }
        (adapted != self).then_some(adapted)
    }

    /// What of this holds for the next request too: whose thinking was sent back does not.
    pub(super) fn lasting(self) -> Self {
        Self {
            returned_reasoning: true,
            ..self
        }
    }
}

/// Whether the refusal is about a field that there is not, in the words of several servers.
fn is_unknown(message: &str) -> bool {
    [
        "unknown",
        "unsupported",
        "not supported",
        "unrecognized",
        "unexpected",
        "not permitted",
        "not allowed",
        "extra inputs",
        "extra fields",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Whether the message names the field: between marks, as its parameter, or at the end of a path. The
/// bare word may be one of a sentence.
fn is_named(message: &str, field: &str) -> bool {
    message.match_indices(field).any(|(at, _)| {
        let before = message[..at].chars().next_back();
        let after = message[at + field.len()..].chars().next();
        let is_mark = |character: Option<char>| {
            character.is_some_and(|character| "'\"`()[]".contains(character))
        };
        is_mark(before) && is_mark(after)
            || message[..at].trim_end().ends_with(':') && after.is_none_or(|after| !is_word(after))
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use patchbay_domain::FailureClass;

    use super::*;

    fn after(message: &str) -> Option<ResponsesDialect> {
        let refusal = Failure {
            status: Some(400),
            ..Failure::new(FailureClass::InvalidRequest, message)
        };
        ResponsesDialect::default().adapted(&refusal)
    }

    #[test]
    fn each_refusal_teaches_one_thing() {
        let all = ResponsesDialect::default();
        for (message, expected) in [
            (
                "Your organization must be verified to generate reasoning summaries. (reasoning.summary)",
                ResponsesDialect {
                    summary: false,
                    ..all
                },
            ),
            (
                "Unsupported parameter: 'reasoning.summary' is not supported with the 'x' model.",
                ResponsesDialect {
                    summary: false,
                    ..all
                },
            ),
            (
                "Encrypted content is not supported with this model. (include)",
                ResponsesDialect {
                    encrypted_reasoning: false,
                    ..all
                },
            ),
            (
                "The encrypted content gAAA could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
                ResponsesDialect {
                    returned_reasoning: false,
                    ..all
                },
            ),
            (
                "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
                ResponsesDialect {
                    reasoning: false,
                    ..all
                },
            ),
            (
                "Argument not supported: instructions",
                ResponsesDialect {
                    instructions: false,
                    ..all
                },
            ),
            (
                "Unknown parameter: 'store'.",
                ResponsesDialect {
                    store: false,
                    ..all
                },
            ),
            (
                "[{'type': 'extra_forbidden', 'loc': ('body', 'prompt_cache_key'), 'msg': 'Extra inputs are not permitted'}]",
                ResponsesDialect {
                    cache_key: false,
                    ..all
                },
            ),
        ] {
            assert_eq!(after(message), Some(expected), "{message}");
        }
    }

    #[test]
    fn other_refusals_are_for_the_person() {
        for message in [
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "We could not store your request.",
            "Messages must include a user turn.",
            "The instructions are too long.",
            "Unknown model in the store",
        ] {
            assert_eq!(after(message), None, "{message}");
        }
        let learned = ResponsesDialect {
            summary: false,
            ..ResponsesDialect::default()
        };
        let again = Failure {
            status: Some(400),
            ..Failure::new(FailureClass::InvalidRequest, "reasoning.summary")
        };
        assert_eq!(learned.adapted(&again), None);
        let elsewhere = Failure {
            status: Some(401),
            ..again
        };
        assert_eq!(ResponsesDialect::default().adapted(&elsewhere), None);
    }

    #[test]
    fn the_words_that_a_refusal_lists_are_the_words_there_are() {
        let learned = after(
            "Unsupported value: 'xhigh' is not supported with the 'o9' model. Supported values are: 'low', 'medium', and 'high'. (reasoning.effort)",
        );
        let efforts = learned.unwrap().efforts;
        assert_eq!(efforts, EffortSet::LOW_TO_HIGH);
    }
}
