//! Every recorded stream, cut at every byte, gives the same events; and those events are the ones in
//! the snapshots.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::fs;
use std::path::Path;

use patchbay_domain::{Failure, StreamEvent, WireFamily};
use patchbay_providers::decode::{Framing, StreamDecoder};
use patchbay_providers::openai_chat::{ReasoningReturn, ReportedCost};
use patchbay_providers::{AnswerReader, Dialect, Scrubber, usage_from_raw};
use patchbay_providers::{anthropic_messages, gemini, ollama, openai_chat, openai_responses};
use proptest::prelude::*;

type Event = Result<StreamEvent, Failure>;

/// The recorded streams of one family of wire formats.
struct Family {
    /// The folder below `cassettes`, and below the snapshots.
    folder: &'static str,
    /// Fewer files than this mean that they are not where they were.
    at_least: usize,
    /// A decoder for the stream of this name, which may ask for a dialect.
    decoder: fn(name: &str) -> Box<dyn StreamDecoder>,
    speaks: WireFamily,
}

const FAMILIES: &[Family] = &[
    Family {
        folder: "openai_chat",
        speaks: WireFamily::OpenAiChat,
        at_least: 50,
        decoder: |name| {
            let dialect = chat_dialect(name);
            Box::new(openai_chat::Decoder::new(
                dialect,
                None,
                Scrubber::default(),
            ))
        },
    },
    Family {
        folder: "gemini",
        speaks: WireFamily::Gemini,
        at_least: 22,
        decoder: |_| Box::<gemini::Decoder>::default(),
    },
    Family {
        folder: "anthropic_messages",
        speaks: WireFamily::AnthropicMessages,
        at_least: 25,
        decoder: |_| Box::<anthropic_messages::Decoder>::default(),
    },
    Family {
        folder: "ollama",
        speaks: WireFamily::Ollama,
        at_least: 15,
        decoder: |_| Box::<ollama::Decoder>::default(),
    },
    Family {
        folder: "openai_responses",
        speaks: WireFamily::OpenAiResponses,
        at_least: 30,
        decoder: responses_decoder,
    },
];

/// The dialect of the provider that a stream of this name came from.
fn chat_dialect(name: &str) -> Dialect {
    let usual = Dialect::default();
    match name.split('_').next() {
        Some("openai") => Dialect::openai(),
        Some("openrouter") => Dialect::openrouter(),
        Some("deepseek") => Dialect {
            reasoning_return: ReasoningReturn::ReasoningContentWithTools,
            ..usual
        },
        Some("google") => Dialect {
            thinking_only_in_total: true,
            reasoning_return: ReasoningReturn::ToolExtraContent,
            ..usual
        },
        Some("litellm") => Dialect {
            reported_cost: ReportedCost::DollarsOrUnknown,
            ..usual
        },
        Some("perplexity") => Dialect {
            reported_cost: ReportedCost::Dollars,
            ..usual
        },
        Some("xai") => Dialect {
            reported_cost: ReportedCost::UsdTicks,
            ..usual
        },
        _ => usual,
    }
}

fn responses_decoder(name: &str) -> Box<dyn StreamDecoder> {
    let mut decoder = openai_responses::Decoder::default();
    match name.split('_').next() {
        Some("openrouter") => decoder = decoder.with_reported_cost(ReportedCost::Dollars),
        Some("litellm") => {
            decoder = decoder.with_reported_cost(ReportedCost::DollarsOrUnknown);
        }
        Some("xai") => decoder = decoder.with_reported_cost(ReportedCost::UsdTicks),
        _ => {}
    }
    if name.starts_with("stop_text") {
        decoder = decoder
            .with_stop(vec!["END".to_owned()])
            .with_warnings(vec!["A seed was left out.".to_owned()]);
    }
    Box::new(decoder)
}

struct Cassette {
    family: &'static Family,
    name: String,
    bytes: Vec<u8>,
}

impl Cassette {
    fn replay<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let decoder = (self.family.decoder)(&self.name);
        let mut reader = AnswerReader::new(decoder, Scrubber::default());
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

    fn whole(&self) -> Vec<Event> {
        self.replay([self.bytes.as_slice()])
    }

    fn is_stream(&self) -> bool {
        let bytes = self.bytes.trim_ascii_start();
        match (self.family.decoder)(&self.name).framing() {
            Framing::EventStream => [&b"data"[..], b"event", b":"]
                .iter()
                .any(|start| bytes.starts_with(start)),
            Framing::JsonLines => bytes.starts_with(b"{"),
        }
    }
}

fn cassettes() -> Vec<Cassette> {
    FAMILIES.iter().flat_map(cassettes_of).collect()
}

fn cassettes_of(family: &'static Family) -> Vec<Cassette> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../cassettes")
        .join(family.folder);
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .map(|path| Cassette {
            family,
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            bytes: fs::read(path).unwrap(),
        })
        .collect();
    found.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(
        found.len() >= family.at_least,
        "the cassettes of {} are not where they were",
        family.folder
    );
    found
}

#[test]
fn every_stream_gives_the_events_in_its_snapshot() {
    for cassette in cassettes() {
        let events = cassette.whole();
        insta::with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            snapshot_path => Path::new("snapshots").join(cassette.family.folder),
        }, {
            insta::assert_json_snapshot!(cassette.name.as_str(), events);
        });
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for cassette in cassettes() {
        let (name, bytes, whole) = (&cassette.name, &cassette.bytes, cassette.whole());
        assert_eq!(
            cassette.replay(bytes.chunks(1)),
            whole,
            "{name}, byte by byte"
        );
        for offset in 0..=bytes.len() {
            let (left, right) = bytes.split_at(offset);
            let cut = cassette.replay([left, right]);
            assert_eq!(cut, whole, "{name}, cut at {offset}");
        }
    }
}

/// What was kept of a usage object is enough to count its tokens again.
#[test]
fn a_kept_usage_object_counts_the_same_again() {
    let mut counted = 0;
    for cassette in cassettes() {
        let dialect = chat_dialect(&cassette.name);
        for event in cassette.whole() {
            let Ok(StreamEvent::Usage { usage, raw, .. }) = event else {
                continue;
            };
            if usage.is_zero() {
                continue;
            }
            let again = usage_from_raw(cassette.family.speaks, dialect, &raw).unwrap();
            // Searches are counted beside the object.
            assert!(
                again.web_searches <= usage.web_searches,
                "{}",
                cassette.name
            );
            let web_searches = usage.web_searches;
            let again = patchbay_domain::Usage {
                web_searches,
                ..again
            };
            assert_eq!(again, usage, "{}", cassette.name);
            counted += 1;
        }
    }
    assert!(counted > 100, "{counted}");
}

#[test]
fn nothing_follows_a_failure() {
    for cassette in cassettes() {
        let events = cassette.replay(cassette.bytes.chunks(7));
        let failures = events.iter().filter(|event| event.is_err()).count();
        assert!(failures <= 1, "{}", cassette.name);
        assert!(
            failures == 0 || events.last().is_some_and(Result::is_err),
            "{}",
            cassette.name
        );
    }
}

/// A stream that is cut short may lose its end, but never says anything that the whole one did not.
#[test]
fn a_shortened_stream_says_a_beginning_of_the_whole_one() {
    for cassette in cassettes()
        .into_iter()
        .filter(|cassette| cassette.is_stream())
    {
        let whole = cassette.whole();
        for length in 0..cassette.bytes.len() {
            let cut = cassette.replay([&cassette.bytes[..length]]);
            assert!(
                whole.starts_with(&cut),
                "{}, cut at {length}: {cut:?}",
                cassette.name
            );
        }
    }
}

proptest! {
    #[test]
    fn any_cuts_change_nothing(which in any::<prop::sample::Index>(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let cassettes = cassettes();
        let cassette = which.get(&cassettes);
        let bytes = &cassette.bytes;
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(cassette.replay(pieces), cassette.whole(), "{}", cassette.name);
    }

    /// What a hostile server sends: pieces of real streams, and noise.
    #[test]
    fn no_bytes_make_it_panic(
        which in any::<prop::sample::Index>(),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        piece in 1_usize..64,
    ) {
        let cassettes = cassettes();
        let cassette = which.get(&cassettes);
        let mut bytes = cassette.bytes.clone();
        for (place, byte) in noise {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let events = cassette.replay(bytes.chunks(piece));
        let is_empty = |event: &Event| matches!(event, Ok(StreamEvent::Text { text } | StreamEvent::Reasoning { text }) if text.is_empty());
        prop_assert!(!events.iter().any(is_empty));
    }
}
