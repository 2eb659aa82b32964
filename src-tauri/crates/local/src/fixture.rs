//! Tiny model files, made in code: a real Llama with one block and random weights, and a writer
//! that can also produce broken files.

use std::path::{Path, PathBuf};

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// The real model's file, for the few tests where random weights cannot show what is right.
pub(crate) fn default_model() -> PathBuf {
    let folder = std::env::var_os("PATCHBAY_TEST_MODELS_DIR").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../target/models"
            ))
        },
        PathBuf::from,
    );
    let path = folder.join(crate::DEFAULT_MODEL.file_name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}

#[derive(Debug, Clone)]
pub(crate) enum Meta {
    U8(u8),
    U32(u32),
    U64(u64),
    F32(f32),
    Text(&'static str),
    Texts(Vec<String>),
    Integers(Vec<i32>),
}

#[derive(Debug, Clone)]
pub(crate) struct Tiny {
    pub(crate) metadata: Vec<(&'static str, Meta)>,
    pub(crate) tensors: Vec<TinyTensor>,
}

#[derive(Debug, Clone)]
pub(crate) struct TinyTensor {
    pub(crate) name: String,
    pub(crate) dimensions: Vec<u64>,
    pub(crate) code: u32,
    pub(crate) data: Vec<u8>,
}

const EMBEDDING: usize = 64;
const KEYS: usize = 32;
const WIDE: usize = 128;

impl Tiny {
    /// A model that can be run: two heads, one of keys, a token for each byte, ChatML's tokens.
    pub(crate) fn llama() -> Self {
        let tokens = tokens();
        let types = tokens
            .iter()
            .map(|token| if token.starts_with("<|") { 3 } else { 1 })
            .collect();
        let vocabulary = tokens.len();
        let mut random = Random(7);
        let mut matrix = |name: &str, inner: usize, outer: usize| {
            TinyTensor::quantised(name, inner, outer, &mut random)
        };
        let mut tensors = vec![
            matrix("token_embd.weight", EMBEDDING, vocabulary),
            matrix("blk.0.attn_q.weight", EMBEDDING, EMBEDDING),
            matrix("blk.0.attn_k.weight", EMBEDDING, KEYS),
            matrix("blk.0.attn_v.weight", EMBEDDING, KEYS),
            matrix("blk.0.attn_output.weight", EMBEDDING, EMBEDDING),
            matrix("blk.0.ffn_gate.weight", EMBEDDING, WIDE),
            matrix("blk.0.ffn_up.weight", EMBEDDING, WIDE),
            matrix("blk.0.ffn_down.weight", WIDE, EMBEDDING),
        ];
        for name in ["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"] {
            tensors.push(TinyTensor::ones(&format!("{name}.weight"), EMBEDDING));
        }
        let metadata = vec![
            ("general.architecture", Meta::Text("llama")),
            ("general.name", Meta::Text("Tiny")),
            ("general.file_type", Meta::U32(3)),
            ("llama.block_count", Meta::U32(1)),
            ("llama.context_length", Meta::U32(512)),
            ("llama.embedding_length", Meta::U32(EMBEDDING as u32)),
            ("llama.attention.head_count", Meta::U32(2)),
            ("llama.attention.head_count_kv", Meta::U32(1)),
            ("llama.rope.dimension_count", Meta::U32(KEYS as u32)),
            ("llama.attention.layer_norm_rms_epsilon", Meta::F32(1e-5)),
            ("tokenizer.ggml.model", Meta::Text("gpt2")),
            ("tokenizer.ggml.pre", Meta::Text("smollm")),
            ("tokenizer.ggml.tokens", Meta::Texts(tokens)),
            ("tokenizer.ggml.token_type", Meta::Integers(types)),
            (
                "tokenizer.ggml.merges",
                Meta::Texts(vec!["h e".to_owned(), "Ġ t".to_owned()]),
            ),
            ("tokenizer.ggml.bos_token_id", Meta::U32(1)),
            ("tokenizer.ggml.eos_token_id", Meta::U32(2)),
        ];
        Self { metadata, tensors }
    }

    /// Replaces or adds a metadata value.
    pub(crate) fn with(mut self, key: &'static str, value: Meta) -> Self {
        self.metadata.retain(|(other, _)| *other != key);
        self.metadata.push((key, value));
        self
    }

    /// Leaves a metadata value out.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.metadata.retain(|(other, _)| *other != key);
        self
    }

    /// The file, and how many of its bytes are header.
    pub(crate) fn bytes(&self) -> (Vec<u8>, usize) {
        let mut file = b"GGUF".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            push_text(&mut file, key);
            push_value(&mut file, value);
        }
        let mut offset = 0_u64;
        for tensor in &self.tensors {
            push_text(&mut file, &tensor.name);
            file.extend((tensor.dimensions.len() as u32).to_le_bytes());
            tensor
                .dimensions
                .iter()
                .for_each(|size| file.extend(size.to_le_bytes()));
            file.extend(tensor.code.to_le_bytes());
            file.extend(offset.to_le_bytes());
            offset = (offset + tensor.data.len() as u64).next_multiple_of(32);
        }
        let header = file.len();
        for tensor in &self.tensors {
            file.resize(file.len().next_multiple_of(32), 0);
            file.extend(&tensor.data);
        }
        (file, header)
    }

    /// Writes the file into a folder.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.bytes().0).unwrap();
        path
    }
}

impl TinyTensor {
    fn quantised(name: &str, inner: usize, outer: usize, random: &mut Random) -> Self {
        let numbers: Vec<f32> = (0..inner * outer).map(|_| random.next()).collect();
        let tensor = Tensor::from_vec(numbers, (outer, inner), &Device::Cpu).unwrap();
        let data = QTensor::quantize(&tensor, GgmlDType::Q4_1).unwrap();
        Self {
            name: name.to_owned(),
            dimensions: vec![inner as u64, outer as u64],
            code: 3,
            data: data.data().unwrap().into_owned(),
        }
    }

    fn ones(name: &str, length: usize) -> Self {
        let data = std::iter::repeat_n(1_f32.to_le_bytes(), length)
            .flatten()
            .collect();
        Self {
            name: name.to_owned(),
            dimensions: vec![length as u64],
            code: 0,
            data,
        }
    }
}

/// Between -1 and 1, the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

fn tokens() -> Vec<String> {
    let mut tokens: Vec<String> = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        .map(str::to_owned)
        .to_vec();
    let mut letters: Vec<String> = crate::vocabulary::byte_letters()
        .keys()
        .map(char::to_string)
        .collect();
    letters.sort();
    tokens.extend(letters);
    tokens.extend(["he".to_owned(), "Ġt".to_owned()]);
    tokens
}

fn push_text(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text.as_bytes());
}

fn push_value(file: &mut Vec<u8>, value: &Meta) {
    let code = |file: &mut Vec<u8>, code: u32| file.extend(code.to_le_bytes());
    match value {
        Meta::U8(number) => {
            code(file, 0);
            file.push(*number);
        }
        Meta::U32(number) => {
            code(file, 4);
            file.extend(number.to_le_bytes());
        }
        Meta::U64(number) => {
            code(file, 10);
            file.extend(number.to_le_bytes());
        }
        Meta::F32(number) => {
            code(file, 6);
            file.extend(number.to_le_bytes());
        }
        Meta::Text(text) => {
            code(file, 8);
            push_text(file, text);
        }
        Meta::Texts(texts) => {
            code(file, 9);
            code(file, 8);
            file.extend((texts.len() as u64).to_le_bytes());
            texts.iter().for_each(|text| push_text(file, text));
        }
        Meta::Integers(numbers) => {
            code(file, 9);
            code(file, 5);
            file.extend((numbers.len() as u64).to_le_bytes());
            numbers
                .iter()
                .for_each(|number| file.extend(number.to_le_bytes()));
        }
    }
}
