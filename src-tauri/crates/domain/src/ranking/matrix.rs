//! The little linear algebra that a fit needs: square, symmetric, at most some hundred wide.

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Matrix {
    pub(super) fn zeros(size: usize) -> Self {
        Self {
            size,
            values: vec![0.0; size * size],
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    pub(super) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.size + column] += value;
    }

    pub(super) fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.size + column] = value;
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = Self::zeros(self.size);
        for row in 0..self.size {
            let sums = &mut product.values[row * self.size..(row + 1) * self.size];
            for (&factor, column) in self.row(row).iter().zip(0..) {
                if factor != 0.0 {
                    for (sum, value) in sums.iter_mut().zip(other.row(column)) {
                        *sum += factor * value;
                    }
                }
            }
        }
        product
    }

    /// The factor of Cholesky; `None` where the matrix is not positive definite.
    pub(super) fn cholesky(&self) -> Option<Cholesky> {
        let mut lower = Self::zeros(self.size);
        for row in 0..self.size {
            for column in 0..=row {
                let known: f64 = lower.row(row)[..column]
                    .iter()
                    .zip(lower.row(column))
                    .map(|(left, right)| left * right)
                    .sum();
                let rest = self.at(row, column) - known;
                let value = if row == column {
                    if rest <= 0.0 || !rest.is_finite() {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / lower.at(column, column)
                };
                lower.set(row, column, value);
            }
        }
        Some(Cholesky { lower })
    }
}

/// A lower triangle whose product with its own transpose is the matrix.
#[derive(Clone, Debug)]
pub(super) struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    /// What the matrix makes `right` of.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let size = self.lower.size;
        let mut solution = right.to_vec();
        for row in 0..size {
            let known: f64 = self.lower.row(row)[..row]
                .iter()
                .zip(&solution)
                .map(|(factor, value)| factor * value)
                .sum();
            solution[row] = (solution[row] - known) / self.lower.at(row, row);
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size)
                .map(|below| self.lower.at(below, row) * solution[below])
                .sum();
            solution[row] = (solution[row] - known) / self.lower.at(row, row);
        }
        solution
    }

    pub(super) fn inverse(&self) -> Matrix {
        let size = self.lower.size;
        let mut inverse = Matrix::zeros(size);
        let mut unit = vec![0.0; size];
        for column in 0..size {
            unit[column] = 1.0;
            for (row, value) in self.solve(&unit).into_iter().enumerate() {
                inverse.set(row, column, value);
            }
            unit[column] = 0.0;
        }
        inverse
    }
}
