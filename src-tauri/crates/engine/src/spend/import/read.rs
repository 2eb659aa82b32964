//! Reading what providers export: CSV files of their usage and of their costs.
//!
//! A file is known by the names in its first line. Those that no provider of ours writes are read by
//! what their columns are commonly called. Amounts are read digit by digit.

mod cells;
mod shape;

use std::collections::BTreeMap;

use patchbay_domain::{Day, NanoUsd};
use serde::{Deserialize, Serialize};

use self::cells::{dollars, moment, start_of, whole};
use self::shape::{Shape, shape};
use super::names::alike;
use crate::EngineError;
use crate::compare::delimiter_of;

/// The largest file that is read, in bytes.
const MOST_BYTES: usize = 50 * 1024 * 1024;

/// The most rows that are read.
const MOST_ROWS: u64 = 500_000;

/// The longest text of a cell that is kept, in characters: names of models and ids are far shorter.
const LONGEST_CELL: usize = 200;

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageGrain {
    /// One request.
    Request,
    /// All of a model on a day in UTC.
    Day,
}

impl UsageGrain {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Day => "day",
        }
    }
}

/// What was read of a file, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UsageFile {
    /// What kind of file it is, for people.
    pub(super) format: String,
    pub(super) grain: UsageGrain,
    /// Decimals of its amounts: those with two are rounded to cents. `None` where it has no money.
    pub(super) places: Option<u32>,
    /// Rows that were read.
    pub(super) read: u64,
    /// Rows that could not be read.
    pub(super) unreadable: u64,
    /// By time, then by model.
    pub(super) rows: Vec<Billed>,
}

/// One request, or all of a model on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Billed {
    /// The day in UTC, as `20261125`.
    #[serde(rename = "d")]
    pub(super) day: i64,
    /// When, in milliseconds since 1970 UTC; only of requests.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<i64>,
    /// The model as the file names it; empty where it names none.
    #[serde(rename = "m")]
    pub(super) model: String,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// All tokens of the prompt.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<u64>,
    /// All tokens of the answer.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<u64>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) nano: Option<i64>,
    /// Rows of the file that are in it.
    #[serde(rename = "r")]
    pub(super) parts: u64,
}

impl Billed {
    pub(super) fn day(&self) -> Option<Day> {
        Day::from_number(self.day)
    }

    pub(super) fn amount(&self) -> Option<NanoUsd> {
        self.nano.map(NanoUsd)
    }
}

/// Reads a file.
///
/// # Errors
/// It is too large, or no list of usage.
pub(super) fn read(text: &str) -> Result<UsageFile, EngineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MOST_BYTES {
        let advice = "Export fewer days at a time.";
        return Err(refused("The file is larger than 50 MB.", advice));
    }
    told_apart(text)?;
    // Some programs name the delimiter in a line before the names.
    let text = match text.get(..4).map(str::to_ascii_lowercase).as_deref() {
        Some("sep=") => text.split_once('\n').map_or("", |(_, rest)| rest),
        _ => text,
    };
    let delimiter = delimiter_of(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(header).collect(),
        Err(_) => return Err(no_usage()),
    };
    let shape = shape(&headers).ok_or_else(no_usage)?;
    let mut reading = Reading::new(shape, delimiter == b';');
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) if record.iter().all(str::is_empty) => {}
            Ok(true) => reading.take(&record),
            Err(_) => reading.unreadable += 1,
        }
        if reading.read + reading.unreadable > MOST_ROWS {
            let advice = "Export fewer days at a time.";
            return Err(refused("The file has more than 500,000 rows.", advice));
        }
    }
    reading.end()
}

/// What is no CSV at all is told by how it begins.
fn told_apart(text: &str) -> Result<(), EngineError> {
    let start = text.trim_start();
    let is = if start.is_empty() {
        "The file is empty."
    } else if start.starts_with("%PDF") {
        "This is a PDF."
    } else if start.starts_with("PK\u{3}\u{4}") {
        "This is a ZIP archive or a spreadsheet, not its CSV."
    } else if text.contains('\0') {
        "This is no text file."
    } else if start.starts_with('<') {
        "This is a web page, not a CSV file."
    } else if start.starts_with(['{', '[']) {
        "This is JSON, not CSV."
    } else {
        return Ok(());
    };
    Err(refused(is, ADVICE))
}

const ADVICE: &str = "Export CSV on the provider's usage page: costs or usage of OpenAI, cost or \
     usage of Anthropic, activity of OpenRouter, or any list with a day, a model and an amount.";

fn refused(sentence: &str, advice: &str) -> EngineError {
    EngineError::input("text", sentence, advice)
}

fn no_usage() -> EngineError {
    refused(
        "This CSV is no list of usage: its first line names no column for the time together with one \
         for money or tokens.",
        ADVICE,
    )
}

/// `Input Tokens (total)` as `input_tokens_total`.
fn header(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars().take(LONGEST_CELL) {
        if character.is_ascii_alphanumeric() {
            words.push(character.to_ascii_lowercase());
        } else if !words.ends_with('_') {
            words.push('_');
        }
    }
    words.trim_matches('_').to_owned()
}

struct Reading {
    shape: Shape,
    /// Numbers may have a comma for a point.
    has_commas: bool,
    read: u64,
    unreadable: u64,
    places: Option<u32>,
    has_times: bool,
    rows: Vec<Billed>,
}

impl Reading {
    fn new(shape: Shape, has_commas: bool) -> Self {
        Self {
            shape,
            has_commas,
            read: 0,
            unreadable: 0,
            places: None,
            has_times: false,
            rows: Vec::new(),
        }
    }

    fn take(&mut self, record: &csv::StringRecord) {
        match self.row(record) {
            Some(Some(row)) => {
                self.read += 1;
                self.rows.push(row);
            }
            // A day on which nothing was billed.
            Some(None) => {}
            None => self.unreadable += 1,
        }
    }

    /// One row; nothing where it says nothing, and `None` where it cannot be read.
    fn row(&mut self, record: &csv::StringRecord) -> Option<Option<Billed>> {
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let (day, at) = moment(cell(self.shape.time))?;
        let tokens = |columns: &[usize]| -> Option<Option<u64>> {
            let mut sum = None;
            for cell in columns
                .iter()
                .map(|at| cell(*at))
                .filter(|cell| !cell.is_empty())
            {
                sum = Some(u64::saturating_add(sum.unwrap_or(0), whole(cell)?));
            }
            Some(sum)
        };
        let input = tokens(&self.shape.input)?;
        let output = tokens(&self.shape.output)?;
        let mut nano: Option<i64> = None;
        for text in self.shape.money.iter().map(|at| cell(*at)) {
            if text.is_empty() {
                continue;
            }
            let (amount, places) = dollars(text, self.has_commas)?;
            nano = Some(nano.unwrap_or(0).saturating_add(amount.0));
            self.places = self.places.max(Some(places));
        }
        let currency = self.shape.currency.map(cell).unwrap_or_default();
        let is_dollars = currency.is_empty() || currency.eq_ignore_ascii_case("usd");
        if nano.is_some() && !is_dollars {
            return None;
        }
        if nano.is_none() && input.is_none() && output.is_none() {
            return Some(None);
        }
        let model = self.shape.model.map(cell).unwrap_or_default();
        let model = if self.shape.model_is_line_item {
            model
                .split_once(',')
                .map_or(model, |(model, _)| model.trim())
        } else {
            model
        };
        let id = self.shape.id.map(cell).filter(|id| !id.is_empty());
        self.has_times |= at.is_some();
        Some(Some(Billed {
            day: day.number(),
            at: at.or_else(|| id.and_then(|_| start_of(day))),
            model: model.chars().take(LONGEST_CELL).collect(),
            id: id.map(|id| id.chars().take(LONGEST_CELL).collect()),
            input,
            output,
            nano,
            parts: 1,
        }))
    }

    fn end(self) -> Result<UsageFile, EngineError> {
        if self.rows.is_empty() {
            let sentence = match self.unreadable {
                0 => "There is no row with usage in this file.".to_owned(),
                1 => "Its only row cannot be read.".to_owned(),
                many => format!("None of its {many} rows can be read."),
            };
            return Err(refused(&sentence, ADVICE));
        }
        let is_single = self.shape.id.is_some() || self.has_times;
        let grain = self
            .shape
            .grain
            .unwrap_or(if is_single && self.shape.requests.is_none() {
                UsageGrain::Request
            } else {
                UsageGrain::Day
            });
        let mut rows = match grain {
            UsageGrain::Request => self.rows,
            UsageGrain::Day => by_day(self.rows),
        };
        rows.sort();
        Ok(UsageFile {
            format: self.shape.format.to_owned(),
            grain,
            places: self.places,
            read: self.read,
            unreadable: self.unreadable,
            rows,
        })
    }
}

/// All rows of a model on a day together: files divide them by key, by kind of token and more.
fn by_day(rows: Vec<Billed>) -> Vec<Billed> {
    let mut days: BTreeMap<(i64, String), Billed> = BTreeMap::new();
    let add = |sum: Option<u64>, more: Option<u64>| match (sum, more) {
        (None, None) => None,
        (sum, more) => Some(sum.unwrap_or(0).saturating_add(more.unwrap_or(0))),
    };
    for row in rows {
        let key = (row.day, alike(&row.model));
        match days.get_mut(&key) {
            None => {
                let row = Billed {
                    at: None,
                    id: None,
                    ..row
                };
                days.insert(key, row);
            }
            Some(day) => {
                day.input = add(day.input, row.input);
                day.output = add(day.output, row.output);
                day.nano = match (day.nano, row.nano) {
                    (None, None) => None,
                    (sum, more) => Some(sum.unwrap_or(0).saturating_add(more.unwrap_or(0))),
                };
                day.parts += row.parts;
                // Of several spellings the one that sorts first, whatever the order of the file.
                if row.model < day.model {
                    day.model = row.model;
                }
            }
        }
    }
    days.into_values().collect()
}

#[cfg(test)]
mod tests;
