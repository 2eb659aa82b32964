//! `/v1/completions`: the format from before chats, for programs that never learnt the other one.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::HeaderMap;
use patchbay_domain::{AppEndpoint, ChatMessage, ChatRequest, FinishReason, Parameters, Role};
use patchbay_engine::RunUpdate;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::chat::finish_word;
use super::preferences::{Provider, holds_back, wish};
use super::usage::UsageBody;
use crate::answer::Answer;
use crate::asking::{self, Asked};
use crate::failure::{Refusal, Shape};
use crate::guard::Caller;
use crate::items::{self, OneOrMore, StreamOptions};
use crate::routes::Shared;
use crate::stream::{Encoder, event};
use crate::told::Told;

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    models: Option<Vec<String>>,
    provider: Option<Provider>,
    prompt: Option<OneOrMore>,
    suffix: Option<String>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<u64>,
    max_tokens: Option<u32>,
    stop: Option<OneOrMore>,
    n: Option<u32>,
    best_of: Option<u32>,
    echo: Option<bool>,
    logprobs: Option<IgnoredAny>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

/// Answers one request.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body: Body = serde_json::from_slice(&body).map_err(|error| items::unreadable(&error))?;
    for (field, is_asked) in [
        ("n", body.n.is_some_and(|n| n != 1)),
        ("best_of", body.best_of.is_some_and(|n| n != 1)),
        ("echo", body.echo == Some(true)),
        (
            "suffix",
            body.suffix.is_some_and(|suffix| !suffix.is_empty()),
        ),
        ("logprobs", body.logprobs.is_some()),
    ] {
        if is_asked {
            return Err(Refusal::invalid(
                field,
                "Models of today hold chats: this wish of the old format cannot be granted.",
            ));
        }
    }
    let prompts = OneOrMore::all(body.prompt);
    let [prompt] = prompts.as_slice() else {
        return Err(Refusal::invalid("prompt", "The prompt is one text."));
    };
    let request = ChatRequest {
        messages: vec![ChatMessage::text(Role::User, prompt.as_str())],
        parameters: Parameters {
            temperature: body.temperature,
            top_p: body.top_p,
            seed: body.seed,
            max_tokens: body.max_tokens,
            stop: OneOrMore::all(body.stop),
            ..Parameters::default()
        },
        ..ChatRequest::default()
    };
    let includes_usage = body.stream_options.unwrap_or_default().include_usage == Some(true);
    let created = shared.engine.seconds_now();
    let asked = Asked {
        endpoint: AppEndpoint::Completions,
        wish: wish(
            body.model,
            body.models.unwrap_or_default(),
            body.provider,
            &headers,
        )?,
        request: items::checked(request)?,
        is_stream: body.stream == Some(true),
        holds_back: holds_back(&headers)?,
        has_instructions: false,
    };
    let pieces = Pieces {
        created,
        includes_usage,
    };
    asking::reply(
        &shared,
        caller,
        asked,
        move |answer| {
            let reason = finish_word(answer.finish().unwrap_or(FinishReason::Stop));
            let usage = UsageBody::of(std::slice::from_ref(answer));
            let told = Told::of(answer);
            let piece = Piece::new(
                answer,
                created,
                Some((&answer.text, Some(reason))),
                usage,
                told,
            );
            serde_json::to_vec(&piece).unwrap_or_default()
        },
        Box::new(pieces),
    )
    .await
}

#[derive(Serialize)]
struct Piece<'a> {
    id: String,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: u32,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

impl<'a> Piece<'a> {
    fn new(
        answer: &'a Answer,
        created: i64,
        said: Option<(&'a str, Option<&'static str>)>,
        usage: Option<UsageBody>,
        patchbay: Option<Told<'a>>,
    ) -> Self {
        let choice = said.map(|(text, finish_reason)| Choice {
            text,
            index: 0,
            logprobs: None,
            finish_reason,
        });
        Self {
            id: format!("cmpl-{}", answer.run),
            object: "text_completion",
            created,
            model: answer.model(),
            choices: choice.into_iter().collect(),
            usage,
            patchbay,
        }
    }
}

/// An answer in pieces.
struct Pieces {
    created: i64,
    includes_usage: bool,
}

impl Pieces {
    fn write(&self, piece: &Piece<'_>, out: &mut Vec<u8>) {
        event(out, None, &serde_json::to_vec(piece).unwrap_or_default());
    }
}

impl Encoder for Pieces {
    fn begin(&mut self, _: &Answer, _: &mut Vec<u8>) {}

    fn update(&mut self, update: &RunUpdate, answer: &Answer, out: &mut Vec<u8>) {
        if let RunUpdate::Text(text) = update {
            let piece = Piece::new(answer, self.created, Some((text, None)), None, None);
            self.write(&piece, out);
        }
    }

    fn end(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        let reason = finish_word(answer.finish().unwrap_or(FinishReason::Stop));
        let piece = Piece::new(answer, self.created, Some(("", Some(reason))), None, None);
        self.write(&piece, out);
        if self.includes_usage {
            let usage = UsageBody::of(std::slice::from_ref(answer));
            let told = Told::of(answer);
            self.write(&Piece::new(answer, self.created, None, usage, told), out);
        }
        event(out, None, b"[DONE]");
    }

    fn break_off(&mut self, refusal: &Refusal, _: &Answer, out: &mut Vec<u8>) {
        event(out, None, refusal.json(Shape::OpenAi).as_bytes());
    }
}
