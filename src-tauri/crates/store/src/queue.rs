//! What waits for the thread that writes.

use std::thread;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use crate::writer::Operation;

/// What the thread is asked to do.
pub(crate) enum Request {
    Write(Box<dyn Operation>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// What is still to be done. Whoever sends has to unpark the thread after it.
pub(crate) struct Queue {
    requests: mpsc::Receiver<Request>,
    /// Taken out, and to be done before all others.
    first: Option<Request>,
}

impl Queue {
    pub(crate) fn new(requests: mpsc::Receiver<Request>) -> Self {
        Self {
            requests,
            first: None,
        }
    }

    /// Takes nothing more in.
    pub(crate) fn close(&mut self) {
        self.requests.close();
    }

    /// Waits for the next one; `None` when every [`crate::Store`] is gone.
    pub(crate) fn next(&mut self) -> Option<Request> {
        self.first.take().or_else(|| self.requests.blocking_recv())
    }

    /// The next one where there is one now.
    pub(crate) fn try_next(&mut self) -> Option<Request> {
        self.first.take().or_else(|| self.requests.try_recv().ok())
    }

    /// Waits until `deadline` for operations that may share a transaction of provisional ones, at most
    /// `room` of them. Empty where there are none in time, or where something else comes first.
    pub(crate) fn more(&mut self, deadline: Instant, room: usize) -> Vec<Box<dyn Operation>> {
        let mut found: Vec<Box<dyn Operation>> = Vec::new();
        while found.len() < room {
            match self.try_next() {
                Some(Request::Write(operation)) if operation.is_provisional() => {
                    found.push(operation);
                }
                Some(other) => {
                    self.first = Some(other);
                    break;
                }
                None if !found.is_empty() => break,
                None => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() || self.requests.is_closed() {
                        break;
                    }
                    thread::park_timeout(left);
                }
            }
        }
        found
    }
}
