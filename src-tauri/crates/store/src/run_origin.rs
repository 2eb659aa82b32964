//! What starts runs, and the words for it.

use serde::{Deserialize, Serialize};

/// What started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOrigin {
    /// A question in the window.
    Chat,
    /// A cell of a comparison.
    Compare,
    /// An app, through the gateway.
    Gateway,
    /// The latency lab.
    Lab,
}

impl RunOrigin {
    /// The word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Compare => "compare",
            Self::Gateway => "gateway",
            Self::Lab => "lab",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Chat, Self::Compare, Self::Gateway, Self::Lab]
            .into_iter()
            .find(|origin| origin.as_str() == word)
    }
}
