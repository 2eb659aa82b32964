//! Ollama's own format.

use patchbay_domain::content::{JsonText, ReasoningEffort};
use patchbay_domain::{ChatRequest, Rates, StreamEvent, UnixMillis, WireFamily};
use patchbay_providers::Credential;
use serde_json::json;

use super::server::{Reply, Server};
use super::{KEY, ask, provider, question, text};

/// 2026-11-25 16:00, which is when the server says it is.
const SERVER_TIME: UnixMillis = UnixMillis(1_795_622_400_000);

fn ollama(base_url: &str) -> std::sync::Arc<dyn patchbay_domain::ModelProvider> {
    provider(WireFamily::Ollama, base_url, Credential::None)
}

fn answer(prompt_tokens: u64) -> Reply {
    let lines = [
        json!({ "model": "llama3.2", "message": { "role": "assistant", "content": "Yes." }, "done": false }),
        json!({ "model": "llama3.2", "message": { "role": "assistant", "content": "" }, "done": true,
            "done_reason": "stop", "prompt_eval_count": prompt_tokens, "eval_count": 2 }),
    ];
    Reply::ok(lines.map(|line| format!("{line}\n")).concat())
}

fn running(context_length: u64) -> Reply {
    let model = json!({ "name": "llama3.2:latest", "model": "llama3.2:latest", "context_length": context_length });
    Reply::ok(json!({ "models": [model] }).to_string())
}

fn long_question() -> ChatRequest {
    question("llama3.2", &"word ".repeat(8_000))
}

fn warnings(events: &[StreamEvent]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Warning { sentence } => Some(sentence.as_str()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_short_question_is_answered_and_nothing_else_is_asked() {
    let server = Server::start([("POST /api/chat", answer(5))]).await;
    let cloud = provider(
        WireFamily::Ollama,
        &server.base_url("/api"),
        Credential::Key(KEY.into()),
    );
    let (events, failed) = ask(&*cloud, question("llama3.2", "Hi")).await;
    assert_eq!((failed, text(&events).as_str()), (None, "Yes."));
    let [sent] = server.received().try_into().unwrap();
    let bearer = format!("Bearer {KEY}");
    assert_eq!(sent.header("authorization"), Some(bearer.as_str()));
    assert_eq!(sent.json()["messages"][0]["content"], "Hi");
}

#[tokio::test]
async fn a_prompt_that_was_cut_is_told_with_numbers() {
    let server = Server::start([
        ("POST /api/chat", answer(3_900)),
        ("GET /api/ps", running(4_096)),
    ])
    .await;
    let (events, failed) = ask(&*ollama(&server.base_url("")), long_question()).await;
    assert_eq!((failed, text(&events).as_str()), (None, "Yes."));
    let [said] = warnings(&events).try_into().unwrap();
    for number in ["4,096", "10,000", "3,900"] {
        assert!(said.contains(number), "{said}");
    }
    // Behind the reason and the counts an answer is over, and nobody listens.
    let place = |wanted: fn(&StreamEvent) -> bool| events.iter().position(wanted);
    let warned = place(|event| matches!(event, StreamEvent::Warning { .. }));
    let finished = place(|event| matches!(event, StreamEvent::Finished { .. }));
    assert!(warned < finished, "{events:?}");
}

#[tokio::test]
async fn a_prompt_that_fits_is_not_complained_about() {
    let server = Server::start([
        ("POST /api/chat", answer(8_004)),
        ("GET /api/ps", running(32_768)),
    ])
    .await;
    let (events, failed) = ask(&*ollama(&server.base_url("")), long_question()).await;
    assert_eq!((failed, warnings(&events)), (None, vec![]));
}

#[tokio::test]
async fn older_servers_are_asked_for_the_models_file_and_the_request_itself() {
    let loaded = r#"{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest"}]}"#;
    let server = Server::start([
        ("POST /api/chat", answer(2_000)),
        ("GET /api/ps", Reply::ok(loaded)),
        (
            "POST /api/show",
            Reply::ok(r#"{"parameters":"num_ctx    2048"}"#),
        ),
    ])
    .await;
    let provider = ollama(&server.base_url(""));
    let (events, _) = ask(&*provider, long_question()).await;
    assert!(warnings(&events)[0].contains("2,048"), "{events:?}");
    assert_eq!(
        server.received_for("POST /api/show")[0].json(),
        json!({ "model": "llama3.2" })
    );
    let chosen = ChatRequest {
        extra_body: Some(JsonText(r#"{"options":{"num_ctx":4096}}"#.to_owned())),
        ..long_question()
    };
    let (events, _) = ask(&*provider, chosen).await;
    assert!(warnings(&events)[0].contains("4,096"), "{events:?}");
}

#[tokio::test]
async fn an_answer_does_not_fail_because_nothing_is_said_of_the_room() {
    // Everything but the answer itself is not found.
    let server = Server::start([("POST /api/chat", answer(2_000))]).await;
    let (events, failed) = ask(&*ollama(&server.base_url("")), long_question()).await;
    assert_eq!((failed, text(&events).as_str()), (None, "Yes."));
    assert_eq!(warnings(&events), Vec::<&str>::new());
}

#[tokio::test]
async fn a_model_that_cannot_think_answers_without() {
    let refusal = r#"{"error":"\"llama3.2\" does not support thinking"}"#;
    let server = Server::start([
        ("POST /api/chat", Reply::refusal(400, refusal)),
        ("POST /api/chat", answer(5)),
    ])
    .await;
    let mut request = question("llama3.2", "Hi");
    request.parameters.reasoning_effort = Some(ReasoningEffort::High);
    let (events, failed) = ask(&*ollama(&server.base_url("")), request).await;
    assert_eq!((failed, text(&events).as_str()), (None, "Yes."));
    let [first, second] = server.received().try_into().unwrap();
    assert_eq!(first.json()["think"], true);
    assert_eq!(second.json().get("think"), None);
}

#[tokio::test]
async fn models_are_listed_with_what_each_says_of_itself() {
    let tags = json!({ "models": [
        { "name": "qwen3:8b", "model": "qwen3:8b", "details": { "quantization_level": "Q4_K_M" } },
        { "name": "gpt-oss:120b-cloud", "remote_host": "https://ollama.com:443",
          "capabilities": ["completion", "tools"], "details": { "context_length": 131_072 } },
    ] });
    let shown = json!({ "capabilities": ["completion", "thinking"], "model_info": { "qwen3.context_length": 40_960 } });
    let server = Server::start([
        ("GET /api/tags", Reply::ok(tags.to_string())),
        ("POST /api/show", Reply::ok(shown.to_string())),
    ])
    .await;
    let models = ollama(&server.base_url("")).list_models().await.unwrap();
    let [cloud, local] = models.try_into().unwrap();
    assert_eq!(
        server.received_for("POST /api/show").len(),
        1,
        "the other one says enough"
    );
    assert_eq!(local.context_length, Some(40_960));
    assert_eq!(local.quantization.as_deref(), Some("Q4_K_M"));
    assert_eq!(local.capabilities.reasoning, Some(true));
    let price = local.price.unwrap();
    assert_eq!(
        (price.rules[0].rates, price.tag.as_of),
        (Rates::FREE, SERVER_TIME)
    );
    assert_eq!(cloud.context_length, Some(131_072));
    assert_eq!((cloud.price, cloud.is_chat), (None, Some(true)));
}

#[tokio::test]
async fn a_list_does_not_fail_because_one_model_says_nothing() {
    let tags = r#"{"models":[{"name":"a"}]}"#;
    let server = Server::start([
        ("GET /api/tags", Reply::ok(tags)),
        (
            "POST /api/show",
            Reply::refusal(500, r#"{"error":"broken"}"#),
        ),
    ])
    .await;
    let models = ollama(&server.base_url("/v1")).list_models().await.unwrap();
    assert_eq!((models.len(), models[0].context_length), (1, None));
}

#[tokio::test]
async fn another_server_at_the_address_is_told() {
    let server = Server::start([("GET /api/tags", Reply::ok("{\"object\":\"list\"}"))]).await;
    let failure = ollama(&server.base_url(""))
        .list_models()
        .await
        .unwrap_err();
    assert_eq!(
        failure.class,
        patchbay_domain::FailureClass::UnexpectedContent
    );
}
