//! One line an answer.

use super::Report;
use crate::text::guarded;

pub(super) fn csv(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory fails only where there is none.
    let _ = write(&mut writer, report);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn write(writer: &mut csv::Writer<Vec<u8>>, report: &Report) -> Result<(), csv::Error> {
    writer.write_record([
        "prompt",
        "variables",
        "repeat",
        "column",
        "state",
        "provider",
        "model",
        "served_model",
        "attempts",
        "started_at",
        "first_token_ms",
        "total_ms",
        "tokens_per_second",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "cost_kind",
        "price",
        "checks_passed",
        "checks",
        "failure",
        "answer",
        "questions_taken",
    ])?;
    let taken = report.replay.as_ref().map(super::replay::line);
    let taken = taken.unwrap_or_default();
    for case in &report.cases {
        let variables = serde_json::to_string(&case.variables).unwrap_or_default();
        for repeat in &case.repeats {
            for answer in &repeat.answers {
                let number = |value: Option<u64>| value.map_or_else(String::new, |n| n.to_string());
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                let passed = answer
                    .checks
                    .iter()
                    .filter(|check| check.passed == Some(true))
                    .count();
                writer.write_record([
                    guarded(&case.prompt),
                    guarded(&variables),
                    (repeat.repeat + 1).to_string(),
                    guarded(&answer.column),
                    answer.state.to_owned(),
                    guarded(&text(&answer.provider)),
                    guarded(&text(&answer.model)),
                    guarded(&text(&answer.served_model)),
                    answer.attempts.to_string(),
                    text(&answer.started_at),
                    number(answer.first_token_millis),
                    number(answer.total_millis),
                    answer
                        .tokens_per_second
                        .map_or_else(String::new, |speed| format!("{speed:.2}")),
                    number(answer.input_tokens),
                    number(answer.output_tokens),
                    text(&answer.cost.usd),
                    answer.cost.kind.to_owned(),
                    text(&answer.price),
                    passed.to_string(),
                    answer.checks.len().to_string(),
                    guarded(&text(&answer.failure)),
                    guarded(&answer.text),
                    taken.clone(),
                ])?;
            }
        }
    }
    Ok(())
}
