use patchbay_domain::{CostKind, RawUsage};

use patchbay_store::LedgerRow;

use super::table::guarded;
use super::*;
use crate::spend::test_rows::{RATES, attempt, computed, row, tokens};

fn hostile() -> LedgerRow {
    let mut attempt = attempt(7, 1_795_000_000_123);
    attempt.provider_name = "=HYPERLINK(\"http://evil\")".to_owned();
    attempt.endpoint.model = "+cmd|' /C calc'!A0".to_owned();
    attempt.key_label = Some("Work, \"main\"\nkey".to_owned());
    attempt.served_by = Some("@host".to_owned());
    attempt.usage = Some(tokens(10, 20));
    attempt.rates = Some(RATES);
    attempt.raw_usage = Some(RawUsage(
        "{\n \"prompt_tokens\": 1.50,\n \"x\": \"a\\nb\"}".to_owned(),
    ));
    attempt.cost = computed(-5);
    row(attempt)
}

fn written(format: SpendExportFormat, pages: &[&[LedgerRow]]) -> String {
    let mut table = Table::new(format);
    let mut bytes = Vec::new();
    for page in pages {
        let cells: Vec<_> = page.iter().map(attempt_cells).collect();
        bytes.extend(table.page(&cells));
    }
    bytes.extend(table.end());
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_spreadsheet_runs_nothing_and_numbers_stay_numbers() {
    let csv = written(SpendExportFormat::Csv, &[&[hostile()]]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let of = |name: &str| {
        let at = names.iter().position(|known| known == name).unwrap();
        rows[0].get(at).unwrap().to_owned()
    };
    assert_eq!(of("provider"), "'=HYPERLINK(\"http://evil\")");
    assert_eq!(of("model"), "'+cmd|' /C calc'!A0");
    assert_eq!(of("served_by"), "'@host");
    assert_eq!(of("key"), "Work, \"main\"\nkey");
    assert_eq!(of("cost_usd"), "-0.000000005");
    assert_eq!(of("cost_nano_usd"), "-5");
    assert_eq!(of("computed_nano_usd"), "90000");
    assert_eq!(of("started_at"), "2026-11-18T11:06:40.123Z");
    assert_eq!(of("list_usd"), "", "unknown is not 0");
    assert_eq!(of("web_searches"), "0");
}

#[test]
fn json_is_whole_over_several_pages_and_says_the_same() {
    let (one, two) = (hostile(), row(attempt(8, 1_795_000_000_000)));
    let array = written(
        SpendExportFormat::Json,
        &[std::slice::from_ref(&one), std::slice::from_ref(&two)],
    );
    let rows: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["cost_usd"], "-0.000000005");
    assert_eq!(rows[0]["cost_nano_usd"], -5);
    assert_eq!(rows[0]["provider"], "=HYPERLINK(\"http://evil\")");
    assert_eq!(rows[0]["raw_usage"]["x"], "a\nb");
    assert!(array.contains("1.50"), "digits stay as they came");
    assert_eq!(rows[1]["cost_usd"], serde_json::Value::Null);
    assert_eq!(rows[1]["cost_kind"], CostKind::Unknown.as_str());
    let lines = written(SpendExportFormat::JsonLines, &[&[one], &[two]]);
    let of_lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(of_lines, rows);
    assert_eq!(written(SpendExportFormat::Json, &[]), "[]\n");
}

#[test]
fn what_is_no_json_is_written_as_text() {
    let mut broken = attempt(1, 1);
    broken.raw_usage = Some(RawUsage("{\"a\":".to_owned()));
    let array = written(SpendExportFormat::Json, &[&[row(broken)]]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
    assert_eq!(rows[0]["raw_usage"], "{\"a\":");
}

#[test]
fn only_numbers_may_begin_with_a_sign() {
    for (text, expected) in [
        ("-1.5", "-1.5"),
        ("-", "'-"),
        ("-1+2", "'-1+2"),
        ("--1", "'--1"),
        ("+1", "'+1"),
        ("=1", "'=1"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(guarded(text), expected, "{text:?}");
    }
}
