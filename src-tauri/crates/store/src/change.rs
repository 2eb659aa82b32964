//! The change feed: which durable facts are new, told after they are on the disk.

use std::collections::BTreeSet;

use patchbay_domain::{ConversationId, RoundId};
use tokio::sync::broadcast;

/// Something durable changed. It says where to look, never what is there.
///
/// Partial text does not appear here: whoever shows a live run follows its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The list: a conversation came, went, moved or was renamed.
    Conversations,
    /// The messages, runs or attempts of one conversation.
    Conversation(ConversationId),
    /// The providers, or where their keys lie.
    Providers,
    /// The models that providers list, how fresh the lists are, or the stars.
    Models,
    /// A price.
    Prices,
    /// What is left of a key.
    Balances,
    /// The routes.
    Routes,
    /// How endpoints fare: a circuit, or what may still be asked.
    Health,
    /// The measurements of the latency lab.
    Labs,
    /// The comparisons that were set up, and which rounds they have.
    Comparisons,
    /// A round of a comparison: where it stands, or one of its cells.
    Round(RoundId),
    /// A vote.
    Votes,
    /// A setting.
    Settings,
    /// A cost was written.
    Spend,
    /// A budget.
    Budgets,
    /// The apps of the gateway, or what one may do.
    Apps,
    /// What apps asked through the gateway.
    AppRequests,
}

/// The changes of one operation, or of all operations that were committed together.
#[derive(Debug, Default)]
pub(crate) struct ChangeSet(BTreeSet<Change>);

impl ChangeSet {
    pub(crate) fn add(&mut self, change: Change) {
        self.0.insert(change);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Tells each change once. Nobody listening is no error.
    pub(crate) fn announce(self, feed: &broadcast::Sender<Change>) {
        for change in self.0 {
            let _ = feed.send(change);
        }
    }
}
