//! A page that stands alone: it runs nothing and fetches nothing, whatever the answers say.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use super::{Report, ReportAnswer, millis, speed};
use crate::text::escaped;

/// Nothing may be fetched or run, even where something got past the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f6f5f2;--panel:#fffefb;--line:#e2dfd8;--ink:#1d1c1a;\
--second:#5d5a54;--good:#2f8f5b;--bad:#c23b3b}\
@media(prefers-color-scheme:dark){:root{--ground:#141516;--panel:#1b1c1e;--line:#2b2d30;--ink:#ecebe8;\
--second:#a9a7a2;--good:#55c288;--bad:#f07070}}\
body{margin:0 auto;padding:32px 24px;max-width:1600px;background:var(--ground);color:var(--ink);\
font:14px/1.55 Inter,system-ui,sans-serif}\
h1{font-size:26px;margin:0}h2{font-size:16px;margin:40px 0 8px}p.meta,.facts{color:var(--second);font-size:12px}\
table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:6px 10px;text-align:left;\
vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}\
.grid{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(320px,1fr))}\
article{background:var(--panel);border:1px solid var(--line);border-radius:12px;padding:14px 16px;\
overflow-wrap:anywhere}article h3{margin:0 0 4px;font-size:14px}\
pre{overflow:auto;border:1px solid var(--line);border-radius:8px;padding:10px}\
code{font:12.5px/1.5 'JetBrains Mono',ui-monospace,monospace}\
blockquote{margin:0;padding-left:12px;border-left:2px solid var(--line)}.pass{color:var(--good)}.fail{color:var(--bad)}\
details{margin-top:40px}.vote{font-weight:600}";

pub(super) fn page(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        title = escaped(&report.name)
    );
    let _ = writeln!(
        page,
        "<p class=\"meta\">Round {} of {}, {}; cost {}. Made with Patchbay {}.</p>",
        report.round,
        report.started_at,
        report.state,
        escaped(&report.cost.words()),
        report.patchbay
    );
    for sentence in report.replay.iter().flat_map(|replay| &replay.sentences) {
        let _ = writeln!(page, "<p class=\"meta\">{}</p>", escaped(sentence));
    }
    page.push_str(
        "<table>\n<thead><tr><th>Column</th><th>Answered</th><th>First token, median</th>\
         <th>Speed, median</th><th>Checks passed</th><th>Best, by me</th><th>Best, by judges</th>\
         <th>Cost</th></tr></thead>\n<tbody>\n",
    );
    for column in &report.columns {
        let _ = writeln!(
            page,
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{} of {}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            escaped(&column.name),
            column.answered,
            millis(column.first_token_millis_median),
            speed(column.tokens_per_second_median),
            column.checks_passed,
            column.checks,
            column.best_by_person,
            column.best_by_judges,
            escaped(&column.cost.words()),
        );
    }
    page.push_str("</tbody>\n</table>\n");
    for (index, case) in report.cases.iter().enumerate() {
        for repeat in &case.repeats {
            let time = if case.repeats.len() > 1 {
                format!(", time {}", repeat.repeat + 1)
            } else {
                String::new()
            };
            let _ = writeln!(page, "<h2>Prompt {}{time}</h2>", index + 1);
            let _ = writeln!(page, "<blockquote>{}</blockquote>", rendered(&case.prompt));
            for vote in &repeat.votes {
                let note = if vote.note.is_empty() {
                    String::new()
                } else {
                    format!(": {}", escaped(&vote.note))
                };
                let _ = writeln!(
                    page,
                    "<p><span class=\"vote\">Best by {}: {}</span>{note}</p>",
                    escaped(&vote.voter),
                    escaped(&vote.verdict)
                );
            }
            page.push_str("<div class=\"grid\">\n");
            for answer in &repeat.answers {
                let _ = writeln!(
                    page,
                    "<article><h3>{}</h3>{}{}</article>",
                    escaped(&answer.column),
                    facts(answer),
                    rendered(&answer.text)
                );
            }
            for merged in &repeat.merged {
                let _ = writeln!(
                    page,
                    "<article><h3>Made of several: {}</h3><p class=\"facts\">From {}</p>{}</article>",
                    escaped(&merged.kind),
                    escaped(&merged.sources.join(", ")),
                    rendered(&merged.text)
                );
            }
            page.push_str("</div>\n");
        }
    }
    let settings = serde_json::to_string_pretty(&report.definition).unwrap_or_default();
    let _ = write!(
        page,
        "<details><summary>Settings, to run it again</summary><pre><code>{}</code></pre></details>\n\
         </body>\n</html>\n",
        escaped(&settings)
    );
    page
}

fn facts(answer: &ReportAnswer) -> String {
    let mut facts: Vec<String> = vec![answer.state.to_owned()];
    if let (Some(provider), Some(model)) = (&answer.provider, &answer.model) {
        facts.push(format!("{} through {}", escaped(model), escaped(provider)));
    }
    facts.push(format!("first token {}", millis(answer.first_token_millis)));
    facts.push(speed(answer.tokens_per_second));
    if let Some(tokens) = answer.output_tokens {
        facts.push(format!("{tokens} tokens"));
    }
    facts.push(escaped(&answer.cost.words()));
    if let Some(price) = &answer.price {
        facts.push(format!("price: {}", escaped(price)));
    }
    if answer.attempts > 1 {
        facts.push(format!("{} attempts", answer.attempts));
    }
    if let Some(failure) = &answer.failure {
        facts.push(escaped(failure));
    }
    let mut text = format!("<p class=\"facts\">{}</p>", facts.join(" · "));
    for check in &answer.checks {
        let (class, word) = match check.passed {
            Some(true) => ("pass", "Passed"),
            Some(false) => ("fail", "Failed"),
            None => ("", "Not checked"),
        };
        let _ = write!(
            text,
            "<p class=\"facts\"><span class=\"{class}\">{word}</span>: {}</p>",
            escaped(&check.words)
        );
    }
    text
}

/// Markdown as HTML: raw HTML as the text that it is, pictures as their description, links only to
/// where a person may go.
fn rendered(text: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        // Its description follows as text.
        Event::Start(Tag::Image { dest_url, .. }) => {
            Some(Event::Text(CowStr::from(format!("[picture {dest_url}] "))))
        }
        Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Some(Event::Start(Tag::Link {
            link_type,
            dest_url: if may_be_opened(&dest_url) {
                dest_url
            } else {
                CowStr::from("#")
            },
            title,
            id,
        })),
        other => Some(other),
    });
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

fn may_be_opened(address: &str) -> bool {
    let address = address.trim_start().to_ascii_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| address.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_is_never_run_or_fetched() {
        let hostile = "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n\
            ![p](https://elsewhere.example/p.png) [x](javascript:alert(1)) \
            [y](data:text/html,z) <a href=\"javascript:z\">q</a>\n\n<style>@import 'x'</style>";
        let html = rendered(hostile);
        for wrong in [
            "<script",
            "<img",
            "onerror=alert(1)>",
            "javascript:alert(1)\"",
            "\"data:",
            "<style",
            "<a href=\"javascript",
        ] {
            assert!(!html.contains(wrong), "{wrong} in {html}");
        }
        assert!(html.contains("&lt;script&gt;"));
    }

    #[test]
    fn markdown_is_shown_as_it_is_meant() {
        let html = rendered("**bold**\n\n| a |\n| - |\n| 1 |\n\n```rust\nlet x = a < b;\n```");
        assert!(html.contains("<strong>bold</strong>"));
        assert!(html.contains("<td>1</td>"));
        assert!(html.contains("a &lt; b"));
    }
}
