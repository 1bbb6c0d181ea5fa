//! Gaussian blobs of known truth, made row by row: any stretch of rows in constant memory, the same for
//! every machine.

use crate::error::Error;
use crate::rng::{Purpose, Stream, unit};

/// The options of a generator: their meaning, default and rule.
#[derive(Debug, Clone, PartialEq)]
pub struct BlobsParams {
    /// Rows to make, 1 or more.
    pub rows: u64,
    /// Columns, 1 or more.
    pub features: usize,
    /// Blobs, 1 or more. Of any `clusters` rows in a row each blob has one, so sizes differ by one at most.
    pub clusters: usize,
    /// Standard deviation in every column of every blob, 0 or more. Centres lie in [-10, 10].
    pub std: f64,
    /// Fixes everything.
    pub seed: u64,
}

impl Default for BlobsParams {
    fn default() -> Self {
        Self { rows: 1000, features: 2, clusters: 3, std: 1.0, seed: 0 }
    }
}

/// 2^27 numbers are 1 GiB of centres.
const MOST_CENTRE_CELLS: usize = 1 << 27;
/// Counters of the random streams are 64 bits wide.
const MOST_CELLS: u128 = 1 << 62;

/// Makes the rows.
#[derive(Debug, Clone)]
pub struct Blobs {
    params: BlobsParams,
    centres: Vec<f64>,
}

impl Blobs {
    /// Checks the options and places the centres.
    ///
    /// # Errors
    /// [`Error::Option`] for a value outside its rule.
    pub fn new(params: BlobsParams) -> Result<Self, Error> {
        let BlobsParams { rows, features, clusters, std, seed } = params;
        let counts = [("rows", rows), ("features", features as u64), ("clusters", clusters as u64)];
        if let Some((option, count)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(Error::option(option, "1 or more", count));
        }
        if !(0.0..=1e300).contains(&std) {
            // 1e308 rather than 309 digits.
            let got = if std.abs() < 1e17 { std.to_string() } else { format!("{std:e}") };
            return Err(Error::option("std", "between 0 and 1e300", got));
        }
        if clusters.saturating_mul(features) > MOST_CENTRE_CELLS {
            return Err(Error::option("clusters", "at most 134,217,728 divided by the features", clusters));
        }
        if u128::from(rows) * features as u128 > MOST_CELLS {
            return Err(Error::option("rows", "at most 2^62 divided by the features", rows));
        }
        let stream = Stream::new(seed, Purpose::BlobCentres, 0);
        let coordinate = |i| unit(stream.words(i as u64)[0]) * 20.0 - 10.0;
        Ok(Self { centres: (0..clusters * features).map(coordinate).collect(), params })
    }

    /// The options.
    pub fn params(&self) -> &BlobsParams {
        &self.params
    }

    /// The true centres, `clusters x features`.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// Appends rows `from..to` to `values` (row-major) and the blob of each to `truth`.
    pub fn rows(&self, from: u64, to: u64, values: &mut Vec<f64>, truth: &mut Vec<u32>) {
        let clusters = self.params.clusters as u64;
        let mut round = (u64::MAX, Vec::new());
        for row in from..to {
            if round.0 != row / clusters {
                round = (row / clusters, self.order(row / clusters));
            }
            let blob = round.1[(row % clusters) as usize];
            truth.push(blob);
            self.row(row, blob as usize, values);
        }
    }

    /// The blobs of a round of `clusters` rows: each once, shuffled (Fisher-Yates).
    fn order(&self, round: u64) -> Vec<u32> {
        let clusters = self.params.clusters;
        let stream = Stream::new(self.params.seed, Purpose::BlobTruth, 0);
        let mut order: Vec<u32> = (0..clusters as u32).collect();
        for last in (1..clusters).rev() {
            let counter = round.wrapping_mul(clusters as u64).wrapping_add(last as u64);
            order.swap(last, stream.below(counter, last as u64 + 1) as usize);
        }
        order
    }

    /// Box & Muller 1958, two numbers at a time; `libm`'s functions, because the system's differ in the last
    /// bit from one system to the next.
    fn row(&self, row: u64, blob: usize, values: &mut Vec<f64>) {
        let features = self.params.features;
        let stream = Stream::new(self.params.seed, Purpose::BlobValues, 0);
        let pairs = features.div_ceil(2) as u64;
        let centre = &self.centres[blob * features..][..features];
        for (pair, centre) in centre.chunks(2).enumerate() {
            let [a, b] = stream.words(row * pairs + pair as u64);
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(a)));
            let (sin, cos) = libm::sincos(std::f64::consts::TAU * unit(b));
            let normal = [radius * cos, radius * sin];
            values.extend(centre.iter().zip(normal).map(|(c, z)| self.params.std * z + c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(params: BlobsParams, stretches: &[u64]) -> (Vec<f64>, Vec<u32>) {
        let blobs = Blobs::new(params).unwrap();
        let (mut values, mut truth, mut from) = (Vec::new(), Vec::new(), 0);
        for &to in stretches {
            blobs.rows(from, to, &mut values, &mut truth);
            from = to;
        }
        (values, truth)
    }

    #[test]
    fn rows_do_not_depend_on_how_they_are_asked_for() {
        let params = BlobsParams { rows: 100, features: 3, clusters: 7, ..BlobsParams::default() };
        let whole = make(params.clone(), &[100]);
        assert_eq!(make(params, &[1, 2, 50, 57, 100]), whole);
        assert_eq!((whole.0.len(), whole.1.len()), (300, 100));
    }

    #[test]
    fn blobs_have_equal_sizes_and_the_spread_asked_for() {
        let params = BlobsParams { rows: 30_000, features: 2, clusters: 3, std: 0.5, seed: 9 };
        let blobs = Blobs::new(params.clone()).unwrap();
        let (values, truth) = make(params, &[30_000]);
        for blob in 0..3u32 {
            let rows: Vec<_> =
                values.chunks(2).zip(&truth).filter(|(_, t)| **t == blob).map(|(r, _)| r).collect();
            assert_eq!(rows.len(), 10_000);
            for column in 0..2 {
                let centre = blobs.centres()[blob as usize * 2 + column];
                let mean = rows.iter().map(|r| r[column]).sum::<f64>() / 1e4;
                let variance = rows.iter().map(|r| (r[column] - centre).powi(2)).sum::<f64>() / 1e4;
                assert!((mean - centre).abs() < 0.03, "{mean} {centre}");
                assert!((variance - 0.25).abs() < 0.02, "{variance}");
            }
        }
    }

    #[test]
    fn the_first_row_is_pinned() {
        let (values, truth) = make(BlobsParams { rows: 1, ..BlobsParams::default() }, &[1]);
        assert_eq!((values, truth), (PINNED.to_vec(), vec![2]));
    }

    /// A change here changes the data of everybody's seed.
    const PINNED: [f64; 2] = [1.660_624_348_329_358_8, -1.998_690_105_658_313];

    #[test]
    fn impossible_options_are_refused() {
        let refused = |params| Blobs::new(params).map(|_| ()).unwrap_err();
        let option = |error| if let Error::Option { option, .. } = error { option } else { "" };
        let base = BlobsParams::default;
        assert_eq!(option(refused(BlobsParams { rows: 0, ..base() })), "rows");
        assert_eq!(option(refused(BlobsParams { features: 0, ..base() })), "features");
        assert_eq!(option(refused(BlobsParams { std: -1.0, ..base() })), "std");
        assert_eq!(option(refused(BlobsParams { clusters: usize::MAX, ..base() })), "clusters");
        assert_eq!(option(refused(BlobsParams { rows: u64::MAX, ..base() })), "rows");
    }
}
