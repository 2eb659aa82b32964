//! Apps: made, changed, revoked, and found by their tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_domain::app::{AppError, app_id};
use patchbay_domain::{App, AppRules, UnixMillis};
use patchbay_store::{AppRecord, Change};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use crate::{Engine, EngineError, clock};

/// What tokens begin with, so that a scanner for leaked secrets finds them.
const TOKEN_PREFIX: &str = "pb-";

/// How many characters of a token are kept to tell tokens apart.
const HINT_LENGTH: usize = 4;

/// How often it is noted that an app asked.
const NOTE_USE_EVERY_MILLIS: i64 = 60_000;

/// What a person writes down about an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppForm {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub rules: AppRules,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No app has it.
    Unknown,
    /// It was revoked.
    Revoked,
    /// It expired.
    Expired,
}

/// The apps by the hashes of their tokens.
type ByToken = HashMap<[u8; 32], Arc<App>>;

/// The apps by the hashes of their tokens, until one changes.
pub(crate) struct AppCache {
    current: Mutex<Option<Arc<ByToken>>>,
    changes: Mutex<broadcast::Receiver<Change>>,
    /// When it was last noted that an app asked.
    noted: Mutex<HashMap<String, UnixMillis>>,
}

impl AppCache {
    pub(crate) fn new(changes: broadcast::Receiver<Change>) -> Self {
        Self {
            current: Mutex::default(),
            changes: Mutex::new(changes),
            noted: Mutex::default(),
        }
    }

    fn fresh(&self) -> Option<Arc<ByToken>> {
        let mut changes = crate::lock(&self.changes);
        let mut current = crate::lock(&self.current);
        loop {
            match changes.try_recv() {
                Ok(Change::Apps) | Err(TryRecvError::Lagged(_)) => *current = None,
                Ok(_) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        current.clone()
    }
}

impl Engine {
    /// Every app, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn apps(&self) -> Result<Vec<App>, EngineError> {
        let records = self.store.apps().await?;
        Ok(records.into_iter().map(|record| record.app).collect())
    }

    /// Makes an app with a token of its own. The token is given out here and never again.
    ///
    /// # Errors
    /// What was written down cannot be, its name is taken, or the database cannot be written.
    pub async fn create_app(&self, form: AppForm) -> Result<(App, SecretString), EngineError> {
        let form = self.checked(form, None).await?;
        let taken = self.store.app_names().await?;
        let (token, token_hash, token_hint) = new_token();
        let app = App {
            id: app_id(&form.name, |id| taken.iter().any(|(taken, _)| taken == id)),
            name: form.name,
            rules: form.rules,
            token_hint,
            created_at: self.clock.now(),
            last_used_at: None,
            revoked_at: None,
        };
        self.store
            .save_app(AppRecord {
                app: app.clone(),
                token_hash,
            })
            .await?;
        Ok((app, token))
    }

    /// Changes the name and the rules of an app. They hold from its next request on.
    ///
    /// # Errors
    /// As [`Engine::create_app`], or it is gone.
    pub async fn save_app(&self, id: &str, form: AppForm) -> Result<App, EngineError> {
        let form = self.checked(form, Some(id)).await?;
        let record = self.app_record(id).await?;
        let record = AppRecord {
            app: App {
                name: form.name,
                rules: form.rules,
                ..record.app
            },
            ..record
        };
        self.store.save_app(record.clone()).await?;
        Ok(record.app)
    }

    /// Refuses an app's token from now on, also in the middle of what it asks.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn revoke_app(&self, id: &str) -> Result<App, EngineError> {
        let mut record = self.app_record(id).await?;
        record.app.revoked_at = record.app.revoked_at.or(Some(self.clock.now()));
        self.store.save_app(record.clone()).await?;
        self.stop_runs_of_app(id);
        Ok(record.app)
    }

    /// Gives an app a new token in place of its old one, which is refused from now on.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn renew_app_token(&self, id: &str) -> Result<(App, SecretString), EngineError> {
        let mut record = self.app_record(id).await?;
        let (token, token_hash, token_hint) = new_token();
        record.token_hash = token_hash;
        record.app.token_hint = token_hint;
        record.app.revoked_at = None;
        self.store.save_app(record.clone()).await?;
        Ok((record.app, token))
    }

    /// Takes an app off the list; its token is refused from now on. Its receipts and its spend stay.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_app(&self, id: &str) -> Result<(), EngineError> {
        let now = self.clock.now();
        self.store.delete_app(id.to_owned(), Some(now)).await?;
        self.stop_runs_of_app(id);
        Ok(())
    }

    /// Puts an app back on the list, with the token that it had.
    ///
    /// # Errors
    /// It was purged, its name was taken since, or the database cannot be written.
    pub async fn restore_app(&self, id: &str) -> Result<App, EngineError> {
        self.store.delete_app(id.to_owned(), None).await?;
        Ok(self.app_record(id).await?.app)
    }

    /// The app that a token belongs to.
    ///
    /// # Errors
    /// The database cannot be read. A token that is refused is none.
    pub async fn app_of_token(
        &self,
        token: &str,
    ) -> Result<Result<Arc<App>, Refused>, EngineError> {
        let apps = match self.apps_cache.fresh() {
            Some(apps) => apps,
            None => {
                let records = self.store.apps().await?;
                let apps: ByToken = records
                    .into_iter()
                    .map(|record| (record.token_hash, Arc::new(record.app)))
                    .collect();
                let apps = Arc::new(apps);
                *crate::lock(&self.apps_cache.current) = Some(Arc::clone(&apps));
                apps
            }
        };
        // Found by a hash: how long that takes says nothing about any token.
        let Some(app) = apps.get(&hash_of(token)) else {
            return Ok(Err(Refused::Unknown));
        };
        let now = self.clock.now();
        if app.revoked_at.is_some() {
            return Ok(Err(Refused::Revoked));
        }
        if app.rules.expires_at.is_some_and(|end| end <= now) {
            return Ok(Err(Refused::Expired));
        }
        Ok(Ok(Arc::clone(app)))
    }

    /// Notes that an app asked, at most once a minute.
    pub(crate) fn note_app_use(&self, id: &str) {
        let now = self.clock.now();
        {
            let mut noted = crate::lock(&self.apps_cache.noted);
            let last = noted.get(id).map_or(i64::MIN, |at| at.0);
            if now.0.saturating_sub(last) < NOTE_USE_EVERY_MILLIS {
                return;
            }
            noted.insert(id.to_owned(), now);
        }
        let (store, id) = (self.store.clone(), id.to_owned());
        self.tasks.spawn(async move {
            if let Err(error) = store.note_app_use(id, now).await {
                tracing::warn!(%error, "the last use of an app was not written");
            }
        });
    }

    pub(super) async fn app_record(&self, id: &str) -> Result<AppRecord, EngineError> {
        self.store
            .app(id.to_owned())
            .await?
            .ok_or(EngineError::NotFound("The app"))
    }

    async fn checked(&self, form: AppForm, of: Option<&str>) -> Result<AppForm, EngineError> {
        let form = AppForm {
            name: form.name.split_whitespace().collect::<Vec<_>>().join(" "),
            rules: form.rules,
        };
        form.rules
            .validate(&form.name)
            .map_err(|error| refused(&error))?;
        let is_taken = self.store.apps().await?.into_iter().any(|record| {
            Some(record.app.id.as_str()) != of
                && record.app.name.to_lowercase() == form.name.to_lowercase()
        });
        if is_taken {
            return Err(EngineError::input(
                "name",
                "There is an app with this name already.",
                "Give it another name.",
            ));
        }
        Ok(form)
    }
}

fn refused(error: &AppError) -> EngineError {
    let (field, advice) = match error {
        AppError::Name => ("name", "Call it after the program that asks."),
        AppError::Many(_) => ("rules", "Leave some out."),
        AppError::Nothing(_) => ("limits", "Leave it empty for no limit."),
        AppError::FirstToken => ("first_token_millis", "Leave it empty for the route's own."),
        AppError::Origin(_) => (
            "origins",
            "Copy it from the address bar, without what follows.",
        ),
        AppError::Model => ("models", "Leave the line out."),
    };
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    EngineError::input(field, format!("{sentence}."), advice)
}

fn new_token() -> (SecretString, [u8; 32], String) {
    let token = format!(
        "{TOKEN_PREFIX}{}",
        URL_SAFE_NO_PAD.encode(clock::token_bytes())
    );
    let hint = token
        .get(token.len() - HINT_LENGTH..)
        .unwrap_or_default()
        .to_owned();
    let hash = hash_of(&token);
    (SecretString::from(token), hash, hint)
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A token's text, for the one place that shows it once.
pub fn shown_once(token: &SecretString) -> String {
    token.expose_secret().to_owned()
}
