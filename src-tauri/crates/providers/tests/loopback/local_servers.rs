//! Finding the servers that run on this computer, and nothing else.

use std::net::Ipv6Addr;

use patchbay_providers::local_servers::{LocalServer, find_local_servers_at};

use super::http;
use super::server::{Answer, Asked, Server, json};

const OPENAI_LIST: &str =
    r#"{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}]}"#;

fn nothing() -> Answer {
    json(404, r#"{"error":"not found"}"#)
}

fn ollama(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/version" => json(200, r#"{"version":"0.13.0"}"#),
        "/api/tags" => json(
            200,
            r#"{"models":[{"name":"qwen3:8b","model":"qwen3:8b"}]}"#,
        ),
        "/v1/models" => json(
            200,
            r#"{"object":"list","data":[{"id":"qwen3:8b","owned_by":"library"}]}"#,
        ),
        _ => nothing(),
    }
}

/// Answers some of Ollama's questions too.
fn llama_cpp(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/props" => json(
            200,
            r#"{"default_generation_settings":{"n_ctx":4096},"total_slots":1,"model_path":"m.gguf"}"#,
        ),
        "/api/tags" => json(200, r#"{"models":[{"name":"m"}]}"#),
        "/v1/models" => json(
            200,
            r#"{"object":"list","models":[{"name":"m"}],"data":[{"id":"m","owned_by":"llamacpp"}]}"#,
        ),
        _ => nothing(),
    }
}

/// Answers what it does not know with 200.
fn lm_studio(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/v0/models" => json(
            200,
            r#"{"object":"list","data":[
                {"id":"qwen","type":"llm","state":"not-loaded"},
                {"id":"nomic","type":"embeddings","state":"not-loaded"}]}"#,
        ),
        _ => json(200, r#"{"error":"Unexpected endpoint or method."}"#),
    }
}

/// The newer version, without the older list.
fn newer_lm_studio(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/v1/models" => json(
            200,
            r#"{"models":[
                {"type":"llm","publisher":"qwen","key":"qwen/qwen3-8b","loaded_instances":[]},
                {"type":"embedding","key":"nomic","loaded_instances":[]}]}"#,
        ),
        _ => json(200, r#"{"error":"Unexpected endpoint or method."}"#),
    }
}

fn vllm(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/v1/models" => json(200, OPENAI_LIST),
        "/version" => json(200, r#"{"version":"0.12.0"}"#),
        _ => nothing(),
    }
}

/// Wants a key for all but its own description.
fn jan(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/openapi.json" => json(200, r#"{"info":{"title":"Jan API Server Endpoints"}}"#),
        _ => json(401, "{}"),
    }
}

fn litellm(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/health/liveliness" => json(200, r#""I'm alive!""#),
        "/openapi.json" => json(200, r#"{"info":{"title":"LiteLLM API"}}"#),
        _ => json(401, r#"{"error":{"message":"No api key passed in."}}"#),
    }
}

/// The same without a master key.
fn open_litellm(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/health/liveliness" => json(200, r#""I'm alive!""#),
        "/v1/models" => json(
            200,
            r#"{"data":[{"id":"openai/*","object":"model","owned_by":"openai"},{"id":"smart","object":"model","owned_by":"openai"}],"object":"list"}"#,
        ),
        _ => nothing(),
    }
}

async fn found(server: &Server) -> Vec<LocalServer> {
    find_local_servers_at(&http(), &[server.port]).await
}

#[tokio::test]
async fn each_server_is_told_by_its_own_replies() {
    type Reply = fn(&Asked) -> Answer;
    for (answer, id, path, models) in [
        (ollama as Reply, "ollama", "", vec!["qwen3:8b"]),
        (llama_cpp, "llama_cpp", "/v1", vec!["m"]),
        (lm_studio, "lm_studio", "/v1", vec!["qwen"]),
        (newer_lm_studio, "lm_studio", "/v1", vec!["qwen/qwen3-8b"]),
        (vllm, "vllm", "/v1", vec!["m"]),
        (jan, "jan", "/v1", vec![]),
        (litellm, "litellm", "/v1", vec![]),
        (open_litellm, "litellm", "/v1", vec!["smart"]),
    ] {
        let server = Server::start(answer).await;
        let found = found(&server).await;
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!(found[0].preset_id, id);
        assert_eq!(found[0].base_url.to_string(), server.base(path), "{id}");
        assert_eq!(found[0].models, models, "{id}");
        assert!(
            server
                .asked()
                .iter()
                .all(|asked| asked.method == "GET" && !asked.has_key())
        );
        assert!(
            server
                .asked()
                .iter()
                .all(|asked| !asked.headers.contains("authorization"))
        );
    }
}

/// Started with a key, llama.cpp's server hands out neither its properties nor its list.
#[tokio::test]
async fn a_server_that_wants_a_key_for_everything_is_told_by_its_signature() {
    let refuse = |_: &Asked| {
        json(
            401,
            r#"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#,
        )
    };
    let server = Server::start_as("llama.cpp", refuse).await;
    let offered = found(&server).await;
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].preset_id, "llama_cpp");
    assert_eq!(offered[0].models, Vec::<String>::new());
    let other = Server::start_as("nginx", refuse).await;
    assert_eq!(found(&other).await, []);
}

#[tokio::test]
async fn something_else_on_the_port_is_not_offered() {
    for body in [
        "<html>A router's page</html>",
        "{}",
        "[]",
        "null",
        r#"{"version":"1.0"}"#,
        r#"{"models":[]}"#,
        r#"{"object":"list","models":[{"key":"a"}]}"#,
        r#"{"status":"ok","data":[]}"#,
        r#"{"object":"list","data":[{"id":"m","owned_by":"openai"}]}"#,
        r#"{"info":{"title":"My own service"}}"#,
        "\"OK\"",
    ] {
        let server = Server::start(move |_| json(200, body)).await;
        assert_eq!(found(&server).await, [], "{body}");
    }
    let server = Server::start(|_| nothing()).await;
    assert_eq!(found(&server).await, []);
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let other = Server::start(ollama).await;
    let target = other.base("/api/version");
    let server = Server::start(move |_| json(302, &target)).await;
    assert_eq!(found(&server).await, []);
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_reply_without_end_is_given_up() {
    let long = format!(r#"{{"models":"{}"}}"#, "x".repeat(2 * 1024 * 1024));
    let server = Server::start(move |_| json(200, &long)).await;
    assert_eq!(found(&server).await, []);
}

#[tokio::test]
async fn several_are_found_in_the_order_of_the_ports_and_silent_ports_cost_nothing() {
    let (first, second) = (Server::start(vllm).await, Server::start(ollama).await);
    // Nobody has had a service at this port for decades.
    let ports = [second.port, 1, first.port];
    let found = find_local_servers_at(&http(), &ports).await;
    let ids: Vec<_> = found.iter().map(|server| server.preset_id).collect();
    assert_eq!(ids, ["ollama", "vllm"]);
}

#[tokio::test]
async fn a_server_that_knows_only_the_newer_protocol_is_found() {
    // Not every machine has it.
    let Ok(server) = Server::start_at(Ipv6Addr::LOCALHOST.into(), ollama).await else {
        return;
    };
    let found = found(&server).await;
    assert_eq!(
        found[0].base_url.to_string(),
        format!("http://[::1]:{}", server.port)
    );
}
