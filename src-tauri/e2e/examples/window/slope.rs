//! Whether a figure that is taken again and again grows: a straight line through it, with its interval.

/// Growth by least squares, in units a minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slope {
    pub(crate) per_minute: f64,
    /// Half of the 95 % interval, by Student's distribution.
    pub(crate) give_or_take: f64,
}

/// Two-sided 95 % quantiles of Student's distribution, for 1 degree of freedom and more.
const STUDENT: [f64; 12] = [
    12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18,
];

impl Slope {
    /// `None` for fewer than three points of (minutes, value): two always lie on a line.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let degrees = points.len().checked_sub(2).filter(|degrees| *degrees > 0)?;
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
        let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let both = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y));
        let per_minute = both.sum::<f64>() / spread;
        let rest = points
            .iter()
            .map(|(x, y)| (y - mean_y - per_minute * (x - mean_x)).powi(2));
        let error = (rest.sum::<f64>() / degrees as f64 / spread).sqrt();
        let student = STUDENT.get(degrees - 1).copied().unwrap_or(2.1);
        Some(Self {
            per_minute,
            give_or_take: student * error,
        })
    }

    /// Flat where the interval holds zero, or where all of it is less than `noise` from zero.
    pub(crate) fn verdict(self, noise: f64) -> &'static str {
        let (low, high) = (
            self.per_minute - self.give_or_take,
            self.per_minute + self.give_or_take,
        );
        match () {
            () if low > -noise && high < noise => "flat",
            () if low <= 0. && high >= 0. => "flat within what these points can tell",
            () if low > 0. => "grows",
            () => "shrinks",
        }
    }
}
