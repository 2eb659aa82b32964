//! The tools that an answer calls, put together from their pieces.

use std::collections::BTreeMap;

use patchbay_domain::JsonText;
use serde::Serialize;

/// One call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct ToolCall {
    id: String,
    name: String,
    /// As the model wrote them; whole JSON at the end of an answer that was not cut.
    arguments: String,
}

/// All calls of one answer, by their index.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolCalls(BTreeMap<u32, ToolCall>);

impl ToolCalls {
    /// Takes one piece.
    pub(super) fn append(
        &mut self,
        index: u32,
        id: Option<&str>,
        name: Option<&str>,
        arguments: &str,
    ) {
        let call = self.0.entry(index).or_default();
        if let Some(id) = id {
            id.clone_into(&mut call.id);
        }
        if let Some(name) = name {
            name.clone_into(&mut call.name);
        }
        call.arguments.push_str(arguments);
    }

    /// The calls as a list of objects; `None` where there are none.
    pub(super) fn json(&self) -> Option<JsonText> {
        if self.0.is_empty() {
            return None;
        }
        let calls: Vec<&ToolCall> = self.0.values().collect();
        serde_json::to_string(&calls).ok().map(JsonText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_several_calls_are_put_together() {
        let mut calls = ToolCalls::default();
        assert_eq!(calls.json(), None);
        calls.append(0, Some("a"), Some("add"), "{\"x\":");
        calls.append(1, Some("b"), Some("now"), "");
        calls.append(0, None, None, "1}");
        let expected = r#"[{"id":"a","name":"add","arguments":"{\"x\":1}"},{"id":"b","name":"now","arguments":""}]"#;
        assert_eq!(calls.json(), Some(JsonText(expected.to_owned())));
    }
}
