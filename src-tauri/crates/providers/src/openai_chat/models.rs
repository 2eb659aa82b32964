//! The list of models, in the shapes that servers give it.

use patchbay_domain::ModelListing;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::wire::{Count, lenient};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireModel {
    #[serde(deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    owned_by: Option<String>,
    #[serde(deserialize_with = "lenient")]
    context_length: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    context_window: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    max_context_length: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    max_model_len: Option<Count>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    data: Option<&'a RawValue>,
    /// llama.cpp's server sends both.
    #[serde(borrow, default, deserialize_with = "even_null")]
    models: Option<&'a RawValue>,
}

/// Tells a field that is `null` from one that is not there.
fn even_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A body that is no list of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The answer is not a list of models.")]
pub struct ModelListError;

/// Reads `{"data":[..]}`, `{"models":[..]}` or a bare list, whose items are objects or plain ids.
/// Sorted by id, each id once.
///
/// # Errors
/// Where the body is none of these.
pub fn parse_models(body: &str) -> Result<Vec<ModelListing>, ModelListError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let list = if body.starts_with('[') {
        body
    } else {
        let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| ModelListError)?;
        envelope
            .data
            .or(envelope.models)
            .ok_or(ModelListError)?
            .get()
    };
    // A server without a single model says `null`.
    let items: Option<Vec<&RawValue>> = serde_json::from_str(list).map_err(|_| ModelListError)?;
    let mut models: Vec<_> = items
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| listing(item.get()))
        .collect();
    models.sort_by(|left, right| left.id.cmp(&right.id));
    models.dedup_by(|left, right| left.id == right.id);
    Ok(models)
}

fn listing(item: &str) -> Option<ModelListing> {
    if let Ok(id) = serde_json::from_str::<String>(item) {
        let id = Some(id).filter(|id| !id.trim().is_empty())?;
        return Some(ModelListing {
            id,
            ..ModelListing::default()
        });
    }
    let wire: WireModel = serde_json::from_str(item).ok()?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let name = filled(wire.display_name).or_else(|| filled(wire.name));
    // Ollama's native shape has a name and no id.
    let id = filled(wire.id).or_else(|| name.clone())?;
    let context = [
        wire.context_length,
        wire.context_window,
        wire.max_context_length,
        wire.max_model_len,
    ]
    .into_iter()
    .flatten()
    .find(|count| count.0 > 0);
    Some(ModelListing {
        name: name.filter(|name| *name != id),
        context_length: context.map(|count| count.0),
        owned_by: filled(wire.owned_by),
        id,
        ..ModelListing::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<String> {
        parse_models(body)
            .unwrap()
            .into_iter()
            .map(|model| model.id)
            .collect()
    }

    #[test]
    fn every_shape_is_read_and_sorted() {
        assert_eq!(
            ids(r#"{"object":"list","data":[{"id":"b"},{"id":"a"}]}"#),
            ["a", "b"]
        );
        assert_eq!(
            ids(r#"{"models":[{"name":"b"}],"data":[{"id":"a"}]}"#),
            ["a"]
        );
        assert_eq!(ids(r#"{"models":[{"name":"llama3:8b"}]}"#), ["llama3:8b"]);
        assert_eq!(ids(r#"[{"id":"b"},{"id":"a"},{"id":"a"}]"#), ["a", "b"]);
        assert_eq!(ids(r#"["b","a"," "]"#), ["a", "b"]);
        assert_eq!(ids("\u{feff}\n{\"data\":null}").len(), 0);
    }

    #[test]
    fn the_context_has_four_names() {
        for field in [
            "context_length",
            "context_window",
            "max_context_length",
            "max_model_len",
        ] {
            let models = parse_models(&format!(r#"[{{"id":"a","{field}":8192}}]"#)).unwrap();
            assert_eq!(models[0].context_length, Some(8_192), "{field}");
        }
    }

    #[test]
    fn one_odd_entry_does_not_take_the_list_away() {
        let body = r#"{"data":[{"id":7},null,{"id":"a","name":{"x":1},"context_length":"8192","owned_by":"maker"},[1]]}"#;
        let models = parse_models(body).unwrap();
        assert_eq!(
            models,
            [ModelListing {
                id: "a".to_owned(),
                name: None,
                context_length: Some(8_192),
                owned_by: Some("maker".to_owned()),
                ..ModelListing::default()
            }]
        );
    }

    #[test]
    fn what_is_no_list_is_told() {
        for body in [
            "",
            "<html>",
            "{}",
            "null",
            "7",
            r#"{"data":{"a":1}}"#,
            r#"{"error":"x"}"#,
        ] {
            assert_eq!(parse_models(body), Err(ModelListError), "{body}");
        }
    }
}
