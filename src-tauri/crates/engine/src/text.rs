//! Texts that other programs read.

use jiff::Timestamp;
use patchbay_domain::UnixMillis;

/// A text as it stands in HTML, in an attribute too.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A field of a CSV file. A spreadsheet takes one that begins with these for a formula, and what models
/// and providers write is not to be run.
pub(crate) fn guarded(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{field}")
    } else {
        field.to_owned()
    }
}

/// A moment as RFC 3339 writes it, in UTC.
pub fn moment_text(moment: UnixMillis) -> String {
    Timestamp::from_millisecond(moment.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc() {
        assert_eq!(moment_text(UnixMillis(0)), "1970-01-01T00:00:00Z");
        let later = UnixMillis(1_795_692_013_417);
        assert_eq!(moment_text(later), "2026-11-26T11:20:13Z");
    }

    #[test]
    fn a_formula_is_a_text() {
        assert_eq!(guarded("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(guarded("a=b"), "a=b");
    }
}
