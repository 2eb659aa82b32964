//! From a parsed request to a reply: whole, or piece by piece.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use patchbay_domain::run::Outcome;
use patchbay_domain::{AppEndpoint, ChatRequest};
use patchbay_engine::{AppCall, AppRun, RunUpdate, Wish};

use crate::answer::Answer;
use crate::failure::{Kind, Refusal};
use crate::guard::Caller;
use crate::routes::Shared;
use crate::stream::{self, Encoder};
use crate::told;

/// How long a stream may be without its first word before its head is sent all the same: what fails
/// later stands in the stream, and no longer in the status.
const HEAD_AFTER: Duration = Duration::from_secs(30);

/// A request, understood.
pub(crate) struct Asked {
    pub(crate) endpoint: AppEndpoint,
    pub(crate) wish: Wish,
    pub(crate) request: ChatRequest,
    pub(crate) is_stream: bool,
    /// Hold back until whole, where the request says so.
    pub(crate) holds_back: Option<bool>,
}

/// Asks, and replies in the client's shape.
pub(crate) async fn reply(
    shared: &Arc<Shared>,
    caller: Caller,
    asked: Asked,
    whole: impl FnOnce(&Answer) -> Vec<u8>,
    encoder: Box<dyn Encoder>,
) -> Result<Response, Refusal> {
    let is_held = asked.holds_back.unwrap_or(caller.app.rules.holds_back);
    let run = shared
        .engine
        .ask_for_app(AppCall {
            app: Arc::clone(&caller.app),
            endpoint: asked.endpoint,
            wish: asked.wish,
            request: asked.request,
            is_stream: asked.is_stream,
            is_held,
            client: caller.client,
        })
        .await?;
    let answer = Answer::of(&run);
    if asked.is_stream {
        let waiting = Waiting {
            run,
            answer,
            early: Vec::new(),
            is_held,
        };
        let begun = waiting.for_first_word().await?;
        let mut response = stream::respond(begun, encoder, caller.counted).into_response();
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        return Ok(response);
    }
    let answer = to_the_end(run, answer).await?;
    let mut response = (StatusCode::OK, whole(&answer)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    told::add_headers(
        headers,
        answer.run,
        &answer.attempts,
        answer.note.as_deref(),
        true,
    );
    Ok(response)
}

/// Follows an answer to its end.
///
/// # Errors
/// There is none.
async fn to_the_end(mut run: AppRun, mut answer: Answer) -> Result<Answer, Refusal> {
    while answer.outcome.is_none() {
        let Some(update) = run.next().await else {
            break;
        };
        answer.take(&update);
    }
    match refusal(&answer) {
        Some(refusal) => Err(refusal),
        None => Ok(answer),
    }
}

/// Why an answer that is over is none.
pub(crate) fn refusal(answer: &Answer) -> Option<Refusal> {
    match &answer.outcome {
        Some(Outcome::Answered { .. }) => None,
        Some(Outcome::Failed { failure }) => Some(Refusal::of_failure(
            failure,
            answer.provider_name(),
            answer.run,
        )),
        Some(Outcome::Stopped) => Some(Refusal {
            code: Some("stopped".to_owned()),
            run: Some(answer.run),
            ..Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Kind::Internal,
                "The answer was stopped in Patchbay.",
            )
        }),
        Some(Outcome::Interrupted) | None => Some(Refusal {
            code: Some("closing".to_owned()),
            run: Some(answer.run),
            ..Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Kind::Overloaded,
                "Patchbay is closing.",
            )
        }),
    }
}

/// A stream before its head was sent.
struct Waiting {
    run: AppRun,
    answer: Answer,
    early: Vec<RunUpdate>,
    is_held: bool,
}

/// A stream whose head can be sent.
pub(crate) struct Begun {
    pub(crate) run: AppRun,
    /// All that was said so far, which stands in `early` too.
    pub(crate) answer: Answer,
    pub(crate) early: Vec<RunUpdate>,
    pub(crate) is_held: bool,
}

impl Waiting {
    /// Waits until there is something to send, so that what fails before it fails with a status.
    async fn for_first_word(mut self) -> Result<Begun, Refusal> {
        let deadline = tokio::time::sleep(HEAD_AFTER);
        let mut deadline = std::pin::pin!(deadline);
        loop {
            let update = tokio::select! {
                biased;
                update = self.run.next() => update,
                () = &mut deadline => break,
            };
            let Some(update) = update else {
                break;
            };
            self.answer.take(&update);
            let is_word = matches!(
                update,
                RunUpdate::Text(_)
                    | RunUpdate::Reasoning(_)
                    | RunUpdate::ToolCall { .. }
                    | RunUpdate::ReasoningItem { .. }
            );
            if matches!(update, RunUpdate::Discard) {
                // What was held back and is thrown away was never said.
                self.early.retain(|update| !is_said(update));
                continue;
            }
            self.early.push(update);
            if self.answer.outcome.is_some() {
                if let Some(refusal) = refusal(&self.answer) {
                    return Err(refusal);
                }
                break;
            }
            if is_word && !self.is_held {
                break;
            }
        }
        Ok(Begun {
            run: self.run,
            answer: self.answer,
            early: self.early,
            is_held: self.is_held,
        })
    }
}

/// Whether it is a part of the answer.
pub(crate) fn is_said(update: &RunUpdate) -> bool {
    matches!(
        update,
        RunUpdate::Text(_)
            | RunUpdate::Reasoning(_)
            | RunUpdate::ToolCall { .. }
            | RunUpdate::ReasoningItem { .. }
            | RunUpdate::Aside { .. }
    )
}
