//! What a replay's sample stands for, for people and for programs.

use patchbay_domain::NanoUsd;
use patchbay_domain::compare::{Pick, Sample};
use serde::Serialize;

use super::{Money, moment};
use crate::compare::replay::{ReplayColumn, ReplayOutcome};

/// A replay in figures and in sentences.
#[derive(Debug, Serialize)]
pub(super) struct ReportReplay {
    /// `newest` or `random`.
    pick: &'static str,
    /// What a random sample was drawn by.
    seed: Option<u32>,
    /// `None` for all of history.
    since: Option<String>,
    until: String,
    taken: u32,
    out_of: u32,
    /// What the answers of that time cost in chats.
    spent: Money,
    columns: Vec<ReportReplayColumn>,
    pub(super) sentences: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ReportReplayColumn {
    column: String,
    questions: u32,
    questions_of_unknown_cost: u32,
    cost: Money,
    /// What all questions of that time would have cost at the same mean.
    total_usd: Option<String>,
    /// The 95 % interval; `None` where the questions are no random sample or too few.
    low_usd: Option<String>,
    high_usd: Option<String>,
}

pub(super) fn report(outcome: &ReplayOutcome) -> ReportReplay {
    let Sample {
        pick,
        since,
        until,
        taken,
        out_of,
    } = outcome.sample;
    let spent = Money::of(outcome.spent);
    let mut sentences = vec![
        taken_words(outcome.sample),
        format!("Its answers in chats cost {}.", spent.words()),
    ];
    sentences.extend(outcome.columns.iter().map(|column| {
        let sentence = told(column, outcome.sample);
        let left_out = match column.unknown {
            0 => String::new(),
            1 => " One answer of unknown cost is left out.".to_owned(),
            unknown => format!(" {unknown} answers of unknown cost are left out."),
        };
        format!("{}: {sentence}{left_out}", column.name)
    }));
    ReportReplay {
        pick: match pick {
            Pick::Newest => "newest",
            Pick::Random { .. } => "random",
        },
        seed: seed(pick),
        since: since.map(moment),
        until: moment(until),
        taken,
        out_of,
        spent,
        columns: outcome
            .columns
            .iter()
            .map(|column| ReportReplayColumn {
                column: column.name.clone(),
                questions: column.questions,
                questions_of_unknown_cost: column.unknown,
                cost: Money::of(column.cost),
                total_usd: column.total.map(|total| total.to_string()),
                low_usd: column.interval.map(|(low, _)| low.to_string()),
                high_usd: column.interval.map(|(_, high)| high.to_string()),
            })
            .collect(),
        sentences,
    }
}

fn seed(pick: Pick) -> Option<u32> {
    match pick {
        Pick::Newest => None,
        Pick::Random { seed } => Some(seed),
    }
}

/// In one line, for a table: "random, seed 7, 20 of 412, all until 2026-11-26T12:00:00Z".
pub(super) fn line(replay: &ReportReplay) -> String {
    let seed = replay.seed.map(|seed| format!(", seed {seed}"));
    let span = match &replay.since {
        Some(since) => format!("from {since} until {}", replay.until),
        None => format!("all until {}", replay.until),
    };
    format!(
        "{}{}, {} of {}, {span}",
        replay.pick,
        seed.unwrap_or_default(),
        replay.taken,
        replay.out_of
    )
}

fn taken_words(sample: Sample) -> String {
    let span = match sample.since {
        Some(since) => format!("from {} until {}", moment(since), moment(sample.until)),
        None => format!("of all history until {}", moment(sample.until)),
    };
    let how = match sample.pick {
        Pick::Newest => "the newest".to_owned(),
        Pick::Random { seed } => format!("drawn at random with the seed {seed}"),
    };
    format!(
        "It asks {} of {} questions {span}, {how}.",
        sample.taken, sample.out_of
    )
}

fn told(column: &ReplayColumn, sample: Sample) -> String {
    let Some(total) = column.total else {
        return "what that time would have cost there is unknown.".to_owned();
    };
    let dollars = |amount: NanoUsd| format!("${amount}");
    if column.questions >= sample.out_of {
        return format!("that time cost {} there.", dollars(total));
    }
    let questions = column.questions;
    let start = format!(
        "told from {questions} answers, that time would have cost about {} there",
        dollars(total)
    );
    match (column.interval, sample.pick) {
        (Some((low, high)), _) => format!(
            "{start}, with 95 % confidence between {} and {}. A few very long questions that are not among those asked would make it more.",
            dollars(low),
            dollars(high)
        ),
        (None, Pick::Newest) => format!(
            "{start}. The newest questions are no random sample, so how sure that is cannot be said."
        ),
        (None, Pick::Random { .. }) => {
            format!("{start}. Those are too few to say how sure that is.")
        }
    }
}
