//! How endpoints fare: what a restart must not forget, and what the attempts themselves say.
//!
//! Circuits and rate limits are written during runs, so these writes do not wait for the disk to
//! sync: a power cut may take the newest, which the next request finds out again.

use patchbay_domain::receipt::Timings;
use patchbay_domain::route::{Circuit, MOST_SAMPLES, Sample};
use patchbay_domain::{Endpoint, FailureClass, ProviderId, RateLimits, UnixMillis, Usage};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{count, from_json, optional_count, to_json, word};

impl Store {
    /// Keeps a circuit that is open. One that is closed is removed, with what it has counted so far.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn save_circuit(
        &self,
        endpoint: Endpoint,
        circuit: Circuit,
    ) -> Result<(), StoreError> {
        self.write_provisionally(move |connection, changes| {
            if circuit.is_closed() {
                connection
                    .prepare_cached("DELETE FROM circuit WHERE provider = ?1 AND model = ?2")?
                    .execute((endpoint.provider.as_str(), &endpoint.model))?;
            } else {
                connection
                    .prepare_cached(
                        "INSERT INTO circuit (provider, model, circuit) VALUES (?1, ?2, ?3)
                         ON CONFLICT (provider, model) DO UPDATE SET circuit = excluded.circuit",
                    )?
                    .execute((
                        endpoint.provider.as_str(),
                        &endpoint.model,
                        to_json(&circuit)?,
                    ))?;
            }
            changes.add(Change::Health);
            Ok(())
        })
        .await
    }

    /// Every circuit that is kept.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn circuits(&self) -> Result<Vec<(Endpoint, Circuit)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT * FROM circuit ORDER BY provider, model")?
                .query_and_then([], |row| {
                    Ok((endpoint(row)?, from_json(row, "circuit", "circuit")?))
                })?
                .collect()
        })
        .await
    }

    /// Closes every circuit of a provider, whose settings or keys a person has just mended.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn forget_circuits(&self, provider: ProviderId) -> Result<(), StoreError> {
        self.write_provisionally(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM circuit WHERE provider = ?1")?
                .execute([provider.as_str()])?;
            if removed > 0 {
                changes.add(Change::Health);
            }
            Ok(())
        })
        .await
    }

    /// Keeps what a reply that came at `at` said may still be asked of an endpoint.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn save_rate_limits(
        &self,
        endpoint: Endpoint,
        limits: RateLimits,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        self.write_provisionally(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO rate_limit (provider, model, limits, received_at)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (provider, model) DO UPDATE SET limits = excluded.limits,
                         received_at = excluded.received_at",
                )?
                .execute((
                    endpoint.provider.as_str(),
                    &endpoint.model,
                    to_json(&limits)?,
                    at.0,
                ))?;
            changes.add(Change::Health);
            Ok(())
        })
        .await
    }

    /// What each endpoint said last, and when.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn rate_limits(&self) -> Result<Vec<(Endpoint, RateLimits, UnixMillis)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT * FROM rate_limit ORDER BY provider, model")?
                .query_and_then([], |row| {
                    Ok((
                        endpoint(row)?,
                        from_json(row, "rate_limit", "limits")?,
                        UnixMillis(row.get("received_at")?),
                    ))
                })?
                .collect()
        })
        .await
    }

    /// What the attempts of this computer that began at or after `since` say: of each endpoint the
    /// newest [`MOST_SAMPLES`], the oldest of them first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn recent_samples(
        &self,
        since: UnixMillis,
    ) -> Result<Vec<(Endpoint, Sample)>, StoreError> {
        self.read(move |connection| {
            let mut all = Vec::new();
            for endpoint in asked(connection)? {
                let mut samples = samples_of(connection, &endpoint, since)?;
                samples.sort_by_key(|sample| sample.at);
                all.extend(samples.into_iter().map(|sample| (endpoint.clone(), sample)));
            }
            Ok(all)
        })
        .await
    }
}

/// Every endpoint that was ever asked. Steps through the index from one to the next: a DISTINCT would
/// read all of it, and so would a comparison of provider and model together, which SQLite begins at the
/// first of its equals.
fn asked(connection: &Connection) -> Result<Vec<Endpoint>, StoreError> {
    connection
        .prepare_cached(
            "WITH RECURSIVE step (provider, model) AS (
                 SELECT * FROM (SELECT provider, model FROM attempt
                     INDEXED BY attempt_by_endpoint ORDER BY provider, model LIMIT 1)
                 UNION ALL
                 SELECT attempt.provider, attempt.model
                 FROM step JOIN attempt ON attempt.rowid = coalesce(
                     (SELECT later.rowid FROM attempt AS later INDEXED BY attempt_by_endpoint
                      WHERE later.provider = step.provider AND later.model > step.model
                      ORDER BY later.model LIMIT 1),
                     (SELECT later.rowid FROM attempt AS later INDEXED BY attempt_by_endpoint
                      WHERE later.provider > step.provider
                      ORDER BY later.provider, later.model LIMIT 1))
             )
             SELECT provider, model FROM step",
        )?
        .query_and_then([], endpoint)?
        .collect()
}

fn samples_of(
    connection: &Connection,
    endpoint: &Endpoint,
    since: UnixMillis,
) -> Result<Vec<Sample>, StoreError> {
    connection
        .prepare_cached(
            "SELECT started_at, first_token_millis, ended_millis, status, failure_class,
                    output_tokens, reasoning_tokens, audio_output_tokens, image_output_tokens
             FROM attempt INDEXED BY attempt_by_endpoint
             WHERE provider = :provider AND model = :model AND started_at >= :since
                 AND status <> 'running'
             ORDER BY started_at DESC LIMIT :most",
        )?
        .query_and_then(
            named_params! {
                ":provider": endpoint.provider.as_str(),
                ":model": endpoint.model,
                ":since": since.0,
                ":most": i64::try_from(MOST_SAMPLES).unwrap_or(i64::MAX),
            },
            sample,
        )?
        .collect()
}

fn sample(row: &Row<'_>) -> Result<Sample, StoreError> {
    let timings = Timings {
        opened: None,
        first_token: optional_count(row, "first_token_millis")?,
        ended: optional_count(row, "ended_millis")?,
    };
    let tokens = |column| -> Result<u64, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map_or(0, count))
    };
    // No more of the usage than its length of the answer rests on.
    let usage = match optional_count(row, "output_tokens")? {
        None => None,
        Some(output) => Some(Usage {
            output,
            reasoning: tokens("reasoning_tokens")?,
            audio_output: tokens("audio_output_tokens")?,
            image_output: tokens("image_output_tokens")?,
            ..Usage::ZERO
        }),
    };
    let class: Option<String> = row.get("failure_class")?;
    Ok(Sample::from_marks(
        UnixMillis(row.get("started_at")?),
        &timings,
        usage.as_ref(),
        word(row, "attempt", "status")?,
        // As where a whole attempt is read: a class of a later version blames nobody.
        class.map(|class| FailureClass::from_word(&class).unwrap_or(FailureClass::Internal)),
    ))
}

fn endpoint(row: &Row<'_>) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        model: row.get("model")?,
    })
}
