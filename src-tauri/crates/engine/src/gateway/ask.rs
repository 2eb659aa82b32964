//! An app's request becomes a run.

use std::sync::Arc;
use std::vec;

use patchbay_domain::budget::Asker;
use patchbay_domain::content::{JsonText, Media, MediaSource};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::Need;
use patchbay_domain::{
    App, AppEndpoint, AppRules, ChatMessage, ChatRequest, EmbeddingInput, EmbeddingRequest, Part,
    Role, RunId,
};
use patchbay_store::{AskedTexts, Client, NewAppRequest, RunOrigin};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::wish::{Wanted, Wish, WishFor};
use crate::chat::{Choice, Errand, Launch, first_attempt, lone_answer, new_run};
use crate::run::{RunUpdate, SequencedUpdate};
use crate::{Engine, EngineError, clock};

/// The longest question that is kept, in bytes; it is for reading and for search.
const QUESTION_BYTES: usize = 64 * 1024;

/// The longest request that is kept, in bytes. Agents send all that was said with each request.
const REQUEST_BYTES: usize = 1024 * 1024;

/// The field of [`EngineError::Input`] where an app may not ask for a name.
pub const FORBIDDEN_MODEL: &str = "model.forbidden";

/// What an app asks.
#[derive(Clone, Debug)]
pub struct AppCall {
    /// Who.
    pub app: Arc<App>,
    /// Where.
    pub endpoint: AppEndpoint,
    /// Whom.
    pub wish: Wish,
    /// What.
    pub request: ChatRequest,
    /// It wants the answer piece by piece.
    pub is_stream: bool,
    /// It is given nothing before the answer is whole, so that half an answer can be replaced.
    pub is_held: bool,
    /// What it says of itself.
    pub client: Client,
    /// Its first system turn are instructions, which hold for this answer alone.
    pub has_instructions: bool,
}

/// An answer that is being made for an app. **Dropping it cancels**: what was asked is hung up on and
/// settled.
#[derive(Debug)]
pub struct AppRun {
    /// The run.
    pub run: RunId,
    /// What was chosen.
    pub choice: Choice,
    updates: mpsc::UnboundedReceiver<Vec<SequencedUpdate>>,
    /// What came together and was not taken yet.
    arrived: vec::IntoIter<SequencedUpdate>,
    stop: CancellationToken,
}

impl AppRun {
    /// The next update; `None` after the last one.
    pub async fn next(&mut self) -> Option<RunUpdate> {
        loop {
            if let Some(update) = self.arrived() {
                return Some(update);
            }
            self.arrived = self.updates.recv().await?.into_iter();
        }
    }

    /// The next update that came together with the last one; `None` where that is to be waited for.
    pub fn arrived(&mut self) -> Option<RunUpdate> {
        Some(self.arrived.next()?.update)
    }
}

impl Drop for AppRun {
    fn drop(&mut self) {
        // Where the answer is over this changes nothing.
        self.stop.cancel();
    }
}

impl Engine {
    /// The time of day in seconds since 1970, as answers for apps carry it.
    pub fn seconds_now(&self) -> i64 {
        self.clock.now().0 / 1_000
    }

    /// Starts an answer for an app. Returns when the request is written; the answer follows.
    ///
    /// # Errors
    /// The app may not ask for this, a name stands for nothing, or the request could not be stored. A
    /// provider that fails is none: that is an answer that failed, with its receipt.
    pub async fn ask_for_app(&self, call: AppCall) -> Result<AppRun, EngineError> {
        let rules = &call.app.rules;
        let asked = call.wish.models.first().cloned().unwrap_or_default();
        let wish = allowed(rules, call.wish)?;
        let wanted = self.wanted_by_app(&wish, &call.request).await?;
        let errand = Errand {
            asker: Asker {
                conversation: None,
                app: Some(call.app.id.clone()),
            },
            ..Errand::new(RunOrigin::Gateway, Purpose::Answer)
        };
        let mut resolved = self
            .resolve_with(wanted.target, wanted.made, &call.request, errand)
            .await?;
        resolved.plan.is_final = call.is_stream && !call.is_held;
        if wish.is_alone {
            resolved.plan.endpoints.truncate(1);
            resolved.accesses.truncate(1);
        }
        if let Some(millis) = wish.first_token_millis.or(rules.first_token_millis) {
            for planned in &mut resolved.plan.endpoints {
                planned.patience.first_token_millis = millis;
                // Vectors come with the head of the reply.
                if call.request.embedding.is_some() {
                    planned.patience.connect_millis = millis;
                }
            }
        }
        let run = clock::run_id();
        let started_at = self.clock.now();
        let first = first_attempt(run, &resolved, started_at);
        let asking = NewAppRequest {
            app: call.app.id.clone(),
            endpoint: call.endpoint.as_str().to_owned(),
            model: asked,
            is_stream: call.is_stream,
            client: call.client,
            texts: rules
                .keeps_texts
                .then(|| texts(&call.request, call.has_instructions)),
        };
        self.store
            .begin_app_run(new_run(run, &resolved, started_at), first.clone(), asking)
            .await?;
        self.note_app_use(&call.app.id);
        self.durable_soon
            .note(&self.store, &self.tasks, &self.shutdown);
        let (sender, updates) = mpsc::unbounded_channel();
        let choice = Choice::of(&resolved);
        self.launch(Launch {
            run,
            answer: lone_answer(run, started_at),
            has_message: false,
            request: call.request,
            resolved,
            first,
            sink: Some(Box::new(move |_, _| {
                Box::new(move |batch| sender.send(batch).is_ok())
            })),
        });
        // None where it is over already.
        let stop = crate::lock(&self.live)
            .get(&run)
            .map(|live| live.stop.clone())
            .unwrap_or_default();
        Ok(AppRun {
            run,
            choice,
            updates,
            arrived: Vec::new().into_iter(),
            stop,
        })
    }

    /// Whom an allowed wish means.
    pub(super) async fn wanted_by_app(
        &self,
        wish: &Wish,
        request: &ChatRequest,
    ) -> Result<Wanted, EngineError> {
        let known = self.known_ways().await?;
        let purpose = if request.embedding.is_some() {
            WishFor::Embeddings
        } else {
            WishFor::Answers
        };
        let mut wanted = wish.resolve(&known, self.clock.now(), purpose)?;
        if wish.requires_parameters
            && let Some(route) = &mut wanted.made
        {
            let need = Need::of(request);
            route.requirements.tools |= need.tools;
            route.requirements.images |= need.images;
            route.requirements.json_schema |= need.json_schema;
            route.requirements.reasoning |= need.reasoning;
        }
        Ok(wanted)
    }

    /// Hangs up on everything that an app is being answered.
    pub(crate) fn stop_runs_of_app(&self, id: &str) {
        for live in crate::lock(&self.live).values() {
            if live.app.as_deref() == Some(id) {
                live.stop.cancel();
            }
        }
    }
}

/// A wish that the app may have, for whoever its rules say.
///
/// # Errors
/// The app may not ask for a name.
pub(super) fn allowed(rules: &AppRules, mut wish: Wish) -> Result<Wish, EngineError> {
    if let Some(model) = wish.models.iter().find(|model| !rules.allows(model)) {
        return Err(EngineError::input(
            FORBIDDEN_MODEL,
            format!("This app may not ask for \u{201c}{model}\u{201d}."),
            "Patchbay's settings of the app say what it may ask for.",
        ));
    }
    if let Some(always) = &rules.answers_with {
        wish.models = vec![always.clone()];
    }
    Ok(wish)
}

/// What is kept of a request.
fn texts(request: &ChatRequest, has_instructions: bool) -> AskedTexts {
    if let Some(embedding) = &request.embedding {
        return embedded_texts(request, embedding);
    }
    let last = request
        .messages
        .iter()
        .rev()
        .find(|message| message.role == Role::User);
    let mut question = last.map(asked_words).unwrap_or_default();
    question.truncate(question.floor_char_boundary(QUESTION_BYTES));
    let kept = ChatRequest {
        model: request.model.clone(),
        messages: request.messages.iter().map(without_bytes).collect(),
        continues: request.continues,
        parameters: request.parameters.clone(),
        tools: request.tools.clone(),
        tool_choice: request.tool_choice.clone(),
        cache_key: request.cache_key.clone(),
        extra_body: request.extra_body.clone(),
        foreign_fields: request.foreign_fields.clone(),
        embedding: None,
    };
    AskedTexts {
        question,
        request: short_enough(&kept),
        has_instructions,
    }
}

/// What is kept of a request for embeddings: what was to be told in numbers. They are often many texts.
fn embedded_texts(request: &ChatRequest, embedding: &EmbeddingRequest) -> AskedTexts {
    let mut question = match &embedding.input {
        EmbeddingInput::Texts(texts) => {
            let mut beginning = String::new();
            for text in texts {
                if beginning.len() > QUESTION_BYTES {
                    break;
                }
                if !beginning.is_empty() {
                    beginning.push_str("\n\n");
                }
                beginning.push_str(text);
            }
            beginning
        }
        tokens @ EmbeddingInput::Tokens(_) => tokens.in_words(),
    };
    question.truncate(question.floor_char_boundary(QUESTION_BYTES));
    AskedTexts {
        question,
        request: short_enough(request),
        has_instructions: false,
    }
}

fn short_enough(request: &ChatRequest) -> Option<JsonText> {
    let json = serde_json::to_string(request).ok();
    json.filter(|json| json.len() <= REQUEST_BYTES)
        .map(JsonText)
}

/// A turn without the bytes of its pictures and documents, which are large and are never copied.
fn without_bytes(message: &ChatMessage) -> ChatMessage {
    let light = |media: &Media| Media {
        media_type: media.media_type.clone(),
        source: match &media.source {
            MediaSource::Base64(_) => MediaSource::Base64(String::new()),
            MediaSource::Url(url) => MediaSource::Url(url.clone()),
        },
    };
    let parts = message.parts.iter().map(|part| match part {
        Part::Image { media } => Part::Image {
            media: light(media),
        },
        Part::Document { name, media } => Part::Document {
            name: name.clone(),
            media: light(media),
        },
        other => other.clone(),
    });
    ChatMessage {
        role: message.role,
        parts: parts.collect(),
        cache: message.cache,
    }
}

/// The words of a turn, or where there are none what its tools said.
fn asked_words(message: &ChatMessage) -> String {
    let words = message.words();
    if !words.is_empty() {
        return words;
    }
    message
        .parts
        .iter()
        .find_map(|part| match part {
            Part::ToolResult { name, text, .. } => Some(format!("{name}: {text}")),
            _ => None,
        })
        .unwrap_or_default()
}
