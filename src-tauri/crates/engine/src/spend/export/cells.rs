//! One row as cells: the one list of columns that makes all formats.

use jiff::Timestamp;
use patchbay_domain::price::PriceTag;
use patchbay_domain::{NanoUsd, UnixMillis, Usage};
use patchbay_store::{LedgerRow, Tally};

use crate::spend::{OrganisationDaySide, OrganisationSide};

/// One value of a row.
pub(super) enum Cell {
    Nothing,
    /// What others wrote, or may have written.
    Text(String),
    /// Digits, with a sign and a point at most: no spreadsheet runs it.
    Number(String),
    /// A JSON value; as text where it is none.
    Json(String),
}

pub(super) type Cells = Vec<(&'static str, Cell)>;

pub(super) fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

pub(super) fn maybe(value: Option<&str>) -> Cell {
    value.map_or(Cell::Nothing, text)
}

pub(super) fn count(value: u64) -> Cell {
    Cell::Number(value.to_string())
}

pub(super) fn maybe_count(value: Option<u64>) -> Cell {
    value.map_or(Cell::Nothing, count)
}

/// An amount twice: as decimal dollars, which no program rounds as text, and as whole nano-dollars.
pub(super) fn money(amount: Option<NanoUsd>) -> (Cell, Cell) {
    match amount {
        Some(amount) => (text(amount.to_string()), Cell::Number(amount.0.to_string())),
        None => (Cell::Nothing, Cell::Nothing),
    }
}

pub(super) fn moment(at: UnixMillis) -> Cell {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => text(format!("{at:.3}")),
        Err(_) => Cell::Number(at.0.to_string()),
    }
}

/// One UTC day of an organisation, both sides.
pub(super) fn organisation_cells(side: &OrganisationSide, day: &OrganisationDaySide) -> Cells {
    let (their_cost_usd, their_cost_nano_usd) = money(day.theirs);
    let (our_cost_usd, our_cost_nano_usd) = money(Some(day.ours.known));
    let verdict = match (day.theirs, day.differs) {
        (None, _) => "not_told",
        (Some(_), true) => "differs",
        (Some(_), false) => "equal",
    };
    let drift = day.drift_percent.map(|percent| percent.to_string());
    vec![
        ("day_utc", text(day.day.to_string())),
        ("provider_id", text(side.provider.as_str())),
        ("provider", text(side.provider_name.as_str())),
        ("verdict", text(verdict)),
        ("their_cost_usd", their_cost_usd),
        ("their_cost_nano_usd", their_cost_nano_usd),
        ("our_cost_usd", our_cost_usd),
        ("our_cost_nano_usd", our_cost_nano_usd),
        ("drift_percent", drift.map_or(Cell::Nothing, Cell::Number)),
        ("their_requests", maybe_count(day.their_requests)),
        ("our_attempts", count(day.ours.attempts)),
        ("our_attempts_unknown", count(day.ours.unknown)),
        ("their_tokens", maybe_count(day.their_tokens)),
        ("our_tokens", count(day.our_tokens())),
        ("read_at", side.read_at.map_or(Cell::Nothing, moment)),
    ]
}

pub(super) fn attempt_cells(row: &LedgerRow) -> Cells {
    let attempt = &row.attempt;
    let tag = |tag: Option<&PriceTag>| match tag {
        Some(tag) => (text(tag.name.as_str()), moment(tag.as_of)),
        None => (Cell::Nothing, Cell::Nothing),
    };
    let (cost_usd, cost_nano_usd) = money(attempt.cost.amount);
    let (reported_usd, reported_nano_usd) = money(attempt.reported_cost);
    let (computed_usd, computed_nano_usd) = money(attempt.computed());
    let list = attempt.list.as_ref();
    let (list_usd, list_nano_usd) = money(list.map(|list| list.amount));
    let (list_name, list_as_of) = tag(list.map(|list| &list.tag));
    let (price_name, price_as_of) = tag(attempt.price_tag.as_ref());
    let tokens = |class: fn(&Usage) -> u64| maybe_count(attempt.usage.as_ref().map(class));
    let failure = attempt.failure.as_ref();
    let conversation = row.conversation.map(|id| id.to_string());
    let rates = attempt.rates.as_ref();
    let rates = rates.and_then(|rates| serde_json::to_string(rates).ok());
    vec![
        ("attempt_id", text(attempt.id.to_string())),
        ("run_id", text(attempt.run.to_string())),
        ("attempt", count(u64::from(attempt.ordinal) + 1)),
        ("day", text(row.day.to_string())),
        ("started_at", moment(attempt.started_at)),
        ("origin", text(row.origin.as_str())),
        ("purpose", text(row.purpose.as_str())),
        ("app", maybe(row.app.as_deref())),
        ("conversation_id", maybe(conversation.as_deref())),
        ("provider_id", text(attempt.endpoint.provider.as_str())),
        ("provider", text(attempt.provider_name.as_str())),
        ("model", text(attempt.endpoint.model.as_str())),
        ("model_key", maybe(attempt.model_key.as_deref())),
        ("key", maybe(attempt.key_label.as_deref())),
        ("status", text(attempt.status.as_str())),
        (
            "failure",
            maybe(failure.map(|failure| failure.class.as_str())),
        ),
        ("made_because", text(attempt.made_because.as_str())),
        (
            "finish_reason",
            maybe(attempt.finish_reason.map(|reason| reason.as_str())),
        ),
        ("served_model", maybe(attempt.served_model.as_deref())),
        ("served_by", maybe(attempt.served_by.as_deref())),
        ("request_id", maybe(attempt.request_id.as_deref())),
        ("first_token_ms", maybe_count(attempt.timings.first_token)),
        ("total_ms", maybe_count(attempt.timings.ended)),
        ("cost_kind", text(attempt.cost.kind.as_str())),
        ("cost_usd", cost_usd),
        ("cost_nano_usd", cost_nano_usd),
        ("reported_usd", reported_usd),
        ("reported_nano_usd", reported_nano_usd),
        ("computed_usd", computed_usd),
        ("computed_nano_usd", computed_nano_usd),
        ("list_usd", list_usd),
        ("list_nano_usd", list_nano_usd),
        ("list_name", list_name),
        ("list_as_of", list_as_of),
        ("price_name", price_name),
        ("price_as_of", price_as_of),
        (
            "service_tier",
            maybe(attempt.service_tier.map(|tier| tier.as_str())),
        ),
        ("input_tokens", tokens(|usage| usage.input)),
        ("cache_read_tokens", tokens(|usage| usage.cache_read)),
        ("cache_write_tokens", tokens(|usage| usage.cache_write)),
        (
            "cache_write_long_tokens",
            tokens(|usage| usage.cache_write_long),
        ),
        ("output_tokens", tokens(|usage| usage.output)),
        ("reasoning_tokens", tokens(|usage| usage.reasoning)),
        ("audio_input_tokens", tokens(|usage| usage.audio_input)),
        (
            "audio_cache_read_tokens",
            tokens(|usage| usage.audio_cache_read),
        ),
        ("image_input_tokens", tokens(|usage| usage.image_input)),
        ("audio_output_tokens", tokens(|usage| usage.audio_output)),
        ("image_output_tokens", tokens(|usage| usage.image_output)),
        ("web_searches", tokens(|usage| usage.web_searches)),
        // Nano-dollars a million tokens.
        ("rates", rates.map_or(Cell::Nothing, Cell::Json)),
        (
            "raw_usage",
            attempt
                .raw_usage
                .as_ref()
                .map_or(Cell::Nothing, |raw| Cell::Json(raw.0.clone())),
        ),
    ]
}

pub(super) fn sum_cells(by: &str, key: &str, detail: &str, name: &str, tally: &Tally) -> Cells {
    let mut cells = vec![
        ("by", text(by)),
        ("key", text(key)),
        ("detail", text(detail)),
        ("name", text(name)),
        ("attempts", count(tally.attempts)),
        ("answered", count(tally.answered)),
        ("failed", count(tally.failed)),
        ("reported", count(tally.reported)),
        ("computed", count(tally.computed)),
        ("estimated", count(tally.estimated)),
        ("unknown", count(tally.unknown)),
    ];
    for (in_dollars, in_nano, amount) in [
        ("known_usd", "known_nano_usd", tally.known),
        ("reported_usd", "reported_nano_usd", tally.known_reported),
        ("computed_usd", "computed_nano_usd", tally.known_computed),
        ("estimated_usd", "estimated_nano_usd", tally.known_estimated),
        ("wasted_usd", "wasted_nano_usd", tally.wasted),
        (
            "compared_paid_usd",
            "compared_paid_nano_usd",
            tally.compared_paid,
        ),
        (
            "compared_list_usd",
            "compared_list_nano_usd",
            tally.compared_list,
        ),
        ("cache_saved_usd", "cache_saved_nano_usd", tally.cache_saved),
    ] {
        let (dollars, nano) = money(Some(amount));
        cells.push((in_dollars, dollars));
        cells.push((in_nano, nano));
    }
    cells.extend([
        ("compared_attempts", count(tally.compared)),
        ("input_tokens", count(tally.input)),
        ("cache_read_tokens", count(tally.cache_read)),
        ("cache_write_tokens", count(tally.cache_write)),
        ("output_tokens", count(tally.output)),
        ("reasoning_tokens", count(tally.reasoning)),
        ("media_tokens", count(tally.media)),
        ("web_searches", count(tally.web_searches)),
    ]);
    cells
}
