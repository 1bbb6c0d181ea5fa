//! What the rows of each cluster add up to, kept from step to step and changed only by rows that move.
//!
//! Sums are exact integers, so a row taken out leaves no trace: after any number of moves they are the bits
//! that summing everything afresh would give.

use std::sync::{Mutex, PoisonError};

use crate::exact::{Grid, Sum};
use crate::matrix::Element;
use crate::panels::View;

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

/// The moves that one thread has seen since it last told.
pub struct Moves<'a> {
    grid: &'a Grid,
    told: &'a Mutex<&'a mut Sums>,
    /// `clusters x columns` limbs of unweighted rows: an i64 takes 2^13 of them, which have 2^50 each.
    limbs: Vec<[i64; 2]>,
    /// Rows that came and went, for each cluster; and how many have since the last telling.
    changes: Vec<Change>,
    untold: u32,
}

#[derive(Clone, Copy, Default)]
struct Change {
    touched: bool,
    rows: i64,
    units: i128,
}

/// Half of what the limbs can take.
const MOST_UNTOLD: u32 = 4096;

impl<'a> Moves<'a> {
    /// No moves yet; they will be told to `sums`.
    pub fn new(grid: &'a Grid, sums: &'a Mutex<&'a mut Sums>, clusters: usize) -> Self {
        let limbs = vec![[0; 2]; clusters * grid.columns()];
        Self { grid, told: sums, limbs, changes: vec![Change::default(); clusters], untold: 0 }
    }

    /// Row `row`, of weight `units`, goes from one cluster to another; either may be [`NOWHERE`].
    pub fn add<T: Element>(&mut self, view: View<T>, row: usize, units: Option<u64>, from: u32, to: u32) {
        for (cluster, sign) in [(from, -1i64), (to, 1)] {
            if cluster == NOWHERE {
                continue;
            }
            let cluster = cluster as usize;
            let change = &mut self.changes[cluster];
            change.touched = true;
            change.rows += sign;
            change.units += i128::from(units.unwrap_or(1)) * i128::from(sign);
            match units {
                None => self.add_limbs(view, row, cluster, sign),
                Some(units) => self.add_weighted(view, row, cluster, units as i64 * sign),
            }
        }
        self.untold += 1;
        if self.untold == MOST_UNTOLD {
            self.tell();
        }
    }

    #[inline]
    fn add_limbs<T: Element>(&mut self, view: View<T>, row: usize, cluster: usize, sign: i64) {
        let columns = self.grid.columns();
        let limbs = &mut self.limbs[cluster * columns..][..columns];
        for (limbs, (high, low)) in limbs.iter_mut().zip(self.grid.split_row(view.row(row))) {
            limbs[0] += high * sign;
            limbs[1] += low * sign;
        }
    }

    /// Weights have up to 62 bits, so a product does not fit a limb.
    fn add_weighted<T: Element>(&self, view: View<T>, row: usize, cluster: usize, units: i64) {
        let mut sums = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (sum, split) in sums.cells_mut(cluster).iter_mut().zip(self.grid.split_row(view.row(row))) {
            sum.add(split, units);
        }
    }

    /// Adds everything to the sums and begins again.
    pub fn tell(&mut self) {
        self.untold = 0;
        let columns = self.grid.columns();
        let mut sums = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (cluster, change) in self.changes.iter_mut().enumerate().filter(|(_, change)| change.touched) {
            let limbs = &mut self.limbs[cluster * columns..][..columns];
            for (sum, limbs) in sums.cells_mut(cluster).iter_mut().zip(limbs) {
                sum.add((limbs[0], limbs[1]), 1);
                *limbs = [0; 2];
            }
            sums.units[cluster] = sums.units[cluster].wrapping_add_signed(change.units);
            sums.rows[cluster] = sums.rows[cluster].wrapping_add_signed(change.rows);
            *change = Change::default();
        }
    }
}
