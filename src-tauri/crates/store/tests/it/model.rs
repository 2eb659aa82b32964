//! Any sequence of what a person can do, beside a model of it in memory: the list, the trees and the
//! search index must agree with the model after each step.

use patchbay_domain::message::path_to;
use patchbay_domain::run::Outcome;
use patchbay_domain::{ConversationId, Message, MessageId, MessageStatus, Role};
use patchbay_store::{
    BeginRun, FinishRun, NewConversation, NewRun, PartialAnswer, RunConversation, RunOrigin, Store,
    StoreError, StoreOptions, Synchronous,
};
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

use crate::support::*;

#[derive(Clone, Debug)]
enum Step {
    Create,
    Rename(Index),
    Delete(Index),
    Restore(Index),
    Purge,
    /// Asks below a message; the answer is ended, or left as it is.
    Ask(Index, Index, End),
    /// Asks the same again in other words: a sibling of an earlier message.
    Edit(Index, Index, End),
    Show(Index, Index),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    Stopped,
    None,
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![3 => Just(End::Whole), 1 => Just(End::Stopped), 1 => Just(End::None)];
    let index = any::<Index>;
    prop_oneof![
        2 => Just(Step::Create),
        1 => index().prop_map(Step::Rename),
        2 => index().prop_map(Step::Delete),
        2 => index().prop_map(Step::Restore),
        1 => Just(Step::Purge),
        4 => (index(), index(), end.clone()).prop_map(|(one, two, end)| Step::Ask(one, two, end)),
        2 => (index(), index(), end).prop_map(|(one, two, end)| Step::Edit(one, two, end)),
        1 => (index(), index()).prop_map(|(one, two)| Step::Show(one, two)),
    ]
}

struct Conversation {
    id: ConversationId,
    title: String,
    updated_at: i64,
    deleted_at: Option<i64>,
    leaf: Option<MessageId>,
    messages: Vec<Message>,
}

struct World {
    store: Store,
    conversations: Vec<Conversation>,
    /// Moves by one with each step; also makes ids and words.
    time: i64,
}

impl World {
    async fn apply(&mut self, step: Step) {
        self.time += 1;
        match step {
            Step::Create => self.create().await,
            Step::Purge => self.purge().await,
            Step::Rename(which) => {
                let title = format!("title {}", self.time);
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                let renamed = self.store.rename(conversation.id, title.clone()).await;
                assert_eq!(renamed.is_ok(), conversation.deleted_at.is_none());
                if renamed.is_ok() {
                    conversation.title = title;
                }
            }
            Step::Delete(which) => {
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                self.store
                    .delete(conversation.id, after(self.time))
                    .await
                    .unwrap();
                conversation.deleted_at = conversation.deleted_at.or(Some(after(self.time).0));
            }
            Step::Restore(which) => {
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                self.store.restore(conversation.id).await.unwrap();
                conversation.deleted_at = None;
            }
            Step::Ask(which, place, end) => {
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                let parent = (!conversation.messages.is_empty())
                    .then(|| place.get(&conversation.messages).id);
                self.ask(which, parent, end).await;
            }
            Step::Edit(which, place, end) => {
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                if conversation.messages.is_empty() {
                    return;
                }
                let parent = place.get(&conversation.messages).parent;
                self.ask(which, parent, end).await;
            }
            Step::Show(which, place) => {
                let Some(conversation) = pick(&mut self.conversations, which) else {
                    return;
                };
                if conversation.messages.is_empty() {
                    return;
                }
                let leaf = place.get(&conversation.messages).id;
                let shown = self.store.set_active_leaf(conversation.id, leaf).await;
                assert_eq!(shown.is_ok(), conversation.deleted_at.is_none());
                if shown.is_ok() {
                    conversation.leaf = Some(leaf);
                }
            }
        }
    }

    async fn create(&mut self) {
        let number = u128::try_from(self.time).unwrap();
        let new = NewConversation {
            created_at: after(self.time),
            ..new_conversation(number, &format!("title {number}"))
        };
        self.conversations.push(Conversation {
            id: new.id,
            title: new.title.clone(),
            updated_at: new.created_at.0,
            deleted_at: None,
            leaf: None,
            messages: Vec::new(),
        });
        self.store.create_conversation(new).await.unwrap();
    }

    async fn purge(&mut self) {
        let before = after(self.time).0;
        let is_purged = |conversation: &Conversation| {
            let goes_on = |message: &Message| message.status == MessageStatus::Streaming;
            conversation.deleted_at.is_some_and(|at| at < before)
                && !conversation.messages.iter().any(goes_on)
        };
        let expected = self
            .conversations
            .iter()
            .filter(|other| is_purged(other))
            .count();
        let purged = self.store.purge_deleted(after(self.time)).await.unwrap();
        assert_eq!(purged, u64::try_from(expected).unwrap());
        self.conversations
            .retain(|conversation| !is_purged(conversation));
    }

    async fn ask(&mut self, which: Index, parent: Option<MessageId>, end: End) {
        let number = u128::try_from(self.time).unwrap();
        let now = after(self.time);
        let Some(conversation) = pick(&mut self.conversations, which) else {
            return;
        };
        let question = Message {
            parent,
            created_at: now,
            ..question(
                conversation.id,
                number * 10,
                &format!("question{number} common"),
            )
        };
        let mut answer = Message {
            id: message(number * 10 + 1),
            parent: Some(question.id),
            role: Role::Assistant,
            text: String::new(),
            status: MessageStatus::Streaming,
            run: Some(run(number)),
            ..question.clone()
        };
        let begin = BeginRun {
            attempt: None,
            conversation: RunConversation::Existing(conversation.id),
            user_message: Some(question.clone()),
            answer: answer.clone(),
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
                started_at: now,
            },
        };
        let begun = self.store.begin_run(begin).await;
        if conversation.deleted_at.is_some() {
            assert!(matches!(begun, Err(StoreError::NotFound(_))), "{begun:?}");
            return;
        }
        begun.unwrap();
        answer.text = format!("answer{number} part");
        let partial = PartialAnswer {
            message: answer.id,
            text: answer.text.clone(),
            reasoning: String::new(),
            attempt: None,
        };
        assert!(self.store.save_partial(partial).await.unwrap());
        conversation.updated_at = now.0;
        conversation.leaf = Some(answer.id);
        let outcome = match end {
            End::Whole => Some((finish(number, "", None).outcome, MessageStatus::Complete)),
            End::Stopped => Some((Outcome::Stopped, MessageStatus::Stopped)),
            End::None => None,
        };
        if let Some((outcome, status)) = outcome {
            answer.text = format!("answer{number} common");
            answer.status = status;
            let text = answer.text.clone();
            let finish = FinishRun {
                tool_calls: None,
                thinking: None,
                outcome,
                ended_at: now,
                ..finish(number, &text, None)
            };
            assert!(self.store.finish_run(finish).await.unwrap());
        }
        conversation.messages.extend([question, answer]);
    }

    async fn check(&self) {
        let mut expected: Vec<&Conversation> = self
            .conversations
            .iter()
            .filter(|other| other.deleted_at.is_none())
            .collect();
        expected.sort_by_key(|conversation| {
            std::cmp::Reverse((conversation.updated_at, conversation.id))
        });
        let list = self.store.conversations().await.unwrap();
        let listed: Vec<_> = list
            .iter()
            .map(|summary| (summary.id, summary.title.as_str()))
            .collect();
        let titles: Vec<_> = expected
            .iter()
            .map(|other| (other.id, other.title.as_str()))
            .collect();
        assert_eq!(listed, titles);

        let mut findable = Vec::new();
        for conversation in &self.conversations {
            let record = self.store.conversation(conversation.id).await.unwrap();
            let Some(record) = record else {
                assert!(conversation.deleted_at.is_some());
                continue;
            };
            assert_eq!(record.messages, conversation.messages);
            assert_eq!(record.active_leaf, conversation.leaf);
            if let Some(leaf) = record.active_leaf {
                let path = path_to(&record.messages, leaf);
                assert_eq!(
                    path.first().map(|first| first.parent),
                    Some(None),
                    "a broken path"
                );
            }
            let settled = |message: &&Message| message.status != MessageStatus::Streaming;
            findable.extend(conversation.messages.iter().filter(settled));
        }
        let mut found: Vec<MessageId> = self
            .store
            .search("common", 10_000)
            .await
            .unwrap()
            .iter()
            .map(|hit| hit.message)
            .collect();
        found.sort();
        let mut ids: Vec<MessageId> = findable.iter().map(|message| message.id).collect();
        ids.sort();
        assert_eq!(found, ids);
        for message in findable {
            let word = message.text.split(' ').next().unwrap();
            // The end of the word is given, so that nothing longer is found.
            let hits = self
                .store
                .search(&format!("{word} common"), 10)
                .await
                .unwrap();
            assert_eq!(
                hits.iter().map(|hit| hit.message).collect::<Vec<_>>(),
                [message.id]
            );
        }
        assert_eq!(
            self.store.integrity_check().await.unwrap(),
            Vec::<String>::new()
        );
    }
}

fn pick(conversations: &mut [Conversation], which: Index) -> Option<&mut Conversation> {
    if conversations.is_empty() {
        return None;
    }
    let place = which.index(conversations.len());
    conversations.get_mut(place)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_a_person_does_the_store_agrees_with_the_model(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let options =
                StoreOptions { synchronous: Synchronous::Normal, ..StoreOptions::new(NOW) };
            let (store, _) = Store::open(folder.path(), &options).unwrap();
            let mut world = World { store, conversations: Vec::new(), time: 0 };
            for (number, step) in steps.into_iter().enumerate() {
                world.apply(step).await;
                if number % 8 == 7 {
                    world.check().await;
                }
            }
            world.check().await;
            close(&world.store).await;
        });
    }
}
