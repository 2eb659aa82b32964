//! Answers: start one, stop it, join it.

use patchbay_contract::events::RunEvent;
use patchbay_contract::replies::{RunSnapshot, RunStarted};
use patchbay_contract::requests::{RunReference, RunStart};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::RunId;
use patchbay_engine::{Choice, JoinedRun, Question, RunOrigin, StartRun};
use tauri::State;
use tauri::ipc::Channel;

use super::{Reply, id};
use crate::channel;
use crate::state::AppState;
use crate::views::{self, RunContext};

const WHAT: &str = "The answer";

#[tauri::command]
pub(super) async fn run_start(
    state: State<'_, AppState>,
    request: RunStart,
    channel: Channel<Vec<RunEvent>>,
) -> Reply<RunStarted> {
    let engine = state.engine()?;
    let start = StartRun {
        target: views::target_from(request.target.clone())?,
        question: question(request)?,
        origin: RunOrigin::Chat,
    };
    let sink = move |run: RunId, choice: &Choice| {
        let context = RunContext {
            choice: choice.clone(),
            run_id: run.to_string(),
        };
        channel::sink(channel, context, Vec::new())
    };
    let started = engine
        .start_run(start, Some(Box::new(sink)))
        .await
        .map_err(views::error)?;
    let context = RunContext {
        choice: started.choice.clone(),
        run_id: started.run.to_string(),
    };
    Ok(RunStarted {
        run_id: started.run.to_string(),
        conversation: views::summary(&started.conversation),
        question: started
            .question
            .as_ref()
            .map(|message| views::message_with(message, None)),
        answer: views::message_with(&started.answer, Some(context.view(&[]))),
    })
}

fn question(request: RunStart) -> Reply<Question> {
    let incomplete = || {
        IpcError::new(
            ErrorCode::InvalidInput,
            "There is nothing to answer.",
            "Type a message first.",
        )
    };
    let Some(conversation) = request.conversation_id else {
        return Ok(Question::New {
            text: request.text.ok_or_else(incomplete)?,
            system_prompt: request.system_prompt.unwrap_or_default(),
            parameters: request
                .parameters
                .map(views::parameters_from)
                .unwrap_or_default(),
        });
    };
    let conversation = id(&conversation, "The chat")?;
    let parent = request
        .parent_id
        .as_deref()
        .map(|parent| id(parent, "The message"))
        .transpose()?;
    match (request.text, parent) {
        (Some(text), parent) => Ok(Question::Follow {
            conversation,
            parent,
            text,
        }),
        (None, Some(question)) => Ok(Question::Again {
            conversation,
            question,
        }),
        (None, None) => Err(incomplete()),
    }
}

#[tauri::command]
pub(super) async fn run_stop(state: State<'_, AppState>, request: RunReference) -> Reply<()> {
    state.engine()?.stop_run(id(&request.run_id, WHAT)?);
    Ok(())
}

#[tauri::command]
pub(super) async fn run_attach(
    state: State<'_, AppState>,
    request: RunReference,
    channel: Channel<Vec<RunEvent>>,
) -> Reply<RunSnapshot> {
    let run: RunId = id(&request.run_id, WHAT)?;
    let context = |choice: &Choice| RunContext {
        choice: choice.clone(),
        run_id: run.to_string(),
    };
    let joined = state.engine()?.attach_run(run, |choice, attempts| {
        channel::sink(channel, context(choice), attempts)
    });
    let Some(JoinedRun { choice, snapshot }) = joined else {
        return Err(IpcError::new(
            ErrorCode::NotFound,
            "The answer is not being written any more.",
            "Open the chat again to see it.",
        ));
    };
    let context = context(&choice);
    Ok(RunSnapshot {
        run_id: run.to_string(),
        next_sequence: snapshot.next_sequence,
        is_over: snapshot.is_over,
        answer: views::message_with(&snapshot.answer, Some(context.view(&snapshot.attempts))),
    })
}
