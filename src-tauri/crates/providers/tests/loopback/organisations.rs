//! Reading what an organisation used: all pages, and no sum where one of them is missing.

use std::collections::BTreeMap;

use patchbay_domain::{Failure, FailureClass, NanoUsd, UnixMillis};
use patchbay_providers::{
    Credential, OrganisationReport, OrganisationShape, ProviderConfig, UtcDays, fetch_organisation,
};
use patchbay_testkit::{ScriptedDay, ScriptedOptions, ScriptedOrganisation, ScriptedProvider};

use super::server::{Server, json};
use super::{config, http};

const OPENAI: &str = "sk-admin-made-up-0123456789abcdef";
const ANTHROPIC: &str = "sk-ant-admin01-made-up-0123456789abcdef";

const DAY: i64 = 86_400_000;
/// 1 November 2026.
const NOVEMBER: i64 = 1_793_491_200_000;

const SHAPES: [(OrganisationShape, &str); 2] = [
    (OrganisationShape::Openai, OPENAI),
    (OrganisationShape::Anthropic, ANTHROPIC),
];

fn november(days: i64) -> UtcDays {
    UtcDays {
        from: UnixMillis(NOVEMBER),
        until: UnixMillis(NOVEMBER + days * DAY),
    }
}

async fn ask(
    base_url: &str,
    shape: OrganisationShape,
    key: &str,
    days: UtcDays,
) -> Result<OrganisationReport, Failure> {
    let config = ProviderConfig {
        credential: Credential::Key(key.into()),
        ..config(base_url)
    };
    fetch_organisation(http(), config, shape, days).await
}

fn scripted(organisation: ScriptedOrganisation) -> ScriptedProvider {
    ScriptedProvider::start_with(ScriptedOptions {
        // An ordinary key opens nothing here, and this one opens nothing elsewhere.
        expected_key: Some("sk-made-up-0123456789abcdef".to_owned()),
        organisation,
        ..ScriptedOptions::default()
    })
    .unwrap()
}

fn two_days() -> BTreeMap<String, ScriptedDay> {
    let day = |dollars: &[&str], tokens| ScriptedDay {
        dollars: dollars.iter().map(|&dollars| dollars.to_owned()).collect(),
        input_tokens: tokens,
        output_tokens: 2 * tokens,
        requests: 3,
    };
    BTreeMap::from([
        (
            "2026-11-02".to_owned(),
            day(&["1.2378912", "0.000000001"], 10),
        ),
        ("2026-11-30".to_owned(), day(&["0.06"], 7)),
    ])
}

#[tokio::test]
async fn every_page_of_both_reports_is_read_with_the_key_in_its_header() {
    for (shape, key) in SHAPES {
        let server = scripted(ScriptedOrganisation {
            days: two_days(),
            page_days: Some(7),
            ..ScriptedOrganisation::default()
        });
        let report = ask(&server.base_url(), shape, key, november(30))
            .await
            .unwrap();
        assert_eq!(report.usage_failure, None);
        assert_eq!(report.days.len(), 30, "{shape:?}");
        let cost = |day: usize| report.days[day].cost;
        assert_eq!(report.days[1].starts_at, UnixMillis(NOVEMBER + DAY));
        assert_eq!(cost(0), Some(NanoUsd(0)));
        assert_eq!(cost(1), Some(NanoUsd(1_237_891_201)), "{shape:?}");
        assert_eq!(cost(29), Some(NanoUsd(60_000_000)));
        let usage = report.days[29].usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (7, 14));
        let is_openai = shape == OrganisationShape::Openai;
        assert_eq!(usage.requests, is_openai.then_some(3));
        // Five pages each.
        let asked = server.requests();
        assert_eq!(asked.len(), 10);
        for request in &asked {
            assert_eq!(request.key(), Some(key));
            assert_eq!(request.header("anthropic-version").is_some(), !is_openai);
            assert!(!request.query.contains(key));
        }
        assert!(asked[1].query.contains("&page=page_"), "{}", asked[1].query);
    }
}

#[tokio::test]
async fn costs_stand_where_the_tokens_cannot_be_had() {
    let server = scripted(ScriptedOrganisation {
        days: two_days(),
        has_no_usage: true,
        ..ScriptedOrganisation::default()
    });
    let report = ask(
        &server.base_url(),
        OrganisationShape::Openai,
        OPENAI,
        november(2),
    )
    .await
    .unwrap();
    assert_eq!(report.days[1].cost, Some(NanoUsd(1_237_891_201)));
    assert_eq!(report.days[1].usage, None);
    let failure = report.usage_failure.unwrap();
    assert_eq!(failure.class, FailureClass::ServerError);
}

#[tokio::test]
async fn a_refusal_is_a_failure_of_its_class_and_repeats_no_key() {
    let server = scripted(ScriptedOrganisation::default());
    for (shape, key) in SHAPES {
        for (mark, class) in [
            ("-wrong-", FailureClass::Authentication),
            ("-barred-", FailureClass::PermissionDenied),
            ("-busy-", FailureClass::RateLimited),
        ] {
            let key = key.replace("-made-up-", mark);
            let asked = ask(&server.base_url(), shape, &key, november(1)).await;
            let failure = asked.unwrap_err();
            assert_eq!(failure.class, class, "{shape:?} {mark}");
            assert!(!failure.message.contains(&key), "{failure}");
        }
        let ordinary = "sk-made-up-0123456789abcdef";
        let asked = ask(&server.base_url(), shape, ordinary, november(1)).await;
        assert_eq!(asked.unwrap_err().class, FailureClass::Authentication);
    }
}

#[tokio::test]
async fn nothing_is_asked_without_a_key() {
    let server = scripted(ScriptedOrganisation::default());
    let config = ProviderConfig {
        credential: Credential::None,
        ..config(&server.base_url())
    };
    let asked = fetch_organisation(http(), config, OrganisationShape::Openai, november(1)).await;
    assert_eq!(asked.unwrap_err().class, FailureClass::KeyMissing);
    assert!(server.requests().is_empty());
}

fn bucket(day: i64, dollars: &str) -> String {
    let start = (NOVEMBER + day * DAY) / 1_000;
    format!(
        r#"{{"start_time":{start},"results":[{{"amount":{{"value":{dollars},"currency":"usd"}}}}]}}"#
    )
}

fn page(buckets: &[String], next: &str) -> String {
    let buckets = buckets.join(",");
    let has_more = next != "null";
    format!(r#"{{"data":[{buckets}],"has_more":{has_more},"next_page":{next}}}"#)
}

/// What an odd server tells is no sum, and no endless asking.
async fn refused(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (String, usize) {
    let server = Server::start(move |asked| json(200, &answer(&asked.path))).await;
    let asked = ask(
        &server.base("/v1"),
        OrganisationShape::Openai,
        OPENAI,
        november(3),
    )
    .await;
    let failure = asked.unwrap_err();
    (failure.message, server.asked().len())
}

#[tokio::test]
async fn pages_that_lead_nowhere_make_no_sum() {
    let (words, asked) = refused(|_| page(&[], r#""again""#)).await;
    assert!(words.contains("circle"), "{words}");
    assert_eq!(asked, 2);
    let (words, asked) = refused(|path| {
        let next = path.len();
        page(&[], &format!(r#""{}""#, "x".repeat(next)))
    })
    .await;
    assert!(words.contains("more pages"), "{words}");
    assert_eq!(asked, 106);
    let (words, _) = refused(|path| {
        let next = if path.contains("page=") {
            "null"
        } else {
            r#""2""#
        };
        page(&[bucket(0, "1")], next)
    })
    .await;
    assert!(words.contains("one day twice"), "{words}");
    let (_, asked) =
        refused(|_| r#"{"data":[],"has_more":true,"next_page":null}"#.to_owned()).await;
    assert_eq!(asked, 1);
    let (words, _) = refused(|_| {
        page(
            &[bucket(0, "1").replace("00,\"results", "01,\"results")],
            "null",
        )
    })
    .await;
    assert!(words.contains("midnight UTC"), "{words}");
    let (words, _) = refused(|_| page(&[bucket(0, "1").replace("usd", "eur")], "null")).await;
    assert!(words.contains("EUR"), "{words}");
}

#[tokio::test]
async fn pages_without_end_are_not_read() {
    let (words, asked) = refused(|path| {
        let filler = " ".repeat(9 * 1_024 * 1_024);
        let next = format!(r#""{}"{filler}"#, path.len());
        page(&[], &next)
    })
    .await;
    assert!(words.contains("larger"), "{words}");
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn a_day_that_was_not_asked_for_is_left_out() {
    let server = Server::start(|asked| {
        if asked.path.contains("/usage/") {
            return json(404, "{}");
        }
        // The day before, both that were asked for, and the one that is not over.
        let buckets = [-1, 0, 1, 2].map(|day| bucket(day, "1"));
        json(200, &page(&buckets, "null"))
    })
    .await;
    let report = ask(
        &server.base("/v1"),
        OrganisationShape::Openai,
        OPENAI,
        november(2),
    )
    .await
    .unwrap();
    let starts: Vec<_> = report.days.iter().map(|day| day.starts_at.0).collect();
    assert_eq!(starts, [NOVEMBER, NOVEMBER + DAY]);
    let until = format!("end_time={}", (NOVEMBER + 2 * DAY) / 1_000);
    assert!(server.asked()[0].path.contains(&until));
}

/// The key must not follow a report to another server.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start(|_| json(200, "{}")).await;
    let target = other.base("/v1/organization/costs");
    let server = Server::start(move |_| json(302, &target)).await;
    let asked = ask(
        &server.base("/v1"),
        OrganisationShape::Openai,
        OPENAI,
        november(1),
    )
    .await;
    assert_eq!(asked.unwrap_err().class, FailureClass::Redirected);
    assert!(other.asked().is_empty());
}
