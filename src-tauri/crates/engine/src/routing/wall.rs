//! "Test my routes": the fault wall against a route's settings and its own ways in.

use std::collections::BTreeSet;

use patchbay_domain::route::{Need, Placed, Route, plan};
use patchbay_domain::wall::{Setup, Verdict, test_route};

use crate::{Engine, EngineError};

impl Engine {
    /// Plays the sixteen faults against a route. Nothing is sent: two stand-ins take the places of
    /// its ways in, as many and as different as those are.
    ///
    /// # Errors
    /// The route cannot work as it is, or the database cannot be read.
    pub async fn test_route(&self, route: &Route) -> Result<Vec<Verdict>, EngineError> {
        route
            .validate()
            .map_err(|error| super::routes::refused(&error))?;
        let known = self.known_ways().await?;
        let now = self.clock.now();
        // Whoever is left alone at the moment is a way in all the same.
        let health = patchbay_domain::route::HealthBook::default();
        let planned = plan(
            route,
            &Need::default(),
            &known.ways,
            &health,
            None,
            now,
            None,
        );
        let usual: Vec<_> = planned
            .steps
            .iter()
            .filter(|step| step.placed != Placed::LastResort)
            .collect();
        let models: BTreeSet<_> = usual.iter().map(|step| &step.model_key).collect();
        let setup = Setup {
            route,
            has_second: usual.len() > 1,
            has_other_model: models.len() > 1,
            takes_prefill: usual.iter().skip(1).any(|step| step.takes_prefill),
        };
        Ok(test_route(&setup))
    }
}
