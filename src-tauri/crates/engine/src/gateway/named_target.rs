//! What a name stands for, outside the gateway: for the command line, which asks like the window.

use patchbay_domain::route::Target;

use super::wish::{UNKNOWN_MODEL, Wish, WishFor};
use crate::{Engine, EngineError};

impl Engine {
    /// Whom a name stands for, by the same rules as in an app's request.
    ///
    /// # Errors
    /// It stands for nothing, or it ends in `:floor`, `:nitro` or `:free`, which want a plan of their
    /// own; or the database cannot be read.
    pub async fn target_named(&self, name: &str) -> Result<Target, EngineError> {
        let known = self.known_ways().await?;
        let wanted = Wish::of(name).resolve(&known, self.clock.now(), WishFor::Answers)?;
        match wanted.made {
            None => Ok(wanted.target),
            Some(_) => Err(EngineError::input(
                UNKNOWN_MODEL,
                "The endings :floor, :nitro and :free are for requests of apps.",
                "Make a route with the policy cheapest or fastest, and name that.",
            )),
        }
    }
}
