//! The models that providers listed last, so that the picker is full before anybody is asked.

use patchbay_domain::{Endpoint, ModelListing, ProviderId, UnixMillis};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, integer, optional_count, optional_json, to_json};

/// How long a model that vanished is remembered: one that comes back sooner is not new. Lists lose
/// models for hours when a host behind them fails.
const REMEMBERED_MILLIS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// One model of one provider, as it was listed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Whose it is.
    pub provider: ProviderId,
    /// What the provider says about it.
    pub listing: ModelListing,
    /// When the provider said so.
    pub fetched_at: UnixMillis,
    /// When it came into the list. `None` where it stood in the first one: a provider that was just
    /// connected has no new models.
    pub first_seen_at: Option<UnixMillis>,
    /// Why the price on the newest list was not believed. The one in `listing` is older then.
    pub price_problem: Option<String>,
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

/// How fresh a provider's list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRefresh {
    /// Whose list.
    pub provider: ProviderId,
    /// When the list came that is shown; `None` where none ever came.
    pub refreshed_at: Option<UnixMillis>,
    /// Why the newest attempt to get one failed, where it did. The older list stays.
    pub failure: Option<RefreshFailure>,
}

/// A list, or something else that is asked for now and then, that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFailure {
    /// When.
    pub at: UnixMillis,
    /// Why, in words for people. Never a key.
    pub words: String,
}

impl Store {
    /// Puts a new listing in the place of a provider's old one. Of two models with one id the first
    /// is kept. A model that is still there keeps its `first_seen_at`, and so does one that comes back
    /// within thirty days. A refresh that failed before is forgotten.
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

    /// Notes of models on a provider's newest list why their price was not believed. Models that are
    /// not on it are passed over.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn note_price_problems(
        &self,
        provider: ProviderId,
        problems: Vec<(String, String)>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let mut note = connection.prepare_cached(
                "UPDATE provider_model SET price_problem = ?3 WHERE provider = ?1 AND model = ?2",
            )?;
            for (model, problem) in &problems {
                note.execute((provider.as_str(), model, problem))?;
            }
            changes.add(Change::Models);
            Ok(())
        })
        .await
    }

    /// One model as its provider listed it last; `None` where it does not list it now.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn listed_model(
        &self,
        endpoint: Endpoint,
    ) -> Result<Option<ListedModel>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM provider_model
                     WHERE provider = ?1 AND model = ?2 AND gone_at IS NULL",
                )?
                .query_and_then((endpoint.provider.as_str(), &endpoint.model), read)?
                .next()
                .transpose()
        })
        .await
    }

    /// Notes that a provider's list could not be had. The list that is there stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such provider.
    pub async fn set_refresh_failure(
        &self,
        provider: ProviderId,
        failure: RefreshFailure,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            require(connection, &provider)?;
            connection
                .prepare_cached(
                    "INSERT INTO model_refresh (provider, failed_at, failure) VALUES (?1, ?2, ?3)
                     ON CONFLICT (provider) DO UPDATE SET failed_at = excluded.failed_at,
                         failure = excluded.failure",
                )?
                .execute((provider.as_str(), failure.at.0, &failure.words))?;
            changes.add(Change::Models);
            Ok(())
        })
        .await
    }

    /// How fresh the lists are, of every provider that was ever asked and is not deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn model_refreshes(&self) -> Result<Vec<ModelRefresh>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT refresh.* FROM model_refresh AS refresh
                     JOIN provider ON provider.id = refresh.provider
                     WHERE provider.deleted_at IS NULL
                     ORDER BY provider.position, provider.id",
                )?
                .query_and_then([], |row| {
                    Ok(ModelRefresh {
                        provider: ProviderId::new(row.get::<_, String>("provider")?),
                        refreshed_at: moment(row, "refreshed_at")?,
                        failure: read_failure(row)?,
                    })
                })?
                .collect()
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
                    "SELECT listed.* FROM provider_model AS listed
                     JOIN provider ON provider.id = listed.provider
                     WHERE provider.deleted_at IS NULL AND listed.gone_at IS NULL
                     ORDER BY provider.position, provider.id, listed.position",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }
}

fn require(connection: &Connection, provider: &ProviderId) -> Result<(), StoreError> {
    connection
        .prepare_cached("SELECT 1 FROM provider WHERE id = ?1")?
        .query_row([provider.as_str()], |_| Ok(()))
        .optional()?
        .ok_or_else(|| StoreError::NotFound(Subject::Provider(provider.clone())))
}

fn replace(
    connection: &Connection,
    provider: &ProviderId,
    models: &[ModelListing],
    fetched_at: UnixMillis,
) -> Result<(), StoreError> {
    require(connection, provider)?;
    let has_list = connection
        .prepare_cached(
            "SELECT 1 FROM model_refresh WHERE provider = ?1 AND refreshed_at IS NOT NULL",
        )?
        .exists([provider.as_str()])?;
    connection
        .prepare_cached("DELETE FROM provider_model WHERE provider = ?1 AND gone_at <= ?2")?
        .execute((
            provider.as_str(),
            fetched_at.0.saturating_sub(REMEMBERED_MILLIS),
        ))?;
    // All are gone until the list names them.
    connection
        .prepare_cached(
            "UPDATE provider_model SET gone_at = coalesce(gone_at, :at), position = -1
             WHERE provider = :provider",
        )?
        .execute(named_params! { ":at": fetched_at.0, ":provider": provider.as_str() })?;
    let mut insert = connection.prepare_cached(INSERT)?;
    for (position, model) in (0_i64..).zip(models) {
        insert.execute(named_params! {
            ":provider": provider.as_str(),
            ":model": model.id,
            ":name": model.name,
            ":context": model.context_length.map(integer),
            ":max_output": model.max_output.map(integer),
            ":owned_by": model.owned_by,
            ":released_at": model.released_at.map(|at| at.0),
            ":capabilities": to_json(&model.capabilities)?,
            ":quantization": model.quantization,
            ":price": model.price.as_ref().map(to_json).transpose()?,
            ":is_chat": model.is_chat,
            ":position": position,
            ":at": fetched_at.0,
            ":first_seen_at": has_list.then_some(fetched_at.0),
        })?;
    }
    connection
        .prepare_cached(
            "INSERT INTO model_refresh (provider, refreshed_at) VALUES (?1, ?2)
             ON CONFLICT (provider) DO UPDATE SET refreshed_at = excluded.refreshed_at,
                 failed_at = NULL, failure = NULL",
        )?
        .execute((provider.as_str(), fetched_at.0))?;
    Ok(())
}

/// `gone_at` tells a row of an older list from one that this list put there already.
const INSERT: &str = "
    INSERT INTO provider_model (provider, model, name, context_length, max_output, owned_by,
        released_at, capabilities, quantization, price, is_chat, position, fetched_at,
        first_seen_at)
    VALUES (:provider, :model, :name, :context, :max_output, :owned_by, :released_at,
        :capabilities, :quantization, :price, :is_chat, :position, :at, :first_seen_at)
    ON CONFLICT (provider, model) DO UPDATE SET
        name = excluded.name,
        context_length = excluded.context_length,
        max_output = excluded.max_output,
        owned_by = excluded.owned_by,
        released_at = excluded.released_at,
        capabilities = excluded.capabilities,
        quantization = excluded.quantization,
        price = excluded.price,
        price_problem = NULL,
        is_chat = excluded.is_chat,
        position = excluded.position,
        fetched_at = excluded.fetched_at,
        gone_at = NULL
    WHERE gone_at IS NOT NULL";

fn read(row: &Row<'_>) -> Result<ListedModel, StoreError> {
    const TABLE: &str = "provider_model";
    Ok(ListedModel {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        listing: ModelListing {
            id: row.get("model")?,
            name: row.get("name")?,
            context_length: optional_count(row, "context_length")?,
            max_output: optional_count(row, "max_output")?,
            owned_by: row.get("owned_by")?,
            released_at: moment(row, "released_at")?,
            capabilities: from_json(row, TABLE, "capabilities")?,
            quantization: row.get("quantization")?,
            price: optional_json(row, TABLE, "price")?,
            is_chat: row.get("is_chat")?,
        },
        fetched_at: UnixMillis(row.get("fetched_at")?),
        first_seen_at: moment(row, "first_seen_at")?,
        price_problem: row.get("price_problem")?,
    })
}

/// Reads a failure from `failed_at` and `failure`.
pub(crate) fn read_failure(row: &Row<'_>) -> Result<Option<RefreshFailure>, StoreError> {
    let words: Option<String> = row.get("failure")?;
    Ok(moment(row, "failed_at")?
        .zip(words)
        .map(|(at, words)| RefreshFailure { at, words }))
}

fn moment(row: &Row<'_>, column: &str) -> Result<Option<UnixMillis>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UnixMillis))
}
