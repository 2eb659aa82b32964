//! One file of the log: lines of a checksum, a number and JSON.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use super::entry::Entry;
use crate::error::StoreError;
use crate::folder::open_private_file;

pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    /// How many bytes of whole lines it has.
    length: u64,
    /// A line, put together to be written at once.
    line: Vec<u8>,
}

impl LogFile {
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = open_private_file(&path).map_err(|source| StoreError::of_file(source, &path))?;
        Ok(Self {
            path,
            file,
            length: 0,
            line: Vec::new(),
        })
    }

    /// The entries in it with their numbers. Where a line is broken, as a power cut may leave it, the
    /// file ends before it.
    pub(super) fn recover(&mut self) -> Result<Vec<(u64, Entry)>, StoreError> {
        let mut bytes = Vec::new();
        self.file
            .read_to_end(&mut bytes)
            .map_err(|source| StoreError::of_file(source, &self.path))?;
        let mut found = Vec::new();
        let mut length = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some((number, json)) = parts(line) else {
                tracing::warn!(
                    bytes = bytes.len() - length,
                    "a redo log ends in the middle of a line"
                );
                break;
            };
            match Entry::from_json(json) {
                Ok(entry) => found.push((number, entry)),
                Err(error) => {
                    tracing::error!(%error, "an entry of a redo log cannot be read and is left out");
                }
            }
            length += line.len();
        }
        self.length = length as u64;
        self.cut().map_err(|source| self.error(source))?;
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn append(&mut self, number: u64, json: &[u8]) -> Result<(), StoreError> {
        self.line.clear();
        let numbered = number.to_string();
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(numbered.as_bytes());
        checksum.update(json);
        let written = writeln_parts(&mut self.line, checksum.finalize(), &numbered, json)
            .and_then(|()| self.file.write_all(&self.line));
        if let Err(source) = written {
            // What came of the line must not stand before the next one.
            if let Err(error) = self.cut() {
                tracing::warn!(%error, "half a line of a redo log was not taken back");
            }
            return Err(self.error(source));
        }
        self.length += self.line.len() as u64;
        // A long request is rare, and its memory would stay.
        self.line.shrink_to(64 * 1024);
        Ok(())
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.length == 0 {
            return Ok(());
        }
        self.length = 0;
        self.cut()
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// Takes away what is behind the last whole line.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        Ok(())
    }

    fn error(&self, source: io::Error) -> StoreError {
        StoreError::of_file(source, &self.path)
    }
}

fn writeln_parts(line: &mut Vec<u8>, checksum: u32, number: &str, json: &[u8]) -> io::Result<()> {
    write!(line, "{checksum:08x} {number} ")?;
    line.extend_from_slice(json);
    line.push(b'\n');
    Ok(())
}

/// The number and the JSON of a whole line; `None` of a broken one.
fn parts(line: &[u8]) -> Option<(u64, &[u8])> {
    let mut parts = line.strip_suffix(b"\n")?.splitn(3, |byte| *byte == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let checksum = u32::from_str_radix(word()?, 16).ok()?;
    let number = word()?;
    let json = parts.next()?;
    let mut found = crc32fast::Hasher::new();
    found.update(number.as_bytes());
    found.update(json);
    (found.finalize() == checksum).then(|| Some((number.parse().ok()?, json)))?
}
