//! The desktop shell: one window, its commands and its events, over an engine that knows no window.
//!
//! **Invariant:** a command parses, calls the engine and maps the result; it decides nothing.
//! **Invariant:** `tauri` is named in this package and nowhere else.

mod channel;
mod command_line;
mod commands;
mod gateway;
mod lifecycle;
mod log;
mod saved_file;
mod state;
mod store_events;
mod views;
mod window;

pub use lifecycle::start;
