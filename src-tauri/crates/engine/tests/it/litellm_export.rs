//! Routes as a configuration for LiteLLM's proxy.

use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_domain::route::{Route, RouteEntry};
use patchbay_domain::{AppRules, BudgetId, Endpoint, NanoUsd};
use patchbay_engine::AppForm;

use crate::support::{Bench, form};

#[tokio::test]
async fn a_route_becomes_models_with_fallbacks_and_no_key() {
    let bench = Bench::start().await;
    let second = bench
        .engine
        .save_provider(form(
            "Second \"one\"",
            &bench.server.base_url(),
            Some("sk-made-up-0123456789"),
        ))
        .await
        .unwrap();
    assert!(
        bench.engine.export_litellm().await.is_err(),
        "there is no route yet"
    );
    let ways = [
        bench.endpoint("answer"),
        Endpoint {
            provider: second.record.id.clone(),
            model: "answer".to_owned(),
        },
    ];
    let entries = ways.map(|endpoint| RouteEntry::Endpoint { endpoint });
    let route = Route::new(bench.engine.new_route_id(), "My Team", entries.to_vec());
    bench.engine.save_route(route).await.unwrap();
    let export = bench.engine.export_litellm().await.unwrap();
    let has = |line: &str| assert!(export.yaml.contains(line), "{line}:\n{}", export.yaml);
    has("  - model_name: \"my-team\"\n    litellm_params:\n      model: \"openai/answer\"\n");
    has("    - \"my-team\": [\"my-team--2\"]\n");
    has(&format!(
        "      api_base: \"{}\"\n",
        bench.server.base_url()
    ));
    assert!(!export.yaml.contains("sk-made-up"), "{}", export.yaml);
    let variable = export
        .variables
        .iter()
        .find(|(_, what)| what.contains("Second"));
    let (name, _) = variable.expect("the second wants a key");
    has(&format!("api_key: \"os.environ/{name}\""));
    assert!(
        name.chars()
            .all(|sign| sign.is_ascii_uppercase() || "_0123456789".contains(sign))
    );
}

#[tokio::test]
async fn budgets_are_written_where_litellm_holds_them() {
    let bench = Bench::start().await;
    let route = Route::new(
        bench.engine.new_route_id(),
        "My Team",
        vec![RouteEntry::Endpoint {
            endpoint: bench.endpoint("answer"),
        }],
    );
    bench.engine.save_route(route).await.unwrap();
    let form_of = |name: &str, models: &[&str]| AppForm {
        name: name.to_owned(),
        rules: AppRules {
            models: models.iter().map(|&name| name.to_owned()).collect(),
            requests_a_minute: Some(30),
            ..AppRules::default()
        },
    };
    let app = form_of("Ann's editor", &["My Team", "acme/x"]);
    let (app, _) = bench.engine.create_app(app).await.unwrap();
    let save = async |scope, period, dollars: i64, stops| {
        let budget = Budget {
            id: BudgetId::from_bytes([0; 16]),
            scope,
            period,
            limit: NanoUsd(dollars * 1_000_000_000),
            warns_at: None,
            saves_at: None,
            saves_with: None,
            stops,
            refuses_unknown: false,
        };
        bench.engine.save_budget(None, budget).await.unwrap();
    };
    let provider = bench.endpoint("answer").provider;
    let of_provider = || Scope::Provider {
        provider: provider.clone(),
    };
    let listed = bench.engine.models().await.unwrap();
    let listed = listed
        .into_iter()
        .find(|listed| listed.endpoint == bench.endpoint("answer"));
    let key = listed.unwrap().key;
    let of_model = || Scope::Model { key: key.clone() };
    save(Scope::Everything, Period::Month, 50, true).await;
    save(of_provider(), Period::Month, 20, true).await;
    save(Scope::App { app: app.id }, Period::Week, 5, true).await;
    save(of_model(), Period::Day, 1, false).await;
    let alone = bench.engine.export_litellm().await.unwrap().yaml;
    let has = |yaml: &str, text: &str| assert!(yaml.contains(text), "{text}:\n{yaml}");
    has(&alone, "  max_budget: 50.0\n  budget_duration: 30d\n");
    has(
        &alone,
        "  provider_budget_config:\n    openai:\n      budget_limit: 20.0\n      time_period: 30d\n",
    );
    has(
        &alone,
        "-d '{\"budget_duration\":\"7d\",\"key_alias\":\"ann-s-editor\",\"models\":[\"my-team\"],\
         \"rpm_limit\":30,\"max_budget\":5.0}'\n",
    );
    assert!(
        !alone.contains("model_info"),
        "a budget that only warns:\n{alone}"
    );

    // Of two alike each is held by its ways in, and of two budgets the tighter one.
    let second = form("Second", &bench.server.base_url(), None);
    bench.engine.save_provider(second).await.unwrap();
    let export = bench.engine.export_litellm().await.unwrap();
    assert!(
        !export.yaml.contains("provider_budget_config"),
        "{}",
        export.yaml
    );
    has(
        &export.yaml,
        "      max_budget: 20.0\n      budget_duration: 30d\n    model_info:\n      id: \"my-team (limited)\"\n",
    );
    assert!(export.notes.iter().any(|note| note.contains("one kind")));
    save(of_model(), Period::Week, 3, true).await;
    let tighter = bench.engine.export_litellm().await.unwrap().yaml;
    has(
        &tighter,
        "      max_budget: 3.0\n      budget_duration: 7d\n",
    );
}
