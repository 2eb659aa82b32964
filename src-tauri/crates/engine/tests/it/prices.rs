//! Prices from providers' own lists, a person's own, and what is not believed.

use patchbay_domain::price::PriceSource;
use patchbay_domain::{CostKind, NanoUsd, NanoUsdPerMTok};
use patchbay_engine::{ModelChoice, OwnPrice, ProviderForm};
use patchbay_testkit::{ScriptedModel, ScriptedOptions, ScriptedProvider};

use crate::support::{Bench, form};

const MODEL: &str = "acme/priced";

/// A server at this port, or any where it is 0, whose list asks so much for a token.
fn server(port: u16, prompt: &str, completion: &str) -> ScriptedProvider {
    ScriptedProvider::start_with(ScriptedOptions {
        port,
        models: vec![ScriptedModel::new(MODEL, "answer").priced(prompt, completion)],
        ..ScriptedOptions::default()
    })
    .unwrap()
}

async fn add(bench: &mut Bench, server: &ScriptedProvider) {
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            preset: Some("openrouter".to_owned()),
            ..form("Priced", &server.url("/openrouter/api/v1"), None)
        })
        .await
        .unwrap();
    bench.provider = saved.record.id;
}

async fn choice(bench: &Bench) -> ModelChoice {
    let models = bench.engine.models().await.unwrap();
    models
        .into_iter()
        .find(|model| model.endpoint == bench.endpoint(MODEL))
        .unwrap()
}

async fn input(bench: &Bench) -> Option<NanoUsdPerMTok> {
    choice(bench).await.price.unwrap().rates.input
}

/// Asks again where a kept connection still led to the server before this one.
async fn refresh(bench: &Bench) {
    if bench.engine.refresh_models(&bench.provider).await.is_err() {
        bench.engine.refresh_models(&bench.provider).await.unwrap();
    }
}

#[tokio::test]
async fn a_providers_own_list_prices_its_models_and_a_change_is_remembered() {
    let mut bench = Bench::start().await;
    let first = server(0, "0.000001", "0.000004");
    let port = first.address().port();
    add(&mut bench, &first).await;
    let shown = choice(&bench).await.price.unwrap();
    assert_eq!(shown.rates.input, Some(NanoUsdPerMTok(1_000_000_000)));
    assert_eq!(shown.tag.source, PriceSource::Provider);
    assert!(shown.tag.as_of.0 > 0, "the list has a date");
    drop(first);

    let dearer = server(port, "0.000002", "0.000008");
    refresh(&bench).await;
    assert_eq!(input(&bench).await, Some(NanoUsdPerMTok(2_000_000_000)));
    let detail = bench
        .engine
        .model_detail(&bench.endpoint(MODEL))
        .await
        .unwrap();
    let earlier: Vec<_> = detail
        .history
        .iter()
        .map(|(_, price)| price.rates.input)
        .collect();
    assert_eq!(
        earlier,
        [
            Some(NanoUsdPerMTok(2_000_000_000)),
            Some(NanoUsdPerMTok(1_000_000_000))
        ]
    );
    drop(dearer);

    // A slip by five digits, as lists have them.
    let absurd = server(port, "0.2", "0.8");
    refresh(&bench).await;
    assert_eq!(input(&bench).await, Some(NanoUsdPerMTok(2_000_000_000)));
    let endpoint = bench.endpoint(MODEL);
    let doubted = bench.engine.model_detail(&endpoint).await.unwrap();
    assert!(doubted.problem.is_some());
    drop(absurd);

    // Nobody answers: the list and its prices stay, and say how old they are.
    assert!(bench.engine.refresh_models(&bench.provider).await.is_err());
    assert_eq!(input(&bench).await, Some(NanoUsdPerMTok(2_000_000_000)));
    let providers = bench.engine.providers().await.unwrap();
    let failed = providers
        .iter()
        .find(|detail| detail.record.id == bench.provider)
        .unwrap();
    assert!(failed.models_failure.is_some());
}

#[tokio::test]
async fn a_persons_own_price_wins_and_can_be_taken_back() {
    let mut bench = Bench::start().await;
    let server = server(0, "0.000001", "0.000004");
    add(&mut bench, &server).await;
    let endpoint = bench.endpoint(MODEL);
    let own = OwnPrice {
        input: Some("0.5".to_owned()),
        output: Some("2".to_owned()),
        ..OwnPrice::default()
    };
    let detail = bench.engine.set_own_price(&endpoint, &own).await.unwrap();
    assert_eq!(detail.sources[0].tag.source, PriceSource::Person);
    assert_eq!(detail.sources[1].tag.source, PriceSource::Provider);
    let answered = bench.ask(MODEL, "Hello").await.end().await;
    let attempt = answered.attempts.last().unwrap();
    let usage = attempt.usage.unwrap();
    let expected = usage.total_input() * 500 + usage.total_output() * 2_000;
    assert_eq!(
        attempt.rates.unwrap().price(&usage).amount,
        Some(NanoUsd(i64::try_from(expected).unwrap()))
    );
    bench.engine.clear_own_price(&endpoint).await.unwrap();
    assert_eq!(input(&bench).await, Some(NanoUsdPerMTok(1_000_000_000)));
}

#[tokio::test]
async fn a_model_without_any_price_costs_nobody_knows_what() {
    let bench = Bench::start().await;
    let answered = bench.ask("answer", "Hello").await.end().await;
    let attempt = answered.attempts.last().unwrap();
    assert_eq!(attempt.cost.kind, CostKind::Unknown);
    assert_eq!(attempt.cost.amount, None);
}

#[tokio::test]
async fn a_star_stays_with_its_model() {
    let bench = Bench::start().await;
    let find = async || {
        let models = bench.engine.models().await.unwrap();
        models
            .into_iter()
            .find(|model| model.endpoint == bench.endpoint("answer"))
            .unwrap()
    };
    let key = find().await.key;
    bench.engine.star_model(key.clone(), true).await.unwrap();
    assert!(find().await.is_starred);
    bench.engine.refresh_models(&bench.provider).await.unwrap();
    assert!(find().await.is_starred);
    bench.engine.star_model(key, false).await.unwrap();
    assert!(!find().await.is_starred);
    bench.ask("answer", "Hello").await.end().await;
    assert!(find().await.last_used_at.is_some());
}
