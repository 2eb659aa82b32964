//! `/v1/responses`.

mod encode;
mod parse;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;

use self::encode::{Events, whole};
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
    let (asked, echo) = parse(&body, &headers)?;
    let created = shared.engine.seconds_now();
    let events = Events::new(created, echo.clone());
    asking::reply(
        &shared,
        caller,
        asked,
        move |answer| whole(answer, created, &echo),
        Box::new(events),
    )
    .await
}
