//! The redo log: what apps ask is in it before it is in the database.
//!
//! A transaction for each of a thousand requests a second is most of what they would cost. So what an
//! app asked, each attempt and how it ended is appended to a file, which the system has when a process
//! is killed, and the writer takes all that has come together into the database many times a second:
//! a run that has ended by then is written once, as it ended. What a killed process left in the file is
//! taken in at the next start.
//!
//! Nobody sees the difference: every read and every other write waits until what was logged before it
//! is in the database.

mod apply;
mod entry;
mod file;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_domain::RunId;

use crate::error::StoreError;
use crate::folder::Folder;

pub(crate) use apply::apply;
pub(crate) use entry::{BeginAppRun, Entry};
use file::LogFile;

/// The most entries and bytes that wait. Whoever adds one more waits for the writer.
const MOST_WAITING: usize = 1_024;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The log. Two files by turns: while what is in one is taken into the database, the other one grows.
pub(crate) struct RedoLog(Mutex<Inner>);

struct Inner {
    files: [LogFile; 2],
    /// Which one grows.
    current: usize,
    /// Counts entries, so that those of both files have one order.
    next_number: u64,
    /// In the order in which they were logged.
    waiting: Vec<Entry>,
    bytes_waiting: usize,
    /// The writer has some in hand, whose transaction is not committed yet.
    is_being_applied: bool,
    /// The database did not take them the last time.
    is_stuck: bool,
    /// The writer is gone.
    is_closed: bool,
    /// Runs whose entries a process before this one left; some may be in the database already.
    left_over: HashSet<RunId>,
}

/// What a caller has to do after an entry was logged.
pub(crate) struct Logged {
    /// Nobody has told the writer yet.
    pub(crate) is_first: bool,
    /// So much waits that it should be waited for.
    pub(crate) is_much: bool,
}

/// What the writer takes into the database in one transaction.
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    /// Runs that may be there already.
    pub(crate) left_over: HashSet<RunId>,
    bytes: usize,
}

impl RedoLog {
    /// Opens the log of a folder, with what a killed process left in it.
    ///
    /// # Errors
    /// Its files cannot be made or read.
    pub(crate) fn open(folder: &Folder) -> Result<Self, StoreError> {
        let [first, second] = folder.redo_logs().map(LogFile::open);
        let mut files = [first?, second?];
        let mut found = Vec::new();
        for file in &mut files {
            found.extend(file.recover()?);
        }
        found.sort_by_key(|(number, _)| *number);
        let next_number = found.last().map_or(0, |(number, _)| number + 1);
        let waiting: Vec<Entry> = found.into_iter().map(|(_, entry)| entry).collect();
        if !waiting.is_empty() {
            tracing::info!(entries = waiting.len(), "a redo log was left behind");
        }
        Ok(Self(Mutex::new(Inner {
            files,
            current: 0,
            next_number,
            left_over: waiting.iter().map(Entry::run).collect(),
            waiting,
            bytes_waiting: 0,
            is_being_applied: false,
            is_stuck: false,
            is_closed: false,
        })))
    }

    /// Writes an entry to the file. When this returns, a killed process does not lose it.
    ///
    /// Short enough not to be handed to another thread: the system takes the bytes into its memory.
    ///
    /// # Errors
    /// The file takes nothing more, or the log is closed. Then nothing of the entry is in it.
    pub(crate) fn append(&self, entry: Entry) -> Result<Logged, StoreError> {
        // Before the lock, since it is most of the work.
        let json = entry.to_json()?;
        let mut inner = self.lock();
        if inner.is_closed {
            return Err(StoreError::Closed);
        }
        let Inner {
            files,
            current,
            next_number,
            ..
        } = &mut *inner;
        let [first, second] = files;
        let file = if *current == 0 { first } else { second };
        file.append(*next_number, &json)?;
        inner.next_number += 1;
        let is_first = inner.waiting.is_empty();
        inner.waiting.push(entry);
        inner.bytes_waiting += json.len();
        Ok(Logged {
            is_first,
            is_much: inner.waiting.len() >= MOST_WAITING || inner.bytes_waiting >= MOST_BYTES,
        })
    }

    /// Whether something is not in the database yet.
    pub(crate) fn has_waiting(&self) -> bool {
        let inner = self.lock();
        inner.is_being_applied || !inner.waiting.is_empty()
    }

    /// Whether the database did not take what was logged.
    pub(crate) fn is_stuck(&self) -> bool {
        self.lock().is_stuck
    }

    /// All that waits, to be written and told with [`Self::applied`] or [`Self::put_back`].
    pub(crate) fn take(&self) -> Option<Batch> {
        let mut inner = self.lock();
        if inner.waiting.is_empty() {
            return None;
        }
        let other = 1 - inner.current;
        if inner.files.get(other).is_some_and(LogFile::is_empty) {
            inner.current = other;
        }
        inner.is_being_applied = true;
        Some(Batch {
            entries: std::mem::take(&mut inner.waiting),
            left_over: std::mem::take(&mut inner.left_over),
            bytes: std::mem::take(&mut inner.bytes_waiting),
        })
    }

    /// What was taken is in the database.
    pub(crate) fn applied(&self) {
        let mut inner = self.lock();
        inner.is_being_applied = false;
        inner.is_stuck = false;
        let is_all = inner.waiting.is_empty();
        let current = inner.current;
        for (index, file) in inner.files.iter_mut().enumerate() {
            if (is_all || index != current)
                && let Err(error) = file.clear()
            {
                // It is read again at the next start, and what is in the database already passed over.
                tracing::warn!(%error, "a redo log was not emptied");
            }
        }
    }

    /// The database did not take it: it waits again, before all that came meanwhile.
    pub(crate) fn put_back(&self, mut batch: Batch) {
        let mut inner = self.lock();
        inner.is_being_applied = false;
        inner.is_stuck = true;
        batch.entries.append(&mut inner.waiting);
        inner.waiting = batch.entries;
        inner.left_over = batch.left_over;
        inner.bytes_waiting += batch.bytes;
    }

    /// Takes nothing more. Where all is in the database its files go.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.is_closed = true;
        if !inner.waiting.is_empty() {
            return;
        }
        for file in &inner.files {
            if let Err(error) = file.remove() {
                tracing::debug!(%error, "an empty redo log was not removed");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
