//! What is paid above the makers' list prices, like for like.

use patchbay_domain::amount::money_words;
use patchbay_domain::price::PriceTag;
use patchbay_domain::{Endpoint, NanoUsd, UnixMillis, money};
use patchbay_providers::presets::TopUpFees;
use patchbay_store::{GroupSum, LastTags, SpendBy, SpendFilter, Tally};

use crate::providers::preset_of;
use crate::routing::Known;
use crate::{Engine, EngineError};

/// A list older than this is worth a word, in days.
const OLD_LIST: i64 = 90;

/// A bill and a list that differ by less than this part say nothing: rounding, and fees below a cent.
const BILL_DIFFERS: f64 = 0.01;

/// A difference smaller than this is no warning, in nano-dollars: a hundredth of a cent.
const SMALL: i64 = 100_000;

/// One way in to one model, against its maker's list.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkupRow {
    /// The way in.
    pub endpoint: Endpoint,
    /// Its provider's name.
    pub provider_name: String,
    /// The canonical model; the way in's own key where that is not certain.
    pub model_key: String,
    /// The model's name for people.
    pub model_name: String,
    /// The cable of its model.
    pub colour: Option<u8>,
    /// Paid, where both are known.
    pub paid: NanoUsd,
    /// The list price of the same tokens.
    pub list: Option<NanoUsd>,
    /// `paid / list - 1` in percent.
    pub percent: Option<f64>,
    /// Attempts that are compared.
    pub attempts: u64,
    /// Attempts that are not.
    pub not_compared: u64,
    /// Which price the charge goes by.
    pub paid_tag: Option<PriceTag>,
    /// Which list the maker's price stood on.
    pub list_tag: Option<PriceTag>,
    /// The maker answers itself.
    pub is_direct: bool,
    /// What makes the two less than alike.
    pub caveats: Vec<String>,
}

/// What topping up costs at one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct TopUpFee {
    /// Whose.
    pub provider: patchbay_domain::ProviderId,
    /// Its name.
    pub provider_name: String,
    /// What it asks, in one sentence.
    pub words: String,
    /// What that comes to on what was spent there, by card.
    pub by_card: Option<NanoUsd>,
    /// The same, by crypto currency.
    pub by_crypto: Option<NanoUsd>,
    /// What was spent there.
    pub spent: NanoUsd,
    /// The page that says so.
    pub source: String,
    /// When that was read, as `2026-07`; empty where nobody noted it.
    pub as_of: String,
}

/// A list and a bill that disagree.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkupWarning {
    /// The way in.
    pub endpoint: Endpoint,
    /// Its provider's name.
    pub provider_name: String,
    /// What it said it charged.
    pub billed: NanoUsd,
    /// What its list makes of the same tokens.
    pub by_list: NanoUsd,
    /// Attempts.
    pub attempts: u64,
    /// In one sentence.
    pub words: String,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Markup {
    /// One for each way in, the largest difference first.
    pub rows: Vec<MarkupRow>,
    /// One for each provider that asks a fee and was used.
    pub fees: Vec<TopUpFee>,
    /// Where bill and list disagree.
    pub warnings: Vec<MarkupWarning>,
}

impl Engine {
    /// What was paid above the makers' list prices, and what topping up cost.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn markup(&self, filter: SpendFilter) -> Result<Markup, EngineError> {
        let known = self.known_ways().await?;
        let groups: Vec<GroupSum> = self
            .store
            .spend_groups(filter.clone(), SpendBy::Endpoint)
            .await?
            .into_iter()
            .filter(|group| group.key != patchbay_domain::ProviderId::local().as_str())
            .collect();
        let endpoints: Vec<Endpoint> = groups.iter().map(endpoint_of).collect();
        let tags = self.store.last_tags(endpoints.clone()).await?;
        let names = self.provider_names().await?;
        let colours = self.store.colours().await?;
        let now = self.clock.now();
        let mut markup = Markup::default();
        for ((group, endpoint), tags) in groups.iter().zip(endpoints).zip(tags) {
            let tags = tags.unwrap_or_default();
            let provider_name = names
                .get(&group.key)
                .map_or_else(|| tags.provider_name.clone(), str::to_owned);
            markup
                .warnings
                .extend(warning(&endpoint, &provider_name, &group.tally));
            let quantization = self
                .store
                .listed_model(endpoint.clone())
                .await?
                .and_then(|listed| listed.listing.quantization);
            let mut row = row(endpoint, provider_name, &group.tally, tags, &known, now);
            row.caveats.extend(quantization.map(|rounded| {
                format!(
                    "This way in serves weights rounded to {rounded}; the maker's own may not be."
                )
            }));
            row.colour = [&row.model_key, &row.endpoint.model]
                .into_iter()
                .find_map(|key| colours.get(key).copied());
            markup.rows.push(row);
        }
        markup.rows.sort_by_key(|row| {
            let difference = row.list.map(|list| row.paid.0 - list.0);
            std::cmp::Reverse((difference.map(i64::saturating_abs), row.paid))
        });
        markup.fees = self.top_up_fees(&filter).await?;
        Ok(markup)
    }

    async fn top_up_fees(&self, filter: &SpendFilter) -> Result<Vec<TopUpFee>, EngineError> {
        let spent = self
            .store
            .spend_groups(filter.clone(), SpendBy::Provider)
            .await?;
        let mut fees = Vec::new();
        for record in self.store.providers().await? {
            let group = spent
                .iter()
                .find(|group| group.key == record.id.as_str() && group.tally.known.0 > 0);
            let preset = preset_of(&record);
            let Some((group, asked)) = group.zip(preset.and_then(|preset| preset.fees.as_ref()))
            else {
                continue;
            };
            fees.push(TopUpFee {
                provider: record.id.clone(),
                provider_name: record.name.clone(),
                words: fee_words(asked),
                by_card: part(group.tally.known, &asked.percent),
                by_crypto: asked
                    .crypto_percent
                    .as_deref()
                    .and_then(|percent| part(group.tally.known, percent)),
                spent: group.tally.known,
                source: asked.source.clone(),
                as_of: asked.as_of.clone(),
            });
        }
        Ok(fees)
    }
}

pub(super) fn endpoint_of(group: &GroupSum) -> Endpoint {
    Endpoint {
        provider: patchbay_domain::ProviderId::new(group.key.clone()),
        model: group.detail.clone(),
    }
}

fn row(
    endpoint: Endpoint,
    provider_name: String,
    tally: &Tally,
    tags: LastTags,
    known: &Known,
    now: UnixMillis,
) -> MarkupRow {
    let way = known.ways.get(&endpoint);
    let model_key = match tags.model_key.is_empty() {
        false => tags.model_key.clone(),
        true => way.map_or_else(
            || crate::models::key_of(&endpoint),
            |way| way.model_key.clone(),
        ),
    };
    let is_compared = tally.compared > 0;
    MarkupRow {
        model_name: super::names::model_name(&model_key),
        provider_name,
        colour: None,
        paid: if is_compared {
            tally.compared_paid
        } else {
            tally.known
        },
        list: is_compared.then_some(tally.compared_list),
        percent: percent(tally.compared_paid, tally.compared_list),
        attempts: tally.compared,
        not_compared: tally.attempts - tally.compared.min(tally.attempts),
        is_direct: way.and_then(|way| way.is_direct) == Some(true),
        caveats: caveats(&endpoint, &tags, now),
        paid_tag: tags.price_tag,
        list_tag: tags.list_tag,
        model_key,
        endpoint,
    }
}

/// `paid / list - 1` in percent; `None` where the list asks nothing, so that nothing can be said.
pub(super) fn percent(paid: NanoUsd, list: NanoUsd) -> Option<f64> {
    (list.0 > 0).then(|| (paid.0 as f64 / list.0 as f64 - 1.0) * 100.0)
}

fn caveats(endpoint: &Endpoint, tags: &LastTags, now: UnixMillis) -> Vec<String> {
    let mut caveats = Vec::new();
    let id = endpoint.model.as_str();
    if id.ends_with("-latest") || id.ends_with(":latest") {
        caveats
            .push("Its name moves to newer models, so the two may not be the same one.".to_owned());
    }
    if let Some((_, variant)) = id.rsplit_once(':')
        && matches!(
            variant,
            "free" | "nitro" | "floor" | "thinking" | "online" | "extended"
        )
    {
        caveats.push(format!(
            "It is the variant \u{201c}{variant}\u{201d}, which the maker does not list."
        ));
    }
    if let Some(served) = &tags.served_model {
        caveats.push(format!("It says that {served} answered."));
    }
    let age = |tag: &PriceTag| (now.0 - tag.as_of.0) / 86_400_000;
    for (whose, tag) in [("charge", &tags.price_tag), ("maker's", &tags.list_tag)] {
        if let Some(tag) = tag
            && age(tag) > OLD_LIST
        {
            caveats.push(format!(
                "The {whose} list, {}, is {} days old.",
                tag.name,
                age(tag)
            ));
        }
    }
    caveats
}

fn warning(endpoint: &Endpoint, provider_name: &str, tally: &Tally) -> Option<MarkupWarning> {
    let difference = tally.billed_paid.0 - tally.billed_computed.0;
    let part = difference as f64 / tally.billed_computed.0.max(1) as f64;
    if tally.billed == 0 || part.abs() < BILL_DIFFERS || difference.abs() < SMALL {
        return None;
    }
    let (more, by) = if difference > 0 {
        ("more", difference)
    } else {
        ("less", -difference)
    };
    Some(MarkupWarning {
        endpoint: endpoint.clone(),
        provider_name: provider_name.to_owned(),
        billed: tally.billed_paid,
        by_list: tally.billed_computed,
        attempts: tally.billed,
        words: format!(
            "{provider_name} said it charged {} for {}, {} {more} than its own list makes of the \
             same tokens ({:+.1} %).",
            money_words(tally.billed_paid),
            endpoint.model,
            money_words(NanoUsd(by)),
            part * 100.0,
        ),
    })
}

fn fee_words(fees: &TopUpFees) -> String {
    let least = match fees.least.as_str() {
        "" | "0" => String::new(),
        least => format!(", at least {least} {}", fees.currency),
    };
    format!(
        "{} % of what is put in{least}. {}",
        fees.percent, fees.words
    )
}

/// So many hundredths of an amount, the hundredths as decimal text.
fn part(amount: NanoUsd, percent: &str) -> Option<NanoUsd> {
    // Read as if it were dollars: a billionth of a percent is exact.
    let percent = money::parse_dollars(percent).ok()?;
    let product = i128::from(amount.0) * i128::from(percent.0);
    let whole = 100_i128 * 1_000_000_000;
    i64::try_from((product + whole / 2).div_euclid(whole))
        .ok()
        .map(NanoUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_a_part_to_the_nano_dollar() {
        assert_eq!(
            part(NanoUsd(10_000_000_000), "5.5"),
            Some(NanoUsd(550_000_000))
        );
        assert_eq!(part(NanoUsd(3), "50"), Some(NanoUsd(2)));
        assert_eq!(part(NanoUsd(3), "x"), None);
    }

    #[test]
    fn a_bill_that_differs_is_said_and_rounding_is_not() {
        let endpoint = Endpoint {
            provider: patchbay_domain::ProviderId::new("gate"),
            model: "m".to_owned(),
        };
        let tally = |paid, by_list| Tally {
            billed: 3,
            billed_paid: NanoUsd(paid),
            billed_computed: NanoUsd(by_list),
            ..Tally::default()
        };
        let found = |paid, by_list| warning(&endpoint, "Gate", &tally(paid, by_list));
        assert!(found(1_000_000_000, 999_000_000).is_none());
        assert!(found(1_050, 1_000).is_none(), "too little to speak of");
        let more = found(1_100_000_000, 1_000_000_000).unwrap();
        assert!(
            more.words.contains("+10.0 %") && more.words.contains("$0.1000 more"),
            "{}",
            more.words
        );
        assert!(
            found(500_000_000, 1_000_000_000)
                .unwrap()
                .words
                .contains("less")
        );
    }

    #[test]
    fn nothing_is_said_against_a_list_that_asks_nothing() {
        assert_eq!(percent(NanoUsd(5), NanoUsd(0)), None);
        let ten = percent(NanoUsd(110), NanoUsd(100)).unwrap();
        assert!((ten - 10.0).abs() < 1e-9);
    }

    #[test]
    fn names_that_move_and_variants_are_said() {
        let said = |model: &str| {
            let endpoint = Endpoint {
                provider: patchbay_domain::ProviderId::new("gate"),
                model: model.to_owned(),
            };
            caveats(&endpoint, &LastTags::default(), UnixMillis(0)).len()
        };
        assert_eq!(said("mistral-large-latest"), 1);
        assert_eq!(said("deepseek/deepseek-r1:free"), 1);
        assert_eq!(said("gpt-5"), 0);
    }
}
