//! Models to choose from, and what they cost.

use patchbay_contract::models::{ModelDetail, ModelView};
use patchbay_contract::requests::{ModelReference, ModelStar, PriceOverride, ProviderReference};
use patchbay_domain::ProviderId;
use patchbay_engine::OwnPrice;
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

#[tauri::command]
pub(super) async fn model_star(state: State<'_, AppState>, request: ModelStar) -> Reply<()> {
    state
        .engine()?
        .star_model(request.key, request.is_starred)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn model_detail(
    state: State<'_, AppState>,
    request: ModelReference,
) -> Reply<ModelDetail> {
    let endpoint = views::endpoint_from(request.endpoint);
    let detail = state.engine()?.model_detail(&endpoint).await;
    Ok(views::model_detail(&detail.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn price_set(
    state: State<'_, AppState>,
    request: PriceOverride,
) -> Reply<ModelDetail> {
    let own = OwnPrice {
        input: request.input,
        output: request.output,
        cache_read: request.cache_read,
        cache_write: request.cache_write,
        reasoning: request.reasoning,
        per_request: request.per_request,
    };
    let endpoint = views::endpoint_from(request.endpoint);
    let detail = state.engine()?.set_own_price(&endpoint, &own).await;
    Ok(views::model_detail(&detail.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn price_clear(
    state: State<'_, AppState>,
    request: ModelReference,
) -> Reply<ModelDetail> {
    let endpoint = views::endpoint_from(request.endpoint);
    let detail = state.engine()?.clear_own_price(&endpoint).await;
    Ok(views::model_detail(&detail.map_err(views::error)?))
}
