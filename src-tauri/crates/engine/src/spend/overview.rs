//! What was spent, as people look at it: figures, charts, and the answers behind them.
//!
//! Long because whatever a chart can be split by gets its names here.

use std::collections::{BTreeMap, HashMap};

use patchbay_domain::budget::pace;
use patchbay_domain::{ConversationId, CostKind, Day, NanoUsd, ProviderId};
use patchbay_store::{
    ConversationName, DayGroup, GroupSum, SpendBy, SpendFilter, SpendOrder, SpentRun, Tally,
};

use super::calendar::{part_over, today};
use super::names::model_name_among;
use crate::{Engine, EngineError};

/// Parts of a chart that stand alone; the others are one.
const MOST_GROUPS: usize = 200;

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
    /// What is known of each day.
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
            span: self.store.spend_total(filter).await?,
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
        let cells = self.store.spend_days(filter.clone(), by).await?;
        let names = self.group_names(&groups, by).await?;
        let mut by_group: HashMap<(&str, &str), Vec<NanoUsd>> = HashMap::new();
        for DayGroup {
            day,
            key,
            detail,
            known,
        } in &cells
        {
            let of_group = by_group
                .entry((key, detail))
                .or_insert_with(|| vec![NanoUsd(0); days.len()]);
            let at = usize::try_from(day.days_since(filter.from)).ok();
            if let Some(cell) = at.and_then(|at| of_group.get_mut(at)) {
                *cell = NanoUsd(cell.0.saturating_add(known.0));
            }
        }
        let mut shown: Vec<SpendGroup> = Vec::with_capacity(groups.len());
        let mut rest = total;
        for (group, name) in groups.iter().zip(names) {
            let by_day = by_group
                .remove(&(group.key.as_str(), group.detail.as_str()))
                .unwrap_or_else(|| vec![NanoUsd(0); days.len()]);
            rest = rest.without(&group.tally);
            shown.push(SpendGroup {
                thousand_words: thousand_words(&group.tally),
                tally: group.tally,
                by_day,
                ..name
            });
        }
        // What is behind the dearest, and what has no chat.
        if rest.attempts > 0 {
            let mut by_day = vec![NanoUsd(0); days.len()];
            for part in by_group.into_values() {
                for (sum, part) in by_day.iter_mut().zip(part) {
                    sum.0 = sum.0.saturating_add(part.0);
                }
            }
            shown.push(SpendGroup {
                key: REST.to_owned(),
                name: "All others".to_owned(),
                provider: None,
                colour: None,
                thousand_words: None,
                tally: rest,
                by_day,
            });
        }
        Ok(SpendChart {
            days,
            groups: shown,
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
        let mut found = self
            .store
            .spent_runs(filter, order, offset, limit + 1)
            .await?;
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        Ok((found, has_more))
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
        let provider_name = |id: &str| providers.get(id).cloned().unwrap_or_else(|| id.to_owned());
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
            SpendBy::App => groups
                .iter()
                .map(|group| match group.key.as_str() {
                    "" => bare(String::new(), "No app: this window".to_owned()),
                    app => bare(app.to_owned(), app.to_owned()),
                })
                .collect(),
            SpendBy::Origin | SpendBy::Purpose | SpendBy::CostKind | SpendBy::Nothing => groups
                .iter()
                .map(|group| bare(group.key.clone(), word_name(&group.key)))
                .collect(),
        })
    }

    /// Provider ids with their names; the model in this process has one too.
    pub(crate) async fn provider_names(&self) -> Result<HashMap<String, String>, EngineError> {
        let providers = self.store.providers().await?;
        let mut names: HashMap<String, String> = providers
            .into_iter()
            .map(|provider| (provider.id.as_str().to_owned(), provider.name))
            .collect();
        names.insert(
            ProviderId::local().as_str().to_owned(),
            crate::local_model::PROVIDER_NAME.to_owned(),
        );
        Ok(names)
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
