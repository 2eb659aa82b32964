//! Comparisons. Money is nano-dollars, times are milliseconds since 1970 UTC, durations milliseconds.
//!
//! Long because all that crosses about comparisons stands in one place.

use std::collections::BTreeMap;

use patchbay_domain as domain;
use serde::{Deserialize, Serialize};

use crate::receipts::FoundAttempt;
use crate::replies::{ConversationSummary, CostView, MessageView};
use crate::requests::ParametersView;
use crate::routing::TargetView;

wire! {
    /// One comparison.
    pub struct ComparisonReference {
        /// Which.
        pub comparison_id: String,
    }

    /// One round of a comparison.
    pub struct RoundReference {
        /// Which.
        pub round_id: String,
    }

    /// The answers to one prompt at one repeat.
    pub struct CaseReference {
        /// In which round.
        pub round_id: String,
        /// Which prompt; 0 for the first.
        pub case_index: u32,
        /// Which time; 0 for the first.
        pub repeat: u32,
    }

    /// One cell of a round.
    pub struct CellReference {
        /// In which round.
        pub round_id: String,
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// Whose answer.
        pub column: u32,
    }

    /// Who answers in one column, and how.
    pub struct ColumnView {
        /// The person's name for it; empty for that of the model.
        pub label: String,
        /// Whom it asks; `null` for the answers that history holds.
        pub target: Option<TargetView>,
        /// Standing instructions; empty for none.
        pub system_prompt: String,
        /// How to sample.
        pub parameters: ParametersView,
    }

    /// Who judges, and by what.
    pub struct JudgingView {
        /// The judges; several are a panel. At most 5.
        pub judges: Vec<TargetView>,
        /// What to look at; empty for the usual.
        pub rubric: String,
    }

    /// A comparison as a person sets it up.
    pub struct DefinitionView {
        /// Its name, at most 120 characters.
        pub name: String,
        /// Who answers; 1 to 8.
        pub columns: Vec<ColumnView>,
        /// What is asked; 1 to 1,000.
        pub prompts: Vec<PromptView>,
        /// Variables by name; every written prompt is asked with every row. Empty for none.
        pub rows: Vec<BTreeMap<String, String>>,
        /// How often each column answers each prompt; 1 to 50.
        pub repeats: u32,
        /// The most requests that go to one provider at once; 1 to 32.
        pub parallel: u32,
        /// A round is paused before it costs more than this: dollars as decimal text.
        pub ceiling: Option<String>,
        /// What is checked without asking a model; at most 20.
        pub checks: Vec<CheckView>,
        /// What it is about, as rankings know it.
        pub tag: Option<String>,
        /// Who judges.
        pub judging: JudgingView,
        /// How its questions were taken from history; `null` where they were chosen one by one.
        pub sample: Option<SampleView>,
    }

    /// Which of history's questions a comparison asks again.
    pub struct SampleView {
        /// The seed by which they were drawn; `null` for the newest.
        pub seed: Option<u32>,
        /// From questions since then; `null` for all of history.
        pub since: Option<i64>,
        /// To questions until then.
        pub until: i64,
        /// How many were taken.
        pub taken: u32,
        /// How many questions with a whole answer that time held.
        pub out_of: u32,
    }

    /// A comparison in the list.
    pub struct ComparisonSummary {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// When it was last saved or run.
        pub updated_at: i64,
        /// Its newest round.
        pub newest: Option<RoundSummary>,
    }

    /// A round in a list.
    pub struct RoundSummary {
        /// Its id.
        pub id: String,
        /// 1 for the first round of its comparison.
        pub ordinal: u32,
        /// `running`, `paused` or `done`.
        pub state: String,
        /// When it began.
        pub started_at: i64,
        /// Answers in all.
        pub cells: u32,
        /// Answers that are there.
        pub answered: u32,
    }

    /// One comparison with its rounds.
    pub struct ComparisonView {
        /// Its id.
        pub id: String,
        /// As it would be run next.
        pub definition: DefinitionView,
        /// When it was made.
        pub created_at: i64,
        /// When it was last saved or run.
        pub updated_at: i64,
        /// Every execution, oldest first.
        pub rounds: Vec<RoundSummary>,
    }

    /// A comparison to be kept.
    pub struct ComparisonSave {
        /// Which one to replace; `null` for a new one.
        pub comparison_id: Option<String>,
        /// As it is now.
        pub definition: DefinitionView,
    }

    /// A comparison to be priced before it runs.
    pub struct ComparisonDraft {
        /// As it is now.
        pub definition: DefinitionView,
    }

    /// What a round would cost, told before it begins. By the prompts, and answers of usual length or
    /// the longest that is allowed.
    pub struct ComparisonEstimate {
        /// Each column, in order.
        pub columns: Vec<ColumnEstimate>,
        /// All together; `null` where one of them is not known.
        pub total_nano_usd: Option<i64>,
        /// What is known of it.
        pub known_nano_usd: i64,
        /// Answers in all.
        pub cells: u32,
        /// Prompts with their variables filled in.
        pub cases: u32,
        /// The names of variables that stand in the texts.
        pub variables: Vec<String>,
    }

    /// What one column would cost.
    pub struct ColumnEstimate {
        /// Its name.
        pub name: String,
        /// The cable of its model.
        pub colour: u8,
        /// `null` where its price is not known.
        pub nano_usd: Option<i64>,
        /// Who would be asked first, such as `OpenAI`; `null` where there is nobody.
        pub first_way_in: Option<String>,
        /// Why nobody could be asked, in one sentence.
        pub problem: Option<String>,
    }

    /// A round as it stands, without the texts of its answers.
    pub struct RoundView {
        /// Its id.
        pub id: String,
        /// Of which comparison.
        pub comparison_id: String,
        /// 1 for the first round.
        pub ordinal: u32,
        /// As it was set up then.
        pub definition: DefinitionView,
        /// `running`, `paused` or `done`.
        pub state: String,
        /// Why it is paused: `asked`, `closed` (Patchbay was), `ceiling` or `storage`.
        pub reason: Option<String>,
        /// The same in one sentence, with what to do.
        pub reason_words: Option<String>,
        /// What it was thought to cost; `null` where a price was not known.
        pub estimate_nano_usd: Option<i64>,
        /// When it began.
        pub started_at: i64,
        /// When its last answer ended.
        pub ended_at: Option<i64>,
        /// Who answers.
        pub columns: Vec<RoundColumn>,
        /// What is asked.
        pub cases: Vec<CaseSummary>,
        /// Every cell, by case, repeat and column.
        pub cells: Vec<CellView>,
        /// Every vote about it.
        pub votes: Vec<VoteView>,
        /// What it cost so far, with what was asked for again.
        pub cost: CostView,
        /// The judges, where any were at work since Patchbay was opened.
        pub judging: Option<JudgingProgress>,
    }

    /// How far the judges are, or were when they were last at work.
    pub struct JudgingProgress {
        /// Requests that are over.
        pub done: u32,
        /// Requests in all.
        pub total: u32,
        /// Verdicts that did not come about.
        pub failed: u32,
        /// Why the newest of them did not, in one sentence.
        pub problem: Option<String>,
        /// Somebody is at work.
        pub is_running: bool,
    }

    /// One column of a round.
    pub struct RoundColumn {
        /// Its name.
        pub name: String,
        /// The cable of its model.
        pub colour: u8,
        /// What it cost so far.
        pub cost: CostView,
        /// Its part of what the round cost, 0 to 1; `null` where nothing cost anything.
        pub share: Option<f64>,
    }

    /// One prompt of a round.
    pub struct CaseSummary {
        /// One line.
        pub title: String,
        /// Its variables.
        pub variables: BTreeMap<String, String>,
    }

    /// One cell.
    pub struct CellView {
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// Whose answer.
        pub column: u32,
        /// `waiting`, `running`, `answered`, `failed`, `stopped`, `interrupted` or `problem` (it could
        /// not even be begun).
        pub state: String,
        /// Its run, where it was begun; a running one is joined with `run_attach`.
        pub run_id: Option<String>,
        /// The model that answered, as its provider spells it.
        pub model: Option<String>,
        /// Through whom.
        pub provider_name: Option<String>,
        /// Until the first token.
        pub first_token_millis: Option<u64>,
        /// Until the end.
        pub total_millis: Option<u64>,
        /// Answer tokens a second, after the first.
        pub tokens_per_second: Option<f64>,
        /// Tokens of the answer, thinking included.
        pub output_tokens: Option<u64>,
        /// What its newest run cost.
        pub cost: CostView,
        /// Every attempt in short.
        pub attempts: Vec<FoundAttempt>,
        /// Why there is no whole answer, in one sentence.
        pub failure: Option<String>,
        /// Characters of the answer.
        pub length: u64,
        /// What the checks found, in their order; empty while there is no answer.
        pub checks: Vec<CheckOutcome>,
    }

    /// What a check found.
    pub struct CheckOutcome {
        /// It holds; `null` where the check itself cannot be carried out.
        pub passed: Option<bool>,
        /// What was found, in one sentence.
        pub words: String,
    }

    /// The answers to one prompt at one repeat, with their texts.
    pub struct CaseView {
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// What was asked, variables filled in.
        pub prompt: String,
        /// One for each column that was begun.
        pub answers: Vec<CaseAnswer>,
        /// What was made of the answers.
        pub merged: Vec<MergedView>,
    }

    /// One answer of a case.
    pub struct CaseAnswer {
        /// Whose.
        pub column: u32,
        /// The answer with its receipt, as in a chat.
        pub message: MessageView,
    }

    /// A vote about the answers to one prompt at one repeat.
    pub struct VoteView {
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// `me`, or the model that judged.
        pub voter: String,
        /// The same for people.
        pub voter_name: String,
        /// `best`, `tie` or `all_bad`.
        pub verdict: String,
        /// The best one's column.
        pub column: Option<u32>,
        /// What it was about.
        pub tag: Option<String>,
        /// The person's note, or the judge's reason.
        pub note: String,
        /// The names were hidden.
        pub is_blind: bool,
        /// The judge said the same with the answers in the other order; `null` for a person.
        pub orders_agree: Option<bool>,
        /// What the judge cost; `null` for a person.
        pub cost: Option<CostView>,
        /// When.
        pub created_at: i64,
    }

    /// A vote of the person's.
    pub struct VoteSet {
        /// In which round.
        pub round_id: String,
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// `best`, `tie` or `all_bad`.
        pub verdict: String,
        /// The best one's column, for `best`.
        pub column: Option<u32>,
        /// What it was about; `null` for the comparison's own tag.
        pub tag: Option<String>,
        /// A note; empty for none.
        pub note: String,
        /// The names were hidden.
        pub is_blind: bool,
    }

    /// Judges to be asked.
    pub struct JudgeStart {
        /// In which round.
        pub round_id: String,
        /// About this prompt alone; `null` for all that have no verdict of theirs yet.
        pub case_index: Option<u32>,
        /// At this repeat alone, with `case_index`.
        pub repeat: Option<u32>,
        /// Who judges, and by what; kept with the comparison.
        pub judging: JudgingView,
    }

    /// What judging would cost, told before it begins.
    pub struct JudgeEstimate {
        /// Requests in all; each judge is asked with both orders.
        pub requests: u32,
        /// `null` where a price is not known.
        pub nano_usd: Option<i64>,
    }

    /// Answers to be made into one by a model.
    pub struct MergeStart {
        /// In which round.
        pub round_id: String,
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// `fuse`, `checklist` or `table`.
        pub kind: String,
        /// Who does it.
        pub target: TargetView,
        /// Of which columns; at least two.
        pub columns: Vec<u32>,
    }

    /// A passage of an answer that was made by hand.
    pub struct StitchPart {
        /// From which column; `null` for the person's own words.
        pub column: Option<u32>,
        /// The text.
        pub text: String,
    }

    /// An answer made by hand.
    pub struct StitchSave {
        /// Which one to replace; `null` for a new one.
        pub merge_id: Option<String>,
        /// In which round.
        pub round_id: String,
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// Its passages, in order.
        pub parts: Vec<StitchPart>,
    }

    /// One answer made of several.
    pub struct MergedView {
        /// Its id.
        pub id: String,
        /// `fuse`, `checklist`, `table` or `stitched`.
        pub kind: String,
        /// The passages of one made by hand; else the letters that the model saw, such as `A: gpt-5`.
        pub parts: Vec<StitchPart>,
        /// Its text, where it was made by hand.
        pub text: Option<String>,
        /// The model's answer with its receipt; a running one is joined with `run_attach`.
        pub message: Option<MessageView>,
        /// When it was made.
        pub created_at: i64,
    }

    /// One answer made of several.
    pub struct MergeReference {
        /// Which.
        pub merge_id: String,
        /// In which round.
        pub round_id: String,
    }

    /// Answers to be gone on with as chats.
    pub struct CaseContinue {
        /// In which round.
        pub round_id: String,
        /// Which prompt.
        pub case_index: u32,
        /// Which time.
        pub repeat: u32,
        /// Which columns; empty for all that were answered.
        pub columns: Vec<u32>,
        /// An answer made of several, in place of columns.
        pub merge_id: Option<String>,
    }

    /// The chats that were made of answers.
    pub struct ContinuedChats {
        /// In the order of the columns.
        pub conversations: Vec<ConversationSummary>,
    }

    /// Rows of variables as a text.
    pub struct RowsImport {
        /// The text of a file.
        pub text: String,
        /// `csv` or `jsonl`; `null` to find out.
        pub format: Option<String>,
    }

    /// Rows that were read.
    pub struct RowsView {
        /// The names, in the order of the file.
        pub names: Vec<String>,
        /// The rows.
        pub rows: Vec<BTreeMap<String, String>>,
        /// Lines that were left out and why, in whole sentences.
        pub problems: Vec<String>,
    }

    /// A round as a text to be kept.
    pub struct RoundExport {
        /// Which.
        pub round_id: String,
        /// `html`, `markdown`, `csv` or `json`.
        pub format: String,
    }

    /// How a round goes on.
    pub struct RoundResume {
        /// Which.
        pub round_id: String,
        /// Ask again what failed, was stopped or was interrupted; else only what waits and what a crash
        /// broke off.
        pub failed_too: bool,
    }
}

/// One question of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum PromptView {
    /// As it was written, with `{{name}}` where a variable stands.
    Text {
        /// The text.
        text: String,
    },
    /// A question from history, with all that was said before it.
    Past {
        /// Its chat.
        conversation_id: String,
        /// The message.
        question_id: String,
        /// How it begins.
        title: String,
    },
}

/// One check of an answer. The texts may hold variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum CheckView {
    /// It holds this text.
    Contains {
        /// The text.
        text: String,
        /// Capital letters matter.
        is_case_sensitive: bool,
        /// Passes where the text is not there.
        is_negated: bool,
    },
    /// It is this text, white space around it apart.
    Equals {
        /// The text.
        text: String,
        /// Capital letters matter.
        is_case_sensitive: bool,
    },
    /// A regular expression matches somewhere.
    Regex {
        /// The expression.
        pattern: String,
    },
    /// It is JSON, or holds one fenced block of JSON, and keeps to a schema.
    JsonSchema {
        /// The schema, as JSON; `{}` for any JSON.
        schema: String,
    },
    /// Its length in words.
    Words {
        /// At least.
        least: Option<u64>,
        /// At most.
        most: Option<u64>,
    },
    /// The whole answer came within a time.
    Within {
        /// Milliseconds.
        millis: u64,
    },
}

impl From<domain::compare::CheckResult> for CheckOutcome {
    fn from(result: domain::compare::CheckResult) -> Self {
        Self {
            passed: result.passed,
            words: result.words,
        }
    }
}

wire! {
    /// Real questions from history, to be asked on another model.
    pub struct ReplayRequest {
        /// On which.
        pub target: TargetView,
        /// How many questions; 1 to 200.
        pub count: u32,
        /// Of how many of the last days, which are also priced anew; 1 to 366, or `null` for all of
        /// history.
        pub days: Option<u32>,
        /// A random sample; else the newest.
        pub is_random: bool,
        /// What it is drawn by; `null` for a new one.
        pub seed: Option<u32>,
    }

    /// What the time that a replay stands for would have cost, told from its answers.
    pub struct ReplayOutcomeView {
        /// Which questions were taken.
        pub sample: SampleView,
        /// What the answers of that time cost in chats.
        pub spent: CostView,
        /// Each column that asks somebody.
        pub columns: Vec<ReplayColumnView>,
    }

    /// What that time would have cost in one column.
    pub struct ReplayColumnView {
        /// Its place.
        pub column: u32,
        /// Its name.
        pub name: String,
        /// Questions that it answered and whose cost is known.
        pub questions: u32,
        /// Questions that it answered and whose cost is unknown; they are left out.
        pub unknown: u32,
        /// What the known ones cost.
        pub cost: CostView,
        /// What all questions of that time would have cost at the same mean; `null` without an answer.
        pub total_nano_usd: Option<i64>,
        /// At least that with 95 % confidence; `null` where the questions are no random sample or too
        /// few.
        pub low_nano_usd: Option<i64>,
        /// At most that.
        pub high_nano_usd: Option<i64>,
    }

    /// The past on another model.
    pub struct ReplayView {
        /// A comparison of the old answers with new ones, to be kept and run.
        pub definition: DefinitionView,
        /// Which questions were taken, and out of how many.
        pub sample: SampleView,
        /// What the answers of that time cost.
        pub spent: CostView,
        /// What those cost whose tokens were counted.
        pub spent_on_priced: CostView,
        /// What the same tokens cost on the other model; `null` where its price is not known.
        pub there_nano_usd: Option<i64>,
        /// Answers whose tokens were counted: only these are priced.
        pub priced: u32,
        /// Answers whose tokens nobody counted.
        pub unpriced: u32,
    }

    /// Two rounds of one comparison.
    pub struct AgainstRequest {
        /// The older one.
        pub older_round_id: String,
        /// The newer one.
        pub newer_round_id: String,
    }

    /// One round held against an older one.
    pub struct AgainstView {
        /// Columns that both have.
        pub columns: Vec<ColumnAgainst>,
        /// Cells that both answered.
        pub cells: Vec<CellAgainst>,
        /// Columns or prompts that only one of them has are left out.
        pub has_changed_setup: bool,
    }

    /// One column in two rounds.
    pub struct ColumnAgainst {
        /// Its name.
        pub name: String,
        /// Its place in the older round.
        pub older_column: u32,
        /// Its place in the newer round.
        pub newer_column: u32,
        /// In the older round.
        pub older: AgainstFigures,
        /// In the newer round.
        pub newer: AgainstFigures,
        /// Answers that are the same to the letter.
        pub same: u32,
        /// Answers that both have.
        pub both: u32,
    }

    /// What can be counted of a column.
    pub struct AgainstFigures {
        /// Whole answers.
        pub answered: u32,
        /// Cells without one.
        pub failed: u32,
        /// Checks that passed.
        pub passed: u32,
        /// Checks in all.
        pub checks: u32,
        /// The median time to the first token.
        pub first_token_millis: Option<u64>,
        /// The median speed.
        pub tokens_per_second: Option<f64>,
        /// The median length, in characters.
        pub length: Option<u64>,
        /// What it cost.
        pub cost: CostView,
    }

    /// One cell in two rounds.
    pub struct CellAgainst {
        /// Its prompt in the older round.
        pub older_case: u32,
        /// In the newer round.
        pub newer_case: u32,
        /// Its repeat, the same in both.
        pub repeat: u32,
        /// Its column in the older round.
        pub older_column: u32,
        /// In the newer round.
        pub newer_column: u32,
        /// The texts are the same to the letter.
        pub is_same: bool,
        /// Checks that passed before and fail now.
        pub lost_checks: u32,
        /// Checks that failed before and pass now.
        pub won_checks: u32,
    }
}
