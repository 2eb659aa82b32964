use patchbay_domain::content::{CacheLifetime, JsonText, Media, MediaSource};
use patchbay_domain::{ChatMessage, FailureClass, Part, Role};
use serde_json::{Value, json};

use super::*;

mod parameters;
mod turns;

fn sent(request: &ChatRequest) -> Value {
    serde_json::from_slice(&body(request).unwrap()).unwrap()
}

fn refused(request: &ChatRequest) -> Failure {
    let failure = body(request).unwrap_err();
    assert_eq!(failure.class, FailureClass::InvalidRequest);
    failure
}

fn request(model: &str, messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages,
        ..ChatRequest::default()
    }
}

fn hello(model: &str, parameters: Parameters) -> ChatRequest {
    ChatRequest {
        parameters,
        ..request(model, vec![ChatMessage::text(Role::User, "Hi")])
    }
}

fn turn(role: Role, parts: Vec<Part>) -> ChatMessage {
    ChatMessage {
        role,
        parts,
        cache: None,
    }
}

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn media(media_type: &str, source: MediaSource) -> Media {
    Media {
        media_type: media_type.to_owned(),
        source,
    }
}

fn effort(effort: ReasoningEffort) -> Parameters {
    Parameters {
        reasoning_effort: Some(effort),
        ..Parameters::default()
    }
}

fn tool_named(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: Some("Tells the weather.".to_owned()),
        parameters: JsonText(r#"{"type":"object","properties":{}}"#.to_owned()),
        is_strict: true,
    }
}
