//! A model that loads is saved, loads again, is saved to the same bytes, and labels rows.
#![no_main]

use kmeans_engine::{Matrix, Threads, Values};
use kmeans_model::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(model) = Model::from_json(data) else { return };
    assert!(model.centroids.iter().flatten().all(|value| value.is_finite()));
    // What it keeps may nest as deep as it may be read, and not be written deeper.
    let saved = model.to_json().unwrap_or_else(|error| panic!("loaded and not saved: {error}"));
    let again = Model::from_json(&saved).unwrap_or_else(|error| panic!("saved and not loaded: {error}"));
    let twice = again.to_json().unwrap_or_else(|error| panic!("loaded twice and not saved: {error}"));
    assert_eq!(String::from_utf8_lossy(&saved), String::from_utf8_lossy(&twice));
    let columns = model.centroids.first().map_or(0, Vec::len);
    let Ok(threads) = Threads::new(Some(1)) else { return };
    let row = Matrix::new(columns, Values::F64(vec![0.5; columns]));
    let labels = model.labeller().labels(&row, &threads).unwrap_or_else(|error| panic!("no label: {error}"));
    assert!(labels.iter().all(|&label| (label as usize) < model.centroids.len()));
});
