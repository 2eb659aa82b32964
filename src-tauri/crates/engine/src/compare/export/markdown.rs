//! Text for a review.

use std::fmt::Write as _;

use super::{Report, ReportAnswer, millis, speed};

pub(super) fn text(report: &Report) -> String {
    let mut text = format!("# {}\n\n", line(&report.name));
    let _ = writeln!(
        text,
        "Round {} of {}, {}; cost {}. Patchbay {}.\n",
        report.round,
        report.started_at,
        report.state,
        report.cost.words(),
        report.patchbay
    );
    for sentence in report.replay.iter().flat_map(|replay| &replay.sentences) {
        let _ = writeln!(text, "{}\n", line(sentence));
    }
    text.push_str(
        "| Column | Answered | First token, median | Speed, median | Checks | Best (me / judges) | Cost |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for column in &report.columns {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}/{} | {} / {} | {} |",
            cell(&column.name),
            column.answered,
            millis(column.first_token_millis_median),
            speed(column.tokens_per_second_median),
            column.checks_passed,
            column.checks,
            column.best_by_person,
            column.best_by_judges,
            column.cost.words(),
        );
    }
    for (index, case) in report.cases.iter().enumerate() {
        let _ = write!(
            text,
            "\n## Prompt {}\n\n{}\n",
            index + 1,
            quote(&case.prompt)
        );
        for repeat in &case.repeats {
            let suffix = if case.repeats.len() > 1 {
                format!(", time {}", repeat.repeat + 1)
            } else {
                String::new()
            };
            for answer in &repeat.answers {
                let _ = write!(text, "\n### {}{suffix}\n\n", line(&answer.column));
                let _ = write!(text, "{}\n\n{}\n", facts(answer), quote(&answer.text));
            }
            for vote in &repeat.votes {
                let _ = writeln!(
                    text,
                    "\nBest by {}: **{}**{}",
                    line(&vote.voter),
                    line(&vote.verdict),
                    if vote.note.is_empty() {
                        String::new()
                    } else {
                        format!(" — {}", line(&vote.note))
                    }
                );
            }
            for merged in &repeat.merged {
                let _ = write!(
                    text,
                    "\n### Made of several ({}){suffix}\n\nFrom: {}\n\n{}\n",
                    merged.kind,
                    line(&merged.sources.join(", ")),
                    quote(&merged.text)
                );
            }
        }
    }
    let settings = serde_json::to_string_pretty(&report.definition).unwrap_or_default();
    let fence = "`".repeat(longest_run(&settings).max(2) + 1);
    let _ = write!(
        text,
        "\n## Settings\n\nWith these the round can be run again.\n\n{fence}json\n{settings}\n{fence}\n"
    );
    text
}

fn facts(answer: &ReportAnswer) -> String {
    let mut facts = vec![answer.state.to_owned()];
    if let (Some(provider), Some(model)) = (&answer.provider, &answer.model) {
        facts.push(format!("{} through {}", line(model), line(provider)));
    }
    facts.push(format!("first token {}", millis(answer.first_token_millis)));
    facts.push(speed(answer.tokens_per_second));
    if let Some(tokens) = answer.output_tokens {
        facts.push(format!("{tokens} tokens"));
    }
    facts.push(answer.cost.words());
    if answer.attempts > 1 {
        facts.push(format!("{} attempts", answer.attempts));
    }
    if let Some(failure) = &answer.failure {
        facts.push(line(failure));
    }
    for check in &answer.checks {
        let mark = match check.passed {
            Some(true) => "pass",
            Some(false) => "fail",
            None => "not checked",
        };
        facts.push(format!("{mark}: {}", line(&check.words)));
    }
    facts.join(" · ")
}

/// On one line, with nothing that is markup.
fn line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '|'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn cell(text: &str) -> String {
    line(text)
}

/// An answer keeps its own markup, and stands apart from the report's.
fn quote(text: &str) -> String {
    text.lines()
        .map(|line| format!("> {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut current = 0;
    for character in text.chars() {
        current = if character == '`' { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest
}
