//! From votes to a table of models.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::ranking::{
    self, Agreement, Candidate, Filter, Standings, Verdict, agreements,
};
use patchbay_domain::route::{Policy, Route};
use patchbay_domain::{Cost, RoundId};
use patchbay_store::Change;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use super::ballots::{Vote, VoteVerdict, Voter};
use crate::{Engine, EngineError};

/// The models that were voted on.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// The table.
    pub standings: Standings,
    /// Every tag that any vote has, in order.
    pub tags: Vec<String>,
    /// Every judge that voted.
    pub judges: Vec<JudgeRecord>,
    /// The cables of the models, by key.
    pub colours: HashMap<String, u8>,
}

/// One judge.
#[derive(Clone, Debug)]
pub struct JudgeRecord {
    /// The key of its model.
    pub key: String,
    /// Its verdicts.
    pub votes: usize,
    /// How far it decides as the person does; `None` where they voted on nothing in common.
    pub agreement: Option<Agreement>,
    /// Verdicts that changed when the order of the answers did.
    pub disagrees_with_itself: usize,
    /// What its verdicts cost.
    pub cost: Cost,
}

/// What the person's votes say, for routes that go by it, until somebody votes again.
pub(crate) struct StandingsCache {
    by_tag: Mutex<HashMap<Option<String>, Arc<Standings>>>,
    changes: Mutex<broadcast::Receiver<Change>>,
}

impl StandingsCache {
    pub(crate) fn new(changes: broadcast::Receiver<Change>) -> Self {
        Self {
            by_tag: Mutex::default(),
            changes: Mutex::new(changes),
        }
    }

    fn get(&self, tag: &Option<String>) -> Option<Arc<Standings>> {
        let mut changes = crate::lock(&self.changes);
        let mut by_tag = crate::lock(&self.by_tag);
        loop {
            match changes.try_recv() {
                Ok(Change::Votes) | Err(TryRecvError::Lagged(_)) => by_tag.clear(),
                Ok(_) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        by_tag.get(tag).cloned()
    }
}

impl Engine {
    /// What the person's votes say about the models of a route, where the route goes by them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn standings_for(
        &self,
        route: &Route,
    ) -> Result<Option<Arc<Standings>>, EngineError> {
        if route.policy != Policy::MyBest {
            return Ok(None);
        }
        if let Some(standings) = self.standings.get(&route.best_for) {
            return Ok(Some(standings));
        }
        let votes = self.votes(None).await?;
        let ballots: Vec<ranking::Ballot> = votes.iter().filter_map(ballot).collect();
        let filter = Filter {
            tag: route.best_for.clone(),
            ..Filter::default()
        };
        let standings = Arc::new(Standings::of(&ballots, &filter));
        crate::lock(&self.standings.by_tag).insert(route.best_for.clone(), Arc::clone(&standings));
        Ok(Some(standings))
    }

    /// The ranking that these votes make.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn ranking(&self, filter: &Filter) -> Result<Ranking, EngineError> {
        let votes = self.votes(None).await?;
        let ballots: Vec<ranking::Ballot> = votes.iter().filter_map(ballot).collect();
        let mut tags: Vec<String> = ballots.iter().filter_map(|one| one.tag.clone()).collect();
        tags.sort();
        tags.dedup();
        let agreements = agreements(&ballots);
        let mut judges: Vec<JudgeRecord> = Vec::new();
        for vote in &votes {
            let Voter::Judge(key) = &vote.voter else {
                continue;
            };
            let index = judges.iter().position(|judge| judge.key == *key);
            let index = index.unwrap_or_else(|| {
                let of = agreements.iter().find(|agreement| agreement.judge == *key);
                judges.push(JudgeRecord {
                    key: key.clone(),
                    votes: 0,
                    agreement: of.cloned(),
                    disagrees_with_itself: 0,
                    cost: Cost::FREE,
                });
                judges.len() - 1
            });
            if let Some(judge) = judges.get_mut(index) {
                judge.votes += 1;
                judge.disagrees_with_itself += usize::from(vote.ballot.orders_agree == Some(false));
                judge.cost = Cost::sum([judge.cost, vote.ballot.cost.unwrap_or(Cost::UNKNOWN)]);
            }
        }
        Ok(Ranking {
            standings: Standings::of(&ballots, filter),
            tags,
            judges,
            colours: self.store.colours().await?,
        })
    }
}

/// A vote as the ranking counts it. One about an erased round is a subject of its own.
fn ballot(vote: &Vote) -> Option<ranking::Ballot> {
    let entries = &vote.ballot.entries;
    let place = |column: u32| entries.iter().position(|entry| entry.column == column);
    let round = vote.round.map_or_else(
        || format!("erased {}", vote.created_at.0),
        |round: RoundId| round.to_string(),
    );
    Some(ranking::Ballot {
        subject: format!("{round}/{}/{}", vote.case, vote.repeat),
        voter: match &vote.voter {
            Voter::Me => ranking::Voter::Me,
            Voter::Judge(key) => ranking::Voter::Judge(key.clone()),
        },
        candidates: entries
            .iter()
            .map(|entry| Candidate {
                model: entry.model.clone(),
                cost: entry.cost,
                first_token_millis: entry.first_token_millis,
                tokens_per_second: entry.tokens_per_second,
            })
            .collect(),
        verdict: match vote.ballot.verdict {
            VoteVerdict::Best { column } => Verdict::Best(place(column)?),
            VoteVerdict::Tie => Verdict::Tie,
            VoteVerdict::AllBad => Verdict::AllBad,
        },
        tag: vote.ballot.tag.clone(),
        is_blind: vote.ballot.is_blind,
    })
}
