//! What nothing beats in both of two things.

/// Something with a quality, of which more is better, and a price or a time, of which less is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// More is better.
    pub gain: f64,
    /// Less is better.
    pub burden: f64,
}

/// Indices of the points that no other beats: none is at least as good in both and better in one.
/// Least burden first; equal points are all on the frontier or all off it, in the order given. A point
/// that is no number in either is on none.
pub fn frontier(points: &[Point]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len())
        .filter(|&index| !points[index].gain.is_nan() && !points[index].burden.is_nan())
        .collect();
    // `+ 0.0`, since a zero below zero equals zero but would be sorted before it.
    order.sort_by(|&left, &right| {
        let (left, right) = (points[left], points[right]);
        (left.burden + 0.0)
            .total_cmp(&(right.burden + 0.0))
            .then((right.gain + 0.0).total_cmp(&(left.gain + 0.0)))
    });
    let mut frontier: Vec<usize> = Vec::new();
    for index in order {
        let is_on = frontier.last().is_none_or(|&last| {
            points[index].gain > points[last].gain || points[index] == points[last]
        });
        if is_on {
            frontier.push(index);
        }
    }
    frontier
}
