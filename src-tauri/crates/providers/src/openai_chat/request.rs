//! The body of a request.

use patchbay_domain::{ChatRequest, Role};
use serde::Serialize;

use super::dialect::{Dialect, MaxTokensField};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// The body of a streaming request as JSON.
///
/// # Errors
/// Only where a number is not finite; [`Parameters::validate`](patchbay_domain::Parameters::validate)
/// finds that earlier.
pub fn body(request: &ChatRequest, dialect: Dialect) -> Result<Vec<u8>, serde_json::Error> {
    let parameters = &request.parameters;
    let max_tokens = |field| {
        parameters
            .max_tokens
            .filter(|_| dialect.max_tokens_field == field)
    };
    serde_json::to_vec(&Body {
        model: &request.model,
        messages: request
            .messages
            .iter()
            .map(|message| Message {
                role: role(message.role),
                content: message.words(),
            })
            .collect(),
        stream: true,
        stream_options: dialect.stream_options.then_some(StreamOptions {
            include_usage: true,
        }),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        seed: parameters.seed,
        max_tokens: max_tokens(MaxTokensField::MaxTokens),
        max_completion_tokens: max_tokens(MaxTokensField::MaxCompletionTokens),
        stop: &parameters.stop,
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::{ChatMessage, Parameters};
    use serde_json::{Value, json};

    use super::*;

    fn sent(parameters: Parameters, dialect: Dialect) -> Value {
        let messages = vec![
            ChatMessage::text(Role::System, "Be brief.".to_owned()),
            ChatMessage::text(Role::User, "\"Hi\"\n".to_owned()),
        ];
        let request = ChatRequest {
            model: "maker/model".to_owned(),
            messages,
            parameters,
            ..ChatRequest::default()
        };
        serde_json::from_slice(&body(&request, dialect).unwrap()).unwrap()
    }

    #[test]
    fn what_nobody_chose_is_not_sent() {
        assert_eq!(
            sent(Parameters::default(), Dialect::default()),
            json!({
                "model": "maker/model",
                "messages": [
                    { "role": "system", "content": "Be brief." },
                    { "role": "user", "content": "\"Hi\"\n" },
                ],
                "stream": true,
                "stream_options": { "include_usage": true },
            })
        );
    }

    #[test]
    fn what_was_chosen_is_sent_under_the_name_the_provider_knows() {
        let parameters = Parameters {
            temperature: Some(0.7),
            top_p: Some(0.9),
            seed: Some(42),
            max_tokens: Some(100),
            stop: vec!["END".to_owned()],
            ..Parameters::default()
        };
        let usual = sent(parameters.clone(), Dialect::default());
        assert_eq!(usual["temperature"], 0.7);
        assert_eq!(usual["top_p"], 0.9);
        assert_eq!(usual["seed"], 42);
        assert_eq!(usual["max_tokens"], 100);
        assert_eq!(usual["stop"], json!(["END"]));
        let dialect = Dialect {
            max_tokens_field: MaxTokensField::MaxCompletionTokens,
            stream_options: false,
            ..Dialect::default()
        };
        let other = sent(parameters, dialect);
        assert_eq!(other["max_completion_tokens"], 100);
        assert!(other.get("max_tokens").is_none());
        assert!(other.get("stream_options").is_none());
    }
}
