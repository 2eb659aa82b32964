//! The names that an app can ask for.

use std::collections::BTreeMap;

use patchbay_domain::{App, UnixMillis};

use super::wish::slug;
use crate::catalogue::Snapshot;
use crate::{Engine, EngineError};

/// Who stands behind a route.
pub const ROUTE_OWNER: &str = "patchbay";

/// A name that an app can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedModel {
    /// What it writes.
    pub name: String,
    /// Who stands behind it: `patchbay` for a route, a maker for a model, else a provider.
    pub owner: String,
    /// When the model came out, where that is known.
    pub released_at: Option<UnixMillis>,
    /// A name for people.
    pub title: String,
    /// Tokens of prompt and answer together, where that is known.
    pub context_length: Option<u64>,
    /// How many ways in there are.
    pub ways: usize,
    /// It answers in words; else it makes embeddings. A route is taken to answer.
    pub is_chat: bool,
}

impl Engine {
    /// The names that this app can ask for: routes first, then models with at least one way in that can
    /// be asked, for answers or for embeddings.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn model_names(&self, app: &App) -> Result<Vec<NamedModel>, EngineError> {
        let mut names = self.all_model_names().await?;
        names.retain(|named| app.rules.allows(&named.name) || app.rules.allows(&named.title));
        Ok(names)
    }

    /// The names that the app with this id can ask for; `None` for all names.
    ///
    /// # Errors
    /// The app is gone, or the database cannot be read.
    pub async fn model_names_of(
        &self,
        app: Option<String>,
    ) -> Result<Vec<NamedModel>, EngineError> {
        match app {
            None => self.all_model_names().await,
            Some(id) => self.model_names(&self.app_record(&id).await?.app).await,
        }
    }

    async fn all_model_names(&self) -> Result<Vec<NamedModel>, EngineError> {
        let known = self.known_ways().await?;
        let mut names: Vec<NamedModel> = known
            .routes
            .iter()
            .map(|route| NamedModel {
                name: slug(&route.name),
                owner: ROUTE_OWNER.to_owned(),
                released_at: None,
                title: route.name.clone(),
                context_length: None,
                ways: route.entries.len(),
                is_chat: true,
            })
            .collect();
        let mut models: BTreeMap<&str, NamedModel> = BTreeMap::new();
        for way in known.ways.all() {
            if way.keys == 0 || way.unavailable_because.is_some() {
                continue;
            }
            if !way.is_chat && way.embeds != Some(true) {
                continue;
            }
            let canonical = Snapshot::embedded().model(&way.model_key);
            let model = models.entry(&way.model_key).or_insert_with(|| NamedModel {
                name: if way.model_key != crate::models::key_of(&way.endpoint) {
                    way.model_key.clone()
                } else {
                    // A model that is not certain is one provider's alone.
                    format!("{}/{}", way.endpoint.provider.as_str(), way.endpoint.model)
                },
                owner: way
                    .model_key
                    .split_once('/')
                    .map_or_else(|| way.provider_name.clone(), |(owner, _)| owner.to_owned()),
                released_at: canonical.and_then(|model| model.released_at),
                title: canonical
                    .map_or_else(|| way.endpoint.model.clone(), |model| model.name.clone()),
                context_length: None,
                ways: 0,
                is_chat: false,
            });
            model.ways += 1;
            model.is_chat |= way.is_chat;
            model.context_length = model.context_length.max(way.context_length);
        }
        names.extend(models.into_values());
        Ok(names)
    }
}
