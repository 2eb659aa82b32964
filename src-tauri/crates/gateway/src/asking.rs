//! From a parsed request to a reply: whole, or piece by piece.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use patchbay_domain::run::Outcome;
use patchbay_domain::{AppEndpoint, ChatRequest};
use patchbay_engine::{AppCall, AppRun, RunUpdate, Wish};

use crate::answer::Answer;
use crate::failure::{Kind, Refusal};
use crate::guard::Caller;
use crate::routes::Shared;
use crate::stream::{self, Encoder};
use crate::{reply, told};

/// How long a stream may be without its first word before its head is sent all the same: what fails
/// later stands in the stream, and no longer in the status.
const HEAD_AFTER: Duration = Duration::from_secs(30);

/// A request, understood.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) endpoint: AppEndpoint,
    pub(crate) wish: Wish,
    pub(crate) request: ChatRequest,
    pub(crate) is_stream: bool,
    /// Hold back until whole, where the request says so.
    pub(crate) holds_back: Option<bool>,
    /// Its first system turn are instructions, which hold for this answer alone.
    pub(crate) has_instructions: bool,
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
    let is_stream = asked.is_stream;
    let run = start(shared, &caller, asked, is_held).await?;
    let answer = Answer::of(&run);
    if is_stream {
        let begun = first_word(run, answer, is_held).await?;
        return Ok(stream::respond(begun, encoder, caller.counted));
    }
    Ok(written(&to_the_end(run, answer).await?, whole))
}

/// Asks for what is never streamed, and replies in the client's shape.
pub(crate) async fn reply_whole(
    shared: &Arc<Shared>,
    caller: Caller,
    asked: Asked,
    whole: impl FnOnce(&Answer) -> Vec<u8>,
) -> Result<Response, Refusal> {
    let run = start(shared, &caller, asked, false).await?;
    let answer = Answer::of(&run);
    Ok(written(&to_the_end(run, answer).await?, whole))
}

/// Asks.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    caller: &Caller,
    asked: Asked,
    is_held: bool,
) -> Result<AppRun, Refusal> {
    let call = AppCall {
        app: Arc::clone(&caller.app),
        endpoint: asked.endpoint,
        wish: asked.wish,
        request: asked.request,
        is_stream: asked.is_stream,
        is_held,
        client: caller.client.clone(),
        has_instructions: asked.has_instructions,
    };
    Ok(shared.engine.ask_for_app(call).await?)
}

/// A whole answer, with who gave it in its headers.
fn written(answer: &Answer, whole: impl FnOnce(&Answer) -> Vec<u8>) -> Response {
    let mut response = reply::written(whole(answer));
    told::add_headers(response.headers_mut(), slice::from_ref(answer), true);
    response
}

/// Follows an answer to its end.
///
/// # Errors
/// It ended without one.
pub(crate) async fn to_the_end(mut run: AppRun, mut answer: Answer) -> Result<Answer, Refusal> {
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

/// A stream whose head can be sent.
pub(crate) struct Begun {
    pub(crate) run: AppRun,
    /// All that is known so far; what was said of it stands in `early`.
    pub(crate) answer: Answer,
    pub(crate) early: Vec<RunUpdate>,
    pub(crate) is_held: bool,
}

/// Waits until there is something to send, so that what fails before it fails with a status.
///
/// # Errors
/// The answer failed before its first word.
pub(crate) async fn first_word(
    mut run: AppRun,
    mut answer: Answer,
    is_held: bool,
) -> Result<Begun, Refusal> {
    let mut early = Vec::new();
    let deadline = tokio::time::sleep(HEAD_AFTER);
    let mut deadline = std::pin::pin!(deadline);
    loop {
        let update = tokio::select! {
            biased;
            update = run.next() => update,
            () = &mut deadline => break,
        };
        let Some(update) = update else {
            break;
        };
        answer.take(&update);
        if matches!(update, RunUpdate::Discard) {
            // What was held back and is thrown away was never said.
            early.retain(|update| !is_said(update));
            continue;
        }
        let is_word = is_said(&update);
        early.push(update);
        if answer.outcome.is_some() {
            if let Some(refusal) = refusal(&answer) {
                return Err(refusal);
            }
            break;
        }
        if is_word && !is_held {
            break;
        }
    }
    Ok(Begun {
        run,
        answer,
        early,
        is_held,
    })
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
            | RunUpdate::Embeddings(_)
    )
}
