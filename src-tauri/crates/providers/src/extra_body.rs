//! Fields that the person adds to a body by hand. Shared by families.

use patchbay_domain::content::JsonText;
use patchbay_domain::{Failure, FailureClass};
use serde::Serialize;
use serde_json::{Map, Value};

/// The body as JSON, with the fields of `extra` put in. They win over fields of the same name,
/// except that in the fields named in `merged` the objects are joined.
///
/// # Errors
/// Where `extra` is no object, or the body holds a number that JSON has no word for.
pub(crate) fn with_extra_body(
    body: &impl Serialize,
    extra: Option<&JsonText>,
    merged: &[&str],
) -> Result<Vec<u8>, Failure> {
    let Some(extra) = extra else {
        return serde_json::to_vec(body).map_err(|error| unwritable(&error));
    };
    let extra: Map<String, Value> = serde_json::from_str(&extra.0).map_err(|_| {
        Failure::new(
            FailureClass::InvalidRequest,
            "The fields to add to the request are not a JSON object.",
        )
    })?;
    let mut body = serde_json::to_value(body).map_err(|error| unwritable(&error))?;
    if let Value::Object(fields) = &mut body {
        for (name, value) in extra {
            match (fields.get_mut(&name), value) {
                (Some(Value::Object(own)), Value::Object(added))
                    if merged.contains(&name.as_str()) =>
                {
                    own.extend(added);
                }
                (_, value) => {
                    fields.insert(name, value);
                }
            }
        }
    }
    serde_json::to_vec(&body).map_err(|error| unwritable(&error))
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::new(
        FailureClass::Internal,
        format!("The request cannot be written: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(extra: &str) -> Value {
        let body = json!({ "model": "a", "options": { "seed": 1, "top_p": 0.5 } });
        let extra = JsonText(extra.to_owned());
        let bytes = with_extra_body(&body, Some(&extra), &["options"]).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn added_fields_win_and_named_objects_are_joined() {
        assert_eq!(
            sent(r#"{"model":"b","options":{"seed":2,"num_ctx":9},"more":[1]}"#),
            json!({ "model": "b", "more": [1],
                "options": { "seed": 2, "top_p": 0.5, "num_ctx": 9 } })
        );
        assert_eq!(sent(r#"{"options":null}"#)["options"], Value::Null);
    }

    #[test]
    fn what_is_no_object_is_refused_before_it_is_sent() {
        let extra = JsonText("[1]".to_owned());
        let failure = with_extra_body(&json!({}), Some(&extra), &[]).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest);
    }
}
