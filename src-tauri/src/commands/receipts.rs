//! Finding answers by their receipts.

use patchbay_contract::receipts::{FoundReceipt, ReceiptReference, ReceiptSearch};
use patchbay_contract::replies::RunView;
use patchbay_domain::ProviderId;
use patchbay_engine::RunFilter;
use tauri::State;

use super::{Reply, id};
use crate::state::AppState;
use crate::views;

const WHAT: &str = "The receipt";

#[tauri::command]
pub(super) async fn receipt_find(
    state: State<'_, AppState>,
    request: ReceiptSearch,
) -> Reply<Vec<FoundReceipt>> {
    let engine = state.engine()?;
    let filter = RunFilter {
        tried_again: request.switched,
        failed: request.failed,
        hedged: request.hedged,
        continued: request.continued,
        cost_above: views::amount(request.cost_above, "costAbove")?,
        first_token_above_millis: request.first_token_above_millis,
        provider: request.provider_id.map(ProviderId::new),
        model: request.model.filter(|model| !model.trim().is_empty()),
        ..RunFilter::default()
    };
    let before = request
        .before_run_id
        .as_deref()
        .map(|run| id(run, WHAT))
        .transpose()?;
    let found = engine
        .find_receipts(filter, before, request.limit)
        .await
        .map_err(views::error)?;
    Ok(found.iter().map(views::found_receipt).collect())
}

#[tauri::command]
pub(super) async fn receipt_open(
    state: State<'_, AppState>,
    request: ReceiptReference,
) -> Reply<RunView> {
    let run = id(&request.run_id, WHAT)?;
    let detail = state.engine()?.receipt(run).await.map_err(views::error)?;
    Ok(views::run_view(&request.run_id, &detail))
}
