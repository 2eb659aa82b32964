use patchbay_domain::BalanceKind::{Granted, Limit, Owed, Remaining, ToppedUp, Used};
use patchbay_domain::{BalanceKind, UnixMillis};
use proptest::prelude::*;

use super::*;

type Line<'a> = (BalanceKind, &'a str, &'a str);

fn lines(shape: BalanceShape, base: &str, body: &str) -> Vec<(BalanceKind, String, String)> {
    let balance = shape.parse(body, &BaseUrl::parse(base).unwrap()).unwrap();
    balance
        .lines
        .into_iter()
        .map(|line| (line.kind, line.amount, line.unit))
        .collect()
}

fn is(shape: BalanceShape, base: &str, body: &str, expected: &[Line<'_>]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, amount, unit)| (*kind, (*amount).to_owned(), (*unit).to_owned()))
        .collect();
    assert_eq!(lines(shape, base, body), expected);
}

#[test]
fn openrouter_tells_the_limit_and_the_use_of_a_key() {
    let body = r#"{"data":{"label":"sk-or-v1-au7...890","limit":100,"limit_remaining":74.5,
        "limit_reset":"monthly","usage":25.5,"usage_daily":0.1015644762,"usage_weekly":1e-7,
        "usage_monthly":25.5,"is_free_tier":true,"rate_limit":{"requests":1000}}}"#;
    is(
        BalanceShape::Openrouter,
        "https://openrouter.ai/api/v1",
        body,
        &[
            (Remaining, "74.5", "USD"),
            (Limit, "100", "USD"),
            (Used, "25.5", "USD"),
            (Used, "0.1015644762", "USD"),
            (Used, "0.0000001", "USD"),
            (Used, "25.5", "USD"),
        ],
    );
    let balance = parse::openrouter(body).unwrap();
    let notes: Vec<_> = balance
        .lines
        .iter()
        .map(|line| line.note.as_deref())
        .collect();
    assert_eq!(notes[0], Some("set anew monthly"));
    assert_eq!(notes[2], Some("no credits were ever bought"));
    assert_eq!(notes[3], Some("today (UTC)"));
}

#[test]
fn a_key_without_a_limit_has_no_line_for_it() {
    let body = r#"{"data":{"limit":null,"limit_remaining":null,"limit_reset":null,"usage":0}}"#;
    is(
        BalanceShape::Openrouter,
        "https://openrouter.ai/api/v1",
        body,
        &[(Used, "0", "USD")],
    );
}

#[test]
fn deepseek_tells_each_currency_by_itself() {
    let body = r#"{"is_available":false,"balance_infos":[
        {"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"},
        7,
        {"currency":"USD","total_balance":0,"granted_balance":"x"}]}"#;
    is(
        BalanceShape::Deepseek,
        "https://api.deepseek.com",
        body,
        &[
            (Remaining, "110.00", "CNY"),
            (Granted, "10.00", "CNY"),
            (ToppedUp, "100.00", "CNY"),
            (Remaining, "0", "USD"),
        ],
    );
    let balance = parse::deepseek(body).unwrap();
    assert_eq!(
        balance.lines[0].note.as_deref(),
        Some("not enough for a request")
    );
}

#[test]
fn nanogpt_tells_dollars_and_its_own_coin() {
    is(
        BalanceShape::Nanogpt,
        "https://nano-gpt.com/api/v1",
        r#"{"usd_balance":"129.46956147","nano_balance":"26.71801147","nanoDepositAddress":"nano_1"}"#,
        &[
            (Remaining, "129.46956147", "USD"),
            (Remaining, "26.71801147", "XNO"),
        ],
    );
}

#[test]
fn moonshots_currency_is_that_of_the_site() {
    let body = r#"{"code":0,"data":{"available_balance":49.58894,"voucher_balance":46.58893,
        "cash_balance":-3.00001},"scode":"0x0","status":true}"#;
    for (base, unit) in [
        ("https://api.moonshot.ai/v1", "USD"),
        ("https://api.moonshot.cn/v1", "CNY"),
        ("https://proxy.example/v1", ""),
    ] {
        is(
            BalanceShape::Moonshot,
            base,
            body,
            &[
                (Remaining, "49.58894", unit),
                (Granted, "46.58893", unit),
                (ToppedUp, "-3.00001", unit),
            ],
        );
    }
}

#[test]
fn novita_counts_in_ten_thousandths_of_a_dollar() {
    is(
        BalanceShape::Novita,
        "https://api.novita.ai/openai/v1",
        r#"{"availableBalance":"1000000","cashBalance":"800000","creditLimit":"200000",
            "pendingCharges":"0","outstandingInvoices":"5"}"#,
        &[
            (Remaining, "100.0000", "USD"),
            (ToppedUp, "80.0000", "USD"),
            (Limit, "20.0000", "USD"),
            (Owed, "0.0005", "USD"),
        ],
    );
}

#[test]
fn a_litellm_proxy_tells_the_budget_and_when_it_starts_anew() {
    let body = r#"{"key":"hashed","info":{"spend":0.000125,"max_budget":100.0,
        "budget_reset_at":"2026-12-01T00:00:00+00:00"}}"#;
    let balance = parse::litellm(body).unwrap();
    assert_eq!(balance.lines[0].kind, Limit);
    assert_eq!(balance.lines[0].amount, "100.0");
    assert_eq!(
        balance.lines[0].resets_at,
        Some(UnixMillis(1_796_083_200_000))
    );
    assert_eq!(
        (balance.lines[1].kind, balance.lines[1].amount.as_str()),
        (Used, "0.000125")
    );
    let unlimited = r#"{"info":{"spend":2,"max_budget":null}}"#;
    assert_eq!(parse::litellm(unlimited).unwrap().lines.len(), 1);
}

const SHAPES: [BalanceShape; 6] = [
    BalanceShape::Openrouter,
    BalanceShape::Deepseek,
    BalanceShape::Nanogpt,
    BalanceShape::Moonshot,
    BalanceShape::Novita,
    BalanceShape::Litellm,
];

#[test]
fn what_tells_no_balance_is_no_balance_of_zero() {
    let base = BaseUrl::parse("https://a.example/v1").unwrap();
    for shape in SHAPES {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"data":{}}"#,
            r#"{"info":{}}"#,
            r#"{"data":null}"#,
            "<html>",
        ] {
            assert_eq!(
                shape.parse(body, &base),
                Err(BalanceError),
                "{shape:?} {body}"
            );
        }
    }
}

#[test]
fn every_question_stays_at_the_origin_of_the_base_url() {
    for base in [
        "https://a.example",
        "https://a.example:8443/v1",
        "http://127.0.0.1:4000/proxy/v1",
    ] {
        let base = BaseUrl::parse(base).unwrap();
        for shape in SHAPES {
            let url = shape.url(&base);
            assert_eq!(
                url.origin().ascii_serialization(),
                base.origin().as_str(),
                "{shape:?}"
            );
            assert_eq!((url.query(), url.username()), (None, ""), "{shape:?}");
        }
    }
    let at = |base: &str| BalanceShape::Litellm.url(&BaseUrl::parse(base).unwrap());
    assert_eq!(at("http://localhost:4000").path(), "/key/info");
    assert_eq!(at("http://localhost:4000/v1").path(), "/key/info");
    assert_eq!(at("https://a.example/llm/v1").path(), "/llm/key/info");
}

proptest! {
    #[test]
    fn no_body_breaks_a_parser(body in "\\PC{0,200}") {
        let base = BaseUrl::parse("https://a.example/v1").unwrap();
        for shape in SHAPES {
            let _ = shape.parse(&body, &base);
        }
    }
}
