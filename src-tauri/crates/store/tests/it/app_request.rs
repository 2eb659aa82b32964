//! What apps asked is searchable at once, though the index is written later and many at a time.

use patchbay_domain::{Day, JsonText};
use patchbay_store::{AppRequestFilter, RunOrigin, SpendFilter, Store};

use crate::support::*;

const MANY: u128 = 230;

async fn ask(store: &Store, number: u128, keeps_texts: bool) {
    let question = format!("How many legs has creature {number}?");
    let request = app_request(keeps_texts, &question);
    let begun = new_run(number, RunOrigin::Gateway);
    store
        .begin_app_run(begun, Some(running_attempt(number)), request)
        .await
        .unwrap();
}

async fn answer(store: &Store, number: u128, text: &str) {
    let finished = finish(number, text, Some(answered_attempt(number, 10)));
    store.finish_app_run(finished).await.unwrap();
}

async fn found(store: &Store, words: &str) -> usize {
    let filter = AppRequestFilter {
        text: Some(words.to_owned()),
        limit: 1_000,
        ..AppRequestFilter::default()
    };
    store.app_requests(filter).await.unwrap().len()
}

#[tokio::test]
async fn what_was_answered_a_moment_ago_is_found() {
    let (store, _folder) = temporary();
    for number in 1..=MANY {
        ask(&store, number, true).await;
        answer(&store, number, "A zebra has four.").await;
    }
    assert_eq!(found(&store, "zebra").await, MANY as usize);
    assert_eq!(found(&store, "creature").await, MANY as usize);
    // One more, one that goes on, and one that keeps nothing.
    ask(&store, 501, true).await;
    ask(&store, 502, true).await;
    ask(&store, 503, false).await;
    answer(&store, 501, "A spider has eight.").await;
    answer(&store, 503, "A secret spider.").await;
    assert_eq!(found(&store, "spider").await, 1);
    assert!(
        !store.index_app_requests().await.unwrap(),
        "nothing is left"
    );
    answer(&store, 502, "Another spider.").await;
    assert_eq!(found(&store, "spider").await, 2);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    close(&store).await;
}

#[tokio::test]
async fn what_is_forgotten_is_found_no_more_whether_it_was_indexed_or_not() {
    let (store, _folder) = temporary();
    ask(&store, 1, true).await;
    answer(&store, 1, "An indexed zebra.").await;
    assert_eq!(found(&store, "zebra").await, 1);
    ask(&store, 2, true).await;
    answer(&store, 2, "A zebra that is not.").await;
    assert_eq!(store.forget_app_texts(None).await.unwrap(), 2);
    assert_eq!(found(&store, "zebra").await, 0);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    ask(&store, 3, true).await;
    answer(&store, 3, "A third zebra.").await;
    assert_eq!(found(&store, "zebra").await, 1);
    close(&store).await;
}

/// The words are counted with the attempt, in one go, and not with it and again.
#[tokio::test]
async fn an_answer_and_its_words_are_in_the_sums_once() {
    let (store, _folder) = temporary();
    for number in 1..=3 {
        ask(&store, number, true).await;
        answer(&store, number, "Four words are here.").await;
    }
    let day = |text: &str| text.parse::<Day>().unwrap();
    let all = SpendFilter::between(day("1970-01-01"), day("9999-12-31"));
    let tally = store.spend_total(all).await.unwrap();
    assert_eq!((tally.attempts, tally.answered, tally.known.0), (3, 3, 30));
    assert_eq!((tally.words, tally.words_paid.0), (12, 30));
    close(&store).await;
}

#[tokio::test]
async fn what_another_request_goes_on_from_is_kept_where_texts_are() {
    let (store, _folder) = temporary();
    let thinking = JsonText(r#"[{"type":"text","text":"Hm."}]"#.to_owned());
    for (number, keeps_texts) in [(1, true), (2, false)] {
        let request = app_request(keeps_texts, "Why?");
        let begun = new_run(number, RunOrigin::Gateway);
        store.begin_app_run(begun, None, request).await.unwrap();
        let mut finished = finish(number, "So.", None);
        finished.thinking = Some(thinking.clone());
        store.finish_app_run(finished).await.unwrap();
    }
    let kept = async |number| {
        store
            .app_request(new_run(number, RunOrigin::Gateway).id)
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(kept(1).await.thinking, Some(thinking));
    assert!(kept(1).await.has_instructions);
    assert_eq!(kept(2).await.thinking, None);
    assert!(!kept(2).await.has_instructions);
    // Of another app, of one that has none, and once more.
    let forget = async |app: &str, number| {
        let forgotten = store
            .forget_app_request(app.to_owned(), new_run(number, RunOrigin::Gateway).id)
            .await;
        forgotten.unwrap()
    };
    assert!(!forget("another", 1).await);
    assert!(!forget("editor", 2).await);
    assert!(forget("editor", 1).await);
    assert!(!forget("editor", 1).await);
    assert_eq!(kept(1).await.thinking, None);
    assert_eq!(kept(1).await.answer, None);
    close(&store).await;
}
