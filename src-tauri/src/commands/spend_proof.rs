//! Proof of what was spent.

use patchbay_contract::spend::*;
use patchbay_contract::{ErrorCode, IpcError};

use super::Reply;

fn later<T>() -> Reply<T> {
    Err(IpcError::new(ErrorCode::Internal, "Not built yet.", ""))
}

#[tauri::command]
pub(super) async fn audit_list() -> Reply<Vec<AuditView>> {
    later()
}

#[tauri::command]
pub(super) async fn currency_get() -> Reply<CurrencyChoice> {
    later()
}

#[tauri::command]
pub(super) async fn currency_set(request: CurrencyChoice) -> Reply<()> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn file_reveal(request: FileReveal) -> Reply<()> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn reconcile_list() -> Reply<Vec<ReconcileView>> {
    later()
}

#[tauri::command]
pub(super) async fn spend_export(request: SpendExport) -> Reply<SavedFile> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn spend_reprice(request: RepriceRequest) -> Reply<RepriceView> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn unknown_list(request: SpendQuery) -> Reply<Vec<UnknownView>> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn usage_import(request: UsageImport) -> Reply<UsageImportView> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn usage_import_delete(request: UsageImportReference) -> Reply<()> {
    let _ = request;
    later()
}

#[tauri::command]
pub(super) async fn usage_import_list() -> Reply<Vec<UsageImportView>> {
    later()
}
