//! The tokenizer of a GGUF file, and the bytes behind each token.
//!
//! candle builds a tokenizer from the metadata, but for most models it falls back to GPT-2's rules
//! with a space put before the text: SmolLM2 then sees " user" where it was trained on "user", and
//! numbers in one piece where it was trained on digits. So the rules for splitting are set here, by
//! the name in the file, and a name that is not known is refused rather than guessed.

use std::collections::{HashMap, HashSet};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use crate::error::{GenerateError, LoadError, Unsupported};
use crate::template::Piece;

/// How text is split before pairs of bytes are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreTokenizer {
    /// GPT-2's words.
    Words,
    /// GPT-2's words, and each digit for itself.
    WordsAndDigits,
}

impl PreTokenizer {
    /// The rule behind a name in `tokenizer.ggml.pre`; `None` for one that is not known.
    pub(crate) fn from_name(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("" | "default" | "gpt-2" | "gpt2" | "jais" | "mpt" | "olmo") => {
                Some(Self::Words)
            }
            Some("codeshell" | "command-r" | "exaone" | "refact" | "smollm" | "starcoder") => {
                Some(Self::WordsAndDigits)
            }
            Some(_) => None,
        }
    }

    fn build(self) -> PreTokenizerWrapper {
        let words = ByteLevel::new(false, true, true);
        match self {
            Self::Words => words.into(),
            Self::WordsAndDigits => {
                Sequence::new(vec![Digits::new(true).into(), words.into()]).into()
            }
        }
    }
}

/// `llama_token_type` of the GGUF specification.
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;
const UNUSED: i64 = 5;

/// Names under which models end a turn, where the metadata names only one of several.
const END_NAMES: [&str; 7] = [
    "<|endoftext|>",
    "<|im_end|>",
    "<|end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "</s>",
];

/// Text to tokens and back, for one model.
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
    bytes: Vec<u8>,
    /// Where each token's bytes end in `bytes`.
    ends: Vec<usize>,
    end_tokens: HashSet<u32>,
    special: Vec<String>,
    beginning: Option<u32>,
    end: Option<u32>,
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Vocabulary")
            .field("tokens", &self.ends.len())
            .finish()
    }
}

impl Vocabulary {
    /// Builds the tokenizer of a file whose header passed the checks.
    pub(crate) fn from_content(content: &Content) -> Result<Self, LoadError> {
        let pre = content.metadata.get("tokenizer.ggml.pre").and_then(as_text);
        let Some(pre) = PreTokenizer::from_name(pre) else {
            return Err(Unsupported::Tokenizer(pre.unwrap_or_default().to_owned()).into());
        };
        let mut tokenizer =
            Tokenizer::from_gguf(content).map_err(|error| LoadError::Tokenizer(error.into()))?;
        tokenizer.with_pre_tokenizer(Some(pre.build()));

        let array = |key: &str| match content.metadata.get(key) {
            Some(Value::Array(values)) => values.as_slice(),
            _ => &[],
        };
        let tokens = array("tokenizer.ggml.tokens");
        let types = array("tokenizer.ggml.token_type");
        let letters = byte_letters();
        let mut vocabulary = Self {
            tokenizer,
            bytes: Vec::new(),
            ends: Vec::with_capacity(tokens.len()),
            end_tokens: HashSet::new(),
            special: Vec::new(),
            beginning: token_id(content, "tokenizer.ggml.bos_token_id"),
            end: token_id(content, "tokenizer.ggml.eos_token_id"),
        };
        for (token, index) in tokens.iter().zip(0_u32..) {
            let text = as_text(token).unwrap_or_default();
            match types.get(vocabulary.ends.len()).and_then(as_integer) {
                Some(UNKNOWN | CONTROL | UNUSED) => {
                    vocabulary.special.push(text.to_owned());
                    if END_NAMES.contains(&text) {
                        vocabulary.end_tokens.insert(index);
                    }
                }
                Some(USER_DEFINED) => {
                    vocabulary.special.push(text.to_owned());
                    vocabulary.bytes.extend_from_slice(text.as_bytes());
                }
                _ => push_bytes(&mut vocabulary.bytes, text, &letters),
            }
            vocabulary.ends.push(vocabulary.bytes.len());
        }
        for key in ["eos_token_id", "eot_token_id", "eom_token_id"] {
            vocabulary
                .end_tokens
                .extend(token_id(content, &format!("tokenizer.ggml.{key}")));
        }
        vocabulary.special.retain(|text| !text.is_empty());
        Ok(vocabulary)
    }

    /// Whether this token ends the model's turn.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.end_tokens.contains(&token)
    }

    /// The bytes of a token: perhaps half a character, and nothing for control tokens.
    pub(crate) fn bytes_of(&self, token: u32) -> &[u8] {
        let Ok(index) = usize::try_from(token) else {
            return &[];
        };
        let Some(end) = self.ends.get(index) else {
            return &[];
        };
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .unwrap_or(&0);
        self.bytes.get(*start..*end).unwrap_or(&[])
    }

    /// Texts that stand for one special token when a template writes them.
    pub(crate) fn special(&self) -> &[String] {
        &self.special
    }

    /// The texts that templates know as `bos_token` and `eos_token`.
    pub(crate) fn edges(&self) -> (String, String) {
        let text = |id: Option<u32>| id.and_then(|id| self.tokenizer.id_to_token(id));
        (
            text(self.beginning).unwrap_or_default(),
            text(self.end).unwrap_or_default(),
        )
    }

    /// Turns a rendered prompt into tokens. What a person or a model wrote never becomes a special
    /// token, whatever it spells.
    pub(crate) fn encode(&mut self, prompt: &[Piece]) -> Result<Vec<u32>, GenerateError> {
        let mut tokens = Vec::new();
        for piece in prompt {
            let (text, literal) = match piece {
                Piece::Template(text) => (text, false),
                Piece::Literal(text) => (text, true),
            };
            self.tokenizer.set_encode_special_tokens(literal);
            let encoding = self
                .tokenizer
                .encode_fast(text.as_str(), false)
                .map_err(GenerateError::Tokenize)?;
            tokens.extend_from_slice(encoding.get_ids());
        }
        Ok(tokens)
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn as_integer(value: &Value) -> Option<i64> {
    match value {
        Value::I32(number) => Some(i64::from(*number)),
        Value::U32(number) => Some(i64::from(*number)),
        Value::I64(number) => Some(*number),
        Value::U64(number) => i64::try_from(*number).ok(),
        Value::U8(number) => Some(i64::from(*number)),
        Value::I8(number) => Some(i64::from(*number)),
        Value::U16(number) => Some(i64::from(*number)),
        Value::I16(number) => Some(i64::from(*number)),
        _ => None,
    }
}

fn token_id(content: &Content, key: &str) -> Option<u32> {
    content
        .metadata
        .get(key)
        .and_then(as_integer)
        .and_then(|id| u32::try_from(id).ok())
}

/// Byte-level vocabularies spell each byte as one printable letter: itself where it is printable in
/// Latin-1, and letters from U+0100 on, in order, for the others.
pub(crate) fn byte_letters() -> HashMap<char, u8> {
    let mut next = '\u{100}'..;
    (0..=u8::MAX)
        .filter_map(|byte| match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => Some((char::from(byte), byte)),
            _ => next.next().map(|letter| (letter, byte)),
        })
        .collect()
}

fn push_bytes(bytes: &mut Vec<u8>, token: &str, letters: &HashMap<char, u8>) {
    for letter in token.chars() {
        match letters.get(&letter) {
            Some(byte) => bytes.push(*byte),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_letter_of_its_own() {
        let letters = byte_letters();
        assert_eq!(letters.len(), 256);
        assert_eq!(letters.get(&'Ġ'), Some(&b' '));
        assert_eq!(letters.get(&'Ċ'), Some(&b'\n'));
        assert_eq!(letters.get(&'Ń'), Some(&0xAD));
    }

    const EXPECTED: [u32; 24] = [
        1, 4093, 198, 2020, 1083, 314, 216, 34, 32, 36, 40, 1232, 216, 33, 28, 216, 26336, 26547,
        47, 15107, 116, 218, 2, 198,
    ];

    /// The numbers come from a second implementation, written from the format's description and run
    /// on the same file. With a space before the text, or with digits in one piece, others come out.
    #[test]
    fn the_default_model_reads_what_it_was_trained_on() {
        let path = crate::fixture::default_model();
        let content = Content::read(&mut std::fs::File::open(path).unwrap()).unwrap();
        let mut vocabulary = Vocabulary::from_content(&content).unwrap();
        let text = "<|im_start|>user\nHow much is 2048 + 1,  Zoë? 🦀<|im_end|>\n";
        let tokens = vocabulary
            .encode(&[Piece::Template(text.to_owned())])
            .unwrap();
        assert_eq!(tokens, EXPECTED);
        let bytes: Vec<u8> = tokens
            .iter()
            .flat_map(|token| vocabulary.bytes_of(*token).to_vec())
            .collect();
        assert_eq!(bytes, "user\nHow much is 2048 + 1,  Zoë? 🦀\n".as_bytes());
        assert!(vocabulary.is_end(2) && vocabulary.is_end(0) && !vocabulary.is_end(1));

        let pasted = vocabulary
            .encode(&[Piece::Literal("<|im_end|>".to_owned())])
            .unwrap();
        assert!(pasted.len() > 1 && pasted.iter().all(|token| !vocabulary.is_end(*token)));
    }
}
