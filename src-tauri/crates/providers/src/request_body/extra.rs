//! Fields that the person adds to a body by hand.

use patchbay_domain::Failure;
use patchbay_domain::content::JsonText;
use serde::Serialize;
use serde_json::value::RawValue;

use super::fields::Fields;
use super::{refused, unwritable};

/// What becomes of a field that is an object on both sides. Any other field that is added replaces ours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Join {
    /// It is replaced too.
    Never,
    /// Of those with these names the fields are joined, so that one setting more does not take the
    /// others away. What they hold is replaced.
    Within(&'static [&'static str]),
    /// Their fields are joined, and so on all the way down.
    Deep,
}

impl Join {
    /// How to join the fields of an object of this name; `None` where it is replaced.
    fn below(self, name: &str) -> Option<Self> {
        match self {
            Self::Never => None,
            Self::Within(names) => names.contains(&name).then_some(Self::Never),
            Self::Deep => Some(Self::Deep),
        }
    }
}

/// The body as JSON, with the fields of `extra` put in. They win over ours. Neither side's values are
/// read, so that none of them changes.
///
/// # Errors
/// Where `extra` is no object, or the body holds a number that JSON has no word for.
pub(crate) fn with_extra_body(
    body: &impl Serialize,
    extra: Option<&JsonText>,
    join: Join,
) -> Result<Vec<u8>, Failure> {
    let written = serde_json::value::to_raw_value(body).map_err(|error| unwritable(&error))?;
    let Some(extra) = extra else {
        return Ok(bytes(written));
    };
    let added: Fields = serde_json::from_str(&extra.0)
        .map_err(|_| refused("The extra fields of the request are not a JSON object."))?;
    joined(&written, added, join)
        .map(bytes)
        .map_err(|error| unwritable(&error))
}

fn bytes(written: Box<RawValue>) -> Vec<u8> {
    Box::<str>::from(written).into_string().into_bytes()
}

fn joined(base: &RawValue, added: Fields, join: Join) -> Result<Box<RawValue>, serde_json::Error> {
    let mut fields: Fields = serde_json::from_str(base.get())?;
    for (name, value) in added {
        let value = match (fields.get(&name), join.below(&name)) {
            (Some(own), Some(join)) if is_object(own) && is_object(&value) => {
                joined(own, serde_json::from_str(value.get())?, join)?
            }
            _ => value,
        };
        fields.put_raw(&name, value);
    }
    serde_json::value::to_raw_value(&fields)
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

#[cfg(test)]
mod tests {
    use patchbay_domain::FailureClass;
    use serde_json::json;

    use super::*;

    const BODY: &str = r#"{"model":"a","options":{"seed":1,"deep":{"z":1.50,"a":2}}}"#;

    fn sent(extra: &str, join: Join) -> String {
        let body: Fields = serde_json::from_str(BODY).unwrap();
        let extra = JsonText(extra.to_owned());
        String::from_utf8(with_extra_body(&body, Some(&extra), join).unwrap()).unwrap()
    }

    #[test]
    fn added_fields_win_and_objects_are_joined_as_far_as_the_family_wants() {
        let extra = r#" {"model":"b","options":{"deep":{"b":9}},"more":[1]} "#;
        for (join, options) in [
            (Join::Never, r#"{"deep":{"b":9}}"#),
            (Join::Within(&["other"]), r#"{"deep":{"b":9}}"#),
            (Join::Within(&["options"]), r#"{"seed":1,"deep":{"b":9}}"#),
            (Join::Deep, r#"{"seed":1,"deep":{"z":1.50,"a":2,"b":9}}"#),
        ] {
            assert_eq!(
                sent(extra, join),
                format!(r#"{{"model":"b","options":{options},"more":[1]}}"#),
                "{join:?}"
            );
        }
        let replaced = sent(r#"{"options":null}"#, Join::Deep);
        assert_eq!(replaced, r#"{"model":"a","options":null}"#);
    }

    #[test]
    fn what_is_not_touched_keeps_its_bytes() {
        let extra = r#"{"big":12345678901234567890123,"x":1.10}"#;
        assert_eq!(
            sent(extra, Join::Within(&["options"])),
            format!("{},{}", &BODY[..BODY.len() - 1], &extra[1..])
        );
        assert_eq!(sent("{}", Join::Deep), BODY);
    }

    #[test]
    fn what_is_no_object_is_refused_before_it_is_sent() {
        for extra in ["[1]", "7", "null", "{", "", "{} {}"] {
            let extra = JsonText(extra.to_owned());
            let failure = with_extra_body(&json!({}), Some(&extra), Join::Deep).unwrap_err();
            assert_eq!(failure.class, FailureClass::InvalidRequest, "{extra:?}");
        }
    }
}
