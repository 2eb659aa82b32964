//! The sixteen faults through the gateway, as a client sees them: every one in each shape, piece by
//! piece and whole. The report is printed: run it with `--no-capture`.

use std::fmt::Write as _;

use patchbay_domain::route::{Route, RouteEntry};
use patchbay_domain::run::Limits;
use patchbay_domain::{AppRules, Endpoint};
use patchbay_gateway::GatewayOptions;
use patchbay_testkit::{QUICK_FAULTS, ScriptedModel, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::client::{Call, Reply};
use crate::support::{Bench, add_provider};

/// A model whose context is larger than the one that refuses.
const LARGE: &str = "large-context";

/// Between what the quick faults do (2 and 3 s) and what an answer takes on a busy machine.
const LATE_MILLIS: u64 = 1_300;

/// How a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    ChatWhole,
    ChatStream,
    ChatHeld,
    MessagesStream,
    ResponsesStream,
}

const ALL: [Asks; 5] = [
    Asks::ChatWhole,
    Asks::ChatStream,
    Asks::ChatHeld,
    Asks::MessagesStream,
    Asks::ResponsesStream,
];

impl Asks {
    fn name(self) -> &'static str {
        match self {
            Self::ChatWhole => "chat, whole",
            Self::ChatStream => "chat, stream",
            Self::ChatHeld => "chat, held back",
            Self::MessagesStream => "messages, stream",
            Self::ResponsesStream => "responses, stream",
        }
    }

    /// What was given out cannot be taken back.
    fn is_final(self) -> bool {
        matches!(
            self,
            Self::ChatStream | Self::MessagesStream | Self::ResponsesStream
        )
    }

    fn call(self, model: &str, token: &str) -> Call {
        let messages = json!([{ "role": "user", "content": "Hello there" }]);
        let call = match self {
            Self::ChatWhole => Call::post(
                "/v1/chat/completions",
                &json!({ "model": model, "messages": messages }),
            ),
            Self::ChatStream | Self::ChatHeld => Call::post(
                "/v1/chat/completions",
                &json!({ "model": model, "messages": messages, "stream": true }),
            ),
            Self::MessagesStream => Call::post(
                "/v1/messages",
                &json!({
                    "model": model, "messages": messages, "stream": true, "max_tokens": 1_000,
                }),
            ),
            Self::ResponsesStream => Call::post(
                "/v1/responses",
                &json!({ "model": model, "input": "Hello there", "stream": true }),
            ),
        };
        let held = if self == Self::ChatHeld {
            "true"
        } else {
            "false"
        };
        call.token(token).header("X-Patchbay-Hold-Back", held)
    }
}

/// What a client makes of a reply.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    text: String,
    /// It ended in the way in which answers of this shape end.
    is_whole: bool,
    /// It was told of an error, by a status or in the stream.
    has_error: bool,
}

fn seen(asks: Asks, reply: &Reply) -> Seen {
    if reply.status != 200 {
        return Seen {
            text: String::new(),
            is_whole: false,
            has_error: reply.json()["error"]["message"].is_string(),
        };
    }
    if asks == Asks::ChatWhole {
        let body = reply.json();
        return Seen {
            text: body["choices"][0]["message"]["content"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            is_whole: body["choices"][0]["finish_reason"] == "stop",
            has_error: false,
        };
    }
    let mut seen = Seen {
        text: String::new(),
        is_whole: false,
        has_error: false,
    };
    for (name, data) in reply.events() {
        if data == "[DONE]" {
            seen.is_whole = true;
            continue;
        }
        let event: Value = serde_json::from_str(&data).unwrap();
        let piece = match asks {
            Asks::MessagesStream => &event["delta"]["text"],
            Asks::ResponsesStream if name.as_deref() == Some("response.output_text.delta") => {
                &event["delta"]
            }
            Asks::ResponsesStream => &Value::Null,
            _ => &event["choices"][0]["delta"]["content"],
        };
        seen.text.push_str(piece.as_str().unwrap_or_default());
        seen.has_error |= event["error"]["message"].is_string();
        match name.as_deref() {
            Some("message_stop" | "response.completed") => seen.is_whole = true,
            Some("response.failed") => seen.has_error = true,
            _ => {}
        }
    }
    seen
}

/// A fault with counters of its own, so that "once" is once for every client.
fn name(asks: Asks, number: u8, fault: &str) -> String {
    let label = asks.name().replace([',', ' '], "");
    format!("{fault}:{label}-{number}")
}

async fn bench() -> Bench {
    // What is on no list is never asked by a route.
    let labelled = ALL.into_iter().flat_map(|asks| {
        QUICK_FAULTS
            .iter()
            .map(move |(number, fault, _)| name(asks, *number, fault))
    });
    let others = QUICK_FAULTS.iter().map(|(_, _, other)| (*other).to_owned());
    let server = ScriptedProvider::start_with(ScriptedOptions {
        more_models: labelled.chain(others).collect(),
        models: vec![ScriptedModel {
            context_length: 1_000_000,
            ..ScriptedModel::new(LARGE, "answer")
        }],
        ..ScriptedOptions::default()
    })
    .unwrap();
    Bench::behind(server, AppRules::default(), GatewayOptions::default()).await
}

/// The route of one fault: its way in, and one that answers.
async fn route(bench: &Bench, name: &str, fault: &str, other: (&str, &str)) {
    let first = Endpoint {
        provider: bench.provider.clone(),
        model: fault.to_owned(),
    };
    let (provider, model) = other;
    let second = Endpoint {
        provider: patchbay_domain::ProviderId::new(provider),
        model: model.to_owned(),
    };
    let entries = [first, second].map(|endpoint| RouteEntry::Endpoint { endpoint });
    let mut route = Route::new(bench.engine.new_route_id(), name, entries.to_vec());
    route.limits = Limits {
        first_token_millis: LATE_MILLIS,
        silence_millis: LATE_MILLIS,
        ..Limits::ROUTE
    };
    bench.engine.save_route(route).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_faults_as_a_client_sees_them() {
    let bench = bench().await;
    let other = add_provider(&bench.engine, "Second", &bench.server.base_url(), None).await;
    let whole = {
        let model = format!("{}/answer", other.as_str());
        let reply = Asks::ChatWhole
            .call(&model, &bench.token)
            .send(bench.address())
            .await;
        seen(Asks::ChatWhole, &reply).text
    };
    assert!(!whole.is_empty());
    let mut report = String::from("\nThe sixteen faults through the gateway\n");
    let mut wrong = Vec::new();
    for asks in ALL {
        let mut line = String::new();
        for (number, fault, _) in QUICK_FAULTS {
            let fault = name(asks, number, fault);
            let label = format!("{number} {}", asks.name());
            let model = if number == 12 { LARGE } else { "answer" };
            route(&bench, &label, &fault, (other.as_str(), model)).await;
            let reply = asks.call(&label, &bench.token).send(bench.address()).await;
            let seen = seen(asks, &reply);
            let is_half = [8, 9, 10, 14].contains(&number) && asks.is_final();
            let was_asked = bench
                .server
                .chat_requests()
                .iter()
                .any(|request| request.model() == fault);
            assert!(
                was_asked,
                "{fault} was never asked: {}",
                bench.left_out().await
            );
            let verdict = if seen.is_whole && !seen.has_error && seen.text == whole {
                "pass"
            } else if is_half && seen.has_error && !seen.is_whole {
                // Half an answer was given out; the client is told that it is one.
                "safe"
            } else {
                wrong.push(format!(
                    "{} {number} {fault}: {} {seen:?}",
                    asks.name(),
                    reply.status
                ));
                "FAIL"
            };
            let _ = write!(line, "{number:>4} {verdict}");
        }
        let _ = writeln!(report, "{:<18}{line}", asks.name());
    }
    println!("{report}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
