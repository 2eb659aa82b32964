//! What can be checked without asking a model. The regular expressions and schemas are read by the
//! engine, which has the libraries for them.

use serde::{Deserialize, Serialize};

/// One check of an answer. The texts may hold variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Check {
    /// It holds this text.
    Contains {
        /// The text.
        text: String,
        /// Capital letters matter.
        #[serde(default)]
        is_case_sensitive: bool,
        /// Passes where the text is not there.
        #[serde(default)]
        is_negated: bool,
    },
    /// It is this text, white space around it apart.
    Equals {
        /// The text.
        text: String,
        /// Capital letters matter.
        #[serde(default)]
        is_case_sensitive: bool,
    },
    /// A regular expression matches somewhere.
    Regex {
        /// The expression.
        pattern: String,
    },
    /// It is JSON, or holds one fenced block of JSON, and keeps to a schema.
    JsonSchema {
        /// The schema, as JSON; `{}` for any JSON.
        schema: String,
    },
    /// Its length in words.
    Words {
        /// At least.
        #[serde(default)]
        least: Option<u64>,
        /// At most.
        #[serde(default)]
        most: Option<u64>,
    },
    /// The whole answer came within a time.
    Within {
        /// Milliseconds.
        millis: u64,
    },
}

impl Check {
    /// The text in which variables may stand.
    pub fn template(&self) -> Option<&str> {
        match self {
            Self::Contains { text, .. } | Self::Equals { text, .. } => Some(text),
            Self::Regex { pattern } => Some(pattern),
            Self::JsonSchema { schema } => Some(schema),
            Self::Words { .. } | Self::Within { .. } => None,
        }
    }
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'answer> {
    /// The text.
    pub text: &'answer str,
    /// Until its end.
    pub total_millis: Option<u64>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// It holds; `None` where the check itself cannot be carried out.
    pub passed: Option<bool>,
    /// What was found, in one sentence.
    pub words: String,
}
