//! The models that providers listed last, so that the picker is full before anybody is asked.

use patchbay_domain::{Endpoint, ModelListing, ProviderId, UnixMillis};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{integer, optional_count};

/// One model of one provider, as it was listed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Whose it is.
    pub provider: ProviderId,
    /// What the provider says about it.
    pub listing: ModelListing,
    /// When the provider said so.
    pub fetched_at: UnixMillis,
}

impl ListedModel {
    /// The way to reach it.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: self.provider.clone(),
            model: self.listing.id.clone(),
        }
    }
}

impl Store {
    /// Puts a new listing in the place of a provider's old one. Of two models with one id the first
    /// is kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such provider.
    pub async fn replace_models(
        &self,
        provider: ProviderId,
        models: Vec<ModelListing>,
        fetched_at: UnixMillis,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            replace(connection, &provider, &models, fetched_at)?;
            changes.add(Change::Models);
            Ok(())
        })
        .await
    }

    /// The models of every provider that is not deleted, in the order of the providers and of their
    /// own lists.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn models(&self) -> Result<Vec<ListedModel>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT listed.provider, listed.model, listed.name, listed.context_length,
                            listed.owned_by, listed.fetched_at
                     FROM provider_model AS listed
                     JOIN provider ON provider.id = listed.provider
                     WHERE provider.deleted_at IS NULL
                     ORDER BY provider.position, provider.id, listed.position",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }
}

fn replace(
    connection: &Connection,
    provider: &ProviderId,
    models: &[ModelListing],
    fetched_at: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("SELECT 1 FROM provider WHERE id = ?1")?
        .query_row([provider.as_str()], |_| Ok(()))
        .optional()?
        .ok_or_else(|| StoreError::NotFound(Subject::Provider(provider.clone())))?;
    connection
        .prepare_cached("DELETE FROM provider_model WHERE provider = ?1")?
        .execute([provider.as_str()])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO provider_model (provider, model, name, context_length, owned_by, position,
                                     fetched_at)
         VALUES (:provider, :model, :name, :context, :owned_by, :position, :at)
         ON CONFLICT DO NOTHING",
    )?;
    for (position, model) in (0_i64..).zip(models) {
        insert.execute(named_params! {
            ":provider": provider.as_str(),
            ":model": model.id,
            ":name": model.name,
            ":context": model.context_length.map(integer),
            ":owned_by": model.owned_by,
            ":position": position,
            ":at": fetched_at.0,
        })?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ListedModel, StoreError> {
    Ok(ListedModel {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        listing: ModelListing {
            id: row.get("model")?,
            name: row.get("name")?,
            context_length: optional_count(row, "context_length")?,
            owned_by: row.get("owned_by")?,
            ..ModelListing::default()
        },
        fetched_at: UnixMillis(row.get("fetched_at")?),
    })
}
