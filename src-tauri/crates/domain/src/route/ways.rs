//! The ways in that a plan can choose from, with an index, so that planning does not search.

use std::collections::HashMap;

use crate::model::{Capabilities, Endpoint};
use crate::price::Price;

use super::declared::DeclaredPolicy;

/// One way in, as far as a plan cares.
#[derive(Clone, Debug, PartialEq)]
pub struct WayIn {
    /// How to reach it.
    pub endpoint: Endpoint,
    /// The provider's name.
    pub provider_name: String,
    /// The canonical model, or the way in's own key where that is not certain.
    pub model_key: String,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// Tokens of the longest answer.
    pub max_output: Option<u64>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it costs.
    pub price: Option<Price>,
    /// Keys that can be tried; 0 where one is needed and there is none. Where none is needed, 1.
    pub keys: u32,
    /// Its maker answers, with nobody between; `None` where nobody knows.
    pub is_direct: Option<bool>,
    /// What its provider declares.
    pub data_policy: Option<DeclaredPolicy>,
    /// Where its provider computes, where that is known.
    pub region: Option<String>,
    /// Why it cannot be asked at all.
    pub unavailable_because: Option<String>,
    /// It holds conversations.
    pub is_chat: bool,
    /// It makes embeddings; `None` where nobody knows, and asking costs nothing.
    pub embeds: Option<bool>,
    /// It continues half an answer that it is shown.
    pub takes_prefill: bool,
}

/// All ways in, the person's order of providers kept.
#[derive(Clone, Debug, Default)]
pub struct WaysIn {
    ways: Vec<WayIn>,
    by_endpoint: HashMap<Endpoint, usize>,
    by_model: HashMap<String, Vec<usize>>,
    local: Vec<usize>,
}

impl WaysIn {
    /// Indexes them.
    pub fn new(ways: Vec<WayIn>) -> Self {
        let mut by_endpoint = HashMap::with_capacity(ways.len());
        let mut by_model: HashMap<String, Vec<usize>> = HashMap::new();
        let mut local = Vec::new();
        for (index, way) in ways.iter().enumerate() {
            if way.endpoint.provider.is_local() {
                local.push(index);
            }
            by_endpoint.insert(way.endpoint.clone(), index);
            by_model
                .entry(way.model_key.clone())
                .or_default()
                .push(index);
        }
        Self {
            ways,
            by_endpoint,
            by_model,
            local,
        }
    }

    /// All of them.
    pub fn all(&self) -> &[WayIn] {
        &self.ways
    }

    /// One of them.
    pub fn get(&self, endpoint: &Endpoint) -> Option<&WayIn> {
        self.ways.get(*self.by_endpoint.get(endpoint)?)
    }

    /// Those that run in this process.
    pub fn local(&self) -> impl Iterator<Item = &WayIn> {
        self.local.iter().filter_map(|index| self.ways.get(*index))
    }

    /// The ways in of a model.
    pub fn of_model(&self, key: &str) -> impl Iterator<Item = &WayIn> {
        self.by_model
            .get(key)
            .into_iter()
            .flatten()
            .filter_map(|index| self.ways.get(*index))
    }
}
