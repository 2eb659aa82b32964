//! Lists of models, whatever family they come from: what is kept of them, and how much.
//!
//! A list is the one thing that a provider says which is stored and shown for weeks, so it is here that
//! a broken or hostile one ends: before its ids reach logs, addresses and the window.

use patchbay_domain::ModelListing;

/// A body that is no list of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The answer is not a list of models.")]
pub struct ModelListError;

/// One page of a list that comes in pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelPage {
    /// Its models, in the provider's order.
    pub models: Vec<ModelListing>,
    /// What to ask with for the next page; `None` on the last.
    pub next: Option<String>,
}

/// Twice as many as the largest gateway lists. Whoever names more names them for no person.
pub(crate) const MOST_MODELS: usize = 10_000;

/// In bytes. Servers on this computer call models by the paths of their files, and nothing is longer.
const LONGEST_ID: usize = 1_024;

/// The longest name of a model or maker, in characters.
const LONGEST_NAME: usize = 200;

/// The list as it is kept: sorted by id, each id once, without models that cannot be called. Where two
/// entries of one id ask for different prices, its price is not known.
pub(crate) fn tidied(mut models: Vec<ModelListing>) -> Vec<ModelListing> {
    let listed = models.len();
    models.retain(|model| is_usable_id(&model.id));
    if models.len() < listed {
        let count = listed - models.len();
        tracing::info!(count, "models were left out, for their ids cannot be used");
    }
    models.sort_by(|left, right| left.id.cmp(&right.id));
    models.dedup_by(|later, kept| {
        let is_again = later.id == kept.id;
        if is_again && later.price != kept.price {
            kept.price = None;
        }
        is_again
    });
    if models.len() > MOST_MODELS {
        tracing::warn!(count = models.len(), "more models than are kept");
        models.truncate(MOST_MODELS);
    }
    for model in &mut models {
        for name in [
            &mut model.name,
            &mut model.owned_by,
            &mut model.quantization,
        ] {
            // Without one its id is shown.
            name.take_if(|name| !is_plain(name) || name.chars().count() > LONGEST_NAME);
        }
    }
    models
}

/// Whether a model can be called by this id, and shown by it. LiteLLM's proxy lists the patterns of its
/// configuration, such as `openai/*`, beside the models that they stand for.
pub(crate) fn is_usable_id(id: &str) -> bool {
    !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.contains('*') && is_plain(id)
}

/// Without control characters, and without those that turn the direction of writing: what is read
/// would not be what is sent.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| {
        character.is_control()
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[cfg(test)]
mod tests {
    use patchbay_domain::price::{PriceSource, PriceTag};
    use patchbay_domain::{Price, Rates, UnixMillis};

    use super::*;

    fn model(id: &str) -> ModelListing {
        ModelListing {
            id: id.to_owned(),
            ..ModelListing::default()
        }
    }

    fn ids(models: Vec<ModelListing>) -> Vec<String> {
        let models = tidied(models).into_iter();
        models.map(|model| model.id).collect()
    }

    #[test]
    fn ids_that_cannot_be_called_or_shown_are_left_out() {
        let long = "x".repeat(10 * 1_024);
        let path = format!("/models/{}a.gguf", "folder/".repeat(100));
        let models = [
            "",
            "  ",
            "a\nb",
            "a\u{1b}[31m",
            "a\u{0}",
            "a\u{85}",
            "a\u{202e}b",
            "*",
            "openai/*",
            &long,
            &path,
            "世界/b:7b",
        ];
        assert_eq!(ids(models.map(model).into()), [&path, "世界/b:7b"]);
    }

    #[test]
    fn a_name_that_cannot_be_shown_is_as_good_as_none() {
        let named = |name: &str| ModelListing {
            name: Some(name.to_owned()),
            owned_by: Some(name.to_owned()),
            ..model("a")
        };
        for name in ["a\nb", "\u{2066}a", &"x".repeat(201)] {
            assert_eq!(tidied(vec![named(name)]), [model("a")]);
        }
        let long = "ü".repeat(200);
        assert_eq!(tidied(vec![named(&long)])[0].name, Some(long));
    }

    #[test]
    fn a_list_has_each_id_once_and_an_end() {
        let models = (0..100_000).map(|number| model(&format!("model-{}", number % 50_000)));
        let kept = tidied(models.collect());
        assert_eq!(kept.len(), MOST_MODELS);
        assert!(kept.is_sorted_by(|left, right| left.id < right.id));
    }

    #[test]
    fn prices_that_contradict_each_other_are_none() {
        let priced = |rates| ModelListing {
            price: Some(Price::flat(
                rates,
                PriceTag {
                    source: PriceSource::Provider,
                    name: "A list".to_owned(),
                    as_of: UnixMillis(0),
                },
            )),
            ..model("a")
        };
        let free = priced(Rates::FREE);
        let twice = tidied(vec![free.clone(), free.clone()]);
        assert_eq!(twice, std::slice::from_ref(&free));
        assert_eq!(tidied(vec![free, priced(Rates::default())]), [model("a")]);
    }
}
