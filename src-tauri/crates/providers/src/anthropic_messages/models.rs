//! The list of models, which comes in pages.

use patchbay_domain::{Capabilities, Modalities, ModelListing};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Count, lenient};
use crate::lenient::{filled, positive};
use crate::model_list::{ModelListError, ModelPage};
use crate::rfc3339::parse_moment;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    has_more: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    last_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireModel {
    #[serde(deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    created_at: Option<String>,
    #[serde(deserialize_with = "lenient")]
    max_input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    max_tokens: Option<Count>,
    /// How those who copied the format name the context.
    #[serde(deserialize_with = "lenient")]
    context_length: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    owned_by: Option<String>,
    #[serde(deserialize_with = "lenient")]
    capabilities: Option<WireCapabilities>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCapabilities {
    #[serde(deserialize_with = "lenient")]
    image_input: Option<Support>,
    #[serde(deserialize_with = "lenient")]
    pdf_input: Option<Support>,
    #[serde(deserialize_with = "lenient")]
    structured_outputs: Option<Support>,
    #[serde(deserialize_with = "lenient")]
    thinking: Option<Support>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Support {
    #[serde(deserialize_with = "lenient")]
    supported: Option<bool>,
}

/// Reads one page of `{"data":[..],"has_more":..,"last_id":..}`.
///
/// # Errors
/// Where the body is no such page.
pub fn parse_models(body: &str) -> Result<ModelPage, ModelListError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| ModelListError)?;
    let has_more = envelope.has_more == Some(true);
    Ok(ModelPage {
        models: envelope
            .data
            .iter()
            .filter_map(|item| listing(serde_json::from_str(item.get()).ok()?))
            .collect(),
        next: filled(envelope.last_id).filter(|_| has_more),
    })
}

fn listing(wire: WireModel) -> Option<ModelListing> {
    let id = filled(wire.id)?;
    Some(ModelListing {
        name: filled(wire.display_name).filter(|name| *name != id),
        context_length: positive(wire.max_input_tokens).or(positive(wire.context_length)),
        max_output: positive(wire.max_tokens),
        owned_by: filled(wire.owned_by),
        // A release that nobody knows is given as the beginning of time.
        released_at: wire
            .created_at
            .as_deref()
            .and_then(parse_moment)
            .filter(|moment| moment.0 > 0),
        capabilities: wire
            .capabilities
            .map_or_else(Capabilities::default, capabilities),
        id,
        ..ModelListing::default()
    })
}

fn capabilities(wire: WireCapabilities) -> Capabilities {
    let supported = |support: Option<Support>| support?.supported;
    let (image, pdf) = (supported(wire.image_input), supported(wire.pdf_input));
    Capabilities {
        // Words go without saying; what is said of neither pictures nor documents is unknown.
        input: (image.is_some() || pdf.is_some()).then(|| Modalities {
            text: true,
            image: image == Some(true),
            pdf: pdf == Some(true),
            ..Modalities::default()
        }),
        reasoning: supported(wire.thinking),
        json_schema: supported(wire.structured_outputs),
        ..Capabilities::default()
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::UnixMillis;

    use super::*;

    #[test]
    fn a_page_says_what_each_model_can_do_and_where_the_next_begins() {
        let page = parse_models(
            r#"{"data":[{"type":"model","id":"claude-opus-5-5","display_name":"Claude Opus 5.5",
            "created_at":"2026-09-22T00:00:00Z","max_input_tokens":1000000,"max_tokens":128000,
            "capabilities":{"image_input":{"supported":true},"pdf_input":{"supported":false},
            "structured_outputs":{"supported":true},"thinking":{"supported":true,"types":{}},"new":1}}],
            "has_more":true,"first_id":"claude-opus-5-5","last_id":"claude-opus-5-5"}"#,
        )
        .unwrap();
        let expected = ModelListing {
            id: "claude-opus-5-5".to_owned(),
            name: Some("Claude Opus 5.5".to_owned()),
            context_length: Some(1_000_000),
            max_output: Some(128_000),
            released_at: Some(UnixMillis(1_790_035_200_000)),
            capabilities: Capabilities {
                input: Some(Modalities {
                    text: true,
                    image: true,
                    ..Modalities::default()
                }),
                reasoning: Some(true),
                json_schema: Some(true),
                ..Capabilities::default()
            },
            ..ModelListing::default()
        };
        assert_eq!(page.models, [expected]);
        assert_eq!(page.next.as_deref(), Some("claude-opus-5-5"));
    }

    #[test]
    fn the_short_lists_of_others_and_odd_entries_are_read() {
        let page = parse_models(
            r#"{"object":"list","data":[{"id":"glm-5.3","object":"model","created":1,"owned_by":"z-ai"},
            null,{"id":7},{"id":"old","created_at":"1970-01-01T00:00:00Z","capabilities":[]}],"last_id":"old"}"#,
        )
        .unwrap();
        assert_eq!(page.models.len(), 2);
        assert_eq!(page.models[0].owned_by.as_deref(), Some("z-ai"));
        assert_eq!(page.models[1].released_at, None);
        assert_eq!(page.models[1].capabilities, Capabilities::default());
        assert_eq!(page.next, None, "a last page has a last id too");
    }

    #[test]
    fn what_is_no_list_is_told() {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"data":null}"#,
            r#"{"error":{}}"#,
        ] {
            assert_eq!(parse_models(body), Err(ModelListError), "{body}");
        }
    }
}
