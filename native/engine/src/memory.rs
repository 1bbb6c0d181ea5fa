//! The in-memory tier: all rows, their labels and their sums are held, every pass runs on all threads.

mod bounds;
mod boxes;
mod images;
pub(crate) mod order;
mod pass;

use std::ops::Range;

use crate::allocation;
use crate::error::Error;
use crate::exact::Total;
use crate::kernel::shortlist::Taken;
use crate::kernel::{Found, Isa, Packed};
use crate::matrix::Matrix;
use crate::observer::Observer;
use crate::panels::{Panels, on_view};
use crate::params::{Algorithm, FitParams};
use crate::points::{Points, Ranges};
use crate::share::{self, SHARE, Scatter};
use crate::sums::{NOWHERE, Sums};
use crate::threads::Threads;
use crate::tier::{Detail, Far, Scan, Step, Tier};
use crate::weights::Weights;

use bounds::AllBounds;
use boxes::Boxes;
use images::AllImages;
use order::Order;

/// All rows in memory.
pub struct InMemory {
    points: Points,
    labels: Vec<u32>,
    sums: Sums,
    scan: Scan,
    threads: Threads,
    isa: Isa,
    algorithm: Algorithm,
    /// What rows were called before they were sorted.
    order: Order,
    boxes: Option<Boxes>,
    bounds: Option<AllBounds>,
    images: Option<AllImages>,
    /// Whether it is known what images are worth.
    imaged: bool,
    /// What boxes would have gained in the steps so far, as in [`Algorithm::boxes_gain`].
    forgone: f64,
}

impl InMemory {
    /// Takes the rows and perhaps their weights. Of the options it uses threads, instruction set and algorithm.
    ///
    /// # Errors
    /// [`Error::Option`] for threads or an instruction set that cannot be had, [`Error::NoRows`], [`Error::NotFinite`],
    /// [`Error::Apart`], [`Error::OutOfMemory`].
    pub fn new(matrix: Matrix, weights: Option<Weights>, params: &FitParams) -> Result<Self, Error> {
        let isa = params.isa.unwrap_or_else(Isa::best);
        isa.check()?;
        let threads = Threads::new(params.threads)?;
        let (rows, columns) = (matrix.rows(), matrix.columns());
        if rows == 0 {
            return Err(Error::NoRows);
        }
        let mut labels = Vec::new();
        allocation::reserve_exact(&mut labels, rows)?;
        labels.resize(rows, NOWHERE);
        let (mut panels, parts) = Panels::seen(
            matrix,
            &threads,
            || Ok(Ranges::new(columns)),
            |part, panels, rows| share::survey(part, panels, rows, isa),
        )?;
        let scan = Scan::of(Ranges::merged(columns, parts)?)?;
        scan.unit.measure(&mut panels);
        Ok(Self {
            points: Points { panels, weights },
            labels,
            sums: Sums::default(),
            scan,
            threads,
            isa,
            algorithm: params.algorithm,
            order: Order::default(),
            boxes: None,
            bounds: None,
            images: None,
            imaged: false,
            forgone: 0.0,
        })
    }

    /// What found the nearest centroids in the last step.
    pub fn algorithm(&self) -> Algorithm {
        match (&self.boxes, &self.images, &self.bounds) {
            (Some(_), _, _) => Algorithm::Boxes,
            (_, Some(_), _) => Algorithm::Projection,
            (_, _, Some(_)) => Algorithm::Hamerly,
            _ => Algorithm::Lloyd,
        }
    }

    fn shares(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        share::shares(self.points.panels.rows())
    }

    fn pack(&self, centroids: &[f64]) -> Packed {
        Packed::new(self.isa, self.points.panels.columns(), centroids)
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

    /// Takes images of all rows, once, if it is worth it.
    fn consider_images(&mut self, packed: &Packed, observer: &dyn Observer) -> Result<(), Error> {
        let wanted = self.algorithm.wants_images(packed.columns(), packed.clusters());
        if wanted && self.bounds.is_some() && !std::mem::replace(&mut self.imaged, true) {
            let (panels, forced) = (&self.points.panels, self.algorithm == Algorithm::Projection);
            self.images = AllImages::new(panels, packed, forced, &self.threads, observer)?;
        }
        Ok(())
    }

    /// Gives up what a step has shown to be of no use.
    fn learn(&mut self, step: Taken, clusters: usize) {
        /// How many centroids of a row could be scored in f32 while tiles leave one to compare, and more.
        const LEFT: usize = 12;
        if step.left_by_tiles * LEFT > self.shape().0 * clusters {
            self.isa = Isa::Avx512;
        }
        if self.algorithm != Algorithm::Auto {
            return;
        }
        match (&mut self.images, &mut self.bounds) {
            (Some(images), _) => {
                if !images.pays(step) {
                    self.images = None;
                }
            }
            (None, Some(bounds)) => bounds.settled(step.unsettled),
            (None, None) => {}
        }
    }

    /// The rows of these numbers, as they were numbered before they were sorted.
    fn gather_as_they_came(&self, mut rows: Vec<u64>) -> Result<Points, Error> {
        let now = self.order.inverse();
        rows.iter_mut().for_each(|row| *row = now.before(*row as usize) as u64);
        self.points.gather(&rows, &self.threads)
    }
}

impl Tier for InMemory {
    fn shape(&self) -> (usize, usize) {
        (self.points.panels.rows(), self.points.panels.columns())
    }

    fn scan(&self) -> &Scan {
        &self.scan
    }

    fn scatter(&self, point: &[f64], observer: &dyn Observer) -> Result<Total, Error> {
        let (points, isa, windows) = (&self.points, self.isa, share::windows(&self.scan.ranges, point));
        let start = || Scatter::new(windows);
        let parts = self.threads.fold(self.shares(), observer, start, |part, rows| {
            part.add(points, &rows, point, isa);
        })?;
        Ok(Scatter::total(parts))
    }

    fn lend(&mut self, rows: Option<&[u64]>) -> Result<Points, Error> {
        let sorted = !self.order.is_none();
        let none = || Points { panels: Panels::of_panels(0, 0, Vec::new()), weights: None };
        match rows {
            None if sorted => self.gather_as_they_came((0..self.shape().0 as u64).collect()),
            None => Ok(std::mem::replace(&mut self.points, none())),
            Some(rows) if sorted => self.gather_as_they_came(rows.to_vec()),
            Some(rows) => self.points.gather(rows, &self.threads),
        }
    }

    fn restore(&mut self, points: Points) {
        if self.order.is_none() {
            self.points = points; // sorted rows were copied
        }
    }

    fn step(&mut self, centroids: &[f64], detail: Detail, observer: &dyn Observer) -> Result<Step, Error> {
        let packed = match (self.algorithm, &self.images) {
            (_, Some(_)) => Packed::with_filter(self.isa, self.shape().1, centroids, false),
            (Algorithm::Hamerly, _) => Packed::with_filter(self.isa, self.shape().1, centroids, true),
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
            self.bounds = Some(AllBounds::new(self.shape().0, &self.threads)?);
        }
        self.consider_images(&packed, observer)?;
        let windows = share::windows(&self.scan.ranges, centroids);
        let parts = self.pass(&packed, windows, detail, observer);
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => {
                self.forget(clusters); // some shares have new labels, and not all moves were told
                return Err(error);
            }
        };
        let (mut whole, mut all) = (Step::new(clusters, detail), Taken::default());
        for (part, taken) in &parts {
            whole.merge(part);
            all.add(*taken);
        }
        self.learn(all, clusters);
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
        let (packed, points, order) = (self.pack(centroids), &self.points, &self.order);
        share::farthest(count, |first| {
            let start = || (first.clone(), Found::default());
            self.threads.fold(self.shares(), observer, start, |part, rows| {
                share::consider(points, rows, |row| order.before(row), &packed, part);
            })
        })
    }

    fn renumber(&mut self, order: &[usize]) {
        let names = share::renamed(self.sums.clusters(), order);
        let rename = |(): &mut (), labels: &mut [u32]| {
            labels.iter_mut().for_each(|label| *label = names[*label as usize]);
        };
        let all = self.threads.fold(self.labels.chunks_mut(SHARE), &(), || (), rename);
        debug_assert!(all.is_ok(), "nobody can interrupt it");
        if let Some(boxes) = &mut self.boxes {
            boxes.rename(&names);
        }
        if let Some(bounds) = &mut self.bounds {
            bounds.forget(); // centroids have other numbers now
        }
        self.sums = self.sums.pick(order);
    }

    fn take_labels(&mut self) -> Vec<u32> {
        let mut labels = std::mem::take(&mut self.labels);
        let all = self.order.undo(&mut labels, &self.threads);
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
