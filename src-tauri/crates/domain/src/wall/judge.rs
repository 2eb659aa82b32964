//! Playing the faults, and the verdict on each.
//!
//! Long because the rules of sixteen verdicts are read best beside each other.

use super::Setup;
use super::faults::{FAULTS, Fault, POLICY_WORDS, TOKENS, first, second, whole};
use super::world::{Trace, TraceAttempt, simulate};
use crate::failure::FailureClass;
use crate::id::ProviderId;
use crate::model::{Capabilities, Endpoint};
use crate::receipt::AttemptStatus;
use crate::route::{
    HealthBook, Need, Placed, Policy, Requirements, Route, RouteEntry, WayIn, WaysIn, plan,
};
use crate::run::{Limits, MadeBecause, Outcome, Patience, Plan, PlannedEndpoint};
use crate::time::UnixMillis;
use crate::words::word_enum;

/// Whoever asks waits so long and no longer.
const CALLER_WAITS_MILLIS: u64 = 30_000;

/// Fault 15: so many requests, one every so often.
const REQUESTS: u64 = 20;
const REQUEST_EVERY_MILLIS: u64 = 4_000;
const RECOVERS_AT_MILLIS: u64 = 60_000;
const RETURNS_WITHIN_MILLIS: u64 = 30_000;

/// The same seed each time, so that the same settings get the same verdicts.
const SEED: u64 = 7;

word_enum! {
    /// How settings stand up to a fault.
    pub enum VerdictWord {
        /// A whole answer, and every rule kept.
        Pass = "pass",
        /// A whole answer, but a rule that is only advice was not kept.
        Partial = "partial",
        /// No answer, but a clean and timely error.
        Safe = "safe",
        /// A hang, a short answer shown as a whole one, or a broken rule.
        Fail = "fail",
    }
}

/// How settings stand up to one fault.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which.
    pub fault: Fault,
    /// How.
    pub word: VerdictWord,
    /// What happened, in one sentence.
    pub because: String,
    /// Which setting would change that.
    pub advice: Option<&'static str>,
    /// Every attempt. Of fault 15 those of all its requests.
    pub attempts: Vec<TraceAttempt>,
    /// How long the answer took; of fault 15 the longest.
    pub took_millis: u64,
}

/// Plays the sixteen faults against a route's settings.
pub fn test_route(setup: &Setup<'_>) -> Vec<Verdict> {
    FAULTS
        .iter()
        .map(|fault| match fault.number {
            15 => outage(*fault, setup),
            number => {
                let trace = run_one(number, setup, &HealthBook::default(), 0).0;
                judge(*fault, setup, trace)
            }
        })
        .collect()
}

/// The two stand-ins as ways in.
fn ways(setup: &Setup<'_>) -> WaysIn {
    let way = |name: &str, model: &str, context| WayIn {
        endpoint: endpoint(name),
        provider_name: name.to_owned(),
        model_key: model.to_owned(),
        context_length: Some(context),
        max_output: None,
        capabilities: Capabilities::default(),
        price: None,
        keys: 1,
        is_direct: None,
        data_policy: None,
        region: None,
        unavailable_because: None,
        is_chat: true,
        embeds: None,
        takes_prefill: name == "second" && setup.takes_prefill,
    };
    let other = if setup.has_other_model { "b" } else { "a" };
    let mut ways = vec![way("first", "a", 8_192)];
    if setup.has_second {
        ways.push(way("second", other, 128_000));
    }
    WaysIn::new(ways)
}

fn endpoint(name: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(name),
        model: name.to_owned(),
    }
}

/// One request. Returns what happened and which stand-ins the plan's endpoints are.
fn run_one(number: u32, setup: &Setup<'_>, health: &HealthBook, start: u64) -> (Trace, Vec<bool>) {
    let ways = ways(setup);
    let entries = ways
        .all()
        .iter()
        .map(|way| RouteEntry::Endpoint {
            endpoint: way.endpoint.clone(),
        })
        .collect();
    let route = Route {
        entries,
        policy: Policy::AsListed,
        requirements: Requirements::default(),
        local_when_offline: false,
        ..setup.route.clone()
    };
    let need = Need {
        input_tokens: 12,
        ..Need::default()
    };
    let now = moment(start);
    let planned = plan(&route, &need, &ways, health, None, now, None);
    let is_first: Vec<bool> = planned
        .steps
        .iter()
        .map(|step| step.endpoint.provider.as_str() == "first")
        .collect();
    let endpoints = planned
        .steps
        .into_iter()
        .map(|step| PlannedEndpoint {
            endpoint: step.endpoint,
            model_key: step.model_key,
            keys: 1,
            patience: Patience::from(&route.limits),
            context_length: step.context_length,
            is_free: false,
            takes_prefill: step.takes_prefill,
            hedge_after_millis: route
                .is_hedged
                .then_some((route.limits.first_token_millis / 2).min(5_000)),
            is_last_resort: step.placed == Placed::LastResort,
        })
        .collect();
    let plan = Plan {
        endpoints,
        limits: Limits {
            ..route.limits.clone()
        },
        half_answer: route.half_answer,
        is_final: false,
        input_tokens: need.input_tokens,
        nobody: None,
    };
    let places = is_first.clone();
    let mut stand_in = move |endpoint: usize, earlier: u32, now: u64, half: Option<&str>| {
        if places.get(endpoint) == Some(&true) {
            first(number, earlier, now, half)
        } else {
            second(number, half)
        }
    };
    let mut trace = simulate(plan, SEED, start, CALLER_WAITS_MILLIS, &mut stand_in);
    // From here on, 0 is the first stand-in and 1 the second one.
    for attempt in &mut trace.attempts {
        attempt.endpoint = usize::from(is_first.get(attempt.endpoint) != Some(&true));
    }
    (trace, is_first)
}

fn moment(millis: u64) -> UnixMillis {
    UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// Requests to the first stand-in that began within so many milliseconds.
fn asked_first(trace: &Trace, within: u64) -> usize {
    trace
        .attempts
        .iter()
        .filter(|attempt| attempt.endpoint == 0 && attempt.at_millis < within)
        .count()
}

fn judge(fault: Fault, setup: &Setup<'_>, trace: Trace) -> Verdict {
    let (word, because) = verdict(fault.number, &trace);
    let advice = (word != VerdictWord::Pass).then(|| advice(fault.number, setup, &trace));
    Verdict {
        fault,
        word,
        because,
        advice,
        took_millis: trace.took_millis,
        attempts: trace.attempts,
    }
}

fn verdict(number: u32, trace: &Trace) -> (VerdictWord, String) {
    use VerdictWord::{Fail, Partial, Pass, Safe};
    let seconds = trace.took_millis as f64 / 1_000.0;
    let failure = match &trace.outcome {
        None => return (Fail, "Nothing had come to an end after 30 s.".to_owned()),
        Some(Outcome::Failed { failure }) => Some(failure),
        Some(_) => None,
    };
    let broken = broken_rule(number, trace);
    if let Some(failure) = failure {
        let words = failure.class.sentence("The provider");
        return match broken {
            Some(rule) => (Fail, rule),
            None => (Safe, format!("No answer after {seconds:.1} s: {words}")),
        };
    }
    if trace.text != whole() {
        return (Fail, "A short answer was shown as a whole one.".to_owned());
    }
    if let Some(rule) = broken {
        return (Fail, rule);
    }
    let others = trace.attempts.len().saturating_sub(1);
    let how = match others {
        0 => "without a second attempt".to_owned(),
        1 => "with a second attempt".to_owned(),
        more => format!("with {more} more attempts"),
    };
    if number == 3 && asked_first(trace, u64::MAX) < 2 {
        let because = "It went elsewhere without asking once more.";
        return (Partial, because.to_owned());
    }
    (
        Pass,
        format!("The whole answer after {seconds:.1} s, {how}."),
    )
}

/// The rule of the fault that was broken, if any.
fn broken_rule(number: u32, trace: &Trace) -> Option<String> {
    let asked = asked_first(trace, u64::MAX);
    let told = |class: FailureClass| {
        trace.attempts.iter().any(|attempt| {
            let settlement = attempt.settlement.as_ref();
            settlement
                .and_then(|settlement| settlement.failure.as_ref())
                .is_some_and(|failure| failure.class == class && failure.message == POLICY_WORDS)
        })
    };
    let broken = match number {
        1 if trace
            .attempts
            .iter()
            .filter(|attempt| attempt.at_millis < 1_500)
            .count()
            > 2 =>
        {
            "More than two requests in 1.5 s."
        }
        2 if asked_first(trace, 3_000) > 4 || asked > 6 => {
            "More than 4 requests in 3 s, or more than 6 in all."
        }
        6 | 7 if asked > 1 => "The silent provider was asked again.",
        7 if trace.took_millis > 15_000 => "The answer took longer than 15 s.",
        11 if trace.took_millis > 3_000 || counted(trace) != Some(TOKENS) => {
            "It waited for an end mark, or lost the token counts."
        }
        12 | 13 if asked > 1 => "The same model was asked again.",
        13 if !told(FailureClass::ContentFiltered) => "The provider's reason was lost.",
        14 if refused(trace) => "The refusal to go on with half an answer became the error.",
        16 if !is_answered_by_second(trace) => "It does not show who answered.",
        16 if !failures_cost_nothing(trace) => "The failures were charged.",
        _ => return None,
    };
    Some(broken.to_owned())
}

fn answered(trace: &Trace) -> Option<&TraceAttempt> {
    trace.attempts.iter().find(|attempt| {
        attempt
            .settlement
            .as_ref()
            .is_some_and(|settlement| settlement.status == AttemptStatus::Answered)
    })
}

fn counted(trace: &Trace) -> Option<u64> {
    let settlement = answered(trace)?.settlement.as_ref()?;
    Some(settlement.usage?.output)
}

fn refused(trace: &Trace) -> bool {
    matches!(&trace.outcome, Some(Outcome::Failed { failure }) if failure.class == FailureClass::InvalidRequest)
}

fn is_answered_by_second(trace: &Trace) -> bool {
    match answered(trace) {
        Some(attempt) => {
            let settlement = attempt.settlement.as_ref();
            attempt.endpoint == 1
                && settlement.and_then(|settlement| settlement.served_model.as_deref())
                    == Some("second")
        }
        // Nobody answered: there is nothing to show.
        None => true,
    }
}

fn failures_cost_nothing(trace: &Trace) -> bool {
    trace.attempts.iter().all(|attempt| {
        let settlement = attempt.settlement.as_ref();
        settlement
            .and_then(|settlement| settlement.failure.as_ref())
            .is_none_or(|failure| failure.class.costs_nothing())
    })
}

/// Fault 15: one provider down for a minute, and requests all the while.
fn outage(fault: Fault, setup: &Setup<'_>) -> Verdict {
    let mut health = HealthBook::default();
    let mut attempts = Vec::new();
    let mut longest = 0;
    let mut unanswered = 0;
    let mut broken = 0;
    let mut asked_while_down = 0;
    let mut returned_at = None;
    for request in 0..REQUESTS {
        let start = request * REQUEST_EVERY_MILLIS;
        let (trace, _) = run_one(15, setup, &health, start);
        longest = longest.max(trace.took_millis);
        match &trace.outcome {
            Some(Outcome::Answered { .. }) if trace.text == whole() => {}
            Some(Outcome::Failed { .. }) => unanswered += 1,
            _ => broken += 1,
        }
        for attempt in &trace.attempts {
            let Some(settlement) = &attempt.settlement else {
                continue;
            };
            if attempt.endpoint == 0 {
                let at = start + attempt.at_millis;
                asked_while_down += u64::from(at < RECOVERS_AT_MILLIS);
                if settlement.status == AttemptStatus::Answered && returned_at.is_none() {
                    returned_at = Some(at);
                }
            }
            let name = if attempt.endpoint == 0 {
                "first"
            } else {
                "second"
            };
            let ended = start + attempt.at_millis + settlement.timings.ended.unwrap_or(0);
            let circuit = &mut health.entry(&endpoint(name)).circuit;
            match &settlement.failure {
                Some(failure) => {
                    circuit.failed(failure, moment(ended), SEED);
                }
                None => {
                    circuit.succeeded();
                }
            }
        }
        attempts.extend(trace.attempts.into_iter().map(|attempt| TraceAttempt {
            at_millis: start + attempt.at_millis,
            ..attempt
        }));
    }
    let requests_while_down = RECOVERS_AT_MILLIS / REQUEST_EVERY_MILLIS;
    let returned = returned_at.is_some_and(|at| at <= RECOVERS_AT_MILLIS + RETURNS_WITHIN_MILLIS);
    let (word, because) = if broken > 0 {
        (
            VerdictWord::Fail,
            format!("{broken} of {REQUESTS} requests hung or were cut short."),
        )
    } else if !returned {
        let because = "It did not return within 30 s of the recovery.";
        (VerdictWord::Fail, because.to_owned())
    } else if unanswered > 0 {
        (
            VerdictWord::Safe,
            format!("{unanswered} of {REQUESTS} requests ended with a clean error."),
        )
    } else if asked_while_down >= requests_while_down {
        (
            VerdictWord::Partial,
            format!("It was asked {asked_while_down} times while it was down."),
        )
    } else {
        let after = returned_at.unwrap_or(0).saturating_sub(RECOVERS_AT_MILLIS);
        (
            VerdictWord::Pass,
            format!(
                "Every request was answered; it was asked {asked_while_down} times while it was \
                 down, and used again {:.0} s after it was back.",
                after as f64 / 1_000.0
            ),
        )
    };
    Verdict {
        fault,
        advice: (word != VerdictWord::Pass).then_some(if setup.has_second {
            "Shorten the time limits, so that a request ends before the next one begins."
        } else {
            ADD_ANOTHER
        }),
        word,
        because,
        attempts,
        took_millis: longest,
    }
}

const ADD_ANOTHER: &str = "Add another way in: with one alone there is nowhere to go.";

fn advice(number: u32, setup: &Setup<'_>, trace: &Trace) -> &'static str {
    if !setup.has_second {
        return ADD_ANOTHER;
    }
    let was_half = trace.attempts.iter().any(|attempt| {
        attempt.because == MadeBecause::First
            && attempt
                .settlement
                .as_ref()
                .is_some_and(|settlement| settlement.received_anything)
    });
    match number {
        3 => "Allow two tries of one way in.",
        6 => "Shorten the time to connect.",
        7 => "Shorten the time to the first token, or switch hedging on.",
        9 if trace.outcome.is_none() => "Shorten the silence between tokens.",
        12 | 13 if !setup.has_other_model => "Add another model: the same one refuses everywhere.",
        _ if was_half => "Let half an answer be replaced or continued.",
        _ if trace.attempts.len() < 2 => "Allow more tries in all.",
        _ => "Shorten the time limits, and allow more tries in all.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RouteId;
    use crate::run::HalfAnswer;

    fn route() -> Route {
        Route::new(RouteId::from_bytes([1; 16]), "everyday", Vec::new())
    }

    fn verdicts(change: impl Fn(&mut Route)) -> Vec<Verdict> {
        let mut route = route();
        change(&mut route);
        test_route(&Setup {
            route: &route,
            has_second: true,
            has_other_model: true,
            takes_prefill: true,
        })
    }

    fn words(verdicts: &[Verdict]) -> Vec<(u32, VerdictWord, String)> {
        verdicts
            .iter()
            .filter(|verdict| verdict.word != VerdictWord::Pass)
            .map(|verdict| (verdict.fault.number, verdict.word, verdict.because.clone()))
            .collect()
    }

    #[test]
    fn the_usual_settings_pass_all_sixteen() {
        for half_answer in [HalfAnswer::Replace, HalfAnswer::Continue] {
            let verdicts = verdicts(|route| route.half_answer = half_answer);
            assert_eq!(words(&verdicts), [], "{half_answer:?}");
        }
    }

    #[test]
    fn hedging_passes_too() {
        let verdicts = verdicts(|route| route.is_hedged = true);
        assert_eq!(words(&verdicts), []);
    }

    fn word_of(verdicts: &[Verdict], number: u32) -> VerdictWord {
        verdicts
            .iter()
            .find(|verdict| verdict.fault.number == number)
            .map(|verdict| verdict.word)
            .unwrap()
    }

    #[test]
    fn a_setting_that_is_too_patient_is_found_out() {
        let patient = verdicts(|route| route.limits.first_token_millis = 60_000);
        assert_eq!(word_of(&patient, 7), VerdictWord::Fail);
        let patient = verdicts(|route| route.limits.silence_millis = 60_000);
        assert_eq!(word_of(&patient, 9), VerdictWord::Fail);
        let patient = verdicts(|route| route.limits.connect_millis = 60_000);
        assert_eq!(word_of(&patient, 6), VerdictWord::Fail);
        let hasty = verdicts(|route| route.limits.attempts_per_endpoint = 1);
        assert_eq!(word_of(&hasty, 3), VerdictWord::Partial);
        let kept = verdicts(|route| route.half_answer = HalfAnswer::Keep);
        assert_eq!(word_of(&kept, 8), VerdictWord::Safe);
    }

    #[test]
    fn one_way_in_is_safe_but_nowhere_to_go() {
        let route = route();
        let verdicts = test_route(&Setup {
            route: &route,
            has_second: false,
            has_other_model: false,
            takes_prefill: false,
        });
        assert_eq!(word_of(&verdicts, 3), VerdictWord::Pass);
        assert_eq!(word_of(&verdicts, 4), VerdictWord::Safe);
        assert_eq!(word_of(&verdicts, 8), VerdictWord::Safe);
        for verdict in &verdicts {
            assert_ne!(verdict.word, VerdictWord::Fail, "{verdict:?}");
            assert_eq!(verdict.word == VerdictWord::Pass, verdict.advice.is_none());
        }
    }
}
