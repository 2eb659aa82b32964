//! The answers to one prompt: reading, voting, judging, merging, going on.

use patchbay_contract::compare::{
    CaseContinue, CaseReference, CaseView, ContinuedChats, JudgeEstimate, JudgeStart,
    MergeReference, MergeStart, MergedView, RoundReference, StitchSave, VoteSet,
};
use patchbay_contract::ranking::{RankingRequest, RankingView};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::{MergeId, RoundId};
use patchbay_engine::{Engine, MergeKind, StitchedPart, VoteVerdict};
use tauri::State;

use super::comparisons::ROUND;
use super::{Reply, id};
use crate::state::AppState;
use crate::views;

#[tauri::command]
pub(super) async fn case_open(
    state: State<'_, AppState>,
    request: CaseReference,
) -> Reply<CaseView> {
    let round = id(&request.round_id, ROUND)?;
    let answers = state
        .engine()?
        .case_answers(round, request.case_index, request.repeat)
        .await
        .map_err(views::error)?;
    Ok(views::case(request.case_index, request.repeat, &answers))
}

#[tauri::command]
pub(super) async fn case_continue(
    state: State<'_, AppState>,
    request: CaseContinue,
) -> Reply<ContinuedChats> {
    let engine = state.engine()?;
    let round = id(&request.round_id, ROUND)?;
    let chats = match &request.merge_id {
        Some(merge) => engine
            .continue_merged(round, id(merge, MERGED)?)
            .await
            .map(|chat| vec![chat]),
        None => {
            engine
                .continue_case(round, request.case_index, request.repeat, &request.columns)
                .await
        }
    };
    let chats = chats.map_err(views::error)?;
    Ok(ContinuedChats {
        conversations: chats.iter().map(views::summary).collect(),
    })
}

#[tauri::command]
pub(super) async fn vote_set(state: State<'_, AppState>, request: VoteSet) -> Reply<()> {
    let verdict = match (request.verdict.as_str(), request.column) {
        ("best", Some(column)) => VoteVerdict::Best { column },
        ("tie", _) => VoteVerdict::Tie,
        ("all_bad", _) => VoteVerdict::AllBad,
        _ => {
            return Err(IpcError::new(
                ErrorCode::InvalidInput,
                "This is no verdict.",
                "Choose an answer, a tie, or that all are bad.",
            ));
        }
    };
    let voted = state
        .engine()?
        .vote(
            id(&request.round_id, ROUND)?,
            request.case_index,
            request.repeat,
            verdict,
            request.tag,
            request.note,
            request.is_blind,
        )
        .await;
    voted.map_err(views::error)
}

#[tauri::command]
pub(super) async fn vote_clear(state: State<'_, AppState>, request: CaseReference) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    let engine = state.engine()?;
    let cleared = engine.clear_vote(round, request.case_index, request.repeat);
    cleared.await.map_err(views::error)
}

#[tauri::command]
pub(super) async fn ranking_open(
    state: State<'_, AppState>,
    request: RankingRequest,
) -> Reply<RankingView> {
    let filter = views::ranking_filter(request);
    let ranking = state.engine()?.ranking(&filter).await;
    Ok(views::ranking(&ranking.map_err(views::error)?))
}

fn only(request: &JudgeStart) -> Option<(u32, u32)> {
    Some((request.case_index?, request.repeat.unwrap_or(0)))
}

#[tauri::command]
pub(super) async fn judge_estimate(
    state: State<'_, AppState>,
    request: JudgeStart,
) -> Reply<JudgeEstimate> {
    let round = id(&request.round_id, ROUND)?;
    let one = only(&request);
    let judging = views::judging_from(request.judging)?;
    let engine = state.engine()?;
    let estimate = engine.estimate_judging(round, one, &judging).await;
    let estimate = estimate.map_err(views::error)?;
    Ok(JudgeEstimate {
        requests: estimate.requests,
        nano_usd: estimate.cost.map(|cost| cost.0),
    })
}

#[tauri::command]
pub(super) async fn judge_start(state: State<'_, AppState>, request: JudgeStart) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    let one = only(&request);
    let judging = views::judging_from(request.judging)?;
    let started = state.engine()?.start_judging(round, one, judging).await;
    started.map_err(views::error)
}

#[tauri::command]
pub(super) async fn judge_again(state: State<'_, AppState>, request: RoundReference) -> Reply<()> {
    let round = id(&request.round_id, ROUND)?;
    state.engine()?.judge_again(round).map_err(views::error)
}

#[tauri::command]
pub(super) async fn judge_stop(state: State<'_, AppState>, request: RoundReference) -> Reply<()> {
    state.engine()?.stop_judging(id(&request.round_id, ROUND)?);
    Ok(())
}

const MERGED: &str = "The merged answer";

async fn merged(
    engine: &Engine,
    round: RoundId,
    case: u32,
    repeat: u32,
    merge: MergeId,
) -> Reply<MergedView> {
    let answers = engine.case_answers(round, case, repeat).await;
    let answers = answers.map_err(views::error)?;
    let found = answers.merged.iter().find(|(record, _)| record.id == merge);
    let (record, message) = found.ok_or_else(|| {
        IpcError::new(
            ErrorCode::NotFound,
            "The merged answer is not there any more.",
            "Make another.",
        )
    })?;
    Ok(views::merged(&answers, record, message.as_ref()))
}

#[tauri::command]
pub(super) async fn merge_start(
    state: State<'_, AppState>,
    request: MergeStart,
) -> Reply<MergedView> {
    let engine = state.engine()?;
    let round = id(&request.round_id, ROUND)?;
    let kind = MergeKind::from_word(&request.kind).ok_or_else(|| {
        IpcError::new(
            ErrorCode::InvalidInput,
            "This is no way to merge.",
            "Choose one text, a checklist or a table.",
        )
    })?;
    let place = (request.case_index, request.repeat);
    let target = views::target_from(request.target)?;
    let merge = engine
        .start_merge(round, place, kind, target, &request.columns)
        .await
        .map_err(views::error)?;
    merged(&engine, round, place.0, place.1, merge).await
}

#[tauri::command]
pub(super) async fn merge_delete(state: State<'_, AppState>, request: MergeReference) -> Reply<()> {
    let merge = id(&request.merge_id, MERGED)?;
    let deleted = state.engine()?.delete_merged(merge).await;
    deleted.map_err(views::error)
}

#[tauri::command]
pub(super) async fn merge_restore(
    state: State<'_, AppState>,
    request: MergeReference,
) -> Reply<()> {
    let merge = id(&request.merge_id, MERGED)?;
    let restored = state.engine()?.restore_merged(merge).await;
    restored.map_err(views::error)
}

#[tauri::command]
pub(super) async fn stitch_save(
    state: State<'_, AppState>,
    request: StitchSave,
) -> Reply<MergedView> {
    let engine = state.engine()?;
    let round = id(&request.round_id, ROUND)?;
    let before = request.merge_id.as_deref();
    let before = before.map(|text| id(text, MERGED)).transpose()?;
    let place = (request.case_index, request.repeat);
    let parts = request.parts.into_iter().map(|part| StitchedPart {
        column: part.column,
        text: part.text,
    });
    let merge = engine
        .save_stitched(before, round, place, parts.collect())
        .await
        .map_err(views::error)?;
    merged(&engine, round, place.0, place.1, merge).await
}
