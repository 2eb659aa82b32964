//! A round as a text that another person can read, check and repeat: the exact settings, the answers,
//! what each cost by which price, and when.

mod html;
mod markdown;
mod replay;
mod table;

use std::collections::BTreeMap;

use patchbay_domain::compare::{CheckResult, Definition};
use patchbay_domain::{Cost, CostKind, RoundId};
use serde::Serialize;

use self::replay::ReportReplay;
use super::ballots::{Vote, VoteVerdict, Voter};
use super::cells::{CellDetail, RoundDetail};
use super::merge::stitched_parts;
use super::middle::{middle, middle_speed};
use crate::{Engine, EngineError};

/// As what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundFormat {
    /// A page that stands alone: no script, nothing that is fetched.
    Html,
    /// Text for a review.
    Markdown,
    /// One line an answer.
    Csv,
    /// Everything.
    Json,
}

impl RoundFormat {
    /// The inverse of its word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "html" => Some(Self::Html),
            "markdown" => Some(Self::Markdown),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// What the name of its file ends with, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Everything that a report says.
#[derive(Debug, Serialize)]
struct Report {
    /// The version of Patchbay that wrote it.
    patchbay: &'static str,
    name: String,
    round: u32,
    state: &'static str,
    started_at: String,
    ended_at: Option<String>,
    /// As it was set up: with this the round can be run again.
    definition: Definition,
    /// Which questions of history it asked, and what that time would have cost; `None` for others.
    replay: Option<ReportReplay>,
    columns: Vec<ReportColumn>,
    cost: Money,
    cases: Vec<ReportCase>,
}

#[derive(Debug, Serialize)]
struct ReportColumn {
    name: String,
    cost: Money,
    answered: usize,
    first_token_millis_median: Option<u64>,
    tokens_per_second_median: Option<f64>,
    checks_passed: usize,
    checks: usize,
    best_by_person: usize,
    best_by_judges: usize,
}

#[derive(Debug, Serialize)]
struct ReportCase {
    prompt: String,
    variables: BTreeMap<String, String>,
    repeats: Vec<ReportRepeat>,
}

#[derive(Debug, Serialize)]
struct ReportRepeat {
    repeat: u32,
    answers: Vec<ReportAnswer>,
    votes: Vec<ReportVote>,
    merged: Vec<ReportMerged>,
}

#[derive(Debug, Serialize)]
struct ReportAnswer {
    column: String,
    state: &'static str,
    provider: Option<String>,
    model: Option<String>,
    /// The model that the provider says answered, where it is another.
    served_model: Option<String>,
    attempts: usize,
    started_at: Option<String>,
    first_token_millis: Option<u64>,
    total_millis: Option<u64>,
    tokens_per_second: Option<f64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost: Money,
    /// Which list the price is from, and its date.
    price: Option<String>,
    failure: Option<String>,
    checks: Vec<CheckResult>,
    text: String,
}

#[derive(Debug, Serialize)]
struct ReportVote {
    voter: String,
    verdict: String,
    note: String,
    is_blind: bool,
    orders_agree: Option<bool>,
}

#[derive(Debug, Serialize)]
struct ReportMerged {
    kind: String,
    /// What it was made of: the columns, or the letters that its model saw.
    sources: Vec<String>,
    text: String,
}

/// An amount as decimal text, so that no reader rounds it.
#[derive(Debug, Clone, Serialize)]
struct Money {
    usd: Option<String>,
    kind: &'static str,
}

impl Money {
    fn of(cost: Cost) -> Self {
        Self {
            usd: cost.amount.map(|amount| amount.to_string()),
            kind: match cost.kind {
                CostKind::Reported => "reported",
                CostKind::Computed => "computed",
                CostKind::Estimated => "estimated",
                CostKind::Unknown => "unknown",
            },
        }
    }

    /// For people.
    fn words(&self) -> String {
        match &self.usd {
            Some(usd) if self.kind == "estimated" => format!("~${usd}"),
            Some(usd) => format!("${usd}"),
            None => "unknown".to_owned(),
        }
    }
}

impl Engine {
    /// A round as a text to be kept.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn export_round(
        &self,
        round: RoundId,
        format: RoundFormat,
    ) -> Result<String, EngineError> {
        let report = self.report(round).await?;
        Ok(match format {
            RoundFormat::Html => html::page(&report),
            RoundFormat::Markdown => markdown::text(&report),
            RoundFormat::Csv => table::csv(&report),
            RoundFormat::Json => serde_json::to_string_pretty(&report).unwrap_or_default(),
        })
    }

    /// What a file with this round is called: "Sorting, round 2.html".
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn round_file_name(
        &self,
        round: RoundId,
        format: RoundFormat,
    ) -> Result<String, EngineError> {
        let record = self.round_record(round).await?;
        let name = record.definition.name.trim();
        let name = if name.is_empty() { "Comparison" } else { name };
        let (ordinal, ending) = (record.ordinal, format.ending());
        Ok(format!("{name}, round {ordinal}.{ending}"))
    }

    async fn report(&self, round: RoundId) -> Result<Report, EngineError> {
        let detail = self.round(round).await?;
        let mut cases = Vec::with_capacity(detail.cases.len());
        for case in &detail.cases {
            let mut repeats = Vec::new();
            let mut prompt = String::new();
            for repeat in 0..detail.record.definition.repeats {
                let answers = self.case_answers(round, case.index, repeat).await?;
                prompt.clone_from(&answers.prompt);
                let of_cells = detail
                    .cells
                    .iter()
                    .filter(|cell| cell.key.case == case.index && cell.key.repeat == repeat);
                let answer = |cell: &CellDetail| {
                    let mut texts = answers.answers.iter();
                    let text = texts.find(|(column, _)| *column == cell.key.column);
                    let text = text.map(|(_, message)| message.text.clone());
                    answer(&detail, cell, text.unwrap_or_default())
                };
                repeats.push(ReportRepeat {
                    repeat,
                    answers: of_cells.map(answer).collect(),
                    votes: detail
                        .votes
                        .iter()
                        .filter(|vote| (vote.case, vote.repeat) == (case.index, repeat))
                        .map(|vote| said(&detail, vote))
                        .collect(),
                    merged: answers
                        .merged
                        .iter()
                        .map(|(record, message)| ReportMerged {
                            kind: record.kind.clone(),
                            sources: stitched_parts(record)
                                .into_iter()
                                .map(|part| match (part.column, &record.text) {
                                    // Its passages are in its text.
                                    (Some(column), Some(_)) => name_of(&detail, column),
                                    (None, Some(_)) => "by hand".to_owned(),
                                    (_, None) => part.text,
                                })
                                .collect(),
                            text: record
                                .text
                                .clone()
                                .or_else(|| message.as_ref().map(|message| message.text.clone()))
                                .unwrap_or_default(),
                        })
                        .collect(),
                });
            }
            cases.push(ReportCase {
                prompt,
                variables: case.row.clone(),
                repeats,
            });
        }
        let outcome = self.outcome_of(&detail).await?;
        Ok(Report {
            replay: outcome.as_ref().map(replay::report),
            patchbay: env!("CARGO_PKG_VERSION"),
            name: detail.record.definition.name.clone(),
            round: detail.record.ordinal,
            state: detail.record.state.as_str(),
            started_at: moment(detail.record.started_at),
            ended_at: detail.record.ended_at.map(moment),
            definition: detail.record.definition.clone(),
            columns: (0..detail.columns.len())
                .filter_map(|index| column(&detail, index))
                .collect(),
            cost: Money::of(detail.cost),
            cases,
        })
    }
}

fn column(detail: &RoundDetail, index: usize) -> Option<ReportColumn> {
    let of = detail.columns.get(index)?;
    let number = u32::try_from(index).ok()?;
    let cells: Vec<&CellDetail> = detail
        .cells
        .iter()
        .filter(|cell| cell.key.column == number)
        .collect();
    let best = |is_me: bool| {
        let votes = detail.votes.iter();
        votes
            .filter(|vote| (vote.voter == Voter::Me) == is_me)
            .filter(|vote| vote.ballot.verdict == VoteVerdict::Best { column: number })
            .count()
    };
    let answered: Vec<&&CellDetail> = cells
        .iter()
        .filter(|cell| cell.state == super::CellState::Answered)
        .collect();
    let checks = cells.iter().flat_map(|cell| &cell.checks);
    let (passed, all) = checks.fold((0, 0), |(passed, all), check| {
        (passed + usize::from(check.passed == Some(true)), all + 1)
    });
    Some(ReportColumn {
        name: of.name.clone(),
        cost: Money::of(of.cost),
        answered: answered.len(),
        first_token_millis_median: middle(
            answered.iter().filter_map(|cell| cell.first_token_millis),
        ),
        tokens_per_second_median: middle_speed(
            answered.iter().filter_map(|cell| cell.tokens_per_second),
        ),
        checks_passed: passed,
        checks: all,
        best_by_person: best(true),
        best_by_judges: best(false),
    })
}

fn answer(detail: &RoundDetail, cell: &CellDetail, text: String) -> ReportAnswer {
    let attempt = cell.answered.as_ref();
    ReportAnswer {
        column: name_of(detail, cell.key.column),
        state: cell.state.as_str(),
        provider: attempt.map(|attempt| attempt.provider_name.clone()),
        model: attempt.map(|attempt| attempt.endpoint.model.clone()),
        served_model: attempt.and_then(|attempt| attempt.served_model.clone()),
        attempts: cell.attempts.len(),
        started_at: cell.attempts.first().map(|first| moment(first.started_at)),
        first_token_millis: cell.first_token_millis,
        total_millis: cell.total_millis,
        tokens_per_second: cell.tokens_per_second,
        input_tokens: attempt
            .and_then(|attempt| attempt.usage)
            .map(|usage| usage.total_input()),
        output_tokens: cell.output_tokens,
        cost: Money::of(cell.cost),
        price: attempt
            .and_then(|attempt| attempt.price_tag.as_ref())
            .map(|tag| format!("{}, {}", tag.name, moment(tag.as_of))),
        failure: cell.failure.clone(),
        checks: cell.checks.clone(),
        text,
    }
}

fn said(detail: &RoundDetail, vote: &Vote) -> ReportVote {
    ReportVote {
        voter: match &vote.voter {
            Voter::Me => "person".to_owned(),
            Voter::Judge(key) => key.clone(),
        },
        verdict: match vote.ballot.verdict {
            VoteVerdict::Best { column } => name_of(detail, column),
            VoteVerdict::Tie => "tie".to_owned(),
            VoteVerdict::AllBad => "all bad".to_owned(),
        },
        note: vote.ballot.note.clone(),
        is_blind: vote.ballot.is_blind,
        orders_agree: vote.ballot.orders_agree,
    }
}

fn name_of(detail: &RoundDetail, column: u32) -> String {
    usize::try_from(column)
        .ok()
        .and_then(|column| detail.columns.get(column))
        .map_or_else(|| "?".to_owned(), |column| column.name.clone())
}

/// A moment as everybody writes it, by the clock of Greenwich.
fn moment(at: patchbay_domain::UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// Milliseconds for people.
fn millis(value: Option<u64>) -> String {
    value.map_or_else(|| "—".to_owned(), |value| format!("{value} ms"))
}

fn speed(value: Option<f64>) -> String {
    value.map_or_else(|| "—".to_owned(), |value| format!("{value:.0}/s"))
}
