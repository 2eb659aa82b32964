use patchbay_domain::price::PriceSource;
use patchbay_domain::{
    Attempt, AttemptStatus, NanoUsdPerMTok, Price, Rates, RawUsage, Usage, WireFamily,
};
use patchbay_providers::Dialect;
use proptest::prelude::*;

use super::facts::Facts;
use super::*;
use crate::spend::test_rows::{RATES, attempt, computed, tokens};

fn price(dollars: i64) -> Price {
    let tag = PriceTag {
        source: PriceSource::Person,
        name: "my contract".to_owned(),
        as_of: UnixMillis(9),
    };
    let rate = Some(NanoUsdPerMTok(dollars * 1_000_000_000));
    let rates = Rates {
        input: rate,
        output: rate,
        ..Rates::default()
    };
    Price::flat(rates, tag)
}

fn known(price: Option<Price>) -> Facts {
    Facts {
        reads: Some((WireFamily::OpenAiChat, Dialect::openai())),
        price,
        model_key: "acme/large".to_owned(),
    }
}

#[test]
fn an_unknown_row_takes_the_price_of_now() {
    let unknown = Attempt {
        usage: Some(tokens(1_000_000, 0)),
        ..attempt(1, 5)
    };
    let again = priced_again(&unknown, &known(Some(price(3))));
    assert_eq!(again.cost, computed(3_000_000_000));
    assert_eq!(again.price_tag.unwrap().name, "my contract");
    assert_eq!(again.model_key.as_deref(), Some("acme/large"));
    let without = priced_again(&unknown, &known(None));
    assert_eq!(without.cost, Cost::UNKNOWN);
    let uncounted = priced_again(&attempt(1, 5), &known(Some(price(3))));
    assert_eq!(uncounted.cost, Cost::UNKNOWN, "no tokens, no cost");
}

#[test]
fn a_rows_own_rates_come_first_unless_they_lack_something() {
    let priced = Attempt {
        usage: Some(tokens(1_000_000, 0)),
        rates: Some(RATES),
        cost: computed(1_000_000_000),
        ..attempt(1, 5)
    };
    let again = priced_again(&priced, &known(Some(price(3))));
    assert_eq!((again.cost, again.rates), (priced.cost, priced.rates));
    let lacking = Attempt {
        rates: Some(Rates {
            output: None,
            ..RATES
        }),
        usage: Some(tokens(1, 1_000_000)),
        cost: Cost::UNKNOWN,
        ..priced
    };
    let again = priced_again(&lacking, &known(Some(price(3))));
    assert_eq!(again.cost, computed(3_000_003_000));
}

#[test]
fn a_list_with_dates_is_read_at_the_day_of_the_row() {
    let mut dated = price(3);
    dated.rules.push(patchbay_domain::price::PriceRule {
        from: Some(UnixMillis(100)),
        ..price(7).rules[0].clone()
    });
    let at = |at| {
        let unknown = Attempt {
            usage: Some(tokens(1_000_000, 0)),
            ..attempt(1, at)
        };
        priced_again(&unknown, &known(Some(dated.clone()))).cost
    };
    assert_eq!(at(99), computed(3_000_000_000));
    assert_eq!(at(100), computed(7_000_000_000));
}

#[test]
fn tokens_are_counted_again_from_what_came() {
    let raw = r#"{"prompt_tokens":1000000,"completion_tokens":0,
        "prompt_tokens_details":{"cached_tokens":400000}}"#;
    let wrong = Attempt {
        usage: Some(Usage {
            web_searches: 2,
            ..tokens(1_000_000, 0)
        }),
        raw_usage: Some(RawUsage(raw.to_owned())),
        rates: Some(Rates {
            cache_read: Some(NanoUsdPerMTok(100_000_000)),
            thousand_searches: Some(NanoUsd(0)),
            ..RATES
        }),
        cost: computed(1_000_000_000),
        ..attempt(1, 5)
    };
    let again = priced_again(&wrong, &known(None));
    let usage = again.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read), (600_000, 400_000));
    assert_eq!(usage.web_searches, 2, "counted beside the object");
    assert_eq!(again.cost, computed(640_000_000));
    let gone = Facts {
        reads: None,
        ..known(None)
    };
    assert_eq!(priced_again(&wrong, &gone).usage, wrong.usage);
}

#[test]
fn what_a_provider_said_stays_and_half_answers_stay_estimates() {
    let reported = Attempt {
        usage: Some(tokens(10, 10)),
        rates: Some(RATES),
        reported_cost: Some(NanoUsd(77)),
        cost: Cost {
            amount: Some(NanoUsd(77)),
            kind: CostKind::Reported,
        },
        ..attempt(1, 5)
    };
    assert_eq!(
        priced_again(&reported, &known(Some(price(3)))).cost,
        reported.cost
    );
    let half = Attempt {
        usage: Some(tokens(1_000_000, 0)),
        status: AttemptStatus::Stopped,
        ..attempt(1, 5)
    };
    let again = priced_again(&half, &known(Some(price(3))));
    assert_eq!(again.cost.kind, CostKind::Estimated);
}

#[test]
fn filling_in_touches_no_cost_and_no_tokens() {
    let old = Attempt {
        usage: Some(tokens(1_000_000, 1_000_000)),
        raw_usage: Some(RawUsage(r#"{"prompt_tokens":5}"#.to_owned())),
        ..attempt(1, 5)
    };
    let facts = Facts {
        model_key: "openai/gpt-4o".to_owned(),
        ..known(Some(price(3)))
    };
    let filled = filled(&old, &facts);
    assert_eq!((filled.cost, filled.usage), (old.cost, old.usage));
    assert_eq!(filled.model_key.as_deref(), Some("openai/gpt-4o"));
    assert!(filled.list.is_some(), "the maker's list has it");
}

#[test]
fn the_audit_says_what_was_done_in_one_sentence() {
    let outcome = RepriceOutcome {
        changed: 3,
        ..RepriceOutcome::default()
    };
    let endpoint = attempt(1, 1).endpoint;
    let day = |text: &str| text.parse::<Day>().unwrap();
    let words = audit_words(
        RepriceWhich::Unknown,
        &outcome,
        Some((&endpoint, "Acme")),
        (day("2026-11-01"), day("2026-11-26")),
        &[price(1).tag],
    );
    assert_eq!(
        words,
        "Priced 3 attempts without a cost of large through Acme, from 2026-11-01 to 2026-11-26, \
         by my contract."
    );
}

proptest! {
    #[test]
    fn pricing_again_forgets_nothing_and_is_done_once(
        input in 0_u64..2_000_000, output in 0_u64..2_000_000, has_usage in any::<bool>(),
        rate in prop::option::of(0_i64..20), own in prop::option::of(any::<bool>()),
        reported in prop::option::of(0_i64..1_000_000), amount in prop::option::of(0_i64..1_000_000),
        is_answered in any::<bool>(),
    ) {
        let before = Attempt {
            usage: has_usage.then(|| tokens(input, output)),
            rates: own.map(|is_whole| Rates { output: RATES.output.filter(|_| is_whole), ..RATES }),
            reported_cost: reported.map(NanoUsd),
            cost: amount.map_or(Cost::UNKNOWN, computed),
            status: if is_answered { AttemptStatus::Answered } else { AttemptStatus::Stopped },
            ..attempt(1, 5)
        };
        let facts = known(rate.map(price));
        let once = priced_again(&before, &facts);
        prop_assert_eq!(once.cost.amount.is_none(), once.cost.kind == CostKind::Unknown);
        prop_assert!(before.cost.amount.is_none() || once.cost.amount.is_some());
        let kept = Attempt {
            usage: once.usage, rates: once.rates, price_tag: once.price_tag.clone(), cost: once.cost,
            list: once.list.clone(), model_key: once.model_key.clone(), ..before
        };
        // Another price does not move what has one now.
        let dearer = known(Some(price(99)));
        let twice = priced_again(&kept, if once.cost.amount.is_some() { &dearer } else { &facts });
        if once.rates.is_some_and(|rates| once.usage.is_some_and(|usage| rates.price(&usage).amount.is_some())) {
            prop_assert_eq!(twice.cost, once.cost);
        }
    }
}
