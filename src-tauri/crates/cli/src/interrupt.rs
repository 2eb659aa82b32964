//! Being told to end.

use crate::failure::Failed;

/// Resolves when the process is told to end: by Ctrl+C, by its terminal, by its service manager.
pub(crate) struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

#[cfg(unix)]
impl Interrupt {
    /// Begins to watch. From now on a signal does not end the process by itself.
    pub(crate) fn watch() -> Result<Self, Failed> {
        use tokio::signal::unix::{SignalKind, signal};
        let watched = |kind| {
            signal(kind).map_err(|error| Failed::system("Signals cannot be watched", &error))
        };
        Ok(Self {
            signals: [
                watched(SignalKind::terminate())?,
                watched(SignalKind::interrupt())?,
                watched(SignalKind::hangup())?,
            ],
        })
    }

    pub(crate) async fn told(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Interrupt {
    pub(crate) fn watch() -> Result<Self, Failed> {
        Ok(Self {})
    }

    pub(crate) async fn told(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
