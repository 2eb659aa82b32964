//! Providers as a person set them up, without their keys.

use patchbay_domain::{Origin, ProviderId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, to_json};

/// A provider's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRecord {
    /// Its id.
    pub id: ProviderId,
    /// Its name for people.
    pub name: String,
    /// The wire family that it speaks, such as `openai_chat`.
    pub family: String,
    /// The preset that it was made from; `None` for an address that a person typed.
    pub preset: Option<String>,
    /// Whether requests say that they come from Patchbay, where the provider has headers for that.
    pub has_attribution: bool,
    /// What only its family or its preset knows, such as a region. None of it is a key. What this
    /// version does not know is kept.
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Where its API begins.
    pub base_url: String,
    /// Scheme, host and port of `base_url`, to which its key is bound.
    pub origin: Origin,
    /// Sent with each request. None of them carries a key.
    pub extra_headers: Vec<ExtraHeader>,
    /// Its place in the list, from 0; places need not be without gaps.
    pub position: i64,
    /// When it was added.
    pub created_at: UnixMillis,
}

/// A header's name and value; stored as an array of the two.
pub type ExtraHeader = (String, String);

/// Headers that carry keys by their nature. They are refused, because keys belong in the keychain.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-auth-token",
    "x-access-token",
];

impl Store {
    /// Adds a provider, or replaces the settings of one; a deleted one comes back.
    ///
    /// # Errors
    /// [`StoreError::SecretHeader`] where a header would carry a key.
    pub async fn put_provider(&self, provider: ProviderRecord) -> Result<(), StoreError> {
        refuse_secrets(&provider.extra_headers)?;
        self.write(move |connection, changes| {
            put(connection, &provider)?;
            changes.add(Change::Providers);
            Ok(())
        })
        .await
    }

    /// Every provider that is not deleted, in the order of the list.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn providers(&self) -> Result<Vec<ProviderRecord>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM provider WHERE deleted_at IS NULL ORDER BY position, id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// Every id that is or was a provider's: none of them may be given to another one, since old
    /// receipts name it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn provider_ids_taken(&self) -> Result<Vec<ProviderId>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id FROM provider UNION SELECT DISTINCT provider FROM attempt",
                )?
                .query_and_then([], |row| Ok(ProviderId::new(row.get::<_, String>(0)?)))?
                .collect()
        })
        .await
    }

    /// Providers that are not there any more, each with the last name that is known of it: from its own
    /// row while that is kept, else from the newest attempt through it. Found by the sums, so that one
    /// through which nothing was asked is found for as long as its row is kept.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn gone_providers(&self) -> Result<Vec<(ProviderId, String)>, StoreError> {
        self.read(|connection| {
            let gone = connection
                .prepare_cached(
                    "SELECT used.id AS id, provider.name AS name FROM (
                         SELECT key AS id FROM spend_slice WHERE slice = 'provider_month'
                         UNION SELECT id FROM provider) AS used
                     LEFT JOIN provider ON provider.id = used.id
                     WHERE provider.id IS NULL OR provider.deleted_at IS NOT NULL",
                )?
                .query_and_then([], |row| {
                    Ok((
                        ProviderId::new(row.get::<_, String>("id")?),
                        row.get::<_, Option<String>>("name")?,
                    ))
                })?
                .collect::<Result<Vec<_>, StoreError>>()?;
            let mut newest = connection.prepare_cached(
                "SELECT provider_name, max(started_at) FROM attempt WHERE provider = ?1",
            )?;
            let mut named = Vec::with_capacity(gone.len());
            for (id, name) in gone {
                let name = match name {
                    Some(name) => Some(name),
                    None => newest.query_row([id.as_str()], |row| row.get(0))?,
                };
                named.extend(name.map(|name| (id, name)));
            }
            Ok(named)
        })
        .await
    }

    /// Takes a provider out of the list, with its models. Its settings stay until it is put again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_provider(
        &self,
        provider: ProviderId,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.set_provider_deleted(provider, Some(now)).await
    }

    /// Undoes [`Store::delete_provider`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn restore_provider(&self, provider: ProviderId) -> Result<(), StoreError> {
        self.set_provider_deleted(provider, None).await
    }

    async fn set_provider_deleted(
        &self,
        provider: ProviderId,
        at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached("UPDATE provider SET deleted_at = :at WHERE id = :id")?
                .execute(named_params! { ":at": at.map(|at| at.0), ":id": provider.as_str() })?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::Provider(provider.clone())));
            }
            changes.add(Change::Providers);
            changes.add(Change::Models);
            Ok(())
        })
        .await
    }
}

pub(crate) fn deleted_before(
    connection: &Connection,
    before: UnixMillis,
) -> Result<Vec<ProviderRecord>, StoreError> {
    connection
        .prepare_cached("SELECT * FROM provider WHERE deleted_at < ?1 ORDER BY id")?
        .query_and_then([before.0], read)?
        .collect()
}

fn refuse_secrets(headers: &[ExtraHeader]) -> Result<(), StoreError> {
    let secret = headers.iter().find(|(name, _)| {
        SECRET_HEADERS
            .iter()
            .any(|secret| name.eq_ignore_ascii_case(secret))
    });
    match secret {
        Some((name, _)) => Err(StoreError::SecretHeader { name: name.clone() }),
        None => Ok(()),
    }
}

fn put(connection: &Connection, provider: &ProviderRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO provider (id, name, family, base_url, origin, extra_headers, position,
                                   created_at, preset, attribution, options)
             VALUES (:id, :name, :family, :base_url, :origin, :headers, :position, :at, :preset,
                     :attribution, :options)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, family = excluded.family,
                 base_url = excluded.base_url, origin = excluded.origin,
                 extra_headers = excluded.extra_headers, position = excluded.position,
                 preset = excluded.preset, attribution = excluded.attribution,
                 options = excluded.options, deleted_at = NULL",
        )?
        .execute(named_params! {
            ":id": provider.id.as_str(),
            ":name": provider.name,
            ":family": provider.family,
            ":base_url": provider.base_url,
            ":origin": provider.origin.as_str(),
            ":headers": to_json(&provider.extra_headers)?,
            ":position": provider.position,
            ":at": provider.created_at.0,
            ":preset": provider.preset,
            ":attribution": provider.has_attribution,
            ":options": to_json(&provider.options)?,
        })?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ProviderRecord, StoreError> {
    Ok(ProviderRecord {
        id: ProviderId::new(row.get::<_, String>("id")?),
        name: row.get("name")?,
        family: row.get("family")?,
        preset: row.get("preset")?,
        has_attribution: row.get("attribution")?,
        options: from_json(row, "provider", "options")?,
        base_url: row.get("base_url")?,
        origin: Origin::from_serialized(row.get::<_, String>("origin")?),
        extra_headers: from_json(row, "provider", "extra_headers")?,
        position: row.get("position")?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}
