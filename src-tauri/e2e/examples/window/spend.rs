//! From a press to the painted chart, over a year of answers in the store.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use patchbay_e2e::{Models, Page, Setup, Target, journey};
use serde_json::{Value, json};

use crate::figures::{summary, table};

const LIMIT: Duration = Duration::from_secs(900);
const ROUNDS: usize = 7;

/// How long a hand rests on a name before it presses: to aim takes longer.
const REST: Duration = Duration::from_millis(200);

/// What the bars are split by, in the words of the window, and what stands over them then.
const SPLITS: [(&str, &str); 8] = [
    ("Provider", "provider"),
    ("Model", "model"),
    ("Origin", "origin"),
    ("App", "app"),
    ("Chat", "chat"),
    ("Key", "key"),
    ("Purpose", "purpose"),
    ("How the cost is known", "how the cost is known"),
];

/// From the mouse button that is let go to the frame after the one in which the chart stands there: that frame is painted.
const LISTEN: &str = "
const [heading] = arguments;
window.benchPainted = new Promise((resolve) => {
  const listen = ({ timeStamp }) => {
    const look = () => {
      const isThere = document.querySelector('#spend-chart')?.textContent.trim() === heading
        && document.querySelectorAll('[data-bar]').length > 0;
      if (!isThere) requestAnimationFrame(look);
      else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
    };
    requestAnimationFrame(look);
  };
  addEventListener('pointerup', listen, { once: true, capture: true });
});
return null;";

/// From a change to the frame after the one that shows it, measured as the chart is.
const COLOUR: &str = "
const view = document.querySelector('[role=tabpanel]');
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
await frame();
const began = performance.now();
view.style.color = view.style.color === '' ? 'var(--ink-2)' : '';
await frame();
await frame();
await new Promise((resolve) => setTimeout(resolve));
return performance.now() - began;";

/// `history` is a folder with a database that no app has open.
pub(crate) fn print(history: &Path) -> Result<()> {
    journey("bench-spend", LIMIT, async |journey| {
        let setup = Setup::new().models(Models::Missing).size(1360, 860);
        let app = journey.prepare(setup)?;
        fs::create_dir_all(app.data().path())?;
        let database = history.join("patchbay.sqlite3");
        fs::copy(&database, app.data().database())
            .with_context(|| database.display().to_string())?;
        let page = app.open().await?;
        let view = Target::button("Spend").within(Target::role("navigation").named("Views"));
        page.press(&view).await?;
        page.see(&Target::css("#spend-chart")).await?;
        choose(&page, "Days", "Last 365 days").await?;
        page.settle().await?;
        println!(
            "\n# From the press on a split to its painted chart, 365 days\n\
             In a window of 1360x860: the press, the question to Rust, its reading, the way back, the drawing, and the\n\
             frame after. Milliseconds, median of {ROUNDS} (least to most), each time from another split. As a hand\n\
             presses, which rests on the name for a fifth of a second; and at once, as only a program does: the bars are read while\n\
             the pointer is on a name. Beside it what any change of that size takes to be painted here: the words\n\
             of the whole view in another colour."
        );
        let mut rows = vec![
            ["split by", "painted after", "at once", "new colour"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for (name, words) in SPLITS {
            let mut rested = Vec::new();
            let mut at_once = Vec::new();
            let mut coloured = Vec::new();
            for _ in 0..ROUNDS {
                for (times, rests) in [(&mut rested, true), (&mut at_once, false)] {
                    let (other, _) = if name == "Purpose" {
                        SPLITS[2]
                    } else {
                        SPLITS[6]
                    };
                    choose(&page, "Split by", other).await?;
                    times.push(painted(&page, name, words, rests).await?);
                }
                coloured.push(page.promise(COLOUR, vec![]).await?);
            }
            let mut row = vec![name.to_owned()];
            for times in [rested, at_once, coloured] {
                row.push(summary(times).context("nothing was measured")?.cell());
            }
            rows.push(row);
        }
        print!("{}", table(&rows));
        journey.photograph(&page, "bench-spend").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

fn list(label: &str) -> Target {
    Target::role("combobox").name_has(label)
}

async fn choose(page: &Page, label: &str, option: &str) -> Result<()> {
    page.press(&list(label)).await?;
    page.press(&Target::role("option").named(option)).await?;
    page.see_gone(&Target::role("option")).await?;
    page.settle().await
}

async fn painted(page: &Page, name: &str, words: &str, rests: bool) -> Result<f64> {
    page.press(&list("Split by")).await?;
    let option = Target::role("option").named(name);
    page.see(&option).await?;
    page.settle().await?;
    if rests {
        // From elsewhere: the driver moves no mouse that it believes to be there, since the last round.
        page.hover(&list("Split by")).await?;
        page.hover(&option).await?;
        let rest = "await new Promise((resolve) => setTimeout(resolve, arguments[0]))";
        page.promise::<Value>(rest, vec![json!(REST.as_millis())])
            .await?;
    }
    let heading = format!("By week and {words}");
    page.script::<Value>(LISTEN, vec![json!(heading)]).await?;
    page.press(&option).await?;
    page.promise("return await window.benchPainted", vec![])
        .await
}
