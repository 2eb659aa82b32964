//! Providers, models, settings, colours and search.

use patchbay_domain::{ModelListing, ProviderId};
use patchbay_store::{PartialAnswer, StoreError, Subject};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn providers_and_their_models_come_and_go_together() {
    let (store, _folder) = temporary();
    let (first, second) = (provider("acme", 1), provider("beta", 0));
    store.put_provider(first.clone()).await.unwrap();
    store.put_provider(second.clone()).await.unwrap();
    assert_eq!(
        store.providers().await.unwrap(),
        [second.clone(), first.clone()]
    );

    let listing = |id: &str| ModelListing {
        id: id.to_owned(),
        context_length: Some(8_192),
        ..ModelListing::default()
    };
    let models = vec![listing("b"), listing("a"), listing("b")];
    store
        .replace_models(first.id.clone(), models, NOW)
        .await
        .unwrap();
    store
        .replace_models(first.id.clone(), vec![listing("z"), listing("a")], NOW)
        .await
        .unwrap();
    let ids = |models: Vec<patchbay_store::ListedModel>| -> Vec<String> {
        models.into_iter().map(|model| model.listing.id).collect()
    };
    assert_eq!(ids(store.models().await.unwrap()), ["z", "a"]);

    store.delete_provider(first.id.clone(), NOW).await.unwrap();
    assert_eq!(store.providers().await.unwrap(), [second]);
    assert!(store.models().await.unwrap().is_empty());
    assert!(
        store
            .provider_ids_taken()
            .await
            .unwrap()
            .contains(&first.id)
    );
    store.restore_provider(first.id.clone()).await.unwrap();
    assert_eq!(ids(store.models().await.unwrap()), ["z", "a"]);

    let unknown = store
        .replace_models(ProviderId::new("nobody"), Vec::new(), NOW)
        .await;
    assert!(matches!(
        unknown,
        Err(StoreError::NotFound(Subject::Provider(_)))
    ));
}

#[tokio::test]
async fn a_header_with_a_key_never_reaches_the_file() {
    let (store, folder) = temporary();
    let mut acme = provider("acme", 0);
    acme.extra_headers
        .push(("AUTHORIZATION".to_owned(), "Bearer sk-canary".to_owned()));
    let error = store.put_provider(acme).await.unwrap_err();
    assert!(matches!(error, StoreError::SecretHeader { .. }));
    assert!(!format!("{error:?} {error} {}", error.sentence()).contains("sk-canary"));
    close(&store).await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"sk-canary"));
    }
}

#[tokio::test]
async fn settings_are_json() {
    let (store, _folder) = temporary();
    assert_eq!(store.setting("theme").await.unwrap(), None);
    store.set_setting("theme", json!("dark")).await.unwrap();
    store
        .set_setting("theme", json!({"name": "light"}))
        .await
        .unwrap();
    assert_eq!(
        store.setting("theme").await.unwrap(),
        Some(json!({"name": "light"}))
    );
    assert_eq!(store.settings().await.unwrap().len(), 1);
    store.remove_setting("theme").await.unwrap();
    assert_eq!(store.setting("theme").await.unwrap(), None);
}

#[tokio::test]
async fn a_model_keeps_its_colour_and_colours_are_spread() {
    let (store, folder) = temporary();
    let mut given = Vec::new();
    for number in 0..12 {
        let model = format!("model-{number}");
        let colours = store.colours_of(vec![vec![model.clone()]]).await.unwrap();
        given.push(colours[&model]);
    }
    assert_eq!(given, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    let colours = store.colours().await.unwrap();
    assert_eq!((colours["model-3"], colours.len()), (3, 12));
}

#[tokio::test]
async fn a_model_has_one_colour_however_its_ways_in_call_it() {
    let (store, _folder) = temporary();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let models = vec![ids(&["acme/large", "large-2026"]), ids(&["small"])];
    let given = store.colours_of(models).await.unwrap();
    assert_eq!(given["acme/large"], given["large-2026"]);
    assert_ne!(given["acme/large"], given["small"]);
    // A way in that came later takes the colour of those that were there.
    let later = vec![ids(&["large:latest", "large-2026"])];
    let later = store.colours_of(later).await.unwrap();
    assert_eq!(later["large:latest"], given["large-2026"]);
}

#[tokio::test]
async fn search_finds_a_message_once_it_is_whole() {
    let (store, _folder) = temporary();
    store
        .begin_run(begin(1, "Où est la crème brûlée?"))
        .await
        .unwrap();
    let partial = PartialAnswer {
        message: message(11),
        text: "In the refrigerator".to_owned(),
        reasoning: String::new(),
        attempt: None,
    };
    assert!(store.save_partial(partial).await.unwrap());
    assert!(store.search("refrigerator", 10).await.unwrap().is_empty());
    store
        .finish_run(finish(1, "In the refrigerator, of course", None))
        .await
        .unwrap();
    let hits = store.search("REFRIG", 10).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].message, message(11));
    assert!(
        hits[0]
            .snippet
            .iter()
            .any(|part| part.is_match && part.text == "refrigerator")
    );
    assert_eq!(
        store.search("creme brulee", 10).await.unwrap()[0].message,
        message(10)
    );
    // Newest first.
    store
        .begin_run(begin(2, "refrigerator again"))
        .await
        .unwrap();
    let found: Vec<_> = store
        .search("refrigerator", 10)
        .await
        .unwrap()
        .iter()
        .map(|hit| hit.message)
        .collect();
    assert_eq!(found, [message(20), message(11)]);
    assert_eq!(store.search("refrigerator", 1).await.unwrap().len(), 1);
    for hostile in [
        "\"", "*", "a AND", "NEAR(", "text:x", "", "-", "^a", "{a}", "\u{0}",
    ] {
        store.search(hostile, 10).await.unwrap();
    }
}
