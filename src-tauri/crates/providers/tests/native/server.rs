//! A server that is a table of replies.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is sent back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            body: body.into(),
        }
    }

    pub(crate) fn refusal(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
        }
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method, path and query.
    pub(crate) line: String,
    headers: HashMap<String, String>,
    body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Replies by method and path, such as `POST /v1/messages`; each is given once, the last one of a
/// path for ever.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) async fn start(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let mut table: HashMap<String, VecDeque<Reply>> = HashMap::new();
        for (line, reply) in replies {
            table.entry(line.to_owned()).or_default().push_back(reply);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            received: Arc::default(),
        };
        let received = Arc::clone(&server.received);
        tokio::spawn(async move {
            let table = Arc::new(Mutex::new(table));
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&table), Arc::clone(&received)));
            }
        });
        server
    }

    pub(crate) fn base_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What came for this method and path.
    pub(crate) fn received_for(&self, line: &str) -> Vec<Received> {
        let received = self.received().into_iter();
        received.filter(|received| received.line == line).collect()
    }
}

async fn serve(
    mut socket: TcpStream,
    table: Arc<Mutex<HashMap<String, VecDeque<Reply>>>>,
    log: Arc<Mutex<Vec<Received>>>,
) {
    let Some(received) = receive(&mut socket).await else {
        return;
    };
    let path = received.line.split('?').next().unwrap().to_owned();
    log.lock().unwrap().push(received);
    let reply = {
        let mut table = table.lock().unwrap();
        match table.get_mut(&path) {
            Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
            Some(replies) => replies[0].clone(),
            None => Reply::refusal(404, "404 page not found"),
        }
    };
    let head = format!(
        "HTTP/1.1 {} Reply\r\ndate: Wed, 25 Nov 2026 16:00:00 GMT\r\nrequest-id: req_native\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.status,
        reply.body.len()
    );
    // Whoever has gone wants no answer.
    let _ = socket.write_all(head.as_bytes()).await;
    let _ = socket.write_all(reply.body.as_bytes()).await;
    let _ = socket.shutdown().await;
}

async fn receive(socket: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[end..end + length].to_vec()).unwrap();
    Some(Received {
        line,
        headers,
        body,
    })
}
