//! The sums beside the attempts equal the sums over the attempts, whatever happened to them.
//!
//! Long because every table of sums is held to the attempts here.

use std::path::Path;

use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, AuditId, BudgetId, ConversationId, Cost, CostKind, Day,
    Endpoint, Failure, FailureClass, NanoUsd, ProviderId, UnixMillis,
};
use patchbay_store::{AuditLine, Repriced, RunConversation, SpendBy, SpendFilter, SpendOrder};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::*;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn all() -> SpendFilter {
    let day = |text: &str| text.parse::<Day>().unwrap();
    SpendFilter::between(day("1970-01-01"), day("9999-12-31"))
}

fn cost(amount: i64, kind: CostKind) -> Cost {
    Cost {
        amount: (kind != CostKind::Unknown).then_some(NanoUsd(amount)),
        kind,
    }
}

/// Attempt `number` of run `run`, on day `day`.
fn attempt(run: u128, number: u32, day: i64, cost: Cost, status: AttemptStatus) -> Attempt {
    let answered = answered_attempt(run, 0);
    Attempt {
        id: attempt_id(run * 100 + u128::from(number)),
        ordinal: number,
        endpoint: Endpoint {
            provider: ProviderId::new(["acme", "beta"][number as usize % 2]),
            model: "large".to_owned(),
        },
        started_at: UnixMillis(NOW.0 + day * DAY),
        status,
        failure: (status == AttemptStatus::Failed)
            .then(|| Failure::new(FailureClass::ServerError, "broken")),
        reported_cost: cost.amount.filter(|_| cost.kind == CostKind::Reported),
        cost,
        ..answered
    }
}

/// Rows that stand in the sums and not among the attempts, or the other way round.
fn differences(folder: &Path) -> i64 {
    let connection = Connection::open(folder.join("patchbay.sqlite3")).unwrap();
    let measures = "attempts, first_tries, second_tries, answered, failed, known, wasted, compared,
        compared_paid, compared_list, billed, billed_paid, billed_computed, cache_saved, words,
        words_paid, counted, input, cache_read, cache_write, output, reasoning, media, web_searches";
    let summed = measures
        .split(',')
        .map(|measure| format!("sum({})", measure.trim()))
        .collect::<Vec<_>>()
        .join(", ");
    let mut found = 0;
    for (table, dimensions, condition) in [
        (
            "spend_day",
            "day, provider, model, model_key, key_id, origin, purpose, app, cost_kind",
            "true",
        ),
        (
            "spend_conversation",
            "day, conversation, cost_kind",
            "conversation IS NOT NULL",
        ),
        ("spend_slice", "slice, day, key, detail, cost_kind", "true"),
    ] {
        let entries = match table {
            "spend_slice" => "spend_slice_entry",
            _ => "spend_entry",
        };
        let kept = format!("SELECT {dimensions}, {measures} FROM {table} WHERE attempts <> 0");
        let truth = format!(
            "SELECT {dimensions}, {summed} FROM {entries} WHERE {condition} GROUP BY {dimensions}"
        );
        for (left, right) in [(&kept, &truth), (&truth, &kept)] {
            let query = format!("SELECT count(*) FROM ({left} EXCEPT {right})");
            found += connection
                .query_row(&query, [], |row| row.get::<_, i64>(0))
                .unwrap();
        }
    }
    let runs = "SELECT count(*) FROM run WHERE known_amount <> coalesce((
        SELECT sum(known) FROM spend_entry WHERE spend_entry.run = run.id), 0)";
    found
        + connection
            .query_row(runs, [], |row| row.get::<_, i64>(0))
            .unwrap()
}

#[derive(Clone, Debug)]
struct Step {
    amount: i64,
    kind: usize,
    status: usize,
    day: i64,
    is_priced_again: bool,
    new_kind: usize,
}

fn step() -> impl Strategy<Value = Step> {
    (
        0_i64..1_000_000_000,
        0_usize..4,
        0_usize..3,
        0_i64..100,
        any::<bool>(),
        0_usize..4,
    )
        .prop_map(
            |(amount, kind, status, day, is_priced_again, new_kind)| Step {
                amount,
                kind,
                status,
                day,
                is_priced_again,
                new_kind,
            },
        )
}

const STATUSES: [AttemptStatus; 3] = [
    AttemptStatus::Answered,
    AttemptStatus::Failed,
    AttemptStatus::Stopped,
];

const EVERYTHING: [SpendBy; 10] = [
    SpendBy::Nothing,
    SpendBy::Provider,
    SpendBy::Model,
    SpendBy::Endpoint,
    SpendBy::Origin,
    SpendBy::Purpose,
    SpendBy::App,
    SpendBy::Key,
    SpendBy::CostKind,
    SpendBy::Conversation,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn sums_follow_every_settlement_and_every_new_price(
        runs in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..8),
        head in -3_i32..45, tail in -1_i32..110, kind in 0_usize..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        runtime.block_on(async {
            let store = quick(folder.path());
            let mut known = 0;
            for (index, steps) in runs.iter().enumerate() {
                let number = index as u128 + 1;
                store.begin_run(begin(number, "q")).await.unwrap();
                // All at once, so that many share a transaction and are counted together.
                let mut writes = JoinSet::new();
                for (ordinal, step) in steps.iter().enumerate() {
                    let ordinal = u32::try_from(ordinal).unwrap();
                    let settled = attempt(
                        number, ordinal, step.day, cost(step.amount, CostKind::ALL[step.kind]),
                        STATUSES[step.status],
                    );
                    let nowhere = attempt(number + 1_000, ordinal, step.day, settled.cost, settled.status);
                    // Told twice: counted once. One that fails takes no other with it.
                    for told in [&settled, &nowhere, &settled] {
                        let (store, told) = (store.clone(), told.clone());
                        writes.spawn(async move {
                            let is_known = told.run == answered_attempt(number, 0).run;
                            assert_eq!(store.settle_attempt(told).await.is_ok(), is_known);
                        });
                    }
                    let mut is = settled.cost;
                    if step.is_priced_again {
                        is = cost(step.amount / 2, CostKind::ALL[step.new_kind]);
                        let line = audit(number * 100 + u128::from(ordinal));
                        let (store, again) = (store.clone(), priced(&settled, is));
                        writes.spawn(async move {
                            store.reprice(vec![again], Some(line)).await.unwrap();
                        });
                    }
                    known += is.amount.map_or(0, |amount| amount.0);
                }
                while let Some(done) = writes.join_next().await {
                    done.unwrap();
                }
                store.finish_run(finish(number, "three words here", None)).await.unwrap();
            }
            let total = store.spend_total(all()).await.unwrap();
            prop_assert_eq!(total.known, NanoUsd(known));
            let first = store.first_spend_day().await.unwrap().unwrap();
            prop_assert_eq!(total.unknown + total.reported + total.computed + total.estimated, total.attempts);
            for by in EVERYTHING {
                let groups = store.spend_groups(all(), by).await.unwrap();
                let sum: i64 = groups.iter().map(|group| group.tally.known.0).sum();
                prop_assert_eq!(sum, known, "by {:?}", by);
                let days = store.spend_days(all(), by).await.unwrap();
                let sum: i64 = days.iter().map(|day| day.known.0).sum();
                prop_assert_eq!(sum, known, "by {:?} and day", by);
                let dearest = store.dearest_groups(all(), by, 2).await.unwrap();
                prop_assert_eq!(&dearest[..], &groups[..groups.len().min(2)], "by {:?}", by);
                // A filter that lets everything through is answered from another table.
                let same = SpendFilter { purpose: Some(Purpose::Answer), ..all() };
                prop_assert_eq!(&store.spend_groups(same, by).await.unwrap(), &groups, "by {:?}", by);
                // Whole months and the days at both ends are those days.
                let span = SpendFilter::between(first.plus(head), first.plus(tail));
                let kind = Some(CostKind::ALL[kind]);
                for span in [span.clone(), SpendFilter { cost_kind: kind, ..span }] {
                    let same = SpendFilter { purpose: Some(Purpose::Answer), ..span.clone() };
                    let other = store.spend_groups(same, by).await.unwrap();
                    prop_assert_eq!(&store.spend_groups(span.clone(), by).await.unwrap(), &other, "by {:?}", by);
                    let dearest = store.dearest_groups(span.clone(), by, 2).await.unwrap();
                    prop_assert_eq!(&dearest[..], &other[..other.len().min(2)], "by {:?}", by);
                    // The days of some groups are those days of all.
                    let names: Vec<_> = dearest.into_iter().map(|group| (group.key, group.detail)).collect();
                    let mut days = store.spend_days(span.clone(), by).await.unwrap();
                    days.retain(|day| names.contains(&(day.key.clone(), day.detail.clone())));
                    prop_assert_eq!(&store.spend_days_of(span, by, names).await.unwrap(), &days, "by {:?}", by);
                }
            }
            // Runs that are walked in their order and those that are gathered stand in the same one.
            let beta = Some(ProviderId::new("beta"));
            let span = SpendFilter::between(first.plus(head), first.plus(tail));
            for filter in [all(), span.clone(), SpendFilter { provider: beta, ..span }] {
                for order in [SpendOrder::Dearest, SpendOrder::Newest] {
                    // A page that cannot be full is gathered whole.
                    let gathered = store.spent_runs(filter.clone(), order, 0, 100).await.unwrap();
                    for at in 0..gathered.len() {
                        let offset = u32::try_from(at).unwrap();
                        let walked = store.spent_runs(filter.clone(), order, offset, 1).await.unwrap();
                        prop_assert_eq!(&walked[..], &gathered[at..=at], "{:?} {:?}", filter, order);
                    }
                }
            }
            let by_day = store.spend_by_day(all()).await.unwrap();
            prop_assert_eq!(by_day.iter().map(|day| day.known.0).sum::<i64>(), known);
            prop_assert_eq!(by_day.iter().map(|day| day.unknown).sum::<u64>(), total.unknown);
            close(&store).await;
            Ok(())
        })?;
        prop_assert_eq!(differences(folder.path()), 0);
    }
}

fn audit(number: u128) -> AuditLine {
    let id = AuditId::from_uuid(Uuid::from_u128(number));
    AuditLine {
        id,
        job: id,
        is_last: true,
        at: NOW,
        words: "Priced again.".to_owned(),
        changed: 1,
        before: NanoUsd(1),
        after: NanoUsd(2),
    }
}

fn priced(attempt: &Attempt, cost: Cost) -> Repriced {
    Repriced {
        attempt: attempt.id,
        usage: attempt.usage,
        rates: attempt.rates,
        price_tag: attempt.price_tag.clone(),
        cost,
        list: None,
        model_key: Some("acme/large".to_owned()),
    }
}

#[tokio::test]
async fn words_and_the_dearest_answer_are_found() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    for (number, amount) in [(1, 50), (2, 900), (3, 100)] {
        store.begin_run(begin(number, "q")).await.unwrap();
        let settled = attempt(
            number,
            0,
            i64::try_from(number).unwrap(),
            cost(amount, CostKind::Computed),
            AttemptStatus::Answered,
        );
        store
            .finish_run(finish(number, "one two three", Some(settled)))
            .await
            .unwrap();
    }
    let total = store.spend_total(all()).await.unwrap();
    assert_eq!((total.words, total.words_paid.0), (9, 1_050));
    let spent = async |filter: SpendFilter, order| {
        let found = store.spent_runs(filter, order, 0, 10).await.unwrap();
        let costs = found.iter().map(|found| found.cost.amount.unwrap().0);
        costs.collect::<Vec<_>>()
    };
    assert_eq!(spent(all(), SpendOrder::Dearest).await, [900, 100, 50]);
    let chat = SpendFilter {
        conversation: Some(conversation(3)),
        ..all()
    };
    assert_eq!(spent(chat.clone(), SpendOrder::Newest).await, [100]);
    let nobody = SpendFilter {
        provider: Some(ProviderId::new("beta")),
        ..all()
    };
    assert!(spent(nobody, SpendOrder::Dearest).await.is_empty());

    // What was spent in a chat stays spent there when the chat is gone.
    let gone: ConversationId = conversation(3);
    store.delete(gone, NOW).await.unwrap();
    store.purge_deleted(after(1)).await.unwrap();
    let total = store.spend_total(chat).await.unwrap();
    assert_eq!(total.known, NanoUsd(100));
    close(&store).await;
    assert_eq!(differences(folder.path()), 0);
}

#[tokio::test]
async fn a_budget_counts_what_it_holds_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    for number in 1..=2 {
        store.begin_run(begin(number, "q")).await.unwrap();
        for ordinal in 0..2 {
            let settled = attempt(
                number,
                ordinal,
                0,
                cost(10, CostKind::Computed),
                AttemptStatus::Answered,
            );
            store.settle_attempt(settled).await.unwrap();
        }
    }
    let today = store.first_spend_day().await.unwrap().unwrap();
    let spent = async |scope: Scope| {
        let asked = vec![(scope, today, today)];
        store.spent_of(asked).await.unwrap()[0].0.0
    };
    let provider = Scope::Provider {
        provider: ProviderId::new("acme"),
    };
    assert_eq!(spent(Scope::Everything).await, 40);
    assert_eq!(spent(provider).await, 20);
    let chat = Scope::Conversation {
        conversation: conversation(2),
    };
    assert_eq!(spent(chat).await, 20);
    let app = Scope::App {
        app: "none".to_owned(),
    };
    assert_eq!(spent(app).await, 0);
    let yesterday = vec![(Scope::Everything, today.plus(-1), today.plus(-1))];
    assert_eq!(store.spent_of(yesterday).await.unwrap()[0].0.0, 0);
    close(&store).await;
}

#[tokio::test]
async fn a_budget_is_kept_changed_taken_away_and_brought_back() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    let mut budget = Budget {
        id: BudgetId::from_uuid(Uuid::from_u128(1)),
        scope: Scope::Everything,
        period: Period::Month,
        limit: NanoUsd(5),
        warns_at: Some(80),
        saves_at: None,
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    };
    let kept = async || {
        let budgets = store.budgets().await.unwrap();
        budgets
            .into_iter()
            .map(|record| record.budget)
            .collect::<Vec<_>>()
    };
    store.save_budget(budget.clone(), NOW).await.unwrap();
    budget.limit = NanoUsd(7);
    store.save_budget(budget.clone(), after(1)).await.unwrap();
    assert_eq!(kept().await, vec![budget.clone()]);
    store
        .set_budget_deleted(budget.id, Some(NOW))
        .await
        .unwrap();
    assert!(kept().await.is_empty());
    store.set_budget_deleted(budget.id, None).await.unwrap();
    assert_eq!(kept().await, vec![budget]);
    let stranger = BudgetId::from_uuid(Uuid::from_u128(2));
    assert!(store.set_budget_deleted(stranger, None).await.is_err());
    close(&store).await;
}

#[tokio::test]
async fn the_audit_keeps_what_stood_there_and_cannot_be_rewritten() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    store.begin_run(begin(1, "q")).await.unwrap();
    let settled = attempt(1, 0, 0, Cost::UNKNOWN, AttemptStatus::Answered);
    store.settle_attempt(settled.clone()).await.unwrap();
    let is = cost(70, CostKind::Computed);
    store
        .reprice(vec![priced(&settled, is)], Some(audit(1)))
        .await
        .unwrap();
    let kept = store.spend_audit().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].id, kept[0].is_whole), (audit(1).id, true));
    assert_eq!((&*kept[0].words, kept[0].changed), ("Priced again.", 1));
    let receipt = store.receipt(run(1)).await.unwrap();
    assert_eq!(receipt.attempts[0].cost, is);
    assert_eq!(receipt.attempts[0].model_key.as_deref(), Some("acme/large"));
    // Without a line in the audit no cost changes.
    let other = cost(80, CostKind::Computed);
    store
        .reprice(vec![priced(&settled, other)], None)
        .await
        .unwrap();
    assert_eq!(store.receipt(run(1)).await.unwrap().attempts[0].cost, is);
    close(&store).await;
    let connection = Connection::open(folder.path().join("patchbay.sqlite3")).unwrap();
    let before: (Option<i64>, String) = connection
        .query_row(
            "SELECT before_amount, before_kind FROM attempt_repriced",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(before, (None, "unknown".to_owned()));
    for forbidden in [
        "DELETE FROM spend_audit",
        "UPDATE spend_audit SET words = ''",
    ] {
        assert!(connection.execute(forbidden, []).is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn rows_come_page_by_page_and_a_begun_run_has_its_first_attempt() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    let mut begun = begin(1, "q");
    begun.attempt = Some(Attempt {
        reserved: Some(NanoUsd(123)),
        ..running_attempt(1)
    });
    store.begin_run(begun).await.unwrap();
    let held = async || {
        let attempts = store.receipt(run(1)).await.unwrap().attempts;
        let running = attempts
            .into_iter()
            .find(|attempt| attempt.status == AttemptStatus::Running);
        running.and_then(|attempt| attempt.reserved)
    };
    assert_eq!(held().await, Some(NanoUsd(123)));
    assert_eq!(store.spend_total(all()).await.unwrap().attempts, 0);
    store.settle_attempt(answered_attempt(1, 9)).await.unwrap();
    assert_eq!(held().await, None);
    store
        .begin_run(begin_in(
            RunConversation::Existing(conversation(1)),
            2,
            None,
            "q",
        ))
        .await
        .unwrap();
    store.settle_attempt(answered_attempt(2, 10)).await.unwrap();
    let page = async |after: Option<AttemptId>| {
        let rows = store.ledger_rows(all(), after, 1).await.unwrap();
        rows.into_iter().map(|row| row.attempt).collect::<Vec<_>>()
    };
    let first = page(None).await;
    let second = page(Some(first[0].id)).await;
    assert_eq!(first[0].cost.amount, Some(NanoUsd(9)));
    assert_eq!(second[0].cost.amount, Some(NanoUsd(10)));
    assert!(page(Some(second[0].id)).await.is_empty());
    close(&store).await;
}

#[tokio::test]
async fn sums_between_two_moments_are_those_of_one_key() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    store.begin_run(begin(1, "q")).await.unwrap();
    let one = |number: u32, at: i64, key: Option<&str>, status| Attempt {
        id: attempt_id(u128::from(number) + 500),
        ordinal: number,
        endpoint: Endpoint {
            provider: ProviderId::new("acme"),
            model: "large".to_owned(),
        },
        key_id: key.map(str::to_owned),
        started_at: UnixMillis(at),
        status,
        ..attempt(1, number, 0, cost(1 << number, CostKind::Computed), status)
    };
    for attempt in [
        one(1, 99, Some("a"), AttemptStatus::Answered),
        one(2, 100, Some("a"), AttemptStatus::Answered),
        one(3, 150, Some("b"), AttemptStatus::Answered),
        one(4, 199, Some("a"), AttemptStatus::Stopped),
        one(5, 200, Some("a"), AttemptStatus::Answered),
        one(6, 150, None, AttemptStatus::Answered),
    ] {
        store.settle_attempt(attempt).await.unwrap();
    }
    let span = async |key: Option<&str>| {
        let provider = ProviderId::new("acme");
        let key = key.map(str::to_owned);
        let (from, to) = (UnixMillis(100), UnixMillis(200));
        store
            .spend_of_key_between(provider, key, from, to)
            .await
            .unwrap()
    };
    let of_a = span(Some("a")).await;
    assert_eq!(of_a.tally.known, NanoUsd((1 << 2) + (1 << 4)));
    assert_eq!((of_a.tally.attempts, of_a.cut, of_a.running), (2, 1, 0));
    assert_eq!(span(None).await.tally.known, NanoUsd(4 + 8 + 16 + 64));
    assert_eq!(span(Some("")).await.tally.known, NanoUsd(64));
    assert_eq!(span(Some("nobody")).await.tally.attempts, 0);
    close(&store).await;
}

#[tokio::test]
async fn days_in_utc_begin_at_midnight_there_whatever_the_calendar_shows() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    store.begin_run(begin(1, "q")).await.unwrap();
    let monday = NOW.0.div_euclid(DAY) * DAY;
    for (number, at, provider, status) in [
        (1, monday - 1, "acme", AttemptStatus::Answered),
        (2, monday, "acme", AttemptStatus::Answered),
        (3, monday + DAY - 1, "acme", AttemptStatus::Stopped),
        (4, monday + DAY, "acme", AttemptStatus::Answered),
        (5, monday + 2 * DAY, "acme", AttemptStatus::Answered),
        (6, monday, "beta", AttemptStatus::Answered),
    ] {
        let attempt = Attempt {
            id: attempt_id(number.into()),
            endpoint: Endpoint {
                provider: ProviderId::new(provider),
                model: "large".to_owned(),
            },
            started_at: UnixMillis(at),
            ..attempt(1, number, 0, cost(1 << number, CostKind::Computed), status)
        };
        store.settle_attempt(attempt).await.unwrap();
    }
    let (from, to) = (UnixMillis(monday), UnixMillis(monday + 2 * DAY));
    let days = store.spend_by_utc_day(ProviderId::new("acme"), from, to);
    let days = days.await.unwrap();
    let known: Vec<_> = days
        .iter()
        .map(|(day, spent)| (day.0, spent.tally.known.0))
        .collect();
    assert_eq!(known, [(monday, 4 + 8), (monday + DAY, 16)]);
    let first = days[&from];
    assert_eq!((first.tally.attempts, first.cut, first.running), (2, 1, 0));
    close(&store).await;
}

#[tokio::test]
async fn rows_without_a_model_are_found_once_and_by_an_index() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    store.begin_run(begin(1, "q")).await.unwrap();
    for number in 1..=5_u32 {
        let settled = attempt(
            1,
            number,
            0,
            cost(7, CostKind::Reported),
            AttemptStatus::Answered,
        );
        let model_key = (number == 3).then(|| "acme/large".to_owned());
        store
            .settle_attempt(Attempt {
                model_key,
                ..settled
            })
            .await
            .unwrap();
    }
    let first = store.attempts_without_model(None, 3).await.unwrap();
    assert_eq!(first.len(), 3);
    let rest = store
        .attempts_without_model(Some(first[2].id), 3)
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
    close(&store).await;
    let connection = Connection::open(folder.path().join("patchbay.sqlite3")).unwrap();
    let plan: String = connection
        .query_row(
            "EXPLAIN QUERY PLAN SELECT * FROM attempt
             WHERE model_key IS NULL AND status <> 'running' AND id > x'' ORDER BY id LIMIT 2",
            [],
            |row| row.get("detail"),
        )
        .unwrap();
    assert!(plan.contains("attempt_without_model"), "{plan}");
}
