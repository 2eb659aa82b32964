//! The names, and what each one does, in the words of OpenAI's chat format; the other families say
//! the same in theirs.
//!
//! A name may stand behind a maker, as in `acme/answer`. Any name may carry `:label`, which keeps its counters and its waits apart from those of the same
//! name without it, and `@20`, which puts 20 ms between its tokens: `drip:second`, `count-to-50@20`.

use std::time::Duration;

use patchbay_domain::WireFamily;

use super::answers::Answer;
use super::families::{self, Refusal, Setting};
use super::lists::{self, ScriptedModel};
use super::refusals;
use super::request::RecordedRequest;
use super::routes::{Dialect, Route};
use super::said::Counts;
use super::script::Reply;

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
    ("markdown-N", "N tokens of that, again and again"),
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
    (
        "400-no-credit",
        "400 that says the credit is too low, as Anthropic says it",
    ),
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
    (
        "endless-large",
        "`endless` with tokens of 6 kB, which reach any bound soon",
    ),
    (
        "no-done",
        "a complete stream without `[DONE]`, `message_stop`, `response.completed` or Ollama's last line",
    ),
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
    (
        "content-policy",
        "400 content_policy_violation; Gemini: a prompt that is blocked, with status 200",
    ),
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

/// What the reply depends on besides the request itself.
#[derive(Clone, Debug)]
pub(super) struct Circumstances<'a> {
    /// Requests for the same model before this one.
    pub(super) earlier: usize,
    pub(super) has_recovered: bool,
    pub(super) redirect_to: String,
    /// Models with names of their own.
    pub(super) models: &'a [ScriptedModel],
}

/// The name without `:label` and `@pace`.
pub(super) fn base_name(model: &str) -> &str {
    model.split([':', '@']).next().unwrap_or(model)
}

/// The documented name behind this one, with its label and its pace: what a [`ScriptedModel`] plays, or
/// the part behind its maker.
fn played<'a>(model: &'a str, models: &'a [ScriptedModel]) -> &'a str {
    if let Some(known) = lists::find(models, model) {
        return &known.plays;
    }
    let name = model.rsplit('/').next().unwrap_or(model);
    if lists::is_one_of_many(base_name(name)) {
        return "answer";
    }
    name
}

/// The time between tokens, where the name, or the name that it stands for, asks for a pace of its own.
pub(super) fn pace(model: &str, models: &[ScriptedModel]) -> Option<Duration> {
    let of = |name: &str| {
        let (_, pace) = name.rsplit_once('@')?;
        pace.parse().ok().map(Duration::from_millis)
    };
    of(model).or_else(|| of(played(model, models)))
}

pub(super) fn reply(
    request: &RecordedRequest,
    route: &Route,
    circumstances: &Circumstances<'_>,
) -> Reply {
    let (family, dialect) = (route.family, route.dialect);
    let refuse = |refusal: &Refusal| Reply::Send(families::refusal(family, dialect, refusal));
    let model = request.model();
    let name = base_name(played(&model, circumstances.models));
    let is_first = circumstances.earlier == 0;
    if let Some(refusal) = refusals::shape(request) {
        return refuse(&refusal);
    }
    if let Some(script) = refusals::from_elsewhere(name, circumstances) {
        return Reply::Send(families::with_request_id(family, script));
    }
    let refusal = match name {
        "reset" => return Reply::Reset,
        "reset-then-ok" if is_first => return Reply::Reset,
        "silent" => return Reply::Silent,
        "503-until-recovered" if circumstances.has_recovered => None,
        "429-then-ok" | "429-retry-after" | "429-in-body" | "500-then-ok" if !is_first => None,
        _ => refusals::refusal(name, request),
    };
    if let Some(refusal) = refusal {
        return refuse(&refusal);
    }
    let answer = Answer {
        request,
        family,
        dialect,
    };
    let Some(mut plan) = answer.plan(name) else {
        return refuse(&Refusal::unknown_model(&model));
    };
    count_as_the_provider(&mut plan.counts, request, route, circumstances.models);
    let setting = Setting {
        family,
        dialect,
        model: model.clone(),
        counts: plan.counts.clone(),
        told: plan.told,
        wants_usage: request.wants_usage(),
        is_array: matches!(family, WireFamily::Gemini | WireFamily::Vertex)
            && !request.query.split('&').any(|pair| pair == "alt=sse"),
    };
    let script = families::script(&plan, setting, request.wants_stream());
    if name == "slow-headers" {
        Reply::SendLate(script)
    } else {
        Reply::Send(script)
    }
}

/// What the provider makes of the counts: Ollama reads no more than fits, OpenRouter puts a price on them.
fn count_as_the_provider(
    counts: &mut Counts,
    request: &RecordedRequest,
    route: &Route,
    models: &[ScriptedModel],
) {
    if route.family == WireFamily::Ollama {
        let body = request.json();
        let window = body["options"]["num_ctx"].as_u64();
        let window = window.and_then(|window| usize::try_from(window).ok());
        counts.input = counts.input.min(window.unwrap_or(lists::OLLAMA_WINDOW));
    }
    if route.dialect == Dialect::OpenRouter && counts.cost.is_none() {
        let model = request.model();
        let prices = lists::find(models, &model).and_then(|model| model.prices.clone());
        counts.cost = prices.unwrap_or_default().cost(counts);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scripted::ScriptedOptions;
    use crate::scripted::routes::route;

    fn request(model: &str) -> RecordedRequest {
        let body = json!({ "model": model, "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "Hello there" }] });
        RecordedRequest {
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            query: String::new(),
            headers: vec![],
            body: body.to_string(),
        }
    }

    fn is_known(model: &str, models: &[ScriptedModel]) -> bool {
        let circumstances = Circumstances {
            earlier: 0,
            has_recovered: false,
            redirect_to: String::new(),
            models,
        };
        let request = request(model);
        let reply = reply(&request, &route(&request), &circumstances);
        let unknown = format!("The model `{model}` does not exist.");
        !format!("{reply:?}").contains(&unknown) || model == "404-model"
    }

    #[test]
    fn every_listed_name_does_something() {
        let options = ScriptedOptions {
            more_models: vec!["markdown-20000@1".to_owned()],
            models: vec![ScriptedModel::new("acme/large:free", "count-to-5@7")],
            list_size: 3,
            ..ScriptedOptions::default()
        };
        let ids = lists::ids(&options);
        assert!(ids.len() > DOCUMENTED.len());
        for id in &ids {
            assert!(is_known(id, &options.models), "{id}");
        }
        for (_, primary, fallback) in FAULTS {
            assert!(is_known(primary, &[]) && is_known(fallback, &[]));
        }
        assert!(is_known("acme/answer:second@1", &[]));
        assert!(!is_known("no-such-model", &[]));
        assert!(!is_known("acme/large:free", &[]));
    }

    #[test]
    fn a_name_keeps_its_meaning_with_label_and_pace() {
        let models = [ScriptedModel::new("acme/large", "count-to-5@7")];
        assert_eq!(base_name("cut-after-40:left@20"), "cut-after-40");
        for (name, millis) in [
            ("cut-after-40:left@20", Some(20)),
            ("acme/large:x", Some(7)),
            ("answer", None),
        ] {
            let pace = pace(name, &models);
            assert_eq!(pace, millis.map(Duration::from_millis), "{name}");
        }
    }
}
