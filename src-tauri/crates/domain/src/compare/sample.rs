//! Which of history's questions a comparison asks again, and how they were taken.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// How questions are taken from a span of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Pick {
    /// The newest. They say little about the rest of the span.
    Newest,
    /// Each with the same chance.
    Random {
        /// The same seed draws the same questions from the same history. 32 bits, so that every
        /// reader of JSON keeps it whole.
        seed: u32,
    },
}

/// What the questions of a comparison stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// How they were taken.
    pub pick: Pick,
    /// From questions since then; `None` for all of history.
    pub since: Option<UnixMillis>,
    /// To questions until then, this moment included.
    pub until: UnixMillis,
    /// How many were taken.
    pub taken: u32,
    /// How many questions with a whole answer the span held.
    pub out_of: u32,
}

/// Draws `count` of the numbers below `out_of`, each with the same chance and none twice, in the order
/// in which they were drawn: so the first of them are a random sample as well. All of them where there
/// are not more.
pub fn draw(count: usize, out_of: usize, seed: u32) -> Vec<usize> {
    let mut all: Vec<usize> = (0..out_of).collect();
    let mut state = u64::from(seed);
    let count = count.min(out_of);
    for place in 0..count {
        let left = u64::try_from(out_of - place).unwrap_or(1);
        // The bias of a remainder of 64 bits by a few thousand questions is below one in 10^15.
        let step = usize::try_from(mixed(&mut state) % left).unwrap_or(0);
        all.swap(place, place + step);
    }
    all.truncate(count);
    all
}

/// The next number of splitmix64, which is never to change: kept seeds draw with it.
fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_draws_the_same_for_ever_and_nothing_twice() {
        // Written out: a kept seed has to mean the same in every later version.
        assert_eq!(draw(5, 100, 7), [87, 34, 58, 70, 62]);
        assert_ne!(draw(5, 100, 8), draw(5, 100, 7));
        let drawn: BTreeSet<usize> = draw(60, 100, 1).into_iter().collect();
        assert_eq!(drawn.len(), 60);
        assert!(drawn.iter().all(|place| *place < 100));
        assert_eq!(draw(9, 3, 1).len(), 3);
        assert!(draw(9, 0, 1).is_empty());
    }

    #[test]
    fn every_question_has_the_same_chance_at_every_place() {
        let mut counts = [[0_u32; 3]; 10];
        for seed in 0..20_000 {
            for (place, drawn) in draw(3, 10, seed).into_iter().enumerate() {
                counts[drawn][place] += 1;
            }
        }
        // 2,000 expected, with a standard deviation of 42.
        for count in counts.iter().flatten() {
            assert!((1_780..=2_220).contains(count), "{counts:?}");
        }
    }
}
