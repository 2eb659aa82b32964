//! What providers list, since when, and what a person chose of it.

use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::{
    Capabilities, Endpoint, Modalities, ModelListing, NanoUsdPerMTok, Price, ProviderId, Rates,
    UnixMillis,
};
use patchbay_store::{
    BeginRun, Change, ListedModel, ModelRefresh, NewRun, RefreshFailure, RunConversation,
    RunOrigin, Store, StoreError,
};

use crate::support::*;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn acme() -> ProviderId {
    ProviderId::new("acme")
}

fn days(count: i64) -> UnixMillis {
    after(count * DAY)
}

fn listing(id: &str) -> ModelListing {
    ModelListing {
        id: id.to_owned(),
        ..ModelListing::default()
    }
}

async fn list(store: &Store, ids: &[&str], at: UnixMillis) {
    let models = ids.iter().map(|id| listing(id)).collect();
    store.replace_models(acme(), models, at).await.unwrap();
}

async fn first_seen(store: &Store) -> Vec<(String, Option<UnixMillis>)> {
    let models = store.models().await.unwrap().into_iter();
    models
        .map(|model| (model.listing.id, model.first_seen_at))
        .collect()
}

fn seen(id: &str, at: Option<UnixMillis>) -> (String, Option<UnixMillis>) {
    (id.to_owned(), at)
}

#[tokio::test]
async fn a_listing_comes_back_whole() {
    let (store, folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    let large = ModelListing {
        id: "acme/large".to_owned(),
        name: Some("Large".to_owned()),
        context_length: Some(1_000_000),
        max_output: Some(64_000),
        owned_by: Some("acme".to_owned()),
        released_at: Some(UnixMillis(1_700_000_000_000)),
        capabilities: Capabilities {
            input: Some(Modalities {
                text: true,
                image: true,
                ..Modalities::default()
            }),
            tools: Some(true),
            reasoning: Some(false),
            ..Capabilities::default()
        },
        quantization: Some("fp8".to_owned()),
        price: Some(Price::flat(
            Rates {
                input: Some(NanoUsdPerMTok(3_000_000_000)),
                ..Rates::default()
            },
            PriceTag {
                source: PriceSource::Provider,
                name: "Acme's list".to_owned(),
                as_of: NOW,
            },
        )),
        is_chat: Some(true),
    };
    // Every field is replaced by what the next list says.
    for first in [listing("acme/large"), large.clone()] {
        store
            .replace_models(acme(), vec![first], NOW)
            .await
            .unwrap();
    }
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    let listed = ListedModel {
        provider: acme(),
        listing: large,
        fetched_at: NOW,
        first_seen_at: None,
        price_problem: None,
    };
    assert_eq!(store.models().await.unwrap(), std::slice::from_ref(&listed));
    let found = store.listed_model(listed.endpoint()).await.unwrap();
    assert_eq!(found, Some(listed));
}

#[tokio::test]
async fn a_price_that_was_not_believed_says_why_until_the_next_list() {
    let (store, _folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    list(&store, &["a", "b"], days(0)).await;
    let problem = ("a".to_owned(), "It is too high.".to_owned());
    let elsewhere = ("z".to_owned(), "Nobody lists this.".to_owned());
    store
        .note_price_problems(acme(), vec![problem, elsewhere])
        .await
        .unwrap();
    let problems = || async {
        let listed = store.models().await.unwrap();
        listed
            .into_iter()
            .map(|model| model.price_problem)
            .collect::<Vec<_>>()
    };
    assert_eq!(problems().await, [Some("It is too high.".to_owned()), None]);
    list(&store, &["a", "b"], days(1)).await;
    assert_eq!(problems().await, [None, None]);
    list(&store, &["b"], days(2)).await;
    let gone = patchbay_domain::Endpoint {
        provider: acme(),
        model: "a".to_owned(),
    };
    assert_eq!(store.listed_model(gone).await.unwrap(), None);
}

#[tokio::test]
async fn a_model_is_new_when_it_comes_and_not_when_it_comes_back() {
    let (store, _folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    list(&store, &["a", "b"], days(0)).await;
    assert_eq!(first_seen(&store).await, [seen("a", None), seen("b", None)]);
    list(&store, &["c", "a", "c"], days(1)).await;
    assert_eq!(
        first_seen(&store).await,
        [seen("c", Some(days(1))), seen("a", None)]
    );
    // One list without them is enough to be gone, and the first such list counts.
    list(&store, &[], days(2)).await;
    list(&store, &["b"], days(20)).await;
    assert_eq!(first_seen(&store).await, [seen("b", None)]);
    // "c" was gone for a millisecond less than thirty days, "a" for as long.
    let almost = UnixMillis(days(32).0 - 1);
    list(&store, &["c"], almost).await;
    assert_eq!(first_seen(&store).await, [seen("c", Some(days(1)))]);
    list(&store, &["a", "c"], days(32)).await;
    assert_eq!(
        first_seen(&store).await,
        [seen("a", Some(days(32))), seen("c", Some(days(1)))]
    );
}

#[tokio::test]
async fn a_list_stays_when_the_next_one_cannot_be_had() {
    let (store, _folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    let failure = |day| RefreshFailure {
        at: days(day),
        words: "Acme did not answer.".to_owned(),
    };
    let state = |refreshed_at, failure| ModelRefresh {
        provider: acme(),
        refreshed_at,
        failure,
    };
    assert!(store.model_refreshes().await.unwrap().is_empty());
    let mut changes = store.changes();
    store.set_refresh_failure(acme(), failure(0)).await.unwrap();
    while changes.recv().await.unwrap() != Change::Models {}
    assert_eq!(
        store.model_refreshes().await.unwrap(),
        [state(None, Some(failure(0)))]
    );
    list(&store, &["a"], days(1)).await;
    // A failed attempt is no list, so this one was the first.
    assert_eq!(first_seen(&store).await, [seen("a", None)]);
    store.set_refresh_failure(acme(), failure(2)).await.unwrap();
    assert_eq!(
        store.model_refreshes().await.unwrap(),
        [state(Some(days(1)), Some(failure(2)))]
    );
    assert_eq!(first_seen(&store).await, [seen("a", None)]);
    list(&store, &["a"], days(3)).await;
    assert_eq!(
        store.model_refreshes().await.unwrap(),
        [state(Some(days(3)), None)]
    );
    let nobody = store
        .set_refresh_failure(ProviderId::new("nobody"), failure(0))
        .await;
    assert!(matches!(nobody, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn stars_come_and_go() {
    let (store, _folder) = temporary();
    let star = |at| store.set_star("acme/large".to_owned(), at);
    star(Some(after(1))).await.unwrap();
    star(Some(after(2))).await.unwrap();
    assert_eq!(
        store.stars().await.unwrap().into_iter().collect::<Vec<_>>(),
        [("acme/large".to_owned(), after(1))]
    );
    star(None).await.unwrap();
    assert!(store.stars().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_used_last_comes_first() {
    let (store, _folder) = temporary();
    assert!(store.recently_used(10).await.unwrap().is_empty());
    let endpoint = |provider: &str, model: &str| Endpoint {
        provider: ProviderId::new(provider),
        model: model.to_owned(),
    };
    let runs = [
        (endpoint("acme", "a"), 1, RunOrigin::Chat),
        (endpoint("acme", "b"), 2, RunOrigin::Chat),
        (endpoint("beta", "a"), 3, RunOrigin::Compare),
        (endpoint("acme", "a"), 9, RunOrigin::Chat),
        (endpoint("acme", "b"), 7, RunOrigin::Chat),
        (endpoint("acme", "b"), 11, RunOrigin::Lab),
        (endpoint("gone", "a"), 12, RunOrigin::Gateway),
    ];
    for (number, (requested, at, origin)) in (1_u128..).zip(runs) {
        let place = RunConversation::New(new_conversation(number, "x"));
        let begin = begin_in(place, number, None, "q");
        let run = NewRun {
            requested,
            origin,
            started_at: after(at),
            ..begin.run.clone()
        };
        store.begin_run(BeginRun { run, ..begin }).await.unwrap();
    }
    let expected = [
        (endpoint("acme", "a"), after(9)),
        (endpoint("acme", "b"), after(7)),
        (endpoint("beta", "a"), after(3)),
    ];
    assert_eq!(store.recently_used(10).await.unwrap(), expected);
    assert_eq!(store.recently_used(1).await.unwrap(), expected[..1]);
}
