//! What a written reply is made of: bytes, and what happens between them.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::said::Counts;

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
    /// Waits so long in any case: the name said it.
    Sleep(Duration),
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
    /// What is charged once the last step is done.
    pub(super) bill: Option<Counts>,
}

/// What to do with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Send this.
    Send(Script),
    /// Send this, once the headers were held back by this step.
    SendLate(Step, Script),
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
        Self::steps(status, content_type, vec![Step::Send(body.into())])
    }

    pub(super) fn steps(status: u16, content_type: &str, steps: Vec<Step>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            steps,
            bill: None,
        }
    }

    /// A web page, which tells nothing of the provider.
    pub(super) fn is_page(&self) -> bool {
        let content_type = self
            .headers
            .iter()
            .find(|(name, _)| *name == "content-type");
        content_type.is_some_and(|(_, value)| value.starts_with("text/html"))
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
