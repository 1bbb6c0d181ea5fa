//! How a caller stops a long read and watches it, and how a wait for bytes is given up for a while.

use crate::sync::sync::atomic::{AtomicBool, Ordering};

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

/// Ends one wait for bytes, and nothing else: no error comes of it, no byte is lost, and reading may go on at once.
///
/// It is no [`Stop`], and is handed to a single call instead of being kept by a reader, so that it never reaches a source
/// that another thread reads: a decoder that is told to stop has ended for good.
#[derive(Debug, Default)]
pub(crate) struct Halt(AtomicBool);

impl Halt {
    /// Ends the wait under way and all later ones that are given this.
    pub(crate) fn call(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_called(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The outcome of a wait for bytes that may be halted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// So many bytes; none at the end.
    Bytes(usize),
    /// Nothing, since the wait was halted.
    Halted,
}
