//! An object whose fields keep their order and their bytes.

use std::fmt;

use patchbay_domain::Failure;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::unwritable;

/// The fields of an object in the order in which they were put, each name once.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// Puts a field, in the place of one of the same name.
    ///
    /// # Errors
    /// Where the value cannot be JSON, such as a number that is none.
    pub(crate) fn put(
        &mut self,
        name: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Failure> {
        let value = serde_json::value::to_raw_value(value).map_err(|error| unwritable(&error))?;
        self.put_raw(name, value);
        Ok(())
    }

    /// Puts a field where there is something to put.
    ///
    /// # Errors
    /// As for [`Self::put`].
    pub(crate) fn put_some(
        &mut self,
        name: &str,
        value: Option<&impl Serialize>,
    ) -> Result<(), Failure> {
        value.map_or(Ok(()), |value| self.put(name, value))
    }

    /// Puts a field as it stands.
    pub(crate) fn put_raw(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

impl IntoIterator for Fields {
    type Item = (String, Box<RawValue>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.put_raw(&name, value);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}
