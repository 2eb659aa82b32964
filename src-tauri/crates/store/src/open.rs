//! Opening the database: every way in which a data folder can be unusable is told apart here, before
//! anything is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use patchbay_domain::UnixMillis;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{broadcast, mpsc};

use crate::error::StoreError;
use crate::folder::Folder;
use crate::migration;
use crate::readers::Readers;
use crate::redo::RedoLog;
use crate::spend;
use crate::store::Store;
use crate::writer::{LARGEST_BATCH, SyncLevel, Writer};

/// How many changes a slow listener may be behind before it is told that it missed some.
const CHANGES_KEPT: usize = 1_024;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The time of day, which names a backup.
    pub now: UnixMillis,
    /// When a write counts as done.
    pub synchronous: Synchronous,
    /// The most pages of 4,096 bytes that the file may have, or as many as the disk holds.
    pub max_pages: Option<u32>,
}

impl StoreOptions {
    /// As the application opens it.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            now,
            synchronous: Synchronous::Full,
            max_pages: None,
        }
    }
}

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// When the disk has it: a power cut loses nothing that was acknowledged.
    Full,
    /// When the system has it: a power cut may lose the last seconds, but breaks nothing.
    Normal,
}

/// What opening found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// The database file.
    pub file: PathBuf,
    /// Whether there was no database before.
    pub is_new: bool,
    /// The schema that the file had; 0 for a new one.
    pub schema_before: i64,
    /// The schema that it has now.
    pub schema: i64,
    /// The copy that was put aside before the schema was changed.
    pub backup: Option<PathBuf>,
}

impl Store {
    /// Opens the database in `directory`, makes it where it is missing, and brings it up to date.
    ///
    /// Blocks on the disk. No runtime is needed yet; the methods need one.
    ///
    /// # Errors
    /// Every variant up to [`StoreError::Busy`], each with words for people.
    pub fn open(
        directory: &Path,
        options: &StoreOptions,
    ) -> Result<(Self, OpenReport), StoreError> {
        let folder = Folder::prepare(directory)?;
        let lock = folder.lock()?;
        let file = folder.prepare_database()?;
        let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let classed = |error| StoreError::of_database(error, &file);
        if connection.is_readonly("main").map_err(classed)? {
            return Err(StoreError::ReadOnly {
                path: file,
                source: None,
            });
        }
        migration::check(&connection, &file)?;
        prepare_writing(&connection, &file, options)?;
        // A step may have to rebuild a table that others refer to.
        connection
            .pragma_update(None, "foreign_keys", false)
            .map_err(classed)?;
        let migrated = migration::bring_up_to_date(&mut connection, &folder, options.now)?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(classed)?;

        let redo = Arc::new(RedoLog::open(&folder)?);
        let readers = Readers::open(&file, connect)?;
        let (sender, requests) = mpsc::channel(LARGEST_BATCH);
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        let interrupt = connection.get_interrupt_handle();
        let writer = Writer {
            level: SyncLevel::of(&connection).map_err(classed)?,
            connection,
            lock,
            file: file.clone(),
            requests,
            changes: changes.clone(),
            redo: Arc::clone(&redo),
        };
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.serve())
            .map_err(|error| StoreError::of_file(error, folder.path()))?;
        let report = OpenReport {
            file: file.clone(),
            is_new: migrated.from == 0,
            schema_before: migrated.from,
            schema: migrated.to,
            backup: migrated.backup,
        };
        Ok((
            Self::new(file, sender, changes, readers, redo, interrupt),
            report,
        ))
    }
}

/// A connection as all of them are set up.
fn connect(file: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let classed = |error| StoreError::of_database(error, file);
    // Each connection stays with one thread at a time, so SQLite's own locking is superfluous.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(classed)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(classed)?;
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .map_err(classed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn prepare_writing(
    connection: &Connection,
    file: &Path,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let classed = |error| StoreError::of_database(error, file);
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(classed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::WalRefused {
            file: file.to_path_buf(),
            mode,
        });
    }
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection
        .pragma_update(None, "synchronous", synchronous)
        .map_err(classed)?;
    spend::prepare_counting(connection).map_err(classed)?;
    if let Some(pages) = options.max_pages {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(classed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_cannot_keep_a_log_is_refused() {
        // A database in memory cannot, and neither can one on a folder without shared memory.
        let connection = Connection::open_in_memory().unwrap();
        let options = StoreOptions::new(UnixMillis(0));
        let error = prepare_writing(&connection, Path::new("x"), &options).unwrap_err();
        let StoreError::WalRefused { mode, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(mode, "memory");
    }
}
