//! The first centroids of a restart.

mod draw;
mod every;
mod plus_plus;
mod projected;
mod random;

use std::collections::HashSet;

use crate::error::Error;
use crate::observer::Observer;
use crate::params::{Init, Plan};
use crate::rng::{Purpose, Stream};
use crate::tier::Tier;

use plus_plus::{Means, Project};

/// Seeding looks at no more rows than this, or 64 for each cluster if that is more. k-means++ costs
/// `rows x clusters` distances, about as much as all of Lloyd's iterations, and on a uniform sample of this
/// size its choice is as good; training always uses every row, and the report says when this held.
const SAMPLE: usize = 131_072;
const SAMPLE_PER_CLUSTER: usize = 64;

/// The most rows that seeding looks at.
pub fn most_rows(clusters: usize) -> usize {
    SAMPLE.max(clusters.saturating_mul(SAMPLE_PER_CLUSTER))
}

/// The rows that all restarts draw their first centroids from.
pub struct Seeding {
    /// Row numbers, ascending; `None` for all rows.
    sample: Option<Vec<u64>>,
}

impl Seeding {
    /// All rows of a table, or a uniform sample of them.
    pub fn new(rows: usize, plan: &Plan) -> Self {
        let limit = most_rows(plan.params.clusters);
        let draw = || sample(rows as u64, limit as u64, Stream::new(plan.params.seed, Purpose::Sample, 0));
        let given = matches!(plan.params.init, Init::Given(_));
        Self { sample: (rows > limit && !given).then(draw) }
    }

    /// How many rows seeding sees, when not all.
    pub fn rows(&self) -> Option<usize> {
        self.sample.as_ref().map(Vec::len)
    }

    /// The first centroids of `restart`, in the working unit: `clusters x columns`.
    ///
    /// With fewer distinct rows than clusters the first centroid stands in for the rest: of equal centroids
    /// the lowest takes all rows, so the others are empty, and the rule for empty clusters decides.
    /// An interruption fills up with random rows, so that there is something to keep.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the tier could not give the rows.
    pub fn centroids(
        &self,
        tier: &mut impl Tier,
        plan: &Plan,
        restart: usize,
        observer: &dyn Observer,
    ) -> Result<Vec<f64>, Error> {
        let clusters = plan.params.clusters;
        let stream = Stream::new(plan.params.seed, Purpose::Seeding, restart as u32);
        let mut points = tier.lend(self.sample.as_deref())?;
        let means = Means { threads: tier.threads(), isa: tier.isa(), observer };
        let mut rows = match plan.params.init {
            Init::PlusPlus => plus_plus::rows(&mut points, clusters, stream, means, Project::WhereItPays),
            Init::Random | Init::Given(_) => Vec::new(),
        };
        if rows.len() < clusters && (plan.params.init == Init::Random || observer.cancelled()) {
            random::fill(&points, &mut rows, clusters, stream);
        }
        let mut centroids: Vec<f64> = rows.iter().flat_map(|&row| points.panels.row(row)).collect();
        let first = points.panels.row(rows.first().copied().unwrap_or(0));
        (rows.len()..clusters).for_each(|_| centroids.extend(&first));
        if self.sample.is_none() {
            tier.restore(points);
        }
        Ok(centroids)
    }
}

/// `count` of `rows` row numbers, each set equally likely, ascending (Floyd, CACM 30(9), 1987).
fn sample(rows: u64, count: u64, stream: Stream) -> Vec<u64> {
    let mut drawn = HashSet::with_capacity(count as usize);
    for last in rows - count..rows {
        let row = stream.below(last, last + 1);
        if !drawn.insert(row) {
            drawn.insert(last);
        }
    }
    let mut drawn: Vec<u64> = drawn.into_iter().collect();
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_distinct_rows_in_order_and_is_fixed_by_the_seed() {
        let draw = |seed| sample(1000, 300, Stream::new(seed, Purpose::Sample, 0));
        let drawn = draw(1);
        assert_eq!(drawn.len(), 300);
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(drawn.iter().all(|&row| row < 1000));
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
        assert_eq!(sample(5, 5, Stream::new(0, Purpose::Sample, 0)), [0, 1, 2, 3, 4]);
    }
}
