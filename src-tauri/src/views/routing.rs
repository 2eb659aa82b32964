//! Routes, plans, health and the fault wall.
//!
//! Long because every reason that a person can read is worded here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use patchbay_contract::routing::{
    AllowanceView, EndpointHealthView, HealthView, PlanStepView, PlanView, RequirementsView,
    RouteEntryView, RouteLimitsView, RouteView, SkippedView, TargetView, VerdictView,
    WallAttemptView,
};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::amount::limit_words;
use patchbay_domain::money::parse_dollars;
use patchbay_domain::route::{
    CircuitState, Gate, Placed, PlanStep, Requirements, Route, RouteEntry, SkipReason, Skipped,
    Summary, Target,
};
use patchbay_domain::run::{Limits, MadeBecause};
use patchbay_domain::wall::{TraceAttempt, Verdict};
use patchbay_domain::{FailureClass, NanoUsd, NanoUsdPerMTok, ProviderId, RouteId, UnixMillis};
use patchbay_engine::{EndpointHealth, PlannedRoute};

use super::conversations::{endpoint, endpoint_from};

pub(crate) fn target(target: &Target) -> TargetView {
    match target {
        Target::Endpoint { endpoint: of } => TargetView::Endpoint {
            endpoint: endpoint(of),
        },
        Target::Model { key } => TargetView::Model { key: key.clone() },
        Target::Route { id } => TargetView::Route { id: id.to_string() },
    }
}

/// # Errors
/// The route's id is none.
pub(crate) fn target_from(view: TargetView) -> Result<Target, IpcError> {
    Ok(match view {
        TargetView::Endpoint { endpoint } => Target::Endpoint {
            endpoint: endpoint_from(endpoint),
        },
        TargetView::Model { key } => Target::Model { key },
        TargetView::Route { id } => Target::Route { id: route_id(&id)? },
    })
}

/// # Errors
/// It is none.
pub(crate) fn route_id(text: &str) -> Result<RouteId, IpcError> {
    text.parse().map_err(|_| {
        IpcError::new(
            ErrorCode::NotFound,
            "The route is not there any more.",
            "Choose another one.",
        )
    })
}

pub(crate) fn route(route: &Route) -> RouteView {
    let requirements = &route.requirements;
    let limits = &route.limits;
    RouteView {
        id: Some(route.id.to_string()),
        name: route.name.clone(),
        entries: route
            .entries
            .iter()
            .map(|entry| match entry {
                RouteEntry::Endpoint { endpoint: of } => RouteEntryView::Endpoint {
                    endpoint: endpoint(of),
                },
                RouteEntry::Model { key } => RouteEntryView::Model { key: key.clone() },
            })
            .collect(),
        policy: route.policy,
        requirements: RequirementsView {
            answer_ceiling: requirements.answer_ceiling.map(|amount| dollars(amount.0)),
            output_ceiling: requirements.output_ceiling.map(|rate| dollars(rate.0)),
            context_fits: requirements.context_fits,
            images: requirements.images,
            tools: requirements.tools,
            reasoning: requirements.reasoning,
            json_schema: requirements.json_schema,
            open_weights: requirements.open_weights,
            local_only: requirements.local_only,
            direct_only: requirements.direct_only,
            no_training: requirements.no_training,
            no_keeping: requirements.no_keeping,
            regions: requirements.regions.clone(),
            excluded: requirements
                .excluded
                .iter()
                .map(|provider| provider.as_str().to_owned())
                .collect(),
        },
        limits: RouteLimitsView {
            connect_millis: limits.connect_millis,
            first_token_millis: limits.first_token_millis,
            silence_millis: limits.silence_millis,
            total_millis: limits.total_millis,
            attempts_per_endpoint: limits.attempts_per_endpoint,
            attempts: limits.attempts,
        },
        is_hedged: route.is_hedged,
        best_for: route.best_for.clone(),
        half_answer: route.half_answer,
        local_when_offline: route.local_when_offline,
    }
}

/// A route as it was edited; `id` is that of one that was not saved yet.
///
/// # Errors
/// A ceiling is no amount, or the id is none.
pub(crate) fn route_from(view: RouteView, id: RouteId) -> Result<Route, IpcError> {
    let id = match &view.id {
        Some(text) => route_id(text)?,
        None => id,
    };
    let of = view.requirements;
    let limits = view.limits;
    Ok(Route {
        id,
        name: view.name,
        entries: view
            .entries
            .into_iter()
            .map(|entry| match entry {
                RouteEntryView::Endpoint { endpoint } => RouteEntry::Endpoint {
                    endpoint: endpoint_from(endpoint),
                },
                RouteEntryView::Model { key } => RouteEntry::Model { key },
            })
            .collect(),
        policy: view.policy,
        requirements: Requirements {
            answer_ceiling: amount(of.answer_ceiling, "answerCeiling")?,
            output_ceiling: amount(of.output_ceiling, "outputCeiling")?
                .map(|amount| NanoUsdPerMTok(amount.0)),
            context_fits: of.context_fits,
            images: of.images,
            tools: of.tools,
            reasoning: of.reasoning,
            json_schema: of.json_schema,
            open_weights: of.open_weights,
            local_only: of.local_only,
            direct_only: of.direct_only,
            no_training: of.no_training,
            no_keeping: of.no_keeping,
            regions: of
                .regions
                .into_iter()
                .map(|region| region.trim().to_owned())
                .filter(|region| !region.is_empty())
                .collect(),
            excluded: of.excluded.into_iter().map(ProviderId::new).collect(),
        },
        limits: Limits {
            connect_millis: limits.connect_millis,
            first_token_millis: limits.first_token_millis,
            silence_millis: limits.silence_millis,
            total_millis: limits.total_millis,
            attempts_per_endpoint: limits.attempts_per_endpoint,
            attempts: limits.attempts,
            ..Limits::ROUTE
        },
        is_hedged: view.is_hedged,
        best_for: view
            .best_for
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty()),
        half_answer: view.half_answer,
        local_when_offline: view.local_when_offline,
    })
}

/// # Errors
/// It is no amount of dollars.
pub(crate) fn amount(text: Option<String>, field: &str) -> Result<Option<NanoUsd>, IpcError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let typed = text.trim().trim_start_matches('$').replace(',', ".");
    parse_dollars(&typed).map(Some).map_err(|_| IpcError {
        field: Some(field.to_owned()),
        ..IpcError::new(
            ErrorCode::InvalidInput,
            "This is not an amount of dollars.",
            "Write it like 0.02.",
        )
    })
}

/// Dollars without the zeros that say nothing.
pub(super) fn dollars(nano: i64) -> String {
    let exact = NanoUsd(nano).to_string();
    let short = exact.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

pub(crate) fn plan(
    planned: &PlannedRoute,
    health_of: impl Fn(&patchbay_domain::Endpoint) -> Option<EndpointHealth>,
) -> PlanView {
    PlanView {
        steps: planned
            .plan
            .steps
            .iter()
            .zip(&planned.hedge_after)
            .map(|(step, hedge_after)| {
                plan_step(step, planned.best_for.as_deref(), *hedge_after, &health_of)
            })
            .collect(),
        skipped: planned.plan.skipped.iter().map(skipped).collect(),
        input_tokens: planned.input_tokens,
    }
}

fn plan_step(
    step: &PlanStep,
    best_for: Option<&str>,
    hedge_after_millis: Option<u64>,
    health_of: &impl Fn(&patchbay_domain::Endpoint) -> Option<EndpointHealth>,
) -> PlanStepView {
    let (placed, because) = placed(step, best_for);
    PlanStepView {
        endpoint: endpoint(&step.endpoint),
        provider_name: step.provider_name.clone(),
        model_key: step.model_key.clone(),
        entry: step.entry.and_then(|entry| u32::try_from(entry).ok()),
        placed: placed.to_owned(),
        because,
        likely_nano_usd: step.estimate.map(|estimate| estimate.likely.0),
        worst_nano_usd: step.estimate.map(|estimate| estimate.worst.0),
        keys: step.keys,
        context_length: step.context_length,
        takes_prefill: step.takes_prefill,
        hedge_after_millis,
        health: health_of(&step.endpoint).map_or_else(no_health, |health| health_view(&health)),
    }
}

/// Why a step stands where it stands: a word to branch on, and words for people.
fn placed(step: &PlanStep, best_for: Option<&str>) -> (&'static str, String) {
    let samples = step.measured.samples;
    match step.placed {
        Placed::AsListed => ("as_listed", "as listed".to_owned()),
        Placed::Cheapest => ("cheapest", "by its price for this text".to_owned()),
        Placed::PriceUnknown => ("price_unknown", "its price is not known".to_owned()),
        Placed::Fastest => (
            "fastest",
            format!("by its first token here, {} samples", step.measured.timed),
        ),
        Placed::NotMeasured => ("not_measured", "not measured here yet".to_owned()),
        Placed::Balanced => ("balanced", "price, speed and failures together".to_owned()),
        Placed::MyBest {
            place,
            points,
            margin,
            votes,
            is_settled,
        } => {
            let rank = match place {
                1 => "your best".to_owned(),
                place => format!("number {place} of your votes"),
            };
            let tag = best_for
                .map(|tag| format!(" for {tag}"))
                .unwrap_or_default();
            let points = with_thousands(points);
            let votes = count_of_votes(votes);
            let open = if is_settled { "" } else { ", not settled yet" };
            (
                "my_best",
                format!("{rank}{tag}: {points} ± {margin} from {votes}{open}"),
            )
        }
        Placed::TooFewVotes => ("too_few_votes", "not enough of your votes yet".to_owned()),
        Placed::InTrouble => (
            "in_trouble",
            format!("last, since it failed more often than not in {samples} attempts"),
        ),
        Placed::Probe => ("probe", "finds out whether it works again".to_owned()),
        Placed::NothingElse { until, class } => (
            "nothing_else",
            format!(
                "paused until {} after {}, but there is nothing else",
                time_of_day(until),
                after_words(class)
            ),
        ),
        Placed::LastResort => ("last_resort", "only when the network is gone".to_owned()),
    }
}

/// `1,084`.
fn with_thousands(points: i32) -> String {
    let sign = if points < 0 { "-" } else { "" };
    let points = points.unsigned_abs();
    match (points / 1_000, points % 1_000) {
        (0, rest) => format!("{sign}{rest}"),
        (thousands, rest) => format!("{sign}{thousands},{rest:03}"),
    }
}

fn count_of_votes(votes: u32) -> String {
    match votes {
        1 => "1 vote".to_owned(),
        votes => format!("{votes} votes"),
    }
}

pub(crate) fn skipped(skipped: &Skipped) -> SkippedView {
    let (reason, because, until) = reason(&skipped.reason);
    SkippedView {
        endpoint: skipped.endpoint.as_ref().map(endpoint),
        name: skipped.name.clone(),
        entry: u32::try_from(skipped.entry).unwrap_or(u32::MAX),
        reason: reason.to_owned(),
        because,
        until: until.map(|until| until.0),
    }
}

fn reason(reason: &SkipReason) -> (&'static str, String, Option<UnixMillis>) {
    let plain = |word, words: &str| (word, words.to_owned(), None);
    match reason {
        SkipReason::NotListed => plain("not_listed", "no provider lists it"),
        SkipReason::NoKey => plain("no_key", "no key"),
        SkipReason::Unavailable { because } => plain("unavailable", because.trim_end_matches('.')),
        SkipReason::CircuitOpen { until, class } => (
            "circuit_open",
            format!(
                "paused until {} after {}",
                time_of_day(*until),
                after_words(*class)
            ),
            Some(*until),
        ),
        SkipReason::BeingProbed => plain("being_probed", "another request is trying it right now"),
        SkipReason::RateLimitedUntil { until } => (
            "rate_limited",
            format!("nothing may be asked until {}", time_of_day(*until)),
            Some(*until),
        ),
        SkipReason::ContextTooSmall { context, needed } => (
            "context_too_small",
            format!("about {needed} tokens do not fit into {context}"),
            None,
        ),
        SkipReason::OverBudget {
            worst,
            left,
            budget,
        } => (
            "over_budget",
            match budget.as_str() {
                "" => format!(
                    "may cost {}, and {} are left",
                    limit_words(*worst),
                    limit_words(*left)
                ),
                budget => format!(
                    "may cost {}, and the budget \u{201c}{budget}\u{201d} leaves {}",
                    limit_words(*worst),
                    limit_words(*left)
                ),
            },
            None,
        ),
        SkipReason::PriceUnknownToBudget { budget } => (
            "price_unknown_to_budget",
            format!(
                "its price is not known, and the budget \u{201c}{budget}\u{201d} asks nobody without one"
            ),
            None,
        ),
        SkipReason::AboveCeiling { likely, ceiling } => (
            "above_ceiling",
            format!(
                "costs about {}, more than {} an answer",
                limit_words(*likely),
                limit_words(*ceiling)
            ),
            None,
        ),
        SkipReason::RateAboveCeiling { rate, ceiling } => (
            "rate_above_ceiling",
            format!(
                "{} a million answer tokens, more than {}",
                limit_words(NanoUsd(rate.0)),
                limit_words(NanoUsd(ceiling.0))
            ),
            None,
        ),
        SkipReason::PriceUnknown => plain(
            "price_unknown",
            "its price is not known, so the ceiling cannot be kept",
        ),
        SkipReason::NoImages => plain("no_images", "takes no pictures"),
        SkipReason::NoDocuments => plain("no_documents", "takes no documents"),
        SkipReason::NoTools => plain("no_tools", "calls no tools"),
        SkipReason::NoJsonSchema => plain("no_json_schema", "keeps to no JSON schema"),
        SkipReason::NoReasoning => plain("no_reasoning", "does not think before it answers"),
        SkipReason::NotOpenWeights => plain("not_open_weights", "its weights are not open"),
        SkipReason::NotLocal => plain("not_local", "does not run on this computer"),
        SkipReason::NotDirect => plain("not_direct", "is not its maker's own service"),
        SkipReason::MayTrain => plain("may_train", "declares that it may train with the text"),
        SkipReason::Keeps { days } => (
            "keeps",
            format!("declares that it keeps the text for {days} days"),
            None,
        ),
        SkipReason::OtherRegion { region } => {
            ("other_region", format!("computes in {region}"), None)
        }
        SkipReason::Excluded => plain("excluded", "you left its provider out"),
        SkipReason::NotChat => plain("not_chat", "holds no conversations"),
        SkipReason::NoEmbeddings => plain("no_embeddings", "makes no embeddings"),
        SkipReason::OtherEmbeddingModel { model } => (
            "other_embedding_model",
            format!("its vectors do not mix with those of {model}"),
            None,
        ),
    }
}

/// A failure in two or three words.
fn after_words(class: FailureClass) -> &'static str {
    match class {
        FailureClass::RateLimited => "it asked to slow down",
        FailureClass::Overloaded => "it had no capacity",
        FailureClass::ServerError => "an error of its own",
        FailureClass::PaymentRequired => "it wanted credit first",
        FailureClass::Authentication | FailureClass::KeyMissing => "it did not accept the key",
        FailureClass::PermissionDenied => "the key was not allowed",
        FailureClass::ModelNotFound => "it did not know the model",
        FailureClass::ConnectTimeout
        | FailureClass::FirstTokenTimeout
        | FailureClass::SilenceTimeout => "it stayed silent",
        FailureClass::NameNotResolved
        | FailureClass::ConnectionRefused
        | FailureClass::ConnectionLost
        | FailureClass::Tls => "it could not be reached",
        FailureClass::StreamCut | FailureClass::EmptyAnswer => "it broke off",
        _ => "it failed",
    }
}

/// The time of day on this computer.
fn time_of_day(moment: UnixMillis) -> String {
    Timestamp::from_millisecond(moment.0)
        .map(|moment| {
            moment
                .to_zoned(TimeZone::system())
                .strftime("%H:%M:%S")
                .to_string()
        })
        .unwrap_or_default()
}

pub(crate) fn endpoint_health(health: &EndpointHealth) -> EndpointHealthView {
    EndpointHealthView {
        endpoint: endpoint(&health.endpoint),
        health: health_view(health),
    }
}

fn health_view(health: &EndpointHealth) -> HealthView {
    let circuit = match health.gate {
        Gate::Closed => "closed",
        Gate::Open { .. } => "open",
        Gate::Probe | Gate::Probing => "probing",
    };
    let (paused_until, paused_because) = match (&health.circuit.state, health.gate) {
        (
            CircuitState::Open {
                until,
                class,
                words,
                ..
            },
            Gate::Open { .. },
        ) => {
            let because = after_words(*class);
            let because = if words.is_empty() {
                format!("Paused after {because}.")
            } else {
                format!("Paused after {because}: {words}")
            };
            (Some(until.0), Some(because))
        }
        _ => (None, None),
    };
    HealthView {
        circuit: circuit.to_owned(),
        paused_until,
        paused_because,
        allowances: health.rate_limits.map_or_else(Vec::new, |(limits, as_of)| {
            limits
                .named()
                .map(|(label, allowance)| AllowanceView {
                    label: label.to_owned(),
                    limit: allowance.limit,
                    remaining: allowance.remaining,
                    resets_at: allowance.resets.map(|reset| reset.moment(as_of).0),
                    as_of: as_of.0,
                })
                .collect()
        }),
        ..summary(&health.summary)
    }
}

fn summary(summary: &Summary) -> HealthView {
    HealthView {
        samples: summary.samples,
        first_token_p50: summary.first_token_p50,
        first_token_p95: summary.first_token_p95,
        tokens_per_second: summary.tokens_per_second,
        failed_share: summary.failed,
        latest_at: summary.latest.map(|at| at.0),
        ..no_health()
    }
}

fn no_health() -> HealthView {
    HealthView {
        circuit: "closed".to_owned(),
        paused_until: None,
        paused_because: None,
        samples: 0,
        first_token_p50: None,
        first_token_p95: None,
        tokens_per_second: None,
        failed_share: None,
        latest_at: None,
        allowances: Vec::new(),
    }
}

pub(crate) fn verdict(verdict: &Verdict) -> VerdictView {
    VerdictView {
        fault: verdict.fault.number,
        title: verdict.fault.title.to_owned(),
        wanted: verdict.fault.wanted.to_owned(),
        verdict: verdict.word.as_str().to_owned(),
        because: verdict.because.clone(),
        advice: verdict.advice.map(str::to_owned),
        took_millis: verdict.took_millis,
        attempts: verdict.attempts.iter().map(wall_attempt).collect(),
    }
}

fn wall_attempt(attempt: &TraceAttempt) -> WallAttemptView {
    let settlement = attempt.settlement.as_ref();
    let failure = settlement.and_then(|settlement| settlement.failure.as_ref());
    let words = match (settlement, failure) {
        (None, _) => "still going on".to_owned(),
        (Some(_), Some(failure)) => match failure.status {
            Some(status) => format!("{status}, {}", failure.class.as_str().replace('_', " ")),
            None => failure.class.as_str().replace('_', " "),
        },
        (Some(settlement), None) => settlement.status.as_str().to_owned(),
    };
    let made = match attempt.because {
        MadeBecause::Hedge => " (raced)",
        MadeBecause::Continuation => " (went on with the half)",
        MadeBecause::Restart => " (began again)",
        _ => "",
    };
    WallAttemptView {
        who: if attempt.endpoint == 0 {
            "first"
        } else {
            "second"
        }
        .to_owned(),
        at_millis: attempt.at_millis,
        took_millis: settlement
            .and_then(|settlement| settlement.timings.ended)
            .unwrap_or(0),
        words: format!("{words}{made}"),
        is_answer: settlement.is_some_and(|settlement| {
            settlement.status == patchbay_domain::AttemptStatus::Answered
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_survives_the_way_to_the_window_and_back() {
        let id = RouteId::from_bytes([3; 16]);
        let entries = vec![RouteEntry::Model {
            key: "maker/model".to_owned(),
        }];
        let mut before = Route::new(id, "everyday", entries);
        before.best_for = Some("code".to_owned());
        before.requirements.answer_ceiling = Some(NanoUsd(20_000_000));
        before.requirements.output_ceiling = Some(NanoUsdPerMTok(15_000_000_000));
        let view = route(&before);
        assert_eq!(view.requirements.answer_ceiling.as_deref(), Some("0.02"));
        assert_eq!(view.requirements.output_ceiling.as_deref(), Some("15"));
        let after = route_from(view, RouteId::from_bytes([9; 16])).unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        let read =
            |text: &str| amount(Some(text.to_owned()), "x").map(|amount| amount.map(|a| a.0));
        assert_eq!(read(" $0,02 ").unwrap(), Some(20_000_000));
        assert_eq!(read(" ").unwrap(), None);
        assert_eq!(read("a lot").unwrap_err().field.as_deref(), Some("x"));
    }

    #[test]
    fn a_place_by_votes_says_how_sure_it_is() {
        let words = |place, points, is_settled, best_for| {
            let step = PlanStep {
                endpoint: patchbay_domain::Endpoint {
                    provider: ProviderId::new("a"),
                    model: "m".to_owned(),
                },
                provider_name: "A".to_owned(),
                model_key: "maker/m".to_owned(),
                entry: Some(0),
                keys: 1,
                context_length: None,
                takes_prefill: false,
                is_free: false,
                max_output: None,
                estimate: None,
                measured: patchbay_domain::route::Summary::default(),
                placed: Placed::MyBest {
                    place,
                    points,
                    margin: 41,
                    votes: 63,
                    is_settled,
                },
            };
            placed(&step, best_for).1
        };
        assert_eq!(
            words(1, 1_084, true, Some("code")),
            "your best for code: 1,084 ± 41 from 63 votes"
        );
        assert_eq!(
            words(2, 987, false, None),
            "number 2 of your votes: 987 ± 41 from 63 votes, not settled yet"
        );
    }
}
