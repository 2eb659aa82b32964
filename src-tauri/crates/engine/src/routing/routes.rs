//! The routes that a person wrote down.

use patchbay_domain::route::{Route, RouteError};
use patchbay_domain::{Endpoint, RouteId};

use super::proposal::proposed;
use crate::{Engine, EngineError, clock};

impl Engine {
    /// Every route, in the person's order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn routes(&self) -> Result<Vec<Route>, EngineError> {
        Ok(self.store.routes().await?)
    }

    /// Writes a route down, a new one or in place of the one with its id.
    ///
    /// # Errors
    /// It cannot work as it is, its name is taken, or the database cannot be written.
    pub async fn save_route(&self, route: Route) -> Result<Route, EngineError> {
        let route = Route {
            name: route.name.split_whitespace().collect::<Vec<_>>().join(" "),
            ..route
        };
        route.validate().map_err(|error| refused(&error))?;
        let taken = self.store.routes().await?.into_iter().any(|other| {
            other.id != route.id && other.name.to_lowercase() == route.name.to_lowercase()
        });
        if taken {
            return Err(EngineError::input(
                "name",
                "There is a route with this name already.",
                "Give it another name.",
            ));
        }
        self.store
            .save_route(route.clone(), self.clock.now())
            .await?;
        Ok(route)
    }

    /// A new route with usual settings and an id of its own, and a proposal whom it asks: the models
    /// that are starred, or asked last, or else one that suggests itself. Empty where none does.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn route_template(&self) -> Result<Route, EngineError> {
        let choices = self.models().await?;
        let entries = self.health.with(|book| {
            let is_closed = |endpoint: &Endpoint| {
                book.get(endpoint)
                    .is_none_or(|health| health.circuit.is_closed())
            };
            proposed(choices, is_closed)
        });
        let routes = self.store.routes().await?;
        let name = (1..)
            .map(|number| match number {
                1 => "everyday".to_owned(),
                _ => format!("everyday {number}"),
            })
            .find(|name| routes.iter().all(|route| route.name != *name))
            .unwrap_or_default();
        Ok(Route::new(clock::route_id(), name, entries))
    }

    /// An id for a route that is not written down yet.
    pub fn new_route_id(&self) -> RouteId {
        clock::route_id()
    }

    /// Takes a route away. It can be brought back for a while.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_route(&self, id: RouteId) -> Result<(), EngineError> {
        Ok(self.store.delete_route(id, self.clock.now()).await?)
    }

    /// Brings a route back.
    ///
    /// # Errors
    /// It is gone for good, or the database cannot be written.
    pub async fn restore_route(&self, id: RouteId) -> Result<Route, EngineError> {
        self.store.restore_route(id).await?;
        self.store
            .route(id)
            .await?
            .ok_or(EngineError::NotFound("The route"))
    }

    /// Puts the routes in another order.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn reorder_routes(&self, ids: Vec<RouteId>) -> Result<(), EngineError> {
        Ok(self.store.reorder_routes(ids).await?)
    }
}

/// What is wrong, at the field where it is mended.
pub(super) fn refused(error: &RouteError) -> EngineError {
    let (field, advice) = match error {
        RouteError::NoName => ("name", "Give it a name."),
        RouteError::LongName(_) => ("name", "Shorten it."),
        RouteError::NoEntries => ("entries", "Add a model or a way in."),
        RouteError::ManyEntries => ("entries", "Remove some."),
        RouteError::OutOfRange { .. } => ("limits", "Choose a value between the two."),
        RouteError::Ceiling => ("answer_ceiling", "Leave it empty for no ceiling."),
    };
    let words = error.to_string();
    let mut letters = words.chars();
    let sentence = letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    });
    EngineError::input(field, sentence, advice)
}
