//! The models folder as one more provider: no key, no network, no cost.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use patchbay_domain::content::{ResponseFormat, Tool};
use patchbay_domain::{
    Capabilities, ChatMessage, ChatRequest, Clock, EventStream, Failure, FailureClass,
    FinishReason, Joint, Modalities, ModelListing, ModelProvider, Part, RawUsage, StreamEvent,
    Usage,
};

use crate::architecture::Architecture;
use crate::error::{GenerateError, LoadError};
use crate::generation::{Ending, GenerationEvent, GenerationRequest, TokenCounts};
use crate::header::Header;
use crate::model::{KEEP_LOADED, LocalModel, Variant};
use crate::prepare::source_of;
use crate::source::DEFAULT_MODEL;

/// A `.gguf` file in the models folder.
#[derive(Debug)]
pub struct ScannedModel {
    /// The id to ask it under: the file's name without its ending.
    pub id: String,
    /// A name for people: what the file calls itself, or its id.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Who made it, where the file says so.
    pub maker: Option<String>,
    /// Tokens of prompt and answer together that it takes here, or why it cannot be used.
    pub context_length: Result<u64, LoadError>,
}

/// Answers with the models in one folder. Cheap to make; files are read when they are asked for.
pub struct LocalProvider {
    models_dir: PathBuf,
    clock: Option<Arc<dyn Clock>>,
    models: Mutex<HashMap<PathBuf, LocalModel>>,
}

impl std::fmt::Debug for LocalProvider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LocalProvider")
            .field("models_dir", &self.models_dir)
            .finish_non_exhaustive()
    }
}

impl LocalProvider {
    /// A provider for the `.gguf` files in a folder, which need not exist yet.
    pub fn new(models_dir: PathBuf) -> Self {
        Self {
            models_dir,
            clock: None,
            models: Mutex::new(HashMap::new()),
        }
    }

    /// Lets chat templates that put today's date into the prompt do so.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The folder that it reads.
    pub fn models_dir(&self) -> &Path {
        &self.models_dir
    }

    /// Every model file in the folder, sorted by name, with the reason for those that cannot be
    /// used. Reads the header of each: not for a runtime's thread.
    pub fn scan(&self) -> Vec<ScannedModel> {
        scan(&self.models_dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "the models folder could not be read");
            Vec::new()
        })
    }

    /// Frees the memory of every model that is not answering.
    pub fn unload(&self) {
        for model in self
            .models
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
        {
            model.unload();
        }
    }

    async fn model(&self, id: &str) -> Result<LocalModel, Failure> {
        let models_dir = self.models_dir.clone();
        let path = in_background(move || files(&models_dir)).await?;
        let path = path
            .map_err(|error| folder_failure(&error))?
            .into_iter()
            .find(|path| id_of(path) == id)
            .ok_or_else(|| {
                let words = format!("there is no model file {id}.gguf in the models folder");
                Failure::new(FailureClass::LocalModelMissing, words)
            })?;
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = models.get(&path) {
            return Ok(model.clone());
        }
        let model = LocalModel::start(path.clone(), Variant::Fastest, KEEP_LOADED)
            .map_err(|error| failure(&GenerateError::Load(error)))?;
        models.insert(path, model.clone());
        Ok(model)
    }
}

impl ModelProvider for LocalProvider {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        let models_dir = self.models_dir.clone();
        Box::pin(async move {
            let scanned = in_background(move || scan(&models_dir)).await?;
            Ok(scanned
                .map_err(|error| folder_failure(&error))?
                .into_iter()
                .filter_map(list)
                .collect())
        })
    }

    /// Resolves once the model is loaded and the prompt is counted, so after the requests before it.
    fn open_stream(&self, mut request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        Box::pin(async move {
            if request.embedding.is_some() {
                return Err(Failure::new(
                    FailureClass::NoEmbeddings,
                    "The model inside Patchbay holds conversations, and makes no embeddings.",
                ));
            }
            let mut joint = Joint::cut(&mut request);
            let ChatRequest {
                model: id,
                messages,
                continues,
                parameters,
                tools,
                ..
            } = request;
            let format = &parameters.response_format;
            if let Some(words) = beyond_words(&messages, &tools, format) {
                return Err(Failure::new(FailureClass::InvalidRequest, words));
            }
            parameters
                .validate()
                .map_err(|error| Failure::new(FailureClass::InvalidRequest, error.to_string()))?;
            let model = self.model(&id).await?;
            let now = self.clock.as_ref().map(|clock| clock.now());
            let mut generation = model.generate(GenerationRequest {
                messages,
                continues,
                parameters,
                now,
            });
            let counts = match generation.next().await {
                Some(Ok(GenerationEvent::Started(counts))) => counts,
                Some(Err(error)) => return Err(failure(&error)),
                Some(Ok(_)) | None => return Err(failure(&GenerateError::Closed)),
            };
            let started = StreamEvent::Started {
                request_id: None,
                model: Some(id),
                served_by: None,
            };
            let first = stream::iter([Ok(started), Ok(usage(counts))]);
            let rest = generation.flat_map(|item| stream::iter(translate(item)));
            let rest = rest.filter_map(move |event| {
                let shown = match (event, &mut joint) {
                    (Ok(event), Some(joint)) => joint.pass(event).map(Ok),
                    (event, _) => Some(event),
                };
                std::future::ready(shown)
            });
            Ok(first.chain(rest).boxed())
        })
    }

    /// By its own tokenizer, after the requests before it. The model is loaded for it, and reads nothing.
    fn count_tokens(&self, request: ChatRequest) -> BoxFuture<'_, Result<Option<u64>, Failure>> {
        Box::pin(async move {
            let mut opened = self.open_stream(request).await?;
            // Dropping what was opened stops it before its first token.
            while let Some(event) = opened.next().await {
                if let StreamEvent::Usage { usage, .. } = event? {
                    return Ok(Some(usage.total_input()));
                }
            }
            Ok(None)
        })
    }
}

/// What the models here cannot do with a request, said before any of it is left out.
fn beyond_words(
    messages: &[ChatMessage],
    tools: &[Tool],
    format: &ResponseFormat,
) -> Option<&'static str> {
    if !tools.is_empty() {
        return Some("The models on this computer do not call tools.");
    }
    if *format != ResponseFormat::Text {
        return Some("The models on this computer do not keep to a JSON schema.");
    }
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    let can_be_read = |part: &Part| matches!(part, Part::Text { .. } | Part::ReasoningItem { .. });
    if parts.all(can_be_read) {
        return None;
    }
    Some("The models on this computer read words only, no pictures, documents or tool results.")
}

fn list(model: ScannedModel) -> Option<ModelListing> {
    let words = Modalities {
        text: true,
        ..Modalities::default()
    };
    Some(ModelListing {
        id: model.id,
        name: Some(model.name),
        context_length: Some(model.context_length.ok()?),
        owned_by: model.maker,
        capabilities: Capabilities {
            input: Some(words),
            output: Some(words),
            tools: Some(false),
            json_schema: Some(false),
            open_weights: Some(true),
            ..Capabilities::default()
        },
        is_chat: Some(true),
        ..ModelListing::default()
    })
}

/// Usage goes with every piece of text, so that an answer that is stopped is counted exactly too.
fn translate(item: Result<GenerationEvent, GenerateError>) -> Vec<Result<StreamEvent, Failure>> {
    match item {
        Ok(GenerationEvent::Started(counts)) => vec![Ok(usage(counts))],
        Ok(GenerationEvent::Text { text, counts }) => {
            vec![Ok(StreamEvent::Text { text }), Ok(usage(counts))]
        }
        Ok(GenerationEvent::Finished { ending, counts }) => {
            let reason = match ending {
                Ending::EndOfTurn | Ending::StopText => FinishReason::Stop,
                Ending::MaxTokens | Ending::ContextFull => FinishReason::Length,
            };
            vec![Ok(usage(counts)), Ok(StreamEvent::Finished { reason })]
        }
        Err(error) => vec![Err(failure(&error))],
    }
}

fn usage(counts: TokenCounts) -> StreamEvent {
    let TokenCounts {
        prompt,
        reused,
        completion,
    } = counts;
    let raw = serde_json::json!({
        "prompt_tokens": prompt,
        "reused_tokens": reused,
        "completion_tokens": completion,
    });
    StreamEvent::Usage {
        usage: Usage {
            input: prompt.saturating_sub(reused),
            cache_read: reused,
            output: completion,
            ..Usage::default()
        },
        raw: RawUsage(raw.to_string()),
        reported_cost: None,
        service_tier: None,
    }
}

fn failure(error: &GenerateError) -> Failure {
    let class = match error {
        GenerateError::Load(LoadError::Missing(_)) => FailureClass::LocalModelMissing,
        GenerateError::Load(_) | GenerateError::Arithmetic(_) | GenerateError::Crashed => {
            FailureClass::LocalModelUnusable
        }
        GenerateError::ContextTooLong { .. } => FailureClass::ContextTooLong,
        GenerateError::Template(_) | GenerateError::Tokenize(_) => FailureClass::InvalidRequest,
        GenerateError::Closed => FailureClass::Internal,
    };
    Failure::new(class, with_causes(error))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let deeper = error.to_string();
        // A transparent error repeats the words of its cause.
        if !words.ends_with(&deeper) {
            words.push_str(": ");
            words.push_str(&deeper);
        }
        cause = error.source();
    }
    words
}

fn folder_failure(error: &io::Error) -> Failure {
    let words = format!("the models folder could not be read: {error}");
    Failure::new(FailureClass::LocalModelUnusable, words)
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new(FailureClass::Internal, "reading the models folder failed"))
}

fn id_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The model files in a folder, sorted by name. Faster copies stand for their source as long as it
/// is there.
fn files(models_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(models_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_model = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"));
        let is_copy = source_of(&path).is_some_and(|source| source.exists());
        if is_model && !is_copy && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn scan(models_dir: &Path) -> io::Result<Vec<ScannedModel>> {
    Ok(files(models_dir)?.into_iter().map(scan_file).collect())
}

fn scan_file(path: PathBuf) -> ScannedModel {
    let id = id_of(&path);
    let bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    let header = Header::open(&path);
    let text = |key: &str| {
        let text = header.as_ref().ok()?.text(key)?.trim();
        let shown: String = text
            .chars()
            .filter(|letter| !letter.is_control())
            .take(80)
            .collect();
        (!shown.is_empty()).then_some(shown)
    };
    let is_default = bytes == DEFAULT_MODEL.bytes && path.ends_with(DEFAULT_MODEL.file_name);
    let name = match is_default {
        // Its own name for itself is the name of a training run.
        true => DEFAULT_MODEL.name.to_owned(),
        false => text("general.name").unwrap_or_else(|| id.clone()),
    };
    let maker = text("general.organization");
    let context_length = header
        .and_then(|header| Ok(Architecture::of(&header)?))
        .map(|architecture| architecture.context as u64);
    ScannedModel {
        id,
        name,
        path,
        bytes,
        maker,
        context_length,
    }
}
