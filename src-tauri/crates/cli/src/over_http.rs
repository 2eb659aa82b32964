//! Asking the copy of Patchbay that has the data folder, through its gateway.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use patchbay_engine::{SecretString, shown_once};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::arguments::{AskArguments, ModelsArguments, Shared};
use crate::failure::Failed;
use crate::interrupt::Interrupt;
use crate::listening::ListeningFile;
use crate::models;
use crate::table::{harmless, one_line};
use crate::terminal::Terminal;
use crate::{secret, session};

/// Loopback answers at once, or nobody is there.
const CONNECT: Duration = Duration::from_secs(5);

/// The most bytes of a line of a stream, and of a reply that is no stream.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A gateway, and the token for it.
struct There {
    address: SocketAddr,
    token: SecretString,
}

/// Finds the gateway of the one who has the folder.
fn find(shared: &Shared, token: Option<&str>, in_use: Failed) -> Result<There, Failed> {
    let folders = session::folders(shared)?;
    let Some(address) = ListeningFile::of(&folders.data).read() else {
        return Err(Failed::in_use(
            in_use.sentence(),
            format!(
                "Its gateway is off, so it cannot be asked. Switch it on in its settings, or: {}",
                in_use.advice()
            ),
        ));
    };
    let Some(variable) = token else {
        return Err(Failed::in_use(
            in_use.sentence(),
            format!(
                "Ask through its gateway at {address}: put the token of an app into an environment \
                 variable and name that with --token-from-env."
            ),
        ));
    };
    Ok(There {
        address,
        token: secret::from_environment(variable)?,
    })
}

impl There {
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, Failed> {
        let broken = |error: &dyn std::error::Error| {
            Failed::system(
                "The gateway of the other copy of Patchbay does not answer",
                error,
            )
        };
        let connecting = TcpStream::connect(self.address);
        let socket = tokio::time::timeout(CONNECT, connecting)
            .await
            .map_err(|error| broken(&error))?
            .map_err(|error| broken(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|error| broken(&error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the gateway broke");
            }
        });
        let mut token = HeaderValue::try_from(format!("Bearer {}", shown_once(&self.token).trim()))
            .map_err(|_| {
                Failed::usage(
                    "The token cannot be sent as it is.",
                    "Take it as \"patchbay app add\" printed it.",
                )
            })?;
        token.set_sensitive(true);
        let bytes = body.map(|body| Bytes::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, token)
            .header(CONTENT_TYPE, "application/json")
            .header("x-title", "patchbay ask")
            .body(Full::new(bytes.unwrap_or_default()))
            .map_err(|error| broken(&error))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| broken(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let text = whole(response).await.unwrap_or_default();
        let said = serde_json::from_str::<Value>(&text).ok();
        let words = said
            .as_ref()
            .and_then(|said| said["error"]["message"].as_str())
            .map_or_else(
                || format!("The gateway answers with status {status}."),
                one_line,
            );
        Err(Failed::new(words, ""))
    }
}

async fn whole(response: Response<Incoming>) -> Result<String, Failed> {
    let limited = http_body_util::Limited::new(response.into_body(), MOST_BYTES);
    let collected = limited
        .collect()
        .await
        .map_err(|error| Failed::system("The gateway's reply broke off", error.as_ref()))?;
    Ok(String::from_utf8_lossy(&collected.to_bytes()).into_owned())
}

/// An answer for scripts: the same fields as without a gateway, as far as it tells them.
#[derive(Debug, Serialize)]
struct AnswerReport {
    chat: Option<String>,
    run: Option<String>,
    text: String,
    status: &'static str,
    route: Option<String>,
    note: Option<String>,
    cost: CostReport,
    attempts: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct CostReport {
    usd: Option<String>,
    kind: String,
}

/// `patchbay ask` where the folder is in use.
pub(crate) async fn ask(
    shared: &Shared,
    arguments: &AskArguments,
    text: String,
    in_use: Failed,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let there = find(shared, arguments.through.token_from_env.as_deref(), in_use)?;
    if arguments.chat.is_some() {
        return Err(Failed::usage(
            "A chat cannot be gone on with through the gateway.",
            "Ask without --chat, or close the other copy of Patchbay.",
        ));
    }
    let model = match &arguments.model {
        Some(model) => model.clone(),
        None => first_name(&there).await?,
    };
    let mut messages = Vec::new();
    if !arguments.system.is_empty() {
        messages.push(json!({ "role": "system", "content": arguments.system }));
    }
    messages.push(json!({ "role": "user", "content": text }));
    let streams = !shared.json && (terminal.out_is_terminal() || arguments.stream);
    let mut body = json!({ "model": model, "messages": messages, "stream": streams });
    if let Some(temperature) = arguments.temperature {
        body["temperature"] = temperature.into();
    }
    if let Some(most) = arguments.max_tokens {
        body["max_tokens"] = most.into();
    }
    let mut interrupt = Interrupt::watch()?;
    let asked = async {
        let response = there
            .send(Method::POST, "/v1/chat/completions", Some(&body))
            .await?;
        if streams {
            return stream(response, terminal).await;
        }
        let text = whole(response).await?;
        let reply: Value = serde_json::from_str(&text)
            .map_err(|error| Failed::system("The gateway's reply cannot be read", &error))?;
        let words = reply["choices"][0]["message"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if shared.json {
            terminal.json(&report(words, &reply["patchbay"]))?;
        } else {
            terminal.print(&words)?;
            if !words.ends_with('\n') {
                terminal.print("\n")?;
            }
        }
        Ok(reply["patchbay"].clone())
    };
    // Hanging up cancels: the gateway stops what it asked and settles it.
    let told = tokio::select! {
        told = asked => told?,
        () = interrupt.told() => {
            return Err(Failed::new("The answer was stopped.", ""));
        }
    };
    if !shared.json && !arguments.quiet {
        terminal.note(&receipt_line(&told));
    }
    Ok(())
}

/// Prints words as they come, and returns what the gateway says of the answer.
async fn stream(response: Response<Incoming>, terminal: &mut Terminal) -> Result<Value, Failed> {
    let mut body = response.into_body();
    let mut pending: Vec<u8> = Vec::new();
    let mut told = Value::Null;
    let mut is_whole = false;
    let mut ends_with_line = true;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failed::system("The answer broke off", &error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        pending.extend_from_slice(&data);
        if pending.len() > MOST_BYTES {
            return Err(Failed::new("The gateway sends a line without an end.", ""));
        }
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let Some(data) = line.trim_end().strip_prefix("data:").map(str::trim) else {
                continue;
            };
            if data == "[DONE]" {
                is_whole = true;
                continue;
            }
            let Ok(chunk) = serde_json::from_str::<Value>(data) else {
                continue;
            };
            if let Some(message) = chunk["error"]["message"].as_str() {
                return Err(Failed::new(one_line(message), ""));
            }
            if !chunk["patchbay"].is_null() {
                told = chunk["patchbay"].clone();
            }
            if let Some(words) = chunk["choices"][0]["delta"]["content"].as_str()
                && !words.is_empty()
            {
                ends_with_line = words.ends_with('\n');
                if terminal.out_is_terminal() {
                    terminal.print(&harmless(words))?;
                } else {
                    terminal.print(words)?;
                }
            }
        }
    }
    if !ends_with_line {
        terminal.print("\n")?;
    }
    if !is_whole {
        return Err(Failed::new(
            "The answer broke off.",
            "What arrived stands above. Ask again.",
        ));
    }
    Ok(told)
}

fn report(text: String, told: &Value) -> AnswerReport {
    let word = |field: &str| told[field].as_str().map(str::to_owned);
    AnswerReport {
        chat: None,
        run: word("run"),
        text,
        status: "complete",
        route: None,
        note: word("note"),
        cost: CostReport {
            usd: told["cost_usd"]
                .as_f64()
                .map(|dollars| format!("{dollars:.9}")),
            kind: word("cost_kind").unwrap_or_else(|| "unknown".to_owned()),
        },
        attempts: told["attempts"]
            .as_array()
            .map(|attempts| attempts.iter().map(attempt).collect())
            .unwrap_or_default(),
    }
}

/// An attempt under the names that it has without a gateway.
fn attempt(told: &Value) -> Value {
    json!({
        "provider": told["provider"],
        "model": told["model"],
        "status": told["status"],
        "failure": told["failure"],
        "first_token_millis": told["first_token_ms"],
        "total_millis": told["total_ms"],
    })
}

fn receipt_line(told: &Value) -> String {
    let word = |field: &str| told[field].as_str().unwrap_or("?").to_owned();
    let attempts = told["attempts"].as_array().map_or(0, Vec::len);
    let cost = match told["cost_usd"].as_f64() {
        Some(dollars) => format!("${dollars:.6}"),
        None => "cost unknown".to_owned(),
    };
    let mut parts = vec![format!("{} by {}", word("model"), word("provider_name"))];
    if attempts > 1 {
        parts.push(format!("{attempts} attempts"));
    }
    parts.push(cost);
    parts.push("through the gateway of the copy that runs".to_owned());
    one_line(&parts.join(", "))
}

async fn list(there: &There) -> Result<Vec<Value>, Failed> {
    let response = there.send(Method::GET, "/v1/models", None).await?;
    let text = whole(response).await?;
    let reply: Value = serde_json::from_str(&text)
        .map_err(|error| Failed::system("The gateway's reply cannot be read", &error))?;
    let mut names = reply["data"].as_array().cloned().unwrap_or_default();
    // What answers no question.
    names.retain(|one| one["type"] != "embedding");
    Ok(names)
}

/// The first route that the app may ask, else the only model.
async fn first_name(there: &There) -> Result<String, Failed> {
    let names = list(there).await?;
    let is_route = |one: &&Value| one["owned_by"] == patchbay_engine::ROUTE_OWNER;
    let chosen = match (names.iter().find(is_route), names.as_slice()) {
        (Some(route), _) => Some(route),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    chosen
        .and_then(|one| one["id"].as_str())
        .map(str::to_owned)
        .ok_or_else(|| {
            Failed::usage(
                "Nobody is named, and there is no route.",
                "Name a model with --model.",
            )
        })
}

/// `patchbay models` where the folder is in use.
pub(crate) async fn models(
    shared: &Shared,
    arguments: &ModelsArguments,
    in_use: Failed,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let there = find(shared, arguments.through.token_from_env.as_deref(), in_use)?;
    let word = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let names = list(&there).await?;
    let rows = names.iter().map(|one| models::Row {
        is_route: one["owned_by"] == patchbay_engine::ROUTE_OWNER,
        name: word(one, "id"),
        title: word(one, "name"),
        maker: Some(word(one, "owned_by")),
        providers: None,
        ways: one["ways"].as_u64().unwrap_or_default(),
        context_length: one["context_length"].as_u64(),
        input_usd_per_million: None,
        output_usd_per_million: None,
        unavailable_because: None,
    });
    models::print(
        rows.collect(),
        arguments.search.as_deref(),
        shared.json,
        terminal,
    )
}
