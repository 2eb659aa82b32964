//! Pricing again, exports, imports and balances over a real store.

use std::path::Path;

use patchbay_domain::{CostKind, Day, NanoUsd, ProviderId};
use patchbay_engine::{
    Currency, EngineError, ImportVerdict, OwnPrice, ProviderForm, RepriceRequest, RepriceWhich,
    SpendExportFormat, SpendExportRequest, SpendExportWhat, SpendFilter, UsageGrain,
};

use crate::support::{Bench, form};

fn everything() -> SpendFilter {
    let day = |text: &str| text.parse::<Day>().unwrap();
    SpendFilter::between(day("1970-01-01"), day("9999-12-31"))
}

fn reprice(which: RepriceWhich, is_trial: bool) -> RepriceRequest {
    RepriceRequest {
        endpoint: None,
        from: None,
        to: None,
        which,
        is_trial,
    }
}

async fn price(bench: &Bench, input: &str, output: &str) {
    let own = OwnPrice {
        input: Some(input.to_owned()),
        output: Some(output.to_owned()),
        ..OwnPrice::default()
    };
    let endpoint = bench.endpoint("answer");
    bench.engine.set_own_price(&endpoint, &own).await.unwrap();
}

#[tokio::test]
async fn unknown_answers_become_known_by_a_price_and_the_audit_says_so() {
    let bench = Bench::start().await;
    for _ in 0..3 {
        bench.ask("answer", "Hello").await.end().await;
    }
    let unknown = bench.engine.unknown_spend(everything()).await.unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].attempts, unknown[0].with_tokens), (3, 3));
    assert!(!unknown[0].has_price);
    assert_eq!(unknown[0].would_be, None);
    let nothing = reprice(RepriceWhich::Unknown, false);
    let outcome = bench.engine.reprice(&nothing).await.unwrap();
    assert_eq!((outcome.looked_at, outcome.changed), (3, 0));
    assert_eq!(outcome.audit_id, None);

    price(&bench, "0.5", "2").await;
    let unknown = bench.engine.unknown_spend(everything()).await.unwrap();
    let would_be = unknown[0].would_be.unwrap();
    assert!(unknown[0].has_price && would_be.0 > 0);

    let trial = reprice(RepriceWhich::Unknown, true);
    let trial = bench.engine.reprice(&trial).await.unwrap();
    assert_eq!((trial.changed, trial.after), (3, would_be));
    assert_eq!(trial.audit_id, None);
    assert_eq!(bench.engine.spend_audit().await.unwrap(), []);
    assert_eq!(
        bench.engine.unknown_spend(everything()).await.unwrap()[0].attempts,
        3
    );

    let real = reprice(RepriceWhich::Unknown, false);
    let real = bench.engine.reprice(&real).await.unwrap();
    assert_eq!((real.unknown_before, real.unknown_after), (3, 0));
    assert_eq!((real.before, real.after), (NanoUsd(0), would_be));
    let audit = bench.engine.spend_audit().await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!(Some(audit[0].id), real.audit_id);
    assert_eq!((audit[0].changed, audit[0].after), (3, would_be));
    assert!(
        audit[0]
            .words
            .starts_with("Priced 3 attempts without a cost")
    );
    assert!(
        bench
            .engine
            .unknown_spend(everything())
            .await
            .unwrap()
            .is_empty()
    );

    // What has rates keeps them, whatever the price is now.
    price(&bench, "50", "200").await;
    let again = reprice(RepriceWhich::All, false);
    let again = bench.engine.reprice(&again).await.unwrap();
    assert_eq!((again.looked_at, again.changed), (3, 0));
    assert_eq!(again.after, would_be);
}

#[tokio::test]
async fn days_the_wrong_way_round_are_refused() {
    let bench = Bench::start().await;
    let request = RepriceRequest {
        from: Some("2026-02-01".parse().unwrap()),
        to: Some("2026-01-01".parse().unwrap()),
        ..reprice(RepriceWhich::All, false)
    };
    let refused = bench.engine.reprice(&request).await;
    assert!(matches!(refused, Err(EngineError::Input(input)) if input.field == "from"));
}

#[tokio::test]
async fn rows_of_earlier_versions_get_their_model_once_and_keep_their_cost() {
    let folder = tempfile::tempdir().unwrap();
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/fixtures/schema-3.sqlite3");
    std::fs::copy(fixture, folder.path().join("patchbay.sqlite3")).unwrap();
    let engine = crate::support::open(folder.path()).await;
    let trial = reprice(RepriceWhich::All, true);
    let before = engine.reprice(&trial).await.unwrap();
    assert!(before.looked_at > 0);
    let filled = engine.fill_spend_facts().await.unwrap();
    assert_eq!(filled, before.looked_at);
    assert_eq!(engine.fill_spend_facts().await.unwrap(), 0);
    let after = engine.reprice(&trial).await.unwrap();
    assert_eq!(after.before, before.before);
    assert_eq!(after.unknown_before, before.unknown_before);
    assert_eq!(engine.spend_audit().await.unwrap(), []);
    engine.close().await;
}

#[tokio::test]
async fn exports_hold_every_attempt_and_replace_what_lay_there() {
    let bench = Bench::start().await;
    price(&bench, "0.5", "2").await;
    for _ in 0..3 {
        bench.ask("answer", "Hello").await.end().await;
    }
    let request = |what, format| SpendExportRequest {
        filter: everything(),
        what,
        format,
    };
    let path = bench.folder.path().join("spend.csv");
    std::fs::write(&path, "older").unwrap();
    let rows = request(SpendExportWhat::Rows, SpendExportFormat::Csv);
    let bytes = bench.engine.save_spend_export(&rows, &path).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(bytes, text.len() as u64);
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("attempt_id,run_id,"));
    let left: Vec<_> = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with(".part"))
        .collect();
    assert_eq!(left, Vec::<std::ffi::OsString>::new());

    let path = bench.folder.path().join("sums.json");
    let request = request(SpendExportWhat::Sums, SpendExportFormat::Json);
    bench
        .engine
        .save_spend_export(&request, &path)
        .await
        .unwrap();
    let sums = std::fs::read(&path).unwrap();
    let sums: Vec<serde_json::Value> = serde_json::from_slice(&sums).unwrap();
    let known = |by: &str| -> Vec<i64> {
        let of = sums.iter().filter(|sum| sum["by"] == by);
        of.map(|sum| sum["known_nano_usd"].as_i64().unwrap())
            .collect()
    };
    let total = known("all")[0];
    assert!(total > 0);
    for by in ["day", "provider", "model", "way_in", "origin", "cost_kind"] {
        assert_eq!(known(by).iter().sum::<i64>(), total, "{by}");
    }
    assert_eq!(known("app"), Vec::<i64>::new());

    let nowhere = bench.folder.path().join("no such folder").join("x.csv");
    let failed = bench.engine.save_spend_export(&rows, &nowhere).await;
    assert!(matches!(failed, Err(EngineError::Store(_))));
}

#[tokio::test]
async fn a_currency_is_kept_and_stands_on_the_statement() {
    let bench = Bench::start().await;
    price(&bench, "500", "2000").await;
    bench.ask("answer", "Hello").await.end().await;
    assert_eq!(bench.engine.spend_currency().await.unwrap(), None);
    let euro = Currency {
        code: "eur".to_owned(),
        per_usd: "0.92".to_owned(),
        as_of: "2026-01-05".to_owned(),
        source: "ECB".to_owned(),
    };
    bench.engine.set_spend_currency(Some(euro)).await.unwrap();
    let kept = bench.engine.spend_currency().await.unwrap().unwrap();
    assert_eq!(kept.code, "EUR");
    let page = bench.engine.spend_statement(everything()).await.unwrap();
    assert!(page.contains("at 0.92 EUR a dollar on 2026-01-05, ECB"));
    assert!(page.contains("Scripted"));
    bench.engine.set_spend_currency(None).await.unwrap();
    assert_eq!(bench.engine.spend_currency().await.unwrap(), None);
}

#[tokio::test]
async fn an_imported_list_is_matched_anew_whenever_it_is_looked_at() {
    let bench = Bench::start().await;
    let answered = bench.ask("answer", "Hello").await.end().await;
    let attempt = answered.attempts.last().unwrap();
    let usage = attempt.usage.unwrap();
    let at = attempt.started_at.0 / 1_000;
    let text = format!(
        "timestamp,model,input_tokens,output_tokens,cost\n{at},answer,{},{},0.000001\n\
         {at},other,5,5,0.25\nnever,answer,1,1,1\n",
        usage.total_input(),
        usage.total_output(),
    );
    let provider = &bench.provider;
    let import = bench
        .engine
        .import_usage(provider, "list\n.csv", text)
        .await
        .unwrap();
    assert_eq!(
        (import.grain, import.name.as_str()),
        (UsageGrain::Request, "list.csv")
    );
    assert_eq!((import.rows, import.unreadable), (2, 1));
    assert_eq!(
        (import.matched, import.only_theirs, import.only_ours),
        (1, 1, 0)
    );
    assert_eq!(import.theirs, Some(NanoUsd(250_001_000)));
    let of_run = |import: &patchbay_engine::UsageImport| {
        let line = import.lines.iter().find(|line| line.run.is_some()).unwrap();
        (line.verdict, line.because.clone())
    };
    let (verdict, because) = of_run(&import);
    assert_eq!(verdict, ImportVerdict::Differs);
    assert!(because.unwrap().contains("Nobody knew here"));

    // With a price the same row agrees or differs by money.
    price(&bench, "0.5", "2").await;
    let real = reprice(RepriceWhich::Unknown, false);
    bench.engine.reprice(&real).await.unwrap();
    let listed = bench.engine.usage_imports().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].ours.0 > 0);
    let (_, because) = of_run(&listed[0]);
    assert!(!because.unwrap_or_default().contains("Nobody knew here"));

    bench.engine.delete_usage_import(import.id).await.unwrap();
    assert!(bench.engine.usage_imports().await.unwrap().is_empty());
    assert!(bench.engine.delete_usage_import(import.id).await.is_err());
}

#[tokio::test]
async fn what_is_no_list_and_whose_provider_is_gone_is_refused() {
    let bench = Bench::start().await;
    let page = "<html>".to_owned();
    let refused = bench.engine.import_usage(&bench.provider, "a", page).await;
    assert!(matches!(refused, Err(EngineError::Input(input)) if input.field == "text"));
    let nobody = ProviderId::new("nobody");
    let list = "date,model,cost\n2026-11-20,a,1\n".to_owned();
    let refused = bench.engine.import_usage(&nobody, "a", list).await;
    assert!(matches!(refused, Err(EngineError::NotFound(_))));
    assert!(bench.engine.usage_imports().await.unwrap().is_empty());
}

#[tokio::test]
async fn unknown_is_the_only_kind_that_is_asked_for_a_price() {
    let bench = Bench::start().await;
    bench.ask("answer", "Hello").await.end().await;
    let known = SpendFilter {
        cost_kind: Some(CostKind::Computed),
        ..everything()
    };
    assert!(bench.engine.unknown_spend(known).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_readings_of_a_balance_are_put_beside_what_went() {
    let mut bench = Bench::start().await;
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            preset: Some("deepseek".to_owned()),
            ..form(
                "DeepSeek",
                &bench.server.url("/deepseek"),
                Some("sk-made-up-0123456789abcdef0123456789abcdef"),
            )
        })
        .await
        .unwrap();
    bench.provider = saved.record.id.clone();
    let slot = saved.keys[0].slot.id.clone();
    let of_key = async || {
        let all = bench.engine.reconcile().await.unwrap();
        let mut of_key = all.into_iter().filter(|one| one.provider == bench.provider);
        of_key.next().unwrap()
    };
    let before = of_key().await;
    assert!(before.can_ask && before.readings.is_empty());
    assert!(
        before.words.contains("not asked for yet"),
        "{}",
        before.words
    );
    bench
        .engine
        .refresh_balance(&bench.provider, &slot)
        .await
        .unwrap();
    let once = of_key().await;
    assert_eq!((once.from, once.theirs), (None, None));
    assert!(once.to.is_some() && once.words.contains("one reading"));

    bench.ask("answer", "Hello").await.end().await;
    bench
        .engine
        .refresh_balance(&bench.provider, &slot)
        .await
        .unwrap();
    let twice = of_key().await;
    assert_eq!(twice.theirs, Some(NanoUsd(0)));
    assert_eq!((twice.ours.attempts, twice.ours.unknown), (1, 1));
    assert_eq!(twice.drift_percent, None);
    assert!(
        twice
            .words
            .contains("The cost of 1 attempt is not known here.")
    );
    assert_eq!(twice.readings.len(), 2);
    assert!(twice.readings[0].at > twice.readings[1].at);
    assert!(twice.readings[0].words.contains("USD left"));
}
