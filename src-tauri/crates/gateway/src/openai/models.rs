//! `/v1/models`.

use axum::response::Response;
use patchbay_engine::NamedModel;
use serde::Serialize;

use crate::reply::json;

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    /// Seconds since 1970; 0 where nobody knows when it came out, since the field has to be a number.
    created: i64,
    owned_by: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    /// How many ways in there are.
    ways: usize,
    /// `embedding` where it is for `/v1/embeddings` alone, as other lists say it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

fn model(named: &NamedModel) -> Model<'_> {
    Model {
        id: &named.name,
        object: "model",
        created: named.released_at.map_or(0, |at| at.0 / 1_000),
        owned_by: &named.owner,
        name: &named.title,
        context_length: named.context_length,
        ways: named.ways,
        kind: (!named.is_chat).then_some("embedding"),
    }
}

/// All that the app can ask for.
pub(crate) fn list(names: &[NamedModel]) -> Response {
    json(&List {
        object: "list",
        data: names.iter().map(model).collect(),
    })
}

/// One of them.
pub(crate) fn one(named: &NamedModel) -> Response {
    json(&model(named))
}
