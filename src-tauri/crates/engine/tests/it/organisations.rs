//! What an organisation used by its provider, beside the ledger, and the admin key that reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_domain::{Clock, Day, NanoUsd, UnixMillis};
use patchbay_engine::{
    Engine, EngineError, KeySourceName, OrganisationSide, OwnPrice, ProviderForm, SecretString,
    SpendExportFormat, SpendExportRequest, SpendExportWhat, SpendFilter,
};
use patchbay_testkit::{
    ManualClock, ScriptedDay, ScriptedOptions, ScriptedOrganisation, ScriptedProvider,
};

use crate::support::{Bench, form, open_with};

const KEY: &str = "sk-made-up-0123456789abcdef0123456789abcdef";
const ADMIN: &str = "sk-admin-made-up-0123456789abcdef0123456789";
const HOUR: i64 = 3_600_000;
/// 20 November 2026, midnight UTC.
const FRIDAY: i64 = 1_795_132_800_000;

/// A clock that the test and the engine both hold.
struct Shared(Arc<ManualClock>);

impl Clock for Shared {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn monotonic_millis(&self) -> u64 {
        self.0.monotonic_millis()
    }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// An organisation that was charged these dollars, three days on a page.
fn organisation(days: &[(&str, &str)]) -> ScriptedOrganisation {
    let day = |(date, dollars): &(&str, &str)| {
        let day = ScriptedDay {
            dollars: vec![(*dollars).to_owned()],
            ..ScriptedDay::default()
        };
        ((*date).to_owned(), day)
    };
    ScriptedOrganisation {
        days: days.iter().map(day).collect::<BTreeMap<_, _>>(),
        page_days: Some(3),
        ..ScriptedOrganisation::default()
    }
}

async fn bench(
    preset: &str,
    organisation: ScriptedOrganisation,
    at: i64,
) -> (Bench, Arc<ManualClock>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(UnixMillis(at)));
    let engine = open_with(folder.path(), Arc::new(Shared(Arc::clone(&clock)))).await;
    let server = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        organisation,
        ..ScriptedOptions::default()
    })
    .unwrap();
    let saved = engine
        .save_provider(ProviderForm {
            preset: Some(preset.to_owned()),
            ..form("Maker", &server.base_url(), Some(KEY))
        })
        .await
        .unwrap();
    let bench = Bench {
        engine,
        server,
        provider: saved.record.id,
        folder,
    };
    (bench, clock)
}

async fn ask(bench: &Bench) -> i64 {
    let price = OwnPrice {
        input: Some("1000".to_owned()),
        output: Some("1000".to_owned()),
        ..OwnPrice::default()
    };
    let endpoint = bench.endpoint("answer");
    bench.engine.set_own_price(&endpoint, &price).await.unwrap();
    let answered = bench.ask("answer", "Hello").await.end().await;
    answered.attempts[0].cost.amount.unwrap().0
}

async fn listed(engine: &Engine, from: &str, to: &str) -> OrganisationSide {
    let all = engine.organisations(day(from), day(to)).await.unwrap();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

fn secret(key: &str) -> SecretString {
    SecretString::from(key)
}

#[tokio::test]
async fn each_day_in_utc_stands_beside_what_the_organisation_was_charged() {
    let (first, _) = bench("openai", ScriptedOrganisation::default(), FRIDAY).await;
    let cost = ask(&first).await;
    let told = NanoUsd(cost).to_string();
    let told = told.trim_start_matches('$');

    let (bench, clock) = bench(
        "openai",
        // The Saturday is charged twice what was asked from here.
        organisation(&[
            ("2026-11-20", told),
            ("2026-11-21", &NanoUsd(2 * cost).to_string()),
            ("2026-11-23", "99"),
        ]),
        FRIDAY + 23 * HOUR + 30 * 60_000,
    )
    .await;
    let before = listed(&bench.engine, "2026-11-16", "2026-11-30").await;
    assert_eq!(before.key.source, None);
    assert_eq!((before.theirs, before.read_at), (None, None));
    assert!(
        before.words.contains("With an admin key"),
        "{}",
        before.words
    );

    // Half an hour before midnight UTC, and half an hour after it.
    assert_eq!(ask(&bench).await, cost);
    clock.advance(HOUR.unsigned_abs());
    assert_eq!(ask(&bench).await, cost);
    clock.jump_to(UnixMillis(FRIDAY + 3 * 24 * HOUR + HOUR));
    // Monday is not over: neither what it cost here nor what it cost there counts.
    ask(&bench).await;

    let set = bench
        .engine
        .set_admin_key(&bench.provider, secret(ADMIN), true)
        .await;
    set.unwrap();
    let before = bench.server.requests().len();
    let waiting = listed(&bench.engine, "2026-11-16", "2026-11-30").await;
    assert_eq!(waiting.key.source, Some(KeySourceName::Session));
    assert!(waiting.words.contains("not read yet"), "{}", waiting.words);
    assert_eq!(bench.server.requests().len(), before, "looking asks nobody");

    let read = bench
        .engine
        .read_organisation(&bench.provider, day("2026-11-16"), day("2026-11-30"))
        .await
        .unwrap();
    assert_eq!(read.failure, None);
    assert_eq!(read.theirs, Some(NanoUsd(3 * cost)));
    assert_eq!(
        (read.ours.known, read.ours.attempts),
        (NanoUsd(2 * cost), 2)
    );
    assert_eq!(read.drift_percent, Some(-33.33));
    assert_eq!(
        (read.from, read.to),
        (Some(day("2026-11-16")), Some(day("2026-11-22")))
    );
    assert_eq!(read.days.len(), 7);
    let differ: Vec<_> = read.days.iter().filter(|day| day.differs).collect();
    assert_eq!(differ.len(), 1);
    assert_eq!(
        (differ[0].day, differ[0].drift_percent),
        (day("2026-11-21"), Some(-50.0))
    );
    assert!(read.words.contains("One day differs"), "{}", read.words);
    assert!(!read.reasons.is_empty());
    // What was read is there without asking again, and with the time when it was read.
    let asked = bench.server.requests().len();
    let again = listed(&bench.engine, "2026-11-16", "2026-11-30").await;
    assert_eq!(
        (again.theirs, again.read_at),
        (read.theirs, Some(clock.now()))
    );
    assert_eq!(bench.server.requests().len(), asked);

    for format in [SpendExportFormat::Csv, SpendExportFormat::Json] {
        let path = bench.folder.path().join("costs");
        let request = SpendExportRequest {
            filter: SpendFilter {
                provider: Some(bench.provider.clone()),
                ..SpendFilter::between(day("2026-11-16"), day("2026-11-30"))
            },
            what: SpendExportWhat::Organisation,
            format,
        };
        bench
            .engine
            .save_spend_export(&request, &path)
            .await
            .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("2026-11-21").count(), 1, "{text}");
        assert!(
            text.contains("differs") && text.contains(&(2 * cost).to_string()),
            "{text}"
        );
        assert!(
            !text.contains(ADMIN) && !text.contains("2026-11-23T00"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_admin_key_asks_for_sums_and_for_nothing_else() {
    let (bench, _) = bench("anthropic", organisation(&[]), FRIDAY).await;
    let key = ADMIN.replace("sk-admin-", "sk-ant-admin01-");
    bench
        .engine
        .set_admin_key(&bench.provider, secret(&key), true)
        .await
        .unwrap();
    bench.ask("answer", "Hello").await.end().await;
    bench.engine.refresh_models(&bench.provider).await.unwrap();
    bench
        .engine
        .read_organisation(&bench.provider, day("2026-11-17"), day("2026-11-19"))
        .await
        .unwrap();
    for request in bench.server.requests() {
        let is_report = request.path.starts_with("/v1/organizations/");
        assert_eq!(
            request.key() == Some(key.as_str()),
            is_report,
            "{}",
            request.path
        );
    }
    let detail = bench.engine.providers().await.unwrap();
    assert_eq!(detail[0].keys.len(), 1, "it is none of the keys to try");
    let told = listed(&bench.engine, "2026-11-17", "2026-11-19").await;
    assert!(!format!("{told:?} {detail:?}").contains("made-up"));

    bench
        .engine
        .delete_admin_key(&bench.provider)
        .await
        .unwrap();
    let gone = listed(&bench.engine, "2026-11-17", "2026-11-19").await;
    assert_eq!(
        (gone.read_at, gone.theirs),
        (None, None),
        "its sums went with it"
    );
    let status = bench
        .engine
        .admin_key_status(&bench.provider)
        .await
        .unwrap();
    assert_eq!(status.source, None);

    bench.engine.close().await;
    for file in std::fs::read_dir(bench.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has_key = bytes
                .windows(key.len())
                .any(|window| window == key.as_bytes());
            assert!(!has_key, "the key is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn keys_are_told_apart_before_they_are_kept() {
    let (bench, _) = bench("openai", ScriptedOrganisation::default(), FRIDAY).await;
    let refused = bench
        .engine
        .set_admin_key(&bench.provider, secret(KEY), true)
        .await;
    assert!(
        matches!(&refused, Err(EngineError::Input(input))
            if input.field == "key" && input.sentence.contains("sk-admin-")),
        "{refused:?}"
    );
    let refused = bench
        .engine
        .set_key(&bench.provider, crate::support::new_key(ADMIN))
        .await;
    assert!(
        matches!(&refused, Err(EngineError::Input(input)) if input.sentence.contains("admin key")),
        "{refused:?}"
    );
    let other = bench
        .engine
        .save_provider(form("Other", &bench.server.url("/deepseek"), None))
        .await
        .unwrap();
    let refused = bench
        .engine
        .set_admin_key(&other.record.id, secret(ADMIN), true)
        .await;
    assert!(matches!(refused, Err(EngineError::Input(_))), "{refused:?}");
    let none = bench
        .engine
        .read_organisation(&bench.provider, day("2026-11-01"), day("2026-11-10"))
        .await;
    assert!(none.is_err());
}

#[tokio::test]
async fn a_reading_that_fails_leaves_the_older_costs_and_says_why() {
    let (bench, clock) = bench("openai", organisation(&[("2026-11-18", "0.5")]), FRIDAY).await;
    let engine = &bench.engine;
    let read = async |key: &str| {
        engine
            .set_admin_key(&bench.provider, secret(key), true)
            .await
            .unwrap();
        engine
            .read_organisation(&bench.provider, day("2026-11-17"), day("2026-11-19"))
            .await
            .unwrap()
    };
    for (mark, words) in [
        ("-wrong-", "does not take this as an admin key"),
        ("-barred-", "may not read costs"),
        ("-busy-", "asks to slow down"),
    ] {
        let told = read(&ADMIN.replace("-made-up-", mark)).await;
        let failure = told.failure.unwrap();
        assert!(failure.words.contains(words), "{}", failure.words);
        assert_eq!((told.theirs, told.read_at), (None, None));
    }
    let told = read(ADMIN).await;
    assert_eq!(told.theirs, Some(NanoUsd(500_000_000)));

    // The server is gone now.
    let (bench, first) = (bench, clock.now());
    clock.advance(60_000);
    let Bench {
        engine,
        server,
        provider,
        folder: _folder,
    } = bench;
    drop(server);
    let told = engine
        .read_organisation(&provider, day("2026-11-17"), day("2026-11-19"))
        .await
        .unwrap();
    assert!(told.failure.is_some());
    assert_eq!(
        (told.theirs, told.read_at),
        (Some(NanoUsd(500_000_000)), Some(first))
    );
}
