//! The same bytes for any number of threads and any storage; and what is promised of an interruption.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/blobs.rs"]
mod blobs;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use blobs::blobs;
use kmeans_engine::{
    Algorithm, Clustering, Error, FitParams, Init, Isa, Iteration, Matrix, Named, Observer, Stopped, Values,
};
use support::{check_oracle, cluster, run};

/// Tables that take every way through the kernels: few columns (the brief filter, and boxes), some (the filter where there is a fused
/// multiply-add), many (its tiles where there is bf16; images when centroids are searched for).
#[test]
fn threads_instruction_sets_and_algorithms_give_the_same_bytes() {
    for (mut data, clusters) in
        [(blobs(20_000, 2, 12), 12), (blobs(3000, 24, 20), 20), (blobs(1500, 70, 40), 40)]
    {
        for weighted in [false, true] {
            let rows = data.values.len() / data.columns;
            data.weights = weighted.then(|| (0..rows).map(|i| (i % 11) as f64 / 8.0).collect());
            for init in [Init::PlusPlus, Init::Random] {
                let with = |threads, isa, algorithm| {
                    let (threads, isa, init) = (Some(threads), Some(isa), init.clone());
                    let params = FitParams { threads, isa, init, algorithm, ..FitParams::default() };
                    cluster(&data, &FitParams { clusters, max_iter: 30, n_init: Some(2), ..params })
                };
                let one = with(1, Isa::Portable, Algorithm::Lloyd);
                check_oracle(&data, &one);
                for isa in Isa::available() {
                    for threads in [1, 2, 3, 8] {
                        assert_eq!(with(threads, isa, Algorithm::Auto), one, "{threads} threads, {isa:?}");
                    }
                    for &(name, algorithm) in Algorithm::NAMES {
                        assert_eq!(with(2, isa, algorithm), one, "{name}, {isa:?}");
                    }
                }
            }
        }
    }
}

/// More rows than a span that is sorted by itself, and some that fill no panel.
#[test]
fn sorted_rows_keep_their_numbers() {
    let data = blobs(270_011, 2, 5);
    let with = |algorithm| {
        let params =
            FitParams { clusters: 9, algorithm, max_iter: 8, n_init: Some(2), ..FitParams::default() };
        cluster(&data, &params)
    };
    let lloyd = with(Algorithm::Lloyd);
    check_oracle(&data, &lloyd);
    assert_eq!(with(Algorithm::Boxes), lloyd);
}

#[test]
fn f32_and_the_same_values_as_f64_give_the_same_bytes() {
    let data = blobs(5000, 3, 6);
    let narrow: Vec<f32> = data.values.iter().map(|&x| x as f32).collect();
    let wide: Vec<f64> = narrow.iter().map(|&x| f64::from(x)).collect();
    let params = FitParams { clusters: 6, ..FitParams::default() };
    let narrow = run(&data, Matrix::new(3, Values::F32(narrow)), &params, &()).unwrap();
    let wide = run(&data, Matrix::new(3, Values::F64(wide)), &params, &()).unwrap();
    assert_eq!(narrow, wide);
}

/// A restart is the same whether others follow it or not, and the best of more is never worse.
#[test]
fn restarts_are_independent() {
    let data = blobs(2000, 2, 15);
    let with = |n_init| {
        let params =
            FitParams { clusters: 15, n_init: Some(n_init), init: Init::Random, ..FitParams::default() };
        cluster(&data, &params)
    };
    let found: Vec<Clustering> = (1..8).map(with).collect();
    assert!(found.windows(2).all(|pair| pair[1].inertia <= pair[0].inertia));
    let last = &found[6];
    assert!(last.restarts.winner > 0, "the test needs a later restart to win");
    let first = &found[last.restarts.winner];
    assert_eq!((&first.centroids, &first.labels), (&last.centroids, &last.labels));
    check_oracle(&data, last);
}

#[test]
fn a_large_input_is_seeded_on_a_sample_and_says_so() {
    let data = blobs(140_000, 2, 4);
    let with = |threads| {
        let params =
            FitParams { clusters: 4, threads: Some(threads), n_init: Some(1), ..FitParams::default() };
        cluster(&data, &params)
    };
    let found = with(1);
    assert_eq!(found.restarts.seeding_rows, Some(131_072));
    assert_eq!(found.sizes.iter().sum::<u64>(), 140_000);
    assert_eq!(with(3), found);
    check_oracle(&data, &found);
}

/// Ends the run at the `n`th question.
struct After(AtomicUsize);

impl Observer for After {
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn an_interruption_at_any_moment_leaves_a_clustering_that_agrees_with_itself() {
    let data = blobs(6000, 3, 30);
    let params = FitParams { clusters: 30, n_init: Some(3), threads: Some(2), ..FitParams::default() };
    let mut kept = 0;
    for questions in (0..2000).step_by(37) {
        match run(&data, data.matrix(), &params, &After(AtomicUsize::new(questions))) {
            Ok(found) => {
                kept += 1;
                check_oracle(&data, &found);
                assert_eq!(found.sizes.len(), 30);
                if questions < 500 {
                    assert_eq!(found.stopped, Stopped::Interrupted);
                }
            }
            Err(error) => {
                assert_eq!(error, Error::Interrupted);
                assert!(questions < 40, "{questions}");
            }
        }
    }
    assert!(kept > 10);
}

#[test]
fn the_observer_sees_every_iteration_with_falling_inertia() {
    struct Seen(std::sync::Mutex<Vec<Iteration>>);
    impl Observer for Seen {
        fn iteration(&self, iteration: &Iteration) {
            self.0.lock().unwrap().push(*iteration);
        }
    }
    let data = blobs(3000, 2, 9);
    let params = FitParams { clusters: 9, n_init: Some(1), ..FitParams::default() };
    let seen = Seen(std::sync::Mutex::default());
    let found = run(&data, data.matrix(), &params, &seen).unwrap();
    let seen = seen.0.into_inner().unwrap();
    assert_eq!(seen.len(), found.iterations);
    assert_eq!(seen[0].changed, 3000);
    assert!(seen.windows(2).all(|pair| pair[1].inertia <= pair[0].inertia));
    assert!(found.inertia <= seen[seen.len() - 1].inertia);
}
