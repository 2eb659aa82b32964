//! What the bodies of all families are made with, and the words for what cannot be sent.
//!
//! Values that the domain carries as text go into a body as they stand: a signature covers every byte of
//! what was signed, the order of a schema's fields is the order in which a model fills them in, and a
//! number is sent with the digits that the person typed.

mod extra;
mod fields;
mod json_text;

use patchbay_domain::{ChatRequest, Failure, FailureClass};

pub(crate) use self::extra::{Join, with_extra_body};
pub(crate) use self::fields::Fields;
pub(crate) use self::json_text::object;

/// Checks what can be checked of a request without knowing the family.
///
/// # Errors
/// Where a parameter is out of its range or no number at all, or embeddings are asked for.
pub(crate) fn check(request: &ChatRequest) -> Result<(), Failure> {
    // Families that make embeddings have turned off before.
    if request.embedding.is_some() {
        return Err(Failure::new(
            FailureClass::NoEmbeddings,
            "This provider's format has no embeddings.",
        ));
    }
    let checked = request.parameters.validate();
    checked.map_err(|error| refused(error.to_string()))
}

/// A request that cannot be sent as it is.
pub(crate) fn refused(sentence: impl Into<String>) -> Failure {
    Failure::new(FailureClass::InvalidRequest, sentence)
}

/// A part in a turn that has no place for it; `what` names it with its article.
pub(crate) fn misplaced(what: &str) -> Failure {
    refused(format!("{what} stands in a turn that cannot hold one."))
}

fn unwritable(error: &serde_json::Error) -> Failure {
    let message = format!("The request cannot be written: {error}");
    Failure::new(FailureClass::Internal, message)
}
