//! Models to choose from.

use patchbay_contract::replies::ModelView;
use patchbay_contract::requests::ProviderReference;
use patchbay_domain::ProviderId;
use tauri::State;

use super::Reply;
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn model_list(state: State<'_, AppState>) -> Reply<Vec<ModelView>> {
    let models = state.engine()?.models().await.map_err(views::error)?;
    Ok(models.iter().map(views::model).collect())
}

#[tauri::command]
pub(super) async fn model_refresh(
    state: State<'_, AppState>,
    request: ProviderReference,
) -> Reply<Vec<ModelView>> {
    let engine = state.engine()?;
    let provider = ProviderId::new(request.provider_id);
    engine
        .refresh_models(&provider)
        .await
        .map_err(views::error)?;
    let models = engine.models().await.map_err(views::error)?;
    Ok(models.iter().map(views::model).collect())
}
