//! A run that is going on, as windows see it.
//!
//! Text arrives token by token and leaves in batches, one a frame: a message to a web view costs the
//! same for one word as for fifty. Every update has a sequence number, so that a window notices a
//! gap, and a window that joins late gets what there is so far plus all that follows.
//!
//! Long because windows and apps are told of the same run in their own ways.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_domain::embedding::vectors_in_words;
use patchbay_domain::run::{Outcome, Switch};
use patchbay_domain::{Attempt, ConversationId, JsonText, Message, Usage, Vector, WireFamily};

/// A batch is sent when it holds this many bytes, whatever the time: a message to a web view from
/// 8,192 bytes on takes a slower way.
const BATCH_BYTES: usize = 4 * 1024;

/// The most updates that wait for an app while more of the same reply are there to be read.
const MOST_AT_ONCE: usize = 64;

/// Something new about a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunUpdate {
    /// A way in is being asked, or has sent its first token.
    Attempt(Box<Attempt>),
    /// Text to be appended.
    Text(String),
    /// Thinking to be appended.
    Reasoning(String),
    /// A piece of a tool call. Only apps are told.
    ToolCall {
        /// Which call, from 0.
        index: u32,
        /// Its id, in its first piece.
        id: Option<String>,
        /// The tool's name, in its first piece.
        name: Option<String>,
        /// More of its arguments.
        arguments: String,
    },
    /// Thinking that its format wants back. Only apps are told.
    ReasoningItem {
        /// Which format made it.
        format: String,
        /// The item.
        item: JsonText,
    },
    /// What the format says beside the answer. Only apps are told.
    Aside {
        /// Which format.
        family: WireFamily,
        /// An object.
        fields: JsonText,
    },
    /// The vectors that were asked for. Only apps are told; what is kept of them is how many there are.
    Embeddings(Arc<[Vector]>),
    /// The answer is over, before it is on the disk. Only apps are told.
    Over(Box<Outcome>),
    /// The half answer is thrown away.
    Discard,
    /// Tokens so far.
    Usage(Usage),
    /// An attempt is over.
    Settled(Box<Attempt>),
    /// The run leaves one way in for another, or for the same once more.
    Switched(Box<Switch>),
    /// The answer could not be written to the disk yet. Carries the store's sentence and advice.
    Unsaved {
        /// What happened.
        sentence: String,
        /// What to do.
        advice: String,
    },
    /// The run is over, and this is what was stored. The last update.
    Ended(Box<Message>),
}

/// An update with its place in the order, counted from 0 without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct SequencedUpdate {
    /// 0, 1, 2 and so on.
    pub sequence: u64,
    /// What is new.
    pub update: RunUpdate,
}

/// Takes batches of updates; answers `false` when nobody listens any more.
pub type RunSink = Box<dyn Fn(Vec<SequencedUpdate>) -> bool + Send>;

/// What a run looks like to somebody who joins now.
#[derive(Clone, Debug)]
pub struct RunSnapshot {
    /// The answer so far.
    pub answer: Message,
    /// All attempts so far.
    pub attempts: Vec<Attempt>,
    /// The number of the next update.
    pub next_sequence: u64,
    /// Whether there will be no next update.
    pub is_over: bool,
}

/// A run that is going on. Clones are the same run.
#[derive(Clone)]
pub(crate) struct LiveRun {
    state: Arc<Mutex<State>>,
}

struct State {
    answer: Message,
    attempts: Vec<Attempt>,
    next_sequence: u64,
    pending: Vec<RunUpdate>,
    pending_bytes: usize,
    sinks: Vec<RunSink>,
    is_over: bool,
    /// An app listens: it is told everything, as it came.
    is_for_app: bool,
}

impl std::fmt::Debug for LiveRun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        formatter
            .debug_struct("LiveRun")
            .field("run", &state.answer.run)
            .field("next_sequence", &state.next_sequence)
            .finish_non_exhaustive()
    }
}

impl LiveRun {
    /// A run that writes into `answer`, which is empty so far.
    pub(crate) fn new(answer: Message, sink: Option<RunSink>) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                answer,
                attempts: Vec::new(),
                next_sequence: 0,
                pending: Vec::new(),
                pending_bytes: 0,
                sinks: sink.into_iter().collect(),
                is_over: false,
                is_for_app: false,
            })),
        }
    }

    /// The same for an app: every update as it came. It is told when there is nothing more to be read,
    /// so what came together goes on together, and nothing waits.
    pub(crate) fn for_app(self) -> Self {
        self.lock().is_for_app = true;
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is plain data and whole between statements, so a panic elsewhere leaves it usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins: what there is so far, and from then on every update to the sink that is made from the
    /// attempts so far.
    pub(crate) fn attach(&self, sink: impl FnOnce(Vec<Attempt>) -> RunSink) -> RunSnapshot {
        let mut state = self.lock();
        state.flush();
        if !state.is_over {
            let sink = sink(state.attempts.clone());
            state.sinks.push(sink);
        }
        state.snapshot()
    }

    /// What there is so far.
    pub(crate) fn snapshot(&self) -> RunSnapshot {
        let mut state = self.lock();
        state.flush();
        state.snapshot()
    }

    /// The conversation that it belongs to.
    pub(crate) fn conversation(&self) -> ConversationId {
        self.lock().answer.conversation
    }

    /// Text and thinking so far, for the store.
    pub(crate) fn partial(&self) -> (String, String) {
        let state = self.lock();
        (state.answer.text.clone(), state.answer.reasoning.clone())
    }

    /// Takes an update. Returns whether something waits for the next flush.
    pub(crate) fn push(&self, update: RunUpdate) -> bool {
        self.lock().push(update)
    }

    /// Sends what waits.
    pub(crate) fn flush(&self) {
        self.lock().flush();
    }
}

impl State {
    fn snapshot(&self) -> RunSnapshot {
        RunSnapshot {
            answer: self.answer.clone(),
            attempts: self.attempts.clone(),
            next_sequence: self.next_sequence,
            is_over: self.is_over,
        }
    }

    fn push(&mut self, update: RunUpdate) -> bool {
        match &update {
            RunUpdate::Text(text) => self.answer.text.push_str(text),
            RunUpdate::Reasoning(text) => self.answer.reasoning.push_str(text),
            RunUpdate::Embeddings(vectors) => self.answer.text = vectors_in_words(vectors),
            RunUpdate::Discard => {
                self.answer.text.clear();
                self.answer.reasoning.clear();
            }
            RunUpdate::Attempt(attempt) | RunUpdate::Settled(attempt) => self.note(attempt),
            RunUpdate::Ended(message) => {
                self.answer = (**message).clone();
                self.is_over = true;
            }
            RunUpdate::Usage(_)
            | RunUpdate::Switched(_)
            | RunUpdate::Unsaved { .. }
            | RunUpdate::ToolCall { .. }
            | RunUpdate::ReasoningItem { .. }
            | RunUpdate::Over(_)
            | RunUpdate::Aside { .. } => {}
        }
        if self.is_for_app {
            let is_last = matches!(
                update,
                RunUpdate::Over(_) | RunUpdate::Unsaved { .. } | RunUpdate::Ended(_)
            );
            self.pending.push(update);
            if is_last || self.pending.len() >= MOST_AT_ONCE {
                self.flush();
            }
            return !self.pending.is_empty();
        }
        match update {
            RunUpdate::ToolCall { .. }
            | RunUpdate::ReasoningItem { .. }
            | RunUpdate::Embeddings(_)
            | RunUpdate::Over(_)
            | RunUpdate::Aside { .. } => {}
            RunUpdate::Text(text) => self.append(text, RunUpdate::Text),
            RunUpdate::Reasoning(text) => self.append(text, RunUpdate::Reasoning),
            // Counts that follow each other say the same thing; the last one says it best.
            RunUpdate::Usage(usage) => match self.pending.last_mut() {
                Some(RunUpdate::Usage(last)) => *last = usage,
                _ => self.pending.push(RunUpdate::Usage(usage)),
            },
            other => {
                self.pending.push(other);
                // What people wait to see is not held back for the next frame.
                self.flush();
            }
        }
        !self.pending.is_empty()
    }

    fn note(&mut self, news: &Attempt) {
        match self
            .attempts
            .iter_mut()
            .find(|attempt| attempt.id == news.id)
        {
            Some(attempt) => *attempt = news.clone(),
            None => self.attempts.push(news.clone()),
        }
    }

    fn append(&mut self, text: String, wrap: fn(String) -> RunUpdate) {
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let room = BATCH_BYTES.saturating_sub(self.pending_bytes).max(4);
            let (now, later) = rest.split_at(rest.floor_char_boundary(room));
            self.append_piece(now, wrap);
            if self.pending_bytes >= BATCH_BYTES - 4 {
                self.flush();
            }
            rest = later;
        }
    }

    fn append_piece(&mut self, piece: &str, wrap: fn(String) -> RunUpdate) {
        self.pending_bytes += piece.len();
        let fresh = wrap(piece.to_owned());
        // Counts in between would keep neighbouring pieces of text apart.
        let before = match self.pending.as_mut_slice() {
            [.., before, RunUpdate::Usage(_)] => Some(before),
            [.., last] => Some(last),
            [] => None,
        };
        match (before, fresh) {
            (Some(RunUpdate::Text(text)), RunUpdate::Text(more)) => text.push_str(&more),
            (Some(RunUpdate::Reasoning(text)), RunUpdate::Reasoning(more)) => text.push_str(&more),
            (_, fresh) => self.pending.push(fresh),
        }
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.pending_bytes = 0;
        let mut batch = Vec::with_capacity(self.pending.len());
        for update in std::mem::take(&mut self.pending) {
            batch.push(SequencedUpdate {
                sequence: self.next_sequence,
                update,
            });
            self.next_sequence += 1;
        }
        // The last one has no need of a copy, and an app is the only one.
        let mut left = self.sinks.len();
        self.sinks.retain(|sink| {
            left -= 1;
            let own = if left == 0 {
                std::mem::take(&mut batch)
            } else {
                batch.clone()
            };
            sink(own)
        });
        if self.is_over {
            self.sinks.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use patchbay_domain::{MessageId, MessageStatus, Role, UnixMillis};

    use super::*;

    fn empty_answer() -> Message {
        Message {
            id: MessageId::from_bytes([1; 16]),
            conversation: ConversationId::from_bytes([2; 16]),
            parent: None,
            role: Role::Assistant,
            text: String::new(),
            reasoning: String::new(),
            status: MessageStatus::Streaming,
            run: None,
            created_at: UnixMillis(0),
        }
    }

    fn sink() -> (RunSink, mpsc::Receiver<Vec<SequencedUpdate>>) {
        let (sender, receiver) = mpsc::channel();
        (Box::new(move |batch| sender.send(batch).is_ok()), receiver)
    }

    fn text_of(batches: impl IntoIterator<Item = Vec<SequencedUpdate>>) -> String {
        batches
            .into_iter()
            .flatten()
            .filter_map(|sequenced| match sequenced.update {
                RunUpdate::Text(text) => Some(text),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn tokens_of_one_frame_leave_as_one_update() {
        let (sink, batches) = sink();
        let run = LiveRun::new(empty_answer(), Some(sink));
        for token in ["a", "b", "c"] {
            run.push(RunUpdate::Text(token.to_owned()));
            run.push(RunUpdate::Usage(Usage::default()));
        }
        run.flush();
        let batch = batches.try_recv().unwrap();
        assert_eq!(batch.len(), 2, "one text and one count: {batch:?}");
        assert_eq!(batch[0].update, RunUpdate::Text("abc".to_owned()));
    }

    #[test]
    fn an_app_is_told_together_what_came_together_and_word_for_word() {
        let (sink, batches) = sink();
        let run = LiveRun::new(empty_answer(), Some(sink)).for_app();
        for token in ["a", "b", "c"] {
            assert!(
                run.push(RunUpdate::Text(token.to_owned())),
                "it is to be sent"
            );
        }
        assert!(batches.try_recv().is_err(), "more may be there to be read");
        run.flush();
        let batch = batches.try_recv().unwrap();
        assert_eq!(batch.len(), 3, "no two pieces become one: {batch:?}");
        // The end waits for nobody, nor does a long reply.
        run.push(RunUpdate::Text("d".to_owned()));
        run.push(RunUpdate::Over(Box::new(Outcome::Stopped)));
        assert_eq!(batches.try_recv().unwrap().len(), 2);
        for _ in 0..MOST_AT_ONCE {
            run.push(RunUpdate::Text("e".to_owned()));
        }
        assert_eq!(batches.try_recv().unwrap().len(), MOST_AT_ONCE);
    }

    #[test]
    fn a_flood_leaves_in_small_batches_with_whole_characters() {
        let (sink, batches) = sink();
        let run = LiveRun::new(empty_answer(), Some(sink));
        let flood = "é字🙂x".repeat(5_000);
        run.push(RunUpdate::Text(flood.clone()));
        run.flush();
        let batches: Vec<_> = batches.try_iter().collect();
        for batch in &batches {
            assert!(text_of([batch.clone()]).len() <= BATCH_BYTES);
        }
        assert_eq!(text_of(batches), flood);
    }

    #[test]
    fn a_late_window_misses_nothing_and_gets_nothing_twice() {
        let run = LiveRun::new(empty_answer(), None);
        run.push(RunUpdate::Text("before ".to_owned()));
        let (sink, batches) = sink();
        let snapshot = run.attach(|_| sink);
        run.push(RunUpdate::Text("after".to_owned()));
        run.flush();
        let batches: Vec<_> = batches.try_iter().collect();
        assert_eq!(batches[0][0].sequence, snapshot.next_sequence);
        assert_eq!(snapshot.answer.text + &text_of(batches), "before after");
    }

    #[test]
    fn a_window_that_is_gone_is_forgotten() {
        let (sink, batches) = sink();
        let run = LiveRun::new(empty_answer(), Some(sink));
        drop(batches);
        run.push(RunUpdate::Discard);
        assert!(run.lock().sinks.is_empty());
    }
}
