//! The in-memory tier: all rows, their labels and their sums are held, every pass runs on all threads.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Mutex;

use crate::error::Error;
use crate::exact::{Grid, scale, unit_exponent};
use crate::far::Farthest;
use crate::kernel::{self, Found, Isa, Packed};
use crate::matrix::{Element, Matrix};
use crate::observer::Observer;
use crate::panels::{Panels, View, on_view};
use crate::points::{Points, Ranges, Weights};
use crate::sums::{Moves, NOWHERE, Sums};
use crate::threads::Threads;
use crate::tier::{Detail, Far, Scan, Step, Tier};

/// Rows that a thread takes at a time, a multiple of a panel: some 10 us of work at d = 2, k = 3, against
/// under 1 us to hand out.
const SHARE: usize = 4096;

/// All rows in memory.
pub struct InMemory {
    points: Points,
    labels: Vec<u32>,
    sums: Sums,
    grid: Grid,
    threads: Threads,
    isa: Isa,
}

impl InMemory {
    /// Takes the rows and perhaps their weights. `threads` and `isa` as in [`crate::FitParams`].
    ///
    /// # Errors
    /// [`Error::Option`] for threads or an instruction set that cannot be had.
    pub fn new(
        matrix: Matrix,
        weights: Option<Weights>,
        threads: Option<usize>,
        isa: Option<Isa>,
    ) -> Result<Self, Error> {
        let isa = isa.unwrap_or_else(Isa::best);
        isa.check()?;
        let labels = vec![NOWHERE; matrix.rows()];
        let points = Points { panels: Panels::new(matrix), weights };
        let (sums, grid) = (Sums::default(), Grid::new(&[]));
        Ok(Self { points, labels, sums, grid, threads: Threads::new(threads)?, isa })
    }

    fn shares(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let rows = self.points.panels.rows();
        (0..rows).step_by(SHARE).map(move |from| from..rows.min(from + SHARE))
    }

    fn pack(&self, centroids: &[f64]) -> Packed {
        Packed::new(self.isa, self.points.panels.columns(), centroids)
    }

    /// Forgets labels and sums, which no longer belong together.
    fn forget(&mut self, clusters: usize) {
        self.labels.fill(NOWHERE);
        self.sums = Sums::new(clusters, self.points.panels.columns());
    }
}

impl Tier for InMemory {
    fn shape(&self) -> (usize, usize) {
        (self.points.panels.rows(), self.points.panels.columns())
    }

    fn scan(&mut self, observer: &dyn Observer) -> Result<Scan, Error> {
        let (rows, columns) = self.shape();
        if rows == 0 {
            return Err(Error::NoRows);
        }
        let panels = &self.points.panels;
        let start = || Ok(Ranges::new(columns));
        let parts =
            self.threads.fold(self.shares(), observer, start, |part: &mut Result<Ranges, Error>, rows| {
                if let Ok(ranges) = part
                    && let Err(error) = on_view!(panels, view => ranges.add(view, &rows))
                {
                    *part = Err(error);
                }
            })?;
        let mut ranges = Ranges::merged(columns, parts)?;
        let exponent = unit_exponent(ranges.magnitudes().into_iter().fold(0.0, f64::max));
        if exponent != 0 {
            self.points.panels.rescale(exponent);
            for x in ranges.min.iter_mut().chain(&mut ranges.max) {
                *x = scale(*x, -exponent);
            }
        }
        self.grid = Grid::new(&ranges.magnitudes());
        Ok(Scan { exponent, ranges, grid: self.grid.clone() })
    }

    fn points(&self, rows: Option<&[u64]>) -> Result<Cow<'_, Points>, Error> {
        Ok(rows.map_or(Cow::Borrowed(&self.points), |rows| Cow::Owned(self.points.gather(rows))))
    }

    fn step(&mut self, centroids: &[f64], detail: Detail, observer: &dyn Observer) -> Result<Step, Error> {
        let packed = self.pack(centroids);
        let clusters = packed.clusters();
        if self.sums.clusters() != clusters {
            self.forget(clusters);
        }
        let (points, grid) = (&self.points, &self.grid);
        let sums = Mutex::new(&mut self.sums);
        let start = || (Step::new(clusters, detail), Found::default(), Moves::new(grid, &sums, clusters));
        let shares = self.labels.chunks_mut(SHARE).enumerate();
        let parts = self.threads.fold(shares, observer, start, |(step, found, moves), (share, labels)| {
            let rows = share * SHARE..share * SHARE + labels.len();
            on_view!(points.panels, view => assign(view, &rows, detail, &packed, found));
            on_view!(points.panels, view => relabel(view, points, rows.start, labels, found, moves, step));
            if detail == Detail::Distances {
                measure(points, rows.start, labels, found, step);
            }
        });
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => {
                self.forget(clusters); // some shares have new labels, and not all moves were told
                return Err(error);
            }
        };
        let mut whole = Step::new(clusters, detail);
        for (step, _, mut moves) in parts {
            moves.tell();
            whole.merge(&step);
        }
        Ok(whole)
    }

    fn sums(&self) -> &Sums {
        &self.sums
    }

    fn farthest(
        &mut self,
        centroids: &[f64],
        count: usize,
        observer: &dyn Observer,
    ) -> Result<Vec<Far>, Error> {
        let packed = self.pack(centroids);
        let points = &self.points;
        let start = || (Farthest::new(count), Found::default());
        let parts = self.threads.fold(self.shares(), observer, start, |(farthest, found), rows| {
            on_view!(points.panels, view => assign(view, &rows, Detail::Distances, &packed, found));
            for (row, (&distance, &label)) in rows.zip(found.distances.iter().zip(&found.labels)) {
                farthest.consider(distance, label as usize, row, points);
            }
        })?;
        let mut all = Farthest::new(count);
        parts.into_iter().for_each(|(part, _)| all.merge(part));
        Ok(all.into_vec())
    }

    fn renumber(&mut self, order: &[usize]) {
        let mut names = vec![NOWHERE; self.sums.clusters()];
        order.iter().enumerate().for_each(|(new, &old)| names[old] = new as u32);
        self.labels.iter_mut().for_each(|label| *label = names[*label as usize]);
        self.sums = self.sums.pick(order);
    }

    fn take_labels(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.labels)
    }

    fn threads(&self) -> &Threads {
        &self.threads
    }

    fn isa(&self) -> Isa {
        self.isa
    }

    fn weight(&self, units: u128) -> f64 {
        self.points.weights.as_ref().map_or(units as f64, |weights| weights.to_f64(units))
    }
}

fn assign<T: Element>(
    view: View<T>,
    rows: &Range<usize>,
    detail: Detail,
    centroids: &Packed,
    found: &mut Found,
) {
    let panels = Panels::holding(rows);
    match detail {
        Detail::Labels => kernel::assign::<T, false>(view, panels, centroids, found),
        Detail::Distances => kernel::assign::<T, true>(view, panels, centroids, found),
    }
}

fn relabel<T: Element>(
    view: View<T>,
    points: &Points,
    first: usize,
    labels: &mut [u32],
    found: &Found,
    moves: &mut Moves,
    step: &mut Step,
) {
    for (i, (label, &new)) in labels.iter_mut().zip(&found.labels).enumerate() {
        let new = new as u32;
        if *label != new {
            moves.add(
                view,
                first + i,
                points.weights.as_ref().map(|weights| weights.units(first + i)),
                *label,
                new,
            );
            *label = new;
            step.changed += 1;
        }
    }
}

fn measure(points: &Points, first: usize, labels: &[u32], found: &Found, step: &mut Step) {
    for (i, ((&label, &distance), &tie)) in labels.iter().zip(&found.distances).zip(&found.ties).enumerate() {
        step.ties += tie as u64;
        let within = &mut step.within[label as usize];
        match &points.weights {
            None => within.add(distance),
            Some(weights) => within.add_weighted(distance, weights.to_f64(weights.units(first + i).into())),
        }
    }
}
