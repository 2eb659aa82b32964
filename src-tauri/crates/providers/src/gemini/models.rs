//! The list of models, in the two shapes that Google gives it, page by page; and what an id tells.

use patchbay_domain::{Capabilities, ModelListing};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{Count, filled, lenient, positive, raw_list};
use crate::model_list::{ModelListError, ModelPage};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow)]
    models: Option<&'a RawValue>,
    #[serde(borrow)]
    publisher_models: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    next_page_token: Option<String>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct RawList<'a> {
    #[serde(borrow, deserialize_with = "raw_list")]
    items: Vec<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireModel {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    input_token_limit: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    output_token_limit: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    supported_generation_methods: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    thinking: Option<bool>,
}

/// Reads a page of Google AI Studio's list.
///
/// # Errors
/// Where the body is none.
pub fn parse_models(body: &str) -> Result<ModelPage, ModelListError> {
    let page = page(body)?;
    // A page without any model leaves the list out.
    Ok(read(page.models, page.next_page_token, |wire, id| {
        ModelListing {
            name: filled(wire.display_name).filter(|name| *name != id),
            // What the prompt may hold; Google counts the answer apart.
            context_length: positive(wire.input_token_limit),
            max_output: positive(wire.output_token_limit),
            is_chat: wire
                .supported_generation_methods
                .map(|methods| methods.iter().any(|method| method == "generateContent")),
            capabilities: Capabilities {
                reasoning: wire.thinking,
                ..Capabilities::default()
            },
            id,
            ..ModelListing::default()
        }
    }))
}

/// Reads a page of the list of what Google publishes on Google Cloud. It names models of all kinds
/// and says next to nothing about them.
///
/// # Errors
/// Where the body is none.
pub fn parse_publisher_models(body: &str) -> Result<ModelPage, ModelListError> {
    let page = page(body)?;
    Ok(read(
        page.publisher_models,
        page.next_page_token,
        |_, id| ModelListing {
            owned_by: Some("google".to_owned()),
            id,
            ..ModelListing::default()
        },
    ))
}

fn page(body: &str) -> Result<Page<'_>, ModelListError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    if !body.starts_with('{') {
        return Err(ModelListError);
    }
    let page: Page<'_> = serde_json::from_str(body).map_err(|_| ModelListError)?;
    let is_list = |list: Option<&RawValue>| list.is_none_or(|list| list.get().starts_with('['));
    let is_page = page.error.is_none() && is_list(page.models) && is_list(page.publisher_models);
    // `{}` is what Google sends for no models at all, anything else has to be recognized.
    let is_known = page.models.is_some()
        || page.publisher_models.is_some()
        || body[1..].trim_start().starts_with('}');
    if is_page && is_known {
        Ok(page)
    } else {
        Err(ModelListError)
    }
}

fn read(
    list: Option<&RawValue>,
    next: Option<String>,
    listing: impl Fn(WireModel, String) -> ModelListing,
) -> ModelPage {
    let list: RawList<'_> = list
        .and_then(|list| serde_json::from_str(list.get()).ok())
        .unwrap_or_default();
    let models = list.items.iter().filter_map(|raw| {
        let mut wire: WireModel = serde_json::from_str(raw.get()).ok()?;
        let id = filled(wire.name.take())?;
        let id = without_prefix(id.trim()).to_owned();
        Some(listing(wire, id))
    });
    ModelPage {
        models: models.collect(),
        next: filled(next),
    }
}

/// The id without what lists put before it. Tuned models keep theirs: it is a part of the address.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix("models/")
        .or_else(|| name.strip_prefix("publishers/google/models/"))
        .unwrap_or(name)
}

/// The last part of a model's id.
pub(super) fn short_name(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// The two numbers in a Gemini model's id, such as `(2, 5)`; `None` for other models, and for names
/// like `gemini-flash-latest`.
pub fn model_version(model: &str) -> Option<(u32, u32)> {
    let rest = short_name(model).strip_prefix("gemini-")?;
    let number = rest.split('-').next().unwrap_or(rest);
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_ai_studio() {
        let page = parse_models(
            r#"{"models":[
                {"name":"models/gemini-3.8-flash","version":"001","displayName":"Gemini 3.8 Flash","inputTokenLimit":1048576,
                 "outputTokenLimit":65536,"supportedGenerationMethods":["generateContent","countTokens"],"thinking":true},
                {"name":"models/gemini-embedding-001","supportedGenerationMethods":["embedContent"]},
                {"name":"tunedModels/mine-7"}, {"displayName":"no name"}, 7, null],
               "nextPageToken":"Cg1tb2RlbHM="}"#,
        )
        .unwrap();
        assert_eq!(page.next.as_deref(), Some("Cg1tb2RlbHM="));
        assert_eq!(
            page.models,
            [
                ModelListing {
                    id: "gemini-3.8-flash".to_owned(),
                    name: Some("Gemini 3.8 Flash".to_owned()),
                    context_length: Some(1_048_576),
                    max_output: Some(65_536),
                    is_chat: Some(true),
                    capabilities: Capabilities {
                        reasoning: Some(true),
                        ..Capabilities::default()
                    },
                    ..ModelListing::default()
                },
                ModelListing {
                    id: "gemini-embedding-001".to_owned(),
                    is_chat: Some(false),
                    ..ModelListing::default()
                },
                ModelListing {
                    id: "tunedModels/mine-7".to_owned(),
                    ..ModelListing::default()
                },
            ]
        );
    }

    #[test]
    fn a_page_of_google_cloud() {
        let page = parse_publisher_models(
            r#"{"publisherModels":[{"name":"publishers/google/models/gemini-2.5-pro","versionId":"default","launchStage":"GA"}]}"#,
        )
        .unwrap();
        assert_eq!(page.models[0].id, "gemini-2.5-pro");
        assert_eq!(page.models[0].owned_by.as_deref(), Some("google"));
        assert_eq!(page.models[0].is_chat, None);
        assert_eq!(page.next, None);
    }

    #[test]
    fn what_is_no_list_is_told_and_an_empty_one_is_fine() {
        for body in ["{}", " { } ", r#"{"models":[]}"#, "\u{feff}{}"] {
            assert_eq!(parse_models(body).unwrap(), ModelPage::default(), "{body}");
        }
        for body in [
            "",
            "<html>",
            "[]",
            "7",
            r#"{"models":7}"#,
            r#"{"error":{"code":403}}"#,
            r#"{"detail":"x"}"#,
            r#"{"models":["#,
        ] {
            assert_eq!(parse_models(body), Err(ModelListError), "{body}");
        }
    }

    #[test]
    fn the_numbers_in_an_id() {
        for (model, expected) in [
            ("gemini-2.5-pro", Some((2, 5))),
            ("models/gemini-3-pro-preview", Some((3, 0))),
            ("publishers/google/models/gemini-3.8-flash", Some((3, 8))),
            ("gemini-4", Some((4, 0))),
            ("gemini-flash-latest", None),
            ("gemma-3-27b-it", None),
        ] {
            assert_eq!(model_version(model), expected, "{model}");
        }
    }
}
