//! Rows of the ledger for the tests of this folder.

use patchbay_domain::receipt::{Purpose, Timings};
use patchbay_domain::run::MadeBecause;
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, Cost, CostKind, Day, Endpoint, NanoUsd, NanoUsdPerMTok,
    ProviderId, Rates, RunId, UnixMillis, Usage,
};
use patchbay_store::{LedgerRow, RunOrigin};
use uuid::Uuid;

/// A dollar a million tokens in, four out.
pub(super) const RATES: Rates = Rates {
    input: Some(NanoUsdPerMTok(1_000_000_000)),
    output: Some(NanoUsdPerMTok(4_000_000_000)),
    ..EMPTY
};

const EMPTY: Rates = Rates {
    input: None,
    cache_read: None,
    cache_write: None,
    cache_write_long: None,
    output: None,
    reasoning: None,
    audio_input: None,
    audio_cache_read: None,
    image_input: None,
    audio_output: None,
    image_output: None,
    per_request: None,
    thousand_searches: None,
};

pub(super) fn tokens(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        ..Usage::ZERO
    }
}

pub(super) fn computed(nano: i64) -> Cost {
    Cost {
        amount: Some(NanoUsd(nano)),
        kind: CostKind::Computed,
    }
}

/// An answered attempt through `acme` to `large`, of which nothing is known but this.
pub(super) fn attempt(number: u128, at: i64) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(number)),
        run: RunId::from_uuid(Uuid::from_u128(number)),
        ordinal: 0,
        endpoint: Endpoint {
            provider: ProviderId::new("acme"),
            model: "large".to_owned(),
        },
        provider_name: "Acme".to_owned(),
        key_label: Some("Work".to_owned()),
        key_id: Some("default".to_owned()),
        started_at: UnixMillis(at),
        timings: Timings::default(),
        status: AttemptStatus::Answered,
        failure: None,
        left_because: None,
        finish_reason: None,
        served_model: None,
        served_by: None,
        request_id: None,
        malformed_events: 0,
        warnings: Vec::new(),
        usage: None,
        raw_usage: None,
        rates: None,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost::UNKNOWN,
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: None,
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    }
}

/// The same as a row of a chat, on the day that it was in UTC.
pub(super) fn row(attempt: Attempt) -> LedgerRow {
    let date = jiff::Timestamp::from_millisecond(attempt.started_at.0)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    LedgerRow {
        attempt,
        day: Day::new(date),
        origin: RunOrigin::Chat,
        purpose: Purpose::Answer,
        app: None,
        conversation: None,
    }
}
