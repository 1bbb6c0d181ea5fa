//! All cores on one pass over the rows. Who computes what is left to chance; what comes out is not, because
//! every part is merged by exact, order-free sums.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::observer::Observer;

/// More than any machine this runs on has, and few enough that they can be started.
const MOST_THREADS: usize = 1024;

/// The rule for a number of threads.
pub(crate) fn check_threads(count: usize) -> Result<(), Error> {
    let valid = (1..=MOST_THREADS).contains(&count);
    if valid { Ok(()) } else { Err(Error::option("threads", "between 1 and 1024", count)) }
}

/// A pool of threads, alive as long as the work.
pub struct Threads(rayon::ThreadPool);

impl Threads {
    /// `count` threads, or as many as there are processors.
    ///
    /// # Errors
    /// [`Error::Option`] for 0, for more than 1024, and when the system does not give that many.
    pub fn new(count: Option<usize>) -> Result<Self, Error> {
        let count = Self::wanted(count);
        check_threads(count)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(Self)
            .map_err(|_| Error::option("threads", "a number of threads that the system can start", count))
    }

    /// How many threads `count` asks for: as many as there are processors where it asks for none.
    pub fn wanted(count: Option<usize>) -> usize {
        count.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Hands `items` out to all threads; each makes a part with `start` and folds into it what it gets.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `observer` says so, looked at before every item.
    pub fn fold<I, P>(
        &self,
        items: I,
        observer: &dyn Observer,
        start: impl Fn() -> P + Sync,
        add: impl Fn(&mut P, I::Item) + Sync,
    ) -> Result<Vec<P>, Error>
    where
        I: Iterator + Send,
        P: Send,
    {
        let items = Mutex::new(items);
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut part = start();
            while let Some(item) = next() {
                if observer.cancelled() {
                    return Err(Error::Interrupted);
                }
                add(&mut part, item);
            }
            Ok(part)
        };
        if self.count() == 1 { Ok(vec![work()?]) } else { self.0.broadcast(|_| work()).into_iter().collect() }
    }
}
