//! Pricing again is written in parts, and the audit always says exactly what was changed.

use patchbay_domain::{AuditId, Cost, CostKind, NanoUsd};
use patchbay_store::{AuditLine, Repriced, Store};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::*;

fn audit_id(number: u128) -> AuditId {
    AuditId::from_uuid(Uuid::from_u128(number))
}

/// Part `number` of a job of three, each of two attempts.
fn part(number: u128) -> (Vec<Repriced>, AuditLine) {
    let repriced = [number * 2 - 1, number * 2].map(|attempt| Repriced {
        attempt: attempt_id(attempt),
        usage: None,
        rates: None,
        price_tag: None,
        cost: Cost {
            amount: Some(NanoUsd(100)),
            kind: CostKind::Computed,
        },
        list: None,
        model_key: None,
    });
    let line = AuditLine {
        id: audit_id(number),
        job: audit_id(1),
        is_last: number == 3,
        at: after(i64::try_from(number).unwrap()),
        words: format!("Priced {} attempts again.", number * 2),
        changed: 2,
        before: NanoUsd(20),
        after: NanoUsd(200),
    };
    (repriced.into(), line)
}

async fn filled(store: &Store) {
    for number in 1..=6 {
        store.begin_run(begin(number, "q")).await.unwrap();
        let answer = finish(number, "An answer.", Some(answered_attempt(number, 10)));
        store.finish_run(answer).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_that_was_cut_says_what_it_did_and_that_it_is_not_all() {
    let (store, folder) = temporary();
    filled(&store).await;
    for number in 1..=2 {
        let (repriced, line) = part(number);
        store.reprice(repriced, Some(line)).await.unwrap();
    }
    // A part with a line that is there already is written as little as its line: a killed process
    // leaves none of it, as does an error.
    let (third, _) = part(3);
    let (_, first_line) = part(1);
    assert!(store.reprice(third, Some(first_line)).await.is_err());
    store.close(CLOSING).await.unwrap();

    let (store, _) = open(folder.path()).unwrap();
    let audit = store.spend_audit().await.unwrap();
    assert_eq!(audit.len(), 1);
    let job = &audit[0];
    assert_eq!((job.id, job.at), (audit_id(1), after(2)));
    assert_eq!((job.changed, job.is_whole), (4, false));
    assert_eq!((job.before, job.after), (NanoUsd(40), NanoUsd(400)));
    assert_eq!(job.words, "Priced 4 attempts again.");
    // What the audit says is what was kept of the attempts, and what they cost.
    let connection = Connection::open(store.file()).unwrap();
    let (kept, changed): (i64, i64) = connection
        .query_row(
            "SELECT (SELECT count(*) FROM attempt_repriced WHERE before_amount = 10),
                 (SELECT count(*) FROM attempt WHERE cost_amount = 100)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((kept, changed), (4, 4));

    let (third, last) = part(3);
    store.reprice(third, Some(last)).await.unwrap();
    let whole = &store.spend_audit().await.unwrap()[0];
    assert_eq!((whole.changed, whole.is_whole), (6, true));
    assert_eq!(whole.after, NanoUsd(600));
    close(&store).await;
}

#[tokio::test]
async fn jobs_stand_in_the_order_of_their_newest_parts() {
    let (store, _folder) = temporary();
    filled(&store).await;
    let alone = |number: u128, at: i64| AuditLine {
        id: audit_id(number),
        job: audit_id(number),
        is_last: true,
        at: after(at),
        ..part(1).1
    };
    store.reprice(Vec::new(), Some(part(1).1)).await.unwrap();
    store.reprice(Vec::new(), Some(alone(9, 2))).await.unwrap();
    store.reprice(Vec::new(), Some(part(3).1)).await.unwrap();
    let order: Vec<_> = store
        .spend_audit()
        .await
        .unwrap()
        .into_iter()
        .map(|job| (job.id, job.is_whole))
        .collect();
    assert_eq!(order, [(audit_id(1), true), (audit_id(9), true)]);
    close(&store).await;
}
