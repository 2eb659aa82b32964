//! Checks of answers that ask no model.

use patchbay_domain::compare::{Check, CheckResult, Definition, Observed, Row, fill};
use regex::{Regex, RegexBuilder};

use crate::EngineError;

/// The largest compiled regular expression, in bytes. The library takes linear time in any case.
const REGEX_BYTES: usize = 1 << 20;

/// The longest piece of an answer that is quoted, in characters.
const QUOTED: usize = 60;

/// Makes sure that every check can be carried out. What holds variables is looked at when they are
/// filled in.
///
/// # Errors
/// The first one that cannot.
pub(super) fn compile_all(definition: &Definition) -> Result<(), EngineError> {
    for (index, check) in definition.checks.iter().enumerate() {
        let has_variables = !definition.rows.is_empty()
            && check
                .template()
                .is_some_and(|text| !patchbay_domain::compare::variables(text).is_empty());
        let problem = match check {
            Check::Regex { pattern } if !has_variables => regex(pattern).err(),
            Check::JsonSchema { schema } if !has_variables => validator(schema).err(),
            Check::Contains { text, .. } if text.is_empty() => Some("the text is empty".to_owned()),
            Check::Words {
                least: Some(least),
                most: Some(most),
            } if least > most => Some("the least is more than the most".to_owned()),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(EngineError::input(
                format!("checks.{index}"),
                format!("Check {} cannot be carried out: {problem}.", index + 1),
                "Change it, or remove it.",
            ));
        }
    }
    Ok(())
}

/// What the checks find in an answer, in their order.
pub(super) fn run_all(checks: &[Check], row: &Row, observed: Observed<'_>) -> Vec<CheckResult> {
    checks
        .iter()
        .map(|check| run(check, row, observed))
        .collect()
}

fn run(check: &Check, row: &Row, observed: Observed<'_>) -> CheckResult {
    match check {
        Check::Contains {
            text,
            is_case_sensitive,
            is_negated,
        } => {
            let wanted = fill(text, row);
            let is_there = if *is_case_sensitive {
                observed.text.contains(&wanted)
            } else {
                observed
                    .text
                    .to_lowercase()
                    .contains(&wanted.to_lowercase())
            };
            let quoted = quoted(&wanted);
            let words = if is_there {
                format!("It holds {quoted}.")
            } else {
                format!("It does not hold {quoted}.")
            };
            found(is_there != *is_negated, words)
        }
        Check::Equals {
            text,
            is_case_sensitive,
        } => {
            let wanted = fill(text, row);
            let (wanted, text) = (wanted.trim(), observed.text.trim());
            let is_equal = if *is_case_sensitive {
                wanted == text
            } else {
                wanted.to_lowercase() == text.to_lowercase()
            };
            let words = if is_equal {
                format!("It is {}.", quoted(wanted))
            } else {
                format!("It is {}, not {}.", quoted(text), quoted(wanted))
            };
            found(is_equal, words)
        }
        Check::Regex { pattern } => match regex(&fill(pattern, row)) {
            Ok(regex) => match regex.find(observed.text) {
                Some(hit) => found(true, format!("{} matches.", quoted(hit.as_str()))),
                None => found(false, "Nothing matches.".to_owned()),
            },
            Err(problem) => impossible(&problem),
        },
        Check::JsonSchema { schema } => json(&fill(schema, row), observed.text),
        Check::Words { least, most } => {
            let words = observed.text.split_whitespace().count();
            let count = u64::try_from(words).unwrap_or(u64::MAX);
            let is_long = least.is_none_or(|least| count >= least);
            let is_short = most.is_none_or(|most| count <= most);
            let unit = if count == 1 { "word" } else { "words" };
            found(is_long && is_short, format!("{count} {unit}."))
        }
        Check::Within { millis } => match observed.total_millis {
            Some(total) => found(total <= *millis, format!("It took {total} ms.")),
            None => impossible("nobody timed it"),
        },
    }
}

fn json(schema: &str, text: &str) -> CheckResult {
    let validator = match validator(schema) {
        Ok(validator) => validator,
        Err(problem) => return impossible(&problem),
    };
    let Some(value) = json_in(text) else {
        return found(false, "It is no JSON.".to_owned());
    };
    match validator.iter_errors(&value).next() {
        None => found(true, "It is JSON and keeps to the schema.".to_owned()),
        Some(error) => {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "/".to_owned()
            } else {
                place
            };
            found(
                false,
                format!("At {place}: {}.", shortened(&error.to_string(), 160)),
            )
        }
    }
}

/// The text as JSON, or the first fenced block in it that is.
fn json_in(text: &str) -> Option<serde_json::Value> {
    if let Ok(value) = serde_json::from_str(text.trim()) {
        return Some(value);
    }
    text.split("```").skip(1).step_by(2).find_map(|block| {
        let inner = block.split_once('\n').map_or(block, |(_, inner)| inner);
        serde_json::from_str(inner.trim()).ok()
    })
}

fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES)
        .multi_line(true)
        .build()
        .map_err(|error| {
            // The last line says what is wrong; those before draw where.
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        })
}

fn validator(schema: &str) -> Result<jsonschema::Validator, String> {
    let schema: serde_json::Value =
        serde_json::from_str(schema).map_err(|error| format!("the schema is no JSON ({error})"))?;
    jsonschema::validator_for(&schema).map_err(|error| shortened(&error.to_string(), 160))
}

fn found(passed: bool, words: String) -> CheckResult {
    CheckResult {
        passed: Some(passed),
        words,
    }
}

fn impossible(problem: &str) -> CheckResult {
    CheckResult {
        passed: None,
        words: format!("It could not be checked: {problem}."),
    }
}

fn quoted(text: &str) -> String {
    format!("“{}”", shortened(text, QUOTED))
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check: &Check, text: &str) -> Option<bool> {
        let row = Row::from([("city".to_owned(), "Lima".to_owned())]);
        let observed = Observed {
            text,
            total_millis: Some(900),
        };
        run(check, &row, observed).passed
    }

    #[test]
    fn each_check_passes_and_fails() {
        let contains = |is_case_sensitive, is_negated| Check::Contains {
            text: "{{city}}".to_owned(),
            is_case_sensitive,
            is_negated,
        };
        let schema = r#"{"type":"object","required":["city"]}"#.to_owned();
        let rows = [
            (contains(false, false), "it is LIMA", Some(true)),
            (contains(true, false), "it is LIMA", Some(false)),
            (contains(false, true), "it is Lima", Some(false)),
            (contains(false, true), "Quito", Some(true)),
            (
                Check::Equals {
                    text: "lima".to_owned(),
                    is_case_sensitive: false,
                },
                " Lima\n",
                Some(true),
            ),
            (
                Check::Regex {
                    pattern: "^L.m[ao]$".to_owned(),
                },
                "Answer:\nLima",
                Some(true),
            ),
            (
                Check::Regex {
                    pattern: "(".to_owned(),
                },
                "Lima",
                None,
            ),
            (
                Check::JsonSchema {
                    schema: schema.clone(),
                },
                "Here:\n```json\n{\"city\": \"Lima\"}\n```",
                Some(true),
            ),
            (
                Check::JsonSchema {
                    schema: schema.clone(),
                },
                "{\"town\": 1}",
                Some(false),
            ),
            (Check::JsonSchema { schema }, "Lima", Some(false)),
            (
                Check::Words {
                    least: Some(2),
                    most: None,
                },
                "one",
                Some(false),
            ),
            (Check::Within { millis: 900 }, "", Some(true)),
            (Check::Within { millis: 899 }, "", Some(false)),
        ];
        for (one, text, expected) in rows {
            assert_eq!(check(&one, text), expected, "{one:?} on {text}");
        }
    }

    #[test]
    fn an_expression_that_would_run_forever_elsewhere_ends() {
        let slow = Check::Regex {
            pattern: "(a+)+$".to_owned(),
        };
        assert_eq!(
            check(&slow, &format!("{}b", "a".repeat(50_000))),
            Some(false)
        );
    }
}
