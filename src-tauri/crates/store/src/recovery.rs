//! What a crash left open is closed at the next start.

use patchbay_domain::UnixMillis;
use patchbay_domain::run::Outcome;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::{attempt, round, run};

/// What was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Runs that had not ended.
    pub runs: u64,
    /// Messages that were still being written.
    pub messages: u64,
    /// Attempts that had not been settled.
    pub attempts: u64,
}

impl Store {
    /// Marks everything that still runs as interrupted: its text stays as it was saved, and its cost
    /// is what can be known of it. Doing it twice changes nothing.
    ///
    /// Call it once after opening, before the first run begins: it cannot tell a run of this process
    /// from one that a crash left.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn recover(&self, now: UnixMillis) -> Result<RecoveryReport, StoreError> {
        self.write(move |connection, changes| {
            let mut report = RecoveryReport::default();
            for (id, located) in run::running(connection)? {
                let received_anything = match located.answer {
                    Some(answer) => connection
                        .prepare_cached(
                            "SELECT 1 FROM message
                             WHERE id = ?1 AND (text <> '' OR reasoning <> '')",
                        )?
                        .exists([answer.into_bytes()])?,
                    // The text is gone, so nobody can say that there was none.
                    None => true,
                };
                report.attempts += attempt::interrupt_running(connection, id, received_anything)?;
                run::settle(connection, id, &Outcome::Interrupted, now)?;
                report.runs += 1;
                if let Some(conversation) = located.conversation {
                    changes.add(Change::Conversation(conversation));
                }
            }
            for round in round::pause_abandoned(connection)? {
                changes.add(Change::Round(round));
                changes.add(Change::Comparisons);
            }
            let messages = connection.execute(
                "UPDATE message SET status = 'interrupted' WHERE status = 'streaming'",
                [],
            )?;
            report.messages = u64::try_from(messages).unwrap_or(u64::MAX);
            if report != RecoveryReport::default() {
                changes.add(Change::Conversations);
                changes.add(Change::Spend);
            }
            Ok(report)
        })
        .await
    }
}
