//! The least that a Tauri window can be: one static page, no command, no plugin.
//!
//! `cargo xtask bench window` builds it with the same profile as the app and measures both in one run,
//! so that what is said about start and memory is a ratio and not a property of some machine.

use std::time::Instant;

use tauri::webview::PageLoadEvent;

fn main() -> tauri::Result<()> {
    let started_at = Instant::now();
    tauri::Builder::default()
        .setup(move |app| {
            tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default())
                .title("Bare window")
                .inner_size(1360.0, 860.0)
                .on_page_load(move |_, payload| {
                    let Some(file) = std::env::var_os("PATCHBAY_READY_FILE") else {
                        return;
                    };
                    if payload.event() == PageLoadEvent::Finished {
                        // The bench waits for this file and fails in its own words without it.
                        let _ =
                            std::fs::write(file, format!("{}\n", started_at.elapsed().as_millis()));
                    }
                })
                .build()?;
            Ok(())
        })
        .run(context())
}

#[expect(
    clippy::disallowed_methods,
    reason = "Tauri's own code; nothing here needs a clean end"
)]
fn context() -> tauri::Context {
    tauri::generate_context!("examples/bare/tauri.conf.json")
}
