//! Several answers to one request, as `n` asks for. Each is a run with a receipt of its own, so each is
//! fallen back for by itself, and each pays for its prompt.

use std::pin::Pin;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures::future::try_join_all;
use futures::stream::{Stream, StreamExt as _, select_all};
use patchbay_engine::RunUpdate;

use super::encode::{Chunks, id, whole};
use super::parse::Parsed;
use crate::answer::Answer;
use crate::asking::{self, Begun, first_word, refusal, to_the_end};
use crate::failure::Refusal;
use crate::guard::{self, Caller};
use crate::limits::Counted;
use crate::routes::Shared;
use crate::stream::{self, ALIVE, ALIVE_EVERY, Encoder as _, Part};
use crate::{reply, told};

/// Asks for all answers at once. There are as many as were asked for, or none.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    caller: Caller,
    parsed: Parsed,
    created: i64,
) -> Result<Response, Refusal> {
    let Parsed {
        asked,
        includes_usage,
        choices,
    } = parsed;
    let is_held = asked.holds_back.unwrap_or(caller.app.rules.holds_back);
    let is_stream = asked.is_stream;
    let mut counted = Vec::new();
    let mut runs = Vec::new();
    for index in 0..choices {
        if index > 0 {
            counted.push(guard::count(shared, &caller.app)?);
        }
        let mut asked = asked.clone();
        // The same seed would give the same answer again.
        let seed = &mut asked.request.parameters.seed;
        *seed = seed.map(|seed| seed.wrapping_add(u64::from(index)));
        runs.push(asking::start(shared, &caller, asked, is_held).await?);
    }
    counted.push(caller.counted);
    let answering = runs.into_iter().map(|run| {
        let answer = Answer::of(&run);
        (run, answer)
    });
    if is_stream {
        let begun = answering.map(|(run, answer)| first_word(run, answer, is_held));
        let begun = try_join_all(begun).await?;
        return Ok(streamed(begun, created, includes_usage, counted));
    }
    let answers = try_join_all(answering.map(|(run, answer)| to_the_end(run, answer))).await?;
    let mut response = reply::written(whole(&answers, created));
    told::add_headers(response.headers_mut(), &answers, true);
    Ok(response)
}

/// All that comes of one answer until it is over, with which one it is. Dropping it cancels the run.
fn updates(index: usize, begun: Begun) -> Pin<Box<dyn Stream<Item = (usize, RunUpdate)> + Send>> {
    let Begun { mut run, early, .. } = begun;
    Box::pin(async_stream::stream! {
        let mut early = early.into_iter();
        loop {
            let update = match early.next() {
                Some(update) => Some(update),
                None => run.next().await,
            };
            let Some(update) = update else { break };
            let is_over = matches!(update, RunUpdate::Over(_));
            yield (index, update);
            if is_over {
                break;
            }
        }
    })
}

fn streamed(
    begun: Vec<Begun>,
    created: i64,
    includes_usage: bool,
    counted: Vec<Counted>,
) -> Response {
    let known: Vec<Answer> = begun.iter().map(|begun| begun.answer.clone()).collect();
    // Packages put the chunks of one answer together by its id.
    let id = known.first().map(id).unwrap_or_default();
    let mut parts: Vec<Part<Chunks>> = begun
        .iter()
        .zip(0..)
        .map(|(begun, index)| {
            let chunks = Chunks::one_of_several(created, includes_usage, id.clone(), index);
            Part::new(begun, Box::new(chunks))
        })
        .collect();
    let streams = begun.into_iter().enumerate();
    let mut all = select_all(streams.map(|(index, begun)| updates(index, begun)));
    let body = async_stream::stream! {
        let _counted = counted;
        let mut out = Vec::new();
        for part in &mut parts {
            part.begin(&mut out);
        }
        let mut failed = None;
        loop {
            if !out.is_empty() {
                yield Ok(Bytes::from(std::mem::take(&mut out)));
            }
            let (index, update) = match tokio::time::timeout(ALIVE_EVERY, all.next()).await {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(_) => {
                    yield Ok(Bytes::from_static(ALIVE));
                    continue;
                }
            };
            let Some(part) = parts.get_mut(index) else { break };
            if !part.take(update, &mut out) {
                continue;
            }
            if let Some(refusal) = refusal(&part.answer) {
                failed = Some(refusal);
                break;
            }
            part.release(&mut out);
            part.encoder.finish(&part.answer, &mut out);
        }
        let (answers, encoders): (Vec<Answer>, Vec<Box<Chunks>>) =
            parts.into_iter().map(|part| (part.answer, part.encoder)).unzip();
        // Where the engine is closing an answer has no end.
        let failed = failed.or_else(|| answers.iter().find_map(refusal));
        if let Some((answer, mut chunks)) = answers.first().zip(encoders.into_iter().next()) {
            match failed {
                Some(refusal) => chunks.break_off(&refusal, answer, &mut out),
                None => chunks.end_all(&answers, &mut out),
            }
        }
        yield Ok(Bytes::from(out));
    };
    stream::events(body, &known)
}
