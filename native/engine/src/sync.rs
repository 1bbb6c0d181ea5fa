//! Threads and channels: those of `std`, or those of an explorer of schedules.
//!
//! A unit test that is built with the feature `schedules` gets those of [shuttle](https://docs.rs/shuttle), which runs one
//! thread at a time and chooses at every step which. Work that is handed out to a pool of rayon is not among what it
//! explores: there no thread waits for another.

use std::io;

#[cfg(not(all(test, feature = "schedules")))]
pub use std::{sync::mpsc, thread};

#[cfg(all(test, feature = "schedules"))]
pub use shuttle::{sync::mpsc, thread};

use thread::{Scope, ScopedJoinHandle};

/// Starts a thread that ends before its scope does.
pub fn spawn_scoped<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    #[cfg(not(all(test, feature = "schedules")))]
    return thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run);
    #[cfg(all(test, feature = "schedules"))]
    {
        let _ = name;
        Ok(scope.spawn(run))
    }
}

/// Stands wherever one thread hands something to another. In a unit test, and nowhere else, a thread falls behind here every
/// now and then.
#[inline]
pub fn hand_over() {
    #[cfg(all(test, not(feature = "schedules")))]
    {
        use std::sync::atomic::{AtomicU64, Ordering};
        static TURN: AtomicU64 = AtomicU64::new(1);
        // Fibonacci hashing: which of the threads falls behind has no period.
        let drawn = TURN.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        match drawn {
            0..8 => {}
            8..15 => thread::yield_now(),
            _ => thread::sleep(std::time::Duration::from_micros(100)),
        }
    }
}
