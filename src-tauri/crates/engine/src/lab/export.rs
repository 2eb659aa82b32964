//! A measurement as a text that can be kept, printed or put into a review.

use std::fmt::Write as _;

use jiff::Timestamp;
use patchbay_domain::Cost;
use patchbay_domain::statistics::Median;

use super::Lab;
use crate::text::guarded;

/// As what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// The table that reviewers print, with the method under it.
    Markdown,
    /// One line a request.
    Csv,
    /// Everything.
    Json,
}

impl ExportFormat {
    /// The inverse of its word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "markdown" => Some(Self::Markdown),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// What the name of its file ends with, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

pub(super) fn export(lab: &Lab, format: ExportFormat) -> String {
    match format {
        ExportFormat::Markdown => markdown(lab),
        ExportFormat::Csv => csv(lab),
        ExportFormat::Json => serde_json::to_string_pretty(lab).unwrap_or_default(),
    }
}

fn markdown(lab: &Lab) -> String {
    let figures = lab.figures();
    let mut text = String::from(
        "| Way in | First token, ms | Whole answer, ms | Added to the first token, ms | Answered | Cost |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (index, row) in figures.rows.iter().enumerate() {
        let added = if lab.plan.baseline == u32::try_from(index).ok() {
            "baseline".to_owned()
        } else {
            signed(row.added_first_token)
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {added} | {} of {} | {} |",
            cell(&row.name),
            plain(row.first_token),
            plain(row.total),
            row.answered,
            row.answered + row.failed,
            cost(row.cost),
        );
    }
    let _ = write!(
        text,
        "\nMedians with their 95 % intervals (sign test). {} rounds{}, the ways in taking turns, begun \
         {}. Differences are taken within a round. Prompt of {} characters, answers of at most {} \
         tokens, streamed. Measured with Patchbay {}.\n",
        lab.plan.rounds,
        if lab.is_stopped {
            " planned, stopped before the end"
        } else {
            ""
        },
        moment(lab),
        lab.plan.prompt.chars().count(),
        lab.plan.max_tokens,
        env!("CARGO_PKG_VERSION"),
    );
    text
}

fn csv(lab: &Lab) -> String {
    let mut text = String::from(
        "round,provider,model,name,first_token_ms,total_ms,cost_nano_usd,cost_kind,served_by,failure\n",
    );
    for sample in &lab.samples {
        let index = sample.endpoint as usize;
        let Some(endpoint) = lab.plan.endpoints.get(index) else {
            continue;
        };
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let fields = [
            sample.round.to_string(),
            endpoint.provider.as_str().to_owned(),
            endpoint.model.clone(),
            lab.names.get(index).cloned().unwrap_or_default(),
            number(sample.first_token),
            number(sample.total),
            sample
                .cost
                .amount
                .map(|amount| amount.0.to_string())
                .unwrap_or_default(),
            sample.cost.kind.as_str().to_owned(),
            sample.served_by.clone().unwrap_or_default(),
            sample.failure.clone().unwrap_or_default(),
        ];
        let line: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        let _ = writeln!(text, "{}", line.join(","));
    }
    text
}

/// A field of a CSV file. One that a spreadsheet would take for a formula is made plain text.
fn quoted(field: &str) -> String {
    let field = guarded(field);
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn plain(figure: Option<Median>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) => match figure.interval {
            None => format!("{:.0}", figure.median),
            Some((low, high)) => format!("{:.0} ({low:.0} to {high:.0})", figure.median),
        },
    }
}

fn signed(figure: Option<Median>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) => match figure.interval {
            None => format!("{:+.0}", figure.median),
            Some((low, high)) => format!("{:+.0} ({low:+.0} to {high:+.0})", figure.median),
        },
    }
}

fn cost(cost: Cost) -> String {
    cost.amount
        .map_or_else(|| "unknown".to_owned(), |amount| amount.to_string())
}

fn moment(lab: &Lab) -> String {
    Timestamp::from_millisecond(lab.started_at.0)
        .map(|moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_break_a_line_or_become_a_formula() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(cell("a|b"), "a\\|b");
    }
}
