//! Trying a provider before, or after, it is saved, and each of its keys alone.

use std::time::Duration;

use patchbay_domain::{Balance, Failure, FailureClass, ProviderId};
use patchbay_providers::diagnosis::{Circumstances, Diagnosis, diagnose};
use patchbay_providers::{BaseUrl, KeyCheck, Preset, Probe, preset_of_key, probe};
use patchbay_store::{FetchedBalance, KeyTest, ProviderRecord};
use secrecy::SecretString;
use serde_json::json;

use crate::connector::KeySlot;
use crate::providers::{ProviderForm, check, config, preset_of};
use crate::run::told_apart;
use crate::{Engine, EngineError};

/// How long a test waits for all its answers.
const LIMIT: Duration = Duration::from_secs(20);

/// How many models a test names.
const SAMPLE: usize = 5;

/// What a test found.
#[derive(Clone, Debug)]
pub struct ProviderTest {
    /// The provider's name.
    pub name: String,
    /// Until the first answer was there, in milliseconds.
    pub millis: u64,
    /// How many models it lists and the first few of them, or what is wrong.
    pub models: Result<(usize, Vec<String>), TestFailure>,
    /// What is known of the key.
    pub key: KeyCheck,
}

/// Why a test failed.
#[derive(Clone, Debug)]
pub struct TestFailure {
    /// The failure, with the provider's own words.
    pub failure: Failure,
    /// What it means, and what to do.
    pub diagnosis: Diagnosis,
    /// The preset whose key this seems to be, where it is another one.
    pub belongs_to: Option<&'static Preset>,
}

impl ProviderTest {
    /// The result in one sentence.
    pub fn summary(&self) -> String {
        let name = &self.name;
        let (count, _) = match &self.models {
            Ok(found) => found,
            Err(failed) => return failed.diagnosis.sentence.clone(),
        };
        let listed = match count {
            0 => "lists no models".to_owned(),
            1 => "lists 1 model".to_owned(),
            count => format!("lists {count} models"),
        };
        match self.key {
            KeyCheck::Accepted => format!("{name} accepts the key and {listed}."),
            KeyCheck::NotSent | KeyCheck::Refused => format!("{name} answers and {listed}."),
            KeyCheck::Unchecked => format!(
                "{name} answers and {listed}. It shows that to anybody, so the first question will \
                 tell whether the key is good."
            ),
        }
    }
}

impl Engine {
    /// Tries a provider with the settings of the form and either the key typed in it or the first
    /// stored one. Nothing is saved.
    ///
    /// A stored key is used only when the form's address has the origin that it was stored for: a test
    /// cannot carry a key to another server.
    ///
    /// # Errors
    /// A field cannot be used. What the provider answers is in the result.
    pub async fn test_provider(&self, form: ProviderForm) -> Result<ProviderTest, EngineError> {
        let checked = check(&form)?;
        let id = form
            .id
            .clone()
            .unwrap_or_else(|| ProviderId::from_name(&checked.name, &[]));
        let record = checked.record(id, form.has_attribution, self.clock.now());
        let key = match form.key {
            Some(key) => Ok(Some(typed(&record, key)?)),
            None => self.first_key(&record, form.id.is_some()).await,
        };
        let (test, _) = self.try_with(&record, key).await;
        Ok(test)
    }

    /// Tries one stored key, and keeps how that went with it.
    ///
    /// # Errors
    /// The provider or the key is gone, or the database cannot be written.
    pub async fn test_key(
        &self,
        id: &ProviderId,
        key_id: &str,
    ) -> Result<ProviderTest, EngineError> {
        let record = self.provider_record(id).await?;
        let slot = self.key_slot(id, key_id).await?;
        let found = self.connector().key(&record, &KeySlot::of(&slot)).await;
        let key = match found {
            Ok(Some((key, _))) => Ok(Some(key)),
            Ok(None) => Err(Failure::new(
                FailureClass::KeyMissing,
                format!("There is no key in \"{}\".", slot.label),
            )),
            Err(failure) => Err(failure),
        };
        let (test, balance) = self.try_with(&record, key).await;
        let now = self.clock.now();
        let said = json!({ "isGood": test.models.is_ok(), "summary": test.summary() });
        self.store
            .set_key_test(
                id.clone(),
                key_id.to_owned(),
                Some(KeyTest { at: now, said }),
            )
            .await?;
        if let Some(balance) = balance {
            let said = serde_json::to_value(balance).unwrap_or_default();
            self.store
                .set_balance(
                    id.clone(),
                    key_id.to_owned(),
                    FetchedBalance { at: now, said },
                )
                .await?;
        }
        Ok(test)
    }

    /// The key that would be used first. An unsaved provider has nothing stored, but a variable of its
    /// origin would be used later.
    async fn first_key(
        &self,
        record: &ProviderRecord,
        is_saved: bool,
    ) -> Result<Option<SecretString>, Failure> {
        let keys = if is_saved {
            let keys = self.store.keys_of(record.id.clone()).await;
            keys.map_err(|error| Failure::new(FailureClass::Internal, error.to_string()))?
        } else {
            Vec::new()
        };
        for slot in KeySlot::to_try(&keys)? {
            let found = self.connector().key(record, &slot).await;
            match found {
                Ok(Some((key, _))) => return Ok(Some(key)),
                Ok(None) => {}
                // Nothing of this provider is in there yet.
                Err(_) if !is_saved => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(None)
    }

    async fn try_with(
        &self,
        record: &ProviderRecord,
        key: Result<Option<SecretString>, Failure>,
    ) -> (ProviderTest, Option<Balance>) {
        let has_key = matches!(key, Ok(Some(_)));
        let owner = match &key {
            Ok(Some(key)) => preset_of_key(key),
            _ => None,
        };
        let began = self.clock.monotonic_millis();
        let probed = match key {
            Ok(key) => self.probe(record, key).await,
            Err(failure) => Err(failure),
        };
        let (result, balance, check, server_date, millis) = match probed {
            Ok(probe) => (
                probe.result,
                probe.balance,
                probe.key,
                probe.server_date,
                probe.millis,
            ),
            Err(failure) => {
                let millis = self.clock.monotonic_millis().saturating_sub(began);
                (Err(failure), None, KeyCheck::Unchecked, None, millis)
            }
        };
        let models = result.map_err(|failure| {
            let failure = told_apart(failure, has_key);
            let preset = preset_of(record);
            let diagnosis = match BaseUrl::parse(&record.base_url) {
                Ok(base_url) => diagnose(Circumstances {
                    failure: &failure,
                    base_url: &base_url,
                    preset,
                    key_preset: owner,
                    has_key,
                    server_date,
                    now: self.clock.now(),
                    through_proxy: self.goes_through_proxy(&base_url),
                }),
                Err(_) => Diagnosis {
                    kind: patchbay_providers::diagnosis::DiagnosisKind::Address,
                    sentence: failure.class.sentence(&record.name),
                    advice: failure.class.advice().to_owned(),
                },
            };
            TestFailure {
                belongs_to: owner.filter(|owner| preset.is_none_or(|own| own.id != owner.id)),
                failure,
                diagnosis,
            }
        });
        let models = models.map(|models| {
            let sample = models.iter().take(SAMPLE);
            (models.len(), sample.map(|model| model.id.clone()).collect())
        });
        let test = ProviderTest {
            name: record.name.clone(),
            millis,
            models,
            key: check,
        };
        (test, balance)
    }

    async fn probe(
        &self,
        record: &ProviderRecord,
        key: Option<SecretString>,
    ) -> Result<Probe, Failure> {
        let http = self.http.client()?;
        let balance = preset_of(record).and_then(|preset| preset.balance);
        let asked = probe(&http, config(record, key)?, balance);
        let probed = tokio::time::timeout(LIMIT, asked).await;
        let mut probe = probed.map_err(|_| {
            let words = format!("No answer within {} s.", LIMIT.as_secs());
            Failure::new(FailureClass::FirstTokenTimeout, words)
        })?;
        if let Ok(models) = &mut probe.result {
            crate::model_refresh::add_fixed(record, models);
        }
        Ok(probe)
    }

    fn goes_through_proxy(&self, base_url: &BaseUrl) -> bool {
        self.http
            .client()
            .is_ok_and(|http| http.uses_proxy(base_url))
    }
}

/// A key as it was typed, in the form in which it would be kept.
fn typed(record: &ProviderRecord, key: SecretString) -> Result<SecretString, EngineError> {
    let key = crate::providers::keychain_form(record, key).map_err(|sentence| {
        EngineError::input(
            "key",
            sentence,
            "Paste the whole file as it was downloaded, or a key.",
        )
    })?;
    // A test refuses what saving would refuse, in the same words and at the same field.
    patchbay_vault::clean_key(&key).map_err(|problem| crate::keys::not_a_key(&problem))
}
