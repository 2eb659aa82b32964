use proptest::prelude::*;

use super::parse::{ReportError, costs, usage};
use super::*;

const SHAPES: [OrganisationShape; 2] = [OrganisationShape::Openai, OrganisationShape::Anthropic];

/// 25 November 2026.
const NOVEMBER_25: i64 = 1_795_564_800_000;

fn nano<T>(page: Page<T>, of: impl Fn(T) -> Option<NanoUsd>) -> Vec<(i64, Option<i64>)> {
    let days = page.counted.into_iter();
    days.map(|day| (day.starts_at.0, of(day.what).map(|amount| amount.0)))
        .collect()
}

#[test]
fn openais_dollars_and_anthropics_cents_are_exact() {
    let body = r#"{"object":"page","data":[{"object":"bucket","start_time":1795564800,
        "end_time":1795651200,"results":[
            {"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"},"line_item":null},
            {"object":"organization.costs.result","amount":{"value":"0.0000000125","currency":"usd"}}]},
        {"object":"bucket","start_time":1795651200,"end_time":1795737600,"results":[]}],
        "has_more":true,"next_page":"page_2"}"#;
    let page = costs(OrganisationShape::Openai, body).unwrap();
    assert_eq!(page.next.as_deref(), Some("page_2"));
    assert_eq!(
        nano(page, Dollars::nano),
        [
            (NOVEMBER_25, Some(60_000_012)),
            (NOVEMBER_25 + DAY, Some(0))
        ]
    );
    let body = r#"{"data":[{"starting_at":"2026-11-25T00:00:00Z","ending_at":"2026-11-26T00:00:00Z",
        "results":[{"currency":"USD","amount":"123.78912","workspace_id":null},
            {"currency":"USD","amount":"0.0000001"}]}],"has_more":false,"next_page":null}"#;
    let page = costs(OrganisationShape::Anthropic, body).unwrap();
    assert_eq!(page.next, None);
    assert_eq!(
        nano(page, Dollars::nano),
        [(NOVEMBER_25, Some(1_237_891_201))]
    );
}

#[test]
fn tokens_of_caches_and_of_sound_are_tokens_of_prompts() {
    let body = r#"{"data":[{"start_time":1795564800,"results":[{"input_tokens":1000,
        "input_cached_tokens":800,"output_tokens":500,"input_audio_tokens":30,"output_audio_tokens":7,
        "num_model_requests":5},{"input_tokens":1,"output_tokens":2,"num_model_requests":1}]}]}"#;
    let page = usage(OrganisationShape::Openai, body).unwrap();
    let expected = OrganisationUsage {
        input_tokens: 1_031,
        output_tokens: 509,
        requests: Some(6),
    };
    assert_eq!(page.counted[0].what, expected);
    let body = r#"{"data":[{"starting_at":"2026-11-25T00:00:00Z","results":[{
        "uncached_input_tokens":1500,"cache_read_input_tokens":200,"output_tokens":500,
        "cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},
        "server_tool_use":{"web_search_requests":10}}]}]}"#;
    let page = usage(OrganisationShape::Anthropic, body).unwrap();
    let expected = OrganisationUsage {
        input_tokens: 3_200,
        output_tokens: 500,
        requests: None,
    };
    assert_eq!(page.counted[0].what, expected);
}

#[test]
fn what_cannot_be_read_is_no_report_and_no_sum_of_the_rest() {
    let bucket = |results: &str| {
        format!(
            r#"{{"data":[{{"start_time":1795564800,"results":[{results}]}}],"has_more":false}}"#
        )
    };
    let good = r#"{"amount":{"value":1,"currency":"usd"}}"#;
    assert!(costs(OrganisationShape::Openai, &bucket(good)).is_ok());
    for body in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        r#"{"data":{}}"#.to_owned(),
        r#"{"data":[{"results":[]}]}"#.to_owned(),
        r#"{"data":[{"start_time":1795564800}]}"#.to_owned(),
        r#"{"data":[],"has_more":true}"#.to_owned(),
        r#"{"data":[],"has_more":true,"next_page":""}"#.to_owned(),
        bucket(&format!("{good},{{}}")),
        bucket(&format!(
            r#"{good},{{"amount":{{"value":null,"currency":"usd"}}}}"#
        )),
        bucket(r#"{"amount":{"value":"free","currency":"usd"}}"#),
        bucket(r#"{"amount":{"value":1}}"#),
    ] {
        let read = costs(OrganisationShape::Openai, &body);
        assert_eq!(read, Err(ReportError), "{body}");
    }
}

#[test]
fn another_currency_is_named_and_never_added_to_dollars() {
    for (code, named) in [("eur", "EUR"), ("a\u{202e}b", "another currency")] {
        let body = format!(
            r#"{{"data":[{{"start_time":1795564800,"results":[
                {{"amount":{{"value":1,"currency":"{code}"}}}}]}}]}}"#
        );
        let page = costs(OrganisationShape::Openai, &body).unwrap();
        assert_eq!(page.currency.as_deref(), Some(named));
    }
}

#[test]
fn only_days_that_are_over_in_utc_are_asked_for() {
    let moment = |millis: i64| UnixMillis(millis);
    let hour = DAY / 24;
    let over = |from, until, now| {
        UtcDays::over(moment(from), moment(until), moment(now))
            .map(|days| (days.from.0, days.until.0))
    };
    let end = NOVEMBER_25 + DAY;
    assert_eq!(over(NOVEMBER_25, end, end + hour), Some((NOVEMBER_25, end)));
    // One millisecond before midnight UTC the day is not over, whatever clocks on walls say.
    assert_eq!(over(NOVEMBER_25, end, end - 1), None);
    assert_eq!(
        over(NOVEMBER_25 - DAY, end, end - 1),
        Some((NOVEMBER_25 - DAY, NOVEMBER_25))
    );
    assert_eq!(over(end, NOVEMBER_25, end), None);
}

#[test]
fn every_question_stays_at_the_origin_of_the_base_url() {
    let days = UtcDays {
        from: UnixMillis(NOVEMBER_25),
        until: UnixMillis(NOVEMBER_25 + DAY),
    };
    for base in [
        "https://a.example/v1",
        "https://a.example",
        "http://127.0.0.1:4000/proxy/v1",
    ] {
        let base = BaseUrl::parse(base).unwrap();
        for shape in SHAPES {
            for report in [Report::Costs, Report::Usage] {
                let url = shape.url(&base, report, days, Some("a&b=c"));
                assert_eq!(
                    url.origin().ascii_serialization(),
                    base.origin().as_str(),
                    "{shape:?}"
                );
                assert!(url.query().unwrap().ends_with("page=a%26b%3Dc"), "{url}");
            }
        }
    }
    let base = BaseUrl::parse("https://a.example/v1").unwrap();
    let asked = |shape: OrganisationShape, report| shape.url(&base, report, days, None).to_string();
    assert_eq!(
        asked(OrganisationShape::Openai, Report::Costs),
        "https://a.example/v1/organization/costs?start_time=1795564800&end_time=1795651200\
         &bucket_width=1d&limit=180"
    );
    assert_eq!(
        asked(OrganisationShape::Anthropic, Report::Usage),
        "https://a.example/v1/organizations/usage_report/messages?starting_at=2026-11-25T00%3A00%3A00Z\
         &ending_at=2026-11-26T00%3A00%3A00Z&bucket_width=1d&limit=31"
    );
}

proptest! {
    #[test]
    fn no_body_breaks_a_parser(body in "\\PC{0,200}") {
        for shape in SHAPES {
            let _ = costs(shape, &body);
            let _ = usage(shape, &body);
        }
    }
}
