//! What routing is tested with: faults that end by themselves, allowances that go down, half answers.

use std::time::{Duration, Instant};

use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use super::transfer::raw;
use super::{CHAT, status};

/// Every family's address for a stream.
const WAYS: [&str; 6] = [
    CHAT,
    "/v1/responses",
    "/v1/messages",
    "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    "/v1/projects/p/locations/l/publishers/google/models/{model}:streamGenerateContent?alt=sse",
    "/api/chat",
];

fn header<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = reply.split_once("\r\n\r\n")?;
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(header, _)| *header == name)
        .map(|(_, value)| value)
}

fn code(reply: &str) -> &str {
    reply.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn faults_with_a_time_in_their_name_end_by_themselves_in_every_family() {
    let server = ScriptedProvider::start().unwrap();
    for path in WAYS {
        let label = path.len();
        let ask = |name: &str| raw(&server, path, &format!("{name}:{label}"));
        assert_eq!(code(&ask("503-for-120ms")), "503", "{path}");
        let began = Instant::now();
        while code(&ask("503-for-120ms")) == "503" {
            assert!(began.elapsed() < Duration::from_secs(5), "{path}");
        }
        for (name, replies) in [
            ("500-for-2-requests", ["500", "500", "200"]),
            ("429-retry-after-40ms", ["429", "200", "200"]),
        ] {
            assert_eq!(
                replies.map(|_| code(&ask(name)).to_owned()),
                replies,
                "{path}"
            );
        }
        for (name, least) in [
            ("first-token-after-60ms", 60),
            ("headers-after-60ms", 60),
            ("stall-after-2-for-60ms", 60),
        ] {
            let began = Instant::now();
            let reply = ask(name);
            assert!(
                began.elapsed() >= Duration::from_millis(least),
                "{path} {name}"
            );
            assert_eq!(code(&reply), "200", "{path} {name}");
            assert_eq!(
                reply.ends_with("\r\n0\r\n\r\n"),
                !name.starts_with("stall"),
                "{path} {name}"
            );
        }
    }
}

#[test]
fn allowances_go_down_with_each_request_of_a_key() {
    let server = ScriptedProvider::start_with(ScriptedOptions {
        request_limit: Some(2),
        ..ScriptedOptions::default()
    })
    .unwrap();
    for (path, remaining, reset) in [
        (
            CHAT,
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ),
        (
            "/v1/messages",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ),
    ] {
        let replies: Vec<_> = (0..3).map(|_| raw(&server, path, "answer")).collect();
        let left: Vec<_> = replies
            .iter()
            .map(|reply| header(reply, remaining))
            .collect();
        assert_eq!(left, [Some("1"), Some("0"), Some("0")], "{path}");
        let codes: Vec<_> = replies.iter().map(|reply| code(reply)).collect();
        assert_eq!(codes, ["200", "200", "429"], "{path}");
        assert!(header(&replies[2], reset).is_some(), "{path}");
        assert_eq!(header(&replies[2], "retry-after"), None, "{path}");
    }
    assert_eq!(status(&server, CHAT, "authorization: Bearer sk-other"), 200);
    assert_eq!(
        status(&server, CHAT, "authorization: Bearer sk-spent-1"),
        429
    );
}
