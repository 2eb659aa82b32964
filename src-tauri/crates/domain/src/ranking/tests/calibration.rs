//! Whether intervals hold what they say, on votes whose truth is known.

use super::super::standings::points_a_strength;
use super::super::*;
use super::Generator;

const SETS: u64 = 400;

/// The share of all differences between models whose interval covers the true difference.
fn covered(models: usize, votes: usize, columns: usize, ties: f64) -> f64 {
    let (mut hits, mut trials) = (0, 0);
    for seed in 0..SETS {
        let mut generator = Generator(seed);
        let strengths = generator.strengths(models);
        let ballots = generator.ballots(&strengths, votes, columns, ties);
        let standings = Standings::of(&ballots, &Filter::default());
        for left in 0..models {
            for right in 0..left {
                let names = (format!("m{left}"), format!("m{right}"));
                let Some(difference) = standings.difference(&names.0, &names.1) else {
                    continue;
                };
                let truth = if ties == 0.0 {
                    strengths[left] - strengths[right]
                } else {
                    // A tie is half a win, so that ties draw the share of the two to the middle.
                    let decided = 1.0 / (1.0 + (strengths[right] - strengths[left]).exp());
                    let share = decided * (1.0 - ties) + ties / 2.0;
                    (share / (1.0 - share)).ln()
                };
                let truth = truth * points_a_strength();
                let (low, high) = difference.interval;
                hits += usize::from(low <= truth && truth <= high);
                trials += 1;
            }
        }
    }
    assert!(trials > 300, "{trials}");
    hits as f64 / trials as f64
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    for (models, votes, columns, ties) in [
        (2, 40, 2, 0.0),
        (2, 60, 2, 0.3),
        (4, 60, 2, 0.0),
        (4, 60, 3, 0.0),
        (5, 50, 5, 0.0),
    ] {
        let share = covered(models, votes, columns, ties);
        println!("{models} models, {votes} votes, {columns} columns, {ties}: {share}");
        assert!(
            (0.92..=0.98).contains(&share),
            "{models} models, {votes} votes of {columns} columns, {ties} ties: {share}"
        );
    }
}
