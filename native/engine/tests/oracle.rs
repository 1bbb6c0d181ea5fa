//! What a fit returns agrees with itself, on inputs made to break it.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod support;

use kmeans_engine::{Algorithm, Clustering, Error, FitParams, Init, Named, Stopped};
use proptest::prelude::*;
use support::{Data, check_oracle, cluster, run, unit};

fn params(clusters: usize) -> FitParams {
    FitParams { clusters, n_init: Some(2), threads: Some(1), ..FitParams::default() }
}

/// Few distinct values (ties, copies), plain ones, far offsets, and the ends of f64.
fn number() -> BoxedStrategy<f64> {
    prop_oneof![
        4 => (-2i32..3).prop_map(f64::from),
        // On the grid of a column that reaches 1e8 as well (definition 3 of docs/exactness.md).
        4 => (-100f64..100.0).prop_map(|x| (x * 1e9).round() / 1024f64.powi(3)),
        1 => (0f64..1.0).prop_map(|x| 1e8 + x),
        1 => Just(0.1),
        1 => Just(-0.0),
    ]
    .boxed()
}

/// Magnitudes from 1e-300 to 1e300, all in one table or each table at its own end.
fn extreme() -> BoxedStrategy<f64> {
    prop_oneof![
        (-300i32..300, 1f64..10.0).prop_map(|(e, m)| m * 10f64.powi(e)),
        (1f64..10.0).prop_map(|m| -m * 1e300 / 10.0),
        (1f64..10.0).prop_map(|m| m * 1e-300),
    ]
    .boxed()
}

fn tables(number: fn() -> BoxedStrategy<f64>) -> impl Strategy<Value = (Data, usize)> {
    (1usize..5, 1usize..40, any::<bool>()).prop_flat_map(move |(columns, rows, weighted)| {
        let weight = prop_oneof![3 => (1u8..4).prop_map(f64::from), 1 => 0.01f64..9.0];
        let weights = prop::collection::vec(weight, rows).prop_map(move |w| weighted.then_some(w));
        let values = prop::collection::vec(number(), rows * columns);
        (values, weights, 1..=rows)
            .prop_map(move |(values, weights, clusters)| (Data { columns, values, weights }, clusters))
    })
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::NAMES).prop_map(|(_, algorithm)| algorithm)
}

fn distinct(data: &Data) -> usize {
    let mut rows: Vec<Vec<u64>> =
        data.rows().map(|row| row.iter().map(|x| (x + 0.0).to_bits()).collect()).collect();
    rows.sort();
    rows.dedup();
    rows.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_tables((data, clusters) in tables(number), seed in any::<u64>(), random in any::<bool>(), algorithm in algorithm()) {
        let init = if random { Init::Random } else { Init::PlusPlus };
        let found = cluster(&data, &FitParams { init, seed, algorithm, ..params(clusters) });
        check_oracle(&data, &found);
        prop_assert_eq!(found.sizes.len(), clusters.min(distinct(&data)));
        prop_assert!(found.weights.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", found.weights);
    }

    #[test]
    fn values_at_the_ends_of_f64((data, clusters) in tables(extreme), seed in any::<u64>(), algorithm in algorithm()) {
        let found = run(&data, data.matrix(), &FitParams { seed, algorithm, ..params(clusters) }, &());
        match unit(&data) {
            Some(_) => check_oracle(&data, &found.unwrap()),
            None => prop_assert!(matches!(found, Err(Error::Apart { .. })), "{:?}", found),
        }
    }

    #[test]
    fn stopping_early_still_agrees((data, clusters) in tables(number), max_iter in 1usize..3, tol in 0f64..1.0) {
        check_oracle(&data, &cluster(&data, &FitParams { max_iter, tol, ..params(clusters) }));
    }

    #[test]
    fn given_centroids_anywhere((data, clusters) in tables(number), start in prop::collection::vec(number(), 200), algorithm in algorithm()) {
        let start = start[..clusters * data.columns].to_vec();
        check_oracle(&data, &cluster(&data, &FitParams { init: Init::Given(start), algorithm, ..params(clusters) }));
    }

    /// At k = n every distinct row is its own centroid, to the bit, so inertia is 0 and not 1e-34.
    #[test]
    fn as_many_clusters_as_rows((data, _) in tables(number)) {
        let found = cluster(&data, &params(data.values.len() / data.columns));
        check_oracle(&data, &found);
        prop_assert_eq!(found.inertia, 0.0);
        prop_assert_eq!(found.sizes.len(), distinct(&data));
    }

    #[test]
    fn one_cluster_is_the_mean(values in prop::collection::vec(number(), 1..60)) {
        let data = Data::new(1, values);
        let found = cluster(&data, &params(1));
        check_oracle(&data, &found);
        prop_assert_eq!(&found.centroids, &found.means);
        prop_assert_eq!(found.inertia, found.total);
    }
}

#[test]
fn constant_columns_and_a_single_row() {
    let constant = Data::new(2, vec![7.25; 40]);
    let found = cluster(&constant, &params(3));
    check_oracle(&constant, &found);
    assert_eq!((found.sizes, found.inertia, found.total), (vec![20], 0.0, 0.0));
    let single = Data::new(3, vec![0.1, -2.0, 1e9]);
    let found = cluster(&single, &params(1));
    check_oracle(&single, &found);
    assert_eq!(found.centroids, single.values);
}

#[test]
fn a_great_offset_does_not_hide_the_structure() {
    let rows = (0..3000u32).map(|i| 1e8 + f64::from(i % 3) * 10.0 + f64::from(i % 7) / 7.0);
    let data = Data::new(1, rows.collect());
    let found = cluster(&data, &params(3));
    check_oracle(&data, &found);
    assert_eq!(found.sizes, [1000, 1000, 1000]);
}

#[test]
fn an_empty_cluster_takes_the_farthest_row() {
    // The third centroid is nobody's nearest; 100 is farthest from its own, so the cluster becomes {100}.
    let data = Data::new(1, vec![0.0, 1.0, 2.0, 50.0, 51.0, 100.0]);
    let given = Init::Given(vec![1.0, 50.0, 1e6]);
    let found = cluster(&data, &FitParams { init: given, max_iter: 1, ..params(3) });
    check_oracle(&data, &found);
    assert_eq!(found.centroids, [1.0, 50.5, 100.0]);
}

#[test]
fn given_centroids_keep_their_order_and_others_fall_by_size() {
    let data = Data::new(1, vec![0.0, 10.0, 10.5, 20.0, 20.5, 21.0]);
    let given = Init::Given(vec![0.0, 20.0, 10.0]);
    let found = cluster(&data, &FitParams { init: given, ..params(3) });
    assert_eq!((found.centroids, found.sizes), (vec![0.0, 20.5, 10.25], vec![1, 3, 2]));
    let found = cluster(&data, &params(3));
    assert_eq!((found.centroids, found.sizes), (vec![20.5, 10.25, 0.0], vec![3, 2, 1]));
}

#[test]
fn clusters_of_equal_size_are_numbered_by_centroid() {
    let data = Data::new(1, vec![5.0, -1.0, 9.0, -1.5, 5.5, 9.5]);
    assert_eq!(cluster(&data, &params(3)).centroids, [-1.25, 5.25, 9.25]);
}

#[test]
fn a_row_of_weight_2_is_the_row_twice() {
    let rows = [3.0, 0.1, 1.7, 40.0, 41.3, 80.0, 81.0, 85.5];
    let weights = [1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 2.0, 4.0];
    let weighted = Data { weights: Some(weights.to_vec()), ..Data::new(1, rows.to_vec()) };
    let repeat = |x: f64, w: f64| std::iter::repeat_n(x, w as usize);
    let repeated = Data::new(1, rows.iter().zip(weights).flat_map(|(&x, w)| repeat(x, w)).collect());
    for seed in 0..50 {
        for clusters in 1..6 {
            let params = FitParams { seed, ..params(clusters) };
            let (a, b) = (cluster(&weighted, &params), cluster(&repeated, &params));
            let same =
                |c: &Clustering| (c.centroids.clone(), c.inertia, c.total, c.weights.clone(), c.iterations);
            assert_eq!(same(&a), same(&b));
            let labels: Vec<u32> =
                a.labels.iter().zip(weights).flat_map(|(&l, w)| std::iter::repeat_n(l, w as usize)).collect();
            assert_eq!(labels, b.labels);
        }
    }
}

#[test]
fn rows_of_weight_0_get_a_label_and_have_no_say() {
    let data = Data { weights: Some(vec![1.0, 1.0, 0.0, 1.0]), ..Data::new(1, vec![0.0, 1.0, 900.0, 10.0]) };
    let found = cluster(&data, &params(2));
    check_oracle(&data, &found);
    assert_eq!((found.centroids, found.labels), (vec![0.5, 10.0], vec![0, 0, 1, 1]));
    let error = run(&data, data.matrix(), &params(4), &()).unwrap_err();
    assert_eq!(error, Error::FewerRowsThanClusters { clusters: 4, rows: 3, weighted: true });
}

#[test]
fn the_result_says_why_it_stopped() {
    let data = Data::new(1, (0..200u32).map(|i| f64::from(i * i % 997)).collect());
    let stopped = |max_iter, tol| cluster(&data, &FitParams { max_iter, tol, ..params(5) }).stopped;
    assert_eq!(stopped(300, 0.0), Stopped::Labels);
    assert_eq!(stopped(300, 0.01), Stopped::Tolerance);
    assert_eq!(stopped(1, 0.0), Stopped::MaxIter);
}

#[test]
fn nan_and_infinity_are_refused_with_their_place() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let data = Data::new(2, vec![1.0, 2.0, 3.0, bad]);
        let error = run(&data, data.matrix(), &params(1), &()).unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 1, column: 1, .. }), "{error}");
    }
}
