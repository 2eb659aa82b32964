//! A desktop session of the test's own: a session bus and a keyring daemon on folders that are
//! thrown away.
//!
//! Which bus a program talks to is said in its environment, and a process has only one. So each
//! test runs twice: from outside it starts itself again with an environment of its own, and inside
//! that it does its work. Nothing of the person's own session is reachable from there, and tests
//! may run beside each other.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::zvariant::OwnedObjectPath;

/// Set in the inner process, to the name of its test.
const INSIDE: &str = "PATCHBAY_TEST_DESKTOP";
/// How long a test may take inside before its processes are ended.
const TIME_LIMIT: Duration = Duration::from_secs(50);
const SECRET_SERVICE: &str = "org.freedesktop.secrets";
const PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

/// Inside, the desktop to work on. Outside, nothing: the test has been run to its end by then.
pub(crate) fn inside(test: &str) -> Option<Desktop> {
    if std::env::var_os(INSIDE).is_some_and(|name| name == test) {
        println!("{}", sign(test));
        return Some(Desktop::new());
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["runtime", "data", "config", "cache", "home"] {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("GNOME_KEYRING_CONTROL")
        .env("XDG_RUNTIME_DIR", folder.path().join("runtime"))
        .env("XDG_DATA_HOME", folder.path().join("data"))
        .env("XDG_CONFIG_HOME", folder.path().join("config"))
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .env("HOME", folder.path().join("home"))
        .env(INSIDE, test)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    println!("{stdout}\n{stderr}");
    assert!(
        output.status.success(),
        "the test failed inside its desktop session"
    );
    assert!(stdout.contains(&sign(test)), "no test has the name {test}");
    None
}

fn sign(test: &str) -> String {
    format!("inside a desktop session of its own: {test}")
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The processes of one desktop session. What is dropped last was started first.
type Processes = Arc<Mutex<Vec<(&'static str, Running)>>>;

pub(crate) struct Desktop {
    runtime: PathBuf,
    processes: Processes,
    _time_limit: mpsc::Sender<()>,
}

impl Drop for Desktop {
    fn drop(&mut self) {
        end_all(&self.processes);
    }
}

fn end_all(processes: &Processes) {
    let mut processes = processes.lock().unwrap();
    while let Some(process) = processes.pop() {
        drop(process);
    }
}

impl Desktop {
    fn new() -> Self {
        let runtime = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").unwrap());
        let processes = Processes::default();
        let (time_limit, is_over) = mpsc::channel::<()>();
        std::thread::spawn({
            let processes = Arc::clone(&processes);
            move || {
                if is_over.recv_timeout(TIME_LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                    eprintln!("the test took longer than {TIME_LIMIT:?}");
                    end_all(&processes);
                    std::process::abort();
                }
            }
        });
        Self {
            runtime,
            processes,
            _time_limit: time_limit,
        }
    }

    /// Starts the session bus where every program of the session looks for it. No service can be
    /// started through it.
    pub(crate) fn start_bus(&self) {
        self.start_bus_with("");
    }

    /// [`Self::start_bus`], with a keyring daemon that D-Bus starts when somebody asks for it.
    pub(crate) fn start_bus_that_starts_the_keyring(&self) {
        let services = self.runtime.join("services");
        fs::create_dir(&services).unwrap();
        let service = format!(
            "[D-BUS Service]\nName={SECRET_SERVICE}\n\
             Exec=/usr/bin/gnome-keyring-daemon --start --foreground --components=secrets\n"
        );
        fs::write(services.join("secrets.service"), service).unwrap();
        self.start_bus_with(&format!("<servicedir>{}</servicedir>", services.display()));
    }

    fn start_bus_with(&self, services: &str) {
        let configuration = self.runtime.join("bus.conf");
        let rules = format!(
            "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth>{services}\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            self.bus_address()
        );
        fs::write(&configuration, rules).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon does not start: install the package dbus");
        // It prints its address when it can be connected to.
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        self.processes.lock().unwrap().push(("bus", Running(bus)));
        assert!(
            address.starts_with("unix:"),
            "the session bus did not start"
        );
    }

    fn bus_address(&self) -> String {
        format!("unix:path={}", self.runtime.join("bus").display())
    }

    fn builder(&self) -> Builder<'static> {
        Builder::address(self.bus_address().as_str()).unwrap()
    }

    /// Starts the keyring daemon and waits until it has its name on the bus. With a password it
    /// opens the login keyring, or makes one; without, it leaves it locked.
    pub(crate) fn start_keyring(&self, password: Option<&str>) {
        let mut keyring = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(password.map(|_| "--unlock"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus_address())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon does not start: install the package gnome-keyring");
        keyring
            .stdin
            .take()
            .unwrap()
            .write_all(password.unwrap_or_default().as_bytes())
            .unwrap();
        self.processes
            .lock()
            .unwrap()
            .push(("keyring", Running(keyring)));
        self.wait_for_owner(SECRET_SERVICE, true);
    }

    pub(crate) fn stop_keyring(&self) {
        self.processes
            .lock()
            .unwrap()
            .retain(|(name, _)| *name != "keyring");
        self.wait_for_owner(SECRET_SERVICE, false);
    }

    fn wait_for_owner(&self, name: &str, wanted: bool) {
        off_the_runtime(|| {
            let connection = self.builder().build().unwrap();
            let bus = DBusProxy::new(&connection).unwrap();
            let mut changes = bus.receive_name_owner_changed().unwrap();
            while bus.name_has_owner(name.try_into().unwrap()).unwrap() != wanted {
                changes.next().expect("the session bus has gone");
            }
        });
    }

    /// Gives the running keyring daemon the password as a login does.
    pub(crate) fn unlock_as_a_login_does(&self, password: &str) {
        const UNLOCK: u32 = 1;
        self.control(UNLOCK, Some(password));
    }

    /// Ends the running keyring daemon, whoever started it.
    pub(crate) fn quit_keyring(&self) {
        const QUIT: u32 = 3;
        self.control(QUIT, None);
        self.wait_for_owner(SECRET_SERVICE, false);
    }

    /// Sends one packet to the daemon's control socket, as its part of PAM does.
    fn control(&self, operation: u32, argument: Option<&str>) {
        let number = |value: usize| u32::try_from(value).unwrap().to_be_bytes();
        let arguments = argument.map_or_else(Vec::new, |argument| {
            [number(argument.len()).as_slice(), argument.as_bytes()].concat()
        });
        // A byte that carries the credentials; the packet's length; what to do, and with what.
        let head = [number(8 + arguments.len()), operation.to_be_bytes()].concat();
        let packet = [[0].as_slice(), &head, &arguments].concat();
        let mut socket = UnixStream::connect(self.runtime.join("keyring/control")).unwrap();
        socket.write_all(&packet).unwrap();
        let mut answer = [0; 8];
        socket.read_exact(&mut answer).unwrap();
        assert_eq!(
            answer,
            [0, 0, 0, 8, 0, 0, 0, 0],
            "the keyring daemon did as told"
        );
    }

    /// Shows password windows from now on, in place of the desktop: says that one is shown, and
    /// never answers it. Dropping the connection closes them.
    pub(crate) fn show_windows(&self) -> (Connection, UnboundedReceiver<()>) {
        let (shown, is_shown) = unbounded_channel();
        let prompter = Prompter { shown };
        let connection = off_the_runtime(|| {
            let path = "/org/gnome/keyring/Prompter";
            let builder = self.builder().serve_at(path, prompter).unwrap();
            builder.name(PROMPTER).unwrap().build().unwrap()
        });
        (connection, is_shown)
    }

    /// Every file that the keyring daemon wrote.
    pub(crate) fn stored_bytes(&self) -> Vec<u8> {
        let data = PathBuf::from(std::env::var_os("XDG_DATA_HOME").unwrap());
        let files = fs::read_dir(data.join("keyrings")).unwrap();
        files.flat_map(|file| read(&file.unwrap().path())).collect()
    }
}

/// zbus blocks, which must not happen on a thread that drives a runtime. The vault is called from
/// such a thread all the same: that it has its own is what these tests are to show.
fn off_the_runtime<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(act).join().unwrap())
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

struct Prompter {
    shown: UnboundedSender<()>,
}

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    fn begin_prompting(&self, _callback: OwnedObjectPath) {
        self.shown.send(()).ok();
    }

    fn stop_prompting(&self, _callback: OwnedObjectPath) {}
}
