//! How long a table takes: `cargo run --release -p patchbay-domain --example ranking`.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::time::{Duration, Instant};

use patchbay_domain::ranking::{Ballot, Candidate, Filter, Standings, Verdict, Voter};

const BALLOTS: usize = 20_000;
const MODELS: usize = 40;
const TIMES: usize = 15;

/// Numbers that look random and are the same each time.
fn mixed(number: usize) -> usize {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

fn ballot(number: usize, columns: usize) -> Ballot {
    let first = mixed(number) % MODELS;
    let step = 1 + mixed(number + 7) % (MODELS / columns);
    let luck = mixed(number + 13);
    Ballot {
        subject: format!("case {number}"),
        voter: Voter::Me,
        candidates: (0..columns)
            .map(|column| Candidate {
                model: format!("maker/model-{:02}", (first + column * step) % MODELS),
                cost: None,
                first_token_millis: None,
                tokens_per_second: None,
            })
            .collect(),
        verdict: if luck.is_multiple_of(7) {
            Verdict::Tie
        } else {
            Verdict::Best(luck % columns)
        },
        tag: None,
        is_blind: true,
    }
}

fn main() {
    for columns in [2, 8] {
        let ballots: Vec<Ballot> = (0..BALLOTS).map(|number| ballot(number, columns)).collect();
        let mut times: Vec<Duration> = (0..TIMES)
            .map(|_| {
                let began = Instant::now();
                let standings = Standings::of(&ballots, &Filter::default());
                assert_eq!(standings.best_first().len(), MODELS);
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        let middle = times[TIMES / 2];
        println!(
            "{BALLOTS} ballots of {columns} columns, {MODELS} models: {middle:?} (median of {TIMES})"
        );
    }
}
