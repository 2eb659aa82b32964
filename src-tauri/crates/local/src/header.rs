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

/// Bytes of header that are read at most; the largest vocabularies in use take about 16 MiB.
const MAX_HEADER_BYTES: u64 = 64 << 20;
const MAX_ENTRIES: u64 = 4_096;
const MAX_TENSORS: u64 = 65_536;
const MAX_TEXT_BYTES: u64 = 1 << 20;
const MAX_ARRAY_ELEMENTS: u64 = 1 << 20;
/// Of all arrays together: what the library makes of them stays under 128 MiB.
const MAX_ALL_ELEMENTS: u64 = 1 << 22;
const MAX_DIMENSION: u64 = 1 << 32;
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
        let mut walk = Walk {
            input,
            position: 0,
            file_bytes,
            elements: 0,
        };
        if walk.take::<4>().is_ok_and(|magic| magic != *b"GGUF") || file_bytes < 4 {
            return Err(HeaderError::NotGguf);
        }
        let version = walk.unsigned_32()?;
        if !(2..=3).contains(&version) {
            return Err(HeaderError::Version(version));
        }
        let tensor_count = walk.count("tensors", MAX_TENSORS)?;
        let metadata_count = walk.count("metadata entries", MAX_ENTRIES)?;

        let metadata_start = walk.position;
        let mut values = HashMap::new();
        let mut positions = HashMap::new();
        for _ in 0..metadata_count {
            let key = walk.text()?;
            let kind = walk.value_type()?;
            positions.insert(key.clone(), walk.position);
            let value = walk.value(kind)?;
            if values.insert(key, value).is_some() {
                return Err(walk.malformed("a metadata key stands twice"));
            }
        }
        let metadata = metadata_start..walk.position;

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
            data_offset: walk.position.next_multiple_of(alignment),
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
    fn from_code(code: u32) -> Option<Self> {
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

fn number_format(code: u32) -> Option<GgmlDType> {
    Some(match code {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

/// A reader that knows where it stands and never reads more than the limits above.
struct Walk<R> {
    input: R,
    position: u64,
    file_bytes: u64,
    elements: u64,
}

impl<R: Read> Walk<R> {
    fn malformed(&self, what: &'static str) -> HeaderError {
        HeaderError::Malformed {
            what,
            position: self.position,
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), HeaderError> {
        let after = self.position.saturating_add(buffer.len() as u64);
        if after > MAX_HEADER_BYTES {
            return Err(HeaderError::Absurd {
                what: "bytes of header",
                value: after,
                limit: MAX_HEADER_BYTES,
            });
        }
        self.input
            .read_exact(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => HeaderError::CutHeader {
                    actual: self.file_bytes,
                },
                _ => HeaderError::Read(error),
            })?;
        self.position = after;
        Ok(())
    }

    fn take<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], HeaderError> {
        let mut buffer = [0; BYTES];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    fn unsigned_32(&mut self) -> Result<u32, HeaderError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn unsigned_64(&mut self) -> Result<u64, HeaderError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, HeaderError> {
        let value = self.unsigned_64()?;
        if value > limit {
            return Err(HeaderError::Absurd { what, value, limit });
        }
        Ok(value)
    }

    fn text_bytes(&mut self, buffer: &mut Vec<u8>) -> Result<(), HeaderError> {
        let length = self.count("bytes in one text", MAX_TEXT_BYTES)?;
        // Before the buffer grows: a short file cannot ask for a long one.
        if self.position.saturating_add(length) > self.file_bytes {
            return Err(HeaderError::CutHeader {
                actual: self.file_bytes,
            });
        }
        buffer.clear();
        buffer.resize(usize::try_from(length).unwrap_or(0), 0);
        self.fill(buffer)
    }

    fn text(&mut self) -> Result<String, HeaderError> {
        let mut buffer = Vec::new();
        self.text_bytes(&mut buffer)?;
        // Some writers end their texts with a zero byte, and the library takes it off as well.
        while buffer.last() == Some(&0) {
            buffer.pop();
        }
        Ok(String::from_utf8_lossy(&buffer).into_owned())
    }

    fn value_type(&mut self) -> Result<ValueType, HeaderError> {
        let code = self.unsigned_32()?;
        ValueType::from_code(code).ok_or_else(|| self.malformed("an unknown type of value"))
    }

    fn value(&mut self, kind: ValueType) -> Result<Value, HeaderError> {
        Ok(match kind {
            ValueType::U8 => Value::Unsigned(u8::from_le_bytes(self.take()?).into()),
            ValueType::I8 => Value::Signed(i8::from_le_bytes(self.take()?).into()),
            ValueType::U16 => Value::Unsigned(u16::from_le_bytes(self.take()?).into()),
            ValueType::I16 => Value::Signed(i16::from_le_bytes(self.take()?).into()),
            ValueType::U32 => Value::Unsigned(self.unsigned_32()?.into()),
            ValueType::I32 => Value::Signed(i32::from_le_bytes(self.take()?).into()),
            ValueType::U64 => Value::Unsigned(self.unsigned_64()?),
            ValueType::I64 => Value::Signed(i64::from_le_bytes(self.take()?)),
            ValueType::F32 => Value::Float(f32::from_le_bytes(self.take()?).into()),
            ValueType::F64 => Value::Float(f64::from_le_bytes(self.take()?)),
            ValueType::Boolean => match self.take()? {
                [0] => Value::Boolean(false),
                [1] => Value::Boolean(true),
                _ => return Err(self.malformed("a boolean is neither 0 nor 1")),
            },
            ValueType::Text => Value::Text(self.text()?),
            ValueType::Array => self.skip_array()?,
        })
    }

    fn skip_array(&mut self) -> Result<Value, HeaderError> {
        let element = self.value_type()?;
        let length = self.count("elements in one array", MAX_ARRAY_ELEMENTS)?;
        self.elements += length;
        if self.elements > MAX_ALL_ELEMENTS {
            return Err(HeaderError::Absurd {
                what: "elements in all arrays",
                value: self.elements,
                limit: MAX_ALL_ELEMENTS,
            });
        }
        let mut buffer = Vec::new();
        for _ in 0..length {
            match element {
                ValueType::Text => self.text_bytes(&mut buffer)?,
                ValueType::Array => return Err(self.malformed("an array in an array")),
                scalar => {
                    self.value(scalar)?;
                }
            }
        }
        Ok(Value::Array { element, length })
    }

    fn tensor(&mut self) -> Result<TensorEntry, HeaderError> {
        let rank = self.unsigned_32()?;
        if !(1..=4).contains(&rank) {
            return Err(self.malformed("a tensor has no dimensions or more than four"));
        }
        let mut dimensions = Vec::with_capacity(4);
        let mut elements = 1_u64;
        for _ in 0..rank {
            let dimension = self.count("elements along one dimension", MAX_DIMENSION)?;
            elements = elements
                .checked_mul(dimension)
                .filter(|elements| *elements > 0)
                .ok_or_else(|| self.malformed("a tensor is empty or too large"))?;
            dimensions.push(dimension);
        }
        let code = self.unsigned_32()?;
        let offset = self.unsigned_64()?;
        let format = number_format(code);
        let bytes = match format {
            None => None,
            Some(format) => {
                let block = format.block_size() as u64;
                if !dimensions[0].is_multiple_of(block) {
                    return Err(self.malformed("a tensor's rows are no whole number of blocks"));
                }
                Some((elements / block).saturating_mul(format.type_size() as u64))
            }
        };
        Ok(TensorEntry {
            dimensions,
            code,
            format,
            offset,
            bytes,
        })
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
