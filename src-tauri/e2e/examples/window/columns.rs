//! Eight answers that are written beside each other, for minutes: frames, tasks, memory.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Models, Page, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::figures::table;
use crate::frames::{self, quantile};
use crate::heartbeat::{self, Gaps, PERIOD_MILLIS};
use crate::history;
use crate::processes::{Memory, Process};
use crate::slope::Slope;
use crate::streaming::{add_provider, processes_of, row};
use crate::thread_times::{ERROR_MILLIS, Watch};

const COLUMNS: u32 = 8;
/// A minute of an answer at 100 tokens a second.
const TOKENS: u32 = 6_000;
const MODEL: &str = "markdown-6000";
/// The runtime's timer rounds up to the next millisecond, so this makes 100 tokens a second.
const PACE: Duration = Duration::from_millis(9);
const MESSAGES: u32 = 2_000;
const CHAT: &str = "A long chat";
const NAME: &str = "Eight beside each other";
const IDLE: Duration = Duration::from_secs(10);
const ROUND_WITHIN: Duration = Duration::from_secs(300);
/// What memory does by itself from minute to minute, in MB: pages that are kept, code that is
/// compiled anew.
const NOISE: f64 = 1.;

struct Bench {
    provider: ScriptedProvider,
    page: Page,
    app: Process,
    web: Process,
    started: Instant,
}

/// What is being watched.
struct Watching {
    watch: Watch,
    busy: Duration,
    all: Duration,
    began: Instant,
}

/// What was seen while a round ran.
struct Seen {
    name: String,
    /// Milliseconds from frame to frame, shortest first.
    frames: Vec<f64>,
    gaps: Gaps,
    /// Of one processor, by the main thread and by all others.
    busy: f64,
    drawing: f64,
    /// Tokens a second in each column, as they came.
    rate: Option<f64>,
    load: String,
}

/// Memory after a round.
struct Sample {
    minutes: f64,
    app: Memory,
    web: Memory,
    /// Elements in the page: what is kept of finished answers shows here first.
    elements: usize,
}

pub(crate) fn print(rounds: u32) -> Result<()> {
    let limit = Duration::from_secs(300) + ROUND_WITHIN * rounds;
    journey("bench-compare", limit, async |journey| {
        let provider = ScriptedProvider::start_with(ScriptedOptions {
            pace: Pace::Every(PACE),
            more_models: vec![MODEL.to_owned()],
            ..ScriptedOptions::default()
        })?;
        let setup = Setup::new().models(Models::Missing).size(1360, 860);
        let app = journey.prepare(setup)?;
        history::write(&app.data(), CHAT, MESSAGES).await?;
        let page = app.open().await?;
        let id = add_provider(&page, "Scripted", &provider).await?;
        save_comparison(&page, &id).await?;
        open_chat(&page).await?;
        open_comparison(&page).await?;
        let (app_process, web) = processes_of(&app)?;
        let bench = Bench {
            provider,
            page,
            app: app_process,
            web,
            started: Instant::now(),
        };
        bench.print(rounds).await?;
        journey.photograph(&bench.page, "bench-compare").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

async fn save_comparison(page: &Page, provider: &Value) -> Result<()> {
    let column = |number: u32| {
        json!({
            "label": format!("Column {}", number + 1),
            "target": { "kind": "endpoint", "endpoint": { "providerId": provider, "model": MODEL } },
            "systemPrompt": "",
            "parameters": {
                "temperature": null, "topP": null, "seed": null, "maxTokens": null, "stop": [],
                "reasoningEffort": null,
            },
        })
    };
    let definition = json!({
        "name": NAME,
        "columns": (0..COLUMNS).map(column).collect::<Vec<_>>(),
        "prompts": [{ "kind": "text", "text": "Tell me everything" }],
        "rows": [], "repeats": 1, "parallel": COLUMNS, "ceiling": null, "checks": [], "tag": null,
        "judging": { "judges": [], "rubric": "" },
    });
    let save = json!({ "comparisonId": null, "definition": definition });
    page.call::<Value>("comparison_save", save).await?;
    Ok(())
}

/// So that its messages have been drawn once, and what is kept of them is in memory.
async fn open_chat(page: &Page) -> Result<()> {
    page.press(&Target::css("li > button").text_has(CHAT))
        .await?;
    let newest = Target::role("article").text_has("The quick brown fox");
    page.see(&newest).await?;
    page.settle().await
}

async fn open_comparison(page: &Page) -> Result<()> {
    page.press(&Target::button("Compare").within(Target::role("navigation").named("Views")))
        .await?;
    page.press(&Target::css("li > button").text_has(NAME))
        .await?;
    page.see(&run_button()).await?;
    page.settle().await
}

fn run_button() -> Target {
    Target::button("Run on 8")
}

impl Bench {
    async fn print(&self, rounds: u32) -> Result<()> {
        println!(
            "\n# {COLUMNS} answers of {TOKENS} tokens beside each other, {rounds} times one after the other\n\
             From a scripted provider on loopback, one token each {PACE:?} and what the timer adds, through the app\n\
             into its window of 1360x860; a chat of {MESSAGES} messages is in the history and was opened before.\n\
             \"Frame\" is the time from one animation frame to the next, by requestAnimationFrame, in ms; a square of one\n\
             pixel moves all the time. The first line is that square alone, in the same window before the first round; the\n\
             last one is that square when the last round is over: what it takes to put eight still answers on screen.\n\
             WebKit reports no long tasks: \"gap\" is the longest that a timer of the shortest delay ({PERIOD_MILLIS:.0} ms) came late, and\n\
             \"worked\" the most that the page's main thread ran on a processor in any such gap (schedstat, give or take\n\
             {ERROR_MILLIS:.0} ms), so no task was longer. The rest of a gap the thread waited, mostly for other work on the machine.\n\
             \"Busy\" is that thread's part of one processor, \"drawing\" that of all other threads of the page. Without a\n\
             graphics card these paint and put together every frame, on one thread each (LP_NUM_THREADS=0): how many\n\
             frames there are is theirs to say, how long a key press waits the main thread's."
        );
        let mut seen = vec![self.watch_idle("the square alone").await?];
        let mut samples = vec![self.sample().await?];
        for round in 1..=rounds {
            seen.push(self.watch_round(&format!("round {round}")).await?);
            samples.push(self.sample().await?);
        }
        let beside = self.watch_idle("the square beside the answers").await?;
        print_frames(&seen, &beside);
        print_memory(&samples);
        Ok(())
    }

    /// The page standing still but for the square.
    async fn watch_idle(&self, name: &str) -> Result<Seen> {
        let watching = self.begin_watching().await?;
        tokio::time::sleep(IDLE).await;
        self.end_watching(watching, name, None).await
    }

    /// A round from Run until the provider has sent its last token.
    async fn watch_round(&self, name: &str) -> Result<Seen> {
        let requests = self.provider.requests().len();
        let columns = usize::try_from(COLUMNS)?;
        let watching = self.begin_watching().await?;
        self.page.press(&run_button()).await?;
        // Asking the page whether it is done is work for it too, so that waits for the last token.
        let sent = async {
            self.provider.wait_for_requests(requests + columns).await;
            self.provider.wait_until_idle().await;
        };
        tokio::time::timeout(ROUND_WITHIN, sent)
            .await
            .context("the provider was not asked, or not heard out")?;
        let rate = f64::from(TOKENS) / watching.began.elapsed().as_secs_f64();
        let seen = self.end_watching(watching, name, Some(rate)).await?;
        let over = Target::css("article[data-answer][aria-busy=false]");
        let run = run_button();
        let mut looks = tokio::time::interval(Duration::from_millis(500));
        until("the end of the round", ROUND_WITHIN, async || {
            looks.tick().await;
            let is_over = self.page.count(&run).await? == 1;
            Ok((is_over && self.page.count(&over).await? == columns).then_some(()))
        })
        .await?;
        ensure!(
            self.provider.requests().len() == requests + columns,
            "an answer was asked for again"
        );
        Ok(seen)
    }

    async fn begin_watching(&self) -> Result<Watching> {
        let watch = Watch::start(self.web)?;
        frames::start(&self.page).await?;
        heartbeat::start(&self.page).await?;
        Ok(Watching {
            watch,
            busy: self.main_thread_time()?,
            all: self.processor_time()?,
            began: Instant::now(),
        })
    }

    async fn end_watching(
        &self,
        watching: Watching,
        name: &str,
        rate: Option<f64>,
    ) -> Result<Seen> {
        let took = watching.began.elapsed();
        let busy = self.main_thread_time()?.saturating_sub(watching.busy);
        let all = self.processor_time()?.saturating_sub(watching.all);
        let beats = heartbeat::stop(&self.page).await?;
        let frames = frames::stop(&self.page).await?;
        Ok(Seen {
            name: name.to_owned(),
            frames: frames.sorted()?,
            gaps: beats.compare(&watching.watch.stop()?),
            busy: busy.as_secs_f64() / took.as_secs_f64(),
            drawing: all.saturating_sub(busy).as_secs_f64() / took.as_secs_f64(),
            rate,
            load: load()?,
        })
    }

    async fn sample(&self) -> Result<Sample> {
        Ok(Sample {
            elements: self.page.count(&Target::css("*")).await?,
            minutes: self.started.elapsed().as_secs_f64() / 60.,
            app: self.app.memory()?,
            web: self.web.memory()?,
        })
    }

    fn processor_time(&self) -> Result<Duration> {
        self.web
            .processor_time()
            .context("the page's process is gone")
    }

    fn main_thread_time(&self) -> Result<Duration> {
        self.web
            .main_thread_time()
            .context("the page's process is gone")
    }
}

/// `beside` is the square with all answers on screen and none of them written.
fn print_frames(seen: &[Seen], beside: &Seen) {
    let mut rows = vec![row([
        "",
        "tokens a second",
        "frames",
        "p50",
        "p95",
        "p99",
        "longest",
        "gap",
        "worked",
        "worked over 50",
        "busy",
        "drawing",
        "load (1, 5, 15 min)",
    ])];
    for one in seen.iter().chain([beside]) {
        let at = |part: f64| format!("{:.1}", quantile(&one.frames, part));
        rows.push(row([
            one.name.clone(),
            one.rate
                .map_or("-".to_owned(), |rate| format!("{COLUMNS} x {rate:.0}")),
            one.frames.len().to_string(),
            at(0.5),
            at(0.95),
            at(0.99),
            at(1.),
            format!("{:.0}", one.gaps.longest),
            format!("{:.0}", one.gaps.most_worked),
            one.gaps.worked_over_limit.to_string(),
            format!("{:.0} %", one.busy * 100.),
            format!("{:.0} %", one.drawing * 100.),
            one.load.clone(),
        ]));
    }
    print!("{}", table(&rows));
    let mut all: Vec<f64> = seen
        .iter()
        .skip(1)
        .flat_map(|one| one.frames.iter().copied())
        .collect();
    all.sort_by(f64::total_cmp);
    for still in seen.first().into_iter().chain([beside]) {
        let ratio = |part: f64| quantile(&all, part) / quantile(&still.frames, part);
        println!(
            "  all rounds against {}: p50 {:.2} times, p95 {:.2} times, longest {:.2} times",
            still.name,
            ratio(0.5),
            ratio(0.95),
            ratio(1.)
        );
    }
}

fn print_memory(samples: &[Sample]) {
    println!(
        "\n# Memory after each round, in MB\n\
         Each sample is taken when a round is over and its answers are on screen, so that all hold as much text.\n\
         PSS is a process's own pages and of each shared page its share; RSS counts shared pages in full.\n\
         The slope is a straight line through the PSS of the samples from the first round's end on, with its 95 %\n\
         interval; flat is what stays within {NOISE:.0} MB a minute of zero.\n\
         {}",
        collections()
    );
    let mb = |kib: u64| kib as f64 * 1_024. / 1e6;
    let mut rows = vec![row([
        "minutes", "app PSS", "RSS", "page PSS", "RSS", "elements",
    ])];
    for sample in samples {
        rows.push(row([
            format!("{:.1}", sample.minutes),
            format!("{:.1}", mb(sample.app.proportional)),
            format!("{:.1}", mb(sample.app.resident)),
            format!("{:.1}", mb(sample.web.proportional)),
            format!("{:.1}", mb(sample.web.resident)),
            sample.elements.to_string(),
        ]));
    }
    print!("{}", table(&rows));
    for (name, of) in [
        ("app ", (|one| one.app) as fn(&Sample) -> Memory),
        ("page", |one| one.web),
    ] {
        let points: Vec<(f64, f64)> = samples
            .iter()
            .skip(1)
            .map(|one| (one.minutes, mb(of(one).proportional)))
            .collect();
        match Slope::of(&points) {
            Some(slope) => println!(
                "  {name}: {:+.2} MB a minute, give or take {:.2}: {}",
                slope.per_minute,
                slope.give_or_take,
                slope.verdict(NOISE)
            ),
            None => println!("  {name}: too few rounds for a slope; --minutes 10 takes ten"),
        }
    }
}

/// How the engine is set to collect garbage, by the variable that `cargo xtask bench` passes on to it.
fn collections() -> &'static str {
    match std::env::var("JSC_useGenerationalGC").as_deref() {
        Ok("0") => "Every collection of garbage is a whole one: what grows is kept by the page.",
        _ => {
            "The engine looks through old garbage once it has doubled, every ten minutes or so here, so that memory\n\
             rises and falls; --whole-collections tells that from what the page keeps."
        }
    }
}

fn load() -> Result<String> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    Ok(load.join(" "))
}
