//! What providers said is left of a key. Kept with its time, since asking costs a request and a
//! number without a time says nothing.

use patchbay_domain::{ProviderId, UnixMillis};
use rusqlite::{Connection, Row};
use serde_json::Value;

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::model::{RefreshFailure, read_failure};
use crate::spend::{self, BalanceReading};
use crate::store::Store;
use crate::values::{optional_json, to_json};

/// What is known of the balance or limit of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyBalance {
    /// Whose key.
    pub provider: ProviderId,
    /// Its slot.
    pub key_id: String,
    /// The newest balance that came.
    pub balance: Option<FetchedBalance>,
    /// Why the newest attempt failed, where it did. The older balance stays.
    pub failure: Option<RefreshFailure>,
}

/// A balance as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchedBalance {
    /// When.
    pub at: UnixMillis,
    /// What the provider said, in the words of whoever asks providers. Never a key.
    pub said: Value,
}

impl Store {
    /// Keeps a key's balance; a failure before it is forgotten.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such slot.
    pub async fn set_balance(
        &self,
        provider: ProviderId,
        key_id: String,
        balance: FetchedBalance,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            require(connection, &provider, &key_id)?;
            connection
                .prepare_cached(
                    "INSERT INTO key_balance (provider, key_id, fetched_at, balance)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (provider, key_id) DO UPDATE SET
                         fetched_at = excluded.fetched_at, balance = excluded.balance,
                         failed_at = NULL, failure = NULL",
                )?
                .execute((
                    provider.as_str(),
                    &key_id,
                    balance.at.0,
                    to_json(&balance.said)?,
                ))?;
            spend::note_reading(
                connection,
                &BalanceReading {
                    provider: provider.clone(),
                    key_id: key_id.clone(),
                    at: balance.at,
                    said: balance.said.clone(),
                },
            )?;
            changes.add(Change::Balances);
            Ok(())
        })
        .await
    }

    /// Notes that a key's balance could not be had. The one that is there stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such slot.
    pub async fn set_balance_failure(
        &self,
        provider: ProviderId,
        key_id: String,
        failure: RefreshFailure,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            require(connection, &provider, &key_id)?;
            connection
                .prepare_cached(
                    "INSERT INTO key_balance (provider, key_id, failed_at, failure)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (provider, key_id) DO UPDATE SET
                         failed_at = excluded.failed_at, failure = excluded.failure",
                )?
                .execute((provider.as_str(), &key_id, failure.at.0, &failure.words))?;
            changes.add(Change::Balances);
            Ok(())
        })
        .await
    }

    /// What is known of every key of every provider that is not deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn balances(&self) -> Result<Vec<KeyBalance>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT balance.* FROM key_balance AS balance
                     JOIN provider ON provider.id = balance.provider
                     WHERE provider.deleted_at IS NULL
                     ORDER BY provider.position, provider.id, balance.key_id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }
}

fn require(connection: &Connection, provider: &ProviderId, key_id: &str) -> Result<(), StoreError> {
    let is_there = connection
        .prepare_cached("SELECT 1 FROM provider_key WHERE provider = ?1 AND id = ?2")?
        .exists((provider.as_str(), key_id))?;
    if is_there {
        return Ok(());
    }
    Err(StoreError::NotFound(Subject::Key {
        provider: provider.clone(),
        id: key_id.to_owned(),
    }))
}

fn read(row: &Row<'_>) -> Result<KeyBalance, StoreError> {
    let at: Option<i64> = row.get("fetched_at")?;
    let said = optional_json(row, "key_balance", "balance")?;
    Ok(KeyBalance {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        key_id: row.get("key_id")?,
        balance: at.zip(said).map(|(at, said)| FetchedBalance {
            at: UnixMillis(at),
            said,
        }),
        failure: read_failure(row)?,
    })
}
