//! Getting the model that runs on this computer: fetch once, prepare once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use patchbay_local::{DEFAULT_MODEL, PrepareProgress, prepare, prepared_path};
use patchbay_providers::{Expected, Progress, fetch_file};
use tokio_util::sync::CancellationToken;

use crate::{Engine, EngineError};

/// What people call the provider of models that run here.
pub(crate) const PROVIDER_NAME: &str = "This computer";

/// The environment variable that names another place to fetch the default model from, such as a
/// mirror. Whatever arrives must have the same checksum.
const ADDRESS_VARIABLE: &str = "PATCHBAY_MODEL_URL";

/// How the default local model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalModelState {
    /// It is not here.
    Missing,
    /// It is being fetched.
    Fetching,
    /// It is being rewritten for speed.
    Preparing,
    /// It can be asked.
    Ready,
    /// There is a file, and it is not the model.
    Unusable,
}

/// How the default local model stands, with numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalModelStatus {
    /// Where it stands.
    pub state: LocalModelState,
    /// Its name for people.
    pub name: &'static str,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// What is wrong, where something is.
    pub problem: Option<String>,
}

impl LocalModelStatus {
    fn new(state: LocalModelState, done: u64, total: u64) -> Self {
        Self {
            state,
            name: DEFAULT_MODEL.name,
            done,
            total,
            problem: None,
        }
    }
}

/// The fetch that is going on, if one is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work(Arc<Mutex<Option<Going>>>);

#[derive(Clone, Debug)]
struct Going {
    stop: CancellationToken,
    state: LocalModelState,
    done: Arc<AtomicU64>,
    total: u64,
}

impl Engine {
    /// How the default local model stands.
    pub fn local_model(&self) -> LocalModelStatus {
        let total = DEFAULT_MODEL.bytes;
        if let Some(going) = &*crate::lock(&self.local_work.0) {
            let done = going.done.load(Ordering::Relaxed);
            return LocalModelStatus::new(going.state, done, going.total);
        }
        match std::fs::metadata(self.local_path()) {
            Ok(file) if file.len() == total => {
                LocalModelStatus::new(LocalModelState::Ready, total, total)
            }
            Ok(file) => LocalModelStatus {
                problem: Some(format!(
                    "The model's file has {} bytes instead of {total}. Get it again.",
                    file.len()
                )),
                ..LocalModelStatus::new(LocalModelState::Unusable, file.len(), total)
            },
            Err(_) => LocalModelStatus::new(LocalModelState::Missing, 0, total),
        }
    }

    fn local_path(&self) -> PathBuf {
        self.local.models_dir().join(DEFAULT_MODEL.file_name)
    }

    /// Fetches the default model and prepares it; `progress` is called as it goes on. What is here
    /// already is not fetched again, and a fetch that was broken off goes on where it stopped.
    ///
    /// # Errors
    /// It is being fetched already, was stopped, or failed.
    pub async fn get_local_model(
        &self,
        progress: impl Fn(LocalModelStatus) + Send + Sync + 'static,
    ) -> Result<LocalModelStatus, EngineError> {
        let stop = self.shutdown.child_token();
        let done = Arc::new(AtomicU64::new(0));
        {
            let mut going = crate::lock(&self.local_work.0);
            if going.is_some() {
                return Err(EngineError::Busy("The model is being fetched already."));
            }
            *going = Some(Going {
                stop: stop.clone(),
                state: LocalModelState::Fetching,
                done: Arc::clone(&done),
                total: DEFAULT_MODEL.bytes,
            });
        }
        // Whatever way this ends, the work is not going on any more.
        let _ends = Ends(self.local_work.clone());
        let progress = Arc::new(progress);
        self.fetch(&stop, &done, &progress).await?;
        self.set_state(LocalModelState::Preparing);
        self.prepare_local(stop, done, progress).await?;
        drop(_ends);
        Ok(self.local_model())
    }

    /// Stops the fetch. What has arrived is kept for the next time.
    pub fn cancel_local_model(&self) {
        if let Some(going) = &*crate::lock(&self.local_work.0) {
            going.stop.cancel();
        }
    }

    fn set_state(&self, state: LocalModelState) {
        if let Some(going) = &mut *crate::lock(&self.local_work.0) {
            going.state = state;
            going.done.store(0, Ordering::Relaxed);
        }
    }

    async fn fetch(
        &self,
        stop: &CancellationToken,
        done: &Arc<AtomicU64>,
        progress: &Arc<impl Fn(LocalModelStatus) + Send + Sync + 'static>,
    ) -> Result<(), EngineError> {
        let path = self.local_path();
        let done = Arc::clone(done);
        let progress = Arc::clone(progress);
        let report = move |at: Progress| {
            done.store(at.received, Ordering::Relaxed);
            progress(LocalModelStatus::new(
                LocalModelState::Fetching,
                at.received,
                at.total,
            ));
        };
        let address = std::env::var(ADDRESS_VARIABLE)
            .unwrap_or_else(|_| DEFAULT_MODEL.download_url.to_owned());
        let address = url::Url::parse(&address).map_err(|_| EngineError::LocalModel {
            sentence: format!("{ADDRESS_VARIABLE} does not hold a web address."),
            advice: "Correct it, or unset it.",
        })?;
        let http = self
            .http
            .client()
            .map_err(|failure| EngineError::provider(PROVIDER_NAME, failure))?;
        tokio::fs::create_dir_all(self.local.models_dir())
            .await
            .map_err(|error| EngineError::LocalModel {
                sentence: format!("The models folder could not be made: {error}."),
                advice: "Check that the data folder can be written.",
            })?;
        let expected = Expected {
            size: DEFAULT_MODEL.bytes,
            sha256: digest(DEFAULT_MODEL.sha256),
        };
        let fetched = tokio::select! {
            fetched = fetch_file(&http, &address, &path, expected, report) => fetched,
            // What has arrived stays beside, for the next time.
            () = stop.cancelled() => return Err(EngineError::Cancelled),
        };
        fetched.map_err(|error| EngineError::LocalModel {
            sentence: crate::with_causes(&error),
            advice: "Check that this computer is online and has room, then try again.",
        })
    }

    async fn prepare_local(
        &self,
        stop: CancellationToken,
        done: Arc<AtomicU64>,
        progress: Arc<impl Fn(LocalModelStatus) + Send + Sync + 'static>,
    ) -> Result<(), EngineError> {
        let path = self.local_path();
        if prepared_path(&path).exists() {
            return Ok(());
        }
        let prepared = tokio::task::spawn_blocking(move || {
            prepare(&path, &mut |at: PrepareProgress| {
                done.store(at.done, Ordering::Relaxed);
                progress(LocalModelStatus::new(
                    LocalModelState::Preparing,
                    at.done,
                    at.total,
                ));
                !stop.is_cancelled()
            })
        })
        .await;
        match prepared {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(patchbay_local::PrepareError::Cancelled)) => Err(EngineError::Cancelled),
            Ok(Err(error)) => Err(EngineError::LocalModel {
                sentence: format!(
                    "The model could not be prepared: {}.",
                    crate::with_causes(&error)
                ),
                advice: "Remove the file from the models folder and get the model again.",
            }),
            Err(_) => Err(EngineError::LocalModel {
                sentence: "Preparing the model broke off.".to_owned(),
                advice: "Try again. If it happens again, please report it with the log.",
            }),
        }
    }
}

struct Ends(Work);

impl Drop for Ends {
    fn drop(&mut self) {
        *crate::lock(&self.0.0) = None;
    }
}

/// The bytes of a SHA-256 in hexadecimal. A constant that is none gives zeros, which no file has.
fn digest(hexadecimal: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pair = hexadecimal
            .get(index * 2..index * 2 + 2)
            .unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_models_checksum_is_read_whole() {
        let written: String = digest(DEFAULT_MODEL.sha256)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(written, DEFAULT_MODEL.sha256);
    }
}
