//! Comparisons over real sockets: rounds, what is held, votes, judges, merging, going on, export.
//!
//! Long because each test is a round from its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use patchbay_domain::compare::{CellKey, Check, Column, Definition, Judging, Prompt, Row};
use patchbay_domain::ranking::Filter;
use patchbay_domain::route::Target;
use patchbay_domain::{Endpoint, NanoUsd, Parameters, RoundId};
use patchbay_engine::{
    CellState, Engine, EngineError, MergeKind, OwnPrice, RoundDetail, RoundFormat, RoundState,
    StitchedPart, VoteVerdict,
};

use crate::support::{Bench, DEADLINE};

pub(crate) fn asks(endpoint: Endpoint) -> Column {
    Column {
        label: String::new(),
        target: Some(Target::Endpoint { endpoint }),
        system_prompt: String::new(),
        parameters: Parameters::default(),
    }
}

pub(crate) fn definition(columns: Vec<Column>, prompts: &[&str]) -> Definition {
    Definition {
        name: "Test".to_owned(),
        columns,
        prompts: prompts
            .iter()
            .map(|text| Prompt::Text {
                text: (*text).to_owned(),
            })
            .collect(),
        rows: Vec::new(),
        repeats: 1,
        parallel: 4,
        ceiling: None,
        checks: Vec::new(),
        tag: None,
        judging: Judging::default(),
        sample: None,
    }
}

/// Waits until a round is as it is wanted.
pub(crate) async fn until(
    engine: &Engine,
    round: RoundId,
    is_wanted: impl Fn(&RoundDetail) -> bool,
) -> RoundDetail {
    let mut changes = engine.changes();
    let waiting = async {
        loop {
            let detail = engine.round(round).await.unwrap();
            if is_wanted(&detail) {
                return detail;
            }
            // Something is always written before it can look different.
            let _ = changes.recv().await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting)
        .await
        .expect("the round never came to that")
}

pub(crate) fn is_over(detail: &RoundDetail) -> bool {
    detail.record.state != RoundState::Running
}

async fn start(engine: &Arc<Engine>, definition: Definition) -> RoundId {
    let saved = engine.save_comparison(None, definition).await.unwrap();
    engine.start_comparison(saved.id).await.unwrap()
}

fn key(case: u32, column: u32) -> CellKey {
    CellKey {
        case,
        repeat: 0,
        column,
    }
}

#[tokio::test]
async fn every_column_answers_every_prompt_with_its_own_settings() {
    let bench = Bench::start().await;
    let instructed = Column {
        label: "Instructed".to_owned(),
        system_prompt: "Speak of {{topic}}.".to_owned(),
        parameters: Parameters {
            temperature: Some(0.25),
            ..Parameters::default()
        },
        ..asks(bench.endpoint("echo:b"))
    };
    let mut wanted = definition(
        vec![asks(bench.endpoint("echo")), instructed],
        &["On {{topic}}"],
    );
    wanted.rows = ["rain", "{{topic}}"]
        .map(|topic| Row::from([("topic".to_owned(), topic.to_owned())]))
        .to_vec();
    wanted.checks = vec![Check::Contains {
        text: "{{topic}}".to_owned(),
        is_case_sensitive: true,
        is_negated: false,
    }];
    let server = bench.server;
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    let detail = until(&engine, round, is_over).await;

    assert_eq!(detail.record.state, RoundState::Done);
    assert_eq!(detail.cells.len(), 4);
    for cell in &detail.cells {
        assert_eq!(cell.state, CellState::Answered, "{cell:?}");
        let [check] = cell.checks.as_slice() else {
            panic!("{:?}", cell.checks)
        };
        assert_eq!(check.passed, Some(true), "{check:?}");
    }
    let second = engine.case_answers(round, 1, 0).await.unwrap();
    // What a variable holds is no template.
    assert_eq!(second.prompt, "On {{topic}}");
    let sent: Vec<_> = server
        .chat_requests()
        .iter()
        .map(|one| one.json())
        .collect();
    let instructed = sent
        .iter()
        .find(|body| body["model"] == "echo:b" && body["messages"][1]["content"] == "On rain");
    let instructed = instructed.unwrap();
    assert_eq!(instructed["messages"][0]["content"], "Speak of rain.");
    assert_eq!(instructed["temperature"], 0.25);
    // Nothing of it stands among the chats.
    assert!(engine.conversations().await.unwrap().is_empty());
    assert!(detail.cost.amount.is_none() || detail.cost.amount >= Some(NanoUsd(0)));
}

#[tokio::test]
async fn what_failed_is_asked_again_and_what_was_answered_is_not() {
    let bench = Bench::start().await;
    let columns = vec![
        asks(bench.endpoint("echo")),
        asks(bench.endpoint("500-for-1-requests")),
    ];
    let mut wanted = definition(columns, &["One"]);
    wanted.parallel = 1;
    let endpoint = bench.endpoint("400-unknown");
    wanted.columns.push(asks(endpoint));
    let server = bench.server;
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    let first = until(&engine, round, is_over).await;
    assert_eq!(first.cells[0].state, CellState::Answered);
    assert_ne!(first.cells[2].state, CellState::Answered);
    assert!(first.cells[2].failure.is_some());
    let asked = server
        .chat_requests()
        .iter()
        .filter(|one| one.model() == "echo")
        .count();

    engine.resume_round(round, true).await.unwrap();
    let second = until(&engine, round, is_over).await;
    assert_eq!(second.cells[0].run, first.cells[0].run);
    assert_ne!(second.cells[2].run, first.cells[2].run);
    let now = server
        .chat_requests()
        .iter()
        .filter(|one| one.model() == "echo")
        .count();
    assert_eq!(asked, now);

    // A person may ask again for what was answered.
    engine.ask_cell_again(round, key(0, 0)).await.unwrap();
    let third = until(&engine, round, |detail| {
        is_over(detail) && detail.cells[0].run != first.cells[0].run
    })
    .await;
    assert_eq!(third.cells[0].state, CellState::Answered);
}

#[tokio::test]
async fn a_round_pauses_and_goes_on_and_one_cell_can_be_stopped() {
    let bench = Bench::start().await;
    let mut wanted = definition(vec![asks(bench.endpoint("drip"))], &["One", "Two", "Three"]);
    wanted.parallel = 1;
    let server = bench.server;
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    let running = |detail: &RoundDetail| detail.cells[0].state == CellState::Running;
    until(&engine, round, running).await;
    // A waiting one is left out, a running one stopped.
    engine.stop_cell(round, key(1, 0));
    engine.pause_round(round);
    let left_out = |detail: &RoundDetail| detail.cells[1].state == CellState::Problem;
    engine.stop_cell(round, key(0, 0));
    let paused = until(&engine, round, is_over).await;
    assert_eq!(paused.record.state, RoundState::Paused);
    assert_eq!(paused.record.reason.as_deref(), Some("asked"));
    assert_eq!(paused.cells[0].state, CellState::Stopped);
    assert!(left_out(&paused), "{:?}", paused.cells[1]);
    assert_eq!(paused.cells[2].state, CellState::Waiting);

    engine.resume_round(round, true).await.unwrap();
    server.release(1_000);
    let done = until(&engine, round, is_over).await;
    assert_eq!(done.record.state, RoundState::Done);
    for cell in &done.cells {
        assert_eq!(cell.state, CellState::Answered, "{cell:?}");
    }
}

#[tokio::test]
async fn no_more_of_one_provider_are_asked_at_once_than_was_said() {
    let bench = Bench::start().await;
    let mut wanted = definition(
        vec![
            asks(bench.endpoint("silent")),
            asks(bench.endpoint("silent:b")),
        ],
        &["1", "2", "3", "4", "5"],
    );
    wanted.parallel = 3;
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    let count = |detail: &RoundDetail| {
        let cells = detail.cells.iter();
        cells
            .filter(|cell| cell.state == CellState::Running)
            .count()
    };
    let detail = until(&engine, round, |detail| count(detail) >= 3).await;
    assert_eq!(count(&detail), 3);
    // Also the one that was only just begun, which otherwise would wait for its first token.
    engine.stop_round(round);
    let stopped = until(&engine, round, is_over);
    let stopped = tokio::time::timeout(Duration::from_secs(10), stopped)
        .await
        .unwrap();
    assert_eq!(count(&stopped), 0);
}

#[tokio::test]
async fn a_round_stops_before_its_limit_and_tells_so() {
    let bench = Bench::start().await;
    // 700 tokens are expected of each answer, at a dollar for a thousand.
    let endpoint = bench.endpoint("count-to-20");
    let price = OwnPrice {
        input: Some("0".to_owned()),
        output: Some("1000".to_owned()),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        per_request: None,
    };
    bench.engine.set_own_price(&endpoint, &price).await.unwrap();
    let mut wanted = definition(vec![asks(endpoint)], &["1", "2", "3", "4", "5"]);
    wanted.parallel = 1;
    wanted.ceiling = Some(NanoUsd(750_000_000));
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    let held = until(&engine, round, is_over).await;
    assert_eq!(held.record.reason.as_deref(), Some("ceiling"));
    let answered = held
        .cells
        .iter()
        .filter(|cell| cell.state == CellState::Answered);
    let answered = answered.count();
    // Each is two cents when it is there: with the fourth it could become 76.
    assert_eq!(answered, 3);
    assert!(held.cost.amount.unwrap() <= NanoUsd(750_000_000));
}

#[tokio::test]
async fn votes_make_a_ranking_and_judges_are_kept_apart() {
    let bench = Bench::start().await;
    let prompts: Vec<String> = (0..8).map(|number| format!("Prompt {number}")).collect();
    let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let columns = vec![asks(bench.endpoint("answer")), asks(bench.endpoint("echo"))];
    let mut wanted = definition(columns, &prompts);
    wanted.tag = Some("words".to_owned());
    let judge = bench.endpoint("echo:judge");
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    until(&engine, round, is_over).await;
    for case in 0..8 {
        let best = VoteVerdict::Best { column: 0 };
        let note = String::new();
        engine
            .vote(round, case, 0, best, None, note, true)
            .await
            .unwrap();
    }
    let ranking = engine.ranking(&Filter::default()).await.unwrap();
    let first = ranking.standings.best_first().next().unwrap();
    assert!(first.model.ends_with("answer"), "{}", first.model);
    assert_eq!(ranking.standings.votes(), 8);
    assert_eq!(ranking.tags, ["words"]);
    let none = VoteVerdict::Best { column: 7 };
    let refused = engine
        .vote(round, 0, 0, none, None, String::new(), false)
        .await;
    assert!(matches!(refused, Err(EngineError::Input(_))), "{refused:?}");

    // The echo repeats the question, whose last JSON says that A is the best: in both orders, so it
    // contradicts itself each time.
    let judging = Judging {
        judges: vec![Target::Endpoint { endpoint: judge }],
        rubric: String::new(),
    };
    let estimate = engine
        .estimate_judging(round, None, &judging)
        .await
        .unwrap();
    assert_eq!(estimate.requests, 16);
    engine.start_judging(round, None, judging).await.unwrap();
    let judged = until(&engine, round, |detail| detail.votes.len() == 16).await;
    let of_judge: Vec<_> = judged
        .votes
        .iter()
        .filter(|vote| vote.ballot.orders_agree.is_some())
        .collect();
    assert_eq!(of_judge.len(), 8);
    for vote in of_judge {
        assert_eq!(vote.ballot.orders_agree, Some(false));
        assert_eq!(vote.ballot.verdict, VoteVerdict::Tie);
        assert_eq!(vote.ballot.runs.len(), 2);
    }
    let own = engine.ranking(&Filter::default()).await.unwrap();
    assert_eq!(
        own.standings.votes(),
        8,
        "judges are not counted as the person"
    );
    assert_eq!(own.judges.len(), 1);
    assert_eq!(own.judges[0].disagrees_with_itself, 8);
}

#[tokio::test]
async fn only_verdicts_that_did_not_come_about_are_asked_for_again() {
    let bench = Bench::start().await;
    let columns = vec![asks(bench.endpoint("answer")), asks(bench.endpoint("echo"))];
    let wanted = definition(columns, &["One", "Two"]);
    // Refuses whoever asks first, and judges after that.
    let judge = bench.endpoint("400-unknown");
    let server = bench.server;
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    until(&engine, round, is_over).await;
    assert!(engine.judge_again(round).is_err(), "nothing was asked yet");
    let judging = Judging {
        judges: vec![Target::Endpoint { endpoint: judge }],
        rubric: "By length.".to_owned(),
    };
    let over = |engine: &Engine| {
        let progress = engine.judging_progress(round);
        progress.filter(|progress| !progress.is_running)
    };
    // About the first prompt alone.
    let started = engine.start_judging(round, Some((0, 0)), judging).await;
    started.unwrap();
    until(&engine, round, |_| over(&engine).is_some()).await;
    assert_eq!(over(&engine).unwrap().failed, 1);
    let asked = |server: &patchbay_testkit::ScriptedProvider| {
        let requests = server.chat_requests();
        let of_judge = requests.iter().filter(|one| one.model() == "400-unknown");
        of_judge
            .map(|one| one.json()["messages"][1]["content"].to_string())
            .collect::<Vec<_>>()
    };
    let before = asked(&server);
    engine.judge_again(round).unwrap();
    until(&engine, round, |_| over(&engine).is_some()).await;
    let after = asked(&server);
    assert_eq!(after.len(), before.len() * 2);
    // The same rubric, and nothing of the second prompt.
    for text in &after {
        assert!(
            text.contains("By length.") && text.contains("One"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn one_answer_is_made_of_several_and_gone_on_with() {
    let bench = Bench::start().await;
    let columns = vec![
        asks(bench.endpoint("answer")),
        asks(bench.endpoint("count-to-5")),
    ];
    let target = Target::Endpoint {
        endpoint: bench.endpoint("echo:merge"),
    };
    let engine = Arc::new(bench.engine);
    let round = start(&engine, definition(columns, &["Why?"])).await;
    until(&engine, round, is_over).await;

    let merge = engine
        .start_merge(round, (0, 0), MergeKind::Fuse, target, &[0, 1])
        .await
        .unwrap();
    let written = loop {
        let case = engine.case_answers(round, 0, 0).await.unwrap();
        let (_, message) = case
            .merged
            .into_iter()
            .find(|(one, _)| one.id == merge)
            .unwrap();
        let message = message.unwrap();
        if message.status == patchbay_domain::MessageStatus::Complete {
            break message;
        }
        tokio::task::yield_now().await;
    };
    // The echo shows what the model was given: both answers, and no name.
    assert!(written.text.contains("1 2 3 4 5"), "{}", written.text);
    assert!(!written.text.contains("count-to-5"));

    let parts = vec![
        StitchedPart {
            column: Some(1),
            text: "1 2 3".to_owned(),
        },
        StitchedPart {
            column: None,
            text: "and so on".to_owned(),
        },
    ];
    let stitched = engine
        .save_stitched(None, round, (0, 0), parts)
        .await
        .unwrap();
    let chat = engine.continue_merged(round, stitched).await.unwrap();
    let chat = engine.conversation(chat.id).await.unwrap().record;
    let texts: Vec<_> = chat
        .messages
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(texts, ["Why?", "1 2 3\n\nand so on"]);

    let chats = engine.continue_case(round, 0, 0, &[1]).await.unwrap();
    let [chat] = chats.as_slice() else {
        panic!("{chats:?}")
    };
    let detail = engine.conversation(chat.id).await.unwrap();
    let answer = detail.record.messages.last().unwrap();
    let receipt = detail.runs.get(&answer.run.unwrap()).unwrap();
    assert_eq!(
        receipt.receipt.attempts.len(),
        1,
        "the copy keeps its receipt"
    );
    assert_eq!(engine.conversations().await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_export_holds_the_answers_and_the_settings() {
    let bench = Bench::start().await;
    let columns = vec![
        asks(bench.endpoint("hostile-html")),
        asks(bench.endpoint("answer")),
    ];
    let mut wanted = definition(columns, &["Tell | me"]);
    wanted.name = "A <b>name</b>".to_owned();
    let engine = Arc::new(bench.engine);
    let round = start(&engine, wanted).await;
    until(&engine, round, is_over).await;
    for format in [
        RoundFormat::Html,
        RoundFormat::Markdown,
        RoundFormat::Csv,
        RoundFormat::Json,
    ] {
        let text = engine.export_round(round, format).await.unwrap();
        assert!(text.contains("hostile-html"), "{format:?}: {text}");
    }
    let page = engine.export_round(round, RoundFormat::Html).await.unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains("A &lt;b&gt;name&lt;/b&gt;"));
    let data = engine.export_round(round, RoundFormat::Json).await.unwrap();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    let again: Definition = serde_json::from_value(data["definition"].clone()).unwrap();
    assert_eq!(again.prompts.len(), 1);
    assert_eq!(
        data["cases"][0]["repeats"][0]["answers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_deleted_comparison_comes_back_with_its_answers() {
    let bench = Bench::start().await;
    let wanted = definition(vec![asks(bench.endpoint("answer"))], &["Hello"]);
    let engine = Arc::new(bench.engine);
    let saved = engine.save_comparison(None, wanted).await.unwrap();
    let round = engine.start_comparison(saved.id).await.unwrap();
    until(&engine, round, is_over).await;
    engine.delete_comparison(saved.id).await.unwrap();
    assert!(engine.comparisons().await.unwrap().is_empty());
    engine.restore_comparison(saved.id).await.unwrap();
    let listed = engine.comparisons().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].newest.as_ref().unwrap().answered, 1);
    let case = engine.case_answers(round, 0, 0).await.unwrap();
    assert!(!case.answers[0].1.text.is_empty());
}
