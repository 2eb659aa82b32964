//! What was spent, as people look at it: figures, charts, and the answers behind them.
//!
//! Long because whatever a chart can be split by gets its names here.

use std::collections::{BTreeMap, HashMap};

use patchbay_domain::budget::pace;
use patchbay_domain::{ConversationId, CostKind, Day, NanoUsd, ProviderId};
use patchbay_store::{
    ConversationName, GroupSum, Refused, SpendBy, SpendFilter, SpendOrder, SpentRun, Tally,
};

use super::calendar::{part_over, today};
use super::names::{ProviderNames, model_name_among};
use crate::{Engine, EngineError};

/// Parts of a chart that stand alone; the others are one.
const MOST_GROUPS: usize = 200;

/// Parts that are drawn by day; more cannot be told apart, and their days would be most of what is read.
const MOST_DRAWN: usize = 7;

/// The longest span that is drawn, in days.
const MOST_DAYS: i32 = 3_660;

/// Fewer words than this make no price.
const ENOUGH_WORDS: u64 = 500;

/// The figures at the top.
#[derive(Clone, Debug, PartialEq)]
pub struct SpendOverview {
    /// Today.
    pub today: Tally,
    /// This month so far.
    pub month: Tally,
    /// The last month, whole.
    pub last_month: Tally,
    /// What this month comes to if it goes on as it did.
    pub pace: Option<NanoUsd>,
    /// Days of this month that are over, today by its part.
    pub days_over: f64,
    /// Days that this month has.
    pub days_of_month: u32,
    /// All that was asked for.
    pub span: Tally,
    /// What was asked for and refused, which no attempt tells of.
    pub refused: Refused,
    /// The same of today.
    pub refused_today: Refused,
    /// What is on its way, at its worst.
    pub reserved: NanoUsd,
    /// The first day of which anything is known.
    pub first_day: Option<Day>,
    /// Today.
    pub today_date: Day,
}

/// A chart by day.
#[derive(Clone, Debug, PartialEq)]
pub struct SpendChart {
    /// Every day of the span.
    pub days: Vec<Day>,
    /// Its parts, the dearest first.
    pub groups: Vec<SpendGroup>,
    /// What is known of each day beside the parts that have days of their own.
    pub others_by_day: Vec<NanoUsd>,
    /// Attempts of each day whose cost nobody knows, of all parts.
    pub unknown_by_day: Vec<u64>,
}

/// One part of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct SpendGroup {
    /// What it is, in the words of a query.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// For a key, its provider.
    pub provider: Option<ProviderId>,
    /// The cable of its model.
    pub colour: Option<u8>,
    /// All of it.
    pub tally: Tally,
    /// What a thousand words of answers cost.
    pub thousand_words: Option<NanoUsd>,
    /// What is known of each day, for the dearest few; empty for the others.
    pub by_day: Vec<NanoUsd>,
}

/// The key of what stands for all parts behind the first ones.
const REST: &str = "rest";

impl Engine {
    /// Today, by the person's calendar.
    pub fn today(&self) -> Day {
        today(self.clock.now())
    }

    /// The figures at the top.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_overview(&self, filter: SpendFilter) -> Result<SpendOverview, EngineError> {
        let now = self.clock.now();
        let day = today(now);
        let (first, last) = (day.first_of_month(), day.last_of_month());
        let before = first.plus(-1);
        let total = |from, to| self.store.spend_total(SpendFilter::between(from, to));
        let month = total(first, day).await?;
        let part = part_over(first, last, now);
        let days_of_month = u32::try_from(last.days_since(first) + 1).unwrap_or(30);
        Ok(SpendOverview {
            today: total(day, day).await?,
            month,
            last_month: total(before.first_of_month(), before).await?,
            pace: pace(month.known, part),
            days_over: part * f64::from(days_of_month),
            days_of_month,
            span: self.store.spend_total(filter.clone()).await?,
            refused: self.store.refused(filter).await?,
            refused_today: self.store.refused(SpendFilter::between(day, day)).await?,
            reserved: self.ledger.on_its_way().await,
            first_day: self.store.first_spend_day().await?,
            today_date: day,
        })
    }

    /// A chart by day, and what its parts add up to.
    ///
    /// # Errors
    /// The span is longer than ten years, or the database cannot be read.
    pub async fn spend_chart(
        &self,
        filter: SpendFilter,
        by: SpendBy,
    ) -> Result<SpendChart, EngineError> {
        let days = days_of(&filter)?;
        let most = u32::try_from(MOST_GROUPS).unwrap_or(u32::MAX);
        let groups = self.store.dearest_groups(filter.clone(), by, most).await?;
        let total = self.store.spend_total(filter.clone()).await?;
        let drawn: Vec<(String, String)> = groups
            .iter()
            .filter(|group| group.tally.known.0 != 0)
            .take(MOST_DRAWN)
            .map(|group| (group.key.clone(), group.detail.clone()))
            .collect();
        let cells = self
            .store
            .spend_days_of(filter.clone(), by, drawn.clone())
            .await?;
        let of_days = self.store.spend_by_day(filter.clone()).await?;
        let names = self.group_names(&groups, by).await?;
        let place = |day: Day| {
            let after = usize::try_from(day.days_since(filter.from)).ok();
            after.filter(|after| *after < days.len())
        };
        let mut others_by_day = vec![NanoUsd(0); days.len()];
        let mut unknown_by_day = vec![0; days.len()];
        for of_day in of_days {
            if let Some(at) = place(of_day.day) {
                others_by_day[at] = of_day.known;
                unknown_by_day[at] = of_day.unknown;
            }
        }
        let mut by_group: HashMap<(&str, &str), Vec<NanoUsd>> = drawn
            .iter()
            .map(|(key, detail)| {
                let none = vec![NanoUsd(0); days.len()];
                ((key.as_str(), detail.as_str()), none)
            })
            .collect();
        for cell in &cells {
            let of_group = by_group.get_mut(&(cell.key.as_str(), cell.detail.as_str()));
            if let Some((of_group, at)) = of_group.zip(place(cell.day)) {
                of_group[at].0 = of_group[at].0.saturating_add(cell.known.0);
                others_by_day[at].0 = others_by_day[at].0.saturating_sub(cell.known.0);
            }
        }
        let mut shown: Vec<SpendGroup> = Vec::with_capacity(groups.len() + 1);
        let mut rest = total;
        for (group, name) in groups.iter().zip(names) {
            rest = rest.without(&group.tally);
            shown.push(SpendGroup {
                thousand_words: thousand_words(&group.tally),
                tally: group.tally,
                by_day: by_group
                    .remove(&(group.key.as_str(), group.detail.as_str()))
                    .unwrap_or_default(),
                ..name
            });
        }
        // What is behind the dearest, and what has no chat.
        if rest.attempts > 0 {
            shown.push(SpendGroup {
                key: REST.to_owned(),
                name: "All others".to_owned(),
                provider: None,
                colour: None,
                thousand_words: None,
                tally: rest,
                by_day: Vec::new(),
            });
        }
        Ok(SpendChart {
            days,
            groups: shown,
            others_by_day,
            unknown_by_day,
        })
    }

    /// The answers behind a part of a chart, so many after so many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_answers(
        &self,
        filter: SpendFilter,
        order: SpendOrder,
        offset: u32,
        limit: u32,
    ) -> Result<(Vec<SpentRun>, bool), EngineError> {
        let limit = limit.clamp(1, 200);
        let found = self.store.spent_runs(filter, order, offset, limit + 1);
        Ok(page(found.await?, limit))
    }

    /// The questions that a budget stopped, so many after so many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn stopped_answers(
        &self,
        filter: SpendFilter,
        order: SpendOrder,
        offset: u32,
        limit: u32,
    ) -> Result<(Vec<SpentRun>, bool), EngineError> {
        let limit = limit.clamp(1, 200);
        let found = self.store.stopped_runs(filter, order, offset, limit + 1);
        Ok(page(found.await?, limit))
    }

    /// The name of each group, with its colour and provider; the sums are left empty.
    async fn group_names(
        &self,
        groups: &[GroupSum],
        by: SpendBy,
    ) -> Result<Vec<SpendGroup>, EngineError> {
        let bare = |key: String, name: String| SpendGroup {
            key,
            name,
            provider: None,
            colour: None,
            tally: Tally::default(),
            thousand_words: None,
            by_day: Vec::new(),
        };
        let providers = self.provider_names().await?;
        let provider_name = |id: &str| providers.of(id);
        Ok(match by {
            SpendBy::Provider => groups
                .iter()
                .map(|group| bare(group.key.clone(), provider_name(&group.key)))
                .collect(),
            SpendBy::Key => {
                let keys = self.store.all_keys().await?;
                groups
                    .iter()
                    .map(|group| {
                        let label = keys
                            .iter()
                            .find(|key| {
                                key.provider.as_str() == group.key && key.id == group.detail
                            })
                            .map(|key| key.label.clone());
                        let label = match (label, group.detail.as_str()) {
                            (Some(label), _) => label,
                            (None, "") => "no key".to_owned(),
                            (None, slot) => format!("{slot}, a key that is gone"),
                        };
                        SpendGroup {
                            provider: Some(ProviderId::new(group.key.clone())),
                            ..bare(
                                group.detail.clone(),
                                format!("{}, {label}", provider_name(&group.key)),
                            )
                        }
                    })
                    .collect()
            }
            SpendBy::Model => {
                let colours = self.store.colours().await?;
                groups
                    .iter()
                    .map(|group| SpendGroup {
                        colour: colours.get(&group.key).copied(),
                        ..bare(
                            group.key.clone(),
                            model_name_among(&group.key, provider_name),
                        )
                    })
                    .collect()
            }
            SpendBy::Endpoint => groups
                .iter()
                .map(|group| SpendGroup {
                    provider: Some(ProviderId::new(group.key.clone())),
                    ..bare(
                        group.detail.clone(),
                        format!("{}, {}", provider_name(&group.key), group.detail),
                    )
                })
                .collect(),
            SpendBy::Conversation => self
                .conversation_groups(groups)
                .await?
                .into_iter()
                .map(|(key, name)| bare(key, name))
                .collect(),
            SpendBy::App => {
                let names: HashMap<String, String> =
                    self.store.app_names().await?.into_iter().collect();
                groups
                    .iter()
                    .map(|group| match group.key.as_str() {
                        "" => bare(String::new(), "No app: this window".to_owned()),
                        app => bare(
                            app.to_owned(),
                            names.get(app).map_or(app, String::as_str).to_owned(),
                        ),
                    })
                    .collect()
            }
            SpendBy::Origin | SpendBy::Purpose | SpendBy::CostKind | SpendBy::Nothing => groups
                .iter()
                .map(|group| bare(group.key.clone(), word_name(&group.key)))
                .collect(),
        })
    }

    /// What providers are called, those that are gone too.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn provider_names(&self) -> Result<ProviderNames, EngineError> {
        ProviderNames::read(&self.store).await
    }

    async fn conversation_groups(
        &self,
        groups: &[GroupSum],
    ) -> Result<Vec<(String, String)>, EngineError> {
        let ids: Vec<ConversationId> = groups
            .iter()
            .map(|group| {
                group
                    .key
                    .parse()
                    .unwrap_or(ConversationId::from_bytes([0; 16]))
            })
            .collect();
        let names = self.store.conversation_names(ids.clone()).await?;
        Ok(ids
            .into_iter()
            .zip(names)
            .map(|(id, name)| (id.to_string(), conversation_name(name)))
            .collect())
    }
}

/// So many of what was found, and whether there are more.
fn page(mut found: Vec<SpentRun>, limit: u32) -> (Vec<SpentRun>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    (found, has_more)
}

fn conversation_name(name: Option<ConversationName>) -> String {
    match name {
        None => "A chat that is gone".to_owned(),
        Some(ConversationName {
            comparison: Some(comparison),
            title,
            ..
        }) => format!("{comparison}: {title}"),
        Some(named) => named.title,
    }
}

/// The closed words of a chart, for people.
fn word_name(word: &str) -> String {
    let names: BTreeMap<&str, &str> = [
        ("chat", "Chat"),
        ("compare", "Compare"),
        ("lab", "Latency lab"),
        ("gateway", "Gateway"),
        ("answer", "Answers"),
        ("judge", "Judging"),
        ("merge", "Merging"),
        (CostKind::Reported.as_str(), "Said by the provider"),
        (CostKind::Computed.as_str(), "Computed from tokens"),
        (CostKind::Estimated.as_str(), "Estimated"),
        (CostKind::Unknown.as_str(), "Unknown"),
    ]
    .into();
    names.get(word).map_or(word, |name| *name).to_owned()
}

fn days_of(filter: &SpendFilter) -> Result<Vec<Day>, EngineError> {
    let length = filter.to.days_since(filter.from);
    if !(0..MOST_DAYS).contains(&length) {
        return Err(EngineError::input(
            "to",
            "These days cannot be drawn.",
            "Let the last day be after the first, and at most ten years later.",
        ));
    }
    Ok((0..=length).map(|after| filter.from.plus(after)).collect())
}

fn thousand_words(tally: &Tally) -> Option<NanoUsd> {
    if tally.words < ENOUGH_WORDS {
        return None;
    }
    let words = i128::from(tally.words);
    let price = (i128::from(tally.words_paid.0) * 1_000 + words / 2) / words;
    i64::try_from(price).ok().map(NanoUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_of_words_wants_enough_of_them() {
        let tally = |words, paid| Tally {
            words,
            words_paid: NanoUsd(paid),
            ..Tally::default()
        };
        assert_eq!(thousand_words(&tally(499, 5)), None);
        assert_eq!(thousand_words(&tally(2_000, 4_001)), Some(NanoUsd(2_001)));
    }

    #[test]
    fn spans_have_both_ends_and_an_order() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let days = days_of(&SpendFilter::between(day("2026-02-27"), day("2026-03-01"))).unwrap();
        assert_eq!(days.len(), 3);
        assert!(days_of(&SpendFilter::between(day("2026-03-02"), day("2026-03-01"))).is_err());
        assert!(days_of(&SpendFilter::between(day("0001-01-01"), day("2026-03-01"))).is_err());
    }
}
