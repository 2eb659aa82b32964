//! `/v1/models` in Anthropic's shape.

use axum::response::Response;
use patchbay_domain::UnixMillis;
use patchbay_engine::NamedModel;
use serde::Serialize;

use crate::reply::json;

#[derive(Serialize)]
struct List<'a> {
    data: Vec<Model<'a>>,
    has_more: bool,
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Model<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    display_name: &'a str,
    created_at: String,
}

fn model(named: &NamedModel) -> Model<'_> {
    Model {
        kind: "model",
        id: &named.name,
        display_name: &named.title,
        // The field has to be a moment; the epoch says that nobody knows.
        created_at: patchbay_engine::moment_text(named.released_at.unwrap_or(UnixMillis(0))),
    }
}

/// All that the app can ask for, on one page.
pub(crate) fn list(names: &[NamedModel]) -> Response {
    json(&List {
        data: names.iter().map(model).collect(),
        has_more: false,
        first_id: names.first().map(|named| named.name.as_str()),
        last_id: names.last().map(|named| named.name.as_str()),
    })
}

/// One of them.
pub(crate) fn one(named: &NamedModel) -> Response {
    json(&model(named))
}
