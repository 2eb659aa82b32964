//! `/v1/messages`, and `/v1/messages/count_tokens`.

mod encode;
mod parse;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;
use patchbay_domain::route::Need;

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

/// Counts the tokens of a request, without asking anybody: an estimate, which a header says.
pub(crate) async fn count_tokens(
    _: Arc<Shared>,
    _: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = parse(&body, &headers, false)?;
    let tokens = Need::of(&asked.request).input_tokens;
    let mut response = reply::json(&serde_json::json!({ "input_tokens": tokens }));
    response
        .headers_mut()
        .insert("x-patchbay-estimated", told::header("true"));
    Ok(response)
}
