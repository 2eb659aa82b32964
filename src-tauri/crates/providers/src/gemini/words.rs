//! What Google's words mean, and what people are told.

use patchbay_domain::{FailureClass, FinishReason};

/// Google's words for why a model stopped; some of them are failures in disguise. A call that the
/// model garbled is charged, and may well come out right the next time.
pub(super) fn finish_reason(word: &str) -> Result<FinishReason, FailureClass> {
    Ok(match word {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "PROHIBITED_CONTENT"
        | "BLOCKLIST"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE" => return Err(FailureClass::StreamCut),
        "MISSING_THOUGHT_SIGNATURE" => return Err(FailureClass::InvalidRequest),
        // LANGUAGE, OTHER, NO_IMAGE, IMAGE_OTHER, and what will be invented.
        _ => FinishReason::Other,
    })
}

/// What to say of bytes that came instead of words.
pub(super) fn unshown(media_type: Option<&str>) -> &'static str {
    let media_type = media_type.unwrap_or_default();
    if media_type.starts_with("image/") {
        "The model sent a picture, which Patchbay cannot show yet."
    } else if media_type.starts_with("audio/") {
        "The model sent sound, which Patchbay cannot play yet."
    } else {
        "The model sent a file, which Patchbay cannot show yet."
    }
}
