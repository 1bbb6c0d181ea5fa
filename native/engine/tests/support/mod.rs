//! Shared by the tests: small inputs, a fit in one call, and the oracle.

use kmeans_engine::{
    Clustering, Error, FitParams, InMemory, Labeller, Matrix, Observer, Threads, Total, Values, Weights, fit,
    squared_distance,
};

/// f64 rows with perhaps a weight for each.
#[derive(Debug, Clone)]
pub struct Data {
    pub columns: usize,
    pub values: Vec<f64>,
    pub weights: Option<Vec<f64>>,
}

impl Data {
    pub fn new(columns: usize, values: Vec<f64>) -> Self {
        Self { columns, values, weights: None }
    }

    pub fn matrix(&self) -> Matrix {
        Matrix::new(self.columns, Values::F64(self.values.clone()))
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }
}

/// A fit of any storage of the data.
pub fn run(
    data: &Data,
    matrix: Matrix,
    params: &FitParams,
    observer: &dyn Observer,
) -> Result<Clustering, Error> {
    let weights = data.weights.as_deref().map(Weights::new).transpose()?;
    let plan = params.clone().check(matrix.rows(), matrix.columns(), weights.as_ref())?;
    fit(&mut InMemory::new(matrix, weights, params)?, &plan, observer)
}

pub fn cluster(data: &Data, params: &FitParams) -> Clustering {
    run(data, data.matrix(), params, &()).unwrap()
}

/// What a fit returns agrees with itself, by the definitions alone: nothing of the engine is used but the
/// canonical distance (itself checked against exact fractions) and the exact total.
pub fn check_oracle(data: &Data, found: &Clustering) {
    let clusters = found.sizes.len();
    assert_eq!(found.centroids.len(), clusters * data.columns);
    assert!(found.centroids.iter().all(|c| c.is_finite()), "{:?}", found.centroids);
    let exponent = unit(data).unwrap();
    let ranges: Vec<[f64; 2]> = (0..data.columns).map(|column| range(data, column)).collect();
    let measured = |values: &[f64]| -> Vec<f64> {
        values.iter().enumerate().map(|(i, &x)| measured(ranges[i % data.columns], exponent, x)).collect()
    };
    let centroids = measured(&found.centroids);
    let weights = data.weights.as_deref().map(rounded);
    let mut sizes = vec![0u64; clusters];
    let mut inertia = Total::default();
    let mut within = vec![Total::default(); clusters];
    for (i, row) in data.rows().enumerate() {
        let row = measured(row);
        let distances: Vec<f64> =
            centroids.chunks_exact(data.columns).map(|c| squared_distance(&row, c)).collect();
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let label = distances.iter().position(|&d| d == least).unwrap();
        assert_eq!(found.labels[i] as usize, label, "row {i}: {distances:?}");
        sizes[label] += 1;
        let weight = weights.as_ref().map_or(1.0, |w| w[i]);
        inertia.add_weighted(least, weight);
        within[label].add_weighted(least, weight);
    }
    assert_eq!(found.sizes, sizes);
    let back = |total: &Total| total.scaled(2 * exponent);
    assert_eq!(found.inertia, back(&inertia));
    assert_eq!(found.within, within.iter().map(back).collect::<Vec<_>>());
    assert_eq!(found.unit, exponent);
    let labels = Labeller::in_unit(data.columns, &found.centroids, exponent);
    let threads = Threads::new(Some(1)).unwrap();
    assert_eq!(labels.labels(&data.matrix(), &threads).unwrap(), found.labels);
}

/// The least and the largest value of a column.
pub fn range(data: &Data, column: usize) -> [f64; 2] {
    let values = || data.rows().map(|row| row[column] + 0.0);
    [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)]
}

/// The exponent of the working unit, by definition 12 of docs/exactness.md: 0 for ordinary data, `None` for a table that
/// is refused.
pub fn unit(data: &Data) -> Option<i32> {
    let ranges = (0..data.columns).map(|column| range(data, column)).filter(|[min, max]| min < max);
    let exponents: Vec<i32> = ranges.map(|[min, max]| libm::frexp(min.abs().max(max.abs())).1).collect();
    let (Some(&low), Some(&high)) = (exponents.iter().min(), exponents.iter().max()) else { return Some(0) };
    if low >= -430 && high <= 440 {
        return Some(0);
    }
    (high - low <= 870).then_some(high.min(low + 430))
}

/// A number of a column of this range as the kernels see it: a constant that would overflow is measured from itself.
pub fn measured([min, max]: [f64; 2], exponent: i32, x: f64) -> f64 {
    if min == max && libm::frexp(min).1 > 440 + exponent {
        return libm::scalbn(x - min, -exponent);
    }
    libm::scalbn(x, -exponent) // 2^-exponent itself may be no f64
}

/// Weights as the definition has them: on a grid of 2^-62 of the largest, which moves those that are less
/// than 2^-9 of it by something below their last bit.
fn rounded(weights: &[f64]) -> Vec<f64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let rows = usize::BITS - weights.len().leading_zeros();
    let step = libm::frexp(largest).1 - (76 - rows as i32).min(62);
    weights.iter().map(|&w| libm::scalbn(libm::rint(libm::scalbn(w, -step)), step)).collect()
}
