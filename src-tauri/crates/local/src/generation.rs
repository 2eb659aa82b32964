//! One answer: prompt in, token by token out. It runs on the model's thread and asks after every
//! step whether anybody still listens.

use std::hash::{BuildHasher, RandomState};

use candle_core::Tensor;
use candle_transformers::generation::{LogitsProcessor, Sampling};
use patchbay_domain::{ChatMessage, Parameters, UnixMillis};

use crate::error::GenerateError;
use crate::text::{StopScanner, Utf8Buffer};
use crate::weights::LoadedModel;

/// The temperature where a request names none: what the makers of the default model use.
pub const DEFAULT_TEMPERATURE: f64 = 0.2;
/// The top-p where a request names none: what the makers of the default model use.
pub const DEFAULT_TOP_P: f64 = 0.9;

/// Prompt tokens that are read in one step. Reading cannot be interrupted inside a step.
const PROMPT_STEP: usize = 64;

/// What is asked of a model.
#[derive(Debug, Clone)]
pub struct GenerationRequest {
    /// The turns, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The last turn is half an answer: it is left open, and the model goes on from its end.
    pub continues: bool,
    /// How to sample. A temperature of 0 always takes the likeliest token.
    pub parameters: Parameters,
    /// What a chat template gets that asks for today's date.
    pub now: Option<UnixMillis>,
}

/// Tokens of one answer, counted and not estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// Tokens of the prompt, template included.
    pub prompt: u64,
    /// Of these, the ones that were still in memory from the turn before.
    pub reused: u64,
    /// Tokens of the answer, without the one that ends the turn. A stop text counts: it was made.
    pub completion: u64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The model ended its turn.
    EndOfTurn,
    /// A stop text came.
    StopText,
    /// The longest answer that was asked for is reached.
    MaxTokens,
    /// The model's context is full.
    ContextFull,
}

/// What happens while an answer is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenerationEvent {
    /// The model is loaded and the prompt is counted; reading it begins.
    Started(TokenCounts),
    /// Text of the answer, whole characters, never empty.
    Text {
        /// To be appended.
        text: String,
        /// Tokens so far.
        counts: TokenCounts,
    },
    /// The last event.
    Finished {
        /// Why it ended.
        ending: Ending,
        /// Tokens in the end.
        counts: TokenCounts,
    },
}

/// Where events go. `false` from either means that nobody listens any more.
pub(crate) trait Listener {
    fn send(&self, event: GenerationEvent) -> bool;
    fn is_listening(&self) -> bool;
}

/// Makes one answer. Returns early, without an error, once nobody listens.
pub(crate) fn generate(
    model: &mut LoadedModel,
    request: GenerationRequest,
    listener: &impl Listener,
) -> Result<(), GenerateError> {
    let prompt = model.prompt(&request.messages, request.continues, request.now)?;
    let context = model.context();
    if prompt.len() >= context {
        return Err(GenerateError::ContextTooLong {
            prompt: prompt.len(),
            context,
        });
    }
    let parameters = request.parameters;
    let mut sampler = sampler(&parameters);
    let reused = model.begin(&prompt, is_reproducible(&parameters));
    let mut counts = TokenCounts {
        prompt: prompt.len() as u64,
        reused: reused as u64,
        completion: 0,
    };
    if !listener.send(GenerationEvent::Started(counts)) {
        return Ok(());
    }

    let mut logits = None;
    for step in prompt[reused..].chunks(PROMPT_STEP) {
        if !listener.is_listening() {
            return Ok(());
        }
        logits = Some(model.forward(step)?);
    }
    // The prompt is never empty and never wholly reused, so there was a step.
    let Some(mut logits) = logits else {
        return Err(GenerateError::Crashed);
    };

    let longest = parameters.max_tokens.map_or(u64::MAX, u64::from);
    let mut buffer = Utf8Buffer::default();
    let mut scanner = StopScanner::new(parameters.stop);
    let ending = loop {
        let token = next_token(&mut sampler, &logits)?;
        if model.is_end(token) {
            break Ending::EndOfTurn;
        }
        counts.completion += 1;
        let scan = scanner.push(&buffer.push(model.bytes_of(token)));
        if !scan.text.is_empty()
            && !listener.send(GenerationEvent::Text {
                text: scan.text,
                counts,
            })
        {
            return Ok(());
        }
        if scan.stopped {
            listener.send(GenerationEvent::Finished {
                ending: Ending::StopText,
                counts,
            });
            return Ok(());
        }
        if counts.completion >= longest {
            break Ending::MaxTokens;
        }
        if model.position() >= context {
            break Ending::ContextFull;
        }
        if !listener.is_listening() {
            return Ok(());
        }
        logits = model.forward(&[token])?;
    };
    let rest = scanner.finish();
    if !rest.is_empty() {
        listener.send(GenerationEvent::Text { text: rest, counts });
    }
    listener.send(GenerationEvent::Finished { ending, counts });
    Ok(())
}

/// Whether the request asks for the same answer each time. Then nothing of an earlier turn may be
/// reused: the same numbers added in another order differ in the last bit, and one bit can tip a
/// choice between two tokens.
fn is_reproducible(parameters: &Parameters) -> bool {
    parameters.seed.is_some() || parameters.temperature == Some(0.0)
}

fn sampler(parameters: &Parameters) -> LogitsProcessor {
    let temperature = parameters.temperature.unwrap_or(DEFAULT_TEMPERATURE);
    let p = parameters.top_p.unwrap_or(DEFAULT_TOP_P);
    let sampling = if temperature < 1e-7 {
        Sampling::ArgMax
    } else if p >= 1.0 {
        Sampling::All { temperature }
    } else {
        Sampling::TopP { p, temperature }
    };
    // The standard library's hash keys are random for each process and differ from call to call.
    let seed = parameters
        .seed
        .unwrap_or_else(|| RandomState::new().hash_one(0_u8));
    LogitsProcessor::from_sampling(seed, sampling)
}

fn next_token(sampler: &mut LogitsProcessor, logits: &Tensor) -> Result<u32, GenerateError> {
    sampler.sample(logits).map_err(GenerateError::Arithmetic)
}
