//! Why a command did not do what it was asked: words for people, a code for scripts.

use patchbay_domain::FailureClass;
use patchbay_engine::{EngineError, StoreError, with_causes};
use serde::Serialize;

/// It is done.
pub(crate) const DONE: u8 = 0;
/// It failed.
const FAILED: u8 = 1;
/// The arguments, or a value in them, cannot be used.
pub(crate) const WRONG_USAGE: u8 = 2;
/// Another copy of Patchbay uses the data folder.
const IN_USE: u8 = 3;

/// Why it did not work.
#[derive(Debug)]
pub(crate) struct Failed {
    code: u8,
    sentence: String,
    advice: String,
    field: Option<String>,
    /// All of it was said already.
    is_silent: bool,
}

/// A failure for scripts.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    error: Words<'a>,
}

#[derive(Debug, Serialize)]
struct Words<'a> {
    /// The exit code.
    code: u8,
    /// What happened.
    sentence: &'a str,
    /// What to do; empty where there is nothing to do.
    advice: &'a str,
    /// Which value cannot be used, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Failed {
    fn with(code: u8, sentence: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            advice: advice.into(),
            field: None,
            is_silent: false,
        }
    }

    pub(crate) fn new(sentence: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::with(FAILED, sentence, advice)
    }

    /// A value that cannot be used.
    pub(crate) fn usage(sentence: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::with(WRONG_USAGE, sentence, advice)
    }

    /// Another copy of Patchbay uses the data folder.
    pub(crate) fn in_use(sentence: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::with(IN_USE, sentence, advice)
    }

    /// The system refuses something.
    pub(crate) fn system(sentence: &str, error: &dyn std::error::Error) -> Self {
        Self::new(format!("{sentence}: {}.", with_causes(error)), "")
    }

    /// A failure of which everything was printed, so that only the code is left to say.
    pub(crate) fn said(sentence: impl Into<String>) -> Self {
        Self {
            is_silent: true,
            ..Self::new(sentence, "")
        }
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    pub(crate) fn is_in_use(&self) -> bool {
        self.code == IN_USE
    }

    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.is_silent
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            error: Words {
                code: self.code,
                sentence: &self.sentence,
                advice: &self.advice,
                field: self.field.as_deref(),
            },
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::AlreadyOpen { .. } => Self::in_use(
                error.sentence(),
                "Close its window, or end it where it runs as a service: systemctl --user stop \
                 patchbay",
            ),
            _ => Self::new(error.sentence(), error.advice()),
        }
    }
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::Vault(error) => match error.state() {
                Some(state) => Self::new(format!("{}.", state.title()), state.explanation()),
                None => Self::new(format!("{error}."), "Remove the key and add it again."),
            },
            EngineError::Provider {
                provider_name,
                failure,
            } => {
                // What a budget says is ours to say; the other words are those of providers.
                let sentence = match failure.class {
                    FailureClass::OverBudget => failure.message.clone(),
                    class => class.sentence(&provider_name),
                };
                Self::new(sentence, failure.class.advice())
            }
            EngineError::Input(input) => Self {
                field: Some(input.field),
                ..Self::usage(input.sentence, input.advice)
            },
            EngineError::NotFound(what) => Self::new(
                format!("{what} is not there any more."),
                "It may have been deleted in the meantime.",
            ),
            EngineError::Busy(sentence) => Self::new(sentence, "Wait until it is done."),
            EngineError::Cancelled => Self::new("Stopped.", ""),
            EngineError::LocalModel { sentence, advice } => Self::new(sentence, advice),
        }
    }
}
