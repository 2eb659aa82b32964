//! One provider of each family, made from its preset, asked and billed: the same question costs what
//! its own count of tokens says, cached and thinking tokens included.

use patchbay_domain::{CostKind, MessageStatus, NanoUsd, Usage, WireFamily};
use patchbay_engine::{OwnPrice, ProviderForm};

use crate::support::{Answered, Bench, form};

/// A preset, what it is told to speak, where the scripted provider speaks that, and a key.
pub(crate) struct Way {
    pub preset: &'static str,
    pub family: WireFamily,
    pub base: &'static str,
    pub key: Option<&'static str>,
}

pub(crate) const WAYS: &[Way] = &[
    Way {
        preset: "openai_compatible",
        family: WireFamily::OpenAiChat,
        base: "/v1",
        key: Some("sk-made-up-chat-0123456789"),
    },
    Way {
        preset: "openai",
        family: WireFamily::OpenAiResponses,
        base: "/v1",
        key: Some("sk-made-up-responses-0123456789"),
    },
    Way {
        preset: "anthropic",
        family: WireFamily::AnthropicMessages,
        base: "/v1",
        key: Some("sk-ant-made-up-0123456789"),
    },
    Way {
        preset: "google",
        family: WireFamily::Gemini,
        base: "/v1beta",
        key: Some("AIza-made-up-0123456789"),
    },
    Way {
        preset: "ollama",
        family: WireFamily::Ollama,
        base: "",
        key: None,
    },
    Way {
        preset: "deepseek",
        family: WireFamily::OpenAiChat,
        base: "/deepseek",
        key: Some("sk-made-up-deepseek-0123456789"),
    },
    Way {
        preset: "openrouter",
        family: WireFamily::OpenAiChat,
        base: "/openrouter/api/v1",
        key: Some("sk-or-v1-made-up-0123456789"),
    },
];

impl Bench {
    async fn add(&mut self, way: &Way) {
        let base_url = self.server.url(way.base);
        let saved = self
            .engine
            .save_provider(ProviderForm {
                preset: Some(way.preset.to_owned()),
                family: Some(way.family),
                ..form(way.preset, &base_url, way.key)
            })
            .await
            .unwrap();
        assert_eq!(saved.family, way.family, "{}", way.preset);
        assert_eq!(saved.models_failure, None, "{}", way.preset);
        assert!(saved.models.unwrap().0 > 20, "{}: {saved:?}", way.preset);
        self.provider = saved.record.id;
    }

    async fn ask_priced(&self, model: &str) -> Answered {
        let own = OwnPrice {
            input: Some("1".to_owned()),
            output: Some("10".to_owned()),
            cache_read: Some("0.1".to_owned()),
            cache_write: Some("1.25".to_owned()),
            ..OwnPrice::default()
        };
        // OpenRouter puts a maker before each name.
        let listed = self.engine.models().await.unwrap();
        let of_this = listed
            .iter()
            .filter(|choice| choice.endpoint.provider == self.provider);
        let endpoint = of_this
            .map(|choice| choice.endpoint.clone())
            .find(|endpoint| endpoint.model.rsplit('/').next() == Some(model))
            .unwrap_or_else(|| self.endpoint(model));
        let priced = self.engine.set_own_price(&endpoint, &own).await;
        assert!(priced.is_ok(), "{endpoint:?}: {priced:?}");
        let answered = self.ask(&endpoint.model, "Hello there").await.end().await;
        assert_eq!(
            answered.message.status,
            MessageStatus::Complete,
            "{:?}",
            answered.attempts
        );
        answered
    }
}

fn usage(answered: &Answered) -> Usage {
    answered.attempts.last().unwrap().usage.unwrap()
}

#[tokio::test]
async fn each_family_lists_answers_and_counts() {
    let mut bench = Bench::start().await;
    for way in WAYS {
        bench.add(way).await;
        let name = way.preset;
        let cached = bench.ask_priced("usage-cached").await;
        let counted = usage(&cached);
        assert_eq!(counted.total_input(), 1_000, "{name}: {counted:?}");
        let attempt = cached.attempts.last().unwrap();
        let expected = counted.input * 1_000
            + counted.cache_read * 100
            + (counted.cache_write + counted.cache_write_long) * 1_250
            + counted.total_output() * 10_000;
        let rates = attempt.rates.unwrap();
        let computed = rates.price(&counted);
        let expected = i64::try_from(expected).unwrap();
        assert_eq!(computed.amount, Some(NanoUsd(expected)), "{name}");
        if way.family != WireFamily::Ollama {
            assert!(counted.cache_read >= 700, "{name}: {counted:?}");
        }
        let bill = bench.server.bill();
        let billed = bill.last().unwrap();
        assert_eq!(billed.input as u64, counted.input, "{name}");
        assert_eq!(billed.cache_read as u64, counted.cache_read, "{name}");
        assert_eq!(billed.cache_write as u64, counted.cache_write, "{name}");
        assert_eq!(billed.output as u64, counted.output, "{name}");

        let thought = bench.ask_priced("reasoning").await;
        assert!(!thought.message.reasoning.is_empty(), "{name}");
        assert!(!thought.message.text.is_empty(), "{name}");
        let counted = usage(&thought);
        let bill = bench.server.bill();
        let billed = bill.last().unwrap();
        assert_eq!(billed.output as u64, counted.output, "{name}");
        assert_eq!(billed.reasoning as u64, counted.reasoning, "{name}");
    }
}

#[tokio::test]
async fn a_key_is_where_its_family_wants_it_and_never_in_an_address() {
    let mut bench = Bench::start().await;
    for way in WAYS {
        let Some(key) = way.key else { continue };
        let before = bench.server.requests().len();
        bench.add(way).await;
        bench.ask("answer", "Hello").await.end().await;
        let requests = bench.server.requests();
        for request in &requests[before..] {
            assert_eq!(request.key(), Some(key), "{}", way.preset);
            assert!(!request.path.contains(key), "{}", way.preset);
            assert!(!request.query.contains(key), "{}", way.preset);
        }
    }
}

#[tokio::test]
async fn a_gateways_own_charge_wins_and_names_the_host_behind_it() {
    let mut bench = Bench::start().await;
    let openrouter = WAYS.iter().find(|way| way.preset == "openrouter").unwrap();
    bench.add(openrouter).await;
    let answered = bench.ask("cost", "Hello").await.end().await;
    let attempt = answered.attempts.last().unwrap();
    assert_eq!(attempt.cost.kind, CostKind::Reported);
    assert_eq!(attempt.cost.amount, attempt.reported_cost);
    assert!(attempt.served_by.is_some());
    // Who asks is told, and only where the person allows it.
    let told = |bench: &Bench| {
        let requests = bench.server.chat_requests();
        let last = requests.last().unwrap();
        last.header("x-openrouter-title").map(str::to_owned)
    };
    assert_eq!(told(&bench).as_deref(), Some("Patchbay"));
    let quiet = ProviderForm {
        id: Some(bench.provider.clone()),
        preset: Some("openrouter".to_owned()),
        has_attribution: false,
        ..form("OpenRouter", &bench.server.url(openrouter.base), None)
    };
    bench.engine.save_provider(quiet).await.unwrap();
    bench.ask("cost", "Hello").await.end().await;
    assert_eq!(told(&bench), None);
}
