//! Runs: how an answer begins and how it ends, each in one transaction with everything that belongs
//! to it.
//!
//! Long because the two transactions and what they read and write belong together.

use patchbay_domain::message::words_in;
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::{Skipped, Target};
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    Attempt, ConversationId, Endpoint, Failure, FailureClass, FinishReason, JsonText, Message,
    MessageId, MessageStatus, ProviderId, Receipt, RunId, UnixMillis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeSet};
use crate::conversation::NewConversation;
use crate::error::{StoreError, Subject};
use crate::redo::Entry;
use crate::run_origin::RunOrigin;
use crate::store::Store;
use crate::values::{
    failure, from_json, id, optional_id, optional_json, optional_word, to_json, word,
};
use crate::{app_request, attempt, conversation, message, round, spend};

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// The message that it writes; `None` where that was purged, or where there never was one.
    pub answer: Option<MessageId>,
    /// What started it.
    pub origin: RunOrigin,
    /// What was asked for first.
    pub requested: Endpoint,
    /// What the person chose; `None` in the runs from before there was a choice.
    pub target: Option<Target>,
    /// What its route was called then.
    pub route_name: Option<String>,
    /// What its plan left out, and why.
    pub skipped: Vec<Skipped>,
    /// What it is for.
    pub purpose: Purpose,
    /// What a budget changed about it, in one sentence.
    pub budget_note: Option<String>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// When it began.
    pub started_at: UnixMillis,
    /// When it ended; after a crash, when that was noticed.
    pub ended_at: Option<UnixMillis>,
    /// Every attempt.
    pub receipt: Receipt,
}

/// A run to be begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// What starts it.
    pub origin: RunOrigin,
    /// What is asked for first.
    pub requested: Endpoint,
    /// What the person chose.
    pub target: Option<Target>,
    /// What its route is called.
    pub route_name: Option<String>,
    /// What its plan leaves out, and why.
    pub skipped: Vec<Skipped>,
    /// What it is for.
    pub purpose: Purpose,
    /// The app of the gateway that asks.
    pub app: Option<String>,
    /// What a budget changed about it, in one sentence.
    pub budget_note: Option<String>,
    /// Now.
    pub started_at: UnixMillis,
}

/// Where a run takes place.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each run and moved a few times; a box would only be in the way"
)]
pub enum RunConversation {
    /// In a conversation that begins with it.
    New(NewConversation),
    /// In one that is there.
    Existing(ConversationId),
}

impl RunConversation {
    /// The conversation's id.
    pub fn id(&self) -> ConversationId {
        match self {
            Self::New(new) => new.id,
            Self::Existing(id) => *id,
        }
    }
}

/// Everything that is written when a run begins.
#[derive(Clone, Debug, PartialEq)]
pub struct BeginRun {
    /// Where.
    pub conversation: RunConversation,
    /// The question, where there is a new one. A second answer has none; an edit is a new question
    /// with the parent of the old one.
    pub user_message: Option<Message>,
    /// The answer to be written: its status is `Streaming`, its run is `run.id`.
    pub answer: Message,
    /// The run.
    pub run: NewRun,
    /// Its first attempt with what is held for it, so that nothing is sent that has no row.
    pub attempt: Option<Attempt>,
}

/// Everything that is written when a run ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishRun {
    /// The run.
    pub run: RunId,
    /// How it ended. The answer's status follows from it.
    pub outcome: Outcome,
    /// The whole text of the answer.
    pub text: String,
    /// The whole thinking of the answer.
    pub reasoning: String,
    /// Tools that it calls, as a list of objects; kept for apps.
    pub tool_calls: Option<JsonText>,
    /// Thinking that its format wants back, as a list of parts; kept for apps.
    pub thinking: Option<JsonText>,
    /// The settlement of the last attempt, where that was not written before.
    pub attempt: Option<Attempt>,
    /// Now.
    pub ended_at: UnixMillis,
}

impl FinishRun {
    pub(crate) fn received_anything(&self) -> bool {
        !self.text.is_empty() || !self.reasoning.is_empty()
    }
}

impl Store {
    /// Writes the conversation where it is new, the question, the empty answer and the run: all of it
    /// or nothing. The answer becomes the end of the branch that is shown.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the conversation is not there or was deleted;
    /// [`StoreError::Contradiction`] where an id is taken or a parent is of another conversation.
    pub async fn begin_run(&self, begin: BeginRun) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let conversation = begin.conversation.id();
            if let RunConversation::New(new) = &begin.conversation {
                conversation::insert(connection, new)?;
            }
            conversation::turn_to(connection, conversation, begin.answer.id, &begin.run)?;
            conversation::touch(connection, conversation, begin.run.started_at)?;
            if let Some(question) = &begin.user_message {
                message::insert(connection, question)?;
            }
            let place = Some((conversation, begin.answer.id));
            insert(connection, place, &begin.run, None)?;
            message::insert(connection, &begin.answer)?;
            message::require(connection, conversation, begin.answer.id)?;
            if let Some(attempt) = &begin.attempt {
                attempt::write(connection, attempt)?;
            }
            changes.add(Change::Conversations);
            changes.add(Change::Conversation(conversation));
            Ok(())
        })
        .await
    }

    /// Begins a run that belongs to no conversation: it has a receipt, and no message.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where the id is taken.
    pub async fn begin_lone_run(
        &self,
        run: NewRun,
        first: Option<Attempt>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            insert(connection, None, &run, None)?;
            if let Some(attempt) = &first {
                attempt::write(connection, attempt)?;
            }
            Ok(())
        })
        .await
    }

    /// Writes how a run ended, the whole answer and the last attempt with its usage and cost: all of
    /// it or nothing. Returns whether the run went on until now: ending it twice changes nothing.
    ///
    /// An attempt that was begun and never settled is closed as interrupted. The text of a run
    /// without a conversation is not kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such run. After [`StoreError::DiskFull`] the same
    /// call may be made again.
    pub async fn finish_run(&self, finish: FinishRun) -> Result<bool, StoreError> {
        self.write(move |connection, changes| end(connection, changes, &finish))
            .await
    }

    /// [`Store::finish_run`] for what an app asked: a power cut may take it until
    /// [`Store::make_durable`], a killed process does not. Ending it twice changes nothing.
    ///
    /// # Errors
    /// The redo log cannot be written. Then the same call may be made again.
    pub async fn finish_app_run(&self, finish: FinishRun) -> Result<(), StoreError> {
        self.log(Entry::Finish(finish)).await
    }

    /// One run with its receipt, wherever its conversation went; `None` where there is none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn run(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT * FROM run WHERE id = ?1")?
                .query_and_then([run.into_bytes()], read)?
                .next()
                .transpose()?;
            let Some(mut found) = found else {
                return Ok(None);
            };
            found.receipt = attempt::receipt_of(connection, run)?;
            Ok(Some(found))
        })
        .await
    }

    /// Every run of a conversation with its receipt, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn receipts(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<RunRecord>, StoreError> {
        self.read(move |connection| runs_of(connection, conversation))
            .await
    }
}

/// Writes how a run ended, with all that belongs to it.
pub(crate) fn end(
    connection: &Connection,
    changes: &mut ChangeSet,
    finish: &FinishRun,
) -> Result<bool, StoreError> {
    let run = locate(connection, finish.run)?;
    if !run.is_running {
        return Ok(false);
    }
    let is_answered = matches!(finish.outcome, Outcome::Answered { .. });
    let words = is_answered.then(|| words_in(&finish.text));
    if let Some(last) = &finish.attempt {
        attempt::write_with_words(connection, last, words)?;
    }
    attempt::interrupt_running(connection, finish.run, finish.received_anything())?;
    settle(connection, finish.run, &finish.outcome, finish.ended_at)?;
    // Where the attempt was settled before the end.
    if let Some(words) = words {
        spend::note_words(connection, finish.run, words)?;
    }
    if app_request::settle(
        connection,
        finish.run,
        &finish.text,
        finish.tool_calls.as_ref(),
        finish.thinking.as_ref(),
    )? {
        changes.add(Change::AppRequests);
    }
    if let Some(answer) = run.answer {
        let status = message_status(&finish.outcome);
        message::settle(connection, answer, &finish.text, &finish.reasoning, status)?;
    }
    if let Some(conversation) = run.conversation {
        conversation::touch(connection, conversation, finish.ended_at)?;
        changes.add(Change::Conversation(conversation));
        // What a comparison keeps stands in no list of chats.
        changes.add(match round::round_of(connection, conversation)? {
            Some(round) => Change::Round(round),
            None => Change::Conversations,
        });
    }
    changes.add(Change::Spend);
    Ok(true)
}

/// Where the answer of a run stands after its end.
fn message_status(outcome: &Outcome) -> MessageStatus {
    match outcome {
        Outcome::Answered { .. } => MessageStatus::Complete,
        Outcome::Stopped => MessageStatus::Stopped,
        Outcome::Interrupted => MessageStatus::Interrupted,
        Outcome::Failed { .. } => MessageStatus::Failed,
    }
}

/// A run as far as it matters to its own end.
pub(crate) struct Located {
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) answer: Option<MessageId>,
    is_running: bool,
}

fn locate(connection: &Connection, run: RunId) -> Result<Located, StoreError> {
    connection
        .prepare_cached("SELECT conversation, answer, status FROM run WHERE id = ?1")?
        .query_and_then([run.into_bytes()], located)?
        .next()
        .unwrap_or(Err(StoreError::NotFound(Subject::Run(run))))
}

fn located(row: &Row<'_>) -> Result<Located, StoreError> {
    Ok(Located {
        conversation: optional_id(row, "conversation", ConversationId::from_bytes)?,
        answer: optional_id(row, "answer", MessageId::from_bytes)?,
        is_running: row.get::<_, String>("status")? == RUNNING,
    })
}

const RUNNING: &str = "running";

/// Every run that goes on.
pub(crate) fn running(connection: &Connection) -> Result<Vec<(RunId, Located)>, StoreError> {
    connection
        .prepare_cached(
            "SELECT id, conversation, answer, status FROM run WHERE status = 'running'",
        )?
        .query_and_then([], |row| {
            Ok((id(row, "id", RunId::from_bytes)?, located(row)?))
        })?
        .collect()
}

pub(crate) fn conversation_of(
    connection: &Connection,
    run: RunId,
) -> Result<Option<ConversationId>, StoreError> {
    let bytes: Option<Option<[u8; 16]>> = connection
        .prepare_cached("SELECT conversation FROM run WHERE id = ?1")?
        .query_row([run.into_bytes()], |row| row.get(0))
        .optional()?;
    Ok(bytes.flatten().map(ConversationId::from_bytes))
}

pub(crate) fn exists(connection: &Connection, run: RunId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM run WHERE id = ?1")?
        .exists([run.into_bytes()])?)
}

/// How a run ended that is written as a whole.
pub(crate) struct End<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) at: UnixMillis,
    /// It has an attempt.
    pub(crate) was_asked: bool,
}

/// Writes a run that begins, or where its end is known too, all of it.
pub(crate) fn insert(
    connection: &Connection,
    place: Option<(ConversationId, MessageId)>,
    run: &NewRun,
    end: Option<&End<'_>>,
) -> Result<(), StoreError> {
    let ending = end.map(|end| Ending::of(end.outcome));
    let failure = ending.as_ref().and_then(|ending| ending.failure);
    // As in [`settle`]: nobody was asked, or a budget stopped it.
    let is_refused = end
        .zip(failure)
        .is_some_and(|(end, failure)| failure.class == FailureClass::OverBudget || !end.was_asked);
    connection
        .prepare_cached(
            "INSERT INTO run (id, conversation, answer, origin, provider, model, target, route_name,
                              skipped, status, started_at, purpose, app, budget_note, spent_in,
                              finish_reason, failure_class, failure_message, failure_http_status,
                              failure_code, failure_retry_after_millis, failure_request_id, ended_at,
                              refused_day)
             VALUES (:id, :conversation, :answer, :origin, :provider, :model, :target, :route_name,
                     :skipped, :status, :at, :purpose, :app, :budget_note, :conversation,
                     :reason, :class, :message, :http_status, :code, :retry_after, :request_id,
                     :ended_at,
                     iif(:is_refused, coalesce(CAST(strftime('%Y%m%d', :at / 1000, 'unixepoch',
                         'localtime') AS INTEGER), 19700101), NULL))",
        )?
        .execute(named_params! {
            ":id": run.id.into_bytes(),
            ":conversation": place.map(|(conversation, _)| conversation.into_bytes()),
            ":answer": place.map(|(_, answer)| answer.into_bytes()),
            ":origin": run.origin.as_str(),
            ":provider": run.requested.provider.as_str(),
            ":model": run.requested.model,
            ":target": run.target.as_ref().map(to_json).transpose()?,
            ":route_name": run.route_name,
            ":skipped": to_json(&run.skipped)?,
            ":at": run.started_at.0,
            ":purpose": run.purpose.as_str(),
            ":app": run.app,
            ":budget_note": run.budget_note,
            ":status": ending.as_ref().map_or(RUNNING, |ending| ending.status),
            ":reason": ending.as_ref().and_then(|ending| ending.reason).map(FinishReason::as_str),
            ":class": failure.map(|failure| failure.class.as_str()),
            ":message": failure.map(|failure| failure.message.as_str()),
            ":http_status": failure.and_then(|failure| failure.status),
            ":code": failure.and_then(|failure| failure.code.as_deref()),
            ":retry_after": attempt::retry_after(failure),
            ":request_id": failure.and_then(|failure| failure.request_id.as_deref()),
            ":ended_at": end.map(|end| end.at.0),
            ":is_refused": is_refused,
        })?;
    Ok(())
}

/// An outcome in the columns of a run.
struct Ending<'a> {
    status: &'static str,
    reason: Option<FinishReason>,
    failure: Option<&'a Failure>,
}

impl<'a> Ending<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let (status, reason, failure) = match outcome {
            Outcome::Answered { reason } => ("answered", Some(*reason), None),
            Outcome::Stopped => ("stopped", None, None),
            Outcome::Interrupted => ("interrupted", None, None),
            Outcome::Failed { failure } => ("failed", None, Some(failure)),
        };
        Self {
            status,
            reason,
            failure,
        }
    }
}

/// Writes how a run ended.
pub(crate) fn settle(
    connection: &Connection,
    run: RunId,
    outcome: &Outcome,
    at: UnixMillis,
) -> Result<(), StoreError> {
    let Ending {
        status,
        reason,
        failure,
    } = Ending::of(outcome);
    connection
        .prepare_cached(
            "UPDATE run SET status = :status, finish_reason = :reason, failure_class = :class,
                 failure_message = :message, failure_http_status = :http_status,
                 failure_code = :code, failure_retry_after_millis = :retry_after,
                 failure_request_id = :request_id, ended_at = :at,
                 -- Nobody was asked, or a budget stopped it: no attempt tells of that day.
                 refused_day = iif(:status = 'failed' AND (:class = 'over_budget'
                         OR NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.run = run.id)),
                     coalesce(CAST(strftime('%Y%m%d', started_at / 1000, 'unixepoch', 'localtime')
                         AS INTEGER), 19700101), NULL)
             WHERE id = :id AND status = 'running'",
        )?
        .execute(named_params! {
            ":status": status,
            ":reason": reason.map(FinishReason::as_str),
            ":class": failure.map(|failure| failure.class.as_str()),
            ":message": failure.map(|failure| failure.message.as_str()),
            ":http_status": failure.and_then(|failure| failure.status),
            ":code": failure.and_then(|failure| failure.code.as_deref()),
            ":retry_after": attempt::retry_after(failure),
            ":request_id": failure.and_then(|failure| failure.request_id.as_deref()),
            ":at": at.0,
            ":id": run.into_bytes(),
        })?;
    Ok(())
}

/// The runs that took place in a conversation, and those whose answers it holds a copy of.
pub(crate) fn runs_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<RunRecord>, StoreError> {
    let mut runs: Vec<RunRecord> = connection
        .prepare_cached(
            "SELECT * FROM run
             WHERE conversation = ?1 OR id IN (SELECT run FROM message WHERE conversation = ?1)
             ORDER BY started_at, id",
        )?
        .query_and_then([conversation.into_bytes()], read)?
        .collect::<Result<_, StoreError>>()?;
    for run in &mut runs {
        run.receipt = attempt::receipt_of(connection, run.id)?;
    }
    Ok(runs)
}

pub(crate) fn read(row: &Row<'_>) -> Result<RunRecord, StoreError> {
    Ok(RunRecord {
        id: id(row, "id", RunId::from_bytes)?,
        answer: optional_id(row, "answer", MessageId::from_bytes)?,
        origin: word(row, "run", "origin")?,
        requested: Endpoint {
            provider: ProviderId::new(row.get::<_, String>("provider")?),
            model: row.get("model")?,
        },
        target: optional_json(row, "run", "target")?,
        route_name: row.get("route_name")?,
        skipped: from_json(row, "run", "skipped")?,
        purpose: word(row, "run", "purpose")?,
        budget_note: row.get("budget_note")?,
        outcome: outcome(row)?,
        started_at: UnixMillis(row.get("started_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(UnixMillis),
        receipt: Receipt::default(),
    })
}

fn outcome(row: &Row<'_>) -> Result<Option<Outcome>, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "run",
        column,
        source: None,
    };
    let status: String = row.get("status")?;
    Ok(match status.as_str() {
        RUNNING => None,
        "answered" => Some(Outcome::Answered {
            reason: optional_word(row, "run", "finish_reason")?
                .ok_or_else(|| unreadable("finish_reason"))?,
        }),
        "stopped" => Some(Outcome::Stopped),
        "interrupted" => Some(Outcome::Interrupted),
        "failed" => Some(Outcome::Failed {
            failure: failure(row)?.ok_or_else(|| unreadable("failure_class"))?,
        }),
        _ => return Err(unreadable("status")),
    })
}
