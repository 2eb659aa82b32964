//! One answer made of several: by a model, or by hand.

use patchbay_domain::message::title_from;
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::Target;
use patchbay_domain::{ChatRequest, JsonText, MergeId, Message, Parameters, Role, RoundId};
use patchbay_store::{
    BeginCell, BeginRun, MergedRecord, NewConversation, RoundPlace, RunConversation, RunOrigin,
};
use serde::{Deserialize, Serialize};

use super::lettered::{MATERIAL, letter, shown};
use super::names::short;
use super::prepare::{answer, message};
use crate::chat::{Errand, Launch, first_attempt, new_run};
use crate::{Engine, EngineError, clock};

/// The longest text that is put together by hand, in bytes.
const STITCHED_BYTES: usize = 1024 * 1024;

/// So many deleted answers can be brought back.
const MOST_DELETED: usize = 50;

/// How a model makes one answer of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeKind {
    /// The best of all of them, as one text.
    Fuse,
    /// What they say, point by point, and who says it.
    Checklist,
    /// The points as rows, the answers as columns.
    Table,
}

impl MergeKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fuse => "fuse",
            Self::Checklist => "checklist",
            Self::Table => "table",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Fuse, Self::Checklist, Self::Table]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    fn instructions(self) -> &'static str {
        match self {
            Self::Fuse => {
                "Write the one answer that the request deserves: take from each answer what is right \
                 and useful, leave out what is wrong or said twice, and where the answers contradict \
                 each other decide and say in one sentence why. Write the answer itself, without \
                 mentioning the others."
            }
            Self::Checklist => {
                "List every distinct point that the answers make as a Markdown checklist, those that \
                 most of them make first. After each point stand the letters of the answers that make \
                 it in brackets, such as [A, C]. Mark points that contradict another answer with \
                 \"disputed:\" and say how."
            }
            Self::Table => {
                "Compare the answers in one Markdown table: one row for each point, one column for \
                 each answer under its letter, and a last column that says which is right. Below the \
                 table write one sentence with your conclusion."
            }
        }
    }
}

/// A passage of an answer that was made by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StitchedPart {
    /// From which column; `None` for the person's own words.
    pub column: Option<u32>,
    /// The text.
    pub text: String,
}

impl Engine {
    /// Has a model make one answer of several. Returns when the question is on the disk; the answer is
    /// a run like all others.
    ///
    /// # Errors
    /// Fewer than two answers, the round is gone, or the database cannot be written.
    pub async fn start_merge(
        &self,
        round: RoundId,
        (case, repeat): (u32, u32),
        kind: MergeKind,
        target: Target,
        columns: &[u32],
    ) -> Result<MergeId, EngineError> {
        let asked = self.case_answers(round, case, repeat).await?;
        let chosen: Vec<&(u32, Message)> = asked
            .answers
            .iter()
            .filter(|(column, _)| columns.contains(column))
            .filter(|(_, message)| !message.text.trim().is_empty())
            .collect();
        if chosen.len() < 2 {
            let sentence = "There are fewer than two answers to make one of.";
            return Err(EngineError::input(
                "columns",
                sentence,
                "Choose at least two.",
            ));
        }
        let texts: Vec<&str> = chosen
            .iter()
            .map(|(_, message)| message.text.as_str())
            .collect();
        let named: Vec<String> = chosen
            .iter()
            .enumerate()
            .map(|(index, (_, message))| {
                let model = message
                    .run
                    .and_then(|run| asked.runs.get(&run))
                    .map_or("", |run| {
                        run.receipt
                            .last()
                            .map_or(run.endpoint.model.as_str(), |last| {
                                last.endpoint.model.as_str()
                            })
                    });
                format!("{}: {}", letter(index), short(model))
            })
            .collect();
        let now = self.clock.now();
        let run = clock::run_id();
        let conversation = clock::conversation_id();
        let number = clock::jitter_seed();
        let text = format!(
            "{}\n{}",
            shown(&asked.prompt, &texts, number),
            kind.instructions()
        );
        let question = message(conversation, None, Role::User, text, now);
        let reply = answer(conversation, question.id, run, now);
        let system = format!("You work with several answers to the same request. {MATERIAL}");
        let request = ChatRequest {
            messages: patchbay_domain::message::prompt(&system, &[&question]),
            ..ChatRequest::default()
        };
        let resolved = self
            .resolve(
                target,
                &request,
                Errand::new(RunOrigin::Compare, Purpose::Merge),
            )
            .await?;
        let first = first_attempt(run, &resolved, now);
        let merge = clock::merge_id();
        let merged = MergedRecord {
            id: merge,
            round,
            case,
            repeat,
            kind: kind.as_str().to_owned(),
            parts: JsonText(serde_json::to_string(&sources(&chosen, &named)).unwrap_or_default()),
            text: None,
            conversation: Some(conversation),
            created_at: now,
        };
        self.store
            .begin_cell(BeginCell {
                round,
                place: RoundPlace::Merged(merged),
                earlier: Vec::new(),
                run: BeginRun {
                    conversation: RunConversation::New(NewConversation {
                        id: conversation,
                        title: title_from(&asked.prompt),
                        title_is_custom: false,
                        system_prompt: system,
                        parameters: Parameters::default(),
                        created_at: now,
                    }),
                    user_message: Some(question),
                    answer: reply.clone(),
                    run: new_run(run, &resolved, now),
                    attempt: first.clone(),
                },
            })
            .await?;
        self.launch(Launch {
            run,
            answer: reply,
            has_message: true,
            request,
            resolved,
            first,
            sink: None,
        });
        Ok(merge)
    }

    /// Keeps an answer that was put together by hand, with where each passage is from.
    ///
    /// # Errors
    /// It says nothing, it is too long, or the database cannot be written.
    pub async fn save_stitched(
        &self,
        merge: Option<MergeId>,
        round: RoundId,
        (case, repeat): (u32, u32),
        parts: Vec<StitchedPart>,
    ) -> Result<MergeId, EngineError> {
        let parts: Vec<StitchedPart> = parts
            .into_iter()
            .filter(|part| !part.text.trim().is_empty())
            .collect();
        let texts: Vec<&str> = parts.iter().map(|part| part.text.trim_end()).collect();
        let text = texts.join("\n\n");
        if text.is_empty() || text.len() > STITCHED_BYTES {
            let sentence = "The answer needs at least one passage, and has at most 1 MB.";
            return Err(EngineError::input(
                "parts",
                sentence,
                "Choose some passages.",
            ));
        }
        self.round_record(round).await?;
        let id = merge.unwrap_or_else(clock::merge_id);
        self.store
            .save_merged(MergedRecord {
                id,
                round,
                case,
                repeat,
                kind: STITCHED.to_owned(),
                parts: JsonText(serde_json::to_string(&parts).unwrap_or_default()),
                text: Some(text),
                conversation: None,
                created_at: self.clock.now(),
            })
            .await?;
        Ok(id)
    }

    /// Takes an answer that was made of several out of its round. It can be brought back until
    /// Patchbay is closed, or [`MOST_DELETED`] others were deleted.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_merged(&self, merge: MergeId) -> Result<(), EngineError> {
        let merged = self.store.delete_merged(merge).await?;
        let mut deleted = crate::lock(&self.deleted_merges);
        deleted.push_back(merged);
        if deleted.len() > MOST_DELETED {
            deleted.pop_front();
        }
        Ok(())
    }

    /// Brings one back.
    ///
    /// # Errors
    /// It was deleted too long ago, its round was erased, or the database cannot be written.
    pub async fn restore_merged(&self, merge: MergeId) -> Result<(), EngineError> {
        let found = {
            let deleted = crate::lock(&self.deleted_merges);
            deleted.iter().find(|merged| merged.id == merge).cloned()
        };
        let merged = found.ok_or(EngineError::NotFound("The merged answer"))?;
        self.round_record(merged.round).await?;
        self.store.save_merged(merged).await?;
        crate::lock(&self.deleted_merges).retain(|merged| merged.id != merge);
        Ok(())
    }
}

/// The word for an answer that was made by hand.
pub(super) const STITCHED: &str = "stitched";

/// The letters that a model saw, so that its text can be read later.
fn sources(chosen: &[&(u32, Message)], named: &[String]) -> Vec<StitchedPart> {
    chosen
        .iter()
        .zip(named)
        .map(|((column, _), name)| StitchedPart {
            column: Some(*column),
            text: name.clone(),
        })
        .collect()
}

/// What an answer is made of, or the letters that its model saw.
pub fn stitched_parts(merged: &MergedRecord) -> Vec<StitchedPart> {
    serde_json::from_str(&merged.parts.0).unwrap_or_default()
}
