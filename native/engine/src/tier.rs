//! What Lloyd's loop knows of the data: this trait, and nothing else.
//!
//! The in-memory tier keeps labels between steps; a streaming tier can read the rows again at each step; a
//! distributed one can ship the step to its workers. All of them return the same bytes, because everything
//! that a step sums, it sums exactly.

use std::borrow::Cow;

use crate::error::Error;
use crate::exact::{Grid, Sum, Total};
use crate::observer::Observer;
use crate::points::{Points, Ranges};
use crate::threads::Threads;

/// What is known of the data before the first step. Values are in the working unit.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The working unit: values are held divided by `2^exponent`; 0 for all ordinary data.
    pub exponent: i32,
    /// The range of each column.
    pub ranges: Ranges,
    /// The grids that sums are kept on.
    pub grid: Grid,
}

/// One assignment of all rows to centroids, summed.
#[derive(Debug, Clone)]
pub struct Step {
    /// `clusters x columns` sums of the rows.
    pub sums: Vec<Sum>,
    /// The weight of each cluster, in units.
    pub units: Vec<u128>,
    /// The rows of each cluster.
    pub rows: Vec<u64>,
    /// The sum of squared distances of each cluster's rows, weighted.
    pub within: Vec<Total>,
    /// Rows whose label is not that of the step before.
    pub changed: u64,
    /// Rows that lie at exactly the same distance from two centroids.
    pub ties: u64,
}

impl Step {
    /// A step that has seen no row.
    pub fn new(clusters: usize, columns: usize) -> Self {
        Self {
            sums: vec![Sum::default(); clusters * columns],
            units: vec![0; clusters],
            rows: vec![0; clusters],
            within: vec![Total::default(); clusters],
            changed: 0,
            ties: 0,
        }
    }

    /// Adds what another part of the rows gave.
    pub fn merge(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, &other)| sum.merge(other));
        self.units.iter_mut().zip(&other.units).for_each(|(units, other)| *units += other);
        self.rows.iter_mut().zip(&other.rows).for_each(|(rows, other)| *rows += other);
        self.within.iter_mut().zip(&other.within).for_each(|(within, other)| within.merge(other));
        self.changed += other.changed;
        self.ties += other.ties;
    }

    /// The sum of squared distances of all rows, rounded once.
    pub fn inertia(&self) -> f64 {
        let mut total = Total::default();
        self.within.iter().for_each(|within| total.merge(within));
        total.value()
    }
}

/// A row far from its centroid, together with all rows that equal it.
#[derive(Debug, Clone, PartialEq)]
pub struct Far {
    /// Squared canonical distance.
    pub distance: f64,
    /// The lowest of the equal rows.
    pub row: u64,
    /// The cluster they are in.
    pub cluster: usize,
    /// Their weight together, in units.
    pub units: u128,
    /// How many they are.
    pub rows: u64,
    /// Their values.
    pub values: Vec<f64>,
}

/// Data to cluster.
pub trait Tier {
    /// Rows and columns.
    fn shape(&self) -> (usize, usize);

    /// Reads everything once and fixes the unit and the grids. Called once, first.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::NoRows`], [`Error::Interrupted`].
    fn scan(&mut self, observer: &dyn Observer) -> Result<Scan, Error>;

    /// The rows named (ascending), or all of them.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    fn points(&self, rows: Option<&[u64]>) -> Result<Cow<'_, Points>, Error>;

    /// Assigns every row to the nearest of `clusters x columns` centroids, remembers the labels and sums up.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; the labels are then of no use.
    fn step(&mut self, centroids: &[f64], observer: &dyn Observer) -> Result<Step, Error>;

    /// The `count` distinct rows of weight above 0 that are farthest from their centroid, by falling
    /// distance, then rising row; rows at distance 0 are left out.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    fn farthest(
        &mut self,
        centroids: &[f64],
        count: usize,
        observer: &dyn Observer,
    ) -> Result<Vec<Far>, Error>;

    /// Gives label `order[i]` the name `i`.
    fn renumber(&mut self, order: &[usize]);

    /// The labels of the last step, which the tier then no longer has.
    fn take_labels(&mut self) -> Vec<u32>;

    /// The threads that a pass runs on; seeding borrows them.
    fn threads(&self) -> &Threads;

    /// The weight that a sum of units stands for.
    fn weight(&self, units: u128) -> f64;
}
