//! Which tier clusters a table: all rows in memory, or, where they do not fit, rows that are read again in every pass.

use std::sync::Arc;

use kmeans_engine::{
    Algorithm, Clustering, FitParams, InMemory, Matrix, Plan, Shape, Streamed, Threads, Tier, Values,
    Weights, allocation, fit,
};
use kmeans_io::{Labels, LabelsFile, PassingRows};

use crate::control::Control;
use crate::failure::Failure;
use crate::memory::{Memory, shown};
use crate::prepared_rows::PreparedRows;
use crate::preparing::{Raw, named};

/// The rows of a fit as they were read.
pub enum Rows {
    Held(Raw),
    /// And what is known of them.
    Passing(Box<PassingRows>, Raw),
    /// On their way to the engine.
    Gone,
}

/// A fit that is done.
pub struct Ran {
    pub found: Clustering,
    pub plan: Plan,
    pub algorithm: Algorithm,
    pub threads: usize,
    pub streamed: Option<Passes>,
    /// Labels that did not fit in memory; else they are in what was found.
    stored: Option<Streamed<PreparedRows>>,
}

/// Why and how often rows were read.
#[derive(Debug, Clone, Copy)]
pub struct Passes {
    pub count: usize,
    /// Bytes that all rows would take in memory.
    pub needed: u64,
    /// Bytes that were allowed.
    pub allowed: u64,
    /// Set where the system had no memory for that much.
    pub refused: bool,
}

/// Clusters rows that are held, of these features.
pub fn in_memory(
    matrix: Matrix,
    weights: Option<Vec<f64>>,
    features: &[String],
    params: FitParams,
    control: &Arc<Control>,
) -> Result<Ran, Failure> {
    let weights = weights.as_deref().map(Weights::new).transpose()?;
    let plan = params.check(matrix.rows(), matrix.columns(), weights.as_ref())?;
    require(needed_beside(&matrix, weights.is_some(), &plan))?;
    control.plan(plan.params.clusters, plan.params.max_iter);
    let mut tier = InMemory::new(matrix, weights, &plan.params).map_err(|error| named(error, features))?;
    let found = fit(&mut tier, &plan, &**control)?;
    let (threads, algorithm) = (tier.threads().count(), tier.algorithm());
    Ok(Ran { found, plan, algorithm, threads, streamed: None, stored: None })
}

/// Clusters rows that are read again and again, of these features. Labels go to a file where they do not fit, unless `hold_labels`.
pub fn streamed(
    rows: PreparedRows,
    features: &[String],
    params: FitParams,
    memory: Memory,
    hold_labels: bool,
    control: &Arc<Control>,
) -> Result<Ran, Failure> {
    let (name, not_held) = (rows.unprepared().name().to_owned(), rows.unprepared().not_held());
    let mut tier = Streamed::open(rows, &params, &**control).map_err(|error| named(error, features))?;
    let (rows, columns) = tier.shape();
    let plan = params.check_counts(rows, columns, tier.counting())?;
    let shape = tier.needs(plan.params.clusters);
    let stored = !hold_labels && shape.fixed() + shape.labels() > memory.bytes;
    check(shape, stored, not_held.whole, memory)?;
    require(shape.fixed() + if stored { 0 } else { shape.labels() })?;
    if stored {
        tier.keep_labels(Box::new(LabelsFile::new(&name)?));
    }
    control.plan(plan.params.clusters, plan.params.max_iter);
    let found = fit(&mut tier, &plan, &**control)?;
    let count = tier.source_mut().unprepared().passes();
    let passes =
        Passes { count, needed: shape.in_memory(), allowed: memory.bytes, refused: not_held.refused };
    let threads = tier.threads().count();
    let stored = stored.then_some(tier);
    Ok(Ran { found, plan, algorithm: Algorithm::Lloyd, threads, streamed: Some(passes), stored })
}

/// Bytes that the tier in memory takes beside the rows.
fn needed_beside(matrix: &Matrix, weighted: bool, plan: &Plan) -> u64 {
    let (narrow, width) = match matrix.values() {
        Values::F32(_) => (true, size_of::<f32>()),
        Values::F64(_) => (false, size_of::<f64>()),
    };
    let shape = Shape {
        rows: matrix.rows(),
        columns: matrix.columns(),
        clusters: plan.params.clusters,
        threads: Threads::wanted(plan.params.threads),
        weighted,
        narrow,
    };
    shape.in_memory().saturating_sub((matrix.values().len() * width) as u64)
}

/// Refuses to begin what the system has no memory for.
fn require(bytes: u64) -> Result<(), Failure> {
    if allocation::is_available(bytes) {
        return Ok(());
    }
    Err(kmeans_engine::Error::OutOfMemory(allocation::OutOfMemory { bytes }).into())
}

/// Refuses a limit that what has to be held passes; `whole` is one under which all rows would be held.
fn check(shape: Shape, stored: bool, whole: u64, memory: Memory) -> Result<(), Failure> {
    let least = shape.fixed() + if stored { 0 } else { shape.labels() };
    if least <= memory.bytes {
        return Ok(());
    }
    // A small table takes less as a whole.
    let (least, what) = if whole < least {
        (whole, format!("a table of {} rows and {} columns", shape.rows, shape.columns))
    } else {
        let held = if stored { "" } else { " and the labels of all rows" };
        let Shape { clusters, columns, .. } = shape;
        (
            least,
            format!("what seeding looks at and the sums of {clusters} clusters of {columns} columns{held}"),
        )
    };
    let message = format!("must be at least {} for {what}, got {}", shown(least), shown(memory.bytes));
    let hint = format!("say --memory {}", shown(least).replace(' ', ""));
    Err(Failure::option("memory", message).hint(hint))
}

impl Ran {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.found.sizes.iter().sum::<u64>() as usize
    }

    /// The labels of all rows; `some` is [`Ran::some_labels`].
    pub fn labels<'a>(
        &'a self,
        some: &'a dyn Fn(usize, usize) -> Result<Vec<u32>, kmeans_io::Error>,
    ) -> Labels<'a> {
        match &self.stored {
            None => Labels::Held(&self.found.labels),
            Some(_) => Labels::Read { rows: self.rows(), some },
        }
    }

    /// Some labels that did not fit in memory.
    pub fn some_labels(&self, first: usize, rows: usize) -> Result<Vec<u32>, kmeans_io::Error> {
        let mut labels = Vec::new();
        let read = self.stored.as_ref().map_or(Ok(()), |tier| tier.read_labels(first, rows, &mut labels));
        let failed =
            |error: kmeans_engine::Error| kmeans_io::Error::Data { message: error.to_string(), hint: None };
        read.map_err(failed).map(|()| labels)
    }
}
