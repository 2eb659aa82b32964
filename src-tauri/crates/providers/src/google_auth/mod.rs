//! What opens Google Cloud: access tokens that last an hour, made from a service account's key or
//! from what Google's own tools left on this computer.
//!
//! The secret itself (a private key, a refresh token) goes nowhere but to Google's token server, and
//! of a private key only signatures do. Which server that is stands in the same file as the secret,
//! so a file that names another one is refused.
//!
//! Not supported: the metadata server of Google's own machines, which no desktop reaches, and
//! credentials that borrow those of another company (`external_account`) or another account
//! (`impersonated_service_account`).

mod application_default;
mod assertion;
mod clock;
mod key_file;
mod token_source;

pub use key_file::KeyFileError;

pub(crate) use clock::SystemClock;
pub(crate) use key_file::KeyFile;
pub(crate) use token_source::{AccessToken, TokenCache, TokenPlace, TokenSource};
