//! Price lists by provider, and the one look into them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::clause::Clause;
use crate::catalogue::file::ListSource;
use crate::catalogue::price_text::{PriceTextError, Quote, start_of_date};
use crate::price::{Price, PriceRule, PriceSource, PriceTag};

/// What one list says about the models of one or more providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// Ids of the presets it is for; `huggingface:novita` is what Hugging Face's router asks for
    /// answers by Novita.
    pub presets: Vec<String>,
    /// Which of the snapshot's sources it is from.
    pub source: usize,
    /// Presets whose lists are asked next, of the same source and one step only: Azure sells
    /// OpenAI's models at OpenAI's prices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// The prices. The first that an id fits is its price.
    pub prices: Vec<ListedPrice>,
}

/// The price of one model in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPrice {
    /// The model's id.
    pub id: String,
    /// Which ids it is for, in lower case; `None` for `id` alone.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub applies: Option<Clause>,
    /// The rules, as [`Price`] orders them. Empty where the list knows the model and no price in
    /// tokens: then nobody knows what it costs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Quote>,
    /// What the list charges for and we do not count, such as `citation` tokens: an amount is too
    /// low then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncounted: Vec<String>,
    /// What another list says, where it is more than half a percent away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagrees: Option<Disagreement>,
}

/// Another list's price, in decimal dollars for a million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Which of the snapshot's sources says so.
    pub source: usize,
    /// For the prompt.
    pub input: String,
    /// For the answer.
    pub output: String,
}

/// All lists, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    lists: Vec<ReadyList>,
    by_preset: HashMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct ReadyList {
    source: usize,
    fallback: Vec<String>,
    entries: Vec<Entry>,
    /// The first entry that asks for this very id.
    literal: HashMap<String, usize>,
    /// Entries that ask for more than literal ids, in order.
    conditional: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    listed: ListedPrice,
    price: Option<Price>,
    /// The price where another provider's list falls back on this one: the same without tiers of
    /// service, which each provider sells for itself.
    lent: Option<Price>,
}

/// An entry, and whether it is from a list that was fallen back on.
#[derive(Clone, Copy)]
struct Found<'a> {
    entry: &'a Entry,
    is_lent: bool,
}

impl PriceBook {
    /// Prepares lists.
    ///
    /// # Errors
    /// Where a rule cannot be read, or a list names a source that is not there.
    pub fn new(sources: &[ListSource], lists: Vec<PriceList>) -> Result<Self, PriceTextError> {
        let mut by_preset: HashMap<String, Vec<usize>> = HashMap::new();
        let mut ready = Vec::with_capacity(lists.len());
        for (at, list) in lists.into_iter().enumerate() {
            for preset in &list.presets {
                by_preset.entry(preset.clone()).or_default().push(at);
            }
            ready.push(ReadyList::new(sources, list)?);
        }
        Ok(Self {
            lists: ready,
            by_preset,
        })
    }

    /// What a model costs at a provider, by the provider's own spelling of its id; `None` where no
    /// list says.
    pub fn price(&self, preset: &str, model: &str) -> Option<&Price> {
        let found = self.entry(preset, model)?;
        if found.is_lent {
            found.entry.lent.as_ref()
        } else {
            found.entry.price.as_ref()
        }
    }

    /// The line of the list behind [`Self::price`], which may know the model and no price.
    pub fn listed(&self, preset: &str, model: &str) -> Option<&ListedPrice> {
        self.entry(preset, model).map(|found| &found.entry.listed)
    }

    /// The ids by which lists name the models of a provider, in the order of the lists.
    pub fn ids<'a>(&'a self, preset: &str) -> impl Iterator<Item = &'a str> {
        let lists = self.by_preset.get(preset).into_iter().flatten();
        lists
            .filter_map(|at| self.lists.get(*at))
            .flat_map(|list| &list.entries)
            .map(|entry| entry.listed.id.as_str())
    }

    fn entry(&self, preset: &str, model: &str) -> Option<Found<'_>> {
        let model = model.to_lowercase();
        // The router of Hugging Face takes `model:provider`, and the price is that provider's.
        if let Some((name, route)) = model.rsplit_once(':')
            && let Some(lists) = self.by_preset.get(&format!("{preset}:{route}"))
        {
            return lists.iter().find_map(|at| self.in_list(*at, name));
        }
        self.by_preset
            .get(preset)?
            .iter()
            .find_map(|at| self.in_list(*at, &model))
    }

    fn in_list(&self, at: usize, model: &str) -> Option<Found<'_>> {
        self.spelled(at, model)
            .or_else(|| self.spelled(at, &with_dashed_dates(model)?))
    }

    fn spelled(&self, at: usize, model: &str) -> Option<Found<'_>> {
        let list = self.lists.get(at)?;
        let own = list.find(model).map(|entry| Found {
            entry,
            is_lent: false,
        });
        own.or_else(|| {
            list.fallback
                .iter()
                .filter_map(|preset| self.by_preset.get(preset))
                .flatten()
                .filter_map(|at| self.lists.get(*at))
                .filter(|other| other.source == list.source)
                .find_map(|other| other.find(model))
                .map(|entry| Found {
                    entry,
                    is_lent: true,
                })
        })
    }
}

impl ReadyList {
    fn new(sources: &[ListSource], list: PriceList) -> Result<Self, PriceTextError> {
        let source = sources
            .get(list.source)
            .ok_or(PriceTextError::Source(list.source))?;
        let tag = PriceTag {
            source: PriceSource::Snapshot,
            name: format!("{} {}", source.name, source.version),
            as_of: start_of_date(&source.as_of)
                .ok_or_else(|| PriceTextError::Date(source.as_of.clone()))?,
        };
        let mut literal = HashMap::new();
        let mut conditional = Vec::new();
        let mut entries = Vec::with_capacity(list.prices.len());
        for (at, listed) in list.prices.into_iter().enumerate() {
            let lower = listed.id.to_lowercase();
            let literals = match &listed.applies {
                None => Some(vec![lower.as_str()]),
                Some(clause) => clause.only_equals(),
            };
            match literals {
                Some(ids) => {
                    for id in ids {
                        literal.entry(id.to_owned()).or_insert(at);
                    }
                }
                None => conditional.push(at),
            }
            let rules = listed
                .rules
                .iter()
                .map(PriceRule::try_from)
                .collect::<Result<Vec<_>, _>>()?;
            let price = (!rules.is_empty()).then(|| Price {
                rules,
                tag: tag.clone(),
            });
            let lent = price.clone().map(|mut price| {
                price.rules.retain(|rule| rule.service_tier.is_none());
                price
            });
            entries.push(Entry {
                listed,
                price,
                lent,
            });
        }
        Ok(Self {
            source: list.source,
            fallback: list.fallback,
            entries,
            literal,
            conditional,
        })
    }

    /// The first entry that fits. Literal ids are looked up at once, and only the conditions that
    /// stand before that entry are tried.
    fn find(&self, model: &str) -> Option<&Entry> {
        let literal = self.literal.get(model).copied();
        let before = literal.unwrap_or(usize::MAX);
        let conditional = self
            .conditional
            .iter()
            .copied()
            .take_while(|at| *at < before)
            .find(|at| {
                self.entries
                    .get(*at)
                    .and_then(|entry| entry.listed.applies.as_ref())
                    .is_some_and(|clause| clause.holds(model))
            });
        self.entries.get(conditional.or(literal)?)
    }
}

/// Routers write a date as `-20251211` where the maker writes `-2025-12-11`. `None` where there is
/// no such date.
fn with_dashed_dates(model: &str) -> Option<String> {
    let mut written = String::with_capacity(model.len() + 2);
    let mut rest = model;
    let mut found = false;
    while let Some(at) = rest.find('-') {
        let (before, from_dash) = rest.split_at(at);
        written.push_str(before);
        written.push('-');
        rest = &from_dash[1..];
        let Some(digits) = rest.get(..8) else {
            continue;
        };
        let ends = rest[8..].chars().next();
        if digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.starts_with("20")
            && matches!(ends, None | Some('-' | ':'))
        {
            let dashed = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]);
            if start_of_date(&dashed).is_some() {
                written.push_str(&dashed);
                rest = &rest[8..];
                found = true;
            }
        }
    }
    written.push_str(rest);
    found.then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::NanoUsdPerMTok;
    use crate::price::ServiceTier;
    use crate::time::UnixMillis;

    fn book() -> PriceBook {
        let source = |name: &str| ListSource {
            name: name.to_owned(),
            version: "1".to_owned(),
            as_of: "2026-11-10".to_owned(),
            licence: "MIT".to_owned(),
            home: String::new(),
        };
        let lists = r#"[
            {"presets":["maker"],"source":0,"prices":[
                {"id":"big","for":{"any":[{"equals":"big"},{"equals":"big-2025-12-11"}]},"rules":[{"input":"2"}]},
                {"id":"family","for":{"starts_with":"fam"},"rules":[{"input":"3"},{"tier":"batch","input":"1"}]},
                {"id":"family-late","rules":[{"input":"9"}]},
                {"id":"told","uncounted":["page"]}
            ]},
            {"presets":["cloud"],"source":0,"fallback":["maker"],"prices":[{"id":"Own","rules":[{"input":"5"}]}]},
            {"presets":["maker","cloud"],"source":1,"prices":[{"id":"rare","rules":[{"input":"7"}]},{"id":"big","rules":[{"input":"8"}]}]},
            {"presets":["hub:fast"],"source":0,"prices":[{"id":"org/big","rules":[{"input":"6"}]}]}
        ]"#;
        PriceBook::new(
            &[source("first"), source("second")],
            serde_json::from_str(lists).unwrap(),
        )
        .unwrap()
    }

    fn dollars(preset: &str, model: &str) -> Option<i64> {
        let rates = book()
            .price(preset, model)?
            .rates(UnixMillis(0), 0, ServiceTier::Standard);
        rates.input.map(|NanoUsdPerMTok(nano)| nano / 1_000_000_000)
    }

    #[test]
    fn the_first_entry_that_fits_is_the_price() {
        assert_eq!(dollars("maker", "big"), Some(2), "the first list is right");
        assert_eq!(dollars("maker", "Big"), Some(2), "case does not matter");
        assert_eq!(
            dollars("maker", "family-late"),
            Some(3),
            "as the list has it"
        );
        assert_eq!(dollars("maker", "rare"), Some(7));
        assert_eq!(dollars("maker", "other"), None);
        assert_eq!(dollars("nobody", "big"), None);
        let book = book();
        let ids: Vec<_> = book.ids("cloud").collect();
        assert_eq!(ids, ["Own", "rare", "big"]);
    }

    #[test]
    fn a_list_falls_back_one_step() {
        assert_eq!(dollars("cloud", "own"), Some(5));
        assert_eq!(dollars("cloud", "fam-1"), Some(3));
        let batch = |preset| {
            let book = book();
            let price = book.price(preset, "fam-1").unwrap();
            price.rates(UnixMillis(0), 0, ServiceTier::Batch).input
        };
        assert_eq!(batch("maker"), Some(NanoUsdPerMTok(1_000_000_000)));
        assert_eq!(
            batch("cloud"),
            Some(NanoUsdPerMTok(3_000_000_000)),
            "a tier of service is its seller's"
        );
    }

    #[test]
    fn a_model_without_a_price_is_known_and_costs_nobody_knows_what() {
        let book = book();
        assert_eq!(book.price("maker", "told"), None);
        assert_eq!(book.listed("maker", "told").unwrap().uncounted, ["page"]);
    }

    #[test]
    fn a_compact_date_is_tried_with_dashes() {
        assert_eq!(dollars("maker", "big-20251211"), Some(2));
        assert_eq!(dollars("maker", "big-20251311"), None);
        assert_eq!(
            with_dashed_dates("a-20251211-b:c").as_deref(),
            Some("a-2025-12-11-b:c")
        );
        assert_eq!(with_dashed_dates("é-2025121é"), None);
    }

    #[test]
    fn a_route_has_its_own_list() {
        assert_eq!(dollars("hub", "org/big:fast"), Some(6));
        assert_eq!(dollars("hub", "org/big:slow"), None);
        assert_eq!(dollars("hub", "org/big"), None);
    }
}
