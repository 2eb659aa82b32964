//! Judges: models that say which answer is best. Each sees the answers under letters, in both orders,
//! because many prefer what they read first.
//!
//! Long because asking, both orders and what follows from them are one use case.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use patchbay_domain::compare::{Judging, MAX_JUDGES};
use patchbay_domain::content::ChatMessage;
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::{Need, Target};
use patchbay_domain::run::Outcome;
use patchbay_domain::{ChatRequest, Cost, Message, NanoUsd, Role, RoundId, RunId};
use patchbay_store::RunOrigin;
use tokio_util::sync::CancellationToken;

use super::ballots::{Ballot, VoteVerdict, Voter};
use super::cells::{CellDetail, CellState};
use super::judges::JudgingProgress;
use super::lettered::{MATERIAL, shown};
use super::prepare::answer;
use super::verdict::read_verdict;
use crate::chat::{Errand, Launch, first_attempt, new_run};
use crate::{Engine, EngineError, clock};

/// What judges look at where the person says nothing else.
const USUAL_RUBRIC: &str = "Judge by whether the answer is right, whether it does what the request \
    asks, whether it is complete, and whether it is clear. Length alone is no merit.";

/// Cases whose texts are read for an estimate; of more, these stand for all.
const ESTIMATED_CASES: usize = 20;

/// What judging would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeEstimate {
    /// Requests in all.
    pub requests: u32,
    /// `None` where a price is not known.
    pub cost: Option<NanoUsd>,
}

/// One verdict that is wanted.
#[derive(Clone)]
pub(super) struct Wanted {
    judge: Target,
    voter: String,
    case: u32,
    repeat: u32,
}

impl Engine {
    /// What judging would cost: both orders, for each judge and case.
    ///
    /// # Errors
    /// The round is gone, there is no judge, or the database cannot be read.
    pub async fn estimate_judging(
        &self,
        round: RoundId,
        only: Option<(u32, u32)>,
        judging: &Judging,
    ) -> Result<JudgeEstimate, EngineError> {
        let wanted = self.wanted(round, only, judging).await?;
        let mut sum = Some(0_i64);
        let mut counted = 0_i64;
        for one in wanted.iter().take(ESTIMATED_CASES) {
            let request = self
                .judge_request(round, one, &judging.rubric, false)
                .await?;
            let planned = self
                .plan_for(one.judge.clone(), &Need::of(&request.0))
                .await?;
            let step = planned.steps.first();
            let cost = step
                .and_then(|step| step.estimate)
                .map(|estimate| estimate.likely);
            sum = sum.zip(cost).map(|(sum, cost)| sum.saturating_add(cost.0));
            counted += 1;
        }
        let verdicts = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
        let scaled = sum.map(|sum| {
            let all = i128::from(sum) * 2 * i128::from(verdicts) / i128::from(counted.max(1));
            NanoUsd(i64::try_from(all).unwrap_or(i64::MAX))
        });
        Ok(JudgeEstimate {
            requests: u32::try_from(wanted.len().saturating_mul(2)).unwrap_or(u32::MAX),
            cost: scaled,
        })
    }

    /// Asks the judges about one case, or about all that have no verdict of theirs yet. Returns when
    /// they are at work.
    ///
    /// # Errors
    /// There is nothing to judge, there is no judge, they are at work already, or the database cannot
    /// be written.
    pub async fn start_judging(
        self: &Arc<Self>,
        round: RoundId,
        only: Option<(u32, u32)>,
        judging: Judging,
    ) -> Result<(), EngineError> {
        let wanted = self.wanted(round, only, &judging).await?;
        if wanted.is_empty() {
            let sentence =
                "There is nothing to judge: no prompt has two answers without a verdict.";
            return Err(EngineError::input(
                "judging",
                sentence,
                "Run the comparison first.",
            ));
        }
        self.keep_judging(round, &judging).await?;
        self.send_judges(round, wanted, judging.rubric)
    }

    /// Asks again for the verdicts that did not come about when the judges were last at work, and for no
    /// others.
    ///
    /// # Errors
    /// There is none since Patchbay was opened, or the judges are at work already.
    pub fn judge_again(self: &Arc<Self>, round: RoundId) -> Result<(), EngineError> {
        let (wanted, rubric) = self.judges.lost(round).ok_or_else(|| {
            let sentence = "No verdict is missing since Patchbay was opened.";
            EngineError::input("judging", sentence, "Choose judges, and ask them.")
        })?;
        self.send_judges(round, wanted, rubric)
    }

    fn send_judges(
        self: &Arc<Self>,
        round: RoundId,
        wanted: Vec<Wanted>,
        rubric: String,
    ) -> Result<(), EngineError> {
        let stop = self.shutdown.child_token();
        let total = u32::try_from(wanted.len().saturating_mul(2)).unwrap_or(u32::MAX);
        if !self.judges.begin(round, total, &rubric, &stop) {
            return Err(EngineError::Busy("The judges are at work already."));
        }
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            engine.judge_all(round, wanted, &rubric, &stop).await;
            engine
                .judges
                .note(round, |progress| progress.is_running = false);
            engine.store.tell_round(round);
        });
        Ok(())
    }

    /// Asks no further judge. What was asked is waited for.
    pub fn stop_judging(&self, round: RoundId) {
        self.judges.stop(round);
    }

    /// How far the judges of a round are, or were.
    pub fn judging_progress(&self, round: RoundId) -> Option<JudgingProgress> {
        self.judges.progress(round)
    }

    /// The judges are a part of how the comparison is set up.
    async fn keep_judging(&self, round: RoundId, judging: &Judging) -> Result<(), EngineError> {
        let record = self.round_record(round).await?;
        let comparison = self.comparison(record.comparison).await?;
        if comparison.definition.judging == *judging {
            return Ok(());
        }
        let mut definition = comparison.definition;
        definition.judging = judging.clone();
        self.save_comparison(Some(comparison.id), definition)
            .await?;
        Ok(())
    }

    async fn wanted(
        &self,
        round: RoundId,
        only: Option<(u32, u32)>,
        judging: &Judging,
    ) -> Result<Vec<Wanted>, EngineError> {
        if judging.judges.is_empty() || judging.judges.len() > MAX_JUDGES {
            let sentence = format!("A panel has 1 to {MAX_JUDGES} judges.");
            return Err(EngineError::input("judging", sentence, "Choose a model."));
        }
        let cells = self.cell_details(round).await?;
        let votes = self.votes(Some(round)).await?;
        let mut wanted = Vec::new();
        for judge in &judging.judges {
            let voter = self.judge_key(judge).await?;
            for (case, repeat) in judgeable(&cells) {
                let is_wanted = match only {
                    Some(only) => only == (case, repeat),
                    None => !votes.iter().any(|vote| {
                        vote.voter.word() == voter && (vote.case, vote.repeat) == (case, repeat)
                    }),
                };
                if is_wanted {
                    wanted.push(Wanted {
                        judge: judge.clone(),
                        voter: voter.clone(),
                        case,
                        repeat,
                    });
                }
            }
        }
        Ok(wanted)
    }

    /// The name under which a judge's votes are kept.
    async fn judge_key(&self, judge: &Target) -> Result<String, EngineError> {
        Ok(match judge {
            Target::Model { key } => key.clone(),
            Target::Endpoint { endpoint } => {
                let known = self.known_ways().await?;
                let way = known.ways.get(endpoint);
                way.map_or_else(|| endpoint.model.clone(), |way| way.model_key.clone())
            }
            Target::Route { .. } => self.target_name(Some(judge)).await?,
        })
    }

    async fn judge_all(
        &self,
        round: RoundId,
        wanted: Vec<Wanted>,
        rubric: &str,
        stop: &CancellationToken,
    ) {
        // One after the other for each judge, the judges of a panel beside each other.
        let mut panel: Vec<(Target, Vec<Wanted>)> = Vec::new();
        for one in wanted {
            match panel.iter_mut().find(|(judge, _)| *judge == one.judge) {
                Some((_, all)) => all.push(one),
                None => panel.push((one.judge.clone(), vec![one])),
            }
        }
        let judges: FuturesUnordered<_> = panel
            .into_iter()
            .map(|(_, wanted)| async move {
                for one in wanted {
                    if stop.is_cancelled() {
                        return;
                    }
                    if let Err(problem) = self.judge_one(round, &one, rubric).await {
                        self.judges.lose(round, one, problem);
                    }
                    self.store.tell_round(round);
                }
            })
            .collect();
        judges.collect::<Vec<()>>().await;
    }

    /// One verdict: both orders, and a vote. An error is a sentence for people.
    async fn judge_one(&self, round: RoundId, one: &Wanted, rubric: &str) -> Result<(), String> {
        let said = |error: EngineError| format!("{error}.");
        let mut verdicts = Vec::new();
        let mut runs = Vec::new();
        let mut reasons = Vec::new();
        let mut costs = Vec::new();
        for is_reversed in [false, true] {
            let (request, columns) = self
                .judge_request(round, one, rubric, is_reversed)
                .await
                .map_err(said)?;
            let asked = self.ask_judge(&one.judge, request).await;
            self.judges.note(round, |progress| progress.done += 1);
            let (run, text, cost) = asked.map_err(said)?;
            runs.push(run);
            costs.push(cost);
            let (verdict, reason) = read_verdict(&text, &columns)
                .ok_or_else(|| format!("{} gave no verdict that can be read.", one.voter))?;
            verdicts.push(verdict);
            reasons.push(reason);
        }
        let orders_agree = verdicts.first() == verdicts.get(1);
        let verdict = if orders_agree {
            verdicts.first().copied().unwrap_or(VoteVerdict::Tie)
        } else {
            // Whoever says otherwise when the order changes prefers neither.
            VoteVerdict::Tie
        };
        let note = if orders_agree {
            reasons.into_iter().next().unwrap_or_default()
        } else {
            reasons.join("\n\nIn the other order: ")
        };
        let record = self.round_record(round).await.map_err(said)?;
        let place = (one.case, one.repeat);
        let ballot = self
            .ballot(&record.definition, round, place, verdict, None)
            .await
            .map_err(said)?;
        let ballot = Ballot {
            note,
            is_blind: true,
            orders_agree: Some(orders_agree),
            runs,
            cost: Some(Cost::sum(costs)),
            ..ballot
        };
        let voter = Voter::Judge(one.voter.clone());
        self.keep_vote(round, place, &voter, &ballot)
            .await
            .map_err(said)
    }

    /// What a judge is asked, and the columns in the order of the letters.
    async fn judge_request(
        &self,
        round: RoundId,
        one: &Wanted,
        rubric: &str,
        is_reversed: bool,
    ) -> Result<(ChatRequest, Vec<u32>), EngineError> {
        let case = self.case_answers(round, one.case, one.repeat).await?;
        let mut answers: Vec<(u32, &Message)> = case
            .answers
            .iter()
            .filter(|(_, message)| !message.text.trim().is_empty())
            .map(|(column, message)| (*column, message))
            .collect();
        if is_reversed {
            answers.reverse();
        }
        let texts: Vec<&str> = answers
            .iter()
            .map(|(_, message)| message.text.as_str())
            .collect();
        let rubric = if rubric.trim().is_empty() {
            USUAL_RUBRIC
        } else {
            rubric.trim()
        };
        let number = clock::jitter_seed();
        let text = format!(
            "{}\n{rubric}\n\nThink it through in a few sentences, then end with one line of JSON and \
             nothing after it:\n{{\"best\": \"A\", \"reason\": \"one sentence\"}}\nwhere best is the \
             letter of the best answer, \"tie\" where none is better than the others, or \"none\" \
             where all are bad.",
            shown(&case.prompt, &texts, number)
        );
        let system = format!("You compare answers to the same request and are fair. {MATERIAL}");
        let request = ChatRequest {
            messages: vec![
                ChatMessage::text(Role::System, system),
                ChatMessage::text(Role::User, text),
            ],
            ..ChatRequest::default()
        };
        Ok((request, answers.iter().map(|(column, _)| *column).collect()))
    }

    /// One question that belongs to no conversation.
    async fn ask_judge(
        &self,
        judge: &Target,
        request: ChatRequest,
    ) -> Result<(RunId, String, Cost), EngineError> {
        let run = clock::run_id();
        let resolved = self
            .resolve(
                judge.clone(),
                &request,
                Errand::new(RunOrigin::Compare, Purpose::Judge),
            )
            .await?;
        let started_at = self.clock.now();
        let first = first_attempt(run, &resolved, started_at);
        self.store
            .begin_lone_run(new_run(run, &resolved, started_at), first.clone())
            .await?;
        let nowhere = clock::conversation_id();
        let launched = self.launch(Launch {
            run,
            answer: answer(nowhere, clock::message_id(), run, started_at),
            has_message: false,
            request,
            resolved,
            first,
            sink: None,
        });
        let finished = launched
            .await
            .ok()
            .flatten()
            .ok_or(EngineError::Cancelled)?;
        match finished.outcome {
            Outcome::Answered { .. } => {
                let cost = Cost::sum(finished.attempts.iter().map(|attempt| attempt.cost));
                Ok((run, finished.text, cost))
            }
            Outcome::Failed { failure } => {
                let name = finished
                    .attempts
                    .last()
                    .map_or("The judge", |attempt| attempt.provider_name.as_str());
                Err(EngineError::provider(name, failure))
            }
            Outcome::Stopped | Outcome::Interrupted => Err(EngineError::Cancelled),
        }
    }
}

/// Cases with at least two answers.
fn judgeable(cells: &[CellDetail]) -> Vec<(u32, u32)> {
    let mut counts: Vec<((u32, u32), usize)> = Vec::new();
    for cell in cells {
        if cell.state != CellState::Answered || cell.length == 0 {
            continue;
        }
        let place = (cell.key.case, cell.key.repeat);
        match counts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, count)) => *count += 1,
            None => counts.push((place, 1)),
        }
    }
    let enough = counts.into_iter().filter(|(_, count)| *count >= 2);
    enough.map(|(place, _)| place).collect()
}
