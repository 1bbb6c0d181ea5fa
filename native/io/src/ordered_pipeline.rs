//! Work on several threads whose results come out in the order in which it was fed.

use std::any::Any;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::sync::sync::{Condvar, Mutex};
use crate::sync::{hand_over, into_inner, lock, spawn_scoped, thread, wait};

/// An answer of a feed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fed<I> {
    Item(I),
    /// There is no more.
    End,
    /// Nothing now, since it was halted.
    Halted,
}

/// How the feed of a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Feed<E> {
    /// It said that there is no more.
    Complete,
    /// It was not asked for more, or was halted.
    Cut,
    Failed(E),
}

/// How a run ended.
pub(crate) struct Ended<E, G> {
    pub(crate) feed: Feed<E>,
    /// Why what was made could not be given.
    pub(crate) giving: Option<G>,
}

/// What is fed: it may be asked by any thread, by one at a time.
struct Feeder<F, E> {
    feed: F,
    fed: usize,
    /// Set once it is not to be asked again.
    over: bool,
    end: Feed<E>,
}

/// What was made and waits for its turn.
struct Queue<O, G> {
    waiting: VecDeque<Option<O>>,
    given: usize,
    /// Whether a thread is giving; no other may.
    giving: bool,
    /// Nothing more is to be fed.
    stopped: bool,
    /// Nothing more is to be given either.
    dead: bool,
    error: Option<G>,
    /// The first panic of a thread.
    panic: Option<Box<dyn Any + Send>>,
}

struct Pipeline<F, E, O, G, V> {
    feeder: Mutex<Feeder<F, E>>,
    queue: Mutex<Queue<O, G>>,
    moved: Condvar,
    give: Mutex<V>,
    most: usize,
}

/// Feeds until `feed` says its end, works on as many threads as there are `workers`, each with its own, and gives what
/// comes out on one thread at a time, in order.
///
/// After a `Break` or an error of `give`, `halt` is called so that a `feed` that waits gives up. After a `Break` what has been
/// fed already still comes out; after an error nothing does. A panic on any thread becomes one of the caller.
pub(crate) fn run<W, I, O, E, G>(
    workers: &mut [W],
    feed: impl FnMut() -> Result<Fed<I>, E> + Send,
    work: impl Fn(&mut W, I) -> O + Sync,
    give: impl FnMut(O) -> Result<ControlFlow<()>, G> + Send,
    halt: impl Fn() + Sync,
) -> Ended<E, G>
where
    W: Send,
    O: Send,
    E: Send,
    G: Send,
{
    let pipeline = Pipeline {
        feeder: Mutex::new(Feeder { feed, fed: 0, over: false, end: Feed::Cut }),
        queue: Mutex::new(Queue {
            waiting: VecDeque::new(),
            given: 0,
            giving: false,
            stopped: false,
            dead: false,
            error: None,
            panic: None,
        }),
        moved: Condvar::new(),
        give: Mutex::new(give),
        // Every thread works on one, and as many are ready or being given.
        most: 2 * workers.len(),
    };
    let turn = |worker: &mut W| {
        while !lock(&pipeline.queue).stopped
            && let Some((number, item)) = pipeline.next()
        {
            pipeline.deposit(number, work(worker, item), &halt);
        }
    };
    // The others would wait for ever for what a thread that panics had in hand.
    let contained = |worker: &mut W| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| turn(worker))) {
            pipeline.give_up(panic, &halt);
        }
    };
    if let Some((first, others)) = workers.split_first_mut() {
        thread::scope(|scope| {
            for worker in others {
                // Where the system gives no more threads, those that there are do the work.
                drop(spawn_scoped(scope, "kmeans-table", || contained(worker)));
            }
            contained(first);
        });
    }
    let queue = into_inner(pipeline.queue);
    if let Some(panic) = queue.panic {
        resume_unwind(panic);
    }
    Ended { feed: into_inner(pipeline.feeder).end, giving: queue.error }
}

impl<F, E, O, G, V> Pipeline<F, E, O, G, V> {
    /// The next item and its number, from 0.
    fn next<I>(&self) -> Option<(usize, I)>
    where
        F: FnMut() -> Result<Fed<I>, E>,
    {
        let mut feeder = lock(&self.feeder);
        if feeder.over || !self.has_room(feeder.fed) {
            return None;
        }
        // Unless it comes back with an item: it may panic.
        feeder.over = true;
        match (feeder.feed)() {
            Ok(Fed::Item(item)) => {
                let number = feeder.fed;
                feeder.fed += 1;
                feeder.over = false;
                Some((number, item))
            }
            Ok(Fed::End) => {
                feeder.end = Feed::Complete;
                None
            }
            Ok(Fed::Halted) => None,
            Err(error) => {
                feeder.end = Feed::Failed(error);
                None
            }
        }
    }

    /// Waits until item `number` is not too far ahead of what was given; false when there is to be none.
    fn has_room(&self, number: usize) -> bool {
        let mut queue = lock(&self.queue);
        while !queue.stopped && number >= queue.given + self.most {
            queue = wait(&self.moved, queue);
        }
        !queue.stopped
    }

    /// Puts what was made in its place, and gives all whose turn it is unless another thread does so already.
    fn deposit(&self, number: usize, made: O, halt: &impl Fn())
    where
        V: FnMut(O) -> Result<ControlFlow<()>, G>,
    {
        let mut queue = lock(&self.queue);
        let place = number - queue.given;
        // While one is being given, `given` still counts without it, and it has left its place.
        let place = place - usize::from(queue.giving);
        while queue.waiting.len() <= place {
            queue.waiting.push_back(None);
        }
        queue.waiting[place] = Some(made);
        if queue.giving {
            return;
        }
        while let Some(Some(_)) = queue.waiting.front() {
            let Some(Some(made)) = queue.waiting.pop_front() else { break };
            queue.giving = true;
            let dead = queue.dead;
            drop(queue);
            hand_over();
            let given = if dead { Ok(ControlFlow::Break(())) } else { (lock(&self.give))(made) };
            let goes_on = matches!(given, Ok(ControlFlow::Continue(())));
            queue = lock(&self.queue);
            (queue.given, queue.giving) = (queue.given + 1, false);
            if !goes_on {
                queue.stopped = true;
                halt();
            }
            if let Err(error) = given {
                (queue.dead, queue.error) = (true, Some(error));
            }
            self.moved.notify_all();
        }
    }

    /// Lets all threads go.
    fn give_up(&self, panic: Box<dyn Any + Send>, halt: &impl Fn()) {
        let mut queue = lock(&self.queue);
        (queue.stopped, queue.dead) = (true, true);
        queue.panic.get_or_insert(panic);
        halt();
        self.moved.notify_all();
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
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
            || Ok(numbers.next().map_or(Fed::End, Fed::Item)),
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
            assert_eq!((ended.feed, ended.giving), (Feed::Complete, None));
        }
    }

    #[test]
    fn after_a_break_only_what_was_fed_comes_out_and_after_an_error_nothing() {
        for threads in 1..6 {
            let stop_at =
                |number| if number == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            let (out, ended) = doubled(threads, 1000, |number| Ok(stop_at(number)));
            assert_eq!(out, (0..out.len()).map(|number| number * 2).collect::<Vec<_>>());
            assert!(out.len() > 10 && out.len() <= 11 + 2 * threads, "{}", out.len());
            assert_eq!(ended.feed, Feed::Cut);
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
            if fed < 10 { Ok(Fed::Item(fed)) } else { Err("broken") }
        };
        let give = |number| {
            out.push(number);
            Ok::<_, ()>(ControlFlow::Continue(()))
        };
        let ended = run(&mut [(); 3], feed, |(), number| number, give, || ());
        assert_eq!((ended.feed, out), (Feed::Failed("broken"), (1..10).collect()));
    }

    #[test]
    fn a_halted_feed_is_not_at_its_end() {
        let feed = || Ok::<Fed<()>, ()>(Fed::Halted);
        let ended = run(&mut [(); 3], feed, |(), ()| (), |()| Ok::<_, ()>(ControlFlow::Continue(())), || ());
        assert_eq!(ended.feed, Feed::Cut);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_no_thread_waiting() {
        let mut numbers = 0..1000;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let work = |(): &mut (), number| assert!(number != 5, "no fives");
            let give = |()| Ok::<_, ()>(ControlFlow::Continue(()));
            let feed = || Ok::<_, ()>(numbers.next().map_or(Fed::End, Fed::Item));
            run(&mut [(); 3], feed, work, give, || ());
        }));
        assert!(panicked.is_err());
    }
}
