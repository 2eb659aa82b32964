//! Three connections that can only read, lent to blocking tasks one at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::error::StoreError;

const READERS: usize = 3;

#[derive(Clone)]
pub(crate) struct Readers {
    file: Arc<PathBuf>,
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(
        file: &Path,
        connect: impl Fn(&Path, OpenFlags) -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut free = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection
                .pragma_update(None, "query_only", true)
                .map_err(|error| StoreError::of_database(error, file))?;
            free.push(connection);
        }
        Ok(Self {
            file: Arc::new(file.to_path_buf()),
            free: Arc::new(Mutex::new(free)),
            permits: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Runs `query` in one read transaction, so that all it reads is of one moment.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let readers = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            // The permit goes last, when the connection is back.
            let _permit = permit;
            let lent = readers.borrow()?;
            let Some(connection) = lent.connection.as_ref() else {
                return Err(StoreError::Closed);
            };
            in_transaction(connection, query).map_err(|error| error.classed(&readers.file))
        });
        // A task is cancelled only with its runtime, and then there is nobody left to answer.
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Waits until no query runs, and closes every connection.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        let _all = self.permits.acquire_many(all).await;
        self.permits.close();
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn borrow(&self) -> Result<Lent<'_>, StoreError> {
        let connection = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match connection {
            Some(connection) => Ok(Lent {
                readers: self,
                connection: Some(connection),
            }),
            None => Err(StoreError::Closed),
        }
    }
}

/// Gives the connection back even where a query panics.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}

fn in_transaction<R>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let found = query(&transaction)?;
    // Nothing was written; this only ends the moment that was looked at.
    transaction.finish()?;
    Ok(found)
}
