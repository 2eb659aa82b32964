//! Counting against free allowances: what was sent, and what providers said is left.

use patchbay_domain::{BalanceKind, Endpoint, ProviderId, RateLimits, UnixMillis};

use super::calendar::{start_of, today};
use crate::{Engine, EngineError, balance_of};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A count against an allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeTier {
    /// Whose.
    pub provider: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// Which key's slot.
    pub key_id: Option<String>,
    /// The key's label.
    pub key_label: Option<String>,
    /// For which model; `None` for all.
    pub model: Option<String>,
    /// `minute` or `day`.
    pub window: &'static str,
    /// `requests` or `tokens`.
    pub unit: &'static str,
    /// How many this computer sent within it.
    pub used: u64,
    /// How many are allowed.
    pub limit: Option<u64>,
    /// How many the provider said are left.
    pub left: Option<u64>,
    /// When the provider said that.
    pub said_at: Option<UnixMillis>,
    /// When it starts anew.
    pub resets_at: Option<UnixMillis>,
}

impl Engine {
    /// Every allowance that a provider told of with its replies or its balance, with what was sent.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn free_tiers(&self) -> Result<Vec<FreeTier>, EngineError> {
        let now = self.clock.now();
        let names = self.provider_names().await?;
        let name_of = |provider: &ProviderId| names.of(provider.as_str());
        let mut tiers = Vec::new();
        for kept in self.store.balances().await? {
            let Some(fetched) = &kept.balance else {
                continue;
            };
            let keys = self.store.all_keys().await?;
            for line in balance_of(&kept).lines {
                if line.kind != BalanceKind::RequestsLeft {
                    continue;
                }
                let (used, _) = self
                    .store
                    .sent_since(
                        kept.provider.clone(),
                        None,
                        Some(kept.key_id.clone()),
                        start_of(today(now)),
                    )
                    .await?;
                tiers.push(FreeTier {
                    provider_name: name_of(&kept.provider),
                    key_label: keys
                        .iter()
                        .find(|key| key.provider == kept.provider && key.id == kept.key_id)
                        .map(|key| key.label.clone()),
                    key_id: Some(kept.key_id.clone()),
                    provider: kept.provider.clone(),
                    model: None,
                    window: "day",
                    unit: "requests",
                    used,
                    limit: None,
                    left: line
                        .amount
                        .split('.')
                        .next()
                        .and_then(|left| left.parse().ok()),
                    said_at: Some(fetched.at),
                    resets_at: line.resets_at,
                });
            }
        }
        for (endpoint, limits, said_at) in self.store.rate_limits().await? {
            tiers.extend(
                self.of_headers(&endpoint, &limits, said_at, now, &name_of)
                    .await?,
            );
        }
        tiers.sort_by(|left, right| {
            (&left.provider_name, &left.model, left.unit).cmp(&(
                &right.provider_name,
                &right.model,
                right.unit,
            ))
        });
        Ok(tiers)
    }

    async fn of_headers(
        &self,
        endpoint: &Endpoint,
        limits: &RateLimits,
        said_at: UnixMillis,
        now: UnixMillis,
        name_of: &impl Fn(&ProviderId) -> String,
    ) -> Result<Vec<FreeTier>, EngineError> {
        let mut tiers = Vec::new();
        for (unit, allowance) in [("requests", limits.requests), ("tokens", limits.tokens)] {
            let Some(allowance) = allowance else { continue };
            let resets_at = allowance.resets.map(|reset| reset.moment(said_at));
            // A window that ends within two minutes of the reply is one of minutes.
            let is_day = resets_at.is_some_and(|at| at.0 - said_at.0 > 2 * MINUTE);
            let since = if is_day {
                resets_at.map_or(now.0 - DAY, |at| at.0 - DAY)
            } else {
                now.0 - MINUTE
            };
            let (requests, tokens) = self
                .store
                .sent_since(
                    endpoint.provider.clone(),
                    Some(endpoint.model.clone()),
                    None,
                    UnixMillis(since),
                )
                .await?;
            // What was said before the window began anew is no longer true.
            let is_over = resets_at.is_some_and(|at| at <= now);
            tiers.push(FreeTier {
                provider: endpoint.provider.clone(),
                provider_name: name_of(&endpoint.provider),
                key_id: None,
                key_label: None,
                model: Some(endpoint.model.clone()),
                window: if is_day { "day" } else { "minute" },
                unit,
                used: if unit == "requests" { requests } else { tokens },
                limit: allowance.limit,
                left: allowance.remaining.filter(|_| !is_over),
                said_at: Some(said_at),
                resets_at: resets_at.filter(|_| !is_over),
            });
        }
        Ok(tiers)
    }
}
