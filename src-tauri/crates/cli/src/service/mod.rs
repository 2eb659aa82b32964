//! `patchbay service`: starting by itself, by files that a person can read and remove.

mod files;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::files::{Entry, MARK, desktop_entry, unit};
use crate::arguments::{ServiceAction, ServiceInstall, Shared};
use crate::failure::Failed;
use crate::folders::DATA_VARIABLE;
use crate::listening::ListeningFile;
use crate::session;
use crate::terminal::Terminal;

/// The unit's name for systemd.
const UNIT: &str = "patchbay.service";

pub(crate) async fn carry_out(
    shared: &Shared,
    action: ServiceAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if !cfg!(target_os = "linux") {
        return Err(Failed::new(
            "Only systemd and the autostart folder of Linux desktops are known.",
            "Let your system's own scheduler start \"patchbay serve\".",
        ));
    }
    let places = Places::find()?;
    match action {
        ServiceAction::Install(wanted) => install(shared, &wanted, &places, terminal),
        ServiceAction::Remove { now } => remove(shared, now, &places, terminal),
        ServiceAction::Status => status(shared, &places, terminal).await,
    }
}

/// Where the files go.
struct Places {
    unit: PathBuf,
    autostart: PathBuf,
}

impl Places {
    fn find() -> Result<Self, Failed> {
        let configuration = dirs::config_dir().ok_or_else(|| {
            Failed::new(
                "The system names no home folder for this person.",
                "Set HOME, or XDG_CONFIG_HOME.",
            )
        })?;
        Ok(Self {
            unit: configuration.join("systemd/user").join(UNIT),
            autostart: configuration.join("autostart/patchbay.desktop"),
        })
    }
}

fn install(
    shared: &Shared,
    wanted: &ServiceInstall,
    places: &Places,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    // Neither this folder nor this environment is there when the file is read.
    let named = shared.data.is_some()
        || std::env::var_os(DATA_VARIABLE).is_some_and(|folder| !folder.is_empty());
    let folders = session::folders(shared)?;
    let data = named.then_some(folders.data);
    let program = this_program()?;
    let (file, text) = if wanted.autostart {
        let window = window_program(&program)?;
        let entry = Entry {
            program: &window,
            data: data.as_deref(),
        };
        (&places.autostart, desktop_entry(&entry)?)
    } else {
        let text = unit(
            &Entry {
                program: &program,
                data: data.as_deref(),
            },
            wanted.port,
            shared.no_keychain,
        )?;
        (&places.unit, text)
    };
    write(file, &text, wanted.force)?;
    if shared.json {
        terminal.json(&serde_json::json!({ "written": file }))?;
    } else {
        terminal.line(&format!("Wrote {}.", file.display()))?;
    }
    if wanted.autostart {
        terminal.note("The window opens with the next session.");
        return Ok(());
    }
    if wanted.now {
        systemctl(&["daemon-reload"])?;
        return systemctl(&["enable", "--now", UNIT]);
    }
    terminal.note(
        "Start it now and with every session:\n  systemctl --user daemon-reload\n  systemctl --user \
         enable --now patchbay.service\nLet it also run while nobody is signed in:\n  loginctl \
         enable-linger",
    );
    Ok(())
}

fn remove(
    shared: &Shared,
    now: bool,
    places: &Places,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let had_unit = places.unit.exists();
    if now && had_unit {
        systemctl(&["disable", "--now", UNIT])?;
    }
    let mut removed = Vec::new();
    for file in [&places.unit, &places.autostart] {
        if !file.exists() {
            continue;
        }
        if !is_ours(file) {
            return Err(foreign(file, "Remove it yourself, if you do not want it."));
        }
        std::fs::remove_file(file)
            .map_err(|error| Failed::system(&format!("{} stays", file.display()), &error))?;
        removed.push(file.display().to_string());
    }
    if shared.json {
        return terminal.json(&serde_json::json!({ "removed": removed }));
    }
    if removed.is_empty() {
        return terminal.line("There was nothing to remove.");
    }
    terminal.line(&format!("Removed {}.", removed.join(" and ")))?;
    if had_unit && !now {
        terminal.note("Where it still runs: systemctl --user stop patchbay.service");
    }
    Ok(())
}

async fn status(shared: &Shared, places: &Places, terminal: &mut Terminal) -> Result<(), Failed> {
    let folders = session::folders(shared)?;
    let file = |path: &Path| path.exists().then(|| path.display().to_string());
    let (unit, autostart) = (file(&places.unit), file(&places.autostart));
    let mut listens = ListeningFile::of(&folders.data).read();
    if let Some(address) = listens
        && tokio::net::TcpStream::connect(address).await.is_err()
    {
        // A crash left the file behind.
        listens = None;
    }
    let address = listens.map(|address| format!("http://{address}"));
    if shared.json {
        return terminal.json(&serde_json::json!({
            "unit": unit,
            "autostart": autostart,
            "listens": address,
            "data_folder": folders.data,
        }));
    }
    terminal.line(&match unit {
        Some(path) => format!("Unit: {path}"),
        None => "Unit: none".to_owned(),
    })?;
    terminal.line(&match autostart {
        Some(path) => format!("Autostart of the window: {path}"),
        None => "Autostart of the window: none".to_owned(),
    })?;
    terminal.line(&match address {
        Some(address) => format!("A gateway of this data folder listens at {address}"),
        None => "No gateway of this data folder listens.".to_owned(),
    })
}

/// The program that was started, where it will still be the next time.
fn this_program() -> Result<PathBuf, Failed> {
    // An AppImage is mounted somewhere else each time; this is where the person put it.
    if let Some(image) = std::env::var_os("APPIMAGE").filter(|image| !image.is_empty()) {
        return Ok(PathBuf::from(image));
    }
    std::env::current_exe()
        .map_err(|error| Failed::system("Where this program is cannot be found out", &error))
}

/// The program with the window: this one, or the one beside it.
fn window_program(program: &Path) -> Result<PathBuf, Failed> {
    let is_without_window = program
        .file_stem()
        .is_some_and(|stem| stem == "patchbay-cli");
    if !is_without_window {
        return Ok(program.to_owned());
    }
    let beside = program.with_file_name("patchbay");
    if beside.is_file() {
        return Ok(beside);
    }
    Err(Failed::new(
        "There is no Patchbay with a window beside this program.",
        "Install the desktop app, and let that write the entry: patchbay service install --autostart",
    ))
}

fn is_ours(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains(MARK))
}

fn foreign(file: &Path, advice: &str) -> Failed {
    Failed::new(
        format!(
            "{} is there already, and Patchbay did not write it.",
            file.display()
        ),
        advice,
    )
}

fn write(file: &Path, text: &str, force: bool) -> Result<(), Failed> {
    if file.exists() && !force && !is_ours(file) {
        return Err(foreign(file, "Replace it with --force."));
    }
    let written = match file.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
    .and_then(|()| std::fs::write(file, text));
    written
        .map_err(|error| Failed::system(&format!("{} cannot be written", file.display()), &error))
}

fn systemctl(arguments: &[&str]) -> Result<(), Failed> {
    let status = Command::new("systemctl")
        .arg("--user")
        .args(arguments)
        .status()
        .map_err(|error| Failed::system("systemctl cannot be run", &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failed::new(
        format!("systemctl --user {} failed.", arguments.join(" ")),
        "The file is written. Look at: systemctl --user status patchbay.service",
    ))
}
