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

/// One for each table of sums, of one attempt; made once, since every settlement carries them out.
static ONE: LazyLock<[String; 3]> = LazyLock::new(|| {
    statements(&Which {
        measured: |measure| format!(":sign * {measure}"),
        condition: "attempt = :attempt",
        // One row each, and to group it would only take time.
        is_grouped: false,
    })
});

/// The same of all attempts that wait to be counted in: what falls into one row is written once.
static WAITING: LazyLock<[String; 3]> = LazyLock::new(|| {
    statements(&Which {
        measured: |measure| format!("sum({measure})"),
        condition: "attempt IN (SELECT attempt FROM temp.uncounted)",
        is_grouped: true,
    })
});

/// Which attempts a statement counts.
struct Which {
    measured: fn(&str) -> String,
    condition: &'static str,
    is_grouped: bool,
}

fn statements(which: &Which) -> [String; 3] {
    let upsert =
        |table, source, dimensions, condition| upsert(which, table, source, dimensions, condition);
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
}

/// Makes room for the attempts that are settled in a transaction, which are counted in together at its
/// end. A table, so that a savepoint that is rolled back takes them out of it; of the connection alone, so
/// that it is never in the file.
pub(crate) fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "CREATE TEMP TABLE uncounted (attempt BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID",
    )
}

/// Adds a settled attempt to the sums when the transaction ends, with [`count_waiting`]. One that still
/// runs has nothing to add.
pub(crate) fn count_in(connection: &Connection, attempt: AttemptId) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO temp.uncounted (attempt) VALUES (?1)")?
        .execute([attempt.into_bytes()])?;
    Ok(())
}

/// Takes a settled attempt out of the sums, as it stands now: before it is changed.
pub(crate) fn count_out(connection: &Connection, attempt: AttemptId) -> Result<(), StoreError> {
    let waited = connection
        .prepare_cached("DELETE FROM temp.uncounted WHERE attempt = ?1")?
        .execute([attempt.into_bytes()])?;
    if waited == 0 {
        count_one(connection, attempt.into_bytes(), -1)?;
    }
    Ok(())
}

/// Counts in all that was settled in this transaction. The last thing before it is committed.
pub(crate) fn count_waiting(connection: &Connection) -> Result<(), rusqlite::Error> {
    let waiting: Vec<[u8; 16]> = connection
        .prepare_cached("SELECT attempt FROM temp.uncounted LIMIT 2")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    match waiting.as_slice() {
        [] => return Ok(()),
        // With nothing to put together, the way without a sorter is shorter.
        [one] => count_one(connection, *one, 1)?,
        _ => {
            for statement in WAITING.iter() {
                connection.prepare_cached(statement)?.execute([])?;
            }
            connection
                .prepare_cached(
                    "UPDATE run SET known_amount = known_amount + entry.known
                     FROM (SELECT run, sum(known) AS known FROM spend_entry
                           WHERE attempt IN (SELECT attempt FROM temp.uncounted) GROUP BY run) AS entry
                     WHERE run.id = entry.run",
                )?
                .execute([])?;
        }
    }
    connection
        .prepare_cached("DELETE FROM temp.uncounted")?
        .execute([])?;
    Ok(())
}

fn count_one(connection: &Connection, attempt: [u8; 16], sign: i64) -> Result<(), rusqlite::Error> {
    for statement in ONE.iter() {
        connection
            .prepare_cached(statement)?
            .execute(named_params! { ":attempt": attempt, ":sign": sign })?;
    }
    connection
        .prepare_cached(
            "UPDATE run SET known_amount = known_amount + :sign * entry.known
             FROM (SELECT run, known FROM spend_entry WHERE attempt = :attempt) AS entry
             WHERE run.id = entry.run",
        )?
        .execute(named_params! { ":attempt": attempt, ":sign": sign })?;
    Ok(())
}

/// The text of one statement; nothing in it comes from outside.
fn upsert(which: &Which, table: &str, source: &str, dimensions: &str, condition: &str) -> String {
    let added = MEASURES
        .map(|measure| format!("{measure} = {measure} + excluded.{measure}"))
        .join(", ");
    let grouped = match which.is_grouped {
        true => format!("GROUP BY {dimensions}"),
        false => String::new(),
    };
    format!(
        "INSERT INTO {table} ({dimensions}, {columns})
         SELECT {dimensions}, {measured} FROM {source} WHERE {attempts} AND {condition} {grouped}
         ON CONFLICT ({dimensions}) DO UPDATE SET {added}",
        columns = MEASURES.join(", "),
        measured = MEASURES.map(which.measured).join(", "),
        attempts = which.condition,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_counted_goes_with_it() {
        let connection = Connection::open_in_memory().unwrap();
        prepare(&connection).unwrap();
        let id = |byte| AttemptId::from_bytes([byte; 16]);
        connection
            .execute_batch("BEGIN; SAVEPOINT operation")
            .unwrap();
        count_in(&connection, id(1)).unwrap();
        connection
            .execute_batch("RELEASE operation; SAVEPOINT operation")
            .unwrap();
        count_in(&connection, id(2)).unwrap();
        connection
            .execute_batch("ROLLBACK TO operation; RELEASE operation")
            .unwrap();
        let waiting: Vec<[u8; 16]> = connection
            .prepare("SELECT attempt FROM temp.uncounted")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(waiting, [[1; 16]]);
        connection.execute_batch("ROLLBACK").unwrap();
        let left: i64 = connection
            .query_row("SELECT count(*) FROM temp.uncounted", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }
}
