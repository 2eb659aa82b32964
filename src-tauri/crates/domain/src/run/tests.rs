//! The rules of the run machine, one by one, and then any order of events at all.
//!
//! Long because each rule has its own example.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::embedding::VectorEncoding;
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
        half_answer: HalfAnswer::Replace,
        is_final: false,
        input_tokens: 10,
        nobody: None,
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
    bench.input(Input::TimerFired(Timer::Tail(0)));
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
        .input(Input::TimerFired(Timer::FirstToken(0)));
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

/// Two ways in of one model and one of another; the first is hedged after a second.
fn hedged() -> Plan {
    let mut plan = plan(&[("a", "m"), ("b", "m"), ("c", "n")]);
    plan.endpoints[0].hedge_after_millis = Some(1_000);
    plan
}

fn vectors(count: u64) -> StreamEvent {
    let vector = Vector {
        encoding: VectorEncoding::Float,
        data: "[1]".to_owned(),
        numbers: 1,
    };
    StreamEvent::Embeddings {
        vectors: (0..count).map(|_| vector.clone()).collect(),
    }
}

#[test]
fn vectors_are_an_answer_without_a_word_and_without_a_count() {
    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.now = 30;
    bench.stream(0, vectors(2)).stream(0, DONE);
    bench.input(Input::Ended { attempt: 0 });
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
    assert_eq!(bench.settlements()[0].timings.first_token, Some(30));
    let given = bench
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::GiveVectors(vectors) if vectors.len() == 2));
    assert!(given, "{:?}", bench.effects);
}

#[test]
fn vectors_of_an_attempt_that_fails_are_thrown_away_before_the_next_ones() {
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench.stream(0, vectors(2)).input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::ConnectionRefused),
    });
    assert!(bench.effects.contains(&Effect::Discard));
    bench.stream(1, vectors(1)).stream(1, DONE);
    bench.input(Input::Ended { attempt: 1 });
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
}

#[test]
fn a_late_first_token_starts_a_second_way_in_and_the_first_token_decides() {
    let mut bench = Bench::begin(hedged());
    bench.input(Input::Opened { attempt: 0 });
    bench.now = 1_000;
    bench.input(Input::TimerFired(Timer::Hedge));
    assert_eq!(bench.opened(), [0, 1]);
    bench.now = 1_200;
    bench.stream(1, text("fast")).stream(0, text("slow"));
    assert_eq!(bench.machine.text(), "fast");
    assert!(bench.effects.contains(&Effect::Abort { attempt: 0 }));
    let loser = bench.settlements()[0].clone();
    assert_eq!((loser.attempt, loser.status), (0, AttemptStatus::Stopped));
    assert_eq!(
        loser.left_because.as_deref(),
        Some("another way in was faster")
    );
    bench.stream(1, DONE).stream(1, usage(1));
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
    assert_eq!(bench.settlements().len(), 2);
}

#[test]
fn a_first_token_in_time_is_not_hedged() {
    let mut bench = Bench::begin(hedged());
    let reasoning = StreamEvent::Reasoning {
        text: "hm".to_owned(),
    };
    bench
        .stream(0, reasoning)
        .input(Input::TimerFired(Timer::Hedge));
    assert_eq!(bench.opened(), [0]);
}

#[test]
fn whoever_fails_in_a_race_leaves_it_to_the_other() {
    let mut bench = Bench::begin(hedged());
    bench
        .input(Input::TimerFired(Timer::Hedge))
        .input(Input::Failed {
            attempt: 0,
            failure: failure(FailureClass::ServerError),
        });
    assert_eq!(
        bench.opened(),
        [0, 1],
        "nobody else is asked while one is still asked"
    );
    bench.input(Input::Failed {
        attempt: 1,
        failure: failure(FailureClass::ContentFiltered),
    });
    assert_eq!(
        bench.opened(),
        [0, 1, 2],
        "then the next one, of another model"
    );
}

/// Half an answer is gone on with where that is possible.
fn continuing() -> Plan {
    let mut plan = plan(&[("a", "m"), ("b", "m")]);
    plan.half_answer = HalfAnswer::Continue;
    plan.endpoints[1].takes_prefill = true;
    plan
}

#[test]
fn half_an_answer_is_continued_where_the_route_says_so() {
    let mut bench = Bench::begin(continuing());
    bench
        .stream(0, text("half an "))
        .input(Input::Ended { attempt: 0 });
    assert!(!bench.effects.contains(&Effect::Discard));
    let open = bench.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open {
            because, continues, ..
        } => Some((*because, continues.clone())),
        _ => None,
    });
    assert_eq!(
        open,
        Some((MadeBecause::Continuation, Some("half an ".to_owned())))
    );
    bench
        .stream(1, text("answer"))
        .stream(1, DONE)
        .stream(1, usage(2));
    assert_eq!(bench.machine.text(), "half an answer");
    let settlements = bench.settlements();
    assert_eq!(settlements[0].replaced_text.as_deref(), Some("half an "));
    assert_eq!(settlements[1].continues_at, Some(8));
}

#[test]
fn a_model_that_refuses_a_half_answer_begins_again() {
    let mut bench = Bench::begin(continuing());
    bench
        .stream(0, text("half an "))
        .input(Input::Ended { attempt: 0 });
    bench.input(Input::Failed {
        attempt: 1,
        failure: failure(FailureClass::InvalidRequest),
    });
    assert!(bench.effects.contains(&Effect::Discard));
    assert_eq!(bench.opened(), [0, 1, 1]);
    bench
        .stream(2, text("whole"))
        .stream(2, DONE)
        .stream(2, usage(2));
    assert_eq!(bench.machine.text(), "whole");
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
}

#[test]
fn the_refusal_of_a_half_answer_is_never_what_the_run_ends_with() {
    let mut plan = continuing();
    plan.limits.attempts = 2;
    let mut bench = Bench::begin(plan);
    bench
        .stream(0, text("half an "))
        .input(Input::Ended { attempt: 0 });
    bench.input(Input::Failed {
        attempt: 1,
        failure: failure(FailureClass::InvalidRequest),
    });
    let Some(Outcome::Failed { failure }) = bench.outcome() else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!(failure.class, FailureClass::StreamCut);
    assert_eq!(bench.machine.text(), "half an ", "the text so far stays");
}

#[test]
fn half_an_answer_stays_where_the_route_says_so() {
    let mut plan = plan(&[("a", "m"), ("b", "m")]);
    plan.half_answer = HalfAnswer::Keep;
    let mut bench = Bench::begin(plan);
    bench
        .stream(0, text("half"))
        .input(Input::Ended { attempt: 0 });
    assert!(matches!(bench.outcome(), Some(Outcome::Failed { .. })));
    assert_eq!(bench.machine.text(), "half");
    assert_eq!(bench.opened(), [0]);
}

#[test]
fn what_was_given_out_is_continued_or_ends() {
    let mut plan = plan(&[("a", "m"), ("b", "m")]);
    plan.is_final = true;
    let mut bench = Bench::begin(plan);
    bench
        .stream(0, text("half"))
        .input(Input::Ended { attempt: 0 });
    assert!(matches!(bench.outcome(), Some(Outcome::Failed { .. })));
    assert!(!bench.effects.contains(&Effect::Discard));
    assert_eq!(bench.opened(), [0]);

    let mut plan = continuing();
    plan.is_final = true;
    // The next one begins again, the one behind it goes on.
    let mut last = plan.endpoints[1].clone();
    last.endpoint = endpoint("c", "m");
    plan.endpoints.push(last);
    plan.endpoints[1].takes_prefill = false;
    let mut bench = Bench::begin(plan);
    bench
        .stream(0, text("half an "))
        .input(Input::Ended { attempt: 0 });
    assert_eq!(bench.opened(), [0, 2]);
    bench.input(Input::Failed {
        attempt: 1,
        failure: failure(FailureClass::InvalidRequest),
    });
    assert!(matches!(bench.outcome(), Some(Outcome::Failed { .. })));
    assert!(!bench.effects.contains(&Effect::Discard));
    assert_eq!(bench.machine.text(), "half an ");
}

#[test]
fn before_the_first_word_nothing_was_given_out() {
    let mut plan = plan(&[("a", "m"), ("b", "m")]);
    plan.is_final = true;
    let mut bench = Bench::begin(plan);
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::Authentication),
    });
    bench
        .stream(1, text("whole"))
        .stream(1, DONE)
        .stream(1, usage(1));
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
}

#[test]
fn an_empty_account_bars_what_costs_money_and_nothing_else() {
    let mut plan = plan(&[("a", "m"), ("a", "n"), ("a", "free"), ("b", "m")]);
    plan.endpoints[2].is_free = true;
    let mut bench = Bench::begin(plan);
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::PaymentRequired),
    });
    assert_eq!(bench.opened(), [0, 2]);
}

#[test]
fn a_larger_context_is_looked_for_and_a_smaller_one_left_out() {
    let mut plan = plan(&[("a", "m"), ("b", "small"), ("c", "large")]);
    plan.endpoints[0].context_length = Some(8_000);
    plan.endpoints[1].context_length = Some(4_000);
    plan.endpoints[2].context_length = Some(100_000);
    let mut bench = Bench::begin(plan);
    bench.input(Input::Failed {
        attempt: 0,
        failure: failure(FailureClass::ContextTooLong),
    });
    assert_eq!(bench.opened(), [0, 2]);
}

#[test]
fn the_model_in_this_process_is_asked_when_the_network_is_gone_and_not_otherwise() {
    let with_local = || {
        let mut plan = plan(&[("a", "m"), ("b", "m"), ("c", "m"), ("local", "l")]);
        plan.endpoints[3].is_last_resort = true;
        plan
    };
    let mut bench = Bench::begin(with_local());
    for attempt in 0..2 {
        bench.input(Input::Failed {
            attempt,
            failure: failure(FailureClass::NameNotResolved),
        });
    }
    assert_eq!(
        bench.opened(),
        [0, 1, 3],
        "two that cannot be reached are enough"
    );

    let mut bench = Bench::begin(with_local());
    for attempt in 0..3 {
        bench.input(Input::Failed {
            attempt,
            failure: failure(FailureClass::Authentication),
        });
    }
    assert_eq!(bench.opened(), [0, 1, 2], "a wrong key is no reason");
    assert!(matches!(bench.outcome(), Some(Outcome::Failed { .. })));
}

#[test]
fn an_unreadable_event_is_rescued_elsewhere_or_told_on_the_receipt() {
    let malformed = || StreamEvent::Malformed {
        reason: "not JSON".to_owned(),
    };
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench.stream(0, text("ho")).stream(0, malformed());
    assert_eq!(bench.opened(), [0, 1]);

    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench
        .stream(0, text("ho"))
        .stream(0, malformed())
        .stream(0, text("e"))
        .stream(0, DONE)
        .stream(0, usage(1));
    assert!(matches!(bench.outcome(), Some(Outcome::Answered { .. })));
    assert_eq!(bench.settlements()[0].warnings.len(), 1);
}

#[test]
fn nobody_waits_long_while_another_way_in_could_be_asked() {
    let asked = || Failure {
        retry_after_millis: Some(8_000),
        ..failure(FailureClass::RateLimited)
    };
    let mut bench = Bench::begin(plan(&[("a", "m"), ("b", "m")]));
    bench.input(Input::Failed {
        attempt: 0,
        failure: asked(),
    });
    assert_eq!(bench.opened(), [0, 1]);

    let mut bench = Bench::begin(plan(&[("a", "m")]));
    bench.input(Input::Failed {
        attempt: 0,
        failure: asked(),
    });
    bench.input(Input::TimerFired(Timer::Retry));
    assert_eq!(bench.opened(), [0, 0], "alone, it is waited for");
}

fn any_class() -> impl Strategy<Value = FailureClass> {
    prop::sample::select(FailureClass::ALL)
}

fn any_event() -> impl Strategy<Value = StreamEvent> {
    prop_oneof![
        4 => "[a-z]{1,4}".prop_map(|text| StreamEvent::Text { text }),
        2 => "[a-z]{1,4}".prop_map(|text| StreamEvent::Reasoning { text }),
        1 => (0_u64..5).prop_map(usage),
        1 => (1_u64..3).prop_map(vectors),
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

fn any_timer(attempt: std::ops::Range<u32>) -> impl Strategy<Value = Timer> {
    attempt.prop_flat_map(|attempt| {
        prop::sample::select(vec![
            Timer::Connect(attempt),
            Timer::FirstToken(attempt),
            Timer::Silence(attempt),
            Timer::Tail(attempt),
            Timer::Hedge,
            Timer::Retry,
        ])
    })
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
        2 => attempt.clone().prop_map(|attempt| Input::Ended { attempt }),
        6 => any_timer(attempt).prop_map(Input::TimerFired),
        1 => prop::sample::select(vec![Timer::Total]).prop_map(Input::TimerFired),
        1 => Just(Input::StopRequested),
    ]
}

/// Plans with everything that a plan can have.
fn any_plan() -> impl Strategy<Value = Plan> {
    let endpoint = (
        prop::sample::select(vec![
            ("a", "m"),
            ("b", "m"),
            ("c", "n"),
            ("d", "o"),
            ("a", "n"),
        ]),
        1_u32..4,
        any::<(bool, bool, bool)>(),
        prop::option::of(1_u64..1_000),
        prop::option::of(0_u64..20_000),
    )
        .prop_map(
            |((provider, model), keys, flags, hedge, context)| PlannedEndpoint {
                keys,
                takes_prefill: flags.0,
                is_last_resort: flags.1,
                is_free: flags.2,
                hedge_after_millis: hedge,
                context_length: context,
                ..endpoint(provider, model).into()
            },
        );
    (
        prop::collection::vec(endpoint, 1..5),
        prop::sample::select(HalfAnswer::ALL),
        1_u32..4,
        1_u32..8,
        any::<bool>(),
    )
        .prop_map(|(endpoints, half_answer, here, all, is_final)| Plan {
            endpoints,
            limits: Limits {
                attempts_per_endpoint: here,
                attempts: all,
                ..Limits::ROUTE
            },
            half_answer,
            is_final,
            input_tokens: 10,
            nobody: None,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// Any order of events at all, sensible or not, keeps every invariant of the module.
    #[test]
    fn no_order_of_events_breaks_the_rules(
        inputs in prop::collection::vec((any_input(), 0_u64..5_000), 0..80),
        plan in any_plan(),
        seed in any::<u64>(),
    ) {
        let limits = plan.limits.clone();
        let is_final = plan.is_final;
        let mut machine = RunMachine::new(plan, seed);
        let mut now = 0;
        let mut shown = String::new();
        let mut open: BTreeSet<u32> = BTreeSet::new();
        let mut settled: BTreeMap<u32, u32> = BTreeMap::new();
        // Whose words are on the screen, and who declared that they go on with them.
        let mut authors: BTreeSet<u32> = BTreeSet::new();
        let mut last_fed = None;
        let mut made = 0_u32;
        let mut finished = 0_u32;

        let all = std::iter::once((Input::Begin, 0)).chain(inputs);
        for (input, passed) in all {
            now += passed;
            let was_over = machine.is_over();
            if let Input::Stream { attempt, .. } = &input {
                last_fed = Some(*attempt);
            }
            let effects = machine.handle(now, input);
            prop_assert!(!was_over || effects.is_empty(), "effects after the end: {:?}", effects);
            for effect in effects {
                prop_assert_eq!(finished, 0, "an effect after Finish");
                match effect {
                    Effect::Open { attempt, continues, .. } => {
                        prop_assert!(open.len() < 2, "three attempts at once");
                        prop_assert!(open.is_empty() || shown.is_empty(), "two with text shown");
                        prop_assert_eq!(attempt, made);
                        made += 1;
                        open.insert(attempt);
                        match continues {
                            Some(half) => prop_assert_eq!(&half, &shown),
                            None => prop_assert!(shown.is_empty(), "text of nobody"),
                        }
                    }
                    Effect::Settle(settlement) => {
                        prop_assert!(open.remove(&settlement.attempt));
                        *settled.entry(settlement.attempt).or_default() += 1;
                        prop_assert!(settlement.status != AttemptStatus::Running);
                    }
                    Effect::AppendText(text) => {
                        let author = last_fed.unwrap_or_default();
                        prop_assert_eq!(open.iter().copied().collect::<Vec<_>>(), [author], "text while two race");
                        authors.insert(author);
                        shown.push_str(&text);
                    }
                    Effect::Discard => {
                        prop_assert!(!is_final || shown.is_empty(), "taken back what was given out");
                        shown.clear();
                        authors.clear();
                    }
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
                let waits = machine.running_timers().iter().any(|timer| *timer != Timer::Total);
                prop_assert!(waits, "nothing but the limit of the whole run ends this wait");
            }
        }
        prop_assert!(made <= limits.attempts);
        prop_assert!(settled.values().all(|times| *times == 1));
        prop_assert!(settled.len() as u32 + open.len() as u32 == made);
    }
}
