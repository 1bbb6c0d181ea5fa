//! The in-memory tier: all rows, their labels and their sums are held, every pass runs on all threads.

mod boxes;
pub(crate) mod order;

use std::ops::Range;
use std::sync::Mutex;

use crate::error::Error;
use crate::exact::{Grid, Sum, Total, scale, unit_exponent};
use crate::far::Farthest;
use crate::kernel::bounds::{self, Bounds, Drift};
use crate::kernel::boxes::{Lists, Share};
use crate::kernel::{self, Found, Isa, Moves, Packed, Windows, Within};
use crate::matrix::{Element, Matrix};
use crate::observer::Observer;
use crate::panels::{PANEL, Panels, View, on_view};
use crate::params::{Algorithm, FitParams};
use crate::points::{Points, Ranges, Weights};
use crate::sums::{NOWHERE, Sums};
use crate::threads::Threads;
use crate::tier::{Detail, Far, Scan, Step, Tier};

use boxes::Boxes;
use order::{Order, SPAN};

/// Rows that a thread takes at a time, a multiple of what boxes are made of: some 10 us of work at d = 2, k = 3, against
/// under 1 us to hand out.
const SHARE: usize = 4096;

/// All rows in memory.
pub struct InMemory {
    points: Points,
    labels: Vec<u32>,
    sums: Sums,
    grid: Grid,
    ranges: Ranges,
    threads: Threads,
    isa: Isa,
    algorithm: Algorithm,
    /// What rows were called before they were sorted.
    order: Order,
    boxes: Option<Boxes>,
    bounds: Option<Kept>,
    /// What boxes would have gained in the steps so far, as in [`Algorithm::boxes_gain`].
    forgone: f64,
}

impl InMemory {
    /// Takes the rows and perhaps their weights. Of the options it uses threads, instruction set and algorithm.
    ///
    /// # Errors
    /// [`Error::Option`] for threads or an instruction set that cannot be had.
    pub fn new(matrix: Matrix, weights: Option<Weights>, params: &FitParams) -> Result<Self, Error> {
        let isa = params.isa.unwrap_or_else(Isa::best);
        isa.check()?;
        let labels = vec![NOWHERE; matrix.rows()];
        let threads = Threads::new(params.threads)?;
        Ok(Self {
            points: Points { panels: Panels::on_threads(matrix, &threads)?, weights },
            labels,
            sums: Sums::default(),
            grid: Grid::new(&[]),
            ranges: Ranges::new(0),
            threads,
            isa,
            algorithm: params.algorithm,
            order: Order::default(),
            boxes: None,
            bounds: None,
            forgone: 0.0,
        })
    }

    /// What found the nearest centroids in the last step.
    pub fn algorithm(&self) -> Algorithm {
        match (&self.boxes, &self.bounds) {
            (Some(_), _) => Algorithm::Boxes,
            (None, Some(_)) => Algorithm::Hamerly,
            (None, None) => Algorithm::Lloyd,
        }
    }

    fn shares(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let rows = self.points.panels.rows();
        (0..rows).step_by(SHARE).map(move |from| from..rows.min(from + SHARE))
    }

    fn pack(&self, centroids: &[f64]) -> Packed {
        Packed::new(self.isa, self.points.panels.columns(), centroids)
    }

    /// Where the squared distances of all rows to some centroids lie.
    fn windows(&self, centroids: &[f64]) -> Windows {
        let farthest = |centroid: &[f64]| -> f64 {
            let sides = centroid.iter().zip(self.ranges.min.iter().zip(&self.ranges.max));
            sides.map(|(c, (min, max))| (c - min).abs().max((max - c).abs()).powi(2)).sum()
        };
        let largest = centroids.chunks_exact(self.ranges.min.len()).map(farthest).fold(0.0, f64::max);
        Windows::new(2.0 * largest) // twice is more than what rounding can have lost
    }

    /// Forgets labels and sums, which no longer belong together.
    fn forget(&mut self, clusters: usize) {
        if self.sums.clusters() > 0 {
            self.labels.fill(NOWHERE);
        }
        if let Some(boxes) = &mut self.boxes {
            boxes.forget();
        }
        self.sums = Sums::new(clusters, self.points.panels.columns());
    }

    /// Sorts the rows and puts boxes around them.
    fn build_boxes(&mut self) -> Result<(), Error> {
        let units = self.points.weights.as_mut().map(Weights::units_mut);
        self.order = self.points.panels.sort(&mut self.labels, units, &self.threads)?;
        let (labels, threads) = (&self.labels, &self.threads);
        let boxes = on_view!(self.points.panels, view => Boxes::new(view, labels, SHARE, threads))?;
        self.boxes = Some(boxes);
        Ok(())
    }

    /// The rows of these numbers, as they were numbered before they were sorted.
    fn gather_as_they_came(&self, mut rows: Vec<u64>) -> Points {
        let now = Order { places: self.order.inverse() };
        rows.iter_mut().for_each(|row| *row = now.before(*row as usize) as u64);
        self.points.gather(&rows)
    }
}

impl InMemory {
    /// One pass over the rows: labels, moves and, where asked for, distances. What each thread found.
    fn pass(
        &mut self,
        packed: &Packed,
        windows: Windows,
        detail: Detail,
        observer: &dyn Observer,
    ) -> Result<Vec<(Step, usize)>, Error> {
        let (points, grid, isa) = (&self.points, &self.grid, self.isa);
        let (clusters, measures) = (packed.clusters(), detail == Detail::Distances);
        let sums = Mutex::new(&mut self.sums);
        let start = || Part {
            step: Step::new(clusters, detail),
            found: Found::default(),
            moves: Moves::new(grid, points.weights.as_ref(), &sums, clusters),
            within: Within::new(windows, if measures { clusters } else { 0 }),
            unsettled: 0,
        };
        let measure = |part: &mut Part, rows: Range<usize>, labels: &[u32]| {
            let found = &part.found;
            part.step.ties += found.ties[..rows.len()].iter().filter(|&&tie| tie != 0.0).count() as u64;
            measure(isa, points, &rows, &found.distances[..rows.len()], labels, &mut part.within);
        };
        let parts = if let Some(boxes) = &mut self.boxes {
            let start = || (start(), Lists::new(packed));
            let shares = boxes.with(&mut self.labels, SHARE);
            let parts = self.threads.fold(shares, observer, start, |(part, lists), mut share: Share| {
                let (found, moves) = (&mut part.found, &mut part.moves);
                part.step.changed += on_view!(points.panels, view => match detail {
                    Detail::Labels => kernel::assign_boxes::<_, false>(view, &mut share, packed, lists, found, moves),
                    Detail::Distances => kernel::assign_boxes::<_, true>(view, &mut share, packed, lists, found, moves),
                });
                if measures {
                    measure(part, share.first..share.first + share.labels.len(), share.labels);
                }
            })?;
            parts.into_iter().map(|(part, _)| part).collect()
        } else if let Some(kept) = self.bounds.as_mut().filter(|kept| kept.rest == 0) {
            let drift = Drift::new(packed.columns(), &kept.centroids, packed.rows(), self.ranges.exponent());
            kept.centroids = packed.rows().to_vec();
            let shares = self.labels.chunks_mut(SHARE).zip(kept.shares()).enumerate();
            self.threads.fold(shares, observer, start, |part, (share, (labels, mut bounds))| {
                let first = share * SHARE;
                let (found, moves, drift) = (&mut part.found, &mut part.moves, &drift);
                on_view!(points.panels, view => {
                    let bounds = &mut bounds;
                    part.unsettled += match detail {
                        Detail::Labels => bounds::assign::<_, false>(view, first, labels, bounds, drift, packed, found),
                        Detail::Distances => bounds::assign::<_, true>(view, first, labels, bounds, drift, packed, found),
                    };
                    part.step.changed += kernel::relabel(isa, view, first, labels, &found.labels, moves);
                });
                if measures {
                    measure(part, first..first + labels.len(), labels);
                }
            })?
        } else {
            let shares = self.labels.chunks_mut(SHARE).enumerate();
            self.threads.fold(shares, observer, start, |part, (share, labels)| {
                let rows = share * SHARE..share * SHARE + labels.len();
                let found = &mut part.found;
                on_view!(points.panels, view => {
                    assign(view, &rows, detail, packed, found);
                    let moves = &mut part.moves;
                    part.step.changed += kernel::relabel(isa, view, rows.start, labels, &found.labels, moves);
                });
                if measures {
                    measure(part, rows, labels);
                }
            })?
        };
        Ok(parts.into_iter().map(Part::finish).collect())
    }
}

/// The bounds of all rows, and the centroids that they hold for.
#[derive(Default)]
struct Kept {
    upper: Vec<f32>,
    lower: Vec<f32>,
    centroids: Vec<f64>,
    /// Whether a step has made bounds, so that the next one can tell what they settle.
    tried: bool,
    /// Steps for which bounds are not worth keeping.
    rest: usize,
}

/// Where bounds settled less than this share of the rows, they rest for so many steps: early centroids move too
/// far for them.
const SETTLED: f64 = 0.35;
const REST: usize = 3;

impl Kept {
    fn new(rows: usize) -> Self {
        Self { upper: vec![0.0; rows], lower: vec![0.0; rows], centroids: Vec::new(), tried: false, rest: 0 }
    }

    /// Whether bounds go on after a step in which they did not settle so many rows.
    fn settled(&mut self, unsettled: usize) {
        if self.rest > 0 {
            self.rest -= 1;
        } else if std::mem::replace(&mut self.tried, true)
            && unsettled as f64 > (1.0 - SETTLED) * self.upper.len() as f64
        {
            self.centroids.clear();
            (self.rest, self.tried) = (REST, false);
        }
    }

    fn shares(&mut self) -> impl Iterator<Item = Bounds<'_>> + Send {
        let shares = self.upper.chunks_mut(SHARE).zip(self.lower.chunks_mut(SHARE));
        shares.map(|(upper, lower)| Bounds { upper, lower })
    }
}

/// What one thread finds in a step.
struct Part<'a> {
    step: Step,
    found: Found,
    moves: Moves<'a>,
    within: Within,
    /// Rows that bounds did not settle.
    unsettled: usize,
}

impl Part<'_> {
    fn finish(mut self) -> (Step, usize) {
        self.moves.tell();
        self.step.within = self.within.into_totals();
        (self.step, self.unsettled)
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
        let (panels, isa) = (&self.points.panels, self.isa);
        let start = || Ok(Ranges::new(columns));
        let parts =
            self.threads.fold(self.shares(), observer, start, |part: &mut Result<Ranges, Error>, rows| {
                if let Ok(ranges) = part
                    && let Err(error) = on_view!(panels, view => kernel::ranges(isa, view, &rows, ranges))
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
        self.ranges = ranges.clone();
        Ok(Scan { exponent, ranges, grid: self.grid.clone() })
    }

    fn pool(&self, observer: &dyn Observer) -> Result<Sums, Error> {
        let (points, grid, isa) = (&self.points, &self.grid, self.isa);
        let start = || Sums::new(1, points.panels.columns());
        let parts = self.threads.fold(self.shares(), observer, start, |part, rows| {
            part.rows[0] += rows.len() as u64;
            part.units[0] += rows.clone().map(|row| u128::from(points.units(row))).sum::<u128>();
            on_view!(points.panels, view => match &points.weights {
                None => kernel::pool(isa, view, rows, grid, &mut part.cells),
                Some(weights) => pool_weighted(view, rows, weights, grid, &mut part.cells),
            });
        })?;
        let mut all = start();
        parts.iter().for_each(|part| all.merge(part));
        Ok(all)
    }

    fn scatter(&self, point: &[f64], observer: &dyn Observer) -> Result<Total, Error> {
        let (points, isa, windows) = (&self.points, self.isa, self.windows(point));
        let start = || (Within::new(windows, 1), vec![0.0; SHARE + PANEL]);
        let parts = self.threads.fold(self.shares(), observer, start, |(within, distances), rows| {
            let panels = Panels::holding(&rows);
            on_view!(points.panels, view => kernel::to_one(isa, view, panels, point, distances));
            measure(isa, points, &rows, &distances[..rows.len()], &[0; SHARE], within);
        })?;
        let mut total = Total::default();
        parts.into_iter().flat_map(|(within, _)| within.into_totals()).for_each(|part| total.merge(&part));
        Ok(total)
    }

    fn lend(&mut self, rows: Option<&[u64]>) -> Result<Points, Error> {
        let sorted = !self.order.places.is_empty();
        let none = || Points { panels: Panels::of_panels(0, 0, Vec::new()), weights: None };
        Ok(match rows {
            None if sorted => self.gather_as_they_came((0..self.shape().0 as u64).collect()),
            None => std::mem::replace(&mut self.points, none()),
            Some(rows) if sorted => self.gather_as_they_came(rows.to_vec()),
            Some(rows) => self.points.gather(rows),
        })
    }

    fn restore(&mut self, points: Points) {
        if self.order.places.is_empty() {
            self.points = points; // sorted rows were copied
        }
    }

    fn step(&mut self, centroids: &[f64], detail: Detail, observer: &dyn Observer) -> Result<Step, Error> {
        let packed = match self.algorithm {
            Algorithm::Hamerly => Packed::with_filter(self.isa, self.shape().1, centroids, true),
            _ => self.pack(centroids),
        };
        let clusters = packed.clusters();
        if self.sums.clusters() != clusters {
            self.forget(clusters);
        }
        let columns = packed.columns();
        let gain = Algorithm::boxes_gain(columns, clusters);
        self.forgone += gain;
        if self.boxes.is_none() && self.algorithm.wants_boxes(gain, self.forgone) {
            self.build_boxes()?;
        }
        let row_bytes = columns * self.points.panels.bytes_of_number();
        if self.bounds.is_none()
            && self.boxes.is_none()
            && self.algorithm.wants_bounds(row_bytes, columns, clusters)
        {
            self.bounds = Some(Kept::new(self.shape().0));
        }
        let windows = self.windows(centroids);
        let parts = self.pass(&packed, windows, detail, observer);
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => {
                self.forget(clusters); // some shares have new labels, and not all moves were told
                return Err(error);
            }
        };
        let mut whole = Step::new(clusters, detail);
        parts.iter().for_each(|(part, _)| whole.merge(part));
        if let (Some(kept), Algorithm::Auto) = (&mut self.bounds, self.algorithm) {
            kept.settled(parts.iter().map(|(_, unsettled)| unsettled).sum());
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
        let (points, order) = (&self.points, &self.order);
        let start = || (Farthest::new(count), Found::default());
        let parts = self.threads.fold(self.shares(), observer, start, |(farthest, found), rows| {
            on_view!(points.panels, view => assign(view, &rows, Detail::Distances, &packed, found));
            for (row, (&distance, &label)) in rows.zip(found.distances.iter().zip(&found.labels)) {
                farthest.consider(distance, label as usize, row, order.before(row), points);
            }
        })?;
        let mut all = Farthest::new(count);
        parts.into_iter().for_each(|(part, _)| all.merge(part));
        Ok(all.into_vec())
    }

    fn renumber(&mut self, order: &[usize]) {
        let mut names = vec![NOWHERE; self.sums.clusters()];
        order.iter().enumerate().for_each(|(new, &old)| names[old] = new as u32);
        let rename = |(): &mut (), labels: &mut [u32]| {
            labels.iter_mut().for_each(|label| *label = names[*label as usize]);
        };
        let all = self.threads.fold(self.labels.chunks_mut(SHARE), &(), || (), rename);
        debug_assert!(all.is_ok(), "nobody can interrupt it");
        if let Some(boxes) = &mut self.boxes {
            boxes.rename(&names);
        }
        if let Some(bounds) = &mut self.bounds {
            bounds.centroids.clear(); // they have other numbers now
        }
        self.sums = self.sums.pick(order);
    }

    fn take_labels(&mut self) -> Vec<u32> {
        let mut labels = std::mem::take(&mut self.labels);
        let unsort = |scratch: &mut Vec<u32>, (labels, places): (&mut [u32], &[u32])| {
            scratch.clear();
            scratch.extend_from_slice(labels);
            places.iter().zip(scratch).for_each(|(&place, label)| labels[place as usize] = *label);
        };
        let sorted = &self.order.places;
        let spans = labels[..sorted.len()].chunks_mut(SPAN).zip(sorted.chunks(SPAN));
        let all = self.threads.fold(spans, &(), Vec::new, unsort);
        debug_assert!(all.is_ok(), "nobody can interrupt it");
        labels
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

fn pool_weighted<T: Element>(
    view: View<T>,
    rows: Range<usize>,
    weights: &Weights,
    grid: &Grid,
    sums: &mut [Sum],
) {
    for row in rows {
        for (column, (sum, x)) in sums.iter_mut().zip(view.row(row)).enumerate() {
            sum.add(grid.split(column, x), weights.units(row) as i64);
        }
    }
}

/// Adds distances to the sums of their clusters.
fn measure(
    isa: Isa,
    points: &Points,
    rows: &Range<usize>,
    distances: &[f64],
    labels: &[u32],
    within: &mut Within,
) {
    let labels = &labels[..rows.len()];
    match &points.weights {
        None => kernel::within(isa, distances, labels, within),
        Some(weights) => {
            for (row, (&distance, &label)) in rows.clone().zip(distances.iter().zip(labels)) {
                within.add_weighted(distance, weights.to_f64(weights.units(row).into()), label);
            }
        }
    }
}
