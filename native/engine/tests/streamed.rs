//! The streaming tier against the one in memory, bit by bit.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/blobs.rs"]
mod blobs;
#[path = "support/cases.rs"]
mod cases;
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use blobs::blobs;
use cases::{edges, tables, wide};
use kmeans_engine::{
    Algorithm, Clustering, Error, FitParams, Init, LabelStore, Matrix, Named, Observer, RowBlock, RowSource,
    Stopped, Streamed, Tier, Values, fit,
};
use proptest::prelude::*;
use support::{Data, check_oracle, cluster, run};

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Storage {
    Wide,
    Narrow,
    /// Every other block as f32 where that is exact: what a compact file does.
    Mixed,
}

/// A table in memory that is handed out in blocks of so many rows.
struct InBlocks<'a> {
    data: &'a Data,
    storage: Storage,
    rows: usize,
    passes: usize,
    /// Fails, or ends, in this pass.
    fails: Option<usize>,
    ends: Option<usize>,
}

impl<'a> InBlocks<'a> {
    fn new(data: &'a Data, storage: Storage, rows: usize) -> Self {
        Self { data, storage, rows, passes: 0, fails: None, ends: None }
    }
}

fn stored(values: &[f64], storage: Storage, block: usize) -> Values {
    let exact = values.iter().all(|&x| f64::from(x as f32).to_bits() == x.to_bits());
    let narrow = match storage {
        Storage::Wide => false,
        Storage::Narrow => true,
        Storage::Mixed => exact && block.is_multiple_of(2),
    };
    if narrow {
        Values::F32(values.iter().map(|&x| x as f32).collect())
    } else {
        Values::F64(values.to_vec())
    }
}

impl RowSource for InBlocks<'_> {
    fn columns(&self) -> usize {
        self.data.columns
    }

    fn weighted(&self) -> bool {
        self.data.weights.is_some()
    }

    fn pass(&mut self, each: &mut dyn FnMut(RowBlock) -> Result<(), Error>) -> Result<(), Error> {
        self.passes += 1;
        let numbers = self.rows * self.data.columns;
        for (index, values) in self.data.values.chunks(numbers).enumerate() {
            if self.ends == Some(self.passes) && index > 0 {
                return Ok(());
            }
            if self.fails == Some(self.passes) && index > 0 {
                return Err(Error::source(std::io::Error::other("the disk is gone")));
            }
            let matrix = Matrix::new(self.data.columns, stored(values, self.storage, index));
            let first = index * self.rows;
            let weights = self.data.weights.as_ref().map(|all| all[first..first + matrix.rows()].to_vec());
            each(RowBlock::new(matrix, weights))?;
        }
        Ok(())
    }
}

/// Labels in a place of their own.
struct Elsewhere(Mutex<Vec<u32>>);

impl LabelStore for Elsewhere {
    fn read(&self, first: usize, labels: &mut [u32]) -> Result<(), Error> {
        labels.copy_from_slice(&self.0.lock().unwrap()[first..first + labels.len()]);
        Ok(())
    }

    fn write(&self, first: usize, labels: &[u32]) -> Result<(), Error> {
        self.0.lock().unwrap()[first..first + labels.len()].copy_from_slice(labels);
        Ok(())
    }
}

fn streamed(rows: InBlocks, params: &FitParams, observer: &dyn Observer) -> Result<Clustering, Error> {
    let mut tier = Streamed::open(rows, params, observer)?;
    let (rows, columns) = tier.shape();
    let plan = params.clone().check_counts(rows, columns, tier.counting())?;
    fit(&mut tier, &plan, observer)
}

fn with_labels_elsewhere(rows: InBlocks, params: &FitParams) -> Clustering {
    let mut tier = Streamed::open(rows, params, &()).unwrap();
    let (rows, columns) = tier.shape();
    tier.keep_labels(Box::new(Elsewhere(Mutex::new(vec![7; rows]))));
    let plan = params.clone().check_counts(rows, columns, tier.counting()).unwrap();
    let mut found = fit(&mut tier, &plan, &()).unwrap();
    assert!(found.labels.is_empty());
    let mut some = Vec::new();
    for first in (0..rows).step_by(11) {
        tier.read_labels(first, 11, &mut some).unwrap();
        found.labels.extend(&some);
    }
    found
}

fn in_memory(data: &Data, storage: Storage, params: &FitParams) -> Clustering {
    let storage = if storage == Storage::Narrow { Storage::Narrow } else { Storage::Wide };
    run(data, Matrix::new(data.columns, stored(&data.values, storage, 0)), params, &()).unwrap()
}

fn bits(found: &Clustering) -> Vec<u64> {
    let one = [found.inertia, found.total, found.weight];
    let all =
        found.centroids.iter().chain(&found.means).chain(&found.within).chain(&found.weights).chain(&one);
    all.chain(&found.ranges.min).chain(&found.ranges.max).map(|x| x.to_bits()).collect()
}

fn same(found: &Clustering, expected: &Clustering, how: &str) {
    assert_eq!(found, expected, "{how}");
    assert_eq!(bits(found), bits(expected), "{how}");
}

fn check(data: &Data, storages: &[Storage], params: &FitParams) {
    for &storage in storages {
        let expected = in_memory(data, storage, params);
        for rows in [1, 7, 1000] {
            for threads in [1, 3] {
                let params = FitParams { threads: Some(threads), ..params.clone() };
                let found = streamed(InBlocks::new(data, storage, rows), &params, &()).unwrap();
                same(&found, &expected, &format!("{storage:?}, blocks of {rows}, {threads} threads"));
            }
        }
        same(&with_labels_elsewhere(InBlocks::new(data, storage, 7), params), &expected, "labels elsewhere");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn small_tables_give_the_same_bits(case in tables()) {
        let storages = if case.narrow { vec![Storage::Wide, Storage::Narrow] } else { vec![Storage::Wide, Storage::Mixed] };
        check(&case.data, &storages, &case.params);
    }

    #[test]
    fn tables_at_the_edges_of_f64_give_the_same_bits(case in edges()) {
        check(&case.data, &[Storage::Wide], &case.params);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn wide_tables_give_the_same_bits(case in wide()) {
        check(&case.data, &[if case.narrow { Storage::Narrow } else { Storage::Wide }], &case.params);
    }
}

/// More rows than seeding looks at, in blocks larger and smaller than a piece, with every algorithm in memory.
#[test]
fn large_tables_give_the_same_bits() {
    for (columns, weighted, offset) in [(2, false, 0.0), (2, true, 1e8), (9, false, 1e8)] {
        let mut data = blobs(150_001, columns, 9);
        data.values.iter_mut().for_each(|x| *x += offset);
        data.weights = weighted.then(|| (0..150_001).map(|i| f64::from(i % 11) / 8.0).collect());
        let params = FitParams { clusters: 12, max_iter: 12, n_init: Some(2), ..FitParams::default() };
        let expected = in_memory(&data, Storage::Wide, &params);
        assert_eq!(expected.restarts.seeding_rows, Some(131_072));
        check_oracle(&data, &expected);
        for &(name, algorithm) in Algorithm::NAMES {
            let params = FitParams { algorithm, ..params.clone() };
            same(&cluster(&data, &params), &expected, name);
        }
        for (rows, threads) in [(100, 1), (16_384, 2), (10_000, 3), (150_001, 8)] {
            let params = FitParams { threads: Some(threads), ..params.clone() };
            let found = streamed(InBlocks::new(&data, Storage::Wide, rows), &params, &()).unwrap();
            same(&found, &expected, &format!("blocks of {rows}"));
        }
    }
}

/// Copies, and centroids so far away that their clusters are empty at first: rows move, in pieces of many threads.
#[test]
fn empty_clusters_get_the_same_rows() {
    let mut data = blobs(20_000, 3, 4);
    data.values.iter_mut().for_each(|x| *x = (*x / 4.0).round());
    let mut given = data.values[..6 * 3].to_vec();
    given[3..].iter_mut().enumerate().for_each(|(i, x)| *x = 1e6 + i as f64);
    for weighted in [false, true] {
        data.weights = weighted.then(|| (0..20_000).map(|i| f64::from(i % 3)).collect());
        let params = FitParams { clusters: 6, init: Init::Given(given.clone()), ..FitParams::default() };
        check(&data, &[Storage::Wide, Storage::Narrow, Storage::Mixed], &params);
    }
}

#[test]
fn what_is_wrong_with_a_value_is_told_with_its_row() {
    let mut data = blobs(5000, 2, 3);
    data.values[2 * 4321 + 1] = f64::NAN;
    data.values[2 * 4400] = f64::INFINITY;
    let of = |data: &Data, rows| {
        let params = FitParams { threads: Some(3), ..FitParams::default() };
        Streamed::open(InBlocks::new(data, Storage::Wide, rows), &params, &()).err()
    };
    for rows in [7, 5000] {
        assert!(matches!(of(&data, rows), Some(Error::NotFinite { row: 4321, column: 1, .. })));
    }
    data.weights = Some((0..5000).map(|i| if i == 99 { -1.0 } else { 1.0 }).collect());
    assert_eq!(of(&data, 7), Some(Error::Weight { row: 99, value: -1.0 }));
    data.weights = Some(vec![0.0; 5000]);
    data.values = vec![1.0; 10_000];
    assert_eq!(of(&data, 7), Some(Error::NoWeight));
    assert_eq!(of(&Data::new(2, Vec::new()), 7), Some(Error::NoRows));
}

#[test]
fn a_source_that_fails_or_changes_is_told_in_every_pass() {
    let data = blobs(3000, 2, 3);
    let params = FitParams { clusters: 3, n_init: Some(2), ..FitParams::default() };
    for pass in 1..9 {
        let failing = InBlocks { fails: Some(pass), ..InBlocks::new(&data, Storage::Wide, 100) };
        let error = streamed(failing, &params, &()).unwrap_err();
        let Error::Source(source) = &error else { panic!("{error}") };
        assert!(source.inner().downcast_ref::<std::io::Error>().is_some());
        assert_eq!(error.to_string(), "the disk is gone");
        if pass > 1 {
            let ending = InBlocks { ends: Some(pass), ..InBlocks::new(&data, Storage::Wide, 100) };
            let error = streamed(ending, &params, &()).unwrap_err();
            assert_eq!(error, Error::Changed { before: 3000, now: "100".to_owned() });
        }
    }
}

/// Ends the run at the `n`th question.
struct After(AtomicUsize);

impl Observer for After {
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn an_interruption_at_any_moment_leaves_a_clustering_that_agrees_with_itself() {
    let data = blobs(9000, 2, 5);
    let params = FitParams { clusters: 5, n_init: Some(2), threads: Some(2), ..FitParams::default() };
    let mut kept = 0;
    for n in 0..80 {
        let rows = InBlocks::new(&data, Storage::Wide, 9000);
        match streamed(rows, &params, &After(AtomicUsize::new(n))) {
            Ok(found) => {
                check_oracle(&data, &found);
                kept += usize::from(found.stopped == Stopped::Interrupted);
            }
            Err(error) => assert_eq!(error, Error::Interrupted),
        }
    }
    assert!(kept > 10, "{kept}");
}
