//! Labels for rows that were not there when the centroids were found.

use std::ops::{Range, RangeInclusive};

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::kernel::{self, Found, Isa, Packed};
use crate::matrix::{Element, Matrix, Values};
use crate::measures::Measures;
use crate::panels::{Panels, View, on_view};
use crate::points::Ranges;
use crate::threads::Threads;
use crate::unit::Unit;

/// Rows that a thread takes at a time, a multiple of a panel.
pub(crate) const SHARE: usize = 4096;

/// Squared distances that have all their bits: below, they are subnormal or gone.
const SQUARES: RangeInclusive<f64> = f64::MIN_POSITIVE..=f64::MAX;

/// Finds the nearest of a fixed set of centroids.
#[derive(Debug, Clone)]
pub struct Labeller {
    packed: Packed,
    /// The working unit, as in [`crate::Scan`].
    unit: Unit,
    /// The centroids as they stand in the data, row-major; empty where they are measured as they are.
    own: Vec<f64>,
}

impl Labeller {
    /// For `clusters x columns` finite numbers, row-major, in the unit of [`Labeller::exponent`].
    pub fn new(columns: usize, centroids: &[f64]) -> Self {
        Self::in_unit(columns, centroids, Self::exponent(columns, centroids))
    }

    /// For the centroids of a fit and the exponent of its unit ([`crate::Clustering`]): rows get the labels that the fit
    /// gave them.
    pub fn in_unit(columns: usize, centroids: &[f64], exponent: i32) -> Self {
        let unit = Unit::with(exponent, &Ranges::of_rows(columns, centroids));
        let packed = Packed::new(Isa::best(), columns, &unit.measured_points(columns, centroids));
        let own = if unit.is_one() { Vec::new() } else { centroids.to_vec() };
        Self { packed, unit, own }
    }

    /// The exponent of the unit in which centroids are taken where nobody says in which they were found.
    pub fn exponent(columns: usize, centroids: &[f64]) -> i32 {
        Unit::of_centroids(&Ranges::of_rows(columns, centroids))
    }

    /// The first number among centroids that is too large for such a unit, if any: its square may overflow.
    pub fn too_large(columns: usize, centroids: &[f64], exponent: i32) -> Option<usize> {
        Unit::with(exponent, &Ranges::of_rows(columns, centroids)).too_large(columns, centroids)
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
        let panels = self.working(matrix)?;
        let mut labels = vec![0u32; matrix.rows()];
        threads.fold(
            labels.chunks_mut(SHARE).enumerate(),
            &(),
            Found::default,
            |found, (share, labels)| {
                let rows = Panels::holding(&Self::share(share, labels.len()));
                on_view!(panels, view => kernel::assign::<_, false>(view, rows, &self.packed, found));
                labels.copy_from_slice(&found.labels[..labels.len()]);
            },
        )?;
        Ok(labels)
    }

    /// The Euclidean distances of every row to every centroid, `rows x clusters`, in the unit of the data.
    ///
    /// # Errors
    /// [`Error::Columns`], [`Error::NotFinite`].
    pub fn distances(&self, matrix: &Matrix, threads: &Threads) -> Result<Vec<f64>, Error> {
        let wanted = Measures { distances: true, ..Measures::default() };
        let labels = vec![0; matrix.rows()];
        Ok(self.measure(matrix, &labels, wanted, threads)?.distances.unwrap_or_default())
    }

    /// The distance in the unit of the data, of a squared one in the working unit.
    pub(crate) fn root(&self, squared: f64, matrix: &Matrix, row: usize, cluster: usize) -> f64 {
        if SQUARES.contains(&squared) {
            scale(squared.sqrt(), self.unit.exponent())
        } else {
            self.far_distance(&matrix.row(row), cluster)
        }
    }

    /// Squared distances in the working unit: of each panel, for each centroid, padding included, sixteen numbers.
    pub(crate) fn squares<T: Element>(&self, view: View<T>, panels: Range<usize>, out: &mut [f64]) {
        kernel::distances(view, panels, &self.packed, out);
    }

    pub(crate) fn padded(&self) -> usize {
        self.packed.padded()
    }

    pub(crate) fn isa(&self) -> Isa {
        self.packed.isa()
    }

    /// The centroids in the working unit, row-major.
    pub(crate) fn centroids(&self) -> &[f64] {
        self.packed.rows()
    }

    /// The distance of a row whose squares overflow or vanish: in a unit of its own, the largest difference.
    fn far_distance(&self, row: &[f64], cluster: usize) -> f64 {
        let centroids = if self.unit.is_one() { self.packed.rows() } else { &self.own };
        let centroid = &centroids[cluster * row.len()..][..row.len()];
        let differences: Vec<f64> = row.iter().zip(centroid).map(|(x, c)| x - c).collect();
        let largest = differences.iter().fold(0.0, |m: f64, d| m.max(d.abs()));
        let unit = exponent(largest);
        let squared: f64 = differences.iter().map(|&d| scale(d, -unit) * scale(d, -unit)).sum();
        scale(squared.sqrt(), unit)
    }

    fn share(share: usize, rows: usize) -> Range<usize> {
        share * SHARE..share * SHARE + rows
    }

    pub(crate) fn working(&self, matrix: &Matrix) -> Result<Panels, Error> {
        let columns = matrix.columns();
        if columns != self.packed.columns() {
            return Err(Error::Columns { expected: self.packed.columns(), got: columns });
        }
        let stored = if self.unit.is_one() {
            matrix.clone()
        } else {
            Matrix::new(columns, Values::F64(matrix.widened().into_owned()))
        };
        let mut panels = Panels::new(stored);
        on_view!(panels, view => kernel::ranges(self.packed.isa(), view, &(0..matrix.rows()), &mut Ranges::new(columns)))?;
        self.unit.measure(&mut panels);
        Ok(panels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_finite_wherever_they_can_be_told() -> Result<(), Error> {
        let threads = Threads::new(Some(1))?;
        let distances = |centroids: &[f64], row: f64| {
            Labeller::new(1, centroids).distances(&Matrix::new(1, Values::F64(vec![row])), &threads)
        };
        assert_eq!(distances(&[1e-200, -1e-200], 1.0)?, [1.0, 1.0]);
        assert_eq!(distances(&[1.0, -1.0], 1e155)?, [1e155, 1e155]);
        assert_eq!(distances(&[1e-200, 3e-200], 3e-200)?, [2e-200, 0.0]);
        assert_eq!(distances(&[0.0, 3.0], 5.0)?, [5.0, 2.0]);
        Ok(())
    }
}
