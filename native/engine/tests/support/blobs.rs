//! Gaussian blobs as a table.

use kmeans_engine::{Blobs, BlobsParams};

use crate::support::Data;

pub fn blobs(rows: u64, features: usize, clusters: usize) -> Data {
    let params = BlobsParams { rows, features, clusters, std: 3.0, seed: 42 };
    let (mut values, mut truth) = (Vec::new(), Vec::new());
    Blobs::new(params).unwrap().rows(0, rows, &mut values, &mut truth);
    Data::new(features, values)
}
