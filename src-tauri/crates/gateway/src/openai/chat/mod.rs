//! `/v1/chat/completions`.

mod encode;
mod parse;
mod several;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;

pub(crate) use self::encode::finish_word;
use self::encode::{Chunks, whole};
use self::parse::parse;
use crate::asking;
use crate::failure::Refusal;
use crate::guard::Caller;
use crate::routes::Shared;

/// Answers one request.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let parsed = parse(&body, &headers)?;
    let created = shared.engine.seconds_now();
    if parsed.choices > 1 {
        return several::answer(&shared, caller, parsed, created).await;
    }
    let chunks = Chunks::new(created, parsed.includes_usage);
    asking::reply(
        &shared,
        caller,
        parsed.asked,
        move |answer| whole(std::slice::from_ref(answer), created),
        Box::new(chunks),
    )
    .await
}
