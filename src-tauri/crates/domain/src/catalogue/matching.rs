//! From a provider's own id to the canonical model. Not sure means none, and the model is shown on
//! its own: two that were merged by guess would be compared, priced and replaced wrongly.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::catalogue::model::{CanonicalId, CanonicalModel};
use crate::catalogue::name::{Spelling, maker_behind, name_key, plain, spellings};
use crate::catalogue::words::spelling_of;
use crate::model::ModelListing;

/// Another name of a model, or a name that must not be matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The provider that uses it; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The name: `model` or `maker/model`, as the provider spells it.
    pub id: String,
    /// The model. `None` for a name that moves from model to model, or that says too little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<CanonicalId>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Model(usize),
    /// Several models, or deliberately none.
    Nothing,
}

/// Canonical models by every name they are known under.
#[derive(Clone, Debug)]
pub struct ModelIndex {
    models: Vec<CanonicalModel>,
    by_maker: HashMap<(String, String), Meaning>,
    by_name: HashMap<String, Meaning>,
    aliases: HashMap<(Option<String>, Option<String>, String), Meaning>,
    by_id: HashMap<CanonicalId, usize>,
    makers: HashSet<String>,
    /// Models of which dated snapshots are known, so that another date is another model.
    with_dates: HashSet<usize>,
}

impl ModelIndex {
    /// Reads the models and their other names. Names that would mean two models mean none, whatever
    /// the order.
    pub fn new(models: Vec<CanonicalModel>, aliases: Vec<Alias>) -> Self {
        let mut index = Self {
            by_maker: HashMap::new(),
            by_name: HashMap::new(),
            aliases: HashMap::new(),
            by_id: HashMap::new(),
            makers: HashSet::new(),
            with_dates: HashSet::new(),
            models,
        };
        for (at, model) in index.models.iter().enumerate() {
            let name = name_key(model.id.name());
            let maker = model.id.maker().to_owned();
            index.makers.insert(maker.clone());
            index.by_id.insert(model.id.clone(), at);
            learn(
                &mut index.by_maker,
                (maker, name.clone()),
                Meaning::Model(at),
            );
            learn(&mut index.by_name, name, Meaning::Model(at));
        }
        for alias in aliases {
            let meaning = match &alias.model {
                None => Meaning::Nothing,
                Some(id) => match index.by_id.get(id) {
                    Some(at) => Meaning::Model(*at),
                    None => continue,
                },
            };
            let spelling = plain(&alias.id);
            learn(
                &mut index.aliases,
                (alias.preset, spelling.maker, spelling.name),
                meaning,
            );
            if let Meaning::Model(at) = meaning {
                index.note_date(&alias.id, at);
            }
        }
        for at in 0..index.models.len() {
            let id = index.models[at].id.clone();
            index.note_sibling(&id);
        }
        index
    }

    /// The model that a provider lists, `preset` being the id of the provider's preset where it was
    /// added from one. `None` where that is not certain.
    pub fn canonical(
        &self,
        preset: Option<&str>,
        listing: &ModelListing,
    ) -> Option<&CanonicalModel> {
        let preset = preset.map(spelling_of);
        for spelling in spellings(preset, &listing.id) {
            let Some(meaning) = self.meaning(preset, &spelling) else {
                continue;
            };
            let Meaning::Model(at) = meaning else {
                return None;
            };
            if spelling.is_undated && self.with_dates.contains(&at) {
                return None;
            }
            return self.models.get(at);
        }
        None
    }

    /// The model of that id.
    pub fn get(&self, id: &CanonicalId) -> Option<&CanonicalModel> {
        self.models.get(*self.by_id.get(id)?)
    }

    /// All models, in the order they were given.
    pub fn models(&self) -> &[CanonicalModel] {
        &self.models
    }

    fn meaning(&self, preset: Option<&str>, spelling: &Spelling) -> Option<Meaning> {
        let alias = |preset: Option<&str>| {
            let key = (
                preset.map(str::to_owned),
                spelling.maker.clone(),
                spelling.name.clone(),
            );
            self.aliases.get(&key).copied()
        };
        let of_maker = |maker: &str| {
            self.by_maker
                .get(&(maker.to_owned(), spelling.name.clone()))
                .copied()
        };
        let by_alias = preset
            .and_then(|preset| alias(Some(preset)))
            .or_else(|| alias(None));
        if by_alias.is_some() {
            return by_alias;
        }
        match &spelling.maker {
            Some(maker) if self.makers.contains(maker) => of_maker(maker),
            // Somebody who is no maker that we know may have trained it further.
            Some(_) => None,
            None => preset
                .and_then(maker_behind)
                .and_then(of_maker)
                .or_else(|| self.by_name.get(&spelling.name).copied()),
        }
    }

    fn note_date(&mut self, id: &str, at: usize) {
        if spellings(None, id)
            .iter()
            .any(|spelling| spelling.is_undated)
        {
            self.with_dates.insert(at);
        }
    }

    /// A model whose id is another's with a date: the other has several snapshots.
    fn note_sibling(&mut self, id: &CanonicalId) {
        let undated = spellings(None, id.as_str())
            .into_iter()
            .find(|spelling| spelling.is_undated);
        if let Some(Spelling {
            maker: Some(maker),
            name,
            ..
        }) = undated
            && let Some(Meaning::Model(at)) = self.by_maker.get(&(maker, name))
        {
            self.with_dates.insert(*at);
        }
    }
}

fn learn<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Meaning>, key: K, meaning: Meaning) {
    known
        .entry(key)
        .and_modify(|before| {
            if *before != meaning {
                *before = Meaning::Nothing;
            }
        })
        .or_insert(meaning);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDS: &[&str] = &[
        "openai/gpt-4o",
        "openai/gpt-4o-2024-05-13",
        "openai/gpt-4o-mini",
        "openai/gpt-5.1",
        "anthropic/claude-3.5-sonnet",
        "anthropic/claude-3.5-sonnet-20240620",
        "anthropic/claude-sonnet-4.5",
        "deepseek/deepseek-chat",
        "deepseek/deepseek-r1",
        "deepseek/deepseek-r1-distill-llama-70b",
        "meta/llama-3.1-8b-instruct",
        "meta/llama-3.3-70b-instruct",
        "z-ai/glm-4.6",
        "acme/twin",
        "other/twin",
    ];

    fn models() -> Vec<CanonicalModel> {
        IDS.iter()
            .map(|id| serde_json::from_value(serde_json::json!({"id": id, "name": id})).unwrap())
            .collect()
    }

    fn aliases() -> Vec<Alias> {
        let alias = |preset: Option<&str>, id: &str, model: Option<&str>| Alias {
            preset: preset.map(str::to_owned),
            id: id.to_owned(),
            model: model.and_then(CanonicalId::new),
        };
        vec![
            alias(Some("deepseek"), "deepseek-chat", None),
            alias(
                None,
                "claude-3-5-sonnet-20241022",
                Some("anthropic/claude-3.5-sonnet"),
            ),
            alias(
                Some("ollama"),
                "llama3.3:70b",
                Some("meta/llama-3.3-70b-instruct"),
            ),
        ]
    }

    fn found(index: &ModelIndex, preset: Option<&str>, id: &str) -> Option<String> {
        let listing = ModelListing {
            id: id.to_owned(),
            ..ModelListing::default()
        };
        index
            .canonical(preset, &listing)
            .map(|model| model.id.to_string())
    }

    fn one(preset: Option<&str>, id: &str) -> Option<String> {
        found(&ModelIndex::new(models(), aliases()), preset, id)
    }

    #[test]
    fn a_date_is_the_same_model_only_where_it_is_the_only_one() {
        assert_eq!(
            one(None, "claude-sonnet-4-5-20250929").as_deref(),
            Some("anthropic/claude-sonnet-4.5")
        );
        assert_eq!(
            one(None, "claude-3-5-sonnet-20241022").as_deref(),
            Some("anthropic/claude-3.5-sonnet")
        );
        assert_eq!(
            one(None, "claude-3-5-sonnet-20240620").as_deref(),
            Some("anthropic/claude-3.5-sonnet-20240620")
        );
        assert_eq!(one(None, "gpt-4o-2024-08-06"), None);
    }

    #[test]
    fn a_name_that_moves_matches_nothing_where_it_moves() {
        assert_eq!(one(Some("deepseek"), "deepseek-chat"), None);
        assert_eq!(
            one(Some("openrouter"), "deepseek/deepseek-chat").as_deref(),
            Some("deepseek/deepseek-chat")
        );
        assert_eq!(one(Some("openai"), "gpt-4o-latest"), None);
    }

    #[test]
    fn strangers_and_twins_stay_separate() {
        assert_eq!(one(None, "somebody/gpt-4o"), None);
        assert_eq!(one(None, "twin"), None);
        assert_eq!(one(None, "acme/twin").as_deref(), Some("acme/twin"));
        assert_eq!(
            one(Some("nvidia"), "openai/llama-3.3-70b-instruct"),
            None,
            "that maker has no such model"
        );
    }

    proptest! {
        #[test]
        fn the_order_of_models_and_aliases_does_not_matter(
            order in Just(models()).prop_shuffle(),
            names in Just(aliases()).prop_shuffle(),
            preset in proptest::option::of("openai|deepseek|together|ollama|openrouter"),
            at in 0..IDS.len(),
            ending in "|-latest|:free|-fp8|-turbo|-2024-05-13|-20250929",
        ) {
            let shuffled = ModelIndex::new(order, names);
            let index = ModelIndex::new(models(), aliases());
            let name = IDS[at].split_once('/').unwrap().1;
            for id in [format!("{}{ending}", IDS[at]), format!("{name}{ending}")] {
                prop_assert_eq!(
                    found(&shuffled, preset.as_deref(), &id),
                    found(&index, preset.as_deref(), &id)
                );
            }
        }

        #[test]
        fn matching_never_panics(id in "\\PC{0,60}") {
            let _ = one(Some("together"), &id);
        }

        #[test]
        fn every_model_is_found_by_its_own_id(at in 0..IDS.len()) {
            let id = one(None, IDS[at]);
            prop_assert_eq!(id.as_deref(), Some(IDS[at]));
        }
    }
}
