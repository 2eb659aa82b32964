use futures::StreamExt as _;
use proptest::prelude::*;

use super::*;

fn parse(chunks: &[&[u8]]) -> Vec<SseEvent> {
    let mut events = Vec::new();
    let mut parser = SseParser::default();
    for chunk in chunks {
        let flow = parser
            .push(chunk, |event| {
                events.push(event);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(flow.is_continue());
    }
    events.extend(parser.finish());
    events
}

fn data(text: &str) -> SseEvent {
    SseEvent {
        name: None,
        data: text.to_owned(),
    }
}

#[test]
fn all_line_ends_comments_and_missing_spaces_are_read() {
    let text =
        b"\xef\xbb\xbf: comment\ndata: a\n\ndata:b\r\n\r\ndata:  c\rdata:d\r\rid: 7\nretry: 5\n\n";
    assert_eq!(parse(&[text]), [data("a"), data("b"), data(" c\nd")]);
}

#[test]
fn an_event_keeps_its_name_for_itself() {
    let events = parse(&[b"event: error\ndata: {}\n\ndata: x\n\nerror: {\"code\":500}\n\n"]);
    assert_eq!(events[0].name.as_deref(), Some("error"));
    assert_eq!(events[1], data("x"));
    assert_eq!(
        events[2],
        SseEvent {
            name: Some("error".to_owned()),
            data: "{\"code\":500}".to_owned()
        }
    );
}

#[test]
fn a_last_event_without_its_empty_line_is_given_at_the_end() {
    assert_eq!(parse(&[b"data: [DONE]"]), [data("[DONE]")]);
    assert_eq!(parse(&[b"data: a\n"]), [data("a")]);
    assert_eq!(parse(&[b": only a comment"]), []);
}

#[test]
fn broken_utf_8_is_replaced_and_the_stream_goes_on() {
    assert_eq!(
        parse(&[b"data: a\xff\xfeb\n\ndata: c\n\n"]),
        [data("a\u{fffd}\u{fffd}b"), data("c")]
    );
}

#[test]
fn a_long_line_is_refused_before_it_fills_the_memory() {
    let mut parser = SseParser::default();
    let piece = vec![b'x'; 64 * 1024];
    let mut pushed = 0;
    let refused = std::iter::repeat_with(|| {
        pushed += piece.len();
        parser.push(&piece, |_| ControlFlow::Continue(()))
    })
    .take(200)
    .any(|result| result == Err(EventTooLarge));
    assert!(refused);
    assert!(pushed <= MAX_EVENT_BYTES + piece.len());
    assert!(parser.line.capacity() <= 2 * MAX_EVENT_BYTES);
}

#[test]
fn many_small_lines_of_one_event_are_bounded_too() {
    let mut parser = SseParser::default();
    let lines = b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(1_000);
    let refused = (0..200).any(|_| parser.push(&lines, |_| ControlFlow::Continue(())).is_err());
    assert!(refused);
}

#[test]
fn the_taker_can_stop_the_reading() {
    let mut seen = 0;
    let flow = SseParser::default().push(b"data: 1\n\ndata: 2\n\n", |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((flow, seen), (Ok(ControlFlow::Break(())), 1));
}

/// Lines that look like a stream, so that chance finds its way past the first colon.
fn stream_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "data: ?[a-zé世]{0,6}",
        "data",
        ":[a-z ]{0,4}",
        "event: [a-z]{1,4}",
        "id: [a-z]{1,3}",
        "retry: [0-9]{1,3}",
        "[a-z]{1,4}: [a-z]{0,3}",
        Just(String::new()),
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    prop::collection::vec((line, end), 0..20).prop_map(|lines| {
        let lines = lines
            .into_iter()
            .filter(|(line, _)| !line.starts_with("error"));
        lines.map(|(line, end)| format!("{line}{end}")).collect()
    })
}

proptest! {
    #[test]
    fn we_agree_with_sse_stream(text in stream_text()) {
        let bytes: Result<Vec<u8>, std::io::Error> = Ok(text.clone().into_bytes());
        let stream = sse_stream::SseByteStream::new(futures::stream::iter([bytes.map(bytes::Bytes::from)]));
        let theirs: Vec<_> = futures::executor::block_on(stream.collect::<Vec<_>>())
            .into_iter()
            .map(Result::unwrap)
            .filter_map(|event| event.data.map(|data| (event.event, data)))
            .collect();
        let mut ours = Vec::new();
        let mut parser = SseParser::default();
        let _ = parser.push(text.as_bytes(), |event| {
            ours.push((event.name, event.data));
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn any_bytes_in_any_chunks_give_the_same_events(
        bytes in prop::collection::vec(prop_oneof![
            4 => prop::sample::select(b"data: event\r\n\n\n\xef\xbb\xbf\xc3\xa9".to_vec()),
            1 => any::<u8>(),
        ], 0..200),
        cuts in prop::collection::vec(0_usize..200, 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(parse(&chunks), parse(&[&bytes]));
    }
}
