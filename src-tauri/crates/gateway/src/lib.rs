//! The gateway: OpenAI's and Anthropic's endpoints on this computer, for apps with a token.
//!
//! It knows HTTP and the shapes of requests and answers. Whom to ask, what it costs, what is kept and
//! when to fall back is for the engine, which starts an app's request like a question in the window.
//!
//! **Invariant:** it listens on loopback and nowhere else.
//! **Invariant:** nothing but `/health` is answered without an app's token.
//! **Invariant:** a request whose `Host` is not this computer, or whose `Origin` the app does not allow,
//! is refused before its token is looked at.
#![warn(missing_docs)]

mod answer;
mod anthropic;
mod asking;
mod body;
mod failure;
mod guard;
mod items;
mod limits;
mod openai;
mod reply;
mod routes;
mod server;
mod stream;
mod told;

pub use server::{Gateway, GatewayError, GatewayOptions};
