//! Clients of the gateway and the hashes of their tokens.
//!
//! **Invariant:** a token is nowhere in the database, only its SHA-256.

use patchbay_domain::{App, UnixMillis};
use rusqlite::{OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, to_json};

/// An app with the hash of its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRecord {
    /// The app.
    pub app: App,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
}

impl Store {
    /// Every app, the newest last.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM app WHERE deleted_at IS NULL ORDER BY created_at, id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// The names of all apps that there are or were, by their ids.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn app_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|connection| {
            let mut names = connection.prepare_cached("SELECT id, name FROM app")?;
            let names = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Adds an app, or changes the name, the rules and the token of one.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where another app has the name or the token.
    pub async fn save_app(&self, record: AppRecord) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let app = &record.app;
            connection
                .prepare_cached(
                    "INSERT INTO app (id, name, token_hash, token_hint, rules, created_at,
                                      last_used_at, revoked_at)
                     VALUES (:id, :name, :hash, :hint, :rules, :created_at, :last_used_at,
                             :revoked_at)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                         token_hash = excluded.token_hash, token_hint = excluded.token_hint,
                         rules = excluded.rules, revoked_at = excluded.revoked_at",
                )?
                .execute(named_params! {
                    ":id": app.id,
                    ":name": app.name,
                    ":hash": record.token_hash,
                    ":hint": app.token_hint,
                    ":rules": to_json(&app.rules)?,
                    ":created_at": app.created_at.0,
                    ":last_used_at": app.last_used_at.map(|at| at.0),
                    ":revoked_at": app.revoked_at.map(|at| at.0),
                })?;
            changes.add(Change::Apps);
            Ok(())
        })
        .await
    }

    /// Takes an app off the list, or puts it back where `deleted_at` is `None`. What it asked and what
    /// it spent stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Contradiction`] where its name was taken since.
    pub async fn delete_app(
        &self,
        id: String,
        deleted_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached("UPDATE app SET deleted_at = ?2 WHERE id = ?1")?
                .execute((&id, deleted_at.map(|at| at.0)))?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::App(id.clone())));
            }
            changes.add(Change::Apps);
            Ok(())
        })
        .await
    }

    /// Notes when an app last asked. A power cut may take it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn note_app_use(&self, id: String, at: UnixMillis) -> Result<(), StoreError> {
        self.write_provisionally(move |connection, changes| {
            connection
                .prepare_cached("UPDATE app SET last_used_at = ?2 WHERE id = ?1")?
                .execute((&id, at.0))?;
            changes.add(Change::Apps);
            Ok(())
        })
        .await
    }

    /// One app, also where it was taken off the list.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn app(&self, id: String) -> Result<Option<AppRecord>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT * FROM app WHERE id = ?1")?
                .query_row([&id], |row| Ok(read(row)))
                .optional()?;
            found.transpose()
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<AppRecord, StoreError> {
    let moment = |column| -> Result<Option<UnixMillis>, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map(UnixMillis))
    };
    Ok(AppRecord {
        app: App {
            id: row.get("id")?,
            name: row.get("name")?,
            rules: from_json(row, "app", "rules")?,
            token_hint: row.get("token_hint")?,
            created_at: UnixMillis(row.get("created_at")?),
            last_used_at: moment("last_used_at")?,
            revoked_at: moment("revoked_at")?,
        },
        token_hash: row.get("token_hash")?,
    })
}
