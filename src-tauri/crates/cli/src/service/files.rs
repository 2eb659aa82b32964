//! What stands in the files that start Patchbay.

use std::path::Path;

use crate::failure::Failed;

/// By this the files are known again.
pub(super) const MARK: &str = "# Written by \"patchbay service install\"";

/// What is started, on which folder.
pub(super) struct Entry<'a> {
    pub(super) program: &'a Path,
    pub(super) data: Option<&'a Path>,
}

impl Entry<'_> {
    fn words(&self, more: &[&str]) -> Result<Vec<String>, Failed> {
        let mut words = vec![text(self.program)?];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        if let Some(data) = self.data {
            words.push("--data".to_owned());
            words.push(text(data)?);
        }
        Ok(words)
    }
}

/// A path as text. One that is none could only be written wrongly.
fn text(path: &Path) -> Result<String, Failed> {
    path.to_str()
        .filter(|text| !text.contains(char::is_control))
        .map(str::to_owned)
        .ok_or_else(|| {
            Failed::usage(
                format!("{} cannot be written in such a file.", path.display()),
                "Use a path of plain characters.",
            )
        })
}

/// A systemd user unit for `serve`.
pub(super) fn unit(
    entry: &Entry<'_>,
    port: Option<u16>,
    no_keychain: bool,
) -> Result<String, Failed> {
    let mut words = entry.words(&["serve"])?;
    if let Some(port) = port {
        words.push("--port".to_owned());
        words.push(port.to_string());
    }
    if no_keychain {
        words.push("--no-keychain".to_owned());
    }
    let command: Vec<String> = words.iter().map(|word| for_systemd(word)).collect();
    let command = command.join(" ");
    Ok(format!(
        "{MARK}\n\
         [Unit]\n\
         Description=Patchbay: one local address for any model\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart={command}\n\
         # Keys for a computer without a keychain, one NAME=VALUE a line, for your eyes only (mode 0600).\n\
         EnvironmentFile=-%E/patchbay/service.env\n\
         Restart=on-failure\n\
         # Wrong usage, and a folder in use: trying again changes neither.\n\
         RestartPreventExitStatus=2 3\n\
         TimeoutStopSec=10\n\
         NoNewPrivileges=yes\n\
         UMask=0077\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

/// An autostart entry for the window.
pub(super) fn desktop_entry(entry: &Entry<'_>) -> Result<String, Failed> {
    let words = entry.words(&[])?;
    let command: Vec<String> = words.iter().map(|word| for_desktop_entry(word)).collect();
    let command = command.join(" ");
    Ok(format!(
        "{MARK}\n\
         [Desktop Entry]\n\
         Type=Application\n\
         Name=Patchbay\n\
         Comment=Any model, any way of reaching it\n\
         Exec={command}\n\
         Terminal=false\n\
         X-GNOME-Autostart-enabled=true\n"
    ))
}

/// One word of a command line in a unit: quoted, with nothing left that systemd would replace.
fn for_systemd(word: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in word.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '%' | '$' => quoted.extend([sign, sign]),
            _ => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

/// One word of `Exec`: quoted, then escaped once more as every text of such a file is.
fn for_desktop_entry(word: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in word.chars() {
        match sign {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', sign]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted.replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_starts_what_was_said() {
        let entry = Entry {
            program: Path::new("/opt/Patch bay/patchbay"),
            data: Some(Path::new("/srv/100%/$data")),
        };
        let text = unit(&entry, Some(4181), true).unwrap();
        assert!(
            text.contains(
                "ExecStart=\"/opt/Patch bay/patchbay\" \"serve\" \"--data\" \
                 \"/srv/100%%/$$data\" \"--port\" \"4181\" \"--no-keychain\"\n"
            ),
            "{text}"
        );
        assert!(text.starts_with(MARK));
    }

    #[test]
    fn an_entry_escapes_twice() {
        assert_eq!(for_desktop_entry("/a b"), "\"/a b\"");
        assert_eq!(for_desktop_entry("/a$b"), "\"/a\\\\$b\"");
        assert_eq!(for_desktop_entry("/a%b"), "\"/a%%b\"");
    }

    #[test]
    fn a_path_with_a_line_end_is_refused() {
        let entry = Entry {
            program: Path::new("/a\nExecStartPre=/b"),
            data: None,
        };
        assert!(unit(&entry, None, false).is_err());
        assert!(desktop_entry(&entry).is_err());
    }
}
