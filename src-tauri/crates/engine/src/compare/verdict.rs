//! What a judge's text says.

use super::ballots::VoteVerdict;
use super::lettered::index_of;

/// The last JSON object of a judge's text that names a best answer.
pub(super) fn read_verdict(text: &str, columns: &[u32]) -> Option<(VoteVerdict, String)> {
    let ends = text.match_indices('}').map(|(end, _)| end + 1);
    let starts: Vec<usize> = text.match_indices('{').map(|(start, _)| start).collect();
    for end in ends.collect::<Vec<_>>().into_iter().rev() {
        for start in starts.iter().rev().filter(|start| **start < end) {
            let Some(value) = text
                .get(*start..end)
                .and_then(|slice| serde_json::from_str::<serde_json::Value>(slice).ok())
            else {
                continue;
            };
            let Some(best) = value.get("best").and_then(serde_json::Value::as_str) else {
                continue;
            };
            let reason = value.get("reason").and_then(serde_json::Value::as_str);
            let verdict = verdict_of(best, columns)?;
            return Some((verdict, reason.unwrap_or_default().to_owned()));
        }
    }
    None
}

fn verdict_of(best: &str, columns: &[u32]) -> Option<VoteVerdict> {
    let best = best.trim();
    match best.to_ascii_lowercase().as_str() {
        "tie" => return Some(VoteVerdict::Tie),
        "none" => return Some(VoteVerdict::AllBad),
        _ => {}
    }
    // "Answer B" is as good as "B".
    let letter = best.split_whitespace().next_back()?;
    let mut characters = letter.chars();
    let index = characters.next().and_then(index_of)?;
    if characters.next().is_some() {
        return None;
    }
    columns
        .get(index)
        .map(|column| VoteVerdict::Best { column: *column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_the_last_object_that_names_one() {
        let columns = [4, 2];
        let rows = [
            (
                r#"Well. {"best": "A", "reason": "short"}"#,
                Some(VoteVerdict::Best { column: 4 }),
            ),
            (
                r#"{"best":"A"} no: {"best": "Answer b", "reason": "x"}"#,
                Some(VoteVerdict::Best { column: 2 }),
            ),
            ("```json\n{\"best\": \"tie\"}\n```", Some(VoteVerdict::Tie)),
            (
                r#"{"best": "NONE", "reason": "a } in it"}"#,
                Some(VoteVerdict::AllBad),
            ),
            (r#"{"best": "C"}"#, None),
            (r#"{"winner": "A"}"#, None),
            ("A", None),
        ];
        for (text, expected) in rows {
            assert_eq!(
                read_verdict(text, &columns).map(|(verdict, _)| verdict),
                expected,
                "{text}"
            );
        }
    }
}
