//! Apps: clients of the gateway, each with a token of its own and with what it may do.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;
use crate::words::word_enum;

/// The longest name, in characters.
const NAME_LENGTH: usize = 60;

/// The most names of models and addresses of pages that one app may have.
const MOST_ENTRIES: usize = 64;

word_enum! {
    /// What an app can ask of the gateway.
    pub enum AppEndpoint {
        /// OpenAI's `/v1/chat/completions`.
        ChatCompletions = "chat_completions",
        /// OpenAI's `/v1/completions`.
        Completions = "completions",
        /// OpenAI's `/v1/responses`.
        Responses = "responses",
        /// OpenAI's `/v1/embeddings`.
        Embeddings = "embeddings",
        /// Anthropic's `/v1/messages`.
        Messages = "messages",
    }
}

impl AppEndpoint {
    /// Its path below the gateway's address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
            Self::Messages => "/v1/messages",
        }
    }
}

/// A client of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// A short lower-case word made of its first name, such as `aider`. It never changes, since budgets
    /// and receipts name it.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// What it may do.
    pub rules: AppRules,
    /// The end of its token, to tell tokens apart.
    pub token_hint: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it last asked for something.
    pub last_used_at: Option<UnixMillis>,
    /// Since when its token is refused.
    pub revoked_at: Option<UnixMillis>,
}

/// What an app may do, and how it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppRules {
    /// Only these names of routes and models, as it writes them; empty for all.
    pub models: Vec<String>,
    /// This route or model answers, whatever it asks for; `None` for what it asks for.
    pub answers_with: Option<String>,
    /// Requests in any 60 seconds; `None` for as many as it likes.
    pub requests_a_minute: Option<u32>,
    /// Requests at once; `None` for as many as the gateway takes.
    pub requests_at_once: Option<u32>,
    /// From then on its token is refused.
    pub expires_at: Option<UnixMillis>,
    /// What it asks and what it is answered is kept. Receipts are kept in any case.
    pub keeps_texts: bool,
    /// Nothing is sent to it before the answer is whole, so that a half answer can still be replaced.
    pub holds_back: bool,
    /// Milliseconds until another way in is asked where the first token is late; `None` for the
    /// route's own limit.
    pub first_token_millis: Option<u64>,
    /// Web pages that may ask with its token, by their origin, such as `http://localhost:5173`.
    pub origins: Vec<String>,
}

impl Default for AppRules {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            answers_with: None,
            requests_a_minute: None,
            requests_at_once: None,
            expires_at: None,
            keeps_texts: true,
            holds_back: false,
            first_token_millis: None,
            origins: Vec::new(),
        }
    }
}

/// Why an app cannot be as it was written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// Without a name nobody finds it.
    #[error("an app needs a name of 1 to {NAME_LENGTH} characters")]
    Name,
    /// More than anybody reads.
    #[error("an app has at most {MOST_ENTRIES} {0}")]
    Many(&'static str),
    /// A limit that refuses everything.
    #[error("{0} must be at least 1")]
    Nothing(&'static str),
    /// A limit of the first token outside half a second to an hour.
    #[error("the first token must be given between 500 and 3600000 milliseconds")]
    FirstToken,
    /// No origin of a web page.
    #[error("\u{201c}{0}\u{201d} is no origin of a web page, such as http://localhost:5173")]
    Origin(String),
    /// An empty name of a model.
    #[error("the name of a model is empty")]
    Model,
}

impl AppRules {
    /// Checks what a person wrote down, with the app's name.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self, name: &str) -> Result<(), AppError> {
        if !(1..=NAME_LENGTH).contains(&name.trim().chars().count()) {
            return Err(AppError::Name);
        }
        for (entries, what) in [(&self.models, "models"), (&self.origins, "web pages")] {
            if entries.len() > MOST_ENTRIES {
                return Err(AppError::Many(what));
            }
        }
        let named = self.models.iter().chain(&self.answers_with);
        if named.into_iter().any(|model| model.trim().is_empty()) {
            return Err(AppError::Model);
        }
        for (limit, what) in [
            (self.requests_a_minute, "requests a minute"),
            (self.requests_at_once, "requests at once"),
        ] {
            if limit == Some(0) {
                return Err(AppError::Nothing(what));
            }
        }
        if self
            .first_token_millis
            .is_some_and(|millis| !(500..=3_600_000).contains(&millis))
        {
            return Err(AppError::FirstToken);
        }
        match self.origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(AppError::Origin(origin.clone())),
            None => Ok(()),
        }
    }

    /// Whether it may ask for this name.
    pub fn allows(&self, model: &str) -> bool {
        self.models.is_empty()
            || self
                .models
                .iter()
                .any(|allowed| allowed.trim().eq_ignore_ascii_case(model.trim()))
    }
}

/// A scheme, a host and perhaps a port, with nothing behind. A wildcard is none.
fn is_origin(origin: &str) -> bool {
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .chars()
                .all(|sign| sign.is_ascii_alphanumeric() || ".-:[]".contains(sign))
    })
}

/// The id of a new app: its name in lower-case letters, digits and `-`, with a number where that is
/// taken.
pub fn app_id(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut word = String::new();
    for sign in name.chars() {
        if word.len() >= 40 {
            break;
        }
        if sign.is_ascii_alphanumeric() {
            word.push(sign.to_ascii_lowercase());
        } else if !word.is_empty() && !word.ends_with('-') {
            word.push('-');
        }
    }
    let word = word.trim_matches('-');
    let word = if word.is_empty() { "app" } else { word };
    let numbered = (2..).map(|number| format!("{word}-{number}"));
    std::iter::once(word.to_owned())
        .chain(numbered)
        .find(|id| !is_taken(id))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_and_are_not_given_twice() {
        assert_eq!(app_id("Claude Code", |_| false), "claude-code");
        assert_eq!(
            app_id("Claude Code", |id| id == "claude-code"),
            "claude-code-2"
        );
        assert_eq!(app_id("  Zed!  ", |_| false), "zed");
        assert_eq!(app_id("日本", |_| false), "app");
        assert!(app_id(&"x".repeat(300), |_| false).len() <= 40);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let wrong = |change: fn(&mut AppRules)| {
            let mut rules = AppRules::default();
            change(&mut rules);
            rules.validate("An app").unwrap_err()
        };
        assert_eq!(AppRules::default().validate(" "), Err(AppError::Name));
        assert_eq!(
            wrong(|rules| rules.requests_a_minute = Some(0)),
            AppError::Nothing("requests a minute")
        );
        assert_eq!(
            wrong(|rules| rules.first_token_millis = Some(1)),
            AppError::FirstToken
        );
        assert_eq!(
            wrong(|rules| rules.models = vec![" ".to_owned()]),
            AppError::Model
        );
        for origin in [
            "*",
            "http://",
            "localhost:5173",
            "http://a.example/path",
            "null",
        ] {
            let rules = AppRules {
                origins: vec![origin.to_owned()],
                ..AppRules::default()
            };
            assert_eq!(
                rules.validate("An app"),
                Err(AppError::Origin(origin.to_owned()))
            );
        }
        let rules = AppRules {
            origins: vec![
                "http://localhost:5173".to_owned(),
                "https://a.example".to_owned(),
            ],
            ..AppRules::default()
        };
        assert_eq!(rules.validate("An app"), Ok(()));
    }

    #[test]
    fn an_app_asks_only_for_what_it_may() {
        assert!(AppRules::default().allows("anything"));
        let rules = AppRules {
            models: vec!["Fast".to_owned()],
            ..AppRules::default()
        };
        assert!(rules.allows("fast"));
        assert!(!rules.allows("faster"));
    }
}
