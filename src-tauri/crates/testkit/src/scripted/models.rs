//! The names, and what each one does.
//!
//! Any name may carry `:label`, which keeps its counters and its waits apart from those of the same
//! name without it, and `@20`, which puts 20 ms between its tokens: `drip:second`, `count-to-50@20`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::request::RecordedRequest;
use super::script::{ChunkWriter, Reply, Script, Step, done, error, event, usage};
use super::texts;

/// Every name with what it does; `N` stands for a number. The list of models gives these names, with
/// a number filled in.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("answer", "two sentences, with usage where it was asked for"),
    ("echo", "the last message, word by word"),
    ("count-to-N", "the numbers 1 to N, one token each"),
    ("tokens-N", "N tokens of filler"),
    (
        "markdown",
        "a long markdown answer with code, a table and tasks",
    ),
    (
        "hostile-html",
        "scripts, event handlers and tracking pixels as text",
    ),
    (
        "unicode",
        "many scripts, with every byte in a chunk of its own",
    ),
    (
        "reasoning",
        "thinking in `reasoning_content`, then an answer, counted apart",
    ),
    (
        "reasoning-only",
        "thinking, and a finish reason without any answer",
    ),
    ("usage-cached", "most of the prompt read from the cache"),
    ("usage-cumulative", "usage in every chunk, growing"),
    (
        "cost",
        "OpenRouter's usage with a cost, a host behind it and a comment before it",
    ),
    ("tool-call", "a call of a tool instead of text"),
    (
        "content-filter",
        "half an answer, ended by the provider's filter",
    ),
    ("length", "an answer that ran into its limit"),
    (
        "not-streamed",
        "one JSON object, although a stream was asked for",
    ),
    (
        "drip",
        "the numbers 1 to 20, each held until it is released",
    ),
    (
        "slow-first-token",
        "headers at once, the first token held (20 s)",
    ),
    ("slow-headers", "everything held (20 s), then an answer"),
    ("silent", "accepts the request and never answers"),
    (
        "stall-after-N",
        "N of N+20 tokens, then silence (30 s), then the connection closes",
    ),
    (
        "cut-after-N",
        "N of N+20 tokens, then the connection breaks",
    ),
    (
        "end-after-N",
        "N of N+20 tokens, then a proper end of the transfer without a finish reason",
    ),
    ("reset", "breaks the connection before any byte"),
    ("reset-then-ok", "`reset` once, then an answer"),
    ("429-then-ok", "429 once, without a delay, then an answer"),
    (
        "429-retry-after",
        "429 with `Retry-After: 2` once, then an answer",
    ),
    (
        "429-in-body",
        "429 with the delay only in the body, once, then an answer",
    ),
    ("429-day", "429 with a Retry-After of 24 hours, for ever"),
    ("429-for-ever", "429 without a delay, for ever"),
    (
        "no-balance-429",
        "429 with code 1113: no balance, waiting does not help",
    ),
    ("400", "a request that is refused"),
    ("401", "a key that is not accepted"),
    ("402", "no credit left"),
    ("403", "a key that may not do this"),
    ("404-model", "the model is not known"),
    ("404-html", "a web server's own page for a wrong address"),
    ("500", "an internal error, for ever"),
    ("500-then-ok", "500 once, then an answer"),
    ("503", "no capacity, for ever"),
    (
        "503-until-recovered",
        "no capacity until the test says otherwise",
    ),
    ("529", "overloaded, as Anthropic says it"),
    ("html-200", "a sign-in page with status 200"),
    ("html-502", "a proxy's error page"),
    ("redirect", "a redirect to another host"),
    ("key-echo", "an error that repeats the Authorization header"),
    (
        "not-json-event",
        "an answer with one event that is not JSON",
    ),
    ("invalid-utf8", "an answer with one event of broken UTF-8"),
    ("long-line", "an event of 10 MB in one line"),
    ("endless", "the same token for as long as anybody listens"),
    ("no-done", "a complete stream without `[DONE]`"),
    (
        "keeps-open",
        "a complete stream after which the connection stays open",
    ),
    ("empty-stop", "finish reason stop, no text, no usage"),
    ("empty-body", "status 200 and not a single byte"),
    (
        "error-in-stream",
        "half an answer, then an error in the stream",
    ),
    ("error-first", "status 200, and an error as the first event"),
    ("no-choices", "chunks with empty choices and with none"),
    ("context-too-long", "400 context_length_exceeded"),
    ("content-policy", "400 content_policy_violation"),
    (
        "refuses-prefill",
        "400 where the last message is the assistant's, else an answer",
    ),
    (
        "no-stream-options",
        "400 where `stream_options` is sent, else an answer without usage",
    ),
    (
        "max-completion-tokens-only",
        "400 where `max_tokens` is sent, else an answer",
    ),
];

/// The sixteen faults that routers are judged by, in their order: (number, primary, fallback).
pub const FAULTS: [(u8, &str, &str); 16] = [
    (1, "429-retry-after", "answer"),
    (2, "429-for-ever", "answer"),
    (3, "500-then-ok", "answer"),
    (4, "503", "answer"),
    (5, "reset-then-ok", "answer"),
    (6, "silent", "answer"),
    (7, "slow-first-token", "answer"),
    (8, "cut-after-40", "answer"),
    (9, "stall-after-20", "answer"),
    (10, "not-json-event", "answer"),
    (11, "no-done", "answer"),
    (12, "context-too-long", "answer"),
    (13, "content-policy", "answer"),
    (14, "cut-after-40", "refuses-prefill"),
    (15, "503-until-recovered", "answer"),
    (16, "503", "answer"),
];

const SLOW: Duration = Duration::from_secs(20);
const STALL: Duration = Duration::from_secs(30);
const LONG_LINE_BYTES: usize = 10_000_000;

/// What the reply depends on besides the request itself.
#[derive(Clone, Debug)]
pub(super) struct Circumstances {
    /// Requests for the same model before this one.
    pub(super) earlier: usize,
    pub(super) has_recovered: bool,
    pub(super) redirect_to: String,
}

/// The name without `:label` and `@pace`.
pub(super) fn base_name(model: &str) -> &str {
    model.split([':', '@']).next().unwrap_or(model)
}

/// Milliseconds between tokens, where the name asks for a pace of its own.
pub(super) fn pace(model: &str) -> Option<Duration> {
    let (_, pace) = model.rsplit_once('@')?;
    pace.parse().ok().map(Duration::from_millis)
}

/// The names for the list of models.
pub(super) fn list() -> Value {
    let ids = DOCUMENTED.iter().map(|(name, _)| match *name {
        "count-to-N" => "count-to-20".to_owned(),
        "tokens-N" => "tokens-200".to_owned(),
        "stall-after-N" => "stall-after-20".to_owned(),
        other => other.replace("-N", "-40"),
    });
    let models: Vec<Value> = ids
        .map(|id| {
            json!({ "id": id, "object": "model", "owned_by": "scripted", "context_length": 8_192 })
        })
        .collect();
    json!({ "object": "list", "data": models })
}

pub(super) fn reply(request: &RecordedRequest, circumstances: &Circumstances) -> Reply {
    let model = request.model();
    let name = base_name(&model);
    let answer = Answer {
        request,
        chunks: ChunkWriter {
            model: model.clone(),
        },
    };
    let is_first = circumstances.earlier == 0;
    let fails = match name {
        "reset" => return Reply::Reset,
        "reset-then-ok" if is_first => return Reply::Reset,
        "silent" => return Reply::Silent,
        "503-until-recovered" if circumstances.has_recovered => None,
        "429-then-ok" | "429-retry-after" | "429-in-body" | "500-then-ok" if !is_first => None,
        _ => refusal(name, request, circumstances),
    };
    if let Some(script) = fails {
        return Reply::Send(script);
    }
    let Some(script) = answer.script(name) else {
        let message = format!("The model `{model}` does not exist.");
        return Reply::Send(error(
            404,
            &message,
            "invalid_request_error",
            Some("model_not_found"),
        ));
    };
    if name == "slow-headers" {
        Reply::SendLate(script)
    } else {
        Reply::Send(script)
    }
}

fn refusal(name: &str, request: &RecordedRequest, circumstances: &Circumstances) -> Option<Script> {
    const INVALID: &str = "invalid_request_error";
    let limited = || {
        error(
            429,
            "Too many requests.",
            "requests",
            Some("rate_limit_exceeded"),
        )
    };
    Some(match name {
        "429-then-ok" | "429-for-ever" => limited(),
        "429-retry-after" => limited().header("retry-after", "2"),
        "429-day" => limited().header("retry-after", "86400"),
        "429-in-body" => Script::json(
            429,
            &json!({ "error": {
                "code": 429,
                "message": "Resource has been exhausted.",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": "1.5s",
                }],
            }}),
        ),
        "no-balance-429" => Script::json(
            429,
            &json!({ "error": { "code": "1113", "message": "Insufficient balance, please recharge." }}),
        ),
        "400" => error(400, "`messages` must not be so odd.", INVALID, None),
        "401" => error(
            401,
            "Incorrect API key provided.",
            INVALID,
            Some("invalid_api_key"),
        ),
        "402" => error(402, "Insufficient credits.", "payment_required", None),
        "403" => error(
            403,
            "This key may not use this model.",
            "permission_error",
            None,
        ),
        "404-model" => error(
            404,
            "The model `404-model` does not exist.",
            INVALID,
            Some("model_not_found"),
        ),
        "404-html" => Script::body(
            404,
            "text/html",
            "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
        ),
        "500" | "500-then-ok" => error(
            500,
            "The server had an error.",
            "server_error",
            Some("internal_error"),
        ),
        "503" | "503-until-recovered" => error(
            503,
            "The engine is overloaded.",
            "server_error",
            Some("overloaded"),
        ),
        "529" => error(529, "Overloaded", "overloaded_error", None),
        "html-200" => Script::body(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><html><head><title>Hotel Wi-Fi &ndash; sign in</title></head><body>Welcome</body></html>",
        ),
        "html-502" => Script::body(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head><body>cloud</body></html>",
        ),
        "redirect" => Script::body(307, "text/plain", "")
            .header("location", circumstances.redirect_to.as_str()),
        "key-echo" => {
            let sent = request.header("authorization").unwrap_or("nothing");
            let other = request.header("x-api-key").unwrap_or("nothing");
            let message = format!("Bad credentials: Authorization: {sent}; x-api-key: {other}");
            error(401, &message, INVALID, Some("invalid_api_key"))
        }
        "context-too-long" => error(
            400,
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
            INVALID,
            Some("context_length_exceeded"),
        ),
        "content-policy" => error(
            400,
            "Your request was rejected as a result of our safety system.",
            INVALID,
            Some("content_policy_violation"),
        ),
        "refuses-prefill" if request.last_message().0 == "assistant" => error(
            400,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
            INVALID,
            None,
        ),
        "no-stream-options" if !request.json()["stream_options"].is_null() => error(
            400,
            "Unrecognized request argument supplied: stream_options",
            INVALID,
            None,
        ),
        "max-completion-tokens-only" if !request.json()["max_tokens"].is_null() => error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            INVALID,
            Some("unsupported_parameter"),
        ),
        _ => return None,
    })
}

struct Answer<'a> {
    request: &'a RecordedRequest,
    chunks: ChunkWriter,
}

impl Answer<'_> {
    /// The answer of this model; `None` where there is no such model.
    fn script(&self, name: &str) -> Option<Script> {
        let numbered = |prefix: &str| name.strip_prefix(prefix)?.parse::<usize>().ok();
        if let Some(count) = numbered("count-to-") {
            return Some(self.complete(&numbers(count)));
        }
        if let Some(count) = numbered("tokens-") {
            return Some(self.complete(&filler(count)));
        }
        if let Some(count) = numbered("cut-after-") {
            return Some(self.partial(count, vec![Step::Cut]));
        }
        if let Some(count) = numbered("end-after-") {
            return Some(self.partial(count, vec![]));
        }
        if let Some(count) = numbered("stall-after-") {
            return Some(self.partial(count, vec![Step::Silence(STALL), Step::Cut]));
        }
        Some(match name {
            "echo" => self.complete(&words(&self.request.last_message().1)),
            "markdown" => self.complete(&words(texts::MARKDOWN)),
            "hostile-html" => self.complete(&words(texts::HOSTILE)),
            "unicode" => byte_by_byte(self.complete(&words(texts::UNICODE))),
            "drip" => self.drip(),
            "not-streamed" => Script::json(200, &self.whole(&words(texts::ANSWER))),
            "empty-body" => Script::stream(vec![]),
            "slow-first-token" => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.insert(0, Step::Silence(SLOW));
                script
            }
            "keeps-open" => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.push(Step::Silence(STALL));
                script
            }
            "no-done" if self.request.wants_stream() => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.pop();
                script
            }
            "no-done"
            | "reset-then-ok"
            | "answer"
            | "slow-headers"
            | "429-then-ok"
            | "429-retry-after"
            | "429-in-body"
            | "500-then-ok"
            | "503-until-recovered"
            | "refuses-prefill"
            | "no-stream-options"
            | "max-completion-tokens-only" => self.complete(&words(texts::ANSWER)),
            other => return self.oddity(other),
        })
    }

    fn oddity(&self, name: &str) -> Option<Script> {
        let chunks = &self.chunks;
        let prompt = self.request.prompt_tokens();
        let text = |count| numbers(count).into_iter().map(|token| chunks.text(&token));
        let raw = |bytes: &'static [u8]| Step::Send(Bytes::from_static(bytes));
        let mut steps = vec![chunks.role()];
        match name {
            "reasoning" | "reasoning-only" => {
                let thinking = words(texts::THINKING);
                for token in &thinking {
                    let delta = json!({ "reasoning_content": token, "content": null });
                    steps.push(Step::Send(event(&chunks.delta(&delta, None))));
                    steps.push(Step::Tick);
                }
                let answer = if name == "reasoning" {
                    words(texts::ANSWER)
                } else {
                    vec![]
                };
                steps.extend(answer.iter().map(|token| chunks.text(token)));
                steps.push(chunks.finish("stop"));
                let mut usage = usage(prompt, thinking.len() + answer.len());
                usage["completion_tokens_details"] = json!({ "reasoning_tokens": thinking.len() });
                steps.push(chunks.usage(&usage));
            }
            "usage-cached" => {
                steps.extend(text(5));
                steps.push(chunks.finish("stop"));
                let mut usage = usage(1_000, 5);
                usage["prompt_tokens_details"] = json!({ "cached_tokens": 900 });
                steps.push(chunks.usage(&usage));
            }
            "usage-cumulative" => {
                for (count, token) in numbers(5).into_iter().enumerate() {
                    let mut chunk = chunks.delta(&json!({ "content": token }), None);
                    chunk["usage"] = usage(prompt, count + 1);
                    steps.push(Step::Send(event(&chunk)));
                }
                let mut last = chunks.delta(&json!({}), Some("stop"));
                last["usage"] = usage(prompt, 5);
                steps.push(Step::Send(event(&last)));
            }
            "cost" => {
                steps = vec![raw(b": OPENROUTER PROCESSING\n\n")];
                for token in numbers(5) {
                    let mut chunk = chunks.delta(&json!({ "content": token }), None);
                    chunk["provider"] = json!("DeepInfra");
                    steps.push(Step::Send(event(&chunk)));
                }
                steps.push(chunks.finish("stop"));
                let mut usage = usage(20, 5);
                usage["cost"] = json!(0.000_123_4);
                steps.push(chunks.usage(&usage));
            }
            "tool-call" => {
                let call = json!({ "tool_calls": [{
                    "index": 0, "id": "call-1", "type": "function",
                    "function": { "name": "look_up", "arguments": "{\"word\":\"patch\"}" },
                }]});
                steps.push(Step::Send(event(&chunks.delta(&call, None))));
                steps.push(chunks.finish("tool_calls"));
                steps.push(chunks.usage(&usage(prompt, 9)));
            }
            "content-filter" | "length" => {
                steps.extend(text(10));
                steps.push(chunks.finish(&name.replace('-', "_")));
                steps.push(chunks.usage(&usage(prompt, 10)));
            }
            "not-json-event" => {
                steps.extend(text(10));
                steps.push(raw(
                    b"data: {\"id\":\"chatcmpl-scripted-1\",\"choices\":[{\"ind\n\n",
                ));
                steps.push(chunks.text("11"));
                steps.push(chunks.finish("stop"));
                steps.push(chunks.usage(&usage(prompt, 11)));
            }
            "invalid-utf8" => {
                steps.extend(text(3));
                steps.push(raw(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\xff\xfeb \"}}]}\n\n"));
                steps.push(chunks.text("end"));
                steps.push(chunks.finish("stop"));
                steps.push(chunks.usage(&usage(prompt, 5)));
            }
            "long-line" => {
                steps.push(raw(
                    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
                ));
                let piece = Bytes::from(vec![b'x'; 100_000]);
                let count = LONG_LINE_BYTES / piece.len();
                steps.extend(std::iter::repeat_n(Step::Send(piece), count));
                steps.push(raw(b"\"}}]}\n\n"));
                steps.push(chunks.finish("stop"));
            }
            "endless" => {
                let token = event(&chunks.delta(&json!({ "content": "again " }), None));
                steps.push(Step::RepeatForEver(token));
                return Some(Script::stream(steps));
            }
            "empty-stop" => {
                let mut last = chunks.delta(&json!({ "content": "" }), Some("stop"));
                last["choices"][0]["native_finish_reason"] = json!("error");
                steps.push(Step::Send(event(&last)));
            }
            "error-in-stream" => {
                steps.extend(text(10));
                let error = json!({ "error": {
                    "code": "server_error", "message": "Provider disconnected unexpectedly",
                }});
                steps.push(Step::Send(event(&error)));
            }
            "error-first" => {
                let error = json!({ "error": {
                    "code": 429, "message": "Rate limit exceeded upstream", "metadata": { "provider_name": "Acme" },
                }});
                steps = vec![Step::Send(event(&error))];
            }
            "no-choices" => {
                steps = vec![
                    raw(b"data: {\"id\":\"chatcmpl-scripted-1\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"),
                    raw(b"data: {\"id\":\"chatcmpl-scripted-1\"}\n\n"),
                    raw(b"data: {\"choices\":null}\n\n"),
                ];
                steps.extend(text(3));
                steps.push(chunks.finish("stop"));
                steps.push(raw(
                    b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n",
                ));
            }
            _ => return None,
        }
        steps.push(done());
        Some(Script::stream(steps))
    }

    /// A whole answer, streamed or not, as the request asks.
    fn complete(&self, tokens: &[String]) -> Script {
        if !self.request.wants_stream() {
            return Script::json(200, &self.whole(tokens));
        }
        let chunks = &self.chunks;
        let mut steps = vec![chunks.role()];
        for token in tokens {
            steps.push(Step::Tick);
            steps.push(chunks.text(token));
        }
        steps.push(chunks.finish("stop"));
        if self.request.wants_usage() {
            steps.push(chunks.usage(&usage(self.request.prompt_tokens(), tokens.len())));
        }
        steps.push(done());
        Script::stream(steps)
    }

    fn whole(&self, tokens: &[String]) -> Value {
        let usage = usage(self.request.prompt_tokens(), tokens.len());
        self.chunks.whole(&tokens.concat(), &usage)
    }

    fn partial(&self, sent: usize, after: Vec<Step>) -> Script {
        let mut steps = vec![self.chunks.role()];
        for token in numbers(sent + 20).iter().take(sent) {
            steps.push(Step::Tick);
            steps.push(self.chunks.text(token));
        }
        steps.extend(after);
        Script::stream(steps)
    }

    fn drip(&self) -> Script {
        let mut script = self.complete(&numbers(20));
        for step in &mut script.steps {
            if matches!(step, Step::Tick) {
                *step = Step::Gate;
            }
        }
        script
    }
}

fn byte_by_byte(mut script: Script) -> Script {
    let steps = std::mem::take(&mut script.steps);
    for step in steps {
        match step {
            Step::Send(bytes) => script
                .steps
                .extend((0..bytes.len()).map(|at| Step::Send(bytes.slice(at..=at)))),
            other => script.steps.push(other),
        }
    }
    script
}

/// `1 `, `2 ` and so on; the last one without its space.
fn numbers(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| {
            if number == count {
                number.to_string()
            } else {
                format!("{number} ")
            }
        })
        .collect()
}

fn filler(count: usize) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "cable ", "jack ", "signal ", "panel ", "plug ", "bus ", "patch ", "tone.\n",
    ];
    (0..count)
        .map(|at| WORDS[at % WORDS.len()].to_owned())
        .collect()
}

/// The text in pieces that each end with their white space.
fn words(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(model: &str) -> RecordedRequest {
        let body = json!({ "model": model, "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "Hello there" }] });
        RecordedRequest {
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            headers: vec![],
            body: body.to_string(),
        }
    }

    fn is_known(model: &str) -> bool {
        let circumstances = Circumstances {
            earlier: 0,
            has_recovered: false,
            redirect_to: String::new(),
        };
        let reply = reply(&request(model), &circumstances);
        let unknown = format!("The model `{model}` does not exist.");
        !format!("{reply:?}").contains(&unknown) || model == "404-model"
    }

    #[test]
    fn every_listed_name_does_something() {
        let list = list();
        for model in list["data"].as_array().unwrap() {
            let id = model["id"].as_str().unwrap();
            assert!(is_known(id), "{id}");
        }
        for (_, primary, fallback) in FAULTS {
            assert!(is_known(primary) && is_known(fallback));
        }
        assert!(!is_known("no-such-model"));
    }

    #[test]
    fn a_name_keeps_its_meaning_with_label_and_pace() {
        assert_eq!(base_name("cut-after-40:left@20"), "cut-after-40");
        assert_eq!(
            pace("cut-after-40:left@20"),
            Some(Duration::from_millis(20))
        );
        assert_eq!(pace("answer"), None);
    }

    #[test]
    fn words_lose_nothing() {
        for text in [texts::MARKDOWN, texts::HOSTILE, texts::UNICODE] {
            assert_eq!(words(text).concat(), text);
        }
    }
}
