//! Comparisons: rounds, cells that are asked once, votes that outlive their answers.
//!
//! Long because a comparison, its rounds, its cells and its votes are one life.

use patchbay_domain::compare::{CellKey, CheckResult, Column, Definition, Judging, Prompt};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::Target;
use patchbay_domain::run::Outcome;
use patchbay_domain::{ComparisonId, FinishReason, JsonText, MergeId, Parameters, RoundId, VoteId};
use patchbay_store::{
    BeginCell, FinishRun, FoundCase, MergedRecord, NewRound, RoundPlace, RoundState,
    RunConversation, RunFilter, RunOrigin, Store, StoreError, Subject, VoteRecord,
};
use uuid::Uuid;

use crate::support::*;

const COMPARISON: u128 = 70;
const ROUND: u128 = 80;

fn comparison() -> ComparisonId {
    ComparisonId::from_uuid(Uuid::from_u128(COMPARISON))
}

fn round() -> RoundId {
    RoundId::from_uuid(Uuid::from_u128(ROUND))
}

fn definition() -> Definition {
    Definition {
        name: "Kept".to_owned(),
        columns: vec![Column {
            label: String::new(),
            target: Some(Target::Endpoint {
                endpoint: endpoint(),
            }),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        }],
        prompts: vec![Prompt::Text {
            text: "Why?".to_owned(),
        }],
        rows: Vec::new(),
        repeats: 2,
        parallel: 1,
        ceiling: None,
        checks: Vec::new(),
        tag: None,
        judging: Judging::default(),
        sample: None,
    }
}

fn key(repeat: u32) -> CellKey {
    CellKey {
        case: 0,
        repeat,
        column: 0,
    }
}

async fn with_round() -> (Store, tempfile::TempDir) {
    let (store, folder) = temporary();
    store
        .save_comparison(comparison(), definition(), NOW)
        .await
        .unwrap();
    store
        .begin_round(NewRound {
            id: round(),
            comparison: comparison(),
            definition: definition(),
            estimate: None,
            cells: vec![key(0), key(1)],
            started_at: NOW,
        })
        .await
        .unwrap();
    (store, folder)
}

fn cell(number: u128, repeat: u32) -> BeginCell {
    BeginCell {
        round: round(),
        place: RoundPlace::Cell {
            key: key(repeat),
            again: false,
        },
        earlier: Vec::new(),
        run: begin(number, "Why?"),
    }
}

async fn answer(store: &Store, cell: &BeginCell) {
    store
        .finish_run(FinishRun {
            tool_calls: None,
            thinking: None,
            run: cell.run.run.id,
            outcome: Outcome::Answered {
                reason: FinishReason::Stop,
            },
            text: "Because.".to_owned(),
            reasoning: String::new(),
            attempt: None,
            ended_at: after(5),
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_runs_or_was_answered_is_begun_again_only_on_purpose() {
    let (store, _folder) = with_round().await;
    let first = cell(1, 0);
    store.begin_cell(first.clone()).await.unwrap();
    let refused = |error| matches!(error, StoreError::NotFound(Subject::Cell(_)));
    // While it runs, and when it is answered.
    assert!(refused(store.begin_cell(cell(2, 0)).await.unwrap_err()));
    answer(&store, &first).await;
    assert!(refused(store.begin_cell(cell(3, 0)).await.unwrap_err()));
    let cells = store.cells(round()).await.unwrap();
    assert_eq!(cells[0].run.as_ref().unwrap().id, first.run.run.id);
    assert_eq!(cells[0].length, 8);
    assert!(cells[1].run.is_none());
    // Nothing of a refused one is there.
    assert!(store.run(cell(3, 0).run.run.id).await.unwrap().is_none());

    let again = BeginCell {
        place: RoundPlace::Cell {
            key: key(0),
            again: true,
        },
        ..cell(4, 0)
    };
    store.begin_cell(again.clone()).await.unwrap();
    let cells = store.cells(round()).await.unwrap();
    assert_eq!(cells[0].run.as_ref().unwrap().id, again.run.run.id);
    // Late news of the checks of the one before is nothing.
    let check = CheckResult {
        passed: Some(true),
        words: "It holds.".to_owned(),
    };
    let late = store.set_cell_checks(round(), key(0), first.run.run.id, vec![check]);
    late.await.unwrap();
    assert_eq!(store.cells(round()).await.unwrap()[0].checks, None);
    // A cell that is not there cannot be begun.
    assert!(refused(store.begin_cell(cell(5, 9)).await.unwrap_err()));
}

#[tokio::test]
async fn answers_of_comparisons_stand_in_no_list_and_no_search() {
    let (store, _folder) = with_round().await;
    let first = cell(1, 0);
    store.begin_cell(first.clone()).await.unwrap();
    answer(&store, &first).await;
    assert!(store.conversations().await.unwrap().is_empty());
    assert!(store.search("because", 5).await.unwrap().is_empty());
    assert_eq!(
        store.case_answers(round(), 0, Some(0)).await.unwrap().len(),
        1
    );
    assert!(
        store
            .past_questions(None, after(99))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn only_questions_of_the_span_that_were_answered_whole_are_taken_each_once() {
    let (store, _folder) = temporary();
    let asked = async |number: u128, at: i64, is_answered: bool| {
        let mut begun = begin(number, "Why?");
        if let Some(question) = &mut begun.user_message {
            question.created_at = after(at);
        }
        store.begin_run(begun).await.unwrap();
        if is_answered {
            store
                .finish_run(finish(number, "Because.", None))
                .await
                .unwrap();
        }
    };
    for (number, at, is_answered) in [(1, -50, true), (2, 0, true), (3, 10, false), (4, 20, true)] {
        asked(number, at, is_answered).await;
    }
    // A second answer to the same question.
    let mut again = begin(5, "Why?");
    again.conversation = RunConversation::Existing(conversation(4));
    again.user_message = None;
    again.answer.conversation = conversation(4);
    again.answer.parent = Some(message(40));
    store.begin_run(again).await.unwrap();
    store.finish_run(finish(5, "Why not.", None)).await.unwrap();
    let taken = async |since: Option<i64>, until: i64| {
        let found = store.past_questions(since.map(after), after(until)).await;
        let ids = found.unwrap().into_iter().map(|each| each.question);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(
        taken(None, 99).await,
        [message(40), message(20), message(10)]
    );
    assert_eq!(taken(Some(0), 20).await, [message(40), message(20)]);
    assert_eq!(taken(Some(1), 19).await, []);
    let texts = store.message_texts(vec![message(20), message(999)]).await;
    assert_eq!(texts.unwrap(), ["Why?", ""]);
}

#[tokio::test]
async fn a_crash_pauses_a_round_and_keeps_what_was_answered() {
    let (store, _folder) = with_round().await;
    let first = cell(1, 0);
    store.begin_cell(first.clone()).await.unwrap();
    answer(&store, &first).await;
    store.begin_cell(cell(2, 1)).await.unwrap();
    store.recover(after(9)).await.unwrap();
    let record = store.round(round()).await.unwrap().unwrap();
    assert_eq!(record.state, RoundState::Paused);
    assert_eq!(record.reason.as_deref(), Some("closed"));
    let cells = store.cells(round()).await.unwrap();
    let outcome = |index: usize| cells[index].run.as_ref().unwrap().outcome.clone().unwrap();
    assert!(matches!(outcome(0), Outcome::Answered { .. }));
    assert_eq!(outcome(1), Outcome::Interrupted);
    // What was broken off may be begun again.
    store.begin_cell(cell(3, 1)).await.unwrap();
}

#[tokio::test]
async fn a_purged_comparison_takes_its_answers_and_leaves_its_votes() {
    let (store, _folder) = with_round().await;
    let first = cell(1, 0);
    store.begin_cell(first.clone()).await.unwrap();
    answer(&store, &first).await;
    store
        .save_vote(VoteRecord {
            id: VoteId::from_uuid(Uuid::from_u128(90)),
            round: Some(round()),
            case: 0,
            repeat: 0,
            voter: "me".to_owned(),
            body: JsonText("{}".to_owned()),
            created_at: after(6),
        })
        .await
        .unwrap();
    store
        .delete_comparison(comparison(), after(7))
        .await
        .unwrap();
    assert!(store.comparisons().await.unwrap().is_empty());
    store.purge_deleted(after(8)).await.unwrap();
    assert!(store.round(round()).await.unwrap().is_none());
    assert!(
        store
            .conversation(first.run.conversation.id())
            .await
            .unwrap()
            .is_none()
    );
    // What it cost is still in the sums.
    assert!(store.run(first.run.run.id).await.unwrap().is_some());
    let votes = store.votes(None).await.unwrap();
    assert_eq!(votes.len(), 1);
    assert_eq!(votes[0].round, None);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_vote_takes_the_place_of_the_one_before_it() {
    let (store, _folder) = with_round().await;
    let vote = |number: u128, voter: &str, body: &str| VoteRecord {
        id: VoteId::from_uuid(Uuid::from_u128(number)),
        round: Some(round()),
        case: 0,
        repeat: 0,
        voter: voter.to_owned(),
        body: JsonText(body.to_owned()),
        created_at: NOW,
    };
    for (number, voter, body) in [(1, "me", "1"), (2, "acme/judge", "2"), (3, "me", "3")] {
        store.save_vote(vote(number, voter, body)).await.unwrap();
    }
    let bodies = async || {
        let votes = store.votes(Some(round())).await.unwrap();
        votes
            .into_iter()
            .map(|vote| vote.body.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies().await, ["2", "3"]);
    store
        .delete_vote(round(), 0, 0, "me".to_owned())
        .await
        .unwrap();
    assert_eq!(bodies().await, ["2"]);
}

fn merge(number: u128) -> BeginCell {
    let begun = cell(number, 0);
    let merged = MergedRecord {
        id: MergeId::from_uuid(Uuid::from_u128(900 + number)),
        round: round(),
        case: 0,
        repeat: 1,
        kind: "fuse".to_owned(),
        parts: JsonText("[]".to_owned()),
        text: None,
        conversation: Some(begun.run.conversation.id()),
        created_at: NOW,
    };
    BeginCell {
        place: RoundPlace::Merged(merged),
        ..begun
    }
}

#[tokio::test]
async fn a_merge_is_begun_with_all_that_belongs_to_it_or_not_at_all() {
    let (store, _folder) = with_round().await;
    let first = merge(1);
    store.begin_cell(first.clone()).await.unwrap();
    let kept = store.merged(round()).await.unwrap();
    assert_eq!(RoundPlace::Merged(kept[0].clone()), first.place);

    // One that contradicts itself leaves neither its conversation nor its run behind.
    let mut wrong = merge(2);
    if let RoundPlace::Merged(merged) = &mut wrong.place {
        merged.text = Some("Both".to_owned());
    }
    store.begin_cell(wrong.clone()).await.unwrap_err();
    assert!(store.run(wrong.run.run.id).await.unwrap().is_none());
    let conversation = wrong.run.conversation.id();
    assert!(store.conversation(conversation).await.unwrap().is_none());
    assert_eq!(store.merged(round()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_deleted_merge_is_given_back_whole() {
    let (store, _folder) = with_round().await;
    store.begin_cell(merge(1)).await.unwrap();
    let before = store.merged(round()).await.unwrap();
    let deleted = store.delete_merged(before[0].id).await.unwrap();
    assert!(store.merged(round()).await.unwrap().is_empty());
    assert_eq!(deleted, before[0]);
    store.save_merged(deleted).await.unwrap();
    assert_eq!(store.merged(round()).await.unwrap(), before);
}

#[tokio::test]
async fn receipts_know_where_in_a_comparison_their_answers_stand() {
    let (store, _folder) = with_round().await;
    store.begin_cell(cell(1, 1)).await.unwrap();
    store.begin_cell(merge(2)).await.unwrap();
    let places = async || -> Vec<Option<FoundCase>> {
        let found = store.find_runs(RunFilter::default()).await.unwrap();
        let places = found.iter().map(|run| run.case);
        places.collect()
    };
    let place = FoundCase {
        comparison: comparison(),
        round: round(),
        case: 0,
        repeat: 1,
    };
    assert_eq!(places().await, [Some(place), Some(place)]);

    // A judge lies in no conversation: its vote tells what it judged.
    let judged = |number: u128| {
        let mut run = new_run(number, RunOrigin::Compare);
        run.purpose = Purpose::Judge;
        run.started_at = after(10);
        run
    };
    store.begin_lone_run(judged(3), None).await.unwrap();
    store.begin_lone_run(judged(4), None).await.unwrap();
    let vote = VoteRecord {
        id: VoteId::from_uuid(Uuid::from_u128(91)),
        round: Some(round()),
        case: 0,
        repeat: 1,
        voter: "acme/judge".to_owned(),
        body: JsonText(format!("{{\"runs\":[\"{}\",\"{}\"]}}", run(9), run(4))),
        created_at: after(20),
    };
    store.save_vote(vote).await.unwrap();
    assert_eq!(
        places().await,
        [Some(place), None, Some(place), Some(place)]
    );

    // Nobody can go where the comparison is deleted, and its conversations are no chats.
    store.delete_comparison(comparison(), NOW).await.unwrap();
    let found = store.find_runs(RunFilter::default()).await.unwrap();
    assert!(
        found
            .iter()
            .all(|run| run.conversation.is_none() && run.case.is_none())
    );
}
