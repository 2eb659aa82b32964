//! Networks and servers that are not what they should be.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use patchbay_domain::FailureClass;
use patchbay_testkit::ScriptedProvider;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{ask, failure, provider, text};

#[tokio::test]
async fn a_name_that_nobody_has_is_not_resolved() {
    let failure = failure(ask(&provider("https://host.invalid/v1"), "answer").await);
    assert_eq!(failure.class, FailureClass::NameNotResolved, "{failure}");
    assert_eq!(failure.status, None);
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for base in [
        format!("http://{address}/v1"),
        format!("https://{address}/v1"),
    ] {
        let failure = failure(ask(&provider(&base), "answer").await);
        assert_eq!(failure.class, FailureClass::ConnectionRefused, "{failure}");
    }
}

/// A listener that speaks TLS with a certificate of its own making, and that certificate as PEM.
async fn tls_listener() -> (tokio::net::TcpListener, tokio_rustls::TlsAcceptor, String) {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key =
        rustls::pki_types::PrivateKeyDer::Pkcs8(certificate.signing_key.serialize_der().into());
    let server = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![certificate.cert.der().clone()], key)
    .unwrap();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    (listener, acceptor, certificate.cert.pem())
}

fn https_base(listener: &tokio::net::TcpListener) -> String {
    format!(
        "https://localhost:{}/v1",
        listener.local_addr().unwrap().port()
    )
}

#[tokio::test]
async fn a_certificate_of_unknown_origin_is_refused() {
    let (listener, acceptor, _) = tls_listener().await;
    let base = https_base(&listener);
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Whether the client breaks off, and whether it sent anything before it did.
        match acceptor.accept(stream).await {
            Ok(mut stream) => {
                let mut sent = Vec::new();
                let _ = stream.read_to_end(&mut sent).await;
                sent
            }
            Err(_) => Vec::new(),
        }
    });
    let failure = failure(ask(&provider(&base), "answer").await);
    assert_eq!(failure.class, FailureClass::Tls, "{failure}");
    assert!(failure.message.contains("certificate"), "{failure}");
    assert_eq!(served.await.unwrap(), Vec::<u8>::new());
}

/// The same server, once the system trusts it. The certificates that a system trusts are named by an
/// environment variable, so the client runs in a process of its own: this very test.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_system_trusts_is_accepted() {
    const BASE: &str = "PATCHBAY_TEST_HTTPS_BASE";
    if let Ok(base) = std::env::var(BASE) {
        let (events, failed) = ask(&provider(&base), "answer").await;
        assert_eq!((text(&events).as_str(), failed), ("Safe.", None));
        return;
    }
    let (listener, acceptor, certificate) = tls_listener().await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate).unwrap();
    let mut client = std::process::Command::new(std::env::current_exe().unwrap());
    client
        .arg("a_certificate_that_the_system_trusts_is_accepted")
        .env(BASE, https_base(&listener))
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR");
    let client = tokio::task::spawn_blocking(move || client.output().unwrap());
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = acceptor.accept(stream).await.unwrap();
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await.unwrap();
    assert!(request[..length].starts_with(b"POST /v1/chat/completions"));
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"Safe.\"},\"finish_reason\":\"stop\"}]}\n\n";
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let output = client.await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[tokio::test]
async fn https_to_a_port_that_speaks_http_says_so() {
    let server = ScriptedProvider::start().unwrap();
    let failure = failure(
        ask(
            &provider(&format!("https://{}/v1", server.address())),
            "answer",
        )
        .await,
    );
    assert_eq!(failure.class, FailureClass::Tls, "{failure}");
    assert!(failure.message.contains("http"), "{failure}");
}

/// Servers that speak something else, or stop in the middle of their headers.
#[tokio::test]
async fn noise_instead_of_http_is_a_lost_connection() {
    let endless_header = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(2_000_000));
    for reply in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\ncontent-ty",
        "",
        endless_header.as_str(),
    ] {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let reply = reply.to_owned();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 64];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.shutdown().await;
            // Read to the end, so that the closing is no reset.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        let failure = failure(ask(&provider(&base), "answer").await);
        assert_eq!(failure.class, FailureClass::ConnectionLost, "{failure:?}");
        served.await.unwrap();
    }
}

/// A body that is far longer than any error, and never ends: only its beginning is read.
#[tokio::test]
async fn an_endless_error_body_is_read_only_as_far_as_needed() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream
            .write_all(b"HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n")
            .await;
        let piece = [b'x'; 16 * 1024];
        let mut sent = 0;
        while stream.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        sent
    });
    let failure = failure(ask(&provider(&base), "answer").await);
    assert_eq!(failure.class, FailureClass::ServerError);
    assert!(failure.message.chars().count() <= 2_001);
    // What the sockets' buffers held comes on top of what was read.
    assert!(served.await.unwrap() < 16 * 1024 * 1024);
}
