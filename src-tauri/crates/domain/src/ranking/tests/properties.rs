//! What has to be so for any votes.

use proptest::prelude::*;

use super::super::*;
use super::vote;

const MODELS: usize = 6;

fn name(model: usize) -> String {
    format!("m{model}")
}

/// A vote about some of the models, also about one twice.
fn any_vote() -> impl Strategy<Value = (Vec<usize>, Verdict)> {
    prop::collection::vec(0..MODELS, 2..5).prop_flat_map(|models| {
        let count = models.len();
        let verdict = prop_oneof![
            6 => (0..count).prop_map(Verdict::Best),
            2 => Just(Verdict::Tie),
            1 => Just(Verdict::AllBad),
        ];
        (Just(models), verdict)
    })
}

fn ballots(votes: &[(Vec<usize>, Verdict)]) -> Vec<Ballot> {
    votes
        .iter()
        .enumerate()
        .map(|(subject, (models, verdict))| {
            let models: Vec<String> = models.iter().copied().map(name).collect();
            let models: Vec<&str> = models.iter().map(String::as_str).collect();
            vote(&subject.to_string(), &models, *verdict)
        })
        .collect()
}

fn any_ballots() -> impl Strategy<Value = Vec<Ballot>> {
    prop::collection::vec(any_vote(), 1..60).prop_map(|votes| ballots(&votes))
}

fn table(ballots: &[Ballot]) -> Standings {
    Standings::of(ballots, &Filter::default())
}

fn points(standings: &Standings, model: &str) -> Option<f64> {
    Some(standings.get(model)?.score?.points)
}

fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-6
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_order_of_votes_changes_nothing(ballots in any_ballots(), turn in 0_usize..60) {
        let mut turned = ballots.clone();
        turned.rotate_left(turn % ballots.len());
        turned.reverse();
        let (one, other) = (table(&ballots), table(&turned));
        for (left, right) in one.best_first().zip(other.best_first()) {
            prop_assert_eq!(left.record, right.record);
            if let Some(score) = left.score {
                let same = points(&other, &left.model).unwrap();
                prop_assert!(is_near(score.points, same));
            }
        }
    }

    #[test]
    fn the_order_of_columns_changes_nothing(ballots in any_ballots()) {
        let turned: Vec<Ballot> = ballots
            .iter()
            .cloned()
            .map(|mut ballot| {
                let last = ballot.candidates.len() - 1;
                ballot.candidates.reverse();
                if let Verdict::Best(index) = ballot.verdict {
                    ballot.verdict = Verdict::Best(last - index);
                }
                ballot
            })
            .collect();
        let (one, other) = (table(&ballots), table(&turned));
        for standing in one.best_first() {
            let same = other.get(&standing.model).unwrap();
            prop_assert_eq!(standing.record, same.record);
            match (standing.score, same.score) {
                (Some(left), Some(right)) => {
                    prop_assert!(is_near(left.points, right.points));
                    prop_assert!(is_near(left.margin(), right.margin()));
                }
                (left, right) => prop_assert_eq!(left, right),
            }
        }
    }

    #[test]
    fn a_win_more_never_lowers(ballots in any_ballots(), winner in 0..MODELS, loser in 0..MODELS) {
        prop_assume!(winner != loser);
        let before = table(&ballots);
        let mut more = ballots;
        more.push(vote("one more", &[&name(winner), &name(loser)], Verdict::Best(0)));
        let after = table(&more);
        // A vote that joins two groups moves the mean of both.
        prop_assume!(after.components() == before.components());
        let moved = |model: String| Some((points(&before, &model)?, points(&after, &model)?));
        if let Some((before, after)) = moved(name(winner)) {
            prop_assert!(after > before - 1e-6, "{before} to {after}");
        }
        if let Some((before, after)) = moved(name(loser)) {
            prop_assert!(after < before + 1e-6, "{before} to {after}");
        }
    }

    #[test]
    fn scores_are_about_a_thousand_and_finite(ballots in any_ballots()) {
        let standings = table(&ballots);
        for component in 0..standings.components() {
            let members: Vec<&Standing> = standings
                .best_first()
                .filter(|standing| standing.component == component)
                .collect();
            prop_assert!(members.len() >= 2);
            let scores: Vec<Score> = members.iter().filter_map(|one| one.score).collect();
            for score in &scores {
                prop_assert!(score.points.is_finite() && score.margin().is_finite());
                prop_assert!(score.margin() > 0.0);
            }
            if scores.len() == members.len() {
                let sum: f64 = scores.iter().map(|score| score.points).sum();
                prop_assert!(is_near(sum / scores.len() as f64, 1000.0));
            }
        }
    }

    #[test]
    fn records_add_up(ballots in any_ballots()) {
        let standings = table(&ballots);
        for left in standings.best_first() {
            prop_assert!(left.record.votes() <= standings.votes());
            prop_assert!(left.subjects <= left.record.votes());
            for right in standings.best_first() {
                let record = standings.record(&left.model, &right.model);
                prop_assert_eq!(record.reversed(), standings.record(&right.model, &left.model));
                prop_assert!(record.wins <= left.record.wins);
                prop_assert!(record.ties <= left.record.ties);
                prop_assert!(record.losses <= left.record.losses);
            }
        }
    }

    #[test]
    fn ranks_follow_from_differences(ballots in any_ballots()) {
        let standings = table(&ballots);
        for standing in standings.best_first() {
            let others: Vec<Difference> = standings
                .best_first()
                .filter_map(|other| standings.difference(&other.model, &standing.model))
                .collect();
            let better = others.iter().filter(|other| other.is_better()).count();
            prop_assert_eq!(standing.rank, standing.score.map(|_| better + 1));
            if standing.is_settled {
                prop_assert!(others.iter().all(|other| other.is_settled()));
            }
            for other in standings.best_first() {
                let there = standings.difference(&standing.model, &other.model);
                let back = standings.difference(&other.model, &standing.model);
                prop_assert_eq!(there.is_some(), back.is_some());
                if let (Some(there), Some(back)) = (there, back) {
                    prop_assert!(is_near(there.points, -back.points));
                    prop_assert!(is_near(there.interval.0, -back.interval.1));
                }
            }
        }
    }

    #[test]
    fn nothing_beats_what_is_on_the_frontier(values in prop::collection::vec((0_i32..12, 0_i32..12), 0..30)) {
        let points: Vec<Point> = values
            .iter()
            .map(|&(gain, burden)| Point { gain: f64::from(gain), burden: f64::from(burden) })
            .collect();
        let beats = |left: &Point, right: &Point| {
            left.gain >= right.gain && left.burden <= right.burden && left != right
        };
        let found = frontier(&points);
        for (index, point) in points.iter().enumerate() {
            let is_beaten = points.iter().any(|other| beats(other, point));
            prop_assert_eq!(found.contains(&index), !is_beaten);
        }
        prop_assert!(found.windows(2).all(|pair| points[pair[0]].burden <= points[pair[1]].burden));
    }

    #[test]
    fn a_share_lies_within_its_interval(hits in 0_usize..200, more in 0_usize..200) {
        let proportion = Proportion { hits, trials: hits + more };
        if let (Some(share), Some((low, high))) = (proportion.share(), proportion.interval()) {
            prop_assert!(0.0 <= low && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1.0);
            prop_assert!(high - low > 0.0);
        }
    }
}
