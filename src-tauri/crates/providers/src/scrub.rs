//! Takes keys out of text that is about to be shown, stored or logged.
//!
//! Providers repeat keys in error texts, and proxies repeat whole headers. What we know to be secret
//! is removed wherever it stands; what merely looks like a key is removed as well, because the text
//! may hold somebody else's.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// What stands where a key was.
pub const REMOVED: &str = "[key removed]";

/// The longest message that is kept, in characters.
pub const LONGEST_MESSAGE: usize = 2_000;

/// The longest id, code or name that is kept, in characters.
pub const LONGEST_IDENTIFIER: usize = 200;

/// Shorter secrets are not searched for: they would take ordinary words out of the text.
const SHORTEST_SECRET: usize = 6;

/// How keys of known makers begin, in lower case.
const PREFIXES: [&str; 33] = [
    "sk-",
    "sk_",
    "pk-",
    "pk_",
    "rk-",
    "rk_",
    "gsk_",
    "xai-",
    "hf_",
    "nvapi-",
    "pplx-",
    "csk-",
    "csk_",
    "fw_",
    "fpk_",
    "tgp_",
    "r8_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "aiza",
    "aq.",
    "ya29.",
    "gocspx-",
    "absk",
    "bedrock-api-key-",
    "akia",
    "asia",
    "eyj",
    "glpat-",
    "key-",
];

/// Knows the secrets of one provider.
#[derive(Clone, Default)]
pub struct Scrubber {
    secrets: Vec<SecretString>,
}

impl Scrubber {
    /// Removes these, and what looks like a key.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        let secrets = secrets
            .into_iter()
            .filter(|secret| secret.expose_secret().trim().len() >= SHORTEST_SECRET)
            .collect();
        Self { secrets }
    }

    /// One that knows this secret too.
    pub(crate) fn and(&self, secret: SecretString) -> Self {
        Self::new(self.secrets.iter().cloned().chain([secret]))
    }

    /// The text without keys, for words that people read.
    pub fn scrub(&self, text: &str) -> String {
        remove_lookalikes(&self.without_secrets(text), true)
    }

    /// An id, a code or a name without keys, at most [`LONGEST_IDENTIFIER`] characters long. Ids are
    /// random by nature, so only what begins like a key counts as one.
    pub fn identifier(&self, text: &str) -> String {
        remove_lookalikes(&self.without_secrets(text.trim()), false)
            .chars()
            .filter(|character| !character.is_control())
            .take(LONGEST_IDENTIFIER)
            .collect()
    }

    /// The same, where there is something to clean.
    pub(crate) fn identifier_in(&self, text: Option<&str>) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(self.identifier(text))
    }

    fn without_secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let secret = secret.expose_secret().trim();
            if text.contains(secret) {
                text = text.replace(secret, REMOVED);
            }
        }
        text
    }

    /// The text without keys and control characters, at most [`LONGEST_MESSAGE`] characters long.
    /// Cut last, so that no half of a key stays.
    pub fn message(&self, text: &str) -> String {
        let scrubbed = self.scrub(text.trim());
        let mut message = String::new();
        for (count, character) in scrubbed.chars().enumerate() {
            if count == LONGEST_MESSAGE {
                message.push('…');
                break;
            }
            let is_unwanted = character.is_control() && !matches!(character, '\n' | '\t');
            message.push(if is_unwanted { ' ' } else { character });
        }
        message
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scrubber({} secrets)", self.secrets.len())
    }
}

/// A key is a word, so the text is taken apart at everything that no key holds.
fn remove_lookalikes(text: &str, also_random: bool) -> String {
    let is_part = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '*' | '…')
    };
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    let mut follows_bearer = false;
    while let Some(first) = rest.chars().next() {
        if !is_part(first) {
            cleaned.push(first);
            follows_bearer &= first.is_whitespace() || matches!(first, ':' | '"' | '\'');
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if (follows_bearer && !is_plain_word(word))
            || begins_like_key(word)
            || (also_random && looks_random(word))
        {
            cleaned.push_str(REMOVED);
            // Base64 goes on where a word ends.
            let ends = |character: char| {
                character.is_whitespace() || "\"'`,;:<>()[]{}".contains(character)
            };
            rest = &rest[rest.find(ends).unwrap_or(rest.len())..];
        } else {
            cleaned.push_str(word);
        }
        follows_bearer = ["bearer", "basic"]
            .iter()
            .any(|scheme| word.eq_ignore_ascii_case(scheme));
    }
    cleaned
}

/// "Bearer token" and "basic plan" are no keys.
fn is_plain_word(word: &str) -> bool {
    word.len() <= 14
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'.')
}

fn begins_like_key(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| {
        let Some(rest) = lower.strip_prefix(prefix) else {
            return false;
        };
        let is_masked =
            rest.contains(|character: char| character.is_ascii_digit() || character == '*');
        rest.len() >= 20 || (rest.len() >= 6 && is_masked)
    })
}

/// A long mixed word without any structure. Hexadecimal ids have one case only, and stay.
fn looks_random(word: &str) -> bool {
    let count = |test: fn(&u8) -> bool| word.bytes().filter(test).count();
    word.len() >= 32
        && count(u8::is_ascii_digit) >= 4
        && count(u8::is_ascii_uppercase) >= 4
        && count(u8::is_ascii_lowercase) >= 4
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_configured_key_goes_wherever_it_stands() {
        let scrubber = Scrubber::new(["my own odd key 1".into()]);
        assert_eq!(
            scrubber.scrub("got `my own odd key 1`!"),
            format!("got `{REMOVED}`!")
        );
        assert_eq!(format!("{scrubber:?}"), "Scrubber(1 secrets)");
    }

    #[test]
    fn what_looks_like_a_key_goes() {
        let scrubber = Scrubber::default();
        for key in [
            "sk-proj-abcdEFGH1234ijkl5678",
            "sk-ant-api03-abcd1234",
            "sk-or-v1-0123456789abcdef0123456789abcdef",
            "gsk_abcdef123456",
            "AIzaSyA1234567890abcdefghijklmnopqrstuv",
            "AQ.Ab8RN6abcdefghijkl",
            "GOCSPX-abcdef_012345",
            "sk-ab***************wxyz",
            "hf_abcdefghijklmnopqrstuvwx",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
            "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z",
        ] {
            let cleaned = scrubber.scrub(&format!("Incorrect API key provided: {key}. See docs"));
            assert!(!cleaned.contains(key.trim_end_matches('.')), "{cleaned}");
            assert!(
                cleaned.contains(REMOVED) && cleaned.ends_with("See docs"),
                "{cleaned}"
            );
        }
        assert_eq!(
            scrubber.scrub("Authorization: Bearer aBc/def+g= and more"),
            format!("Authorization: Bearer {REMOVED} and more"),
        );
    }

    #[test]
    fn ordinary_words_stay() {
        let scrubber = Scrubber::new(["short".into()]);
        for text in [
            "The model `gpt-5-codex-2026` does not exist; short of that, sk-learn is a library.",
            "request 01234567-89ab-cdef-0123-456789abcdef, trace 0123456789abcdef0123456789abcdef",
            "key-value pairs, pk_columns, Basic plan, invalid bearer token. Try again",
            "Überlänge 世界 \u{1F44B}",
        ] {
            assert_eq!(scrubber.scrub(text), text);
        }
    }

    #[test]
    fn an_identifier_stays_whole_unless_it_is_a_key() {
        let scrubber = Scrubber::new(["secret-0123456789".into()]);
        let id = "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG";
        assert_eq!(scrubber.identifier(&format!(" {id}\n")), id);
        assert_eq!(scrubber.identifier("secret-0123456789"), REMOVED);
        assert_eq!(scrubber.identifier("sk-other-0123456789"), REMOVED);
        assert_eq!(
            scrubber.identifier(&"x".repeat(900)).len(),
            LONGEST_IDENTIFIER
        );
    }

    #[test]
    fn a_message_is_short_and_no_half_key_stays_at_its_end() {
        let secret = "secret-0123456789";
        let scrubber = Scrubber::new([secret.into()]);
        let text = format!("{}{secret}", "x".repeat(LONGEST_MESSAGE - 8));
        let message = scrubber.message(&text);
        assert!(!message.contains("secret"), "{message}");
        assert_eq!(message.chars().count(), LONGEST_MESSAGE + 1);
    }

    proptest! {
        #[test]
        fn the_key_never_survives(before in "\\PC{0,40}", key in "[A-Za-z0-9_-]{12,60}", after in "\\PC{0,40}") {
            let scrubber = Scrubber::new([key.clone().into()]);
            let text = scrubber.message(&format!("{before}{key}{after}"));
            prop_assert!(!text.contains(&key));
        }
    }
}
