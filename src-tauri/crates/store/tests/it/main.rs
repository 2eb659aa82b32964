//! The store from outside: one binary, so that it links once.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is the point")]

mod basics;
mod support;
