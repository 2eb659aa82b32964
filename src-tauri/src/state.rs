//! What the commands work on: the engine, or the reason why there is none.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use patchbay_cli::{Folders, ListeningFile};
use patchbay_contract::replies::{AppInformation, StorageProblem};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_engine::{Engine, EngineOptions, StoreError, with_causes};

use crate::gateway::GatewayHolder;

/// Old lists of models are read again when the window is long there, so that its start stays light.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// The state of the process.
pub(crate) struct AppState {
    pub(crate) folders: Folders,
    started_at: Instant,
    storage: RwLock<Storage>,
    reopening: tokio::sync::Mutex<()>,
    pub(crate) gateway: GatewayHolder,
}

enum Storage {
    Open {
        engine: Arc<Engine>,
        notices: Vec<String>,
    },
    Closed(StorageProblem),
}

impl AppState {
    /// Opens the data folder. A folder that cannot be used is no reason not to open a window: the
    /// window is where the person reads why.
    pub(crate) fn open(folders: Folders, started_at: Instant) -> Self {
        let gateway = GatewayHolder::telling(ListeningFile::of(&folders.data));
        let storage = RwLock::new(tauri::async_runtime::block_on(open_storage(&folders)));
        Self {
            folders,
            started_at,
            storage,
            reopening: tokio::sync::Mutex::new(()),
            gateway,
        }
    }

    /// The engine, or an error that says why there is none.
    pub(crate) fn engine(&self) -> Result<Arc<Engine>, IpcError> {
        match &*self.storage.read().unwrap_or_else(PoisonError::into_inner) {
            Storage::Open { engine, .. } => Ok(Arc::clone(engine)),
            Storage::Closed(problem) => Err(IpcError {
                detail: Some(problem.detail.clone()),
                ..IpcError::new(
                    ErrorCode::StorageUnavailable,
                    problem.title.clone(),
                    problem.advice.clone(),
                )
            }),
        }
    }

    /// Tries to open the data folder again, where that failed before. Returns the engine when it was
    /// opened by this call.
    pub(crate) async fn reopen(&self) -> Option<Arc<Engine>> {
        let _one_at_a_time = self.reopening.lock().await;
        if self.engine().is_ok() {
            return None;
        }
        let opened = open_storage(&self.folders).await;
        *self.storage.write().unwrap_or_else(PoisonError::into_inner) = opened;
        self.engine().ok()
    }

    /// What the window shows about the app.
    pub(crate) fn information(&self) -> AppInformation {
        let (storage_problem, notices) =
            match &*self.storage.read().unwrap_or_else(PoisonError::into_inner) {
                Storage::Open { notices, .. } => (None, notices.clone()),
                Storage::Closed(problem) => (Some(problem.clone()), Vec::new()),
            };
        AppInformation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_folder: self.folders.data.display().to_string(),
            log_folder: self.folders.logs.display().to_string(),
            storage_problem,
            notices,
        }
    }

    /// Milliseconds since the process began.
    pub(crate) fn age_millis(&self) -> u128 {
        self.started_at.elapsed().as_millis()
    }
}

async fn open_storage(folders: &Folders) -> Storage {
    let options = EngineOptions {
        data_folder: folders.data.clone(),
        models_folder: folders.models.clone(),
    };
    match Engine::open(options).await {
        Ok((engine, notices)) => {
            crate::log::begin(&folders.logs);
            let engine = Arc::new(engine);
            engine.keep_lists_fresh(FIRST_LOOK);
            Storage::Open { engine, notices }
        }
        Err(error) => {
            crate::log::begin(&folders.logs);
            tracing::error!(error = %with_causes(&error), "the data folder cannot be used");
            Storage::Closed(problem(&error))
        }
    }
}

fn problem(error: &StoreError) -> StorageProblem {
    StorageProblem {
        title: error.sentence(),
        advice: error.advice().to_owned(),
        detail: with_causes(error),
    }
}
