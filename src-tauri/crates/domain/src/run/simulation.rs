//! Thousands of runs against providers that fail at random, on virtual time. The seed is the whole
//! schedule: a failure prints it, and `PATCHBAY_SIMULATION_SEED`, set while the test is built, plays it
//! again alone.

use super::*;
use crate::failure::FailureClass;
use crate::id::ProviderId;
use crate::wall::{Act, Reply, Trace, simulate};

/// How many schedules each test run plays.
const SCHEDULES: u64 = 6_000;

/// Randomness that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 33)) % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

fn any_plan(dice: &mut Dice) -> Plan {
    let count = 1 + dice.below(4);
    let endpoints = (0..count)
        .map(|_| PlannedEndpoint {
            keys: 1 + dice.below(3) as u32,
            takes_prefill: dice.chance(50),
            is_last_resort: dice.chance(10),
            is_free: dice.chance(20),
            hedge_after_millis: dice.chance(50).then(|| 1 + dice.below(3_000)),
            context_length: dice.chance(60).then(|| dice.below(200_000)),
            ..Endpoint {
                provider: ProviderId::new(dice.one(&["a", "b", "c"])),
                model: dice.one(&["m", "n", "o"]).to_owned(),
            }
            .into()
        })
        .map(|planned| PlannedEndpoint {
            patience: Patience::from(&Limits::ROUTE),
            ..planned
        })
        .collect();
    Plan {
        endpoints,
        limits: Limits {
            attempts: 1 + dice.below(8) as u32,
            attempts_per_endpoint: 1 + dice.below(3) as u32,
            total_millis: 60_000,
            ..Limits::ROUTE
        },
        half_answer: dice.one(HalfAnswer::ALL),
        is_final: dice.chance(25),
        input_tokens: 100,
        nobody: None,
    }
}

/// A provider's whole behaviour towards one request. Its words carry the number of the request, so
/// that a mixture shows.
fn any_answer(dice: &mut Dice, request: u64, continues: bool) -> Vec<Act> {
    let mut acts = Vec::new();
    let slowest = if dice.chance(10) { 20_000 } else { 400 };
    let mut at = dice.below(slowest);
    let mut push = |at: u64, reply| {
        acts.push(Act {
            after_millis: at,
            reply,
        })
    };
    let failure = |dice: &mut Dice| Failure {
        retry_after_millis: dice.chance(20).then(|| dice.below(40_000)),
        ..Failure::new(dice.one(FailureClass::ALL), "as it says")
    };
    if dice.chance(15) {
        return acts;
    }
    if dice.chance(25) || (continues && dice.chance(40)) {
        let class = if continues {
            FailureClass::InvalidRequest
        } else {
            dice.one(FailureClass::ALL)
        };
        let failure = Failure {
            class,
            ..failure(dice)
        };
        push(at, Reply::Fail(failure));
        return acts;
    }
    push(at, Reply::Open);
    let reasons = dice.below(3);
    for _ in 0..reasons {
        at += dice.below(500);
        push(
            at,
            Reply::Event(StreamEvent::Reasoning {
                text: "hm ".to_owned(),
            }),
        );
    }
    for number in 0..dice.below(12) {
        let longest = if dice.chance(3) { 30_000 } else { 200 };
        at += dice.below(longest);
        push(
            at,
            Reply::Event(StreamEvent::Text {
                text: format!("{request}.{number} "),
            }),
        );
        if dice.chance(3) {
            push(
                at,
                Reply::Event(StreamEvent::Malformed {
                    reason: "no JSON".to_owned(),
                }),
            );
        }
        if dice.chance(4) {
            push(at, Reply::Fail(failure(dice)));
            return acts;
        }
        if dice.chance(4) {
            push(at, Reply::End);
            return acts;
        }
        if dice.chance(3) {
            return acts;
        }
    }
    let reason = dice.one(FinishReason::ALL);
    push(at, Reply::Event(StreamEvent::Finished { reason }));
    if dice.chance(80) {
        let usage = Usage {
            input: 1,
            output: dice.below(3),
            ..Usage::ZERO
        };
        push(
            at,
            Reply::Event(StreamEvent::Usage {
                usage,
                raw: RawUsage("{}".to_owned()),
                reported_cost: None,
                service_tier: None,
            }),
        );
    }
    if dice.chance(80) {
        push(at + dice.below(50), Reply::End);
    }
    acts
}

/// One schedule from its seed.
fn play(seed: u64) -> (Plan, Trace) {
    let mut dice = Dice(seed);
    let plan = any_plan(&mut dice);
    let mut request = 0;
    let mut stand_in = |_: usize, _: u32, _: u64, half: Option<&str>| {
        let acts = any_answer(&mut dice, request, half.is_some());
        request += 1;
        acts
    };
    let trace = simulate(plan.clone(), seed, 0, 120_000, &mut stand_in);
    (plan, trace)
}

/// What is wrong with a run, if anything.
fn complaint(plan: &Plan, trace: &Trace) -> Option<String> {
    let Some(outcome) = &trace.outcome else {
        return Some("it waits for ever".to_owned());
    };
    if trace.endings != 1 {
        return Some(format!("it ended {} times", trace.endings));
    }
    if trace.took_millis > plan.limits.total_millis {
        return Some(format!("it took {} ms", trace.took_millis));
    }
    if trace.attempts.len() > plan.limits.attempts as usize {
        return Some(format!("it made {} attempts", trace.attempts.len()));
    }
    if trace
        .attempts
        .iter()
        .any(|attempt| attempt.settlement.is_none())
    {
        return Some("an attempt was never settled".to_owned());
    }
    for (index, endpoint) in plan.endpoints.iter().enumerate() {
        let asked: Vec<_> = trace
            .attempts
            .iter()
            .filter(|attempt| attempt.endpoint == index)
            .collect();
        let restarts = asked
            .iter()
            .filter(|attempt| attempt.because == MadeBecause::Restart)
            .count();
        let most = (plan.limits.attempts_per_endpoint * endpoint.keys) as usize + restarts;
        if asked.len() > most.max(1) {
            return Some(format!("way in {index} was asked {} times", asked.len()));
        }
        let silent = asked.iter().position(|attempt| {
            attempt
                .settlement
                .as_ref()
                .and_then(|settlement| settlement.failure.as_ref())
                .is_some_and(|failure| failure.class == FailureClass::FirstTokenTimeout)
        });
        if silent.is_some_and(|silent| silent + 1 < asked.len()) {
            return Some(format!("way in {index} stayed silent and was asked again"));
        }
    }
    // Each word carries the attempt that wrote it.
    let mut author: Option<u64> = None;
    let mut length = 0_u64;
    for word in trace.text.split_inclusive(' ') {
        let by: u64 = word.split('.').next()?.parse().ok()?;
        if let Some(before) = author.filter(|before| *before != by) {
            let settlement = trace.attempts.get(by as usize)?.settlement.as_ref()?;
            if settlement.continues_at != Some(length) {
                return Some(format!(
                    "words of attempts {before} and {by} are mixed: {}",
                    trace.text
                ));
            }
        }
        author = Some(by);
        length += word.chars().count() as u64;
    }
    let answered = trace.attempts.iter().filter(|attempt| {
        attempt
            .settlement
            .as_ref()
            .is_some_and(|settlement| settlement.status == AttemptStatus::Answered)
    });
    let answered = answered.count();
    let is_answered = matches!(outcome, Outcome::Answered { .. });
    if answered != usize::from(is_answered) {
        return Some(format!(
            "{answered} attempts answered, and it ended with {outcome:?}"
        ));
    }
    if let Outcome::Failed { failure } = outcome {
        let refused_prefill = trace.attempts.last().is_some_and(|last| {
            last.settlement.as_ref().is_some_and(|settlement| {
                settlement.continues_at.is_some() && !settlement.received_anything
            })
        });
        if refused_prefill && failure.class == FailureClass::InvalidRequest {
            return Some("the refusal to go on with half an answer became the error".to_owned());
        }
    }
    None
}

#[test]
fn no_schedule_of_faults_breaks_the_rules() {
    let alone: Option<u64> =
        option_env!("PATCHBAY_SIMULATION_SEED").and_then(|seed| seed.parse().ok());
    let seeds = match alone {
        Some(seed) => seed..seed + 1,
        None => 0..SCHEDULES,
    };
    let (mut answered, mut switched, mut raced, mut continued) = (0, 0, 0, 0);
    for seed in seeds {
        let (plan, trace) = play(seed);
        if let Some(complaint) = complaint(&plan, &trace) {
            panic!("seed {seed}: {complaint}\n{plan:#?}\n{trace:#?}");
        }
        answered += u32::from(matches!(trace.outcome, Some(Outcome::Answered { .. })));
        switched += u32::from(trace.attempts.len() > 1);
        let made = |because| {
            trace
                .attempts
                .iter()
                .any(|attempt| attempt.because == because)
        };
        raced += u32::from(made(MadeBecause::Hedge));
        continued += u32::from(made(MadeBecause::Continuation));
    }
    if alone.is_none() {
        // Otherwise the schedules would prove little.
        assert!(
            answered > 500 && switched > 500 && raced > 100 && continued > 50,
            "{answered} answered, {switched} switched, {raced} raced, {continued} continued"
        );
    }
}
