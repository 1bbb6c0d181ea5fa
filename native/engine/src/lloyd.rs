//! Lloyd's loop, written once for every tier (Lloyd 1982, "Least squares quantization in PCM").

use crate::error::Error;
use crate::exact::scale;
use crate::observer::{Iteration, Observer};
use crate::tier::{Far, Scan, Step, Tier};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// No label changed: a fixed point.
    Labels,
    /// The centroids moved by no more than the tolerance.
    Tolerance,
    /// The last iteration allowed was done.
    MaxIter,
    /// Somebody asked for it.
    Interrupted,
}

impl Stopped {
    /// The name in the model file and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Tolerance => "tolerance",
            Self::MaxIter => "max-iter",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the run came to rest by itself.
    pub fn converged(self) -> bool {
        matches!(self, Self::Labels | Self::Tolerance)
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Iterations, 1 or more.
    pub max_iter: usize,
    /// The largest sum of squared shifts that counts as rest, in the working unit.
    pub shift: f64,
}

/// One restart, done. `step` belongs to `centroids`.
pub struct Run {
    /// `clusters x columns`, in the working unit.
    pub centroids: Vec<f64>,
    /// The assignment of all rows to them.
    pub step: Step,
    /// Iterations done.
    pub iterations: usize,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Iterates from `centroids`. An interruption ends the run with the centroids reached, labelled in full.
///
/// # Errors
/// What the tier reports, except an interruption.
pub fn run(
    tier: &mut impl Tier,
    scan: &Scan,
    mut centroids: Vec<f64>,
    limits: Limits,
    restart: usize,
    observer: &dyn Observer,
) -> Result<Run, Error> {
    let mut iterations = 0;
    // Set once the centroids are final: the next step only labels.
    let mut ending = None;
    loop {
        let mut step = match tier.step(&centroids, observer) {
            Err(Error::Interrupted) => {
                let step = tier.step(&centroids, &())?;
                return Ok(Run { centroids, step, iterations, stopped: Stopped::Interrupted });
            }
            step => step?,
        };
        let filled = iterations < limits.max_iter
            && match fill_empty(tier, scan, &centroids, &mut step, observer) {
                Err(Error::Interrupted) => continue, // the step that follows is interrupted as well
                filled => filled?,
            };
        match ending.take() {
            Some(stopped) if !filled => return Ok(Run { centroids, step, iterations, stopped }),
            _ => {} // at rest, but a cluster had come out empty and now has a row: go on
        }
        iterations += 1;
        let inertia = scale(step.inertia(), 2 * scan.exponent);
        // The labels before the first iteration are those of another restart, or of none.
        let changed = if iterations == 1 { tier.shape().0 as u64 } else { step.changed };
        observer.iteration(&Iteration { restart, iteration: iterations, inertia, changed });
        if changed == 0 && !filled {
            return Ok(Run { centroids, step, iterations, stopped: Stopped::Labels });
        }
        let moved = means(scan, &step, &centroids);
        let shift: f64 = moved.iter().zip(&centroids).map(|(new, old)| (new - old) * (new - old)).sum();
        centroids = moved;
        if shift <= limits.shift {
            ending = Some(Stopped::Tolerance);
        } else if iterations >= limits.max_iter {
            ending = Some(Stopped::MaxIter);
        }
    }
}

/// The mean of each cluster, rounded once; a cluster of no weight stays where it was.
fn means(scan: &Scan, step: &Step, centroids: &[f64]) -> Vec<f64> {
    let columns = scan.grid.columns();
    let cell = |(i, (&sum, &old)): (usize, (_, &f64))| match step.units[i / columns] {
        0 => old,
        units => representable(scan.grid.mean(i % columns, sum, units), scan.exponent),
    };
    step.sums.iter().zip(centroids).enumerate().map(cell).collect()
}

/// A centroid in the working unit that is the same number in the data's unit. Differs from `x` only where
/// the latter would be subnormal (below 2^-1022) and lose bits.
pub fn representable(x: f64, exponent: i32) -> f64 {
    if exponent == 0 { x } else { scale(scale(x, exponent), -exponent) }
}

/// Gives every empty cluster, lowest first, the farthest row there is, and takes the row from its cluster.
/// Rows that equal it go with it; a row alone in its cluster stays. Returns whether any row was found.
fn fill_empty(
    tier: &mut impl Tier,
    scan: &Scan,
    centroids: &[f64],
    step: &mut Step,
    observer: &dyn Observer,
) -> Result<bool, Error> {
    let empty: Vec<usize> = (0..step.units.len()).filter(|&cluster| step.units[cluster] == 0).collect();
    if empty.is_empty() {
        return Ok(false);
    }
    let mut wanted = empty.len() + 16; // room for rows that have to stay
    loop {
        let far = tier.farthest(centroids, wanted, observer)?;
        let mut units = step.units.clone();
        let mut leaves = |far: &&Far| {
            let stays = units[far.cluster] == far.units;
            units[far.cluster] -= if stays { 0 } else { far.units };
            !stays
        };
        let leaving: Vec<&Far> = far.iter().filter(&mut leaves).take(empty.len()).collect();
        if leaving.len() < empty.len() && far.len() == wanted {
            wanted *= 4;
            continue;
        }
        for (&to, far) in empty.iter().zip(&leaving) {
            give(scan, step, far, to);
        }
        return Ok(!leaving.is_empty());
    }
}

fn give(scan: &Scan, step: &mut Step, far: &Far, to: usize) {
    let columns = scan.grid.columns();
    for (column, &value) in far.values.iter().enumerate() {
        let split = scan.grid.split(column, value);
        step.sums[far.cluster * columns + column].add_many(split, -(far.units as i128));
        step.sums[to * columns + column].add_many(split, far.units as i128);
    }
    step.units[far.cluster] -= far.units;
    step.units[to] += far.units;
    step.rows[far.cluster] -= far.rows;
    step.rows[to] += far.rows;
}
