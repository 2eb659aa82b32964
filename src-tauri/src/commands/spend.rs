//! What was spent, what it would have cost elsewhere, and budgets.

use patchbay_contract::spend::{
    BudgetReference, BudgetStanding, BudgetView, FreeTierView, MarkupView, MathRequest, MathView,
    SpendAnswers, SpendAnswersRequest, SpendChart, SpendChartRequest, SpendOverview, SpendQuery,
};
use tauri::State;

use super::{Reply, id};
use crate::state::AppState;
use crate::views;

const WHAT: &str = "The budget";

#[tauri::command]
pub(super) async fn spend_overview(
    state: State<'_, AppState>,
    request: SpendQuery,
) -> Reply<SpendOverview> {
    let filter = views::spend::filter(request)?;
    let found = state.engine()?.spend_overview(filter).await;
    Ok(views::spend::overview(&found.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn spend_chart(
    state: State<'_, AppState>,
    request: SpendChartRequest,
) -> Reply<SpendChart> {
    let filter = views::spend::filter(request.query)?;
    let by = views::spend::by(&request.by)?;
    let chart = state.engine()?.spend_chart(filter, by).await;
    Ok(views::spend::chart(&chart.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn spend_answers(
    state: State<'_, AppState>,
    request: SpendAnswersRequest,
) -> Reply<SpendAnswers> {
    let filter = views::spend::filter(request.query)?;
    let order = views::spend::order(&request.order);
    let engine = state.engine()?;
    let (offset, limit) = (request.offset, request.limit);
    let found = if request.only_stopped {
        engine.stopped_answers(filter, order, offset, limit).await
    } else {
        engine.spend_answers(filter, order, offset, limit).await
    };
    Ok(views::spend::answers(found.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn markup_open(
    state: State<'_, AppState>,
    request: SpendQuery,
) -> Reply<MarkupView> {
    let filter = views::spend::filter(request)?;
    let markup = state.engine()?.markup(filter).await;
    Ok(views::spend::markup(&markup.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn math_open(state: State<'_, AppState>, request: MathRequest) -> Reply<MathView> {
    let math = state.engine()?.math(request.days, request.model_keys).await;
    Ok(views::spend::math(&math.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn budget_list(state: State<'_, AppState>) -> Reply<Vec<BudgetStanding>> {
    let budgets = state.engine()?.budgets().await.map_err(views::error)?;
    Ok(budgets.iter().map(views::spend::budget).collect())
}

#[tauri::command]
pub(super) async fn budget_save(
    state: State<'_, AppState>,
    request: BudgetView,
) -> Reply<BudgetStanding> {
    let (id, budget) = views::spend::budget_from(request)?;
    let standing = state.engine()?.save_budget(id, budget).await;
    Ok(views::spend::budget(&standing.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn budget_delete(
    state: State<'_, AppState>,
    request: BudgetReference,
) -> Reply<()> {
    let budget = id(&request.budget_id, WHAT)?;
    state
        .engine()?
        .delete_budget(budget)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn budget_restore(
    state: State<'_, AppState>,
    request: BudgetReference,
) -> Reply<()> {
    let budget = id(&request.budget_id, WHAT)?;
    state
        .engine()?
        .restore_budget(budget)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn free_tier_list(state: State<'_, AppState>) -> Reply<Vec<FreeTierView>> {
    let tiers = state.engine()?.free_tiers().await.map_err(views::error)?;
    Ok(tiers.iter().map(views::spend::free_tier).collect())
}
