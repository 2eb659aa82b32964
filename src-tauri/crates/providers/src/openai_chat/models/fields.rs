//! Access to an object of a list by names, for lists agree on nothing.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::super::wire::{Count, present};

/// The fields of one object. A field of an unexpected type is as good as a missing one.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(HashMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// The value, unless it is `null`.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        present(self.0.get(name).copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text with something in it.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text: String = serde_json::from_str(self.raw(name)?.get()).ok()?;
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// A number above 0.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let count: Count = serde_json::from_str(self.raw(name)?.get()).ok()?;
        Some(count.0).filter(|count| *count > 0)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.raw(name)?.get()).ok()
    }

    /// A list of words, in small letters.
    pub(super) fn words(&self, name: &str) -> Option<Vec<String>> {
        let words: Vec<&RawValue> = serde_json::from_str(self.raw(name)?.get()).ok()?;
        let words = words.into_iter();
        let words = words.filter_map(|word| serde_json::from_str::<String>(word.get()).ok());
        Some(words.map(|word| word.to_lowercase()).collect())
    }

    /// The object of this name; an empty one where there is none.
    pub(super) fn object(&self, name: &str) -> Self {
        self.raw(name)
            .and_then(|raw| Self::parse(raw.get()))
            .unwrap_or_default()
    }

    /// The objects in the list of this name.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        let items: Option<Vec<&'a RawValue>> = self
            .raw(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok());
        let items = items.unwrap_or_default().into_iter();
        items.filter_map(|item| Self::parse(item.get())).collect()
    }
}
