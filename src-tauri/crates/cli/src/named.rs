//! From what a person types to what the engine knows.

use patchbay_domain::App;
use patchbay_domain::route::{Route, Target};
use patchbay_engine::{Engine, ProviderDetail};

use crate::failure::Failed;

fn is_same(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// A provider by its id or its name.
pub(crate) async fn provider(engine: &Engine, name: &str) -> Result<ProviderDetail, Failed> {
    let all = engine.providers().await?;
    let by_id = all
        .iter()
        .position(|detail| detail.record.id.as_str() == name);
    let by_name: Vec<usize> = (0..all.len())
        .filter(|index| {
            all.get(*index)
                .is_some_and(|one| is_same(&one.record.name, name))
        })
        .collect();
    let found = match (by_id, by_name.as_slice()) {
        (Some(index), _) => all.into_iter().nth(index),
        (None, [index]) => all.into_iter().nth(*index),
        (None, []) => None,
        (None, _) => {
            return Err(Failed::usage(
                format!("Several providers are called \u{201c}{name}\u{201d}."),
                "Name it by its id: patchbay provider list",
            ));
        }
    };
    found.ok_or_else(|| {
        Failed::usage(
            format!("There is no provider \u{201c}{name}\u{201d}."),
            "These there are: patchbay provider list",
        )
    })
}

/// An app by its id or its name.
pub(crate) async fn app(engine: &Engine, name: &str) -> Result<App, Failed> {
    let apps = engine.apps().await?;
    let by_id = apps.iter().find(|app| app.id == name);
    let found = by_id.or_else(|| apps.iter().find(|app| is_same(&app.name, name)));
    found.cloned().ok_or_else(|| {
        Failed::usage(
            format!("There is no app \u{201c}{name}\u{201d}."),
            "These there are: patchbay app list",
        )
    })
}

/// A route by its name or its id.
pub(crate) async fn route(engine: &Engine, name: &str) -> Result<Route, Failed> {
    let routes = engine.routes().await?;
    let mut routes = routes.into_iter();
    routes
        .find(|route| is_same(&route.name, name) || route.id.to_string() == name)
        .ok_or_else(|| {
            Failed::usage(
                format!("There is no route \u{201c}{name}\u{201d}."),
                "These there are: patchbay route list",
            )
        })
}

/// A model, a way in or a route, by the names that apps use.
pub(crate) async fn target(engine: &Engine, name: &str) -> Result<Target, Failed> {
    Ok(engine.target_named(name).await?)
}
