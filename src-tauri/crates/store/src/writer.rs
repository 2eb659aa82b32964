//! The one thread that writes.
//!
//! Operations queue in a bounded channel and are answered one by one, in their order. All that wait
//! at the same moment share a transaction, and so one sync of the disk; each runs in a savepoint of
//! its own, so that a failing one takes no other with it.

use std::path::PathBuf;

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::change::{Change, ChangeSet};
use crate::error::StoreError;
use crate::folder::FolderLock;

/// The most operations that share a transaction, and the most that wait before callers have to.
pub(crate) const LARGEST_BATCH: usize = 256;

/// What the thread is asked to do.
pub(crate) enum Request {
    Write(Box<dyn Operation>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// One operation with its typed reply, behind a face that the thread can queue.
///
/// It may run more than once: a full disk can roll the whole shared transaction back, and then each
/// operation runs again on its own.
pub(crate) trait Operation: Send {
    /// Runs it, and keeps the outcome until it is known whether the transaction was committed.
    fn run(&mut self, connection: &Connection, changes: &mut ChangeSet) -> bool;
    /// Tells the caller the outcome kept by [`Self::run`].
    fn reply(self: Box<Self>);
    /// Tells the caller that it failed, whatever was kept.
    fn fail(self: Box<Self>, error: StoreError);
}

/// An operation made of a function.
pub(crate) struct Write<F, R> {
    function: F,
    outcome: Option<Result<R, StoreError>>,
    reply: oneshot::Sender<Result<R, StoreError>>,
}

impl<F, R> Write<F, R> {
    pub(crate) fn new(function: F, reply: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self {
            function,
            outcome: None,
            reply,
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
            let mut next = Some(first);
            while let Some(request) = next.take() {
                match request {
                    Request::Write(operation) => batch.push(operation),
                    Request::Close(reply) => {
                        closing = Some(reply);
                        break;
                    }
                }
                if batch.len() < LARGEST_BATCH {
                    next = self.requests.try_recv().ok();
                }
            }
            self.write(batch);
        }
        // From here on callers are told that the store is closed, instead of waiting for ever.
        self.requests.close();
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Write(operation) => operation.fail(StoreError::Closed),
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

    fn write(&mut self, mut batch: Vec<Box<dyn Operation>>) {
        let lost = match self.transaction(&mut batch) {
            Ok(changes) => {
                for operation in batch {
                    operation.reply();
                }
                return changes.announce(&self.changes);
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
        let connection = &self.connection;
        if !connection.is_autocommit() {
            // Rolling back failed earlier, as it can when the disk itself fails.
            connection.execute_batch("ROLLBACK")?;
        }
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let outcome = run_all(connection, batch).and_then(|changes| {
            connection.execute_batch("COMMIT")?;
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

fn run_all(connection: &Connection, batch: &mut [Box<dyn Operation>]) -> Result<ChangeSet, Lost> {
    let mut changes = ChangeSet::default();
    for operation in batch {
        let mut own = ChangeSet::default();
        connection.execute_batch("SAVEPOINT operation")?;
        if operation.run(connection, &mut own) {
            connection.execute_batch("RELEASE operation")?;
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
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::folder::Folder;

    type Answer = oneshot::Receiver<Result<(), StoreError>>;

    /// A writer with the table `entry` and room for `pages` pages.
    fn writer(directory: &TempDir, pages: u32) -> (Writer, mpsc::Sender<Request>) {
        let folder = Folder::prepare(directory.path()).unwrap();
        let lock = folder.lock().unwrap();
        let file = folder.prepare_database().unwrap();
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA max_page_count = {pages};
                 CREATE TABLE parent (id INTEGER PRIMARY KEY);
                 CREATE TABLE entry (
                     id INTEGER PRIMARY KEY, text TEXT NOT NULL,
                     parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
            ))
            .unwrap();
        let (sender, requests) = mpsc::channel(LARGEST_BATCH);
        let (changes, _) = broadcast::channel(8);
        (
            Writer {
                connection,
                lock,
                file,
                requests,
                changes,
            },
            sender,
        )
    }

    struct Entry {
        id: i64,
        bytes: usize,
        parent: Option<i64>,
    }

    fn small(id: i64) -> Entry {
        Entry {
            id,
            bytes: 10,
            parent: None,
        }
    }

    /// Queues an insert before the writer runs, so that all queued ones share a transaction.
    fn queue(sender: &mpsc::Sender<Request>, entry: Entry) -> Answer {
        let (reply, answer) = oneshot::channel();
        let insert = move |connection: &Connection, changes: &mut ChangeSet| {
            changes.add(Change::Settings);
            connection.execute(
                "INSERT INTO entry (id, text, parent) VALUES (?1, ?2, ?3)",
                rusqlite::params![entry.id, "x".repeat(entry.bytes), entry.parent],
            )?;
            Ok(())
        };
        let request = Request::Write(Box::new(Write::new(insert, reply)));
        assert!(sender.try_send(request).is_ok());
        answer
    }

    fn ids(directory: &TempDir) -> Vec<i64> {
        let folder = Folder::prepare(directory.path()).unwrap();
        let connection = Connection::open(folder.database()).unwrap();
        let mut statement = connection
            .prepare("SELECT id FROM entry ORDER BY id")
            .unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        ids.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_failing_operation_takes_no_other_with_it() {
        let directory = TempDir::new().unwrap();
        let (writer, sender) = writer(&directory, 1_000);
        let mut changes = writer.changes.subscribe();
        let answers = [small(1), small(1), small(2)].map(|entry| queue(&sender, entry));
        drop(sender);
        writer.serve();
        let [first, twice, second] = answers.map(|mut answer| answer.try_recv().unwrap().is_ok());
        assert_eq!((first, twice, second), (true, false, true));
        assert_eq!(ids(&directory), [1, 2]);
        assert_eq!(changes.try_recv(), Ok(Change::Settings));
        assert!(
            changes.try_recv().is_err(),
            "one change for the whole batch"
        );
    }

    #[test]
    fn an_operation_that_only_the_commit_refuses_takes_no_other_with_it() {
        let directory = TempDir::new().unwrap();
        let (writer, sender) = writer(&directory, 1_000);
        let orphan = Entry {
            parent: Some(99),
            ..small(2)
        };
        let answers = [small(1), orphan, small(3)].map(|entry| queue(&sender, entry));
        drop(sender);
        writer.serve();
        let [first, orphan, third] = answers.map(|mut answer| answer.try_recv().unwrap());
        assert!(first.is_ok() && third.is_ok());
        assert!(
            matches!(orphan, Err(StoreError::Contradiction(_))),
            "{orphan:?}"
        );
        assert_eq!(ids(&directory), [1, 3]);
    }

    #[test]
    fn a_full_disk_fails_what_does_not_fit_and_the_thread_goes_on() {
        let directory = TempDir::new().unwrap();
        let (writer, sender) = writer(&directory, 16);
        let large = Entry {
            bytes: 1_000_000,
            ..small(2)
        };
        let answers = [small(1), large, small(3)].map(|entry| queue(&sender, entry));
        let file = writer.file.clone();
        drop(sender);
        writer.serve();
        let [first, large, third] = answers.map(|mut answer| answer.try_recv().unwrap());
        assert!(first.is_ok() && third.is_ok());
        let error = large.unwrap_err().classed(&file);
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert_eq!(ids(&directory), [1, 3]);
    }

    #[test]
    fn what_is_queued_behind_the_close_is_told_so() {
        let directory = TempDir::new().unwrap();
        let (writer, sender) = writer(&directory, 1_000);
        let mut before = queue(&sender, small(1));
        let (reply, mut closed) = oneshot::channel();
        assert!(sender.try_send(Request::Close(reply)).is_ok());
        let mut behind = queue(&sender, small(2));
        writer.serve();
        assert!(before.try_recv().unwrap().is_ok());
        assert!(matches!(
            behind.try_recv().unwrap(),
            Err(StoreError::Closed)
        ));
        assert!(closed.try_recv().unwrap().is_ok());
        assert_eq!(ids(&directory), [1]);
        assert!(sender.is_closed());
    }
}
