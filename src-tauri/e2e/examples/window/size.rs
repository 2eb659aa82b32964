//! How large the two programs are.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

pub(crate) fn print(app: &Path, bare: &Path) -> Result<()> {
    let (app, bare) = (program(app)?, program(bare)?);
    println!(
        "\n# Program file (length on disk; the web view's files are inside, the local model is not)\n\
         Patchbay {app}   aim: under 30 MB\nbare window {bare}"
    );
    Ok(())
}

fn program(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    // `strip` takes this name out of the table of section names.
    let name = b"\0.symtab\0";
    let has_symbols = bytes.windows(name.len()).any(|window| window == name);
    let symbols = if has_symbols {
        "with symbols"
    } else {
        "stripped"
    };
    let megabytes = bytes.len() as f64 / 1e6;
    Ok(format!(
        "{megabytes:.1} MB ({} bytes, {symbols})",
        bytes.len()
    ))
}
