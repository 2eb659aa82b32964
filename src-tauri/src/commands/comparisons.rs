//! Comparisons and their rounds.

use patchbay_contract::compare::{
    AgainstRequest, AgainstView, CellReference, ComparisonDraft, ComparisonEstimate,
    ComparisonReference, ComparisonSave, ComparisonSummary, ComparisonView, DefinitionView,
    ReplayOutcomeView, ReplayRequest, ReplayView, RoundExport, RoundReference, RoundResume,
    RoundView, RowsImport, RowsView,
};
use patchbay_contract::spend::SavedFile;
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::RoundId;
use patchbay_domain::compare::CellKey;
use patchbay_engine::{Engine, PickWish, ReplayWish, RoundFormat, RowsFormat};
use tauri::{AppHandle, State};

use super::{Reply, id};
use crate::state::AppState;
use crate::{saved_file, views};

const COMPARISON: &str = "The comparison";
pub(super) const ROUND: &str = "The round";

pub(super) fn cell_key(request: &CellReference) -> CellKey {
    CellKey {
        case: request.case_index,
        repeat: request.repeat,
        column: request.column,
    }
}

async fn opened(engine: &Engine, round: RoundId) -> Reply<RoundView> {
    let detail = engine.round(round).await.map_err(views::error)?;
    Ok(views::round(&detail, engine.judging_progress(round)))
}

#[tauri::command]
pub(super) async fn comparison_list(state: State<'_, AppState>) -> Reply<Vec<ComparisonSummary>> {
    let found = state.engine()?.comparisons().await.map_err(views::error)?;
    Ok(found.iter().map(views::comparison_summary).collect())
}

#[tauri::command]
pub(super) async fn comparison_open(
    state: State<'_, AppState>,
    request: ComparisonReference,
) -> Reply<ComparisonView> {
    let found = id(&request.comparison_id, COMPARISON)?;
    let found = state.engine()?.comparison(found).await;
    Ok(views::comparison(&found.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn comparison_save(
    state: State<'_, AppState>,
    request: ComparisonSave,
) -> Reply<ComparisonView> {
    let comparison = request.comparison_id.as_deref();
    let comparison = comparison.map(|text| id(text, COMPARISON)).transpose()?;
    let definition = views::definition_from(request.definition)?;
    let saved = state
        .engine()?
        .save_comparison(comparison, definition)
        .await;
    Ok(views::comparison(&saved.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn comparison_delete(
    state: State<'_, AppState>,
    request: ComparisonReference,
) -> Reply<()> {
    let comparison = id(&request.comparison_id, COMPARISON)?;
    let deleted = state.engine()?.delete_comparison(comparison).await;
    deleted.map_err(views::error)
}

#[tauri::command]
pub(super) async fn comparison_restore(
    state: State<'_, AppState>,
    request: ComparisonReference,
) -> Reply<()> {
    let comparison = id(&request.comparison_id, COMPARISON)?;
    let restored = state.engine()?.restore_comparison(comparison).await;
    restored.map_err(views::error)
}

#[tauri::command]
pub(super) async fn comparison_example(state: State<'_, AppState>) -> Reply<DefinitionView> {
    let example = state.engine()?.example_comparison().await;
    Ok(views::definition(&example.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn comparison_estimate(
    state: State<'_, AppState>,
    request: ComparisonDraft,
) -> Reply<ComparisonEstimate> {
    let definition = views::definition_from(request.definition)?;
    let estimate = state.engine()?.estimate_comparison(&definition).await;
    Ok(views::estimate(&estimate.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn comparison_start(
    state: State<'_, AppState>,
    request: ComparisonReference,
) -> Reply<RoundView> {
    let engine = state.engine()?;
    let comparison = id(&request.comparison_id, COMPARISON)?;
    let round = engine.start_comparison(comparison).await;
    opened(&engine, round.map_err(views::error)?).await
}

#[tauri::command]
pub(super) async fn round_open(
    state: State<'_, AppState>,
    request: RoundReference,
) -> Reply<RoundView> {
    opened(&*state.engine()?, id(&request.round_id, ROUND)?).await
}

#[tauri::command]
pub(super) async fn round_pause(state: State<'_, AppState>, request: RoundReference) -> Reply<()> {
    state.engine()?.pause_round(id(&request.round_id, ROUND)?);
    Ok(())
}

#[tauri::command]
pub(super) async fn round_stop(state: State<'_, AppState>, request: RoundReference) -> Reply<()> {
    state.engine()?.stop_round(id(&request.round_id, ROUND)?);
    Ok(())
}

#[tauri::command]
pub(super) async fn round_resume(state: State<'_, AppState>, request: RoundResume) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    let resumed = state
        .engine()?
        .resume_round(round, request.failed_too)
        .await;
    resumed.map_err(views::error)
}

#[tauri::command]
pub(super) async fn round_delete(state: State<'_, AppState>, request: RoundReference) -> Reply<()> {
    let deleted = state
        .engine()?
        .delete_round(id(&request.round_id, ROUND)?)
        .await;
    deleted.map_err(views::error)
}

fn round_format(word: &str) -> Reply<RoundFormat> {
    RoundFormat::from_word(word).ok_or_else(|| {
        IpcError::new(
            ErrorCode::InvalidInput,
            "This is no format to export to.",
            "Choose HTML, Markdown, CSV or JSON.",
        )
    })
}

#[tauri::command]
pub(super) async fn round_export(
    state: State<'_, AppState>,
    request: RoundExport,
) -> Reply<String> {
    let format = round_format(&request.format)?;
    let round = id(&request.round_id, ROUND)?;
    let text = state.engine()?.export_round(round, format).await;
    text.map_err(views::error)
}

#[tauri::command]
pub(super) async fn round_save(
    app: AppHandle,
    state: State<'_, AppState>,
    request: RoundExport,
) -> Reply<SavedFile> {
    let format = round_format(&request.format)?;
    let round = id(&request.round_id, ROUND)?;
    let engine = state.engine()?;
    let text = engine.export_round(round, format).await;
    let text = text.map_err(views::error)?;
    let name = engine.round_file_name(round, format).await;
    saved_file::save(&app, &name.map_err(views::error)?, text.into_bytes()).await
}

#[tauri::command]
pub(super) async fn cell_stop(state: State<'_, AppState>, request: CellReference) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    state.engine()?.stop_cell(round, cell_key(&request));
    Ok(())
}

#[tauri::command]
pub(super) async fn cell_again(state: State<'_, AppState>, request: CellReference) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    let asked = state
        .engine()?
        .ask_cell_again(round, cell_key(&request))
        .await;
    asked.map_err(views::error)
}

#[tauri::command]
pub(super) async fn rows_import(request: RowsImport) -> Reply<RowsView> {
    let format = request.format.as_deref().and_then(RowsFormat::from_word);
    let read = patchbay_engine::read_rows(&request.text, format);
    Ok(views::rows(read.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn replay_prepare(
    state: State<'_, AppState>,
    request: ReplayRequest,
) -> Reply<ReplayView> {
    let target = views::target_from(request.target)?;
    let engine = state.engine()?;
    let wish = ReplayWish {
        target,
        count: request.count,
        days: request.days,
        pick: if request.is_random {
            PickWish::Random { seed: request.seed }
        } else {
            PickWish::Newest
        },
    };
    let replay = engine.replay(wish).await;
    Ok(views::replay(&replay.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn replay_outcome(
    state: State<'_, AppState>,
    request: RoundReference,
) -> Reply<ReplayOutcomeView> {
    let round = id(&request.round_id, ROUND)?;
    let outcome = state.engine()?.replay_outcome(round).await;
    Ok(views::replay_outcome(&outcome.map_err(views::error)?))
}

#[tauri::command]
pub(super) async fn round_against(
    state: State<'_, AppState>,
    request: AgainstRequest,
) -> Reply<AgainstView> {
    let older = id(&request.older_round_id, ROUND)?;
    let newer = id(&request.newer_round_id, ROUND)?;
    let against = state.engine()?.round_against(older, newer).await;
    Ok(views::against(&against.map_err(views::error)?))
}
