//! Applies a preparation to rows, and takes points back to the units of the data.

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::matrix::{Element, Matrix, Values};
use crate::points::Ranges;
use crate::prepare::{Column, Preparation, Scale};
use crate::threads::Threads;

/// Rows that a thread takes at a time.
const SHARE: usize = 4096;

impl Preparation {
    /// Prepares rows of the input's columns; see [`Column`] for what they hold.
    ///
    /// # Errors
    /// [`Error::Columns`].
    pub fn apply(&self, matrix: Matrix, threads: &Threads) -> Result<Matrix, Error> {
        let width = self.columns.len();
        if matrix.columns() != width {
            return Err(Error::Columns { expected: width, got: matrix.columns() });
        }
        let changes = self.moves() || self.fills() && has_nan(matrix.values());
        if !changes {
            return Ok(matrix);
        }
        let features = self.features();
        let values = match matrix.into_values() {
            Values::F64(mut values) if features == width => {
                threads.fold(
                    values.chunks_mut(SHARE * width),
                    &(),
                    Vec::new,
                    |before: &mut Vec<f64>, rows| {
                        for row in rows.chunks_exact_mut(width) {
                            before.clear();
                            before.extend_from_slice(row);
                            self.row(before, row);
                        }
                    },
                )?;
                values
            }
            Values::F64(values) => self.widened(&values, threads)?,
            Values::F32(values) => self.widened(&values, threads)?,
        };
        Ok(Matrix::new(features, Values::F64(values)))
    }

    /// Whether any missing cell gets a value.
    pub fn fills(&self) -> bool {
        self.columns.iter().any(|column| matches!(column, Column::Number { fill: Some(_) }))
    }

    fn widened<T: Element>(&self, values: &[T], threads: &Threads) -> Result<Vec<f64>, Error> {
        let (width, features) = (self.columns.len(), self.features());
        let mut prepared = vec![0.0; values.len() / width * features];
        let shares = prepared.chunks_mut(SHARE * features).zip(values.chunks(SHARE * width));
        threads.fold(shares, &(), Vec::new, |before: &mut Vec<f64>, (into, from)| {
            for (into, from) in into.chunks_exact_mut(features).zip(from.chunks_exact(width)) {
                before.clear();
                before.extend(from.iter().map(|value| value.widen()));
                self.row(before, into);
            }
        })?;
        Ok(prepared)
    }

    fn row(&self, from: &[f64], into: &mut [f64]) {
        let mut next = 0;
        for (column, &value) in self.columns.iter().zip(from) {
            match column {
                Column::Number { fill } => {
                    into[next] = if value.is_nan() { fill.unwrap_or(value) } else { value };
                    next += 1;
                }
                Column::Categories { texts } => {
                    let features = &mut into[next..next + texts.len()];
                    features.fill(0.0);
                    // NaN becomes 0 as an integer, so it is asked for first.
                    if !value.is_nan()
                        && let Some(feature) = features.get_mut(value as usize)
                    {
                        *feature = self.params.categorical_weight;
                    }
                    next += texts.len();
                }
            }
        }
        self.scale_row(into);
    }

    fn scale_row(&self, row: &mut [f64]) {
        if self.params.scale == Scale::L2 {
            to_length_one(row);
        }
        for ((x, shift), scale) in row.iter_mut().zip(&self.shifts).zip(&self.scales) {
            *x = (*x - shift) / scale;
        }
    }

    /// A point in the units of the data as the engine measures it. In a column of categories its numbers are shares,
    /// 0 to 1.
    pub fn prepared(&self, point: &[f64]) -> Vec<f64> {
        let mut row: Vec<f64> = point.iter().zip(self.weights()).map(|(x, weight)| x * weight).collect();
        self.scale_row(&mut row);
        row
    }

    /// The inverse of [`Preparation::prepared`], to rounding; where there is none ([`Preparation::is_invertible`]), the
    /// point itself.
    pub fn original(&self, point: &[f64]) -> Vec<f64> {
        if !self.is_invertible() {
            return point.to_vec();
        }
        let mut row = point.to_vec();
        for ((x, shift), scale) in row.iter_mut().zip(&self.shifts).zip(&self.scales) {
            *x = x.mul_add(*scale, *shift);
        }
        row.iter().zip(self.weights()).map(|(x, weight)| x / weight).collect()
    }

    /// [`Preparation::original`] of a centroid of rows with these ranges, of columns with those: a mean of rows that lie in
    /// a column's range lies in it too, and where rounding leads out of it, the end of the range is nearer to the exact
    /// inverse. A point that is no such mean stays where it is.
    pub fn original_centroid(&self, point: &[f64], prepared: &Ranges, own: &Ranges) -> Vec<f64> {
        let mut original = self.original(point);
        if self.moves() && self.is_invertible() {
            for (i, x) in original.iter_mut().enumerate() {
                if (prepared.min[i]..=prepared.max[i]).contains(&point[i]) {
                    *x = x.max(own.min[i]).min(own.max[i]);
                }
            }
        }
        original
    }

    /// What each feature is multiplied by before it is scaled.
    fn weights(&self) -> impl Iterator<Item = f64> {
        self.columns.iter().flat_map(|column| {
            let weight = match column {
                Column::Number { .. } => 1.0,
                Column::Categories { .. } => self.params.categorical_weight,
            };
            std::iter::repeat_n(weight, column.features())
        })
    }
}

/// Divides a row by its Euclidean length; one of length 0 stays. In a unit of its own, so that no square overflows.
fn to_length_one(row: &mut [f64]) {
    let unit = exponent(row.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())));
    let squares = row.iter().fold(0.0, |sum: f64, &x| scale(x, -unit).mul_add(scale(x, -unit), sum));
    if squares > 0.0 {
        let length = squares.sqrt();
        row.iter_mut().for_each(|x| *x = scale(*x, -unit) / length);
    }
}

fn has_nan(values: &Values) -> bool {
    match values {
        Values::F32(values) => values.iter().any(|x| x.is_nan()),
        Values::F64(values) => values.iter().any(|x| x.is_nan()),
    }
}

/// Takes the rows with a missing cell (NaN) out of a matrix; which they were, ascending, comes back.
pub fn split_off_lacking(matrix: Matrix) -> (Matrix, Vec<u64>) {
    fn split<T: Element>(
        mut values: Vec<T>,
        width: usize,
        is_nan: impl Fn(&T) -> bool,
    ) -> (Vec<T>, Vec<u64>) {
        let mut lacking = Vec::new();
        let mut kept = 0;
        for row in 0..values.len() / width {
            let from = row * width;
            if values[from..from + width].iter().any(&is_nan) {
                lacking.push(row as u64);
            } else {
                values.copy_within(from..from + width, kept);
                kept += width;
            }
        }
        values.truncate(kept);
        (values, lacking)
    }
    let width = matrix.columns();
    let (values, lacking) = match matrix.into_values() {
        Values::F32(values) => {
            let (values, lacking) = split(values, width, |x: &f32| x.is_nan());
            (Values::F32(values), lacking)
        }
        Values::F64(values) => {
            let (values, lacking) = split(values, width, |x: &f64| x.is_nan());
            (Values::F64(values), lacking)
        }
    };
    (Matrix::new(width, values), lacking)
}
