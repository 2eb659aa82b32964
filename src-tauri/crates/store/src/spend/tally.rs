//! Sums by day and by what is asked for.
//!
//! Long because each figure of a sum has its column, its field and its place in both directions.

use patchbay_domain::receipt::Purpose;
use patchbay_domain::{ConversationId, CostKind, Day, NanoUsd, ProviderId};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use crate::error::StoreError;
use crate::run_origin::RunOrigin;
use crate::store::Store;
use crate::values::count;

/// Of so many days, an index in the order of chats is quicker than one in the order of days.
const MANY_DAYS: i32 = 92;

/// The sums by conversation.
const CONVERSATIONS: &str = "spend_conversation";

/// Which attempts count: all that is set here. Days belong to the span at both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendFilter {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Through this provider.
    pub provider: Option<ProviderId>,
    /// The model's id as its provider spells it.
    pub model: Option<String>,
    /// Of this canonical model.
    pub model_key: Option<String>,
    /// What started them.
    pub origin: Option<RunOrigin>,
    /// What they were for.
    pub purpose: Option<Purpose>,
    /// By this app of the gateway.
    pub app: Option<String>,
    /// In this conversation.
    pub conversation: Option<ConversationId>,
    /// With the key of this slot.
    pub key_id: Option<String>,
    /// Whose cost is known in this way.
    pub cost_kind: Option<CostKind>,
}

impl SpendFilter {
    /// Everything in these days.
    pub fn between(from: Day, to: Day) -> Self {
        Self {
            from,
            to,
            provider: None,
            model: None,
            model_key: None,
            origin: None,
            purpose: None,
            app: None,
            conversation: None,
            key_id: None,
            cost_kind: None,
        }
    }

    /// The condition and its values, in the words of `spend_entry` and of `spend_day`.
    pub(super) fn condition(&self) -> (String, Vec<Value>) {
        self.condition_on(|column| column)
    }

    /// The same in the words of `attempt` joined with `run`, in that order: for whole rows, where the
    /// view would be asked for each of them.
    pub(super) fn condition_on_tables(&self) -> (String, Vec<Value>) {
        self.condition_on(|column| match column {
            "day" => "attempt.day",
            "provider" => "attempt.provider",
            "model" => "attempt.model",
            "model_key" => "coalesce(attempt.model_key, '')",
            "key_id" => "coalesce(attempt.key_id, '')",
            "cost_kind" => "attempt.cost_kind",
            "origin" => "run.origin",
            "purpose" => "run.purpose",
            "app" => "coalesce(run.app, '')",
            _ => "run.spent_in",
        })
    }

    /// The same in the words of `run`, for runs that were refused; `None` where attempts alone can fit.
    pub(super) fn condition_on_refused(&self) -> Option<(String, Vec<Value>)> {
        let is_of_attempts = self.provider.is_some()
            || self.model.is_some()
            || self.model_key.is_some()
            || self.key_id.is_some()
            || self.cost_kind.is_some();
        (!is_of_attempts).then(|| {
            self.condition_on(|column| match column {
                "day" => "refused_day",
                "conversation" => "spent_in",
                "app" => "coalesce(app, '')",
                column => column,
            })
        })
    }

    fn condition_on(&self, named: fn(&'static str) -> &'static str) -> (String, Vec<Value>) {
        let mut condition = format!("{} BETWEEN ? AND ?", named("day"));
        let mut values = vec![
            Value::Integer(self.from.number()),
            Value::Integer(self.to.number()),
        ];
        let text = |word: &str| Value::Text(word.to_owned());
        let tests = [
            (
                "provider",
                self.provider.as_ref().map(|it| text(it.as_str())),
            ),
            ("model", self.model.as_deref().map(text)),
            ("model_key", self.model_key.as_deref().map(text)),
            ("origin", self.origin.map(|it| text(it.as_str()))),
            ("purpose", self.purpose.map(|it| text(it.as_str()))),
            ("app", self.app.as_deref().map(text)),
            ("key_id", self.key_id.as_deref().map(text)),
            ("cost_kind", self.cost_kind.map(|it| text(it.as_str()))),
            (
                "conversation",
                self.conversation
                    .map(|it| Value::Blob(it.into_bytes().to_vec())),
            ),
        ];
        for (column, value) in tests {
            if let Some(value) = value {
                condition.push_str(" AND ");
                condition.push_str(named(column));
                condition.push_str(" = ?");
                values.push(value);
            }
        }
        (condition, values)
    }

    /// Whether the sums by conversation can answer: nothing but days, cost kinds and a conversation.
    fn is_of_conversations(&self) -> bool {
        self.provider.is_none()
            && self.model.is_none()
            && self.model_key.is_none()
            && self.origin.is_none()
            && self.purpose.is_none()
            && self.app.is_none()
            && self.key_id.is_none()
    }

    /// The smallest table that can answer.
    fn source(&self, by: SpendBy) -> Source {
        let is_of_conversations = self.conversation.is_some() || by == SpendBy::Conversation;
        let is_plain = self.is_of_conversations();
        match (is_of_conversations, by.slice()) {
            (false, Some(slice)) if is_plain => Source::Slice(slice),
            (false, _) => Source::Table("spend_day"),
            (true, slice) if is_plain && slice.is_none_or(|slice| slice == "all") => {
                Source::Table(CONVERSATIONS)
            }
            (true, _) => Source::Table("spend_entry"),
        }
    }

    /// Where to read.
    fn reading(&self, by: SpendBy) -> Reading {
        let (mut condition, mut values) = self.condition();
        let (key, detail) = by.columns();
        match self.source(by) {
            Source::Table(table) => Reading {
                from: table.to_owned(),
                columns: [key, detail],
                condition,
                values,
            },
            Source::Slice(slice) => {
                condition.push_str(" AND slice = ?");
                values.push(Value::Text(slice.to_owned()));
                Reading {
                    from: "spend_slice".to_owned(),
                    columns: by.columns_of_slice(),
                    condition,
                    values,
                }
            }
        }
    }

    /// Where to read what is asked of all days together: whole months and the days at both ends, where
    /// the slice has months.
    fn reading_of_all(&self, by: SpendBy) -> Reading {
        let Source::Slice(slice) = self.source(by) else {
            return self.reading(by);
        };
        let Some(months) = by.months().zip(whole_months(self.from, self.to)) else {
            return self.reading(by);
        };
        let (months, (first, last)) = months;
        let parts = [
            (slice, self.from, first.plus(-1)),
            (months, first, last),
            (slice, last.plus(1), self.to),
        ];
        let mut values = Vec::new();
        for (slice, from, to) in parts {
            values.push(Value::Text(slice.to_owned()));
            values.push(Value::Integer(from.number()));
            values.push(Value::Integer(to.number()));
        }
        let mut condition =
            "slice = part.column1 AND day BETWEEN part.column2 AND part.column3".to_owned();
        if let Some(kind) = self.cost_kind {
            condition.push_str(" AND cost_kind = ?");
            values.push(Value::Text(kind.as_str().to_owned()));
        }
        Reading {
            // A cross join is carried out in its order: each part is one range of the key.
            from: "(VALUES (?, ?, ?), (?, ?, ?), (?, ?, ?)) AS part CROSS JOIN spend_slice"
                .to_owned(),
            columns: by.columns_of_slice(),
            condition,
            values,
        }
    }
}

/// The first and the last day of the months that lie wholly between two days.
fn whole_months(from: Day, to: Day) -> Option<(Day, Day)> {
    let first = if from == from.first_of_month() {
        from
    } else {
        from.last_of_month().plus(1)
    };
    let last = if to == to.last_of_month() {
        to
    } else {
        to.first_of_month().plus(-1)
    };
    (first < last).then_some((first, last))
}

/// Where sums are read from, and which of them; nothing but the values comes from outside.
struct Reading {
    from: String,
    /// The two columns of the group.
    columns: [&'static str; 2],
    condition: String,
    values: Vec<Value>,
}

/// Where sums are read from.
enum Source {
    /// A table, or the view of the attempts themselves.
    Table(&'static str),
    /// A slice of `spend_slice`.
    Slice(&'static str),
}

/// What sums are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpendBy {
    /// All together.
    Nothing,
    /// The provider.
    Provider,
    /// The canonical model; where it has none, the provider and its id of the model.
    Model,
    /// The provider and its id of the model.
    Endpoint,
    /// What started the run.
    Origin,
    /// What the run was for.
    Purpose,
    /// The app of the gateway.
    App,
    /// The conversation, by its id in hexadecimal.
    Conversation,
    /// The provider and the slot of its key.
    Key,
    /// How the cost is known.
    CostKind,
}

impl SpendBy {
    /// The slice that holds it.
    fn slice(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::CostKind => Some("all"),
            Self::Provider => Some("provider"),
            Self::Model => Some("model"),
            Self::Endpoint => Some("endpoint"),
            Self::Origin => Some("origin"),
            Self::Purpose => Some("purpose"),
            Self::App => Some("app"),
            Self::Key => Some("key"),
            Self::Conversation => None,
        }
    }

    /// The slice that holds it by month, where it has one.
    fn months(self) -> Option<&'static str> {
        match self {
            Self::Provider => Some("provider_month"),
            Self::Model => Some("model_month"),
            Self::Endpoint => Some("endpoint_month"),
            Self::Key => Some("key_month"),
            _ => None,
        }
    }

    /// Two columns of a slice.
    fn columns_of_slice(self) -> [&'static str; 2] {
        match self {
            Self::CostKind => ["cost_kind", "''"],
            _ => ["key", "detail"],
        }
    }

    /// Two columns of text.
    fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Nothing => ("''", "''"),
            Self::Provider => ("provider", "''"),
            Self::Model => (
                "iif(model_key = '', provider || '/' || model, model_key)",
                "''",
            ),
            Self::Endpoint => ("provider", "model"),
            Self::Origin => ("origin", "''"),
            Self::Purpose => ("purpose", "''"),
            Self::App => ("app", "''"),
            Self::Conversation => ("lower(hex(conversation))", "''"),
            Self::Key => ("provider", "key_id"),
            Self::CostKind => ("cost_kind", "''"),
        }
    }
}

/// What attempts add up to. Money is nano-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts that have ended.
    pub attempts: u64,
    /// Those whose cost the provider said.
    pub reported: u64,
    /// Those whose cost was computed.
    pub computed: u64,
    /// Those whose cost is an estimate.
    pub estimated: u64,
    /// Those whose cost nobody knows.
    pub unknown: u64,
    /// Those that were the first of their run.
    pub first_tries: u64,
    /// Those that were the second of their run.
    pub second_tries: u64,
    /// Those that gave the answer.
    pub answered: u64,
    /// Those that failed.
    pub failed: u64,
    /// Every amount that is known.
    pub known: NanoUsd,
    /// The part that providers said.
    pub known_reported: NanoUsd,
    /// The part that was computed.
    pub known_computed: NanoUsd,
    /// The part that is an estimate.
    pub known_estimated: NanoUsd,
    /// What attempts cost that gave no answer.
    pub wasted: NanoUsd,
    /// Attempts whose list price is known beside their cost.
    pub compared: u64,
    /// What those cost.
    pub compared_paid: NanoUsd,
    /// Their list price.
    pub compared_list: NanoUsd,
    /// Attempts of which the provider said what it charged, and its list says what it should have.
    pub billed: u64,
    /// What it charged.
    pub billed_paid: NanoUsd,
    /// What its list says.
    pub billed_computed: NanoUsd,
    /// What caches saved.
    pub cache_saved: NanoUsd,
    /// Words of the answers that were counted.
    pub words: u64,
    /// What those answers cost.
    pub words_paid: NanoUsd,
    /// Attempts whose tokens were counted.
    pub counted: u64,
    /// Tokens that were read afresh.
    pub input: u64,
    /// Tokens from caches.
    pub cache_read: u64,
    /// Tokens written to caches.
    pub cache_write: u64,
    /// Tokens of answers.
    pub output: u64,
    /// Tokens of thinking.
    pub reasoning: u64,
    /// Tokens of sound and pictures.
    pub media: u64,
    /// Searches of the web.
    pub web_searches: u64,
}

impl Tally {
    /// What is left of it without a part of it.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        Self {
            attempts: self.attempts.saturating_sub(part.attempts),
            reported: self.reported.saturating_sub(part.reported),
            computed: self.computed.saturating_sub(part.computed),
            estimated: self.estimated.saturating_sub(part.estimated),
            unknown: self.unknown.saturating_sub(part.unknown),
            first_tries: self.first_tries.saturating_sub(part.first_tries),
            second_tries: self.second_tries.saturating_sub(part.second_tries),
            answered: self.answered.saturating_sub(part.answered),
            failed: self.failed.saturating_sub(part.failed),
            compared: self.compared.saturating_sub(part.compared),
            billed: self.billed.saturating_sub(part.billed),
            words: self.words.saturating_sub(part.words),
            counted: self.counted.saturating_sub(part.counted),
            input: self.input.saturating_sub(part.input),
            cache_read: self.cache_read.saturating_sub(part.cache_read),
            cache_write: self.cache_write.saturating_sub(part.cache_write),
            output: self.output.saturating_sub(part.output),
            reasoning: self.reasoning.saturating_sub(part.reasoning),
            media: self.media.saturating_sub(part.media),
            web_searches: self.web_searches.saturating_sub(part.web_searches),
            known: NanoUsd(self.known.0.saturating_sub(part.known.0)),
            known_reported: NanoUsd(self.known_reported.0.saturating_sub(part.known_reported.0)),
            known_computed: NanoUsd(self.known_computed.0.saturating_sub(part.known_computed.0)),
            known_estimated: NanoUsd(
                self.known_estimated
                    .0
                    .saturating_sub(part.known_estimated.0),
            ),
            wasted: NanoUsd(self.wasted.0.saturating_sub(part.wasted.0)),
            compared_paid: NanoUsd(self.compared_paid.0.saturating_sub(part.compared_paid.0)),
            compared_list: NanoUsd(self.compared_list.0.saturating_sub(part.compared_list.0)),
            billed_paid: NanoUsd(self.billed_paid.0.saturating_sub(part.billed_paid.0)),
            billed_computed: NanoUsd(
                self.billed_computed
                    .0
                    .saturating_sub(part.billed_computed.0),
            ),
            cache_saved: NanoUsd(self.cache_saved.0.saturating_sub(part.cache_saved.0)),
            words_paid: NanoUsd(self.words_paid.0.saturating_sub(part.words_paid.0)),
        }
    }
}

/// One group with its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSum {
    /// What it is called in the table.
    pub key: String,
    /// The second half of the name, where a group has two: see [`SpendBy`].
    pub detail: String,
    /// The sums.
    pub tally: Tally,
}

/// What is known of one day, and of how many attempts nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySum {
    /// The day.
    pub day: Day,
    /// What is known.
    pub known: NanoUsd,
    /// Attempts whose cost nobody knows.
    pub unknown: u64,
}

/// What is known of one group on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayGroup {
    /// The day.
    pub day: Day,
    /// As in [`GroupSum`].
    pub key: String,
    /// As in [`GroupSum`].
    pub detail: String,
    /// What is known.
    pub known: NanoUsd,
}

impl Store {
    /// The sums of each group, the dearest first.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is above about nine billion dollars.
    pub async fn spend_groups(
        &self,
        filter: SpendFilter,
        by: SpendBy,
    ) -> Result<Vec<GroupSum>, StoreError> {
        self.read(move |connection| groups(connection, &filter, by))
            .await
    }

    /// What is known of the cost of each group, the dearest first, at most so many.
    ///
    /// # Errors
    /// As [`Self::spend_groups`].
    pub async fn dearest_groups(
        &self,
        filter: SpendFilter,
        by: SpendBy,
        most: u32,
    ) -> Result<Vec<GroupSum>, StoreError> {
        self.read(move |connection| {
            if by != SpendBy::Conversation || filter.conversation.is_some() {
                let mut all = groups(connection, &filter, by)?;
                all.truncate(usize::try_from(most).unwrap_or(usize::MAX));
                return Ok(all);
            }
            // There are more chats than anything else: all of their figures are worked out only for
            // those that are shown.
            let Reading {
                from,
                columns: [key, detail],
                condition,
                values,
            } = filter.reading(by);
            // Of many days the index by chat is read in its own order, with nothing to sort.
            let is_long = filter.to.days_since(filter.from) >= MANY_DAYS;
            let hint = if is_long && from == CONVERSATIONS {
                "INDEXED BY spend_conversation_by_place"
            } else {
                ""
            };
            let mut twice = values.clone();
            twice.push(Value::Integer(i64::from(most)));
            twice.splice(0..0, values);
            connection
                .prepare_cached(&format!(
                    "SELECT {key} AS key_, {detail} AS detail_, {SUMS} FROM {from}
                     WHERE {condition} AND conversation IN (
                         SELECT conversation FROM {from} {hint}
                         WHERE {condition} AND conversation IS NOT NULL
                         GROUP BY conversation HAVING sum(attempts) > 0
                         ORDER BY sum(known) DESC, conversation LIMIT ?)
                     GROUP BY key_, detail_ ORDER BY sum(known) DESC, key_",
                ))?
                .query_and_then(rusqlite::params_from_iter(twice), |row| {
                    Ok(GroupSum {
                        key: row.get("key_")?,
                        detail: row.get("detail_")?,
                        tally: tally(row)?,
                    })
                })?
                .collect()
        })
        .await
    }

    /// All together.
    ///
    /// # Errors
    /// As [`Self::spend_groups`].
    pub async fn spend_total(&self, filter: SpendFilter) -> Result<Tally, StoreError> {
        self.read(move |connection| total(connection, &filter))
            .await
    }

    /// What is known of each group on each day that has any, by days.
    ///
    /// # Errors
    /// As [`Self::spend_groups`].
    pub async fn spend_days(
        &self,
        filter: SpendFilter,
        by: SpendBy,
    ) -> Result<Vec<DayGroup>, StoreError> {
        self.read(move |connection| days(connection, filter.reading(by)))
            .await
    }

    /// The same of these groups alone, each by its two names: see [`GroupSum`].
    ///
    /// # Errors
    /// As [`Self::spend_groups`].
    pub async fn spend_days_of(
        &self,
        filter: SpendFilter,
        by: SpendBy,
        groups: Vec<(String, String)>,
    ) -> Result<Vec<DayGroup>, StoreError> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |connection| {
            let mut reading = filter.reading(by);
            let Reading {
                columns: [key, detail],
                condition,
                values,
                ..
            } = &mut reading;
            let is_by_conversation = by == SpendBy::Conversation;
            let wanted = vec![if is_by_conversation { "?" } else { "(?, ?)" }; groups.len()];
            let wanted = wanted.join(", ");
            if is_by_conversation {
                // By the column itself, which has an index.
                condition.push_str(&format!(" AND conversation IN ({wanted})"));
                for (key, _) in &groups {
                    let id: Option<ConversationId> = key.parse().ok();
                    let id = id.map_or_else(Vec::new, |id| id.into_bytes().to_vec());
                    values.push(Value::Blob(id));
                }
            } else {
                condition.push_str(&format!(" AND ({key}, {detail}) IN (VALUES {wanted})"));
                for (key, detail) in groups {
                    values.push(Value::Text(key));
                    values.push(Value::Text(detail));
                }
            }
            days(connection, reading)
        })
        .await
    }

    /// What is known of each day that has attempts, and of how many of them nothing is, by days.
    ///
    /// # Errors
    /// As [`Self::spend_groups`].
    pub async fn spend_by_day(&self, filter: SpendFilter) -> Result<Vec<DaySum>, StoreError> {
        self.read(move |connection| {
            let Reading {
                from,
                condition,
                values,
                ..
            } = filter.reading(SpendBy::Nothing);
            connection
                .prepare_cached(&format!(
                    "SELECT day, sum(known) AS known,
                         sum(iif(cost_kind = 'unknown', attempts, 0)) AS unknown
                     FROM {from} WHERE {condition} GROUP BY day HAVING sum(attempts) > 0
                     ORDER BY day",
                ))?
                .query_and_then(rusqlite::params_from_iter(values), |row| {
                    Ok(DaySum {
                        day: read_day(row, "day")?,
                        known: NanoUsd(row.get("known")?),
                        unknown: count(row.get("unknown")?),
                    })
                })?
                .collect()
        })
        .await
    }

    /// The first day of which anything is known: the one of the first attempt, or of the first question
    /// that was refused.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn first_spend_day(&self) -> Result<Option<Day>, StoreError> {
        self.read(|connection| {
            let first: Option<i64> = connection
                .prepare_cached(
                    "SELECT min(day) FROM (SELECT min(day) AS day FROM spend_day
                     UNION ALL SELECT min(refused_day) FROM run WHERE refused_day IS NOT NULL)",
                )?
                .query_row([], |row| row.get(0))?;
            Ok(first.and_then(Day::from_number))
        })
        .await
    }
}

pub(super) fn read_day(row: &Row<'_>, column: &'static str) -> Result<Day, StoreError> {
    Day::from_number(row.get(column)?).ok_or(StoreError::Unreadable {
        table: "attempt",
        column,
        source: None,
    })
}

/// All that a group is made of; nothing in it comes from outside.
pub(super) const SUMS: &str = "
    sum(attempts) AS attempts,
    sum(iif(cost_kind = 'reported', attempts, 0)) AS reported,
    sum(iif(cost_kind = 'computed', attempts, 0)) AS computed,
    sum(iif(cost_kind = 'estimated', attempts, 0)) AS estimated,
    sum(iif(cost_kind = 'unknown', attempts, 0)) AS unknown,
    sum(first_tries) AS first_tries, sum(second_tries) AS second_tries,
    sum(answered) AS answered, sum(failed) AS failed, sum(known) AS known,
    sum(iif(cost_kind = 'reported', known, 0)) AS known_reported,
    sum(iif(cost_kind = 'computed', known, 0)) AS known_computed,
    sum(iif(cost_kind = 'estimated', known, 0)) AS known_estimated,
    sum(wasted) AS wasted, sum(compared) AS compared, sum(compared_paid) AS compared_paid,
    sum(compared_list) AS compared_list, sum(billed) AS billed, sum(billed_paid) AS billed_paid,
    sum(billed_computed) AS billed_computed, sum(cache_saved) AS cache_saved, sum(words) AS words,
    sum(words_paid) AS words_paid, sum(counted) AS counted, sum(input) AS input,
    sum(cache_read) AS cache_read, sum(cache_write) AS cache_write, sum(output) AS output,
    sum(reasoning) AS reasoning, sum(media) AS media, sum(web_searches) AS web_searches";

fn groups(
    connection: &Connection,
    filter: &SpendFilter,
    by: SpendBy,
) -> Result<Vec<GroupSum>, StoreError> {
    let Reading {
        from,
        columns: [key, detail],
        condition,
        values,
    } = filter.reading_of_all(by);
    connection
        .prepare_cached(&format!(
            "SELECT {key} AS key_, {detail} AS detail_, {SUMS} FROM {from} WHERE {condition}
             GROUP BY key_, detail_ HAVING sum(attempts) > 0
             ORDER BY sum(known) DESC, key_, detail_",
        ))?
        .query_and_then(rusqlite::params_from_iter(values), |row| {
            Ok(GroupSum {
                key: row.get("key_")?,
                detail: row.get("detail_")?,
                tally: tally(row)?,
            })
        })?
        .collect()
}

fn days(connection: &Connection, reading: Reading) -> Result<Vec<DayGroup>, StoreError> {
    let Reading {
        from,
        columns: [key, detail],
        condition,
        values,
    } = reading;
    connection
        .prepare_cached(&format!(
            "SELECT day, {key} AS key_, {detail} AS detail_, sum(known) AS known
             FROM {from} WHERE {condition} GROUP BY day, key_, detail_ ORDER BY day",
        ))?
        .query_and_then(rusqlite::params_from_iter(values), |row| {
            Ok(DayGroup {
                day: read_day(row, "day")?,
                key: row.get("key_")?,
                detail: row.get("detail_")?,
                known: NanoUsd(row.get("known")?),
            })
        })?
        .collect()
}

pub(super) fn total(connection: &Connection, filter: &SpendFilter) -> Result<Tally, StoreError> {
    let groups = groups(connection, filter, SpendBy::Nothing)?;
    Ok(groups.first().map(|group| group.tally).unwrap_or_default())
}

pub(super) fn tally(row: &Row<'_>) -> Result<Tally, StoreError> {
    let number = |column: &str| -> Result<u64, StoreError> { Ok(count(row.get(column)?)) };
    let money = |column: &str| -> Result<NanoUsd, StoreError> { Ok(NanoUsd(row.get(column)?)) };
    Ok(Tally {
        attempts: number("attempts")?,
        reported: number("reported")?,
        computed: number("computed")?,
        estimated: number("estimated")?,
        unknown: number("unknown")?,
        first_tries: number("first_tries")?,
        second_tries: number("second_tries")?,
        answered: number("answered")?,
        failed: number("failed")?,
        known: money("known")?,
        known_reported: money("known_reported")?,
        known_computed: money("known_computed")?,
        known_estimated: money("known_estimated")?,
        wasted: money("wasted")?,
        compared: number("compared")?,
        compared_paid: money("compared_paid")?,
        compared_list: money("compared_list")?,
        billed: number("billed")?,
        billed_paid: money("billed_paid")?,
        billed_computed: money("billed_computed")?,
        cache_saved: money("cache_saved")?,
        words: number("words")?,
        words_paid: money("words_paid")?,
        counted: number("counted")?,
        input: number("input")?,
        cache_read: number("cache_read")?,
        cache_write: number("cache_write")?,
        output: number("output")?,
        reasoning: number("reasoning")?,
        media: number("media")?,
        web_searches: number("web_searches")?,
    })
}
