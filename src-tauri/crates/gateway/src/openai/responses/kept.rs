//! Answers that were given before, by the number that the client was told: gone on from, read again,
//! removed. What stands in for a server that keeps conversations is the history of this computer, so
//! only what an app asked itself is there, and only where its texts are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use patchbay_domain::{Part, RunId};
use patchbay_engine::KeptAnswer;
use serde_json::json;

use super::encode::whole;
use super::parse::{Echo, run_of};
use crate::answer::{Answer, Call};
use crate::asking::Asked;
use crate::failure::{Kind, Refusal};
use crate::guard::Caller;
use crate::reply;
use crate::routes::Shared;

/// Puts the turns of an earlier answer before those of the request.
///
/// # Errors
/// That answer cannot be gone on from.
pub(super) async fn go_on(
    shared: &Shared,
    caller: &Caller,
    run: RunId,
    asked: &mut Asked,
) -> Result<(), Refusal> {
    let kept = shared.engine.kept_answer(&caller.app, run).await?;
    let before = kept.turns()?;
    let mut names = BTreeMap::new();
    for part in before.iter().flat_map(|turn| &turn.parts) {
        if let Part::ToolCall { id, name, .. } = part {
            names.insert(id.clone(), name.clone());
        }
    }
    let messages = &mut asked.request.messages;
    for part in messages.iter_mut().flat_map(|turn| &mut turn.parts) {
        if let Part::ToolResult { id, name, .. } = part
            && name.is_empty()
            && let Some(called) = names.get(id)
        {
            name.clone_from(called);
        }
    }
    let behind_instructions = usize::from(asked.has_instructions);
    messages.splice(behind_instructions..behind_instructions, before);
    Ok(())
}

/// `GET /v1/responses/{id}`: an answer as it was given.
///
/// # Errors
/// There is none of this number, it failed, or its texts are not kept.
pub(crate) async fn retrieve(
    shared: Arc<Shared>,
    caller: Caller,
    id: &str,
) -> Result<Response, Refusal> {
    let run = run_of(id).ok_or_else(|| not_found(id))?;
    let kept = shared.engine.kept_answer(&caller.app, run).await;
    let kept = kept.map_err(|error| match Refusal::from(error) {
        refusal if refusal.status == StatusCode::BAD_REQUEST => Refusal {
            message: refusal.message,
            ..not_found(id)
        },
        refusal => refusal,
    })?;
    let created = kept.started_at.0 / 1_000;
    let answer = answer_of(kept);
    if let Some(refusal) = crate::asking::refusal(&answer) {
        return Err(refusal);
    }
    let echo = Echo::from_iter([("store".to_owned(), true.into())]);
    Ok(reply::written(whole(&answer, created, &echo)))
}

/// `DELETE /v1/responses/{id}`: its texts are removed, its receipt stays.
///
/// # Errors
/// There is none of this number with texts, or the database cannot be written.
pub(crate) async fn forget(
    shared: Arc<Shared>,
    caller: Caller,
    id: &str,
) -> Result<Response, Refusal> {
    let run = run_of(id).ok_or_else(|| not_found(id))?;
    if !shared.engine.forget_answer(&caller.app, run).await? {
        return Err(not_found(id));
    }
    Ok(reply::json(
        &json!({ "id": id, "object": "response", "deleted": true }),
    ))
}

fn not_found(id: &str) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        Kind::NotFound,
        format!("There is no answer \u{201c}{id}\u{201d} here."),
    )
}

fn answer_of(kept: KeptAnswer) -> Answer {
    Answer {
        run: kept.run,
        note: kept.budget_note,
        text: kept.text,
        reasoning: String::new(),
        calls: kept
            .calls
            .into_iter()
            .map(|call| Call {
                id: call.id,
                name: call.name,
                arguments: call.arguments,
            })
            .collect(),
        items: kept
            .thinking
            .into_iter()
            .filter_map(|part| match part {
                Part::ReasoningItem { format, item } => Some((format, item)),
                _ => None,
            })
            .collect(),
        asides: Vec::new(),
        vectors: None,
        usage: kept.attempts.last().and_then(|attempt| attempt.usage),
        attempts: kept.attempts,
        outcome: kept.outcome,
    }
}
