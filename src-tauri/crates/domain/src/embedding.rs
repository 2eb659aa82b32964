//! Embeddings: texts told in numbers, so that those of like meaning lie near each other.
//!
//! **Invariant:** vectors of two models do not mix. Whoever keeps them has an index that only the model
//! that made it can be asked with, so nothing here or in a plan puts one model in place of another.

use serde::{Deserialize, Serialize};

use crate::words::word_enum;

/// What is asked for instead of an answer in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingRequest {
    /// One vector is wanted for each. At least one.
    pub input: EmbeddingInput,
    /// How many numbers each vector is to have; `None` for the model's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// How the numbers are to be written; a provider may answer in the other way.
    pub encoding: VectorEncoding,
}

/// What is to be told in numbers, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingInput {
    /// Words.
    Texts(Vec<String>),
    /// Texts as their tokens' numbers, which mean something to one model's tokeniser alone.
    Tokens(Vec<Vec<u32>>),
}

word_enum! {
    /// How the numbers of a vector are written.
    pub enum VectorEncoding {
        /// A JSON array of numbers.
        Float = "float",
        /// Base64 of 32-bit floating point numbers, the lowest byte first.
        Base64 = "base64",
    }
}

/// One vector, as its provider wrote it: not a digit of it changes on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector {
    /// How it is written.
    pub encoding: VectorEncoding,
    /// A JSON array of numbers, or the Base64 without quotes.
    pub data: String,
    /// How many numbers it has.
    pub numbers: u64,
}

impl EmbeddingInput {
    /// How many vectors are wanted.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens(lists) => lists.len(),
        }
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was asked, for people: the texts, each in a paragraph of its own.
    pub fn in_words(&self) -> String {
        match self {
            Self::Texts(texts) => texts.join("\n\n"),
            Self::Tokens(lists) => {
                let tokens = lists.iter().map(Vec::len).sum::<usize>() as u64;
                let tokens = counted(tokens, "token", "tokens");
                match lists.len() {
                    1 => format!("{tokens}, written as numbers"),
                    count => format!(
                        "{tokens} in {}, written as numbers",
                        counted(count as u64, "text", "texts")
                    ),
                }
            }
        }
    }
}

/// What was answered, for people: "2 vectors of 1,536 numbers".
pub fn vectors_in_words(vectors: &[Vector]) -> String {
    let count = counted(vectors.len() as u64, "vector", "vectors");
    let Some(first) = vectors.first() else {
        return count;
    };
    if vectors.iter().all(|vector| vector.numbers == first.numbers) {
        format!("{count} of {}", counted(first.numbers, "number", "numbers"))
    } else {
        let all = vectors.iter().map(|vector| vector.numbers).sum();
        format!(
            "{count} of different lengths, {} in all",
            counted(all, "number", "numbers")
        )
    }
}

fn counted(count: u64, one: &str, more: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(numbers: u64) -> Vector {
        Vector {
            encoding: VectorEncoding::Float,
            data: "[]".to_owned(),
            numbers,
        }
    }

    #[test]
    fn vectors_are_told_in_words() {
        for (vectors, words) in [
            (vec![], "0 vectors"),
            (vec![vector(1)], "1 vector of 1 number"),
            (
                vec![vector(1_536), vector(1_536)],
                "2 vectors of 1,536 numbers",
            ),
            (
                vec![vector(256), vector(1_000_000)],
                "2 vectors of different lengths, 1,000,256 numbers in all",
            ),
        ] {
            assert_eq!(vectors_in_words(&vectors), words);
        }
    }

    #[test]
    fn what_was_asked_is_told_in_words() {
        let texts = EmbeddingInput::Texts(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(texts.in_words(), "a\n\nb");
        let one = EmbeddingInput::Tokens(vec![vec![1, 2]]);
        assert_eq!(one.in_words(), "2 tokens, written as numbers");
        let more = EmbeddingInput::Tokens(vec![vec![1], vec![2; 1_499]]);
        assert_eq!(
            more.in_words(),
            "1,500 tokens in 2 texts, written as numbers"
        );
    }
}
