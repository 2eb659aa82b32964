//! What a Llama model's header must say before its weights are read.
//!
//! The implementation of the architecture trusts the file: a missing tensor is an error there, but a
//! wrong shape can be a panic on a shared thread pool, and an extra tensor (a bias, scaled rotary
//! frequencies) is ignored and gives fluent nonsense. So everything it would trust or ignore is
//! checked here against the header, and refused by name.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use candle_transformers::models::quantized_llama::MAX_SEQ_LEN;

use crate::error::Unsupported;
use crate::header::{Header, Value, ValueType};
use crate::vocabulary::PreTokenizer;

const MAX_BLOCKS: u64 = 512;
const MAX_HEAD: u64 = 1_024;

/// The numbers of a Llama model that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Architecture {
    /// Tokens of prompt and answer together: the model's own limit or the implementation's.
    pub(crate) context: usize,
    /// Tokens in the vocabulary.
    pub(crate) vocabulary: usize,
}

impl Architecture {
    /// Checks that the model can be run, and reads what running it needs.
    pub(crate) fn of(header: &Header) -> Result<Self, Unsupported> {
        match header.text("general.architecture") {
            None => return Err(Unsupported::NoArchitecture),
            Some("llama") => {}
            Some(other) => return Err(Unsupported::Architecture(printable(other))),
        }
        refuse_features(header)?;
        let blocks = number(header, "llama.block_count", 1..=MAX_BLOCKS)?;
        let embedding = number(header, "llama.embedding_length", 1..=1 << 20)?;
        let heads = number(header, "llama.attention.head_count", 1..=1 << 16)?;
        let key_heads = number(header, "llama.attention.head_count_kv", 1..=heads)?;
        let rotated = number(header, "llama.rope.dimension_count", 2..=MAX_HEAD)?;
        let context = number(header, "llama.context_length", 1..=u64::MAX)?;
        if !embedding.is_multiple_of(heads) || !heads.is_multiple_of(key_heads) {
            return Err(wrong("llama.attention.head_count"));
        }
        let head = embedding / heads;
        // Models that rotate a part of each head, or have heads of another width, are refused.
        if rotated != head || !head.is_multiple_of(2) {
            return Err(wrong("llama.rope.dimension_count"));
        }
        single_float(header, "llama.attention.layer_norm_rms_epsilon", true)?;
        single_float(header, "llama.rope.freq_base", false)?;

        let vocabulary = check_vocabulary(header)?;
        check_tensors(
            header,
            &Shapes {
                blocks,
                embedding,
                keys: key_heads * head,
                vocabulary,
            },
        )?;
        let context = usize::try_from(context)
            .unwrap_or(usize::MAX)
            .min(MAX_SEQ_LEN);
        Ok(Self {
            context,
            vocabulary: usize::try_from(vocabulary).unwrap_or(0),
        })
    }
}

/// A word from a file, short enough and clean enough to be shown.
fn printable(word: &str) -> String {
    word.chars()
        .filter(|letter| !letter.is_control())
        .take(40)
        .collect()
}

fn wrong(key: &str) -> Unsupported {
    Unsupported::Value {
        key: key.to_owned(),
    }
}

/// The library reads these as `u32` and nothing else.
fn number(header: &Header, key: &str, range: RangeInclusive<u64>) -> Result<u64, Unsupported> {
    header
        .unsigned(key)
        .filter(|number| range.contains(number))
        .ok_or_else(|| wrong(key))
}

fn single_float(header: &Header, key: &str, required: bool) -> Result<(), Unsupported> {
    match header.value(key) {
        None if !required => Ok(()),
        Some(Value::Float(number)) if number.is_finite() && *number > 0.0 => Ok(()),
        _ => Err(wrong(key)),
    }
}

fn refuse_features(header: &Header) -> Result<(), Unsupported> {
    if header
        .unsigned("llama.expert_count")
        .is_some_and(|experts| experts > 0)
    {
        return Err(Unsupported::Feature("a mixture of experts"));
    }
    let scaling = header
        .text("llama.rope.scaling.type")
        .is_some_and(|kind| kind != "none");
    if scaling
        || header.value("llama.rope.scale_linear").is_some()
        || header.tensors.contains_key("rope_freqs.weight")
    {
        return Err(Unsupported::Feature("scaled rotary positions"));
    }
    if header
        .unsigned("split.count")
        .is_some_and(|parts| parts > 1)
    {
        return Err(Unsupported::Feature("several files"));
    }
    Ok(())
}

fn check_vocabulary(header: &Header) -> Result<u64, Unsupported> {
    match header.text("tokenizer.ggml.model") {
        None => return Err(Unsupported::NoTokenizer),
        Some("gpt2") => {}
        Some("llama") => return Err(Unsupported::Tokenizer("SentencePiece".to_owned())),
        Some(other) => return Err(Unsupported::Tokenizer(printable(other))),
    }
    let pre = header.text("tokenizer.ggml.pre");
    if PreTokenizer::from_name(pre).is_none() {
        return Err(Unsupported::Tokenizer(printable(pre.unwrap_or_default())));
    }
    let texts = |key: &str| match header.value(key) {
        Some(Value::Array {
            element: ValueType::Text,
            length,
        }) if *length > 0 => Ok(*length),
        _ => Err(wrong(key)),
    };
    texts("tokenizer.ggml.merges")?;
    let tokens = texts("tokenizer.ggml.tokens")?;
    if let Some(types) = header.value("tokenizer.ggml.token_type")
        && !matches!(types, Value::Array { length, .. } if *length == tokens)
    {
        return Err(wrong("tokenizer.ggml.token_type"));
    }
    Ok(tokens)
}

struct Shapes {
    blocks: u64,
    embedding: u64,
    keys: u64,
    vocabulary: u64,
}

/// Compares every tensor with the shape that the implementation multiplies by.
fn check_tensors(header: &Header, shapes: &Shapes) -> Result<(), Unsupported> {
    let Shapes {
        blocks,
        embedding,
        keys,
        vocabulary,
    } = *shapes;
    let mut known = HashSet::new();
    let mut expect = |name: &str, dimensions: &[u64]| {
        let Some((name, tensor)) = header.tensors.get_key_value(name) else {
            return Err(Unsupported::Shape {
                tensor: name.to_owned(),
            });
        };
        if tensor.dimensions != dimensions {
            return Err(Unsupported::Shape {
                tensor: name.clone(),
            });
        }
        known.insert(name.as_str());
        Ok(())
    };
    expect("token_embd.weight", &[embedding, vocabulary])?;
    expect("output_norm.weight", &[embedding])?;
    if header.tensors.contains_key("output.weight") {
        expect("output.weight", &[embedding, vocabulary])?;
    }
    for block in 0..blocks {
        let name = |part: &str| format!("blk.{block}.{part}.weight");
        // The width of the feed-forward part is the file's own choice, one a block.
        let wide = header
            .tensors
            .get(&name("ffn_up"))
            .and_then(|tensor| tensor.dimensions.get(1).copied())
            .ok_or_else(|| Unsupported::Shape {
                tensor: name("ffn_up"),
            })?;
        expect(&name("attn_norm"), &[embedding])?;
        expect(&name("attn_q"), &[embedding, embedding])?;
        expect(&name("attn_k"), &[embedding, keys])?;
        expect(&name("attn_v"), &[embedding, keys])?;
        expect(&name("attn_output"), &[embedding, embedding])?;
        expect(&name("ffn_norm"), &[embedding])?;
        expect(&name("ffn_gate"), &[embedding, wide])?;
        expect(&name("ffn_up"), &[embedding, wide])?;
        expect(&name("ffn_down"), &[wide, embedding])?;
    }
    for (name, tensor) in &header.tensors {
        if !known.contains(name.as_str()) {
            return Err(Unsupported::Tensor(printable(name)));
        }
        if tensor.format.is_none() {
            return Err(Unsupported::NumberFormat {
                tensor: name.clone(),
                code: tensor.code,
            });
        }
    }
    Ok(())
}
