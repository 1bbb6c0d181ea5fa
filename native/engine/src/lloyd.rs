//! Lloyd's loop, written once for every tier (Lloyd 1982, "Least squares quantization in PCM").

use crate::error::Error;
use crate::exact::{Total, scale};
use crate::observer::{Iteration, Observer};
use crate::sums::Sums;
use crate::tier::{Detail, Far, Scan, Step, Tier};

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
    /// The largest sum of squared shifts that counts as rest, as a share of the mean variance of the columns.
    pub tol: f64,
}

/// One restart, done. `step` and the tier's labels and sums belong to `centroids`.
pub struct Run {
    /// `clusters x columns`, as they stand in the data.
    pub centroids: Vec<f64>,
    /// The assignment of all rows to them, with distances.
    pub step: Step,
    /// Iterations done.
    pub iterations: usize,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Iterates from `centroids`. An interruption ends the run with the centroids reached, labelled in full. `known` is what
/// an earlier restart has found out about the data.
///
/// # Errors
/// What the tier reports, except an interruption.
pub fn run(
    tier: &mut impl Tier,
    scan: &Scan,
    known: &mut Option<Spread>,
    mut centroids: Vec<f64>,
    limits: Limits,
    restart: usize,
    observer: &dyn Observer,
) -> Result<Run, Error> {
    let mut iterations = 0;
    let mut before = f64::INFINITY;
    // Set once the centroids are final: the next step only labels and measures.
    let mut ending = None;
    loop {
        let measured = scan.measured(&centroids);
        let detail = if ending.is_some() { Detail::Distances } else { Detail::Labels };
        let step = match tier.step(&measured, detail, observer) {
            Err(Error::Interrupted) => {
                let step = tier.step(&measured, Detail::Distances, &())?;
                return Ok(Run { centroids, step, iterations, stopped: Stopped::Interrupted });
            }
            step => step?,
        };
        let filled = if iterations < limits.max_iter && tier.sums().has_empty() {
            match fill_empty(tier, scan, &measured, observer) {
                Err(Error::Interrupted) => continue, // the step that follows is interrupted as well
                filled => filled?,
            }
        } else {
            None
        };
        match ending.take() {
            Some(stopped) if filled.is_none() => return Ok(Run { centroids, step, iterations, stopped }),
            _ => {} // at rest, but a cluster had come out empty and now has a row: go on
        }
        let spread = match known {
            Some(spread) => spread,
            None => match Spread::new(tier, scan, observer) {
                Err(Error::Interrupted) => continue,
                spread => known.insert(spread?),
            },
        };
        iterations += 1;
        // The labels before the first iteration are those of another restart, or of none.
        let changed = if iterations == 1 { tier.shape().0 as u64 } else { step.changed };
        let resting = changed == 0 && filled.is_none();
        let sums = filled.as_ref().unwrap_or_else(|| tier.sums());
        let moved = if resting { centroids.clone() } else { means(scan, sums, &centroids) };
        let target = scan.measured(&moved);
        // Never rises but by rounding, and what rounds is not shown as a rise.
        before = spread.inertia(scan, sums, &target).min(before);
        observer.iteration(&Iteration { restart, iteration: iterations, inertia: before, changed });
        if resting {
            let step = tier.step(&measured, Detail::Distances, &())?;
            return Ok(Run { centroids, step, iterations, stopped: Stopped::Labels });
        }
        let shift: f64 = target.iter().zip(&*measured).map(|(new, old)| (new - old) * (new - old)).sum();
        centroids = moved;
        if shift <= limits.tol * spread.variance() {
            ending = Some(Stopped::Tolerance);
        } else if iterations >= limits.max_iter {
            ending = Some(Stopped::MaxIter);
        }
    }
}

/// The data as one cluster.
pub struct Spread {
    /// The mean of each column as it stands in the data, rounded once.
    pub means: Vec<f64>,
    /// The same in the working unit.
    measured: Vec<f64>,
    /// Sum of squared distances of all rows to it, in the working unit.
    pub total: Total,
    /// The weight of all rows, in units.
    pub units: u128,
    /// The weight of all rows.
    pub weight: f64,
}

impl Spread {
    /// After a step, whose sums together are those of all rows: a pass over these would find the same integers. One pass,
    /// for the distances to the mean.
    ///
    /// # Errors
    /// What the tier reports.
    pub fn new(tier: &impl Tier, scan: &Scan, observer: &dyn Observer) -> Result<Self, Error> {
        let sums = tier.sums().all();
        let means = means(scan, &sums, &vec![0.0; scan.grid.columns()]);
        let measured = scan.measured(&means).into_owned();
        let total = tier.scatter(&measured, observer)?;
        let units = sums.units[0];
        Ok(Self { means, measured, total, units, weight: tier.weight(units) })
    }

    /// The mean of the columns' variances.
    pub fn variance(&self) -> f64 {
        self.total.value() / (self.weight * self.means.len() as f64)
    }

    /// Inertia of a partition about its means, for progress: what is left of the total when the clusters'
    /// distances to the common mean are taken away. Rounded, unlike the inertia of a result, and free.
    fn inertia(&self, scan: &Scan, sums: &Sums, centroids: &[f64]) -> f64 {
        let share = self.weight / self.units as f64;
        let between = centroids.chunks_exact(self.means.len()).zip(&sums.units).map(|(centroid, &units)| {
            let apart: f64 = centroid.iter().zip(&self.measured).map(|(c, m)| (c - m) * (c - m)).sum();
            apart * units as f64 * share
        });
        scale((self.total.value() - between.sum::<f64>()).max(0.0), 2 * scan.unit.exponent())
    }
}

/// The mean of each cluster as it stands in the data, rounded once; a cluster of no weight stays where it was.
fn means(scan: &Scan, sums: &Sums, centroids: &[f64]) -> Vec<f64> {
    let columns = scan.grid.columns();
    let cell = |(i, (&sum, &old)): (usize, (_, &f64))| match sums.units[i / columns] {
        0 => old,
        units => scan.mean(i % columns, sum, units),
    };
    sums.cells.iter().zip(centroids).enumerate().map(cell).collect()
}

/// Gives every empty cluster, lowest first, the farthest row there is, and takes the row from its cluster.
/// Rows that equal it go with it; a row alone in its cluster stays. The sums that this leads to, or `None`
/// when there is no such row. Labels stay as they are: the next step finds them anew.
fn fill_empty(
    tier: &mut impl Tier,
    scan: &Scan,
    centroids: &[f64],
    observer: &dyn Observer,
) -> Result<Option<Sums>, Error> {
    let units = &tier.sums().units;
    let empty: Vec<usize> = (0..units.len()).filter(|&cluster| units[cluster] == 0).collect();
    let mut wanted = empty.len() + 16; // room for rows that have to stay
    loop {
        let far = tier.farthest(centroids, wanted, observer)?;
        let mut units = tier.sums().units.clone();
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
        if leaving.is_empty() {
            return Ok(None);
        }
        let mut sums = tier.sums().clone();
        empty.iter().zip(leaving).for_each(|(&to, far)| give(scan, &mut sums, far, to));
        return Ok(Some(sums));
    }
}

fn give(scan: &Scan, sums: &mut Sums, far: &Far, to: usize) {
    let weight = far.units as i128;
    for (cluster, weight) in [(far.cluster, -weight), (to, weight)] {
        for (column, (sum, &value)) in sums.cells_mut(cluster).iter_mut().zip(&far.values).enumerate() {
            sum.add_many(scan.grid.split(column, value), weight);
        }
    }
    sums.units[far.cluster] -= far.units;
    sums.units[to] += far.units;
    sums.rows[far.cluster] -= far.rows;
    sums.rows[to] += far.rows;
}
