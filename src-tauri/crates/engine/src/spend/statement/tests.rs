use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn tally(attempts: u64, unknown: u64, known: i64) -> Tally {
    Tally {
        attempts,
        unknown,
        computed: attempts - unknown,
        known: NanoUsd(known),
        known_computed: NanoUsd(known),
        compared: 1,
        compared_paid: NanoUsd(known),
        compared_list: NanoUsd(known / 2),
        ..Tally::default()
    }
}

fn line(name: &str, tally: Tally) -> Line {
    Line {
        name: name.to_owned(),
        tally,
    }
}

fn statement() -> Statement {
    let all = tally(12, 2, 3_210_000_000);
    Statement {
        title: title(day("2026-11-01"), day("2026-11-30")),
        from: day("2026-11-01"),
        to: day("2026-11-30"),
        only: vec!["through <b>Acme</b>".to_owned()],
        made_at: "2026-12-01 09:00 CET".to_owned(),
        is_partial: false,
        total: all,
        providers: vec![
            line("<script>alert(1)</script>", tally(10, 0, 3_210_000_000)),
            line("Acme", tally(2, 2, 0)),
        ],
        models: vec![line("a \"model\" & 'more'", all)],
        days: vec![(day("2026-11-03"), all)],
        currency: Some(Currency {
            code: "EUR".to_owned(),
            per_usd: "0.92".to_owned(),
            as_of: "2026-11-25".to_owned(),
            source: "<ECB>".to_owned(),
        }),
    }
}

#[test]
fn nothing_in_a_name_becomes_a_part_of_the_page() {
    let page = page(&statement());
    for wrong in ["<script", "<b>Acme", "<ECB>", "a \"model\""] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("a &quot;model&quot; &amp; &#39;more&#39;"));
    assert!(page.contains("default-src 'none'"));
    for remote in [
        "http:", "https:", "src=", "href=", "url(", "@import", "onclick",
    ] {
        assert!(!page.contains(remote), "{remote}");
    }
}

#[test]
fn the_page_says_what_is_known_and_what_is_not() {
    let page = page(&statement());
    assert!(page.contains("<h1>Spend in November 2026</h1>"));
    assert!(page.contains("<p class=\"total\">$3.21</p>"));
    assert!(page.contains("2.95\u{a0}EUR"));
    assert!(page.contains("at 0.92 EUR a dollar on 2026-11-25"));
    assert!(page.contains("The cost of 2 attempts is not known."));
    assert!(page.contains("<td class=\"n\">unknown</td>"), "never 0");
    assert!(
        !page.contains("<td class=\"n\">0.00</td>"),
        "not in the other currency either"
    );
    assert!(!page.contains("not over"));
}

#[test]
fn a_month_of_which_nothing_is_known_has_no_sum() {
    let page = page(&Statement {
        total: tally(4, 4, 0),
        ..statement()
    });
    assert!(page.contains("<p class=\"total\">unknown</p>"));
    assert!(!page.contains("a dollar on"));
}

#[test]
fn counts_are_read_at_a_glance() {
    for (count, words) in [
        (0, "0 attempts"),
        (1, "1 attempt"),
        (999, "999 attempts"),
        (1_000, "1,000 attempts"),
        (1_234_567, "1,234,567 attempts"),
    ] {
        let page = page(&Statement {
            total: tally(count, 0, 5),
            ..statement()
        });
        assert!(page.contains(&format!(", {words}</p>")), "{words}");
    }
}

#[test]
fn an_empty_month_says_so() {
    let page = page(&Statement {
        total: Tally::default(),
        providers: Vec::new(),
        models: Vec::new(),
        days: Vec::new(),
        currency: None,
        is_partial: true,
        ..statement()
    });
    assert!(page.contains("Nothing was asked in these days."));
    assert!(page.contains("not over"));
    assert!(!page.contains("EUR"));
}

#[test]
fn other_days_than_a_month_are_named_by_their_dates() {
    assert_eq!(
        title(day("2026-11-03"), day("2026-11-03")),
        "Spend on 2026-11-03"
    );
    assert_eq!(
        title(day("2026-11-03"), day("2026-11-30")),
        "Spend from 2026-11-03 to 2026-11-30"
    );
    assert_eq!(
        title(day("2024-02-01"), day("2024-02-29")),
        "Spend in February 2024"
    );
}

#[test]
fn parts_are_rounded_and_a_whole_of_nothing_has_none() {
    assert_eq!(percent(NanoUsd(1), NanoUsd(3)), "33.3 %");
    assert_eq!(percent(NanoUsd(2), NanoUsd(3)), "66.7 %");
    assert_eq!(percent(NanoUsd(3), NanoUsd(3)), "100.0 %");
    assert_eq!(percent(NanoUsd(3), NanoUsd(0)), "");
}
