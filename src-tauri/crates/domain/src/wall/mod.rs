//! The fault wall: sixteen things that providers do on bad days, played against the settings of a
//! route, on a clock of its own.
//!
//! Nothing is sent. Two stand-ins take the places of a route's ways in; the plan, the circuits and
//! the run machine are those that every answer is made with. What the stand-ins do is what the public
//! Failover Bench (methodology 0.1) lets a provider do, and so are the rules of the verdicts: *pass*
//! for a whole answer with every rule kept, *partial* where a rule that is only advice was not, *safe*
//! for no answer but a clean and timely error, *fail* for all else.

mod faults;
mod judge;
mod world;

pub use faults::{FAULTS, Fault};
pub use judge::{Verdict, VerdictWord, test_route};
pub use world::{Act, Reply, StandIn, Trace, TraceAttempt, simulate};

use crate::route::Route;

/// What a route's own ways in allow the stand-ins to do.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The settings under test.
    pub route: &'a Route,
    /// The route has more than one way in.
    pub has_second: bool,
    /// Its ways in reach more than one model.
    pub has_other_model: bool,
    /// Somebody on it goes on with half an answer.
    pub takes_prefill: bool,
}
