//! Keys, one way: they come in and never go out.

use patchbay_contract::replies::{KeyView, VaultView};
use patchbay_contract::requests::{KeySet, ProviderReference};
use patchbay_domain::ProviderId;
use patchbay_engine::SecretString;
use tauri::State;

use super::Reply;
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn key_set(state: State<'_, AppState>, request: KeySet) -> Reply<KeyView> {
    let provider = ProviderId::new(request.provider_id);
    let key = SecretString::from(request.key);
    let status = state
        .engine()?
        .set_key(&provider, key, request.session_only)
        .await;
    Ok(views::key(&status.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn key_delete(
    state: State<'_, AppState>,
    request: ProviderReference,
) -> Reply<KeyView> {
    let provider = ProviderId::new(request.provider_id);
    let status = state
        .engine()?
        .delete_key(&provider)
        .await
        .map_err(views::error)?;
    Ok(views::key(&status))
}

#[tauri::command]
pub(super) async fn vault_status(state: State<'_, AppState>) -> Reply<VaultView> {
    Ok(views::vault(state.engine()?.vault_state().await))
}

#[tauri::command]
pub(super) async fn vault_retry(state: State<'_, AppState>) -> Reply<VaultView> {
    Ok(views::vault(state.engine()?.retry_vault().await))
}
