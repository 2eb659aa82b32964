use patchbay_providers::OrganisationUsage;

use super::*;

const NAME: &str = "Acme";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn tally(known: i64, attempts: u64) -> Tally {
    Tally {
        attempts,
        computed: attempts,
        known: NanoUsd(known),
        input: attempts * 10,
        ..Tally::default()
    }
}

fn spent(known: i64, attempts: u64) -> SpanTally {
    SpanTally {
        tally: tally(known, attempts),
        ..SpanTally::default()
    }
}

fn told(starts_at: UnixMillis, cost: Option<i64>, tokens: Option<u64>) -> OrganisationDay {
    OrganisationDay {
        starts_at,
        cost: cost.map(NanoUsd),
        usage: tokens.map(|input_tokens| OrganisationUsage {
            input_tokens,
            ..OrganisationUsage::default()
        }),
    }
}

/// Words and reasons of days: what they cost there, what was counted there, and the ledger.
fn said(rows: &[(Option<i64>, Option<u64>, SpanTally)], is_recent: bool) -> (String, Vec<String>) {
    let first = start_of(day("2026-11-01"));
    let starts = (0..).map(|number| UnixMillis(first.0 + number * DAY));
    let (mut theirs, mut ours) = (BTreeMap::new(), BTreeMap::new());
    let mut compared = SpanTally::default();
    let mut sum = None;
    for (start, (cost, tokens, spent)) in starts.zip(rows) {
        theirs.insert(start, told(start, *cost, *tokens));
        ours.insert(start, *spent);
        if let Some(cost) = cost {
            add(&mut compared, spent);
            sum = Some(NanoUsd(sum.map_or(0, |NanoUsd(sum)| sum) + cost));
        }
    }
    let days = days(&theirs, &ours);
    let sides = Sides {
        name: NAME,
        has_key: true,
        has_days: true,
        is_recent,
        theirs: sum,
        ours: &compared,
        days: &days,
        asked_days: i64::try_from(rows.len()).unwrap(),
        elsewhere: 0,
        usage_words: None,
    };
    (words(&sides), reasons(&sides))
}

#[test]
fn what_agrees_says_so_and_gives_no_reasons() {
    let (words, reasons) = said(&[(Some(5_000_000), Some(10), spent(5_000_000, 1))], true);
    assert_eq!(words, "Both say $0.0050.");
    assert!(reasons.is_empty(), "{reasons:?}");
    let (words, _) = said(&[(Some(0), None, spent(0, 0))], true);
    assert_eq!(words, "Nothing was charged on these days, by both.");
}

#[test]
fn a_ledger_that_has_less_is_told_why_by_what_is_known_first() {
    let ours = SpanTally {
        cut: 2,
        tally: Tally {
            unknown: 1,
            ..tally(4_000_000, 5)
        },
        ..SpanTally::default()
    };
    let (words, reasons) = said(&[(Some(8_000_000), Some(50), ours)], false);
    assert_eq!(
        words,
        "Acme says $0.0080, the ledger $0.0040: $0.0040 less."
    );
    assert!(
        reasons[0].starts_with("1 attempt has no known cost"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].starts_with("2 attempts were stopped"),
        "{reasons:?}"
    );
    // Both counted 50 tokens: nobody else asked.
    assert!(
        reasons[2].starts_with("The tokens are the same"),
        "{reasons:?}"
    );
    assert!(reasons.last().unwrap().contains("whole organisation"));
    let more = |tokens| said(&[(Some(8_000_000), tokens, spent(4_000_000, 5))], false).1;
    assert!(more(Some(80))[0].contains("30 tokens more"));
    assert!(more(Some(40))[0].contains("10 tokens less and charged more"));
    assert!(!more(None)[0].contains("tokens"));
}

#[test]
fn a_ledger_that_has_more_names_late_costs_only_where_they_can_be_late() {
    let late = |is_recent| {
        let (_, reasons) = said(&[(Some(4_000_000), None, spent(8_000_000, 1))], is_recent);
        reasons
            .iter()
            .any(|reason| reason.contains("come hours late"))
    };
    assert!(late(true) && !late(false));
}

#[test]
fn days_that_cancel_out_are_told_apart_from_days_that_agree() {
    let (words, reasons) = said(
        &[
            (Some(5_000_000), None, spent(6_000_000, 1)),
            (Some(6_000_000), None, spent(5_000_000, 1)),
            (Some(1_000_000), None, spent(1_000_000, 1)),
        ],
        false,
    );
    assert_eq!(words, "Both say $0.0120. 2 of 3 days differ.");
    assert!(reasons[0].contains("midnight UTC"), "{reasons:?}");
}

#[test]
fn a_day_that_was_not_told_is_left_out_on_both_sides() {
    let (words, reasons) = said(
        &[
            (Some(5_000_000), None, spent(5_000_000, 1)),
            (None, Some(9), spent(70_000_000, 1)),
        ],
        false,
    );
    assert_eq!(
        words,
        "Both say $0.0050. One day of the span was not read and is left out."
    );
    assert!(reasons.is_empty(), "{reasons:?}");
}

#[test]
fn a_span_ends_with_the_last_day_that_is_over_and_has_at_most_a_year() {
    let now = UnixMillis(start_of(day("2026-11-26")).0 + DAY / 2);
    let span = |from: &str, to: &str| {
        over(day(from), day(to), now).map(|days| {
            (
                day_of(days.from).to_string(),
                day_of(days.until).to_string(),
            )
        })
    };
    let days = |from: &str, until: &str| Some((from.to_owned(), until.to_owned()));
    assert_eq!(
        span("2026-11-01", "2026-11-30"),
        days("2026-11-01", "2026-11-26")
    );
    assert_eq!(
        span("2026-11-25", "2026-11-25"),
        days("2026-11-25", "2026-11-26")
    );
    assert_eq!(span("2026-11-26", "2026-11-30"), None);
    assert_eq!(
        span("1970-01-01", "9999-12-31"),
        days("2025-11-25", "2026-11-26")
    );
    assert_eq!(span("2026-11-05", "2026-11-01"), None);
}

#[test]
fn a_refusal_is_told_in_plain_words_and_never_in_the_providers() {
    let organisation = preset("openai");
    let words = |class, retry_after_millis| {
        let failure = Failure {
            retry_after_millis,
            ..Failure::new(class, "raw words sk-admin-secret")
        };
        failure_words(NAME, organisation, &failure)
    };
    for (class, expected) in [
        (FailureClass::Authentication, "begin with sk-admin-"),
        (FailureClass::PermissionDenied, "may not read costs"),
        (FailureClass::NotFound, "account of one person"),
        (FailureClass::ServerError, "had an error of its own"),
        (FailureClass::RateLimited, "in a minute"),
    ] {
        let said = words(class, None);
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    assert!(words(FailureClass::RateLimited, Some(2_500)).contains("in 3 s"));
}

fn preset(id: &str) -> &'static Organisation {
    let preset = patchbay_providers::Preset::by_id(id).unwrap();
    preset.organisation.as_ref().unwrap()
}

#[test]
fn what_is_kept_is_of_one_address_and_a_new_reading_takes_the_old_ones_place() {
    let origin = |text: &str| patchbay_domain::Origin::from_serialized(text);
    let here = origin("https://a.example");
    let start = start_of(day("2026-11-01"));
    let next = UnixMillis(start.0 + DAY);
    let both = UtcDays {
        from: start,
        until: UnixMillis(next.0 + DAY),
    };
    let mut kept = Kept::read(None, &here);
    let report = |days| OrganisationReport {
        days,
        usage_failure: None,
    };
    kept.take(
        report(vec![told(start, Some(1), None), told(next, Some(2), None)]),
        both,
        UnixMillis(5),
    );
    // Now the second day is not told any more: nothing older stands in for it.
    kept.take(
        report(vec![told(start, Some(3), None)]),
        both,
        UnixMillis(6),
    );
    let said = serde_json::to_value(&kept).unwrap();
    let again = Kept::read(Some(said.clone()), &here);
    assert_eq!(again.within(both).len(), 1);
    assert_eq!(again.within(both)[&start].cost, Some(NanoUsd(3)));
    assert_eq!(again.read_at, Some(UnixMillis(6)));
    let elsewhere = Kept::read(Some(said), &origin("https://b.example"));
    assert_eq!((elsewhere.read_at, elsewhere.within(both).len()), (None, 0));
    let of_later = serde_json::json!({ "shape": 2 });
    assert_eq!(Kept::read(Some(of_later), &here).read_at, None);
}
