//! What proves the spend, and what leaves it: pricing again, reconciliation, imports, files.

use patchbay_contract::spend::{
    AuditView, CurrencyChoice, FileReveal, OrganisationRead, OrganisationSpan, OrganisationView,
    ReconcileView, RepriceRequest, RepriceView, SavedFile, SpendExport, SpendQuery, UnknownView,
    UsageImport, UsageImportReference, UsageImportView,
};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::ProviderId;
use patchbay_engine::{SpendExportFormat, SpendExportRequest, SpendExportWhat, SpendFilter};
use tauri::{AppHandle, State};

use super::{Reply, id};
use crate::state::AppState;
use crate::{saved_file, views};

#[tauri::command]
pub(super) async fn unknown_list(
    state: State<'_, AppState>,
    request: SpendQuery,
) -> Reply<Vec<UnknownView>> {
    let filter = views::spend::filter(request)?;
    let unknown = state.engine()?.unknown_spend(filter).await;
    let unknown = unknown.map_err(views::error)?;
    Ok(unknown.iter().map(views::spend_proof::unknown).collect())
}

#[tauri::command]
pub(super) async fn spend_reprice(
    state: State<'_, AppState>,
    request: RepriceRequest,
) -> Reply<RepriceView> {
    let request = views::spend_proof::reprice_from(request)?;
    let outcome = state.engine()?.reprice(&request).await;
    Ok(views::spend_proof::repriced(
        &outcome.map_err(views::error)?,
    ))
}

#[tauri::command]
pub(super) async fn audit_list(state: State<'_, AppState>) -> Reply<Vec<AuditView>> {
    let lines = state.engine()?.spend_audit().await.map_err(views::error)?;
    Ok(lines.iter().map(views::spend_proof::audit).collect())
}

#[tauri::command]
pub(super) async fn reconcile_list(state: State<'_, AppState>) -> Reply<Vec<ReconcileView>> {
    let found = state.engine()?.reconcile().await.map_err(views::error)?;
    Ok(found.iter().map(views::spend_proof::reconciled).collect())
}

#[tauri::command]
pub(super) async fn organisation_list(
    state: State<'_, AppState>,
    request: OrganisationSpan,
) -> Reply<Vec<OrganisationView>> {
    let (from, to) = views::spend_proof::days(&request.from, &request.to)?;
    let all = state.engine()?.organisations(from, to).await;
    let all = all.map_err(views::error)?;
    Ok(all.iter().map(views::spend_proof::organisation).collect())
}

#[tauri::command]
pub(super) async fn organisation_read(
    state: State<'_, AppState>,
    request: OrganisationRead,
) -> Reply<OrganisationView> {
    let (from, to) = views::spend_proof::days(&request.from, &request.to)?;
    let provider = ProviderId::new(request.provider_id);
    let read = state
        .engine()?
        .read_organisation(&provider, from, to)
        .await
        .map_err(views::error)?;
    Ok(views::spend_proof::organisation(&read))
}

#[tauri::command]
pub(super) async fn usage_import(
    state: State<'_, AppState>,
    request: UsageImport,
) -> Reply<UsageImportView> {
    let provider = ProviderId::new(request.provider_id);
    let import = state
        .engine()?
        .import_usage(&provider, &request.name, request.text)
        .await;
    Ok(views::spend_proof::usage_import(
        &import.map_err(views::error)?,
    ))
}

#[tauri::command]
pub(super) async fn usage_import_list(state: State<'_, AppState>) -> Reply<Vec<UsageImportView>> {
    let imports = state
        .engine()?
        .usage_imports()
        .await
        .map_err(views::error)?;
    Ok(imports
        .iter()
        .map(views::spend_proof::usage_import)
        .collect())
}

#[tauri::command]
pub(super) async fn usage_import_delete(
    state: State<'_, AppState>,
    request: UsageImportReference,
) -> Reply<()> {
    let import = id(&request.import_id, "The import")?;
    state
        .engine()?
        .delete_usage_import(import)
        .await
        .map_err(views::error)
}

#[tauri::command]
pub(super) async fn currency_get(state: State<'_, AppState>) -> Reply<CurrencyChoice> {
    let currency = state.engine()?.spend_currency().await;
    Ok(CurrencyChoice {
        currency: currency
            .map_err(views::error)?
            .map(views::spend_proof::currency),
    })
}

#[tauri::command]
pub(super) async fn currency_set(state: State<'_, AppState>, request: CurrencyChoice) -> Reply<()> {
    let currency = request.currency.map(views::spend_proof::currency_from);
    let set = state.engine()?.set_spend_currency(currency).await;
    set.map(drop).map_err(views::error)
}

#[tauri::command]
pub(super) async fn spend_export(
    app: AppHandle,
    state: State<'_, AppState>,
    request: SpendExport,
) -> Reply<SavedFile> {
    let unknown = || {
        IpcError::new(
            ErrorCode::InvalidInput,
            "This is no kind of file.",
            "Choose it from the list.",
        )
    };
    let what = SpendExportWhat::from_word(&request.what).ok_or_else(unknown)?;
    let ending = match what {
        SpendExportWhat::Statement => "html".to_owned(),
        _ => request.format.clone(),
    };
    let format = match what {
        SpendExportWhat::Statement => SpendExportFormat::Json,
        _ => SpendExportFormat::from_word(&request.format).ok_or_else(unknown)?,
    };
    let filter = views::spend::filter(request.query)?;
    let name = format!("{}.{ending}", file_name(what, &filter));
    let file = saved_file::reserve(&app, &name).await?;
    let request = SpendExportRequest {
        filter,
        what,
        format,
    };
    let engine = state.engine()?;
    match engine.save_spend_export(&request, &file.path()).await {
        Ok(bytes) => Ok(file.saved(bytes)),
        Err(error) => {
            file.give_up();
            Err(views::error(error))
        }
    }
}

fn file_name(what: SpendExportWhat, filter: &SpendFilter) -> String {
    let what = match what {
        SpendExportWhat::Rows => "attempts",
        SpendExportWhat::Sums => "sums",
        SpendExportWhat::Statement => "statement",
        SpendExportWhat::Organisation => "costs by day",
    };
    format!("Patchbay {what} {} to {}", filter.from, filter.to)
}

#[tauri::command]
pub(super) fn file_reveal(app: AppHandle, request: FileReveal) -> Reply<()> {
    saved_file::reveal(&app, &request.name)
}
