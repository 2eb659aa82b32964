//! What was asked and what it cost, sent on to a collector of the person's choice as OpenTelemetry spans
//! and metrics, by the GenAI conventions and OTLP over HTTP. Off until somebody names a collector.
//!
//! Batching, retrying and the wire format are the OpenTelemetry SDK's; what a span says is here.
//!
//! **Invariant:** no text of a question or an answer is in anything that is sent, and no key.

mod measures;
mod sender;
mod settings;
mod spans;
mod transport;

pub use sender::{Telemetry, TelemetryError};
pub use settings::{SettingsError, TelemetrySettings};
pub use spans::RunTold;
pub use transport::{Delivery, Post};
