//! Any bytes under any format.
#![no_main]

use kmeans_fuzz::{let_contained_panics_pass, one_table};
use kmeans_io::Format;
use libfuzzer_sys::fuzz_target;

// The last byte chooses the format, so that any file with a 0 behind it is a seed.
fuzz_target!(init: let_contained_panics_pass(), |data: &[u8]| {
    let Some((&told, bytes)) = data.split_last() else { return };
    let told = usize::from(told);
    let name = (told % (Format::NAMES.len() + 1)).checked_sub(1).map(|place| Format::NAMES[place]);
    one_table(bytes, name.and_then(|name| name.parse().ok()), 1 + told);
});
