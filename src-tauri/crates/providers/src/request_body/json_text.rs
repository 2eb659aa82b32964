//! JSON that the domain carries as text, on its way into a body.

use patchbay_domain::Failure;
use patchbay_domain::content::JsonText;
use serde_json::value::RawValue;

use super::refused;

/// The object as it stands. No text and `null` are an empty one: models say either of a call without
/// arguments.
///
/// # Errors
/// Where the text is no JSON object; `what` names it in the message.
pub(crate) fn object<'a>(json: &'a JsonText, what: &str) -> Result<&'a RawValue, Failure> {
    let text = match json.0.trim() {
        "" | "null" => "{}",
        text => text,
    };
    serde_json::from_str::<&RawValue>(text)
        .ok()
        .filter(|raw| raw.get().starts_with('{'))
        .ok_or_else(|| refused(format!("{what} cannot be sent: not a JSON object.")))
}

#[cfg(test)]
mod tests {
    use patchbay_domain::FailureClass;

    use super::*;

    #[test]
    fn only_objects_pass_and_they_pass_as_they_stand() {
        for (text, expected) in [
            (r#" {"b":1.50,"a":2}"#, r#"{"b":1.50,"a":2}"#),
            ("", "{}"),
            (" null\n", "{}"),
        ] {
            let json = JsonText(text.to_owned());
            assert_eq!(object(&json, "It").unwrap().get(), expected, "{text}");
        }
        for text in ["[1]", "7", "{\"a\":", "{} {}"] {
            let failure = object(&JsonText(text.to_owned()), "It").unwrap_err();
            assert_eq!(failure.class, FailureClass::InvalidRequest, "{text}");
            assert!(failure.message.starts_with("It cannot"), "{text}");
        }
    }
}
