//! Comparisons.
//!
//! Long because each of the two directions of a definition stands beside the other.

use patchbay_contract::IpcError;
use patchbay_contract::compare::{
    CaseAnswer, CaseSummary, CaseView, CellView, CheckView, ColumnEstimate, ColumnView,
    ComparisonEstimate, ComparisonSummary, ComparisonView, DefinitionView, JudgingProgress,
    JudgingView, MergedView, PromptView, RoundColumn, RoundSummary, RoundView, RowsView,
    SampleView, StitchPart, VoteView,
};
use patchbay_contract::receipts::FoundAttempt;
use patchbay_domain::compare::{Check, Column, Definition, Judging, Pick, Prompt, Sample};
use patchbay_domain::{Cost, Message, UnixMillis};
use patchbay_engine::{
    CaseAnswers, CellDetail, ComparisonRecord, MergedRecord, ReadRows, RoundDetail, RoundState,
    Vote, VoteVerdict, Voter, stitched_parts,
};

use super::conversations::{message_with, parameters, parameters_from};
use super::ranking::short;
use super::receipts::{cost, run_view};
use super::routing::{amount, dollars, target, target_from};
use crate::commands::id;

pub(crate) fn definition(definition: &Definition) -> DefinitionView {
    DefinitionView {
        name: definition.name.clone(),
        columns: definition.columns.iter().map(column).collect(),
        prompts: definition.prompts.iter().map(prompt).collect(),
        rows: definition.rows.clone(),
        repeats: definition.repeats,
        parallel: definition.parallel,
        ceiling: definition.ceiling.map(|ceiling| dollars(ceiling.0)),
        checks: definition.checks.iter().map(check).collect(),
        tag: definition.tag.clone(),
        judging: JudgingView {
            judges: definition.judging.judges.iter().map(target).collect(),
            rubric: definition.judging.rubric.clone(),
        },
        sample: definition.sample.map(sample),
    }
}

pub(crate) fn sample(sample: Sample) -> SampleView {
    SampleView {
        seed: match sample.pick {
            Pick::Newest => None,
            Pick::Random { seed } => Some(seed),
        },
        since: sample.since.map(|since| since.0),
        until: sample.until.0,
        taken: sample.taken,
        out_of: sample.out_of,
    }
}

fn sample_from(view: SampleView) -> Sample {
    Sample {
        pick: view.seed.map_or(Pick::Newest, |seed| Pick::Random { seed }),
        since: view.since.map(UnixMillis),
        until: UnixMillis(view.until),
        taken: view.taken,
        out_of: view.out_of,
    }
}

/// # Errors
/// An id or an amount in it cannot be read.
pub(crate) fn definition_from(view: DefinitionView) -> Result<Definition, IpcError> {
    let columns = view.columns.into_iter().map(column_from);
    let prompts = view.prompts.into_iter().map(prompt_from);
    Ok(Definition {
        name: view.name,
        columns: columns.collect::<Result<_, _>>()?,
        prompts: prompts.collect::<Result<_, _>>()?,
        rows: view.rows,
        repeats: view.repeats,
        parallel: view.parallel,
        ceiling: amount(view.ceiling, "ceiling")?,
        checks: view.checks.into_iter().map(check_from).collect(),
        tag: view.tag,
        judging: judging_from(view.judging)?,
        sample: view.sample.map(sample_from),
    })
}

/// # Errors
/// A route's id cannot be read.
pub(crate) fn judging_from(view: JudgingView) -> Result<Judging, IpcError> {
    let judges = view.judges.into_iter().map(target_from);
    Ok(Judging {
        judges: judges.collect::<Result<_, _>>()?,
        rubric: view.rubric,
    })
}

fn column(column: &Column) -> ColumnView {
    ColumnView {
        label: column.label.clone(),
        target: column.target.as_ref().map(target),
        system_prompt: column.system_prompt.clone(),
        parameters: parameters(&column.parameters),
    }
}

fn column_from(view: ColumnView) -> Result<Column, IpcError> {
    Ok(Column {
        label: view.label,
        target: view.target.map(target_from).transpose()?,
        system_prompt: view.system_prompt,
        parameters: parameters_from(view.parameters),
    })
}

fn prompt(prompt: &Prompt) -> PromptView {
    match prompt {
        Prompt::Text { text } => PromptView::Text { text: text.clone() },
        Prompt::Past {
            conversation,
            question,
            title,
        } => PromptView::Past {
            conversation_id: conversation.to_string(),
            question_id: question.to_string(),
            title: title.clone(),
        },
    }
}

fn prompt_from(view: PromptView) -> Result<Prompt, IpcError> {
    Ok(match view {
        PromptView::Text { text } => Prompt::Text { text },
        PromptView::Past {
            conversation_id,
            question_id,
            title,
        } => Prompt::Past {
            conversation: id(&conversation_id, "The chat")?,
            question: id(&question_id, "The question")?,
            title,
        },
    })
}

fn check(check: &Check) -> CheckView {
    match check.clone() {
        Check::Contains {
            text,
            is_case_sensitive,
            is_negated,
        } => CheckView::Contains {
            text,
            is_case_sensitive,
            is_negated,
        },
        Check::Equals {
            text,
            is_case_sensitive,
        } => CheckView::Equals {
            text,
            is_case_sensitive,
        },
        Check::Regex { pattern } => CheckView::Regex { pattern },
        Check::JsonSchema { schema } => CheckView::JsonSchema { schema },
        Check::Words { least, most } => CheckView::Words { least, most },
        Check::Within { millis } => CheckView::Within { millis },
    }
}

fn check_from(view: CheckView) -> Check {
    match view {
        CheckView::Contains {
            text,
            is_case_sensitive,
            is_negated,
        } => Check::Contains {
            text,
            is_case_sensitive,
            is_negated,
        },
        CheckView::Equals {
            text,
            is_case_sensitive,
        } => Check::Equals {
            text,
            is_case_sensitive,
        },
        CheckView::Regex { pattern } => Check::Regex { pattern },
        CheckView::JsonSchema { schema } => Check::JsonSchema { schema },
        CheckView::Words { least, most } => Check::Words { least, most },
        CheckView::Within { millis } => Check::Within { millis },
    }
}

fn round_summary(summary: &patchbay_engine::RoundSummary) -> RoundSummary {
    RoundSummary {
        id: summary.id.to_string(),
        ordinal: summary.ordinal,
        state: summary.state.as_str().to_owned(),
        started_at: summary.started_at.0,
        cells: summary.cells,
        answered: summary.answered,
    }
}

pub(crate) fn comparison_summary(
    summary: &patchbay_engine::ComparisonSummary,
) -> ComparisonSummary {
    ComparisonSummary {
        id: summary.id.to_string(),
        name: summary.name.clone(),
        updated_at: summary.updated_at.0,
        newest: summary.newest.as_ref().map(round_summary),
    }
}

pub(crate) fn comparison(record: &ComparisonRecord) -> ComparisonView {
    ComparisonView {
        id: record.id.to_string(),
        definition: definition(&record.definition),
        created_at: record.created_at.0,
        updated_at: record.updated_at.0,
        rounds: record.rounds.iter().map(round_summary).collect(),
    }
}

pub(crate) fn estimate(estimate: &patchbay_engine::ComparisonEstimate) -> ComparisonEstimate {
    ComparisonEstimate {
        columns: estimate
            .columns
            .iter()
            .map(|column| ColumnEstimate {
                name: column.name.clone(),
                colour: column.colour,
                nano_usd: column.cost.map(|cost| cost.0),
                first_way_in: column.first_way_in.clone(),
                problem: column.problem.clone(),
            })
            .collect(),
        total_nano_usd: estimate.total().map(|total| total.0),
        known_nano_usd: estimate.known().0,
        cells: estimate.cells,
        cases: estimate.cases,
        variables: estimate.variables.clone(),
    }
}

pub(crate) fn rows(read: ReadRows) -> RowsView {
    RowsView {
        names: read.names,
        rows: read.rows,
        problems: read.problems,
    }
}

pub(crate) fn round(
    detail: &RoundDetail,
    judging: Option<patchbay_engine::JudgingProgress>,
) -> RoundView {
    let record = &detail.record;
    let all = detail.cost.amount.map(|amount| amount.0);
    RoundView {
        id: record.id.to_string(),
        comparison_id: record.comparison.to_string(),
        ordinal: record.ordinal,
        definition: definition(&record.definition),
        state: record.state.as_str().to_owned(),
        reason_words: record
            .reason
            .as_deref()
            .filter(|_| record.state == RoundState::Paused)
            .map(reason_words),
        reason: record.reason.clone(),
        estimate_nano_usd: record.estimate.map(|estimate| estimate.0),
        started_at: record.started_at.0,
        ended_at: record.ended_at.map(|at| at.0),
        columns: detail
            .columns
            .iter()
            .map(|column| RoundColumn {
                name: column.name.clone(),
                colour: column.colour,
                cost: cost(column.cost),
                share: share(column.cost, all),
            })
            .collect(),
        cases: detail
            .cases
            .iter()
            .map(|case| CaseSummary {
                title: case.title.clone(),
                variables: case.row.clone(),
            })
            .collect(),
        cells: detail.cells.iter().map(cell).collect(),
        votes: detail.votes.iter().map(vote).collect(),
        cost: cost(detail.cost),
        judging: judging.map(|progress| JudgingProgress {
            done: progress.done,
            total: progress.total,
            failed: progress.failed,
            problem: progress.problem,
            is_running: progress.is_running,
        }),
    }
}

fn reason_words(reason: &str) -> String {
    match reason {
        "closed" => "Patchbay was closed. Nothing that was answered is asked again.",
        "ceiling" => "The next answer would cost more than the limit. Raise it and run again.",
        "storage" => "History could not be written. Make room on the disk, then go on.",
        _ => "It is paused.",
    }
    .to_owned()
}

fn share(part: Cost, all: Option<i64>) -> Option<f64> {
    let (part, all) = (part.amount?.0, all.filter(|all| *all > 0)?);
    Some(part as f64 / all as f64)
}

fn cell(cell: &CellDetail) -> CellView {
    CellView {
        case_index: cell.key.case,
        repeat: cell.key.repeat,
        column: cell.key.column,
        state: cell.state.as_str().to_owned(),
        run_id: cell.run.map(|run| run.to_string()),
        model: cell
            .answered
            .as_ref()
            .map(|attempt| attempt.endpoint.model.clone()),
        provider_name: cell
            .answered
            .as_ref()
            .map(|attempt| attempt.provider_name.clone()),
        first_token_millis: cell.first_token_millis,
        total_millis: cell.total_millis,
        tokens_per_second: cell.tokens_per_second,
        output_tokens: cell.output_tokens,
        cost: cost(cell.cost),
        attempts: cell
            .attempts
            .iter()
            .map(|attempt| FoundAttempt {
                provider_name: attempt.provider_name.clone(),
                status: attempt.status,
                failure: attempt.failure.as_ref().map(|failure| failure.class),
                http_status: attempt.failure.as_ref().and_then(|failure| failure.status),
                made_because: attempt.made_because,
            })
            .collect(),
        failure: cell.failure.clone(),
        length: cell.length,
        checks: cell.checks.iter().cloned().map(Into::into).collect(),
    }
}

fn vote(vote: &Vote) -> VoteView {
    let ballot = &vote.ballot;
    let (verdict, column) = match ballot.verdict {
        VoteVerdict::Best { column } => ("best", Some(column)),
        VoteVerdict::Tie => ("tie", None),
        VoteVerdict::AllBad => ("all_bad", None),
    };
    VoteView {
        case_index: vote.case,
        repeat: vote.repeat,
        voter: vote.voter.word().to_owned(),
        voter_name: match &vote.voter {
            Voter::Me => "You".to_owned(),
            Voter::Judge(key) => short(key).to_owned(),
        },
        verdict: verdict.to_owned(),
        column,
        tag: ballot.tag.clone(),
        note: ballot.note.clone(),
        is_blind: ballot.is_blind,
        orders_agree: ballot.orders_agree,
        cost: ballot.cost.map(cost),
        created_at: vote.created_at.0,
    }
}

pub(crate) fn case(case_index: u32, repeat: u32, answers: &CaseAnswers) -> CaseView {
    CaseView {
        case_index,
        repeat,
        prompt: answers.prompt.clone(),
        answers: answers
            .answers
            .iter()
            .map(|(column, message)| CaseAnswer {
                column: *column,
                message: with_run(answers, message),
            })
            .collect(),
        merged: answers
            .merged
            .iter()
            .map(|(record, message)| merged(answers, record, message.as_ref()))
            .collect(),
    }
}

pub(crate) fn merged(
    answers: &CaseAnswers,
    record: &MergedRecord,
    message: Option<&Message>,
) -> MergedView {
    MergedView {
        id: record.id.to_string(),
        kind: record.kind.clone(),
        parts: stitched_parts(record)
            .into_iter()
            .map(|part| StitchPart {
                column: part.column,
                text: part.text,
            })
            .collect(),
        text: record.text.clone(),
        message: message.map(|message| with_run(answers, message)),
        created_at: record.created_at.0,
    }
}

fn with_run(answers: &CaseAnswers, message: &Message) -> patchbay_contract::replies::MessageView {
    let run = message
        .run
        .and_then(|id| Some((id, answers.runs.get(&id)?)));
    message_with(message, run.map(|(id, run)| run_view(&id.to_string(), run)))
}
