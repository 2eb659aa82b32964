//! Values to store, written out once.

use std::path::Path;
use std::time::Duration;

use patchbay_domain::price::{PriceSource, PriceTag, ServiceTier};
use patchbay_domain::rates::Rates;
use patchbay_domain::receipt::Timings;
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, ConversationId, Cost, CostKind, Endpoint, Failure,
    FailureClass, FinishReason, JsonText, LabId, Message, MessageId, MessageStatus, NanoUsd,
    NanoUsdPerMTok, Origin, Parameters, ProviderId, RawUsage, Role, RouteId, RunId, UnixMillis,
    Usage,
};
use patchbay_store::{
    AskedTexts, BeginRun, Client, FinishRun, NewAppRequest, NewConversation, NewRun, OpenReport,
    ProviderRecord, RunConversation, RunOrigin, Store, StoreError, StoreOptions, Synchronous,
};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

pub(crate) const CLOSING: Duration = Duration::from_secs(30);

pub(crate) fn conversation(number: u128) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn message(number: u128) -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn run(number: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn attempt_id(number: u128) -> AttemptId {
    AttemptId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn after(millis: i64) -> UnixMillis {
    UnixMillis(NOW.0 + millis)
}

/// A store in a folder of its own, which goes when both are dropped. It does not wait for the disk,
/// which no test but those of [`open`] can tell, and which takes most of a test's time.
pub(crate) fn temporary() -> (Store, TempDir) {
    let folder = TempDir::new().unwrap();
    (quick(folder.path()), folder)
}

/// As the application opens it.
pub(crate) fn open(folder: &Path) -> Result<(Store, OpenReport), StoreError> {
    Store::open(folder, &StoreOptions::new(NOW))
}

/// The same without waiting for the disk.
pub(crate) fn quick(folder: &Path) -> Store {
    let options = StoreOptions {
        synchronous: Synchronous::Normal,
        ..StoreOptions::new(NOW)
    };
    Store::open(folder, &options).unwrap().0
}

pub(crate) async fn close(store: &Store) {
    store.close(CLOSING).await.unwrap();
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint {
        provider: ProviderId::new("acme"),
        model: "acme/large".to_owned(),
    }
}

pub(crate) fn new_conversation(number: u128, title: &str) -> NewConversation {
    NewConversation {
        id: conversation(number),
        title: title.to_owned(),
        title_is_custom: false,
        system_prompt: String::new(),
        parameters: Parameters::default(),
        created_at: NOW,
    }
}

pub(crate) fn question(conversation: ConversationId, number: u128, text: &str) -> Message {
    Message {
        id: message(number),
        conversation,
        parent: None,
        role: Role::User,
        text: text.to_owned(),
        reasoning: String::new(),
        status: MessageStatus::Complete,
        run: None,
        created_at: NOW,
    }
}

/// Begins run `number` in a new conversation of the same number; its question is message
/// `number * 10`, its answer `number * 10 + 1`.
pub(crate) fn begin(number: u128, text: &str) -> BeginRun {
    begin_in(
        RunConversation::New(new_conversation(number, text)),
        number,
        None,
        text,
    )
}

pub(crate) fn begin_in(
    place: RunConversation,
    number: u128,
    parent: Option<MessageId>,
    text: &str,
) -> BeginRun {
    let conversation = place.id();
    let question = Message {
        parent,
        ..question(conversation, number * 10, text)
    };
    let answer = Message {
        id: message(number * 10 + 1),
        parent: Some(question.id),
        role: Role::Assistant,
        text: String::new(),
        status: MessageStatus::Streaming,
        run: Some(run(number)),
        ..question.clone()
    };
    BeginRun {
        attempt: None,
        conversation: place,
        user_message: Some(question),
        answer,
        run: NewRun {
            id: run(number),
            origin: RunOrigin::Chat,
            requested: endpoint(),
            target: None,
            route_name: None,
            skipped: Vec::new(),
            purpose: patchbay_domain::receipt::Purpose::Answer,
            app: None,
            budget_note: None,
            started_at: NOW,
        },
    }
}

/// Run `number` as one without a conversation begins.
pub(crate) fn new_run(number: u128, origin: RunOrigin) -> NewRun {
    NewRun {
        id: run(number),
        origin,
        requested: endpoint(),
        target: None,
        route_name: None,
        skipped: Vec::new(),
        purpose: patchbay_domain::receipt::Purpose::Answer,
        app: None,
        budget_note: None,
        started_at: NOW,
    }
}

/// What the app "editor" asks.
pub(crate) fn app_request(keeps_texts: bool, question: &str) -> NewAppRequest {
    NewAppRequest {
        app: "editor".to_owned(),
        endpoint: "chat".to_owned(),
        model: "everyday".to_owned(),
        is_stream: false,
        client: Client::default(),
        texts: keeps_texts.then(|| AskedTexts {
            question: question.to_owned(),
            request: Some(JsonText("{}".to_owned())),
            has_instructions: true,
        }),
    }
}

pub(crate) fn route_id(number: u128) -> RouteId {
    RouteId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn lab_id(number: u128) -> LabId {
    LabId::from_uuid(Uuid::from_u128(number))
}

/// The first attempt of run `number`, as it begins: its id is that of the run.
pub(crate) fn running_attempt(number: u128) -> Attempt {
    Attempt {
        id: attempt_id(number),
        run: run(number),
        ordinal: 0,
        endpoint: endpoint(),
        provider_name: "Acme".to_owned(),
        key_label: Some("work".to_owned()),
        key_id: Some("default".to_owned()),
        started_at: NOW,
        timings: Timings::default(),
        status: AttemptStatus::Running,
        failure: None,
        left_because: None,
        finish_reason: None,
        served_model: None,
        served_by: None,
        request_id: None,
        malformed_events: 0,
        warnings: Vec::new(),
        usage: None,
        raw_usage: None,
        rates: Some(Rates {
            input: Some(NanoUsdPerMTok(3_000_000_000)),
            output: Some(NanoUsdPerMTok(15_000_000_000)),
            ..Rates::default()
        }),
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost::UNKNOWN,
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: None,
        made_because: patchbay_domain::run::MadeBecause::First,
        continues_at: None,
        data_policy: None,
    }
}

/// The same attempt after a whole answer.
pub(crate) fn answered_attempt(number: u128, cost: i64) -> Attempt {
    Attempt {
        timings: Timings {
            opened: Some(80),
            first_token: Some(200),
            ended: Some(2_000),
        },
        status: AttemptStatus::Answered,
        finish_reason: Some(FinishReason::Stop),
        served_model: Some("acme/large-2026-10".to_owned()),
        served_by: Some("host-7".to_owned()),
        request_id: Some("req_1".to_owned()),
        malformed_events: 1,
        usage: Some(Usage {
            input: 1,
            cache_read: 2,
            cache_write: 3,
            cache_write_long: 4,
            output: 5,
            reasoning: 6,
            audio_input: 7,
            audio_cache_read: 8,
            image_input: 9,
            audio_output: 10,
            image_output: 11,
            web_searches: 12,
        }),
        raw_usage: Some(RawUsage(r#"{"prompt_tokens":10}"#.to_owned())),
        price_tag: Some(PriceTag {
            source: PriceSource::Provider,
            name: "Acme's list".to_owned(),
            as_of: NOW,
        }),
        service_tier: Some(ServiceTier::Flex),
        warnings: vec!["The prompt was cut to 4,096 tokens.".to_owned()],
        reported_cost: Some(NanoUsd(cost)),
        cost: Cost {
            amount: Some(NanoUsd(cost)),
            kind: CostKind::Reported,
        },
        ..running_attempt(number)
    }
}

/// The same attempt after a failure, with every field of a failure set.
pub(crate) fn failed_attempt(number: u128) -> Attempt {
    Attempt {
        status: AttemptStatus::Failed,
        timings: Timings {
            opened: None,
            first_token: None,
            ended: Some(40),
        },
        failure: Some(Failure {
            class: FailureClass::RateLimited,
            status: Some(429),
            code: Some("1302".to_owned()),
            message: "slow down".to_owned(),
            retry_after_millis: Some(1_500),
            request_id: Some("req_0".to_owned()),
        }),
        left_because: Some("asked again after 1.5 s".to_owned()),
        replaced_text: Some("half an answer".to_owned()),
        cost: Cost::FREE,
        ..running_attempt(number)
    }
}

pub(crate) fn finish(number: u128, text: &str, attempt: Option<Attempt>) -> FinishRun {
    FinishRun {
        tool_calls: None,
        thinking: None,
        run: run(number),
        outcome: Outcome::Answered {
            reason: FinishReason::Stop,
        },
        text: text.to_owned(),
        reasoning: String::new(),
        attempt,
        ended_at: after(2_000),
    }
}

pub(crate) fn provider(id: &str, position: i64) -> ProviderRecord {
    ProviderRecord {
        id: ProviderId::new(id),
        name: id.to_uppercase(),
        family: "openai_chat".to_owned(),
        preset: Some("acme".to_owned()),
        has_attribution: false,
        options: serde_json::json!({"region": "eu", "later": {"deep": [1, null]}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        base_url: "https://api.example.com/v1".to_owned(),
        origin: Origin::from_serialized("https://api.example.com"),
        extra_headers: vec![("X-Title".to_owned(), "Patchbay".to_owned())],
        position,
        created_at: NOW,
    }
}

/// What attempts add up to, from the attempts themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpendSum {
    /// Every amount that is known.
    pub known: NanoUsd,
    /// The part that is an estimate.
    pub estimated: NanoUsd,
    /// How many have ended.
    pub attempts: u64,
    /// How many of them have no known cost.
    pub unknown_attempts: u64,
}

/// Adds up what began at or after `from` and before `to`, past the store and its own sums.
pub(crate) fn spend_between(store: &Store, from: UnixMillis, to: UnixMillis) -> SpendSum {
    let connection = Connection::open(store.file()).unwrap();
    connection
        .query_row(
            "SELECT coalesce(sum(cost_amount), 0),
                 coalesce(sum(cost_amount) FILTER (WHERE cost_kind = 'estimated'), 0),
                 count(*), count(*) FILTER (WHERE cost_kind = 'unknown')
             FROM attempt WHERE started_at >= ?1 AND started_at < ?2 AND status <> 'running'",
            [from.0, to.0],
            |row| {
                Ok(SpendSum {
                    known: NanoUsd(row.get(0)?),
                    estimated: NanoUsd(row.get(1)?),
                    attempts: u64::try_from(row.get::<_, i64>(2)?).unwrap(),
                    unknown_attempts: u64::try_from(row.get::<_, i64>(3)?).unwrap(),
                })
            },
        )
        .unwrap()
}
