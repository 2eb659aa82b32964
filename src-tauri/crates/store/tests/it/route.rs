//! Routes as they are written down.

use patchbay_domain::RouteId;
use patchbay_domain::route::{Policy, Requirements, Route, RouteEntry};
use patchbay_domain::run::HalfAnswer;
use patchbay_domain::{NanoUsd, NanoUsdPerMTok, ProviderId};
use patchbay_store::{Change, Store, StoreError, Subject};

use crate::support::*;

fn named(number: u128, name: &str) -> Route {
    let entry = RouteEntry::Endpoint {
        endpoint: endpoint(),
    };
    Route::new(route_id(number), name, vec![entry])
}

async fn names(store: &Store) -> Vec<String> {
    let routes = store.routes().await.unwrap().into_iter();
    routes.map(|route| route.name).collect()
}

async fn save(store: &Store, number: u128, name: &str) -> Result<(), StoreError> {
    store.save_route(named(number, name), NOW).await
}

fn is_missing(outcome: Result<(), StoreError>, id: RouteId) -> bool {
    matches!(outcome, Err(StoreError::NotFound(Subject::Route(route))) if route == id)
}

fn is_taken(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome, Err(StoreError::RouteNameTaken { .. }))
}

#[tokio::test]
async fn a_route_comes_back_whole() {
    let (store, folder) = temporary();
    let mut route = named(1, "Everyday");
    route.entries.push(RouteEntry::Model {
        key: "acme/large".to_owned(),
    });
    route.policy = Policy::Balanced;
    route.requirements = Requirements {
        answer_ceiling: Some(NanoUsd(7)),
        output_ceiling: Some(NanoUsdPerMTok(9)),
        context_fits: false,
        no_training: true,
        regions: vec!["eu".to_owned()],
        excluded: vec![ProviderId::new("beta")],
        ..Requirements::default()
    };
    route.limits.attempts = 9;
    route.is_hedged = true;
    route.half_answer = HalfAnswer::Continue;
    route.local_when_offline = false;
    store.save_route(route.clone(), NOW).await.unwrap();
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(store.route(route.id).await.unwrap(), Some(route.clone()));
    assert_eq!(store.routes().await.unwrap(), [route]);
    assert_eq!(store.route(route_id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn new_ones_come_last_and_changed_ones_stay_in_their_place() {
    let (store, _folder) = temporary();
    let mut changes = store.changes();
    for (number, name) in [(3, "a"), (1, "b"), (2, "c")] {
        save(&store, number, name).await.unwrap();
        assert_eq!(changes.recv().await.unwrap(), Change::Routes);
    }
    assert_eq!(names(&store).await, ["a", "b", "c"]);
    save(&store, 3, "A").await.unwrap();
    assert_eq!(names(&store).await, ["A", "b", "c"]);
    let order = vec![route_id(2), route_id(3)];
    store.reorder_routes(order).await.unwrap();
    assert_eq!(names(&store).await, ["c", "A", "b"]);
    store.reorder_routes(vec![route_id(1)]).await.unwrap();
    assert_eq!(names(&store).await, ["b", "c", "A"]);
    save(&store, 4, "d").await.unwrap();
    assert_eq!(names(&store).await, ["b", "c", "A", "d"]);
    // All or nothing.
    let order = vec![route_id(4), route_id(9)];
    assert!(is_missing(store.reorder_routes(order).await, route_id(9)));
    assert_eq!(names(&store).await, ["b", "c", "A", "d"]);
}

#[tokio::test]
async fn no_two_routes_are_called_the_same() {
    let (store, _folder) = temporary();
    save(&store, 1, "Élan vital").await.unwrap();
    assert!(is_taken(save(&store, 2, " éLAN Vital").await));
    save(&store, 1, "ÉLAN VITAL").await.unwrap();
    save(&store, 2, "Elan vital").await.unwrap();
    assert!(is_taken(save(&store, 2, "élan vital").await));
    assert_eq!(names(&store).await, ["ÉLAN VITAL", "Elan vital"]);
}

#[tokio::test]
async fn a_deleted_route_comes_back_until_it_is_purged() {
    let (store, _folder) = temporary();
    for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
        save(&store, number, name).await.unwrap();
    }
    store.delete_route(route_id(2), after(10)).await.unwrap();
    assert_eq!(names(&store).await, ["a", "c"]);
    assert_eq!(store.route(route_id(2)).await.unwrap(), None);
    store.restore_route(route_id(2)).await.unwrap();
    assert_eq!(names(&store).await, ["a", "b", "c"]);

    store.delete_route(route_id(2), after(10)).await.unwrap();
    save(&store, 4, "B").await.unwrap();
    assert!(is_taken(store.restore_route(route_id(2)).await));
    store.delete_route(route_id(4), after(30)).await.unwrap();
    // Deleting it again does not keep it longer.
    store.delete_route(route_id(2), after(90)).await.unwrap();
    let mut changes = store.changes();
    assert_eq!(store.purge_deleted(after(20)).await.unwrap(), 0);
    assert_eq!(changes.recv().await.unwrap(), Change::Routes);
    assert!(is_missing(
        store.restore_route(route_id(2)).await,
        route_id(2)
    ));
    assert!(is_missing(
        store.delete_route(route_id(2), NOW).await,
        route_id(2)
    ));
    store.restore_route(route_id(4)).await.unwrap();
    assert_eq!(names(&store).await, ["a", "c", "B"]);
}
