//! `spend`.

use crate::support::Cli;

#[test]
fn what_was_asked_is_in_the_sums() {
    let (cli, _server) = Cli::with_provider();
    let price = [
        "price",
        "set",
        "scripted/answer",
        "--input",
        "100",
        "--output",
        "200",
    ];
    cli.run(&price).good();
    let asked = cli
        .run(&["ask", "-m", "scripted/answer", "Why?", "--json"])
        .json();
    cli.run(&["ask", "-m", "scripted/echo", "Why?"]).good();
    let usd = asked["cost"]["usd"].as_str().unwrap();
    let spent = cli.run(&["spend", "--by", "provider", "--json"]).json();
    assert_eq!(spent["by"], "provider");
    assert_eq!(spent["total"]["known_usd"], usd);
    assert_eq!(spent["total"]["attempts"], 2);
    assert_eq!(spent["total"]["unknown"], 1);
    assert_eq!(spent["groups"][0]["key"], "scripted");
    assert_eq!(spent["groups"][0]["known_usd"], usd);
    for by in ["model", "app", "day", "origin", "key"] {
        let split = cli.run(&["spend", "--by", by, "--json"]).json();
        let groups = split["groups"].as_array().unwrap();
        let attempts: u64 = groups
            .iter()
            .filter_map(|group| group["attempts"].as_u64())
            .sum();
        assert_eq!(attempts, 2, "{by}: {split}");
    }
    let file = cli.home.path().join("spend.csv");
    let export = ["spend", "--export", file.to_str().unwrap()];
    cli.run(&export).good();
    let rows = std::fs::read_to_string(&file).unwrap();
    assert_eq!(rows.lines().count(), 3, "{rows}");
    let table = cli.run(&["spend"]);
    assert!(table.errors.contains("1 attempt is not known"), "{table:?}");
    assert!(table.good().contains("All together"));
}

#[test]
fn days_have_an_order_and_a_form() {
    let cli = Cli::new();
    let old = [
        "spend",
        "--from",
        "2020-01-01",
        "--to",
        "2020-01-31",
        "--json",
    ];
    assert_eq!(cli.run(&old).json()["total"]["attempts"], 0);
    cli.run(&["spend", "--from", "2020-02-01", "--to", "2020-01-01"])
        .refused(2);
    let said = cli.run(&["spend", "--from", "yesterday"]).refused(2);
    assert!(said.contains("2026-11-26"), "{said}");
}
