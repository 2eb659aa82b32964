//! One's own past on another model: which questions are taken, and what their time would have cost.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_domain::NanoUsd;
use patchbay_domain::compare::{Definition, Pick, Prompt};
use patchbay_domain::route::Target;
use patchbay_engine::{
    Engine, EngineError, OwnPrice, PickWish, ReplayOutcome, ReplayWish, RoundFormat,
};

use crate::compare::{is_over, until};
use crate::support::Bench;

const DEAR: &str = "count-to-20";

/// A bench with nine answered questions, and a model whose answers cost 20 nano-dollars each.
async fn with_past() -> Bench {
    let bench = Bench::start().await;
    for number in 0..9 {
        bench
            .ask("answer", &format!("Question {number}"))
            .await
            .end()
            .await;
    }
    let price = OwnPrice {
        input: Some("0".to_owned()),
        output: Some("1000".to_owned()),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        per_request: None,
    };
    let dear = bench.endpoint(DEAR);
    bench.engine.set_own_price(&dear, &price).await.unwrap();
    bench
}

fn wish(bench: &Bench, count: u32, pick: PickWish) -> ReplayWish {
    ReplayWish {
        target: Target::Endpoint {
            endpoint: bench.endpoint(DEAR),
        },
        count,
        days: None,
        pick,
    }
}

fn titles(definition: &Definition) -> Vec<&str> {
    let titles = definition.prompts.iter().map(|prompt| match prompt {
        Prompt::Past { title, .. } => title.as_str(),
        Prompt::Text { .. } => panic!("a question of history was expected"),
    });
    titles.collect()
}

async fn run(engine: &Arc<Engine>, definition: Definition) -> (ReplayOutcome, [String; 4]) {
    let saved = engine.save_comparison(None, definition).await.unwrap();
    let round = engine.start_comparison(saved.id).await.unwrap();
    until(engine, round, is_over).await;
    let outcome = engine.replay_outcome(round).await.unwrap();
    let mut files = [const { String::new() }; 4];
    let formats = [
        RoundFormat::Html,
        RoundFormat::Markdown,
        RoundFormat::Csv,
        RoundFormat::Json,
    ];
    for (file, format) in files.iter_mut().zip(formats) {
        *file = engine.export_round(round, format).await.unwrap();
    }
    (outcome, files)
}

#[tokio::test]
async fn a_seed_takes_the_same_questions_again_and_another_takes_others() {
    let bench = with_past().await;
    let drawn = async |seed| {
        let wish = wish(&bench, 6, PickWish::Random { seed });
        bench.engine.replay(wish).await.unwrap()
    };
    let first = drawn(Some(3)).await;
    assert_eq!(first.sample.pick, Pick::Random { seed: 3 });
    assert_eq!((first.sample.taken, first.sample.out_of), (6, 9));
    assert_eq!(first.definition.sample, Some(first.sample));
    let names = titles(&first.definition);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 6);
    assert_eq!(titles(&drawn(Some(3)).await.definition), names);
    assert_ne!(titles(&drawn(Some(4)).await.definition), names);
    // Without a seed one is drawn, and kept.
    let fresh = drawn(None).await;
    let Pick::Random { seed } = fresh.sample.pick else {
        panic!("{:?}", fresh.sample)
    };
    assert_eq!(
        titles(&drawn(Some(seed)).await.definition),
        titles(&fresh.definition)
    );
    let newest = bench.engine.replay(wish(&bench, 2, PickWish::Newest)).await;
    let newest = newest.unwrap();
    assert_eq!(titles(&newest.definition), ["Question 8", "Question 7"]);
    assert_eq!(newest.sample.pick, Pick::Newest);
}

#[tokio::test]
async fn days_without_a_question_are_refused_by_name() {
    let bench = Bench::start().await;
    for (days, field) in [(Some(7), "days"), (None, "count"), (Some(0), "days")] {
        let wish = ReplayWish {
            days,
            ..wish(&bench, 5, PickWish::Newest)
        };
        let Err(EngineError::Input(input)) = bench.engine.replay(wish).await else {
            panic!("nothing to ask was not refused")
        };
        assert_eq!(input.field, field);
    }
}

#[tokio::test]
async fn a_sample_tells_what_its_time_would_have_cost_and_how_sure_that_is() {
    let bench = with_past().await;
    let random = PickWish::Random { seed: Some(3) };
    let replay = bench.engine.replay(wish(&bench, 6, random)).await.unwrap();
    let newest = wish(&bench, 6, PickWish::Newest);
    let newest = bench.engine.replay(newest).await.unwrap();
    let all = wish(&bench, 20, random);
    let all = bench.engine.replay(all).await.unwrap();
    let engine = Arc::new(bench.engine);

    let (outcome, files) = run(&engine, replay.definition).await;
    let [column] = outcome.columns.as_slice() else {
        panic!("{outcome:?}")
    };
    let asked = column.cost.amount.unwrap();
    assert!(asked > NanoUsd(0));
    assert_eq!((column.questions, column.unknown), (6, 0));
    assert_eq!(column.total, Some(NanoUsd(asked.0 * 9 / 6)));
    // Every answer is the same, so that nothing is unsure.
    assert_eq!(
        column.interval,
        column.total.map(|total| (total, total)),
        "{column:?}"
    );
    let [html, markdown, csv, json] = files;
    for text in [&html, &markdown] {
        assert!(text.contains("6 of 9 questions of all history"), "{text}");
        assert!(text.contains("with the seed 3"), "{text}");
        assert!(text.contains("with 95 % confidence between"), "{text}");
    }
    assert!(
        csv.contains("\"random, seed 3, 6 of 9, all until "),
        "{csv}"
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["definition"]["sample"]["pick"]["seed"], 3);
    assert_eq!(json["replay"]["out_of"], 9);
    assert!(json["replay"]["columns"][0]["low_usd"].is_string());

    let (outcome, files) = run(&engine, newest.definition).await;
    assert_eq!(outcome.columns[0].interval, None);
    assert!(outcome.columns[0].total.is_some());
    assert!(files[1].contains("no random sample"), "{}", files[1]);

    // Where all were asked nothing is guessed.
    let (outcome, files) = run(&engine, all.definition).await;
    let column = &outcome.columns[0];
    assert_eq!(column.total, column.cost.amount);
    assert!(files[1].contains("that time cost $"), "{}", files[1]);
}

#[tokio::test]
async fn what_is_no_longer_the_sample_tells_nothing() {
    let bench = with_past().await;
    let random = PickWish::Random { seed: Some(3) };
    let replay = bench.engine.replay(wish(&bench, 6, random)).await.unwrap();
    let mut definition = replay.definition;
    definition.prompts.pop();
    let engine = Arc::new(bench.engine);
    let saved = engine.save_comparison(None, definition).await.unwrap();
    let round = engine.start_comparison(saved.id).await.unwrap();
    until(&engine, round, is_over).await;
    let refused = engine.replay_outcome(round).await;
    assert!(matches!(refused, Err(EngineError::NotFound(_))));
}
