//! The one thread that writes.
//!
//! Operations queue in a bounded channel and are answered one by one, in their order. All that wait
//! at the same moment share a transaction, and so one sync of the disk; each runs in a savepoint of
//! its own, so that a failing one takes no other with it.
//!
//! What apps ask comes through the redo log and not through the channel; it is taken in before anything
//! else that waits.
//!
//! A transaction of nothing but provisional operations is not synced: the system has it when the
//! process is killed, and on a slow disk the next one does not wait for it.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::change::{Change, ChangeSet};
use crate::error::StoreError;
use crate::folder::FolderLock;
use crate::redo::{self, RedoLog};
use crate::spend;

/// The most operations that share a transaction, and the most that wait before callers have to.
pub(crate) const LARGEST_BATCH: usize = 256;

/// What SQLite calls syncing at each commit, and at checkpoints only.
const FULL: i64 = 2;
const NORMAL: i64 = 1;

/// What the thread is asked to do.
pub(crate) enum Request {
    Write(Box<dyn Operation>),
    /// To take in what was logged, and to say when it is in the database.
    Redo(Option<oneshot::Sender<Result<(), StoreError>>>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// One operation with its typed reply, behind a face that the thread can queue.
///
/// It may run more than once: a full disk can roll the whole shared transaction back, and then each
/// operation runs again on its own.
pub(crate) trait Operation: Send {
    /// Runs it, and keeps the outcome until it is known whether the transaction was committed.
    fn run(&mut self, connection: &Connection, changes: &mut ChangeSet) -> bool;
    /// Whether a power cut may take it, though never a crash of this process.
    fn is_provisional(&self) -> bool;
    /// Tells the caller the outcome kept by [`Self::run`].
    fn reply(self: Box<Self>);
    /// Tells the caller that it failed, whatever was kept.
    fn fail(self: Box<Self>, error: StoreError);
}

/// An operation made of a function.
pub(crate) struct Write<F, R> {
    function: F,
    is_provisional: bool,
    outcome: Option<Result<R, StoreError>>,
    reply: oneshot::Sender<Result<R, StoreError>>,
}

impl<F, R> Write<F, R> {
    pub(crate) fn new(function: F, reply: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self {
            function,
            is_provisional: false,
            outcome: None,
            reply,
        }
    }

    /// The same, but a power cut may take it.
    pub(crate) fn provisional(self) -> Self {
        Self {
            is_provisional: true,
            ..self
        }
    }
}

impl<F, R> Operation for Write<F, R>
where
    F: Fn(&Connection, &mut ChangeSet) -> Result<R, StoreError> + Send,
    R: Send,
{
    fn run(&mut self, connection: &Connection, changes: &mut ChangeSet) -> bool {
        let outcome = (self.function)(connection, changes);
        let is_done = outcome.is_ok();
        self.outcome = Some(outcome);
        is_done
    }

    fn is_provisional(&self) -> bool {
        self.is_provisional
    }

    fn reply(self: Box<Self>) {
        // A caller that no longer waits has its write all the same.
        let _ = self
            .reply
            .send(self.outcome.unwrap_or(Err(StoreError::Closed)));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

/// What the thread owns.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    /// Released after the connection is closed, never before.
    pub(crate) lock: FolderLock,
    pub(crate) file: PathBuf,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) level: SyncLevel,
    pub(crate) redo: Arc<RedoLog>,
}

/// How the connection syncs: as it was opened, and as it was told last.
pub(crate) struct SyncLevel {
    usual: i64,
    now: Cell<i64>,
}

impl SyncLevel {
    /// Of a connection that was just opened.
    pub(crate) fn of(connection: &Connection) -> Result<Self, rusqlite::Error> {
        let usual = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        Ok(Self {
            usual,
            now: Cell::new(usual),
        })
    }

    /// Many transactions of one kind follow each other, and only the first pays for saying so.
    fn set(&self, connection: &Connection, wanted: i64) -> Result<(), rusqlite::Error> {
        if self.now.get() != wanted {
            connection.pragma_update(None, "synchronous", wanted)?;
            self.now.set(wanted);
        }
        Ok(())
    }
}

impl Writer {
    /// Serves until it is told to close, or until every [`crate::Store`] is gone.
    pub(crate) fn serve(mut self) {
        let mut closing = None;
        while closing.is_none() {
            let Some(first) = self.requests.blocking_recv() else {
                break;
            };
            let mut batch = Vec::new();
            let mut told = Vec::new();
            let mut next = Some(first);
            while let Some(request) = next.take() {
                match request {
                    Request::Write(operation) => batch.push(operation),
                    Request::Redo(reply) => told.extend(reply),
                    Request::Close(reply) => {
                        closing = Some(reply);
                        break;
                    }
                }
                if batch.len() < LARGEST_BATCH {
                    next = self.requests.try_recv().ok();
                }
            }
            // First, since what follows may ask for a run of an app.
            if let Err(error) = self.take_in_logged() {
                tracing::warn!(%error, "what apps asked is not in the database yet");
            }
            for reply in told {
                // Where it did not work, each is told of a try of its own.
                let _ = reply.send(self.take_in_logged());
            }
            self.write(batch);
        }
        if let Err(error) = self.take_in_logged() {
            tracing::warn!(%error, "what apps asked stays in the redo log until the next start");
        }
        self.redo.close();
        // From here on callers are told that the store is closed, instead of waiting for ever.
        self.requests.close();
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Write(operation) => operation.fail(StoreError::Closed),
                Request::Redo(Some(reply)) => drop(reply.send(Err(StoreError::Closed))),
                Request::Redo(None) => {}
                Request::Close(reply) => drop(reply.send(Ok(()))),
            }
        }
        let Self {
            connection,
            lock,
            file,
            ..
        } = self;
        let outcome = tidy_up(connection).map_err(|error| StoreError::of_database(error, &file));
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the database was closed without a checkpoint");
        }
        drop(lock);
        if let Some(reply) = closing {
            let _ = reply.send(outcome);
        }
    }

    /// Takes what was logged into the database, in a transaction that is not synced.
    fn take_in_logged(&self) -> Result<(), StoreError> {
        let Some(batch) = self.redo.take() else {
            return Ok(());
        };
        match self.redone(&batch) {
            Ok(changes) => {
                self.redo.applied();
                changes.announce(&self.changes);
                Ok(())
            }
            Err(error) => {
                self.redo.put_back(batch);
                Err(error.classed(&self.file))
            }
        }
    }

    fn redone(&self, batch: &redo::Batch) -> Result<ChangeSet, StoreError> {
        self.begin(true)?;
        self.end(redo::apply(&self.connection, batch))
    }

    fn write(&mut self, mut batch: Vec<Box<dyn Operation>>) {
        let lost = match self.transaction(&mut batch) {
            Ok(changes) => {
                // Before the replies, so that whoever has one finds the news in the feed.
                changes.announce(&self.changes);
                for operation in batch {
                    operation.reply();
                }
                return;
            }
            Err(lost) => lost,
        };
        if batch.len() > 1 {
            // Each gets a transaction and a verdict of its own.
            for operation in batch {
                self.write(vec![operation]);
            }
            return;
        }
        for operation in batch {
            match lost {
                Lost::ByOperation => operation.reply(),
                Lost::ByTransaction(error) => {
                    return operation.fail(StoreError::of_database(error, &self.file));
                }
            }
        }
    }

    /// Runs all operations and commits. An error means that nothing at all was written.
    fn transaction(&self, batch: &mut [Box<dyn Operation>]) -> Result<ChangeSet, Lost> {
        if batch.is_empty() {
            return Ok(ChangeSet::default());
        }
        self.begin(batch.iter().all(|one| one.is_provisional()))?;
        self.end(run_all(&self.connection, batch))
    }

    /// Begins a transaction; a provisional one is not synced.
    fn begin(&self, is_provisional: bool) -> Result<(), rusqlite::Error> {
        let connection = &self.connection;
        if !connection.is_autocommit() {
            // Rolling back failed earlier, as it can when the disk itself fails.
            connection.execute_batch("ROLLBACK")?;
        }
        let wanted = match self.level.usual {
            FULL if is_provisional => NORMAL,
            usual => usual,
        };
        self.level.set(connection, wanted)?;
        run(connection, "BEGIN IMMEDIATE")
    }

    /// Commits what was done, or rolls it back where that failed.
    fn end<E: From<rusqlite::Error>>(&self, done: Result<ChangeSet, E>) -> Result<ChangeSet, E> {
        let connection = &self.connection;
        let outcome = done.and_then(|changes| {
            // What was spent is summed once for all of them: sums are most of what a settlement costs.
            spend::count_waiting(connection)?;
            run(connection, "COMMIT")?;
            Ok(changes)
        });
        if outcome.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        outcome
    }
}

/// Why a whole transaction was lost.
enum Lost {
    /// An operation failed so badly that SQLite rolled everything back. It holds its own error.
    ByOperation,
    /// The transaction could not be begun or committed.
    ByTransaction(rusqlite::Error),
}

impl From<rusqlite::Error> for Lost {
    fn from(error: rusqlite::Error) -> Self {
        Self::ByTransaction(error)
    }
}

/// One of the few statements that frame all others; parsed once.
fn run(connection: &Connection, statement: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

fn run_all(connection: &Connection, batch: &mut [Box<dyn Operation>]) -> Result<ChangeSet, Lost> {
    let mut changes = ChangeSet::default();
    for operation in batch {
        let mut own = ChangeSet::default();
        run(connection, "SAVEPOINT operation")?;
        if operation.run(connection, &mut own) {
            run(connection, "RELEASE operation")?;
            changes.merge(own);
            continue;
        }
        if connection.is_autocommit() {
            return Err(Lost::ByOperation);
        }
        connection.execute_batch("ROLLBACK TO operation; RELEASE operation")?;
    }
    Ok(changes)
}

/// Leaves one tidy file behind: fresh statistics, and no log beside it.
fn tidy_up(connection: Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch("PRAGMA optimize")?;
    let is_blocked: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_blocked {
        tracing::debug!("a reader kept the write-ahead log; the next start takes it over");
    }
    connection.close().map_err(|(_, error)| error)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
