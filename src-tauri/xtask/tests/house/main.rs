//! The rules of the house that a compiler does not check: who may depend on whom, and what may not
//! stand in the text of this tree.
//!
//! Each rule is a function from facts to complaints, tried first on facts that break it, so that a
//! rule that has gone blind is noticed.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod arrows;
mod texts;

use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
