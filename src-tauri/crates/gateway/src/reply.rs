//! Replies of JSON.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

/// What is written as JSON, with status 200.
pub(crate) fn json(value: &impl Serialize) -> Response {
    // Every value here has text for keys, which is all that could fail.
    written(serde_json::to_vec(value).unwrap_or_default())
}

/// JSON that is written already, with status 200.
pub(crate) fn written(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
