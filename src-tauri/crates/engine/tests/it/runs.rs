//! Answers: written as they come, stopped, repeated, joined late, stored whole.

use patchbay_domain::{CostKind, FinishReason, MessageStatus, Parameters};
use patchbay_engine::{EngineError, Question, RunUpdate};

use crate::support::{Bench, open};

#[tokio::test]
async fn an_answer_is_stored_with_its_receipt() {
    let bench = Bench::start().await;
    let answering = bench.ask("count-to-20", "Count, please.").await;
    let started = answering.started.clone();
    let answered = answering.end().await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    assert!(
        answered.message.text.contains("20"),
        "{}",
        answered.message.text
    );

    let detail = bench
        .engine
        .conversation(started.conversation.id)
        .await
        .unwrap();
    assert_eq!(detail.record.summary.title, "Count, please.");
    assert_eq!(detail.record.messages.len(), 2);
    assert_eq!(detail.record.active_leaf, Some(started.answer.id));
    let run = &detail.runs[&started.run];
    let [attempt] = run.receipt.attempts.as_slice() else {
        panic!("{:?}", run.receipt)
    };
    assert_eq!(
        attempt, &answered.attempts[0],
        "what was shown is what is stored"
    );
    assert_eq!(attempt.finish_reason, Some(FinishReason::Stop));
    assert!(attempt.usage.is_some() && attempt.raw_usage.is_some());
    assert_eq!(
        attempt.cost.kind,
        CostKind::Unknown,
        "no price is known, so none is claimed"
    );
    assert!(attempt.timings.opened <= attempt.timings.first_token);
    assert!(attempt.timings.first_token <= attempt.timings.ended);
}

#[tokio::test]
async fn what_was_said_before_is_sent_along() {
    let bench = Bench::start().await;
    let first = bench
        .put(
            "answer",
            Question::New {
                text: "My name is Ada.".to_owned(),
                system_prompt: "Be brief.".to_owned(),
                parameters: Parameters {
                    temperature: Some(0.5),
                    ..Parameters::default()
                },
            },
        )
        .await
        .unwrap();
    let started = first.started.clone();
    first.end().await;
    let follow = Question::Follow {
        conversation: started.conversation.id,
        parent: Some(started.answer.id),
        text: "What is my name?".to_owned(),
    };
    bench.put("answer", follow).await.unwrap().end().await;
    let body = bench.server.chat_requests().last().unwrap().json();
    let roles: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!(body["temperature"], 0.5);
    assert_eq!(body["messages"][0]["content"], "Be brief.");
}

#[tokio::test]
async fn stop_keeps_the_text_and_hangs_up() {
    let bench = Bench::start().await;
    let mut answering = bench.ask("drip", "Count slowly.").await;
    let started = answering.started.clone();
    bench.server.release(3);
    let text = answering.until_text(2).await;
    bench.engine.stop_run(started.run);
    let answered = answering.end().await;
    assert_eq!(answered.message.status, MessageStatus::Stopped);
    assert!(answered.message.text.starts_with(text.trim_end()));
    bench.server.wait_until_idle().await;
    let stored = bench
        .stored(started.conversation.id, started.answer.id)
        .await;
    assert_eq!(stored, answered.message);
}

#[tokio::test]
async fn a_second_answer_is_a_branch_beside_the_first() {
    let bench = Bench::start().await;
    let first = bench.ask("count-to-5", "Count.").await;
    let started = first.started.clone();
    first.end().await;
    let question = started.question.unwrap().id;
    let again = Question::Again {
        conversation: started.conversation.id,
        question,
    };
    let second = bench.put("answer", again).await.unwrap();
    assert!(second.started.question.is_none());
    let second_answer = second.started.answer.id;
    second.end().await;
    let detail = bench
        .engine
        .conversation(started.conversation.id)
        .await
        .unwrap();
    assert_eq!(detail.record.messages.len(), 3);
    assert_eq!(detail.record.active_leaf, Some(second_answer));
    let back = bench
        .engine
        .set_leaf(started.conversation.id, started.answer.id)
        .await
        .unwrap();
    assert_eq!(back.record.active_leaf, Some(started.answer.id));
}

#[tokio::test]
async fn a_window_that_joins_late_sees_all_of_it() {
    let bench = Bench::start().await;
    let mut answering = bench.ask("drip", "Count slowly.").await;
    let run = answering.started.run;
    bench.server.release(5);
    answering.until_text(5).await;
    let (sender, mut updates) = tokio::sync::mpsc::unbounded_channel();
    let joined = bench
        .engine
        .attach_run(run, |_, attempts| {
            assert_eq!(attempts.len(), 1);
            Box::new(move |batch| sender.send(batch).is_ok())
        })
        .unwrap();
    let mut text = joined.snapshot.answer.text.clone();
    let mut next = joined.snapshot.next_sequence;
    bench.server.release(20);
    while let Some(batch) = updates.recv().await {
        for update in batch {
            assert_eq!(update.sequence, next);
            next += 1;
            if let RunUpdate::Text(more) = update.update {
                text.push_str(&more);
            }
        }
    }
    assert_eq!(text, answering.end().await.message.text);
}

#[tokio::test]
async fn an_answer_goes_on_when_nobody_watches() {
    let bench = Bench::start().await;
    let answering = bench.ask("drip", "Count slowly.").await;
    let started = answering.started.clone();
    drop(answering);
    bench.server.release(40);
    bench.server.wait_until_idle().await;
    let mut changes = bench.engine.changes();
    loop {
        let stored = bench
            .stored(started.conversation.id, started.answer.id)
            .await;
        if stored.status == MessageStatus::Complete {
            break;
        }
        changes.recv().await.unwrap();
    }
}

#[tokio::test]
async fn closing_in_the_middle_marks_the_answer_and_loses_nothing() {
    let bench = Bench::start().await;
    let mut answering = bench.ask("drip", "Count slowly.").await;
    let started = answering.started.clone();
    bench.server.release(4);
    let text = answering.until_text(4).await;
    bench.engine.close().await;
    let folder = bench.folder;
    drop(bench.engine);
    let engine = open(folder.path()).await;
    let detail = engine.conversation(started.conversation.id).await.unwrap();
    let answer = detail.record.messages.last().unwrap();
    assert_eq!(answer.status, MessageStatus::Interrupted);
    assert!(
        answer.text.starts_with(text.trim_end()),
        "{:?} holds {text:?}",
        answer.text
    );
}

#[tokio::test]
async fn nothing_is_asked_twice_at_the_end_of_an_unfinished_branch() {
    let bench = Bench::start().await;
    let answering = bench.ask("drip", "Count slowly.").await;
    let follow = Question::Follow {
        conversation: answering.started.conversation.id,
        parent: Some(answering.started.answer.id),
        text: "And now?".to_owned(),
    };
    let refused = bench.put("answer", follow).await.err();
    assert!(matches!(refused, Some(EngineError::Busy(_))), "{refused:?}");
    bench.engine.stop_run(answering.started.run);
    answering.end().await;
}

#[tokio::test]
async fn an_empty_question_is_refused_and_leaves_no_conversation() {
    let bench = Bench::start().await;
    let empty = Question::New {
        text: " \n".to_owned(),
        system_prompt: String::new(),
        parameters: Parameters::default(),
    };
    let refused = bench.put("answer", empty).await.err();
    assert!(
        matches!(refused, Some(EngineError::Input(_))),
        "{refused:?}"
    );
    assert!(bench.engine.conversations().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_passing_fault_is_retried_and_both_attempts_are_on_the_receipt() {
    let bench = Bench::start().await;
    let answered = bench.ask("500-then-ok", "Hello?").await.end().await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    assert_eq!(answered.attempts.len(), 2);
    assert_eq!(
        answered.attempts[0]
            .failure
            .as_ref()
            .and_then(|failure| failure.status),
        Some(500)
    );
    assert!(answered.attempts[0].left_because.is_some());
    assert!(
        answered
            .seen
            .iter()
            .any(|seen| matches!(seen.update, RunUpdate::Switched(_)))
    );
}
