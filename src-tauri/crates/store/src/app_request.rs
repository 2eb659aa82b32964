//! What apps asked through the gateway, beside the runs that answered.
//!
//! Long because what is written at the beginning and at the end of a request is read back by a list, by
//! the search and by its number, and all of them have to agree.

use patchbay_domain::{AppEndpoint, Attempt, ConversationId, JsonText, RunId};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, named_params};
use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeSet};
use crate::error::{StoreError, Subject};
use crate::found_run::{FoundRun, line};
use crate::redo::{BeginAppRun, Entry};
use crate::run::{FinishRun, NewRun};
use crate::search::to_query;
use crate::store::Store;
use crate::values::{from_json, id, optional_id, to_json};

/// What an app says of itself with a request. Anybody can say anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// Its title, from `X-Title` or `X-OpenRouter-Title`.
    pub title: Option<String>,
    /// Its address, from `HTTP-Referer` or `Referer`.
    pub address: Option<String>,
    /// Its user agent.
    pub agent: Option<String>,
}

/// A request of an app, as it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAppRequest {
    /// Whose.
    pub app: String,
    /// Which of the gateway's endpoints, by its word.
    pub endpoint: String,
    /// The name of the model or route, as the app wrote it.
    pub model: String,
    /// Whether the answer is wanted piece by piece.
    pub is_stream: bool,
    /// What the app says of itself.
    pub client: Client,
    /// What was asked; `None` where nothing of it is kept.
    pub texts: Option<AskedTexts>,
}

/// What an app asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedTexts {
    /// The words of the last turn.
    pub question: String,
    /// All of it, as a `ChatRequest`; `None` where it is too long to be kept.
    pub request: Option<JsonText>,
    /// Its first system turn are instructions, which hold for this answer alone.
    pub has_instructions: bool,
}

/// A request of an app, as the list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AppRequestLine {
    /// Its run.
    pub run: FoundRun,
    /// Whose.
    pub app: String,
    /// Which endpoint.
    pub endpoint: String,
    /// The name that the app wrote.
    pub model: String,
    /// Piece by piece.
    pub is_stream: bool,
    /// What the app said of itself.
    pub client: Client,
    /// The beginning of what was asked; `None` where it is not kept.
    pub question: Option<String>,
    /// All that was asked is there.
    pub has_request: bool,
    /// The chat that it was opened as.
    pub opened_as: Option<ConversationId>,
    /// Where the next page begins.
    pub serial: i64,
}

/// A request of an app with its texts.
#[derive(Clone, Debug, PartialEq)]
pub struct AppRequestRecord {
    /// Its run.
    pub run: RunId,
    /// Whose.
    pub app: String,
    /// Which endpoint.
    pub endpoint: String,
    /// The name that the app wrote.
    pub model: String,
    /// The words of the last turn.
    pub question: Option<String>,
    /// What was answered; `None` before the end and where it is not kept.
    pub answer: Option<String>,
    /// All that was asked, as a `ChatRequest`.
    pub request: Option<JsonText>,
    /// Its first system turn are instructions, which hold for this answer alone.
    pub has_instructions: bool,
    /// Tools that the answer calls.
    pub tool_calls: Option<JsonText>,
    /// Thinking that its format wants back, as a list of parts.
    pub thinking: Option<JsonText>,
    /// The chat that it was opened as.
    pub opened_as: Option<ConversationId>,
}

impl AppRequestRecord {
    /// Whether vectors were asked for, and no answer in words.
    pub fn is_for_embeddings(&self) -> bool {
        self.endpoint == AppEndpoint::Embeddings.as_str()
    }
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRequestFilter {
    /// Of this app.
    pub app: Option<String>,
    /// With each of these words in what was asked or answered.
    pub text: Option<String>,
    /// Those that failed.
    pub failed: bool,
    /// Those before this line.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// The most bytes of a question that a list shows.
const QUESTION_SHOWN: u32 = 200;

impl Store {
    /// Writes a run of an app, what it asked and its first attempt. A power cut may take it, a killed
    /// process does not: an app that asks a thousand times a second cannot wait for the disk each time.
    ///
    /// # Errors
    /// The redo log cannot be written, or the database did not take what was logged before.
    pub async fn begin_app_run(
        &self,
        run: NewRun,
        first: Option<Attempt>,
        request: NewAppRequest,
    ) -> Result<(), StoreError> {
        self.require_room_for_logged().await?;
        self.log(Entry::Begin(BeginAppRun {
            run,
            first,
            request,
        }))
        .await
    }

    /// Returns when all that apps asked so far is safe from a power cut too.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn make_durable(&self) -> Result<(), StoreError> {
        self.write(|connection, _| {
            // A commit that changes nothing is not synced, so something is written that says nothing.
            connection
                .prepare_cached("UPDATE app SET last_used_at = last_used_at")?
                .execute([])?;
            Ok(())
        })
        .await
    }

    /// Takes answers that are not in the search index yet into it, at most so many that others who
    /// write hardly wait. Says whether there are more.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn index_app_requests(&self) -> Result<bool, StoreError> {
        self.write_provisionally(|connection, _| index(connection))
            .await
    }

    /// The requests that fit, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read, or written where texts are searched: what was answered a
    /// moment ago is found too.
    pub async fn app_requests(
        &self,
        filter: AppRequestFilter,
    ) -> Result<Vec<AppRequestLine>, StoreError> {
        if filter.text.is_some() {
            while self.index_app_requests().await? {}
        }
        self.read(move |connection| find(connection, &filter)).await
    }

    /// One request with its texts.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn app_request(&self, run: RunId) -> Result<Option<AppRequestRecord>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT * FROM app_request WHERE run = ?1")?
                .query_row([run.into_bytes()], |row| Ok(record(row)))
                .optional()?;
            found.transpose()
        })
        .await
    }

    /// Notes the chat that a request was opened as.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn note_opened_as(
        &self,
        run: RunId,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached("UPDATE app_request SET opened_as = ?2 WHERE run = ?1")?
                .execute((run.into_bytes(), conversation.into_bytes()))?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::Run(run)));
            }
            changes.add(Change::AppRequests);
            Ok(())
        })
        .await
    }

    /// Removes what an app asked and was answered; receipts and spend stay. `None` for all apps.
    /// Returns how many requests had texts.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn forget_app_texts(&self, app: Option<String>) -> Result<u64, StoreError> {
        self.write(move |connection, changes| forget(connection, changes, app.as_deref(), None))
            .await
    }

    /// Removes the texts of one request of an app. Says whether there were any.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn forget_app_request(&self, app: String, run: RunId) -> Result<bool, StoreError> {
        self.write(move |connection, changes| {
            Ok(forget(connection, changes, Some(&app), Some(run))? > 0)
        })
        .await
    }
}

fn forget(
    connection: &Connection,
    changes: &mut ChangeSet,
    app: Option<&str>,
    run: Option<RunId>,
) -> Result<u64, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE app_request
             SET answer = NULL, question = NULL, request = NULL, tool_calls = NULL, thinking = NULL,
                 is_indexed = 0
             WHERE (question IS NOT NULL OR answer IS NOT NULL)
               AND (?1 IS NULL OR app = ?1) AND (?2 IS NULL OR run = ?2)",
        )?
        .execute((app, run.map(RunId::into_bytes)))?;
    changes.add(Change::AppRequests);
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// Writes what was asked, and where the run has ended too, what was answered.
pub(crate) fn insert(
    connection: &Connection,
    run: RunId,
    request: &NewAppRequest,
    finish: Option<&FinishRun>,
) -> Result<(), StoreError> {
    let texts = request.texts.as_ref();
    let answered = finish.filter(|_| texts.is_some());
    let json = |field: fn(&FinishRun) -> &Option<JsonText>| {
        answered
            .and_then(|finish| field(finish).as_ref())
            .map(|json| &json.0)
    };
    connection
        .prepare_cached(
            "INSERT INTO app_request (run, app, endpoint, model, is_stream, client, question,
                                      request, has_instructions, answer, tool_calls, thinking)
             VALUES (:run, :app, :endpoint, :model, :is_stream, :client, :question, :request,
                     :has_instructions, :answer, :tool_calls, :thinking)",
        )?
        .execute(named_params! {
            ":run": run.into_bytes(),
            ":app": request.app,
            ":endpoint": request.endpoint,
            ":model": request.model,
            ":is_stream": request.is_stream,
            ":client": to_json(&request.client)?,
            ":question": texts.map(|texts| texts.question.as_str()),
            ":request": texts.and_then(|texts| texts.request.as_ref()).map(|request| &request.0),
            ":has_instructions": texts.is_some_and(|texts| texts.has_instructions),
            ":answer": answered.map(|finish| finish.text.as_str()),
            ":tool_calls": json(|finish| &finish.tool_calls),
            ":thinking": json(|finish| &finish.thinking),
        })?;
    Ok(())
}

/// Writes what was answered, where texts are kept. Says whether an app asked at all.
pub(crate) fn settle(
    connection: &Connection,
    run: RunId,
    text: &str,
    tool_calls: Option<&JsonText>,
    thinking: Option<&JsonText>,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE app_request SET
                 answer = CASE WHEN question IS NULL THEN NULL ELSE :text END,
                 tool_calls = CASE WHEN question IS NULL THEN NULL ELSE :tool_calls END,
                 thinking = CASE WHEN question IS NULL THEN NULL ELSE :thinking END
             WHERE run = :run",
        )?
        .execute(named_params! {
            ":run": run.into_bytes(),
            ":text": text,
            ":tool_calls": tool_calls.map(|calls| &calls.0),
            ":thinking": thinking.map(|thinking| &thinking.0),
        })?;
    Ok(changed > 0)
}

/// So many at once take about as long as one answer takes to be written.
const INDEXED_AT_ONCE: u32 = 100;

fn index(connection: &Connection) -> Result<bool, StoreError> {
    const WAITING: &str = "FROM app_request WHERE is_indexed = 0 AND answer IS NOT NULL
                           ORDER BY serial LIMIT ?1";
    connection
        .prepare_cached(&format!(
            "INSERT INTO app_request_fts (rowid, question, answer)
             SELECT serial, question, answer {WAITING}"
        ))?
        .execute([INDEXED_AT_ONCE])?;
    let indexed = connection
        .prepare_cached(&format!(
            "UPDATE app_request SET is_indexed = 1 WHERE serial IN (SELECT serial {WAITING})"
        ))?
        .execute([INDEXED_AT_ONCE])?;
    Ok(indexed == INDEXED_AT_ONCE as usize)
}

fn find(
    connection: &Connection,
    filter: &AppRequestFilter,
) -> Result<Vec<AppRequestLine>, StoreError> {
    let mut query = "SELECT app_request.*, substr(question, 1, :shown) AS shown,
                            request IS NOT NULL AS has_request
                     FROM app_request WHERE true"
        .to_owned();
    let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":shown", &QUESTION_SHOWN)];
    if let Some(app) = &filter.app {
        query += " AND app = :app";
        parameters.push((":app", app));
    }
    if let Some(before) = &filter.before {
        query += " AND serial < :before";
        parameters.push((":before", before));
    }
    let words = filter.text.as_deref().and_then(to_query);
    if let Some(words) = &words {
        query +=
            " AND serial IN (SELECT rowid FROM app_request_fts WHERE app_request_fts MATCH :words)";
        parameters.push((":words", words));
    }
    if filter.failed {
        query += " AND (SELECT status FROM run WHERE run.id = app_request.run) = 'failed'";
    }
    query += " ORDER BY serial DESC LIMIT :limit";
    parameters.push((":limit", &filter.limit));
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(parameters.as_slice())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let run = id(row, "run", RunId::from_bytes)?;
        let Some(run) = line(connection, run)? else {
            continue;
        };
        found.push(AppRequestLine {
            run,
            app: row.get("app")?,
            endpoint: row.get("endpoint")?,
            model: row.get("model")?,
            is_stream: row.get("is_stream")?,
            client: from_json(row, "app_request", "client")?,
            question: row.get("shown")?,
            has_request: row.get("has_request")?,
            opened_as: optional_id(row, "opened_as", ConversationId::from_bytes)?,
            serial: row.get("serial")?,
        });
    }
    Ok(found)
}

fn record(row: &Row<'_>) -> Result<AppRequestRecord, StoreError> {
    let json = |column| -> Result<Option<JsonText>, StoreError> {
        Ok(row.get::<_, Option<String>>(column)?.map(JsonText))
    };
    Ok(AppRequestRecord {
        run: id(row, "run", RunId::from_bytes)?,
        app: row.get("app")?,
        endpoint: row.get("endpoint")?,
        model: row.get("model")?,
        question: row.get("question")?,
        answer: row.get("answer")?,
        request: json("request")?,
        has_instructions: row.get("has_instructions")?,
        tool_calls: json("tool_calls")?,
        thinking: json("thinking")?,
        opened_as: optional_id(row, "opened_as", ConversationId::from_bytes)?,
    })
}
