//! Keys, one way: they come in and never go out.

use patchbay_contract::providers::{ProviderTest, ProviderView};
use patchbay_contract::replies::VaultView;
use patchbay_contract::requests::{KeyOrder, KeyReference, KeySet, KeySwitch, ProviderReference};
use patchbay_contract::spend::AdminKeySet;
use patchbay_domain::ProviderId;
use patchbay_engine::{NewKey, SecretString};
use tauri::State;

use super::Reply;
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn key_set(state: State<'_, AppState>, request: KeySet) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let new = NewKey {
        id: request.key_id,
        label: request.label,
        key: request
            .key
            .map(|key| key.0)
            .filter(|key| !key.trim().is_empty())
            .map(SecretString::from),
        session_only: request.session_only,
    };
    let saved = state.engine()?.set_key(&provider, new).await;
    Ok(views::provider(&saved.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn key_delete(
    state: State<'_, AppState>,
    request: KeyReference,
) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let left = state.engine()?.delete_key(&provider, &request.key_id).await;
    Ok(views::provider(&left.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn key_reorder(
    state: State<'_, AppState>,
    request: KeyOrder,
) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let ordered = state
        .engine()?
        .reorder_keys(&provider, request.key_ids)
        .await;
    Ok(views::provider(&ordered.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn key_switch(
    state: State<'_, AppState>,
    request: KeySwitch,
) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let switched = state
        .engine()?
        .switch_key(&provider, &request.key_id, request.is_disabled)
        .await;
    Ok(views::provider(&switched.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn key_test(
    state: State<'_, AppState>,
    request: KeyReference,
) -> Reply<ProviderTest> {
    let provider = ProviderId::new(request.provider_id);
    let test = state.engine()?.test_key(&provider, &request.key_id).await;
    Ok(views::provider_test(&test.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn balance_refresh(
    state: State<'_, AppState>,
    request: KeyReference,
) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let asked = state
        .engine()?
        .refresh_balance(&provider, &request.key_id)
        .await;
    Ok(views::provider(&asked.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn admin_key_set(state: State<'_, AppState>, request: AdminKeySet) -> Reply<()> {
    let provider = ProviderId::new(request.provider_id);
    let key = SecretString::from(request.key.0);
    state
        .engine()?
        .set_admin_key(&provider, key, request.session_only)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn admin_key_delete(
    state: State<'_, AppState>,
    request: ProviderReference,
) -> Reply<()> {
    let provider = ProviderId::new(request.provider_id);
    state
        .engine()?
        .delete_admin_key(&provider)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn vault_status(state: State<'_, AppState>) -> Reply<VaultView> {
    Ok(views::vault(state.engine()?.vault_state().await))
}

#[tauri::command]
pub(super) async fn vault_retry(state: State<'_, AppState>) -> Reply<VaultView> {
    Ok(views::vault(state.engine()?.retry_vault().await))
}
