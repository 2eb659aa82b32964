//! Providers.

use patchbay_contract::providers::{LocalServerView, PresetView, ProviderTest, ProviderView};
use patchbay_contract::requests::{ProviderDraft, ProviderReference};
use patchbay_domain::ProviderId;
use patchbay_engine::{Preset, ProviderForm, SecretString};
use tauri::State;

use super::Reply;
use crate::state::AppState;
use crate::views;

fn form(draft: ProviderDraft) -> ProviderForm {
    ProviderForm {
        id: draft.provider_id.map(ProviderId::new),
        preset: draft.preset_id,
        family: draft.family,
        name: draft.name,
        base_url: draft.base_url,
        options: draft
            .options
            .into_iter()
            .map(|option| (option.name, option.value))
            .collect(),
        extra_headers: draft
            .extra_headers
            .into_iter()
            .map(|header| (header.name, header.value))
            .collect(),
        has_attribution: draft.has_attribution,
        key: draft
            .key
            .map(|key| key.0)
            .filter(|key| !key.trim().is_empty())
            .map(SecretString::from),
        key_for_session_only: draft.key_for_session_only,
    }
}

#[tauri::command]
pub(super) async fn provider_list(state: State<'_, AppState>) -> Reply<Vec<ProviderView>> {
    let providers = state.engine()?.providers().await.map_err(views::error)?;
    Ok(providers.iter().map(views::provider).collect())
}

#[tauri::command]
pub(super) async fn provider_save(
    state: State<'_, AppState>,
    request: ProviderDraft,
) -> Reply<ProviderView> {
    let saved = state
        .engine()?
        .save_provider(form(request))
        .await
        .map_err(views::error)?;
    Ok(views::provider(&saved))
}

#[tauri::command]
pub(super) async fn provider_test(
    state: State<'_, AppState>,
    request: ProviderDraft,
) -> Reply<ProviderTest> {
    let test = state
        .engine()?
        .test_provider(form(request))
        .await
        .map_err(views::error)?;
    Ok(views::provider_test(&test))
}

#[tauri::command]
pub(super) async fn provider_delete(
    state: State<'_, AppState>,
    request: ProviderReference,
) -> Reply<()> {
    let provider = ProviderId::new(request.provider_id);
    state
        .engine()?
        .delete_provider(&provider)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn provider_restore(
    state: State<'_, AppState>,
    request: ProviderReference,
) -> Reply<ProviderView> {
    let provider = ProviderId::new(request.provider_id);
    let detail = state
        .engine()?
        .restore_provider(&provider)
        .await
        .map_err(views::error)?;
    Ok(views::provider(&detail))
}

#[tauri::command]
pub(super) async fn preset_list() -> Reply<Vec<PresetView>> {
    Ok(Preset::all().iter().map(views::preset).collect())
}

#[tauri::command]
pub(super) async fn local_server_find(state: State<'_, AppState>) -> Reply<Vec<LocalServerView>> {
    let found = state.engine()?.find_local_servers().await;
    let found = found.map_err(views::error)?;
    Ok(found.iter().map(views::local_server).collect())
}
