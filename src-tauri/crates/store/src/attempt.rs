//! Attempts: one row each, written while it runs and fixed once it is settled.

use patchbay_domain::receipt::{ListPrice, Timings, cost_of};
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, Cost, Endpoint, Failure, NanoUsd, ProviderId, RawUsage,
    Receipt, RunId, UnixMillis, Usage,
};
use rusqlite::{Connection, Row, named_params};

use crate::change::{Change, ChangeSet};
use crate::error::StoreError;
use crate::redo::Entry;
use crate::run;
use crate::spend;
use crate::store::Store;
use crate::values::{
    count, failure, from_json, id, integer, optional_count, optional_json, optional_word,
    small_count, to_json, word,
};

impl Store {
    /// Notes that an attempt begins, before its request is sent: a crash then leaves a row.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where its run is not there, or its ordinal is taken.
    pub async fn begin_attempt(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.put_attempt(attempt).await
    }

    /// Notes how an attempt ended. One that was settled before is not changed, so the same news may
    /// arrive twice and nothing is counted twice.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where its run is not there, or its ordinal is taken.
    pub async fn settle_attempt(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.put_attempt(attempt).await
    }

    async fn put_attempt(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.write(move |connection, changes| put(connection, changes, &attempt))
            .await
    }

    /// [`Store::begin_attempt`] and [`Store::settle_attempt`] for what apps ask: a power cut may take it
    /// until [`Store::make_durable`], a killed process does not.
    ///
    /// # Errors
    /// The redo log cannot be written.
    pub async fn put_app_attempt(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.log(Entry::Attempt(attempt)).await
    }

    /// Every attempt of one run; empty where there is no such run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn receipt(&self, run: RunId) -> Result<Receipt, StoreError> {
        self.read(move |connection| receipt_of(connection, run))
            .await
    }
}

fn put(
    connection: &Connection,
    changes: &mut ChangeSet,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    if !write(connection, attempt)? {
        return Ok(());
    }
    if attempt.status != AttemptStatus::Running {
        changes.add(Change::Spend);
    }
    if let Some(conversation) = run::conversation_of(connection, attempt.run)? {
        changes.add(Change::Conversation(conversation));
    }
    Ok(())
}

/// Writes an attempt that is new or was running; returns whether anything was written.
pub(crate) fn write(connection: &Connection, attempt: &Attempt) -> Result<bool, StoreError> {
    write_with_words(connection, attempt, None)
}

/// The same, with how many words its answer has. Known in time they are counted in with the rest: sums
/// are most of what a settlement costs.
pub(crate) fn write_with_words(
    connection: &Connection,
    attempt: &Attempt,
    words: Option<u64>,
) -> Result<bool, StoreError> {
    let failure = attempt.failure.as_ref();
    let usage = attempt.usage.as_ref();
    let tokens = |class: fn(&Usage) -> u64| usage.map(|usage| integer(class(usage)));
    // The columns that came with schema 2 hold 0 where nothing was counted.
    let apart = |class: fn(&Usage) -> u64| tokens(class).unwrap_or(0);
    let written = connection.prepare_cached(WRITE)?.execute(named_params! {
        ":id": attempt.id.into_bytes(),
        ":run": attempt.run.into_bytes(),
        ":ordinal": attempt.ordinal,
        ":provider": attempt.endpoint.provider.as_str(),
        ":model": attempt.endpoint.model,
        ":provider_name": attempt.provider_name,
        ":key_label": attempt.key_label,
        ":key_id": attempt.key_id,
        ":started_at": attempt.started_at.0,
        ":opened_millis": attempt.timings.opened.map(integer),
        ":first_token_millis": attempt.timings.first_token.map(integer),
        ":ended_millis": attempt.timings.ended.map(integer),
        ":status": attempt.status.as_str(),
        ":failure_class": failure.map(|failure| failure.class.as_str()),
        ":failure_message": failure.map(|failure| failure.message.as_str()),
        ":failure_http_status": failure.and_then(|failure| failure.status),
        ":failure_code": failure.and_then(|failure| failure.code.as_deref()),
        ":failure_retry_after_millis": retry_after(failure),
        ":failure_request_id": failure.and_then(|failure| failure.request_id.as_deref()),
        ":left_because": attempt.left_because,
        ":finish_reason": attempt.finish_reason.map(|reason| reason.as_str()),
        ":served_model": attempt.served_model,
        ":served_by": attempt.served_by,
        ":request_id": attempt.request_id,
        ":malformed_events": attempt.malformed_events,
        ":warnings": to_json(&attempt.warnings)?,
        ":input_tokens": tokens(|usage| usage.input),
        ":cache_read_tokens": tokens(|usage| usage.cache_read),
        ":cache_write_tokens": tokens(|usage| usage.cache_write),
        ":cache_write_long_tokens": tokens(|usage| usage.cache_write_long),
        ":output_tokens": tokens(|usage| usage.output),
        ":reasoning_tokens": tokens(|usage| usage.reasoning),
        ":audio_input_tokens": apart(|usage| usage.audio_input),
        ":audio_cache_read_tokens": apart(|usage| usage.audio_cache_read),
        ":image_input_tokens": apart(|usage| usage.image_input),
        ":audio_output_tokens": apart(|usage| usage.audio_output),
        ":image_output_tokens": apart(|usage| usage.image_output),
        ":web_searches": apart(|usage| usage.web_searches),
        ":raw_usage": attempt.raw_usage.as_ref().map(|raw| raw.0.as_str()),
        ":rates": attempt.rates.as_ref().map(to_json).transpose()?,
        ":price_tag": attempt.price_tag.as_ref().map(to_json).transpose()?,
        ":service_tier": attempt.service_tier.map(|tier| tier.as_str()),
        ":reported_cost": attempt.reported_cost.map(|cost| cost.0),
        ":cost_amount": attempt.cost.amount.map(|amount| amount.0),
        ":cost_kind": attempt.cost.kind.as_str(),
        ":replaced_text": attempt.replaced_text,
        ":made_because": attempt.made_because.as_str(),
        ":continues_at": attempt.continues_at.map(integer),
        ":data_policy": attempt.data_policy.as_ref().map(to_json).transpose()?,
        ":reserved_amount": attempt.reserved.map(|amount| amount.0),
        ":computed_amount": attempt.computed().map(|amount| amount.0),
        ":list_amount": attempt.list.as_ref().map(|list| list.amount.0),
        ":list_tag": attempt.list.as_ref().map(|list| to_json(&list.tag)).transpose()?,
        ":model_key": attempt.model_key,
        ":cache_saved": attempt.saved_by_caches().map(|amount| amount.0),
        ":answer_words": words
            .filter(|_| attempt.status == AttemptStatus::Answered)
            .map(integer),
    })?;
    if written > 0 && attempt.status != AttemptStatus::Running {
        spend::count_in(connection, attempt.id)?;
    }
    Ok(written > 0)
}

const WRITE: &str = "
    INSERT INTO attempt (id, run, ordinal, provider, model, provider_name, key_label, key_id, started_at,
        opened_millis, first_token_millis, ended_millis, status, failure_class, failure_message,
        failure_http_status, failure_code, failure_retry_after_millis, failure_request_id,
        left_because, finish_reason, served_model, served_by, request_id, malformed_events,
        warnings, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_long_tokens,
        output_tokens, reasoning_tokens, audio_input_tokens, audio_cache_read_tokens,
        image_input_tokens, audio_output_tokens, image_output_tokens, web_searches, raw_usage,
        rates, price_tag, service_tier, reported_cost, cost_amount, cost_kind, replaced_text,
        made_because, continues_at, data_policy, reserved_amount, computed_amount, list_amount,
        list_tag, model_key, cache_saved, answer_words, day)
    VALUES (:id, :run, :ordinal, :provider, :model, :provider_name, :key_label, :key_id,
        :started_at, :opened_millis, :first_token_millis, :ended_millis, :status,
        :failure_class, :failure_message, :failure_http_status, :failure_code,
        :failure_retry_after_millis, :failure_request_id, :left_because, :finish_reason,
        :served_model, :served_by, :request_id, :malformed_events, :warnings, :input_tokens,
        :cache_read_tokens, :cache_write_tokens, :cache_write_long_tokens, :output_tokens,
        :reasoning_tokens, :audio_input_tokens, :audio_cache_read_tokens, :image_input_tokens,
        :audio_output_tokens, :image_output_tokens, :web_searches, :raw_usage, :rates,
        :price_tag, :service_tier, :reported_cost, :cost_amount, :cost_kind, :replaced_text,
        :made_because, :continues_at, :data_policy, :reserved_amount, :computed_amount,
        :list_amount, :list_tag, :model_key, :cache_saved, :answer_words,
        coalesce(CAST(strftime('%Y%m%d', :started_at / 1000, 'unixepoch', 'localtime') AS INTEGER),
            19700101))
    ON CONFLICT (id) DO UPDATE SET
        key_label = excluded.key_label,
        key_id = excluded.key_id,
        opened_millis = excluded.opened_millis,
        first_token_millis = excluded.first_token_millis,
        ended_millis = excluded.ended_millis,
        status = excluded.status,
        failure_class = excluded.failure_class,
        failure_message = excluded.failure_message,
        failure_http_status = excluded.failure_http_status,
        failure_code = excluded.failure_code,
        failure_retry_after_millis = excluded.failure_retry_after_millis,
        failure_request_id = excluded.failure_request_id,
        left_because = excluded.left_because,
        finish_reason = excluded.finish_reason,
        served_model = excluded.served_model,
        served_by = excluded.served_by,
        request_id = excluded.request_id,
        malformed_events = excluded.malformed_events,
        warnings = excluded.warnings,
        input_tokens = excluded.input_tokens,
        cache_read_tokens = excluded.cache_read_tokens,
        cache_write_tokens = excluded.cache_write_tokens,
        cache_write_long_tokens = excluded.cache_write_long_tokens,
        output_tokens = excluded.output_tokens,
        reasoning_tokens = excluded.reasoning_tokens,
        audio_input_tokens = excluded.audio_input_tokens,
        audio_cache_read_tokens = excluded.audio_cache_read_tokens,
        image_input_tokens = excluded.image_input_tokens,
        audio_output_tokens = excluded.audio_output_tokens,
        image_output_tokens = excluded.image_output_tokens,
        web_searches = excluded.web_searches,
        raw_usage = excluded.raw_usage,
        rates = excluded.rates,
        price_tag = excluded.price_tag,
        service_tier = excluded.service_tier,
        reported_cost = excluded.reported_cost,
        cost_amount = excluded.cost_amount,
        cost_kind = excluded.cost_kind,
        replaced_text = excluded.replaced_text,
        made_because = excluded.made_because,
        continues_at = excluded.continues_at,
        data_policy = excluded.data_policy,
        reserved_amount = excluded.reserved_amount,
        computed_amount = excluded.computed_amount,
        list_amount = excluded.list_amount,
        list_tag = excluded.list_tag,
        model_key = excluded.model_key,
        cache_saved = excluded.cache_saved,
        answer_words = excluded.answer_words
    WHERE attempt.status = 'running'";

pub(crate) fn retry_after(failure: Option<&Failure>) -> Option<i64> {
    failure
        .and_then(|failure| failure.retry_after_millis)
        .map(integer)
}

pub(crate) fn receipt_of(connection: &Connection, run: RunId) -> Result<Receipt, StoreError> {
    let attempts = connection
        .prepare_cached("SELECT * FROM attempt WHERE run = ?1 ORDER BY ordinal")?
        .query_and_then([run.into_bytes()], read)?
        .collect::<Result<_, StoreError>>()?;
    Ok(Receipt { attempts })
}

/// Closes the attempts of a run that nobody will settle any more. Returns how many.
///
/// What they cost follows from what is known of them: free on this computer, an estimate where
/// tokens were counted, and otherwise unknown.
pub(crate) fn interrupt_running(
    connection: &Connection,
    run: RunId,
    received_anything: bool,
) -> Result<u64, StoreError> {
    let running: Vec<Attempt> = connection
        .prepare_cached(
            "SELECT * FROM attempt WHERE run = ?1 AND status = 'running' ORDER BY ordinal",
        )?
        .query_and_then([run.into_bytes()], read)?
        .collect::<Result<_, StoreError>>()?;
    let mut closed = 0;
    for attempt in running {
        let status = AttemptStatus::Interrupted;
        let cost = cost_of(
            attempt.rates.as_ref(),
            attempt.usage.as_ref(),
            attempt.reported_cost,
            status,
            None,
            received_anything,
        );
        write(
            connection,
            &Attempt {
                status,
                cost,
                ..attempt
            },
        )?;
        closed += 1;
    }
    Ok(closed)
}

/// Half answers are text of a conversation too, and go with it.
pub(crate) fn erase_text_of_deleted(
    connection: &Connection,
    before: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE attempt SET replaced_text = NULL
             WHERE replaced_text IS NOT NULL AND run IN (
                 SELECT run.id FROM run JOIN conversation ON conversation.id = run.conversation
                 WHERE conversation.deleted_at < ?1)",
        )?
        .execute([before.0])?;
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        id: id(row, "id", AttemptId::from_bytes)?,
        run: id(row, "run", RunId::from_bytes)?,
        ordinal: small_count(row, "ordinal")?,
        endpoint: Endpoint {
            provider: ProviderId::new(row.get::<_, String>("provider")?),
            model: row.get("model")?,
        },
        provider_name: row.get("provider_name")?,
        key_label: row.get("key_label")?,
        key_id: row.get("key_id")?,
        started_at: UnixMillis(row.get("started_at")?),
        timings: Timings {
            opened: optional_count(row, "opened_millis")?,
            first_token: optional_count(row, "first_token_millis")?,
            ended: optional_count(row, "ended_millis")?,
        },
        status: word(row, "attempt", "status")?,
        failure: failure(row)?,
        left_because: row.get("left_because")?,
        finish_reason: optional_word(row, "attempt", "finish_reason")?,
        served_model: row.get("served_model")?,
        served_by: row.get("served_by")?,
        request_id: row.get("request_id")?,
        malformed_events: small_count(row, "malformed_events")?,
        warnings: from_json(row, "attempt", "warnings")?,
        usage: usage(row)?,
        raw_usage: row.get::<_, Option<String>>("raw_usage")?.map(RawUsage),
        rates: optional_json(row, "attempt", "rates")?,
        price_tag: optional_json(row, "attempt", "price_tag")?,
        service_tier: optional_word(row, "attempt", "service_tier")?,
        reported_cost: row.get::<_, Option<i64>>("reported_cost")?.map(NanoUsd),
        cost: Cost {
            amount: row.get::<_, Option<i64>>("cost_amount")?.map(NanoUsd),
            kind: word(row, "attempt", "cost_kind")?,
        },
        reserved: row.get::<_, Option<i64>>("reserved_amount")?.map(NanoUsd),
        list: list(row)?,
        model_key: row.get("model_key")?,
        replaced_text: row.get("replaced_text")?,
        made_because: word(row, "attempt", "made_because")?,
        continues_at: optional_count(row, "continues_at")?,
        data_policy: optional_json(row, "attempt", "data_policy")?,
    })
}

fn list(row: &Row<'_>) -> Result<Option<ListPrice>, StoreError> {
    let amount: Option<i64> = row.get("list_amount")?;
    let tag = optional_json(row, "attempt", "list_tag")?;
    Ok(amount.zip(tag).map(|(amount, tag)| ListPrice {
        amount: NanoUsd(amount),
        tag,
    }))
}

fn usage(row: &Row<'_>) -> Result<Option<Usage>, StoreError> {
    let Some(input) = optional_count(row, "input_tokens")? else {
        return Ok(None);
    };
    let tokens = |column| -> Result<u64, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map_or(0, count))
    };
    Ok(Some(Usage {
        input,
        cache_read: tokens("cache_read_tokens")?,
        cache_write: tokens("cache_write_tokens")?,
        cache_write_long: tokens("cache_write_long_tokens")?,
        output: tokens("output_tokens")?,
        reasoning: tokens("reasoning_tokens")?,
        audio_input: tokens("audio_input_tokens")?,
        audio_cache_read: tokens("audio_cache_read_tokens")?,
        image_input: tokens("image_input_tokens")?,
        audio_output: tokens("audio_output_tokens")?,
        image_output: tokens("image_output_tokens")?,
        web_searches: tokens("web_searches")?,
    }))
}
