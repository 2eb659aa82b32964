//! The scripted provider over real sockets: keys, lists, balances, tokens, the bill.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use patchbay_testkit::scripted::BASES;
use patchbay_testkit::{ScriptedModel, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

mod routing;
mod transfer;

const CHAT: &str = "/v1/chat/completions";
const GEMINI: &str = "/v1beta/models/answer:generateContent";
const VERTEX: &str =
    "/v1/projects/p/locations/global/publishers/google/models/answer:generateContent";
/// Everything that any family needs, for the model `answer`.
const ASKED: &str = r#"{"model":"answer","stream":false,"max_tokens":9,"messages":[{"role":"user","content":"Hello there"}],
"input":"Hello there","contents":[{"role":"user","parts":[{"text":"Hello there"}]}]}"#;

/// One request on a connection of its own: the status and the body.
fn send(
    server: &ScriptedProvider,
    method: &str,
    path: &str,
    header: &str,
    body: &str,
) -> (u16, String) {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    let header = if header.is_empty() {
        String::new()
    } else {
        format!("{header}\r\n")
    };
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.0\r\nhost: localhost\r\n{header}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn get(server: &ScriptedProvider, path: &str, header: &str) -> Value {
    let (status, body) = send(server, "GET", path, header, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn status(server: &ScriptedProvider, path: &str, header: &str) -> u16 {
    send(server, "POST", path, header, ASKED).0
}

fn start(options: ScriptedOptions) -> ScriptedProvider {
    ScriptedProvider::start_with(options).unwrap()
}

#[test]
fn a_key_counts_only_where_its_family_carries_it() {
    let server = start(ScriptedOptions {
        expected_key: Some("sk-one".to_owned()),
        expected_keys: vec!["sk-two".to_owned()],
        ..ScriptedOptions::default()
    });
    for (path, name, elsewhere, refused) in [
        (CHAT, "authorization: Bearer ", "x-api-key: ", 401),
        (
            "/v1/responses",
            "authorization: Bearer ",
            "x-api-key: ",
            401,
        ),
        ("/v1/messages", "x-api-key: ", "authorization: Bearer ", 401),
        // Google AI Studio calls a wrong key an invalid argument.
        (GEMINI, "x-goog-api-key: ", "authorization: Bearer ", 400),
        (VERTEX, "authorization: Bearer ", "x-goog-api-key: ", 401),
        ("/api/chat", "authorization: Bearer ", "x-api-key: ", 401),
        (
            "/openrouter/api/v1/chat/completions",
            "authorization: Bearer ",
            "x-api-key: ",
            401,
        ),
    ] {
        for key in ["sk-one", "sk-two"] {
            assert_eq!(
                status(&server, path, &format!("{name}{key}")),
                200,
                "{path}"
            );
        }
        assert_eq!(
            status(&server, path, &format!("{name}sk-three")),
            refused,
            "{path}"
        );
        assert_eq!(
            status(&server, path, &format!("{elsewhere}sk-one")),
            refused,
            "{path}"
        );
        assert_eq!(status(&server, path, ""), refused, "{path}");
    }
    let in_address = format!("{GEMINI}?key=sk-one");
    assert_eq!(status(&server, &in_address, ""), 400);
    assert_eq!(server.requests().last().unwrap().query, "key=sk-one");
    assert_eq!(server.requests().last().unwrap().key(), None);
}

#[test]
fn a_keys_text_says_its_trouble() {
    let server = start(ScriptedOptions {
        expected_key: Some("sk-good".to_owned()),
        ..ScriptedOptions::default()
    });
    for (key, answers, lists) in [
        ("sk-empty-1", 402, 200),
        ("sk-busy-1", 429, 200),
        ("sk-barred-1", 403, 403),
        ("sk-wrong-1", 401, 401),
        ("sk-other", 401, 401),
        ("sk-good", 200, 200),
    ] {
        let header = format!("authorization: Bearer {key}");
        assert_eq!(status(&server, CHAT, &header), answers, "{key}");
        let (listed, _) = send(&server, "GET", "/v1/models", &header, "");
        assert_eq!(listed, lists, "{key}");
        let (ours, _) = send(
            &server,
            "POST",
            "/v1/messages",
            &format!("x-api-key: {key}"),
            ASKED,
        );
        assert_eq!(ours, answers, "{key}");
    }
    let empty = get(
        &server,
        "/openrouter/api/v1/key",
        "authorization: Bearer sk-empty-1",
    );
    assert_eq!(empty["data"]["limit_remaining"], 0.0);
}

#[test]
fn lists_have_the_shape_of_their_family_and_its_pages() {
    let server = start(ScriptedOptions {
        models: vec![
            ScriptedModel::new("deepseek/deepseek-chat", "usage-cached")
                .priced("0.00000028", "0.00000042"),
        ],
        list_size: 2_500,
        ..ScriptedOptions::default()
    });
    let id = "deepseek/deepseek-chat";
    let openai = get(&server, "/v1/models", "");
    assert_eq!(openai["data"][0]["id"], id);
    assert!(openai["data"].as_array().unwrap().len() > 2_500);

    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let path = format!("/v1/models?limit=1000{after}");
        let page = get(&server, &path, "anthropic-version: 2023-06-01");
        seen += page["data"].as_array().unwrap().len();
        if page["has_more"] == false {
            break;
        }
        after = format!("&after_id={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(seen, openai["data"].as_array().unwrap().len());

    for (path, name, prefix) in [
        ("/v1beta/models", "models", "models/"),
        (
            "/v1beta1/publishers/google/models",
            "publisherModels",
            "publishers/google/models/",
        ),
    ] {
        let first = get(&server, path, "");
        assert_eq!(first[name].as_array().unwrap().len(), 50);
        assert_eq!(first[name][0]["name"], format!("{prefix}{id}"));
        let second = get(&server, &format!("{path}?pageSize=2&pageToken=50"), "");
        assert_eq!(second[name].as_array().unwrap().len(), 2);
        assert_eq!(second["nextPageToken"], "52");
        let last = get(&server, &format!("{path}?pageToken={}", seen - 1), "");
        assert!(last["nextPageToken"].is_null());
    }

    assert_eq!(get(&server, "/api/tags", "")["models"][0]["name"], id);
    let together = get(&server, "/together/v1/models", "");
    assert_eq!(together[0]["pricing"]["input"], 0.28);
    let routed = get(&server, "/openrouter/api/v1/models", "");
    assert_eq!(routed["data"][0]["pricing"]["prompt"], "0.00000028");
    let all = routed["data"].as_array().unwrap();
    assert!(
        all.iter()
            .all(|model| model["id"].as_str().unwrap().contains('/'))
    );
    let hosts = get(
        &server,
        "/openrouter/api/v1/models/scripted/answer/endpoints",
        "",
    );
    assert_eq!(
        hosts["data"]["endpoints"][0]["pricing"]["prompt"],
        "0.0000025"
    );
}

#[test]
fn what_is_finished_is_billed_and_what_it_costs_is_told() {
    let server = start(ScriptedOptions {
        models: vec![ScriptedModel::new("acme/large", "usage-cached").priced("0.00001", "0.0001")],
        ..ScriptedOptions::default()
    });
    let ask = |model: &str| {
        let body = ASKED.replace("answer", model);
        let path = "/openrouter/api/v1/chat/completions";
        send(
            &server,
            "POST",
            path,
            "authorization: Bearer sk-or-v1-abcd",
            &body,
        )
    };
    let (_, body) = ask("acme/large");
    let answer: Value = serde_json::from_str(&body).unwrap();
    // 1,000 and 5 tokens.
    assert_eq!(answer["usage"]["cost"], 0.0105);
    assert_eq!(answer["provider"], "DeepInfra");
    assert_eq!(
        answer["usage"]["prompt_tokens_details"]["cache_write_tokens"],
        50
    );
    for unfinished in ["cut-after-3", "error-in-stream", "402", "empty-stop"] {
        ask(unfinished);
    }
    let [billed] = server.bill().try_into().unwrap();
    assert_eq!(billed.model, "acme/large");
    assert_eq!(billed.key_ending.as_deref(), Some("abcd"));
    assert_eq!(
        (billed.input, billed.cache_read, billed.cache_write),
        (100, 850, 50)
    );
    assert_eq!((billed.output, billed.cost.as_deref()), (5, Some("0.0105")));
}

#[test]
fn tokens_for_vertex_are_made_for_assertions_and_can_be_revoked() {
    let server = start(ScriptedOptions {
        token_seconds: Some(60),
        ..ScriptedOptions::default()
    });
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c";
    let form = "content-type: application/x-www-form-urlencoded";
    let token = || {
        let (status, body) = send(&server, "POST", "/token", form, grant);
        assert_eq!(status, 200);
        let token: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(token["expires_in"], 60);
        format!(
            "authorization: Bearer {}",
            token["access_token"].as_str().unwrap()
        )
    };
    let first = token();
    assert_eq!(status(&server, VERTEX, &first), 200);
    assert_eq!(
        status(&server, VERTEX, "authorization: Bearer made-up"),
        401
    );
    server.revoke_tokens();
    assert_eq!(status(&server, VERTEX, &first), 401);
    let second = token();
    assert_ne!(first, second);
    assert_eq!(status(&server, VERTEX, &second), 200);
    assert_eq!(server.assertions(), ["a.b.c", "a.b.c"]);
    // Other families do not care.
    assert_eq!(status(&server, CHAT, "authorization: Bearer sk-any"), 200);
    for odd in [
        "grant_type=password",
        "grant_type=refresh_token",
        &grant.replace("a.b.c", "a"),
    ] {
        assert_eq!(send(&server, "POST", "/token", form, odd).0, 400, "{odd}");
    }
}

#[test]
fn balances_and_ollamas_pages() {
    let server = start(ScriptedOptions {
        balance: Some("7.5".to_owned()),
        ..ScriptedOptions::default()
    });
    let key = get(
        &server,
        "/openrouter/api/v1/key",
        "authorization: Bearer sk-or-v1-1",
    );
    assert_eq!(key["data"]["limit_remaining"], 7.5);
    let balance = get(
        &server,
        "/deepseek/user/balance",
        "authorization: Bearer sk-1",
    );
    assert_eq!(balance["balance_infos"][0]["total_balance"], "7.5");
    assert_eq!(status(&server, "/deepseek/user/balance", ""), 405);
    let (_, nano) = send(
        &server,
        "POST",
        "/nanogpt/api/check-balance",
        "x-api-key: k",
        "",
    );
    assert_eq!(
        serde_json::from_str::<Value>(&nano).unwrap()["usd_balance"],
        "7.5"
    );

    assert_eq!(get(&server, "/api/version", "")["version"], "0.30.1");
    let (_, show) = send(&server, "POST", "/api/show", "", r#"{"model":"reasoning"}"#);
    let show: Value = serde_json::from_str(&show).unwrap();
    assert_eq!(show["model_info"]["scripted.context_length"], 8_192);
    assert_eq!(show["capabilities"], json!(["completion", "thinking"]));
    assert_eq!(
        send(&server, "POST", "/api/show", "", r#"{"model":"none"}"#).0,
        404
    );
    let prompt = "word ".repeat(5_000);
    let asked = |options: &str| {
        let body = format!(
            r#"{{"model":"answer","stream":false{options},"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
        );
        let (_, body) = send(&server, "POST", "/api/chat", "", &body);
        serde_json::from_str::<Value>(&body).unwrap()["prompt_eval_count"].clone()
    };
    // More than fits is cut off without a word.
    assert_eq!(asked(""), 4_096);
    assert_eq!(asked(r#","options":{"num_ctx":16000}"#), 5_000);
    assert_eq!(get(&server, "/api/ps", "")["models"][0]["name"], "answer");
    // One of them takes nothing but the prompt.
    let (status, _) = send(&server, "POST", "/v1/messages/count_tokens", "", ASKED);
    assert_eq!(status, 400);
    let prompt = ASKED.replace(r#""stream":false,"max_tokens":9,"#, "");
    for (path, name, body) in [
        ("/v1/messages/count_tokens", "input_tokens", prompt.as_str()),
        ("/v1beta/models/answer:countTokens", "totalTokens", ASKED),
    ] {
        let (_, counted) = send(&server, "POST", path, "", body);
        // Three prompts of two words each.
        assert_eq!(
            serde_json::from_str::<Value>(&counted).unwrap()[name],
            6,
            "{path}"
        );
    }
}

#[test]
fn every_base_leads_somewhere() {
    let server = ScriptedProvider::start().unwrap();
    for (name, base) in BASES {
        let list = if base.is_empty() {
            "/api/tags"
        } else {
            "/models"
        };
        let url = server.url(&format!("{base}{list}"));
        let path = url.split_once(&server.address().to_string()).unwrap().1;
        assert_eq!(send(&server, "GET", path, "", "").0, 200, "{name}");
    }
    for family in ["/v1/messages", "/v1/responses", GEMINI, "/api/chat"] {
        assert_eq!(send(&server, "POST", family, "", "{}").0, 400, "{family}");
    }
}
