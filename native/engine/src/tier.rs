//! What Lloyd's loop knows of the data: this trait, and nothing else.
//!
//! The in-memory tier keeps labels and sums between steps; a streaming tier can read the rows again at each
//! step; a distributed one can ship the step to its workers. All of them return the same bytes, because
//! everything that a step sums, it sums exactly.

use std::borrow::Cow;

use crate::error::Error;
use crate::exact::{Grid, Sum, Total};
use crate::kernel::Isa;
use crate::observer::Observer;
use crate::points::{Points, Ranges};
use crate::sums::Sums;
use crate::threads::Threads;
use crate::unit::Unit;

/// What is known of the data before the first step.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The working unit, in which a tier holds its rows.
    pub unit: Unit,
    /// The range of each column, as the values stand in the data.
    pub own_ranges: Ranges,
    /// The range of each column in the working unit.
    pub ranges: Ranges,
    /// The grids that sums are kept on, in the working unit.
    pub grid: Grid,
}

impl Scan {
    /// Derives all of it from the ranges of all rows.
    ///
    /// # Errors
    /// [`Error::Apart`].
    pub fn of(own_ranges: Ranges) -> Result<Self, Error> {
        let unit = Unit::of(&own_ranges)?;
        let ranges = unit.measured_ranges(&own_ranges);
        let grid = Grid::new(&ranges.magnitudes());
        Ok(Self { unit, own_ranges, ranges, grid })
    }

    /// The mean of a column of so many units of weight, as it stands in the data, rounded once.
    pub fn mean(&self, column: usize, sum: Sum, units: u128) -> f64 {
        let ends @ [min, max] = [self.own_ranges.min[column], self.own_ranges.max[column]];
        if min == max { min } else { self.grid.mean(column, sum, units, self.unit.exponent(), ends) }
    }

    /// Points of the data in the working unit.
    pub fn measured<'a>(&self, points: &'a [f64]) -> Cow<'a, [f64]> {
        self.unit.measured_points(self.grid.columns(), points)
    }
}

/// How much a step has to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Labels and sums: all that the next step needs.
    Labels,
    /// Distances as well: what a result needs.
    Distances,
}

/// One assignment of all rows to centroids.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Rows whose label is not that of the step before.
    pub changed: u64,
    /// The sum of squared distances of each cluster's rows, weighted; empty without [`Detail::Distances`].
    pub within: Vec<Total>,
    /// Rows that lie at exactly the same distance from two centroids; 0 without [`Detail::Distances`].
    pub ties: u64,
}

impl Step {
    /// A step that has seen no row.
    pub fn new(clusters: usize, detail: Detail) -> Self {
        let within = if detail == Detail::Distances { vec![Total::default(); clusters] } else { Vec::new() };
        Self { changed: 0, within, ties: 0 }
    }

    /// Adds what another part of the rows gave.
    pub fn merge(&mut self, other: &Self) {
        self.within.iter_mut().zip(&other.within).for_each(|(within, other)| within.merge(other));
        self.changed += other.changed;
        self.ties += other.ties;
    }

    /// The sum of squared distances of all rows.
    pub fn inertia(&self) -> Total {
        let mut total = Total::default();
        self.within.iter().for_each(|within| total.merge(within));
        total
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
pub trait Tier: Sync {
    /// Rows and columns.
    fn shape(&self) -> (usize, usize);

    /// The unit and the grids, which follow from all values: whoever made the tier has read them once.
    fn scan(&self) -> &Scan;

    /// The sum of squared distances of all rows to one point, weighted.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    fn scatter(&self, point: &[f64], observer: &dyn Observer) -> Result<Total, Error>;

    /// The rows named (ascending), or all of them; those the tier may no longer have, until [`Tier::restore`].
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    fn lend(&mut self, rows: Option<&[u64]>) -> Result<Points, Error>;

    /// Takes all rows back.
    fn restore(&mut self, points: Points);

    /// Assigns every row to the nearest of `clusters x columns` centroids and remembers labels and sums.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; labels and sums are then of no use until the next step.
    fn step(&mut self, centroids: &[f64], detail: Detail, observer: &dyn Observer) -> Result<Step, Error>;

    /// The sums of the last step.
    fn sums(&self) -> &Sums;

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

    /// Gives label `order[i]` the name `i`; labels that `order` lacks have no rows.
    fn renumber(&mut self, order: &[usize]);

    /// The labels of the last step, which the tier then no longer has; none from a tier that keeps them elsewhere.
    fn take_labels(&mut self) -> Vec<u32>;

    /// The threads that a pass runs on; seeding borrows them.
    fn threads(&self) -> &Threads;

    /// The instruction set of its kernels; seeding uses the same.
    fn isa(&self) -> Isa;

    /// The weight that a sum of units stands for.
    fn weight(&self, units: u128) -> f64;
}
