//! Shares of a count, with their intervals.

use serde::{Deserialize, Serialize};

/// How many standard errors lie on each side of an estimate within its 95 % interval.
pub(super) const STANDARD_ERRORS: f64 = 1.959_963_984_540_054;

/// So many out of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proportion {
    /// How many did.
    pub hits: usize,
    /// Out of how many.
    pub trials: usize,
}

impl Proportion {
    /// Between 0 and 1; `None` of nothing.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.hits as f64 / self.trials as f64)
    }

    /// The 95 % interval of the share, by Wilson: it stays within 0 and 1, and has a width even where
    /// all or none did. `None` of nothing.
    pub fn interval(self) -> Option<(f64, f64)> {
        let share = self.share()?;
        let trials = self.trials as f64;
        let squared = STANDARD_ERRORS * STANDARD_ERRORS;
        let middle = (share + squared / (2.0 * trials)) / (1.0 + squared / trials);
        let half = STANDARD_ERRORS / (1.0 + squared / trials)
            * (share * (1.0 - share) / trials + squared / (4.0 * trials * trials)).sqrt();
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }
}
