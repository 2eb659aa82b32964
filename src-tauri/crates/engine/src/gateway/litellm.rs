//! The routes as a configuration for LiteLLM's proxy, for a team that outgrows one computer: routes with
//! their fallbacks, prices that the person set, budgets, and keys by the names of environment
//! variables. No key is in it.
//!
//! YAML is written by hand, since all of it is one list and three tables; every text is quoted as JSON
//! quotes it, which YAML reads the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use patchbay_domain::budget::{Period, Scope};
use patchbay_domain::price::ServiceTier;
use patchbay_domain::route::{Policy, Route, RouteEntry, WayIn, embedding_model};
use patchbay_domain::{NanoUsd, NanoUsdPerMTok, Rates, UnixMillis, WireFamily};

use super::wish::slug;
use crate::providers::{family_of, preset_of};
use crate::routing::{Known, Reach};
use crate::{Engine, EngineError};

/// A configuration, and what of the routes it could not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiteLlmExport {
    /// The file, `config.yaml`.
    pub yaml: String,
    /// Environment variables that it reads, each with what belongs there.
    pub variables: Vec<(String, String)>,
    /// Whole sentences about what is different there.
    pub notes: Vec<String>,
}

/// The most ways in of one route that are written down.
const MOST_WAYS: usize = 16;

impl Engine {
    /// The routes as a configuration for LiteLLM's proxy.
    ///
    /// # Errors
    /// There is no route, or the database cannot be read.
    pub async fn export_litellm(&self) -> Result<LiteLlmExport, EngineError> {
        let known = self.known_ways().await?;
        if known.routes.is_empty() {
            return Err(EngineError::input(
                "routes",
                "There is no route to export.",
                "Write one down in Models & routes first.",
            ));
        }
        let budgets = self.store.budgets().await?;
        let mut writing = Writing {
            now: self.clock.now(),
            known: &known,
            models: String::new(),
            fallbacks: Vec::new(),
            variables: BTreeMap::new(),
            notes: Vec::new(),
        };
        for route in &known.routes {
            writing.route(route);
        }
        let mut limits = Limits::default();
        for record in &budgets {
            let budget = &record.budget;
            if !budget.stops {
                continue;
            }
            match &budget.scope {
                Scope::Everything => limits.everything = Some((budget.limit, budget.period)),
                Scope::Provider { provider } => {
                    let kind = known
                        .providers
                        .get(provider)
                        .map(|reach| prefix(family_of(&reach.record)));
                    if let Some(kind) = kind {
                        limits.providers.insert(kind, (budget.limit, budget.period));
                    }
                }
                Scope::Model { .. } | Scope::Conversation { .. } | Scope::App { .. } => {
                    writing.note(
                        "Budgets of models, chats and apps are not written: at LiteLLM they belong to \
                         virtual keys, which are made there.",
                    );
                }
            }
        }
        Ok(writing.finish(&limits))
    }
}

#[derive(Default)]
struct Limits {
    everything: Option<(NanoUsd, Period)>,
    /// By LiteLLM's word for the kind of provider.
    providers: BTreeMap<&'static str, (NanoUsd, Period)>,
}

struct Writing<'a> {
    now: UnixMillis,
    known: &'a Known,
    models: String,
    /// Each name with those that are asked after it.
    fallbacks: Vec<(String, Vec<String>)>,
    variables: BTreeMap<String, String>,
    notes: Vec<String>,
}

impl Writing<'_> {
    fn note(&mut self, sentence: &str) {
        if !self.notes.iter().any(|note| note == sentence) {
            self.notes.push(sentence.to_owned());
        }
    }

    fn route(&mut self, route: &Route) {
        let name = slug(&route.name);
        let mut ways: Vec<&WayIn> = Vec::new();
        for entry in &route.entries {
            let found: Vec<&WayIn> = match entry {
                RouteEntry::Model { key } => self.known.ways.of_model(key).collect(),
                RouteEntry::Endpoint { endpoint } => {
                    self.known.ways.get(endpoint).into_iter().collect()
                }
            };
            for way in found {
                if !ways.iter().any(|other| other.endpoint == way.endpoint) {
                    ways.push(way);
                }
            }
        }
        if ways.iter().any(|way| way.endpoint.provider.is_local()) {
            self.note("The model inside Patchbay is left out: it runs on this computer alone.");
            ways.retain(|way| !way.endpoint.provider.is_local());
        }
        // LiteLLM would fall back from one to the other, and fill an index with both.
        let only = embedding_model(route, &self.known.ways);
        let is_of_another = |way: &WayIn| {
            way.embeds == Some(true)
                && !way.is_chat
                && only.as_ref().is_some_and(|only| *only != way.model_key)
        };
        if ways.iter().any(|way| is_of_another(way)) {
            self.note(
                "Of the models for embeddings on a route only the first is written: the vectors of two \
                 models do not mix.",
            );
            ways.retain(|way| !is_of_another(way));
        }
        match route.policy {
            Policy::AsListed => {}
            Policy::Cheapest | Policy::Balanced => {
                // Those without a price last.
                ways.sort_by_key(|way| self.price_of(way).unwrap_or(i64::MAX));
                self.note("Routes that ask the cheapest first are written in the order of today's prices.");
            }
            Policy::Fastest | Policy::MyBest => self.note(
                "Routes that go by speed on this computer or by your votes are written as they are listed.",
            ),
        }
        ways.truncate(MOST_WAYS);
        let mut names = Vec::new();
        for (index, way) in ways.iter().enumerate() {
            let Some(reach) = self.known.providers.get(&way.endpoint.provider) else {
                continue;
            };
            let own = match index {
                0 => name.clone(),
                _ => format!("{name}--{}", index + 1),
            };
            self.model(&own, way, reach);
            names.push(own);
        }
        let mut names = names.into_iter();
        match names.next() {
            Some(first) => {
                let rest: Vec<String> = names.collect();
                if !rest.is_empty() {
                    self.fallbacks.push((first, rest));
                }
            }
            None => {
                self.note("A route without any way in but this computer's own model is left out.")
            }
        }
    }

    fn price_of(&self, way: &WayIn) -> Option<i64> {
        let rates = self.rates_of(way)?;
        Some(rates.input?.0.saturating_add(rates.output?.0))
    }

    fn rates_of(&self, way: &WayIn) -> Option<Rates> {
        let price = way.price.as_ref()?;
        Some(price.rates(self.now, 0, ServiceTier::Standard))
    }

    fn model(&mut self, name: &str, way: &WayIn, reach: &Reach) {
        let family = family_of(&reach.record);
        let kind = match family {
            // Its word for Ollama's chats makes no embeddings.
            WireFamily::Ollama if !way.is_chat => "ollama",
            family => prefix(family),
        };
        let model = format!("{kind}/{}", way.endpoint.model);
        let out = &mut self.models;
        let _ = writeln!(out, "  - model_name: {}", quoted(name));
        let _ = writeln!(out, "    litellm_params:");
        let _ = writeln!(out, "      model: {}", quoted(&model));
        if let Some(base) = base_url(family, &reach.record.base_url) {
            let _ = writeln!(out, "      api_base: {}", quoted(&base));
        }
        let needs_key =
            preset_of(&reach.record).is_none_or(patchbay_providers::Preset::always_needs_key);
        let variable = variable_of(reach);
        if needs_key || reach.keys() > 0 {
            let _ = writeln!(
                out,
                "      api_key: {}",
                quoted(&format!("os.environ/{variable}"))
            );
            self.variables
                .insert(variable, format!("The key for {}.", reach.record.name));
        } else {
            // LiteLLM wants some key even where the server wants none.
            let _ = writeln!(out, "      api_key: \"none\"");
        }
        if let Some(rates) = self.rates_of(way) {
            let out = &mut self.models;
            for (field, rate) in [
                ("input_cost_per_token", rates.input),
                ("output_cost_per_token", rates.output),
                ("cache_read_input_token_cost", rates.cache_read),
                ("cache_creation_input_token_cost", rates.cache_write),
            ] {
                if let Some(rate) = rate {
                    let _ = writeln!(out, "      {field}: {}", per_token(rate));
                }
            }
        }
    }

    fn finish(self, limits: &Limits) -> LiteLlmExport {
        let mut yaml = String::from(
            "# Made by Patchbay for LiteLLM's proxy. No key is in here: each is read from the environment\n\
             # variable that is named in its place.\n\
             #\n\
             #   litellm --config config.yaml\n\
             #\n\
             # On several hosts the same file is used by all; PostgreSQL keeps keys and spend for them, and\n\
             # Redis what they have to know of each other at once.\n\n",
        );
        yaml.push_str("model_list:\n");
        yaml.push_str(&self.models);
        yaml.push_str("\nrouter_settings:\n");
        yaml.push_str("  num_retries: 1\n");
        if !self.fallbacks.is_empty() {
            yaml.push_str("  fallbacks:\n");
            for (name, others) in &self.fallbacks {
                let others: Vec<String> = others.iter().map(|name| quoted(name)).collect();
                let _ = writeln!(yaml, "    - {}: [{}]", quoted(name), others.join(", "));
            }
        }
        if !limits.providers.is_empty() {
            yaml.push_str("  provider_budget_config:\n");
            for (kind, (limit, period)) in &limits.providers {
                let _ = writeln!(yaml, "    {kind}:");
                let _ = writeln!(yaml, "      budget_limit: {}", dollars(*limit));
                let _ = writeln!(yaml, "      time_period: {}", duration(*period));
            }
        }
        yaml.push_str(
            "  # For several hosts:\n\
             \x20 # redis_host: os.environ/REDIS_HOST\n\
             \x20 # redis_port: os.environ/REDIS_PORT\n\
             \x20 # redis_password: os.environ/REDIS_PASSWORD\n",
        );
        yaml.push_str("\nlitellm_settings:\n");
        yaml.push_str("  drop_params: true\n");
        yaml.push_str("  include_cost_in_streaming_usage: true\n");
        if let Some((limit, period)) = limits.everything {
            let _ = writeln!(yaml, "  max_budget: {}", dollars(limit));
            let _ = writeln!(yaml, "  budget_duration: {}", duration(period));
        }
        yaml.push_str("\ngeneral_settings:\n");
        yaml.push_str("  master_key: \"os.environ/LITELLM_MASTER_KEY\"\n");
        yaml.push_str("  # database_url: os.environ/DATABASE_URL\n");
        let mut variables: Vec<(String, String)> = vec![(
            "LITELLM_MASTER_KEY".to_owned(),
            "A key of your own for the proxy, which begins with sk-.".to_owned(),
        )];
        variables.extend(self.variables);
        LiteLlmExport {
            yaml,
            variables,
            notes: self.notes,
        }
    }
}

/// LiteLLM's word for who speaks a format.
fn prefix(family: WireFamily) -> &'static str {
    match family {
        WireFamily::OpenAiChat | WireFamily::OpenAiResponses => "openai",
        WireFamily::AnthropicMessages => "anthropic",
        WireFamily::Gemini => "gemini",
        WireFamily::Vertex => "vertex_ai",
        WireFamily::Ollama => "ollama_chat",
    }
}

/// Where LiteLLM is to ask; `None` where it knows better than we how the address is made.
fn base_url(family: WireFamily, base: &str) -> Option<String> {
    let base = base.trim_end_matches('/');
    match family {
        WireFamily::OpenAiChat | WireFamily::OpenAiResponses | WireFamily::Ollama => {
            Some(base.to_owned())
        }
        // It adds the version by itself.
        WireFamily::AnthropicMessages => Some(base.trim_end_matches("/v1").to_owned()),
        WireFamily::Gemini | WireFamily::Vertex => None,
    }
}

/// The variable that the maker documents, or one after the provider's id.
fn variable_of(reach: &Reach) -> String {
    let documented = preset_of(&reach.record).and_then(|preset| preset.environment.first());
    documented.cloned().unwrap_or_else(|| {
        let id = reach.record.id.as_str().to_uppercase().replace('-', "_");
        format!("{id}_API_KEY")
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Dollars a token as YAML reads a number: without an exponent, and exact.
fn per_token(rate: NanoUsdPerMTok) -> String {
    decimal(rate.0, 15)
}

fn dollars(amount: NanoUsd) -> String {
    decimal(amount.0, 9)
}

fn decimal(digits: i64, places: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
    let (whole, rest) = text.split_at(text.len() - places);
    let rest = rest.trim_end_matches('0');
    let rest = if rest.is_empty() { "0" } else { rest };
    format!("{sign}{whole}.{rest}")
}

fn duration(period: Period) -> &'static str {
    match period {
        Period::Day => "1d",
        Period::Week => "7d",
        Period::Month => "30d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact_and_have_no_exponent() {
        assert_eq!(per_token(NanoUsdPerMTok(3_000_000_000)), "0.000003");
        assert_eq!(per_token(NanoUsdPerMTok(75_000_000)), "0.000000075");
        assert_eq!(per_token(NanoUsdPerMTok(1)), "0.000000000000001");
        assert_eq!(per_token(NanoUsdPerMTok(0)), "0.0");
        assert_eq!(dollars(NanoUsd(12_500_000_000)), "12.5");
    }

    #[test]
    fn names_cannot_break_out_of_their_quotes() {
        assert_eq!(quoted("a\": {x}\n"), r#""a\": {x}\n""#);
    }
}
