//! A faster copy of a model file, made once.
//!
//! Some number formats have no fast arithmetic here: the default model answers at half the speed and
//! takes four times as long to its first token in the format in which it is downloaded. So its
//! matrices are rewritten as Q8_0, beside the file. The copy appears under its name only when it is
//! whole and on disk, and remembers which file it was made from.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use candle_core::quantized::GgmlDType;

use crate::error::{LoadError, PrepareError};
use crate::header::{Header, TensorEntry};
use crate::quantise::{FAST_CODE, bytes_in, convert, copy, format_to_use};

const SUFFIX: &str = ".Q8_0.patchbay.gguf";
const SOURCE_BYTES: &str = "patchbay.source.bytes";
const SOURCE_MODIFIED: &str = "patchbay.source.modified_micros";
const LAYOUT: &str = "patchbay.layout";
/// Raised whenever the copies that are made change.
const LAYOUT_NOW: u64 = 1;
/// `general.file_type` of a file whose matrices are mostly Q8_0.
const MOSTLY_Q8_0: u32 = 7;

/// How far the work is, in bytes of the source's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrepareProgress {
    /// Done.
    pub done: u64,
    /// Of these.
    pub total: u64,
}

/// What had to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrepareOutcome {
    /// The file is fast as it is.
    NotNeeded,
    /// An earlier copy is still right.
    Reused,
    /// The copy was made now.
    Written,
}

/// The file to load, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The copy, or the source where none is needed.
    pub path: PathBuf,
    /// Bytes of the source.
    pub source_bytes: u64,
    /// Bytes of the file at `path`.
    pub bytes: u64,
    /// What had to be done.
    pub outcome: PrepareOutcome,
}

/// Where the faster copy of a model file stands.
pub fn prepared_path(source: &Path) -> PathBuf {
    let mut name = source.file_stem().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    source.with_file_name(name)
}

/// The file that a copy was made from, by its name.
pub(crate) fn source_of(copy: &Path) -> Option<PathBuf> {
    let name = copy.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    Some(copy.with_file_name(format!("{name}.gguf")))
}

/// Makes sure that a fast copy of a model file exists. `progress` is called at least every 16 MiB of
/// numbers and stops the work by returning `false`.
///
/// # Errors
/// See [`PrepareError`]. After any of them nothing new is left in the folder. Takes seconds; not for
/// a runtime's thread.
pub fn prepare(
    source: &Path,
    progress: &mut dyn FnMut(PrepareProgress) -> bool,
) -> Result<Prepared, PrepareError> {
    let header = open(source)?;
    let file = File::open(source).map_err(PrepareError::Read)?;
    let origin = Origin::of(&file)?;
    let plan = plan(&header);
    if plan.iter().all(|tensor| tensor.from == tensor.to) {
        return Ok(Prepared {
            path: source.to_owned(),
            source_bytes: origin.bytes,
            bytes: origin.bytes,
            outcome: PrepareOutcome::NotNeeded,
        });
    }
    let path = prepared_path(source);
    let outcome = if origin.made(&path) {
        PrepareOutcome::Reused
    } else {
        // Two processes make one copy, and neither takes away the other's unfinished file. Where the
        // file system has no locks, the worst is that both make it.
        let _ = file.lock();
        if origin.made(&path) {
            PrepareOutcome::Reused
        } else {
            write_copy(
                &Copy {
                    header: &header,
                    plan,
                    origin,
                },
                file,
                &path,
                progress,
            )?;
            PrepareOutcome::Written
        }
    };
    let bytes = std::fs::metadata(&path).map_err(PrepareError::Read)?.len();
    Ok(Prepared {
        path,
        source_bytes: origin.bytes,
        bytes,
        outcome,
    })
}

fn open(path: &Path) -> Result<Header, PrepareError> {
    Header::open(path).map_err(|error| match error {
        LoadError::Header(error) => PrepareError::Header(error),
        _ => PrepareError::Missing(path.to_owned()),
    })
}

/// What a copy remembers of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin {
    bytes: u64,
    modified_micros: u64,
}

impl Origin {
    fn of(file: &File) -> Result<Self, PrepareError> {
        let metadata = file.metadata().map_err(PrepareError::Read)?;
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let micros = modified.and_then(|since| u64::try_from(since.as_micros()).ok());
        Ok(Self {
            bytes: metadata.len(),
            modified_micros: micros.unwrap_or(0),
        })
    }

    /// Whether the file at `path` is a whole copy of this source.
    fn made(self, path: &Path) -> bool {
        let Ok(copy) = Header::open(path) else {
            return false;
        };
        copy.unsigned(SOURCE_BYTES) == Some(self.bytes)
            && copy.unsigned(SOURCE_MODIFIED) == Some(self.modified_micros)
            && copy.unsigned(LAYOUT) == Some(LAYOUT_NOW)
    }
}

/// One tensor, from its format to the one it should have.
struct Conversion<'header> {
    name: &'header str,
    tensor: &'header TensorEntry,
    from: GgmlDType,
    to: GgmlDType,
}

/// All tensors in the order in which they lie in the file. Nothing where one has a format that is
/// not known here: loading refuses such a file, so a copy would be of no use.
fn plan(header: &Header) -> Vec<Conversion<'_>> {
    let mut tensors: Vec<_> = header.tensors.iter().collect();
    tensors.sort_by_key(|(_, tensor)| tensor.offset);
    let plan: Option<Vec<_>> = tensors
        .into_iter()
        .map(|(name, tensor)| {
            Some(Conversion {
                name,
                tensor,
                from: tensor.format?,
                to: format_to_use(tensor)?,
            })
        })
        .collect();
    plan.unwrap_or_default()
}

/// Everything about a copy that is known before its first byte.
struct Copy<'header> {
    header: &'header Header,
    plan: Vec<Conversion<'header>>,
    origin: Origin,
}

fn write_copy(
    copy: &Copy<'_>,
    source: File,
    path: &Path,
    progress: &mut dyn FnMut(PrepareProgress) -> bool,
) -> Result<(), PrepareError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let prefix = partial_prefix(path);
    remove_partials(folder, &prefix);
    let partial = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(PrepareError::Write)?;

    let mut output = BufWriter::with_capacity(1 << 20, partial);
    copy.write(source, &mut output, progress)?;
    let partial = output
        .into_inner()
        .map_err(|error| PrepareError::Write(error.into_error()))?;
    partial.as_file().sync_all().map_err(PrepareError::Write)?;
    partial
        .persist(path)
        .map_err(|error| PrepareError::Write(error.error))?;
    // The new name must survive a power cut as well. Windows has no handles on folders.
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(PrepareError::Write)?;
    Ok(())
}

fn partial_prefix(path: &Path) -> String {
    format!(
        ".{}.",
        path.file_name().unwrap_or_default().to_string_lossy()
    )
}

/// Takes away what an app that was killed in the middle left behind.
fn remove_partials(folder: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix)
            && name.ends_with(".partial")
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "an unfinished model copy could not be removed");
        }
    }
}

impl Copy<'_> {
    fn write(
        &self,
        mut source: File,
        output: &mut (impl Write + Seek),
        progress: &mut dyn FnMut(PrepareProgress) -> bool,
    ) -> Result<(), PrepareError> {
        let metadata = read_metadata(self.header, &mut source).map_err(PrepareError::Read)?;
        output
            .write_all(&self.head(&metadata))
            .map_err(PrepareError::Write)?;
        pad(output, self.header.alignment)?;

        let total = self
            .plan
            .iter()
            .filter_map(|conversion| conversion.tensor.bytes)
            .sum();
        let mut done = 0;
        let mut step = |bytes| {
            done += bytes;
            progress(PrepareProgress { done, total })
        };
        let mut input = BufReader::with_capacity(1 << 20, source);
        for &Conversion {
            name,
            tensor,
            from,
            to,
        } in &self.plan
        {
            let start = self.header.data_offset + tensor.offset;
            input
                .seek(SeekFrom::Start(start))
                .map_err(PrepareError::Read)?;
            if from == to {
                copy(bytes_in(tensor, from), &mut input, output, &mut step)?;
            } else {
                convert(name, tensor, from, &mut input, output, &mut step)?;
            }
            pad(output, self.header.alignment)?;
        }
        Ok(())
    }

    /// The header of the copy, up to where the tensor data is aligned.
    fn head(&self, metadata: &[u8]) -> Vec<u8> {
        let mut head = Vec::with_capacity(metadata.len() + 96 * self.plan.len());
        head.extend_from_slice(b"GGUF");
        head.extend_from_slice(&3_u32.to_le_bytes());
        head.extend_from_slice(&(self.plan.len() as u64).to_le_bytes());
        head.extend_from_slice(&(self.header.metadata_count + 3).to_le_bytes());
        head.extend_from_slice(metadata);
        push_unsigned(&mut head, SOURCE_BYTES, self.origin.bytes);
        push_unsigned(&mut head, SOURCE_MODIFIED, self.origin.modified_micros);
        push_unsigned(&mut head, LAYOUT, LAYOUT_NOW);
        let mut offset = 0_u64;
        for &Conversion {
            name,
            tensor,
            from,
            to,
        } in &self.plan
        {
            push_text(&mut head, name);
            head.extend_from_slice(&(tensor.dimensions.len() as u32).to_le_bytes());
            for dimension in &tensor.dimensions {
                head.extend_from_slice(&dimension.to_le_bytes());
            }
            let code = if from == to { tensor.code } else { FAST_CODE };
            head.extend_from_slice(&code.to_le_bytes());
            head.extend_from_slice(&offset.to_le_bytes());
            offset = (offset + bytes_in(tensor, to)).next_multiple_of(self.header.alignment);
        }
        head
    }
}

/// The source's metadata as it stands in the file, except that it no longer claims the old format.
fn read_metadata(header: &Header, source: &mut File) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(header.metadata.start))?;
    let mut metadata = Vec::new();
    source
        .take(header.metadata.end - header.metadata.start)
        .read_to_end(&mut metadata)?;
    let position = header.position("general.file_type").and_then(|position| {
        usize::try_from(position.checked_sub(header.metadata.start + 4)?).ok()
    });
    // Type U32, which has the number 4, and then the value.
    if let Some(position) = position
        && let Some(entry) = metadata.get_mut(position..position + 8)
        && entry.starts_with(&4_u32.to_le_bytes())
    {
        entry[4..].copy_from_slice(&MOSTLY_Q8_0.to_le_bytes());
    }
    Ok(metadata)
}

fn push_text(head: &mut Vec<u8>, text: &str) {
    head.extend_from_slice(&(text.len() as u64).to_le_bytes());
    head.extend_from_slice(text.as_bytes());
}

/// A metadata entry of the type U64, which has the number 10.
fn push_unsigned(head: &mut Vec<u8>, key: &str, value: u64) {
    push_text(head, key);
    head.extend_from_slice(&10_u32.to_le_bytes());
    head.extend_from_slice(&value.to_le_bytes());
}

fn pad(output: &mut (impl Write + Seek), alignment: u64) -> Result<(), PrepareError> {
    let position = output.stream_position().map_err(PrepareError::Write)?;
    let missing = position.next_multiple_of(alignment) - position;
    let zeros = vec![0; usize::try_from(missing).unwrap_or(0)];
    output.write_all(&zeros).map_err(PrepareError::Write)
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
