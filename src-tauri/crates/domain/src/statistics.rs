//! Medians with their intervals, for measurements whose distribution nobody knows.

/// The share that an interval is to cover.
const CONFIDENCE: f64 = 0.95;

/// A median with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// The median.
    pub median: f64,
    /// The interval; `None` with fewer samples than make one.
    pub interval: Option<(f64, f64)>,
    /// Samples.
    pub samples: usize,
}

/// The median of the samples; `None` without one.
///
/// The interval is made of two of the samples themselves, so chosen that the true median lies between
/// them with a probability of at least 95 %, whatever the distribution (the binomial interval of the
/// sign test). Below six samples there is none.
pub fn median(samples: impl IntoIterator<Item = f64>) -> Option<Median> {
    let mut sorted: Vec<f64> = samples
        .into_iter()
        .filter(|value| value.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let upper = *sorted.get(count / 2)?;
    let middle = if count % 2 == 1 {
        upper
    } else {
        let lower = *sorted.get(count / 2 - 1)?;
        f64::midpoint(lower, upper)
    };
    let interval = rank(count).and_then(|rank| {
        let low = *sorted.get(rank)?;
        let high = *sorted.get(count.checked_sub(rank + 1)?)?;
        Some((low, high))
    });
    Some(Median {
        median: middle,
        interval,
        samples: count,
    })
}

/// How many samples may be cut off at each end.
fn rank(count: usize) -> Option<usize> {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    // The probability that at most `rank` of the samples lie below the median.
    let mut below = 0.0;
    let mut chance = 0.5_f64.powf(count as f64);
    let mut best = None;
    for rank in 0..count / 2 {
        below += chance;
        if below > tail {
            break;
        }
        best = Some(rank);
        chance *= (count - rank) as f64 / (rank + 1) as f64;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize) -> Median {
        median((1..=count).map(|value| value as f64)).unwrap()
    }

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]).unwrap().median, 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert_eq!(median([1.0, f64::NAN]).unwrap().samples, 1);
    }

    /// The ranks of published tables of the sign test's interval.
    #[test]
    fn the_interval_is_that_of_the_tables() {
        assert_eq!(of(5).interval, None);
        assert_eq!(of(6).interval, Some((1.0, 6.0)));
        assert_eq!(of(10).interval, Some((2.0, 9.0)));
        assert_eq!(of(20).interval, Some((6.0, 15.0)));
        assert_eq!(of(50).interval, Some((18.0, 33.0)));
        assert_eq!(of(100).interval, Some((40.0, 61.0)));
    }
}
