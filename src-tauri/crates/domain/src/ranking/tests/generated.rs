//! Votes by known strengths.

use super::super::*;

/// A small generator of numbers (SplitMix64): the same votes for the same seed.
pub(in super::super) struct Generator(pub(in super::super) u64);

impl Generator {
    pub(in super::super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1.
    pub(in super::super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).unwrap()
    }

    /// Strengths of models, in natural logarithms, some hundred points apart.
    pub(in super::super) fn strengths(&mut self, models: usize) -> Vec<f64> {
        (0..models).map(|_| 3.0 * (self.share() - 0.5)).collect()
    }

    /// Somebody who picks the best of some columns by Luce's rule, and in `ties` of the cases none.
    pub(in super::super) fn ballots(
        &mut self,
        strengths: &[f64],
        count: usize,
        columns: usize,
        ties: f64,
    ) -> Vec<Ballot> {
        (0..count)
            .map(|subject| {
                let mut models: Vec<usize> = (0..strengths.len()).collect();
                for place in 0..columns {
                    let other = place + self.below(models.len() - place);
                    models.swap(place, other);
                }
                models.truncate(columns);
                let verdict = if self.share() < ties {
                    Verdict::Tie
                } else {
                    Verdict::Best(self.pick(&models, strengths))
                };
                let names: Vec<String> = models.iter().map(|model| format!("m{model}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                vote(&subject.to_string(), &names, verdict)
            })
            .collect()
    }

    fn pick(&mut self, models: &[usize], strengths: &[f64]) -> usize {
        let odds = |model: &usize| strengths[*model].exp();
        let mut left = self.share() * models.iter().map(odds).sum::<f64>();
        for (index, model) in models.iter().enumerate() {
            left -= odds(model);
            if left < 0.0 {
                return index;
            }
        }
        models.len() - 1
    }
}

/// A vote of the person's, blind, without a tag.
pub(in super::super) fn vote(subject: &str, models: &[&str], verdict: Verdict) -> Ballot {
    Ballot {
        subject: subject.to_owned(),
        voter: Voter::Me,
        candidates: models
            .iter()
            .map(|model| Candidate {
                model: (*model).to_owned(),
                cost: None,
                first_token_millis: None,
                tokens_per_second: None,
            })
            .collect(),
        verdict,
        tag: None,
        is_blind: true,
    }
}
