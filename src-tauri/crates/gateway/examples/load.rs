//! `cargo xtask bench gateway`: what the gateway adds, against the same mock and with the same closed
//! loop of clients for everybody. The numbers mean something only on a quiet machine, and their ratios
//! more than themselves.
//!
//! Long because the mock, the gateway's process and the clients have to be read beside each other.
//!
//! One program in three roles, each a process of its own: `mock` answers as a provider that costs
//! nothing, `serve` is the gateway with ledger and history on, and without a role it is the clients.
//! Others than Patchbay are measured where their address is given:
//! `load --peer LiteLLM=http://127.0.0.1:4000 --peer Portkey=http://127.0.0.1:8787`, each set up to reach
//! the mock, whose address is printed; `--mock-port N` keeps that address the same. `cargo xtask bench
//! gateway --peers` installs and starts these two.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "figures for whoever runs it; what fails here is no figure"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_domain::AppRules;
use patchbay_engine::{AppForm, AppRequestFilter, Engine, EngineOptions, ProviderForm, shown_once};
use patchbay_gateway::{Gateway, GatewayOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Chunks of a streamed answer, and the time between two of them where it is paced.
const CHUNKS: usize = 60;
const PACE: Duration = Duration::from_millis(10);

/// How long each case runs.
const SECONDS: u64 = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    match arguments.first().map(String::as_str) {
        Some("mock") => runtime.block_on(mock(number(&arguments, "--mock-port").unwrap_or(0))),
        Some("serve") => runtime.block_on(serve(&arguments[1])),
        _ => runtime.block_on(measure(&arguments)),
    }
}

fn number(arguments: &[String], name: &str) -> Option<u16> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

// The mock.

async fn mock(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    say(&listener.local_addr().unwrap().to_string());
    let plain = Arc::new(plain());
    let chunks = Arc::new((0..CHUNKS).map(chunk).collect::<Vec<_>>());
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let _ = socket.set_nodelay(true);
        let (plain, chunks) = (Arc::clone(&plain), Arc::clone(&chunks));
        tokio::spawn(async move {
            let _ = answer(socket, &plain, &chunks).await;
        });
    }
}

/// About 1.4 KB, as a short answer of a real provider.
fn plain() -> Vec<u8> {
    let body = format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"plain","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":12,"completion_tokens":300,"total_tokens":312}}}}"#,
        "word ".repeat(230)
    );
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn chunk(number: usize) -> Vec<u8> {
    let event = if number + 1 == CHUNKS {
        r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":59,"total_tokens":71}}

data: [DONE]

"#
        .to_owned()
    } else {
        format!(
            r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{"content":"word{number} "}},"finish_reason":null}}]}}

"#
        )
    };
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

async fn answer(mut socket: TcpStream, plain: &[u8], chunks: &[Vec<u8>]) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let Some(request) = read_request(&mut socket, &mut buffer).await? else {
            return Ok(());
        };
        let is = |model: &str| {
            request
                .windows(model.len())
                .any(|window| window == model.as_bytes())
        };
        if request.starts_with(b"GET") {
            let body = r#"{"object":"list","data":[{"id":"plain","object":"model"},{"id":"burst","object":"model"},{"id":"paced","object":"model"}]}"#;
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(reply.as_bytes()).await?;
        } else if is("\"plain\"") {
            socket.write_all(plain).await?;
        } else {
            let is_paced = is("\"paced\"");
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                .await?;
            if is_paced {
                for chunk in chunks {
                    tokio::time::sleep(PACE).await;
                    socket.write_all(chunk).await?;
                }
            } else {
                socket.write_all(&chunks.concat()).await?;
            }
            socket.write_all(b"0\r\n\r\n").await?;
        }
    }
}

/// One request with its body; what came too early stays in the buffer.
async fn read_request(
    socket: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Vec<u8>>> {
    loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|length| length.trim().parse::<usize>().ok())
                .unwrap_or(0);
            let whole = end + 4 + length;
            if buffer.len() >= whole {
                let rest = buffer.split_off(whole);
                return Ok(Some(std::mem::replace(buffer, rest)));
            }
        }
        let mut piece = vec![0; 16 * 1024];
        match socket.read(&mut piece).await? {
            0 => return Ok(None),
            count => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

// The gateway's own process.

async fn serve(mock: &str) {
    let started = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let opened = Engine::open_without_keychain(EngineOptions {
        data_folder: folder.path().to_owned(),
        models_folder: folder.path().join("models"),
    });
    let engine = Arc::new(opened.await.unwrap().0);
    let options = GatewayOptions {
        port: 0,
        ..GatewayOptions::default()
    };
    let gateway = Gateway::start(Arc::clone(&engine), options).await.unwrap();
    let ready = started.elapsed();
    let saved = engine
        .save_provider(ProviderForm {
            id: None,
            preset: None,
            family: None,
            name: "Mock".to_owned(),
            base_url: format!("http://{mock}/v1"),
            options: std::collections::BTreeMap::new(),
            extra_headers: Vec::new(),
            has_attribution: false,
            key: None,
            key_for_session_only: true,
        })
        .await
        .unwrap();
    let form = AppForm {
        name: "Bench".to_owned(),
        rules: AppRules::default(),
    };
    let (_, token) = engine.create_app(form).await.unwrap();
    say(&format!(
        "{} {} {} {}",
        gateway.address(),
        shown_once(&token),
        saved.record.id.as_str(),
        ready.as_micros()
    ));
    // Told by a line that the clients are done: everything they asked has to be in the ledger.
    let wait = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)
    });
    let _ = wait.await;
    let started = Instant::now();
    let mut written = 0_u64;
    let mut before = None;
    loop {
        let filter = AppRequestFilter {
            before,
            limit: 500,
            ..AppRequestFilter::default()
        };
        let lines = engine.app_requests(filter).await.unwrap();
        if lines.iter().any(|line| line.run.ended_at.is_none()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        written += lines.len() as u64;
        match lines.last() {
            Some(last) => before = Some(last.serial),
            None => break,
        }
    }
    say(&format!("{written} {}", started.elapsed().as_millis()));
    gateway.stop().await;
    engine.close().await;
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush();
}

// The clients.

struct Target {
    name: String,
    address: SocketAddr,
    token: String,
    /// What stands before the model's name.
    prefix: String,
    /// More lines of the head.
    headers: String,
}

#[derive(Default)]
struct Figures {
    /// To the first byte of the body, and to the end; microseconds.
    first: Vec<u64>,
    whole: Vec<u64>,
    seconds: f64,
}

impl Figures {
    fn percentile(times: &mut [u64], percent: usize) -> f64 {
        if times.is_empty() {
            return f64::NAN;
        }
        times.sort_unstable();
        times[(times.len() - 1) * percent / 100] as f64 / 1_000.0
    }
}

struct Role {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Role {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn measure(arguments: &[String]) {
    let port = number(arguments, "--mock-port").unwrap_or(0).to_string();
    let mut mock = Role::start(&["mock", "--mock-port", &port]);
    let mock_address = mock.line();
    let mut gateway = Role::start(&["serve", &mock_address]);
    let told = gateway.line();
    let told: Vec<&str> = told.split(' ').collect();
    let [address, token, provider, ready] = told[..] else {
        panic!("the gateway did not start: {told:?}");
    };
    let mut targets = vec![
        Target {
            name: "direct".to_owned(),
            address: mock_address.parse().unwrap(),
            token: "none".to_owned(),
            prefix: String::new(),
            headers: String::new(),
        },
        Target {
            name: "Patchbay".to_owned(),
            address: address.parse().unwrap(),
            token: token.to_owned(),
            prefix: format!("{provider}/"),
            headers: String::new(),
        },
    ];
    for peer in arguments
        .iter()
        .skip_while(|argument| *argument != "--peer")
    {
        if let Some((name, url)) = peer.split_once("=http://") {
            targets.push(Target {
                name: name.to_owned(),
                address: url.parse().unwrap(),
                token: "sk-bench-0123456789".to_owned(),
                prefix: String::new(),
                // Portkey has no configuration: each request says where it goes.
                headers: match name {
                    "Portkey" => format!(
                        "x-portkey-provider: openai\r\n\
                         x-portkey-custom-host: http://{mock_address}/v1\r\n"
                    ),
                    _ => String::new(),
                },
            });
        }
    }
    println!(
        "mock at http://{mock_address}/v1; Patchbay ready in {} ms",
        ready.parse::<f64>().unwrap() / 1_000.0
    );
    println!(
        "load {}; closed loop, keep-alive, {SECONDS} s a case; all on the same two or more cores\n",
        std::fs::read_to_string("/proc/loadavg")
            .unwrap_or_default()
            .trim()
    );
    let mut asked = 0_u64;
    for (title, model, is_stream) in [
        ("plain 1.4 KB, whole", "plain", false),
        ("60 chunks 10 ms apart, first byte", "paced", true),
        ("60 chunks at once, whole", "burst", true),
    ] {
        for clients in [1, 8, 32] {
            println!("{title}, {clients} clients");
            let mut base = f64::NAN;
            for target in &targets {
                let is_ours = target.name == "Patchbay";
                let cpu_before = cpu_millis(gateway.child.id());
                let mut figures = load(target, model, is_stream, clients).await;
                let cpu = cpu_millis(gateway.child.id()) - cpu_before;
                let count = figures.whole.len();
                let times = if model == "paced" {
                    &mut figures.first
                } else {
                    &mut figures.whole
                };
                let (p50, p99) = (
                    Figures::percentile(times, 50),
                    Figures::percentile(times, 99),
                );
                if base.is_nan() {
                    base = p50;
                }
                let mut line = format!(
                    "  {:<10} p50 {p50:>8.3} ms  p99 {p99:>8.3} ms  added {:>8.3} ms  {:>8.0} a second",
                    target.name,
                    p50 - base,
                    count as f64 / figures.seconds
                );
                if is_ours {
                    asked += count as u64;
                    let each = cpu as f64 * 1_000.0 / count.max(1) as f64;
                    let a_chunk = each / CHUNKS as f64;
                    line += &if is_stream {
                        format!("  CPU {a_chunk:.1} us a chunk")
                    } else {
                        format!("  CPU {each:.0} us a request")
                    };
                    line += &format!("  {:.0} MB", resident_mb(gateway.child.id()));
                }
                println!("{line}");
            }
        }
    }
    writeln!(gateway.stdin, "done").unwrap();
    let written = gateway.line();
    let (written, millis) = written.split_once(' ').expect("a count");
    println!(
        "\nasked through Patchbay {asked}, in the ledger {written}, found whole {millis} ms after the last"
    );
    assert_eq!(
        written,
        asked.to_string(),
        "a request is missing in the ledger"
    );
}

async fn load(target: &Target, model: &str, is_stream: bool, clients: usize) -> Figures {
    let body = format!(
        r#"{{"model":"{}{model}","stream":{is_stream},"messages":[{{"role":"user","content":"{}"}}]}}"#,
        target.prefix,
        "Say something useful. ".repeat(5)
    );
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         {}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        target.address,
        target.token,
        target.headers,
        body.len()
    );
    let request: Arc<[u8]> = request.into_bytes().into();
    let started = Instant::now();
    let until = started + Duration::from_secs(SECONDS);
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let (request, address) = (Arc::clone(&request), target.address);
        tasks.push(tokio::spawn(client(address, request, until)));
    }
    let mut figures = Figures::default();
    for task in tasks {
        let (first, whole) = task.await.unwrap();
        figures.first.extend(first);
        figures.whole.extend(whole);
    }
    figures.seconds = started.elapsed().as_secs_f64();
    figures
}

async fn client(address: SocketAddr, request: Arc<[u8]>, until: Instant) -> (Vec<u64>, Vec<u64>) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let _ = socket.set_nodelay(true);
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    let mut buffer = Vec::with_capacity(64 * 1024);
    while Instant::now() < until {
        let began = Instant::now();
        socket.write_all(&request).await.unwrap();
        buffer.clear();
        let mut first_byte = None;
        let mut body_at = None;
        let mut length: Option<usize> = None;
        loop {
            let count = socket.read_buf(&mut buffer).await.unwrap();
            assert!(
                count > 0,
                "the connection ended: {}",
                String::from_utf8_lossy(&buffer)
            );
            if body_at.is_none()
                && let Some(end) = find(&buffer, b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
                assert!(
                    head.starts_with("http/1.1 200"),
                    "{}",
                    String::from_utf8_lossy(&buffer)
                );
                length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .and_then(|length| length.trim().parse().ok());
                body_at = Some(end + 4);
            }
            let Some(body_at) = body_at else { continue };
            if first_byte.is_none() && buffer.len() > body_at {
                first_byte = Some(began.elapsed());
            }
            let is_done = match length {
                Some(length) => buffer.len() >= body_at + length,
                None => buffer.ends_with(b"0\r\n\r\n"),
            };
            if is_done {
                break;
            }
        }
        first.push(micros(first_byte.unwrap_or_default()));
        whole.push(micros(began.elapsed()));
    }
    (first, whole)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// CPU time of a process so far, in milliseconds.
fn cpu_millis(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|ticks| ticks.parse::<u64>().ok())
    };
    // A hundred ticks a second on every Linux of today.
    (ticks(12).unwrap_or(0) + ticks(13).unwrap_or(0)) * 10
}

/// Memory that a process holds, in megabytes.
fn resident_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kilobytes| kilobytes / 1_024.0)
}
