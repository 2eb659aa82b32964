//! Requests as they came, kept for asserts.

use serde_json::Value;

/// One request that the scripted provider received.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, such as `/v1/chat/completions`.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
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

    /// The model that was asked for; empty where none was.
    pub fn model(&self) -> String {
        self.json()["model"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether it asks for an answer, rather than for the list of models.
    pub fn is_chat(&self) -> bool {
        self.path.ends_with("/chat/completions")
    }

    pub(super) fn wants_stream(&self) -> bool {
        self.json()["stream"].as_bool().unwrap_or(false)
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.json()["stream_options"]["include_usage"]
            .as_bool()
            .unwrap_or(false)
    }

    pub(super) fn last_message(&self) -> (String, String) {
        let body = self.json();
        let last = body["messages"]
            .as_array()
            .and_then(|messages| messages.last());
        let field = |name: &str| {
            last.and_then(|message| message[name].as_str())
                .unwrap_or_default()
                .to_owned()
        };
        (field("role"), field("content"))
    }

    pub(super) fn prompt_tokens(&self) -> usize {
        let body = self.json();
        let messages = body["messages"].as_array().into_iter().flatten();
        messages
            .filter_map(|message| message["content"].as_str())
            .map(|text| text.split_whitespace().count())
            .sum()
    }
}
