//! The statement as HTML.

use std::fmt::Write as _;

use patchbay_domain::amount::{grouped, money_words};
use patchbay_store::Tally;

use super::{Line, Statement, percent};
use crate::text::escaped;

/// Nothing may be fetched or run, even where something got past the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The colours are those of the window; ink on white where it is printed.
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f6f5f2;--panel:#fffefb;--line:#e2dfd8;--ink:#1d1c1a;\
--second:#5d5a54;--warn:#8a5a12;--warn-ground:#f8f0de}\
@media(prefers-color-scheme:dark){:root{--ground:#141516;--panel:#1b1c1e;--line:#2b2d30;--ink:#ecebe8;\
--second:#a9a7a2;--warn:#e0a84a;--warn-ground:#29231a}}\
*{box-sizing:border-box}\
body{margin:0 auto;padding:40px 24px 56px;max-width:860px;background:var(--ground);color:var(--ink);\
font:14px/1.5 Inter,system-ui,sans-serif}\
header{display:flex;flex-wrap:wrap;gap:8px 32px;justify-content:space-between;align-items:flex-end;\
padding-bottom:20px;border-bottom:1px solid var(--line)}\
h1{font-size:26px;line-height:1.25;margin:0}h2{font-size:16px;margin:32px 0 8px}\
p{margin:4px 0}.second{color:var(--second);font-size:12.5px}\
.total{font:600 30px/1.2 'JetBrains Mono',ui-monospace,monospace;font-variant-numeric:tabular-nums}\
.sum{text-align:right}\
.note{margin:20px 0 0;padding:10px 14px;border:1px solid var(--line);border-left:3px solid var(--warn);\
border-radius:8px;background:var(--warn-ground)}\
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--panel)}\
table{border-collapse:collapse;width:100%}\
th,td{padding:7px 12px;text-align:left;border-top:1px solid var(--line);vertical-align:baseline}\
thead th,thead th.n{border-top:0;color:var(--second);font:500 12px/1.5 Inter,system-ui,sans-serif;\
white-space:nowrap}\
tbody th{font-weight:500;overflow-wrap:anywhere;min-width:9em}\
.n{text-align:right;white-space:nowrap;font:13px/1.5 'JetBrains Mono',ui-monospace,monospace;\
font-variant-numeric:tabular-nums}\
tfoot th,tfoot td{font-weight:600;border-top:2px solid var(--line)}\
@media(max-width:640px){.sum{text-align:left}}\
footer{margin-top:36px;padding-top:14px;border-top:1px solid var(--line)}\
@media print{:root{color-scheme:light;--ground:#fff;--panel:#fff;--line:#bbb;--ink:#000;--second:#333;\
--warn:#000;--warn-ground:#fff}body{padding:0;max-width:none;font-size:11pt}\
.scroll{overflow:visible;border-radius:0}tr,.note,header{break-inside:avoid}h2{break-after:avoid}\
thead{display:table-header-group}@page{margin:16mm}}";

pub(super) fn page(statement: &Statement) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n",
        title = escaped(&statement.title)
    );
    head(&mut page, statement);
    if statement.total.attempts == 0 {
        page.push_str("<p>Nothing was asked in these days.</p>\n");
    } else {
        coverage(&mut page, statement);
        groups(
            &mut page,
            statement,
            ("Provider", "By provider"),
            &statement.providers,
        );
        groups(
            &mut page,
            statement,
            ("Model", "By model"),
            &statement.models,
        );
        days(&mut page, statement);
    }
    foot(&mut page, statement);
    page.push_str("</body>\n</html>\n");
    page
}

fn head(page: &mut String, statement: &Statement) {
    let total = &statement.total;
    let _ = writeln!(
        page,
        "<header>\n<div><h1>{}</h1>\n<p class=\"second\">{} to {}, {}</p>",
        escaped(&statement.title),
        statement.from,
        statement.to,
        counted(total.attempts, "attempt", "attempts"),
    );
    if !statement.only.is_empty() {
        let only = escaped(&statement.only.join(", "));
        let _ = writeln!(page, "<p class=\"second\">Only what was asked {only}.</p>");
    }
    let _ = writeln!(
        page,
        "</div>\n<div class=\"sum\"><p class=\"total\">{}</p>",
        known(total)
    );
    if let Some(currency) = &statement.currency
        && !is_unknown(total)
        && let Some(words) = currency.words(total.known)
    {
        let source = match currency.source.as_str() {
            "" => String::new(),
            source => format!(", {}", escaped(source)),
        };
        let _ = writeln!(
            page,
            "<p>{}</p>\n<p class=\"second\">at {} {} a dollar on {}{source}</p>",
            escaped(&words),
            escaped(&currency.per_usd),
            escaped(&currency.code),
            escaped(&currency.as_of),
        );
    }
    page.push_str("</div>\n</header>\n");
    if total.unknown > 0 {
        let _ = writeln!(
            page,
            "<p class=\"note\">The cost of {} is not known. The true sum is larger or the same.</p>",
            counted(total.unknown, "attempt", "attempts"),
        );
    }
    if statement.is_partial {
        page.push_str("<p class=\"note\">These days are not over: more may follow.</p>\n");
    }
}

fn coverage(page: &mut String, statement: &Statement) {
    let total = &statement.total;
    page.push_str(
        "<h2>How it is known</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Cost</th>\
         <th scope=\"col\" class=\"n\">Attempts</th><th scope=\"col\" class=\"n\">Amount</th>\
         <th scope=\"col\" class=\"n\">Part</th></tr></thead>\n<tbody>\n",
    );
    for (name, attempts, amount) in [
        (
            "Reported by the provider",
            total.reported,
            Some(total.known_reported),
        ),
        (
            "Computed from tokens and rates",
            total.computed,
            Some(total.known_computed),
        ),
        ("Estimated", total.estimated, Some(total.known_estimated)),
        ("Unknown", total.unknown, None),
    ] {
        let (amount, part) = match amount {
            Some(amount) => (money_words(amount), percent(amount, total.known)),
            None if attempts > 0 => ("unknown".to_owned(), String::new()),
            None => (String::new(), String::new()),
        };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{name}</th><td class=\"n\">{}</td>\
             <td class=\"n\">{amount}</td><td class=\"n\">{part}</td></tr>",
            grouped(attempts),
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
    if total.wasted.0 > 0 {
        let _ = writeln!(
            page,
            "<p class=\"second\">{} of it went for attempts that gave no answer.</p>",
            money_words(total.wasted)
        );
    }
}

/// A table with the makers' list prices beside what was paid, where both are known.
fn groups(page: &mut String, statement: &Statement, (what, title): (&str, &str), lines: &[Line]) {
    let own = statement.currency.as_ref();
    let own_head = own.map_or_else(String::new, |currency| {
        format!(
            "<th scope=\"col\" class=\"n\">{}</th>",
            escaped(&currency.code)
        )
    });
    let _ = writeln!(
        page,
        "<h2>{title}</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">{what}</th>\
         <th scope=\"col\" class=\"n\">Attempts</th><th scope=\"col\" class=\"n\">Unknown</th>\
         <th scope=\"col\" class=\"n\">Paid</th>{own_head}\
         <th scope=\"col\" class=\"n\">List price</th><th scope=\"col\" class=\"n\">Paid, where listed</th>\
         </tr></thead>\n<tbody>",
    );
    for line in lines {
        let name = format!("<th scope=\"row\">{}</th>", escaped(&line.name));
        group(page, statement, &name, &line.tally);
    }
    page.push_str("</tbody>\n<tfoot>\n");
    group(
        page,
        statement,
        "<th scope=\"row\">All</th>",
        &statement.total,
    );
    page.push_str("</tfoot>\n</table></div>\n");
}

fn group(page: &mut String, statement: &Statement, name: &str, tally: &Tally) {
    let own = own_cell(statement, tally);
    let (list, paid) = if tally.compared > 0 {
        (
            money_words(tally.compared_list),
            money_words(tally.compared_paid),
        )
    } else {
        ("\u{2013}".to_owned(), "\u{2013}".to_owned())
    };
    let _ = writeln!(
        page,
        "<tr>{name}<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>{own}\
         <td class=\"n\">{list}</td><td class=\"n\">{paid}</td></tr>",
        grouped(tally.attempts),
        unknown(tally),
        known(tally),
    );
}

fn days(page: &mut String, statement: &Statement) {
    let own = statement.currency.as_ref();
    let own_head = own.map_or_else(String::new, |currency| {
        format!(
            "<th scope=\"col\" class=\"n\">{}</th>",
            escaped(&currency.code)
        )
    });
    let _ = writeln!(
        page,
        "<h2>By day</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Day</th>\
         <th scope=\"col\" class=\"n\">Attempts</th><th scope=\"col\" class=\"n\">Unknown</th>\
         <th scope=\"col\" class=\"n\">Paid</th>{own_head}</tr></thead>\n<tbody>",
    );
    for (day, tally) in &statement.days {
        let own = own_cell(statement, tally);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\" class=\"n\" style=\"text-align:left\">{day}</th>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>{own}</tr>",
            grouped(tally.attempts),
            unknown(tally),
            known(tally),
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn foot(page: &mut String, statement: &Statement) {
    let _ = writeln!(
        page,
        "<footer class=\"second\">\n<p>Dollars are the truth; amounts are kept in billionths of a dollar \
         and rounded here. Days are those of the calendar where the requests were sent.</p>\n\
         <p>The list price is what the makers' own lists ask for the same tokens, and stands beside \
         what was paid for those attempts alone of which both are known.</p>\n\
         <p>Made on {} with Patchbay {}.</p>\n</footer>",
        escaped(&statement.made_at),
        env!("CARGO_PKG_VERSION"),
    );
}

/// What is known; a group of which nothing is known has no sum.
fn known(tally: &Tally) -> String {
    if is_unknown(tally) {
        "unknown".to_owned()
    } else {
        money_words(tally.known)
    }
}

/// Whether nothing of it is known. Of nothing at all it is known that it cost nothing.
fn is_unknown(tally: &Tally) -> bool {
    tally.attempts > 0 && tally.unknown == tally.attempts
}

fn unknown(tally: &Tally) -> String {
    match tally.unknown {
        0 => String::new(),
        attempts => grouped(attempts),
    }
}

fn own_cell(statement: &Statement, tally: &Tally) -> String {
    let Some(currency) = &statement.currency else {
        return String::new();
    };
    if is_unknown(tally) {
        return "<td class=\"n\">\u{2013}</td>".to_owned();
    }
    let words = currency.words(tally.known).unwrap_or_default();
    // The head of the column names the currency.
    let words = words.trim_end_matches(currency.code.as_str()).trim_end();
    format!("<td class=\"n\">{}</td>", escaped(words))
}

fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(count)),
    }
}
