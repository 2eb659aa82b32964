//! A server that answers by a function, one request a connection, and remembers what it was asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What was asked: the first line's method and path, and all headers in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: String,
}

impl Asked {
    pub(crate) fn has_key(&self) -> bool {
        self.headers.contains(super::KEY)
    }
}

/// A status, and a body of JSON.
pub(crate) type Answer = (u16, String);

pub(crate) fn json(status: u16, body: &str) -> Answer {
    (status, body.to_owned())
}

pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), answer)
            .await
            .unwrap()
    }

    /// One that signs its replies with its name.
    pub(crate) async fn start_as(
        name: &'static str,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_signed(Ipv4Addr::LOCALHOST.into(), name, answer)
            .await
            .unwrap()
    }

    pub(crate) async fn start_at(
        host: IpAddr,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        Self::start_signed(host, "a test", answer).await
    }

    async fn start_signed(
        host: IpAddr,
        name: &'static str,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((host, 0)).await?;
        let port = listener.local_addr()?.port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, remembered) = (Arc::clone(&answer), Arc::clone(&remembered));
                tokio::spawn(async move {
                    let _ = serve(stream, name, &*answer, &remembered).await;
                });
            }
        });
        Ok(Self { port, asked })
    }

    pub(crate) fn base(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    name: &str,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
    remembered: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut received = Vec::new();
    while !received.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
    let text = String::from_utf8_lossy(&received).into_owned();
    let (first, headers) = text.split_once("\r\n").unwrap();
    let mut words = first.split(' ');
    let asked = Asked {
        method: words.next().unwrap().to_owned(),
        path: words.next().unwrap().to_owned(),
        headers: headers.to_ascii_lowercase(),
    };
    remembered.lock().unwrap().push(asked.clone());
    let (status, body) = answer(&asked);
    let location = if (300..400).contains(&status) {
        format!("location: {body}\r\n")
    } else {
        String::new()
    };
    let reply = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nserver: {name}\r\n{location}\
         date: Wed, 25 Nov 2026 16:10:09 GMT\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(reply.as_bytes()).await?;
    stream.shutdown().await?;
    // Read to the end, so that the closing is no reset.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}
