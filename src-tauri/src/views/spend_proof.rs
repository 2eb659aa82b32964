//! What proves the spend: imports, reconciliation, pricing again.

use patchbay_contract::spend::{
    AuditView, CurrencyView, OrganisationDayView, OrganisationView, ReadingView, ReconcileView,
    RepriceRequest, RepriceView, UnknownView, UsageImportLine, UsageImportView,
};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::Day;
use patchbay_engine as engine;

use super::conversations::{endpoint, endpoint_from};
use super::providers::key;
use super::spend::{day, sums};

pub(crate) fn unknown(unknown: &engine::UnknownSpend) -> UnknownView {
    UnknownView {
        endpoint: endpoint(&unknown.endpoint),
        provider_name: unknown.provider_name.clone(),
        attempts: unknown.attempts,
        with_tokens: unknown.with_tokens,
        first_at: unknown.first_at.0,
        last_at: unknown.last_at.0,
        because: unknown.because.clone(),
        has_price: unknown.has_price,
        would_be_nano_usd: unknown.would_be.map(|amount| amount.0),
    }
}

/// # Errors
/// A day is no date, or a word is not ours.
pub(crate) fn reprice_from(request: RepriceRequest) -> Result<engine::RepriceRequest, IpcError> {
    let which = engine::RepriceWhich::from_word(&request.which);
    Ok(engine::RepriceRequest {
        endpoint: request.endpoint.map(endpoint_from),
        from: request.from.map(|text| day(&text, "from")).transpose()?,
        to: request.to.map(|text| day(&text, "to")).transpose()?,
        which: which.ok_or_else(|| {
            IpcError::new(
                ErrorCode::InvalidInput,
                "It is not said which attempts are priced again.",
                "Choose the unknown ones or all.",
            )
        })?,
        is_trial: request.is_trial,
    })
}

pub(crate) fn repriced(outcome: &engine::RepriceOutcome) -> RepriceView {
    RepriceView {
        looked_at: outcome.looked_at,
        changed: outcome.changed,
        before_nano_usd: outcome.before.0,
        after_nano_usd: outcome.after.0,
        unknown_before: outcome.unknown_before,
        unknown_after: outcome.unknown_after,
        audit_id: outcome.audit_id.map(|id| id.to_string()),
    }
}

pub(crate) fn audit(record: &engine::AuditRecord) -> AuditView {
    AuditView {
        audit_id: record.id.to_string(),
        at: record.at.0,
        words: record.words.clone(),
        changed: record.changed,
        before_nano_usd: record.before.0,
        after_nano_usd: record.after.0,
    }
}

pub(crate) fn reconciled(found: &engine::Reconciled) -> ReconcileView {
    ReconcileView {
        provider_id: found.provider.as_str().to_owned(),
        provider_name: found.provider_name.clone(),
        key_id: found.key_id.clone(),
        key_label: found.key_label.clone(),
        can_ask: found.can_ask,
        from: found.from.map(|at| at.0),
        to: found.to.map(|at| at.0),
        theirs_nano_usd: found.theirs.map(|amount| amount.0),
        ours: sums(&found.ours),
        drift_percent: found.drift_percent,
        words: found.words.clone(),
        reasons: found.reasons.clone(),
        readings: found
            .readings
            .iter()
            .map(|reading| ReadingView {
                at: reading.at.0,
                words: reading.words.clone(),
            })
            .collect(),
    }
}

/// # Errors
/// A day is no date.
pub(crate) fn days(from: &str, to: &str) -> Result<(Day, Day), IpcError> {
    Ok((day(from, "from")?, day(to, "to")?))
}

pub(crate) fn organisation(side: &engine::OrganisationSide) -> OrganisationView {
    OrganisationView {
        provider_id: side.provider.as_str().to_owned(),
        provider_name: side.provider_name.clone(),
        key: key(&side.key),
        key_prefix: side.key_prefix.to_owned(),
        key_url: side.key_url.to_owned(),
        note: side.note.to_owned(),
        read_at: side.read_at.map(|at| at.0),
        failed_at: side.failure.as_ref().map(|failure| failure.at.0),
        failure: side.failure.as_ref().map(|failure| failure.words.clone()),
        from: side.from.map(|day| day.to_string()),
        to: side.to.map(|day| day.to_string()),
        theirs_nano_usd: side.theirs.map(|amount| amount.0),
        ours: sums(&side.ours),
        drift_percent: side.drift_percent,
        words: side.words.clone(),
        reasons: side.reasons.clone(),
        days: side
            .days
            .iter()
            .map(|day| OrganisationDayView {
                day: day.day.to_string(),
                theirs_nano_usd: day.theirs.map(|amount| amount.0),
                ours_nano_usd: day.ours.known.0,
                our_attempts: day.ours.attempts,
                our_unknown: day.ours.unknown,
                drift_percent: day.drift_percent,
                differs: day.differs,
                their_tokens: day.their_tokens,
                our_tokens: day.our_tokens(),
                their_requests: day.their_requests,
            })
            .collect(),
    }
}

pub(crate) fn usage_import(import: &engine::UsageImport) -> UsageImportView {
    UsageImportView {
        import_id: import.id.to_string(),
        provider_id: import.provider.as_str().to_owned(),
        provider_name: import.provider_name.clone(),
        name: import.name.clone(),
        created_at: import.created_at.0,
        format: import.format.clone(),
        grain: import.grain.as_str().to_owned(),
        from: import.from.to_string(),
        to: import.to.to_string(),
        rows: import.rows,
        unreadable: import.unreadable,
        matched: import.matched,
        only_theirs: import.only_theirs,
        only_ours: import.only_ours,
        theirs_nano_usd: import.theirs.map(|amount| amount.0),
        ours_nano_usd: import.ours.0,
        drift_percent: import.drift_percent,
        lines: import
            .lines
            .iter()
            .map(|line| UsageImportLine {
                verdict: line.verdict.as_str().to_owned(),
                when: line.when.clone(),
                model: line.model.clone(),
                their_tokens: line.their_tokens,
                our_tokens: line.our_tokens,
                their_nano_usd: line.theirs.map(|amount| amount.0),
                our_nano_usd: line.ours.map(|amount| amount.0),
                run_id: line.run.map(|run| run.to_string()),
                because: line.because.clone(),
            })
            .collect(),
    }
}

pub(crate) fn currency(currency: engine::Currency) -> CurrencyView {
    CurrencyView {
        code: currency.code,
        per_usd: currency.per_usd,
        as_of: currency.as_of,
        source: currency.source,
    }
}

pub(crate) fn currency_from(view: CurrencyView) -> engine::Currency {
    engine::Currency {
        code: view.code,
        per_usd: view.per_usd,
        as_of: view.as_of,
        source: view.source,
    }
}
