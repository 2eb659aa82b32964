//! The writes of one run, in order, beside the stream.
//!
//! A write waits for the disk; a token must not. So the writes of a run queue here, one after the
//! other, and the end of the run waits until the queue is empty.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use patchbay_domain::Attempt;
use patchbay_store::{PartialAnswer, Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::spend::Ledger;

/// The queue.
pub(super) struct Journal {
    store: Store,
    ledger: Ledger,
    is_for_app: bool,
    /// `None` before the first write: most runs of apps have none.
    queue: Option<Queue>,
    partials_waiting: Arc<AtomicUsize>,
    has_failed: Arc<AtomicBool>,
}

/// A task that carries the writes out.
struct Queue {
    writes: mpsc::UnboundedSender<Write>,
    done: JoinHandle<()>,
}

enum Write {
    Begin(Box<Attempt>, oneshot::Sender<bool>),
    Settle(Box<Attempt>),
    Partial(Box<PartialAnswer>),
}

impl Journal {
    /// A queue with nothing in it. What apps ask is written without waiting for the disk.
    pub(super) fn new(store: Store, ledger: Ledger, is_for_app: bool) -> Self {
        Self {
            store,
            ledger,
            is_for_app,
            queue: None,
            partials_waiting: Arc::new(AtomicUsize::new(0)),
            has_failed: Arc::new(AtomicBool::new(false)),
        }
    }

    fn begin(&self) -> Queue {
        let (writes, mut queue) = mpsc::unbounded_channel();
        let waiting = Arc::clone(&self.partials_waiting);
        let failed = Arc::clone(&self.has_failed);
        let (store, ledger) = (self.store.clone(), self.ledger.clone());
        let is_for_app = self.is_for_app;
        let done = tokio::task::spawn(async move {
            while let Some(write) = queue.recv().await {
                let is_partial = matches!(write, Write::Partial(_));
                if let Err(error) = carry_out(&store, &ledger, write, is_for_app).await {
                    failed.store(true, Ordering::SeqCst);
                    tracing::warn!(%error, "a write during a run failed");
                }
                if is_partial {
                    waiting.fetch_sub(1, Ordering::SeqCst);
                }
            }
        });
        Queue { writes, done }
    }

    /// An attempt begins. Tells whether its row is on the disk; nothing is to be sent before.
    pub(super) fn begin_attempt(&mut self, attempt: Attempt) -> oneshot::Receiver<bool> {
        let (told, tells) = oneshot::channel();
        self.send(Write::Begin(Box::new(attempt), told));
        tells
    }

    /// An attempt is over.
    pub(super) fn settle_attempt(&mut self, attempt: Attempt) {
        self.send(Write::Settle(Box::new(attempt)));
    }

    /// The answer has come this far. Answers `false` where an earlier text still waits for the disk:
    /// the next one will hold this one too.
    pub(super) fn save_partial(&mut self, partial: impl FnOnce() -> PartialAnswer) -> bool {
        if self.partials_waiting.load(Ordering::SeqCst) > 0 {
            return false;
        }
        self.partials_waiting.fetch_add(1, Ordering::SeqCst);
        self.send(Write::Partial(Box::new(partial())));
        true
    }

    fn send(&mut self, write: Write) {
        let queue = match self.queue.take() {
            Some(queue) => queue,
            None => self.begin(),
        };
        // It is closed only by `finish`, after which nothing is written any more.
        let _ = queue.writes.send(write);
        self.queue = Some(queue);
    }

    /// Waits until everything is written, and says whether all of it was.
    pub(super) async fn finish(self) -> bool {
        let Some(Queue { writes, done }) = self.queue else {
            return true;
        };
        drop(writes);
        let ended = done.await.is_ok();
        ended && !self.has_failed.load(Ordering::SeqCst)
    }
}

async fn carry_out(
    store: &Store,
    ledger: &Ledger,
    write: Write,
    is_for_app: bool,
) -> Result<(), StoreError> {
    match write {
        Write::Begin(attempt, told) => {
            let begun = if is_for_app {
                store.put_app_attempt(*attempt).await
            } else {
                store.begin_attempt(*attempt).await
            };
            // Whoever waited may be gone: the person pressed stop.
            let _ = told.send(begun.is_ok());
            begun
        }
        Write::Settle(attempt) => {
            let id = attempt.id;
            if is_for_app {
                store.put_app_attempt(*attempt).await?;
            } else {
                store.settle_attempt(*attempt).await?;
            }
            ledger.release(id).await;
            Ok(())
        }
        Write::Partial(partial) => store.save_partial(*partial).await.map(drop),
    }
}
