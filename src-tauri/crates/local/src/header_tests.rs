use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::architecture::Architecture;
use crate::error::Unsupported;
use crate::fixture::{Meta, Tiny};

fn read(bytes: &[u8]) -> Result<Header, HeaderError> {
    Header::read(Cursor::new(bytes), bytes.len() as u64)
}

fn architecture(tiny: &Tiny) -> Result<Architecture, Unsupported> {
    Architecture::of(&read(&tiny.bytes().0).unwrap())
}

/// A header with every type of value, small enough to try everything on it.
fn small() -> (Vec<u8>, usize) {
    let mut tiny = Tiny::llama();
    tiny.metadata.truncate(4);
    tiny.tensors.truncate(2);
    tiny.with("a", Meta::Texts(vec!["x".to_owned(), String::new()]))
        .with("b", Meta::Integers(vec![1, -1]))
        .with("c", Meta::F32(0.5))
        .with("d", Meta::U64(1))
        .with("general.alignment", Meta::U32(32))
        .bytes()
}

#[test]
fn a_whole_file_is_read() {
    let (bytes, end) = Tiny::llama().bytes();
    let header = read(&bytes).unwrap();
    assert_eq!(header.text("general.name"), Some("Tiny"));
    assert_eq!(header.unsigned("llama.context_length"), Some(512));
    assert_eq!(header.tensors.len(), 11);
    assert_eq!(header.data_offset, end.next_multiple_of(32) as u64);
    let architecture = Architecture::of(&header).unwrap();
    assert_eq!(
        architecture,
        Architecture {
            context: 512,
            vocabulary: 261
        }
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (bytes, header) = small();
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        match error {
            HeaderError::NotGguf => assert!(length < 4, "at {length}"),
            HeaderError::CutHeader { actual } => {
                assert!(length < header, "at {length}");
                assert_eq!(actual, length as u64);
            }
            HeaderError::CutTensors { needed, actual } => {
                assert!(length >= header, "at {length}");
                assert_eq!((needed, actual), (bytes.len() as u64, length as u64));
            }
            other => panic!("at {length}: {other}"),
        }
    }
}

#[test]
fn every_single_flipped_bit_is_survived() {
    let (bytes, header) = small();
    for bit in 0..header * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(header) = read(&bytes) {
            let _ = Architecture::of(&header);
        }
    }
}

#[test]
fn absurd_counts_are_refused_before_anything_is_allocated() {
    let (bytes, _) = small();
    for position in [8, 16, 24] {
        let mut bytes = bytes.clone();
        bytes[position..position + 8].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
        assert!(
            matches!(read(&bytes), Err(HeaderError::Absurd { .. })),
            "at {position}"
        );
    }
}

#[test]
fn alignments_that_would_divide_by_zero_are_refused() {
    for alignment in [Meta::U32(0), Meta::U32(3), Meta::U8(0), Meta::Text("32")] {
        let bytes = Tiny::llama().with("general.alignment", alignment).bytes().0;
        assert!(matches!(read(&bytes), Err(HeaderError::Malformed { .. })));
    }
}

#[test]
fn other_files_and_versions_are_named() {
    assert!(matches!(
        read(b"PK\x03\x04 a zip"),
        Err(HeaderError::NotGguf)
    ));
    assert!(matches!(read(b""), Err(HeaderError::NotGguf)));
    assert!(matches!(
        read(b"GGUF\x01\0\0\0"),
        Err(HeaderError::Version(1))
    ));
    let twice = Tiny {
        metadata: vec![("a", Meta::U8(1)), ("a", Meta::U8(2))],
        tensors: vec![],
    };
    assert!(matches!(
        read(&twice.bytes().0),
        Err(HeaderError::Malformed { .. })
    ));
}

#[test]
fn models_that_cannot_be_run_are_refused_by_name() {
    let with = |key, value| architecture(&Tiny::llama().with(key, value)).unwrap_err();
    let without = |key| architecture(&Tiny::llama().without(key)).unwrap_err();
    assert_eq!(
        with("general.architecture", Meta::Text("qwen3")),
        Unsupported::Architecture("qwen3".to_owned())
    );
    assert_eq!(without("general.architecture"), Unsupported::NoArchitecture);
    assert_eq!(without("tokenizer.ggml.model"), Unsupported::NoTokenizer);
    assert_eq!(
        with("tokenizer.ggml.model", Meta::Text("llama")),
        Unsupported::Tokenizer("SentencePiece".to_owned())
    );
    assert_eq!(
        with("tokenizer.ggml.pre", Meta::Text("llama-bpe")),
        Unsupported::Tokenizer("llama-bpe".to_owned())
    );
    assert!(matches!(
        with("llama.expert_count", Meta::U32(8)),
        Unsupported::Feature(_)
    ));
    assert!(matches!(
        with("llama.rope.scaling.type", Meta::Text("yarn")),
        Unsupported::Feature(_)
    ));
    assert!(matches!(
        with("llama.block_count", Meta::U32(0)),
        Unsupported::Value { .. }
    ));
    assert!(matches!(
        with("llama.block_count", Meta::U32(2)),
        Unsupported::Shape { .. }
    ));
    assert!(matches!(
        with("llama.attention.head_count", Meta::U32(3)),
        Unsupported::Value { .. }
    ));
    assert!(matches!(
        with("llama.embedding_length", Meta::U32(128)),
        Unsupported::Value { .. }
    ));
    assert!(matches!(
        with(
            "llama.attention.layer_norm_rms_epsilon",
            Meta::F32(f32::NAN)
        ),
        Unsupported::Value { .. }
    ));
}

#[test]
fn tensors_that_would_be_ignored_or_panic_are_refused_by_name() {
    let mut biased = Tiny::llama();
    let mut bias = biased.tensors[9].clone();
    bias.name = "blk.0.attn_q.bias".to_owned();
    biased.tensors.push(bias);
    assert_eq!(
        architecture(&biased),
        Err(Unsupported::Tensor("blk.0.attn_q.bias".to_owned()))
    );

    let mut narrow = Tiny::llama();
    narrow.tensors[2].dimensions[1] -= 1;
    let shape = Unsupported::Shape {
        tensor: "blk.0.attn_k.weight".to_owned(),
    };
    assert_eq!(architecture(&narrow), Err(shape));

    let mut strange = Tiny::llama();
    strange.tensors[0].code = 20;
    let format = Unsupported::NumberFormat {
        tensor: "token_embd.weight".to_owned(),
        code: 20,
    };
    assert_eq!(architecture(&strange), Err(format));
}

proptest! {
    #[test]
    fn any_bytes_after_the_magic_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut file = b"GGUF\x03\0\0\0".to_vec();
        file.extend(bytes);
        let _ = read(&file);
    }

    #[test]
    fn any_damage_to_the_header_is_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (mut bytes, header) = small();
        for (index, byte) in changes {
            bytes[index.index(header)] = byte;
        }
        if let Ok(header) = read(&bytes) {
            let _ = Architecture::of(&header);
        }
    }
}
