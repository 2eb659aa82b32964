//! `/v1/responses`, and the answers that were given there.

mod encode;
mod kept;
mod parse;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;

use self::encode::{Events, whole};
pub(crate) use self::kept::{forget, retrieve};
use self::parse::{Parsed, parse};
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
    let Parsed {
        mut asked,
        mut echo,
        previous,
    } = parse(&body, &headers)?;
    if let Some(run) = previous {
        kept::go_on(&shared, &caller, run, &mut asked).await?;
    }
    // Whether it can be asked for by its number, and gone on from.
    echo.insert("store".to_owned(), caller.app.rules.keeps_texts.into());
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
