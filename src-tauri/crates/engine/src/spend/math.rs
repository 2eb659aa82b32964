//! Do the math: the last days of real usage, priced on every other way in and on chosen models.
//!
//! Long because the pricing and the sentences that follow from it belong together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_domain::amount::money_words;
use patchbay_domain::price::{Price, PriceTag};
use patchbay_domain::{Day, Endpoint, NanoUsd, ProviderId};
use patchbay_store::{SpendFilter, UsageRow};

use super::names::{ProviderNames, model_name};
use crate::catalogue::Snapshot;
use crate::routing::Known;
use crate::{Engine, EngineError};

/// Fewer counted attempts than this are no ground for advice.
const ENOUGH_ATTEMPTS: u64 = 20;

/// Less than this is no ground for advice, in nano-dollars: a cent.
const ENOUGH_MONEY: i64 = 10_000_000;

/// The part of the bill from which one model decides it.
const MOST_OF_IT: f64 = 0.6;

/// Models that can be asked about at once.
const MOST_MODELS: usize = 8;

/// Days of a month, for what something saves in one.
const MONTH: i64 = 30;

/// Real usage, priced elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Math {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// One for each model that was used, the dearest first.
    pub rows: Vec<MathRow>,
    /// What everything would have cost on the models asked for.
    pub elsewhere: Vec<MathElsewhere>,
    /// What follows from the numbers.
    pub findings: Vec<MathFinding>,
    /// Why nothing or little is said.
    pub too_thin: Option<String>,
}

/// One model as it was used.
#[derive(Clone, Debug, PartialEq)]
pub struct MathRow {
    /// The canonical model.
    pub model_key: String,
    /// Its name for people.
    pub model_name: String,
    /// The cable of its model.
    pub colour: Option<u8>,
    /// Through whom, the most used first, then those that were not used.
    pub ways: Vec<MathWay>,
    /// Paid, where tokens were counted.
    pub paid: NanoUsd,
    /// The maker's list price of the same tokens.
    pub list: Option<NanoUsd>,
    /// The part of all that was spent, 0 to 1.
    pub share: f64,
    /// Attempts.
    pub attempts: u64,
    /// Attempts whose tokens nobody counted, or whose cost nobody knows.
    pub without_tokens: u64,
    /// The cheapest way in that can be used, as an index into `ways`.
    pub cheapest: Option<usize>,
}

/// One way in to a model, used or not.
#[derive(Clone, Debug, PartialEq)]
pub struct MathWay {
    /// Which.
    pub endpoint: Endpoint,
    /// Its provider's name.
    pub provider_name: String,
    /// Attempts that took it.
    pub attempts: u64,
    /// Paid there.
    pub paid: NanoUsd,
    /// What all of the model's tokens would have cost there.
    pub would_be: Option<NanoUsd>,
    /// Which list that price stood on.
    pub price_tag: Option<PriceTag>,
    /// Until the first token, the median on this computer, in milliseconds.
    pub first_token_millis: Option<u64>,
    /// Measurements behind that.
    pub measured: u32,
    /// The maker answers itself.
    pub is_direct: bool,
    /// It can be asked now.
    pub is_usable: bool,
}

/// All usage, on one other model.
#[derive(Clone, Debug, PartialEq)]
pub struct MathElsewhere {
    /// The canonical model.
    pub model_key: String,
    /// Its name for people.
    pub model_name: String,
    /// By its cheapest way in.
    pub provider_name: Option<String>,
    /// What it would have cost, the same count of tokens assumed.
    pub would_be: Option<NanoUsd>,
    /// What was paid for the attempts that could be priced.
    pub paid: NanoUsd,
    /// Attempts that could be priced.
    pub attempts: u64,
}

/// One sentence, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MathFinding {
    /// The sentence.
    pub words: String,
    /// Numbers behind it, as name and value.
    pub evidence: Vec<(String, String)>,
    /// What it would save in thirty days.
    pub saves: Option<NanoUsd>,
}

impl Engine {
    /// The last `days` of real usage on every other way in, and on the models with these canonical
    /// names.
    ///
    /// # Errors
    /// Too many days or models, or the database cannot be read.
    pub async fn math(&self, days: u32, model_keys: Vec<String>) -> Result<Math, EngineError> {
        if !(1..=366).contains(&days) {
            return Err(EngineError::input(
                "days",
                "Usage is priced for 1 to 366 days.",
                "Choose fewer days.",
            ));
        }
        if model_keys.len() > MOST_MODELS {
            return Err(EngineError::input(
                "modelKeys",
                "At most eight models can be priced at once.",
                "Leave some out.",
            ));
        }
        let to = self.today();
        let from = to.plus(1 - i32::try_from(days).unwrap_or(1));
        let known = self.known_ways().await?;
        let colours = self.store.colours().await?;
        let names = self.provider_names().await?;
        let measured: HashMap<Endpoint, (Option<u64>, u32)> = known
            .ways
            .all()
            .iter()
            .filter_map(|way| {
                let health = self.health_of(&way.endpoint)?;
                Some((
                    way.endpoint.clone(),
                    (health.summary.first_token_p50, health.summary.timed),
                ))
            })
            .collect();
        let usage = self
            .store
            .usage_rows(SpendFilter::between(from, to))
            .await?;
        let work = tokio::task::spawn_blocking(move || {
            let ground = Ground {
                known: &known,
                measured: &measured,
                names: &names,
            };
            let mut math = ground.work_out(from, to, &usage, &model_keys);
            for row in &mut math.rows {
                let ids = row.ways.iter().map(|way| &way.endpoint.model);
                row.colour = std::iter::once(&row.model_key)
                    .chain(ids)
                    .find_map(|key| colours.get(key).copied());
            }
            math
        });
        work.await.map_err(|_| EngineError::Cancelled)
    }
}

/// What usage is priced with.
struct Ground<'a> {
    known: &'a Known,
    measured: &'a HashMap<Endpoint, (Option<u64>, u32)>,
    names: &'a ProviderNames,
}

/// The attempts of one model.
#[derive(Default)]
struct OfModel<'a> {
    counted: Vec<&'a UsageRow>,
    without_tokens: u64,
    by_way: BTreeMap<&'a Endpoint, (u64, NanoUsd)>,
}

impl Ground<'_> {
    fn work_out(&self, from: Day, to: Day, usage: &[UsageRow], model_keys: &[String]) -> Math {
        let mut models: BTreeMap<String, OfModel<'_>> = BTreeMap::new();
        for row in usage {
            if row.endpoint.provider.is_local() {
                continue;
            }
            let of_model = models.entry(self.key_of(row)).or_default();
            let (attempts, paid) = of_model.by_way.entry(&row.endpoint).or_default();
            *attempts += 1;
            paid.0 = paid.0.saturating_add(row.cost.map_or(0, |cost| cost.0));
            // An attempt that was refused has no tokens and cost nothing: there is nothing to price.
            match (row.usage, row.cost) {
                (Some(_), Some(_)) => of_model.counted.push(row),
                (None, Some(cost)) if cost.0 == 0 => {}
                _ => of_model.without_tokens += 1,
            }
        }
        let total: i64 = usage
            .iter()
            .filter_map(|row| row.cost)
            .fold(0_i64, |sum, cost| sum.saturating_add(cost.0));
        let mut rows: Vec<MathRow> = models
            .into_iter()
            .map(|(key, of_model)| self.row(key, &of_model, total))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.paid, row.attempts)));
        let counted: Vec<&UsageRow> = usage
            .iter()
            .filter(|row| !row.endpoint.provider.is_local())
            .filter(|row| row.usage.is_some() && row.cost.is_some())
            .collect();
        let elsewhere = model_keys
            .iter()
            .map(|key| self.elsewhere(key, &counted))
            .collect();
        let days = i64::from(to.days_since(from)) + 1;
        let too_thin = too_thin(counted.len() as u64, total);
        Math {
            findings: match too_thin {
                Some(_) => Vec::new(),
                None => self.findings(&rows, days, total),
            },
            from,
            to,
            rows,
            elsewhere,
            too_thin,
        }
    }

    fn key_of(&self, row: &UsageRow) -> String {
        if !row.model_key.is_empty() {
            return row.model_key.clone();
        }
        self.known.ways.get(&row.endpoint).map_or_else(
            || crate::models::key_of(&row.endpoint),
            |way| way.model_key.clone(),
        )
    }

    fn row(&self, model_key: String, of_model: &OfModel<'_>, total: i64) -> MathRow {
        let mut ways: Vec<MathWay> = of_model
            .by_way
            .iter()
            .map(|(endpoint, (attempts, paid))| self.way(endpoint, *attempts, *paid, of_model))
            .collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.attempts));
        let used: BTreeSet<&Endpoint> = of_model.by_way.keys().copied().collect();
        for way in self.known.ways.of_model(&model_key) {
            if !used.contains(&way.endpoint) && (way.is_chat || way.embeds == Some(true)) {
                ways.push(self.way(&way.endpoint, 0, NanoUsd(0), of_model));
            }
        }
        let cheapest = ways
            .iter()
            .enumerate()
            .filter(|(_, way)| way.is_usable)
            .filter_map(|(index, way)| {
                Some((way.would_be?, std::cmp::Reverse(way.attempts), index))
            })
            .min()
            .map(|(_, _, index)| index);
        let paid = sum(of_model.counted.iter().filter_map(|row| row.cost));
        let list = Snapshot::embedded()
            .list_price(&model_key)
            .and_then(|price| priced(price, &of_model.counted));
        MathRow {
            model_name: model_name(&model_key),
            colour: None,
            share: paid.0 as f64 / total.max(1) as f64,
            attempts: of_model.by_way.values().map(|(attempts, _)| attempts).sum(),
            without_tokens: of_model.without_tokens,
            cheapest,
            paid,
            list,
            ways,
            model_key,
        }
    }

    fn way(
        &self,
        endpoint: &Endpoint,
        attempts: u64,
        paid: NanoUsd,
        of_model: &OfModel<'_>,
    ) -> MathWay {
        let way = self.known.ways.get(endpoint);
        let price = way.and_then(|way| way.price.as_ref());
        let (first_token_millis, measured) =
            self.measured.get(endpoint).copied().unwrap_or_default();
        let provider = endpoint.provider.as_str();
        MathWay {
            endpoint: endpoint.clone(),
            provider_name: way
                .map_or_else(|| self.names.of(provider), |way| way.provider_name.clone()),
            attempts,
            paid,
            would_be: price.and_then(|price| priced(price, &of_model.counted)),
            price_tag: price.map(|price| price.tag.clone()),
            first_token_millis,
            measured,
            is_direct: way.and_then(|way| way.is_direct) == Some(true),
            is_usable: way.is_some_and(|way| way.keys > 0 && way.unavailable_because.is_none()),
        }
    }

    fn elsewhere(&self, model_key: &str, counted: &[&UsageRow]) -> MathElsewhere {
        let cheapest = self
            .known
            .ways
            .of_model(model_key)
            .filter_map(|way| {
                let cost = priced(way.price.as_ref()?, counted)?;
                Some((cost, way.provider_name.clone()))
            })
            .min();
        let list = || {
            let price = Snapshot::embedded().list_price(model_key)?;
            Some((priced(price, counted)?, "its maker, by list".to_owned()))
        };
        let found = cheapest.or_else(list);
        MathElsewhere {
            model_name: model_name(model_key),
            model_key: model_key.to_owned(),
            provider_name: found.as_ref().map(|(_, name)| name.clone()),
            would_be: found.map(|(cost, _)| cost),
            paid: sum(counted.iter().filter_map(|row| row.cost)),
            attempts: counted.len() as u64,
        }
    }

    fn findings(&self, rows: &[MathRow], days: i64, total: i64) -> Vec<MathFinding> {
        let mut findings = Vec::new();
        findings.extend(rows.first().and_then(|row| one_model(row, days)));
        findings.extend(cheapest_mix(rows, days, total));
        findings.extend(gateways(rows, days));
        findings.extend(rows.iter().filter_map(slower));
        findings
    }
}

/// What the tokens cost at a price; `None` where one of them has no rate there.
fn priced(price: &Price, rows: &[&UsageRow]) -> Option<NanoUsd> {
    let mut total = 0_i64;
    for row in rows {
        let usage = row.usage.as_ref()?;
        let cost = price.cost(usage, row.started_at, row.tier).amount?;
        total = total.saturating_add(cost.0);
    }
    Some(NanoUsd(total))
}

fn sum(costs: impl Iterator<Item = NanoUsd>) -> NanoUsd {
    NanoUsd(costs.fold(0_i64, |sum, cost| sum.saturating_add(cost.0)))
}

fn too_thin(counted: u64, total: i64) -> Option<String> {
    if counted < ENOUGH_ATTEMPTS {
        return Some(format!(
            "{counted} attempts with counted tokens are too few to say what is cheaper; \
             {ENOUGH_ATTEMPTS} are needed."
        ));
    }
    (total < ENOUGH_MONEY).then(|| {
        format!(
            "{} is too little to save anything on.",
            money_words(NanoUsd(total))
        )
    })
}

/// What a saving within `days` is in thirty.
fn monthly(saving: i64, days: i64) -> NanoUsd {
    NanoUsd(saving.saturating_mul(MONTH) / days.max(1))
}

fn evidence(pairs: &[(&str, String)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// One model makes most of the bill, and its maker asks less.
fn one_model(row: &MathRow, days: i64) -> Option<MathFinding> {
    if row.share < MOST_OF_IT {
        return None;
    }
    let share = row.share * 100.0;
    let used = row.ways.first()?;
    let direct = row
        .ways
        .iter()
        .filter(|way| way.is_direct)
        .find_map(|way| Some((way, way.would_be?)));
    let (paid, name) = (row.paid, &row.model_name);
    let shown = evidence(&[
        ("Share of the bill", format!("{share:.0} %")),
        ("Paid", money_words(paid)),
        ("Mostly through", used.provider_name.clone()),
        ("Attempts", row.attempts.to_string()),
    ]);
    let (Some((way, would_be)), false) = (direct, used.is_direct) else {
        return Some(MathFinding {
            words: format!("{name} makes {share:.0} % of your bill."),
            evidence: shown,
            saves: None,
        });
    };
    let saving = paid.0 - would_be.0;
    let mut shown = shown;
    shown.push(("Direct, the same tokens".to_owned(), money_words(would_be)));
    Some(if saving * 100 > paid.0 {
        MathFinding {
            words: format!(
                "{name} makes {share:.0} % of your bill: direct from {} it would have cost {} instead \
                 of {}.",
                way.provider_name,
                money_words(would_be),
                money_words(paid)
            ),
            evidence: shown,
            saves: Some(monthly(saving, days)),
        }
    } else {
        MathFinding {
            words: format!(
                "{name} makes {share:.0} % of your bill; direct from {} it would have cost {}, so the \
                 way you take costs nothing extra.",
                way.provider_name,
                money_words(would_be)
            ),
            evidence: shown,
            saves: None,
        }
    })
}

/// Every model by its cheapest usable way in.
fn cheapest_mix(rows: &[MathRow], days: i64, total: i64) -> Option<MathFinding> {
    let mut saving = 0_i64;
    let mut shown = Vec::new();
    for row in rows {
        let Some(way) = row.cheapest.and_then(|index| row.ways.get(index)) else {
            continue;
        };
        let Some(would_be) = way.would_be else {
            continue;
        };
        let less = row.paid.0 - would_be.0;
        if less > 0 && less * 100 > row.paid.0 {
            saving += less;
            shown.push((
                format!("{} by {}", row.model_name, way.provider_name),
                format!(
                    "{} instead of {}",
                    money_words(would_be),
                    money_words(row.paid)
                ),
            ));
        }
    }
    if saving < ENOUGH_MONEY || saving * 100 < total {
        return None;
    }
    let changed = match shown.len() {
        1 => "one model".to_owned(),
        count => format!("{count} models"),
    };
    Some(MathFinding {
        words: format!(
            "By the cheapest way in that you have, {changed} would have cost {} less in {days} days.",
            money_words(NanoUsd(saving))
        ),
        evidence: shown,
        saves: Some(monthly(saving, days)),
    })
}

/// What each gateway saves in keys, and costs above the makers' lists.
fn gateways(rows: &[MathRow], days: i64) -> Vec<MathFinding> {
    struct Gateway<'a> {
        name: &'a str,
        makers: BTreeSet<&'a str>,
        paid: i64,
        list: i64,
        is_compared: bool,
    }
    let mut gateways: BTreeMap<&ProviderId, Gateway<'_>> = BTreeMap::new();
    for row in rows {
        let maker = row.model_key.split('/').next().unwrap_or(&row.model_key);
        let total: u64 = row.ways.iter().map(|way| way.attempts).sum();
        for way in row
            .ways
            .iter()
            .filter(|way| way.attempts > 0 && !way.is_direct)
        {
            let gateway = gateways
                .entry(&way.endpoint.provider)
                .or_insert_with(|| Gateway {
                    name: &way.provider_name,
                    makers: BTreeSet::new(),
                    paid: 0,
                    list: 0,
                    is_compared: true,
                });
            gateway.makers.insert(maker);
            // A model that went through one way in alone can be set against its list.
            match row.list.filter(|_| way.attempts == total) {
                Some(list) => {
                    gateway.paid += row.paid.0;
                    gateway.list += list.0;
                }
                None => gateway.is_compared = false,
            }
        }
    }
    gateways
        .into_values()
        .filter(|gateway| gateway.makers.len() > 1)
        .map(|gateway| {
            let setups = gateway.makers.len();
            let above = gateway.paid - gateway.list;
            let partly = if gateway.is_compared {
                ""
            } else {
                " where the lists are known"
            };
            let costs = if gateway.list == 0 {
                "what it costs above the makers' lists is not known".to_owned()
            } else if above > 0 {
                format!(
                    "costs {} above the makers' lists{partly}",
                    money_words(NanoUsd(above))
                )
            } else {
                format!("costs nothing above the makers' lists{partly}")
            };
            MathFinding {
                words: format!(
                    "{} saves you {} key set-ups and {costs} in {days} days, top-up fees aside.",
                    gateway.name,
                    setups - 1,
                ),
                evidence: evidence(&[
                    ("Makers reached", setups.to_string()),
                    ("Paid, where compared", money_words(NanoUsd(gateway.paid))),
                    ("Makers' lists", money_words(NanoUsd(gateway.list))),
                ]),
                saves: None,
            }
        })
        .collect()
}

/// The cheapest way in answers later than the one that is taken.
fn slower(row: &MathRow) -> Option<MathFinding> {
    let used = row.ways.first()?;
    let cheapest = row.ways.get(row.cheapest?)?;
    let enough = |way: &MathWay| way.first_token_millis.filter(|_| way.measured >= 5);
    let (now, then) = (enough(used)?, enough(cheapest)?);
    let saving = row.paid.0 - cheapest.would_be?.0;
    if cheapest.endpoint == used.endpoint || then <= now + 100 || saving * 100 <= row.paid.0 {
        return None;
    }
    Some(MathFinding {
        words: format!(
            "{} is cheaper by {}, and its first token comes {} ms later there.",
            row.model_name,
            cheapest.provider_name,
            then - now
        ),
        evidence: evidence(&[
            (
                "First token now",
                format!("{now} ms of {} measured", used.measured),
            ),
            (
                "There",
                format!("{then} ms of {} measured", cheapest.measured),
            ),
        ]),
        saves: None,
    })
}
