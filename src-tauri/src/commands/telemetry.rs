//! Where what is asked and spent is sent on to.

use patchbay_contract::gateway::{TelemetryDraft, TelemetryView};
use patchbay_engine::{SecretString, TelemetrySettings, TelemetryStatus};
use tauri::State;

use super::Reply;
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn telemetry_status(state: State<'_, AppState>) -> Reply<TelemetryView> {
    Ok(view(state.engine()?.telemetry().await))
}

#[tauri::command]
pub(super) async fn telemetry_set(
    state: State<'_, AppState>,
    request: TelemetryDraft,
) -> Reply<TelemetryView> {
    let settings = TelemetrySettings {
        is_on: request.is_on,
        address: request.address,
        header: request.header,
        scheme: None,
    };
    let secret = request
        .secret
        .map(|secret| secret.0)
        .filter(|secret| !secret.trim().is_empty())
        .map(SecretString::from);
    let set = state.engine()?.set_telemetry(settings, secret).await;
    Ok(view(set.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn telemetry_test(state: State<'_, AppState>) -> Reply<TelemetryView> {
    let tested = state.engine()?.test_telemetry().await;
    Ok(view(tested.map_err(views::error)?))
}

fn view(status: TelemetryStatus) -> TelemetryView {
    TelemetryView {
        is_on: status.settings.is_on,
        address: status.settings.address,
        header: status.settings.header,
        scheme: status.settings.scheme,
        has_secret: status.has_secret,
        batches: status.delivery.batches,
        last_at: status.delivery.last_at.map(|at| at.0),
        problem: status.delivery.problem,
    }
}
