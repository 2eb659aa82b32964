//! Reading what servers send instead of what they promise: a field of an unexpected type is as good
//! as a missing one. Shared by the wire types of all families, which borrow from the event's text.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A token count in any number form: `12`, `12.0`, `"12"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        parse_count(raw.get())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a count"))
    }
}

fn parse_count(text: &str) -> Option<u64> {
    let text = text.trim_matches('"');
    if let Ok(count) = text.parse() {
        return Some(count);
    }
    let number: f64 = text.parse().ok()?;
    // Beyond 2^53 a float is no count any more.
    (0.0..=9_007_199_254_740_992.0)
        .contains(&number)
        .then_some(number as u64)
}

/// A value where it is of the right type; else nothing.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// The items of a list as they stand; none where it is no list.
pub(crate) fn raw_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<&'de RawValue>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

/// The value that this is, where it is of the right type.
pub(crate) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A text with something in it.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// A count above zero. Zero tokens of context, or a limit of none, is how servers say that they do not
/// know.
pub(crate) fn positive(count: Option<Count>) -> Option<u64> {
    count.map(|count| count.0).filter(|count| *count > 0)
}

/// The raw value, unless it is `null`.
pub(crate) fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}
