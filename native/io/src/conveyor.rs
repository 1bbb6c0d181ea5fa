//! Work on several threads whose results come out in the order in which it was fed.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How a run ended.
pub(crate) struct Ended<F, G> {
    /// Why there was nothing more to feed, other than the end.
    pub(crate) feeding: Option<F>,
    /// Why what was made could not be given.
    pub(crate) giving: Option<G>,
}

/// What is fed: it may be asked by any thread, by one at a time.
struct Feeder<F> {
    feed: F,
    fed: usize,
    ended: bool,
}

/// What was made and waits for its turn.
struct Belt<O, G> {
    waiting: VecDeque<Option<O>>,
    given: usize,
    /// Whether a thread is giving; no other may.
    giving: bool,
    /// Nothing more is to be fed.
    stopped: bool,
    /// Nothing more is to be given either.
    dead: bool,
    error: Option<G>,
}

struct Shared<F, O, G, V> {
    feeder: Mutex<Feeder<F>>,
    belt: Mutex<Belt<O, G>>,
    moved: Condvar,
    give: Mutex<V>,
    most: usize,
}

/// Feeds until `feed` gives `None`, works on as many threads as there are `locals`, each with its own, and gives what
/// comes out on one thread at a time, in order.
///
/// After a `Break` or an error of `give`, `halt` is called so that a `feed` that waits gives up. After a `Break` what has been
/// fed already still comes out; after an error nothing does.
pub(crate) fn run<L, I, O, E, G>(
    locals: &mut [L],
    feed: impl FnMut() -> Result<Option<I>, E> + Send,
    work: impl Fn(&mut L, I) -> O + Sync,
    give: impl FnMut(O) -> Result<ControlFlow<()>, G> + Send,
    halt: impl Fn() + Sync,
) -> Ended<E, G>
where
    L: Send,
    O: Send,
    E: Send,
    G: Send,
{
    let shared = Shared {
        feeder: Mutex::new(Feeder { feed, fed: 0, ended: false }),
        belt: Mutex::new(Belt {
            waiting: VecDeque::new(),
            given: 0,
            giving: false,
            stopped: false,
            dead: false,
            error: None,
        }),
        moved: Condvar::new(),
        give: Mutex::new(give),
        // Every thread works on one, and as many are ready or being given.
        most: 2 * locals.len(),
    };
    let failed = Mutex::new(None);
    let worker = |local: &mut L| {
        let guard = Guard(&shared, &halt);
        while shared.has_room() {
            let (number, item) = match shared.next() {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) => {
                    *lock(&failed) = Some(error);
                    break;
                }
            };
            shared.deposit(number, work(local, item), &halt);
        }
        std::mem::forget(guard);
    };
    if let Some((first, others)) = locals.split_first_mut() {
        thread::scope(|scope| {
            let start = |local| {
                let thread = thread::Builder::new().name("kmeans-table".to_owned());
                // Where the system gives no more threads, those that there are do the work.
                thread.spawn_scoped(scope, || worker(local)).ok()
            };
            let handles: Vec<_> = others.iter_mut().filter_map(start).collect();
            worker(first);
            for handle in handles {
                handle.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
    }
    let Shared { belt, .. } = shared;
    let belt = belt.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ended { feeding: failed.into_inner().unwrap_or_else(PoisonError::into_inner), giving: belt.error }
}

impl<F, O, G, V> Shared<F, O, G, V> {
    /// The next item and its number, from 0.
    fn next<I, E>(&self) -> Result<Option<(usize, I)>, E>
    where
        F: FnMut() -> Result<Option<I>, E>,
    {
        let mut feeder = lock(&self.feeder);
        if feeder.ended || !self.wait(feeder.fed) {
            return Ok(None);
        }
        let fed = (feeder.feed)();
        if !matches!(fed, Ok(Some(_))) {
            feeder.ended = true;
            return fed.map(|_| None);
        }
        let number = feeder.fed;
        feeder.fed += 1;
        fed.map(|item| item.map(|item| (number, item)))
    }

    fn has_room(&self) -> bool {
        !lock(&self.belt).stopped
    }

    /// Waits until item `number` is not too far ahead of what was given; false when there is to be none.
    fn wait(&self, number: usize) -> bool {
        let mut belt = lock(&self.belt);
        while !belt.stopped && number >= belt.given + self.most {
            belt = self.moved.wait(belt).unwrap_or_else(PoisonError::into_inner);
        }
        !belt.stopped
    }

    /// Puts what was made in its place, and gives all whose turn it is unless another thread does so already.
    fn deposit(&self, number: usize, made: O, halt: &impl Fn())
    where
        V: FnMut(O) -> Result<ControlFlow<()>, G>,
    {
        let mut belt = lock(&self.belt);
        let place = number - belt.given;
        // While one is being given, `given` still counts without it, and it has left its place.
        let place = place - usize::from(belt.giving);
        while belt.waiting.len() <= place {
            belt.waiting.push_back(None);
        }
        belt.waiting[place] = Some(made);
        if belt.giving {
            return;
        }
        while let Some(Some(_)) = belt.waiting.front() {
            let Some(Some(made)) = belt.waiting.pop_front() else { break };
            belt.giving = true;
            let dead = belt.dead;
            drop(belt);
            let given = if dead { Ok(ControlFlow::Break(())) } else { (lock(&self.give))(made) };
            let goes_on = matches!(given, Ok(ControlFlow::Continue(())));
            belt = lock(&self.belt);
            (belt.given, belt.giving) = (belt.given + 1, false);
            if !goes_on {
                belt.stopped = true;
                halt();
            }
            if let Err(error) = given {
                (belt.dead, belt.error) = (true, Some(error));
            }
            self.moved.notify_all();
        }
    }
}

/// Lets the other threads go when one panics: they would wait for ever for what it had in hand.
struct Guard<'a, F, O, G, V, H: Fn()>(&'a Shared<F, O, G, V>, &'a H);

impl<F, O, G, V, H: Fn()> Drop for Guard<'_, F, O, G, V, H> {
    fn drop(&mut self) {
        let mut belt = lock(&self.0.belt);
        (belt.stopped, belt.dead) = (true, true);
        (self.1)();
        self.0.moved.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out when numbers below `fed` are doubled, and how the run ended.
    fn doubled(
        threads: usize,
        fed: usize,
        mut give: impl FnMut(usize) -> Result<ControlFlow<()>, &'static str> + Send,
    ) -> (Vec<usize>, Ended<&'static str, &'static str>) {
        let mut numbers = 0..fed;
        let mut out = Vec::new();
        let ended = run(
            &mut vec![(); threads],
            || Ok(numbers.next()),
            |(), number| {
                // The later, the quicker.
                thread::sleep(std::time::Duration::from_micros(100 * (7 - number as u64 % 7)));
                number * 2
            },
            |number| {
                out.push(number);
                give(number)
            },
            || (),
        );
        (out, ended)
    }

    #[test]
    fn what_is_made_comes_out_in_order_on_any_number_of_threads() {
        for threads in 1..6 {
            let (out, ended) = doubled(threads, 100, |_| Ok(ControlFlow::Continue(())));
            assert_eq!(out, (0..100).map(|number| number * 2).collect::<Vec<_>>());
            assert!(ended.feeding.is_none() && ended.giving.is_none());
        }
    }

    #[test]
    fn after_a_break_only_what_was_fed_comes_out_and_after_an_error_nothing() {
        for threads in 1..6 {
            let stop_at =
                |number| if number == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            let (out, _) = doubled(threads, 1000, |number| Ok(stop_at(number)));
            assert_eq!(out, (0..out.len()).map(|number| number * 2).collect::<Vec<_>>());
            assert!(out.len() > 10 && out.len() <= 11 + 2 * threads, "{}", out.len());
            let fail = |number| if number == 20 { Err("full") } else { Ok(ControlFlow::Continue(())) };
            let (out, ended) = doubled(threads, 1000, fail);
            assert_eq!((out.len(), ended.giving), (11, Some("full")));
        }
    }

    #[test]
    fn a_failing_feeder_ends_the_run_after_what_it_had_fed() {
        let (mut fed, mut out) = (0, Vec::new());
        let feed = || {
            fed += 1;
            if fed < 10 { Ok(Some(fed)) } else { Err("broken") }
        };
        let give = |number| {
            out.push(number);
            Ok::<_, ()>(ControlFlow::Continue(()))
        };
        let ended = run(&mut [(); 3], feed, |(), number| number, give, || ());
        assert_eq!((ended.feeding, out), (Some("broken"), (1..10).collect()));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_no_thread_waiting() {
        let mut numbers = 0..1000;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let work = |(): &mut (), number| assert!(number != 5, "no fives");
            let give = |()| Ok::<_, ()>(ControlFlow::Continue(()));
            run(&mut [(); 3], || Ok::<_, ()>(numbers.next()), work, give, || ());
        }));
        assert!(panicked.is_err());
    }
}
