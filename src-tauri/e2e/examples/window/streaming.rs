//! What a long answer costs the web view, from a provider's socket to words on screen.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Key, Models, Page, Patchbay, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::figures::table;
use crate::heartbeat::{self, Gaps};
use crate::processes::{self, Process};
use crate::thread_times::{ERROR_MILLIS, Watch};

const TOKENS: u32 = 20_000;
/// A token at the next of the timer's ticks, which come every millisecond. Longer waits round up.
const FAST: Pace = Pace::Every(Duration::from_nanos(1));
const ANSWER_WITHIN: Duration = Duration::from_secs(240);
const IDLE: Duration = Duration::from_secs(10);
const JOURNEY_WITHIN: Duration = Duration::from_secs(1_800);

const KINDS: [(&str, &str); 2] = [
    ("markdown", "markdown-20000"),
    ("one paragraph", "tokens-20000"),
];
const PACES: [(&str, Pace); 2] = [("one at a time", FAST), ("all at once", Pace::Held)];

/// The page itself notes when Enter was pressed and when the answer was over: asking it again and
/// again would be work of its own.
const WATCH_ANSWER: &str = r#"
const answer = (window.benchAnswer = { began: null, over: null });
addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') answer.began ??= performance.now();
}, true);
new MutationObserver((changes, observer) => {
  if (!changes.some(({ target }) => target.matches('article[data-answer][aria-busy=false]'))) return;
  observer.disconnect();
  answer.over = performance.now();
}).observe(document.body, { subtree: true, attributeFilter: ['aria-busy'] });
return null;
"#;

struct Case {
    name: String,
    provider: usize,
    model: &'static str,
}

struct Bench {
    providers: Vec<ScriptedProvider>,
    page: Page,
    web: Process,
    app: Process,
}

pub(crate) fn print() -> Result<()> {
    journey("bench-window", JOURNEY_WITHIN, async |journey| {
        let providers = PACES
            .iter()
            .map(|(_, pace)| provider(*pace))
            .collect::<Result<Vec<_>>>()?;
        let (app, page) = journey.start(Setup::new().models(Models::Missing)).await?;
        for (number, provider) in providers.iter().enumerate() {
            add_provider(&page, &provider_name(number), provider).await?;
        }
        let bench = Bench::new(providers, &app, page)?;
        bench.print_costs().await?;
        bench.print_gaps().await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

fn provider(pace: Pace) -> Result<ScriptedProvider> {
    Ok(ScriptedProvider::start_with(ScriptedOptions {
        pace,
        more_models: KINDS.map(|(_, model)| model.to_owned()).to_vec(),
        ..ScriptedOptions::default()
    })?)
}

fn provider_name(number: usize) -> String {
    format!("Scripted{number}")
}

/// Returns its id.
pub(crate) async fn add_provider(
    page: &Page,
    name: &str,
    provider: &ScriptedProvider,
) -> Result<Value> {
    let draft = json!({
        "providerId": null, "presetId": null, "family": null, "name": name,
        "baseUrl": provider.base_url(), "options": [], "extraHeaders": [],
        "hasAttribution": true, "key": null, "keyForSessionOnly": false,
    });
    let saved: Value = page.call("provider_save", draft).await?;
    let reference = json!({ "providerId": saved["id"] });
    let models: Vec<Value> = page.call("model_refresh", reference).await?;
    ensure!(!models.is_empty(), "the provider lists no models");
    Ok(saved["id"].clone())
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, model) in KINDS {
        for (provider, (pace, _)) in PACES.iter().enumerate() {
            cases.push(Case {
                name: format!("{kind}, {pace}"),
                provider,
                model,
            });
        }
    }
    cases
}

impl Bench {
    fn new(providers: Vec<ScriptedProvider>, app: &Patchbay, page: Page) -> Result<Self> {
        let (app, web) = processes_of(app)?;
        Ok(Self {
            providers,
            page,
            web,
            app,
        })
    }

    async fn print_costs(&self) -> Result<()> {
        println!(
            "\n# An answer of {TOKENS} tokens: processor time in ms for each 1,000 of them\n\
             From a scripted provider on loopback through the app into its web view, from Enter until the\n\
             answer is over and drawn; user and system, from /proc before and after, in steps of {:?}.\n\
             Nothing else runs in the page. \"Tokens a second\" is what really came.",
            processes::tick()
        );
        let mut rows = vec![row([
            "",
            "seconds",
            "tokens a second",
            "page's main thread",
            "all of its process",
            "the app's process",
        ])];
        let thousands = f64::from(TOKENS) / 1_000.;
        for case in cases() {
            self.prepare(&case).await?;
            let before = self.times()?;
            let took = self.answer(&case).await?;
            let after = self.times()?;
            self.check().await?;
            let spent = |of: fn(&Times) -> Duration| {
                let spent = of(&after).saturating_sub(of(&before));
                format!("{:.1}", spent.as_secs_f64() * 1_000. / thousands)
            };
            rows.push(row([
                case.name,
                format!("{:.1}", took.as_secs_f64()),
                format!("{:.0}", f64::from(TOKENS) / took.as_secs_f64()),
                spent(|times| times.main_thread),
                spent(|times| times.web),
                spent(|times| times.app),
            ]));
        }
        print!("{}", table(&rows));
        Ok(())
    }

    async fn print_gaps(&self) -> Result<()> {
        println!(
            "\n# The same with a heartbeat in the page: its longest gaps, in ms\n\
             WebKit reports no long tasks, so a timer of the shortest delay ({:.0} ms) notes when it is late. A gap\n\
             is the longest that a key press could have waited, and at most the timer's delay longer than the\n\
             longest task. \"Worked\" is what the main thread ran on a processor in a gap (schedstat, give or take\n\
             {ERROR_MILLIS:.0} ms); for the rest of it the thread waited, mostly for other work on the machine. Without a\n\
             graphics card, the thread that wants something drawn draws it (LP_NUM_THREADS=0).",
            heartbeat::PERIOD_MILLIS
        );
        let mut rows = vec![row([
            "",
            "longest gap",
            "worked in it",
            "most worked in any gap",
            "gaps over 50",
            "worked over 50",
        ])];
        let idle = async || {
            tokio::time::sleep(IDLE).await;
            Ok(())
        };
        rows.push(gaps_row("idle page", &self.beating(idle).await?));
        for case in cases() {
            self.prepare(&case).await?;
            let gaps = self
                .beating(async || self.answer(&case).await.map(drop))
                .await?;
            self.check().await?;
            rows.push(gaps_row(&case.name, &gaps));
        }
        print!("{}", table(&rows));
        println!("  aim: longest task under 50");
        Ok(())
    }

    async fn beating(&self, work: impl AsyncFnOnce() -> Result<()>) -> Result<Gaps> {
        let watch = Watch::start(self.web)?;
        heartbeat::start(&self.page).await?;
        work().await?;
        let beats = heartbeat::stop(&self.page).await?;
        Ok(beats.compare(&watch.stop()?))
    }

    /// Writes the question into a new chat.
    async fn prepare(&self, case: &Case) -> Result<()> {
        let page = &self.page;
        page.press(&Target::button("New chat")).await?;
        choose_model(page, &provider_name(case.provider), case.model).await?;
        let composer = Target::role("textbox").name_has("Message ");
        page.type_into(&composer, "Tell me everything").await?;
        page.settle().await?;
        page.script::<Value>(WATCH_ANSWER, vec![]).await?;
        Ok(())
    }

    /// Sends it and waits until the answer is drawn. Returns how long the answer took.
    async fn answer(&self, case: &Case) -> Result<Duration> {
        let page = &self.page;
        let provider = &self.providers[case.provider];
        let requests = provider.requests().len();
        page.press_keys(&[Key::Enter]).await?;
        // Asking the page whether it is done is work for it too, so that waits for the last token.
        let sent = async {
            provider.wait_for_requests(requests + 1).await;
            provider.wait_until_idle().await;
        };
        tokio::time::timeout(ANSWER_WITHIN, sent)
            .await
            .context("the provider was not asked, or not heard out")?;
        let mut looks = tokio::time::interval(Duration::from_millis(500));
        let millis = until("the end of the answer", ANSWER_WITHIN, async || {
            looks.tick().await;
            let body = "const { began, over } = window.benchAnswer;
                return over === null ? null : over - began;";
            page.script::<Option<f64>>(body, vec![]).await
        })
        .await?;
        page.settle().await?;
        Ok(Duration::from_secs_f64(millis / 1_000.))
    }

    /// That the answer is whole, as it is stored.
    async fn check(&self) -> Result<()> {
        let page = &self.page;
        let list: Vec<Value> = page.call("conversation_list", Value::Null).await?;
        let newest = list.first().context("there is no chat")?;
        let reference = json!({ "conversationId": newest["id"] });
        let conversation: Value = page.call("conversation_open", reference).await?;
        let messages = conversation["messages"].as_array();
        let answer = messages.and_then(|messages| messages.last());
        let answer = answer.context("there is no answer")?;
        let attempt = &answer["run"]["receipt"]["attempts"][0];
        ensure!(
            answer["status"] == "complete" && attempt["usage"]["output"] == TOKENS,
            "the answer is {}, with {}",
            answer["status"],
            attempt["usage"]
        );
        Ok(())
    }

    fn times(&self) -> Result<Times> {
        let times = || {
            Some(Times {
                main_thread: self.web.main_thread_time()?,
                web: self.web.processor_time()?,
                app: self.app.processor_time()?,
            })
        };
        times().context("a process of the app is gone")
    }
}

/// The process of the app and the one of its page.
pub(crate) fn processes_of(app: &Patchbay) -> Result<(Process, Process)> {
    let data = app.data().path().display().to_string();
    let family: Vec<Process> = processes::all()
        .filter(|process| process.has_variable("PATCHBAY_DATA_DIR", &data))
        .collect();
    let called = |name: &str| {
        let found = family.iter().find(|process| process.name() == name);
        let missing = || format!("there is no process {name}");
        found.copied().with_context(missing)
    };
    Ok((called("patchbay")?, called("WebKitWebProces")?))
}

/// Processor time so far.
struct Times {
    main_thread: Duration,
    web: Duration,
    app: Duration,
}

async fn choose_model(page: &Page, provider: &str, model: &str) -> Result<()> {
    page.press(&Target::role("button").name_has("Model: "))
        .await?;
    let search = Target::role("combobox").named("Search models");
    page.type_into(&search, model).await?;
    let value = format!("{provider} {model}");
    let item = format!("[role=option][data-endpoint={value:?}]");
    page.press(&Target::css(&item)).await?;
    page.see(&Target::button(&format!("Model: {model}")))
        .await?;
    Ok(())
}

fn gaps_row(name: &str, gaps: &Gaps) -> Vec<String> {
    row([
        name.to_owned(),
        format!("{:.0}", gaps.longest),
        format!("{:.0}", gaps.worked_in_longest),
        format!("{:.0}", gaps.most_worked),
        gaps.over_limit.to_string(),
        gaps.worked_over_limit.to_string(),
    ])
}

pub(crate) fn row<const COLUMNS: usize>(cells: [impl Into<String>; COLUMNS]) -> Vec<String> {
    cells.into_iter().map(Into::into).collect()
}
