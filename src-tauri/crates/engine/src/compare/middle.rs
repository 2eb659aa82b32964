//! The medians that reports and rounds show, without their intervals.

use patchbay_domain::statistics::median;

/// The median of whole numbers, rounded to one.
pub(super) fn middle(values: impl Iterator<Item = u64>) -> Option<u64> {
    let found = median(values.map(|value| value as f64))?;
    // Between two values that were there, so it is neither negative nor too large.
    Some(found.median.round() as u64)
}

/// The median of measured ones.
pub(super) fn middle_speed(values: impl Iterator<Item = f64>) -> Option<f64> {
    median(values).map(|found| found.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_even_number_it_lies_between_the_two_in_the_middle() {
        assert_eq!(middle([100, 400].into_iter()), Some(250));
        assert_eq!(middle([3, 1, 2].into_iter()), Some(2));
        assert_eq!(middle(std::iter::empty()), None);
        assert_eq!(middle_speed([10.0, 20.0].into_iter()), Some(15.0));
    }
}
