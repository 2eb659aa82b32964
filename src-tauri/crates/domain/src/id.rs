//! Identifiers. Each kind of thing has its own type, so that a message id can never be handed to a
//! function that wants a run id.
//!
//! Rows are keyed by UUID version 7: it begins with the time, so rows sort by age and stay close
//! together in an index. The random part comes from whoever makes the id; nothing here is random.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! row_id {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Sixteen bytes, as SQLite keeps them.
            pub const fn into_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// The inverse of [`Self::into_bytes`].
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

row_id! {
    /// One conversation: a tree of messages.
    ConversationId
}
row_id! {
    /// One message in the tree of a conversation.
    MessageId
}
row_id! {
    /// One answer being made, with all its attempts.
    RunId
}
row_id! {
    /// One request to one endpoint.
    AttemptId
}
row_id! {
    /// One route that a person wrote down.
    RouteId
}
row_id! {
    /// One measurement of the latency lab.
    LabId
}
row_id! {
    /// One comparison that a person set up.
    ComparisonId
}
row_id! {
    /// One execution of a comparison.
    RoundId
}
row_id! {
    /// One vote about the answers to one prompt.
    VoteId
}
row_id! {
    /// One answer made of several.
    MergeId
}
row_id! {
    /// One budget that a person set.
    BudgetId
}
row_id! {
    /// One list of what a provider billed, read from a file.
    UsageImportId
}
row_id! {
    /// One change of what history cost.
    AuditId
}

/// Names a provider: a short lower-case word such as `openai`, or `openai-2` for a second one.
///
/// It appears in the keychain's user name, in logs and on the command line, so it is made of
/// `a-z`, `0-9` and `-` only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderId(String);

impl ProviderId {
    /// The id of the model that runs in this process.
    pub const LOCAL: &'static str = "local";

    /// Wraps an id that was checked before, for instance one read back from the database.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The provider that runs in this process.
    pub fn local() -> Self {
        Self(Self::LOCAL.to_owned())
    }

    /// Makes an id from the name a person typed, distinct from all ids in `taken`.
    ///
    /// A name without a single usable letter gives `provider`.
    pub fn from_name(name: &str, taken: &[Self]) -> Self {
        let mut slug = String::new();
        for character in name.chars().flat_map(char::to_lowercase) {
            if character.is_ascii_alphanumeric() {
                slug.push(character);
            } else if !slug.ends_with('-') && !slug.is_empty() {
                slug.push('-');
            }
            if slug.len() >= 32 {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        let slug = if slug.is_empty() { "provider" } else { slug };
        let is_free = |candidate: &str| {
            candidate != Self::LOCAL && taken.iter().all(|id| id.as_str() != candidate)
        };
        if is_free(slug) {
            return Self(slug.to_owned());
        }
        // One more number than there are taken ids must contain a free one.
        let free = (2..=taken.len().saturating_add(3))
            .map(|number| format!("{slug}-{number}"))
            .find(|candidate| is_free(candidate));
        Self(free.unwrap_or_else(|| slug.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the model that runs in this process.
    pub fn is_local(&self) -> bool {
        self.0 == Self::LOCAL
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Scheme, host and port of a base URL, as the URL standard writes an origin:
/// `https://api.example.com` or `http://127.0.0.1:11434`.
///
/// **Invariant:** a key is used only with the origin that it was stored for, so that a changed base
/// URL can never carry a key to somebody else's server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

impl Origin {
    /// Wraps an origin that a URL parser wrote. Nothing is parsed here.
    pub fn from_serialized(origin: impl Into<String>) -> Self {
        Self(origin.into())
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_id_is_a_short_word() {
        assert_eq!(ProviderId::from_name("OpenAI", &[]).as_str(), "openai");
        assert_eq!(
            ProviderId::from_name("  My  Server (office) ", &[]).as_str(),
            "my-server-office"
        );
        assert_eq!(ProviderId::from_name("服务", &[]).as_str(), "provider");
    }

    #[test]
    fn a_second_provider_of_the_same_name_gets_a_number() {
        let first = ProviderId::from_name("OpenAI", &[]);
        let second = ProviderId::from_name("openai", std::slice::from_ref(&first));
        let third = ProviderId::from_name("OPENAI", &[first, second.clone()]);
        assert_eq!(second.as_str(), "openai-2");
        assert_eq!(third.as_str(), "openai-3");
    }

    #[test]
    fn nobody_can_take_the_name_of_the_local_provider() {
        assert_eq!(ProviderId::from_name("Local", &[]).as_str(), "local-2");
    }
}
