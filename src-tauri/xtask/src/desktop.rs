//! A desktop of its own for tests: home folders, session bus, unlocked keyring and display that
//! belong to nobody, so that no test can touch the person's keys, conversations or windows.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::display::Display;
use crate::process::{self, Background};
use crate::repository::Repository;
use crate::system_packages::{self, Purpose};

pub(crate) const DETAILS: &str = "\
The command sees an empty HOME, its own XDG folders, a private D-Bus session with an
unlocked gnome-keyring, a virtual display, and none of your *_API_KEY variables. All of
it goes away when the command ends. Example:
  cargo xtask desktop cargo nextest run --workspace -E 'package(patchbay-vault)'";

const KEYRING_PASSWORD: &str = "patchbay-tests";
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let Some((program, rest)) = arguments.split_first() else {
        bail!("give a command to run on the private desktop");
    };
    system_packages::ensure(&[Purpose::Test])?;
    let desktop = Desktop::start()?;
    let mut command = if program == "cargo" {
        repository.cargo()
    } else {
        repository.command(program)
    };
    command.args(rest);
    desktop.move_in(&mut command);
    name_what_tests_use(repository, &mut command)?;
    process::run(&mut command)
}

/// Tells the tests where the real binary and the local model are.
pub(crate) fn name_what_tests_use(repository: &Repository, command: &mut Command) -> Result<()> {
    command
        .env("PATCHBAY_APP", repository.built("debug", "patchbay")?)
        .env("PATCHBAY_TEST_MODELS_DIR", repository.models())
        // The threads of the local model's arithmetic wait by spinning. Where several tests share two
        // cores, that takes the time from those who have work.
        .env("CANDLE_NUM_THREADS", "1")
        .env("RAYON_NUM_THREADS", "1");
    Ok(())
}

/// The running desktop. Dropped from top to bottom: what needs the bus goes before the bus, and the
/// folders go last.
pub(crate) struct Desktop {
    display: Display,
    bus: Bus,
    homes: Homes,
}

impl Desktop {
    pub(crate) fn start() -> Result<Self> {
        let homes = Homes::create()?;
        let bus = Bus::start(&homes)?;
        unlock_keyring(&homes, &bus)?;
        let display = Display::start()?;
        Ok(Self {
            display,
            bus,
            homes,
        })
    }

    /// Makes the command live on this desktop.
    pub(crate) fn move_in(&self, command: &mut Command) {
        self.homes.move_in(command);
        self.bus.move_in(command);
        command
            .env("DISPLAY", self.display.name())
            .env_remove("WAYLAND_DISPLAY");
    }
}

struct Homes {
    folder: PathBuf,
}

impl Homes {
    /// Below the system's temporary folder, since the path of a socket must stay under 108 bytes.
    fn create() -> Result<Self> {
        let folder = env::temp_dir().join(format!("patchbay-desktop-{}", std::process::id()));
        private_folder(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let homes = Self { folder };
        for (_, name) in FOLDERS {
            private_folder(&homes.folder.join(name))?;
        }
        Ok(homes)
    }

    fn move_in(&self, command: &mut Command) {
        // cargo and rustup live in the real home, which is about to disappear from sight.
        for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if let (None, Some(home)) = (env::var_os(variable), env::home_dir()) {
                command.env(variable, home.join(folder));
            }
        }
        for (name, _) in env::vars_os() {
            if is_a_key(&name) {
                command.env_remove(name);
            }
        }
        for (variable, name) in FOLDERS {
            command.env(variable, self.folder.join(name));
        }
        command.env("GSETTINGS_BACKEND", "memory");
    }
}

impl Drop for Homes {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const FOLDERS: &[(&str, &str)] = &[
    ("HOME", "home"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_RUNTIME_DIR", "run"),
    ("XDG_STATE_HOME", "state"),
];

/// Providers' keys in the environment are a fallback of the app; a test must not find the
/// developer's.
fn is_a_key(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.ends_with("_API_KEY"))
}

/// For our own eyes only, and failing when somebody has made it before us.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

struct Bus {
    address: String,
    _daemon: Background,
}

impl Bus {
    fn start(homes: &Homes) -> Result<Self> {
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--print-address=1"]);
        homes.move_in(&mut command);
        let mut daemon = Background::start(command.stdout(Stdio::piped()).stderr(Stdio::null()))
            .context("the session bus (package dbus) is not installed")?;
        let mut address = String::new();
        BufReader::new(daemon.take_stdout()?).read_line(&mut address)?;
        let address = address.trim().to_owned();
        if address.is_empty() {
            bail!("the private session bus ended before it was ready");
        }
        Ok(Self {
            address,
            _daemon: daemon,
        })
    }

    fn move_in(&self, command: &mut Command) {
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
    }
}

/// Starts a keyring that is open from the start. The daemon goes to the background by itself when
/// it is ready, and ends with the bus. It says nothing when the password was wrong, so a secret is
/// put in and read back.
fn unlock_keyring(homes: &Homes, bus: &Bus) -> Result<()> {
    let ask = |program: &str, arguments: &[&str], input: &str| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        homes.move_in(&mut command);
        bus.move_in(&mut command);
        command.stderr(Stdio::null());
        process::answer_within(ANSWER_WITHIN, &mut command, input)
    };
    ask(
        "gnome-keyring-daemon",
        &["--unlock", "--components=secrets"],
        KEYRING_PASSWORD,
    )
    .context("the private keyring did not start")?;
    ask(
        "secret-tool",
        &["store", "--label=probe", "probe", "probe"],
        "ok",
    )
    .context("the private keyring takes no secret")?;
    let found = ask("secret-tool", &["lookup", "probe", "probe"], "")?;
    ask("secret-tool", &["clear", "probe", "probe"], "")?;
    if found != "ok" {
        bail!("the private keyring is locked");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_moves_in_sees_no_home_and_no_key_of_the_person() {
        let homes = Homes::create().unwrap();
        let mut command = Command::new("true");
        homes.move_in(&mut command);
        for (variable, _) in FOLDERS {
            let value = command
                .get_envs()
                .find_map(|(name, value)| (name == *variable).then_some(value?))
                .unwrap();
            assert!(Path::new(value).starts_with(&homes.folder), "{variable}");
            assert!(Path::new(value).is_dir(), "{variable}");
        }
        let folder = homes.folder.clone();
        drop(homes);
        assert!(!folder.exists());
    }

    #[test]
    fn keys_are_recognised_by_name() {
        assert!(is_a_key(&"OPENAI_API_KEY".into()));
        assert!(!is_a_key(&"PATH".into()));
    }
}
