//! Means, ranges, sums and labels of values at the ends of f64, against integers without bounds.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/rational.rs"]
mod rational;
mod support;

use kmeans_engine::{
    Algorithm, Clustering, Error, Extent, FitParams, Init, Matrix, Named, RowBlock, RowSource, Stopped,
    Streamed, Tier, Values, fit,
};
use proptest::prelude::*;
use rational::Rational;
use support::{Data, check_oracle, cluster, measured, range, run, unit};

/// The mean of a column over some rows by definition 3 of docs/exactness.md.
fn mean(data: &Data, column: usize, rows: &[usize]) -> f64 {
    let [min, max] = range(data, column);
    let step = libm::frexp(min.abs().max(max.abs())).1 - 90;
    let weight = |row: usize| data.weights.as_ref().map_or(1.0, |weights| weights[row]);
    let mut sum = Rational::of(0.0);
    let mut all = Rational::of(0.0);
    for &row in rows {
        let value = Rational::of(data.values[row * data.columns + column]).on_grid(step);
        sum = sum.plus(&value.times(&Rational::of(weight(row))));
        all = all.plus(&Rational::of(weight(row)));
    }
    let mean = sum.over(&all);
    if mean.less(&Rational::of(min)) {
        min
    } else if Rational::of(max).less(&mean) {
        max
    } else {
        mean.nearest(0)
    }
}

/// Everything that a fit tells, against the definitions.
fn check(data: &Data, found: &Clustering) {
    check_oracle(data, found);
    let all: Vec<usize> = (0..data.values.len() / data.columns).collect();
    for column in 0..data.columns {
        let [min, max] = range(data, column);
        assert_eq!([found.ranges.min[column], found.ranges.max[column]], [min, max], "range of {column}");
        assert_eq!(found.means[column], mean(data, column, &all), "mean of {column}");
        for (cluster, centroid) in found.centroids.chunks_exact(data.columns).enumerate() {
            let centroid = centroid[column];
            assert!((min..=max).contains(&centroid), "{centroid} is outside of {min} to {max}");
            let rows: Vec<usize> =
                all.iter().copied().filter(|&row| found.labels[row] as usize == cluster).collect();
            if found.stopped == Stopped::Labels && !has_ties(data, found) {
                assert_eq!(centroid, mean(data, column, &rows), "centroid {cluster}, column {column}");
            }
        }
    }
    let exponent = unit(data).unwrap();
    let mut inertia = Rational::of(0.0);
    for &row in &all {
        let least = Rational::of(distances(data, found, row).into_iter().fold(f64::INFINITY, f64::min));
        let weight = data.weights.as_ref().map_or(1.0, |weights| weights[row]);
        inertia = inertia.plus(&least.times(&Rational::of(weight)));
    }
    assert_eq!(found.inertia, inertia.nearest(2 * exponent));
}

fn distances(data: &Data, found: &Clustering, row: usize) -> Vec<f64> {
    let exponent = unit(data).unwrap();
    let number = |i: usize, x: f64| measured(range(data, i % data.columns), exponent, x);
    let row = &data.values[row * data.columns..][..data.columns];
    let distance = |centroid: &[f64]| {
        row.iter().zip(centroid).enumerate().fold(0.0, |sum: f64, (i, (&x, &c))| {
            let away = number(i, x) - number(i, c);
            away.mul_add(away, sum)
        })
    };
    found.centroids.chunks_exact(data.columns).map(distance).collect()
}

/// Whether numbering may have moved a row to another cluster.
fn has_ties(data: &Data, found: &Clustering) -> bool {
    (0..found.labels.len()).any(|row| {
        let distances = distances(data, found, row);
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        distances.iter().filter(|&&distance| distance == least).count() > 1
    })
}

/// The numbers of a column: those of one magnitude, a constant, ordinary ones with a sentinel among them, everything
/// below the least normal number, and mixtures.
fn column(rows: usize) -> BoxedStrategy<Vec<f64>> {
    let power = || -1070i32..1023;
    let plain = || prop_oneof![1f64..2.0, -2f64..-1.0];
    let few = || prop::sample::select(vec![-2.0, -1.0, 0.0, 0.1, 0.25, 1.0, 3.0]);
    let subnormal = (1u64..1 << 52, 0u64..2).prop_map(|(m, sign)| f64::from_bits(m | sign << 63));
    let sentinel = prop::sample::select(vec![f64::MAX, f64::MIN, 1e300, -1e200, f64::MIN_POSITIVE, 5e-324]);
    let one = || (power(), plain()).prop_map(|(e, m)| libm::scalbn(m, e));
    let scaled =
        |(e, all): (i32, Vec<f64>)| all.into_iter().map(|x| libm::scalbn(x, e)).collect::<Vec<f64>>();
    let with = |(mut all, sentinel, at): (Vec<f64>, f64, prop::sample::Index)| {
        *at.get_mut(&mut all) = sentinel;
        all
    };
    prop_oneof![
        3 => (power(), prop::collection::vec(plain(), rows)).prop_map(scaled),
        2 => (-1070i32..1020, prop::collection::vec(few(), rows)).prop_map(scaled),
        2 => prop::collection::vec(few(), rows),
        2 => one().prop_map(move |x| vec![x; rows]),
        2 => (prop::collection::vec(few(), rows), sentinel, any::<prop::sample::Index>()).prop_map(with),
        2 => prop::collection::vec(subnormal, rows),
        1 => prop::collection::vec(one(), rows),
    ]
    .boxed()
}

fn tables() -> impl Strategy<Value = (Data, FitParams)> {
    (1usize..5, 1usize..24).prop_flat_map(|(columns, rows)| {
        let all = prop::collection::vec(column(rows), columns);
        let weights =
            prop::option::of(prop::collection::vec((1u8..9).prop_map(|w| f64::from(w) / 4.0), rows));
        let options = (1..=rows, any::<u64>(), prop::sample::select(Algorithm::NAMES), any::<bool>());
        (all, weights, options).prop_map(move |(all, weights, (clusters, seed, algorithm, given))| {
            let values: Vec<f64> = (0..rows).flat_map(|row| all.iter().map(move |all| all[row])).collect();
            let init =
                if given { Init::Given(values[..clusters * columns].to_vec()) } else { Init::PlusPlus };
            let algorithm = algorithm.1;
            let base = FitParams {
                clusters,
                seed,
                algorithm,
                init,
                tol: 0.0,
                n_init: Some(2),
                ..FitParams::default()
            };
            (Data { columns, values, weights }, FitParams { threads: Some(2), ..base })
        })
    })
}

/// All rows in blocks of a few.
struct Blocks<'a>(&'a Data);

impl RowSource for Blocks<'_> {
    fn columns(&self) -> usize {
        self.0.columns
    }

    fn weighted(&self) -> bool {
        self.0.weights.is_some()
    }

    fn pass(&mut self, each: &mut dyn FnMut(RowBlock) -> Result<(), Error>) -> Result<(), Error> {
        for (place, rows) in self.0.values.chunks(5 * self.0.columns).enumerate() {
            let matrix = Matrix::new(self.0.columns, Values::F64(rows.to_vec()));
            let weights = self.0.weights.as_ref().map(|all| all[place * 5..][..matrix.rows()].to_vec());
            each(RowBlock::new(matrix, weights))?;
        }
        Ok(())
    }
}

fn streamed(data: &Data, params: &FitParams) -> Result<Clustering, Error> {
    let mut tier = Streamed::open(Blocks(data), params, &())?;
    let (rows, columns) = tier.shape();
    let plan = params.clone().check_counts(rows, columns, tier.counting())?;
    fit(&mut tier, &plan, &())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_a_fit_tells_is_exact_or_refused((data, params) in tables()) {
        let found = run(&data, data.matrix(), &params, &());
        prop_assert_eq!(&found, &streamed(&data, &params));
        match unit(&data) {
            Some(_) => check(&data, &found.unwrap()),
            None => prop_assert!(matches!(found, Err(Error::Apart { .. })), "{:?}", found),
        }
    }
}

fn table(columns: &[&[f64]]) -> Data {
    let rows = 0..columns[0].len();
    Data::new(columns.len(), rows.flat_map(|row| columns.iter().map(move |all| all[row])).collect())
}

fn params(clusters: usize) -> FitParams {
    FitParams { clusters, threads: Some(1), ..FitParams::default() }
}

#[test]
fn a_constant_column_hides_no_other() {
    for (constant, small) in [(1e300, 1e-100), (f64::MAX, 1e-300), (-1e308, 1.0), (5e-324, 1e200)] {
        let data = table(&[&[constant; 3], &[small, 2.0 * small, 9.0 * small]]);
        let found = cluster(&data, &params(2));
        check(&data, &found);
        assert_eq!((found.labels, found.sizes), (vec![0, 0, 1], vec![2, 1]));
        assert_eq!(found.centroids, [constant, small.midpoint(2.0 * small), constant, 9.0 * small]);
        assert_eq!(found.means[0], constant);
    }
}

/// A centroid that was given elsewhere is as far away in a column that does not vary as the distance says.
#[test]
fn given_centroids_may_differ_where_no_row_does() {
    let data = table(&[&[1e250; 4], &[1.0, 2.0, 8.0, 9.0]]);
    let given = vec![1e250, 1.5, 1e250, 8.5, -1e250, 8.5, 1.0, 1.0];
    let found = cluster(&data, &FitParams { init: Init::Given(given), max_iter: 1, ..params(4) });
    check(&data, &found);
}

#[test]
fn a_constant_beside_an_outlier_stays_what_it_is() {
    let data = table(&[&[1.0, 2.0, f64::MAX, 3.0], &[0.1; 4]]);
    let found = cluster(&data, &params(2));
    check(&data, &found);
    assert_eq!([found.centroids[1], found.centroids[3], found.means[1]], [0.1; 3]);
}

#[test]
fn columns_too_far_apart_are_refused_with_their_ranges() {
    // 2^870 apart is the most: squares of both still have all of their bits.
    let power = |e: i32| libm::scalbn(1.0, e);
    for (large, least) in [(f64::MAX, 153), (power(0), -870), (power(-100), -970)] {
        for (small, fits) in [(power(least), true), (power(least).next_down(), false)] {
            let data = table(&[&[7.0; 4], &[0.0, small, 0.0, small], &[0.0, 0.0, large, large]]);
            let found = run(&data, data.matrix(), &params(4), &());
            if fits {
                let found = found.unwrap();
                check(&data, &found);
                assert_eq!(found.sizes, [1; 4], "all four corners differ");
            } else {
                let extent = |column, max| Extent { column, min: 0.0, max };
                let refused = Error::Apart { large: extent(2, large), small: extent(1, small) };
                assert_eq!(found, Err(refused.clone()));
                assert_eq!(streamed(&data, &params(4)), Err(refused));
            }
        }
    }
    let data = table(&[&[1.0, 2.0, 1e300], &[0.1, 0.2, 0.1]]);
    assert_eq!(
        run(&data, data.matrix(), &params(2), &()).unwrap_err().to_string(),
        "column 1 (1e0 to 1e300) and column 2 (1e-1 to 2e-1) differ so much in size that the squares of both do not fit \
         into 64-bit floats"
    );
}

/// Tiny values beside large ones in one column are below its grid, as in any column: nothing is refused.
#[test]
fn a_column_may_hold_values_of_any_size() {
    let data = table(&[&[1e-300, 2e-300, 1e300, 9e299]]);
    let found = cluster(&data, &params(2));
    check(&data, &found);
    assert_eq!((found.labels, found.centroids), (vec![0, 0, 1, 1], vec![1e-300, 9.5e299]));
}

#[test]
fn a_subnormal_mean_is_rounded_once() {
    let mean = |values: &[f64]| cluster(&table(&[values]), &params(1)).centroids[0];
    // In units of 2^-1074: (1 + 2) / 2 goes to the even 2, (3 + 4) / 2 to 4; thirds to the nearest.
    let least = 5e-324;
    assert_eq!(mean(&[least, 2.0 * least]), 2.0 * least);
    assert_eq!(mean(&[3.0 * least, 4.0 * least]), 4.0 * least);
    assert_eq!(mean(&[least, least, 2.0 * least]), least);
    let tiny = |bits: u64| f64::from_bits(bits);
    let values = [tiny(0x000b_59a5_0000_0001), tiny(0x000b_59a5_0000_0002), tiny(0x0010_0000_0000_0001)];
    assert_eq!(mean(&values), self::mean(&table(&[&values]), 0, &[0, 1, 2]));
}
