//! Our arithmetic beside that of genai-prices: the same ten thousand usages, priced by the Python
//! package in exact decimals (`cargo xtask catalogue --cross-check`) and by us from the catalogue.
//!
//! **The rule.** We round every line of a cost to a nano-dollar, half to even; Python adds exact
//! decimals. So a cost of `n` lines may lie up to `n` halves of a nano-dollar from Python's, and
//! not a bit further. Where it is equal after rounding Python's sum once, it counts as equal.
//! Whatever else differs must have one of the reasons below, or the test fails.

use std::collections::BTreeMap;

use patchbay_domain::money::parse_dollars;
use patchbay_domain::price::ServiceTier;
use patchbay_domain::{Price, UnixMillis, Usage};

use super::snapshot::Snapshot;

const VECTORS: &str = include_str!("../../tests/fixtures/genai_prices_vectors.tsv");

/// Femto-dollars: a nano-dollar a million tokens, for one token.
const FEMTO_A_NANO: i128 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Equal,
    /// Within half a nano-dollar a line.
    LinesRounded,
    /// The list has a rate with more than nine decimals, which we keep to a nano-dollar a million
    /// tokens.
    LongRate,
    /// The list has no rate for something that was used. Python charges nothing, we say that nobody
    /// knows.
    NoRate,
    /// The list knows the model and no price at all. Python charges nothing, we say that nobody
    /// knows.
    NoPrice,
    Unexplained,
}

struct Row<'a> {
    preset: &'a str,
    model: &'a str,
    at: UnixMillis,
    tier: ServiceTier,
    usage: Usage,
    dollars: &'a str,
    has_long_rate: bool,
}

fn row(line: &str) -> Row<'_> {
    let fields: Vec<&str> = line.split('\t').collect();
    let counts: Vec<u64> = fields[4].split(',').map(|n| n.parse().unwrap()).collect();
    let [
        input,
        cache_read,
        cache_write,
        cache_write_long,
        output,
        reasoning,
        audio_input,
        audio_cache_read,
        image_input,
        audio_output,
        image_output,
        web_searches,
    ] = counts.try_into().unwrap();
    Row {
        preset: fields[0],
        model: fields[1],
        at: UnixMillis(fields[2].parse::<i64>().unwrap() * 1_000),
        tier: match fields[3] {
            "-" => ServiceTier::Standard,
            word => ServiceTier::from_word(word).unwrap(),
        },
        usage: Usage {
            input,
            cache_read,
            cache_write,
            cache_write_long,
            output,
            reasoning,
            audio_input,
            audio_cache_read,
            image_input,
            audio_output,
            image_output,
            web_searches,
        },
        dollars: fields[5],
        has_long_rate: fields.get(6) == Some(&"+"),
    }
}

/// Decimal dollars as whole femto-dollars; `None` where they have smaller parts.
fn femto(dollars: &str) -> Option<i128> {
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    (fraction.len() <= 15).then(|| format!("{whole}{fraction:0<15}").parse().unwrap())
}

/// Things with a price of their own in a usage.
fn lines(usage: &Usage) -> i128 {
    [
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_long,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_cache_read,
        usage.image_input,
        usage.audio_output,
        usage.image_output,
        usage.web_searches,
    ]
    .into_iter()
    .map(|count| i128::from(count > 0))
    .sum()
}

fn lacks_a_rate(price: &Price, row: &Row<'_>) -> bool {
    let rates = price.rates(row.at, row.usage.total_input(), row.tier);
    let usage = &row.usage;
    let reads = usage.total_input() > 0 && rates.input.is_none();
    let answers = usage.total_output() > 0 && rates.output.is_none();
    let searches = usage.web_searches > 0 && rates.thousand_searches.is_none();
    reads || answers || searches
}

fn judge(row: &Row<'_>) -> Verdict {
    let Some(price) = Snapshot::embedded().price(row.preset, row.model) else {
        let is_known = Snapshot::embedded().listed(row.preset, row.model).is_some();
        // A thing that is not priced by tokens still has its searches priced by Python.
        return if is_known && row.dollars == "0" {
            Verdict::NoPrice
        } else {
            Verdict::Unexplained
        };
    };
    let Some(ours) = price.cost(&row.usage, row.at, row.tier).amount else {
        return if lacks_a_rate(price, row) {
            Verdict::NoRate
        } else {
            Verdict::Unexplained
        };
    };
    if parse_dollars(row.dollars) == Ok(ours) {
        return Verdict::Equal;
    }
    let halves = lines(&row.usage) * FEMTO_A_NANO / 2;
    if let Some(exact) = femto(row.dollars)
        && (i128::from(ours.0) * FEMTO_A_NANO - exact).abs() <= halves
    {
        return Verdict::LinesRounded;
    }
    // A rate is off by up to half a nano-dollar a million tokens, which is half a femto-dollar a
    // token; Python's sum is compared to the nano-dollar here.
    let tokens = i128::from(row.usage.total_input()) + i128::from(row.usage.total_output());
    let allowed = halves + tokens / 2 + FEMTO_A_NANO;
    let theirs = i128::from(parse_dollars(row.dollars).unwrap().0);
    if row.has_long_rate && ((i128::from(ours.0) - theirs) * FEMTO_A_NANO).abs() <= allowed {
        return Verdict::LongRate;
    }
    Verdict::Unexplained
}

#[test]
fn ten_thousand_usages_cost_what_genai_prices_says() {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for line in VECTORS.lines() {
        let row = row(line);
        let verdict = judge(&row);
        *counts.entry(verdict).or_default() += 1;
        if verdict == Verdict::Unexplained {
            let price = Snapshot::embedded().price(row.preset, row.model);
            let ours = price.map(|price| price.cost(&row.usage, row.at, row.tier));
            unexplained.push(format!("{line}\n    ours: {ours:?}"));
        }
    }
    println!("{counts:#?}");
    assert_eq!(counts.values().sum::<usize>(), 10_000);
    assert!(
        unexplained.is_empty(),
        "{} unexplained:\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(20)].join("\n")
    );
    // The rest must stay the exception, or the comparison compares nothing.
    assert!(counts[&Verdict::Equal] > 7_000);
}

#[test]
fn the_comparison_sees_a_difference() {
    let line = VECTORS
        .lines()
        .find(|line| judge(&row(line)) == Verdict::Equal && row(line).dollars != "0")
        .unwrap();
    let mut wrong = row(line);
    wrong.usage.input += 1_000;
    assert_eq!(judge(&wrong), Verdict::Unexplained);
}
