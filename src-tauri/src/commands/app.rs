//! The app itself: what it is, its settings, its log, links.

use patchbay_contract::replies::{AppInformation, SpendToday};
use patchbay_contract::requests::{LinkOpen, Settings, UiLog};
use patchbay_contract::{ErrorCode, IpcError};
use tauri::{AppHandle, State, Url};
use tauri_plugin_opener::OpenerExt;

use super::Reply;
use crate::state::AppState;
use crate::{store_events, views, window};

/// The longest line that the web view can put into the log, in characters.
const LOG_CHARACTERS: usize = 4_000;

#[tauri::command]
pub(super) fn app_information(state: State<'_, AppState>) -> AppInformation {
    state.information()
}

#[tauri::command]
pub(super) async fn storage_retry(
    app: AppHandle,
    state: State<'_, AppState>,
) -> Reply<AppInformation> {
    if let Some(engine) = state.reopen().await {
        store_events::forward(app.clone(), &engine);
        crate::lifecycle::begin_gateway(app);
    }
    Ok(state.information())
}

#[tauri::command]
pub(super) async fn settings_get(app: AppHandle, state: State<'_, AppState>) -> Reply<Settings> {
    let stored = state.engine()?.settings().await.map_err(views::error)?;
    // Settings of another version, or none: what is missing gets its usual value.
    let settings: Settings = stored
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    // The page asks for its settings before it draws anything, so it is drawn at its size at once.
    window::set_zoom(&app, settings.zoom);
    Ok(settings)
}

#[tauri::command]
pub(super) async fn settings_set(
    app: AppHandle,
    state: State<'_, AppState>,
    request: Settings,
) -> Reply<()> {
    let refused = |field: &str, sentence: &str| IpcError {
        field: Some(field.to_owned()),
        ..IpcError::new(
            ErrorCode::InvalidInput,
            sentence,
            "Choose one of the values offered.",
        )
    };
    if !["system", "light", "dark", "contrast"].contains(&request.theme.as_str()) {
        return Err(refused("theme", "There is no such theme."));
    }
    if !(80..=200).contains(&request.zoom) {
        return Err(refused("zoom", "The zoom is between 80 and 200 %."));
    }
    window::set_zoom(&app, request.zoom);
    let value = serde_json::to_value(request)
        .map_err(|error| IpcError::new(ErrorCode::Internal, error.to_string(), "Try again."))?;
    state
        .engine()?
        .set_settings(value)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn spend_today(state: State<'_, AppState>) -> Reply<SpendToday> {
    let engine = state.engine()?;
    let summary = engine.spend_today().await.map_err(views::error)?;
    let budget = engine.foremost_budget().await.map_err(views::error)?;
    Ok(views::spend(&summary, budget.as_ref()))
}

#[tauri::command]
pub(super) fn link_open(app: AppHandle, request: LinkOpen) -> Reply<()> {
    let refused = || {
        IpcError::new(
            ErrorCode::InvalidInput,
            "This link is not opened.",
            "Only web pages and mail addresses are.",
        )
    };
    let url = Url::parse(&request.url).map_err(|_| refused())?;
    if !["https", "http", "mailto"].contains(&url.scheme()) {
        return Err(refused());
    }
    app.opener()
        .open_url(url.as_str(), None::<&str>)
        .map_err(|error| IpcError {
            detail: Some(error.to_string()),
            ..IpcError::new(
                ErrorCode::Internal,
                "No program of this computer opens the link.",
                "Copy it and open it by hand.",
            )
        })
}

#[tauri::command]
pub(super) fn ui_log(request: UiLog) {
    let message: String = request.message.chars().take(LOG_CHARACTERS).collect();
    match request.level.as_str() {
        "error" => tracing::error!(%message, "the web view reports"),
        _ => tracing::warn!(%message, "the web view reports"),
    }
}

#[tauri::command]
pub(super) fn ui_ready(state: State<'_, AppState>) {
    window::announce_ready(state.age_millis());
}
