//! What one name does with one request.

use std::time::Duration;

use patchbay_domain::WireFamily;

use super::answers::Answer;
use super::embeddings;
use super::families::{self, Kind, Refusal, Setting};
use super::lists::{self, ScriptedModel};
use super::refusals;
use super::request::RecordedRequest;
use super::routes::{Dialect, Route};
use super::said::Counts;
use super::script::{Reply, Step};
use super::timed;

const SLOW_HEADERS: Duration = Duration::from_secs(20);

/// What the reply depends on besides the request itself.
#[derive(Clone, Debug)]
pub(super) struct Circumstances<'a> {
    /// Requests for the same model before this one.
    pub(super) earlier: usize,
    /// The time since the first of them, itself included.
    pub(super) since_first: Duration,
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
    let is_for_embeddings = request.is_for_embeddings();
    if let Some(refusal) = refusals::shape(request).filter(|_| !is_for_embeddings) {
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
        _ => refusals::refusal(name, request).or_else(|| timed::refusal(name, circumstances)),
    };
    if let Some(refusal) = refusal {
        return refuse(&refusal);
    }
    if is_for_embeddings {
        let mut counts = Counts {
            input: embeddings::tokens(request),
            ..Counts::default()
        };
        count_as_the_provider(&mut counts, request, route, circumstances.models);
        return match embeddings::reply(name, request, route, counts) {
            Ok(script) => Reply::Send(script),
            Err(refusal) => refuse(&refusal),
        };
    }
    if embeddings::is_one(name) {
        let message = "This is not a chat model.";
        return refuse(&Refusal::new(404, Kind::Invalid, message));
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
    if let Some(wait) = timed::headers_after(name) {
        return Reply::SendLate(Step::Sleep(wait), script);
    }
    if name == "slow-headers" {
        return Reply::SendLate(Step::Silence(SLOW_HEADERS), script);
    }
    Reply::Send(script)
}

/// What the provider makes of the counts: what it does not tell apart it counts together, Ollama reads no
/// more than fits, OpenRouter puts a price on them.
fn count_as_the_provider(
    counts: &mut Counts,
    request: &RecordedRequest,
    route: &Route,
    models: &[ScriptedModel],
) {
    let is_google = matches!(route.family, WireFamily::Gemini | WireFamily::Vertex);
    if !is_google {
        counts.input += std::mem::take(&mut counts.image_input);
    }
    if !is_google && route.family != WireFamily::OpenAiChat {
        counts.input += std::mem::take(&mut counts.audio_input);
        counts.output += std::mem::take(&mut counts.audio_output);
    }
    if matches!(
        route.family,
        WireFamily::AnthropicMessages | WireFamily::Ollama
    ) {
        counts.output += std::mem::take(&mut counts.reasoning);
    }
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
    use crate::scripted::documented::{DOCUMENTED, FAULTS};
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
            since_first: Duration::ZERO,
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
