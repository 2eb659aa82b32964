//! The use cases that join providers, the local model, the store and the keychain.
//!
//! Whoever wants something of Patchbay asks here: the window today, the command line and the gateway
//! later. So routing, receipts, spend and history are the same for all of them.
//!
//! **Invariant:** every answer is made by one function, `Engine::launch`, and by nothing else.
//! **Invariant:** no function here gives out a key.

mod admin_key;
mod balance;
mod catalogue;
mod chat;
mod clock;
mod compare;
mod connector;
mod conversations;
mod deleted_keys;
mod error;
mod gateway;
mod keys;
mod lab;
mod list_clock;
mod local_model;
mod local_servers;
mod model_detail;
mod model_kinds;
mod model_refresh;
mod models;
mod provider_test;
mod providers;
mod question;
mod receipts;
mod routing;
mod run;
mod settings;
mod spend;
mod telemetry;
mod text;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use balance::balance_of;
pub use chat::{Choice, JoinedRun, MakeSink, StartRun, StartedRun};
pub use clock::SystemClock;
pub use compare::{
    Against, Ballot, CaseAnswers, CellAgainst, CellDetail, CellState, ColumnAgainst, ColumnDetail,
    ColumnEstimate, ColumnFigures, ComparisonEstimate, JudgeEstimate, JudgeRecord, JudgingProgress,
    MergeKind, PickWish, Ranking, ReadRows, Replay, ReplayColumn, ReplayOutcome, ReplayWish,
    RoundDetail, RoundFormat, RowsFormat, StitchedPart, Vote, VoteVerdict, Voter, read_rows,
    stitched_parts,
};
pub use conversations::{Colours, ConversationDetail, RunDetail};
pub use error::{EngineError, InvalidInput};
pub use gateway::{
    AppCall, AppForm, AppRequestDetail, AppRun, FORBIDDEN_MODEL, GatewayChoice, KeptAnswer,
    KeptCall, LiteLlmExport, MOST_MODELS, NamedModel, PREVIOUS_ANSWER, ROUTE_OWNER, Refused, Sort,
    TokenCount, UNKNOWN_MODEL, Wish, ceiling_from_dollars, shown_once,
};
pub use keys::{KeyDetail, KeySourceName, KeyStatus, NewKey};
pub use lab::{ExportFormat, Lab, LabEstimate, LabFigures, LabPlan, LabRow, LabSample};
pub use local_model::{LocalModelState, LocalModelStatus};
pub use local_servers::FoundServer;
pub use model_detail::{ModelDetail, OwnPrice, RuleDetail};
pub use models::{ModelChoice, PriceNow};
use patchbay_domain::{Clock, RunId};
use patchbay_local::LocalProvider;
pub use patchbay_providers::Preset;
pub use patchbay_store::{
    AppRequestFilter, AppRequestLine, AuditRecord, Change, Client, ComparisonRecord,
    ComparisonSummary, ConversationSummary, FoundCase, FoundRun, MergedRecord, ProviderRecord,
    RoundState, RoundSummary, RunFilter, RunOrigin, SpendBy, SpendFilter, SpendOrder, SpentRun,
    StoreError, Tally,
};
use patchbay_store::{Store, StoreOptions};
pub use patchbay_vault::VaultState;
use patchbay_vault::{Vault, VaultOptions};
pub use provider_test::{ProviderTest, TestFailure};
pub use providers::{ProviderDetail, ProviderForm, option_values, typed_address};
pub use question::Question;
pub use routing::{EndpointHealth, PlannedRoute, declared_policy_of};
pub(crate) use run::LiveRun;
pub use run::{RunSink, RunSnapshot, RunUpdate, SequencedUpdate};
pub use secrecy::SecretString;
pub use spend::{
    BalanceSaid, BudgetStanding, Currency, FreeTier, ImportLine, ImportVerdict, Markup, MarkupRow,
    MarkupWarning, Math, MathElsewhere, MathFinding, MathRow, MathWay, OrganisationDaySide,
    OrganisationFailure, OrganisationSide, Reconciled, RepriceOutcome, RepriceRequest,
    RepriceWhich, SpendChart, SpendExportFormat, SpendExportRequest, SpendExportWhat, SpendGroup,
    SpendOverview, SpendSummary, TopUpFee, UnknownSpend, UsageGrain, UsageImport,
};
pub use telemetry::{Delivery, TelemetrySettings, TelemetryStatus};
pub use text::moment_text;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a deleted conversation or provider can be brought back. The window offers ten seconds;
/// the rest is for a window that was reloaded, or a person who found the database.
const KEEP_DELETED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the last writes may take when Patchbay closes.
const CLOSE_STORE: Duration = Duration::from_secs(2);

/// Where the engine keeps its things.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The database and its backups.
    pub data_folder: PathBuf,
    /// Model files.
    pub models_folder: PathBuf,
}

/// All use cases. Held behind an `Arc`; every method is for any task.
pub struct Engine {
    store: Store,
    vault: Vault,
    clock: Arc<dyn Clock>,
    local: Arc<LocalProvider>,
    http: Arc<connector::Http>,
    /// Built when first asked, forgotten when its settings or its key change.
    connected: connector::Connections,
    live: Arc<Mutex<HashMap<RunId, Live>>>,
    local_work: local_model::Work,
    health: routing::HealthKeeper,
    known_cache: routing::KnownCache,
    apps_cache: gateway::AppCache,
    colour_cache: routing::ColourCache,
    durable_soon: gateway::DurableSoon,
    ledger: spend::Ledger,
    measuring: lab::Measuring,
    sending: telemetry::Sending,
    /// Two at once would each write what the other has changed, and both say so in the audit.
    repricing: tokio::sync::Mutex<()>,
    rounds: compare::Rounds,
    standings: compare::StandingsCache,
    judges: compare::Judges,
    /// Answers made of several that were deleted since the start, oldest first.
    deleted_merges: Mutex<VecDeque<MergedRecord>>,
    window_was_shown: tokio::sync::Notify,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

struct Live {
    run: LiveRun,
    stop: CancellationToken,
    choice: Choice,
    /// The app that asks.
    app: Option<String>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the data folder, mends what a crash left behind, and says in whole sentences what a
    /// person should know about that.
    ///
    /// # Errors
    /// The folder or its database cannot be used. Nothing was changed then.
    pub async fn open(options: EngineOptions) -> Result<(Self, Vec<String>), StoreError> {
        let vault = Vault::start(VaultOptions::new(patchbay_vault::SERVICE));
        Self::open_with(options, vault, Arc::new(SystemClock::start())).await
    }

    /// [`Engine::open`] without a keychain: keys are held for this session, or come from environment
    /// variables.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_without_keychain(
        options: EngineOptions,
    ) -> Result<(Self, Vec<String>), StoreError> {
        let vault = Vault::without_keychain(VaultOptions::new(patchbay_vault::SERVICE));
        Self::open_with(options, vault, Arc::new(SystemClock::start())).await
    }

    /// [`Engine::open`] with a keychain and a clock of the caller's.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_with(
        options: EngineOptions,
        vault: Vault,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Vec<String>), StoreError> {
        let now = clock.now();
        let folder = options.data_folder.clone();
        let opened =
            tokio::task::spawn_blocking(move || Store::open(&folder, &StoreOptions::new(now)))
                .await;
        let (store, report) = match opened {
            Ok(opened) => opened?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let recovery = store.recover(now).await?;
        let keep = i64::try_from(KEEP_DELETED.as_millis()).unwrap_or(i64::MAX);
        let before = patchbay_domain::UnixMillis(now.0.saturating_sub(keep));
        store.purge_deleted(before).await?;
        let mut notices = Vec::new();
        if let Some(backup) = &report.backup {
            notices.push(format!(
                "The history was brought up to this version. A copy of it from before is in {}.",
                backup.display()
            ));
        }
        match recovery.runs {
            0 => {}
            1 => notices.push(
                "Patchbay was closed while an answer was being written. What had arrived is kept \
                 and marked interrupted."
                    .to_owned(),
            ),
            runs => notices.push(format!(
                "Patchbay was closed while {runs} answers were being written. What had arrived is \
                 kept and marked interrupted."
            )),
        }
        // Some milliseconds of reading, done before the first list is asked for.
        drop(tokio::task::spawn_blocking(catalogue::Snapshot::embedded));
        let local =
            Arc::new(LocalProvider::new(options.models_folder).with_clock(Arc::clone(&clock)));
        let tasks = TaskTracker::new();
        let forgetting = deleted_keys::forget(store.clone(), vault.clone(), before);
        tasks.spawn(async move {
            if let Err(error) = forgetting.await {
                tracing::warn!(%error, "keys of deleted providers were not looked for");
            }
        });
        let health =
            routing::HealthKeeper::load(store.clone(), Arc::clone(&clock), tasks.clone()).await?;
        let http = Arc::<connector::Http>::default();
        let sending =
            telemetry::Sending::load(&store, vault.clone(), Arc::clone(&http), Arc::clone(&clock))
                .await?;
        let engine = Self {
            health,
            sending,
            known_cache: routing::KnownCache::new(store.changes()),
            apps_cache: gateway::AppCache::new(store.changes()),
            colour_cache: routing::ColourCache::default(),
            durable_soon: gateway::DurableSoon::default(),
            ledger: spend::Ledger::new(store.clone(), Arc::clone(&clock)),
            measuring: lab::Measuring::default(),
            repricing: tokio::sync::Mutex::default(),
            rounds: compare::Rounds::default(),
            standings: compare::StandingsCache::new(store.changes()),
            judges: compare::Judges::default(),
            deleted_merges: Mutex::default(),
            store,
            vault,
            clock,
            local,
            http,
            connected: Arc::default(),
            live: Arc::default(),
            local_work: local_model::Work::default(),
            window_was_shown: tokio::sync::Notify::new(),
            tasks,
            shutdown: CancellationToken::new(),
        };
        Ok((engine, notices))
    }

    /// What is stored anew, from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.store.changes()
    }

    /// What SQLite finds wrong with the database; empty where it is sound.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.store.integrity_check().await
    }

    /// Ends every run, writes what waits and closes the database. Afterwards nothing can be asked.
    pub async fn close(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.sending.close().await;
        self.local.unload();
        if let Err(error) = self.store.close(CLOSE_STORE).await {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }
}

/// Locks plain data, which a panic elsewhere leaves whole between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its causes, for logs and for those who ask for more.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let words = deeper.to_string();
        // A transparent error repeats its cause.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = deeper.source();
    }
    text
}
