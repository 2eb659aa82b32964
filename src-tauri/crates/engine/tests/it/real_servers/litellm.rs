//! LiteLLM's proxy, in front of the scripted provider.

use std::path::Path;
use std::process::Command;

use patchbay_domain::FailureClass::{
    ContentFiltered, ContextTooLong, ModelNotFound, PaymentRequired, RateLimited, ServerError,
};
use patchbay_domain::{CostKind, MessageStatus, NanoUsd};
use patchbay_engine::{ProviderForm, ProviderTest};

use super::program::{Program, port};
use super::{LITELLM, checked, usage, variable};
use crate::support::{Bench, form};

const NAME: &str = "LiteLLM";
const USUAL_PORT: u16 = 4000;
/// Made up for this test.
const MASTER_KEY: &str = "sk-made-up-master-key-of-a-proxy";
const UPSTREAM_KEY: &str = "sk-made-up-key-of-the-host-behind";

/// What follows the models in a configuration.
struct Rest(&'static str);

/// Wants a key, as a proxy without a database does.
const CLOSED: Rest = Rest("general_settings:\n  master_key: sk-made-up-master-key-of-a-proxy\n");

/// Wants none, tells costs, and has almost nothing to spend at Anthropic.
const OPEN: Rest = Rest(
    "litellm_settings:
  include_cost_in_streaming_usage: true
",
);
const BUDGET: &str = "  provider_budget_config:
    anthropic:
      budget_limit: 0.0000001
      time_period: 1d
";

fn configuration(bench: &Bench, rest: &Rest, router: &str) -> String {
    let (openai, anthropic) = (bench.server.base_url(), bench.server.url(""));
    let model = |name: &str, of: &str, base: &str, prices: &str| {
        format!(
            "  - model_name: \"{name}\"\n    litellm_params:\n      model: \"{of}\"\n      api_base: {base}\n      api_key: {UPSTREAM_KEY}\n{prices}"
        )
    };
    let prices = |prices: &[(&str, &str)]| -> String {
        let lines = prices.iter();
        lines
            .map(|(name, price)| format!("      {name}: {price}\n"))
            .collect()
    };
    let openai_prices = prices(&[
        ("input_cost_per_token", "0.0000025"),
        ("output_cost_per_token", "0.00001"),
        ("cache_read_input_token_cost", "0.00000025"),
    ]);
    let anthropic_prices = prices(&[
        ("input_cost_per_token", "0.000003"),
        ("output_cost_per_token", "0.000015"),
        ("cache_read_input_token_cost", "0.0000003"),
        ("cache_creation_input_token_cost", "0.00000375"),
    ]);
    let models = [
        model("any/*", "openai/*", &openai, ""),
        model("priced", "openai/usage-cached", &openai, &openai_prices),
        model("unpriced", "openai/reasoning", &openai, ""),
        model(
            "claude",
            "anthropic/usage-cached",
            &anthropic,
            &anthropic_prices,
        ),
        model("thinker", "anthropic/reasoning", &anthropic, ""),
        model("overloaded", "anthropic/529", &anthropic, ""),
        model("known", "openai/gpt-4o-mini", &openai, ""),
        model("embedder", "openai/text-embedding-3-small", &openai, ""),
    ];
    // Its own second tries and its own pauses would hide what is looked at here.
    format!(
        "model_list:\n{}{}router_settings:\n  num_retries: 0\n  disable_cooldowns: true\n{router}",
        models.concat(),
        rest.0
    )
}

async fn start(name: &str, configuration: &str, port: u16, folder: &Path) -> Program {
    let file = folder.join(format!("{name}.yaml"));
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(variable(LITELLM));
    command
        .arg("--config")
        .arg(file)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--telemetry", "False"])
        // Else it fetches prices from the web.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("NO_PROXY", "127.0.0.1");
    Program::start(
        command,
        port,
        "/health/liveliness",
        &folder.join(format!("{name}.log")),
    )
    .await
}

impl Bench {
    async fn try_key(&self, url: &str, key: Option<&str>) -> ProviderTest {
        let form = ProviderForm {
            preset: Some("litellm".to_owned()),
            ..form("Proxy", url, key)
        };
        self.engine.test_provider(form).await.unwrap()
    }
}

#[tokio::test]
#[ignore = "needs LiteLLM: cargo xtask real-servers"]
async fn litellm_that_wants_a_key() {
    let mut bench = Bench::start().await;
    let text = configuration(&bench, &CLOSED, "");
    let proxy = start("closed", &text, port(0), bench.folder.path()).await;
    let url = proxy.url();

    let none = bench.try_key(&url, None).await;
    let failed = none.models.as_ref().unwrap_err();
    assert_eq!(failed.diagnosis.kind.as_str(), "bad_key", "{failed:?}");
    checked(NAME, "test without a key", none.summary());
    let wrong = bench.try_key(&url, Some("sk-made-up-and-wrong")).await;
    let failed = wrong.models.as_ref().unwrap_err();
    assert_eq!(failed.diagnosis.kind.as_str(), "bad_key", "{failed:?}");
    checked(NAME, "test of a wrong key", wrong.summary());
    let right = bench.try_key(&url, Some(MASTER_KEY)).await;
    assert!(right.summary().contains("accepts the key"), "{right:?}");
    checked(NAME, "test of the right key", right.summary());

    bench
        .add_real("litellm", None, &url, Some(MASTER_KEY))
        .await;
    let listed = bench.listed().await;
    let find = |name: &str| listed.iter().find(|model| model.endpoint.model == name);
    assert!(
        listed
            .iter()
            .all(|model| !model.endpoint.model.contains('*'))
    );
    let embedder = find("embedder").unwrap();
    assert!(!embedder.is_chat);
    let known = find("known").unwrap();
    assert_eq!(known.context_length, Some(128_000));
    let rates = find("priced").unwrap().price.as_ref().unwrap().rates;
    assert_eq!(rates.input.unwrap().0, 2_500_000_000);
    assert_eq!(rates.cache_read.unwrap().0, 250_000_000);
    assert_eq!(find("unpriced").unwrap().price, None);
    checked(
        NAME,
        "list, its prices, patterns left out",
        format!("{} models", listed.len()),
    );

    let answered = bench.answer("priced").await;
    let counted = usage(&answered);
    assert_eq!(
        (counted.input, counted.cache_read, counted.output),
        (100, 900, 5)
    );
    let attempt = answered.attempts.last().unwrap();
    assert_eq!(attempt.cost.kind, CostKind::Computed);
    assert_eq!(attempt.cost.amount, Some(NanoUsd(525_000)));
    // Only another model than the one that was asked for is named.
    assert_eq!(attempt.served_model, None);
    checked(
        NAME,
        "OpenAI behind it: cached tokens, cost",
        "900 of 1000, $0.000525",
    );
    let answered = bench.answer("unpriced").await;
    assert!(!answered.message.reasoning.is_empty());
    let billed = bench.server.bill().pop().unwrap();
    let counted = usage(&answered);
    assert_eq!(
        (counted.reasoning, counted.output),
        (billed.reasoning as u64, billed.output as u64)
    );
    assert_eq!(
        answered.attempts.last().unwrap().cost.kind,
        CostKind::Unknown
    );
    checked(
        NAME,
        "OpenAI behind it: thinking, no price",
        format!("{} tokens of thinking", counted.reasoning),
    );
    let answered = bench.answer("claude").await;
    let counted = usage(&answered);
    assert_eq!(
        (counted.input, counted.cache_read, counted.cache_write),
        (100, 700, 200)
    );
    let cost = answered.attempts.last().unwrap().cost.amount;
    // 100 × 3, 700 × 0.3, 200 × 3.75 and 5 × 15 millionths of a dollar.
    assert_eq!(cost, Some(NanoUsd(1_335_000)));
    checked(
        NAME,
        "Anthropic behind it: cache read and written",
        "700 and 200 of 1000, $0.001335",
    );
    let answered = bench.answer("thinker").await;
    assert!(!answered.message.reasoning.is_empty());
    checked(NAME, "Anthropic behind it: thinking", "shown apart");

    for (model, class, tries) in [
        ("any/401", ServerError, 2),
        ("any/402", PaymentRequired, 1),
        ("any/no-balance-429", PaymentRequired, 1),
        ("any/429-for-ever", RateLimited, 2),
        ("any/500", ServerError, 2),
        ("any/html-502", ServerError, 2),
        ("overloaded", patchbay_domain::FailureClass::Overloaded, 2),
        ("any/context-too-long", ContextTooLong, 1),
        ("any/content-policy", ContentFiltered, 1),
        ("any/404-model", ModelNotFound, 1),
        // Half an answer is not asked for again by itself.
        ("any/error-in-stream", ServerError, 1),
    ] {
        let found = bench.failure(model).await;
        assert_eq!(found, (class, tries), "{model}");
        checked(NAME, &format!("behind it: {model}"), class.as_str());
    }

    // It counts the prompt itself where the host counted nothing, and ends what was cut as if it were
    // whole. Nobody behind it can tell; that it stays so is looked at, and no more.
    assert_eq!(bench.answer("any/empty-stop").await.message.text, "");
    checked(NAME, "behind it: any/empty-stop", "told as an empty answer");
    let cut = bench.answer("any/cut-after-5@20").await;
    assert_eq!(cut.message.text.trim_end(), "1 2 3 4 5");
    checked(NAME, "behind it: any/cut-after-5", "told as a whole answer");

    other_formats(&mut bench, &url).await;
}

/// The proxy's other two formats.
async fn other_formats(bench: &mut Bench, url: &str) {
    bench
        .add_real("litellm", Some("anthropic_messages"), url, Some(MASTER_KEY))
        .await;
    let counted = usage(&bench.answer("claude").await);
    assert_eq!((counted.input, counted.cache_read), (100, 700));
    assert_eq!((counted.cache_write, counted.cache_write_long), (150, 50));
    checked(
        NAME,
        "in Anthropic's format: both lifetimes",
        "150 and 50 written",
    );
    bench.answer("priced").await;
    checked(NAME, "in Anthropic's format, OpenAI behind it", "answered");
    assert_eq!(bench.failure("any/error-in-stream").await.0, ServerError);
    checked(
        NAME,
        "in Anthropic's format: error with 200",
        ServerError.as_str(),
    );

    bench
        .add_real("litellm", Some("openai_responses"), url, Some(MASTER_KEY))
        .await;
    let counted = usage(&bench.answer("priced").await);
    assert_eq!((counted.input, counted.cache_read), (100, 900));
    let answered = bench.answer("unpriced").await;
    assert!(!answered.message.reasoning.is_empty());
    assert_eq!(usage(&bench.answer("claude").await).cache_read, 700);
    assert_eq!(bench.failure("any/error-in-stream").await.0, ServerError);
    checked(
        NAME,
        "in the responses format: cache, thinking",
        "900 of 1000",
    );
}

#[tokio::test]
#[ignore = "needs LiteLLM: cargo xtask real-servers"]
async fn litellm_that_wants_none_and_tells_costs() {
    let mut bench = Bench::start().await;
    let text = configuration(&bench, &OPEN, BUDGET);
    let proxy = start("open", &text, port(USUAL_PORT), bench.folder.path()).await;
    if proxy.port == USUAL_PORT {
        let found = bench.engine.find_local_servers().await.unwrap();
        let own = found.iter().find(|server| server.preset.id == "litellm");
        let models = &own.unwrap().models;
        assert!(models.iter().any(|model| model == "priced"), "{models:?}");
        assert!(
            models.iter().all(|model| !model.contains('*')),
            "{models:?}"
        );
        checked(
            NAME,
            "found by itself on its usual port",
            format!("{} models", models.len()),
        );
    }
    bench.add_real("litellm", None, &proxy.url(), None).await;
    let answered = bench.answer("priced").await;
    let attempt = answered.attempts.last().unwrap();
    assert_eq!(attempt.cost.kind, CostKind::Reported);
    assert_eq!(attempt.reported_cost, Some(NanoUsd(525_000)));
    checked(NAME, "its own cost in the usage", "$0.000525");
    let answered = bench.answer("unpriced").await;
    let attempt = answered.attempts.last().unwrap();
    assert_eq!(
        (attempt.cost.kind, attempt.cost.amount),
        (CostKind::Unknown, None)
    );
    checked(NAME, "its cost of 0 without a price", "unknown");

    // It counts what was spent after an answer, so the first may be followed by another.
    let mut refused = None;
    for _ in 0..20 {
        let answered = bench.ask("claude", "Hello there").await.end().await;
        if answered.message.status != MessageStatus::Complete {
            refused = answered.attempts.last().unwrap().failure.clone();
            break;
        }
    }
    let refused = refused.expect("the budget is never spent");
    assert_eq!(refused.class, PaymentRequired, "{refused:?}");
    checked(NAME, "a spent budget (status 429)", refused.class.as_str());
}

#[tokio::test]
#[ignore = "needs LiteLLM: cargo xtask real-servers"]
async fn litellm_runs_from_exported_routes() {
    let mut bench = Bench::start().await;
    let entries = ["500", "answer"].map(|model| patchbay_domain::route::RouteEntry::Endpoint {
        endpoint: bench.endpoint(model),
    });
    let id = bench.engine.new_route_id();
    let route = patchbay_domain::route::Route::new(id, "Our Team", entries.to_vec());
    bench.engine.save_route(route).await.unwrap();
    let export = bench.engine.export_litellm().await.unwrap();
    for (name, _) in &export.variables {
        assert!(export.yaml.contains(name), "{name}");
    }
    let file = bench.folder.path().join("exported.yaml");
    std::fs::write(&file, &export.yaml).unwrap();
    let port = port(0);
    let mut command = Command::new(variable(LITELLM));
    command
        .arg("--config")
        .arg(file)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--telemetry", "False"])
        .envs(
            export
                .variables
                .iter()
                .map(|(name, _)| (name, UPSTREAM_KEY)),
        )
        .env("LITELLM_MASTER_KEY", MASTER_KEY)
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("NO_PROXY", "127.0.0.1");
    let log = bench.folder.path().join("exported.log");
    let proxy = Program::start(command, port, "/health/liveliness", &log).await;
    bench
        .add_real("litellm", None, &proxy.url(), Some(MASTER_KEY))
        .await;
    let listed = bench.listed().await;
    let names: Vec<&str> = listed
        .iter()
        .map(|model| model.endpoint.model.as_str())
        .collect();
    assert_eq!(names, ["our-team", "our-team--2"]);
    // The first way in fails at every try, so that its fallback has to answer.
    let answered = bench.answer("our-team").await;
    assert!(!answered.message.text.is_empty());
    checked(
        NAME,
        "started from exported routes",
        "falls back as the route does",
    );
}
