//! Routes as a configuration for LiteLLM's proxy.

use patchbay_domain::Endpoint;
use patchbay_domain::route::{Route, RouteEntry};

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
