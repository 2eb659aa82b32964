//! Reading what providers export: CSV files of their usage and of their costs.
//!
//! A file is known by the names in its first line. Those that no provider of ours writes are read by
//! what their columns are commonly called. Amounts are read digit by digit.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use patchbay_domain::money::parse_dollars;
use patchbay_domain::{Day, NanoUsd};
use serde::{Deserialize, Serialize};

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

/// Which column holds what.
struct Shape {
    format: &'static str,
    /// What a row is, where the kind of file says so.
    grain: Option<UsageGrain>,
    time: usize,
    model: Option<usize>,
    /// The model is what stands before the comma.
    model_is_line_item: bool,
    id: Option<usize>,
    input: Vec<usize>,
    output: Vec<usize>,
    money: Vec<usize>,
    currency: Option<usize>,
    requests: Option<usize>,
}

/// Names that a column of a common kind of file may have, the surest first.
const TIMES: &[&str] = &[
    "created_at",
    "timestamp",
    "datetime",
    "date_time",
    "request_time",
    "start_time_iso",
    "start_time",
    "created",
    "time",
    "usage_date_utc",
    "usage_date",
    "date",
    "day",
];
const MODELS: &[&str] = &[
    "model_permaslug",
    "model_version",
    "model_id",
    "model_name",
    "model_slug",
    "model",
];
const IDS: &[&str] = &["generation_id", "request_id", "response_id", "id"];
const INPUTS: &[&str] = &[
    "input_tokens",
    "prompt_tokens",
    "tokens_prompt",
    "n_context_tokens_total",
];
const OUTPUTS: &[&str] = &[
    "output_tokens",
    "completion_tokens",
    "tokens_completion",
    "n_generated_tokens_total",
];
const AMOUNTS: &[&str] = &[
    "cost_total",
    "total_cost",
    "cost_usd",
    "amount_usd",
    "cost",
    "amount_value",
    "amount",
    "spend",
    "usd",
];
const CURRENCIES: &[&str] = &["amount_currency", "currency"];
const REQUESTS: &[&str] = &[
    "num_model_requests",
    "requests",
    "request_count",
    "n_requests",
];

fn shape(headers: &[String]) -> Option<Shape> {
    let at = |name: &str| headers.iter().position(|known| known == name);
    let first = |names: &[&str]| names.iter().find_map(|name| at(name));
    let all = |names: &[&str]| names.iter().filter_map(|name| at(name)).collect::<Vec<_>>();
    let none = Shape {
        format: "CSV",
        grain: None,
        time: 0,
        model: None,
        model_is_line_item: false,
        id: None,
        input: Vec::new(),
        output: Vec::new(),
        money: Vec::new(),
        currency: None,
        requests: None,
    };
    if let (Some(id), Some(time), Some(cost)) =
        (at("generation_id"), at("created_at"), at("cost_total"))
    {
        return Some(Shape {
            format: "OpenRouter activity",
            grain: Some(UsageGrain::Request),
            time,
            model: first(MODELS),
            id: Some(id),
            input: all(&["tokens_prompt"]),
            output: all(&["tokens_completion"]),
            // What was paid with an own key elsewhere is not in the total.
            money: [Some(cost), at("byok_usage_inference")]
                .into_iter()
                .flatten()
                .collect(),
            ..none
        });
    }
    if let Some(time) = at("usage_date_utc") {
        let cost = at("cost_usd");
        return Some(Shape {
            format: if cost.is_some() {
                "Anthropic cost"
            } else {
                "Anthropic usage"
            },
            grain: Some(UsageGrain::Day),
            time,
            model: first(MODELS),
            input: all(&[
                "usage_input_tokens_no_cache",
                "usage_input_tokens_cache_write_5m",
                "usage_input_tokens_cache_write_1h",
                "usage_input_tokens_cache_write",
                "usage_input_tokens_cache_read",
            ]),
            output: all(&["usage_output_tokens"]),
            money: cost.into_iter().collect(),
            ..none
        });
    }
    let openai_time = first(&["start_time_iso", "start_time"]);
    if let (Some(time), Some(amount)) = (openai_time, at("amount_value")) {
        return Some(Shape {
            format: "OpenAI costs",
            grain: Some(UsageGrain::Day),
            time,
            model: at("line_item"),
            model_is_line_item: true,
            money: vec![amount],
            currency: at("amount_currency"),
            ..none
        });
    }
    if let (Some(time), Some(requests)) = (openai_time, at("num_model_requests")) {
        return Some(Shape {
            format: "OpenAI usage",
            grain: Some(UsageGrain::Day),
            time,
            model: at("model"),
            input: all(&["input_tokens"]),
            output: all(&["output_tokens"]),
            requests: Some(requests),
            ..none
        });
    }
    let found = Shape {
        time: first(TIMES)?,
        model: first(MODELS),
        id: first(IDS),
        input: first(INPUTS).into_iter().collect(),
        output: first(OUTPUTS).into_iter().collect(),
        money: first(AMOUNTS).into_iter().collect(),
        currency: first(CURRENCIES),
        requests: first(REQUESTS),
        ..none
    };
    let says_something =
        !found.money.is_empty() || !found.input.is_empty() || !found.output.is_empty();
    says_something.then_some(found)
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

/// A day in UTC and, where the text has one, the moment.
fn moment(text: &str) -> Option<(Day, Option<i64>)> {
    let of = |timestamp: Timestamp| {
        let day = Day::new(timestamp.to_zoned(TimeZone::UTC).date());
        Some((day, Some(timestamp.as_millisecond())))
    };
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        // Seconds reach eleven digits in the year 5138.
        let millis = if text.len() > 11 {
            number
        } else {
            number.checked_mul(1_000)?
        };
        return of(Timestamp::from_millisecond(millis).ok()?);
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() <= 10
    {
        return Some((Day::new(date), None));
    }
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return of(timestamp);
    }
    // Without a zone: these files are in UTC.
    let time: DateTime = text.parse().ok()?;
    of(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn start_of(day: Day) -> Option<i64> {
    let start = day.date().to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp().as_millisecond())
}

/// A count, with marks between thousands or with zeros behind a point.
fn whole(text: &str) -> Option<u64> {
    let text = text.replace(',', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if !fraction.bytes().all(|byte| byte == b'0') {
        return None;
    }
    whole.parse().ok()
}

/// An amount, and how many decimals it is written with.
fn dollars(text: &str, has_commas: bool) -> Option<(NanoUsd, u32)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let rest = rest.strip_prefix('$').unwrap_or(rest).trim();
    let plain = if has_commas && rest.matches(',').count() == 1 && !rest.contains('.') {
        rest.replace(',', ".")
    } else {
        let whole = rest.split('.').next().unwrap_or_default();
        let mut groups = whole.split(',').skip(1);
        // A mark that stands elsewhere than between thousands could be a point.
        if !groups.all(|group| group.len() == 3) {
            return None;
        }
        rest.replace(',', "")
    };
    let amount = parse_dollars(&format!("{sign}{plain}")).ok()?;
    let places = if plain.contains(['e', 'E']) {
        9
    } else {
        plain
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len())
    };
    Some((amount, u32::try_from(places).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests;
