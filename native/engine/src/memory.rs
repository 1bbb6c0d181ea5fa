//! The in-memory tier: all rows and their labels are held, every pass runs on all threads.

use std::borrow::Cow;

use crate::error::Error;
use crate::exact::{Grid, unit_exponent};
use crate::far::Farthest;
use crate::kernel::{self, Nearest, Packed, on_rows};
use crate::matrix::Element;
use crate::observer::Observer;
use crate::points::{Points, Ranges, rescale};
use crate::threads::Threads;
use crate::tier::{Far, Scan, Step, Tier};

/// Rows that a thread takes at a time: some 100 us of work at d = 2, k = 3, against under 1 us to hand out.
const SHARE: usize = 4096;

/// All rows in memory.
pub struct InMemory {
    points: Points,
    labels: Vec<u32>,
    grid: Grid,
    threads: Threads,
}

impl InMemory {
    /// Takes the rows. `threads` as in [`crate::FitParams`].
    ///
    /// # Errors
    /// [`Error::Option`] for a number of threads that cannot be had.
    pub fn new(points: Points, threads: Option<usize>) -> Result<Self, Error> {
        let labels = vec![u32::MAX; points.matrix.rows()];
        Ok(Self { points, labels, grid: Grid::new(&[]), threads: Threads::new(threads)? })
    }

    fn shares(&self) -> impl Iterator<Item = (usize, usize)> + Send + use<> {
        let rows = self.points.matrix.rows();
        (0..rows).step_by(SHARE).map(move |from| (from, rows.min(from + SHARE)))
    }
}

impl Tier for InMemory {
    fn shape(&self) -> (usize, usize) {
        (self.points.matrix.rows(), self.points.matrix.columns())
    }

    fn scan(&mut self, observer: &dyn Observer) -> Result<Scan, Error> {
        let (rows, columns) = self.shape();
        if rows == 0 {
            return Err(Error::NoRows);
        }
        let values = self.points.matrix.values();
        let parts = self.threads.fold(
            self.shares(),
            observer,
            || Ok(Ranges::new(columns)),
            |part: &mut Result<Ranges, Error>, (from, to)| {
                if let Ok(ranges) = part
                    && let Err(error) = on_rows!(values, columns, from, to, rows => ranges.add(rows, from))
                {
                    *part = Err(error);
                }
            },
        )?;
        let mut ranges = merge_ranges(columns, parts)?;
        let magnitudes = ranges.magnitudes();
        let exponent = unit_exponent(magnitudes.iter().copied().fold(0.0, f64::max));
        if exponent != 0 {
            rescale(&mut self.points.matrix, exponent);
            for x in ranges.min.iter_mut().chain(&mut ranges.max) {
                *x = crate::exact::scale(*x, -exponent);
            }
        }
        self.grid = Grid::new(&ranges.magnitudes());
        Ok(Scan { exponent, ranges, grid: self.grid.clone() })
    }

    fn points(&self, rows: Option<&[u64]>) -> Result<Cow<'_, Points>, Error> {
        Ok(rows.map_or(Cow::Borrowed(&self.points), |rows| Cow::Owned(self.points.gather(rows))))
    }

    fn step(&mut self, centroids: &[f64], observer: &dyn Observer) -> Result<Step, Error> {
        let columns = self.points.matrix.columns();
        let packed = Packed::new(columns, centroids);
        let (points, grid) = (&self.points, &self.grid);
        let start = || (Step::new(packed.clusters(), columns), vec![Nearest::NONE; SHARE]);
        let mut parts = self
            .threads
            .fold(self.labels.chunks_mut(SHARE).enumerate(), observer, start, |part, (share, labels)| {
                let (step, found) = part;
                let (from, found) = (share * SHARE, &mut found[..labels.len()]);
                let values = points.matrix.values();
                kernel::nearest_stored(values, columns, from, &packed, found);
                relabel(step, labels, found);
                on_rows!(values, columns, from, from + labels.len(), rows => sum_up(step, grid, points, rows, from, found));
            })?
            .into_iter()
            .map(|(step, _)| step);
        let first = parts.next().unwrap_or_else(|| Step::new(packed.clusters(), columns));
        Ok(parts.fold(first, |mut all, part| {
            all.merge(&part);
            all
        }))
    }

    fn farthest(
        &mut self,
        centroids: &[f64],
        count: usize,
        observer: &dyn Observer,
    ) -> Result<Vec<Far>, Error> {
        let columns = self.points.matrix.columns();
        let packed = Packed::new(columns, centroids);
        let points = &self.points;
        let start = || (Farthest::new(count), vec![Nearest::NONE; SHARE]);
        let parts = self.threads.fold(self.shares(), observer, start, |part, (from, to)| {
            let (farthest, found) = part;
            let found = &mut found[..to - from];
            kernel::nearest_stored(points.matrix.values(), columns, from, &packed, found);
            for (i, nearest) in found.iter().enumerate() {
                farthest.consider(nearest, from + i, points);
            }
        })?;
        let mut all = Farthest::new(count);
        parts.into_iter().for_each(|(part, _)| all.merge(part));
        Ok(all.into_vec())
    }

    fn renumber(&mut self, order: &[usize]) {
        let clusters = order.iter().max().map_or(0, |&last| last + 1);
        let mut names = vec![u32::MAX; clusters];
        order.iter().enumerate().for_each(|(new, &old)| names[old] = new as u32);
        self.labels.iter_mut().for_each(|label| *label = names[*label as usize]);
    }

    fn take_labels(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.labels)
    }

    fn threads(&self) -> &Threads {
        &self.threads
    }

    fn weight(&self, units: u128) -> f64 {
        self.points.weights.as_ref().map_or(units as f64, |weights| weights.to_f64(units))
    }
}

/// The ranges of all parts, or of the errors the one in the lowest row, whichever thread met it.
fn merge_ranges(columns: usize, parts: Vec<Result<Ranges, Error>>) -> Result<Ranges, Error> {
    let mut all = Ranges::new(columns);
    let mut first: Option<(usize, Error)> = None;
    for part in parts {
        match part {
            Ok(ranges) => all.merge(&ranges),
            Err(error) => {
                let row = if let Error::NotFinite { row, .. } = error { row } else { usize::MAX };
                if first.as_ref().is_none_or(|(lowest, _)| row < *lowest) {
                    first = Some((row, error));
                }
            }
        }
    }
    first.map_or(Ok(all), |(_, error)| Err(error))
}

fn relabel(step: &mut Step, labels: &mut [u32], found: &[Nearest]) {
    for (label, nearest) in labels.iter_mut().zip(found) {
        step.changed += u64::from(*label != nearest.label);
        step.ties += u64::from(nearest.tie);
        *label = nearest.label;
    }
}

fn sum_up<T: Element>(
    step: &mut Step,
    grid: &Grid,
    points: &Points,
    rows: &[T],
    from: usize,
    found: &[Nearest],
) {
    let columns = grid.columns();
    for (i, (row, nearest)) in rows.chunks_exact(columns).zip(found).enumerate() {
        let cluster = nearest.label as usize;
        let units = points.units(from + i);
        step.rows[cluster] += 1;
        step.units[cluster] += u128::from(units);
        let sums = &mut step.sums[cluster * columns..][..columns];
        for (column, (x, sum)) in row.iter().zip(sums).enumerate() {
            sum.add(grid.split(column, x.widen()), units as i64);
        }
        match &points.weights {
            None => step.within[cluster].add(nearest.distance),
            Some(weights) => {
                step.within[cluster].add_weighted(nearest.distance, weights.to_f64(units.into()));
            }
        }
    }
}
