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

    /// Adds the sums of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.cells.iter_mut().zip(&other.cells).for_each(|(cell, other)| cell.merge(*other));
        self.units.iter_mut().zip(&other.units).for_each(|(units, other)| *units += other);
        self.rows.iter_mut().zip(&other.rows).for_each(|(rows, other)| *rows += other);
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
