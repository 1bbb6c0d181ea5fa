//! Any bytes under any format: the same table or the same sentence however they come.
#![no_main]

use kmeans_fuzz::{LONGEST, check, dripping, let_contained_panics_pass, pass, read, same};
use kmeans_io::{Dialect, Format};
use libfuzzer_sys::fuzz_target;

// The last byte chooses the format, so that any file is a seed as it is.
fuzz_target!(init: let_contained_panics_pass(), |data: &[u8]| {
    let Some((&told, bytes)) = data.split_last() else { return };
    if bytes.len() > LONGEST {
        return;
    }
    let format = Format::NAMES.get(usize::from(told) % (Format::NAMES.len() + 1));
    let format = format.and_then(|name| name.parse().ok());
    let dialect = Dialect { format, ..Dialect::default() };
    let whole = read(dripping(bytes, usize::MAX), dialect);
    same(&whole, &read(dripping(bytes, 1 + usize::from(told)), dialect), "in pieces");
    let Ok(reading) = whole else { return };
    check(&reading);
    if let Ok((values, _)) = pass(dripping(bytes, usize::MAX), dialect, &reading.names, None) {
        assert_eq!(values, reading.values);
    }
});
