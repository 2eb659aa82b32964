//! `patchbay route`.

use std::path::Path;

use patchbay_domain::NanoUsdPerMTok;
use patchbay_domain::route::{Policy, Requirements, Route, RouteEntry, Target};
use patchbay_domain::run::HalfAnswer;
use patchbay_engine::Engine;

use crate::arguments::{RouteAction, RouteAdd, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::{self, Terminal};
use crate::{named, session};

pub(crate) async fn carry_out(
    shared: &Shared,
    action: RouteAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| match action {
        RouteAction::Add(add) => {
            let saved = engine.save_route(route(engine, *add).await?).await?;
            if shared.json {
                return terminal.json(&saved);
            }
            terminal.line(&format!(
                "Saved the route \u{201c}{}\u{201d} with {}.",
                saved.name,
                match saved.entries.len() {
                    1 => "1 entry".to_owned(),
                    count => format!("{count} entries"),
                }
            ))
        }
        RouteAction::List => list(shared, &engine.routes().await?, terminal),
        RouteAction::Remove { name } => {
            let route = named::route(engine, &name).await?;
            engine.delete_route(route.id).await?;
            if shared.json {
                return terminal.json(&serde_json::json!({ "removed": route.id }));
            }
            terminal.line(&format!(
                "Removed the route \u{201c}{}\u{201d}.",
                route.name
            ))
        }
    })
    .await
}

async fn route(engine: &Engine, add: RouteAdd) -> Result<Route, Failed> {
    let mut route = match &add.from {
        Some(file) => read(file)?,
        None => Route::new(engine.new_route_id(), "", Vec::new()),
    };
    if let Some(name) = add.name {
        route.name = name;
    }
    // A route from a file is another one, unless it is to take the place of its like.
    route.id = engine.new_route_id();
    if add.replace
        && let Ok(before) = named::route(engine, &route.name).await
    {
        route.id = before.id;
    }
    if !add.model.is_empty() {
        route.entries = entries(engine, &add.model).await?;
    }
    if let Some(policy) = add.policy.as_deref().and_then(Policy::from_word) {
        route.policy = policy;
    }
    if let Some(half) = add.half_answer.as_deref().and_then(HalfAnswer::from_word) {
        route.half_answer = half;
    }
    if let Some(millis) = add.first_token_millis {
        route.limits.first_token_millis = millis;
    }
    route.best_for = add.best_for.or(route.best_for);
    route.is_hedged |= add.hedged;
    let wants = &mut route.requirements;
    wants.answer_ceiling = add.answer_ceiling.or(wants.answer_ceiling);
    wants.output_ceiling = add
        .output_ceiling
        .map(|dollars| NanoUsdPerMTok(dollars.0))
        .or(wants.output_ceiling);
    for need in &add.needs {
        require(wants, need);
    }
    for provider in &add.without {
        let id = named::provider(engine, provider).await?.record.id;
        if !route.requirements.excluded.contains(&id) {
            route.requirements.excluded.push(id);
        }
    }
    Ok(route)
}

fn require(wants: &mut Requirements, need: &str) {
    match need {
        "images" => wants.images = true,
        "tools" => wants.tools = true,
        "reasoning" => wants.reasoning = true,
        "json_schema" => wants.json_schema = true,
        "open_weights" => wants.open_weights = true,
        "local_only" => wants.local_only = true,
        "direct_only" => wants.direct_only = true,
        "no_training" => wants.no_training = true,
        "no_keeping" => wants.no_keeping = true,
        _ => {}
    }
}

async fn entries(engine: &Engine, names: &[String]) -> Result<Vec<RouteEntry>, Failed> {
    let mut entries = Vec::with_capacity(names.len());
    for name in names {
        entries.push(match named::target(engine, name).await? {
            Target::Model { key } => RouteEntry::Model { key },
            Target::Endpoint { endpoint } => RouteEntry::Endpoint { endpoint },
            Target::Route { .. } => {
                return Err(Failed::usage(
                    format!("\u{201c}{name}\u{201d} is a route, and a route asks models."),
                    "Name the models that it asks.",
                ));
            }
        });
    }
    Ok(entries)
}

fn read(file: &Path) -> Result<Route, Failed> {
    let text = if file.as_os_str() == "-" {
        terminal::read_input()?
    } else {
        std::fs::read_to_string(file).map_err(|error| {
            Failed::system(&format!("{} cannot be read", file.display()), &error)
        })?
    };
    serde_json::from_str(&text).map_err(|error| {
        Failed::usage(
            format!("{} is no route: {error}.", file.display()),
            "Take one of the routes that \"patchbay route list --json\" prints.",
        )
    })
}

fn list(shared: &Shared, routes: &[Route], terminal: &mut Terminal) -> Result<(), Failed> {
    if shared.json {
        return terminal.json(&serde_json::json!({ "routes": routes }));
    }
    if routes.is_empty() {
        terminal.note("There is no route yet. Add one: patchbay route add NAME --model MODEL");
        return Ok(());
    }
    let mut table = Table::new(&[
        ("NAME", Side::Left),
        ("POLICY", Side::Left),
        ("ASKS", Side::Left),
    ]);
    for route in routes {
        let asks: Vec<String> = route
            .entries
            .iter()
            .map(|entry| match entry {
                RouteEntry::Model { key } => key.clone(),
                RouteEntry::Endpoint { endpoint } => {
                    format!("{}/{}", endpoint.provider, endpoint.model)
                }
            })
            .collect();
        table.row([
            route.name.clone(),
            route.policy.as_str().to_owned(),
            asks.join(", "),
        ]);
    }
    terminal.print(&table.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::NEEDS;

    #[test]
    fn every_need_sets_something_of_its_own() {
        let mut seen = Vec::new();
        for need in NEEDS {
            let mut wants = Requirements::default();
            require(&mut wants, need);
            assert_ne!(wants, Requirements::default(), "{need}");
            assert!(!seen.contains(&wants), "{need}");
            seen.push(wants);
        }
    }
}
