//! What apps ask is committed without waiting for the disk, and is made safe from a power cut within a
//! second. Then its texts are taken into the search index, in parts, so that nobody waits for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use patchbay_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long what an app asked may be lost by a power cut.
const WITHIN: Duration = Duration::from_secs(1);

/// Whether something waits to be made durable. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct DurableSoon(Arc<AtomicBool>);

impl DurableSoon {
    /// Sees to it that what was written by now is durable within a second.
    pub(crate) fn note(&self, store: &Store, tasks: &TaskTracker, closing: &CancellationToken) {
        if self.0.swap(true, Ordering::SeqCst) {
            return;
        }
        let (waits, store, closing) = (Arc::clone(&self.0), store.clone(), closing.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(WITHIN) => {}
                () = closing.cancelled() => {}
            }
            // Before the write: what comes meanwhile is for the next one.
            waits.store(false, Ordering::SeqCst);
            if let Err(error) = store.make_durable().await {
                tracing::warn!(%error, "what apps asked is not safe from a power cut yet");
            }
            // What is left when it closes is taken in by the next search.
            if let Err(error) = index(&store, &closing).await {
                tracing::warn!(%error, "what apps asked is not searchable yet");
            }
        });
    }
}

async fn index(store: &Store, closing: &CancellationToken) -> Result<(), StoreError> {
    while !closing.is_cancelled() && store.index_app_requests().await? {}
    Ok(())
}
