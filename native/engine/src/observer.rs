//! The one seam for progress and cancellation.

/// Where a fit stands after an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// The restart, from 0.
    pub restart: usize,
    /// The iteration, from 1.
    pub iteration: usize,
    /// Inertia of the centroids that the iteration started from.
    pub inertia: f64,
    /// Rows whose label changed.
    pub changed: u64,
}

/// Watches a run, from any thread. Nothing it does can change a result, except to end it.
pub trait Observer: Sync {
    /// Asked before every block of some thousand rows; true ends the run with the best result so far.
    fn cancelled(&self) -> bool {
        false
    }

    /// A restart begins to look for its first centroids.
    fn restart(&self, _restart: usize, _restarts: usize) {}

    /// So many starting centroids are found.
    fn seeded(&self, _found: usize) {}

    /// An iteration is over.
    fn iteration(&self, _iteration: &Iteration) {}
}

impl Observer for () {}
