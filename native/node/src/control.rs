//! What a running job and the event loop share: the wish to stop, and how far it got. Atomics only, so that
//! reading progress never waits for the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

use kmeans_engine::{Iteration, Observer};
use kmeans_io::Stop;
use napi_derive::napi;

/// What a job is doing.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub enum Phase {
    // 0 is waiting, before any of these.
    Reading = 1,
    Preparing,
    Seeding,
    Iterating,
    Writing,
    Done,
}

const PHASES: [&str; 7] = ["waiting", "reading", "preparing", "seeding", "iterating", "writing", "done"];

/// How far a job got. Read at any time.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct Progress {
    /// waiting, reading, preparing, seeding, iterating, writing or done.
    pub phase: String,
    /// Rows read, labelled or made.
    pub rows: f64,
    /// The restart under way, from 1; 0 before the first.
    pub restart: f64,
    /// Restarts in all.
    pub restarts: f64,
    /// Iterations of this restart.
    pub iteration: f64,
    /// Most iterations of a restart.
    pub max_iter: f64,
    /// Starting centroids found, while seeding.
    pub seeded: f64,
    /// Clusters asked for.
    pub clusters: f64,
    /// Inertia at the start of the last iteration.
    pub inertia: f64,
    /// Rows whose label changed in the last iteration.
    pub changed: f64,
}

/// One job's shared state.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    discarded: AtomicBool,
    phase: AtomicU8,
    rows: AtomicU64,
    restart: AtomicU64,
    restarts: AtomicU64,
    iteration: AtomicU64,
    max_iter: AtomicU64,
    seeded: AtomicU64,
    clusters: AtomicU64,
    inertia: AtomicU64,
    changed: AtomicU64,
}

impl Control {
    /// As the readers and writers want it.
    pub fn stop(self: &Arc<Self>) -> Arc<dyn Stop> {
        Arc::<Self>::clone(self)
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Cancelled by somebody who does not want the best result so far either.
    pub fn discard(&self) {
        self.discarded.store(true, Relaxed);
        self.cancel();
    }

    pub fn discarded(&self) -> bool {
        self.discarded.load(Relaxed)
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    pub fn plan(&self, clusters: usize, max_iter: usize) {
        self.clusters.store(clusters as u64, Relaxed);
        self.max_iter.store(max_iter as u64, Relaxed);
    }

    pub fn progress(&self) -> Progress {
        let read = |number: &AtomicU64| number.load(Relaxed) as f64;
        Progress {
            phase: PHASES[usize::from(self.phase.load(Relaxed)).min(PHASES.len() - 1)].to_owned(),
            rows: read(&self.rows),
            restart: read(&self.restart),
            restarts: read(&self.restarts),
            iteration: read(&self.iteration),
            max_iter: read(&self.max_iter),
            seeded: read(&self.seeded),
            clusters: read(&self.clusters),
            inertia: f64::from_bits(self.inertia.load(Relaxed)),
            changed: read(&self.changed),
        }
    }
}

impl Observer for Control {
    fn cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    fn restart(&self, restart: usize, restarts: usize) {
        self.restart.store(restart as u64 + 1, Relaxed);
        self.restarts.store(restarts as u64, Relaxed);
        self.iteration.store(0, Relaxed);
        self.seeded.store(0, Relaxed);
        self.enter(Phase::Seeding);
    }

    fn seeded(&self, found: usize) {
        self.seeded.store(found as u64, Relaxed);
    }

    fn iteration(&self, iteration: &Iteration) {
        self.enter(Phase::Iterating);
        self.iteration.store(iteration.iteration as u64, Relaxed);
        self.inertia.store(iteration.inertia.to_bits(), Relaxed);
        self.changed.store(iteration.changed, Relaxed);
    }
}

impl Stop for Control {
    fn requested(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    fn rows(&self, total: u64) {
        self.rows.store(total, Relaxed);
    }
}
