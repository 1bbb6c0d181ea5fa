//! Parquet files.
#![no_main]

use kmeans_fuzz::{let_contained_panics_pass, one_table};
use kmeans_io::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: let_contained_panics_pass(), |data: &[u8]| one_table(data, Some(Format::Parquet), 5));
