//! A request of another library, sent with our HTTP client: the same care with redirects, proxies and
//! certificates.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use patchbay_domain::FailureClass;
use url::Url;

use crate::HttpClient;
use crate::errors::transport_failure;
use crate::scrub::Scrubber;

/// How long it may take, and how much of a reply is read.
const LIMIT: Duration = Duration::from_secs(10);
const LONGEST_REPLY: usize = 64 * 1024;

impl HttpClient {
    /// Sends a request, and reads what is answered to its end or to 64 KiB.
    ///
    /// # Errors
    /// There was no reply; the sentence says why and names no secret.
    pub async fn forward(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string())
            .map_err(|_| "The address cannot be used.".to_owned())?;
        let sent = self
            .for_url(&url)
            .request(head.method, url)
            .headers(head.headers)
            .timeout(LIMIT)
            .body(body)
            .send()
            .await;
        let mut reply = sent.map_err(|error| sentence(&error))?;
        let mut answer = Response::builder().status(reply.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(reply.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|error| sentence(&error))? {
            if body.len() + chunk.len() > LONGEST_REPLY {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        answer
            .body(Bytes::from(body))
            .map_err(|_| "The reply could not be read.".to_owned())
    }
}

fn sentence(error: &reqwest::Error) -> String {
    let failure = transport_failure(error, &Scrubber::new([]));
    match failure.class {
        FailureClass::ConnectionRefused => "Nothing listens at this address.".to_owned(),
        FailureClass::NameNotResolved => "There is no server of this name.".to_owned(),
        FailureClass::ConnectTimeout => "Nothing answered within ten seconds.".to_owned(),
        _ => failure.message,
    }
}
