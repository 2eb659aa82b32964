//! Cable colours: each model gets one of six and keeps it for good.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// How many colours there are, as the table's CHECK says too.
const COLOURS: u8 = 6;

impl Store {
    /// The colour of a model, from 0 to 5. A model that has none gets the one that the fewest models
    /// have, and the first of those.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn colour_of(&self, model: &str) -> Result<u8, StoreError> {
        let model = model.to_owned();
        let wanted = model.clone();
        if let Some(colour) = self
            .read(move |connection| stored(connection, &wanted))
            .await?
        {
            return Ok(colour);
        }
        self.write(move |connection, changes| {
            changes.add(Change::Models);
            assign(connection, &model)
        })
        .await
    }

    /// The colours of all models that have one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn colours(&self) -> Result<HashMap<String, u8>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT model, colour FROM model_colour")?
                .query_and_then([], |row| Ok((row.get("model")?, colour(row)?)))?
                .collect()
        })
        .await
    }
}

fn stored(connection: &Connection, model: &str) -> Result<Option<u8>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT colour FROM model_colour WHERE model = ?1")?
        .query_row([model], colour)
        .optional()?)
}

fn colour(row: &Row<'_>) -> Result<u8, rusqlite::Error> {
    row.get("colour")
}

fn assign(connection: &Connection, model: &str) -> Result<u8, StoreError> {
    // Somebody else may have asked in between.
    if let Some(colour) = stored(connection, model)? {
        return Ok(colour);
    }
    let mut uses = [0_u64; COLOURS as usize];
    let mut statement = connection.prepare_cached("SELECT colour FROM model_colour")?;
    for colour in statement.query_map([], colour)? {
        if let Some(count) = uses.get_mut(usize::from(colour?)) {
            *count += 1;
        }
    }
    let (colour, _) = (0..COLOURS)
        .zip(uses)
        .min_by_key(|(_, uses)| *uses)
        .unwrap_or((0, 0));
    connection
        .prepare_cached("INSERT INTO model_colour (model, colour) VALUES (?1, ?2)")?
        .execute(rusqlite::params![model, colour])?;
    Ok(colour)
}
