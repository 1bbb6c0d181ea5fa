//! Threads, locks and channels: those of `std`, or those of an explorer of schedules.
//!
//! Whatever in this crate works on several threads takes them from here. A unit test that is built with the feature
//! `schedules` gets those of [shuttle](https://docs.rs/shuttle): it runs one thread at a time and chooses at every step
//! which, so that a test sees thousands of orders instead of the few that a machine happens to produce.

use std::io;
use std::sync::PoisonError;
use std::time::Duration;

#[cfg(not(all(test, feature = "schedules")))]
pub(crate) use std::{sync, thread};

#[cfg(all(test, feature = "schedules"))]
pub(crate) use shuttle::{sync, thread};

use sync::mpsc::{Receiver, RecvTimeoutError};
use sync::{Condvar, Mutex, MutexGuard};
use thread::{Scope, ScopedJoinHandle};

/// How long a silent channel is waited for before its reader looks whether it is to stop.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// A size as it is, or a small one where schedules are explored: they are of interest where many parts meet, and megabytes
/// of zeros in each of a thousand schedules are not.
pub(crate) const fn size(usual: usize, explored: usize) -> usize {
    if cfg!(all(test, feature = "schedules")) { explored } else { usual }
}

/// Starts a thread that nobody waits for.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Starts a thread that ends before its scope does.
pub(crate) fn spawn_scoped<'scope, T: Send + 'scope>(
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

/// Waits for a message, for so long at most.
pub(crate) fn receive_within<T>(receiver: &Receiver<T>, time: Duration) -> Result<T, RecvTimeoutError> {
    hand_over();
    #[cfg(not(all(test, feature = "schedules")))]
    return receiver.recv_timeout(time);
    // The explorer knows no time: a wait that is over at once stands for any that is over before something comes.
    #[cfg(all(test, feature = "schedules"))]
    {
        use sync::mpsc::TryRecvError;
        let _ = time;
        receiver.try_recv().map_err(|error| match error {
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            TryRecvError::Empty => {
                thread::yield_now();
                RecvTimeoutError::Timeout
            }
        })
    }
}

/// How many threads can run at once.
pub(crate) fn processors() -> usize {
    #[cfg(not(all(test, feature = "schedules")))]
    return thread::available_parallelism().map_or(1, usize::from);
    #[cfg(all(test, feature = "schedules"))]
    return 3;
}

/// Lets some time pass before something is tried again.
pub(crate) fn pause(time: Duration) {
    #[cfg(not(all(test, feature = "schedules")))]
    thread::sleep(time);
    #[cfg(all(test, feature = "schedules"))]
    {
        let _ = time;
        thread::yield_now();
    }
}

/// Locks, whether or not a thread panicked while it held the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    hand_over();
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until another thread says that something has changed.
pub(crate) fn wait<'a, T>(changed: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Returns the content of a lock, once no thread can come for it any more.
pub(crate) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Stands wherever one thread hands something to another. In a stress test, and nowhere else, a thread may fall behind here.
#[inline]
pub(crate) fn hand_over() {
    #[cfg(all(test, not(feature = "schedules")))]
    stress::dawdle();
}

/// Delays at random, for tests that run on real threads.
#[cfg(all(test, not(feature = "schedules")))]
pub(crate) mod stress {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    /// How many stress tests are running.
    static RUNNING: AtomicUsize = AtomicUsize::new(0);

    /// Delays threads as long as it lives.
    pub(crate) struct Stress(());

    impl Stress {
        pub(crate) fn begin() -> Self {
            RUNNING.fetch_add(1, Ordering::Relaxed);
            Self(())
        }
    }

    impl Drop for Stress {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, Ordering::Relaxed);
        }
    }

    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn dawdle() {
        if RUNNING.load(Ordering::Relaxed) == 0 {
            return;
        }
        // Xorshift, begun with an address that differs from thread to thread.
        let drawn = STATE.with(|state| {
            let mut drawn =
                if state.get() == 0 { std::ptr::from_ref(state).addr() as u64 | 1 } else { state.get() };
            drawn ^= drawn << 13;
            drawn ^= drawn >> 7;
            drawn ^= drawn << 17;
            state.set(drawn);
            drawn
        });
        match drawn >> 60 {
            0..8 => {}
            8..15 => thread::yield_now(),
            _ => thread::sleep(Duration::from_micros(drawn & 0xff)),
        }
    }
}
