//! What each feature of a price costs, written out to the nano-dollar, and the charges that other
//! programs got wrong: the numbers are those of the issues named beside them.
//!
//! Long because it is a table.

use patchbay_domain::price::{
    DailyHours, Price, PriceRule, PriceSource, PriceTag, PriceTier, ServiceTier,
};
use patchbay_domain::receipt::cost_of;
use patchbay_domain::{
    AttemptStatus, Cost, CostKind, Failure, FailureClass, NanoUsd, NanoUsdPerMTok, Rates, Receipt,
    UnixMillis, Usage,
};

/// Dollars for a million tokens, in thousandths.
fn rate(thousandths: i64) -> Option<NanoUsdPerMTok> {
    Some(NanoUsdPerMTok(thousandths * 1_000_000))
}

/// Claude Sonnet's list: $3 in, $0.30 cached, $3.75 and $6 to the cache, $15 out.
fn sonnet() -> Rates {
    Rates {
        input: rate(3_000),
        cache_read: rate(300),
        cache_write: rate(3_750),
        cache_write_long: rate(6_000),
        output: rate(15_000),
        ..Rates::default()
    }
}

fn tag() -> PriceTag {
    PriceTag {
        source: PriceSource::Snapshot,
        name: "a list".to_owned(),
        as_of: UnixMillis(0),
    }
}

fn exact(nano: i64) -> Cost {
    Cost {
        amount: Some(NanoUsd(nano)),
        kind: CostKind::Computed,
    }
}

fn used(change: impl FnOnce(&mut Usage)) -> Usage {
    let mut usage = Usage::ZERO;
    change(&mut usage);
    usage
}

#[test]
fn each_class_of_tokens_costs_its_own_rate() {
    let all = Rates {
        reasoning: rate(20_000),
        audio_input: rate(40_000),
        audio_cache_read: rate(2_500),
        image_input: rate(5_000),
        audio_output: rate(80_000),
        image_output: rate(30_000),
        per_request: Some(NanoUsd(1_000_000)),
        thousand_searches: Some(NanoUsd(10_000_000_000)),
        ..sonnet()
    };
    let fee = 1_000_000;
    let vectors: [(&str, Usage, i64); 12] = [
        ("fresh input", used(|it| it.input = 1_000), 3_000_000),
        ("from the cache", used(|it| it.cache_read = 1_000), 300_000),
        (
            "to the cache, 5 min",
            used(|it| it.cache_write = 1_000),
            3_750_000,
        ),
        (
            "to the cache, 1 h",
            used(|it| it.cache_write_long = 1_000),
            6_000_000,
        ),
        ("answer", used(|it| it.output = 1_000), 15_000_000),
        ("thinking", used(|it| it.reasoning = 1_000), 20_000_000),
        ("sound in", used(|it| it.audio_input = 1_000), 40_000_000),
        (
            "sound from the cache",
            used(|it| it.audio_cache_read = 1_000),
            2_500_000,
        ),
        ("pictures in", used(|it| it.image_input = 1_000), 5_000_000),
        ("sound out", used(|it| it.audio_output = 1_000), 80_000_000),
        (
            "pictures out",
            used(|it| it.image_output = 1_000),
            30_000_000,
        ),
        ("searches", used(|it| it.web_searches = 3), 30_000_000),
    ];
    for (name, usage, nano) in vectors {
        assert_eq!(all.price(&usage), exact(nano + fee), "{name}");
    }
    // Rounded once a line: three lines of half a nano-dollar each go to the even neighbour.
    let tiny = Rates {
        input: Some(NanoUsdPerMTok(500_000)),
        cache_read: Some(NanoUsdPerMTok(1_500_000)),
        output: Some(NanoUsdPerMTok(2_500_000)),
        ..Rates::default()
    };
    let one_each = used(|it| {
        it.input = 1;
        it.cache_read = 1;
        it.output = 1;
    });
    assert_eq!(tiny.price(&one_each), exact(2 + 2));
}

/// Bugs 1, 3 and 4: tokens written to a cache, or read from it, counted as input once more.
#[test]
fn cached_tokens_are_charged_once() {
    let usage = used(|it| {
        it.input = 100;
        it.cache_read = 2_000;
        it.cache_write = 3_000;
        it.cache_write_long = 500;
        it.output = 250;
    });
    let expected = 300_000 + 600_000 + 11_250_000 + 3_000_000 + 3_750_000;
    assert_eq!(sonnet().price(&usage), exact(expected));
    assert_eq!(usage.total_input(), 5_600);
    // A person's own price that names no rate for the cache is a guess, and says so: never both.
    let own = Rates {
        input: rate(3_000),
        output: rate(15_000),
        ..Rates::default()
    };
    let guess = own.price(&usage);
    assert_eq!(guess.amount, Some(NanoUsd(5_600 * 3_000 + 3_750_000)));
    assert_eq!(guess.kind, CostKind::Estimated);
}

/// Bug 2: reads from the cache at a tenth of the price, in a stream as in a whole reply. That both
/// decode to the same classes is tested with the recorded streams.
#[test]
fn a_read_from_the_cache_costs_a_tenth() {
    let fresh = sonnet().price(&used(|it| it.input = 10_000));
    let cached = sonnet().price(&used(|it| it.cache_read = 10_000));
    assert_eq!(fresh.amount.unwrap().0, 10 * cached.amount.unwrap().0);
}

/// Bugs 5, 6 and 9: a stream without a count, or with one that says zero about an answer.
#[test]
fn what_was_not_counted_is_unknown_and_not_free() {
    let rates = sonnet();
    let cost = |usage: Option<&Usage>| {
        cost_of(
            Some(&rates),
            usage,
            None,
            AttemptStatus::Answered,
            None,
            true,
        )
    };
    assert_eq!(cost(None), Cost::UNKNOWN);
    assert!(
        Usage::ZERO.is_zero(),
        "what decoders take for no count at all"
    );
}

/// Bug 7: one token over the edge changes the rate of every token; the edge itself does not.
#[test]
fn a_long_prompt_costs_its_tier_whole() {
    let long = Rates {
        input: rate(6_000),
        cache_read: rate(600),
        output: rate(22_500),
        ..sonnet()
    };
    let price = Price {
        rules: vec![PriceRule {
            rates: sonnet(),
            tiers: vec![PriceTier {
                above_input_tokens: 200_000,
                rates: long,
            }],
            ..PriceRule::default()
        }],
        tag: tag(),
    };
    let cost = |input, cache_read| {
        let usage = used(|it| {
            it.input = input;
            it.cache_read = cache_read;
            it.output = 1_000;
        });
        price.cost(&usage, UnixMillis(0), ServiceTier::Standard)
    };
    assert_eq!(cost(200_000, 0), exact(600_000_000 + 15_000_000));
    assert_eq!(cost(200_001, 0), exact(1_200_006_000 + 22_500_000));
    assert_eq!(cost(1, 200_000), exact(6_000 + 120_000_000 + 22_500_000));
}

/// Bug 8: flex, batch and priority have their own rates, for thinking too.
#[test]
fn a_tier_of_service_has_its_own_rates() {
    let half = Rates {
        input: rate(1_500),
        output: rate(7_500),
        reasoning: rate(7_500),
        ..Rates::default()
    };
    let twice = Rates {
        input: rate(6_000),
        output: rate(30_000),
        ..Rates::default()
    };
    let of_tier = |tier, rates| PriceRule {
        service_tier: Some(tier),
        rates,
        ..PriceRule::default()
    };
    let price = Price {
        rules: vec![
            PriceRule {
                rates: sonnet(),
                ..PriceRule::default()
            },
            of_tier(ServiceTier::Flex, half),
            of_tier(ServiceTier::Batch, half),
            of_tier(ServiceTier::Priority, twice),
        ],
        tag: tag(),
    };
    let usage = used(|it| {
        it.input = 1_000;
        it.reasoning = 2_000;
        it.output = 100;
    });
    let cost = |tier| price.cost(&usage, UnixMillis(0), tier);
    assert_eq!(cost(ServiceTier::Standard), exact(3_000_000 + 31_500_000));
    assert_eq!(cost(ServiceTier::Flex), exact(1_500_000 + 15_750_000));
    assert_eq!(cost(ServiceTier::Batch), exact(1_500_000 + 15_750_000));
    assert_eq!(cost(ServiceTier::Priority), exact(6_000_000 + 63_000_000));
}

/// Hours of the day in UTC, and a price that begins on a day: the later rule wins.
#[test]
fn the_hour_and_the_day_decide() {
    let hour = 60 * 60 * 1_000;
    let night = PriceRule {
        hours: Some(DailyHours {
            from_minute: 16 * 60 + 30,
            until_minute: 30,
        }),
        rates: Rates {
            input: rate(1_000),
            ..Rates::default()
        },
        ..PriceRule::default()
    };
    let tomorrow = PriceRule {
        from: Some(UnixMillis(24 * hour)),
        rates: Rates {
            input: rate(2_000),
            ..Rates::default()
        },
        ..PriceRule::default()
    };
    let price = Price {
        rules: vec![
            PriceRule {
                rates: sonnet(),
                ..PriceRule::default()
            },
            tomorrow,
            night,
        ],
        tag: tag(),
    };
    let usage = used(|it| it.input = 1_000);
    let cost = |at| price.cost(&usage, UnixMillis(at), ServiceTier::Standard);
    assert_eq!(cost(12 * hour), exact(3_000_000));
    assert_eq!(cost(16 * hour + hour / 2), exact(1_000_000));
    assert_eq!(cost(16 * hour + hour / 2 - 1), exact(3_000_000));
    assert_eq!(cost(36 * hour), exact(2_000_000));
    assert_eq!(cost(24 * hour + hour / 4), exact(1_000_000));
}

/// Bug 10: 5 tokens told for 389, since the thoughts stood beside them.
#[test]
fn thoughts_are_part_of_the_bill() {
    let usage = used(|it| {
        it.output = 5;
        it.reasoning = 384;
    });
    assert_eq!(usage.total_output(), 389);
    assert_eq!(sonnet().price(&usage), exact(389 * 15_000));
}

/// Bugs 11 and 12: who hangs up pays for what was counted until then, the prompt too, as an estimate;
/// where nothing was counted nobody knows. Never nothing.
#[test]
fn hanging_up_is_not_free() {
    let rates = sonnet();
    let until_then = used(|it| {
        it.input = 1_200;
        it.output = 40;
    });
    for status in [AttemptStatus::Stopped, AttemptStatus::Interrupted] {
        let cost = |usage| cost_of(Some(&rates), usage, None, status, None, true);
        let known = cost(Some(&until_then));
        assert_eq!(known.amount, Some(NanoUsd(3_600_000 + 600_000)));
        assert_eq!(known.kind, CostKind::Estimated);
        assert_eq!(cost(None), Cost::UNKNOWN);
    }
}

/// Bug 13: the loser of a race costs what it wrote, not what the winner wrote; a refusal costs nothing.
#[test]
fn a_race_costs_each_its_own() {
    let rates = sonnet();
    let winner = used(|it| {
        it.input = 1_000;
        it.output = 500;
    });
    let loser = used(|it| it.input = 1_000);
    let won = cost_of(
        Some(&rates),
        Some(&winner),
        None,
        AttemptStatus::Answered,
        None,
        true,
    );
    let lost = cost_of(
        Some(&rates),
        Some(&loser),
        None,
        AttemptStatus::Stopped,
        None,
        true,
    );
    let failure = Failure::new(FailureClass::RateLimited, "slow down");
    let refused = cost_of(
        Some(&rates),
        None,
        None,
        AttemptStatus::Failed,
        Some(&failure),
        false,
    );
    assert_eq!(refused, Cost::FREE);
    let sum = Cost::sum([won, lost, refused]);
    assert_eq!(sum.amount, Some(NanoUsd(10_500_000 + 3_000_000)));
    assert_eq!(Receipt::default().cost(), Cost::FREE);
}

/// What the provider says it charged wins over every list, to the last digit; zero is an amount too.
#[test]
fn the_providers_own_figure_is_the_charge() {
    let rates = sonnet();
    let usage = used(|it| it.input = 1_000);
    for said in ["0.00314159265", "0", "1.5e-6"] {
        let reported = patchbay_domain::money::parse_dollars(said).unwrap();
        let cost = cost_of(
            Some(&rates),
            Some(&usage),
            Some(reported),
            AttemptStatus::Answered,
            None,
            true,
        );
        assert_eq!(cost.amount, Some(reported), "{said}");
        assert_eq!(cost.kind, CostKind::Reported);
    }
}

/// What caches saved is what the same prompt would have cost without them, less what it did.
#[test]
fn savings_of_caches_are_exact_and_may_be_losses() {
    let saved = |change: fn(&mut Usage)| sonnet().saved_by_caches(&used(change)).unwrap().0;
    assert_eq!(saved(|it| it.cache_read = 1_000), 2_700_000);
    assert_eq!(saved(|it| it.cache_write = 1_000), -750_000);
    assert_eq!(saved(|it| it.cache_write_long = 1_000), -3_000_000);
    assert_eq!(saved(|it| it.input = 1_000), 0);
}
