//! The streaming tier: rows are read again in every pass, and only their labels and the sums are held.
//!
//! A pass is a thread that reads ahead and all others that compute; a piece of rows is turned into panels, compared and
//! summed while it is in a core's cache, by the kernels that the in-memory tier uses. What spares that tier the look at
//! a row (bounds, boxes, images) would take more memory for each row than many tables have in one, and would not spare
//! the reading; so every row is compared. All that is summed is summed exactly, hence the same bytes.

mod labels;
mod lent;
mod needs;
mod prefetch;
mod rows;
#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
mod step;
mod survey;

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::exact::Total;
use crate::kernel::{Found, Isa, Packed};
use crate::matrix::Matrix;
use crate::observer::Observer;
use crate::panels::Panels;
use crate::params::FitParams;
use crate::points::Points;
use crate::share::{self, Scatter, shares};
use crate::sums::Sums;
use crate::threads::Threads;
use crate::tier::{Detail, Far, Scan, Step, Tier};
use crate::weights::{WeightSurvey, WeightUnit};

use labels::Labels;
use lent::Lent;
use prefetch::{Expected, Piece, Pieces, read_ahead};
use survey::Survey;

pub use labels::LabelStore;
pub use needs::Shape;
pub use rows::{RowBlock, RowSource, block_rows};

/// Pieces that wait beside those that are computed: a source that hands out bursts keeps all threads busy.
const AHEAD: usize = 4;

/// Rows that are read again in every pass.
pub struct Streamed<R> {
    source: Mutex<R>,
    rows: usize,
    columns: usize,
    /// Whether all numbers are stored as f32.
    narrow: bool,
    unit: Option<WeightUnit>,
    counting: Option<usize>,
    scan: Scan,
    labels: Labels,
    sums: Sums,
    threads: Threads,
    isa: Isa,
}

impl<R: RowSource> Streamed<R> {
    /// Reads all rows once. Of the options it uses threads and instruction set.
    ///
    /// # Errors
    /// [`Error::Option`] for threads or an instruction set that cannot be had, [`Error::NoRows`], what is wrong with
    /// a value or a weight, [`Error::Apart`], [`Error::Source`], [`Error::Interrupted`].
    pub fn open(mut source: R, params: &FitParams, observer: &dyn Observer) -> Result<Self, Error> {
        let isa = params.isa.unwrap_or_else(Isa::best);
        isa.check()?;
        let threads = Threads::new(params.threads)?;
        let columns = source.columns();
        let survey = Survey::of(&mut source, &threads, isa, observer)?;
        let unit = survey.weights.as_ref().map(WeightSurvey::unit).transpose()?;
        Ok(Self {
            source: Mutex::new(source),
            rows: survey.rows,
            columns,
            narrow: survey.narrow,
            unit,
            counting: survey.weights.zip(unit).map(|(weights, unit)| weights.counting(unit)),
            scan: Scan::of(survey.ranges)?,
            labels: Labels::held(),
            sums: Sums::default(),
            threads,
            isa,
        })
    }

    /// How many rows have a weight above 0, if they have weights: what [`FitParams::check_counts`] asks.
    pub fn counting(&self) -> Option<usize> {
        self.counting
    }

    /// What the fit holds, for so many clusters, if labels are held as well.
    pub fn needs(&self, clusters: usize) -> Shape {
        let (rows, columns, threads) = (self.rows, self.columns, self.threads.count());
        Shape { rows, columns, clusters, threads, weighted: self.unit.is_some(), narrow: self.narrow }
    }

    /// Has labels kept elsewhere than in memory. Before the first step.
    pub fn keep_labels(&mut self, store: Box<dyn LabelStore>) {
        self.labels = Labels::stored(store);
    }

    /// Labels of the rows from `first` on, after a fit that had them kept elsewhere.
    ///
    /// # Errors
    /// [`Error::Source`].
    pub fn read_labels(&self, first: usize, rows: usize, labels: &mut Vec<u32>) -> Result<(), Error> {
        self.labels.read(first, rows.min(self.rows.saturating_sub(first)), labels)
    }

    /// Where the rows come from.
    pub fn source_mut(&mut self) -> &mut R {
        self.source.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: RowSource> Streamed<R> {
    /// Hands all rows to `work`, in order.
    fn read<T>(&self, work: impl FnOnce(&mut Pieces) -> Result<T, Error>) -> Result<T, Error> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        read_ahead(&mut *source, Expected::Exactly(self.rows), self.threads.count() + AHEAD, work)
    }

    /// Hands all rows to all threads; each makes a part with `start` and folds into it what it gets.
    fn pass<P: Send>(
        &self,
        observer: &dyn Observer,
        start: impl Fn() -> P + Sync,
        add: impl Fn(&mut P, usize, Points) + Sync,
    ) -> Result<Vec<P>, Error> {
        let add = |part: &mut P, piece: Piece| add(part, piece.first, self.points(piece.block));
        self.read(|pieces| self.threads.fold(pieces, observer, &start, add))
    }

    /// Rows as kernels read them, in the working unit.
    fn points(&self, block: RowBlock) -> Points {
        let (matrix, weights) = block.into_parts();
        let panels = self.scan.unit.panels(matrix);
        let weights = self.unit.zip(weights).map(|(unit, weights)| unit.weights(&weights));
        Points { panels, weights }
    }

    /// Forgets labels and sums, which no longer belong together.
    fn forget(&mut self, clusters: usize) {
        self.labels.forget();
        self.sums = Sums::new(clusters, self.columns);
    }
}

impl<R: RowSource> Tier for Streamed<R> {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn scan(&self) -> &Scan {
        &self.scan
    }

    fn scatter(&self, point: &[f64], observer: &dyn Observer) -> Result<Total, Error> {
        let (isa, windows) = (self.isa, share::windows(&self.scan.ranges, point));
        let start = || Scatter::new(windows);
        let parts = self.pass(observer, start, |part, _, points| {
            shares(points.panels.rows()).for_each(|rows| part.add(&points, &rows, point, isa));
        })?;
        Ok(Scatter::total(parts))
    }

    fn lend(&mut self, rows: Option<&[u64]>) -> Result<Points, Error> {
        let wanted = rows.map_or(self.rows, <[u64]>::len);
        let mut lent = Lent::new(wanted, self.columns, self.narrow, self.unit.is_some());
        self.read(|pieces| {
            for piece in pieces {
                lent.take(&piece, rows);
            }
            Ok(())
        })?;
        let mut panels = Panels::on_threads(Matrix::new(self.columns, lent.values), &self.threads)?;
        self.scan.unit.measure(&mut panels);
        Ok(Points {
            panels,
            weights: self.unit.zip(lent.weights).map(|(unit, weights)| unit.weights(&weights)),
        })
    }

    fn restore(&mut self, _: Points) {} // they were copied

    fn step(&mut self, centroids: &[f64], detail: Detail, observer: &dyn Observer) -> Result<Step, Error> {
        let packed = Packed::new(self.isa, self.columns, centroids);
        let clusters = packed.clusters();
        if self.sums.clusters() != clusters {
            self.forget(clusters);
        }
        self.labels.make_room(self.rows);
        let mut sums = std::mem::take(&mut self.sums);
        let step = self.assign_all(&packed, detail, &mut sums, observer);
        self.sums = sums;
        match &step {
            Ok(_) => self.labels.settle(),
            Err(_) => self.forget(clusters), // some rows have new labels, and not all moves were told
        }
        step
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
        let packed = Packed::new(self.isa, self.columns, centroids);
        share::farthest(count, |first| {
            let start = || (first.clone(), Found::default());
            self.pass(observer, start, |part, first, points| {
                for rows in shares(points.panels.rows()) {
                    share::consider(&points, rows, |row| first + row, &packed, part);
                }
            })
        })
    }

    fn renumber(&mut self, order: &[usize]) {
        self.labels.rename(&share::renamed(self.sums.clusters(), order));
        self.sums = self.sums.pick(order);
    }

    fn take_labels(&mut self) -> Vec<u32> {
        self.labels.take()
    }

    fn threads(&self) -> &Threads {
        &self.threads
    }

    fn isa(&self) -> Isa {
        self.isa
    }

    fn weight(&self, units: u128) -> f64 {
        self.unit.map_or(units as f64, |unit| unit.to_f64(units))
    }
}
