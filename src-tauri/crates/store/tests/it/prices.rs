//! Prices are added and never changed.

use patchbay_domain::price::{
    DailyHours, PriceRule, PriceSource, PriceTag, PriceTier, ServiceTier,
};
use patchbay_domain::{Endpoint, NanoUsd, NanoUsdPerMTok, Price, ProviderId, Rates, UnixMillis};
use patchbay_store::{Change, PriceRecord, Store, StoreError};
use rusqlite::Connection;
use tokio::sync::broadcast::error::TryRecvError;

use crate::support::*;

fn named(model: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new("acme"),
        model: model.to_owned(),
    }
}

fn rates(dollars: i64) -> Rates {
    Rates {
        input: Some(NanoUsdPerMTok(dollars * 1_000_000_000)),
        ..Rates::default()
    }
}

fn price(dollars: i64, source: PriceSource, as_of: i64) -> Price {
    let tag = PriceTag {
        source,
        name: format!("list {as_of}"),
        as_of: after(as_of),
    };
    Price::flat(rates(dollars), tag)
}

async fn dollars(store: &Store, source: PriceSource) -> Vec<(String, i64)> {
    let latest = store.latest_prices(source).await.unwrap();
    let read = |record: PriceRecord| {
        assert_eq!(record.price.tag.source, source);
        let rate = record.price.rules[0].rates.input.unwrap();
        (record.endpoint.model, rate.0 / 1_000_000_000)
    };
    latest.into_iter().map(read).collect()
}

#[tokio::test]
async fn only_a_price_that_differs_is_a_new_row() {
    let (store, _folder) = temporary();
    let mut changes = store.changes();
    let record = |prices: &[(&str, i64)], as_of: i64| {
        let batch = prices
            .iter()
            .map(|(model, dollars)| (named(model), price(*dollars, PriceSource::Provider, as_of)))
            .collect();
        store.record_prices(batch, after(100 + as_of))
    };
    assert_eq!(record(&[("a", 1), ("b", 2), ("a", 9)], 1).await.unwrap(), 2);
    assert_eq!(changes.recv().await.unwrap(), Change::Prices);
    assert_eq!(record(&[("a", 1), ("b", 2)], 2).await.unwrap(), 0);
    store.flush().await.unwrap();
    assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(record(&[("a", 3), ("b", 2)], 3).await.unwrap(), 1);
    // A price that comes back is a change like any other.
    assert_eq!(record(&[("a", 1)], 4).await.unwrap(), 1);
    // An old list takes no confirmation back.
    assert_eq!(record(&[("b", 2)], 0).await.unwrap(), 0);

    let history = store.price_history(named("a")).await.unwrap();
    let rows: Vec<_> = history
        .iter()
        .map(|row| (row.price.clone(), row.recorded_at, row.confirmed_as_of))
        .collect();
    let row = |dollars, first, last| {
        let price = price(dollars, PriceSource::Provider, first);
        (price, after(100 + first), after(last))
    };
    assert_eq!(rows, [row(1, 4, 4), row(3, 3, 3), row(1, 1, 2)]);
    let latest = store.latest_prices(PriceSource::Provider).await.unwrap();
    assert_eq!(latest[1].confirmed_as_of, after(3));
    assert_eq!(
        dollars(&store, PriceSource::Provider).await,
        [("a".to_owned(), 1), ("b".to_owned(), 2)]
    );
}

#[tokio::test]
async fn sources_are_kept_apart() {
    let (store, _folder) = temporary();
    let batch = vec![
        (named("a"), price(1, PriceSource::Snapshot, 1)),
        (named("a"), price(1, PriceSource::Provider, 1)),
        (named("b"), price(5, PriceSource::Snapshot, 1)),
    ];
    assert_eq!(store.record_prices(batch, NOW).await.unwrap(), 3);
    assert_eq!(
        dollars(&store, PriceSource::Snapshot).await,
        [("a".to_owned(), 1), ("b".to_owned(), 5)]
    );
    assert_eq!(
        dollars(&store, PriceSource::Provider).await,
        [("a".to_owned(), 1)]
    );
    assert!(dollars(&store, PriceSource::Person).await.is_empty());
}

#[tokio::test]
async fn a_persons_price_can_be_taken_back_and_stays_in_the_history() {
    let (store, _folder) = temporary();
    let mut changes = store.changes();
    for dollars in [7, 8] {
        // The tag is corrected, whatever it says.
        let own = price(dollars, PriceSource::Provider, dollars);
        store
            .set_price_override(named("a"), own, after(dollars))
            .await
            .unwrap();
    }
    assert_eq!(
        dollars(&store, PriceSource::Person).await,
        [("a".to_owned(), 8)]
    );
    assert!(store.remove_price_override(named("a")).await.unwrap());
    for _ in 0..3 {
        assert_eq!(changes.recv().await.unwrap(), Change::Prices);
    }
    assert!(!store.remove_price_override(named("a")).await.unwrap());
    assert!(dollars(&store, PriceSource::Person).await.is_empty());
    assert_eq!(store.price_history(named("a")).await.unwrap().len(), 2);
    // The same price again is there again, without a new row.
    let again = price(8, PriceSource::Person, 9);
    store
        .set_price_override(named("a"), again, after(9))
        .await
        .unwrap();
    assert_eq!(
        dollars(&store, PriceSource::Person).await,
        [("a".to_owned(), 8)]
    );
    assert_eq!(store.price_history(named("a")).await.unwrap().len(), 2);
    let own = store.price_override(named("a")).await.unwrap();
    assert_eq!(own.map(|record| record.recorded_at), Some(after(8)));
    assert_eq!(store.price_override(named("b")).await.unwrap(), None);
}

#[tokio::test]
async fn a_price_with_every_rule_comes_back_whole() {
    let (store, folder) = temporary();
    let everything = Price {
        rules: vec![
            PriceRule {
                rates: Rates {
                    per_request: Some(NanoUsd(5)),
                    thousand_searches: Some(NanoUsd(10_000_000_000)),
                    audio_output: Some(NanoUsdPerMTok(i64::MAX)),
                    ..rates(2)
                },
                tiers: vec![PriceTier {
                    above_input_tokens: 200_000,
                    rates: rates(4),
                }],
                ..PriceRule::default()
            },
            PriceRule {
                from: Some(UnixMillis(-1)),
                hours: Some(DailyHours {
                    from_minute: 990,
                    until_minute: 30,
                }),
                service_tier: Some(ServiceTier::Batch),
                ..PriceRule::default()
            },
        ],
        tag: price(0, PriceSource::Snapshot, 3).tag,
    };
    let batch = vec![(named("a"), everything.clone())];
    assert_eq!(store.record_prices(batch, NOW).await.unwrap(), 1);
    let empty = Price {
        rules: Vec::new(),
        ..everything.clone()
    };
    // A price without a rule takes its whole batch with it.
    let batch = vec![
        (named("b"), price(1, PriceSource::Snapshot, 1)),
        (named("c"), empty),
    ];
    assert!(matches!(
        store.record_prices(batch, NOW).await,
        Err(StoreError::Contradiction(_))
    ));
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    let latest = store.latest_prices(PriceSource::Snapshot).await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!(latest[0].price, everything);
}

#[tokio::test]
async fn nobody_rewrites_the_history() {
    let (store, folder) = temporary();
    let batch = vec![(named("a"), price(1, PriceSource::Snapshot, 1))];
    store.record_prices(batch, NOW).await.unwrap();
    close(&store).await;
    let connection = Connection::open(folder.path().join("patchbay.sqlite3")).unwrap();
    for statement in [
        "UPDATE price_history SET price = '[{}]'",
        "UPDATE price_history SET recorded_at = 0",
        "DELETE FROM price_history",
    ] {
        let error = connection.execute(statement, []).unwrap_err();
        assert!(error.to_string().contains("never"), "{statement}: {error}");
    }
    // What a later version adds to a price does not keep this one from reading it.
    connection
        .execute(
            r#"INSERT INTO price_history (provider, model, price, source, name, as_of, recorded_at,
                                          confirmed_as_of)
               VALUES ('acme', 'b', '[{"rates": {"input": 5000000000, "smell": 1}, "moon": "full"}]',
                       'snapshot', 'a list', 0, 0, 0)"#,
            [],
        )
        .unwrap();
    drop(connection);
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(
        dollars(&store, PriceSource::Snapshot).await,
        [("a".to_owned(), 1), ("b".to_owned(), 5)]
    );
}
