//! `/v1/messages`, and `/v1/messages/count_tokens`.

mod encode;
mod parse;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;

use self::encode::{Blocks, whole};
use self::parse::parse;
use crate::failure::Refusal;
use crate::guard::Caller;
use crate::routes::Shared;
use crate::{asking, reply, told};

/// Answers one request.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = parse(&body, &headers, true)?;
    asking::reply(&shared, caller, asked, whole, Box::new(Blocks::default())).await
}

/// Counts the tokens of a request: by whoever would be asked first, where their format can be asked for
/// that, and else by an estimate, which a header says.
pub(crate) async fn count_tokens(
    shared: Arc<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = parse(&body, &headers, false)?;
    let engine = &shared.engine;
    let counted = engine
        .count_tokens_for_app(&caller.app, asked.wish, asked.request)
        .await?;
    let mut response = reply::json(&serde_json::json!({ "input_tokens": counted.tokens }));
    if counted.is_estimate {
        response
            .headers_mut()
            .insert("x-patchbay-estimated", told::header("true"));
    }
    Ok(response)
}
