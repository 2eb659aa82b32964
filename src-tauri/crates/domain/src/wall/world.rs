//! A run against providers that do what a script says, on virtual time.

use crate::failure::Failure;
use crate::run::{Effect, Input, MadeBecause, Outcome, Plan, RunMachine, Settlement, Timer};
use crate::stream::StreamEvent;

/// What a provider does, and how many milliseconds after the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// After the request.
    pub after_millis: u64,
    /// What.
    pub reply: Reply,
}

/// What a provider does.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It accepts the request.
    Open,
    /// It sends an event.
    Event(StreamEvent),
    /// The request or the stream fails.
    Fail(Failure),
    /// The stream ends.
    End,
}

/// Answers requests: given the plan's endpoint, how often it was asked before in this run, the moment,
/// and the half answer to go on with.
pub trait StandIn {
    /// What it does. A provider that stays silent does nothing.
    fn answer(
        &mut self,
        endpoint: usize,
        earlier: u32,
        now: u64,
        continues: Option<&str>,
    ) -> Vec<Act>;
}

impl<F: FnMut(usize, u32, u64, Option<&str>) -> Vec<Act>> StandIn for F {
    fn answer(
        &mut self,
        endpoint: usize,
        earlier: u32,
        now: u64,
        continues: Option<&str>,
    ) -> Vec<Act> {
        self(endpoint, earlier, now, continues)
    }
}

/// One attempt of a simulated run.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceAttempt {
    /// Index into the plan.
    pub endpoint: usize,
    /// Why it was made.
    pub because: MadeBecause,
    /// When, from the start of the run.
    pub at_millis: u64,
    /// How it ended; `None` where the run was cut off by the end of the simulation.
    pub settlement: Option<Settlement>,
}

/// What happened in a simulated run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Every attempt, in order.
    pub attempts: Vec<TraceAttempt>,
    /// How it ended; `None` where it had not ended by the end of the simulation.
    pub outcome: Option<Outcome>,
    /// How often it said that it ended.
    pub endings: u32,
    /// The answer.
    pub text: String,
    /// When it ended, from its start.
    pub took_millis: u64,
    /// Whether the machine still waited for something when the simulation ended.
    pub still_waits: bool,
}

/// Something that will happen.
struct Pending {
    at: u64,
    /// Keeps events of one moment in their order.
    order: u64,
    what: What,
}

enum What {
    Reply(u32, Reply),
    Timer(Timer),
}

/// Runs a plan against stand-ins until it ends, or until `until_millis` have passed.
pub fn simulate(
    plan: Plan,
    seed: u64,
    start: u64,
    until_millis: u64,
    stand_in: &mut dyn StandIn,
) -> Trace {
    let endpoints = plan.endpoints.len();
    let mut world = World {
        machine: RunMachine::new(plan, seed),
        start,
        now: start,
        order: 0,
        pending: Vec::new(),
        asked: vec![0; endpoints],
        shown: String::new(),
        trace: Trace {
            attempts: Vec::new(),
            outcome: None,
            endings: 0,
            text: String::new(),
            took_millis: 0,
            still_waits: false,
        },
    };
    world.feed(Input::Begin, stand_in);
    while world.trace.outcome.is_none() {
        let Some(next) = world.next() else {
            break;
        };
        if next.at.saturating_sub(start) > until_millis {
            world.now = start.saturating_add(until_millis);
            world.trace.still_waits = true;
            break;
        }
        world.now = next.at;
        match next.what {
            What::Timer(timer) => world.feed(Input::TimerFired(timer), stand_in),
            What::Reply(attempt, reply) => world.feed(
                match reply {
                    Reply::Open => Input::Opened { attempt },
                    Reply::Event(event) => Input::Stream { attempt, event },
                    Reply::Fail(failure) => Input::Failed { attempt, failure },
                    Reply::End => Input::Ended { attempt },
                },
                stand_in,
            ),
        }
    }
    world.trace.text = world.shown;
    world.trace.took_millis = world.now.saturating_sub(start);
    world.trace
}

struct World {
    machine: RunMachine,
    start: u64,
    now: u64,
    order: u64,
    pending: Vec<Pending>,
    asked: Vec<u32>,
    shown: String,
    trace: Trace,
}

impl World {
    fn next(&mut self) -> Option<Pending> {
        let first = self
            .pending
            .iter()
            .enumerate()
            .min_by_key(|(_, pending)| (pending.at, pending.order))
            .map(|(index, _)| index)?;
        Some(self.pending.swap_remove(first))
    }

    fn push(&mut self, after: u64, what: What) {
        self.order += 1;
        self.pending.push(Pending {
            at: self.now.saturating_add(after),
            order: self.order,
            what,
        });
    }

    fn feed(&mut self, input: Input, stand_in: &mut dyn StandIn) {
        for effect in self.machine.handle(self.now, input) {
            self.carry_out(effect, stand_in);
        }
    }

    fn carry_out(&mut self, effect: Effect, stand_in: &mut dyn StandIn) {
        match effect {
            Effect::Open {
                attempt,
                endpoint,
                because,
                continues,
                ..
            } => {
                self.trace.attempts.push(TraceAttempt {
                    endpoint,
                    because,
                    at_millis: self.now.saturating_sub(self.start),
                    settlement: None,
                });
                let earlier = self.asked.get(endpoint).copied().unwrap_or(0);
                if let Some(asked) = self.asked.get_mut(endpoint) {
                    *asked += 1;
                }
                let acts = stand_in.answer(endpoint, earlier, self.now, continues.as_deref());
                for act in acts {
                    self.push(act.after_millis, What::Reply(attempt, act.reply));
                }
            }
            Effect::Abort { attempt } => self.pending.retain(
                |pending| !matches!(&pending.what, What::Reply(other, _) if *other == attempt),
            ),
            Effect::StartTimer { timer, millis } => {
                self.stop(timer);
                self.push(millis, What::Timer(timer));
            }
            Effect::StopTimer(timer) => self.stop(timer),
            Effect::AppendText(text) => self.shown.push_str(&text),
            // Words alone are judged.
            Effect::AppendToolCall { .. }
            | Effect::AppendReasoningItem { .. }
            | Effect::Aside { .. }
            | Effect::GiveVectors(_) => {}
            Effect::Discard => self.shown.clear(),
            Effect::Settle(settlement) => {
                let attempt = usize::try_from(settlement.attempt).unwrap_or(usize::MAX);
                if let Some(attempt) = self.trace.attempts.get_mut(attempt) {
                    attempt.settlement = Some(*settlement);
                }
            }
            Effect::Finish(outcome) => {
                self.trace.outcome = Some(outcome);
                self.trace.endings += 1;
            }
            Effect::AppendReasoning(_) | Effect::ShowUsage { .. } | Effect::Switch(_) => {}
        }
    }

    fn stop(&mut self, timer: Timer) {
        self.pending
            .retain(|pending| !matches!(&pending.what, What::Timer(other) if *other == timer));
    }
}
