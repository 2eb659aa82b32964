//! What can go wrong with the database, classed once, with words for people.
//!
//! Long because every error has its line in every table of words.

use std::io;
use std::path::{Path, PathBuf};

use patchbay_domain::{
    BudgetId, ComparisonId, ConversationId, LabId, MergeId, MessageId, ProviderId, RoundId,
    RouteId, RunId, UsageImportId,
};
use rusqlite::ErrorCode;

/// Why the store could not be opened, or an operation failed. Nothing of a failed operation is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or used: a file is in the way, a part of the path is missing.
    #[error("cannot use the folder {}", folder.display())]
    FolderUnusable {
        /// The folder asked for.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process holds the folder's lock.
    #[error("another copy of Patchbay uses {}", folder.display())]
    AlreadyOpen {
        /// The folder asked for.
        folder: PathBuf,
    },
    /// The folder, the file or the file system may only be read.
    #[error("{} is read-only", path.display())]
    ReadOnly {
        /// What cannot be written.
        path: PathBuf,
        /// What the system or SQLite said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file system cannot share memory between connections, as some network folders cannot.
    #[error("{} refused write-ahead logging and stayed in mode {mode}", file.display())]
    WalRefused {
        /// The database.
        file: PathBuf,
        /// The journal mode that SQLite stayed in.
        mode: String,
    },
    /// The schema is newer than this version of Patchbay. The file was not changed.
    #[error("{} has schema {found}, this version knows up to {known}", file.display())]
    MadeByNewerVersion {
        /// The database.
        file: PathBuf,
        /// Its schema number.
        found: i64,
        /// The newest schema number that this version knows.
        known: i64,
    },
    /// Not a database, or a broken one. The file was not changed.
    #[error("{} is damaged", file.display())]
    Damaged {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A database, but another program's. The file was not changed.
    #[error("{} belongs to another program", file.display())]
    Foreign {
        /// The database.
        file: PathBuf,
    },
    /// There is no room left.
    #[error("no room left to write {}", path.display())]
    DiskFull {
        /// What could not be written.
        path: PathBuf,
        /// What the system or SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system failed to read or write.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// What could not be read or written.
        path: PathBuf,
        /// What the system or SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A migration failed; the file is as it was before.
    #[error("cannot bring {} up to schema {known}", file.display())]
    Migration {
        /// The database.
        file: PathBuf,
        /// The schema number that was the aim.
        known: i64,
        /// What failed.
        #[source]
        source: rusqlite_migration::Error,
    },
    /// Another program kept the database locked for longer than five seconds.
    #[error("{} is locked by another program", file.display())]
    Busy {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The row is not there.
    #[error("{0} is not in the database")]
    NotFound(Subject),
    /// The row may not be written so: it would break the message tree or reuse an id.
    #[error("the database refused a row that contradicts another one")]
    Contradiction(#[source] rusqlite::Error),
    /// Another key of the provider has this label. It is not repeated here: somebody may have typed
    /// the key in its place.
    #[error("another key of this provider has the same label")]
    KeyLabelTaken,
    /// Another route has this name, but for small and capital letters.
    #[error("another route has the name {name:?}")]
    RouteNameTaken {
        /// The name.
        name: String,
    },
    /// A header that carries a key. Keys belong in the keychain.
    #[error("the header {name} carries a key, which is never stored here")]
    SecretHeader {
        /// The header's name.
        name: String,
    },
    /// A stored value that this version cannot read.
    #[error("cannot read {column} of {table}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Why, where it is JSON.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// A value that cannot be written as JSON.
    #[error("cannot write a value as JSON")]
    Json(#[source] serde_json::Error),
    /// SQLite refused for another reason: a fault of ours.
    #[error("the database refused a statement")]
    Statement(#[from] rusqlite::Error),
    /// The store was closed, or its writer ended.
    #[error("the store is closed")]
    Closed,
    /// Closing took longer than allowed. All that was acknowledged is safe; the next start tidies up.
    #[error("the store did not close within {limit_millis} ms")]
    CloseTimedOut {
        /// The time allowed.
        limit_millis: u64,
    },
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A conversation.
    Conversation(ConversationId),
    /// A message.
    Message(MessageId),
    /// A run.
    Run(RunId),
    /// A provider.
    Provider(ProviderId),
    /// The place of a key, never the key.
    Key {
        /// Whose it is.
        provider: ProviderId,
        /// The slot.
        id: String,
    },
    /// A route.
    Route(RouteId),
    /// A measurement of the latency lab.
    Lab(LabId),
    /// A comparison.
    Comparison(ComparisonId),
    /// A round of one.
    Round(RoundId),
    /// A cell of a round.
    Cell(RoundId),
    /// An answer made of several.
    Merge(MergeId),
    /// A budget.
    Budget(BudgetId),
    /// A list of what a provider billed.
    UsageImport(UsageImportId),
    /// A client of the gateway.
    App(String),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conversation(id) => write!(formatter, "conversation {id}"),
            Self::Message(id) => write!(formatter, "message {id}"),
            Self::Run(id) => write!(formatter, "run {id}"),
            Self::Provider(id) => write!(formatter, "provider {id}"),
            Self::Key { provider, id } => write!(formatter, "key {id} of provider {provider}"),
            Self::Route(id) => write!(formatter, "route {id}"),
            Self::App(id) => write!(formatter, "app {id}"),
            Self::Lab(id) => write!(formatter, "measurement {id}"),
            Self::Comparison(id) => write!(formatter, "comparison {id}"),
            Self::Round(id) => write!(formatter, "round {id}"),
            Self::Cell(id) => write!(formatter, "cell of round {id}"),
            Self::Merge(id) => write!(formatter, "merged answer {id}"),
            Self::Budget(id) => write!(formatter, "budget {id}"),
            Self::UsageImport(id) => write!(formatter, "import {id}"),
        }
    }
}

impl StoreError {
    /// One sentence for people: what happened, and where.
    pub fn sentence(&self) -> String {
        match self {
            Self::FolderUnusable { folder, .. } => {
                format!("The data folder {} cannot be used.", folder.display())
            }
            Self::AlreadyOpen { folder } => {
                format!(
                    "Another copy of Patchbay already uses {}.",
                    folder.display()
                )
            }
            Self::ReadOnly { path, .. } => {
                format!("{} can be read but not written.", path.display())
            }
            Self::WalRefused { file, .. } => format!(
                "The folder of {} is on a file system that cannot keep the database safe.",
                file.display()
            ),
            Self::MadeByNewerVersion { file, .. } => {
                format!(
                    "{} was made by a newer version of Patchbay.",
                    file.display()
                )
            }
            Self::Damaged { file, .. } => format!("The database {} is damaged.", file.display()),
            Self::Foreign { file } => {
                format!("{} is a database of another program.", file.display())
            }
            Self::DiskFull { path, .. } => {
                format!("The disk that holds {} is full.", path.display())
            }
            Self::Io { path, .. } => {
                format!("This computer could not read or write {}.", path.display())
            }
            Self::Migration { file, .. } => {
                format!(
                    "The database {} could not be brought up to date.",
                    file.display()
                )
            }
            Self::Busy { file, .. } => {
                format!(
                    "Another program keeps the database {} locked.",
                    file.display()
                )
            }
            Self::NotFound(subject) => match subject {
                Subject::Conversation(_) => "This conversation is no longer there.".to_owned(),
                Subject::Message(_) => "This message is no longer there.".to_owned(),
                Subject::Run(_) => "There is no record of this answer.".to_owned(),
                Subject::Provider(id) => format!("The provider {id} is no longer there."),
                Subject::Key { provider, .. } => {
                    format!("This key of the provider {provider} is no longer there.")
                }
                Subject::Route(_) => "This route is no longer there.".to_owned(),
                Subject::App(_) => "This app is no longer there.".to_owned(),
                Subject::Lab(_) => "This measurement is no longer there.".to_owned(),
                Subject::Comparison(_) => "This comparison is no longer there.".to_owned(),
                Subject::Round(_) => "This round is no longer there.".to_owned(),
                Subject::Cell(_) => "This answer is not part of the round.".to_owned(),
                Subject::Merge(_) => "This merged answer is no longer there.".to_owned(),
                Subject::Budget(_) => "This budget is no longer there.".to_owned(),
                Subject::UsageImport(_) => "This import is no longer there.".to_owned(),
            },
            Self::KeyLabelTaken => "Another key of this provider has the same name.".to_owned(),
            Self::RouteNameTaken { name } => {
                format!("Another route is already called {name}.")
            }
            Self::SecretHeader { name } => {
                format!("The header {name} carries a key, and keys are only kept in the keychain.")
            }
            Self::Unreadable { .. } => {
                "A saved entry is written in a way that this version cannot read.".to_owned()
            }
            Self::Contradiction(_) | Self::Json(_) | Self::Statement(_) => {
                "Something went wrong inside Patchbay while saving.".to_owned()
            }
            Self::Closed => "Patchbay is closing and saves nothing more.".to_owned(),
            Self::CloseTimedOut { .. } => "Closing the database took too long.".to_owned(),
        }
    }

    /// One sentence for people: what to do next, and what is safe meanwhile.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::FolderUnusable { .. } => {
                "Check that the path is a folder and not a file, then start Patchbay again."
            }
            Self::AlreadyOpen { .. } => {
                "Use the window that is already open, or close it and start again."
            }
            Self::ReadOnly { .. } => {
                "Allow writing to this folder, or choose another data folder, then start again. \
                 Nothing was changed."
            }
            Self::WalRefused { .. } => {
                "Choose a data folder on this computer's own disk, not on a network drive."
            }
            Self::MadeByNewerVersion { .. } => {
                "Install the newer version, or choose another data folder. The file was not changed."
            }
            Self::Damaged { .. } => {
                "Move the file elsewhere and start again, or put a copy from the backups folder in \
                 its place. The file was not changed."
            }
            Self::Foreign { .. } => "Choose another data folder. The file was not changed.",
            Self::DiskFull { .. } => {
                "Make room on the disk, then try again. Everything saved before is safe."
            }
            Self::Io { .. } => {
                "Check the disk and its connection, then try again. Everything saved before is safe."
            }
            Self::Migration { .. } => {
                "The file is as it was before. Start the earlier version, or report this fault."
            }
            Self::Busy { .. } => "Close the other program, then try again.",
            Self::NotFound(_) => "Go back to the list and choose another one.",
            Self::SecretHeader { .. } => "Enter the key in the key field instead.",
            Self::KeyLabelTaken => "Give this key another name.",
            Self::RouteNameTaken { .. } => "Give this route another name.",
            Self::Unreadable { .. } => "Install the newest version of Patchbay.",
            Self::Contradiction(_) | Self::Json(_) | Self::Statement(_) => {
                "Try again. If it happens once more, report this fault with the log."
            }
            Self::Closed => "Start Patchbay again.",
            Self::CloseTimedOut { .. } => "Nothing is lost: the next start tidies up by itself.",
        }
    }

    /// Gives an error of SQLite its class. `file` is named to the person.
    pub(crate) fn of_database(source: rusqlite::Error, file: &Path) -> Self {
        let file = file.to_path_buf();
        let code = match &source {
            rusqlite::Error::SqliteFailure(failure, _) => failure.code,
            // rusqlite reports errors found while it compiles a statement in a form of their own.
            rusqlite::Error::SqlInputError { error, .. } => error.code,
            _ => return Self::Statement(source),
        };
        match code {
            ErrorCode::DiskFull => Self::DiskFull {
                path: file,
                source: Box::new(source),
            },
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly {
                path: file,
                source: Some(Box::new(source)),
            },
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Self::Damaged { file, source },
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Self::Io {
                path: file,
                source: Box::new(source),
            },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { file, source },
            ErrorCode::ConstraintViolation => Self::Contradiction(source),
            _ => Self::Statement(source),
        }
    }

    /// Gives an error of the file system its class.
    pub(crate) fn of_file(source: io::Error, path: &Path) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly {
                path,
                source: Some(Box::new(source)),
            },
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull {
                path,
                source: Box::new(source),
            },
            _ => Self::Io {
                path,
                source: Box::new(source),
            },
        }
    }

    /// Classes what an operation left as a plain error of SQLite.
    pub(crate) fn classed(self, file: &Path) -> Self {
        match self {
            Self::Statement(source) => Self::of_database(source, file),
            other => other,
        }
    }
}
