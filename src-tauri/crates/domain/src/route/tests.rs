//! What a plan takes, orders and leaves out, one rule at a time.
//!
//! Long because each rule has its own example.

use super::*;
use crate::budget::{Asker, Budget, Budgets, Held, Period, Scope, Used};
use crate::failure::{Failure, FailureClass};
use crate::id::BudgetId;
use crate::model::{Capabilities, Modalities};
use crate::price::{Price, PriceSource, PriceTag};
use crate::ranking::{Ballot, Candidate, Filter, Standings, Verdict, Voter};
use crate::rates::Rates;
use crate::time::UnixMillis;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn endpoint(provider: &str, model: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(provider),
        model: model.to_owned(),
    }
}

fn price(dollars: i64) -> Price {
    let rate = Some(NanoUsdPerMTok(dollars * 1_000_000_000));
    let rates = Rates {
        input: rate,
        output: rate,
        ..Rates::default()
    };
    let tag = PriceTag {
        source: PriceSource::Person,
        name: "by hand".to_owned(),
        as_of: NOW,
    };
    Price::flat(rates, tag)
}

fn way(provider: &str, model: &str) -> WayIn {
    WayIn {
        endpoint: endpoint(provider, model),
        provider_name: provider.to_uppercase(),
        model_key: format!("maker/{model}"),
        context_length: Some(100_000),
        max_output: Some(4_000),
        capabilities: Capabilities::default(),
        price: Some(price(3)),
        keys: 1,
        is_direct: Some(true),
        data_policy: None,
        region: None,
        unavailable_because: None,
        is_chat: true,
        embeds: None,
        takes_prefill: false,
    }
}

fn route() -> Route {
    let entries = vec![RouteEntry::Model {
        key: "maker/m".to_owned(),
    }];
    Route {
        local_when_offline: false,
        ..Route::new(RouteId::from_bytes([1; 16]), "everyday", entries)
    }
}

const NEED: Need = Need {
    input_tokens: 1_000,
    most_input_tokens: 4_000,
    max_output: None,
    images: false,
    documents: false,
    tools: false,
    json_schema: false,
    reasoning: false,
    embedding: None,
};

fn planned(route: &Route, ways: Vec<WayIn>) -> RoutePlan {
    plan(
        route,
        &NEED,
        &WaysIn::new(ways),
        &HealthBook::default(),
        None,
        NOW,
        None,
    )
}

fn providers(plan: &RoutePlan) -> Vec<&str> {
    plan.steps
        .iter()
        .map(|step| step.endpoint.provider.as_str())
        .collect()
}

/// The one reason for which the one way in was left out.
fn reason(plan: &RoutePlan) -> &SkipReason {
    assert!(plan.steps.is_empty(), "{plan:?}");
    match plan.skipped.as_slice() {
        [skipped] => &skipped.reason,
        other => panic!("{other:?}"),
    }
}

fn broken(book: &mut HealthBook, endpoint: &Endpoint) {
    for _ in 0..3 {
        let failure = Failure::new(FailureClass::ServerError, "down");
        book.entry(endpoint).circuit.failed(&failure, NOW, 0);
    }
}

fn measured(book: &mut HealthBook, endpoint: &Endpoint, first_token: u64, is_ok: bool) {
    for _ in 0..5 {
        let sample = Sample {
            at: NOW,
            first_token: Some(first_token),
            tokens_per_second: None,
            is_ok: Some(is_ok),
        };
        book.entry(endpoint).add(sample, NOW);
    }
}

#[test]
fn a_plain_model_is_asked_by_all_its_ways_in() {
    let plan = planned(
        &route(),
        vec![way("a", "m"), way("b", "m"), way("c", "other")],
    );
    assert_eq!(providers(&plan), ["a", "b"]);
    assert!(plan.skipped.is_empty());
}

#[test]
fn an_entry_that_nobody_lists_is_named() {
    let mut route = route();
    route.entries.push(RouteEntry::Endpoint {
        endpoint: endpoint("gone", "m"),
    });
    let plan = planned(&route, vec![way("a", "m")]);
    assert_eq!(plan.skipped.len(), 1);
    assert_eq!(plan.skipped[0].reason, SkipReason::NotListed);
    assert_eq!(plan.skipped[0].entry, 1);
}

#[test]
fn a_way_in_that_stands_twice_is_asked_once() {
    let mut route = route();
    route.entries.insert(
        0,
        RouteEntry::Endpoint {
            endpoint: endpoint("b", "m"),
        },
    );
    let plan = planned(&route, vec![way("a", "m"), way("b", "m")]);
    assert_eq!(providers(&plan), ["b", "a"]);
}

#[test]
fn the_cheapest_comes_first_and_an_unknown_price_last() {
    let mut route = route();
    route.policy = Policy::Cheapest;
    let priced = |provider, price| WayIn {
        price,
        ..way(provider, "m")
    };
    let plan = planned(
        &route,
        vec![
            priced("unknown", None),
            priced("dear", Some(price(9))),
            priced("cheap", Some(price(1))),
        ],
    );
    assert_eq!(providers(&plan), ["cheap", "dear", "unknown"]);
    assert_eq!(plan.steps[2].placed, Placed::PriceUnknown);
}

#[test]
fn the_fastest_comes_first_what_fails_last() {
    let mut route = route();
    route.policy = Policy::Fastest;
    let ways = vec![
        way("new", "m"),
        way("slow", "m"),
        way("fast", "m"),
        way("bad", "m"),
    ];
    let mut book = HealthBook::default();
    measured(&mut book, &endpoint("slow", "m"), 900, true);
    measured(&mut book, &endpoint("fast", "m"), 300, true);
    measured(&mut book, &endpoint("bad", "m"), 10, false);
    let plan = plan(&route, &NEED, &WaysIn::new(ways), &book, None, NOW, None);
    assert_eq!(providers(&plan), ["fast", "slow", "new", "bad"]);
    assert_eq!(plan.steps[2].placed, Placed::NotMeasured);
    assert_eq!(plan.steps[3].placed, Placed::InTrouble);
}

#[test]
fn balanced_weighs_price_against_speed() {
    let mut route = route();
    route.policy = Policy::Balanced;
    let dear = WayIn {
        price: Some(price(30)),
        ..way("dear", "m")
    };
    let cheap = WayIn {
        price: Some(price(3)),
        ..way("cheap", "m")
    };
    let ways = WaysIn::new(vec![dear, cheap]);
    let mut book = HealthBook::default();
    measured(&mut book, &endpoint("dear", "m"), 300, true);
    measured(&mut book, &endpoint("cheap", "m"), 500, true);
    let plan_now = plan(&route, &NEED, &ways, &book, None, NOW, None);
    assert_eq!(
        providers(&plan_now),
        ["cheap", "dear"],
        "a little slower, ten times cheaper"
    );
    let mut book = HealthBook::default();
    measured(&mut book, &endpoint("dear", "m"), 300, true);
    measured(&mut book, &endpoint("cheap", "m"), 30_000, true);
    let plan_now = plan(&route, &NEED, &ways, &book, None, NOW, None);
    assert_eq!(
        providers(&plan_now),
        ["dear", "cheap"],
        "a hundred times slower"
    );
}

#[test]
fn an_open_circuit_is_left_out_until_it_is_the_only_way() {
    let mut book = HealthBook::default();
    broken(&mut book, &endpoint("a", "m"));
    let ways = WaysIn::new(vec![way("a", "m"), way("b", "m")]);
    let both = plan(&route(), &NEED, &ways, &book, None, NOW, None);
    assert_eq!(providers(&both), ["b"]);
    assert!(matches!(
        both.skipped[0].reason,
        SkipReason::CircuitOpen {
            class: FailureClass::ServerError,
            ..
        }
    ));
    let alone = plan(
        &route(),
        &NEED,
        &WaysIn::new(vec![way("a", "m")]),
        &book,
        None,
        NOW,
        None,
    );
    assert_eq!(providers(&alone), ["a"]);
    assert!(matches!(alone.steps[0].placed, Placed::NothingElse { .. }));
}

#[test]
fn after_its_pause_a_way_in_is_probed_in_its_place() {
    let mut book = HealthBook::default();
    broken(&mut book, &endpoint("a", "m"));
    let ways = WaysIn::new(vec![way("a", "m"), way("b", "m")]);
    let later = UnixMillis(NOW.0 + 10_000);
    let probing = plan(&route(), &NEED, &ways, &book, None, later, None);
    assert_eq!(probing.steps[0].placed, Placed::Probe);
    assert!(book.entry(&endpoint("a", "m")).circuit.begin_probe(later));
    let meanwhile = plan(&route(), &NEED, &ways, &book, None, later, None);
    assert_eq!(providers(&meanwhile), ["b"]);
    assert_eq!(meanwhile.skipped[0].reason, SkipReason::BeingProbed);
}

#[test]
fn a_spent_allowance_is_left_out_where_there_is_one_key() {
    let mut book = HealthBook::default();
    let spent = crate::rate_limit::Allowance {
        limit: Some(5),
        remaining: Some(0),
        resets: Some(crate::rate_limit::Reset::AfterMillis(9_000)),
    };
    let limits = crate::rate_limit::RateLimits {
        requests: Some(spent),
        ..crate::rate_limit::RateLimits::default()
    };
    book.entry(&endpoint("a", "m")).rate_limits = Some((limits, NOW));
    let two_keys = WayIn {
        keys: 2,
        ..way("a", "m")
    };
    let ways = |first| WaysIn::new(vec![first, way("b", "m")]);
    let one = plan(
        &route(),
        &NEED,
        &ways(way("a", "m")),
        &book,
        None,
        NOW,
        None,
    );
    let until = UnixMillis(NOW.0 + 9_000);
    assert_eq!(
        one.skipped[0].reason,
        SkipReason::RateLimitedUntil { until }
    );
    let two = plan(&route(), &NEED, &ways(two_keys), &book, None, NOW, None);
    assert_eq!(providers(&two), ["a", "b"]);
}

#[test]
fn each_requirement_leaves_out_what_does_not_meet_it() {
    let policy = |training, keeps_days| {
        Some(DeclaredPolicy {
            training,
            keeps_days,
            words: String::new(),
            source: String::new(),
            as_of: String::new(),
        })
    };
    let input = |image| Capabilities {
        input: Some(Modalities {
            text: true,
            image,
            ..Modalities::default()
        }),
        ..Capabilities::default()
    };
    type Change = fn(&mut Requirements);
    let cases: Vec<(Change, WayIn, SkipReason)> = vec![
        (
            |_| {},
            WayIn {
                keys: 0,
                ..way("a", "m")
            },
            SkipReason::NoKey,
        ),
        (
            |_| {},
            WayIn {
                is_chat: false,
                ..way("a", "m")
            },
            SkipReason::NotChat,
        ),
        (
            |r| r.excluded = vec![ProviderId::new("a")],
            way("a", "m"),
            SkipReason::Excluded,
        ),
        (|r| r.local_only = true, way("a", "m"), SkipReason::NotLocal),
        (
            |r| r.direct_only = true,
            WayIn {
                is_direct: None,
                ..way("a", "m")
            },
            SkipReason::NotDirect,
        ),
        (
            |r| r.open_weights = true,
            way("a", "m"),
            SkipReason::NotOpenWeights,
        ),
        (
            |r| r.no_training = true,
            WayIn {
                data_policy: policy(Training::DependsOnHost, None),
                ..way("a", "m")
            },
            SkipReason::MayTrain,
        ),
        (
            |r| r.no_keeping = true,
            WayIn {
                data_policy: policy(Training::No, Some(30)),
                ..way("a", "m")
            },
            SkipReason::Keeps { days: 30 },
        ),
        (
            |r| r.regions = vec!["eu".to_owned()],
            WayIn {
                region: Some("us".to_owned()),
                ..way("a", "m")
            },
            SkipReason::OtherRegion {
                region: "us".to_owned(),
            },
        ),
        (
            |r| r.images = true,
            WayIn {
                capabilities: input(false),
                ..way("a", "m")
            },
            SkipReason::NoImages,
        ),
        (|r| r.tools = true, way("a", "m"), SkipReason::NoTools),
        (
            |r| r.reasoning = true,
            way("a", "m"),
            SkipReason::NoReasoning,
        ),
        (
            |r| r.json_schema = true,
            way("a", "m"),
            SkipReason::NoJsonSchema,
        ),
        (
            |_| {},
            WayIn {
                context_length: Some(900),
                ..way("a", "m")
            },
            SkipReason::ContextTooSmall {
                context: 900,
                needed: 1_001,
            },
        ),
        (
            |r| r.output_ceiling = Some(NanoUsdPerMTok(1_000_000_000)),
            way("a", "m"),
            SkipReason::RateAboveCeiling {
                rate: NanoUsdPerMTok(3_000_000_000),
                ceiling: NanoUsdPerMTok(1_000_000_000),
            },
        ),
        (
            |r| r.answer_ceiling = Some(NanoUsd(1_000)),
            way("a", "m"),
            SkipReason::AboveCeiling {
                likely: NanoUsd(5_100_000),
                ceiling: NanoUsd(1_000),
            },
        ),
        (
            |r| r.answer_ceiling = Some(NanoUsd(1_000)),
            WayIn {
                price: None,
                ..way("a", "m")
            },
            SkipReason::PriceUnknown,
        ),
    ];
    for (change, way, expected) in cases {
        let mut route = route();
        change(&mut route.requirements);
        let plan = planned(&route, vec![way]);
        assert_eq!(*reason(&plan), expected);
    }
}

#[test]
fn a_request_with_pictures_goes_only_where_they_are_not_refused() {
    let need = Need {
        images: true,
        ..NEED
    };
    let text_only = Capabilities {
        input: Some(Modalities {
            text: true,
            ..Modalities::default()
        }),
        ..Capabilities::default()
    };
    let blind = WayIn {
        capabilities: text_only,
        ..way("blind", "m")
    };
    let ways = WaysIn::new(vec![blind, way("silent", "m")]);
    let plan = plan(
        &route(),
        &need,
        &ways,
        &HealthBook::default(),
        None,
        NOW,
        None,
    );
    assert_eq!(
        providers(&plan),
        ["silent"],
        "a list that says nothing is tried"
    );
}

/// One budget for everything, of which so much is left.
fn leaving(left: i64) -> Budgets {
    let budget = budget(Scope::Everything);
    let spent = NanoUsd(budget.limit.0 - left);
    Budgets::new([used(budget, spent)], &Asker::default())
}

fn budget(scope: Scope) -> Budget {
    Budget {
        id: BudgetId::from_bytes([1; 16]),
        scope,
        period: Period::Month,
        limit: NanoUsd(1_000_000_000_000),
        warns_at: None,
        saves_at: None,
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    }
}

fn used(budget: Budget, spent: NanoUsd) -> Held {
    Held {
        budget,
        name: "Everything".to_owned(),
        used: Used {
            spent,
            ..Used::default()
        },
    }
}

fn planned_within(route: &Route, ways: Vec<WayIn>, budgets: &Budgets) -> RoutePlan {
    plan(
        route,
        &NEED,
        &WaysIn::new(ways),
        &HealthBook::default(),
        Some(budgets),
        NOW,
        None,
    )
}

#[test]
fn a_spent_budget_leaves_what_is_free_and_refuses_what_has_no_price() {
    let ways = vec![
        way("dear", "m"),
        WayIn {
            price: None,
            ..way("unknown", "m")
        },
        WayIn {
            price: Some(price(0)),
            ..way("free", "m")
        },
    ];
    let plan = planned_within(&route(), ways, &leaving(0));
    assert_eq!(providers(&plan), ["free"]);
    let reasons: Vec<_> = plan.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert!(matches!(reasons[0], SkipReason::OverBudget { budget, .. } if budget == "Everything"));
    let budget = "Everything".to_owned();
    assert_eq!(*reasons[1], SkipReason::PriceUnknownToBudget { budget });
}

#[test]
fn an_answer_is_held_short_before_a_way_in_is_left_out() {
    let plan = planned_within(&route(), vec![way("a", "m")], &leaving(15_000_000));
    // 4,000 tokens of the prompt at worst cost 12 million; the rest is for the answer.
    assert_eq!(plan.steps[0].max_output, Some(999));
    assert!(plan.steps[0].estimate.unwrap().worst.0 <= 15_000_000);
}

#[test]
fn a_budget_that_saves_asks_the_cheapest_first_and_says_so() {
    let route = Route {
        policy: Policy::AsListed,
        ..route()
    };
    let cheap = WayIn {
        price: Some(price(1)),
        ..way("cheap", "m")
    };
    let ways = vec![way("dear", "m"), cheap];
    let saving = Budget {
        saves_at: Some(50),
        ..budget(Scope::Everything)
    };
    let at = |part: i64| {
        let spent = NanoUsd(saving.limit.0 / 100 * part);
        Budgets::new([used(saving.clone(), spent)], &Asker::default())
    };
    let before = planned_within(&route, ways.clone(), &at(49));
    assert_eq!(
        (providers(&before), &before.saving),
        (vec!["dear", "cheap"], &None)
    );
    let after = planned_within(&route, ways.clone(), &at(50));
    assert_eq!(providers(&after), ["cheap", "dear"]);
    let cheapest = Spared {
        budget: "Everything".to_owned(),
        is_cheapest: true,
    };
    assert_eq!(after.saving, Some(cheapest));

    // The one that is listed first is the cheapest as well: nothing changed, so nothing is said.
    let turned = vec![ways[1].clone(), ways[0].clone()];
    let same = planned_within(&route, turned, &at(50));
    assert_eq!(
        (providers(&same), &same.saving),
        (vec!["cheap", "dear"], &None)
    );
    let by_price = Route {
        policy: Policy::Cheapest,
        ..route.clone()
    };
    assert_eq!(
        planned_within(&by_price, ways.clone(), &at(50)).saving,
        None
    );

    let of_provider = Budget {
        saves_at: Some(50),
        ..budget(Scope::Provider {
            provider: ProviderId::new("dear"),
        })
    };
    let spent = NanoUsd(of_provider.limit.0 / 100 * 60);
    let budgets = Budgets::new([used(of_provider, spent)], &Asker::default());
    let spared = planned_within(&route, ways, &budgets);
    assert_eq!(providers(&spared), ["cheap", "dear"]);
    assert!(!spared.saving.unwrap().is_cheapest);
}

#[test]
fn what_the_budget_does_not_hold_is_left_out() {
    let ways = WaysIn::new(vec![way("a", "m")]);
    let budgets = leaving(10);
    let plan = plan(
        &route(),
        &NEED,
        &ways,
        &HealthBook::default(),
        Some(&budgets),
        NOW,
        None,
    );
    assert!(matches!(*reason(&plan), SkipReason::OverBudget { .. }));
}

#[test]
fn the_model_in_this_process_is_the_last_resort() {
    let mut route = route();
    route.local_when_offline = true;
    let ways = vec![way("local", "small"), way("a", "m")];
    let plan = planned(&route, ways);
    assert_eq!(providers(&plan), ["a", "local"]);
    assert_eq!(plan.steps[1].placed, Placed::LastResort);
}

#[test]
fn a_route_that_cannot_work_is_refused_with_its_reason() {
    let check = |change: fn(&mut Route)| {
        let mut route = route();
        change(&mut route);
        route.validate()
    };
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(
        check(|route| route.name = "  ".to_owned()),
        Err(RouteError::NoName)
    );
    assert_eq!(
        check(|route| route.entries.clear()),
        Err(RouteError::NoEntries)
    );
    assert!(check(|route| route.limits.first_token_millis = 1).is_err());
    assert!(check(|route| route.limits.attempts = 0).is_err());
    assert_eq!(
        check(|route| route.requirements.answer_ceiling = Some(NanoUsd(0))),
        Err(RouteError::Ceiling)
    );
}

/// A vote of the person's that says `best` is better than `other`.
fn preferred(number: usize, best: &str, other: &str) -> Ballot {
    let candidate = |model: &str| Candidate {
        model: format!("maker/{model}"),
        cost: None,
        first_token_millis: None,
        tokens_per_second: None,
    };
    Ballot {
        subject: format!("{best} {other} {number}"),
        voter: Voter::Me,
        candidates: vec![candidate(best), candidate(other)],
        verdict: Verdict::Best(0),
        tag: None,
        is_blind: true,
    }
}

#[test]
fn the_model_that_votes_put_first_is_asked_first_within_the_ceiling() {
    let ballots: Vec<Ballot> = (0..30)
        .flat_map(|number| {
            [
                preferred(number, "best", "good"),
                preferred(number, "good", "poor"),
                preferred(number, "apart", "elsewhere"),
            ]
        })
        .chain([preferred(0, "new", "poor")])
        .collect();
    let standings = Standings::of(&ballots, &Filter::default());
    let entries = ["apart", "new", "poor", "good", "best"].map(|model| RouteEntry::Model {
        key: format!("maker/{model}"),
    });
    let dear = |provider, model, dollars| WayIn {
        price: Some(price(dollars)),
        ..way(provider, model)
    };
    let ways = WaysIn::new(vec![
        way("a", "apart"),
        way("a", "new"),
        way("a", "poor"),
        dear("a", "good", 9),
        dear("b", "good", 2),
        dear("a", "best", 3),
    ]);
    let mut route = Route {
        policy: Policy::MyBest,
        entries: entries.to_vec(),
        ..route()
    };
    let order = |route: &Route, standings: Option<&Standings>| {
        let book = HealthBook::default();
        let plan = plan(route, &NEED, &ways, &book, None, NOW, standings);
        let steps = plan.steps.iter();
        steps
            .map(|step| {
                format!(
                    "{} {}",
                    step.endpoint.provider.as_str(),
                    step.endpoint.model
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        order(&route, Some(&standings)),
        ["a best", "b good", "a good", "a poor", "a apart", "a new"]
    );
    // Without votes it stays as listed.
    let listed = ["a apart", "a new", "a poor", "a good", "b good", "a best"];
    assert_eq!(order(&route, None), listed);

    let book = HealthBook::default();
    let planned = plan(&route, &NEED, &ways, &book, None, NOW, Some(&standings));
    let best = standings.get("maker/best").unwrap();
    assert_eq!(
        planned.steps[0].placed,
        Placed::MyBest {
            place: 1,
            points: best.score.unwrap().points.round() as i32,
            margin: best.score.unwrap().margin().round() as u32,
            votes: 30,
            is_settled: best.is_settled,
        }
    );
    assert_eq!(planned.steps[5].placed, Placed::TooFewVotes);

    route.requirements.output_ceiling = Some(NanoUsdPerMTok(2_000_000_000));
    assert_eq!(order(&route, Some(&standings)), ["b good"]);
}

#[test]
fn the_best_model_comes_last_while_it_fails_more_often_than_it_answers() {
    let ballots: Vec<Ballot> = (0..30).map(|number| preferred(number, "m", "n")).collect();
    let standings = Standings::of(&ballots, &Filter::default());
    let mut route = Route {
        policy: Policy::MyBest,
        ..route()
    };
    route.entries.push(RouteEntry::Model {
        key: "maker/n".to_owned(),
    });
    let ways = WaysIn::new(vec![way("a", "m"), way("a", "n")]);
    let mut book = HealthBook::default();
    measured(&mut book, &endpoint("a", "m"), 100, false);
    let plan = plan(&route, &NEED, &ways, &book, None, NOW, Some(&standings));
    let models: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| step.endpoint.model.as_str())
        .collect();
    assert_eq!(models, ["n", "m"]);
    assert_eq!(plan.steps[1].placed, Placed::InTrouble);
}

#[test]
fn a_route_that_was_stored_before_there_were_votes_is_read() {
    let mut stored = serde_json::to_value(route()).unwrap();
    assert!(stored.as_object_mut().unwrap().remove("best_for").is_some());
    assert_eq!(serde_json::from_value::<Route>(stored).unwrap(), route());
}

/// A way in whose model makes embeddings, as its provider says.
fn embedder(provider: &str, model: &str) -> WayIn {
    WayIn {
        is_chat: false,
        embeds: Some(true),
        ..way(provider, model)
    }
}

fn for_embeddings(one_model: bool) -> Need {
    Need {
        max_output: Some(0),
        embedding: Some(EmbeddingNeed {
            longest_input: 500,
            one_model,
        }),
        ..NEED
    }
}

fn planned_for(need: &Need, route: &Route, ways: Vec<WayIn>, health: &HealthBook) -> RoutePlan {
    plan(route, need, &WaysIn::new(ways), health, None, NOW, None)
}

#[test]
fn embeddings_come_from_one_model_of_a_route_whatever_becomes_of_its_ways_in() {
    let entries = ["chat", "small", "large"].map(|model| RouteEntry::Model {
        key: format!("maker/{model}"),
    });
    let mixed = Route {
        entries: entries.to_vec(),
        policy: Policy::Cheapest,
        local_when_offline: true,
        ..route()
    };
    let local = WayIn {
        embeds: Some(false),
        ..way("local", "tiny")
    };
    let chat = WayIn {
        embeds: Some(false),
        ..way("c", "chat")
    };
    let other = SkipReason::OtherEmbeddingModel {
        model: "maker/small".to_owned(),
    };
    // Dear, without a key, failing: it is the route's model all the same.
    type Spoil = fn(&mut WayIn);
    let spoiled: [Spoil; 3] = [
        |_| {},
        |way| way.price = Some(price(900)),
        |way| way.keys = 0,
    ];
    for spoil in spoiled {
        let mut small = embedder("a", "small");
        spoil(&mut small);
        let ways = vec![
            local.clone(),
            chat.clone(),
            small,
            embedder("b", "small"),
            embedder("b", "large"),
        ];
        let mut health = HealthBook::default();
        broken(&mut health, &endpoint("a", "small"));
        broken(&mut health, &endpoint("b", "small"));
        let plan = planned_for(&for_embeddings(true), &mixed, ways, &health);
        assert!(!plan.steps.is_empty());
        for step in &plan.steps {
            assert_eq!(step.model_key, "maker/small", "{plan:?}");
        }
        let reasons: Vec<&SkipReason> =
            plan.skipped.iter().map(|skipped| &skipped.reason).collect();
        assert!(reasons.contains(&&SkipReason::NoEmbeddings), "{reasons:?}");
        assert!(reasons.contains(&&other), "{reasons:?}");
    }
    // Named one by one by whoever asks, either may answer.
    let ways = vec![embedder("a", "small"), embedder("b", "large")];
    let both = planned_for(&for_embeddings(false), &mixed, ways, &HealthBook::default());
    assert_eq!(providers(&both).len(), 2);
}

#[test]
fn an_entry_that_nobody_lists_keeps_the_place_of_its_model() {
    let entries = vec![
        RouteEntry::Endpoint {
            endpoint: endpoint("gone", "small"),
        },
        RouteEntry::Model {
            key: "maker/large".to_owned(),
        },
    ];
    let route = Route { entries, ..route() };
    let ways = vec![embedder("b", "large")];
    let plan = planned_for(&for_embeddings(true), &route, ways, &HealthBook::default());
    assert!(plan.steps.is_empty(), "{plan:?}");
}

#[test]
fn embeddings_need_room_for_their_longest_text_and_no_price_of_answers() {
    let tight = WayIn {
        context_length: Some(499),
        ..embedder("a", "m")
    };
    let need = for_embeddings(true);
    let plan = planned_for(&need, &route(), vec![tight.clone()], &HealthBook::default());
    assert!(matches!(
        reason(&plan),
        SkipReason::ContextTooSmall {
            context: 499,
            needed: 500
        }
    ));
    // All texts together may be longer than the context.
    let roomy = WayIn {
        context_length: Some(500),
        ..tight
    };
    let mut ceiling = route();
    ceiling.requirements.output_ceiling = Some(NanoUsdPerMTok(1));
    let plan = planned_for(&need, &ceiling, vec![roomy], &HealthBook::default());
    assert_eq!(providers(&plan), ["a"]);
    // A chat's plan leaves out what only makes embeddings.
    let chats = planned(&route(), vec![embedder("a", "m")]);
    assert_eq!(*reason(&chats), SkipReason::NotChat);
}
