//! Bounds of all rows, for wide ones: what `kernel::bounds` asks before it looks at a row.

use crate::error::Error;
use crate::kernel::Packed;
use crate::kernel::bounds::{Bounds, Drift};
use crate::share::SHARE;
use crate::threads::Threads;

/// Where bounds settled less than this share of the rows, they rest for so many steps: early centroids move too
/// far for them.
const SETTLED: f64 = 0.35;
const REST: usize = 3;

/// The bounds of all rows, and the centroids that they hold for.
#[derive(Default)]
pub struct AllBounds {
    upper: Vec<f32>,
    lower: Vec<f32>,
    /// None where bounds hold for nothing: then every row is looked at.
    centroids: Vec<f64>,
    /// Whether a step has made bounds, so that the next one can tell what they settle.
    tried: bool,
    /// Steps for which bounds are not worth keeping.
    rest: usize,
}

impl AllBounds {
    /// Of so many rows, of which nothing is known. All threads write them once: pages that are read before they are written
    /// fault twice, and interrupt every other core the second time (a fifteenth of 20 steps over 1M x 16).
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn new(rows: usize, threads: &Threads) -> Result<Self, Error> {
        let mut bounds = Self { upper: vec![0.0; rows], lower: vec![0.0; rows], ..Self::default() };
        threads.fold(
            bounds.shares(SHARE),
            &(),
            || (),
            |(), Bounds { upper, lower }| {
                upper.fill(f32::INFINITY);
                lower.fill(0.0);
            },
        )?;
        Ok(bounds)
    }

    /// Whether the next step does without.
    pub fn rests(&self) -> bool {
        self.rest > 0
    }

    /// Whether bounds go on after a step in which they did not settle so many rows.
    pub fn settled(&mut self, unsettled: usize) {
        if self.rest > 0 {
            self.rest -= 1;
        } else if std::mem::replace(&mut self.tried, true)
            && unsettled as f64 > (1.0 - SETTLED) * self.upper.len() as f64
        {
            self.forget();
            (self.rest, self.tried) = (REST, false);
        }
    }

    /// Forgets what bounds hold for.
    pub fn forget(&mut self) {
        self.centroids.clear();
    }

    /// How far centroids have moved to where they are now, for which bounds are to hold; `unit` is an exponent.
    pub fn drift(&mut self, to: &Packed, unit: i32) -> Drift {
        let drift = Drift::new(to.columns(), &self.centroids, to.rows(), unit);
        self.centroids = to.rows().to_vec();
        drift
    }

    /// The parts that belong to shares of so many rows.
    pub fn shares(&mut self, share: usize) -> impl Iterator<Item = Bounds<'_>> + Send {
        let shares = self.upper.chunks_mut(share).zip(self.lower.chunks_mut(share));
        shares.map(|(upper, lower)| Bounds { upper, lower })
    }
}
