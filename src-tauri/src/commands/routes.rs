//! Routes: write them down, see what they would do, test them; and how the ways in fare.

use patchbay_contract::requests::ModelReference;
use patchbay_contract::routing::{
    EndpointHealthView, PlanRequest, PlanView, RouteOrder, RouteReference, RouteTestRequest,
    RouteTestView, RouteView,
};
use tauri::State;

use super::{Reply, id};
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn route_list(state: State<'_, AppState>) -> Reply<Vec<RouteView>> {
    let routes = state.engine()?.routes().await.map_err(views::error)?;
    Ok(routes.iter().map(views::route).collect())
}

#[tauri::command]
pub(super) async fn route_template(state: State<'_, AppState>) -> Reply<RouteView> {
    let template = state.engine()?.route_template().await;
    Ok(RouteView {
        id: None,
        ..views::route(&template.map_err(views::error)?)
    })
}

#[tauri::command]
pub(super) async fn route_save(state: State<'_, AppState>, request: RouteView) -> Reply<RouteView> {
    let engine = state.engine()?;
    let route = views::route_from(request, engine.new_route_id())?;
    let saved = engine.save_route(route).await.map_err(views::error)?;
    Ok(views::route(&saved))
}

#[tauri::command]
pub(super) async fn route_delete(state: State<'_, AppState>, request: RouteReference) -> Reply<()> {
    let route = views::route_id(&request.id)?;
    let deleted = state.engine()?.delete_route(route).await;
    deleted.map_err(views::error)
}

#[tauri::command]
pub(super) async fn route_restore(
    state: State<'_, AppState>,
    request: RouteReference,
) -> Reply<RouteView> {
    let route = views::route_id(&request.id)?;
    let restored = state.engine()?.restore_route(route).await;
    Ok(views::route(&restored.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn route_reorder(state: State<'_, AppState>, request: RouteOrder) -> Reply<()> {
    let ids = request
        .ids
        .iter()
        .map(|id| views::route_id(id))
        .collect::<Reply<Vec<_>>>()?;
    let reordered = state.engine()?.reorder_routes(ids).await;
    reordered.map_err(views::error)
}

#[tauri::command]
pub(super) async fn route_plan(
    state: State<'_, AppState>,
    request: PlanRequest,
) -> Reply<PlanView> {
    let engine = state.engine()?;
    let route = request
        .route
        .map(|route| views::route_from(route, engine.new_route_id()))
        .transpose()?;
    let target = request.target.map(views::target_from).transpose()?;
    let conversation = request
        .conversation_id
        .as_deref()
        .map(|conversation| id(conversation, "The chat"))
        .transpose()?;
    let planned = engine
        .plan_route(route, target, &request.text, conversation)
        .await
        .map_err(views::error)?;
    Ok(views::plan(&planned, |endpoint| engine.health_of(endpoint)))
}

#[tauri::command]
pub(super) async fn route_test(
    state: State<'_, AppState>,
    request: RouteTestRequest,
) -> Reply<RouteTestView> {
    let engine = state.engine()?;
    let route = views::route_from(request.route, engine.new_route_id())?;
    let verdicts = engine.test_route(&route).await.map_err(views::error)?;
    Ok(RouteTestView {
        verdicts: verdicts.iter().map(views::verdict).collect(),
    })
}

#[tauri::command]
pub(super) async fn health_list(state: State<'_, AppState>) -> Reply<Vec<EndpointHealthView>> {
    let health = state.engine()?.health();
    Ok(health.iter().map(views::endpoint_health).collect())
}

#[tauri::command]
pub(super) async fn health_reset(state: State<'_, AppState>, request: ModelReference) -> Reply<()> {
    let endpoint = views::endpoint_from(request.endpoint);
    state.engine()?.reset_health(&endpoint);
    Ok(())
}
