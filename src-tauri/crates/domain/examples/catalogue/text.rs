//! The bytes of the catalogue: JSON with one model, alias or price a line, so that a change of one
//! price is a change of one line.

use patchbay_domain::catalogue::{CatalogueFile, ModelIndex, PriceBook, plausible};
use serde::Serialize;

/// The one spelling of a snapshot.
pub(crate) fn of(snapshot: &CatalogueFile) -> String {
    let mut text = String::from("{\n");
    text.push_str(&section("sources", &snapshot.sources));
    text.push_str(",\n");
    text.push_str(&section("models", &snapshot.models));
    text.push_str(",\n");
    text.push_str(&section("aliases", &snapshot.aliases));
    text.push_str(",\n\"lists\":[\n");
    for (at, list) in snapshot.lists.iter().enumerate() {
        if at > 0 {
            text.push_str(",\n");
        }
        text.push_str(&format!(
            "{{\"presets\":{},\"source\":{},",
            json(&list.presets),
            list.source
        ));
        if !list.fallback.is_empty() {
            text.push_str(&format!("\"fallback\":{},", json(&list.fallback)));
        }
        text.push_str(&section("prices", &list.prices));
        text.push('}');
    }
    text.push_str("\n]\n}\n");
    text
}

/// Whether a text is the one spelling of a snapshot that can be used.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let snapshot: CatalogueFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if of(&snapshot) != text {
        return Err("not in canonical form; `cargo xtask catalogue` writes it".to_owned());
    }
    let mut ids: Vec<_> = snapshot.models.iter().map(|model| &model.id).collect();
    ids.dedup();
    if ids.len() != snapshot.models.len() || !ids.is_sorted() {
        return Err("the models are not in order, or one is there twice".to_owned());
    }
    let index = ModelIndex::new(snapshot.models.clone(), snapshot.aliases.clone());
    for alias in &snapshot.aliases {
        if let Some(id) = &alias.model
            && index.get(id).is_none()
        {
            return Err(format!("{} is another name of no model", alias.id));
        }
    }
    let book = PriceBook::new(&snapshot.sources, snapshot.lists.clone())
        .map_err(|error| error.to_string())?;
    for list in &snapshot.lists {
        for listed in &list.prices {
            for preset in &list.presets {
                if let Some(price) = book.price(preset, &listed.id) {
                    plausible(price, None)
                        .map_err(|problem| format!("{preset} {}: {problem}", listed.id))?;
                }
            }
        }
    }
    Ok(())
}

fn section<T: Serialize>(name: &str, items: &[T]) -> String {
    let lines: Vec<String> = items.iter().map(json).collect();
    format!("\"{name}\":[\n{}\n]", lines.join(",\n"))
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}
