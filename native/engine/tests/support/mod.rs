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
    // The working unit of the definition (docs/exactness.md): a power of two, 1 for ordinary data.
    let largest = data.values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let exponent = libm::frexp(largest).1;
    let exponent = if (-430..=440).contains(&exponent) { 0 } else { exponent };
    let working = |x: &f64| libm::scalbn(*x, -exponent); // 2^-exponent itself may be no f64
    let centroids: Vec<f64> = found.centroids.iter().map(working).collect();
    let weights = data.weights.as_deref().map(rounded);
    let mut sizes = vec![0u64; clusters];
    let mut inertia = Total::default();
    let mut within = vec![Total::default(); clusters];
    for (i, row) in data.rows().enumerate() {
        let row: Vec<f64> = row.iter().map(working).collect();
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
    let back = |total: &Total| libm::scalbn(total.value(), 2 * exponent);
    assert_eq!(found.inertia, back(&inertia));
    assert_eq!(found.within, within.iter().map(back).collect::<Vec<_>>());
    let labels = Labeller::new(data.columns, &found.centroids);
    let threads = Threads::new(Some(1)).unwrap();
    assert_eq!(labels.labels(&data.matrix(), &threads).unwrap(), found.labels);
}

/// Weights as the definition has them: on a grid of 2^-62 of the largest, which moves those that are less
/// than 2^-9 of it by something below their last bit.
fn rounded(weights: &[f64]) -> Vec<f64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let rows = usize::BITS - weights.len().leading_zeros();
    let step = libm::frexp(largest).1 - (76 - rows as i32).min(62);
    weights.iter().map(|&w| libm::scalbn(libm::rint(libm::scalbn(w, -step)), step)).collect()
}
