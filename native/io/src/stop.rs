//! How a caller stops a long read and watches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Polled at least once a chunk (1 MiB) and, while a pipe is silent, every 50 ms.
pub trait Stop: Send + Sync {
    /// Whether to give up with [`Error::Interrupted`](crate::Error::Interrupted).
    fn requested(&self) -> bool;

    /// Told how many rows have been read so far.
    fn rows(&self, _total: u64) {}
}

/// Never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Stop for Never {
    fn requested(&self) -> bool {
        false
    }
}

/// A caller's wish to stop, and a second one of this crate: that a read which waits for a pipe be given up for now. What
/// has arrived meanwhile is read later.
pub(crate) struct Halting {
    asked: Arc<dyn Stop>,
    halted: AtomicBool,
}

impl Halting {
    pub(crate) fn new(asked: &Arc<dyn Stop>) -> Arc<Self> {
        Arc::new(Self { asked: Arc::clone(asked), halted: AtomicBool::new(false) })
    }

    pub(crate) fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Whether it was halted; it is not any longer.
    pub(crate) fn resume(&self) -> bool {
        self.halted.swap(false, Ordering::Relaxed)
    }
}

impl Stop for Halting {
    fn requested(&self) -> bool {
        self.halted.load(Ordering::Relaxed) || self.asked.requested()
    }

    fn rows(&self, total: u64) {
        self.asked.rows(total);
    }
}
