//! A bounded reader for the first part of a GGUF file.
//!
//! The library that loads the weights expands every metadata element into 32 bytes and divides by
//! values from the file. So a header is walked here first, with a limit on everything that it can
//! claim; the library only ever sees a header that passed. The walk keeps scalar values and the list
//! of tensors, and skips the vocabulary, so that listing a folder stays cheap.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use candle_core::quantized::GgmlDType;

use crate::error::{HeaderError, LoadError};
use crate::walk::Walk;

const MAX_ENTRIES: u64 = 4_096;
const MAX_TENSORS: u64 = 65_536;
const MAX_ALIGNMENT: u64 = 1 << 16;

/// A scalar of the metadata, or how long an array is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Boolean(bool),
    Text(String),
    Array { element: ValueType, length: u64 },
}

/// Where one tensor lies and how its numbers are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TensorEntry {
    /// As in the file: the innermost dimension first.
    pub(crate) dimensions: Vec<u64>,
    /// The format's number in the specification.
    pub(crate) code: u32,
    /// `None` for a format without an implementation.
    pub(crate) format: Option<GgmlDType>,
    /// From the start of the tensor data.
    pub(crate) offset: u64,
    /// `None` for a format whose size is not known.
    pub(crate) bytes: Option<u64>,
}

/// A header that passed every check.
#[derive(Debug)]
pub(crate) struct Header {
    values: HashMap<String, Value>,
    positions: HashMap<String, u64>,
    pub(crate) tensors: BTreeMap<String, TensorEntry>,
    pub(crate) alignment: u64,
    /// Where the tensor data begins, in bytes from the start of the file.
    pub(crate) data_offset: u64,
    /// Where the metadata entries lie, for a copy that keeps them as they are.
    pub(crate) metadata: Range<u64>,
    /// How many entries lie there.
    pub(crate) metadata_count: u64,
}

impl Header {
    /// Reads and checks the header of a file.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => LoadError::Missing(path.to_owned()),
            _ => LoadError::Header(HeaderError::Read(error)),
        })?;
        let bytes = file.metadata().map_err(HeaderError::Read)?.len();
        Ok(Self::read(BufReader::with_capacity(1 << 16, file), bytes)?)
    }

    /// Reads and checks a header from the start of `input`, which has `file_bytes` bytes in all.
    pub(crate) fn read(input: impl Read, file_bytes: u64) -> Result<Self, HeaderError> {
        let mut walk = Walk::new(input, file_bytes);
        if walk.take::<4>().is_ok_and(|magic| magic != *b"GGUF") || file_bytes < 4 {
            return Err(HeaderError::NotGguf);
        }
        let version = walk.unsigned_32()?;
        if !(2..=3).contains(&version) {
            return Err(HeaderError::Version(version));
        }
        let tensor_count = walk.count("tensors", MAX_TENSORS)?;
        let metadata_count = walk.count("metadata entries", MAX_ENTRIES)?;

        let metadata_start = walk.position();
        let mut values = HashMap::new();
        let mut positions = HashMap::new();
        for _ in 0..metadata_count {
            let key = walk.text()?;
            let kind = walk.value_type()?;
            positions.insert(key.clone(), walk.position());
            let value = walk.value(kind)?;
            if values.insert(key, value).is_some() {
                return Err(walk.malformed("a metadata key stands twice"));
            }
        }
        let metadata = metadata_start..walk.position();

        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let name = walk.text()?;
            let entry = walk.tensor()?;
            if tensors.insert(name, entry).is_some() {
                return Err(walk.malformed("a tensor stands twice"));
            }
        }

        let alignment = match values.get("general.alignment") {
            None => 32,
            Some(Value::Unsigned(alignment))
                if alignment.is_power_of_two() && *alignment <= MAX_ALIGNMENT =>
            {
                *alignment
            }
            Some(_) => return Err(walk.malformed("the alignment is no power of two")),
        };
        let header = Self {
            data_offset: walk.position().next_multiple_of(alignment),
            values,
            positions,
            tensors,
            alignment,
            metadata,
            metadata_count,
        };
        header.check_tensors_fit(file_bytes)?;
        Ok(header)
    }

    fn check_tensors_fit(&self, actual: u64) -> Result<(), HeaderError> {
        let mut needed = 0_u64;
        for tensor in self.tensors.values() {
            let end = self
                .data_offset
                .saturating_add(tensor.offset)
                .saturating_add(tensor.bytes.unwrap_or(0));
            needed = needed.max(end);
        }
        if needed > actual {
            return Err(HeaderError::CutTensors { needed, actual });
        }
        Ok(())
    }

    /// A metadata value.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// Where a metadata value lies, in bytes from the start of the file.
    pub(crate) fn position(&self, key: &str) -> Option<u64> {
        self.positions.get(key).copied()
    }

    /// A text, or `None` where there is none under that key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number that is not negative, whatever its width.
    pub(crate) fn unsigned(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Some(Value::Unsigned(number)) => Some(*number),
            Some(Value::Signed(number)) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
}

/// The types of metadata values, with their numbers in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Boolean,
    Text,
    Array,
    U64,
    I64,
    F64,
}

impl ValueType {
    pub(crate) fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Boolean,
            8 => Self::Text,
            9 => Self::Array,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            _ => return None,
        })
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
