//! What endpoints cost and cost before: rows are added and never changed, so that a receipt can say
//! when a price began, and a broken list can be told from a new price.

use std::collections::HashSet;

use patchbay_domain::price::{PriceRule, PriceSource, PriceTag};
use patchbay_domain::{Endpoint, Price, ProviderId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{from_json, to_json, word};

/// A price of one endpoint by one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRecord {
    /// What it buys.
    pub endpoint: Endpoint,
    /// The price; its tag is that of the list that said so first.
    pub price: Price,
    /// When it was written down here.
    pub recorded_at: UnixMillis,
    /// The age of the newest list that said the same.
    pub confirmed_as_of: UnixMillis,
}

impl Store {
    /// Writes down the prices that differ from the newest one of their endpoint and source. Of two
    /// prices for one endpoint and source the first is taken. Returns how many were written.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where a price has no rule; nothing is written then.
    pub async fn record_prices(
        &self,
        prices: Vec<(Endpoint, Price)>,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        self.write(move |connection, changes| {
            let mut seen = HashSet::new();
            let mut changed = 0;
            for (endpoint, price) in &prices {
                if seen.insert((endpoint, price.tag.source))
                    && record(connection, endpoint, price, now)?.1
                {
                    changed += 1;
                }
            }
            if changed > 0 {
                changes.add(Change::Prices);
            }
            Ok(changed)
        })
        .await
    }

    /// Every price that an endpoint had, by any source, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn price_history(&self, endpoint: Endpoint) -> Result<Vec<PriceRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM price_history WHERE provider = ?1 AND model = ?2
                     ORDER BY serial DESC",
                )?
                .query_and_then((endpoint.provider.as_str(), &endpoint.model), read)?
                .collect()
        })
        .await
    }

    /// The newest price of each endpoint by one source. A person's price that was taken back is not
    /// among them.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn latest_prices(&self, source: PriceSource) -> Result<Vec<PriceRecord>, StoreError> {
        self.read(move |connection| {
            if source == PriceSource::Person {
                return connection
                    .prepare_cached(
                        "SELECT history.* FROM price_override AS own
                         JOIN price_history AS history ON history.serial = own.price
                         ORDER BY own.provider, own.model",
                    )?
                    .query_and_then([], read)?
                    .collect();
            }
            connection
                .prepare_cached(
                    "SELECT * FROM price_history WHERE serial IN (
                         SELECT max(serial) FROM price_history WHERE source = ?1
                         GROUP BY provider, model)
                     ORDER BY provider, model",
                )?
                .query_and_then([source.as_str()], read)?
                .collect()
        })
        .await
    }

    /// A person's own price of one endpoint, where there is one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn price_override(
        &self,
        endpoint: Endpoint,
    ) -> Result<Option<PriceRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT history.* FROM price_override AS own
                     JOIN price_history AS history ON history.serial = own.price
                     WHERE own.provider = ?1 AND own.model = ?2",
                )?
                .query_and_then((endpoint.provider.as_str(), &endpoint.model), read)?
                .next()
                .transpose()
        })
        .await
    }

    /// Sets a person's own price, in the place of an older one. Its source is the person, whatever
    /// its tag says.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where it has no rule.
    pub async fn set_price_override(
        &self,
        endpoint: Endpoint,
        price: Price,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let price = Price {
            tag: PriceTag {
                source: PriceSource::Person,
                ..price.tag
            },
            ..price
        };
        self.write(move |connection, changes| {
            let (serial, _) = record(connection, &endpoint, &price, now)?;
            connection
                .prepare_cached(
                    "INSERT INTO price_override (provider, model, price, set_at)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (provider, model) DO UPDATE SET price = excluded.price,
                         set_at = excluded.set_at",
                )?
                .execute((endpoint.provider.as_str(), &endpoint.model, serial, now.0))?;
            changes.add(Change::Prices);
            Ok(())
        })
        .await
    }

    /// Takes a person's own price back, so that the lists hold again. It stays in the history.
    /// Returns whether there was one.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn remove_price_override(&self, endpoint: Endpoint) -> Result<bool, StoreError> {
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM price_override WHERE provider = ?1 AND model = ?2")?
                .execute((endpoint.provider.as_str(), &endpoint.model))?;
            if removed > 0 {
                changes.add(Change::Prices);
            }
            Ok(removed > 0)
        })
        .await
    }
}

/// Returns the row that holds the price, and whether it is new.
fn record(
    connection: &Connection,
    endpoint: &Endpoint,
    price: &Price,
    now: UnixMillis,
) -> Result<(i64, bool), StoreError> {
    let (provider, model) = (endpoint.provider.as_str(), endpoint.model.as_str());
    let tag = &price.tag;
    let newest = connection
        .prepare_cached(
            "SELECT serial, price, confirmed_as_of FROM price_history
             WHERE provider = ?1 AND model = ?2 AND source = ?3 ORDER BY serial DESC LIMIT 1",
        )?
        .query_and_then((provider, model, tag.source.as_str()), known)?
        .next()
        .transpose()?;
    if let Some((serial, rules, confirmed_as_of)) = newest
        && rules == price.rules
    {
        if confirmed_as_of < tag.as_of.0 {
            connection
                .prepare_cached("UPDATE price_history SET confirmed_as_of = ?2 WHERE serial = ?1")?
                .execute((serial, tag.as_of.0))?;
        }
        return Ok((serial, false));
    }
    connection
        .prepare_cached(
            "INSERT INTO price_history (provider, model, price, source, name, as_of, recorded_at,
                                        confirmed_as_of)
             VALUES (:provider, :model, :price, :source, :name, :as_of, :now, :as_of)",
        )?
        .execute(named_params! {
            ":provider": provider,
            ":model": model,
            ":price": to_json(&price.rules)?,
            ":source": tag.source.as_str(),
            ":name": tag.name,
            ":as_of": tag.as_of.0,
            ":now": now.0,
        })?;
    Ok((connection.last_insert_rowid(), true))
}

fn known(row: &Row<'_>) -> Result<(i64, Vec<PriceRule>, i64), StoreError> {
    Ok((
        row.get("serial")?,
        from_json(row, TABLE, "price")?,
        row.get("confirmed_as_of")?,
    ))
}

const TABLE: &str = "price_history";

fn read(row: &Row<'_>) -> Result<PriceRecord, StoreError> {
    Ok(PriceRecord {
        endpoint: Endpoint {
            provider: ProviderId::new(row.get::<_, String>("provider")?),
            model: row.get("model")?,
        },
        price: Price {
            rules: from_json(row, TABLE, "price")?,
            tag: PriceTag {
                source: word(row, TABLE, "source")?,
                name: row.get("name")?,
                as_of: UnixMillis(row.get("as_of")?),
            },
        },
        recorded_at: UnixMillis(row.get("recorded_at")?),
        confirmed_as_of: UnixMillis(row.get("confirmed_as_of")?),
    })
}
