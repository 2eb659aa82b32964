//! What can be a key at all. A key ends in an HTTP header, which holds visible ASCII and nothing
//! else; saying so when it is pasted is kinder than a failed request later.

use secrecy::{ExposeSecret, SecretString};

/// The longest key, in bytes. Tokens of real providers end far below; whole files end above.
pub const KEY_LIMIT: usize = 4096;

/// Takes a key as a person pasted it: without the white space around it.
///
/// # Errors
///
/// What is left is empty, too long, or could not stand in an HTTP header.
pub fn clean_key(pasted: &SecretString) -> Result<SecretString, KeyFormatError> {
    let key = pasted.expose_secret().trim();
    if key.is_empty() {
        return Err(KeyFormatError::Empty);
    }
    if key.len() > KEY_LIMIT {
        return Err(KeyFormatError::TooLong);
    }
    if key.chars().any(char::is_whitespace) {
        return Err(KeyFormatError::Whitespace);
    }
    if key.chars().any(char::is_control) {
        return Err(KeyFormatError::ControlCharacter);
    }
    if !key.is_ascii() {
        return Err(KeyFormatError::NotAscii);
    }
    Ok(SecretString::from(key.to_owned()))
}

/// Why a text cannot be a key. Never holds any part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFormatError {
    /// Nothing but white space.
    #[error("There is no key here. Paste the key that the provider gave you.")]
    Empty,
    /// More than [`KEY_LIMIT`] bytes, or more than this system's keychain holds.
    #[error("This is too long to be a key. Paste the key alone, not the file it came in.")]
    TooLong,
    /// A space or a line break inside.
    #[error(
        "There is a space or a line break inside this key. Paste the key alone, in one piece and \
         without a word such as Bearer before it."
    )]
    Whitespace,
    /// An invisible control character inside.
    #[error("There is an invisible character inside this key. Copy the key again and paste it.")]
    ControlCharacter,
    /// A letter or sign that no HTTP header can hold.
    #[error(
        "There is a character in this key that cannot be sent, such as an accented letter, a \
         curly quote or a dot that stands for a hidden part. Copy the whole key again and paste it."
    )]
    NotAscii,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> Result<String, KeyFormatError> {
        clean_key(&SecretString::from(text.to_owned())).map(|key| key.expose_secret().to_owned())
    }

    #[test]
    fn white_space_around_a_key_is_dropped() {
        assert_eq!(
            clean("  sk-abc_DEF.123~/+=\r\n").unwrap(),
            "sk-abc_DEF.123~/+="
        );
        assert_eq!(clean("\u{a0}sk-1\u{2003}").unwrap(), "sk-1");
    }

    #[test]
    fn what_no_header_can_hold_is_refused_with_its_reason() {
        assert_eq!(clean(" \n\t "), Err(KeyFormatError::Empty));
        assert_eq!(clean("Bearer sk-1"), Err(KeyFormatError::Whitespace));
        assert_eq!(clean("sk-1\r\nx-evil: 1"), Err(KeyFormatError::Whitespace));
        assert_eq!(clean("sk-\u{0}1"), Err(KeyFormatError::ControlCharacter));
        assert_eq!(clean("sk-\u{7f}1"), Err(KeyFormatError::ControlCharacter));
        assert_eq!(clean("sk-••••1234"), Err(KeyFormatError::NotAscii));
        assert_eq!(clean("\u{feff}sk-1"), Err(KeyFormatError::NotAscii));
    }

    #[test]
    fn the_longest_key_fits_and_one_byte_more_does_not() {
        assert_eq!(clean(&"k".repeat(KEY_LIMIT)).unwrap().len(), KEY_LIMIT);
        assert_eq!(
            clean(&"k".repeat(KEY_LIMIT + 1)),
            Err(KeyFormatError::TooLong)
        );
    }
}
