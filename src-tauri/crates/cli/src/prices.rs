//! `patchbay price`: the person's own prices.

use patchbay_domain::amount::limit_words;
use patchbay_domain::route::Target;
use patchbay_domain::{Endpoint, NanoUsd, NanoUsdPerMTok};
use patchbay_engine::{Engine, ModelDetail, OwnPrice, PriceNow, moment_text};
use serde::Serialize;

use crate::arguments::{PriceAction, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{named, session};

/// What one list says. Amounts are dollars as decimal text; `null` where it says nothing.
#[derive(Debug, Serialize)]
struct PriceReport {
    /// Whose list it is.
    list: String,
    as_of: String,
    input_usd_per_million: Option<String>,
    output_usd_per_million: Option<String>,
    cache_read_usd_per_million: Option<String>,
    cache_write_usd_per_million: Option<String>,
    reasoning_usd_per_million: Option<String>,
    usd_per_request: Option<String>,
    /// More than the tokens decides.
    has_conditions: bool,
}

impl PriceReport {
    fn of(price: &PriceNow) -> Self {
        let rate = |rate: Option<NanoUsdPerMTok>| rate.map(|rate| NanoUsd(rate.0).to_string());
        let rates = &price.rates;
        Self {
            list: price.tag.name.clone(),
            as_of: moment_text(price.tag.as_of),
            input_usd_per_million: rate(rates.input),
            output_usd_per_million: rate(rates.output),
            cache_read_usd_per_million: rate(rates.cache_read),
            cache_write_usd_per_million: rate(rates.cache_write),
            reasoning_usd_per_million: rate(rates.reasoning),
            usd_per_request: rates.per_request.map(|amount| amount.to_string()),
            has_conditions: price.has_conditions,
        }
    }
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: PriceAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let detail = match action {
            PriceAction::Set(set) => {
                let endpoint = endpoint(engine, &set.way_in).await?;
                let own = OwnPrice {
                    input: Some(set.input),
                    output: Some(set.output),
                    cache_read: set.cache_read,
                    cache_write: set.cache_write,
                    reasoning: set.reasoning,
                    per_request: set.per_request,
                };
                engine.set_own_price(&endpoint, &own).await?
            }
            PriceAction::Show { way_in } => {
                let endpoint = endpoint(engine, &way_in).await?;
                engine.model_detail(&endpoint).await?
            }
            PriceAction::Remove { way_in } => {
                let endpoint = endpoint(engine, &way_in).await?;
                engine.clear_own_price(&endpoint).await?
            }
        };
        show(shared, &detail, terminal)
    })
    .await
}

async fn endpoint(engine: &Engine, name: &str) -> Result<Endpoint, Failed> {
    match named::target(engine, name).await? {
        Target::Endpoint { endpoint } => Ok(endpoint),
        Target::Model { .. } | Target::Route { .. } => Err(Failed::usage(
            format!("\u{201c}{name}\u{201d} is not one way in."),
            "Write PROVIDER/MODEL: the provider's id, and the model as that provider spells it.",
        )),
    }
}

fn show(shared: &Shared, detail: &ModelDetail, terminal: &mut Terminal) -> Result<(), Failed> {
    if shared.json {
        let lists: Vec<_> = detail.sources.iter().map(PriceReport::of).collect();
        return terminal.json(&serde_json::json!({
            "provider": detail.model.endpoint.provider,
            "model": detail.model.endpoint.model,
            "price": detail.model.price.as_ref().map(PriceReport::of),
            "lists": lists,
        }));
    }
    if detail.sources.is_empty() {
        return terminal.line("No list says what it costs, and no price was set.");
    }
    // The one that wins stands first.
    let mut table = Table::new(&[
        ("LIST", Side::Left),
        ("OF", Side::Left),
        ("INPUT/M", Side::Right),
        ("OUTPUT/M", Side::Right),
    ]);
    let rate = |rate: Option<NanoUsdPerMTok>| {
        rate.map_or_else(|| "-".to_owned(), |rate| limit_words(NanoUsd(rate.0)))
    };
    for price in &detail.sources {
        table.row([
            price.tag.name.clone(),
            moment_text(price.tag.as_of),
            rate(price.rates.input),
            rate(price.rates.output),
        ]);
    }
    terminal.print(&table.text())
}
