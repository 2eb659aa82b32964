//! Where a provider's keys lie, in the order in which they are tried. The keys themselves are in the
//! keychain.
//!
//! **Invariant:** no column may hold a key. The database cannot check that, so nothing here takes a
//! text that could be one, but for the label that a person writes and what a test said.

use patchbay_domain::{ProviderId, UnixMillis};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde_json::Value;

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::provider::{self, ProviderRecord};
use crate::store::Store;
use crate::values::{count, optional_json, to_json};

/// The slot of a provider's first key. It is also the keychain's name for it.
const FIRST: &str = "default";

/// One slot for a key. Whether there is a key in it, the keychain knows.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderKey {
    /// Whose it is.
    pub provider: ProviderId,
    /// The slot: `default`, `2`, `3`. A part of the key's address in the keychain, so it never
    /// changes; at most 16 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// What a person calls it; no two of a provider are called the same. Never the key.
    pub label: String,
    /// Its place in the order in which keys are tried, from 0; places need not be without gaps.
    pub position: i64,
    /// When it was added.
    pub created_at: UnixMillis,
    /// Whether it is left out.
    pub is_disabled: bool,
    /// What its last test said.
    pub last_test: Option<KeyTest>,
}

/// What the test of a key said.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyTest {
    /// When.
    pub at: UnixMillis,
    /// What, in the words of whoever tests keys. **Never the key, nor a part of it.**
    pub said: Value,
}

impl Store {
    /// The slots of one provider, in their order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn keys_of(&self, provider: ProviderId) -> Result<Vec<ProviderKey>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM provider_key WHERE provider = ?1 ORDER BY position, id",
                )?
                .query_and_then([provider.as_str()], read)?
                .collect()
        })
        .await
    }

    /// The slots of every provider that is not deleted, in the order of the providers.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn all_keys(&self) -> Result<Vec<ProviderKey>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT slot.* FROM provider_key AS slot
                     JOIN provider ON provider.id = slot.provider
                     WHERE provider.deleted_at IS NULL
                     ORDER BY provider.position, provider.id, slot.position, slot.id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// The slots of providers that were deleted before `before`, each with its provider.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn keys_of_deleted(
        &self,
        before: UnixMillis,
    ) -> Result<Vec<(ProviderRecord, ProviderKey)>, StoreError> {
        self.read(move |connection| {
            let providers = provider::deleted_before(connection, before)?;
            let mut found = Vec::new();
            for record in providers {
                let slots = connection
                    .prepare_cached("SELECT * FROM provider_key WHERE provider = ?1 ORDER BY id")?
                    .query_and_then([record.id.as_str()], read)?
                    .collect::<Result<Vec<_>, StoreError>>()?;
                found.extend(slots.into_iter().map(|slot| (record.clone(), slot)));
            }
            Ok(found)
        })
        .await
    }

    /// The id for a provider's next slot. One that was ever made is not given again, even when its
    /// key is gone: receipts name it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such provider.
    pub async fn free_key_id(&self, provider: ProviderId) -> Result<String, StoreError> {
        self.read(move |connection| {
            let made: Option<i64> = connection
                .prepare_cached("SELECT key_slots FROM provider WHERE id = ?1")?
                .query_row([provider.as_str()], |row| row.get(0))
                .optional()?;
            match made.map(count) {
                None => Err(StoreError::NotFound(Subject::Provider(provider))),
                Some(0) => Ok(FIRST.to_owned()),
                Some(made) => Ok(made.saturating_add(1).to_string()),
            }
        })
        .await
    }

    /// Adds a slot, or changes the label, the place and the switch of one. The test of one that is
    /// there stays, see [`Store::set_key_test`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such provider, [`StoreError::KeyLabelTaken`],
    /// [`StoreError::Contradiction`] where the id is no slot.
    pub async fn put_key(&self, key: ProviderKey) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            put(connection, &key)?;
            changes.add(Change::Providers);
            Ok(())
        })
        .await
    }

    /// Gives a slot another label.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::KeyLabelTaken`].
    pub async fn rename_key(
        &self,
        provider: ProviderId,
        key_id: String,
        label: String,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            refuse_taken_label(connection, &provider, &key_id, &label)?;
            let changed = connection
                .prepare_cached(
                    "UPDATE provider_key SET label = :label WHERE provider = :provider AND id = :id",
                )?
                .execute(named_params! {
                    ":label": label,
                    ":provider": provider.as_str(),
                    ":id": key_id,
                })?;
            require(changed, &provider, &key_id)?;
            changes.add(Change::Providers);
            Ok(())
        })
        .await
    }

    /// Sets the order in which a provider's keys are tried. Slots that are not named come behind, in
    /// the order that they had.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where one of the slots is not there.
    pub async fn reorder_keys(
        &self,
        provider: ProviderId,
        key_ids: Vec<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let places = i64::try_from(key_ids.len()).unwrap_or(i64::MAX);
            connection
                .prepare_cached(
                    "UPDATE provider_key SET position = position + ?2 - (
                         SELECT min(position) FROM provider_key WHERE provider = ?1)
                     WHERE provider = ?1",
                )?
                .execute((provider.as_str(), places))?;
            let mut place = connection.prepare_cached(
                "UPDATE provider_key SET position = :position
                 WHERE provider = :provider AND id = :id",
            )?;
            for (position, id) in (0_i64..).zip(&key_ids) {
                let changed = place.execute(named_params! {
                    ":position": position,
                    ":provider": provider.as_str(),
                    ":id": id,
                })?;
                require(changed, &provider, id)?;
            }
            changes.add(Change::Providers);
            Ok(())
        })
        .await
    }

    /// Removes a slot, with what is known of its balance. The key itself is the keychain's to remove.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_key(&self, provider: ProviderId, key_id: String) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM provider_key WHERE provider = ?1 AND id = ?2")?
                .execute((provider.as_str(), &key_id))?;
            require(removed, &provider, &key_id)?;
            changes.add(Change::Providers);
            changes.add(Change::Balances);
            Ok(())
        })
        .await
    }

    /// Notes what the test of a key said, or with `None` that the key in the slot is another one now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_key_test(
        &self,
        provider: ProviderId,
        key_id: String,
        test: Option<KeyTest>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE provider_key SET last_tested_at = :at, last_test = :said
                     WHERE provider = :provider AND id = :id",
                )?
                .execute(named_params! {
                    ":at": test.as_ref().map(|test| test.at.0),
                    ":said": test.as_ref().map(|test| to_json(&test.said)).transpose()?,
                    ":provider": provider.as_str(),
                    ":id": key_id,
                })?;
            require(changed, &provider, &key_id)?;
            changes.add(Change::Providers);
            Ok(())
        })
        .await
    }
}

fn put(connection: &Connection, key: &ProviderKey) -> Result<(), StoreError> {
    refuse_taken_label(connection, &key.provider, &key.id, &key.label)?;
    // "default" is the first one.
    let number = key.id.parse::<i64>().unwrap_or(1);
    let known = connection
        .prepare_cached("UPDATE provider SET key_slots = max(key_slots, ?2) WHERE id = ?1")?
        .execute((key.provider.as_str(), number))?;
    if known == 0 {
        return Err(StoreError::NotFound(Subject::Provider(
            key.provider.clone(),
        )));
    }
    let test = key.last_test.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO provider_key (provider, id, label, position, created_at, disabled,
                                       last_tested_at, last_test)
             VALUES (:provider, :id, :label, :position, :created_at, :disabled, :tested_at, :said)
             ON CONFLICT (provider, id) DO UPDATE SET label = excluded.label,
                 position = excluded.position, disabled = excluded.disabled",
        )?
        .execute(named_params! {
            ":provider": key.provider.as_str(),
            ":id": key.id,
            ":label": key.label,
            ":position": key.position,
            ":created_at": key.created_at.0,
            ":disabled": key.is_disabled,
            ":tested_at": test.map(|test| test.at.0),
            ":said": test.map(|test| to_json(&test.said)).transpose()?,
        })?;
    Ok(())
}

fn refuse_taken_label(
    connection: &Connection,
    provider: &ProviderId,
    key_id: &str,
    label: &str,
) -> Result<(), StoreError> {
    let is_taken = connection
        .prepare_cached(
            "SELECT 1 FROM provider_key WHERE provider = ?1 AND label = ?2 AND id <> ?3",
        )?
        .exists((provider.as_str(), label, key_id))?;
    if is_taken {
        return Err(StoreError::KeyLabelTaken);
    }
    Ok(())
}

fn require(changed: usize, provider: &ProviderId, key_id: &str) -> Result<(), StoreError> {
    if changed > 0 {
        return Ok(());
    }
    Err(StoreError::NotFound(Subject::Key {
        provider: provider.clone(),
        id: key_id.to_owned(),
    }))
}

fn read(row: &Row<'_>) -> Result<ProviderKey, StoreError> {
    let tested_at: Option<i64> = row.get("last_tested_at")?;
    let said = optional_json(row, "provider_key", "last_test")?;
    Ok(ProviderKey {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        id: row.get("id")?,
        label: row.get("label")?,
        position: row.get("position")?,
        created_at: UnixMillis(row.get("created_at")?),
        is_disabled: row.get("disabled")?,
        last_test: tested_at.zip(said).map(|(at, said)| KeyTest {
            at: UnixMillis(at),
            said,
        }),
    })
}
