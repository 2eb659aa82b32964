//! How the domain's values look in columns, in one place for both directions.

use patchbay_domain::price::{PriceSource, ServiceTier};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::run::MadeBecause;
use patchbay_domain::{
    AttemptStatus, CostKind, Failure, FailureClass, FinishReason, MessageStatus, Role,
};
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::run_origin::RunOrigin;

/// A value that is stored as a word.
pub(crate) trait Word: Sized {
    fn read(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($kind:ty),+) => {
        $(impl Word for $kind {
            fn read(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        })+
    };
}

words!(
    Role,
    MessageStatus,
    AttemptStatus,
    CostKind,
    FinishReason,
    RunOrigin,
    ServiceTier,
    PriceSource,
    MadeBecause,
    Purpose
);

pub(crate) fn word<W: Word>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<W, StoreError> {
    let text: String = row.get(column)?;
    W::read(&text).ok_or(StoreError::Unreadable {
        table,
        column,
        source: None,
    })
}

pub(crate) fn optional_word<W: Word>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<W>, StoreError> {
    let Some(text): Option<String> = row.get(column)? else {
        return Ok(None);
    };
    W::read(&text).map(Some).ok_or(StoreError::Unreadable {
        table,
        column,
        source: None,
    })
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::Json)
}

pub(crate) fn from_json<T: DeserializeOwned>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    read_json(&text, table, column)
}

pub(crate) fn read_json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        table,
        column,
        source: Some(error),
    })
}

pub(crate) fn optional_json<T: DeserializeOwned>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| read_json(&text, table, column)).transpose()
}

/// SQLite's integers are signed. Counts beyond that are absurd, and are kept as the largest one.
pub(crate) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The inverse of [`integer`]; what cannot be negative and is, is 0.
pub(crate) fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

pub(crate) fn optional_count(row: &Row<'_>, column: &str) -> Result<Option<u64>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(count))
}

pub(crate) fn small_count<T: TryFrom<i64> + Default>(
    row: &Row<'_>,
    column: &str,
) -> Result<T, StoreError> {
    Ok(T::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}

/// An id of any kind, from its sixteen bytes.
pub(crate) fn id<T>(
    row: &Row<'_>,
    column: &str,
    from_bytes: impl Fn([u8; 16]) -> T,
) -> Result<T, StoreError> {
    Ok(from_bytes(row.get(column)?))
}

/// An id of any kind that may be missing.
pub(crate) fn optional_id<T>(
    row: &Row<'_>,
    column: &str,
    from_bytes: impl Fn([u8; 16]) -> T,
) -> Result<Option<T>, StoreError> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(from_bytes))
}

/// Reads a failure from the columns that runs and attempts share.
pub(crate) fn failure(row: &Row<'_>) -> Result<Option<Failure>, StoreError> {
    let Some(class): Option<String> = row.get("failure_class")? else {
        return Ok(None);
    };
    Ok(Some(Failure {
        // Classes are added without a change of schema; one that a later version wrote is still a
        // failure, with its own words beside it.
        class: FailureClass::from_word(&class).unwrap_or(FailureClass::Internal),
        status: optional_small(row, "failure_http_status")?,
        code: row.get("failure_code")?,
        message: row
            .get::<_, Option<String>>("failure_message")?
            .unwrap_or_default(),
        retry_after_millis: optional_count(row, "failure_retry_after_millis")?,
        request_id: row.get("failure_request_id")?,
    }))
}

fn optional_small<T: FromSql>(row: &Row<'_>, column: &str) -> Result<Option<T>, StoreError> {
    Ok(row.get(column)?)
}
