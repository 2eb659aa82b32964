//! The ledger as files: every attempt, or sums of them. Amounts are decimal dollars with nine digits,
//! and whole nano-dollars beside them.
//!
//! One list of columns makes all formats, so that none says what another leaves out. Rows are written
//! page by page, so that a year of them never stands in memory.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchbay_domain::price::PriceTag;
use patchbay_domain::{NanoUsd, UnixMillis, Usage};
use patchbay_store::{LedgerRow, SpendBy, SpendFilter, StoreError, Tally};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::names::model_name;
use crate::{Engine, EngineError};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendExportWhat {
    /// Every attempt.
    Rows,
    /// Sums by day, provider, model, origin, app and key.
    Sums,
    /// A page of HTML to keep.
    Statement,
}

impl SpendExportWhat {
    /// What has this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "rows" => Some(Self::Rows),
            "sums" => Some(Self::Sums),
            "statement" => Some(Self::Statement),
            _ => None,
        }
    }
}

/// How it is written. A statement is HTML whatever is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendExportFormat {
    /// A line of names, then one line a row.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    JsonLines,
}

impl SpendExportFormat {
    /// The format with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// What to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendExportRequest {
    /// Of what.
    pub filter: SpendFilter,
    /// What.
    pub what: SpendExportWhat,
    /// How.
    pub format: SpendExportFormat,
}

impl Engine {
    /// Writes an export to a file, whole or not at all, and returns its size in bytes. A file that lay
    /// there is replaced.
    ///
    /// # Errors
    /// The database cannot be read or the file not be written.
    pub async fn save_spend_export(
        &self,
        request: &SpendExportRequest,
        path: &Path,
    ) -> Result<u64, EngineError> {
        let failed = |source: io::Error| unwritable(path, source);
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let file = tokio::fs::File::create(&beside).await.map_err(failed)?;
        let mut out = Out::new(file, path);
        let written = match self.write_to(request, &mut out).await {
            Ok(()) => out.end().await,
            Err(error) => Err(error),
        };
        let bytes = match written {
            Ok(bytes) => bytes,
            Err(error) => {
                // What is half written is of no use to anybody.
                let _ = tokio::fs::remove_file(&beside).await;
                return Err(error);
            }
        };
        tokio::fs::rename(&beside, path).await.map_err(failed)?;
        Ok(bytes)
    }

    /// Writes an export to `out`, and returns its size in bytes.
    ///
    /// # Errors
    /// The database cannot be read or `out` not be written.
    pub async fn write_spend_export<W: AsyncWrite + Send + Unpin>(
        &self,
        request: &SpendExportRequest,
        out: W,
    ) -> Result<u64, EngineError> {
        let mut out = Out::new(out, Path::new("the export"));
        self.write_to(request, &mut out).await?;
        out.end().await
    }

    async fn write_to<W: AsyncWrite + Send + Unpin>(
        &self,
        request: &SpendExportRequest,
        out: &mut Out<'_, W>,
    ) -> Result<(), EngineError> {
        let filter = request.filter.clone();
        match request.what {
            SpendExportWhat::Statement => {
                let page = self.spend_statement(filter).await?;
                out.put(page.as_bytes()).await
            }
            SpendExportWhat::Sums => {
                let sums = self.sums(filter).await?;
                let mut table = Table::new(request.format);
                out.put(&table.page(&sums)).await?;
                out.put(&table.end()).await
            }
            SpendExportWhat::Rows => {
                let mut table = Table::new(request.format);
                let mut pages = self.ledger_pages(filter).await?;
                while let Some(rows) = pages.next().await? {
                    let rows: Vec<_> = rows.iter().map(attempt_cells).collect();
                    out.put(&table.page(&rows)).await?;
                }
                out.put(&table.end()).await
            }
        }
    }

    async fn sums(&self, filter: SpendFilter) -> Result<Vec<Cells>, EngineError> {
        let providers = self.store.providers().await?;
        let keys = self.store.all_keys().await?;
        let provider_name = |id: &str| {
            let known = providers.iter().find(|known| known.id.as_str() == id);
            known.map_or_else(|| id.to_owned(), |known| known.name.clone())
        };
        let mut sums = Vec::new();
        let total = self.store.spend_total(filter.clone()).await?;
        sums.push(sum_cells("all", "", "", "", &total));
        for day in self
            .store
            .spend_days(filter.clone(), SpendBy::Nothing)
            .await?
        {
            let of_day = SpendFilter {
                from: day.day,
                to: day.day,
                ..filter.clone()
            };
            let tally = self.store.spend_total(of_day).await?;
            if tally.attempts > 0 {
                let day = day.day.to_string();
                sums.push(sum_cells("day", &day, "", &day, &tally));
            }
        }
        for (word, by) in [
            ("provider", SpendBy::Provider),
            ("model", SpendBy::Model),
            ("way_in", SpendBy::Endpoint),
            ("origin", SpendBy::Origin),
            ("app", SpendBy::App),
            ("key", SpendBy::Key),
            ("cost_kind", SpendBy::CostKind),
        ] {
            for group in self.store.spend_groups(filter.clone(), by).await? {
                // What no app asked, and what no key paid for, is no group of apps or of keys.
                let part = if by == SpendBy::Key {
                    &group.detail
                } else {
                    &group.key
                };
                if part.is_empty() {
                    continue;
                }
                let name = match by {
                    SpendBy::Provider => provider_name(&group.key),
                    SpendBy::Model => model_name(&group.key),
                    SpendBy::Endpoint => format!("{}, {}", provider_name(&group.key), group.detail),
                    SpendBy::Key => {
                        let label = keys
                            .iter()
                            .find(|key| {
                                key.provider.as_str() == group.key && key.id == group.detail
                            })
                            .map_or("a key that is gone", |key| key.label.as_str());
                        format!("{}, {label}", provider_name(&group.key))
                    }
                    _ => group.key.clone(),
                };
                sums.push(sum_cells(
                    word,
                    &group.key,
                    &group.detail,
                    &name,
                    &group.tally,
                ));
            }
        }
        Ok(sums)
    }
}

/// Where bytes go, with a name for what failed.
struct Out<'a, W> {
    writer: tokio::io::BufWriter<W>,
    path: &'a Path,
    bytes: u64,
}

impl<'a, W: AsyncWrite + Unpin> Out<'a, W> {
    fn new(writer: W, path: &'a Path) -> Self {
        Self {
            writer: tokio::io::BufWriter::new(writer),
            path,
            bytes: 0,
        }
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.bytes += bytes.len() as u64;
        let written = self.writer.write_all(bytes).await;
        written.map_err(|source| unwritable(self.path, source))
    }

    async fn end(mut self) -> Result<u64, EngineError> {
        let ended = self.writer.shutdown().await;
        ended.map_err(|source| unwritable(self.path, source))?;
        Ok(self.bytes)
    }
}

fn unwritable(path: &Path, source: io::Error) -> EngineError {
    let path = path.to_owned();
    let source = Box::new(source);
    EngineError::Store(match source.kind() {
        io::ErrorKind::StorageFull => StoreError::DiskFull { path, source },
        _ => StoreError::Io { path, source },
    })
}

/// One value of a row.
enum Cell {
    Nothing,
    /// What others wrote, or may have written.
    Text(String),
    /// Digits, with a sign and a point at most: no spreadsheet runs it.
    Number(String),
    /// A JSON value; as text where it is none.
    Json(String),
}

type Cells = Vec<(&'static str, Cell)>;

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

fn maybe(value: Option<&str>) -> Cell {
    value.map_or(Cell::Nothing, text)
}

fn count(value: u64) -> Cell {
    Cell::Number(value.to_string())
}

fn maybe_count(value: Option<u64>) -> Cell {
    value.map_or(Cell::Nothing, count)
}

/// An amount twice: as decimal dollars, which no program rounds as text, and as whole nano-dollars.
fn money(amount: Option<NanoUsd>) -> (Cell, Cell) {
    match amount {
        Some(amount) => (text(amount.to_string()), Cell::Number(amount.0.to_string())),
        None => (Cell::Nothing, Cell::Nothing),
    }
}

fn moment(at: UnixMillis) -> Cell {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => text(format!("{at:.3}")),
        Err(_) => Cell::Number(at.0.to_string()),
    }
}

fn attempt_cells(row: &LedgerRow) -> Cells {
    let attempt = &row.attempt;
    let tag = |tag: Option<&PriceTag>| match tag {
        Some(tag) => (text(tag.name.as_str()), moment(tag.as_of)),
        None => (Cell::Nothing, Cell::Nothing),
    };
    let (cost_usd, cost_nano_usd) = money(attempt.cost.amount);
    let (reported_usd, reported_nano_usd) = money(attempt.reported_cost);
    let (computed_usd, computed_nano_usd) = money(attempt.computed());
    let list = attempt.list.as_ref();
    let (list_usd, list_nano_usd) = money(list.map(|list| list.amount));
    let (list_name, list_as_of) = tag(list.map(|list| &list.tag));
    let (price_name, price_as_of) = tag(attempt.price_tag.as_ref());
    let tokens = |class: fn(&Usage) -> u64| maybe_count(attempt.usage.as_ref().map(class));
    let failure = attempt.failure.as_ref();
    let conversation = row.conversation.map(|id| id.to_string());
    let rates = attempt.rates.as_ref();
    let rates = rates.and_then(|rates| serde_json::to_string(rates).ok());
    vec![
        ("attempt_id", text(attempt.id.to_string())),
        ("run_id", text(attempt.run.to_string())),
        ("attempt", count(u64::from(attempt.ordinal) + 1)),
        ("day", text(row.day.to_string())),
        ("started_at", moment(attempt.started_at)),
        ("origin", text(row.origin.as_str())),
        ("purpose", text(row.purpose.as_str())),
        ("app", maybe(row.app.as_deref())),
        ("conversation_id", maybe(conversation.as_deref())),
        ("provider_id", text(attempt.endpoint.provider.as_str())),
        ("provider", text(attempt.provider_name.as_str())),
        ("model", text(attempt.endpoint.model.as_str())),
        ("model_key", maybe(attempt.model_key.as_deref())),
        ("key", maybe(attempt.key_label.as_deref())),
        ("status", text(attempt.status.as_str())),
        (
            "failure",
            maybe(failure.map(|failure| failure.class.as_str())),
        ),
        ("made_because", text(attempt.made_because.as_str())),
        (
            "finish_reason",
            maybe(attempt.finish_reason.map(|reason| reason.as_str())),
        ),
        ("served_model", maybe(attempt.served_model.as_deref())),
        ("served_by", maybe(attempt.served_by.as_deref())),
        ("request_id", maybe(attempt.request_id.as_deref())),
        ("first_token_ms", maybe_count(attempt.timings.first_token)),
        ("total_ms", maybe_count(attempt.timings.ended)),
        ("cost_kind", text(attempt.cost.kind.as_str())),
        ("cost_usd", cost_usd),
        ("cost_nano_usd", cost_nano_usd),
        ("reported_usd", reported_usd),
        ("reported_nano_usd", reported_nano_usd),
        ("computed_usd", computed_usd),
        ("computed_nano_usd", computed_nano_usd),
        ("list_usd", list_usd),
        ("list_nano_usd", list_nano_usd),
        ("list_name", list_name),
        ("list_as_of", list_as_of),
        ("price_name", price_name),
        ("price_as_of", price_as_of),
        (
            "service_tier",
            maybe(attempt.service_tier.map(|tier| tier.as_str())),
        ),
        ("input_tokens", tokens(|usage| usage.input)),
        ("cache_read_tokens", tokens(|usage| usage.cache_read)),
        ("cache_write_tokens", tokens(|usage| usage.cache_write)),
        (
            "cache_write_long_tokens",
            tokens(|usage| usage.cache_write_long),
        ),
        ("output_tokens", tokens(|usage| usage.output)),
        ("reasoning_tokens", tokens(|usage| usage.reasoning)),
        ("audio_input_tokens", tokens(|usage| usage.audio_input)),
        (
            "audio_cache_read_tokens",
            tokens(|usage| usage.audio_cache_read),
        ),
        ("image_input_tokens", tokens(|usage| usage.image_input)),
        ("audio_output_tokens", tokens(|usage| usage.audio_output)),
        ("image_output_tokens", tokens(|usage| usage.image_output)),
        ("web_searches", tokens(|usage| usage.web_searches)),
        // Nano-dollars a million tokens.
        ("rates", rates.map_or(Cell::Nothing, Cell::Json)),
        (
            "raw_usage",
            attempt
                .raw_usage
                .as_ref()
                .map_or(Cell::Nothing, |raw| Cell::Json(raw.0.clone())),
        ),
    ]
}

fn sum_cells(by: &str, key: &str, detail: &str, name: &str, tally: &Tally) -> Cells {
    let mut cells = vec![
        ("by", text(by)),
        ("key", text(key)),
        ("detail", text(detail)),
        ("name", text(name)),
        ("attempts", count(tally.attempts)),
        ("answered", count(tally.answered)),
        ("failed", count(tally.failed)),
        ("reported", count(tally.reported)),
        ("computed", count(tally.computed)),
        ("estimated", count(tally.estimated)),
        ("unknown", count(tally.unknown)),
    ];
    for (in_dollars, in_nano, amount) in [
        ("known_usd", "known_nano_usd", tally.known),
        ("reported_usd", "reported_nano_usd", tally.known_reported),
        ("computed_usd", "computed_nano_usd", tally.known_computed),
        ("estimated_usd", "estimated_nano_usd", tally.known_estimated),
        ("wasted_usd", "wasted_nano_usd", tally.wasted),
        (
            "compared_paid_usd",
            "compared_paid_nano_usd",
            tally.compared_paid,
        ),
        (
            "compared_list_usd",
            "compared_list_nano_usd",
            tally.compared_list,
        ),
        ("cache_saved_usd", "cache_saved_nano_usd", tally.cache_saved),
    ] {
        let (dollars, nano) = money(Some(amount));
        cells.push((in_dollars, dollars));
        cells.push((in_nano, nano));
    }
    cells.extend([
        ("compared_attempts", count(tally.compared)),
        ("input_tokens", count(tally.input)),
        ("cache_read_tokens", count(tally.cache_read)),
        ("cache_write_tokens", count(tally.cache_write)),
        ("output_tokens", count(tally.output)),
        ("reasoning_tokens", count(tally.reasoning)),
        ("media_tokens", count(tally.media)),
        ("web_searches", count(tally.web_searches)),
    ]);
    cells
}

/// Rows as text, in one of the formats.
struct Table {
    format: SpendExportFormat,
    is_begun: bool,
}

impl Table {
    fn new(format: SpendExportFormat) -> Self {
        Self {
            format,
            is_begun: false,
        }
    }

    fn page(&mut self, rows: &[Cells]) -> Vec<u8> {
        match self.format {
            SpendExportFormat::Csv => self.csv(rows),
            SpendExportFormat::Json | SpendExportFormat::JsonLines => {
                let mut page = Vec::new();
                for row in rows {
                    if self.format == SpendExportFormat::Json {
                        let before: &[u8] = if self.is_begun { b",\n" } else { b"[\n" };
                        page.extend_from_slice(before);
                    }
                    self.is_begun = true;
                    page.extend(object(row));
                    if self.format == SpendExportFormat::JsonLines {
                        page.push(b'\n');
                    }
                }
                page
            }
        }
    }

    fn end(&self) -> Vec<u8> {
        match (self.format, self.is_begun) {
            (SpendExportFormat::Json, true) => b"\n]\n".to_vec(),
            (SpendExportFormat::Json, false) => b"[]\n".to_vec(),
            (SpendExportFormat::Csv | SpendExportFormat::JsonLines, _) => Vec::new(),
        }
    }

    fn csv(&mut self, rows: &[Cells]) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            if !std::mem::replace(&mut self.is_begun, true) {
                // Writing to memory fails only where there is none.
                let _ = writer.write_record(row.iter().map(|(name, _)| *name));
            }
            let _ = writer.write_record(row.iter().map(|(_, cell)| match cell {
                Cell::Nothing => String::new(),
                Cell::Text(text) | Cell::Json(text) => guarded(text),
                Cell::Number(digits) => digits.clone(),
            }));
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// A spreadsheet takes a text that begins with one of these for a formula; a number is none.
fn guarded(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_formula && !is_number {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn object(row: &Cells) -> Vec<u8> {
    let mut object = vec![b'{'];
    for (index, (name, cell)) in row.iter().enumerate() {
        if index > 0 {
            object.push(b',');
        }
        let string = |text: &str| serde_json::to_vec(text).unwrap_or_default();
        object.extend(string(name));
        object.push(b':');
        match cell {
            Cell::Nothing => object.extend_from_slice(b"null"),
            Cell::Number(digits) => object.extend_from_slice(digits.as_bytes()),
            Cell::Text(text) => object.extend(string(text)),
            Cell::Json(json) => {
                // As it came, digit by digit, but on one line: within its texts there is no line break.
                if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() {
                    object.extend(json.replace(['\n', '\r'], " ").into_bytes());
                } else {
                    object.extend(string(json));
                }
            }
        }
    }
    object.push(b'}');
    object
}

#[cfg(test)]
mod tests;
