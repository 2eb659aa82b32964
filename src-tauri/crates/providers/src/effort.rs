//! How much to think, in the words that a model knows. Shared by families: the words differ, how the
//! nearest one is found does not.

use patchbay_domain::content::ReasoningEffort;

use crate::openai_chat::EffortWords;

/// All words for how much to think, the least first; `xhigh` stands between `high` and `max`.
const SCALE: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Which of the words for how much to think are known; one bit each, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffortSet(u8);

impl EffortSet {
    /// `low`, `high`.
    pub(crate) const LOW_AND_HIGH: Self = Self(0b001_0100);
    /// `low`, `medium`, `high`.
    pub(crate) const LOW_TO_HIGH: Self = Self(0b001_1100);
    /// `low`, `medium`, `high`, `max`.
    pub(crate) const LOW_TO_MAX: Self = Self(0b101_1100);
    /// `minimal`, `low`, `medium`, `high`.
    pub(crate) const MINIMAL_TO_HIGH: Self = Self(0b001_1110);

    /// The words of a preset.
    pub fn of(words: EffortWords) -> Self {
        match words {
            EffortWords::LowToHigh => Self::LOW_TO_HIGH,
            EffortWords::NoneToHigh => Self(0b001_1101),
            EffortWords::NoneToXhigh => Self(0b011_1111),
            EffortWords::NoneToMax => Self(0b101_1111),
            EffortWords::LowHighMax => Self(0b101_0100),
            EffortWords::HighMax => Self(0b101_0000),
        }
    }

    /// The words between quotation marks in a refusal that lists them; `None` where it lists none.
    pub(crate) fn listed(text: &str) -> Option<Self> {
        let is_mark = |character| matches!(character, '\'' | '"' | '`');
        let found = text
            .split(is_mark)
            .skip(1)
            .step_by(2)
            .filter_map(|word| SCALE.iter().position(|effort| *effort == word))
            .fold(0, |found, place| found | 1 << place);
        (found != 0).then_some(Self(found))
    }

    /// The nearest word there is; of two that are equally near, the one for more. A wish to think is
    /// never turned into one not to.
    pub fn word(self, effort: ReasoningEffort) -> &'static str {
        let wanted = SCALE.iter().position(|word| *word == effort.as_str());
        let wanted = wanted.unwrap_or_default();
        let is_known = |(place, word): &(usize, &&str)| {
            self.0 & (1 << place) != 0 && (**word != "none" || effort == ReasoningEffort::None)
        };
        let known = SCALE.iter().enumerate().filter(is_known);
        let nearest = known.min_by_key(|(place, _)| (place.abs_diff(wanted), *place < wanted));
        nearest.map_or("medium", |(_, word)| *word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(set: EffortSet) -> Vec<&'static str> {
        let efforts = ReasoningEffort::ALL.iter();
        efforts.map(|effort| set.word(*effort)).collect()
    }

    #[test]
    fn every_effort_is_a_word_of_the_scale() {
        for effort in ReasoningEffort::ALL {
            assert!(SCALE.contains(&effort.as_str()), "{effort:?}");
            assert_eq!(EffortSet(0x7f).word(*effort), effort.as_str());
        }
    }

    #[test]
    fn a_missing_word_becomes_the_nearest_one() {
        use EffortWords::*;
        for (set, expected) in [
            (
                EffortSet::of(LowToHigh),
                ["low", "low", "low", "medium", "high", "high"],
            ),
            (
                EffortSet::of(NoneToHigh),
                ["none", "low", "low", "medium", "high", "high"],
            ),
            (
                EffortSet::of(NoneToXhigh),
                ["none", "minimal", "low", "medium", "high", "xhigh"],
            ),
            (
                EffortSet::of(NoneToMax),
                ["none", "minimal", "low", "medium", "high", "max"],
            ),
            (
                EffortSet::of(LowHighMax),
                ["low", "low", "low", "high", "high", "max"],
            ),
            (
                EffortSet::of(HighMax),
                ["high", "high", "high", "high", "high", "max"],
            ),
            (
                EffortSet::LOW_AND_HIGH,
                ["low", "low", "low", "high", "high", "high"],
            ),
            (
                EffortSet::LOW_TO_MAX,
                ["low", "low", "low", "medium", "high", "max"],
            ),
            (
                EffortSet::MINIMAL_TO_HIGH,
                ["minimal", "minimal", "low", "medium", "high", "high"],
            ),
        ] {
            assert_eq!(words(set), expected, "{set:?}");
        }
    }

    #[test]
    fn the_words_that_a_refusal_lists_are_the_words_there_are() {
        let listed = EffortSet::listed;
        let text = " are: 'low', 'medium', and 'high'. (reasoning.effort)";
        assert_eq!(listed(text), Some(EffortSet::LOW_TO_HIGH));
        assert_eq!(listed("none that are known: 'much', low"), None);
        let odd = listed("\"none\" and \"high\"").unwrap();
        assert_eq!(odd.word(ReasoningEffort::None), "none");
        assert_eq!(
            odd.word(ReasoningEffort::Minimal),
            "high",
            "a wish to think"
        );
    }
}
