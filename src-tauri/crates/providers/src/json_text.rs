//! JSON that the domain carries as text, on its way into a body. Shared by families.

use patchbay_domain::content::JsonText;
use patchbay_domain::{Failure, FailureClass};
use serde_json::value::RawValue;

/// The object as it stands, since what was signed must come back to the letter; `{}` for no text.
///
/// # Errors
/// Where the text is no JSON object; `what` names it in the message.
pub(crate) fn object(json: &JsonText, what: &str) -> Result<Box<RawValue>, Failure> {
    let text = match json.0.trim() {
        "" => "{}",
        text => text,
    };
    RawValue::from_string(text.to_owned())
        .ok()
        .filter(|raw| raw.get().starts_with('{'))
        .ok_or_else(|| {
            let message = format!("{what} cannot be sent: not a JSON object.");
            Failure::new(FailureClass::InvalidRequest, message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_pass_and_they_pass_as_they_stand() {
        let read = |text: &str| object(&JsonText(text.to_owned()), "It");
        assert_eq!(
            read(r#" {"b":1.50,"a":2}"#).unwrap().get(),
            r#"{"b":1.50,"a":2}"#
        );
        assert_eq!(read("").unwrap().get(), "{}");
        for text in ["[1]", "7", "{\"a\":", "{} {}"] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.class, FailureClass::InvalidRequest, "{text}");
            assert!(failure.message.starts_with("It cannot"), "{text}");
        }
    }
}
