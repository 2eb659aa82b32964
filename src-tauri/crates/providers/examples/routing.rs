//! What routing costs: the time to plan, and what plan and run machine add to the first token.
//!
//! `cargo xtask bench routing`. The second figure is the difference between a bare stream and the same
//! stream with a plan before it and the run machine around it, over loopback HTTP, taking turns in one
//! run. Writing the question down is not in it: that is the same for one way in and for fifty.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench speaks to its terminal and may stop with a backtrace"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use patchbay_domain::content::ChatMessage;
use patchbay_domain::price::{Price, PriceSource, PriceTag};
use patchbay_domain::route::{
    HealthBook, Need, Policy, Route, RouteEntry, Sample, WayIn, WaysIn, plan,
};
use patchbay_domain::run::{Effect, Input, Patience, Plan, PlannedEndpoint, RunMachine};
use patchbay_domain::{
    Capabilities, ChatRequest, Endpoint, ModelProvider, NanoUsdPerMTok, ProviderId, Rates, Role,
    RouteId, StreamEvent, UnixMillis, WireFamily,
};
use patchbay_providers::{BaseUrl, Credential, HttpClient, ProviderConfig, ProxyPolicy, connect};
use patchbay_testkit::ScriptedProvider;

const MODELS: usize = 2_500;
const WAYS: usize = 50;
const PLANS: usize = 4_000;
const STREAMS: usize = 400;
const NOW: UnixMillis = UnixMillis(1_795_338_000_000);

fn endpoint(number: usize) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(format!("provider-{}", number % 40)),
        model: format!("maker/model-{number}"),
    }
}

fn price(number: usize) -> Price {
    let rate = Some(NanoUsdPerMTok(
        i64::try_from(number % 97).unwrap() * 10_000_000,
    ));
    let rates = Rates {
        input: rate,
        output: rate,
        ..Rates::default()
    };
    let tag = PriceTag {
        source: PriceSource::Snapshot,
        name: "a list".to_owned(),
        as_of: NOW,
    };
    Price::flat(rates, tag)
}

/// A catalogue of [`MODELS`] ways in, of which one model has [`WAYS`].
fn catalogue() -> (WaysIn, HealthBook) {
    let mut health = HealthBook::default();
    let ways = (0..MODELS).map(|number| {
        let endpoint = endpoint(number);
        for first_token in 0..20 {
            let sample = Sample {
                at: NOW,
                first_token: Some(300 + first_token * 10),
                tokens_per_second: Some(60.0),
                is_ok: Some(first_token % 7 != 0),
            };
            health.entry(&endpoint).add(sample, NOW);
        }
        WayIn {
            model_key: if number < WAYS {
                "maker/model".to_owned()
            } else {
                endpoint.model.clone()
            },
            endpoint,
            provider_name: format!("Provider {}", number % 40),
            context_length: Some(128_000),
            max_output: Some(16_000),
            capabilities: Capabilities::default(),
            price: Some(price(number)),
            keys: 1,
            is_direct: Some(number % 2 == 0),
            data_policy: None,
            region: None,
            unavailable_because: None,
            is_chat: true,
            embeds: None,
            takes_prefill: false,
        }
    });
    let ways = WaysIn::new(ways.collect());
    (ways, health)
}

fn route(policy: Policy) -> Route {
    let entries = vec![RouteEntry::Model {
        key: "maker/model".to_owned(),
    }];
    Route {
        policy,
        ..Route::new(RouteId::from_bytes([1; 16]), "everyday", entries)
    }
}

fn request(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Hello there")],
        ..ChatRequest::default()
    }
}

fn at(sorted: &[Duration], share: f64) -> f64 {
    let index = ((sorted.len() - 1) as f64 * share) as usize;
    sorted[index].as_secs_f64() * 1e6
}

fn planning() {
    let (ways, health) = catalogue();
    let need = Need::of(&request("m"));
    println!("planning a route of {WAYS} ways in, out of {MODELS}, {PLANS} times each");
    for policy in Policy::ALL {
        let route = route(*policy);
        let mut taken: Vec<Duration> = (0..PLANS)
            .map(|_| {
                let start = Instant::now();
                let planned = plan(&route, &need, &ways, &health, None, NOW, None);
                let taken = start.elapsed();
                assert_eq!(black_box(planned).steps.len(), WAYS);
                taken
            })
            .collect();
        taken.sort();
        println!(
            "  {:<10} median {:.1} us, 95 % under {:.1} us",
            policy.as_str(),
            at(&taken, 0.5),
            at(&taken, 0.95)
        );
    }
}

async fn bare(provider: &Arc<dyn ModelProvider>) -> Duration {
    let start = Instant::now();
    let mut stream = provider.open_stream(request("answer")).await.unwrap();
    while let Some(event) = stream.next().await {
        if matches!(event.unwrap(), StreamEvent::Text { .. }) {
            break;
        }
    }
    let taken = start.elapsed();
    while stream.next().await.is_some() {}
    taken
}

async fn routed(
    provider: &Arc<dyn ModelProvider>,
    route: &Route,
    ways: &WaysIn,
    health: &HealthBook,
) -> Duration {
    let start = Instant::now();
    let asked = request("answer");
    let need = Need::of(&asked);
    let planned = plan(route, &need, ways, health, None, NOW, None);
    let endpoints = planned.steps.into_iter().map(|step| PlannedEndpoint {
        model_key: step.model_key,
        keys: step.keys,
        patience: Patience::from(&route.limits),
        context_length: step.context_length,
        is_free: step.is_free,
        takes_prefill: step.takes_prefill,
        ..step.endpoint.into()
    });
    let plan = Plan {
        endpoints: endpoints.collect(),
        limits: route.limits.clone(),
        half_answer: route.half_answer,
        is_final: false,
        input_tokens: need.input_tokens,
        nobody: None,
    };
    let mut machine = RunMachine::new(plan, 1);
    black_box(machine.handle(0, Input::Begin));
    let mut stream = provider.open_stream(asked).await.unwrap();
    black_box(machine.handle(0, Input::Opened { attempt: 0 }));
    'first: while let Some(event) = stream.next().await {
        let event = event.unwrap();
        for effect in machine.handle(0, Input::Stream { attempt: 0, event }) {
            if matches!(effect, Effect::AppendText(_)) {
                break 'first;
            }
        }
    }
    let taken = start.elapsed();
    while stream.next().await.is_some() {}
    taken
}

async fn first_token() {
    let server = ScriptedProvider::start().unwrap();
    let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
    let config = ProviderConfig::new(
        "Scripted",
        WireFamily::OpenAiChat,
        BaseUrl::parse(&server.base_url()).unwrap(),
        Credential::None,
    );
    let provider = connect(http, config).unwrap();
    let (ways, health) = catalogue();
    let route = route(Policy::Balanced);
    let (mut alone, mut with_route) = (Vec::new(), Vec::new());
    for turn in 0..STREAMS + 20 {
        let order = turn % 2 == 0;
        let first = if order {
            bare(&provider).await
        } else {
            routed(&provider, &route, &ways, &health).await
        };
        let second = if order {
            routed(&provider, &route, &ways, &health).await
        } else {
            bare(&provider).await
        };
        // The first few warm the connection up.
        if turn >= 20 {
            let (bare, routed) = if order {
                (first, second)
            } else {
                (second, first)
            };
            alone.push(bare);
            with_route.push(routed);
        }
    }
    let mut added: Vec<f64> = alone
        .iter()
        .zip(&with_route)
        .map(|(bare, routed)| (routed.as_secs_f64() - bare.as_secs_f64()) * 1e6)
        .collect();
    added.sort_by(f64::total_cmp);
    alone.sort();
    with_route.sort();
    println!("first token over loopback HTTP, {STREAMS} pairs, taking turns");
    println!(
        "  bare stream                 median {:.0} us",
        at(&alone, 0.5)
    );
    println!(
        "  planned, through the machine median {:.0} us",
        at(&with_route, 0.5)
    );
    println!(
        "  added, within each pair     median {:.0} us",
        added[added.len() / 2]
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    planning();
    first_token().await;
}
