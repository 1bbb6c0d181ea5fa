//! What gzip and zstd make, and bytes that only claim to be that.
#![no_main]

use kmeans_fuzz::{let_contained_panics_pass, one_table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: let_contained_panics_pass(), |data: &[u8]| {
    if data.starts_with(b"\x1f\x8b") || data.starts_with(b"\x28\xb5\x2f\xfd") {
        one_table(data, None, 5);
    }
});
