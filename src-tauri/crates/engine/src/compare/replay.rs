//! One's own past on another model: real questions asked there, the old answers beside the new ones,
//! and what the last days would have cost.

use patchbay_domain::compare::{Column, Definition, Judging, Prompt};
use patchbay_domain::message::title_from;
use patchbay_domain::route::{Need, Target};
use patchbay_domain::{ChatRequest, Cost, NanoUsd, Parameters, UnixMillis};

use super::names::short;
use crate::{Engine, EngineError};

/// The most questions that are taken.
const MOST_QUESTIONS: u32 = 200;

/// The longest time that is priced anew, in days.
const MOST_DAYS: u32 = 366;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// The past on another model.
#[derive(Clone, Debug)]
pub struct Replay {
    /// A comparison of the old answers with new ones, to be kept and run.
    pub definition: Definition,
    /// How many questions there were, at most as many as were asked for.
    pub found: u32,
    /// What the answers of these days cost.
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
    /// Takes the newest real questions, and prices the last days anew on another model.
    ///
    /// # Errors
    /// There is no question with a whole answer yet, the numbers are out of range, or the database
    /// cannot be read.
    pub async fn replay(
        &self,
        target: Target,
        count: u32,
        days: u32,
    ) -> Result<Replay, EngineError> {
        if !(1..=MOST_QUESTIONS).contains(&count) {
            let sentence = format!("Between 1 and {MOST_QUESTIONS} questions can be taken.");
            return Err(EngineError::input(
                "count",
                sentence,
                "Twenty are a good start.",
            ));
        }
        if !(1..=MOST_DAYS).contains(&days) {
            let sentence = format!("Between 1 and {MOST_DAYS} days can be priced.");
            return Err(EngineError::input("days", sentence, "Thirty are usual."));
        }
        let questions = self.store.past_questions(count).await?;
        if questions.is_empty() {
            let sentence = "History holds no question with a whole answer yet.";
            return Err(EngineError::input(
                "count",
                sentence,
                "Chat a little first.",
            ));
        }
        let name = self.target_name(Some(&target)).await?;
        let found = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        let column = |target: Option<Target>, label: &str| Column {
            label: label.to_owned(),
            target,
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        let definition = Definition {
            name: format!("My past on {}", short(&name)),
            columns: vec![column(None, "As it was"), column(Some(target.clone()), "")],
            prompts: questions
                .into_iter()
                .map(|question| Prompt::Past {
                    conversation: question.conversation,
                    question: question.question,
                    title: title_from(&question.text),
                })
                .collect(),
            rows: Vec::new(),
            repeats: 1,
            parallel: 4,
            ceiling: None,
            checks: Vec::new(),
            tag: None,
            judging: Judging::default(),
        };
        let since = self
            .clock
            .now()
            .0
            .saturating_sub(i64::from(days) * DAY_MILLIS);
        self.priced_anew(definition, found, &target, UnixMillis(since))
            .await
    }

    async fn priced_anew(
        &self,
        definition: Definition,
        found: u32,
        target: &Target,
        since: UnixMillis,
    ) -> Result<Replay, EngineError> {
        let known = self.known_ways().await?;
        let need = Need::of(&ChatRequest::default());
        let planned = self.plan_for(target.clone(), &need).await?;
        let price = planned
            .steps
            .first()
            .and_then(|step| known.ways.get(&step.endpoint))
            .and_then(|way| way.price.clone());
        let attempts = self.store.answered_in_chats(since).await?;
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
            found,
            spent: Cost::sum(attempts.iter().map(|attempt| attempt.cost)),
            spent_on_priced: Cost::sum(counted.map(|attempt| attempt.cost)),
            there: there.map(NanoUsd),
            priced: u32::try_from(priced).unwrap_or(u32::MAX),
            unpriced: u32::try_from(attempts.len() - priced).unwrap_or(u32::MAX),
        })
    }
}
