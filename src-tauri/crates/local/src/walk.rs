//! Reading the parts of a GGUF header one after the other, with a limit on each.
//!
//! Apart from [`crate::header`], which says what the parts mean together, so that every byte taken
//! from a file goes through the few lines below.

use std::io::{self, Read};

use candle_core::quantized::GgmlDType;

use crate::error::HeaderError;
use crate::header::{TensorEntry, Value, ValueType};

/// Bytes of header that are read at most; the largest vocabularies in use take about 16 MiB.
const MAX_HEADER_BYTES: u64 = 64 << 20;
const MAX_TEXT_BYTES: u64 = 1 << 20;
const MAX_ARRAY_ELEMENTS: u64 = 1 << 20;
/// Of all arrays together: what the library makes of them stays under 128 MiB.
const MAX_ALL_ELEMENTS: u64 = 1 << 22;
const MAX_DIMENSION: u64 = 1 << 32;

/// A reader that knows where it stands and never reads more than the limits above.
pub(crate) struct Walk<R> {
    input: R,
    position: u64,
    file_bytes: u64,
    elements: u64,
}

impl<R: Read> Walk<R> {
    /// A reader at the start of a file that has `file_bytes` bytes in all.
    pub(crate) fn new(input: R, file_bytes: u64) -> Self {
        Self {
            input,
            position: 0,
            file_bytes,
            elements: 0,
        }
    }

    /// Bytes from the start of the file.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn malformed(&self, what: &'static str) -> HeaderError {
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

    pub(crate) fn take<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], HeaderError> {
        let mut buffer = [0; BYTES];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    pub(crate) fn unsigned_32(&mut self) -> Result<u32, HeaderError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn unsigned_64(&mut self) -> Result<u64, HeaderError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(crate) fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, HeaderError> {
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

    pub(crate) fn text(&mut self) -> Result<String, HeaderError> {
        let mut buffer = Vec::new();
        self.text_bytes(&mut buffer)?;
        // Some writers end their texts with a zero byte, and the library takes it off as well.
        while buffer.last() == Some(&0) {
            buffer.pop();
        }
        Ok(String::from_utf8_lossy(&buffer).into_owned())
    }

    pub(crate) fn value_type(&mut self) -> Result<ValueType, HeaderError> {
        let code = self.unsigned_32()?;
        ValueType::from_code(code).ok_or_else(|| self.malformed("an unknown type of value"))
    }

    pub(crate) fn value(&mut self, kind: ValueType) -> Result<Value, HeaderError> {
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

    pub(crate) fn tensor(&mut self) -> Result<TensorEntry, HeaderError> {
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
