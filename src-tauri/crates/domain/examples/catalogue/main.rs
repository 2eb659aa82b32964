//! Writes the embedded catalogue from open price lists. Started by `cargo xtask catalogue`, which
//! fetches the lists first.
//!
//! ```text
//! catalogue make <extracted lists> <aliases> <sources> <catalogue>
//! catalogue check <catalogue>
//! ```
//!
//! The same lists give the same bytes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for developers: a panic says where, and what it prints is the report"
)]

mod dated;
mod lists;
mod models;
mod second;
mod text;

use std::fs;

use patchbay_domain::UnixMillis;
use patchbay_domain::catalogue::{Alias, CatalogueFile, ListSource, ModelIndex, PriceBook};
use serde_json::Value;

/// Which of the two sources is which, in the file that names them and in the snapshot.
const FIRST: usize = 0;
const SECOND: usize = 1;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", extracted, aliases, sources, output] => {
            let snapshot = make(
                &json(extracted),
                serde_json::from_value(json(aliases)).unwrap(),
                serde_json::from_value(json(sources)).unwrap(),
            );
            fs::write(output, text::of(&snapshot)).unwrap();
        }
        ["check", file] => {
            let found = fs::read_to_string(file).unwrap();
            if let Err(complaint) = text::check(&found) {
                panic!("{file}: {complaint}");
            }
            let start = std::time::Instant::now();
            let read: CatalogueFile = serde_json::from_str(&found).unwrap();
            let book = PriceBook::new(&read.sources, read.lists).unwrap();
            let index = ModelIndex::new(read.models, read.aliases);
            let time = start.elapsed();
            std::hint::black_box((book, index));
            println!("{file} is in order; it is read in {time:.1?}");
        }
        _ => panic!("make <extracted> <aliases> <sources> <output>, or check <file>"),
    }
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn make(extracted: &Value, by_hand: Vec<Alias>, sources: Vec<ListSource>) -> CatalogueFile {
    let providers = extracted["genai_prices"].as_array().unwrap();
    let second = extracted["litellm"].as_object().unwrap();

    let (models, aliases) = models::make(providers, second, by_hand);
    let mut price_lists = lists::first(providers);
    let book = PriceBook::new(&sources, price_lists.clone()).unwrap();
    let now = as_of(&sources[FIRST]);
    second::compare(second, &book, now, &mut price_lists);
    price_lists.extend(second::lists(second, &book));
    lists::drop_absurd(&sources, &mut price_lists);

    let index = ModelIndex::new(models.clone(), aliases.clone());
    report_matches(&index, &price_lists);
    println!(
        "\n{} models, {} aliases, {} lists with {} prices",
        models.len(),
        aliases.len(),
        price_lists.len(),
        price_lists
            .iter()
            .map(|list| list.prices.len())
            .sum::<usize>()
    );
    CatalogueFile {
        sources,
        models,
        aliases,
        lists: price_lists,
    }
}

fn as_of(source: &ListSource) -> UnixMillis {
    let quote = patchbay_domain::catalogue::Quote {
        from: Some(source.as_of.clone()),
        ..Default::default()
    };
    patchbay_domain::price::PriceRule::try_from(&quote)
        .unwrap()
        .from
        .unwrap()
}

/// How many ids of each list are matched to a canonical model: to see what an alias is missing for.
fn report_matches(index: &ModelIndex, lists: &[patchbay_domain::catalogue::PriceList]) {
    println!("\nMatched to a canonical model:");
    for list in lists {
        let preset = list.presets[0].split(':').next().unwrap();
        let mut unmatched = Vec::new();
        for listed in &list.prices {
            let listing = patchbay_domain::ModelListing {
                id: listed.id.clone(),
                ..Default::default()
            };
            if index.canonical(Some(preset), &listing).is_none() {
                unmatched.push(listed.id.as_str());
            }
        }
        println!(
            "  {:<28} {:>4} of {:>4}; not: {}",
            list.presets.join(", "),
            list.prices.len() - unmatched.len(),
            list.prices.len(),
            unmatched.join(" ")
        );
    }
}
