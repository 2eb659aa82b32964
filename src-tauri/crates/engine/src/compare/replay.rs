//! One's own past on another model: real questions asked there, the old answers beside the new ones,
//! and what that time would have cost: before asking by the old tokens, after it by the new answers.

use std::collections::BTreeMap;

use patchbay_domain::compare::{Column, Definition, Judging, Pick, Prompt, Sample, draw};
use patchbay_domain::message::title_from;
use patchbay_domain::route::{Need, Target};
use patchbay_domain::statistics::total;
use patchbay_domain::{ChatRequest, Cost, NanoUsd, Parameters, RoundId};

use super::cells::{CellState, RoundDetail};
use super::names::short;
use crate::{Engine, EngineError, clock};

/// The most questions that are taken.
const MOST_QUESTIONS: u32 = 200;

/// The longest time that is priced anew, in days.
const MOST_DAYS: u32 = 366;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Which questions are wanted.
#[derive(Clone, Debug)]
pub struct ReplayWish {
    /// The other model.
    pub target: Target,
    /// How many questions, 1 to 200.
    pub count: u32,
    /// Of how many of the last days, 1 to 366; `None` for all of history.
    pub days: Option<u32>,
    /// How they are taken.
    pub pick: PickWish,
}

/// How questions are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickWish {
    /// The newest.
    Newest,
    /// Each with the same chance.
    Random {
        /// Drawn where there is none.
        seed: Option<u32>,
    },
}

/// The past on another model.
#[derive(Clone, Debug)]
pub struct Replay {
    /// A comparison of the old answers with new ones, to be kept and run.
    pub definition: Definition,
    /// Which questions were taken, and out of how many.
    pub sample: Sample,
    /// What the answers of this time cost.
    pub spent: Cost,
    /// What the same tokens cost on the other model; `None` where its price is not known.
    pub there: Option<NanoUsd>,
    /// Answers whose tokens were counted: only these are in `there`.
    pub priced: u32,
    /// What exactly these cost, where that is known of each.
    pub spent_on_priced: Cost,
    /// Answers whose tokens nobody counted.
    pub unpriced: u32,
}

impl Engine {
    /// Takes real questions from history, and prices their time anew on another model.
    ///
    /// # Errors
    /// There is no question with a whole answer in that time, the numbers are out of range, or the
    /// database cannot be read.
    pub async fn replay(&self, wish: ReplayWish) -> Result<Replay, EngineError> {
        let ReplayWish {
            target,
            count,
            days,
            pick,
        } = wish;
        if !(1..=MOST_QUESTIONS).contains(&count) {
            let sentence = format!("Between 1 and {MOST_QUESTIONS} questions can be taken.");
            return Err(EngineError::input(
                "count",
                sentence,
                "Twenty are a good start.",
            ));
        }
        if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            let sentence = format!("Between 1 and {MOST_DAYS} days can be priced.");
            return Err(EngineError::input("days", sentence, "Thirty are usual."));
        }
        let (sample, prompts) = self.taken(count, days, pick).await?;
        let name = self.target_name(Some(&target)).await?;
        let column = |target: Option<Target>, label: &str| Column {
            label: label.to_owned(),
            target,
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        let definition = Definition {
            name: format!("My past on {}", short(&name)),
            columns: vec![column(None, "As it was"), column(Some(target.clone()), "")],
            prompts,
            rows: Vec::new(),
            repeats: 1,
            parallel: 4,
            ceiling: None,
            checks: Vec::new(),
            tag: None,
            judging: Judging::default(),
            sample: Some(sample),
        };
        self.priced_anew(definition, sample, &target).await
    }

    /// The questions that are asked again.
    async fn taken(
        &self,
        count: u32,
        days: Option<u32>,
        pick: PickWish,
    ) -> Result<(Sample, Vec<Prompt>), EngineError> {
        let until = self.clock.now();
        let since = days.map(|days| {
            let reach = i64::from(days) * DAY_MILLIS;
            patchbay_domain::UnixMillis(until.0.saturating_sub(reach))
        });
        let mut questions = self.store.past_questions(since, until).await?;
        if questions.is_empty() {
            return Err(if since.is_some() {
                EngineError::input(
                    "days",
                    "These days hold no question with a whole answer.",
                    "Take more of them.",
                )
            } else {
                EngineError::input(
                    "count",
                    "History holds no question with a whole answer yet.",
                    "Chat a little first.",
                )
            });
        }
        let out_of = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let pick = match pick {
            PickWish::Newest => {
                questions.truncate(count);
                Pick::Newest
            }
            PickWish::Random { seed } => {
                let seed = seed.unwrap_or_else(clock::sample_seed);
                questions = draw(count, questions.len(), seed)
                    .into_iter()
                    .filter_map(|place| questions.get(place).copied())
                    .collect();
                Pick::Random { seed }
            }
        };
        let ids = questions.iter().map(|question| question.question);
        let texts = self.store.message_texts(ids.collect()).await?;
        let sample = Sample {
            pick,
            since,
            until,
            taken: u32::try_from(questions.len()).unwrap_or(u32::MAX),
            out_of,
        };
        let prompts = questions.iter().zip(&texts);
        let prompts = prompts.map(|(question, text)| Prompt::Past {
            conversation: question.conversation,
            question: question.question,
            title: title_from(text),
        });
        Ok((sample, prompts.collect()))
    }

    async fn priced_anew(
        &self,
        definition: Definition,
        sample: Sample,
        target: &Target,
    ) -> Result<Replay, EngineError> {
        let known = self.known_ways().await?;
        let need = Need::of(&ChatRequest::default());
        let planned = self.plan_for(target.clone(), &need).await?;
        let price = planned
            .steps
            .first()
            .and_then(|step| known.ways.get(&step.endpoint))
            .and_then(|way| way.price.clone());
        let attempts = self
            .store
            .answered_in_chats(sample.since, sample.until)
            .await?;
        let counted = attempts.iter().filter(|attempt| attempt.usage.is_some());
        let there = price.and_then(|price| {
            attempts
                .iter()
                .filter_map(|attempt| Some((attempt, attempt.usage.as_ref()?)))
                .map(|(attempt, usage)| {
                    let tier = attempt
                        .service_tier
                        .unwrap_or(patchbay_domain::price::ServiceTier::Standard);
                    price.cost(usage, attempt.started_at, tier).amount
                })
                .try_fold(0_i64, |sum, one| Some(sum.saturating_add(one?.0)))
        });
        let priced = counted.clone().count();
        Ok(Replay {
            definition,
            sample,
            spent: Cost::sum(attempts.iter().map(|attempt| attempt.cost)),
            spent_on_priced: Cost::sum(counted.map(|attempt| attempt.cost)),
            there: there.map(NanoUsd),
            priced: u32::try_from(priced).unwrap_or(u32::MAX),
            unpriced: u32::try_from(attempts.len() - priced).unwrap_or(u32::MAX),
        })
    }

    /// What the time that a replay stands for would have cost, told from the answers that it got.
    ///
    /// # Errors
    /// The round is gone or is no replay, or the database cannot be read.
    pub async fn replay_outcome(&self, round: RoundId) -> Result<ReplayOutcome, EngineError> {
        let detail = self.round(round).await?;
        self.outcome_of(&detail)
            .await?
            .ok_or(EngineError::NotFound("The sample of this round"))
    }

    /// `None` for what is no replay, or no longer asks what was taken.
    pub(super) async fn outcome_of(
        &self,
        detail: &RoundDetail,
    ) -> Result<Option<ReplayOutcome>, EngineError> {
        let definition = &detail.record.definition;
        let Some(sample) = definition.sample_of_history() else {
            return Ok(None);
        };
        let attempts = self
            .store
            .answered_in_chats(sample.since, sample.until)
            .await?;
        let columns = definition.columns.iter().zip(&detail.columns).enumerate();
        Ok(Some(ReplayOutcome {
            sample,
            spent: Cost::sum(attempts.iter().map(|attempt| attempt.cost)),
            columns: columns
                .filter(|(_, (column, _))| column.target.is_some())
                .map(|(index, (_, column))| {
                    let index = u32::try_from(index).unwrap_or(u32::MAX);
                    told(detail, sample, index, column.name.clone())
                })
                .collect(),
        }))
    }
}

/// What the time that a replay stands for would have cost.
#[derive(Clone, Debug)]
pub struct ReplayOutcome {
    /// Which questions were taken.
    pub sample: Sample,
    /// What the answers of that time cost in chats.
    pub spent: Cost,
    /// Each column that asks somebody.
    pub columns: Vec<ReplayColumn>,
}

/// What that time would have cost in one column.
#[derive(Clone, Debug)]
pub struct ReplayColumn {
    /// Its place.
    pub column: u32,
    /// Its name.
    pub name: String,
    /// Questions that it answered and whose cost is known.
    pub questions: u32,
    /// Questions that it answered and whose cost is unknown; they are left out.
    pub unknown: u32,
    /// What the known ones cost; of a question that was asked several times, the mean.
    pub cost: Cost,
    /// What all questions of that time would have cost at the same mean; `None` without an answer.
    pub total: Option<NanoUsd>,
    /// Between which amounts that lies with 95 % confidence; `None` where the questions are no random
    /// sample or too few.
    pub interval: Option<(NanoUsd, NanoUsd)>,
}

fn told(detail: &RoundDetail, sample: Sample, column: u32, name: String) -> ReplayColumn {
    let mut costs: BTreeMap<u32, Vec<Cost>> = BTreeMap::new();
    for cell in &detail.cells {
        if cell.key.column == column && cell.state == CellState::Answered {
            costs.entry(cell.key.case).or_default().push(cell.cost);
        }
    }
    let answered = costs.len();
    let known: Vec<Cost> = costs
        .into_values()
        .map(mean)
        .filter(|cost| cost.amount.is_some())
        .collect();
    let amounts = known.iter().filter_map(|cost| cost.amount);
    let out_of = usize::try_from(sample.out_of).unwrap_or(usize::MAX);
    let whole = total(amounts.map(|amount| amount.0 as f64), out_of);
    let is_whole = known.len() >= out_of;
    let is_random = matches!(sample.pick, Pick::Random { .. });
    ReplayColumn {
        column,
        name,
        questions: u32::try_from(known.len()).unwrap_or(u32::MAX),
        unknown: u32::try_from(answered - known.len()).unwrap_or(u32::MAX),
        cost: Cost::sum(known),
        total: whole.map(|whole| rounded(whole.total)),
        interval: whole
            .and_then(|whole| whole.interval)
            .filter(|_| is_random || is_whole)
            .map(|(low, high)| (rounded(low), rounded(high))),
    }
}

/// What asking once costs.
fn mean(costs: Vec<Cost>) -> Cost {
    let times = i64::try_from(costs.len()).unwrap_or(i64::MAX).max(1);
    let sum = Cost::sum(costs);
    Cost {
        amount: sum.amount.map(|amount| NanoUsd(amount.0 / times)),
        ..sum
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float that is too large becomes the largest amount"
)]
fn rounded(nano: f64) -> NanoUsd {
    NanoUsd(nano.round() as i64)
}
