//! The vault's rules, on a keychain that blocks, fails and recovers when the test says so.
//!
//! What only a real keychain can show is in the suite `secret_service`.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of a test fail it like the test itself"
)]

mod fake;
mod lookup;
mod states;
mod waiting;
