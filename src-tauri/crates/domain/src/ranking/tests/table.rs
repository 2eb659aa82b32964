//! Single rules of the table, each with votes written out.

use super::super::votes::Votes;
use super::super::*;
use super::{Generator, vote};
use crate::money::NanoUsd;

fn repeated(models: &[&str], verdict: Verdict, count: usize) -> Vec<Ballot> {
    (0..count)
        .map(|number| vote(&format!("{models:?} {verdict:?} {number}"), models, verdict))
        .collect()
}

fn table(ballots: &[Ballot]) -> Standings {
    Standings::of(ballots, &Filter::default())
}

fn by(mut ballot: Ballot, voter: Voter) -> Ballot {
    ballot.voter = voter;
    ballot
}

fn judge(model: &str) -> Voter {
    Voter::Judge(model.to_owned())
}

#[test]
fn nothing_is_said_without_votes() {
    let standings = table(&[]);
    assert_eq!(standings.best_first().len(), 0);
    assert_eq!((standings.votes(), standings.components()), (0, 0));
    assert_eq!(standings.get("a"), None);
    let impossible = [
        vote("1", &["a", "b"], Verdict::Best(2)),
        vote("2", &["a"], Verdict::Best(0)),
        vote("3", &["a", "a"], Verdict::Best(0)),
    ];
    assert_eq!(table(&impossible).votes(), 0);
}

#[test]
fn no_score_before_six_subjects() {
    let standings = table(&repeated(&["a", "b"], Verdict::Best(0), 5));
    let model = standings.get("a").unwrap();
    assert_eq!(
        (model.score, model.rank, model.is_settled),
        (None, None, false)
    );
    assert_eq!(model.record.wins, 5);
    assert_eq!(standings.difference("a", "b"), None);
    let standings = table(&repeated(&["a", "b"], Verdict::Best(0), 6));
    assert!(standings.get("a").unwrap().score.is_some());
}

/// What the documentation of the fit says of the prior.
#[test]
fn who_won_everything_has_a_finite_score_and_a_wide_interval() {
    let difference = |ballots: &[Ballot]| table(ballots).difference("a", "b").unwrap();
    let six = difference(&repeated(&["a", "b"], Verdict::Best(0), 6));
    assert_eq!(six.points.round(), 505.0);
    assert!(!six.is_settled() && six.interval.1 - six.points > six.points);
    let twelve = difference(&repeated(&["a", "b"], Verdict::Best(0), 12));
    assert!(twelve.points > six.points && twelve.is_better());

    let mut seven_to_three = repeated(&["a", "b"], Verdict::Best(0), 7);
    seven_to_three.extend(repeated(&["a", "b"], Verdict::Best(1), 3));
    assert_eq!(difference(&seven_to_three).points.round(), 139.0);
}

#[test]
fn ten_ties_are_not_yet_equality() {
    let standings = table(&repeated(&["a", "b"], Verdict::Tie, 10));
    let (low, high) = standings.difference("a", "b").unwrap().interval;
    assert!(low < -60.0 && high > 60.0, "{low} {high}");
    assert_eq!(standings.get("a").unwrap().rank, Some(1));
    assert_eq!(standings.get("b").unwrap().rank, Some(1));
}

#[test]
fn models_that_no_votes_join_are_not_ranked_against_each_other() {
    let mut ballots = repeated(&["a", "b"], Verdict::Best(0), 40);
    ballots.extend(repeated(&["c", "d"], Verdict::Best(1), 20));
    let standings = table(&ballots);
    assert_eq!(standings.components(), 2);
    assert_eq!(standings.difference("a", "c"), None);
    let order: Vec<(&str, usize, Option<usize>)> = standings
        .best_first()
        .map(|one| (one.model.as_str(), one.component, one.rank))
        .collect();
    let expected = [
        ("a", 0, Some(1)),
        ("b", 0, Some(2)),
        ("d", 1, Some(1)),
        ("c", 1, Some(2)),
    ];
    assert_eq!(order, expected);

    // The best of three beats the other two and says nothing of them, but joins them.
    ballots.push(vote("all", &["a", "c", "b"], Verdict::Best(0)));
    let standings = table(&ballots);
    assert_eq!(standings.components(), 1);
    assert!(standings.difference("a", "d").is_some());
    assert_eq!(standings.record("b", "c"), Record::default());
}

/// All that a ballot gives away is one vote, however many columns it had.
#[test]
fn eight_columns_are_one_vote() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for columns in 2..=8 {
        for verdict in [Verdict::Best(1), Verdict::Tie, Verdict::AllBad] {
            let ballots = [vote("1", &all[..columns], verdict)];
            let wins = Votes::of(&ballots).wins();
            let given: f64 = (0..columns).flat_map(|row| wins.row(row)).sum();
            assert!(
                (given - 1.0).abs() < 1e-12,
                "{columns} columns, {verdict:?}: {given}"
            );
        }
    }
    // Of three columns two are of one model: what they would win of each other is nobody's.
    let ballots = [vote("1", &["a", "a", "b"], Verdict::Best(0))];
    assert_eq!(Votes::of(&ballots).wins().row(0), [0.0, 0.5]);
}

/// Votes of many columns hold more than votes of two, but not as much as the pairs they make.
#[test]
fn pairs_of_one_ballot_do_not_make_it_seven_times_as_sure() {
    let strengths = [0.0; 8];
    let as_cast = Generator(1).ballots(&strengths, 140, 8, 0.0);
    let taken_apart: Vec<Ballot> = as_cast
        .iter()
        .flat_map(|ballot| {
            let Verdict::Best(best) = ballot.verdict else {
                unreachable!()
            };
            let name = |index: usize| ballot.candidates[index].model.clone();
            let pair = move |other| {
                let subject = format!("{} {other}", ballot.subject);
                vote(&subject, &[&name(best), &name(other)], Verdict::Best(0))
            };
            (0..8).filter(move |other| *other != best).map(pair)
        })
        .collect();
    let margin = |ballots: &[Ballot]| table(ballots).get("m0").unwrap().score.unwrap().margin();
    let ratio = margin(&as_cast) / margin(&taken_apart);
    assert!((1.5..3.0).contains(&ratio), "{ratio}");
}

#[test]
fn two_columns_of_one_model_do_not_make_it_stronger() {
    let mut generator = Generator(7);
    let mut ballots = Vec::new();
    for subject in 0..3_000 {
        // Two to one: all three columns are equally good.
        let best = usize::try_from(generator.next() % 3).unwrap();
        ballots.push(vote(
            &subject.to_string(),
            &["a", "a", "b"],
            Verdict::Best(best),
        ));
    }
    let difference = table(&ballots).difference("a", "b").unwrap();
    assert!(!difference.is_settled(), "{difference:?}");
    assert_eq!(table(&ballots).record("a", "b").votes(), 3_000);
}

#[test]
fn a_person_and_judges_are_never_counted_together() {
    let mut ballots = repeated(&["a", "b"], Verdict::Best(0), 8);
    let by_judges: Vec<Ballot> = ballots
        .iter()
        .flat_map(|ballot| {
            let mut other = by(ballot.clone(), judge("j"));
            other.verdict = Verdict::Best(1);
            [other, by(ballot.clone(), judge("k"))]
        })
        .collect();
    ballots.extend(by_judges);
    let wins = |voters: Voters| {
        let filter = Filter {
            voters,
            ..Filter::default()
        };
        let standings = Standings::of(&ballots, &filter);
        let model = standings.get("a").unwrap();
        (model.record.wins, model.record.losses, model.subjects)
    };
    assert_eq!(wins(Voters::Me), (8, 0, 8));
    assert_eq!(wins(Voters::Judge("j".to_owned())), (0, 8, 8));
    assert_eq!(wins(Voters::Judges), (8, 8, 8));
}

#[test]
fn five_judges_of_one_subject_are_worth_one() {
    let one = repeated(&["a", "b"], Verdict::Best(0), 9)
        .into_iter()
        .chain(repeated(&["a", "b"], Verdict::Best(1), 3));
    let one: Vec<Ballot> = one.map(|ballot| by(ballot, judge("0"))).collect();
    let five: Vec<Ballot> = one
        .iter()
        .flat_map(|ballot| (0..5).map(|number| by(ballot.clone(), judge(&number.to_string()))))
        .collect();
    let filter = Filter {
        voters: Voters::Judges,
        ..Filter::default()
    };
    let width = |ballots: &[Ballot]| {
        let difference = Standings::of(ballots, &filter)
            .difference("a", "b")
            .unwrap();
        difference.interval.1 - difference.interval.0
    };
    let ratio = width(&five) / width(&one);
    // The prior weighs less against five times the votes.
    assert!((0.95..1.15).contains(&ratio), "{ratio}");
}

#[test]
fn only_the_tag_and_only_blind_votes() {
    let mut ballots = repeated(&["a", "b"], Verdict::Best(0), 6);
    ballots[0].tag = Some("code".to_owned());
    ballots[1].tag = Some("prose".to_owned());
    ballots[1].is_blind = false;
    let votes = |tag: Option<&str>, blind_only| {
        let tag = tag.map(str::to_owned);
        let filter = Filter {
            voters: Voters::Me,
            tag,
            blind_only,
        };
        Standings::of(&ballots, &filter).votes()
    };
    assert_eq!(votes(None, false), 6);
    assert_eq!(votes(Some("code"), false), 1);
    assert_eq!(votes(None, true), 5);
    assert_eq!(votes(Some("prose"), true), 0);
}

#[test]
fn price_and_speed_of_a_model_are_medians_of_what_is_known() {
    let mut ballots = repeated(&["a", "b"], Verdict::Best(0), 6);
    for (ballot, cost) in ballots.iter_mut().zip([5, 1, 4]) {
        ballot.candidates[0].cost = Some(NanoUsd(cost));
        ballot.candidates[0].first_token_millis = Some(u64::try_from(cost).unwrap() * 100);
        ballot.candidates[1].tokens_per_second = Some(40.0);
    }
    let standings = table(&ballots);
    let (a, b) = (standings.get("a").unwrap(), standings.get("b").unwrap());
    assert_eq!(a.median_cost, Some(NanoUsd(4)));
    assert_eq!(a.median_first_token_millis, Some(400.0));
    assert_eq!(
        (b.median_cost, b.median_tokens_per_second),
        (None, Some(40.0))
    );
    let names = |against| -> Vec<&str> {
        let found = standings.frontier(against);
        found.iter().map(|one| one.model.as_str()).collect()
    };
    assert_eq!(names(Against::Cost), ["a"]);
    assert_eq!(names(Against::Speed), ["b"]);
}

#[test]
fn a_judge_is_held_against_the_person() {
    let verdicts = [
        (Verdict::Best(0), Verdict::Best(0)),
        (Verdict::Best(0), Verdict::Best(0)),
        (Verdict::Best(1), Verdict::Best(0)),
        (Verdict::Tie, Verdict::Tie),
        (Verdict::Best(1), Verdict::Tie),
        (Verdict::AllBad, Verdict::Best(1)),
    ];
    let mut ballots = Vec::new();
    for (number, (own, theirs)) in verdicts.into_iter().enumerate() {
        let subject = number.to_string();
        ballots.push(vote(&subject, &["a", "b"], own));
        ballots.push(by(vote(&subject, &["a", "b"], theirs), judge("j")));
    }
    // Nobody else voted on these, or on other answers.
    ballots.push(by(vote("alone", &["a", "b"], Verdict::Tie), judge("j")));
    ballots.push(vote("other", &["a", "b"], Verdict::Best(0)));
    ballots.push(by(vote("other", &["a", "c"], Verdict::Best(0)), judge("j")));
    let found = agreements(&ballots);
    assert_eq!(found.len(), 1);
    let found = &found[0];
    assert_eq!(found.same, Proportion { hits: 3, trials: 6 });
    assert_eq!(found.opposed, 1);
    // By chance: a 2 x 3, b 2 x 1, tie 1 x 2, all bad 1 x 0, of 36.
    let expected = 10.0 / 36.0;
    let kappa = (0.5 - expected) / (1.0 - expected);
    assert!((found.kappa.unwrap() - kappa).abs() < 1e-12);
    assert_eq!(agreement(&ballots, "nobody"), None);
}

/// Values of published tables of Wilson's interval.
#[test]
fn shares_have_the_intervals_of_the_tables() {
    for (hits, trials, low, high) in [
        (0, 10, 0.0, 0.2775),
        (7, 10, 0.3968, 0.8922),
        (50, 100, 0.4038, 0.5962),
    ] {
        let interval = Proportion { hits, trials }.interval().unwrap();
        assert!(
            (interval.0 - low).abs() < 1e-4 && (interval.1 - high).abs() < 1e-4,
            "{interval:?}"
        );
    }
    assert_eq!(Proportion::default().interval(), None);
}

#[test]
fn ballots_are_kept_as_plain_words() {
    let ballot = by(vote("s", &["a", "b"], Verdict::Best(1)), judge("j"));
    let text = serde_json::to_value(&ballot).unwrap();
    assert_eq!(
        text["verdict"],
        serde_json::json!({ "verdict": "best", "index": 1 })
    );
    assert_eq!(
        text["voter"],
        serde_json::json!({ "voter": "judge", "model": "j" })
    );
    assert_eq!(serde_json::from_value::<Ballot>(text).unwrap(), ballot);
}
