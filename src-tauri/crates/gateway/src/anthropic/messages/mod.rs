//! `/v1/messages`, and `/v1/messages/count_tokens`.

mod encode;
mod parse;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use patchbay_domain::route::Need;

use self::encode::{Blocks, whole};
use self::parse::parse;
use crate::asking;
use crate::failure::Refusal;
use crate::guard::Caller;
use crate::routes::Shared;
use crate::told;

/// Answers one request.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    caller: Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    let asked = parse(body, headers, true)?;
    asking::reply(shared, caller, asked, whole, Box::new(Blocks::default())).await
}

/// Counts the tokens of a request, without asking anybody: an estimate, which a header says.
pub(crate) fn count_tokens(headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    let asked = parse(body, headers, false)?;
    let tokens = Need::of(&asked.request).input_tokens;
    let body = format!(r#"{{"input_tokens":{tokens}}}"#);
    let mut response = body.into_response();
    let told = response.headers_mut();
    told.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    told.insert("x-patchbay-estimated", told::header("true"));
    Ok(response)
}
