//! Keeps the sums equal to the attempts.

use std::sync::LazyLock;

use patchbay_domain::{AttemptId, RunId};
use rusqlite::{Connection, named_params};

use crate::error::StoreError;

/// What is summed, in the order of the columns of both tables.
const MEASURES: [&str; 24] = [
    "attempts",
    "first_tries",
    "second_tries",
    "answered",
    "failed",
    "known",
    "wasted",
    "compared",
    "compared_paid",
    "compared_list",
    "billed",
    "billed_paid",
    "billed_computed",
    "cache_saved",
    "words",
    "words_paid",
    "counted",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "media",
    "web_searches",
];

/// One for each table of sums; made once, since every settlement carries them out.
static STATEMENTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    [
        upsert(
            "spend_day",
            "spend_entry",
            "day, provider, model, model_key, key_id, origin, purpose, app, cost_kind",
            "true",
        ),
        upsert(
            "spend_conversation",
            "spend_entry",
            "day, conversation, cost_kind",
            "conversation IS NOT NULL",
        ),
        upsert(
            "spend_slice",
            "spend_slice_entry",
            "slice, day, key, detail, cost_kind",
            "true",
        ),
    ]
});

/// Adds a settled attempt to the sums. One that still runs has nothing to add.
pub(crate) fn count_in(connection: &Connection, attempt: AttemptId) -> Result<(), StoreError> {
    count(connection, attempt, 1)
}

/// Takes a settled attempt out of the sums, as it stands now: before it is changed.
pub(crate) fn count_out(connection: &Connection, attempt: AttemptId) -> Result<(), StoreError> {
    count(connection, attempt, -1)
}

fn count(connection: &Connection, attempt: AttemptId, sign: i64) -> Result<(), StoreError> {
    for statement in STATEMENTS.iter() {
        connection
            .prepare_cached(statement)?
            .execute(named_params! { ":attempt": attempt.into_bytes(), ":sign": sign })?;
    }
    connection
        .prepare_cached(
            "UPDATE run SET known_amount = known_amount + :sign * entry.known
             FROM (SELECT run, known FROM spend_entry WHERE attempt = :attempt) AS entry
             WHERE run.id = entry.run",
        )?
        .execute(named_params! { ":attempt": attempt.into_bytes(), ":sign": sign })?;
    Ok(())
}

/// The text of one statement; nothing in it comes from outside.
fn upsert(table: &str, source: &str, dimensions: &str, condition: &str) -> String {
    let measured = MEASURES
        .map(|measure| format!(":sign * {measure}"))
        .join(", ");
    let added = MEASURES
        .map(|measure| format!("{measure} = {measure} + excluded.{measure}"))
        .join(", ");
    format!(
        "INSERT INTO {table} ({dimensions}, {columns})
         SELECT {dimensions}, {measured} FROM {source} WHERE attempt = :attempt AND {condition}
         ON CONFLICT ({dimensions}) DO UPDATE SET {added}",
        columns = MEASURES.join(", "),
    )
}

/// Notes how many words the answer of a run has, with the attempt that gave it.
pub(crate) fn note_words(
    connection: &Connection,
    run: RunId,
    words: u64,
) -> Result<(), StoreError> {
    let answered: Vec<[u8; 16]> = connection
        .prepare_cached(
            "SELECT id FROM attempt
             WHERE run = ?1 AND status = 'answered' AND answer_words IS NULL",
        )?
        .query_map([run.into_bytes()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in answered {
        let attempt = AttemptId::from_bytes(id);
        count_out(connection, attempt)?;
        connection
            .prepare_cached("UPDATE attempt SET answer_words = ?2 WHERE id = ?1")?
            .execute((id, crate::values::integer(words)))?;
        count_in(connection, attempt)?;
    }
    Ok(())
}
