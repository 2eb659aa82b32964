//! The models that there are, before any family's shape.

use super::ScriptedOptions;
use super::documented::DOCUMENTED;
use super::families::CREATED;
use super::models::base_name;
use super::said::Counts;

/// Tokens that Ollama reads where a request does not say.
pub(super) const OLLAMA_WINDOW: usize = 4_096;

/// What Ollama loads a model with: the usual window, or all of a context that is large enough for
/// its Modelfile to ask for it.
pub(super) fn ollama_window(model: &ScriptedModel) -> u64 {
    const LARGE: u64 = 500_000;
    if model.context_length >= LARGE {
        model.context_length
    } else {
        OLLAMA_WINDOW as u64
    }
}
const CONTEXT: u64 = 8_192;

/// Whose names the many models of [`ScriptedOptions::list_size`] have.
const MAKERS: [&str; 12] = [
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "meta-llama",
    "mistralai",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "x-ai",
    "z-ai",
];

/// A model with a name of its own, which plays a documented one.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    /// Its name in lists and requests, such as `deepseek/deepseek-chat`.
    pub id: String,
    /// The documented name, which may carry a label and a pace: `usage-cached`, `count-to-20@30`.
    pub plays: String,
    /// Tokens of prompt and answer together.
    pub context_length: u64,
    /// When it came out: seconds since 1970.
    pub created: u64,
    /// What lists that have prices say. Without it they say [`ScriptedPrices::default`].
    pub prices: Option<ScriptedPrices>,
}

/// Prices in US dollars per token, as decimal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedPrices {
    /// A prompt token.
    pub prompt: String,
    /// An answer token, thinking included.
    pub completion: String,
    /// A prompt token from the cache.
    pub cache_read: Option<String>,
    /// A prompt token that is written to the cache.
    pub cache_write: Option<String>,
}

impl ScriptedModel {
    /// A model of 8,192 tokens with the default prices.
    pub fn new(id: impl Into<String>, plays: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            plays: plays.into(),
            context_length: CONTEXT,
            created: CREATED,
            prices: None,
        }
    }

    /// The same with these prices, in US dollars per token as decimal text.
    #[must_use]
    pub fn priced(mut self, prompt: impl Into<String>, completion: impl Into<String>) -> Self {
        self.prices = Some(ScriptedPrices {
            prompt: prompt.into(),
            completion: completion.into(),
            cache_read: None,
            cache_write: None,
        });
        self
    }
}

impl Default for ScriptedPrices {
    fn default() -> Self {
        Self {
            prompt: "0.0000025".to_owned(),
            completion: "0.00001".to_owned(),
            cache_read: Some("0.00000025".to_owned()),
            cache_write: Some("0.000003125".to_owned()),
        }
    }
}

/// Decimal places that prices may have here.
const PLACES: usize = 15;

impl ScriptedPrices {
    /// US dollars as decimal text; `None` where a price is no decimal number.
    pub(super) fn cost(&self, counts: &Counts) -> Option<String> {
        let read = self.cache_read.as_ref().unwrap_or(&self.prompt);
        let write = self.cache_write.as_ref().unwrap_or(&self.prompt);
        let mut total: u128 = 0;
        for (count, price) in [
            (
                counts.input + counts.audio_input + counts.image_input,
                &self.prompt,
            ),
            (counts.cache_read, read),
            (counts.cache_write + counts.cache_write_long, write),
            (counts.completion(), &self.completion),
        ] {
            total += u128::try_from(count).ok()? * smallest_units(price)?;
        }
        let unit = 10_u128.pow(u32::try_from(PLACES).ok()?);
        let fraction = format!("{:0PLACES$}", total % unit);
        let fraction = fraction.trim_end_matches('0');
        let whole = total / unit;
        Some(if fraction.is_empty() {
            whole.to_string()
        } else {
            format!("{whole}.{fraction}")
        })
    }
}

/// The price in units of ten to the minus fifteenth dollars.
fn smallest_units(price: &str) -> Option<u128> {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    if fraction.len() > PLACES {
        return None;
    }
    format!("{whole}{fraction:0<PLACES$}").parse().ok()
}

/// The model with this name, which may carry a label and a pace.
pub(super) fn find<'a>(models: &'a [ScriptedModel], name: &str) -> Option<&'a ScriptedModel> {
    let exact = models.iter().find(|model| model.id == name);
    exact.or_else(|| models.iter().find(|model| model.id == base_name(name)))
}

/// Whether this is a name, without its maker, that `list_size` made.
pub(super) fn is_one_of_many(name: &str) -> bool {
    name.strip_prefix("model-")
        .is_some_and(|number| number.parse::<usize>().is_ok())
}

fn one_of_many(number: usize) -> ScriptedModel {
    let maker = MAKERS[number % MAKERS.len()];
    let model = ScriptedModel::new(format!("{maker}/model-{number:04}"), "answer");
    let (prompt, completion) = (number % 97 + 1, number % 89 + 2);
    let mut model = model.priced(
        format!("0.{:08}", prompt * 5),
        format!("0.{:08}", completion * 20),
    );
    model.context_length = 8_192 << (number % 8);
    model
}

/// All models, in the order of the lists.
pub(super) fn all(options: &ScriptedOptions) -> Vec<ScriptedModel> {
    let documented = DOCUMENTED.iter().map(|(name, _)| match *name {
        "count-to-N" => "count-to-20".to_owned(),
        "tokens-N" => "tokens-200".to_owned(),
        "stall-after-N" => "stall-after-20".to_owned(),
        other => other.replace("-N", "-40"),
    });
    let by_name = |name: String| ScriptedModel::new(name.clone(), name);
    let more = options.more_models.iter().cloned().map(by_name);
    more.chain(options.models.iter().cloned())
        .chain((0..options.list_size).map(one_of_many))
        .chain(documented.map(by_name))
        .collect()
}

#[cfg(test)]
pub(super) fn ids(options: &ScriptedOptions) -> Vec<String> {
    all(options).into_iter().map(|model| model.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact() {
        let counts = Counts {
            input: 100,
            cache_read: 850,
            cache_write: 50,
            output: 5,
            reasoning: 2,
            ..Counts::default()
        };
        let prices = ScriptedPrices::default();
        assert_eq!(prices.cost(&counts).as_deref(), Some("0.00068875"));
        let free = ScriptedModel::new("a", "answer").priced("0", "0").prices;
        assert_eq!(free.unwrap().cost(&counts).as_deref(), Some("0"));
        let odd = ScriptedModel::new("a", "answer").priced("-1", "0").prices;
        assert_eq!(odd.unwrap().cost(&counts), None);
    }

    #[test]
    fn a_large_list_has_many_makers_and_no_name_twice() {
        let options = ScriptedOptions {
            list_size: 2_500,
            ..ScriptedOptions::default()
        };
        let mut ids = ids(&options);
        assert_eq!(ids.len(), 2_500 + DOCUMENTED.len());
        assert!(
            MAKERS
                .iter()
                .all(|maker| { ids.iter().filter(|id| id.starts_with(maker)).count() > 200 })
        );
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
