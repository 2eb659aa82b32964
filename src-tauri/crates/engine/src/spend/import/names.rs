//! Names of models, as far as two lists spell them alike.

/// A name without what spellings differ in: the maker before it, the variant behind it, capitals,
/// marks, and the date of a snapshot. `Claude Sonnet 4.5` and `claude-sonnet-4-5-20250929` are alike.
pub(super) fn alike(name: &str) -> String {
    let name = name.trim();
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.split(':').next().unwrap_or(name);
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let mut letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    if letters.len() > 6 && letters.ends_with("latest") {
        letters.truncate(letters.len() - 6);
    }
    let is_date =
        |text: &str| text.starts_with("20") && text.bytes().all(|byte| byte.is_ascii_digit());
    // Only ASCII is left, so every place is one between letters.
    if letters.len() > 8 && letters.get(letters.len() - 8..).is_some_and(is_date) {
        letters.truncate(letters.len() - 8);
    }
    letters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_model_is_alike_however_it_is_spelled() {
        for (one, other) in [
            ("Claude Sonnet 4.5", "claude-sonnet-4-5-20250929"),
            ("Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet-latest"),
            ("gpt-4o-2024-08-06", "openai/gpt-4o"),
            (
                "deepseek/deepseek-v4.1-flash-20260910",
                "deepseek/deepseek-v4.1-flash:free",
            ),
            ("GPT-5 nano", "gpt-5-nano"),
        ] {
            assert_eq!(alike(one), alike(other), "{one} {other}");
        }
        assert_ne!(alike("gpt-5"), alike("gpt-5-mini"));
        assert_ne!(alike("claude-opus-4-1"), alike("claude-opus-4"));
        assert_eq!(alike(""), "");
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,40}") {
            let _ = alike(&name);
        }
    }
}
