//! The use cases over a real store, real sockets and a scripted provider, with no keychain, no
//! window and no network.

mod bad_input;
mod conversations;
mod keys;
mod killed;
mod providers;
mod runs;
mod support;
