//! The routes as a configuration for LiteLLM's proxy, for a team that outgrows one computer: routes with
//! their fallbacks, prices that the person set, budgets, and keys by the names of environment
//! variables. No key is in it.
//!
//! Long because the file is one text, and each budget has a place of its own in it.
//!
//! YAML is written by hand, since all of it is one list and three tables; every text is quoted as JSON
//! quotes it, which YAML reads the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_domain::price::ServiceTier;
use patchbay_domain::route::{Policy, Route, RouteEntry, WayIn, embedding_model};
use patchbay_domain::{App, NanoUsd, NanoUsdPerMTok, ProviderId, Rates, UnixMillis, WireFamily};

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
        let mut writing = Writing {
            now: self.clock.now(),
            known: &known,
            limits: Limits::default(),
            models: String::new(),
            fallbacks: Vec::new(),
            variables: BTreeMap::new(),
            notes: Vec::new(),
        };
        let apps = self.apps().await?;
        for record in self.store.budgets().await? {
            if record.budget.stops {
                writing.limit(&record.budget, &apps);
            }
        }
        for route in &known.routes {
            writing.route(route);
        }
        Ok(writing.finish())
    }
}

/// So much in such a time.
type Limit = (NanoUsd, Period);

/// Budgets that stop, by where LiteLLM can hold them.
#[derive(Default)]
struct Limits {
    everything: Option<Limit>,
    /// By LiteLLM's word for the kind of provider.
    kinds: BTreeMap<&'static str, Limit>,
    /// Of providers that share their kind with others, held for each way in.
    providers: BTreeMap<ProviderId, Limit>,
    /// By the canonical model, held for each way in.
    models: BTreeMap<String, Limit>,
    /// Each app with its limit: a virtual key there.
    apps: Vec<(App, Limit)>,
}

impl Limits {
    /// What one way in may cost: the tighter one, where two hold it.
    fn of_way(&self, way: &WayIn) -> Option<Limit> {
        let provider = self.providers.get(&way.endpoint.provider);
        let model = self.models.get(&way.model_key);
        let a_day = |limit: &&Limit| limit.0.0 / days(limit.1);
        provider.into_iter().chain(model).min_by_key(a_day).copied()
    }
}

struct Writing<'a> {
    now: UnixMillis,
    known: &'a Known,
    limits: Limits,
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

    fn limit(&mut self, budget: &Budget, apps: &[App]) {
        let limit = (budget.limit, budget.period);
        match &budget.scope {
            Scope::Everything => self.limits.everything = Some(limit),
            Scope::Provider { provider } => {
                let kind_of = |reach: &Reach| prefix(family_of(&reach.record));
                let Some(reach) = self.known.providers.get(provider) else {
                    return;
                };
                let kind = kind_of(reach);
                let others = self.known.providers.values().filter(|other| {
                    let id = &other.record.id;
                    id != provider && !id.is_local() && kind_of(other) == kind
                });
                if others.count() == 0 {
                    self.limits.kinds.insert(kind, limit);
                    return;
                }
                self.limits.providers.insert(provider.clone(), limit);
                self.note(
                    "LiteLLM counts all providers of one kind together, so the budget of one of several \
                     alike is written for each of its ways in, and holds each by itself.",
                );
            }
            Scope::Model { key } => {
                self.limits.models.insert(key.clone(), limit);
                self.note(
                    "The budget of a model is written for each way in to it, and holds each by itself.",
                );
            }
            Scope::App { app } => {
                let found = apps
                    .iter()
                    .find(|one| one.id == *app && one.revoked_at.is_none());
                if let Some(app) = found {
                    self.limits.apps.push((app.clone(), limit));
                    self.note(
                        "The budgets of apps belong to virtual keys at LiteLLM, which are kept in its \
                         database: the end of the file has the commands that make them.",
                    );
                }
            }
            Scope::Conversation { .. } => {
                self.note("Budgets of chats are left out: the chats stay here.");
            }
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
        if let Some((limit, period)) = self.limits.of_way(way) {
            let out = &mut self.models;
            let _ = writeln!(out, "      max_budget: {}", dollars(limit));
            let _ = writeln!(out, "      budget_duration: {}", duration(period));
            // It counts by this. Where it is the name too, it asks without looking at the budget.
            let _ = writeln!(out, "    model_info:");
            let _ = writeln!(out, "      id: {}", quoted(&format!("{name} (limited)")));
        }
    }

    fn finish(self) -> LiteLlmExport {
        let limits = &self.limits;
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
        if !limits.kinds.is_empty() {
            yaml.push_str("  provider_budget_config:\n");
            for (kind, (limit, period)) in &limits.kinds {
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
        if !limits.apps.is_empty() {
            yaml.push_str(
                "\n# The apps with a budget, as virtual keys. Once the proxy runs with a database:\n",
            );
            for (app, limit) in &limits.apps {
                let _ = writeln!(yaml, "#\n# {}", one_line(&app.name));
                let command = key_command(app, *limit, &self.known.routes);
                let _ = writeln!(yaml, "#   {command}");
            }
        }
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

/// The command that makes the virtual key of an app. For a shell, within single quotes.
fn key_command(app: &App, (limit, period): Limit, routes: &[Route]) -> String {
    let mut wanted = serde_json::Map::new();
    wanted.insert("key_alias".to_owned(), app.id.clone().into());
    // Other names mean nothing there.
    let names: Vec<String> = routes
        .iter()
        .map(|route| slug(&route.name))
        .filter(|name| app.rules.models.iter().any(|asked| slug(asked) == *name))
        .collect();
    if !names.is_empty() {
        wanted.insert("models".to_owned(), names.into());
    }
    if let Some(requests) = app.rules.requests_a_minute {
        wanted.insert("rpm_limit".to_owned(), requests.into());
    }
    wanted.insert("budget_duration".to_owned(), duration(period).into());
    let mut wanted = serde_json::Value::from(wanted).to_string();
    // As it stands, and not as a float would have it.
    let _ = wanted.pop();
    let _ = write!(wanted, ",\"max_budget\":{}}}", dollars(limit));
    format!(
        "curl http://127.0.0.1:4000/key/generate -H \"Authorization: Bearer $LITELLM_MASTER_KEY\" \
         -H 'Content-Type: application/json' -d '{}'",
        wanted.replace('\'', "\\u0027")
    )
}

/// A name that ends no comment.
fn one_line(name: &str) -> String {
    name.split(char::is_control).collect::<Vec<_>>().join(" ")
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

fn days(period: Period) -> i64 {
    match period {
        Period::Day => 1,
        Period::Week => 7,
        Period::Month => 30,
    }
}

fn duration(period: Period) -> String {
    format!("{}d", days(period))
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
