//! The sockets: hyper below its convenient layers, because a reply must be able to break off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use patchbay_domain::WireFamily;
use serde_json::json;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use super::control::{Control, OpenReply};
use super::families::{self, Kind, Refusal};
use super::models::{self, Circumstances};
use super::request::RecordedRequest;
use super::routes::{self, Endpoint, Route};
use super::said::Counts;
use super::script::{Reply, Script, Step};
use super::{Billed, Pace, ScriptedOptions, accounts, allowances, keys, list_pages, organisation};

type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Broken>>>;

/// The connection is to be broken, as the script says.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

struct Server {
    address: SocketAddr,
    options: ScriptedOptions,
    control: Arc<Control>,
}

pub(super) async fn serve(
    listener: std::net::TcpListener,
    address: SocketAddr,
    options: ScriptedOptions,
    control: Arc<Control>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let server = Arc::new(Server {
        address,
        options,
        control,
    });
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        tokio::spawn(connection(Arc::clone(&server), stream));
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    // A second handle on the socket: closing it with nothing left to send is a reset, not an end.
    let Ok(handle) = duplicate(&stream) else {
        return;
    };
    let handle = Arc::new(handle);
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let server = Arc::clone(&server);
        let handle = Arc::clone(&handle);
        async move { server.answer(request, &handle).await }
    });
    // An error here is either a client that hung up, or a break that was asked for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn duplicate(stream: &TcpStream) -> io::Result<socket2::Socket> {
    SockRef::from(stream).try_clone()
}

impl Server {
    async fn answer(
        &self,
        request: Request<Incoming>,
        socket: &socket2::Socket,
    ) -> Result<Response<Body>, Broken> {
        let recorded = record(request).await.map_err(|_| Broken)?;
        let open = OpenReply::new(&self.control);
        let seen = self.control.record(recorded.clone());
        let route = routes::route(&recorded);
        if let Some(script) = self.answer_without_model(&recorded, &route) {
            return Ok(self.response(script, &recorded, open));
        }
        let model = recorded.model();
        let circumstances = Circumstances {
            earlier: seen.earlier,
            since_first: seen.since_first,
            has_recovered: self.control.has_recovered(&model),
            redirect_to: self.options.redirect_to.clone().unwrap_or_else(|| {
                format!("http://localhost:{}{}", self.address.port(), recorded.path)
            }),
            models: &self.options.models,
        };
        let limit = self.options.request_limit;
        if allowances::is_spent(seen.used, limit) {
            let refusal = Refusal {
                spent_for: Some(allowances::period()),
                ..Refusal::new(429, Kind::RateLimited, "Too many requests.")
            };
            let script = families::refusal(route.family, route.dialect, &refusal);
            return Ok(self.response(script, &recorded, open));
        }
        let tell = |script: Script| match script.status {
            200 if !script.is_page() => allowances::told(script, &route, seen.used, limit),
            _ => script,
        };
        match models::reply(&recorded, &route, &circumstances) {
            Reply::Send(script) => Ok(self.response(tell(script), &recorded, open)),
            Reply::SendLate(step, script) => {
                self.wait(&model, step).await;
                Ok(self.response(tell(script), &recorded, open))
            }
            Reply::Reset => {
                let _ = socket.set_linger(Some(Duration::ZERO));
                Err(Broken)
            }
            Reply::Silent => {
                // Hyper drops this when the client hangs up.
                let never: Infallible = std::future::pending().await;
                match never {}
            }
        }
    }

    /// The replies that do not depend on what a model plays: a wrong key, lists, balances, other paths.
    fn answer_without_model(&self, request: &RecordedRequest, route: &Route) -> Option<Script> {
        if route.endpoint == Endpoint::Unknown {
            let page = "<html><head><title>Scripted provider</title></head><body>Its API is at /v1.</body></html>";
            let status = if request.path == "/" { 200 } else { 404 };
            return Some(Script::body(status, "text/html", page));
        }
        let refuse = |refusal: &Refusal| families::refusal(route.family, route.dialect, refusal);
        if let Some(refusal) = keys::refusal(request, route, &self.options, &self.control) {
            return Some(refuse(&refusal));
        }
        if request.method != route.method() {
            return Some(refuse(&Refusal::new(
                405,
                Kind::NotAllowed,
                "Method not allowed.",
            )));
        }
        let unknown = |model: &str| refuse(&Refusal::unknown_model(model));
        let script = match &route.endpoint {
            Endpoint::Answer(_) | Endpoint::Embeddings(_) | Endpoint::Unknown => return None,
            Endpoint::CountTokens(_) => {
                let body = request.json();
                // As the maker's does: what is no part of the prompt is not taken.
                if route.family == WireFamily::AnthropicMessages
                    && let Some(field) = ["max_tokens", "stream", "temperature", "stop_sequences"]
                        .into_iter()
                        .find(|field| !body[field].is_null())
                {
                    return Some(refuse(&Refusal::new(
                        400,
                        Kind::Invalid,
                        format!("{field}: Extra inputs are not permitted"),
                    )));
                }
                // Google AI Studio counts a whole request too, where its model stands in it; Google Cloud
                // knows no such field.
                let inner = &body["generateContentRequest"];
                let names_model = inner["model"]
                    .as_str()
                    .is_some_and(|model| model.starts_with("models/"));
                if !inner.is_null() && (route.family == WireFamily::Vertex || !names_model) {
                    return Some(refuse(&Refusal::new(
                        400,
                        Kind::Invalid,
                        "Invalid JSON payload received.".to_owned(),
                    )));
                }
                let name = match route.family {
                    WireFamily::AnthropicMessages => "input_tokens",
                    _ => "totalTokens",
                };
                Script::json(200, &json!({ name: request.prompt_tokens() }))
            }
            Endpoint::Models => list_pages::page(request, route, &self.options),
            Endpoint::HostsOf(model) => {
                list_pages::hosts(model, &self.options).unwrap_or_else(|| unknown(model))
            }
            Endpoint::Key => accounts::key_page(request, &self.options),
            Endpoint::Balance => accounts::balance_page(request, route, &self.options),
            Endpoint::Organisation(report) => {
                organisation::page(request, route.family, *report, &self.options.organisation)
            }
            Endpoint::Token => accounts::token(request, &self.options, &self.control),
            Endpoint::Show => {
                let model = request.model();
                list_pages::show(&model, &self.options).unwrap_or_else(|| unknown(&model))
            }
            Endpoint::Loaded => list_pages::loaded(&self.control.requests()),
            Endpoint::Version => Script::json(200, &json!({ "version": "0.30.1" })),
        };
        Some(families::with_request_id(route.family, script))
    }

    fn response(
        &self,
        script: Script,
        request: &RecordedRequest,
        open: OpenReply,
    ) -> Response<Body> {
        let status = StatusCode::from_u16(script.status).unwrap_or(StatusCode::OK);
        let billed = script.bill.map(|counts| billed(request, counts));
        let mut response = Response::new(self.body(script.steps, request.model(), billed, open));
        *response.status_mut() = status;
        for (name, value) in script.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    fn body(
        &self,
        steps: Vec<Step>,
        model: String,
        billed: Option<Billed>,
        open: OpenReply,
    ) -> Body {
        let waits = self.waits(&model);
        let control = Arc::clone(&self.control);
        let stream = async_stream::stream! {
            // Lives until the last byte is sent, or the client hangs up.
            let _open = open;
            let mut billed = billed;
            let last_of_answer = steps.iter().rposition(|step| matches!(step, Step::Send(_)));
            for (at, step) in steps.into_iter().enumerate() {
                if last_of_answer == Some(at) {
                    // Before the last bytes: whoever has read them finds the bill written.
                    if let Some(billed) = billed.take() {
                        control.charge(billed);
                    }
                }
                match step {
                    Step::Send(bytes) => yield Ok(Frame::data(bytes)),
                    Step::RepeatForEver(bytes) => loop {
                        yield Ok(Frame::data(bytes.clone()));
                        tokio::task::yield_now().await;
                    },
                    Step::Cut => {
                        // Hyper throws away what it has not flushed, and flushes when it must wait.
                        tokio::task::yield_now().await;
                        yield Err(Broken);
                    }
                    other => waits.wait(other).await,
                }
            }
        };
        StreamBody::new(stream.boxed())
    }

    fn waits(&self, model: &str) -> Waits {
        let pace = match models::pace(model, &self.options.models) {
            Some(every) => Pace::Every(every),
            None => self.options.pace,
        };
        Waits {
            pace,
            control: Arc::clone(&self.control),
            model: model.to_owned(),
        }
    }

    async fn wait(&self, model: &str, step: Step) {
        self.waits(model).wait(step).await;
    }
}

/// How one reply waits.
struct Waits {
    pace: Pace,
    control: Arc<Control>,
    model: String,
}

impl Waits {
    async fn wait(&self, step: Step) {
        match (step, self.pace) {
            (Step::Sleep(time), _) => tokio::time::sleep(time).await,
            (Step::Tick | Step::Gate, Pace::Every(pace)) => tokio::time::sleep(pace).await,
            (Step::Silence(silence), Pace::Every(_)) => tokio::time::sleep(silence).await,
            (Step::Gate | Step::Silence(_), Pace::Held) => {
                // The gate is never closed, so there is always a permit to come.
                if let Ok(permit) = self.control.gate(&self.model).acquire().await {
                    permit.forget();
                }
            }
            _ => {}
        }
    }
}

fn billed(request: &RecordedRequest, counts: Counts) -> Billed {
    let ending = |key: &str| {
        key.chars()
            .skip(key.chars().count().saturating_sub(4))
            .collect()
    };
    Billed {
        model: request.model(),
        text: request.last_message().1,
        key_ending: request.key().map(ending),
        input: counts.input,
        cache_read: counts.cache_read,
        cache_write: counts.cache_write,
        cache_write_long: counts.cache_write_long,
        output: counts.output,
        reasoning: counts.reasoning,
        audio_input: counts.audio_input,
        image_input: counts.image_input,
        audio_output: counts.audio_output,
        cost: counts.cost,
    }
}

async fn record(request: Request<Incoming>) -> Result<RecordedRequest, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(RecordedRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
