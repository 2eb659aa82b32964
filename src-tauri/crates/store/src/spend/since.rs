//! What is asked by moments and not by days: between two readings of a balance, and what an earlier
//! version left out.

use std::collections::BTreeMap;

use patchbay_domain::{Attempt, AttemptId, Day, ProviderId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use super::tally::{SUMS, Tally, tally};
use crate::attempt;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::count;

/// What attempts with one key add up to between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanTally {
    /// The sums.
    pub tally: Tally,
    /// Attempts that the person or a crash ended, and for which the provider may have charged more
    /// than was counted.
    pub cut: u64,
    /// Attempts that had not ended when they were counted.
    pub running: u64,
}

impl Store {
    /// What began with a key at or after `from` and before `to`, in deleted conversations too. Without
    /// a key: with any key of the provider, or none.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is above about nine billion dollars.
    pub async fn spend_of_key_between(
        &self,
        provider: ProviderId,
        key_id: Option<String>,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<SpanTally, StoreError> {
        self.read(move |connection| {
            span(connection, provider.as_str(), key_id.as_deref(), (from, to))
        })
        .await
    }

    /// What began through a provider on each UTC day at or after `from` and before `to`, whatever day
    /// the person's calendar showed, in deleted conversations too. Days without attempts are not there.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is above about nine billion dollars.
    pub async fn spend_by_utc_day(
        &self,
        provider: ProviderId,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<BTreeMap<UnixMillis, SpanTally>, StoreError> {
        self.read(move |connection| utc_days(connection, provider.as_str(), from, to))
            .await
    }

    /// Settled attempts whose canonical model nobody noted, in the order of their ids: those after
    /// `after`, at most `limit`. An index makes it cheap where there are none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn attempts_without_model(
        &self,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let after = after.map_or_else(Vec::new, |after| after.into_bytes().to_vec());
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM attempt
                     WHERE model_key IS NULL AND status <> 'running' AND id > ?1
                     ORDER BY id LIMIT ?2",
                )?
                .query_and_then((after, limit), attempt::read)?
                .collect()
        })
        .await
    }
}

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn utc_days(
    connection: &Connection,
    provider: &str,
    from: UnixMillis,
    to: UnixMillis,
) -> Result<BTreeMap<UnixMillis, SpanTally>, StoreError> {
    // The index knows the person's days, and no clock on Earth is further than a day from UTC.
    let near = |moment: UnixMillis, days: i64| {
        let day = i32::try_from(moment.0.div_euclid(DAY) + days).unwrap_or(0);
        Day::from_number(19_700_101).map_or(0, |first| first.plus(day).number())
    };
    let values = named_params! {
        ":first": near(from, -2),
        ":last": near(to, 2),
        ":from": from.0,
        ":to": to.0,
        ":provider": provider,
        ":length": DAY,
    };
    let chosen = "day BETWEEN :first AND :last AND provider = :provider
        AND started_at >= :from AND started_at < :to";
    let start = |row: &Row<'_>| -> Result<UnixMillis, StoreError> {
        Ok(UnixMillis(
            row.get::<_, i64>("utc_day")?.saturating_mul(DAY),
        ))
    };
    let mut days: BTreeMap<UnixMillis, SpanTally> = BTreeMap::new();
    let mut counts = connection.prepare_cached(&format!(
        "SELECT started_at / :length AS utc_day,
             count(*) FILTER (WHERE status IN ('stopped', 'interrupted')) AS cut,
             count(*) FILTER (WHERE status = 'running') AS running
         FROM attempt WHERE {chosen} GROUP BY utc_day",
    ))?;
    let mut rows = counts.query(values)?;
    while let Some(row) = rows.next()? {
        let day = days.entry(start(row)?).or_default();
        day.cut = count(row.get("cut")?);
        day.running = count(row.get("running")?);
    }
    let mut sums = connection.prepare_cached(&format!(
        "SELECT chosen.utc_day AS utc_day, {SUMS}
         FROM (SELECT id, started_at / :length AS utc_day FROM attempt WHERE {chosen}) AS chosen
             JOIN spend_entry ON spend_entry.attempt = chosen.id
         GROUP BY chosen.utc_day",
    ))?;
    let mut rows = sums.query(values)?;
    while let Some(row) = rows.next()? {
        days.entry(start(row)?).or_default().tally = tally(row)?;
    }
    Ok(days)
}

fn span(
    connection: &Connection,
    provider: &str,
    key_id: Option<&str>,
    (from, to): (UnixMillis, UnixMillis),
) -> Result<SpanTally, StoreError> {
    let chosen = "started_at >= :from AND started_at < :to AND provider = :provider
        AND (:key_id IS NULL OR coalesce(key_id, '') = :key_id)";
    let values = named_params! {
        ":from": from.0,
        ":to": to.0,
        ":provider": provider,
        ":key_id": key_id,
    };
    let (cut, running) = connection
        .prepare_cached(&format!(
            "SELECT count(*) FILTER (WHERE status IN ('stopped', 'interrupted')) AS cut,
                 count(*) FILTER (WHERE status = 'running') AS running
             FROM attempt WHERE {chosen}",
        ))?
        .query_row(values, |row| Ok((row.get("cut")?, row.get("running")?)))?;
    let sums = connection
        .prepare_cached(&format!(
            "SELECT {SUMS} FROM spend_entry
             WHERE attempt IN (SELECT id FROM attempt WHERE {chosen}) HAVING sum(attempts) > 0",
        ))?
        .query_and_then(values, tally)?
        .next()
        .transpose()?;
    Ok(SpanTally {
        tally: sums.unwrap_or_default(),
        cut: count(cut),
        running: count(running),
    })
}
