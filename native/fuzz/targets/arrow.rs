//! An Arrow file or stream is one table from memory and from a pipe, and after it went through `predict`.
#![no_main]

use kmeans_fuzz::{LONGEST, check, dripping, let_contained_panics_pass, pass, read, same};
use kmeans_io::{Dialect, Input};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: let_contained_panics_pass(), |data: &[u8]| {
    let is_arrow = data.starts_with(b"ARROW1") || data.starts_with(b"\xff\xff\xff\xff");
    if data.len() > LONGEST || !is_arrow {
        return;
    }
    let dialect = Dialect::default();
    let whole = read(Input::Ipc(data.to_vec()), dialect);
    let named = |result: Result<_, String>| {
        result.map_err(|sentence| sentence.replace("the Arrow data", "x"))
    };
    let whole = named(whole);
    same(&whole, &read(dripping(data, 13), dialect), "13 bytes at a time");
    let Ok(reading) = whole else { return };
    check(&reading);
    let passed = pass(Input::Ipc(data.to_vec()), dialect, &reading.names, Some("o.arrow"));
    // Columns that are not used are decoded too, and may be damaged.
    let Ok((values, output)) = passed else { return };
    assert_eq!(values, reading.values);
    let (again, _) = pass(Input::Ipc(output), dialect, &reading.names, None)
        .unwrap_or_else(|error| panic!("written and not read: {error}"));
    assert_eq!(values, again);
});
