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
    let Ok(threads) = Threads::new(Some(1)) else { return };
    let columns = model.columns().len();
    let row = Matrix::new(columns, Values::F64(vec![0.0; columns]));
    // A scale may bring a row out of range, and then it has no label.
    let Ok(prepared) = model.preparation().apply(row, &threads) else { return };
    let Ok(labels) = model.labeller().labels(&prepared, &threads) else { return };
    assert!(labels.iter().all(|&label| (label as usize) < model.centroids.len()));
});
