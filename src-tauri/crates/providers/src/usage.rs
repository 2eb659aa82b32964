//! What the usage objects of several families have in common.

use patchbay_domain::NanoUsd;
use patchbay_domain::price::ServiceTier;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decimal::shifted_dollars;
use crate::lenient::Count;
use crate::openai_chat::ReportedCost;

/// The largest usage object that is worth keeping with every attempt, in bytes.
pub(crate) const LONGEST_RAW: usize = 16 * 1024;

/// A count that is missing adds nothing.
pub(crate) fn count(count: Option<Count>) -> u64 {
    count.map_or(0, |count| count.0)
}

/// The tokens of an answer without its thinking, which is inside the output of most and beside that of
/// some (xAI, and gateways that translate from such): the total tells.
pub(crate) fn visible_output(input: u64, output: u64, reasoning: u64, total: Option<Count>) -> u64 {
    let beside = input.saturating_add(output).saturating_add(reasoning);
    if reasoning > 0 && total.is_some_and(|total| total.0 == beside) {
        return output;
    }
    output.checked_sub(reasoning).unwrap_or(output)
}

/// The tier of service that a word of OpenAI's, or of those who copied it, names. `auto` is what was
/// asked for, not what was given.
pub(crate) fn service_tier(word: &str) -> Option<ServiceTier> {
    match word.trim().to_ascii_lowercase().as_str() {
        "default" | "standard" | "on_demand" => Some(ServiceTier::Standard),
        "flex" => Some(ServiceTier::Flex),
        "priority" | "fast" => Some(ServiceTier::Priority),
        "batch" => Some(ServiceTier::Batch),
        _ => None,
    }
}

/// What a usage object says of money.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost<'a> {
    /// OpenRouter: a number of dollars. Perplexity: an object with a total.
    pub(crate) cost: Option<&'a RawValue>,
    /// What the cost consists of.
    pub(crate) details: Option<&'a RawValue>,
    /// OpenRouter: the model's own price was paid with the person's own key elsewhere.
    pub(crate) is_byok: bool,
    /// xAI: in units of which ten thousand million are a dollar.
    pub(crate) usd_ticks: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CostObject<'a> {
    #[serde(borrow)]
    total_cost: Option<&'a RawValue>,
    #[serde(borrow)]
    upstream_inference_cost: Option<&'a RawValue>,
}

impl Cost<'_> {
    /// What was charged, where the provider is known to say so.
    pub(crate) fn reported(self, meaning: ReportedCost) -> Option<NanoUsd> {
        match meaning {
            ReportedCost::Ignored => None,
            ReportedCost::Dollars => self.in_dollars(),
            ReportedCost::DollarsOrUnknown => self.in_dollars().filter(|cost| cost.0 > 0),
            ReportedCost::UsdTicks => amount(self.usd_ticks?, -10),
        }
    }

    fn in_dollars(self) -> Option<NanoUsd> {
        let cost = self.cost?;
        let charged = amount(cost, 0).or_else(|| {
            let object: CostObject<'_> = serde_json::from_str(cost.get()).ok()?;
            amount(object.total_cost?, 0)
        })?;
        if !self.is_byok {
            return Some(charged);
        }
        // The charge is then the gateway's fee alone; what the host took comes on top, if it is known.
        let details: CostObject<'_> = serde_json::from_str(self.details?.get()).ok()?;
        let upstream = amount(details.upstream_inference_cost?, 0)?;
        Some(NanoUsd(charged.0.saturating_add(upstream.0)))
    }
}

/// An amount in units of `10^power` dollars as it is written, never through floating point. Nobody is
/// charged less than nothing.
fn amount(raw: &RawValue, power: i32) -> Option<NanoUsd> {
    shifted_dollars(raw.get().trim_matches('"'), power).filter(|amount| amount.0 >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_is_what_was_given_and_not_what_was_wished() {
        for (word, expected) in [
            ("default", Some(ServiceTier::Standard)),
            ("on_demand", Some(ServiceTier::Standard)),
            (" Flex ", Some(ServiceTier::Flex)),
            ("priority", Some(ServiceTier::Priority)),
            ("fast", Some(ServiceTier::Priority)),
            ("batch", Some(ServiceTier::Batch)),
            ("auto", None),
            ("", None),
        ] {
            assert_eq!(service_tier(word), expected, "{word}");
        }
    }

    #[test]
    fn thinking_is_inside_the_output_unless_the_total_says_otherwise() {
        for (reasoning, total, expected) in [
            (30, Some(Count(110)), 70),
            (30, Some(Count(140)), 100),
            (30, None, 70),
            (300, None, 100),
            (0, Some(Count(110)), 100),
        ] {
            assert_eq!(visible_output(10, 100, reasoning, total), expected);
        }
        assert_eq!(visible_output(u64::MAX, u64::MAX, u64::MAX, None), 0);
    }

    #[test]
    fn a_cost_counts_where_its_unit_is_known() {
        let raw = |text: &'static str| serde_json::from_str::<&RawValue>(text).ok();
        let cost = Cost {
            cost: raw("0.0000123456789"),
            usd_ticks: raw("37756000"),
            ..Cost::default()
        };
        assert_eq!(cost.reported(ReportedCost::Ignored), None);
        assert_eq!(cost.reported(ReportedCost::Dollars), Some(NanoUsd(12_346)));
        assert_eq!(
            cost.reported(ReportedCost::UsdTicks),
            Some(NanoUsd(3_775_600))
        );
        let total = Cost {
            cost: raw(r#"{"total_cost":"0.01"}"#),
            ..Cost::default()
        };
        let zero = Cost {
            cost: raw("0.0"),
            ..Cost::default()
        };
        assert_eq!(zero.reported(ReportedCost::Dollars), Some(NanoUsd(0)));
        assert_eq!(zero.reported(ReportedCost::DollarsOrUnknown), None);
        let ten_million = Some(NanoUsd(10_000_000));
        assert_eq!(total.reported(ReportedCost::Dollars), ten_million);
        let negative = Cost {
            cost: raw("-1"),
            ..Cost::default()
        };
        assert_eq!(negative.reported(ReportedCost::Dollars), None);
    }

    #[test]
    fn what_was_paid_with_an_own_key_elsewhere_comes_on_top_of_the_fee() {
        let raw = |text: &'static str| serde_json::from_str::<&RawValue>(text).ok();
        let unknown = Cost {
            cost: raw("0.01"),
            is_byok: true,
            ..Cost::default()
        };
        assert_eq!(unknown.reported(ReportedCost::Dollars), None);
        let known = Cost {
            details: raw(r#"{"upstream_inference_cost":0.2}"#),
            ..unknown
        };
        assert_eq!(
            known.reported(ReportedCost::Dollars),
            Some(NanoUsd(210_000_000))
        );
    }
}
