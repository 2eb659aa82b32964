//! The real binary in a real window.
//!
//! The seam exists because only here everything is what people run: the process, the window, the web
//! engine, the keychain, the disk. A [`Journey`] is one such test. It starts [`Patchbay`] with a data
//! folder of its own through a WebKitWebDriver of its own, reads and presses the [`Page`] as a person
//! or a screen reader would, and ends every process it began, however the test ends.
//!
//! Needs a display (`DISPLAY`) and, for keys, a session bus with an unlocked keyring: `cargo xtask
//! test` brings both, and `cargo xtask desktop` does so for a single command.
#![cfg(target_os = "linux")]

mod accessibility;
mod app;
mod data_folder;
mod driver;
mod file_server;
mod input;
mod journey;
mod launch;
mod page;
mod processes;
mod setup;
mod target;
mod waiting;
mod wire;

pub use accessibility::Violation;
pub use app::Patchbay;
pub use data_folder::DataFolder;
pub use file_server::{FileServer, Serving};
pub use input::Key;
pub use journey::{Journey, journey};
pub use page::Page;
pub use setup::{Models, Setup, Theme, test_models};
pub use target::Target;
pub use waiting::until;
pub use wire::Wire;
