//! What a scripted reply is made of: bytes, and what happens between them.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// One step of a reply's body.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Bytes to send, as one chunk of the transfer.
    Send(Bytes),
    /// Between two tokens: nothing, or the pace that was asked for.
    Tick,
    /// Waits until the test releases one, or for one beat of the pace.
    Gate,
    /// Silence: until the test releases one, or for this long where a pace was asked for.
    Silence(Duration),
    /// Repeats the last chunk for as long as anybody listens.
    RepeatForEver(Bytes),
    /// Breaks the connection without an end of the transfer.
    Cut,
}

/// A whole reply.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) steps: Vec<Step>,
}

/// What to do with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Send this.
    Send(Script),
    /// Send this, once the headers were held back for a while.
    SendLate(Script),
    /// Break the connection before any byte.
    Reset,
    /// Accept the request and never answer.
    Silent,
}

impl Script {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::body(status, "application/json", body.to_string())
    }

    pub(super) fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", content_type.to_owned()),
                ("x-request-id", "req-scripted-1".to_owned()),
            ],
            steps: vec![Step::Send(body.into())],
        }
    }

    pub(super) fn stream(steps: Vec<Step>) -> Self {
        let mut script = Self::body(200, "text/event-stream", Bytes::new());
        script
            .headers
            .push(("cache-control", "no-cache".to_owned()));
        script.steps = steps;
        script
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The error object of the OpenAI format.
pub(super) fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Script {
    let body =
        json!({ "error": { "message": message, "type": kind, "param": null, "code": code } });
    Script::json(status, &body)
}

/// One server-sent event.
pub(super) fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

pub(super) fn done() -> Step {
    Step::Send(Bytes::from_static(b"data: [DONE]\n\n"))
}

/// Writes the chunks of one answer.
#[derive(Clone, Debug)]
pub(super) struct ChunkWriter {
    pub(super) model: String,
}

impl ChunkWriter {
    fn chunk(&self, choices: &Value, usage: Option<&Value>) -> Value {
        let mut chunk = json!({
            "id": "chatcmpl-scripted-1",
            "object": "chat.completion.chunk",
            "created": 1_795_338_000,
            "model": self.model,
            "choices": choices,
        });
        if let (Some(usage), Some(object)) = (usage, chunk.as_object_mut()) {
            object.insert("usage".to_owned(), usage.clone());
        }
        chunk
    }

    pub(super) fn delta(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice = json!([{ "index": 0, "delta": delta, "finish_reason": finish_reason }]);
        self.chunk(&choice, None)
    }

    pub(super) fn role(&self) -> Step {
        Step::Send(event(
            &self.delta(&json!({ "role": "assistant", "content": "" }), None),
        ))
    }

    pub(super) fn text(&self, text: &str) -> Step {
        Step::Send(event(&self.delta(&json!({ "content": text }), None)))
    }

    pub(super) fn finish(&self, reason: &str) -> Step {
        Step::Send(event(&self.delta(&json!({}), Some(reason))))
    }

    pub(super) fn usage(&self, usage: &Value) -> Step {
        Step::Send(event(&self.chunk(&json!([]), Some(usage))))
    }

    /// The answer of a request that did not ask for a stream.
    pub(super) fn whole(&self, text: &str, usage: &Value) -> Value {
        json!({
            "id": "chatcmpl-scripted-1",
            "object": "chat.completion",
            "created": 1_795_338_000,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": text },
                "finish_reason": "stop",
            }],
            "usage": usage,
        })
    }
}

pub(super) fn usage(prompt_tokens: usize, completion_tokens: usize) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    })
}
