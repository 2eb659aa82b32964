//! What has to be known of an attempt to price it elsewhere, and of an endpoint to say which lists it
//! was priced by. Narrow rows: a year of them is read at once.

use patchbay_domain::price::{PriceTag, ServiceTier};
use patchbay_domain::{ConversationId, Endpoint, NanoUsd, ProviderId, UnixMillis, Usage};

use super::tally::SpendFilter;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{count, optional_json, optional_word};

/// The tokens of one attempt, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRow {
    /// Through whom.
    pub endpoint: Endpoint,
    /// The canonical model; empty where it is not known.
    pub model_key: String,
    /// When it began.
    pub started_at: UnixMillis,
    /// The tier of service that it was given.
    pub tier: ServiceTier,
    /// Its tokens; `None` where nobody counted them.
    pub usage: Option<Usage>,
    /// What it cost; `None` where nobody knows.
    pub cost: Option<NanoUsd>,
}

/// Which lists the last attempt through an endpoint was priced by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastTags {
    /// The canonical model; empty where it is not known.
    pub model_key: String,
    /// The provider's name then.
    pub provider_name: String,
    /// The list that its cost stood on.
    pub price_tag: Option<PriceTag>,
    /// The list that the maker's price stood on.
    pub list_tag: Option<PriceTag>,
    /// The model that said it answered, where it is another one.
    pub served_model: Option<String>,
}

/// What a conversation is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationName {
    /// Its title.
    pub title: String,
    /// It holds answers of a comparison of this name.
    pub comparison: Option<String>,
    /// It is there, and no comparison hides it.
    pub can_be_opened: bool,
}

impl Store {
    /// The tokens of every settled attempt that fits.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn usage_rows(&self, filter: SpendFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT provider, model, model_key, started_at, service_tier, cost_amount,
                     input_tokens, cache_read_tokens, cache_write_tokens, cache_write_long_tokens,
                     output_tokens, reasoning_tokens, audio_input_tokens, audio_cache_read_tokens,
                     image_input_tokens, audio_output_tokens, image_output_tokens, web_searches
                 FROM attempt WHERE day BETWEEN ?1 AND ?2 AND status <> 'running'",
            )?;
            let mut rows = statement.query((filter.from.number(), filter.to.number()))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let tokens = |column: usize| -> Result<u64, StoreError> {
                    Ok(count(row.get::<_, Option<i64>>(column)?.unwrap_or(0)))
                };
                let usage = match row.get::<_, Option<i64>>(6)? {
                    None => None,
                    Some(input) => Some(Usage {
                        input: count(input),
                        cache_read: tokens(7)?,
                        cache_write: tokens(8)?,
                        cache_write_long: tokens(9)?,
                        output: tokens(10)?,
                        reasoning: tokens(11)?,
                        audio_input: tokens(12)?,
                        audio_cache_read: tokens(13)?,
                        image_input: tokens(14)?,
                        audio_output: tokens(15)?,
                        image_output: tokens(16)?,
                        web_searches: tokens(17)?,
                    }),
                };
                found.push(UsageRow {
                    endpoint: Endpoint {
                        provider: ProviderId::new(row.get::<_, String>(0)?),
                        model: row.get(1)?,
                    },
                    model_key: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                    started_at: UnixMillis(row.get(3)?),
                    tier: optional_word(row, "attempt", "service_tier")?
                        .unwrap_or(ServiceTier::Standard),
                    usage,
                    cost: row.get::<_, Option<i64>>(5)?.map(NanoUsd),
                });
            }
            Ok(found)
        })
        .await
    }

    /// The lists that the last attempt through each of these endpoints was priced by, where there was
    /// one with a maker's price, else the last of all.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_tags(
        &self,
        endpoints: Vec<Endpoint>,
    ) -> Result<Vec<Option<LastTags>>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT model_key, provider_name, price_tag, list_tag, served_model FROM (
                     SELECT * FROM attempt WHERE provider = ?1 AND model = ?2
                         AND status <> 'running'
                     ORDER BY started_at DESC LIMIT 50)
                 ORDER BY list_tag IS NULL, price_tag IS NULL, started_at DESC LIMIT 1",
            )?;
            let mut found = Vec::with_capacity(endpoints.len());
            for endpoint in &endpoints {
                let mut rows = statement.query((endpoint.provider.as_str(), &endpoint.model))?;
                found.push(match rows.next()? {
                    None => None,
                    Some(row) => Some(LastTags {
                        model_key: row
                            .get::<_, Option<String>>("model_key")?
                            .unwrap_or_default(),
                        provider_name: row.get("provider_name")?,
                        price_tag: optional_json(row, "attempt", "price_tag")?,
                        list_tag: optional_json(row, "attempt", "list_tag")?,
                        served_model: row.get("served_model")?,
                    }),
                });
            }
            Ok(found)
        })
        .await
    }

    /// What these conversations are called; `None` for those that are gone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn conversation_names(
        &self,
        conversations: Vec<ConversationId>,
    ) -> Result<Vec<Option<ConversationName>>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT conversation.title, comparison.name AS comparison,
                     conversation.deleted_at IS NULL AND conversation.round IS NULL AS can_be_opened
                 FROM conversation
                 LEFT JOIN comparison_round ON comparison_round.id = conversation.round
                 LEFT JOIN comparison ON comparison.id = comparison_round.comparison
                 WHERE conversation.id = ?1",
            )?;
            let mut found = Vec::with_capacity(conversations.len());
            for conversation in &conversations {
                let mut rows = statement.query([conversation.into_bytes()])?;
                found.push(match rows.next()? {
                    None => None,
                    Some(row) => Some(ConversationName {
                        title: row.get("title")?,
                        comparison: row.get("comparison")?,
                        can_be_opened: row.get("can_be_opened")?,
                    }),
                });
            }
            Ok(found)
        })
        .await
    }

    /// Attempts through a provider since a moment, with the key of that slot where one is given, and
    /// through one endpoint where a model is: for counting against free allowances.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sent_since(
        &self,
        provider: ProviderId,
        model: Option<String>,
        key_id: Option<String>,
        since: UnixMillis,
    ) -> Result<(u64, u64), StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(coalesce(input_tokens, 0)
                         + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
                         + coalesce(cache_write_long_tokens, 0) + coalesce(output_tokens, 0)
                         + coalesce(reasoning_tokens, 0)), 0)
                     FROM attempt INDEXED BY attempt_spend
                     WHERE started_at >= ?1 AND provider = ?2 AND (?3 IS NULL OR model = ?3)
                         AND (?4 IS NULL OR key_id = ?4)",
                )?
                .query_row((since.0, provider.as_str(), model, key_id), |row| {
                    Ok((count(row.get(0)?), count(row.get(1)?)))
                })?)
        })
        .await
    }
}
