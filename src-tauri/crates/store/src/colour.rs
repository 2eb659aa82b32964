//! Cable colours: each model gets one of six and keeps it for good, however its ways in call it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// How many colours there are, as the table's CHECK says too.
const COLOURS: u8 = 6;

impl Store {
    /// The colours of several models, from 0 to 5, by every id that is named. Each of `models` is one
    /// model under all the ids that ways in give it: those without a colour get that of the first that
    /// has one, else the one that the fewest models have, and the first of those.
    ///
    /// # Errors
    /// Where the database cannot be read, or not be written where a model has no colour yet.
    pub async fn colours_of(
        &self,
        models: Vec<Vec<String>>,
    ) -> Result<HashMap<String, u8>, StoreError> {
        let (models, known) = self
            .read(move |connection| {
                let known = models
                    .iter()
                    .flatten()
                    .map(|model| {
                        Ok(stored(connection, model)?.map(|colour| (model.clone(), colour)))
                    })
                    .collect::<Result<Option<HashMap<_, _>>, StoreError>>()?;
                Ok((models, known))
            })
            .await?;
        if let Some(known) = known {
            return Ok(known);
        }
        self.write(move |connection, changes| {
            changes.add(Change::Models);
            let mut colours = HashMap::new();
            for ids in &models {
                let mut of_model = None;
                for id in ids {
                    of_model = of_model.or(stored(connection, id)?);
                }
                for id in ids {
                    let colour = assign(connection, id, of_model)?;
                    of_model = of_model.or(Some(colour));
                    colours.insert(id.clone(), colour);
                }
            }
            Ok(colours)
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

/// Gives a model this colour, or one that few models have.
fn assign(connection: &Connection, model: &str, wanted: Option<u8>) -> Result<u8, StoreError> {
    // Somebody else may have asked in between.
    if let Some(colour) = stored(connection, model)? {
        return Ok(colour);
    }
    let colour = match wanted {
        Some(colour) => colour,
        None => rarest(connection)?,
    };
    connection
        .prepare_cached("INSERT INTO model_colour (model, colour) VALUES (?1, ?2)")?
        .execute(rusqlite::params![model, colour])?;
    Ok(colour)
}

/// The colour that the fewest models have, and the first of those.
fn rarest(connection: &Connection) -> Result<u8, StoreError> {
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
    Ok(colour)
}
