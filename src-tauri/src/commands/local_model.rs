//! The model on this computer.

use patchbay_contract::replies::LocalModelView;
use tauri::State;
use tauri::ipc::Channel;

use super::Reply;
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn local_model_status(state: State<'_, AppState>) -> Reply<LocalModelView> {
    Ok(views::local_model(&state.engine()?.local_model()))
}

#[tauri::command]
pub(super) async fn local_model_get(
    state: State<'_, AppState>,
    channel: Channel<LocalModelView>,
) -> Reply<LocalModelView> {
    let engine = state.engine()?;
    let status = engine
        .get_local_model(move |status| {
            // A window that is gone needs no progress; the file is fetched all the same.
            let _ = channel.send(views::local_model(&status));
        })
        .await
        .map_err(views::error)?;
    Ok(views::local_model(&status))
}

#[tauri::command]
pub(super) async fn local_model_cancel(state: State<'_, AppState>) -> Reply<()> {
    state.engine()?.cancel_local_model();
    Ok(())
}
