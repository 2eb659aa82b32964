//! The rules of the run machine, one by one, and then any order of events at all.
//!
//! Long because each rule has its own example.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::failure::FailureClass;
use crate::id::ProviderId;

fn endpoint(provider: &str, model: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(provider),
        model: model.to_owned(),
    }
}

fn plan(endpoints: &[(&str, &str)]) -> Plan {
    Plan {
        endpoints: endpoints
            .iter()
            .map(|(provider, model)| endpoint(provider, model).into())
            .collect(),
        limits: Limits::REMOTE,
    }
}

/// One endpoint with so many keys.
fn plan_with_keys(keys: u32) -> Plan {
    let mut plan = plan(&[("a", "m"), ("b", "m")]);
    plan.endpoints[0].keys = keys;
    plan
}

fn failure(class: FailureClass) -> Failure {
    Failure::new(class, "as the provider says")
}

fn text(text: &str) -> StreamEvent {
    StreamEvent::Text {
        text: text.to_owned(),
    }
}

fn usage(output: u64) -> StreamEvent {
    StreamEvent::Usage {
        usage: Usage {
            input: 7,
            output,
            ..Usage::default()
        },
        raw: RawUsage(format!("{{\"completion_tokens\":{output}}}")),
        reported_cost: None,
        service_tier: None,
    }
}

const DONE: StreamEvent = StreamEvent::Finished {
    reason: FinishReason::Stop,
};

/// A run with a clock that the test moves, and everything it said.
struct Bench {
    machine: RunMachine,
    now: u64,
    effects: Vec<Effect>,
}

impl Bench {
    fn begin(plan: Plan) -> Self {
        let mut bench = Self {
            machine: RunMachine::new(plan, 1),
            now: 0,
            effects: Vec::new(),
        };
        bench.input(Input::Begin);
        bench
    }

    fn input(&mut self, input: Input) -> &mut Self {
        let effects = self.machine.handle(self.now, input);
        self.effects.extend(effects);
        self
    }

    fn stream(&mut self, attempt: u32, event: StreamEvent) -> &mut Self {
        self.input(Input::Stream { attempt, event })
    }

    fn outcome(&self) -> Option<&Outcome> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Finish(outcome) => Some(outcome),
            _ => None,
        })
    }

    fn settlements(&self) -> Vec<&Settlement> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Settle(settlement) => Some(&**settlement),
                _ => None,
            })
            .collect()
    }

    fn opened(&self) -> Vec<usize> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Open { endpoint, .. } => Some(*endpoint),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_warning_stands_on_the_receipt_once() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.input(Input::Opened { attempt: 0 });
    for _ in 0..2 {
        let sentence = "The prompt was cut.".to_owned();
        bench.stream(0, StreamEvent::Warning { sentence });
    }
    bench
        .stream(0, text("Hi"))
        .stream(0, DONE)
        .stream(0, usage(1));
    assert_eq!(bench.settlements()[0].warnings, ["The prompt was cut."]);
}

#[test]
fn a_refused_key_is_followed_by_the_next_and_then_by_the_next_endpoint() {
    for class in [
        FailureClass::KeyMissing,
        FailureClass::Authentication,
        FailureClass::PermissionDenied,
        FailureClass::PaymentRequired,
    ] {
        let mut bench = Bench::begin(plan_with_keys(2));
        for attempt in 0..3 {
            bench.input(Input::Failed {
                attempt,
                failure: failure(class),
            });
        }
        let opened: Vec<_> = bench
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Open { endpoint, key, .. } => Some((*endpoint, *key)),
                _ => None,
            })
            .collect();
        assert_eq!(opened, [(0, 0), (0, 1), (1, 0)], "{class:?}");
        assert_eq!(
            bench.settlements()[0].left_because.as_deref(),
            Some("asked again with the next key")
        );
    }
}

#[test]
fn a_key_that_was_used_too_often_is_waited_for_only_when_it_is_the_last() {
    let mut bench = Bench::begin(plan_with_keys(2));
    let limited = |attempt| Input::Failed {
        attempt,
        failure: failure(FailureClass::RateLimited),
    };
    bench.input(limited(0));
    assert_eq!(bench.opened(), [0, 0], "the next key is asked at once");
    bench.input(limited(1));
    assert_eq!(bench.opened(), [0, 0], "the last key is given time");
    bench.input(Input::TimerFired(Timer::Retry));
    let last = bench.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open { endpoint, key, .. } => Some((*endpoint, *key)),
        _ => None,
    });
    assert_eq!(last, Some((0, 1)));
}

#[test]
fn half_an_answer_is_not_asked_for_again_with_another_key() {
    let mut bench = Bench::begin(plan_with_keys(2));
    bench.stream(0, text("half"));
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::RateLimited),
    });
    assert_eq!(bench.opened(), [0, 1]);
}

#[test]
fn a_plain_answer_has_one_attempt_with_its_times() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.now = 40;
    bench.input(Input::Opened { attempt: 0 });
    bench.now = 100;
    bench.stream(0, text("Hel"));
    bench.now = 160;
    bench
        .stream(0, text("lo"))
        .stream(0, DONE)
        .stream(0, usage(2));
    assert_eq!(
        bench.outcome(),
        Some(&Outcome::Answered {
            reason: FinishReason::Stop
        })
    );
    assert_eq!(bench.machine.text(), "Hello");
    let settlements = bench.settlements();
    assert_eq!(settlements.len(), 1);
    let timings = Timings {
        opened: Some(40),
        first_token: Some(100),
        ended: Some(160),
    };
    assert_eq!(settlements[0].timings, timings);
    assert_eq!(settlements[0].usage.map(|usage| usage.output), Some(2));
}

#[test]
fn an_end_without_a_finish_reason_is_a_failure_and_never_a_short_success() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .stream(0, text("half"))
        .input(Input::Ended { attempt: 0 });
    let Some(Outcome::Failed { failure }) = bench.outcome() else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!(failure.class, FailureClass::StreamCut);
    assert_eq!(bench.machine.text(), "half", "the text so far stays");
    assert_eq!(
        bench.opened(),
        [0],
        "half an answer is not paid for twice by itself"
    );
}

#[test]
fn a_stop_without_text_and_without_a_count_is_a_failure() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench.machine.plan_mut().limits.attempts_per_endpoint = 1;
    bench.stream(0, DONE).input(Input::Ended { attempt: 0 });
    assert_eq!(bench.outcome(), None);
    assert_eq!(bench.opened(), [0, 1]);
}

#[test]
fn a_stop_without_text_but_with_a_count_is_an_empty_answer_that_was_meant() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .stream(0, usage(0))
        .stream(0, DONE)
        .input(Input::Ended { attempt: 0 });
    assert_eq!(
        bench.outcome(),
        Some(&Outcome::Answered {
            reason: FinishReason::Stop
        })
    );
}

#[test]
fn a_missing_end_mark_does_not_hold_the_answer_back() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.stream(0, text("whole")).stream(0, DONE);
    assert_eq!(bench.outcome(), None, "usage may still come");
    bench.input(Input::TimerFired(Timer::Tail));
    assert_eq!(
        bench.outcome(),
        Some(&Outcome::Answered {
            reason: FinishReason::Stop
        })
    );
}

#[test]
fn retry_after_is_honoured_and_capped() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    let asked = Failure {
        retry_after_millis: Some(2_000),
        ..failure(FailureClass::RateLimited)
    };
    bench.input(Input::Failed {
        attempt: 0,
        failure: asked,
    });
    let wait = bench.effects.iter().find_map(|effect| match effect {
        Effect::StartTimer {
            timer: Timer::Retry,
            millis,
        } => Some(*millis),
        _ => None,
    });
    assert!(
        wait.is_some_and(|wait| (2_000..2_500).contains(&wait)),
        "{wait:?}"
    );

    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    let day = Failure {
        retry_after_millis: Some(86_400_000),
        ..failure(FailureClass::RateLimited)
    };
    bench.input(Input::Failed {
        attempt: 0,
        failure: day,
    });
    assert_eq!(bench.opened(), [0, 1], "a day is not waited for");
}

#[test]
fn a_silent_provider_is_not_asked_again() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench
        .input(Input::Opened { attempt: 0 })
        .input(Input::TimerFired(Timer::FirstToken));
    assert_eq!(bench.opened(), [0, 1]);
}

#[test]
fn a_model_without_room_is_not_asked_elsewhere_either() {
    let mut bench = Bench::begin(plan(&[("a", "small"), ("b", "small"), ("c", "large")]));
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::ContextTooLong),
    });
    assert_eq!(bench.opened(), [0, 2]);
}

#[test]
fn a_wrong_request_stops_the_route() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::InvalidRequest),
    });
    assert!(matches!(bench.outcome(), Some(Outcome::Failed { .. })));
    assert_eq!(bench.opened(), [0]);
}

#[test]
fn a_half_answer_is_replaced_and_kept_in_the_receipt() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench
        .stream(0, text("half an ans"))
        .input(Input::Ended { attempt: 0 });
    assert!(bench.effects.contains(&Effect::Discard));
    bench
        .stream(1, text("whole answer"))
        .stream(1, DONE)
        .stream(1, usage(2));
    assert_eq!(bench.machine.text(), "whole answer");
    assert_eq!(
        bench.settlements()[0].replaced_text.as_deref(),
        Some("half an ans")
    );
}

#[test]
fn thinking_does_not_commit_a_stream() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .stream(
            0,
            StreamEvent::Reasoning {
                text: "hm".to_owned(),
            },
        )
        .input(Input::Failed {
            attempt: 0,
            failure: failure(FailureClass::ServerError),
        });
    assert!(
        bench.effects.contains(&Effect::Discard),
        "the thinking begins again"
    );
    bench.input(Input::TimerFired(Timer::Retry));
    assert_eq!(bench.opened(), [0, 0]);
}

#[test]
fn stop_keeps_the_text_and_ends_at_once() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .stream(0, text("so far"))
        .input(Input::StopRequested)
        .stream(0, text(" and on"));
    assert_eq!(bench.outcome(), Some(&Outcome::Stopped));
    assert_eq!(bench.machine.text(), "so far");
    assert!(bench.effects.contains(&Effect::Abort { attempt: 0 }));
}

#[test]
fn stop_while_waiting_for_a_retry_ends_the_run() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .input(Input::Failed {
            attempt: 0,
            failure: failure(FailureClass::Overloaded),
        })
        .input(Input::StopRequested)
        .input(Input::TimerFired(Timer::Retry));
    assert_eq!(bench.outcome(), Some(&Outcome::Stopped));
    assert_eq!(bench.opened(), [0]);
}

#[test]
fn an_endless_stream_is_cut_off() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.machine.plan_mut().limits.text_bytes = 10;
    bench.stream(0, text("0123456789")).stream(0, text("x"));
    let Some(Outcome::Failed { failure }) = bench.outcome() else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!(failure.class, FailureClass::ResponseTooLarge);
}

#[test]
fn the_whole_run_has_a_limit_even_while_tokens_drip() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench
        .stream(0, text("drip"))
        .input(Input::TimerFired(Timer::Total));
    let Some(Outcome::Failed { failure }) = bench.outcome() else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!(failure.class, FailureClass::RunTimeout);
}

fn any_class() -> impl Strategy<Value = FailureClass> {
    prop::sample::select(FailureClass::ALL)
}

fn any_event() -> impl Strategy<Value = StreamEvent> {
    prop_oneof![
        4 => "[a-z]{1,4}".prop_map(|text| StreamEvent::Text { text }),
        2 => "[a-z]{1,4}".prop_map(|text| StreamEvent::Reasoning { text }),
        1 => (0_u64..5).prop_map(usage),
        1 => Just(StreamEvent::Malformed { reason: "not JSON".to_owned() }),
        1 => Just(StreamEvent::Started { request_id: None, model: None, served_by: None }),
        1 => prop::sample::select(vec![
            FinishReason::Stop,
            FinishReason::Length,
            FinishReason::ContentFilter,
        ])
        .prop_map(|reason| StreamEvent::Finished { reason }),
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    let attempt = 0_u32..8;
    prop_oneof![
        1 => Just(Input::Begin),
        4 => attempt.clone().prop_map(|attempt| Input::Opened { attempt }),
        12 => (attempt.clone(), any_event())
            .prop_map(|(attempt, event)| Input::Stream { attempt, event }),
        4 => (attempt.clone(), any_class(), prop::option::of(0_u64..100_000)).prop_map(
            |(attempt, class, retry_after_millis)| Input::Failed {
                attempt,
                failure: Failure { retry_after_millis, ..failure(class) },
            }
        ),
        2 => attempt.prop_map(|attempt| Input::Ended { attempt }),
        4 => prop::sample::select(vec![
            Timer::Connect,
            Timer::FirstToken,
            Timer::Silence,
            Timer::Tail,
            Timer::Retry,
        ])
        .prop_map(Input::TimerFired),
        1 => prop::sample::select(vec![Timer::Total]).prop_map(Input::TimerFired),
        1 => Just(Input::StopRequested),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Any order of events at all, sensible or not, keeps every invariant of the module.
    #[test]
    fn no_order_of_events_breaks_the_rules(
        inputs in prop::collection::vec((any_input(), 0_u64..5_000), 0..80),
        endpoints in 1_usize..4,
        keys in 1_u32..4,
        seed in any::<u64>(),
    ) {
        let names = [("a", "m"), ("b", "m"), ("c", "n")];
        let mut plan = plan(&names[..endpoints]);
        plan.endpoints[0].keys = keys;
        let limits = plan.limits.clone();
        let mut machine = RunMachine::new(plan, seed);
        let mut now = 0;
        let mut shown = String::new();
        let mut open: BTreeSet<u32> = BTreeSet::new();
        let mut settled: BTreeMap<u32, u32> = BTreeMap::new();
        let mut made = 0_u32;
        let mut finished = 0_u32;

        let all = std::iter::once((Input::Begin, 0)).chain(inputs);
        for (input, passed) in all {
            now += passed;
            let was_over = machine.is_over();
            let effects = machine.handle(now, input);
            prop_assert!(!was_over || effects.is_empty(), "effects after the end: {:?}", effects);
            for effect in effects {
                prop_assert_eq!(finished, 0, "an effect after Finish");
                match effect {
                    Effect::Open { attempt, .. } => {
                        prop_assert!(open.is_empty(), "two attempts at once");
                        prop_assert_eq!(attempt, made);
                        made += 1;
                        open.insert(attempt);
                    }
                    Effect::Settle(settlement) => {
                        prop_assert!(open.remove(&settlement.attempt));
                        *settled.entry(settlement.attempt).or_default() += 1;
                        prop_assert!(settlement.status != AttemptStatus::Running);
                    }
                    Effect::AppendText(text) => shown.push_str(&text),
                    Effect::Discard => shown.clear(),
                    Effect::Finish(_) => finished += 1,
                    _ => {}
                }
            }
            prop_assert_eq!(machine.text(), shown.as_str());
            if machine.is_over() {
                prop_assert_eq!(finished, 1);
                prop_assert!(open.is_empty());
                prop_assert!(machine.running_timers().is_empty());
            } else {
                prop_assert!(machine.running_timers().contains(&Timer::Total));
            }
        }
        prop_assert!(made <= limits.attempts);
        prop_assert!(settled.values().all(|times| *times == 1));
    }
}
