//! The ledger as files: every attempt, or sums of them. Amounts are decimal dollars with nine digits,
//! and whole nano-dollars beside them.
//!
//! One list of columns makes all formats, so that none says what another leaves out. Rows are written
//! page by page, so that a year of them never stands in memory.

mod cells;
mod table;

use std::io;
use std::path::{Path, PathBuf};

use patchbay_store::{SpendBy, SpendFilter, StoreError};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};

use self::cells::{Cells, attempt_cells, organisation_cells, sum_cells};
use self::table::Table;
use super::names::model_name_among;
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
    /// What a provider's organisation cost on each UTC day, beside the ledger.
    Organisation,
}

impl SpendExportWhat {
    /// What has this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "rows" => Some(Self::Rows),
            "sums" => Some(Self::Sums),
            "statement" => Some(Self::Statement),
            "organisation" => Some(Self::Organisation),
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
        let file = File::create(&beside).await.map_err(failed)?;
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

    async fn write_to(
        &self,
        request: &SpendExportRequest,
        out: &mut Out<'_>,
    ) -> Result<(), EngineError> {
        let filter = request.filter.clone();
        match request.what {
            SpendExportWhat::Statement => {
                let page = self.spend_statement(filter).await?;
                out.put(page.as_bytes()).await
            }
            SpendExportWhat::Organisation => {
                let mut table = Table::new(request.format);
                for side in self.organisations(filter.from, filter.to).await? {
                    if filter
                        .provider
                        .as_ref()
                        .is_none_or(|it| *it == side.provider)
                    {
                        let rows: Vec<_> = side
                            .days
                            .iter()
                            .map(|day| organisation_cells(&side, day))
                            .collect();
                        out.put(&table.page(&rows)).await?;
                    }
                }
                out.put(&table.end()).await
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
        let names = self.provider_names().await?;
        let keys = self.store.all_keys().await?;
        let provider_name = |id: &str| names.of(id);
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
                    SpendBy::Model => model_name_among(&group.key, provider_name),
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

/// The file that bytes go to, and the path that is named where one fails.
struct Out<'a> {
    writer: BufWriter<File>,
    path: &'a Path,
    bytes: u64,
}

impl<'a> Out<'a> {
    fn new(file: File, path: &'a Path) -> Self {
        Self {
            writer: BufWriter::new(file),
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

#[cfg(test)]
mod tests;
