//! Requests as they came, kept for asserts.

use patchbay_domain::WireFamily;
use serde_json::Value;

use super::routes::{self, Dialect, Endpoint};

/// One request that the scripted provider received.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, such as `/v1/chat/completions`.
    pub path: String,
    /// What followed the `?`; empty where nothing did.
    pub query: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

/// A half answer to be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HalfAnswer {
    pub(super) text: String,
    /// The answer begins with it, as Mistral's do.
    pub(super) is_repeated: bool,
}

impl RecordedRequest {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The model that was asked for, from the path where the family has it there; empty where none was.
    pub fn model(&self) -> String {
        if let Endpoint::Answer(Some(model))
        | Endpoint::Embeddings(Some(model))
        | Endpoint::CountTokens(Some(model)) = routes::route(self).endpoint
        {
            return model;
        }
        self.json()["model"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether it asks for an answer, rather than for the list of models, a balance or a token.
    pub fn is_chat(&self) -> bool {
        matches!(routes::route(self).endpoint, Endpoint::Answer(_))
    }

    /// Whether it asks for embeddings.
    pub fn is_for_embeddings(&self) -> bool {
        matches!(routes::route(self).endpoint, Endpoint::Embeddings(_))
    }

    /// The format that it is written in.
    pub fn family(&self) -> WireFamily {
        routes::route(self).family
    }

    /// The key that it carries, in whichever header.
    pub fn key(&self) -> Option<&str> {
        self.bearer().or_else(|| {
            ["x-api-key", "x-goog-api-key", "api-key"]
                .iter()
                .find_map(|name| self.header(name))
        })
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    pub(super) fn wants_stream(&self) -> bool {
        match self.family() {
            WireFamily::Gemini | WireFamily::Vertex => {
                self.path.ends_with(":streamGenerateContent")
            }
            // Ollama streams unless it is told not to.
            WireFamily::Ollama => self.json()["stream"].as_bool().unwrap_or(true),
            _ => self.json()["stream"].as_bool().unwrap_or(false),
        }
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.json()["stream_options"]["include_usage"]
            .as_bool()
            .unwrap_or(false)
    }

    /// The role and the text of the last message; Gemini's `model` is called `assistant`.
    pub(super) fn last_message(&self) -> (String, String) {
        let body = self.json();
        if let Some(text) = body["input"].as_str() {
            return ("user".to_owned(), text.to_owned());
        }
        let Some(last) = ["messages", "input", "contents"]
            .iter()
            .find_map(|name| body[*name].as_array()?.last())
        else {
            return (String::new(), String::new());
        };
        let role = match last["role"].as_str() {
            Some("model") => "assistant",
            Some(role) => role,
            None => "",
        };
        let mut text = String::new();
        collect_text(last, &mut text);
        (role.to_owned(), text)
    }

    /// The half answer that the request ends with and that is to be continued, as far as this family
    /// can be asked to: OpenAI's own servers take such a turn for a whole one.
    pub(super) fn half_answer(&self, dialect: Dialect) -> Option<HalfAnswer> {
        let (role, text) = self.last_message();
        if role != "assistant" {
            return None;
        }
        let body = self.json();
        let has_flag = || {
            let last = body["messages"].as_array().and_then(|turns| turns.last());
            last.is_some_and(|last| last["prefix"] == true)
        };
        let (continues, is_repeated) = match self.family() {
            WireFamily::OpenAiResponses => (false, false),
            WireFamily::OpenAiChat => {
                let is_final = body["continue_final_message"] == true
                    && body["add_generation_prompt"] == false;
                let continues = is_final || dialect == Dialect::OpenRouter;
                (continues || has_flag(), has_flag())
            }
            _ => (true, false),
        };
        continues.then_some(HalfAnswer { text, is_repeated })
    }

    /// Words of the prompt, which are its tokens here.
    pub fn prompt_tokens(&self) -> usize {
        let mut body = self.json();
        // Where Google AI Studio counts, the request stands in another one.
        if body["generateContentRequest"].is_object() {
            body = body["generateContentRequest"].take();
        }
        let mut text = String::new();
        for name in [
            "messages",
            "input",
            "contents",
            "system",
            "instructions",
            "systemInstruction",
        ] {
            collect_text(&body[name], &mut text);
            text.push(' ');
        }
        text.split_whitespace().count()
    }
}

/// The text of a message: a string, or parts with text in them.
fn collect_text(value: &Value, text: &mut String) {
    match value {
        Value::String(piece) => {
            text.push_str(piece);
        }
        Value::Array(values) => {
            for value in values {
                collect_text(value, text);
                // Two parts are not one word.
                if values.len() > 1 {
                    text.push(' ');
                }
            }
        }
        Value::Object(object) => {
            for name in ["content", "parts", "text"] {
                if let Some(value) = object.get(name) {
                    collect_text(value, text);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(path: &str, body: &Value) -> RecordedRequest {
        RecordedRequest {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: vec![],
            body: body.to_string(),
        }
    }

    #[test]
    fn every_family_is_understood() {
        let text = |role: &str| json!({ "role": role, "content": "Hello there" });
        let gemini = json!({ "systemInstruction": { "parts": [{ "text": "Be brief" }] }, "contents": [
            { "role": "user", "parts": [{ "text": "Hello" }, { "text": "there" }] },
            { "role": "model", "parts": [{ "text": "Well" }] },
        ]});
        let vertex =
            "/v1/projects/p/locations/global/publishers/google/models/answer:generateContent";
        for (path, body, model, tokens, last, streams) in [
            (
                "/v1/chat/completions",
                json!({ "model": "answer", "messages": [text("user")] }),
                "answer",
                2,
                "user",
                false,
            ),
            (
                "/openrouter/api/v1/chat/completions",
                json!({ "model": "acme/answer", "stream": true, "messages": [text("user")] }),
                "acme/answer",
                2,
                "user",
                true,
            ),
            (
                "/v1/responses",
                json!({ "model": "answer", "instructions": "Be brief", "input": [{ "role": "assistant",
                    "content": [{ "type": "output_text", "text": "So" }] }] }),
                "answer",
                3,
                "assistant",
                false,
            ),
            (
                "/v1/messages",
                json!({ "model": "answer", "stream": true, "system": [{ "type": "text", "text": "Be brief" }],
                    "messages": [text("user")] }),
                "answer",
                4,
                "user",
                true,
            ),
            (
                "/v1beta/models/drip%3Asecond%4020:streamGenerateContent",
                gemini.clone(),
                "drip:second@20",
                5,
                "assistant",
                true,
            ),
            (vertex, gemini, "answer", 5, "assistant", false),
            (
                "/api/chat",
                json!({ "model": "answer", "messages": [text("user")] }),
                "answer",
                2,
                "user",
                true,
            ),
        ] {
            let request = request(path, &body);
            assert!(request.is_chat(), "{path}");
            assert_eq!(request.model(), model, "{path}");
            assert_eq!(request.prompt_tokens(), tokens, "{path}");
            assert_eq!(request.last_message().0, last, "{path}");
            assert_eq!(request.wants_stream(), streams, "{path}");
        }
        for path in [
            "/v1/models",
            "/v1/messages/count_tokens",
            "/token",
            "/api/show",
        ] {
            assert!(!request(path, &Value::Null).is_chat(), "{path}");
        }
    }
}
