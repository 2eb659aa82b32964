//! The handle that everybody holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::change::{Change, ChangeSet};
use crate::error::StoreError;
use crate::readers::Readers;
use crate::redo::{Entry, RedoLog};
use crate::writer::{Operation, Request, Write};

/// How long what apps ask stands in the redo log alone: long enough for many to share a transaction, and
/// shorter than anybody sees.
const LOGGED_FOR: Duration = Duration::from_millis(50);

/// The database. Cloning is cheap; all clones are the same store.
///
/// Every method that writes returns when the write is on the disk. One whose future is dropped early
/// may still be carried out. Methods must be called within a tokio runtime.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    file: PathBuf,
    requests: mpsc::Sender<Request>,
    changes: broadcast::Sender<Change>,
    readers: Readers,
    redo: Arc<RedoLog>,
    interrupt: InterruptHandle,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("file", &self.shared.file)
            .finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(
        file: PathBuf,
        requests: mpsc::Sender<Request>,
        changes: broadcast::Sender<Change>,
        readers: Readers,
        redo: Arc<RedoLog>,
        interrupt: InterruptHandle,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                file,
                requests,
                changes,
                readers,
                redo,
                interrupt,
            }),
        }
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.shared.file
    }

    /// Follows what changes from now on. A listener that falls far behind gets
    /// [`broadcast::error::RecvError::Lagged`], and should then read everything anew.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.shared.changes.subscribe()
    }

    /// Tells of a change that nothing was written for.
    pub(crate) fn announce(&self, change: Change) {
        // Nobody listening is no error.
        let _ = self.shared.changes.send(change);
    }

    /// Returns when everything that was asked for before is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Closed`], or what keeps the disk from taking anything.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.write(|_, _| Ok(())).await
    }

    /// Writes what is queued, tidies the file up, and releases the folder. Later calls of any method
    /// get [`StoreError::Closed`].
    ///
    /// # Errors
    /// [`StoreError::CloseTimedOut`] after `limit`; what was acknowledged is safe even then.
    pub async fn close(&self, limit: Duration) -> Result<(), StoreError> {
        let closing = async {
            self.shared.readers.close().await;
            let (reply, answer) = oneshot::channel();
            if self
                .shared
                .requests
                .send(Request::Close(reply))
                .await
                .is_err()
            {
                // Closed before: by a clone.
                return Ok(());
            }
            answer.await.unwrap_or(Ok(()))
        };
        match tokio::time::timeout(limit, closing).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.shared.interrupt.interrupt();
                let limit_millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                Err(StoreError::CloseTimedOut { limit_millis })
            }
        }
    }

    /// Queues one operation and waits for its commit. `operation` may run twice, see
    /// [`crate::writer::Operation`].
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        operation: impl Fn(&Connection, &mut ChangeSet) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Write::new(operation, reply)), answer)
            .await
    }

    /// As [`Self::write`], for what a power cut may take, though never a crash of this process.
    pub(crate) async fn write_provisionally<R: Send + 'static>(
        &self,
        operation: impl Fn(&Connection, &mut ChangeSet) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Write::new(operation, reply).provisional()), answer)
            .await
    }

    async fn queue<R: Send + 'static>(
        &self,
        operation: Box<dyn Operation>,
        answer: oneshot::Receiver<Result<R, StoreError>>,
    ) -> Result<R, StoreError> {
        self.shared
            .requests
            .send(Request::Write(operation))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer
            .await
            .unwrap_or(Err(StoreError::Closed))
            .map_err(|error| error.classed(self.file()))
    }

    /// Runs a query that sees one moment of the database.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        if self.shared.redo.has_waiting()
            && let Err(error) = self.apply_logged().await
        {
            // With a full disk, what was stored before can still be read.
            tracing::warn!(%error, "what apps asked last is not in the database yet");
        }
        self.shared.readers.read(query).await
    }

    /// Puts an entry into the redo log. The writer hears of it soon, so that many share a transaction.
    pub(crate) async fn log(&self, entry: Entry) -> Result<(), StoreError> {
        if self.shared.requests.is_closed() {
            // A writer that is gone would never take it in, and no budget would hear of it.
            return Err(StoreError::Closed);
        }
        let logged = self.shared.redo.append(entry)?;
        if logged.is_first {
            let requests = self.shared.requests.clone();
            tokio::spawn(async move {
                tokio::time::sleep(LOGGED_FOR).await;
                // A writer that is gone has taken it with it.
                let _ = requests.send(Request::Redo(None)).await;
            });
        }
        if logged.is_much && !self.shared.redo.is_stuck() {
            self.apply_logged().await?;
        }
        Ok(())
    }

    /// Where the database did not take what was logged, tries once more: nothing new is begun before.
    pub(crate) async fn require_room_for_logged(&self) -> Result<(), StoreError> {
        if self.shared.redo.is_stuck() {
            self.apply_logged().await?;
        }
        Ok(())
    }

    /// Waits until all that was logged is in the database.
    async fn apply_logged(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.shared
            .requests
            .send(Request::Redo(Some(reply)))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}
