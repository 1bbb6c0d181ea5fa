//! Labels for rows that were not there when the centroids were found.

use crate::error::Error;
use crate::exact::{scale, unit_exponent};
use crate::kernel::{self, Nearest, Packed, on_rows};
use crate::matrix::{Matrix, Values};
use crate::points::{Ranges, rescale};
use crate::threads::Threads;

/// Rows that a thread takes at a time.
const SHARE: usize = 4096;

/// Finds the nearest of a fixed set of centroids.
#[derive(Debug, Clone)]
pub struct Labeller {
    packed: Packed,
    /// The working unit, as in [`crate::tier::Scan`]. Taken from the centroids alone it gives the labels
    /// that the fit gave: it only matters where squares leave the range of f64, and a row so far from all
    /// centroids that its square still does cannot tell them apart in f64 anyway.
    exponent: i32,
}

impl Labeller {
    /// For `clusters x columns` finite numbers, row-major.
    pub fn new(columns: usize, centroids: &[f64]) -> Self {
        let exponent = unit_exponent(centroids.iter().fold(0.0, |m: f64, c| m.max(c.abs())));
        let centroids: Vec<f64> = centroids.iter().map(|&c| scale(c, -exponent)).collect();
        Self { packed: Packed::new(columns, &centroids), exponent }
    }

    /// How many centroids.
    pub fn clusters(&self) -> usize {
        self.packed.clusters()
    }

    /// The label of every row: the lowest index whose canonical distance is minimal.
    ///
    /// # Errors
    /// [`Error::Columns`], [`Error::NotFinite`].
    pub fn labels(&self, matrix: &Matrix, threads: &Threads) -> Result<Vec<u32>, Error> {
        let matrix = &*self.working(matrix)?;
        let columns = matrix.columns();
        let mut labels = vec![0u32; matrix.rows()];
        threads.fold(
            labels.chunks_mut(SHARE).enumerate(),
            &(),
            || vec![Nearest::NONE; SHARE],
            |found, (share, labels)| {
                let found = &mut found[..labels.len()];
                kernel::nearest_stored(matrix.values(), columns, share * SHARE, &self.packed, found);
                labels.iter_mut().zip(found).for_each(|(label, nearest)| *label = nearest.label);
            },
        )?;
        Ok(labels)
    }

    /// The Euclidean distances of every row to every centroid, `rows x clusters`, in the unit of the data.
    ///
    /// # Errors
    /// [`Error::Columns`], [`Error::NotFinite`].
    pub fn distances(&self, matrix: &Matrix, threads: &Threads) -> Result<Vec<f64>, Error> {
        let matrix = &*self.working(matrix)?;
        let (columns, clusters) = (matrix.columns(), self.clusters());
        let mut distances = vec![0.0; matrix.rows() * clusters];
        threads.fold(distances.chunks_mut(SHARE * clusters).enumerate(), &(), || (), |(), (share, out)| {
            let from = share * SHARE;
            let to = from + out.len() / clusters;
            on_rows!(matrix.values(), columns, from, to, rows => kernel::distances(rows, &self.packed, out));
            out.iter_mut().for_each(|d| *d = scale(d.sqrt(), self.exponent));
        })?;
        Ok(distances)
    }

    fn working<'a>(&self, matrix: &'a Matrix) -> Result<std::borrow::Cow<'a, Matrix>, Error> {
        let columns = matrix.columns();
        if columns != self.packed.columns() {
            return Err(Error::Columns { expected: self.packed.columns(), got: columns });
        }
        on_rows!(matrix.values(), columns, 0, matrix.rows(), rows => Ranges::new(columns).add(rows, 0))?;
        if self.exponent == 0 {
            return Ok(std::borrow::Cow::Borrowed(matrix));
        }
        let wide = match matrix.values() {
            Values::F32(values) => values.iter().map(|&x| f64::from(x)).collect(),
            Values::F64(values) => values.clone(),
        };
        let mut scaled = Matrix::new(columns, Values::F64(wide));
        rescale(&mut scaled, self.exponent);
        Ok(std::borrow::Cow::Owned(scaled))
    }
}
