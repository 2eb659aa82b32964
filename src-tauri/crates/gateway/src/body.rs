//! Reading a request's body, within its limits.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::failure::{Kind, Refusal};
use crate::server::GatewayOptions;

/// The whole body.
///
/// # Errors
/// It is too long, takes too long, or breaks off.
pub(crate) async fn read(body: Body, options: &GatewayOptions) -> Result<Bytes, Refusal> {
    let most = options.body_bytes;
    let reading = async {
        let mut body = body;
        let mut whole = BytesMut::new();
        let mut first = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Refusal::invalid("", "The body of the request broke off before its end.")
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if whole.len() + data.len() > most {
                return Err(Refusal {
                    code: Some("request_too_large".to_owned()),
                    ..Refusal::new(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        Kind::TooLarge,
                        format!("The body of the request is longer than {most} bytes."),
                    )
                });
            }
            // Most bodies are one piece, which needs no copy.
            match first.take() {
                None if whole.is_empty() => first = Some(data),
                None => whole.extend_from_slice(&data),
                Some(before) => {
                    whole.extend_from_slice(&before);
                    whole.extend_from_slice(&data);
                }
            }
        }
        Ok(first.unwrap_or_else(|| whole.freeze()))
    };
    tokio::time::timeout(options.body_limit, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                Kind::Timeout,
                "The body of the request took too long to arrive.",
            ))
        })
}
