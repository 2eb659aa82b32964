//! Faults below the text: breaks, ends without an end, waits.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use patchbay_testkit::ScriptedProvider;

use super::{ASKED, CHAT};

/// Everything that came back until the end or a break.
pub(super) fn raw(server: &ScriptedProvider, path: &str, model: &str) -> String {
    let path = path.replace("{model}", model);
    let body = ASKED
        .replace("answer", model)
        .replace(r#""stream":false"#, r#""stream":true"#);
    let mut socket = TcpStream::connect(server.address()).unwrap();
    write!(
        socket,
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut bytes = Vec::new();
    // A break may be an error, and what came before it counts.
    let _ = socket.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_faults_of_the_transfer_are_real_in_every_family() {
    let server = ScriptedProvider::start().unwrap();
    for path in [
        CHAT,
        "/v1/responses",
        "/v1/messages",
        "/v1beta/models/{model}:streamGenerateContent?alt=sse",
        "/v1/projects/p/locations/l/publishers/google/models/{model}:streamGenerateContent?alt=sse",
        "/api/chat",
    ] {
        const END: &str = "\r\n0\r\n\r\n";
        let label = path.len();
        for (name, says_three, ends) in [
            ("cut-after-3", true, false),
            ("end-after-3", true, true),
            ("count-to-4", true, true),
            ("drip", true, true),
            ("stall-after-3", true, false),
        ] {
            let model = format!("{name}:{label}");
            server.release_for(&model, 20);
            let reply = raw(&server, path, &model);
            assert_eq!(
                reply.contains("\"3 \""),
                says_three,
                "{path} {name}: {reply}"
            );
            assert_eq!(reply.ends_with(END), ends, "{path} {name}");
        }
        assert_eq!(
            raw(&server, path, &format!("reset-then-ok:{label}")),
            "",
            "{path}"
        );
        for (name, status) in [("reset-then-ok", 200), ("503-until-recovered", 503)] {
            let reply = raw(&server, path, &format!("{name}:{label}"));
            assert!(
                reply.starts_with(&format!("HTTP/1.1 {status}")),
                "{path} {name}"
            );
        }
        let model = format!("503-until-recovered:{label}");
        server.recover(&model);
        assert!(raw(&server, path, &model).ends_with(END), "{path}");
    }
    let families = server.chat_requests().len();
    assert_eq!(families, 6 * 9);
}
