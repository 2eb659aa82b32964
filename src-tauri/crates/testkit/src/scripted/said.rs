//! What a reply says and does, before any family's way of writing it.

use super::script::Step;

/// One thing that a reply says or does.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// The answer begins: its role, and what the family says ahead of the first token.
    Start,
    /// A piece of thinking.
    Thought(String),
    /// A piece of text.
    Text(String),
    /// The one tool call that there is: `look_up` with `{"word":"patch"}`.
    ToolCall,
    /// Two tool calls whose index is missing, or the same. Families without an index make the one.
    OddToolCalls { has_index: bool },
    /// The answer is over; the counts follow where they are told.
    Finish(Finish),
    /// The family's own mark for the end of a stream, where it has one.
    End,
    /// An error inside a reply that began with status 200.
    Failure(Failure),
    /// Events that hold nothing: lists that are empty, absent or null, kinds that nobody knows.
    Hollow,
    /// An event that is not JSON.
    NotJson,
    /// A piece of text with two bytes that are no UTF-8.
    BrokenText,
    /// A piece of text of 10 MB in one event.
    LongText,
    /// The same piece of text for as long as anybody listens.
    Again(String),
    /// Waits, or breaks off.
    Do(Step),
}

/// Why an answer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
    /// The host behind the provider died, and the provider calls it a stop.
    Dead,
    /// Gemini's way to turn a prompt down: status 200, and no candidate.
    Blocked,
}

/// Which error comes inside a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Too many requests, told as the first event.
    RateLimited,
    /// The provider's own error in the middle.
    Internal,
}

/// When the counts are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Where the request asked for them, in families in which it can.
    WhereAsked,
    Always,
    /// In every event, growing.
    Growing,
    /// In an event that has nothing else.
    Alone,
    Never,
}

/// The tokens of an answer, in classes that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: usize,
    pub(super) cache_read: usize,
    pub(super) cache_write: usize,
    pub(super) cache_write_long: usize,
    pub(super) output: usize,
    pub(super) reasoning: usize,
    /// Prompt tokens of sound and of pictures, where the family tells them apart.
    pub(super) audio_input: usize,
    pub(super) image_input: usize,
    /// Answer tokens of sound, where the family tells them apart.
    pub(super) audio_output: usize,
    /// US dollars as decimal text.
    pub(super) cost: Option<String>,
}

impl Counts {
    pub(super) fn prompt(&self) -> usize {
        let text = self.input + self.cache_read + self.cache_write + self.cache_write_long;
        text + self.audio_input + self.image_input
    }

    pub(super) fn completion(&self) -> usize {
        self.output + self.reasoning + self.audio_output
    }

    pub(super) fn total(&self) -> usize {
        self.prompt() + self.completion()
    }
}

/// A whole reply before it is written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) said: Vec<Said>,
    pub(super) counts: Counts,
    pub(super) told: Told,
    /// One JSON object, whatever the request asked for.
    pub(super) is_whole: bool,
    /// Every byte is a chunk of the transfer.
    pub(super) is_byte_by_byte: bool,
}

impl Plan {
    pub(super) fn new(said: Vec<Said>, counts: Counts) -> Self {
        Self {
            said,
            counts,
            told: Told::WhereAsked,
            is_whole: false,
            is_byte_by_byte: false,
        }
    }

    pub(super) fn told(mut self, told: Told) -> Self {
        self.told = told;
        self
    }

    /// Whether the provider charges for it: it got to the end of the answer.
    pub(super) fn is_billed(&self) -> bool {
        let finishes =
            |said: &Said| matches!(said, Said::Finish(finish) if *finish != Finish::Dead);
        self.said.iter().any(finishes)
    }
}
