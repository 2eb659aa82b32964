//! Every recorded stream, cut at every byte, gives the same events; and those events are the ones in
//! the snapshots.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::fs;
use std::path::{Path, PathBuf};

use patchbay_domain::{Failure, StreamEvent};
use patchbay_providers::openai_chat::Decoder;
use patchbay_providers::{AnswerReader, Scrubber};
use proptest::prelude::*;

type Event = Result<StreamEvent, Failure>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cassettes/openai_chat")
}

fn cassettes() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() > 30, "the cassettes are not where they were");
    found
}

fn replay<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut reader = AnswerReader::new(Decoder::default(), Scrubber::default());
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(reader.push(piece));
        if reader.is_done() {
            break;
        }
    }
    events.extend(reader.finish());
    events
}

#[test]
fn every_stream_gives_the_events_in_its_snapshot() {
    for (name, bytes) in cassettes() {
        let events = replay([bytes.as_slice()]);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!(name, events);
        });
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for (name, bytes) in cassettes() {
        let whole = replay([bytes.as_slice()]);
        assert_eq!(replay(bytes.chunks(1)), whole, "{name}, byte by byte");
        for offset in 0..=bytes.len() {
            let (left, right) = bytes.split_at(offset);
            assert_eq!(replay([left, right]), whole, "{name}, cut at {offset}");
        }
    }
}

#[test]
fn nothing_follows_a_failure() {
    for (name, bytes) in cassettes() {
        let events = replay(bytes.chunks(7));
        let failures = events.iter().filter(|event| event.is_err()).count();
        assert!(failures <= 1, "{name}");
        assert!(
            failures == 0 || events.last().is_some_and(Result::is_err),
            "{name}"
        );
    }
}

/// A stream that is cut short may lose its end, but never says anything that the whole one did not.
#[test]
fn a_shortened_stream_says_a_beginning_of_the_whole_one() {
    for (name, bytes) in cassettes() {
        if !bytes.trim_ascii_start().starts_with(b"data") && !bytes.starts_with(b":") {
            continue;
        }
        let whole = replay([bytes.as_slice()]);
        for length in 0..bytes.len() {
            let cut = replay([&bytes[..length]]);
            assert!(whole.starts_with(&cut), "{name}, cut at {length}: {cut:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_cuts_change_nothing(which in any::<prop::sample::Index>(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let cassettes = cassettes();
        let (name, bytes) = which.get(&cassettes);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(replay(pieces), replay([bytes.as_slice()]), "{}", name);
    }

    /// What a hostile server sends: pieces of real streams, and noise.
    #[test]
    fn no_bytes_make_it_panic(
        which in any::<prop::sample::Index>(),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        piece in 1_usize..64,
    ) {
        let cassettes = cassettes();
        let mut bytes = which.get(&cassettes).1.clone();
        for (place, byte) in noise {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let events = replay(bytes.chunks(piece));
        let is_empty = |event: &Event| matches!(event, Ok(StreamEvent::Text { text } | StreamEvent::Reasoning { text }) if text.is_empty());
        prop_assert!(!events.iter().any(is_empty));
    }
}
