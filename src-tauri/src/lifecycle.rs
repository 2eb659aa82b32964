//! From the first instruction to the last: start, one copy only, and an end that loses nothing.

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use patchbay_cli::Folders;
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};

use crate::command_line::{self, CommandLine, HELP, Print};
use crate::state::AppState;
use crate::{commands, store_events, window};

/// The longest that closing may take: then what is not written is left to the next start.
const CLOSING: Duration = Duration::from_secs(3);

/// Runs the app until its window is closed, or one of the commands for scripts, which needs no display.
pub fn start() -> ExitCode {
    let started_at = Instant::now();
    if command_line::is_for_scripts(std::env::args_os().skip(1)) {
        return patchbay_cli::run(std::env::args_os());
    }
    let command_line = match command_line::parse(std::env::args_os().skip(1)) {
        Ok(command_line) => command_line,
        Err(problem) => {
            say(
                &mut std::io::stderr(),
                &format!("patchbay: {problem}\n\n{HELP}"),
            );
            return ExitCode::from(2);
        }
    };
    match command_line.print {
        Some(Print::Help) => {
            say(&mut std::io::stdout(), HELP);
            return ExitCode::SUCCESS;
        }
        Some(Print::Version) => {
            let version = concat!("patchbay ", env!("CARGO_PKG_VERSION"), "\n");
            say(&mut std::io::stdout(), version);
            return ExitCode::SUCCESS;
        }
        None => {}
    }
    match run(command_line, started_at) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(
                &mut std::io::stderr(),
                &format!("patchbay: the window could not be opened: {error}\n"),
            );
            ExitCode::FAILURE
        }
    }
}

fn say(stream: &mut dyn Write, text: &str) {
    // A closed terminal is no reason to fail.
    let _ = stream.write_all(text.as_bytes());
}

fn run(command_line: CommandLine, started_at: Instant) -> tauri::Result<()> {
    let mut builder = tauri::Builder::default();
    // Two data folders are two apps: only copies on the usual folder make way for each other. The
    // store's own lock guards a folder that two copies were given by name.
    let has_own_folder = command_line.data_folder.is_some()
        || std::env::var_os(patchbay_cli::DATA_VARIABLE).is_some();
    if !has_own_folder {
        // Registered first, so that a second copy ends before it touches anything.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::show(app);
        }));
        // Size and place are remembered for the usual folder only: a copy on a folder of its own,
        // such as a test, neither reads nor changes them.
        builder = builder.plugin(tauri_plugin_window_state::Builder::default().build());
    }
    let app = builder
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(commands::handler())
        .setup(move |app| {
            let folders = Folders::find(command_line.data_folder.as_deref())?;
            // The web engine starts its processes while the data folder is opened. No command can come
            // before both are done, since this closure holds the thread that hands them out.
            let opening = std::thread::Builder::new()
                .name("open-storage".to_owned())
                .spawn(move || AppState::open(folders, started_at))?;
            window::open(app.handle())?;
            let state = opening
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            if let Ok(engine) = state.engine() {
                store_events::forward(app.handle().clone(), &engine);
                // Within the runtime, which this is not.
                tauri::async_runtime::spawn(async move { engine.fill_spend_facts_soon() });
            }
            app.manage(state);
            begin_gateway(app.handle().clone());
            end_on_signal(app.handle().clone());
            Ok(())
        })
        .build(context())?;
    let is_closing = AtomicBool::new(false);
    app.run(move |app, event| {
        if let RunEvent::WindowEvent {
            event: WindowEvent::Focused(true),
            ..
        } = event
            && let Ok(engine) = app.state::<AppState>().engine()
        {
            engine.window_shown();
        }
        if let RunEvent::ExitRequested { api, code, .. } = event
            && !is_closing.swap(true, Ordering::SeqCst)
        {
            api.prevent_exit();
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                close(&app).await;
                app.exit(code.unwrap_or(0));
            });
        }
    });
    Ok(())
}

/// The configuration, the icons and the web view, all inside the binary.
#[expect(
    clippy::disallowed_methods,
    reason = "Tauri's own code, before anything of ours has begun"
)]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Listens for apps, where the person switched that on.
pub(crate) fn begin_gateway(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        let state = app.state::<AppState>();
        if let Ok(engine) = state.engine() {
            state.gateway.begin(&engine).await;
        }
    });
}

/// Refuses what apps ask from now on, ends runs, writes what waits, closes the database.
async fn close(app: &AppHandle) {
    let state = app.state::<AppState>();
    let Ok(engine) = state.engine() else {
        return;
    };
    state.gateway.end().await;
    if tokio::time::timeout(CLOSING, engine.close()).await.is_err() {
        tracing::warn!("closing took too long; the next start cleans up");
    }
}

/// A signal asks for the same clean end as the close button.
#[cfg(unix)]
fn end_on_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    tauri::async_runtime::spawn(async move {
        let kinds = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ];
        let [Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)] = kinds.map(signal) else {
            tracing::warn!("signals cannot be watched");
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
        app.exit(0);
    });
}

#[cfg(not(unix))]
fn end_on_signal(_app: AppHandle) {}
