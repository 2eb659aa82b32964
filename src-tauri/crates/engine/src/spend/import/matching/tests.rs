use std::collections::BTreeMap;

use patchbay_domain::Cost;
use proptest::prelude::*;

use super::*;
use crate::spend::test_rows::{attempt, computed, tokens};

const NOON: i64 = 1_795_176_000_000;

/// Long after everything.
const LATER: UnixMillis = UnixMillis(NOON + 100 * DAY);

fn sent(number: u128, at: i64, usage: (u64, u64), nano: Option<i64>) -> Attempt {
    let mut attempt = attempt(number, at);
    attempt.usage = Some(tokens(usage.0, usage.1));
    attempt.cost = nano.map_or(Cost::UNKNOWN, computed);
    attempt.timings.opened = Some(10);
    attempt.timings.ended = Some(2_000);
    attempt
}

fn billed(id: Option<&str>, at: i64, usage: (u64, u64), nano: i64) -> Billed {
    Billed {
        day: day_of(at),
        at: Some(at),
        model: "acme/large-20260910".to_owned(),
        id: id.map(str::to_owned),
        input: Some(usage.0),
        output: Some(usage.1),
        nano: Some(nano),
        parts: 1,
    }
}

fn day(number: i64, model: &str, nano: Option<i64>, tokens: Option<u64>, parts: u64) -> Billed {
    Billed {
        day: number,
        at: None,
        model: model.to_owned(),
        id: None,
        input: tokens,
        output: None,
        nano,
        parts,
    }
}

fn file(grain: UsageGrain, places: Option<u32>, mut rows: Vec<Billed>) -> UsageFile {
    rows.sort();
    UsageFile {
        format: "CSV".to_owned(),
        grain,
        places,
        read: rows.iter().map(|row| row.parts).sum(),
        unreadable: 0,
        rows,
    }
}

fn put(file: &UsageFile, ours: &[Attempt]) -> Matched {
    let ours: Vec<_> = ours.iter().filter_map(Sent::of).collect();
    matched(file, ours, LATER, Some(UnixMillis(NOON - DAY)))
}

fn verdicts(matched: &Matched) -> Vec<ImportVerdict> {
    matched.lines.iter().map(|line| line.verdict).collect()
}

#[test]
fn a_request_is_known_by_its_id_whatever_else_says() {
    let mut own = sent(1, NOON, (10, 20), Some(500));
    own.request_id = Some("gen-1".to_owned());
    own.endpoint.model = "quite-another-name".to_owned();
    let list = file(
        UsageGrain::Request,
        Some(9),
        vec![
            billed(Some("gen-1"), NOON + 3_000, (10, 20), 500),
            billed(Some("gen-2"), NOON, (10, 20), 500),
        ],
    );
    let found = put(&list, &[own]);
    assert_eq!(
        (found.matched, found.only_theirs, found.only_ours),
        (1, 1, 0)
    );
    assert_eq!(
        verdicts(&found),
        [ImportVerdict::OnlyTheirs, ImportVerdict::Equal]
    );
    assert_eq!(found.lines[1].run, Some(attempt(1, 0).run));
    assert!(
        found.lines[0]
            .because
            .as_deref()
            .unwrap()
            .contains("elsewhere")
    );
}

#[test]
fn without_an_id_model_moment_and_tokens_tell() {
    let ours = [
        sent(1, NOON, (10, 20), Some(500)),
        sent(2, NOON + 1_000, (11, 20), Some(600)),
        sent(3, NOON + 600_000, (10, 20), Some(500)),
    ];
    let list = file(
        UsageGrain::Request,
        Some(9),
        vec![
            billed(None, NOON + 2_000, (11, 20), 700),
            billed(None, NOON + 2_500, (10, 20), 500),
        ],
    );
    let found = put(&list, &ours);
    assert_eq!((found.matched, found.only_theirs), (2, 0));
    let differs = &found.lines[0];
    assert_eq!(differs.verdict, ImportVerdict::Differs);
    assert_eq!(differs.run, Some(attempt(2, 0).run));
    assert_eq!(
        (differs.theirs, differs.ours),
        (Some(NanoUsd(700)), Some(NanoUsd(600)))
    );
    assert_eq!(found.only_ours, 0, "the third lies outside of the file");
    assert_eq!(found.ours, NanoUsd(1_100));
}

#[test]
fn a_row_without_a_counterpart_says_why() {
    let list = file(
        UsageGrain::Request,
        Some(9),
        vec![
            billed(None, NOON, (10, 20), 500),
            billed(None, NOON - 2 * DAY, (10, 20), 500),
        ],
    );
    let mut failed = sent(1, NOON + 1, (9_000, 1), None);
    failed.status = AttemptStatus::Failed;
    let found = put(&list, &[failed]);
    let of = |verdict| -> Vec<_> {
        let lines = found.lines.iter().filter(|line| line.verdict == verdict);
        lines.map(|line| line.because.clone().unwrap()).collect()
    };
    assert!(
        of(ImportVerdict::OnlyTheirs)
            .iter()
            .any(|why| why.contains("older"))
    );
    assert!(of(ImportVerdict::OnlyOurs)[0].contains("failed"));
    let mut refused = attempt(2, NOON);
    refused.status = AttemptStatus::Failed;
    refused.cost = Cost::FREE;
    assert!(
        Sent::of(&refused).is_none(),
        "nobody bills what was turned away"
    );
}

#[test]
fn days_of_models_are_sums_in_utc() {
    let midnight = NOON + DAY / 2;
    let ours = [
        sent(1, midnight - 1, (10, 20), Some(500)),
        sent(2, NOON, (10, 20), Some(300)),
        sent(3, midnight, (10, 20), Some(7)),
    ];
    let list = file(
        UsageGrain::Day,
        Some(9),
        vec![
            day(20_261_120, "Large 2026-09-10", Some(800), Some(60), 3),
            day(20_261_121, "large", Some(9), None, 1),
            day(20_261_121, "other", Some(5), None, 1),
        ],
    );
    let found = put(&list, &ours);
    assert_eq!(
        (found.matched, found.only_theirs, found.only_ours),
        (4, 1, 0)
    );
    assert_eq!(
        verdicts(&found),
        [
            ImportVerdict::Differs,
            ImportVerdict::OnlyTheirs,
            ImportVerdict::Equal
        ]
    );
    assert_eq!(found.lines[0].when, "2026-11-21");
    assert_eq!(found.lines[2].our_tokens, Some(60));
}

#[test]
fn what_a_list_rounds_away_is_no_difference() {
    let ours = [sent(1, NOON, (10, 20), Some(1_234_567_890))];
    let rows = |nano| vec![day(20_261_120, "large", Some(nano), None, 2)];
    let cents = |nano| put(&file(UsageGrain::Day, Some(2), rows(nano)), &ours).lines[0].verdict;
    assert_eq!(cents(1_230_000_000), ImportVerdict::Equal);
    assert_eq!(cents(1_250_000_000), ImportVerdict::Differs);
    let exact = put(&file(UsageGrain::Day, Some(9), rows(1_230_000_000)), &ours);
    assert_eq!(exact.lines[0].verdict, ImportVerdict::Differs);
}

#[test]
fn a_difference_names_facts_first() {
    let mut cut = sent(2, NOON, (10, 20), Some(5));
    cut.status = AttemptStatus::Stopped;
    let because = |ours: &[Attempt], nano| {
        let rows = vec![day(20_261_120, "large", Some(nano), None, 1)];
        let found = put(&file(UsageGrain::Day, Some(9), rows), ours);
        found.lines[0].because.clone().unwrap_or_default()
    };
    let known = sent(1, NOON, (10, 20), Some(500));
    let unknown = sent(3, NOON, (10, 20), None);
    assert!(because(&[known.clone(), unknown], 900).contains("1 attempt without a known cost"));
    assert!(because(&[known.clone(), cut], 900).starts_with("1 attempt of ours ended early"));
    assert!(because(std::slice::from_ref(&known), 900).contains("elsewhere"));
    assert!(because(std::slice::from_ref(&known), 100).contains("discount"));
    assert_eq!(because(&[known], 500), "");
}

#[test]
fn a_file_without_models_is_compared_by_whole_days() {
    let mut other = sent(2, NOON, (1, 1), Some(250));
    other.endpoint.model = "small".to_owned();
    let ours = [sent(1, NOON, (10, 20), Some(500)), other];
    let rows = vec![day(20_261_120, "", Some(750), None, 1)];
    let found = put(&file(UsageGrain::Day, Some(9), rows), &ours);
    assert_eq!(verdicts(&found), [ImportVerdict::Equal]);
    assert_eq!(found.lines[0].model, "All models");
}

#[test]
fn tokens_alone_tell_where_there_is_no_money() {
    let ours = [sent(1, NOON, (10, 20), Some(500))];
    let with = |tokens| {
        let rows = vec![day(20_261_120, "large", None, Some(tokens), 1)];
        put(&file(UsageGrain::Day, None, rows), &ours).lines[0].verdict
    };
    assert_eq!(with(30), ImportVerdict::Equal);
    assert_eq!(with(31), ImportVerdict::Differs);
}

fn many() -> impl Strategy<Value = Vec<(i64, u64, Option<i64>, bool, bool)>> {
    let one = (
        0_i64..400_000,
        1_u64..40,
        prop::option::of(0_i64..1_000_000),
        any::<bool>(),
        any::<bool>(),
    );
    prop::collection::vec(one, 1..30)
}

proptest! {
    /// Every row of either side is told of once, whatever they look like.
    #[test]
    fn every_row_has_one_line(
        ours in many(), theirs in many(), by_day in any::<bool>(),
    ) {
        let own: Vec<_> = ours.iter().enumerate().map(|(index, (at, count, nano, has_id, _))| {
            let mut own = sent(index as u128 + 1, NOON + at, (*count, 2), *nano);
            own.request_id = has_id.then(|| format!("gen-{}", count % 7));
            own
        }).collect();
        let rows: Vec<_> = theirs.iter().map(|(at, count, nano, has_id, is_large)| {
            let id = format!("gen-{}", count % 9);
            let mut row = billed(has_id.then_some(id.as_str()), NOON + at, (*count, 2), nano.unwrap_or(0));
            if !is_large { row.model = "other".to_owned(); }
            row
        }).collect();
        let list = if by_day {
            let mut days: BTreeMap<String, Billed> = BTreeMap::new();
            for row in rows {
                let day = Billed { at: None, id: None, ..row };
                days.entry(alike(&day.model)).and_modify(|known| known.parts += 1).or_insert(day);
            }
            file(UsageGrain::Day, Some(9), days.into_values().collect())
        } else {
            file(UsageGrain::Request, Some(9), rows)
        };
        let found = put(&list, &own);
        prop_assert_eq!(found.matched + found.only_theirs, list.read);
        let count = |verdict| found.lines.iter().filter(|line| line.verdict == verdict).count();
        prop_assert_eq!(count(ImportVerdict::OnlyOurs) as u64, found.only_ours);
        prop_assert_eq!(found.lines.len(), list.rows.len() + count(ImportVerdict::OnlyOurs));
        let mut runs: Vec<_> = found.lines.iter().filter_map(|line| line.run).collect();
        let all = runs.len();
        runs.sort();
        runs.dedup();
        prop_assert_eq!(runs.len(), all, "an attempt of ours stands in one line");
        // Again, with ours the other way round, all is the same.
        let backward: Vec<_> = own.iter().rev().cloned().collect();
        let again = put(&list, &backward);
        prop_assert_eq!(again.ours, found.ours);
        prop_assert_eq!(again.lines, found.lines);
    }

    /// A list of exactly what was sent has no difference, in any order and with or without ids.
    #[test]
    fn ones_own_list_agrees(
        ours in prop::collection::vec((0_i64..1_000_000, 1_u64..1_000, 0_i64..1_000_000), 1..30),
        has_ids in any::<bool>(), is_end in any::<bool>(),
    ) {
        let own: Vec<_> = ours.iter().enumerate().map(|(index, (at, count, nano))| {
            let mut own = sent(index as u128 + 1, NOON + at, (*count, 2), Some(*nano));
            own.request_id = Some(format!("gen-{index}"));
            own
        }).collect();
        let rows = ours.iter().enumerate().rev().map(|(index, (at, count, nano))| {
            let at = NOON + at + if is_end { 2_000 } else { 0 };
            billed(has_ids.then_some(format!("gen-{index}").as_str()), at, (*count, 2), *nano)
        }).collect();
        let found = put(&file(UsageGrain::Request, Some(9), rows), &own);
        prop_assert_eq!((found.only_theirs, found.only_ours), (0, 0));
        if has_ids {
            prop_assert!(found.lines.iter().all(|line| line.verdict == ImportVerdict::Equal));
        }
        prop_assert_eq!(found.ours.0, ours.iter().map(|(_, _, nano)| nano).sum::<i64>());
    }
}
