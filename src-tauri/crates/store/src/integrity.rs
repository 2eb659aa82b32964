//! Asking SQLite whether the file is whole.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Checks every page, every reference between tables and the search index. Returns what is wrong,
    /// in SQLite's words; nothing means that all is well. Takes seconds for a large file, and holds
    /// writes up while it compares the search index.
    ///
    /// # Errors
    /// Where the database cannot be read at all.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = self.read(check_pages_and_references).await?;
        problems.extend(
            self.write(|connection, _| check_search_index(connection))
                .await?,
        );
        Ok(problems)
    }
}

fn check_pages_and_references(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut problems: Vec<String> = connection
        .prepare("PRAGMA integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    problems.retain(|problem| problem != "ok");
    let dangling: Vec<String> = connection
        .prepare("PRAGMA foreign_key_check")?
        .query_map([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!(
                "a row of {table} refers to a missing row of {parent}"
            ))
        })?
        .collect::<Result<_, _>>()?;
    problems.extend(dangling);
    Ok(problems)
}

/// Full-text tables take this command in the form of an insert, which writes nothing.
fn check_search_index(connection: &Connection) -> Result<Option<String>, StoreError> {
    for (index, of) in [
        ("message_fts", "messages"),
        ("app_request_fts", "requests of apps"),
    ] {
        let check = format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)");
        match connection.execute(&check, []) {
            Ok(_) => {}
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) =>
            {
                return Ok(Some(format!("the search index does not match the {of}")));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
