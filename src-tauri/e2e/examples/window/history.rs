//! A long chat from before, written into the store as answers write it.

use anyhow::{Result, ensure};
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    ConversationId, Endpoint, FinishReason, Message, MessageId, MessageStatus, Parameters,
    ProviderId, Role, RunId, UnixMillis,
};
use patchbay_e2e::DataFolder;
use patchbay_store::{
    BeginRun, FinishRun, NewConversation, NewRun, RunConversation, RunOrigin, Store, StoreOptions,
};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const TEXT: &str = "The quick brown fox jumps over the lazy dog while the band plays on. ";

/// Writes one chat of so many messages, half of them answers. No app may be running on the folder.
pub(crate) async fn write(folder: &DataFolder, title: &str, messages: u32) -> Result<()> {
    let (store, _) = Store::open(folder.path(), &StoreOptions::new(NOW))?;
    for turn in 0..messages / 2 {
        write_turn(&store, title, turn).await?;
    }
    store.close(std::time::Duration::from_secs(60)).await?;
    Ok(())
}

async fn write_turn(store: &Store, title: &str, turn: u32) -> Result<()> {
    let conversation = ConversationId::from_bytes(bytes(0, 0));
    let run = RunId::from_bytes(bytes(1, turn));
    let answer_id = |turn| MessageId::from_bytes(bytes(3, turn));
    let question = Message {
        id: MessageId::from_bytes(bytes(2, turn)),
        conversation,
        parent: turn.checked_sub(1).map(answer_id),
        role: Role::User,
        text: format!("Question {turn}"),
        reasoning: String::new(),
        status: MessageStatus::Complete,
        run: None,
        created_at: NOW,
    };
    let answer = Message {
        id: answer_id(turn),
        parent: Some(question.id),
        role: Role::Assistant,
        text: String::new(),
        status: MessageStatus::Streaming,
        run: Some(run),
        ..question.clone()
    };
    let place = if turn > 0 {
        RunConversation::Existing(conversation)
    } else {
        RunConversation::New(NewConversation {
            id: conversation,
            title: title.to_owned(),
            title_is_custom: true,
            system_prompt: String::new(),
            parameters: Parameters::default(),
            created_at: NOW,
        })
    };
    let begin = BeginRun {
        attempt: None,
        conversation: place,
        user_message: Some(question),
        answer,
        run: NewRun {
            id: run,
            origin: RunOrigin::Chat,
            requested: Endpoint {
                provider: ProviderId::local(),
                model: "small".to_owned(),
            },
            target: None,
            route_name: None,
            skipped: Vec::new(),
            purpose: patchbay_domain::receipt::Purpose::Answer,
            app: None,
            budget_note: None,
            started_at: NOW,
        },
    };
    store.begin_run(begin).await?;
    let finish = FinishRun {
        tool_calls: None,
        thinking: None,
        run,
        outcome: Outcome::Answered {
            reason: FinishReason::Stop,
        },
        text: TEXT.repeat(6),
        reasoning: String::new(),
        attempt: None,
        ended_at: NOW,
    };
    ensure!(store.finish_run(finish).await?, "the run was over already");
    Ok(())
}

/// An id of its own for each kind and turn.
fn bytes(kind: u8, turn: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[0] = 1;
    bytes[1] = kind;
    bytes[12..].copy_from_slice(&turn.to_be_bytes());
    bytes
}
