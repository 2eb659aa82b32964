//! Which ids a price is for.

use serde::{Deserialize, Serialize};

/// A condition on a model's id in lower case, as price lists state it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clause {
    /// The whole id.
    Equals(String),
    /// Its beginning.
    StartsWith(String),
    /// Its end.
    EndsWith(String),
    /// A part of it.
    Contains(String),
    /// The whole id, where `#` stands for one digit.
    Digits(String),
    /// Its beginning, where `#` stands for one digit.
    StartsWithDigits(String),
    /// One of them holds.
    Any(Vec<Self>),
    /// All of them hold.
    All(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
}

impl Clause {
    /// Whether it holds for an id that is in lower case, as the words of the clause are.
    pub fn holds(&self, id: &str) -> bool {
        match self {
            Self::Equals(word) => id == word,
            Self::StartsWith(word) => id.starts_with(word.as_str()),
            Self::EndsWith(word) => id.ends_with(word.as_str()),
            Self::Contains(word) => id.contains(word.as_str()),
            Self::Digits(pattern) => begins_like(pattern, id) == Some(0),
            Self::StartsWithDigits(pattern) => begins_like(pattern, id).is_some(),
            Self::Any(clauses) => clauses.iter().any(|clause| clause.holds(id)),
            Self::All(clauses) => clauses.iter().all(|clause| clause.holds(id)),
            Self::Not(clause) => !clause.holds(id),
        }
    }

    /// The ids it asks for literally, where it asks for nothing else.
    pub(super) fn only_equals(&self) -> Option<Vec<&str>> {
        match self {
            Self::Equals(word) => Some(vec![word.as_str()]),
            Self::Any(clauses) => clauses
                .iter()
                .map(|clause| match clause {
                    Self::Equals(word) => Some(word.as_str()),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }
}

/// How much of `id` is left after `pattern`; `None` where it does not begin so.
fn begins_like(pattern: &str, id: &str) -> Option<usize> {
    let mut rest = id.chars();
    for expected in pattern.chars() {
        let found = rest.next()?;
        let fits = match expected {
            '#' => found.is_ascii_digit(),
            _ => found == expected,
        };
        if !fits {
            return None;
        }
    }
    Some(rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(text: &str) -> Clause {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_kind_holds_where_it_should_and_nowhere_else() {
        let cases = [
            (r#"{"equals":"gpt-5"}"#, "gpt-5", "gpt-5-mini"),
            (r#"{"starts_with":"gpt-5"}"#, "gpt-5-mini", "a-gpt-5"),
            (r#"{"ends_with":"-001"}"#, "gemini-001", "gemini-001-a"),
            (r#"{"contains":"opus"}"#, "claude-opus-5", "claude-sonnet"),
            (
                r#"{"digits":"gpt-5-####-##"}"#,
                "gpt-5-2026-01",
                "gpt-5-2026-01-02",
            ),
            (r#"{"digits":"a-##"}"#, "a-10", "a-1x"),
            (
                r#"{"starts_with_digits":"gemini-4-#"}"#,
                "gemini-4-1-x",
                "gemini-4-x",
            ),
            (r#"{"any":[{"equals":"a"},{"equals":"b"}]}"#, "b", "c"),
            (
                r#"{"all":[{"starts_with":"a"},{"not":{"ends_with":"-tts"}}]}"#,
                "a-pro",
                "a-pro-tts",
            ),
        ];
        for (text, right, wrong) in cases {
            assert!(clause(text).holds(right), "{text} {right}");
            assert!(!clause(text).holds(wrong), "{text} {wrong}");
            assert_eq!(serde_json::to_string(&clause(text)).unwrap(), text);
        }
    }
}
