//! The sixteen faults of the public Failover Bench, over real sockets, in every family of wire
//! formats and with every rule for half answers. The report is printed: run it with `--no-capture`.
//!
//! Long because the rules of sixteen verdicts are read best beside each other.
#![expect(clippy::print_stdout, reason = "the report is for whoever runs it")]

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use patchbay_domain::route::{Policy, Route, RouteEntry, Target};
use patchbay_domain::run::{HalfAnswer, Limits};
use patchbay_domain::{
    Attempt, AttemptStatus, Clock, Cost, Endpoint, FailureClass, MessageStatus, Parameters,
    ProviderId, UnixMillis, WireFamily,
};
use patchbay_engine::{Engine, ProviderForm, Question, RunUpdate};
use patchbay_testkit::{
    ManualClock, QUICK_FAULTS, ScriptedModel, ScriptedOptions, ScriptedProvider,
};
use serde_json::json;

use crate::families::{WAYS, Way};
use crate::support::{Answered, Bench, form, open_with};

/// Between what the quick faults do (2 and 3 s) and what an answer takes on a busy machine.
const LATE_MILLIS: u64 = 1_300;

/// What becomes of half an answer, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rules {
    /// The window, which replaces it.
    Replace,
    /// The window, which goes on with it.
    Continue,
    /// The gateway, whose client wants an honest error in the stream.
    Error,
    /// The gateway, whose client waits until the answer is safe.
    Hold,
}

const ALL_RULES: [Rules; 4] = [Rules::Replace, Rules::Continue, Rules::Error, Rules::Hold];

impl Rules {
    fn half_answer(self) -> HalfAnswer {
        match self {
            Self::Replace | Self::Hold => HalfAnswer::Replace,
            Self::Continue => HalfAnswer::Continue,
            Self::Error => HalfAnswer::Keep,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Pass,
    Partial,
    Safe,
    Fail,
}

impl Verdict {
    fn sign(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Partial => "PARTIAL",
            Self::Safe => "safe",
            Self::Fail => "FAIL",
        }
    }
}

/// Each fault with the model that answers in its place. Where half an answer can be gone on with, that
/// is one that would have said the same.
fn faults() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    QUICK_FAULTS.iter().map(|(number, fault, other)| {
        let other = match number {
            8 => "continues-to-60",
            9 => "continues-to-40",
            10 => "continues-to-20",
            12 => LARGE,
            _ => other,
        };
        (*number, *fault, other)
    })
}

/// A model whose context is larger than the one that refuses.
const LARGE: &str = "large-context";

/// Gemini where a service account opens it; the server makes the tokens.
const VERTEX: Way = Way {
    preset: "vertex",
    family: WireFamily::Vertex,
    base: "/v1",
    key: None,
};

/// Two ways in of one family: the first plays the faults, the second answers.
struct Pair {
    bench: Bench,
    first: ProviderId,
    second: ProviderId,
}

impl Pair {
    async fn new(way: &Way, clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = open_with(folder.path(), clock).await;
        let names = faults().flat_map(|(_, fault, other)| [fault, other]);
        let server = ScriptedProvider::start_with(ScriptedOptions {
            more_models: names
                .filter(|name| *name != LARGE)
                .map(str::to_owned)
                .collect(),
            models: vec![ScriptedModel {
                context_length: 1_000_000,
                ..ScriptedModel::new(LARGE, "answer")
            }],
            ..ScriptedOptions::default()
        })
        .unwrap();
        let first = add(&engine, &server, way, "first").await;
        let second = add(&engine, &server, way, "second").await;
        Self {
            bench: Bench {
                engine,
                server,
                provider: second.clone(),
                folder,
            },
            first,
            second,
        }
    }

    /// What a model of the second way in says when nothing is wrong.
    async fn whole(&self, model: &str) -> String {
        let model = self.spelled(&self.second, model).await;
        let answered = self.bench.ask(&model, "Hello there").await.end().await;
        assert_eq!(answered.message.status, MessageStatus::Complete, "{model}");
        answered.message.text
    }

    /// A model's id as this provider spells it: OpenRouter puts a maker before each name.
    async fn spelled(&self, provider: &ProviderId, model: &str) -> String {
        let listed = self.bench.engine.models().await.unwrap();
        listed
            .into_iter()
            .filter(|choice| choice.endpoint.provider == *provider)
            .map(|choice| choice.endpoint.model)
            .find(|id| id.rsplit('/').next() == Some(model))
            .unwrap_or_else(|| model.to_owned())
    }

    async fn route(&self, fault: &str, other: &str, rules: Rules) -> Route {
        let entry = |provider: &ProviderId, model: String| RouteEntry::Endpoint {
            endpoint: Endpoint {
                provider: provider.clone(),
                model,
            },
        };
        let entries = vec![
            entry(&self.first, self.spelled(&self.first, fault).await),
            entry(&self.second, self.spelled(&self.second, other).await),
        ];
        let route = Route {
            policy: Policy::AsListed,
            limits: Limits {
                connect_millis: LATE_MILLIS,
                first_token_millis: LATE_MILLIS,
                silence_millis: LATE_MILLIS,
                total_millis: 30_000,
                ..Limits::ROUTE
            },
            half_answer: rules.half_answer(),
            local_when_offline: false,
            ..Route::new(
                self.bench.engine.new_route_id(),
                format!("{fault} {rules:?}"),
                entries,
            )
        };
        self.bench.engine.save_route(route).await.unwrap()
    }

    async fn ask(&self, route: &Route) -> Answered {
        let question = Question::New {
            text: "Hello there".to_owned(),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        let target = Target::Route { id: route.id };
        let asked = self.bench.put_to(target, question).await;
        asked.unwrap().end().await
    }

    async fn judge(&self, number: u8, fault: &str, other: &str, rules: Rules) -> (Verdict, String) {
        let route = self.route(fault, other, rules).await;
        let whole = [self.whole(other).await, self.whole("answer").await];
        let answered = self.ask(&route).await;
        let verdict = verdict(number, self, &whole, &answered);
        // Each fault has a way in of its own name, but some of them count their requests.
        self.bench.engine.delete_route(route.id).await.unwrap();
        for provider in [&self.first, &self.second] {
            for model in [fault, other] {
                let model = self.spelled(provider, model).await;
                self.bench.engine.reset_health(&Endpoint {
                    provider: provider.clone(),
                    model,
                });
            }
        }
        verdict
    }
}

async fn add(engine: &Engine, server: &ScriptedProvider, way: &Way, name: &str) -> ProviderId {
    let account = (way.family == WireFamily::Vertex).then(|| service_account(server));
    let key = account.as_deref().or(way.key);
    let saved = engine
        .save_provider(ProviderForm {
            preset: Some(way.preset.to_owned()),
            family: Some(way.family),
            ..form(name, &server.url(way.base), key)
        })
        .await
        .unwrap();
    saved.record.id
}

/// The file of a Google service account, made up around a key that is made anew. Its tokens are made
/// by this server.
fn service_account(server: &ScriptedProvider) -> String {
    static PEM: LazyLock<String> = LazyLock::new(|| {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        pair.serialize_pem()
    });
    let file = json!({
        "type": "service_account",
        "project_id": "patchbay-sixteen",
        "private_key_id": "made-up",
        "private_key": *PEM,
        "client_email": "sixteen@patchbay-sixteen.iam.gserviceaccount.com",
        "token_uri": server.url("/token"),
    });
    file.to_string()
}

/// How often, and when, the first way in was asked, from the start of the first attempt.
fn asked<'a>(pair: &'a Pair, attempts: &'a [Attempt]) -> impl Iterator<Item = (u64, &'a Attempt)> {
    let start = attempts
        .first()
        .map_or(UnixMillis(0), |first| first.started_at);
    attempts
        .iter()
        .filter(|attempt| attempt.endpoint.provider == pair.first)
        .map(move |attempt| (attempt.started_at.since(start), attempt))
}

fn took(answered: &Answered) -> u64 {
    let start = answered.attempts.first().unwrap().started_at;
    let last = answered.attempts.last().unwrap();
    last.started_at.since(start) + last.timings.ended.unwrap_or(0)
}

/// The rules of the bench. Its times are those of the quick faults, a tenth of the real ones, and are
/// read generously: a busy machine is no fault of the router's.
fn verdict(number: u8, pair: &Pair, whole: &[String], answered: &Answered) -> (Verdict, String) {
    let attempts = &answered.attempts;
    let words: Vec<String> = attempts
        .iter()
        .map(|attempt| match &attempt.failure {
            Some(failure) => failure.class.as_str().to_owned(),
            None => attempt.status.as_str().to_owned(),
        })
        .collect();
    let story = format!(
        "{} after {} ms: {}",
        answered.message.status.as_str(),
        took(answered),
        words.join(", ")
    );
    let fail = |why: &str| (Verdict::Fail, format!("{why}; {story}"));
    let count = asked(pair, attempts).count();
    if count == 0 {
        return fail("the first way in was not asked at all");
    }
    let within = |millis: u64| asked(pair, attempts).filter(|(at, _)| *at < millis).count();
    let terminal = answered
        .seen
        .iter()
        .filter(|update| matches!(update.update, RunUpdate::Ended(_)))
        .count();
    if terminal != 1 {
        return fail("not exactly one end");
    }
    if took(answered) > 15_000 {
        return fail("late");
    }
    let broken = match number {
        1 => {
            attempts
                .iter()
                .filter(|attempt| attempt.started_at.since(attempts[0].started_at) < 150)
                .count()
                > 2
        }
        2 => within(3_000) > 4 || attempts.len() > 6,
        6 | 7 | 12 | 13 => count > 1,
        _ => false,
    };
    if broken {
        return fail("it was asked too often");
    }
    let refused = attempts.iter().any(|attempt| {
        attempt.failure.as_ref().is_some_and(|failure| {
            failure.class == FailureClass::ContentFiltered && !failure.message.is_empty()
        })
    });
    if number == 13 && !refused {
        return fail("the provider's reason is lost");
    }
    match answered.message.status {
        MessageStatus::Complete => {}
        MessageStatus::Failed if number == 14 => {
            let last = attempts.last().and_then(|attempt| attempt.failure.as_ref());
            let is_refusal =
                last.is_some_and(|failure| failure.class == FailureClass::InvalidRequest);
            return if is_refusal {
                fail("the refusal became the error")
            } else {
                (Verdict::Safe, story)
            };
        }
        MessageStatus::Failed => return (Verdict::Safe, story),
        _ => return fail("neither an answer nor an error"),
    }
    if !whole.contains(&answered.message.text) {
        return fail(&format!(
            "not the whole answer: {:?}",
            answered.message.text
        ));
    }
    let who = attempts
        .iter()
        .find(|attempt| attempt.status == AttemptStatus::Answered);
    let Some(who) = who else {
        return fail("nobody answered");
    };
    if who.usage.is_none_or(|usage| usage.is_zero()) {
        return fail("the usage is lost");
    }
    if number == 16 {
        let free = attempts
            .iter()
            .filter(|attempt| attempt.failure.is_some())
            .all(|attempt| attempt.cost == Cost::FREE);
        if who.endpoint.provider != pair.second || !free {
            return fail("the wrong one is shown, or the failures cost something");
        }
    }
    if number == 3 && who.endpoint.provider != pair.first {
        return (Verdict::Partial, story);
    }
    (Verdict::Pass, story)
}

/// Fault 15, on a clock of its own: a minute down, twenty requests, one every four seconds.
async fn outage(pair: &Pair, clock: &ManualClock, rules: Rules) -> (Verdict, String) {
    const MODEL: &str = "503-until-recovered";
    let route = pair.route(MODEL, "answer", rules).await;
    let whole = pair.whole("answer").await;
    let (mut asked_while_down, mut returned) = (0, None);
    for request in 0..20_u64 {
        if request == 15 {
            pair.bench.server.recover(MODEL);
        }
        let answered = pair.ask(&route).await;
        if answered.message.status != MessageStatus::Complete || answered.message.text != whole {
            return (
                Verdict::Fail,
                format!("request {request}: {:?}", answered.message),
            );
        }
        if request < 15 {
            asked_while_down += asked(pair, &answered.attempts).count();
        }
        let by_first = answered.attempts.iter().any(|attempt| {
            attempt.status == AttemptStatus::Answered && attempt.endpoint.provider == pair.first
        });
        if by_first && returned.is_none() {
            returned = Some(request * 4);
        }
        clock.advance(4_000);
    }
    pair.bench.engine.delete_route(route.id).await.unwrap();
    let story = format!("asked {asked_while_down} times while down, used again at {returned:?} s");
    match returned {
        Some(second) if second <= 90 && asked_while_down < 15 => (Verdict::Pass, story),
        Some(second) if second <= 90 => (Verdict::Partial, story),
        _ => (Verdict::Fail, story),
    }
}

/// A shared clock that the test and the engine both hold.
struct Shared(Arc<ManualClock>);

impl Clock for Shared {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn monotonic_millis(&self) -> u64 {
        self.0.monotonic_millis()
    }
}

/// All faults with these rules, in one family.
async fn column(way: &Way, rules: Rules) -> Vec<(Verdict, String)> {
    let pair = Pair::new(way, Arc::new(patchbay_engine::SystemClock::start())).await;
    let mut verdicts = Vec::new();
    for (number, fault, other) in faults() {
        if number == 15 {
            let clock = Arc::new(ManualClock::default());
            let pair = Pair::new(way, Arc::new(Shared(Arc::clone(&clock)))).await;
            verdicts.push(outage(&pair, &clock, rules).await);
            continue;
        }
        verdicts.push(pair.judge(number, fault, other, rules).await);
    }
    verdicts
}

/// What the rules allow: with an honest error for half an answer, those that break in the middle end
/// with that error; all else is a whole answer.
fn expected(number: u8, family: WireFamily, rules: Rules) -> Verdict {
    // Two families have no end mark beside their last event: without it the stream is cut.
    let ends_with_its_last_event =
        matches!(family, WireFamily::OpenAiResponses | WireFamily::Ollama);
    match (rules, number) {
        (Rules::Error, 8 | 9 | 10 | 14) => Verdict::Safe,
        (Rules::Error, 11) if ends_with_its_last_event => Verdict::Safe,
        _ => Verdict::Pass,
    }
}

async fn report(rules: Rules) {
    let ways: Vec<&Way> = one_of_each_family();
    let columns = futures::future::join_all(ways.iter().map(|way| column(way, rules))).await;
    let mut table = format!("half answers: {rules:?}\n{:<6}", "fault");
    for way in &ways {
        let _ = write!(table, "{:<20}", way.family.as_str());
    }
    let mut wrong = String::new();
    for (row, (number, fault, _)) in QUICK_FAULTS.iter().enumerate() {
        let _ = write!(table, "\n{number:<6}");
        for (way, column) in ways.iter().zip(&columns) {
            let (verdict, story) = &column[row];
            let _ = write!(table, "{:<20}", verdict.sign());
            if *verdict != expected(*number, way.family, rules) {
                let _ = writeln!(
                    wrong,
                    "{number} {fault} {}: {verdict:?}: {story}",
                    way.family.as_str()
                );
            }
        }
    }
    println!("{table}\n");
    assert!(wrong.is_empty(), "{table}\n\n{wrong}");
}

fn one_of_each_family() -> Vec<&'static Way> {
    let mut ways: Vec<&Way> = Vec::new();
    for way in WAYS.iter().chain([&VERTEX]) {
        if ways.iter().all(|known| known.family != way.family) {
            ways.push(way);
        }
    }
    assert_eq!(ways.len(), WireFamily::ALL.len());
    ways
}

#[tokio::test]
async fn all_sixteen_where_half_an_answer_is_replaced() {
    report(Rules::Replace).await;
}

#[tokio::test]
async fn all_sixteen_where_half_an_answer_is_gone_on_with() {
    report(Rules::Continue).await;
}

#[tokio::test]
async fn all_sixteen_where_the_client_wants_an_honest_error() {
    report(Rules::Error).await;
}

#[tokio::test]
async fn all_sixteen_where_the_client_waits_until_it_is_safe() {
    report(Rules::Hold).await;
}

#[test]
fn every_rule_for_half_answers_is_reported() {
    for half_answer in HalfAnswer::ALL {
        assert!(
            ALL_RULES
                .iter()
                .any(|rules| rules.half_answer() == *half_answer)
        );
    }
}
