//! The latency lab.

use patchbay_contract::lab::{LabEstimate, LabEvent, LabExport, LabReference, LabRequest, LabView};
use patchbay_contract::spend::SavedFile;
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_engine::ExportFormat;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

use super::{Reply, id};
use crate::state::AppState;
use crate::{saved_file, views};

const WHAT: &str = "The measurement";

#[tauri::command]
pub(super) async fn lab_estimate(
    state: State<'_, AppState>,
    request: LabRequest,
) -> Reply<LabEstimate> {
    let plan = views::lab_plan(request);
    let estimate = state.engine()?.estimate_lab(&plan).await;
    Ok(views::lab_estimate(&estimate.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn lab_start(
    state: State<'_, AppState>,
    request: LabRequest,
    channel: Channel<LabEvent>,
) -> Reply<LabView> {
    let progress = move |lab: &patchbay_engine::Lab| {
        // A window that is gone cannot take it; the measurement goes on without it.
        let _ = channel.send(LabEvent::Progress {
            lab: views::lab(lab),
        });
    };
    let started = state
        .engine()?
        .start_lab(views::lab_plan(request), progress)
        .await;
    Ok(views::lab(&started.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn lab_stop(state: State<'_, AppState>, request: LabReference) -> Reply<()> {
    state.engine()?.stop_lab(id(&request.id, WHAT)?);
    Ok(())
}

#[tauri::command]
pub(super) async fn lab_list(state: State<'_, AppState>) -> Reply<Vec<LabView>> {
    let labs = state.engine()?.labs().await.map_err(views::error)?;
    Ok(labs.iter().map(views::lab).collect())
}

#[tauri::command]
pub(super) async fn lab_delete(state: State<'_, AppState>, request: LabReference) -> Reply<()> {
    let deleted = state.engine()?.delete_lab(id(&request.id, WHAT)?).await;
    deleted.map_err(views::error)
}

fn lab_format(word: &str) -> Reply<ExportFormat> {
    ExportFormat::from_word(word).ok_or_else(|| {
        IpcError::new(
            ErrorCode::InvalidInput,
            "This is no format to export to.",
            "Choose Markdown, CSV or JSON.",
        )
    })
}

#[tauri::command]
pub(super) async fn lab_export(state: State<'_, AppState>, request: LabExport) -> Reply<String> {
    let format = lab_format(&request.format)?;
    let text = state
        .engine()?
        .export_lab(id(&request.id, WHAT)?, format)
        .await;
    text.map_err(views::error)
}

#[tauri::command]
pub(super) async fn lab_save(
    app: AppHandle,
    state: State<'_, AppState>,
    request: LabExport,
) -> Reply<SavedFile> {
    let format = lab_format(&request.format)?;
    let text = state
        .engine()?
        .export_lab(id(&request.id, WHAT)?, format)
        .await;
    let name = format!("Latency lab.{}", format.ending());
    let bytes = text.map_err(views::error)?.into_bytes();
    saved_file::save(&app, &name, bytes).await
}
