//! Which of a route's models its embeddings are made with.

use super::ways::{WayIn, WaysIn};
use super::{Route, RouteEntry};

/// The one model that the embeddings of this route are made with: that of the first entry that is known to
/// make them, else of the first that may. It depends on what the route says and on what the models are,
/// never on prices, health, keys or budgets, since the vectors of two models do not mix: an index that
/// was filled by one on a good day cannot be asked with another on a bad one.
///
/// An entry that no provider lists at present keeps its place: it may be the model of yesterday.
/// `None` where no entry makes embeddings.
pub fn embedding_model(route: &Route, ways: &WaysIn) -> Option<String> {
    let known = |way: &WayIn| way.embeds == Some(true);
    let possible = |way: &WayIn| way.embeds != Some(false);
    first(route, ways, known).or_else(|| first(route, ways, possible))
}

fn first(route: &Route, ways: &WaysIn, fits: impl Fn(&WayIn) -> bool) -> Option<String> {
    route.entries.iter().find_map(|entry| match entry {
        RouteEntry::Model { key } => {
            let mut of_model = ways.of_model(key).peekable();
            let is_listed = of_model.peek().is_some();
            (!is_listed || of_model.any(&fits)).then(|| key.clone())
        }
        RouteEntry::Endpoint { endpoint } => match ways.get(endpoint) {
            Some(way) => fits(way).then(|| way.model_key.clone()),
            None => Some(format!("{} {}", endpoint.provider.as_str(), endpoint.model)),
        },
    })
}
