//! Conversations.

use patchbay_contract::replies::{ConversationSummary, ConversationView};
use patchbay_contract::requests::{
    ConversationLeaf, ConversationOptions, ConversationReference, ConversationRename,
};
use tauri::State;

use super::{Reply, id};
use crate::state::AppState;
use crate::views;

const WHAT: &str = "The chat";

#[tauri::command]
pub(super) async fn conversation_list(
    state: State<'_, AppState>,
) -> Reply<Vec<ConversationSummary>> {
    let list = state
        .engine()?
        .conversations()
        .await
        .map_err(views::error)?;
    Ok(list.iter().map(views::summary).collect())
}

#[tauri::command]
pub(super) async fn conversation_open(
    state: State<'_, AppState>,
    request: ConversationReference,
) -> Reply<ConversationView> {
    let conversation = id(&request.conversation_id, WHAT)?;
    let detail = state
        .engine()?
        .conversation(conversation)
        .await
        .map_err(views::error)?;
    Ok(views::conversation(&detail))
}

#[tauri::command]
pub(super) async fn conversation_rename(
    state: State<'_, AppState>,
    request: ConversationRename,
) -> Reply<()> {
    let conversation = id(&request.conversation_id, WHAT)?;
    let engine = state.engine()?;
    engine
        .rename_conversation(conversation, &request.title)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn conversation_delete(
    state: State<'_, AppState>,
    request: ConversationReference,
) -> Reply<()> {
    let conversation = id(&request.conversation_id, WHAT)?;
    state
        .engine()?
        .delete_conversation(conversation)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn conversation_restore(
    state: State<'_, AppState>,
    request: ConversationReference,
) -> Reply<()> {
    let conversation = id(&request.conversation_id, WHAT)?;
    state
        .engine()?
        .restore_conversation(conversation)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn conversation_set_leaf(
    state: State<'_, AppState>,
    request: ConversationLeaf,
) -> Reply<ConversationView> {
    let conversation = id(&request.conversation_id, WHAT)?;
    let message = id(&request.message_id, "The message")?;
    let detail = state
        .engine()?
        .set_leaf(conversation, message)
        .await
        .map_err(views::error)?;
    Ok(views::conversation(&detail))
}

#[tauri::command]
pub(super) async fn conversation_set_options(
    state: State<'_, AppState>,
    request: ConversationOptions,
) -> Reply<()> {
    let conversation = id(&request.conversation_id, WHAT)?;
    let parameters = views::parameters_from(request.parameters);
    let engine = state.engine()?;
    engine
        .set_options(conversation, request.system_prompt, parameters)
        .await
        .map_err(views::error)
}
