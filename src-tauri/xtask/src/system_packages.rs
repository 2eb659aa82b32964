//! The system packages that building, showing and testing a window need.
//!
//! On Debian and Ubuntu they are installed; elsewhere their names are said, because guessing at
//! somebody's package manager does more harm than a line to paste.

use std::fs;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::terminal;

/// A set of Debian packages with the reason it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To compile and start the app.
    Build,
    /// To show it on a virtual display and take a picture of that.
    VirtualDisplay,
    /// To run every test.
    Test,
    /// To fetch the local model, where pip is missing.
    Pip,
}

impl Purpose {
    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => &[
                "build-essential",
                "pkg-config",
                "libwebkit2gtk-4.1-dev",
                "libayatana-appindicator3-dev",
            ],
            Self::VirtualDisplay => &["xvfb", "imagemagick", "fonts-dejavu-core"],
            Self::Test => &[
                "xvfb",
                "xauth",
                "dbus",
                "at-spi2-core",
                "gnome-keyring",
                "libsecret-tools",
                "webkit2gtk-driver",
                "xdotool",
                "x11-utils",
                "openbox",
                "chromium",
                "imagemagick",
                "fonts-dejavu-core",
                "fonts-noto-color-emoji",
                "desktop-file-utils",
            ],
            Self::Pip => &["python3", "python3-pip"],
        }
    }
}

/// The families of systems that need different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Debian,
    Ubuntu,
    Fedora,
    Arch,
    OtherLinux,
    MacOs,
    Windows,
}

/// Makes sure that the packages for these purposes are there: installs them on Debian and Ubuntu;
/// elsewhere fails with their names when the app could not be built.
pub(crate) fn ensure(purposes: &[Purpose]) -> Result<()> {
    match system() {
        System::Debian => ensure_with_apt(purposes, |name| name),
        // Ubuntu's `chromium` is not a package of its own.
        System::Ubuntu => ensure_with_apt(purposes, |name| {
            if name == "chromium" {
                "chromium-browser"
            } else {
                name
            }
        }),
        System::Fedora => ensure_webkit(
            "sudo dnf install webkit2gtk4.1-devel libayatana-appindicator-gtk3-devel gcc \
                gcc-c++ make pkgconf-pkg-config",
        ),
        System::Arch => ensure_webkit(
            "sudo pacman -S --needed base-devel webkit2gtk-4.1 libayatana-appindicator",
        ),
        System::OtherLinux => ensure_webkit(
            "your system's packages for: a C compiler, pkg-config, the development files of \
                WebKitGTK 4.1 and of Ayatana AppIndicator 3",
        ),
        System::MacOs => {
            if process::succeeds(Command::new("xcode-select").arg("-p")) {
                return Ok(());
            }
            bail!("the Xcode command line tools are missing: run `xcode-select --install`");
        }
        System::Windows => {
            terminal::say(
                "On Windows the build needs the Microsoft C++ Build Tools and the WebView2 \
                    runtime (part of Windows 11).",
            );
            Ok(())
        }
    }
}

/// Whether [`ensure`] would install rather than only say what is missing.
pub(crate) fn can_install() -> bool {
    matches!(system(), System::Debian | System::Ubuntu)
}

fn ensure_webkit(how: &str) -> Result<()> {
    if process::succeeds(Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"])) {
        return Ok(());
    }
    bail!("WebKitGTK 4.1 is not installed, so the window cannot be built. Install: {how}");
}

fn ensure_with_apt(
    purposes: &[Purpose],
    name_here: fn(&'static str) -> &'static str,
) -> Result<()> {
    let mut wanted: Vec<&str> = Vec::new();
    for name in purposes
        .iter()
        .flat_map(|purpose| purpose.debian_packages())
    {
        let name = name_here(name);
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let missing = missing_of(&wanted, &installed_among(&wanted)?);
    if missing.is_empty() {
        return Ok(());
    }
    terminal::say(&format!(
        "Installing system packages: {}",
        missing.join(" ")
    ));
    apt_get(&["update", "-q"], &missing)?;
    let mut install = vec![
        "install",
        "-q",
        "-y",
        "--no-install-recommends",
        "-o",
        "Acquire::Retries=3",
        "-o",
        "DPkg::Lock::Timeout=120",
    ];
    install.extend(&missing);
    apt_get(&install, &missing).context(
        "the system packages could not be installed (Debian 12 and Ubuntu 22.04, and newer, \
            have them all)",
    )
}

/// Asks dpkg, which exits with an error when it does not know one of the names, so only its answer
/// counts.
fn installed_among(wanted: &[&str]) -> Result<String> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status} ${Package}\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .context("cannot start dpkg-query, which every Debian has")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn missing_of<'a>(wanted: &[&'a str], dpkg_answer: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = dpkg_answer
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect()
}

fn apt_get(arguments: &[&str], missing: &[&str]) -> Result<()> {
    if is_root() {
        let mut command = Command::new("apt-get");
        return process::run(
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments),
        );
    }
    if !process::succeeds(Command::new("sudo").arg("--version")) {
        bail!(
            "installing system packages takes root and sudo is not there; as root, run: apt-get \
                update && apt-get install -y --no-install-recommends {}",
            missing.join(" ")
        );
    }
    let attended = std::io::stdin().is_terminal();
    let mut command = Command::new("sudo");
    if !attended {
        // Fails at once instead of waiting for a password that nobody can type.
        command.arg("--non-interactive");
    }
    command
        .args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments);
    let stdin = if attended {
        Stdio::inherit()
    } else {
        Stdio::null()
    };
    process::run_with_stdin(&mut command, stdin)
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn system() -> System {
    if cfg!(target_os = "macos") {
        return System::MacOs;
    }
    if cfg!(windows) {
        return System::Windows;
    }
    linux_family(&fs::read_to_string("/etc/os-release").unwrap_or_default())
}

fn linux_family(os_release: &str) -> System {
    let value = |key: &str| {
        os_release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map_or(String::new(), |value| value.trim_matches('"').to_owned())
    };
    let own_name = value("ID");
    let relatives = value("ID_LIKE");
    for name in std::iter::once(own_name.as_str()).chain(relatives.split_whitespace()) {
        match name {
            "ubuntu" => return System::Ubuntu,
            "debian" => return System::Debian,
            "fedora" | "rhel" | "centos" => return System::Fedora,
            "arch" => return System::Arch,
            _ => {}
        }
    }
    System::OtherLinux
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_apart_by_their_own_name_then_by_their_relatives() {
        assert_eq!(
            linux_family("NAME=\"Debian GNU/Linux\"\nID=debian\n"),
            System::Debian
        );
        assert_eq!(
            linux_family("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            System::Ubuntu
        );
        assert_eq!(linux_family("ID=ubuntu\nID_LIKE=debian\n"), System::Ubuntu);
        assert_eq!(
            linux_family("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"),
            System::Fedora
        );
        assert_eq!(linux_family("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(linux_family("ID=nixos\n"), System::OtherLinux);
        assert_eq!(linux_family(""), System::OtherLinux);
    }

    #[test]
    fn a_package_that_was_removed_but_left_its_settings_is_missing() {
        let answer = "installed xvfb\nconfig-files chromium\nnot-installed xauth\n";
        assert_eq!(
            missing_of(&["xvfb", "chromium", "xauth", "dbus"], answer),
            ["chromium", "xauth", "dbus"]
        );
    }
}
