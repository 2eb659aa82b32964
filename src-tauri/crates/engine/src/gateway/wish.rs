//! Whom an app wants to be answered by: from the names and preferences that it writes to a route.
//!
//! Names are tried in this order: a route, a canonical model, `provider/model`, the model as one
//! provider spells it, the last half of a canonical model; at the end `provider/model` that is on no
//! list. `:floor`, `:nitro` and `:free` behind a name
//! are OpenRouter's words for the cheapest, the fastest and what costs nothing.
//!
//! Long because names and preferences decide together.

use patchbay_domain::catalogue::normalised;
use patchbay_domain::price::ServiceTier;
use patchbay_domain::route::{Policy, Route, RouteEntry, Target, WayIn, embedding_model};
use patchbay_domain::{Endpoint, NanoUsdPerMTok, ProviderId, UnixMillis};

use crate::routing::{Known, alone};
use crate::{EngineError, InvalidInput};

/// The most models that one request may name.
pub const MOST_MODELS: usize = 16;

/// The field of [`EngineError::Input`] where a name stands for nothing.
pub const UNKNOWN_MODEL: &str = "model.unknown";

const ALL_NAMES: &str = "GET /v1/models, or \"patchbay models\", lists all names.";

/// What an app writes about whom it wants to be answered by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Names of models or routes, the first one first, the others where it fails. At least one.
    pub models: Vec<String>,
    /// These providers first, in this order.
    pub order: Vec<String>,
    /// No others than these.
    pub only: Vec<String>,
    /// None of these.
    pub ignore: Vec<String>,
    /// In which order otherwise.
    pub sort: Option<Sort>,
    /// The most that a million tokens of the prompt may cost.
    pub prompt_ceiling: Option<NanoUsdPerMTok>,
    /// The most that a million tokens of the answer may cost.
    pub output_ceiling: Option<NanoUsdPerMTok>,
    /// Only the first way in is asked.
    pub is_alone: bool,
    /// Only ways in that are known to take all that the request asks for.
    pub requires_parameters: bool,
    /// Nobody who declares that they keep or train with what they read.
    pub denies_collection: bool,
    /// Milliseconds until another way in is asked where the first token is late.
    pub first_token_millis: Option<u64>,
}

/// In which order ways in are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The cheapest first.
    Price,
    /// The fastest first, by what was measured on this computer.
    Speed,
}

/// A wish worked out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) target: Target,
    /// A route made for this request, where it wants more than one name says.
    pub(crate) made: Option<Route>,
}

/// What an app wants of whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WishFor {
    /// Answers in words.
    Answers,
    /// Vectors, which do not mix between models: a route stands for one of its models alone. An app that
    /// names several models has said that any of them will do, and each reply says which one it was.
    Embeddings,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
enum Named {
    Route(Route),
    Model(String),
    Endpoint(Endpoint),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    Floor,
    Nitro,
    Free,
}

impl Wish {
    /// A wish for one name and nothing else.
    pub fn of(model: impl Into<String>) -> Self {
        Self {
            models: vec![model.into()],
            ..Self::default()
        }
    }

    fn has_preferences(&self) -> bool {
        let nothing = Self {
            models: self.models.clone(),
            is_alone: self.is_alone,
            first_token_millis: self.first_token_millis,
            ..Self::default()
        };
        *self != nothing
    }

    /// Whom that is, by what is known at this moment.
    ///
    /// # Errors
    /// A name that stands for nothing, or preferences that leave nobody.
    pub(crate) fn resolve(
        &self,
        known: &Known,
        now: UnixMillis,
        purpose: WishFor,
    ) -> Result<Wanted, EngineError> {
        if self.models.is_empty() || self.models.len() > MOST_MODELS {
            return Err(EngineError::input(
                "model",
                format!("A request names 1 to {MOST_MODELS} models."),
                "Name a model or a route.",
            ));
        }
        // One that is to come first or to be left out may be missing; one and no other may not.
        for provider in &self.only {
            if provider_named(provider, known).is_none() {
                return Err(EngineError::input(
                    "provider",
                    format!("There is no provider \u{201c}{provider}\u{201d}."),
                    "The names are those in Patchbay's settings.",
                ));
            }
        }
        let mut named = Vec::with_capacity(self.models.len());
        for model in &self.models {
            named.push(named_by(model, known)?);
        }
        let is_plain = named.len() == 1
            && !self.has_preferences()
            && named.iter().all(|(_, suffix)| suffix.is_none());
        let first = named.first().map(|(named, _)| named.target());
        let Some(target) = first else {
            return Err(EngineError::NotFound("The model"));
        };
        if is_plain {
            return Ok(Wanted { target, made: None });
        }
        let route = self.made(named, known, now, purpose)?;
        Ok(Wanted {
            target,
            made: Some(route),
        })
    }

    fn made(
        &self,
        named: Vec<(Named, Option<Suffix>)>,
        known: &Known,
        now: UnixMillis,
        purpose: WishFor,
    ) -> Result<Route, EngineError> {
        let suffix = named.first().and_then(|(_, suffix)| *suffix);
        let policy = match (self.sort, suffix) {
            (Some(Sort::Price), _) | (None, Some(Suffix::Floor)) => Some(Policy::Cheapest),
            (Some(Sort::Speed), _) | (None, Some(Suffix::Nitro)) => Some(Policy::Fastest),
            (None, _) => None,
        };
        let is_single = named.len() == 1;
        // A route keeps its own limits and conditions, whatever an app adds.
        let mut route = match named.first() {
            Some((Named::Route(route), _)) => route.clone(),
            _ => alone(
                RouteEntry::Model { key: String::new() },
                self.models.first().map_or("", String::as_str),
            ),
        };
        let mut entries = Vec::new();
        for (named, suffix) in named {
            let one_model = match (&named, purpose) {
                (Named::Route(route), WishFor::Embeddings) => embedding_model(route, &known.ways),
                _ => None,
            };
            let is_of_it = |way: &WayIn| {
                one_model
                    .as_ref()
                    .is_none_or(|model| *model == way.model_key)
            };
            for way in named.ways(known).into_iter().filter(|way| is_of_it(way)) {
                if self.takes(way, known, now)
                    && (suffix != Some(Suffix::Free) || is_free(way, now))
                {
                    entries.push(RouteEntry::Endpoint {
                        endpoint: way.endpoint.clone(),
                    });
                }
            }
        }
        if entries.is_empty() {
            return Err(EngineError::Input(InvalidInput {
                field: "provider".to_owned(),
                sentence: "No way in to this model fits what the request wants of its provider."
                    .to_owned(),
                advice: "Loosen its preferences, or add a provider.".to_owned(),
            }));
        }
        self.put_in_order(&mut entries, known);
        entries.truncate(patchbay_domain::route::MAX_ENTRIES);
        route.policy = match policy {
            Some(policy) if self.order.is_empty() => policy,
            // Written down: by an order of providers, or by an order of models.
            _ if !self.order.is_empty() || !is_single => Policy::AsListed,
            _ => route.policy,
        };
        route.entries = entries;
        if let Some(ceiling) = self.output_ceiling {
            let own = route.requirements.output_ceiling;
            route.requirements.output_ceiling = Some(own.map_or(ceiling, |own| own.min(ceiling)));
        }
        route.requirements.no_training |= self.denies_collection;
        route.requirements.no_keeping |= self.denies_collection;
        Ok(route)
    }

    fn takes(&self, way: &WayIn, known: &Known, now: UnixMillis) -> bool {
        let provider = &way.endpoint.provider;
        let is_in = |names: &[String]| {
            names
                .iter()
                .any(|name| provider_named(name, known).as_ref() == Some(provider))
        };
        let within = self.prompt_ceiling.is_none_or(|ceiling| {
            let price = way.price.as_ref();
            let rates = price.map(|price| price.rates(now, 0, ServiceTier::Standard));
            // A price that nobody knows is no price below a ceiling.
            rates.is_some_and(|rates| rates.input.is_some_and(|input| input <= ceiling))
        });
        (self.only.is_empty() || is_in(&self.only)) && !is_in(&self.ignore) && within
    }

    /// Providers that were put first come first, each with all models in the order of the models.
    fn put_in_order(&self, entries: &mut [RouteEntry], known: &Known) {
        if self.order.is_empty() {
            return;
        }
        let order: Vec<Option<ProviderId>> = self
            .order
            .iter()
            .map(|name| provider_named(name, known))
            .collect();
        entries.sort_by_key(|entry| {
            let RouteEntry::Endpoint { endpoint } = entry else {
                return usize::MAX;
            };
            order
                .iter()
                .position(|provider| provider.as_ref() == Some(&endpoint.provider))
                .unwrap_or(usize::MAX)
        });
    }
}

impl Named {
    fn target(&self) -> Target {
        match self {
            Self::Route(route) => Target::Route { id: route.id },
            Self::Model(key) => Target::Model { key: key.clone() },
            Self::Endpoint(endpoint) => Target::Endpoint {
                endpoint: endpoint.clone(),
            },
        }
    }

    fn ways<'a>(&self, known: &'a Known) -> Vec<&'a WayIn> {
        match self {
            Self::Model(key) => known.ways.of_model(key).collect(),
            Self::Endpoint(endpoint) => known.ways.get(endpoint).into_iter().collect(),
            Self::Route(route) => route
                .entries
                .iter()
                .flat_map(|entry| match entry {
                    RouteEntry::Model { key } => known.ways.of_model(key).collect::<Vec<_>>(),
                    RouteEntry::Endpoint { endpoint } => {
                        known.ways.get(endpoint).into_iter().collect()
                    }
                })
                .collect(),
        }
    }
}

/// What a name stands for, with what stands behind its last colon where that is no part of the name.
fn named_by(name: &str, known: &Known) -> Result<(Named, Option<Suffix>), EngineError> {
    let name = name.trim();
    if let Some(named) = exactly(name, known) {
        return Ok((named, None));
    }
    let suffixes = [
        (":floor", Suffix::Floor),
        (":nitro", Suffix::Nitro),
        (":free", Suffix::Free),
    ];
    for (word, suffix) in suffixes {
        if let Some(named) = name
            .strip_suffix(word)
            .and_then(|name| exactly(name, known))
        {
            return Ok((named, Some(suffix)));
        }
    }
    // Lists are late and leave things out: whoever names a provider is taken at their word, with what
    // their name ends in.
    if let Some(endpoint) = at_provider(name, known) {
        return Ok((Named::Endpoint(endpoint), None));
    }
    Err(EngineError::Input(InvalidInput {
        field: UNKNOWN_MODEL.to_owned(),
        sentence: format!("There is no model or route \u{201c}{name}\u{201d}."),
        advice: match nearest(name, known) {
            Some(near) => format!("Is \u{201c}{near}\u{201d} meant? {ALL_NAMES}"),
            None => ALL_NAMES.to_owned(),
        },
    }))
}

fn exactly(name: &str, known: &Known) -> Option<Named> {
    let route = known
        .routes
        .iter()
        .find(|route| route.name.eq_ignore_ascii_case(name) || slug(&route.name) == name);
    if let Some(route) = route {
        return Some(Named::Route(route.clone()));
    }
    if known.ways.of_model(name).next().is_some() {
        return Some(Named::Model(name.to_owned()));
    }
    if let Some(endpoint) = at_provider(name, known)
        && known.ways.get(&endpoint).is_some()
    {
        return Some(Named::Endpoint(endpoint));
    }
    let as_spelled = known
        .ways
        .all()
        .iter()
        .find(|way| way.endpoint.model == name);
    let as_halved = || {
        known.ways.all().iter().find(|way| {
            way.model_key
                .split_once('/')
                .is_some_and(|(_, model)| model == name)
        })
    };
    as_spelled
        .or_else(as_halved)
        .map(|way| Named::Model(way.model_key.clone()))
}

/// `provider/model`, whether or not that is on a list.
fn at_provider(name: &str, known: &Known) -> Option<Endpoint> {
    let (provider, model) = name.split_once('/')?;
    let provider = provider_named(provider, known).filter(|_| !model.is_empty())?;
    Some(Endpoint {
        provider,
        model: model.to_owned(),
    })
}

/// A provider by its id, or by its name in any spelling.
fn provider_named(name: &str, known: &Known) -> Option<ProviderId> {
    let id = ProviderId::new(name);
    if known.providers.contains_key(&id) || id.is_local() {
        return Some(id);
    }
    let wanted = normalised(name);
    known
        .providers
        .values()
        .filter(|reach| normalised(&reach.record.name) == wanted)
        .map(|reach| reach.record.id.clone())
        .min()
}

/// A route's name as a word that needs no quotes.
pub(crate) fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|sign: char| !sign.is_alphanumeric() && sign != '.')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

/// The name that shares the most with a mistyped one.
fn nearest(name: &str, known: &Known) -> Option<String> {
    let wanted = normalised(name);
    let routes = known.routes.iter().map(|route| route.name.as_str());
    let keys = known.ways.all().iter().map(|way| way.model_key.as_str());
    routes
        .chain(keys)
        .map(|candidate| (distance(&wanted, &normalised(candidate)), candidate))
        .filter(|(distance, candidate)| *distance * 2 < candidate.len())
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// How many letters have to be put in, taken out or changed.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for column in 0..right.len() {
            let changed = diagonal + usize::from(right[column] != letter);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn is_free(way: &WayIn, now: UnixMillis) -> bool {
    let price = way.price.as_ref();
    let rates = price.map(|price| price.rates(now, 0, ServiceTier::Standard));
    rates.is_some_and(|rates| {
        let free = NanoUsdPerMTok(0);
        rates.input == Some(free) && rates.output == Some(free)
    })
}

/// A price in dollars a million tokens, as an app writes it.
pub fn ceiling_from_dollars(dollars: f64) -> Option<NanoUsdPerMTok> {
    let nano = dollars * 1e9;
    // Beyond what anybody charges, so that the conversion is exact enough.
    (nano.is_finite() && (0.0..=1e15).contains(&nano)).then(|| NanoUsdPerMTok(nano.round() as i64))
}

#[cfg(test)]
mod tests;
