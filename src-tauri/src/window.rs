//! The main window.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder};

const MAIN: &str = "main";

/// Opens the main window. Its page can go nowhere else: links are opened by the person's browser.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("Patchbay")
        .inner_size(1360.0, 860.0)
        .min_inner_size(720.0, 480.0)
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let shown = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be brought to the front");
    }
}

/// Draws everything in the window at this size, in percent. The web engine does it, so that what floats
/// over the page is placed right at every size.
pub(crate) fn set_zoom(app: &AppHandle, percent: u32) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    if let Err(error) = window.set_zoom(f64::from(percent) / 100.0) {
        tracing::warn!(%error, "the window could not be drawn at another size");
    }
}

/// Tells those who wait, such as a test or a bench, that the window takes input. `age_millis` counts
/// from the start of the process.
pub(crate) fn announce_ready(age_millis: u128) {
    tracing::info!(%age_millis, "the window takes input");
    let Some(file) = std::env::var_os("PATCHBAY_READY_FILE") else {
        return;
    };
    if let Err(error) = std::fs::write(&file, format!("{age_millis}\n")) {
        tracing::warn!(%error, "the file that says that the window is ready was not written");
    }
}

fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => true,
        // Other systems serve the app from this made-up host.
        "http" | "https" if url.host_str() == Some("tauri.localhost") => true,
        "http" => cfg!(debug_assertions) && url.host_str() == Some("localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_can_go_nowhere_else() {
        let allowed = |url: &str| is_ours(&Url::parse(url).unwrap());
        assert!(allowed("tauri://localhost/index.html"));
        for url in [
            "https://example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }
}
