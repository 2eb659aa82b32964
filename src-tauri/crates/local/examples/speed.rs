//! How fast a model file answers, as it is and as Patchbay uses it.
//!
//! `cargo run -p patchbay-local --release --example speed -- model.gguf [more.gguf]`
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use patchbay_domain::{ChatMessage, Parameters, Role};
use patchbay_local::{
    GenerationEvent, GenerationRequest, KEEP_LOADED, LocalModel, PrepareOutcome, TokenCounts,
    Variant, prepare,
};

const QUESTION: &str = "Describe the city of Paris to somebody who has never been.";
const ANSWER_TOKENS: u32 = 64;
const RUNS: usize = 3;

struct Candidate {
    label: String,
    model: LocalModel,
    load: Duration,
    runs: Vec<Run>,
}

struct Run {
    first_token: Duration,
    tokens_a_second: f64,
    counts: TokenCounts,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        return Err("name at least one .gguf file".into());
    }
    let mut candidates = Vec::new();
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let begin = Instant::now();
        let prepared = prepare(&file, &mut |_| true)?;
        println!(
            "{name}: {:.1} MB, used as {:.1} MB ({:?} in {:.2} s)",
            megabytes(prepared.source_bytes),
            megabytes(prepared.bytes),
            prepared.outcome,
            begin.elapsed().as_secs_f64(),
        );
        candidates.push(candidate(
            format!("{name}, as downloaded"),
            &file,
            Variant::AsIs,
        )?);
        if prepared.outcome != PrepareOutcome::NotNeeded {
            candidates.push(candidate(
                format!("{name}, as used"),
                &file,
                Variant::Fastest,
            )?);
        }
    }
    for _ in 0..RUNS {
        for candidate in &mut candidates {
            candidate.runs.push(run(&candidate.model, ANSWER_TOKENS)?);
        }
    }
    println!(
        "\nMedians of {RUNS} runs, taken in turns, greedy, {ANSWER_TOKENS} answer tokens at most. \
         First token: from asking to the first text, model in memory, nothing reused. \
         Speed: the tokens after the first, by the time from the first text to the end."
    );
    for Candidate {
        label, load, runs, ..
    } in &candidates
    {
        let Some(TokenCounts {
            prompt, completion, ..
        }) = runs.first().map(|run| run.counts)
        else {
            continue;
        };
        let first_token = median(runs.iter().map(|run| run.first_token.as_secs_f64()));
        let speed = median(runs.iter().map(|run| run.tokens_a_second));
        println!(
            "{label}: load {:.2} s, first token {first_token:.2} s, {speed:.1} tokens/s \
             ({prompt} prompt tokens, {completion} answer tokens)",
            load.as_secs_f64(),
        );
    }
    Ok(())
}

fn candidate(
    label: String,
    file: &std::path::Path,
    variant: Variant,
) -> Result<Candidate, Box<dyn std::error::Error>> {
    let model = LocalModel::start(file.to_owned(), variant, KEEP_LOADED)?;
    let begin = Instant::now();
    // Also repacks the weights and fills the caches, which the runs below should not pay for.
    let mut first = model.generate(request(1));
    let started = first.blocking_next().ok_or("the model closed")??;
    let load = begin.elapsed();
    drop(started);
    while let Some(event) = first.blocking_next() {
        event?;
    }
    Ok(Candidate {
        label,
        model,
        load,
        runs: Vec::new(),
    })
}

fn request(max_tokens: u32) -> GenerationRequest {
    GenerationRequest {
        messages: vec![ChatMessage::text(Role::User, QUESTION.to_owned())],
        continues: false,
        parameters: Parameters {
            temperature: Some(0.0),
            max_tokens: Some(max_tokens),
            ..Parameters::default()
        },
        now: None,
    }
}

fn run(model: &LocalModel, max_tokens: u32) -> Result<Run, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    let mut generation = model.generate(request(max_tokens));
    let mut first_text = None;
    while let Some(event) = generation.blocking_next() {
        match event? {
            GenerationEvent::Started(_) => {}
            GenerationEvent::Text { counts, .. } => {
                first_text.get_or_insert((Instant::now(), counts.completion));
            }
            GenerationEvent::Finished { counts, .. } => {
                let (first_text, before) = first_text.ok_or("the model said nothing")?;
                let tokens = counts.completion.saturating_sub(before) as f64;
                return Ok(Run {
                    first_token: first_text - begin,
                    tokens_a_second: tokens / first_text.elapsed().as_secs_f64(),
                    counts,
                });
            }
        }
    }
    Err("the answer has no end".into())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
