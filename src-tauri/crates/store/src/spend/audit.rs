//! Pricing history again, with what stood there before.

use patchbay_domain::price::PriceTag;
use patchbay_domain::receipt::ListPrice;
use patchbay_domain::{AttemptId, AuditId, Cost, NanoUsd, Rates, UnixMillis, Usage};
use rusqlite::{Connection, Row, named_params};

use super::maintain::{count_in, count_out};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{count, id, integer, to_json};

/// What an attempt is worked out to cost now.
#[derive(Clone, Debug, PartialEq)]
pub struct Repriced {
    /// Which.
    pub attempt: AttemptId,
    /// Its tokens, read again from what the provider sent.
    pub usage: Option<Usage>,
    /// The rates.
    pub rates: Option<Rates>,
    /// Which list they stood on.
    pub price_tag: Option<PriceTag>,
    /// What it costs.
    pub cost: Cost,
    /// The maker's list price.
    pub list: Option<ListPrice>,
    /// The canonical model.
    pub model_key: Option<String>,
}

/// A part of pricing again, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its id; those of one job are in the order in which they are written.
    pub id: AuditId,
    /// The job that it is a part of: the id of its first line.
    pub job: AuditId,
    /// No part follows.
    pub is_last: bool,
    /// When.
    pub at: UnixMillis,
    /// What was done so far, in one sentence.
    pub words: String,
    /// Attempts of this part whose cost changed.
    pub changed: u64,
    /// What was known of all attempts of this part that were looked at, before.
    pub before: NanoUsd,
    /// The same, after.
    pub after: NanoUsd,
}

/// A change of history: all lines of one job together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The job's id.
    pub id: AuditId,
    /// When its newest part was written.
    pub at: UnixMillis,
    /// What was done, in one sentence.
    pub words: String,
    /// Attempts whose cost changed.
    pub changed: u64,
    /// What was known of all attempts that were looked at, before.
    pub before: NanoUsd,
    /// The same, after.
    pub after: NanoUsd,
    /// It came to its end. One that did not is being done, or was cut in the middle: what is counted
    /// here was priced again, and nothing else.
    pub is_whole: bool,
}

impl Store {
    /// Writes new costs and the line that says so: all of it or nothing. Sums follow. What would hold the
    /// writer for long is given in parts, each with its line. Without a line only what is beside the cost
    /// may change: the list price and the model.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn reprice(
        &self,
        repriced: Vec<Repriced>,
        audit: Option<AuditLine>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            if let Some(audit) = &audit {
                insert(connection, audit)?;
            }
            for one in &repriced {
                put(connection, one, audit.as_ref())?;
            }
            changes.add(Change::Spend);
            Ok(())
        })
        .await
    }

    /// The newest changes of history, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn spend_audit(&self) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(|connection| {
            connection
                // With one maximum the plain columns are those of its row: the newest line.
                .prepare_cached(
                    "SELECT coalesce(job, id) AS job, max(id) AS newest, at, words, is_last,
                         sum(changed) AS changed, sum(before_amount) AS before_amount,
                         sum(after_amount) AS after_amount
                     FROM spend_audit GROUP BY coalesce(job, id)
                     ORDER BY at DESC, newest DESC LIMIT 500",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }
}

fn insert(connection: &Connection, audit: &AuditLine) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO spend_audit (id, job, is_last, at, words, changed, before_amount,
                 after_amount)
             VALUES (:id, :job, :is_last, :at, :words, :changed, :before, :after)",
        )?
        .execute(named_params! {
            ":id": audit.id.into_bytes(),
            ":job": audit.job.into_bytes(),
            ":is_last": audit.is_last,
            ":at": audit.at.0,
            ":words": audit.words,
            ":changed": integer(audit.changed),
            ":before": audit.before.0,
            ":after": audit.after.0,
        })?;
    Ok(())
}

fn put(
    connection: &Connection,
    one: &Repriced,
    audit: Option<&AuditLine>,
) -> Result<(), StoreError> {
    if let Some(audit) = audit {
        connection
            .prepare_cached(
                "INSERT INTO attempt_repriced (audit, attempt, before_amount, before_kind,
                     before_rates, after_amount, after_kind)
                 SELECT :audit, id, cost_amount, cost_kind, rates, :after, :kind FROM attempt
                 WHERE id = :attempt AND (cost_amount IS NOT :after OR cost_kind <> :kind)",
            )?
            .execute(named_params! {
                ":audit": audit.id.into_bytes(),
                ":attempt": one.attempt.into_bytes(),
                ":after": one.cost.amount.map(|amount| amount.0),
                ":kind": one.cost.kind.as_str(),
            })?;
    }
    count_out(connection, one.attempt)?;
    let usage = one.usage.as_ref();
    let tokens = |class: fn(&Usage) -> u64| usage.map(|usage| integer(class(usage)));
    let apart = |class: fn(&Usage) -> u64| tokens(class).unwrap_or(0);
    let computed = one
        .rates
        .as_ref()
        .zip(usage)
        .and_then(|(rates, usage)| rates.price(usage).amount);
    let saved = one
        .rates
        .as_ref()
        .zip(usage)
        .and_then(|(rates, usage)| rates.saved_by_caches(usage));
    connection
        .prepare_cached(
            "UPDATE attempt SET
                 cost_amount = iif(:is_audited, :amount, cost_amount),
                 cost_kind = iif(:is_audited, :kind, cost_kind),
                 rates = :rates, price_tag = :price_tag, computed_amount = :computed,
                 list_amount = :list, list_tag = :list_tag, model_key = :model_key,
                 cache_saved = :saved, input_tokens = :input, cache_read_tokens = :cache_read,
                 cache_write_tokens = :cache_write, cache_write_long_tokens = :cache_write_long,
                 output_tokens = :output, reasoning_tokens = :reasoning,
                 audio_input_tokens = :audio_input, audio_cache_read_tokens = :audio_cache_read,
                 image_input_tokens = :image_input, audio_output_tokens = :audio_output,
                 image_output_tokens = :image_output, web_searches = :web_searches
             WHERE id = :attempt AND status <> 'running'",
        )?
        .execute(named_params! {
            ":attempt": one.attempt.into_bytes(),
            ":is_audited": audit.is_some(),
            ":amount": one.cost.amount.map(|amount| amount.0),
            ":kind": one.cost.kind.as_str(),
            ":rates": one.rates.as_ref().map(to_json).transpose()?,
            ":price_tag": one.price_tag.as_ref().map(to_json).transpose()?,
            ":computed": computed.map(|amount| amount.0),
            ":list": one.list.as_ref().map(|list| list.amount.0),
            ":list_tag": one.list.as_ref().map(|list| to_json(&list.tag)).transpose()?,
            ":model_key": one.model_key,
            ":saved": saved.map(|amount| amount.0),
            ":input": tokens(|usage| usage.input),
            ":cache_read": tokens(|usage| usage.cache_read),
            ":cache_write": tokens(|usage| usage.cache_write),
            ":cache_write_long": tokens(|usage| usage.cache_write_long),
            ":output": tokens(|usage| usage.output),
            ":reasoning": tokens(|usage| usage.reasoning),
            ":audio_input": apart(|usage| usage.audio_input),
            ":audio_cache_read": apart(|usage| usage.audio_cache_read),
            ":image_input": apart(|usage| usage.image_input),
            ":audio_output": apart(|usage| usage.audio_output),
            ":image_output": apart(|usage| usage.image_output),
            ":web_searches": apart(|usage| usage.web_searches),
        })?;
    count_in(connection, one.attempt)
}

fn read(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        id: id(row, "job", AuditId::from_bytes)?,
        at: UnixMillis(row.get("at")?),
        words: row.get("words")?,
        changed: count(row.get("changed")?),
        before: NanoUsd(row.get("before_amount")?),
        after: NanoUsd(row.get("after_amount")?),
        is_whole: row.get("is_last")?,
    })
}
