//! The search of receipts: runs by what happened in them, the newest first.
//!
//! Long because what can be searched for, the search and the line that comes of it stand together.

use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::Target;
use patchbay_domain::run::MadeBecause;
use patchbay_domain::{
    AttemptStatus, ComparisonId, ConversationId, Cost, Endpoint, FailureClass, NanoUsd, ProviderId,
    RoundId, RunId, UnixMillis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::run_origin::RunOrigin;
use crate::store::Store;
use crate::values::{id, integer, optional_count, optional_id, optional_json, word};

/// What a run must have to be found: all that is set here. The default finds the newest runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFilter {
    /// More than one endpoint or key was asked.
    pub switched: bool,
    /// More than one request was made, be it to the same endpoint.
    pub tried_again: bool,
    /// It ended in failure.
    pub failed: bool,
    /// A second endpoint was asked because the first token was late.
    pub hedged: bool,
    /// An attempt was to go on with half an answer.
    pub continued: bool,
    /// It cost more than this, as far as the cost of its attempts is known.
    pub cost_above: Option<NanoUsd>,
    /// The first token of the attempt that answered took longer than so many milliseconds.
    pub first_token_above_millis: Option<u64>,
    /// This provider was asked.
    pub provider: Option<ProviderId>,
    /// A model was asked whose id contains this; small and capital letters of English are the same.
    pub model: Option<String>,
    /// Its route was called exactly so.
    pub route_name: Option<String>,
    /// What started it.
    pub origin: Option<RunOrigin>,
    /// It began at this moment or later.
    pub since: Option<UnixMillis>,
    /// It began before this moment.
    pub until: Option<UnixMillis>,
    /// Where the page before ended: the start and the id of its last run.
    pub before: Option<(UnixMillis, RunId)>,
    /// The most to be found.
    pub limit: u32,
}

impl Default for RunFilter {
    fn default() -> Self {
        Self {
            switched: false,
            tried_again: false,
            failed: false,
            hedged: false,
            continued: false,
            cost_above: None,
            first_token_above_millis: None,
            provider: None,
            model: None,
            route_name: None,
            origin: None,
            since: None,
            until: None,
            before: None,
            limit: 50,
        }
    }
}

/// One line of the list of receipts.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRun {
    /// The run.
    pub id: RunId,
    /// What started it.
    pub origin: RunOrigin,
    /// What its answer is for.
    pub purpose: Purpose,
    /// The app of the gateway that asked.
    pub app: Option<String>,
    /// The place in a comparison, where it belongs to one: of an answer, of what was made of several,
    /// or of the answers that it judged.
    pub case: Option<FoundCase>,
    /// Where it took place; `None` where that was deleted, or where there never was one.
    pub conversation: Option<FoundConversation>,
    /// The first [`QUESTION_LENGTH`] characters of what was asked, where that is still there.
    pub question: Option<String>,
    /// What was asked for first.
    pub requested: Endpoint,
    /// What the person chose; `None` in the runs from before there was a choice.
    pub target: Option<Target>,
    /// What its route was called then.
    pub route_name: Option<String>,
    /// When it began.
    pub started_at: UnixMillis,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<UnixMillis>,
    /// Where it stands: a run ends in the same ways as an attempt.
    pub status: AttemptStatus,
    /// What it failed with, where it did.
    pub failure: Option<FailureClass>,
    /// Its requests, in the order in which they were made.
    pub tried: Vec<Tried>,
    /// What they cost together; unknown where the cost of one is.
    pub cost: Cost,
    /// Milliseconds to the first token of the attempt that answered.
    pub first_token: Option<u64>,
}

/// The conversation of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundConversation {
    /// Its id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
}

/// The answers to one prompt of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundCase {
    /// Of which comparison.
    pub comparison: ComparisonId,
    /// Which round.
    pub round: RoundId,
    /// Which prompt; 0 for the first.
    pub case: u32,
    /// Which time; 0 for the first.
    pub repeat: u32,
}

/// One attempt, as far as a line shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Who was asked for which model.
    pub endpoint: Endpoint,
    /// The provider's name at the time.
    pub provider_name: String,
    /// Why.
    pub because: MadeBecause,
    /// How it ended.
    pub status: AttemptStatus,
    /// What it failed with, where it did.
    pub failure: Option<FailureClass>,
    /// The HTTP status of the failure.
    pub http_status: Option<u16>,
}

/// Characters of a question that a line shows.
pub const QUESTION_LENGTH: u32 = 120;

impl Store {
    /// The newest runs that fit, in deleted conversations too, but without their text.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn find_runs(&self, filter: RunFilter) -> Result<Vec<FoundRun>, StoreError> {
        self.read(move |connection| {
            let mut found = Vec::new();
            for run in matching(connection, &filter)? {
                found.extend(line(connection, run)?);
            }
            Ok(found)
        })
        .await
    }
}

/// The ids that fit. Both halves read nothing but an index: it walks runs from the newest on, and
/// looks at the attempts of each.
fn matching(connection: &Connection, filter: &RunFilter) -> Result<Vec<RunId>, StoreError> {
    let mut query = "SELECT run.id FROM run INDEXED BY run_by_start WHERE true".to_owned();
    let mut parameters: Vec<(&str, &dyn rusqlite::ToSql)> = Vec::new();
    let since = filter.since.map(|moment| moment.0);
    let until = filter.until.map(|moment| moment.0);
    let before = filter
        .before
        .map(|(moment, id)| (moment.0, id.into_bytes()));
    let origin = filter.origin.map(RunOrigin::as_str);
    let provider = filter.provider.as_ref().map(ProviderId::as_str);
    let cost_above = filter.cost_above.map(|cost| cost.0);
    let first_token = filter.first_token_above_millis.map(integer);
    if let Some(since) = &since {
        query += " AND run.started_at >= :since";
        parameters.push((":since", since));
    }
    if let Some(until) = &until {
        query += " AND run.started_at < :until";
        parameters.push((":until", until));
    }
    if let Some((moment, id)) = &before {
        query += " AND (run.started_at, run.id) < (:before, :before_id)";
        parameters.push((":before", moment));
        parameters.push((":before_id", id));
    }
    if let Some(origin) = &origin {
        query += " AND run.origin = :origin";
        parameters.push((":origin", origin));
    }
    if let Some(name) = &filter.route_name {
        query += " AND run.route_name = :route_name";
        parameters.push((":route_name", name));
    }
    if filter.failed {
        query += " AND run.status = 'failed'";
    }
    for (is_set, condition) in [
        (filter.tried_again, "ordinal > 0"),
        (filter.hedged, "made_because = 'hedge'"),
        (filter.continued, "made_because = 'continuation'"),
    ] {
        if is_set {
            query += &any_attempt(condition);
        }
    }
    if filter.switched {
        query += "
            AND EXISTS (
                SELECT 1 FROM attempt AS later INDEXED BY attempt_of_run
                CROSS JOIN attempt AS first INDEXED BY attempt_of_run
                WHERE later.run = run.id AND later.ordinal > 0
                    AND first.run = run.id AND first.ordinal = 0
                    AND (later.provider <> first.provider OR later.model <> first.model
                        OR later.key_id IS NOT first.key_id))";
    }
    if let Some(provider) = &provider {
        query += &any_attempt("provider = :provider");
        parameters.push((":provider", provider));
    }
    if let Some(model) = &filter.model {
        query += &any_attempt("instr(lower(model), lower(:model)) > 0");
        parameters.push((":model", model));
    }
    if let Some(millis) = &first_token {
        query += &any_attempt("status = 'answered' AND first_token_millis > :first_token");
        parameters.push((":first_token", millis));
    }
    if let Some(cost) = &cost_above {
        query += " AND (SELECT sum(cost_amount) FROM attempt INDEXED BY attempt_of_run
                        WHERE attempt.run = run.id) > :cost_above";
        parameters.push((":cost_above", cost));
    }
    query += " ORDER BY run.started_at DESC, run.id DESC LIMIT :limit";
    parameters.push((":limit", &filter.limit));
    connection
        .prepare_cached(&query)?
        .query_and_then(parameters.as_slice(), |row| {
            id(row, "id", RunId::from_bytes)
        })?
        .collect()
}

/// `condition` is one of the few above, never a value.
fn any_attempt(condition: &str) -> String {
    format!(
        " AND EXISTS (SELECT 1 FROM attempt INDEXED BY attempt_of_run
                      WHERE attempt.run = run.id AND {condition})"
    )
}

pub(crate) fn line(connection: &Connection, run: RunId) -> Result<Option<FoundRun>, StoreError> {
    let own = connection
        .prepare_cached(
            "SELECT run.id, run.origin, run.purpose, run.app, run.provider, run.model, run.target, run.route_name,
                    run.started_at, run.ended_at, run.status, run.failure_class,
                    conversation.id AS conversation, conversation.title,
                    comparison.id AS comparison, conversation.round AS round,
                    coalesce(cell.case_index, merged.case_index) AS case_index,
                    coalesce(cell.repeat_index, merged.repeat_index) AS repeat_index,
                    substr(question.text, 1, :length) AS question
             FROM run
             LEFT JOIN conversation ON conversation.id = run.conversation
                 AND conversation.deleted_at IS NULL
             LEFT JOIN comparison_round ON comparison_round.id = conversation.round
             LEFT JOIN comparison ON comparison.id = comparison_round.comparison
                 AND comparison.deleted_at IS NULL
             LEFT JOIN comparison_cell AS cell ON cell.conversation = conversation.id
                 AND cell.round = conversation.round
             LEFT JOIN merged_answer AS merged ON merged.conversation = conversation.id
             LEFT JOIN message AS answer ON answer.id = run.answer
             LEFT JOIN message AS question ON question.conversation = conversation.id
                 AND question.id = answer.parent AND question.role = 'user'
             WHERE run.id = :id",
        )?
        .query_row(
            named_params! { ":id": run.into_bytes(), ":length": QUESTION_LENGTH },
            |row| Ok(read(row)),
        )
        .optional()?;
    let Some(found) = own else { return Ok(None) };
    let mut found = found?;
    if found.purpose == Purpose::Judge {
        found.case = judged(connection, run, found.started_at)?;
    }
    let mut costs = Vec::new();
    let mut attempts = connection.prepare_cached(
        "SELECT provider, model, provider_name, made_because, status, failure_class,
                failure_http_status, first_token_millis, cost_amount, cost_kind
         FROM attempt WHERE run = ?1 ORDER BY ordinal",
    )?;
    let mut rows = attempts.query([run.into_bytes()])?;
    while let Some(row) = rows.next()? {
        let tried = Tried {
            endpoint: endpoint(row)?,
            provider_name: row.get("provider_name")?,
            because: word(row, "attempt", "made_because")?,
            status: word(row, "attempt", "status")?,
            failure: failure_class(row)?,
            http_status: row.get("failure_http_status")?,
        };
        if tried.status == AttemptStatus::Answered {
            found.first_token = optional_count(row, "first_token_millis")?;
        }
        found.tried.push(tried);
        costs.push(Cost {
            amount: row.get::<_, Option<i64>>("cost_amount")?.map(NanoUsd),
            kind: word(row, "attempt", "cost_kind")?,
        });
    }
    found.cost = Cost::sum(costs);
    Ok(Some(found))
}

/// Where the answers stand that a run judged. A judge's run lies in no conversation: that it was theirs is
/// written in the vote that came of it, so one that came to none leads nowhere.
fn judged(
    connection: &Connection,
    run: RunId,
    started_at: UnixMillis,
) -> Result<Option<FoundCase>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT comparison.id AS comparison, vote.round AS round, vote.case_index,
                    vote.repeat_index
             FROM vote
             JOIN comparison_round ON comparison_round.id = vote.round
             JOIN comparison ON comparison.id = comparison_round.comparison
                 AND comparison.deleted_at IS NULL
             WHERE vote.voter <> 'me' AND vote.created_at >= :started
               AND EXISTS (SELECT 1 FROM json_each(vote.body, '$.runs') WHERE value = :run)
             LIMIT 1",
        )?
        .query_row(
            named_params! { ":started": started_at.0, ":run": run.to_string() },
            |row| Ok(found_case(row)),
        )
        .optional()?;
    Ok(found.transpose()?.flatten())
}

fn read(row: &Row<'_>) -> Result<FoundRun, StoreError> {
    let conversation = optional_id(row, "conversation", ConversationId::from_bytes)?;
    let title: Option<String> = row.get("title")?;
    let case = found_case(row)?;
    // What a comparison kept stands in no list of chats: with its place gone nobody can go there.
    let is_lost = row.get::<_, Option<Vec<u8>>>("round")?.is_some() && case.is_none();
    Ok(FoundRun {
        id: id(row, "id", RunId::from_bytes)?,
        origin: word(row, "run", "origin")?,
        purpose: word(row, "run", "purpose")?,
        app: row.get("app")?,
        case,
        conversation: conversation
            .zip(title)
            .filter(|_| !is_lost)
            .map(|(id, title)| FoundConversation { id, title }),
        question: row.get("question")?,
        requested: endpoint(row)?,
        target: optional_json(row, "run", "target")?,
        route_name: row.get("route_name")?,
        started_at: UnixMillis(row.get("started_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(UnixMillis),
        status: word(row, "run", "status")?,
        failure: failure_class(row)?,
        tried: Vec::new(),
        cost: Cost::FREE,
        first_token: None,
    })
}

fn found_case(row: &Row<'_>) -> Result<Option<FoundCase>, StoreError> {
    let comparison = optional_id(row, "comparison", ComparisonId::from_bytes)?;
    let round = optional_id(row, "round", RoundId::from_bytes)?;
    let case: Option<u32> = row.get("case_index")?;
    let repeat: Option<u32> = row.get("repeat_index")?;
    Ok((|| {
        Some(FoundCase {
            comparison: comparison?,
            round: round?,
            case: case?,
            repeat: repeat?,
        })
    })())
}

fn endpoint(row: &Row<'_>) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        model: row.get("model")?,
    })
}

/// As where a whole failure is read: a class of a later version is still a failure.
fn failure_class(row: &Row<'_>) -> Result<Option<FailureClass>, StoreError> {
    let class: Option<String> = row.get("failure_class")?;
    Ok(class.map(|class| FailureClass::from_word(&class).unwrap_or(FailureClass::Internal)))
}
