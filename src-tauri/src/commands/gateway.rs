//! The gateway, its apps and their requests.

use patchbay_contract::gateway::{
    AppChange, AppDraft, AppReference, AppRequestDetailView, AppRequestReference, AppRequestSearch,
    AppRequestView, AppTextsReference, AppView, AppWithToken, GatewayModelName, GatewaySettings,
    GatewayStatus, LiteLlmExportView, LiteLlmVariable,
};
use patchbay_contract::replies::ConversationSummary;
use patchbay_contract::spend::SavedFile;
use tauri::{AppHandle, State};

use super::{Reply, id};
use crate::state::AppState;
use crate::views::gateway as view;
use crate::{saved_file, views};

const WHAT: &str = "The request";

#[tauri::command]
pub(super) async fn gateway_status(state: State<'_, AppState>) -> Reply<GatewayStatus> {
    let engine = state.engine()?;
    state.gateway.status(&engine).await
}

#[tauri::command]
pub(super) async fn gateway_set(
    state: State<'_, AppState>,
    request: GatewaySettings,
) -> Reply<GatewayStatus> {
    let engine = state.engine()?;
    state.gateway.set(&engine, request).await
}

#[tauri::command]
pub(super) async fn app_list(state: State<'_, AppState>) -> Reply<Vec<AppView>> {
    let apps = state.engine()?.apps().await.map_err(views::error)?;
    Ok(apps.iter().map(view::app).collect())
}

#[tauri::command]
pub(super) async fn app_create(
    state: State<'_, AppState>,
    request: AppDraft,
) -> Reply<AppWithToken> {
    let form = view::form(request.name, request.rules);
    let made = state.engine()?.create_app(form).await;
    Ok(view::with_token(made.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_save(state: State<'_, AppState>, request: AppChange) -> Reply<AppView> {
    let form = view::form(request.name, request.rules);
    let saved = state.engine()?.save_app(&request.id, form).await;
    Ok(view::app(&saved.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_revoke(
    state: State<'_, AppState>,
    request: AppReference,
) -> Reply<AppView> {
    let revoked = state.engine()?.revoke_app(&request.id).await;
    Ok(view::app(&revoked.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_renew(
    state: State<'_, AppState>,
    request: AppReference,
) -> Reply<AppWithToken> {
    let renewed = state.engine()?.renew_app_token(&request.id).await;
    Ok(view::with_token(renewed.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_delete(state: State<'_, AppState>, request: AppReference) -> Reply<()> {
    let deleted = state.engine()?.delete_app(&request.id).await;
    deleted.map_err(views::error)
}

#[tauri::command]
pub(super) async fn app_restore(
    state: State<'_, AppState>,
    request: AppReference,
) -> Reply<AppView> {
    let restored = state.engine()?.restore_app(&request.id).await;
    Ok(view::app(&restored.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_models(
    state: State<'_, AppState>,
    request: Option<AppReference>,
) -> Reply<Vec<GatewayModelName>> {
    let engine = state.engine()?;
    let names = engine.model_names_of(request.map(|app| app.id)).await;
    Ok(names
        .map_err(views::error)?
        .into_iter()
        .map(|named| GatewayModelName {
            is_route: named.owner == patchbay_engine::ROUTE_OWNER,
            is_chat: named.is_chat,
            name: named.name,
            title: named.title,
        })
        .collect())
}

#[tauri::command]
pub(super) async fn app_request_find(
    state: State<'_, AppState>,
    request: AppRequestSearch,
) -> Reply<Vec<AppRequestView>> {
    let found = state.engine()?.app_requests(view::filter(request)).await;
    Ok(found
        .map_err(views::error)?
        .iter()
        .map(view::request)
        .collect())
}

#[tauri::command]
pub(super) async fn app_request_open(
    state: State<'_, AppState>,
    request: AppRequestReference,
) -> Reply<AppRequestDetailView> {
    let detail = state
        .engine()?
        .app_request(id(&request.run_id, WHAT)?)
        .await;
    Ok(view::request_detail(&detail.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_request_chat(
    state: State<'_, AppState>,
    request: AppRequestReference,
) -> Reply<ConversationSummary> {
    let chat = state
        .engine()?
        .open_app_request(id(&request.run_id, WHAT)?)
        .await;
    Ok(views::summary(&chat.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn app_request_stop(
    state: State<'_, AppState>,
    request: AppRequestReference,
) -> Reply<()> {
    state.engine()?.stop_run(id(&request.run_id, WHAT)?);
    Ok(())
}

#[tauri::command]
pub(super) async fn app_texts_forget(
    state: State<'_, AppState>,
    request: AppTextsReference,
) -> Reply<u64> {
    let forgotten = state.engine()?.forget_app_texts(request.app).await;
    forgotten.map_err(views::error)
}

#[tauri::command]
pub(super) async fn gateway_litellm(state: State<'_, AppState>) -> Reply<LiteLlmExportView> {
    let export = state.engine()?.export_litellm().await;
    let export = export.map_err(views::error)?;
    Ok(LiteLlmExportView {
        yaml: export.yaml,
        variables: export
            .variables
            .into_iter()
            .map(|(name, holds)| LiteLlmVariable { name, holds })
            .collect(),
        notes: export.notes,
    })
}

#[tauri::command]
pub(super) async fn gateway_litellm_save(
    app: AppHandle,
    state: State<'_, AppState>,
) -> Reply<SavedFile> {
    let export = state.engine()?.export_litellm().await;
    let bytes = export.map_err(views::error)?.yaml.into_bytes();
    saved_file::save(&app, "LiteLLM config.yaml", bytes).await
}
