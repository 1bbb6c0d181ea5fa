//! Every algorithm with every instruction set against the plain one, bit by bit, on tables made to break them.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/cases.rs"]
mod cases;
mod support;

use cases::{edges, tables, wide};
use kmeans_engine::{Algorithm, Clustering, FitParams, Init, Isa, Matrix, Named, Values};
use proptest::prelude::*;
use support::{Data, check_oracle, cluster, run};

/// A fit of the data, as f32 where that is asked for.
fn fitted(data: &Data, narrow: bool, params: &FitParams) -> Clustering {
    let matrix = if narrow {
        Matrix::new(data.columns, Values::F32(data.values.iter().map(|&x| x as f32).collect()))
    } else {
        data.matrix()
    };
    run(data, matrix, params, &()).unwrap()
}

fn check(data: &Data, narrow: bool, params: &FitParams) {
    let with = |isa, algorithm, threads| {
        fitted(
            data,
            narrow,
            &FitParams { isa: Some(isa), algorithm, threads: Some(threads), ..params.clone() },
        )
    };
    let one = with(Isa::Portable, Algorithm::Lloyd, 1);
    check_oracle(data, &one);
    let bits = |found: &Clustering| -> Vec<u64> {
        let all = found.centroids.iter().chain(&found.means).chain(&found.within);
        all.map(|x| x.to_bits()).collect()
    };
    for isa in Isa::available() {
        for &(name, algorithm) in Algorithm::NAMES {
            let found = with(isa, algorithm, 1);
            assert_eq!(found, one, "{name}, {isa:?}");
            assert_eq!(bits(&found), bits(&one), "{name}, {isa:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn wide_tables_give_the_same_bits(case in wide()) {
        check(&case.data, case.narrow, &case.params);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn all_give_the_same_bits(case in tables()) {
        check(&case.data, case.narrow, &case.params);
    }

    #[test]
    fn with_and_without_a_proof_of_the_filter(case in edges()) {
        check(&case.data, case.narrow, &case.params);
    }
}

/// Step 2 has centroids 2^400 apart, so no filter; what the bounds knew of step 1 must not outlive it.
#[test]
fn bounds_end_where_the_filter_has_no_proof() {
    let unit = 2f64.powi(398);
    let scaled = |values: &[f64]| values.iter().map(|x| x * unit).collect::<Vec<f64>>();
    let data = Data::new(1, scaled(&[4.0, 0.75, 1.75, 7.75, 0.5]));
    let init = Init::Given(scaled(&[5.5, 6.75, 3.75]));
    check(&data, false, &FitParams { clusters: 3, tol: 0.0, init, ..FitParams::default() });
}

/// 40 rows are equally far, each many times, and threads meet them in different orders. The one that fills the empty
/// cluster takes all its equals along, also those met where others had pushed it out.
#[test]
fn equals_of_the_farthest_row_are_found_by_all_threads() {
    let (groups, share) = (20i32, 4096);
    let place = |i: i32| f64::from(i / 2 * 100 + i % 2 * 2 - 1);
    let rows = (0..24 * share).map(|row| if row / share % 2 == 0 { row % 40 } else { 39 - row % 40 });
    let data = Data::new(1, rows.map(place).collect());
    let given = (0..groups).map(|group| f64::from(group * 100)).chain([1e7]).collect();
    let params = FitParams { clusters: 21, max_iter: 1, init: Init::Given(given), ..FitParams::default() };
    let with = |threads, algorithm| {
        cluster(&data, &FitParams { threads: Some(threads), algorithm, ..params.clone() })
    };
    let one = with(1, Algorithm::Lloyd);
    check_oracle(&data, &one);
    for threads in 2..12 {
        for &(name, algorithm) in Algorithm::NAMES {
            assert_eq!(with(threads, algorithm), one, "{name}, {threads} threads");
        }
    }
}
