//! What is left of a key, where its provider tells.

use std::time::Duration;

use patchbay_domain::{Balance, Failure, FailureClass, ProviderId};
use patchbay_providers::fetch_balance;
use patchbay_store::{FetchedBalance, KeyBalance, ProviderRecord, RefreshFailure};

use crate::connector::KeySlot;
use crate::providers::{ProviderDetail, config, preset_of};
use crate::{Engine, EngineError};

/// How long a provider may take to tell.
const LIMIT: Duration = Duration::from_secs(20);

impl Engine {
    /// Asks what is left of one key. Where that fails the older figure stays, and the reason beside it.
    ///
    /// # Errors
    /// The provider or the key is gone, the provider does not tell such things, or the database cannot
    /// be written. That the provider did not answer is no error: it is in the detail.
    pub async fn refresh_balance(
        &self,
        id: &ProviderId,
        key_id: &str,
    ) -> Result<ProviderDetail, EngineError> {
        let record = self.provider_record(id).await?;
        let slot = self.key_slot(id, key_id).await?;
        let asked = self.ask_balance(&record, &KeySlot::of(&slot)).await;
        let now = self.clock.now();
        match asked {
            Ok(balance) => {
                let said = serde_json::to_value(balance).unwrap_or_default();
                self.store
                    .set_balance(
                        id.clone(),
                        key_id.to_owned(),
                        FetchedBalance { at: now, said },
                    )
                    .await?;
            }
            Err(failure) => {
                let words = failure.class.sentence(&record.name);
                self.store
                    .set_balance_failure(
                        id.clone(),
                        key_id.to_owned(),
                        RefreshFailure { at: now, words },
                    )
                    .await?;
            }
        }
        self.provider_detail(id).await
    }

    async fn ask_balance(
        &self,
        record: &ProviderRecord,
        slot: &KeySlot,
    ) -> Result<Balance, Failure> {
        let Some(shape) = preset_of(record).and_then(|preset| preset.balance) else {
            let words = "This provider does not tell what is left of a key.";
            return Err(Failure::new(FailureClass::InvalidRequest, words));
        };
        let key = self.connector().key(record, slot).await?;
        let config = config(record, key.map(|(key, _)| key))?;
        let asked = fetch_balance(self.http.client()?, config, shape);
        tokio::time::timeout(LIMIT, asked)
            .await
            .unwrap_or_else(|_| {
                let words = format!("No answer within {} s.", LIMIT.as_secs());
                Err(Failure::new(FailureClass::FirstTokenTimeout, words))
            })
    }
}

/// The figures that a provider told last; none where a version of Patchbay wrote them that is not
/// understood.
pub fn balance_of(kept: &KeyBalance) -> Balance {
    let said = kept.balance.as_ref().map(|balance| balance.said.clone());
    said.and_then(|said| serde_json::from_value(said).ok())
        .unwrap_or_default()
}
