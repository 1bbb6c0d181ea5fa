//! What the rows of each cluster add up to, kept from step to step and changed only by rows that move.
//!
//! Sums are exact integers, so a row taken out leaves no trace: after any number of moves they are the bits
//! that summing everything afresh would give.

use crate::exact::Sum;

/// No cluster: the label of a row that is in no sum yet.
pub const NOWHERE: u32 = u32::MAX;

/// Exact sums over the rows of each cluster.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    columns: usize,
    /// `clusters x columns` sums of the rows.
    pub cells: Vec<Sum>,
    /// The weight of each cluster, in units.
    pub units: Vec<u128>,
    /// The rows of each cluster.
    pub rows: Vec<u64>,
}

impl Sums {
    /// Of no rows.
    pub fn new(clusters: usize, columns: usize) -> Self {
        Self {
            columns,
            cells: vec![Sum::default(); clusters * columns],
            units: vec![0; clusters],
            rows: vec![0; clusters],
        }
    }

    /// How many clusters.
    pub fn clusters(&self) -> usize {
        self.units.len()
    }

    /// Whether any cluster has no weight.
    pub fn has_empty(&self) -> bool {
        self.units.contains(&0)
    }

    /// The sums of one cluster.
    pub fn cells_mut(&mut self, cluster: usize) -> &mut [Sum] {
        &mut self.cells[cluster * self.columns..][..self.columns]
    }

    /// The sums of all rows as one cluster.
    #[must_use]
    pub fn all(&self) -> Self {
        let mut all = Self::new(1, self.columns);
        for cells in self.cells.chunks_exact(self.columns) {
            all.cells.iter_mut().zip(cells).for_each(|(all, cell)| all.merge(*cell));
        }
        (all.units[0], all.rows[0]) = (self.units.iter().sum(), self.rows.iter().sum());
        all
    }

    /// The clusters named, in the order named.
    #[must_use]
    pub fn pick(&self, clusters: &[usize]) -> Self {
        let cells = |&cluster: &usize| &self.cells[cluster * self.columns..][..self.columns];
        Self {
            columns: self.columns,
            cells: clusters.iter().flat_map(cells).copied().collect(),
            units: clusters.iter().map(|&cluster| self.units[cluster]).collect(),
            rows: clusters.iter().map(|&cluster| self.rows[cluster]).collect(),
        }
    }
}
