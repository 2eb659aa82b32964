use super::*;

mod abilities;
mod prices;

fn parse_models(body: &str) -> Result<Vec<ModelListing>, ModelListError> {
    read_as(ModelListShape::Plain, body)
}

fn read_as(shape: ModelListShape, body: &str) -> Result<Vec<ModelListing>, ModelListError> {
    super::parse_models(
        body,
        ListContext {
            provider_name: "Acme",
            shape,
        },
    )
}

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
