//! A page to keep: what was spent in a month, or in other days.
//!
//! It stands alone: it runs nothing and fetches nothing, whatever names say, and prints on paper.

mod page;

use patchbay_domain::{Day, NanoUsd};
use patchbay_store::{SpendBy, SpendFilter, Tally};

use self::page::page;
use super::calendar::{here, today};
use super::currency::Currency;
use super::names::{model_name, model_name_among};
use crate::{Engine, EngineError};

/// All that stands on the page.
struct Statement {
    title: String,
    from: Day,
    to: Day,
    /// What it is limited to, in words; empty for everything.
    only: Vec<String>,
    /// When it was made, as a clock here shows it.
    made_at: String,
    /// The span is not over.
    is_partial: bool,
    total: Tally,
    providers: Vec<Line>,
    models: Vec<Line>,
    days: Vec<(Day, Tally)>,
    currency: Option<Currency>,
}

/// One line of a table.
struct Line {
    name: String,
    tally: Tally,
}

impl Engine {
    /// A page of HTML with what was spent in these days.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_statement(&self, filter: SpendFilter) -> Result<String, EngineError> {
        let names = self.provider_names().await?;
        let provider_name = |id: &str| names.of(id);
        let now = self.clock.now();
        let total = self.store.spend_total(filter.clone()).await?;
        let providers = self
            .store
            .spend_groups(filter.clone(), SpendBy::Provider)
            .await?;
        let models = self
            .store
            .spend_groups(filter.clone(), SpendBy::Model)
            .await?;
        let mut days = Vec::new();
        for known in self
            .store
            .spend_days(filter.clone(), SpendBy::Nothing)
            .await?
        {
            let of_day = SpendFilter {
                from: known.day,
                to: known.day,
                ..filter.clone()
            };
            let tally = self.store.spend_total(of_day).await?;
            if tally.attempts > 0 {
                days.push((known.day, tally));
            }
        }
        Ok(page(&Statement {
            title: title(filter.from, filter.to),
            from: filter.from,
            to: filter.to,
            only: only(&filter, provider_name),
            made_at: here(now).strftime("%Y-%m-%d %H:%M %Z").to_string(),
            is_partial: today(now) <= filter.to,
            total,
            providers: lines(providers, |key| provider_name(key)),
            models: lines(models, |key| model_name_among(key, provider_name)),
            days,
            currency: self.spend_currency().await?,
        }))
    }
}

fn lines(groups: Vec<patchbay_store::GroupSum>, name: impl Fn(&str) -> String) -> Vec<Line> {
    let line = |group: patchbay_store::GroupSum| Line {
        name: name(&group.key),
        tally: group.tally,
    };
    groups.into_iter().map(line).collect()
}

/// Such as "Spend in November 2026"; for other days their dates.
fn title(from: Day, to: Day) -> String {
    if from == from.first_of_month() && to == from.last_of_month() {
        format!("Spend in {}", from.date().strftime("%B %Y"))
    } else if from == to {
        format!("Spend on {from}")
    } else {
        format!("Spend from {from} to {to}")
    }
}

fn only(filter: &SpendFilter, provider_name: impl Fn(&str) -> String) -> Vec<String> {
    let mut only = Vec::new();
    if let Some(provider) = &filter.provider {
        only.push(format!("through {}", provider_name(provider.as_str())));
    }
    if let Some(model) = filter.model_key.as_deref().map(model_name) {
        only.push(format!("of {model}"));
    }
    if let Some(model) = &filter.model {
        only.push(format!("of {model}"));
    }
    if let Some(origin) = filter.origin {
        only.push(format!("from {}", origin.as_str()));
    }
    if let Some(purpose) = filter.purpose {
        only.push(format!("for {}", purpose.as_str()));
    }
    if let Some(app) = &filter.app {
        only.push(format!("by the app {app}"));
    }
    if filter.conversation.is_some() {
        only.push("in one chat".to_owned());
    }
    if filter.key_id.is_some() {
        only.push("with one key".to_owned());
    }
    if let Some(kind) = filter.cost_kind {
        only.push(format!("with a cost that is {}", kind.as_str()));
    }
    only
}

/// A part of all in percent, with one decimal; empty where there is no whole.
fn percent(part: NanoUsd, whole: NanoUsd) -> String {
    if whole.0 <= 0 {
        return String::new();
    }
    let tenths = (i128::from(part.0) * 1_000 + i128::from(whole.0) / 2) / i128::from(whole.0);
    format!("{}.{} %", tenths / 10, tenths.rem_euclid(10))
}

#[cfg(test)]
mod tests;
