//! The entries of the log, taken into the database.

use std::collections::HashMap;

use patchbay_domain::message::words_in;
use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, AttemptStatus, RunId};
use rusqlite::Connection;

use super::Batch;
use super::entry::{BeginAppRun, Entry};
use crate::change::{Change, ChangeSet};
use crate::error::StoreError;
use crate::run::FinishRun;
use crate::{app_request, attempt, run};

/// All that was logged of one run.
#[derive(Default)]
struct Logged<'a> {
    begin: Option<&'a BeginAppRun>,
    /// Each as it stands at the end.
    attempts: Vec<&'a Attempt>,
    finish: Option<&'a FinishRun>,
}

impl<'a> Logged<'a> {
    fn add(&mut self, entry: &'a Entry) {
        match entry {
            Entry::Begin(begin) => {
                self.begin = Some(begin);
                self.attempts.extend(&begin.first);
            }
            Entry::Attempt(attempt) => note(&mut self.attempts, attempt),
            Entry::Finish(finish) => self.finish = Some(finish),
        }
    }
}

/// Notes how an attempt stands now. One that is settled does not change any more.
fn note<'a>(attempts: &mut Vec<&'a Attempt>, news: &'a Attempt) {
    match attempts.iter_mut().find(|one| one.id == news.id) {
        Some(known) if known.status == AttemptStatus::Running => *known = news,
        Some(_) => {}
        None => attempts.push(news),
    }
}

/// Writes a batch, each run in a savepoint of its own. One that contradicts what is there is left out
/// and told in the log: nothing that comes later would change that.
///
/// # Errors
/// The database takes nothing: the whole batch is to be written again.
pub(crate) fn apply(connection: &Connection, batch: &Batch) -> Result<ChangeSet, StoreError> {
    let mut places: HashMap<RunId, usize> = HashMap::new();
    let mut runs: Vec<(RunId, Logged<'_>)> = Vec::new();
    for entry in &batch.entries {
        let run = entry.run();
        let place = *places.entry(run).or_insert_with(|| {
            runs.push((run, Logged::default()));
            runs.len() - 1
        });
        if let Some((_, logged)) = runs.get_mut(place) {
            logged.add(entry);
        }
    }
    let mut changes = ChangeSet::default();
    for (id, logged) in &runs {
        let mut own = ChangeSet::default();
        let frame = |statement| connection.prepare_cached(statement)?.execute([]);
        frame("SAVEPOINT logged")?;
        let may_be_there = batch.left_over.contains(id);
        match write(connection, &mut own, *id, logged, may_be_there) {
            Ok(()) => changes.merge(own),
            Err(error) if is_about_the_run(&error) => {
                tracing::error!(%error, run = %id, "a run of an app contradicts what is stored");
                frame("ROLLBACK TO logged")?;
            }
            Err(error) => return Err(error),
        }
        frame("RELEASE logged")?;
    }
    Ok(changes)
}

/// Whether it would fail at another time too.
fn is_about_the_run(error: &StoreError) -> bool {
    match error {
        StoreError::NotFound(_)
        | StoreError::Contradiction(_)
        | StoreError::Json(_)
        | StoreError::Unreadable { .. } => true,
        StoreError::Statement(source) => {
            source.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
        }
        _ => false,
    }
}

fn write(
    connection: &Connection,
    changes: &mut ChangeSet,
    id: RunId,
    logged: &Logged<'_>,
    may_be_there: bool,
) -> Result<(), StoreError> {
    changes.add(Change::AppRequests);
    let begin = match logged.begin {
        Some(_) if may_be_there && run::exists(connection, id)? => None,
        begin => begin,
    };
    match (begin, logged.finish) {
        (Some(begin), Some(finish)) => whole(connection, begin, logged.attempts.clone(), finish)?,
        (Some(begin), None) => {
            run::insert(connection, None, &begin.run, None)?;
            app_request::insert(connection, id, &begin.request, None)?;
            write_all(connection, &logged.attempts, None)?;
        }
        (None, finish) => {
            write_all(connection, &logged.attempts, None)?;
            if let Some(finish) = finish {
                run::end(connection, changes, finish)?;
            }
        }
    }
    let is_settled = |attempt: &&Attempt| attempt.status != AttemptStatus::Running;
    if logged.finish.is_some() || logged.attempts.iter().any(is_settled) {
        changes.add(Change::Spend);
    }
    Ok(())
}

/// A run that began and ended since the last batch: each of its rows is written once.
fn whole<'a>(
    connection: &Connection,
    begin: &BeginAppRun,
    mut attempts: Vec<&'a Attempt>,
    finish: &'a FinishRun,
) -> Result<(), StoreError> {
    if let Some(last) = &finish.attempt {
        note(&mut attempts, last);
    }
    let is_answered = matches!(finish.outcome, Outcome::Answered { .. });
    let words = is_answered.then(|| words_in(&finish.text));
    let end = run::End {
        outcome: &finish.outcome,
        at: finish.ended_at,
        was_asked: !attempts.is_empty(),
    };
    run::insert(connection, None, &begin.run, Some(&end))?;
    app_request::insert(connection, finish.run, &begin.request, Some(finish))?;
    write_all(connection, &attempts, words)?;
    if attempts
        .iter()
        .any(|attempt| attempt.status == AttemptStatus::Running)
    {
        attempt::interrupt_running(connection, finish.run, finish.received_anything())?;
    }
    Ok(())
}

fn write_all(
    connection: &Connection,
    attempts: &[&Attempt],
    words: Option<u64>,
) -> Result<(), StoreError> {
    for attempt in attempts {
        attempt::write_with_words(connection, attempt, words)?;
    }
    Ok(())
}
