//! Tables made to break algorithms, and options for them.

use kmeans_engine::{FitParams, Init};
use proptest::prelude::*;

use super::support::Data;

/// Numbers that tie, are nearly equal, lie at powers of two, or have nothing in common.
fn number() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        4 => (-2i32..3).prop_map(f64::from),
        2 => (0i32..5).prop_map(|x| 1e8 + f64::from(x) / 4.0),
        1 => (0i32..9).prop_map(|x| 1e15 + f64::from(x) / 8.0),
        2 => (0i32..4, -1f64..1.0).prop_map(|(x, y)| f64::from(x) * 5.0 + y * 1e-7),
        1 => (-30i32..30, any::<bool>()).prop_map(|(e, more)| (1.0 + f64::from(u8::from(more)) * f64::EPSILON) * 2f64.powi(e)),
        2 => -1f64..1.0,
        1 => (0i32..5).prop_map(|x| f64::from(x) * 0.1),
        1 => Just(-0.0),
    ]
}

/// Powers of two that bring a table to where something changes: the working unit, the filter's proof, the grid.
fn magnitude() -> impl Strategy<Value = i32> {
    prop_oneof![6 => Just(0), 1 => -460i32..-380, 1 => 380i32..460, 1 => -1040i32..900]
}

/// A table and how to fit it.
#[derive(Debug, Clone)]
pub struct Case {
    pub data: Data,
    pub narrow: bool,
    pub params: FitParams,
}

/// Small tables of every kind.
pub fn tables() -> impl Strategy<Value = Case> {
    let columns = prop_oneof![6 => 1usize..5, 2 => 5usize..24, 1 => 30usize..70];
    let rows = prop_oneof![1 => 1usize..17, 3 => 17usize..140, 1 => 140usize..600];
    let shape = (columns, rows, 1usize..48, magnitude());
    shape.prop_flat_map(|(columns, rows, clusters, magnitude)| {
        let clusters = clusters.min(rows);
        // Few numbers to choose from make copies and ties.
        let few = prop::collection::vec(number(), 1..40);
        let plain = number();
        let values = prop_oneof![
            2 => (few, prop::collection::vec(any::<prop::sample::Index>(), rows * columns))
                .prop_map(|(few, which)| which.iter().map(|i| *i.get(&few)).collect::<Vec<_>>()),
            3 => prop::collection::vec(plain, rows * columns),
        ];
        let far = prop_oneof![12 => Just(1.0), 1 => Just(1e20), 1 => Just(1e120), 1 => Just(1e300)];
        let given = prop::collection::vec((number(), far), clusters * columns);
        let weights = prop::collection::vec(
            prop_oneof![1 => Just(0.0), 3 => (1u8..9).prop_map(|w| f64::from(w) / 4.0)],
            rows,
        );
        let options = (0u8..4, any::<u64>(), 1usize..12, 1usize..4, any::<bool>(), any::<bool>());
        (values, given, weights, options).prop_map(move |(values, given, mut weights, options)| {
            let (init, seed, max_iter, n_init, weighted, narrow) = options;
            let narrow = narrow && magnitude == 0;
            let scaled = |x: f64| libm::scalbn(x, magnitude).clamp(-f64::MAX, f64::MAX);
            let value = |x: f64| if narrow { f64::from(x as f32) } else { scaled(x) };
            let given = given.iter().map(|&(x, far)| (scaled(x) * far).clamp(-f64::MAX, f64::MAX)).collect();
            let init = match init {
                0 => Init::Random,
                1 => Init::Given(given),
                _ => Init::PlusPlus,
            };
            weights[..clusters].iter_mut().filter(|w| **w == 0.0).for_each(|w| *w = 1.0);
            Case {
                data: Data {
                    columns,
                    values: values.into_iter().map(value).collect(),
                    weights: weighted.then_some(weights),
                },
                narrow,
                params: FitParams {
                    clusters,
                    seed,
                    max_iter,
                    tol: 0.0,
                    init,
                    n_init: Some(n_init),
                    ..FitParams::default()
                },
            }
        })
    })
}

/// Tables whose centroids lie now more, now less than 2^400 (or 2^-400) apart, beyond which the filter has no proof.
pub fn edges() -> impl Strategy<Value = Case> {
    (1usize..3, 5usize..120, 2usize..6, any::<bool>(), any::<u64>()).prop_flat_map(
        |(columns, rows, clusters, large, seed)| {
            let unit = 2f64.powi(if large { 400 } else { -400 });
            let values = prop::collection::vec(-1f64..1.0, rows * columns);
            let given = prop::collection::vec(-2f64..2.0, clusters * columns);
            (values, given, 0.3f64..2.0, any::<bool>()).prop_map(move |(values, given, scale, seeded)| {
                let scaled = |x: Vec<f64>| x.into_iter().map(|x| x * scale * unit).collect();
                let init = if seeded { Init::PlusPlus } else { Init::Given(scaled(given)) };
                let params =
                    FitParams { clusters, seed, tol: 0.0, init, n_init: Some(3), ..FitParams::default() };
                Case { data: Data::new(columns, scaled(values)), narrow: false, params }
            })
        },
    )
}

/// Wide tables in few directions, with copies and rows half way between others: what images tell apart and what not.
pub fn wide() -> impl Strategy<Value = Case> {
    let shape = (60usize..260, 30usize..260, 2usize..70, 1usize..8, any::<u64>());
    let details = (prop_oneof![Just(0.0), Just(1e-7), Just(1e-2), Just(1.0)], 0u8..3, any::<bool>(), 0u8..3);
    (shape, details).prop_map(|((columns, rows, clusters, rank, seed), (rest, kind, narrow, init))| {
        let noise = |salt: u64, i: usize| {
            let mut x = (i as u64).wrapping_add(seed ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            x = (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((x ^ x >> 29) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        let number = |row: usize, column: usize| {
            let along = (0..rank).map(|r| noise(1, row * rank + r) * noise(2, r * columns + column));
            along.sum::<f64>() * 8.0 + rest * noise(3, row * columns + column)
        };
        let value = |row: usize, column: usize| match kind {
            0 => number(row, column),
            1 => number(row / 3, column), // copies
            _ => number(row, column).midpoint(number(row / 2, column)),
        };
        let value = |at: usize| {
            let x = value(at / columns, at % columns) + 100.0 * f64::from(seed as u8 % 2);
            if narrow { f64::from(x as f32) } else { x }
        };
        let values: Vec<f64> = (0..rows * columns).map(value).collect();
        let clusters = clusters.min(rows);
        let init = match init {
            0 => Init::Random,
            1 => Init::Given(values[..clusters * columns].to_vec()),
            _ => Init::PlusPlus,
        };
        let params = FitParams {
            clusters,
            seed,
            max_iter: 6,
            tol: 0.0,
            init,
            n_init: Some(1),
            ..FitParams::default()
        };
        Case { data: Data::new(columns, values), narrow, params }
    })
}
