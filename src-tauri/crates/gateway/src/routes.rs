//! The table of endpoints, and what is done for every one of them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    HeaderMap, HeaderValue, VARY,
};
use http::{Method, StatusCode};
use patchbay_engine::Engine;

use crate::failure::{Kind, Refusal, Shape};
use crate::guard::{self, Caller};
use crate::limits::Limits;
use crate::server::GatewayOptions;
use crate::{anthropic, body, openai, reply, told};

/// What every request needs.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) limits: Limits,
    pub(crate) port: u16,
    pub(crate) options: GatewayOptions,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    use Shape::{Anthropic, OpenAi};
    Router::new()
        .route("/health", get(health))
        .route("/v1/models", get(models))
        .route("/v1/models/{*id}", get(model))
        .route("/v1/chat/completions", asked(OpenAi, openai::chat::answer))
        .route(
            "/v1/completions",
            asked(OpenAi, openai::completions::answer),
        )
        .route("/v1/embeddings", asked(OpenAi, openai::embeddings::answer))
        .route("/v1/responses", asked(OpenAi, openai::responses::answer))
        .route(
            "/v1/responses/{id}",
            get(given_answer).delete(forget_answer),
        )
        .route(
            "/v1/messages",
            asked(Anthropic, anthropic::messages::answer),
        )
        .route(
            "/v1/messages/count_tokens",
            asked(Anthropic, anthropic::messages::count_tokens),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&shared),
            meant_for_us,
        ))
        .with_state(shared)
}

/// Refuses what was meant for another host, and answers what a browser asks before it lets a page ask.
async fn meant_for_us(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let shape = shape_of(request.headers(), request.uri().path());
    if !guard::is_meant(request.headers(), request.uri(), shared.port) {
        return guard::foreign_host().respond(shape);
    }
    if request.method() == Method::OPTIONS {
        return preflight(&shared, request.headers(), shape).await;
    }
    next.run(request).await
}

/// A browser asks before it sends a token, so any app that allows the page will do; the token is
/// looked at when it comes.
async fn preflight(shared: &Shared, headers: &HeaderMap, shape: Shape) -> Response {
    let origin = match guard::origin(headers) {
        Ok(Some(origin)) => origin,
        Ok(None) => return wrong_method().await,
        Err(refusal) => return refusal.respond(shape),
    };
    let apps = match shared.engine.apps().await {
        Ok(apps) => apps,
        Err(error) => return Refusal::from(error).respond(shape),
    };
    let is_allowed = apps.iter().any(|app| {
        app.revoked_at.is_none()
            && app
                .rules
                .origins
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(&origin))
    });
    if !is_allowed {
        return guard::foreign_origin(&origin).respond(shape);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answered = response.headers_mut();
    allow_origin(answered, &origin);
    answered.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, DELETE"),
    );
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answered.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    answered.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Tells a browser that this page may read the answer. Never a wildcard.
fn allow_origin(headers: &mut HeaderMap, origin: &str) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, told::header(origin));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "x-patchbay-run, x-patchbay-provider, x-patchbay-model, x-patchbay-attempts, \
             x-patchbay-cost-usd, retry-after",
        ),
    );
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// Whose shapes the client speaks, also where its request is refused before it is read.
fn shape_of(headers: &HeaderMap, path: &str) -> Shape {
    if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
        Shape::Anthropic
    } else {
        Shape::OpenAi
    }
}

/// Says that the gateway is there; nothing about whom it can ask.
async fn health() -> Response {
    reply::written(concat!(
        r#"{"status":"ok","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    ))
}

async fn unknown(request: Request) -> Response {
    let shape = shape_of(request.headers(), request.uri().path());
    Refusal {
        code: Some("unknown_url".to_owned()),
        ..Refusal::new(
            StatusCode::NOT_FOUND,
            Kind::NotFound,
            format!(
                "There is no {} {} here. The base URL ends in /v1 for OpenAI's packages, and has no \
                 path for Anthropic's.",
                request.method(),
                request.uri().path()
            ),
        )
    }
    .respond(shape)
}

async fn wrong_method() -> Response {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Kind::InvalidRequest,
        "This endpoint does not take that method.",
    )
    .respond(Shape::OpenAi)
}

/// What is done for each endpoint that wants a token.
async fn admitted<F, Fut>(
    shared: Arc<Shared>,
    request: Request,
    shape: Shape,
    handle: F,
) -> Response
where
    F: FnOnce(Arc<Shared>, Caller, HeaderMap, Body) -> Fut,
    Fut: Future<Output = Result<Response, Refusal>>,
{
    let (parts, body) = request.into_parts();
    let caller = match guard::admit(&shared, &parts.headers).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.respond(shape),
    };
    let origin = caller.origin.clone();
    let mut response = handle(shared, caller, parts.headers, body)
        .await
        .unwrap_or_else(|refusal| refusal.respond(shape));
    if let Some(origin) = origin {
        allow_origin(response.headers_mut(), &origin);
    }
    response
}

/// An endpoint that is sent a body, with what answers it in its own shape.
fn asked<F, Fut>(shape: Shape, answer: F) -> MethodRouter<Arc<Shared>>
where
    F: FnOnce(Arc<Shared>, Caller, HeaderMap, Bytes) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Refusal>> + Send,
{
    post(move |State(shared): State<Arc<Shared>>, request: Request| {
        admitted(
            shared,
            request,
            shape,
            |shared, caller, headers, body| async move {
                let body = body::read(body, &shared.options).await?;
                answer(shared, caller, headers, body).await
            },
        )
    })
}

async fn given_answer(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let retrieve = |shared, caller, _, _| async move {
        openai::responses::retrieve(shared, caller, &id).await
    };
    admitted(shared, request, Shape::OpenAi, retrieve).await
}

async fn forget_answer(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let forget =
        |shared, caller, _, _| async move { openai::responses::forget(shared, caller, &id).await };
    admitted(shared, request, Shape::OpenAi, forget).await
}

async fn models(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let shape = shape_of(request.headers(), request.uri().path());
    admitted(
        shared,
        request,
        shape,
        move |shared, caller, _, _| async move {
            let names = shared.engine.model_names(&caller.app).await?;
            Ok(match shape {
                Shape::OpenAi => openai::models::list(&names),
                // Its packages hold conversations and nothing else.
                Shape::Anthropic => {
                    let chats: Vec<_> = names.into_iter().filter(|name| name.is_chat).collect();
                    anthropic::models::list(&chats)
                }
            })
        },
    )
    .await
}

async fn model(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let shape = shape_of(request.headers(), request.uri().path());
    admitted(
        shared,
        request,
        shape,
        move |shared, caller, _, _| async move {
            let names = shared.engine.model_names(&caller.app).await?;
            let Some(named) = names.iter().find(|named| named.name == id) else {
                return Err(Refusal {
                    param: Some("model".to_owned()),
                    code: Some("model_not_found".to_owned()),
                    ..Refusal::new(
                        StatusCode::NOT_FOUND,
                        Kind::NotFound,
                        format!("There is no model or route \u{201c}{id}\u{201d}."),
                    )
                });
            };
            Ok(match shape {
                Shape::OpenAi => openai::models::one(named),
                Shape::Anthropic => anthropic::models::one(named),
            })
        },
    )
    .await
}
