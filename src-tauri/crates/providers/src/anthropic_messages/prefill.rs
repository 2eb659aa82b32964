//! Which Claude models go on from half an answer.
//!
//! From the maker's migration guide: since Opus 4.6 and Sonnet 4.6 a request whose last turn is the
//! assistant's is refused with status 400. The list names those of before; whatever else calls itself
//! Claude is newer.

/// Beginnings of the ids of models from before that change, without what others put around them.
const BEFORE: [&str; 12] = [
    "claude-2",
    "claude-instant",
    "claude-3-",
    "claude-4-opus",
    "claude-4-sonnet",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-2025",
    "claude-opus-4-5",
    "claude-sonnet-4-2025",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
];

/// Ids that are whole without a date.
const BEFORE_EXACTLY: [&str; 3] = ["claude-opus-4", "claude-sonnet-4", "claude-sonnet-4-0"];

/// Whether the Claude model of this name goes on from half an answer, where it does not think first.
pub(crate) fn claude_takes_prefill(name: &str) -> bool {
    let id = name.to_ascii_lowercase().replace('.', "-");
    let Some(start) = id.rfind("claude-") else {
        return false;
    };
    // Clouds and gateways put their own words behind the id, too.
    let id = &id[start..];
    let bare = id.split([':', '@']).next().unwrap_or(id);
    BEFORE_EXACTLY.contains(&bare) || BEFORE.iter().any(|known| is_of(bare, known))
}

/// Whether the id begins like this and its last number ends there: `4-1` is not the beginning of
/// `4-10`.
fn is_of(id: &str, known: &str) -> bool {
    let is_year = known.ends_with("2025") || known.ends_with('-');
    id.strip_prefix(known)
        .is_some_and(|rest| is_year || !rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_of_before_are_known_by_whatever_name() {
        for (name, expected) in [
            ("claude-sonnet-4-5-20250929", true),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", true),
            ("claude-opus-4-1@20250805", true),
            ("anthropic/claude-opus-4", true),
            ("anthropic/claude-sonnet-4:beta", true),
            ("anthropic/claude-3.7-sonnet", true),
            ("claude-2.1", true),
            ("claude-haiku-4-5", true),
            ("claude-opus-4-6", false),
            ("claude-opus-4-10", false),
            ("claude-sonnet-4-50", false),
            ("claude-haiku-4-6", false),
            ("claude-fable-5-1", false),
            ("claude-mythos-preview", false),
            ("claude-next", false),
            ("glm-5", false),
        ] {
            assert_eq!(claude_takes_prefill(name), expected, "{name}");
        }
    }
}
