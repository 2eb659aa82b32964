//! Lists of what a provider billed, read from its files and put beside the ledger.
//!
//! What was read is kept; the matching is done anew whenever it is looked at, since the ledger changes:
//! prices are set, and attempts priced again.

mod matching;
mod names;
mod read;

use patchbay_domain::{Day, JsonText, NanoUsd, ProviderId, UnixMillis, UsageImportId};
use patchbay_store::{SpendFilter, UsageImportRecord};

pub use self::matching::{ImportLine, ImportVerdict};
use self::matching::{Sent, matched, span};
pub use self::read::UsageGrain;
use self::read::{UsageFile, read};
use super::calendar::{start_of, today};
use crate::{Engine, EngineError, clock};

/// Lines that are shown of one import; those that differ come first.
const SHOWN: usize = 500;

/// How long a request may take that a list notes by its end, in milliseconds.
const LONGEST_REQUEST: i64 = 60 * 60 * 1_000;

/// The longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// An import, matched against the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageImport {
    /// Its id.
    pub id: UsageImportId,
    /// Whose.
    pub provider: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// The file's name.
    pub name: String,
    /// When it was read.
    pub created_at: UnixMillis,
    /// What kind of file it is, for people.
    pub format: String,
    /// What a row stands for.
    pub grain: UsageGrain,
    /// The first day of its rows, in UTC.
    pub from: Day,
    /// The last day of its rows, in UTC.
    pub to: Day,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that could not be read.
    pub unreadable: u64,
    /// Rows with a counterpart.
    pub matched: u64,
    /// Rows of theirs without one.
    pub only_theirs: u64,
    /// Requests of ours without one; where a row is a day, models on days.
    pub only_ours: u64,
    /// All that they billed; `None` where the file has no money.
    pub theirs: Option<NanoUsd>,
    /// All of ours in the same days, or between the first and the last request.
    pub ours: NanoUsd,
    /// `ours / theirs - 1` in percent.
    pub drift_percent: Option<f64>,
    /// The rows, those that differ first; at most 500.
    pub lines: Vec<ImportLine>,
}

impl Engine {
    /// Reads a file of a provider's usage, keeps what it says and puts it beside the ledger.
    ///
    /// # Errors
    /// The provider is gone, the file is no list of usage, or the database cannot be written.
    pub async fn import_usage(
        &self,
        provider: &ProviderId,
        name: &str,
        text: String,
    ) -> Result<UsageImport, EngineError> {
        self.provider_record(provider).await?;
        let reading = tokio::task::spawn_blocking(move || read(&text)).await;
        let file = match reading {
            Ok(file) => file?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let name: String = name
            .chars()
            .filter(|character| !character.is_control())
            .take(LONGEST_NAME)
            .collect();
        let record = UsageImportRecord {
            id: clock::usage_import_id(),
            provider: provider.clone(),
            name,
            body: JsonText(serde_json::to_string(&file).unwrap_or_default()),
            created_at: self.clock.now(),
        };
        self.store.save_usage_import(record.clone()).await?;
        self.matched_import(record, file).await
    }

    /// Every import beside the ledger as it is now, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn usage_imports(&self) -> Result<Vec<UsageImport>, EngineError> {
        let mut imports = Vec::new();
        for record in self.store.usage_imports().await? {
            match serde_json::from_str::<UsageFile>(&record.body.0) {
                Ok(file) => imports.push(self.matched_import(record, file).await?),
                Err(error) => {
                    tracing::warn!(import = %record.id, %error, "an import cannot be read");
                }
            }
        }
        Ok(imports)
    }

    /// Forgets an import. The ledger stays as it is.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_usage_import(&self, import: UsageImportId) -> Result<(), EngineError> {
        Ok(self.store.delete_usage_import(import).await?)
    }

    async fn matched_import(
        &self,
        record: UsageImportRecord,
        file: UsageFile,
    ) -> Result<UsageImport, EngineError> {
        let now = self.clock.now();
        let here = today(now);
        let days = || file.rows.iter().filter_map(read::Billed::day);
        let (from, to) = (days().min().unwrap_or(here), days().max().unwrap_or(here));
        let ours = match span(&file) {
            Some((first, end)) => {
                // A list may note when requests ended: the first of them began earlier.
                let longest = match file.grain {
                    UsageGrain::Request => LONGEST_REQUEST,
                    UsageGrain::Day => 0,
                };
                let first = UnixMillis(first.0.saturating_sub(longest));
                self.sent_within(&record.provider, (first, end), (from, to))
                    .await?
            }
            None => Vec::new(),
        };
        let begins = self.store.first_spend_day().await?.map(start_of);
        let amounts: Vec<i64> = file.rows.iter().filter_map(|row| row.nano).collect();
        let theirs = (!amounts.is_empty()).then(|| {
            let sum = amounts
                .iter()
                .fold(0_i64, |sum, amount| sum.saturating_add(*amount));
            NanoUsd(sum)
        });
        let (format, grain) = (file.format.clone(), file.grain);
        let (rows, unreadable) = (file.read, file.unreadable);
        let matching = tokio::task::spawn_blocking(move || matched(&file, ours, now, begins));
        let mut matched = match matching.await {
            Ok(matched) => matched,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        matched.lines.truncate(SHOWN);
        let provider_name = self.provider_names().await?.of(record.provider.as_str());
        Ok(UsageImport {
            id: record.id,
            provider: record.provider,
            provider_name,
            name: record.name,
            created_at: record.created_at,
            format,
            grain,
            from,
            to,
            rows,
            unreadable,
            matched: matched.matched,
            only_theirs: matched.only_theirs,
            only_ours: matched.only_ours,
            theirs,
            ours: matched.ours,
            drift_percent: theirs.and_then(|theirs| super::reconcile::drift(matched.ours, theirs)),
            lines: matched.lines,
        })
    }

    /// What was sent to a provider from one moment on and before another.
    async fn sent_within(
        &self,
        provider: &ProviderId,
        (first, end): (UnixMillis, UnixMillis),
        (from, to): (Day, Day),
    ) -> Result<Vec<Sent>, EngineError> {
        // A day here lies within a day before and after the same one in UTC.
        let filter = SpendFilter {
            provider: Some(provider.clone()),
            ..SpendFilter::between(from.plus(-2), to.plus(2))
        };
        let mut sent = Vec::new();
        let mut pages = self.ledger_pages(filter).await?;
        while let Some(rows) = pages.next().await? {
            for row in rows {
                if (first..end).contains(&row.attempt.started_at) {
                    sent.extend(Sent::of(&row.attempt));
                }
            }
        }
        Ok(sent)
    }
}
