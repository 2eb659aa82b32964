use std::time::{Duration, SystemTime};

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;

use super::*;
use crate::fixture::Tiny;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn numbers(path: &Path, tensor: &str) -> Vec<f32> {
    let mut file = File::open(path).unwrap();
    let content = Content::read(&mut file).unwrap();
    let tensor = content.tensor(&mut file, tensor, &Device::Cpu).unwrap();
    tensor
        .dequantize(&Device::Cpu)
        .unwrap()
        .flatten_all()
        .unwrap()
        .to_vec1()
        .unwrap()
}

#[test]
fn the_copy_holds_the_same_numbers_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let source = Tiny::llama().write(folder.path(), "tiny.gguf");
    let mut seen = Vec::new();
    let first = prepare(&source, &mut |progress| {
        seen.push(progress);
        true
    })
    .unwrap();
    assert_eq!(first.outcome, PrepareOutcome::Written);
    assert_eq!(
        names(folder.path()),
        ["tiny.Q8_0.patchbay.gguf", "tiny.gguf"]
    );
    assert!(
        first.bytes > first.source_bytes,
        "8 bits a number instead of 4"
    );
    assert_eq!(
        seen.last().map(|last| last.done),
        seen.last().map(|last| last.total)
    );

    for tensor in [
        "token_embd.weight",
        "blk.0.ffn_down.weight",
        "output_norm.weight",
    ] {
        let (before, after) = (numbers(&source, tensor), numbers(&first.path, tensor));
        assert_eq!(before.len(), after.len());
        // Half a step of the largest number in a block, which is 1.
        let worst = before
            .iter()
            .zip(&after)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(worst <= 0.005, "{tensor}: {worst}");
    }
    let header = open(&first.path).unwrap();
    assert_eq!(
        header.unsigned("general.file_type"),
        Some(u64::from(MOSTLY_Q8_0))
    );
    assert_eq!(header.text("general.name"), Some("Tiny"));

    let second = prepare(&source, &mut |_| true).unwrap();
    assert_eq!(
        second,
        Prepared {
            outcome: PrepareOutcome::Reused,
            ..first.clone()
        }
    );
    let of_the_copy = prepare(&first.path, &mut |_| true).unwrap();
    assert_eq!(of_the_copy.outcome, PrepareOutcome::NotNeeded);
    assert_eq!(source_of(&first.path), Some(source));
}

#[test]
fn a_copy_of_another_source_or_a_cut_one_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let source = Tiny::llama().write(folder.path(), "tiny.gguf");
    let copy = prepare(&source, &mut |_| true).unwrap().path;

    let file = File::options().write(true).open(&source).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
        .unwrap();
    assert_eq!(
        prepare(&source, &mut |_| true).unwrap().outcome,
        PrepareOutcome::Written
    );

    let whole = std::fs::read(&copy).unwrap();
    std::fs::write(&copy, &whole[..whole.len() - 40]).unwrap();
    assert_eq!(
        prepare(&source, &mut |_| true).unwrap().outcome,
        PrepareOutcome::Written
    );
    assert_eq!(std::fs::read(&copy).unwrap(), whole);
}

#[test]
fn cancelling_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let source = Tiny::llama().write(folder.path(), "tiny.gguf");
    let mut calls = 0;
    let cancelled = prepare(&source, &mut |_| {
        calls += 1;
        calls < 3
    });
    assert!(matches!(cancelled, Err(PrepareError::Cancelled)));
    assert_eq!(calls, 3);
    assert_eq!(names(folder.path()), ["tiny.gguf"]);
}

#[test]
fn a_copy_that_cannot_be_put_in_place_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let source = Tiny::llama().write(folder.path(), "tiny.gguf");
    std::fs::create_dir(prepared_path(&source)).unwrap();
    assert!(matches!(
        prepare(&source, &mut |_| true),
        Err(PrepareError::Write(_))
    ));
    assert_eq!(
        names(folder.path()),
        ["tiny.Q8_0.patchbay.gguf", "tiny.gguf"]
    );
}

#[test]
fn what_a_killed_app_left_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let source = Tiny::llama().write(folder.path(), "tiny.gguf");
    std::fs::write(
        folder.path().join(".tiny.Q8_0.patchbay.gguf.abc.partial"),
        b"half",
    )
    .unwrap();
    std::fs::write(folder.path().join(".other.gguf.abc.partial"), b"not ours").unwrap();
    prepare(&source, &mut |_| true).unwrap();
    assert_eq!(
        names(folder.path()),
        [
            ".other.gguf.abc.partial",
            "tiny.Q8_0.patchbay.gguf",
            "tiny.gguf"
        ]
    );
}

#[test]
fn files_that_are_no_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    assert!(matches!(
        prepare(&path, &mut |_| true),
        Err(PrepareError::Missing(_))
    ));
    std::fs::write(&path, b"PK\x03\x04").unwrap();
    assert!(matches!(
        prepare(&path, &mut |_| true),
        Err(PrepareError::Header(_))
    ));
}
