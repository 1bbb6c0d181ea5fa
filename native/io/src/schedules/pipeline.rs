use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::explore;
use crate::ordered_pipeline::{Ended, Fed, Feed, run};
use crate::stop::Halt;
use crate::sync::thread;

const ITEMS: usize = 7;

/// What comes out when numbers are doubled on three threads, and how the run ended. A feed that is halted says so.
fn doubled(
    feed: impl Fn(usize) -> Result<Fed<usize>, &'static str> + Sync,
    mut give: impl FnMut(usize) -> Result<ControlFlow<()>, &'static str> + Send,
) -> (Vec<usize>, Ended<&'static str, &'static str>) {
    let (mut fed, mut out, halt) = (0, Vec::new(), Halt::default());
    let feed = || {
        if halt.is_called() {
            return Ok(Fed::Halted);
        }
        fed += 1;
        feed(fed - 1)
    };
    let work = |(): &mut (), number: usize| {
        thread::yield_now();
        number * 2
    };
    let give = |number| {
        out.push(number);
        give(number)
    };
    let ended = run(&mut [(); 3], feed, work, give, || halt.call());
    (out, ended)
}

fn numbers(number: usize) -> Result<Fed<usize>, &'static str> {
    Ok(if number < ITEMS { Fed::Item(number) } else { Fed::End })
}

fn evens(count: usize) -> Vec<usize> {
    (0..count).map(|number| number * 2).collect()
}

#[test]
fn everything_comes_out_in_order_and_the_end_is_said() {
    explore(500, || {
        let (out, ended) = doubled(numbers, |_| Ok(ControlFlow::Continue(())));
        assert_eq!((out, ended.feed, ended.giving), (evens(ITEMS), Feed::Complete, None));
    });
}

#[test]
fn after_a_break_all_that_was_fed_comes_out() {
    explore(500, || {
        let stop_at = |number| if number == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let (out, ended) = doubled(numbers, |number| Ok(stop_at(number)));
        assert_eq!(out, evens(out.len()));
        assert!(out.len() > 2 && ended.giving.is_none());
        // The end may have been reached before the break.
        assert!(ended.feed == Feed::Cut || (ended.feed == Feed::Complete && out.len() == ITEMS));
    });
}

#[test]
fn after_an_error_nothing_comes_out() {
    explore(500, || {
        let fail = |number| if number == 4 { Err("full") } else { Ok(ControlFlow::Continue(())) };
        let (out, ended) = doubled(numbers, fail);
        assert_eq!((out, ended.giving), (evens(3), Some("full")));
    });
}

#[test]
fn a_feed_that_fails_ends_the_run_after_what_came_before() {
    explore(500, || {
        let feed = |number| if number < 4 { Ok(Fed::Item(number)) } else { Err("broken") };
        let (out, ended) = doubled(feed, |_| Ok(ControlFlow::Continue(())));
        assert_eq!((out, ended.feed), (evens(4), Feed::Failed("broken")));
    });
}

/// In the feed, at work and when giving.
#[test]
fn a_panic_on_any_thread_is_one_of_the_caller() {
    for place in 0..3 {
        explore(100, move || {
            let mut fed = 0;
            let feed = || {
                assert!(place != 0 || fed != 3, "in the feed");
                fed += 1;
                Ok::<_, ()>(if fed < ITEMS { Fed::Item(fed) } else { Fed::End })
            };
            let work = |(): &mut (), number| {
                assert!(place != 1 || number != 3, "at work");
                number
            };
            let give = |number| {
                assert!(place != 2 || number != 3, "when giving");
                Ok::<_, ()>(ControlFlow::Continue(()))
            };
            let run = catch_unwind(AssertUnwindSafe(|| run(&mut [(); 3], feed, work, give, || ())));
            assert!(run.is_err());
        });
    }
}
