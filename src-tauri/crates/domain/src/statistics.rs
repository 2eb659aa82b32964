//! Medians with their intervals, for measurements whose distribution nobody knows; and sums of a whole,
//! told from a random sample of it.

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

/// The sum over a whole of which a sample is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// The mean of the sample times the size of the whole.
    pub total: f64,
    /// The 95 % interval for a random sample; `None` with fewer samples than make one.
    pub interval: Option<(f64, f64)>,
    /// Samples.
    pub samples: usize,
}

/// The fewest samples of which an interval is told, as for a median.
const FEWEST: usize = 6;

/// The sum over `out_of` parts, told from some of them drawn at random; `None` without one.
///
/// The interval is Student's, narrowed by what was seen of the whole, and never reaches below what was
/// seen. It takes the sample for typical: where a few parts hold most of the sum, it is too narrow.
/// A whole that was seen has no uncertainty.
pub fn total(samples: impl IntoIterator<Item = f64>, out_of: usize) -> Option<Total> {
    let values: Vec<f64> = samples.into_iter().filter(|one| one.is_finite()).collect();
    let count = values.len();
    if count == 0 {
        return None;
    }
    let seen: f64 = values.iter().sum();
    if count >= out_of {
        return Some(Total {
            total: seen,
            interval: Some((seen, seen)),
            samples: count,
        });
    }
    let (number, whole) = (count as f64, out_of as f64);
    let mean = seen / number;
    let interval = (count >= FEWEST).then(|| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = squares / (number - 1.0);
        let error = whole * ((1.0 - number / whole) * variance / number).sqrt();
        let reach = student(number - 1.0) * error;
        ((whole * mean - reach).max(seen), whole * mean + reach)
    });
    Some(Total {
        total: whole * mean,
        interval,
        samples: count,
    })
}

/// The two-sided 95 % quantile of Student's distribution, by Cornish and Fisher's expansion: right to
/// 0.004 from 5 degrees of freedom on.
fn student(degrees: f64) -> f64 {
    /// That of the normal distribution.
    const NORMAL: f64 = 1.959_963_985;
    let power = |exponent| NORMAL.powi(exponent);
    let first = (power(3) + NORMAL) / 4.0;
    let second = (5.0 * power(5) + 16.0 * power(3) + 3.0 * NORMAL) / 96.0;
    let third = (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * NORMAL) / 384.0;
    NORMAL + first / degrees + second / degrees.powi(2) + third / degrees.powi(3)
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

    #[test]
    fn a_sum_is_told_from_a_sample_with_its_uncertainty() {
        assert_eq!(total([], 10), None);
        // Too few to say how sure it is.
        let few = total([1.0, 3.0], 10).unwrap();
        assert_eq!((few.total, few.interval), (20.0, None));
        // Worked out by hand: mean 3.5, variance 3.5, error 100 * sqrt(0.94 * 3.5 / 6), t(5) = 2.571.
        let six = total([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 100).unwrap();
        let (low, high) = six.interval.unwrap();
        assert_eq!(six.total, 350.0);
        assert!((low - 159.7).abs() < 0.5, "{low}");
        assert!((high - 540.3).abs() < 0.5, "{high}");
        // It cannot have been less than what was seen.
        let skewed = total([0.0, 0.0, 0.0, 0.0, 0.0, 60.0], 7).unwrap();
        assert_eq!(skewed.interval.unwrap().0, 60.0);
        // What was seen whole is known.
        let whole = total([1.0, 2.0], 2).unwrap();
        assert_eq!((whole.total, whole.interval), (3.0, Some((3.0, 3.0))));
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (degrees, expected) in [(5.0, 2.571), (10.0, 2.228), (19.0, 2.093), (60.0, 2.000)] {
            let found = student(degrees);
            assert!((found - expected).abs() < 0.004, "{degrees}: {found}");
        }
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
