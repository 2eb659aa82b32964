//! How far a judge decides as the person does.

use std::collections::{BTreeSet, HashMap};

use super::ballot::{Ballot, Verdict, Voter};
use super::proportion::Proportion;

/// A judge against the person, over the subjects about which both voted.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The key of the judge's model.
    pub judge: String,
    /// Subjects with the same verdict, among those about which both voted.
    pub same: Proportion,
    /// Subjects about which both named a best, and not the same one. The rest is where one of them
    /// saw a tie or only bad answers.
    pub opposed: usize,
    /// Cohen's kappa: how much more often they agree than two who decide as often for each model and
    /// as often for none, but by chance; 1 is always, 0 no more often. `None` where chance alone would
    /// always agree.
    pub kappa: Option<f64>,
}

/// What a verdict stands for beyond its own ballot: an index means another model elsewhere. Two columns
/// of one model are told apart by their order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Choice<'a> {
    Model(&'a str, usize),
    Tie,
    AllBad,
}

/// One judge against the person; `None` without a subject about which both voted. Of several votes of
/// one voter about one subject the last counts. A subject whose candidates differ between the two
/// ballots is left out.
pub fn agreement<'a>(
    ballots: impl IntoIterator<Item = &'a Ballot>,
    judge: &str,
) -> Option<Agreement> {
    let mut own: HashMap<&str, &Ballot> = HashMap::new();
    let mut theirs: HashMap<&str, &Ballot> = HashMap::new();
    for ballot in ballots.into_iter().filter(|ballot| ballot.is_valid()) {
        match &ballot.voter {
            Voter::Me => own.insert(&ballot.subject, ballot),
            Voter::Judge(model) if model == judge => theirs.insert(&ballot.subject, ballot),
            Voter::Judge(_) => None,
        };
    }
    let both: Vec<(Choice<'_>, Choice<'_>)> = own
        .iter()
        .filter_map(|(subject, own)| {
            let theirs = theirs.get(subject)?;
            has_same_candidates(own, theirs).then(|| (choice(own), choice(theirs)))
        })
        .collect();
    let trials = both.len();
    let hits = both.iter().filter(|(own, theirs)| own == theirs).count();
    let is_opposed = |(own, theirs): &&(Choice<'_>, Choice<'_>)| {
        own != theirs && matches!((own, theirs), (Choice::Model(..), Choice::Model(..)))
    };
    let same = Proportion { hits, trials };
    Some(Agreement {
        judge: judge.to_owned(),
        kappa: kappa(same.share()?, &both),
        same,
        opposed: both.iter().filter(is_opposed).count(),
    })
}

/// Every judge against the person, by the keys of their models.
pub fn agreements(ballots: &[Ballot]) -> Vec<Agreement> {
    let judges: BTreeSet<&str> = ballots
        .iter()
        .filter_map(|ballot| match &ballot.voter {
            Voter::Judge(model) => Some(model.as_str()),
            Voter::Me => None,
        })
        .collect();
    judges
        .into_iter()
        .filter_map(|judge| agreement(ballots, judge))
        .collect()
}

fn has_same_candidates(left: &Ballot, right: &Ballot) -> bool {
    let models = |ballot: &Ballot| -> Vec<String> {
        let candidates = ballot.candidates.iter();
        candidates
            .map(|candidate| candidate.model.clone())
            .collect()
    };
    models(left) == models(right)
}

fn choice(ballot: &Ballot) -> Choice<'_> {
    match ballot.verdict {
        Verdict::Tie => Choice::Tie,
        Verdict::AllBad => Choice::AllBad,
        Verdict::Best(index) => {
            let model = ballot.candidates[index].model.as_str();
            let earlier = ballot.candidates[..index].iter();
            Choice::Model(model, earlier.filter(|other| other.model == model).count())
        }
    }
}

fn kappa(observed: f64, both: &[(Choice<'_>, Choice<'_>)]) -> Option<f64> {
    let mut counts: HashMap<Choice<'_>, (usize, usize)> = HashMap::new();
    for (own, theirs) in both {
        counts.entry(*own).or_default().0 += 1;
        counts.entry(*theirs).or_default().1 += 1;
    }
    // A sum of whole numbers, so that it does not depend on the order of a map.
    let by_chance: usize = counts.values().map(|(own, theirs)| own * theirs).sum();
    let pairs = both.len() * both.len();
    let expected = by_chance as f64 / pairs as f64;
    (by_chance < pairs).then(|| (observed - expected) / (1.0 - expected))
}
