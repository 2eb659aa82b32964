use patchbay_domain::BalanceKind::{Limit, Remaining, Used};
use patchbay_domain::{Balance, BalanceKind};
use proptest::prelude::*;

use super::figures::Silent;
use super::words::{Apart, verdict};
use super::*;

fn line(kind: BalanceKind, amount: &str, unit: &str) -> BalanceLine {
    BalanceLine {
        kind,
        amount: amount.to_owned(),
        unit: unit.to_owned(),
        resets_at: None,
        note: None,
    }
}

fn reading(at: i64, lines: Vec<BalanceLine>) -> Reading {
    Reading {
        at: UnixMillis(at),
        balance: Balance { lines },
    }
}

fn left(amounts: &[&str]) -> Vec<Reading> {
    let one = |(at, amount): (usize, &&str)| {
        reading(
            i64::try_from(at).unwrap() * 100,
            vec![line(Remaining, amount, "USD")],
        )
    };
    amounts.iter().enumerate().map(one).collect()
}

fn ours(known: i64) -> Tally {
    Tally {
        attempts: 4,
        computed: 4,
        known: NanoUsd(known),
        ..Tally::default()
    }
}

#[test]
fn what_is_left_falls_by_what_went() {
    let found = theirs(&left(&["10.00", "9.50", "9.50", "8.25"])).unwrap();
    assert_eq!(found.went, NanoUsd(1_750_000_000));
    assert_eq!(found.spans, [(UnixMillis(0), UnixMillis(300))]);
    assert_eq!((found.top_ups, found.resets), (0, 0));
    assert_eq!(found.rounding, NanoUsd(10_000_000));
}

#[test]
fn a_rise_is_a_top_up_and_its_time_is_left_out() {
    let found = theirs(&left(&["10", "9", "29", "28", "27"])).unwrap();
    assert_eq!(found.went, NanoUsd(3_000_000_000));
    assert_eq!(
        found.spans,
        [
            (UnixMillis(0), UnixMillis(100)),
            (UnixMillis(200), UnixMillis(400))
        ]
    );
    assert_eq!(found.top_ups, 1);
    assert!(words(&found, &ours(3_000_000_000)).contains("topped up once"));
    assert_eq!(theirs(&left(&["1", "5"])), Err(Silent::NoSpan));
}

#[test]
fn what_was_used_comes_before_what_is_left_and_days_do_not_count() {
    let today = BalanceLine {
        note: Some("today (UTC)".to_owned()),
        ..line(Used, "0.5", "USD")
    };
    let one = |at, used: &str, left: &str| {
        reading(
            at,
            vec![
                today.clone(),
                line(Remaining, left, "USD"),
                line(Used, used, "USD"),
            ],
        )
    };
    let found = theirs(&[one(0, "1", "9"), one(100, "3.5", "20")]).unwrap();
    assert_eq!((found.went, found.top_ups), (NanoUsd(2_500_000_000), 0));
    let only_days = [reading(0, vec![today.clone()]), reading(9, vec![today])];
    assert_eq!(theirs(&only_days), Err(Silent::NoFigure));
}

#[test]
fn a_count_that_begins_anew_is_left_out_even_where_it_rose() {
    let limited = |at, used: &str, resets_at| {
        let limit = BalanceLine {
            resets_at,
            ..line(Limit, "50", "USD")
        };
        reading(at, vec![limit, line(Used, used, "USD")])
    };
    let at_150 = Some(UnixMillis(150));
    let found = theirs(&[
        limited(0, "1", at_150),
        limited(100, "2", at_150),
        limited(200, "7", Some(UnixMillis(900))),
        limited(300, "8", Some(UnixMillis(900))),
    ])
    .unwrap();
    assert_eq!((found.went, found.resets), (NanoUsd(2_000_000_000), 1));
    let fell = theirs(&[
        limited(0, "5", None),
        limited(9, "1", None),
        limited(20, "2", None),
    ]);
    assert_eq!(fell.unwrap().went, NanoUsd(1_000_000_000));
}

#[test]
fn other_units_are_said_and_not_subtracted() {
    let yuan = |at, amount: &str| reading(at, vec![line(Remaining, amount, "CNY")]);
    assert_eq!(
        theirs(&[yuan(0, "10"), yuan(9, "8")]),
        Err(Silent::OtherUnit("CNY".to_owned()))
    );
    assert_eq!(theirs(&[]), Err(Silent::NoReading));
    assert_eq!(theirs(&left(&["5"])), Err(Silent::OneReading));
}

#[test]
fn reasons_are_facts_first() {
    let figures = Theirs {
        went: NanoUsd(2_000_000_000),
        ..Theirs::default()
    };
    let span = SpanTally {
        tally: Tally {
            unknown: 2,
            estimated: 1,
            ..ours(1_000_000_000)
        },
        cut: 1,
        running: 0,
    };
    let found = reasons(&figures, &span, 3);
    assert!(
        found[0].starts_with("2 attempts have no known cost"),
        "{found:?}"
    );
    assert!(found[1].starts_with("1 attempt was stopped"), "{found:?}");
    assert!(
        found[2].starts_with("1 attempt is an estimate"),
        "{found:?}"
    );
    assert!(found[3].starts_with("3 attempts were sent with another key"));
    assert!(found.last().unwrap().contains("used elsewhere"));
    let agree = SpanTally {
        tally: ours(2_001_000_000),
        ..SpanTally::default()
    };
    assert_eq!(reasons(&figures, &agree, 9), Vec::<String>::new());
    let more = SpanTally {
        tally: ours(3_000_000_000),
        ..SpanTally::default()
    };
    assert!(reasons(&figures, &more, 0)[0].contains("lag"));
}

#[test]
fn digits_that_are_not_there_are_no_drift() {
    let cents = theirs(&left(&["10.00", "9.99"])).unwrap();
    let tally = ours(4_000_000);
    assert_eq!(verdict(&cents, &tally), Apart::Rounded);
    assert!(words(&cents, &tally).contains("no finer"));
    let nothing = theirs(&left(&["10.00", "10.00"])).unwrap();
    assert_eq!(verdict(&nothing, &ours(0)), Apart::Nothing);
    assert_eq!(verdict(&nothing, &ours(500_000_000)), Apart::More);
}

#[test]
fn a_drift_is_in_percent_and_says_nothing_about_nothing() {
    assert_eq!(drift(NanoUsd(90), NanoUsd(100)), Some(-10.0));
    assert_eq!(drift(NanoUsd(150), NanoUsd(100)), Some(50.0));
    assert_eq!(drift(NanoUsd(150), NanoUsd(0)), None);
    assert_eq!(drift(NanoUsd(150), NanoUsd(-1)), None);
    assert_eq!(drift(NanoUsd(i64::MAX), NanoUsd(1)), None);
}

#[test]
fn readings_are_shown_as_they_were_said() {
    let noted = BalanceLine {
        note: Some("today (UTC)".to_owned()),
        ..line(Used, "0.10", "USD")
    };
    let shown = said(&[
        reading(1, vec![line(Remaining, "9.50", "USD"), noted]),
        reading(2, vec![line(Remaining, "9", "")]),
    ]);
    assert_eq!(shown[0].words, "9 left");
    assert_eq!(shown[1].words, "9.50 USD left, 0.10 USD used (today (UTC))");
}

proptest! {
    /// However a balance moved: what went is what was paid in less what is left more, but for the
    /// steps that cannot be told.
    #[test]
    fn no_cent_is_lost_between_readings(
        start in 0_i64..100_000,
        steps in prop::collection::vec((-5_000_i64..5_000, 1_i64..1_000), 0..40),
    ) {
        let cents = |amount: i64| {
            let sign = if amount < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
        };
        let (mut at, mut amount, mut spent, mut rises) = (0, start, 0, 0);
        let mut readings = vec![reading(0, vec![line(Remaining, &cents(start), "USD")])];
        for (change, pause) in &steps {
            at += pause;
            amount -= change;
            if *change >= 0 { spent += change } else { rises += 1 }
            readings.push(reading(at, vec![line(Remaining, &cents(amount), "USD")]));
        }
        match theirs(&readings) {
            Ok(found) => {
                prop_assert_eq!(found.went, NanoUsd(spent * 10_000_000));
                prop_assert_eq!(found.top_ups, rises);
                for (from, to) in &found.spans {
                    prop_assert!(from < to);
                }
                for pair in found.spans.windows(2) {
                    prop_assert!(pair[0].1 < pair[1].0, "a span does not touch the next");
                }
            }
            Err(silent) => {
                prop_assert_eq!(spent, 0);
                prop_assert_eq!(silent == Silent::OneReading, steps.is_empty());
            }
        }
    }

    #[test]
    fn a_verdict_and_its_drift_agree(theirs in 0_i64..1_000_000_000_000, own in 0_i64..1_000_000_000_000) {
        let figures = Theirs { went: NanoUsd(theirs), ..Theirs::default() };
        let span = SpanTally { tally: ours(own), ..SpanTally::default() };
        let apart = verdict(&figures, &span.tally);
        match apart {
            Apart::Less => prop_assert!(own < theirs),
            Apart::More => prop_assert!(own > theirs),
            Apart::Nothing => prop_assert_eq!(own + theirs, 0),
            Apart::Agrees | Apart::Rounded => {
                prop_assert!((own - theirs).abs() * 200 <= theirs + 200);
            }
        }
        let is_apart = matches!(apart, Apart::Less | Apart::More);
        prop_assert_eq!(!reasons(&figures, &span, 0).is_empty(), is_apart);
    }
}
