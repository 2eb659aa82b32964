//! The only place that reads the clock and makes ids.

use patchbay_domain::{
    AttemptId, AuditId, BudgetId, Clock, ComparisonId, ConversationId, LabId, MergeId, MessageId,
    RoundId, RouteId, RunId, UnixMillis, UsageImportId, VoteId,
};
use tokio::time::Instant;
use uuid::Uuid;

/// The computer's own clock. Durations come from tokio's, which tests can hold and move.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic side begins now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(jiff::Timestamp::now().as_millisecond())
    }

    fn monotonic_millis(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A new conversation id.
pub(crate) fn conversation_id() -> ConversationId {
    ConversationId::from_uuid(Uuid::now_v7())
}

/// A new message id.
pub(crate) fn message_id() -> MessageId {
    MessageId::from_uuid(Uuid::now_v7())
}

/// A new run id.
pub(crate) fn run_id() -> RunId {
    RunId::from_uuid(Uuid::now_v7())
}

/// A new attempt id.
pub(crate) fn attempt_id() -> AttemptId {
    AttemptId::from_uuid(Uuid::now_v7())
}

/// A new route id.
pub(crate) fn route_id() -> RouteId {
    RouteId::from_uuid(Uuid::now_v7())
}

/// A new id of a measurement.
pub(crate) fn lab_id() -> LabId {
    LabId::from_uuid(Uuid::now_v7())
}

/// A new id of a comparison.
pub(crate) fn comparison_id() -> ComparisonId {
    ComparisonId::from_uuid(Uuid::now_v7())
}

/// A new id of a round.
pub(crate) fn round_id() -> RoundId {
    RoundId::from_uuid(Uuid::now_v7())
}

/// A new id of a vote.
pub(crate) fn vote_id() -> VoteId {
    VoteId::from_uuid(Uuid::now_v7())
}

/// A new id of a merged answer.
pub(crate) fn merge_id() -> MergeId {
    MergeId::from_uuid(Uuid::now_v7())
}

/// A new id of a budget.
pub(crate) fn budget_id() -> BudgetId {
    BudgetId::from_uuid(Uuid::now_v7())
}

/// A new id of a line in the audit of spend.
pub(crate) fn audit_id() -> AuditId {
    AuditId::from_uuid(Uuid::now_v7())
}

/// A new id of a list of what a provider billed.
pub(crate) fn usage_import_id() -> UsageImportId {
    UsageImportId::from_uuid(Uuid::now_v7())
}

/// Randomness for jitter, from the random half of an id.
pub(crate) fn jitter_seed() -> u64 {
    Uuid::now_v7().as_u64_pair().1
}

/// What a sample of history is drawn by, from the random half of an id.
pub(crate) fn sample_seed() -> u32 {
    let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The secret half of an app's token: 244 bits from the system's own source.
#[expect(
    clippy::disallowed_methods,
    reason = "a secret must not begin with the time, and nothing is sorted by it"
)]
pub(crate) fn token_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    let (first, second) = bytes.split_at_mut(16);
    first.copy_from_slice(Uuid::new_v4().as_bytes());
    second.copy_from_slice(Uuid::new_v4().as_bytes());
    bytes
}
