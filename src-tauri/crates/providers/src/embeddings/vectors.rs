//! One vector: that it is one, and how long it is.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_domain::{Failure, FailureClass, StreamEvent, Vector, VectorEncoding};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes of a number in Base64.
const NUMBER_BYTES: usize = 4;

/// A vector as it was written; `None` for anything else, such as a list of lists.
pub(crate) fn vector(raw: &RawValue) -> Option<Vector> {
    let (encoding, data, numbers) = if raw.get().starts_with('"') {
        let text: String = serde_json::from_str(raw.get()).ok()?;
        let bytes = STANDARD.decode(&text).ok()?;
        if !bytes.len().is_multiple_of(NUMBER_BYTES) {
            return None;
        }
        let numbers = bytes.len() / NUMBER_BYTES;
        (VectorEncoding::Base64, text, numbers)
    } else {
        let Numbers(numbers) = serde_json::from_str(raw.get()).ok()?;
        // Pretty printers put a line around each number.
        let mut text = raw.get().to_owned();
        text.retain(|sign| !sign.is_ascii_whitespace());
        (VectorEncoding::Float, text, numbers)
    };
    (numbers > 0).then_some(Vector {
        encoding,
        data,
        numbers: numbers as u64,
    })
}

/// All vectors, one for each input. With fewer nobody could tell which text has none.
///
/// # Errors
/// There are more or fewer, or one of them is none.
pub(crate) fn counted(vectors: Vec<Option<Vector>>, inputs: usize) -> Result<Vec<Vector>, Failure> {
    let found = vectors.len();
    let vectors: Option<Vec<Vector>> = vectors.into_iter().collect();
    let sentence = match vectors {
        Some(vectors) if found == inputs => return Ok(vectors),
        Some(_) => format!("The reply holds {found} vectors for {inputs} texts."),
        None => "The reply holds something else in place of a vector.".to_owned(),
    };
    Err(Failure::new(FailureClass::UnexpectedContent, sentence))
}

/// A warning where the vectors are not as long as was asked for: many models have one length only, and
/// many servers pass over the wish.
pub(crate) fn shortened(vectors: &[Vector], dimensions: Option<u32>) -> Option<StreamEvent> {
    let wanted = u64::from(dimensions?);
    let other = vectors.iter().find(|vector| vector.numbers != wanted)?;
    Some(StreamEvent::Warning {
        sentence: format!(
            "Vectors of {wanted} numbers were asked for, and the provider gave {}.",
            other.numbers
        ),
    })
}

/// How many numbers a list has that holds nothing else.
struct Numbers(usize);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counting;

        impl<'de> Visitor<'de> for Counting {
            type Value = Numbers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let mut count = 0;
                while list.next_element::<f64>()?.is_some() {
                    count += 1;
                }
                Ok(Numbers(count))
            }
        }

        deserializer.deserialize_seq(Counting)
    }
}
