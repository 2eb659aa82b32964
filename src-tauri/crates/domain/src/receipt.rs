//! The receipt: every attempt of a run, what it took and what it cost.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::id::{AttemptId, RunId};
use crate::model::Endpoint;
use crate::money::{Cost, CostKind, NanoUsd};
use crate::price::{PriceTag, ServiceTier};
use crate::rates::Rates;
use crate::route::DeclaredPolicy;
use crate::run::MadeBecause;
use crate::stream::FinishReason;
use crate::time::UnixMillis;
use crate::usage::{RawUsage, Usage};
use crate::words::word_enum;

word_enum! {
    /// How an attempt ended.
    pub enum AttemptStatus {
        /// It has not ended.
        Running = "running",
        /// It gave the whole answer.
        Answered = "answered",
        /// It failed.
        Failed = "failed",
        /// The person stopped it.
        Stopped = "stopped",
        /// Patchbay ended in the middle of it.
        Interrupted = "interrupted",
    }
}

word_enum! {
    /// What an answer is for.
    pub enum Purpose {
        /// A person or an app asked for it.
        Answer = "answer",
        /// It judges other answers.
        Judge = "judge",
        /// It makes one answer of several.
        Merge = "merge",
    }
}

/// What the maker's own list asks for the same tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrice {
    /// All of them together.
    pub amount: NanoUsd,
    /// Which list.
    pub tag: PriceTag,
}

/// Milliseconds from the start of the attempt to each mark, by the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// The provider accepted the request.
    pub opened: Option<u64>,
    /// The first token, of thinking or of the answer.
    pub first_token: Option<u64>,
    /// The end, whatever it was.
    pub ended: Option<u64>,
}

impl Timings {
    /// Answer tokens for each second after the first token; `None` where either is not known.
    pub fn tokens_per_second(&self, usage: Option<&Usage>) -> Option<f64> {
        let ended = self.ended?;
        let first = self.first_token?;
        // The first token marks the start of the interval, so it is not in it.
        let tokens = usage?.total_output().checked_sub(1)?;
        let millis = ended.checked_sub(first).filter(|millis| *millis > 0)?;
        Some(tokens as f64 * 1_000.0 / millis as f64)
    }
}

/// One request to one endpoint, as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The run it belongs to.
    pub run: RunId,
    /// 0 for the first attempt of its run.
    pub ordinal: u32,
    /// Who was asked for which model.
    pub endpoint: Endpoint,
    /// The provider's name at the time, so that a receipt outlives the provider's settings.
    pub provider_name: String,
    /// Which of the provider's keys was used, by its label; `None` where none is needed.
    pub key_label: Option<String>,
    /// The same key by its slot, which stays when the label is changed.
    #[serde(default)]
    pub key_id: Option<String>,
    /// When it began.
    pub started_at: UnixMillis,
    /// How long things took.
    pub timings: Timings,
    /// How it ended.
    pub status: AttemptStatus,
    /// Why it failed, where it did.
    pub failure: Option<Failure>,
    /// What the run did after the failure, in words for people.
    pub left_because: Option<String>,
    /// Why the model stopped, where it said so.
    pub finish_reason: Option<FinishReason>,
    /// The model that said it answered, where it said so.
    pub served_model: Option<String>,
    /// The host behind a gateway, where the gateway named it.
    pub served_by: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// Events that could not be read and were left out.
    pub malformed_events: u32,
    /// What a person should know about an answer that came, in sentences.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Tokens, where the provider counted them.
    pub usage: Option<Usage>,
    /// The usage object as it came.
    pub raw_usage: Option<RawUsage>,
    /// The rates it was priced with; a later price change does not rewrite them.
    pub rates: Option<Rates>,
    /// Which price list the rates stood on.
    pub price_tag: Option<PriceTag>,
    /// The tier of service that the provider said it gave.
    pub service_tier: Option<ServiceTier>,
    /// What the provider said it charged.
    pub reported_cost: Option<NanoUsd>,
    /// What it cost.
    pub cost: Cost,
    /// What it was held for before it was sent: the most that it could cost. `None` where no price is
    /// known.
    #[serde(default)]
    pub reserved: Option<NanoUsd>,
    /// What its tokens cost by the list of the model's maker.
    #[serde(default)]
    pub list: Option<ListPrice>,
    /// The canonical model.
    #[serde(default)]
    pub model_key: Option<String>,
    /// What it wrote of a half answer that a later attempt replaced or continued.
    pub replaced_text: Option<String>,
    /// Why it was made.
    #[serde(default = "first")]
    pub made_because: MadeBecause,
    /// Where it went on with the answer of an earlier attempt: how many characters come before.
    #[serde(default)]
    pub continues_at: Option<u64>,
    /// What the provider declared about keeping what it reads, at the time.
    #[serde(default)]
    pub data_policy: Option<DeclaredPolicy>,
}

/// Of the attempts from before routes there was one a run.
const fn first() -> MadeBecause {
    MadeBecause::First
}

impl Attempt {
    /// Whether the provider got to read the request: it was sent, and not turned away before.
    pub fn was_sent(&self) -> bool {
        if self.timings.opened.is_some() {
            return true;
        }
        match &self.failure {
            Some(failure) => failure.class.was_sent(),
            None => true,
        }
    }

    /// What its tokens cost at the rates that it was priced with, whatever its provider says.
    pub fn computed(&self) -> Option<NanoUsd> {
        self.rates.as_ref()?.price(self.usage.as_ref()?).amount
    }

    /// What caches saved it; see [`Rates::saved_by_caches`].
    pub fn saved_by_caches(&self) -> Option<NanoUsd> {
        self.rates.as_ref()?.saved_by_caches(self.usage.as_ref()?)
    }

    /// Answer tokens for each second after the first token; `None` where either is not known.
    pub fn tokens_per_second(&self) -> Option<f64> {
        self.timings.tokens_per_second(self.usage.as_ref())
    }
}

/// All attempts of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// In the order in which they were made.
    pub attempts: Vec<Attempt>,
}

impl Receipt {
    /// What the whole answer cost, failed attempts included.
    pub fn cost(&self) -> Cost {
        Cost::sum(self.attempts.iter().map(|attempt| attempt.cost))
    }

    /// The attempt that gave the answer, or the last one where none did.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts
            .iter()
            .find(|attempt| attempt.status == AttemptStatus::Answered)
            .or(self.attempts.last())
    }
}

/// What one attempt cost, from what is known about it.
///
/// The provider's own figure wins. An attempt that never reached a model is free; one that did, and
/// left no count, is unknown, not zero.
pub fn cost_of(
    rates: Option<&Rates>,
    usage: Option<&Usage>,
    reported: Option<NanoUsd>,
    status: AttemptStatus,
    failure: Option<&Failure>,
    received_anything: bool,
) -> Cost {
    if rates == Some(&Rates::FREE) {
        return Cost::FREE;
    }
    if let Some(amount) = reported {
        return Cost {
            amount: Some(amount),
            kind: CostKind::Reported,
        };
    }
    if let (Some(rates), Some(usage)) = (rates, usage) {
        let cost = rates.price(usage);
        let is_partial = status != AttemptStatus::Answered;
        return match cost.kind {
            CostKind::Computed if is_partial => Cost {
                kind: CostKind::Estimated,
                ..cost
            },
            _ => cost,
        };
    }
    let refused = failure.is_some_and(|failure| failure.class.costs_nothing());
    if status == AttemptStatus::Failed && refused && !received_anything {
        return Cost::FREE;
    }
    Cost::UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureClass;
    use crate::money::NanoUsdPerMTok;

    const USAGE: Usage = Usage {
        input: 1_000_000,
        ..Usage::ZERO
    };

    #[test]
    fn the_providers_own_figure_wins() {
        let rates = Rates {
            input: Some(NanoUsdPerMTok(5)),
            ..Rates::default()
        };
        let cost = cost_of(
            Some(&rates),
            Some(&USAGE),
            Some(NanoUsd(7)),
            AttemptStatus::Answered,
            None,
            true,
        );
        assert_eq!(
            cost,
            Cost {
                amount: Some(NanoUsd(7)),
                kind: CostKind::Reported
            }
        );
    }

    #[test]
    fn a_refused_attempt_is_free_and_a_cut_one_is_unknown() {
        let refused = Failure::new(FailureClass::RateLimited, "slow down");
        let cut = Failure::new(FailureClass::StreamCut, "cut");
        let cost = |failure, received| {
            cost_of(
                None,
                None,
                None,
                AttemptStatus::Failed,
                Some(failure),
                received,
            )
        };
        assert_eq!(cost(&refused, false), Cost::FREE);
        assert_eq!(cost(&refused, true), Cost::UNKNOWN);
        assert_eq!(cost(&cut, false), Cost::UNKNOWN);
    }

    #[test]
    fn the_local_model_is_free_even_when_it_was_killed() {
        let cost = cost_of(
            Some(&Rates::FREE),
            None,
            None,
            AttemptStatus::Interrupted,
            None,
            true,
        );
        assert_eq!(cost, Cost::FREE);
    }

    #[test]
    fn a_partial_answer_is_an_estimate() {
        let rates = Rates {
            input: Some(NanoUsdPerMTok(5)),
            ..Rates::default()
        };
        let cost = cost_of(
            Some(&rates),
            Some(&USAGE),
            None,
            AttemptStatus::Stopped,
            None,
            true,
        );
        assert_eq!(
            cost,
            Cost {
                amount: Some(NanoUsd(5)),
                kind: CostKind::Estimated
            }
        );
    }
}
