//! A text is one table whatever the chunks it comes in, batch by batch, and after it went through `predict`.
#![no_main]

use kmeans_fuzz::{LONGEST, check, dripping, pass, read, same};
use kmeans_io::{Dialect, Format};
use libfuzzer_sys::fuzz_target;

const DELIMITERS: [Option<u8>; 8] =
    [None, None, None, Some(b','), Some(b';'), Some(b'\t'), Some(b' '), Some(b'|')];

// The last byte tells what the caller says, so that any file is a seed as it is.
fuzz_target!(|data: &[u8]| {
    let Some((&told, text)) = data.split_last() else { return };
    if text.len() > LONGEST {
        return;
    }
    let header = [None, None, Some(true), Some(false)][usize::from(told >> 3) % 4];
    let delimiter = DELIMITERS[usize::from(told) % 8];
    let dialect = Dialect { format: Some(Format::Csv), header, delimiter, ..Dialect::default() };
    let whole = read(dripping(text, usize::MAX), dialect);
    // Short chunks for every text, and one length that it chooses itself.
    for most in [1, 7, 1 + usize::from(told)] {
        same(&whole, &read(dripping(text, most), dialect), &format!("{most} bytes at a time"));
    }
    let Ok(reading) = whole else { return };
    check(&reading);
    let (name, written) = match (told >> 6 & 1, delimiter) {
        (1, _) => ("o.tsv", Some(b'\t')),
        (_, Some(b'\t')) => ("o.csv", Some(b',')),
        _ => ("o.csv", delimiter),
    };
    let passed = pass(dripping(text, 1 + usize::from(told)), dialect, &reading.names, Some(name));
    let (values, output) = match passed {
        Ok(passed) => passed,
        // A text column that is not used may share the name of a column of numbers; predict cannot tell them apart.
        Err(error) if error.contains("columns named") => return,
        Err(error) => panic!("read and not passed on: {error}"),
    };
    assert_eq!(values, reading.values);
    // A guess may come out otherwise with a column more; whoever said what the text is gets the same again.
    // Decimal commas are looked for between semicolons only, and stay as they are between tabs.
    let decimals_may_differ = matches!(delimiter, None | Some(b';')) && written != delimiter;
    // Blank lines before the names are gone, and the names may begin as a compressed file does.
    let looks_packed = [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd"].iter().any(|magic| output.starts_with(magic));
    if header == Some(true) && written.is_some() && !decimals_may_differ && !looks_packed {
        again(&output, Dialect { delimiter: written, ..dialect }, &reading.names, &values);
    }
});

/// What was written is read with the same numbers in it.
fn again(output: &[u8], dialect: Dialect, names: &[String], values: &[u64]) {
    let passed = pass(dripping(output, usize::MAX), dialect, names, None);
    match passed {
        Ok((found, _)) => assert_eq!(found, values, "{}", String::from_utf8_lossy(output)),
        // An input's own column may have the name of the added one.
        Err(error) => assert!(error.contains("columns named"), "{error}"),
    }
}
