//! What the ids of providers say, piece by piece.
//!
//! **The same model, reached differently** (taken off, one after the other):
//!
//! - the route before it: `openrouter/`, `bedrock/`, `models/`, `publishers/…/models/`, Fireworks'
//!   `accounts/fireworks/models/`, Bedrock's regions (`us.`, `global.`) and its `-v1:0`;
//! - how it is served: `:free`, `:nitro`, `:floor`, `:online`, `:extended`, `:exacto`, `:batch`,
//!   `:thinking` (a switch of the request, unlike `-thinking`), a provider's name after a colon on
//!   Hugging Face's router, `-maas`, Together's and DeepInfra's `-Turbo` (they serve it rounded),
//!   Fireworks' `-us`;
//! - how far its weights are rounded, and in which file: `-fp8`, `-awq`, `-int4`, `-q4_k_m`,
//!   `-gguf`. That is a property of the way in;
//! - who packed the file again without training it: `unsloth/`, `bartowski/` and the like;
//! - the date of its only snapshot. Where a name has several, each date stands for itself.
//!
//! **Another model** (never taken off): `-mini`, `-latest` and every other word. So a distillation,
//! a fine-tune, a preview, `-instruct`, `-fast`, a short date such as `-0528` and `-turbo` elsewhere
//! are what they are, unless the table of aliases says otherwise.

use crate::catalogue::words::{
    DOTTED_MAKERS, MAKERS, OWN_MODELS, REGIONS, REPACKERS, ROUNDINGS, ROUTES, SERVED, VARIANTS,
};

/// An id without its route, as one of the spellings that are tried in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Its maker, where the id says so.
    pub(super) maker: Option<String>,
    /// Its words, as [`normalised`] writes them.
    pub(super) name: String,
    /// The date of a snapshot was taken off.
    pub(super) is_undated: bool,
}

/// The words of a name in lower case with a dash between them. Letters and digits are words of
/// their own, so that `glm4.6`, `GLM-4-6` and `glm-4.6` are one name and `4o` and `40` are two.
pub fn normalised(text: &str) -> String {
    #[derive(PartialEq)]
    enum Kind {
        Break,
        Letter,
        Digit,
    }
    let mut words = String::with_capacity(text.len() + 8);
    let mut last = Kind::Break;
    for character in text.chars().flat_map(char::to_lowercase) {
        let kind = match character {
            '0'..='9' => Kind::Digit,
            '+' => Kind::Break,
            _ if character.is_alphanumeric() => Kind::Letter,
            _ => Kind::Break,
        };
        if character == '+' {
            words.push_str(if words.is_empty() { "plus" } else { "-plus" });
        } else if kind != Kind::Break {
            if kind != last && !words.is_empty() {
                words.push('-');
            }
            words.push(character);
        }
        last = kind;
    }
    words
}

/// The maker of a canonical id, under whichever of its names.
pub(super) fn maker(word: &str) -> &str {
    MAKERS
        .iter()
        .find(|(other, _)| *other == word)
        .map_or(word, |(_, maker)| maker)
}

/// The maker whose own service a preset is, as canonical ids spell it.
pub fn maker_behind(preset: &str) -> Option<&'static str> {
    OWN_MODELS
        .iter()
        .find(|(known, _)| *known == preset)
        .map(|(_, maker)| *maker)
}

/// The words of a model's own name, without its maker's at their front.
pub(super) fn name_key(name: &str) -> String {
    let words = normalised(name);
    for (maker, line) in [
        ("meta-", "llama-"),
        ("nvidia-", "nemotron-"),
        ("nvidia-", "llama-"),
    ] {
        if let Some(rest) = words.strip_prefix(maker)
            && rest.starts_with(line)
        {
            return rest.to_owned();
        }
    }
    words
}

/// An id that names a maker or none, taken as it stands: for the table of aliases.
pub(super) fn plain(id: &str) -> Spelling {
    let id = id.to_lowercase();
    let (maker_word, name) = match id.split_once('/') {
        Some((maker_word, name)) => (Some(maker(maker_word).to_owned()), name),
        None => (None, id.as_str()),
    };
    Spelling {
        maker: maker_word,
        name: name_key(name),
        is_undated: false,
    }
}

/// The spellings of a provider's id, from the whole one to the barest. None where the id is that of
/// somebody's fine-tune or deployment.
pub(super) fn spellings(preset: Option<&str>, id: &str) -> Vec<Spelling> {
    let lower = id.trim().to_lowercase();
    if lower.len() > 200 || lower.starts_with("ft:") || lower.contains(":ft-") {
        return Vec::new();
    }
    let Some((maker, name)) = without_route(without_variant(preset, &lower)) else {
        return Vec::new();
    };
    let (maker, name) = match maker {
        Some(repacker) if REPACKERS.contains(&repacker) => (None, name),
        Some(word) => (Some(self::maker(word).to_owned()), name),
        None => {
            let (dotted, name) = dotted(name);
            (dotted.map(|word| self::maker(word).to_owned()), name)
        }
    };
    let is_fireworks = preset == Some("fireworks") || lower.contains("fireworks");
    let mut name = if is_fireworks {
        with_points(name)
    } else {
        name.replace('@', "-")
    };
    let mut found = Vec::new();
    let mut is_undated = false;
    loop {
        found.push(Spelling {
            maker: maker.clone(),
            name: name_key(&name),
            is_undated,
        });
        if let Some(shorter) = without_ending(preset, &name) {
            name.truncate(shorter);
        } else if let Some(shorter) = without_date(&name) {
            name.truncate(shorter);
            is_undated = true;
        } else {
            return found;
        }
    }
}

fn without_variant<'a>(preset: Option<&str>, id: &'a str) -> &'a str {
    let mut id = id;
    while let Some((before, tag)) = id.rsplit_once(':') {
        if !VARIANTS.contains(&tag) && preset != Some("huggingface") {
            break;
        }
        id = before;
    }
    id
}

/// Maker and name. `None` where something else stands before them.
fn without_route(id: &str) -> Option<(Option<&str>, &str)> {
    let mut parts: Vec<&str> = id.trim_start_matches('~').split('/').collect();
    loop {
        match parts.as_slice() {
            ["accounts", "fireworks", "models" | "routers", name] => return Some((None, name)),
            ["publishers", maker, "models", name] => return Some((Some(maker), name)),
            ["fireworks_ai", _, ..] if parts.contains(&"accounts") => {
                parts.remove(0);
            }
            [route, _, ..] if ROUTES.contains(route) => {
                parts.remove(0);
            }
            [name] => return Some((None, name)),
            [maker, name] => return Some((Some(maker), name)),
            _ => return None,
        }
    }
}

/// The maker before a dot, as Bedrock writes it, with or without a region before.
fn dotted(name: &str) -> (Option<&str>, &str) {
    let without_region = match name.split_once('.') {
        Some((region, rest)) if REGIONS.contains(&region) => rest,
        _ => name,
    };
    match without_region.split_once('.') {
        Some((maker, rest)) if DOTTED_MAKERS.contains(&maker) => (Some(maker), rest),
        _ => (None, name),
    }
}

/// Fireworks writes `v3p1` for `v3.1`.
fn with_points(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| characters.get(at))
            .is_some_and(char::is_ascii_digit)
    };
    characters
        .iter()
        .enumerate()
        .map(|(at, character)| {
            let between = is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
            if *character == 'p' && between {
                '.'
            } else {
                *character
            }
        })
        .collect()
}

/// Where the name ends without the last thing that says how it is served or rounded.
fn without_ending(preset: Option<&str>, name: &str) -> Option<usize> {
    let served = SERVED
        .iter()
        .filter(|(known, _)| preset == Some(*known))
        .flat_map(|(_, endings)| *endings);
    let ending = ROUNDINGS
        .iter()
        .chain(served)
        .find_map(|ending| name.strip_suffix(ending))
        .or_else(|| without_version(name))
        .or_else(|| without_gguf_rounding(name))?;
    (!ending.is_empty()).then_some(ending.len())
}

/// Bedrock's `-v1:0`: the version of its wrapping, never below one. `-v0:2` is the model's own.
fn without_version(name: &str) -> Option<&str> {
    let (before, revision) = name.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(revision) {
        return None;
    }
    let (shorter, version) = before.rsplit_once('-')?;
    let number = version.strip_prefix('v').unwrap_or(version);
    (is_number(number) && number.len() < 3 && number != "0").then_some(shorter)
}

/// The ending of a file in llama.cpp's format, such as `-q4_k_m`.
fn without_gguf_rounding(name: &str) -> Option<&str> {
    let (before, ending) = name.rsplit_once(['-', ':'])?;
    let mut letters = ending
        .strip_prefix("iq")
        .or(ending.strip_prefix('q'))?
        .chars();
    let bits = letters.next()?;
    let rest = letters.as_str();
    (bits.is_ascii_digit() && (rest.is_empty() || rest.starts_with('_'))).then_some(before)
}

/// Where the name ends without a date such as `-20250929` or `-2025-09-29`.
fn without_date(name: &str) -> Option<usize> {
    let is_date = |year: &str, month: &str, day: &str| {
        let within = |text: &str, length: usize, from: u32, to: u32| {
            text.len() == length
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && text
                    .parse()
                    .is_ok_and(|number: u32| (from..=to).contains(&number))
        };
        within(year, 4, 2_000, 2_099) && within(month, 2, 1, 12) && within(day, 2, 1, 31)
    };
    let (before, last) = name.rsplit_once('-')?;
    let is_compact =
        last.len() == 8 && last.is_ascii() && is_date(&last[..4], &last[4..6], &last[6..]);
    if is_compact {
        return (!before.is_empty()).then_some(before.len());
    }
    let (before, month) = before.rsplit_once('-')?;
    let (before, year) = before.rsplit_once('-')?;
    (is_date(year, month, last) && !before.is_empty()).then_some(before.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(preset: &str, id: &str) -> Vec<String> {
        spellings(Some(preset), id)
            .into_iter()
            .map(|spelling| match spelling.maker {
                Some(maker) => format!("{maker}/{}", spelling.name),
                None => spelling.name,
            })
            .collect()
    }

    #[test]
    fn words_are_letters_and_numbers() {
        assert_eq!(normalised("GLM-4.6"), normalised("glm4_6"));
        assert_eq!(normalised("Command R+"), normalised("command-r-plus"));
        assert_ne!(normalised("gpt-4o"), normalised("gpt-40"));
        assert_ne!(normalised("llama-31"), normalised("llama-3.1"));
    }

    #[test]
    fn routes_and_wrappings_come_off_one_after_the_other() {
        assert_eq!(
            names("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            [
                "anthropic/claude-sonnet-4-5-20250929-v-1-0",
                "anthropic/claude-sonnet-4-5-20250929",
                "anthropic/claude-sonnet-4-5",
            ]
        );
        assert_eq!(
            names("fireworks", "accounts/fireworks/models/deepseek-v3p1"),
            ["deepseek-v-3-1"]
        );
        assert_eq!(
            names("together", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"),
            [
                "meta/llama-3-1-8-b-instruct-turbo",
                "meta/llama-3-1-8-b-instruct"
            ]
        );
        assert_eq!(
            names("openai", "gpt-3.5-turbo"),
            ["gpt-3-5-turbo"],
            "a turbo of its maker's"
        );
        assert_eq!(
            names("bedrock", "mistral.mistral-7b-instruct-v0:2"),
            ["mistralai/mistral-7-b-instruct-v-0-2"]
        );
    }

    #[test]
    fn what_somebody_trained_or_deployed_has_no_spelling() {
        for id in [
            "ft:gpt-4o:acme::1",
            "accounts/acme/models/llama-v3p1-8b",
            "projects/1/locations/us/endpoints/2",
            "a/b/c/d",
        ] {
            assert!(spellings(None, id).is_empty(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(text in "\\PC{0,60}") {
            let once = normalised(&text);
            prop_assert_eq!(normalised(&once), once);
        }

        #[test]
        fn any_text_has_spellings_or_none(
            text in "\\PC{0,60}",
            preset in proptest::option::of("together|huggingface|fireworks|bedrock"),
        ) {
            let found = spellings(preset.as_deref(), &text);
            prop_assert!(found.len() < 64);
        }

        #[test]
        fn endings_in_any_order_end(parts in proptest::collection::vec("-fp8|-turbo|-v1:0|:free|-20250101|-q4_k_m|/|@|é", 0..12)) {
            let _ = spellings(Some("together"), &format!("a{}", parts.concat()));
        }
    }
}
