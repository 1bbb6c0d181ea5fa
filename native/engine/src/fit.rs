//! From rows and options to a clustering: scan, restarts, the best of them, its final numbering.

use crate::error::Error;
use crate::exact::Total;
use crate::lloyd::{self, Limits, Run, Spread, Stopped};
use crate::observer::Observer;
use crate::params::{Init, Plan};
use crate::points::Ranges;
use crate::seed::Seeding;
use crate::tier::{Detail, Scan, Tier};

/// What a fit found. All of it belongs to the final centroids, in the units of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    /// `clusters x columns`, row-major. Fewer clusters than asked for when there are fewer distinct rows.
    pub centroids: Vec<f64>,
    /// The nearest centroid of each row; empty where the tier keeps them elsewhere.
    pub labels: Vec<u32>,
    /// Rows of each cluster.
    pub sizes: Vec<u64>,
    /// The weight of each cluster: its size, where there are no weights.
    pub weights: Vec<f64>,
    /// Sum of squared distances to the centroid, of each cluster.
    pub within: Vec<f64>,
    /// Sum of squared distances of all rows. Infinite (or 0) when it leaves the range of f64.
    pub inertia: f64,
    /// Sum of squared distances of all rows to their mean.
    pub total: f64,
    /// Weight of all rows.
    pub weight: f64,
    /// Iterations of the restart that won.
    pub iterations: usize,
    /// Why it ended.
    pub stopped: Stopped,
    /// Which restart this is.
    pub restarts: Restarts,
    /// The range of each column.
    pub ranges: Ranges,
    /// The mean of each column, rounded once.
    pub means: Vec<f64>,
    /// The exponent of the unit that distances were measured in; 0 for all ordinary data.
    pub unit: i32,
}

/// The restarts of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restarts {
    /// The one with the lowest inertia, from 0; of equals the first.
    pub winner: usize,
    /// How many were run.
    pub done: usize,
    /// Rows that the first centroids were drawn from, when not all.
    pub seeding_rows: Option<usize>,
}

/// Clusters the rows of a tier. The result is a function of the values, the options and the seed alone.
///
/// # Errors
/// [`Error::Interrupted`] when `observer` ended the run before there was anything to keep. Later interruptions give the
/// best clustering so far, with [`Stopped::Interrupted`].
pub fn fit(tier: &mut impl Tier, plan: &Plan, observer: &dyn Observer) -> Result<Clustering, Error> {
    let scan = tier.scan().clone();
    let given = matches!(plan.params.init, Init::Given(_));
    let seeding = Seeding::new(tier.shape().0, plan);
    let limits = Limits { max_iter: plan.params.max_iter, tol: plan.params.tol };
    let mut spread = None;
    let mut best: Option<(usize, Run)> = None;
    let mut done = 0;
    let mut interrupted = false;
    while done < plan.n_init && !interrupted {
        observer.restart(done, plan.n_init);
        let centroids = match &plan.params.init {
            Init::Given(values) => values.clone(),
            _ => values(&scan, seeding.centroids(tier, plan, done, observer)?),
        };
        let run = lloyd::run(tier, &scan, &mut spread, centroids, limits, done, observer)?;
        interrupted = run.stopped == Stopped::Interrupted;
        // Exact sums: a lower inertia is lower, not a rounding. Of equals the first stays.
        if best.as_ref().is_none_or(|(_, best)| run.step.inertia().value() < best.step.inertia().value()) {
            best = Some((done, run));
        }
        done += 1;
    }
    let (winner, mut run) = best.ok_or(Error::Interrupted)?;
    if interrupted {
        run.stopped = Stopped::Interrupted;
    }
    if winner + 1 != done {
        run.step = tier.step(&scan.measured(&run.centroids), Detail::Distances, &())?; // the tier holds the labels of a later restart
    }
    let run = number(tier, &scan, run, given)?;
    let spread = match spread {
        Some(spread) => spread,
        None => Spread::new(tier, &scan, &())?, // the first step was interrupted
    };
    let restarts = Restarts { winner, done, seeding_rows: seeding.rows() };
    Ok(clustering(tier, &scan, spread, run, restarts))
}

/// Drops clusters that are empty and numbers the others by falling weight, ties by centroid; given ones keep
/// their order.
///
/// A row at the same distance from two centroids belongs to the lower number, so a new numbering may move
/// such rows, and that may change the order by weight again. Each round moves ties towards the heavier
/// cluster; should it not come to rest, the numbering of round 8 stands, and labels still follow the rule.
fn number(tier: &mut impl Tier, scan: &Scan, mut run: Run, given: bool) -> Result<Run, Error> {
    let columns = scan.grid.columns();
    for round in 0.. {
        let sums = tier.sums();
        let clusters = sums.clusters();
        let mut order: Vec<usize> = (0..clusters).filter(|&c| sums.units[c] > 0).collect();
        if !given && round < 8 {
            let centroid = |c: usize| &run.centroids[c * columns..][..columns];
            let by_centroid = |a: usize, b: usize| {
                centroid(a).iter().zip(centroid(b)).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne())
            };
            order.sort_by(|&a, &b| {
                let heavier = sums.units[b].cmp(&sums.units[a]);
                heavier.then_with(|| by_centroid(a, b).unwrap_or(std::cmp::Ordering::Equal))
            });
        }
        if order.iter().copied().eq(0..clusters) {
            break;
        }
        let homeless = (0..clusters).any(|c| sums.units[c] == 0 && sums.rows[c] > 0);
        run.centroids =
            order.iter().flat_map(|&c| &run.centroids[c * columns..][..columns]).copied().collect();
        if run.step.ties == 0 && !homeless {
            tier.renumber(&order);
            run.step.within = order.iter().map(|&c| run.step.within[c].clone()).collect();
            break;
        }
        run.step = tier.step(&scan.measured(&run.centroids), Detail::Distances, &())?;
    }
    Ok(run)
}

/// Rows that were lent, as they stand in the data: within its ranges, whatever bits the unit took away.
fn values(scan: &Scan, rows: Vec<f64>) -> Vec<f64> {
    let columns = scan.grid.columns();
    let mut values = scan.unit.values(columns, rows);
    if !scan.unit.is_one() {
        let Ranges { min, max } = &scan.own_ranges;
        values.iter_mut().enumerate().for_each(|(i, x)| *x = x.clamp(min[i % columns], max[i % columns]));
    }
    values
}

/// Brings sums of squares back from the working unit to that of the data, each rounded once.
fn clustering(tier: &mut impl Tier, scan: &Scan, spread: Spread, run: Run, restarts: Restarts) -> Clustering {
    let squared = |total: &Total| total.scaled(2 * scan.unit.exponent());
    let weights = tier.sums().units.iter().map(|&units| tier.weight(units)).collect();
    let sizes = tier.sums().rows.clone();
    Clustering {
        centroids: run.centroids,
        labels: tier.take_labels(),
        sizes,
        weights,
        within: run.step.within.iter().map(squared).collect(),
        inertia: squared(&run.step.inertia()),
        total: squared(&spread.total),
        weight: spread.weight,
        iterations: run.iterations,
        stopped: run.stopped,
        ranges: scan.own_ranges.clone(),
        means: spread.means,
        unit: scan.unit.exponent(),
        restarts,
    }
}
