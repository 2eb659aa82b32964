//! A file in the data folder that says where the gateway listens, for commands that find the folder in
//! use.
//!
//! Whoever holds the folder writes the file while its gateway listens and removes it when it opens the
//! folder and when the gateway stops. A command reads it only when the folder is in use, so that a file
//! that a crash left behind leads to nobody.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const NAME: &str = "gateway.address";

/// The file, for the one who holds the data folder.
#[derive(Clone, Debug)]
pub struct ListeningFile(PathBuf);

impl ListeningFile {
    /// The file of this data folder.
    pub fn of(data_folder: &Path) -> Self {
        Self(data_folder.join(NAME))
    }

    /// Says where the gateway listens, or that it does not. Where that cannot be written, commands do
    /// not find the gateway, and nothing else is wrong.
    pub fn say(&self, address: Option<SocketAddr>) {
        let written = match address {
            Some(address) => std::fs::write(&self.0, format!("{address}\n")),
            None => match std::fs::remove_file(&self.0) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            },
        };
        if let Err(error) = written {
            tracing::warn!(%error, "where the gateway listens could not be written down");
        }
    }

    /// Where the gateway listens, if it does.
    pub(crate) fn read(&self) -> Option<SocketAddr> {
        let text = std::fs::read_to_string(&self.0).ok()?;
        let address: SocketAddr = text.trim().parse().ok()?;
        // A token goes to nobody on another computer.
        address.ip().is_loopback().then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_and_only_loopback() {
        let folder = tempfile::tempdir().unwrap();
        let file = ListeningFile::of(folder.path());
        file.say(None);
        assert_eq!(file.read(), None);
        let here: SocketAddr = "127.0.0.1:4180".parse().unwrap();
        file.say(Some(here));
        assert_eq!(file.read(), Some(here));
        file.say(Some("192.0.2.1:80".parse().unwrap()));
        assert_eq!(file.read(), None);
        file.say(None);
        assert!(!folder.path().join(NAME).exists());
    }
}
