//! The dates in the names of models: which snapshots there are, and which model each of them is.

use std::collections::BTreeMap;

use patchbay_domain::UnixMillis;
use patchbay_domain::catalogue::{Alias, CanonicalId, Quote, normalised};
use patchbay_domain::price::PriceRule;
use serde_json::{Map, Value};

use crate::models::{MAKERS, Models, canonical, index, new, priced_models, provider};
use crate::second;

/// Dated snapshots by the makers' own names. Where a model has one, it is that model; where it has
/// several, each is a model of its own.
pub(crate) fn find(
    second: &Map<String, Value>,
    providers: &[Value],
    models: &mut Models,
    aliases: &mut Vec<Alias>,
) {
    let undated = index(models, aliases);
    let mut found: BTreeMap<CanonicalId, BTreeMap<String, String>> = BTreeMap::new();
    let by_name: BTreeMap<(String, String), CanonicalId> = models
        .keys()
        .map(|id| ((id.maker().to_owned(), normalised(id.name())), id.clone()))
        .collect();
    let mut note = |preset: &str, id: &str| {
        let Some((_, _, maker)) = MAKERS.iter().find(|(_, own, _)| *own == preset) else {
            return;
        };
        if let Some(date) = date_at_end(id)
            && !id.starts_with("ft:")
            && let Some(model) = by_name.get(&((*maker).to_owned(), undated_name(id)))
        {
            let dates = found.entry(model.clone()).or_default();
            dates
                .entry(date)
                .or_insert_with(|| id.to_lowercase().replace('@', "-"));
        }
    };
    for (preset, _, id, _) in second::entries(second) {
        note(preset, id);
    }
    for (name, preset, _) in MAKERS {
        for model in priced_models(provider(providers, name)) {
            for id in literals(&model["match"]) {
                note(preset, id);
            }
        }
    }
    let mut in_router: BTreeMap<CanonicalId, String> = BTreeMap::new();
    for model in priced_models(provider(providers, "openrouter")) {
        let own = model["id"].as_str().unwrap();
        for id in literals(&model["match"]) {
            if let Some(date) = id.strip_prefix(own).and_then(date_at_end)
                && let Some(model) = canonical(&undated, Some("openrouter"), own)
                && let Some((_, name)) = id.split_once('/')
                && undated_name(name) == normalised(model.name())
            {
                in_router.insert(model.clone(), date);
                aliases.push(Alias {
                    preset: Some("openrouter".to_owned()),
                    id: id.to_owned(),
                    model: Some(model),
                });
            }
        }
    }
    for (model, dates) in &found {
        let is_one = dates.len() == 1;
        for (date, id) in dates {
            let by_hand = aliases.iter().any(|alias| alias.id == *id);
            let whole = CanonicalId::spelled(&format!("{}/{id}", model.maker())).unwrap();
            if by_hand || models.contains_key(&whole) {
                continue;
            }
            if is_one {
                aliases.push(Alias {
                    preset: None,
                    id: format!("{}/{id}", model.maker()),
                    model: Some(model.clone()),
                });
                aliases.push(Alias {
                    preset: None,
                    id: id.clone(),
                    model: Some(model.clone()),
                });
                models.get_mut(model).unwrap().released_at = moment(date);
            } else {
                let base = models[model].clone();
                let name = format!("{} ({date})", base.name);
                let mut dated = new(whole.clone(), Some(&name), base.context_length);
                dated.released_at = moment(date);
                models.insert(whole, dated);
            }
        }
    }
    for (id, date) in in_router {
        let model = models.get_mut(&id).unwrap();
        if !found.contains_key(&id) {
            model.released_at = moment(&date);
        }
    }
    for model in models.values_mut() {
        if let Some(date) = date_at_end(model.id.as_str()) {
            model.released_at = moment(&date);
        }
    }
    let several: Vec<_> = found
        .iter()
        .filter(|(_, dates)| dates.len() > 1)
        .map(|(model, dates)| format!("{model} ({})", dates.len()))
        .collect();
    println!(
        "\nModels with several dated snapshots: {}",
        several.join(", ")
    );
}

fn literals(condition: &Value) -> Vec<&str> {
    if let Some(id) = condition["equals"].as_str() {
        return vec![id];
    }
    let parts = condition["or_"].as_array();
    parts.into_iter().flatten().flat_map(literals).collect()
}

fn moment(date: &str) -> Option<UnixMillis> {
    let quote = Quote {
        from: Some(date.to_owned()),
        ..Quote::default()
    };
    PriceRule::try_from(&quote).ok()?.from
}

/// The date at the end of an id, as `2026-11-25`.
fn date_at_end(id: &str) -> Option<String> {
    let id = id.replace('@', "-");
    let dashed: String = {
        let digits = id.rsplit('-').next()?;
        if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..])
        } else {
            id.get(id.len().checked_sub(10)?..)?.to_owned()
        }
    };
    moment(&dashed).filter(|moment| moment.0 > 1_600_000_000_000)?;
    Some(dashed)
}

fn undated_name(id: &str) -> String {
    let id = id.replace('@', "-");
    let digits = id.rsplit('-').next().unwrap_or_default();
    let length = if digits.len() == 8 { 8 } else { 10 };
    normalised(&id[..id.len() - length])
}
