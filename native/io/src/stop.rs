//! How a caller stops a long read and watches it.

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
