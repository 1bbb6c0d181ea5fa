//! The fast way and the careful way give the same, whatever the text, the reads it comes in and the number of threads.

use std::fmt::Write;

use kmeans_io::{Dialect, Input, Selection, TableReader, read_table};
use proptest::prelude::*;

use crate::given::{drip, never, numbers};

/// One byte at a time, every record has begun before it is whole, which only the careful way can do.
const CAREFUL: usize = 1;

/// Everything that comes of a reading: as a text, or as an error and its hint.
type Outcome = Result<String, (String, Option<String>)>;

/// What is asked of the table, beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wish {
    Numbers,
    Weight,
    KeepMissing,
    Texts,
}

const WISHES: [Wish; 4] = [Wish::Numbers, Wish::Weight, Wish::KeepMissing, Wish::Texts];

fn outcome(input: Input, threads: usize, wish: Wish) -> Outcome {
    let name = |name: &str| Some(name.to_owned());
    let mut selection = Selection::default();
    match wish {
        Wish::Numbers => {}
        Wish::Weight => selection.weight = name("w"),
        Wish::KeepMissing => selection.keep_missing = true,
        Wish::Texts => {
            (selection.truth, selection.keep_missing) = (name("c"), true);
            selection.categorical.extend(name("b"));
        }
    }
    let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
    read_table(input, dialect, &selection, false, &never())
        .map(|table| {
            let bits: Vec<u64> = numbers(&table.matrix).into_iter().map(f64::to_bits).collect();
            let beside = (table.weights, table.categories, table.truth, table.notes);
            format!("{:?} {bits:?} {beside:?}", table.names)
        })
        .map_err(|error| (error.to_string(), error.hint()))
}

/// The batches of a reading, as text for what goes on and bits for what is used, and its error.
fn passed(input: Input, threads: usize) -> (Vec<u64>, usize, Option<String>) {
    let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
    let (mut bits, mut rows) = (Vec::new(), 0);
    let mut reader = match TableReader::open(input, dialect, &never()) {
        Ok(reader) => reader,
        Err(error) => return (bits, rows, Some(error.to_string())),
    };
    if let Err(error) = reader.select(&["a".to_owned()]) {
        return (bits, rows, Some(error.to_string()));
    }
    let ended = reader.each_batch(
        |batch| (numbers(&batch.values), batch.rows),
        |(values, more): (Vec<f64>, usize)| {
            bits.extend(values.into_iter().map(f64::to_bits));
            rows += more;
            Ok::<(), kmeans_io::Error>(())
        },
    );
    (bits, rows, ended.err().map(|error| error.to_string()))
}

/// A field, mostly a number.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value:e}")),
        12 => (-1e4..1e4_f64).prop_map(|value| value.to_string()),
        12 => (0..200_u32).prop_map(|value| value.to_string()),
        2 => prop::sample::select(vec![
            " 1", "2 ", " -3.5 ", "\"4\"", "\" 5\"", "+6", ".5", "5.", "1e5", "00000000000000000000012",
            "0.1234567890123456789012345", "123456789012345678901234567890", "\t7",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "", "NA", "x", "\"a,b\"", "\"two\nlines\"", "\"say \"\"x\"\"\"", "5\" pipe", "inf", "1e999", "\"open", "3,5",
            "\"q\" ", "\"q\"z", "é", "\u{0}", "#",
        ]).prop_map(str::to_owned),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let fields = prop_oneof![40 => Just(4_usize), 1 => 1..6_usize];
    let rows =
        fields.prop_flat_map(|count| prop::collection::vec(field(), count)).prop_map(|row| row.join(","));
    prop_oneof![40 => rows, 1 => Just(String::new()), 1 => Just("  ".to_owned()), 1 => Just("# no row".to_owned())]
}

fn text() -> impl Strategy<Value = String> {
    let end = || prop::sample::select(vec!["\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r"]);
    let lines = prop::collection::vec((line(), end()), 1..40);
    let header =
        prop::sample::select(vec!["a,b,c,w\n", "a,b,c,w\r\n", "\u{feff}a,b,c,w\n", "# c\na,b,c,w\n", ""]);
    (header, lines, any::<bool>()).prop_map(|(header, lines, whole)| {
        let mut text = header.to_owned();
        lines.iter().for_each(|(line, end)| text.extend([line.as_str(), end]));
        // Often the last line has no end.
        if whole { text } else { text.trim_end_matches(['\r', '\n']).to_owned() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_way_and_threads_change_nothing_of_what_is_read(text in text(), wish in prop::sample::select(WISHES.to_vec()), most in 2..200_usize) {
        let bytes = text.as_bytes();
        let expected = outcome(drip(bytes, CAREFUL), 1, wish);
        for threads in 1..=4 {
            for most in [most, usize::MAX] {
                prop_assert_eq!(&outcome(drip(bytes, most), threads, wish), &expected, "{} threads", threads);
            }
        }
    }

    #[test]
    fn the_fast_way_and_threads_change_nothing_of_what_is_passed_on(text in text(), most in 2..200_usize) {
        let bytes = text.as_bytes();
        let (bits, rows, error) = passed(drip(bytes, CAREFUL), 1);
        for threads in 1..=4 {
            for most in [most, usize::MAX] {
                let found = passed(drip(bytes, most), threads);
                prop_assert_eq!(&found.2, &error, "{} threads", threads);
                if error.is_none() {
                    prop_assert_eq!((&found.0, found.1), (&bits, rows), "{} threads", threads);
                } else {
                    // Rows before the error are given as far as their chunk was, and no others.
                    prop_assert_eq!(&found.0[..], &bits[..found.0.len().min(bits.len())]);
                }
            }
        }
    }
}

#[test]
fn every_byte_may_be_where_one_read_ends_and_the_next_begins() {
    let text = "a,b,c,w\r\n1,2.5,-3e1,1\n\n\"4\",\"x\ny\",5,2\r\n 6 ,,7,3\r8,9,10,0\n\"say \"\"é\"\"\",1,2,3\n11,12,13,4";
    let bytes = text.as_bytes();
    let selection = |columns: &[&str]| Selection {
        columns: Some(columns.iter().map(|&name| name.to_owned()).collect()),
        weight: Some("w".to_owned()),
        ..Selection::default()
    };
    for columns in [&["c"][..], &["c", "a"]] {
        let read = |input, threads| {
            let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
            read_table(input, dialect, &selection(columns), false, &never())
                .map(|table| (numbers(&table.matrix), table.weights))
                .map_err(|error| error.to_string())
        };
        let expected = read(drip(bytes, CAREFUL), 1);
        for most in 1..=bytes.len() {
            for threads in 1..=4 {
                assert_eq!(read(drip(bytes, most), threads), expected, "{most} bytes, {threads} threads");
            }
        }
    }
}

#[test]
fn a_file_of_many_parts_is_read_in_order_and_its_first_error_is_told() {
    let mut text = String::from("id,a,b\n");
    let line = |row: u32| format!("\"row {row}\",{},{}\n", f64::from(row) / 7.0, f64::from(row).sqrt());
    (0..120_000).for_each(|row| text.push_str(&line(row)));
    let read = |text: &str, threads| outcome(drip(text.as_bytes(), usize::MAX), threads, Wish::Numbers);
    let expected = read(&text, 1);
    assert!(expected.is_ok());
    for threads in 2..5 {
        assert_eq!(read(&text, threads), expected);
    }
    // A line's end inside of quotes, then an error, then another.
    text.push_str("\"over\ntwo lines\",1,2\n");
    (0..120_000).for_each(|row| text.push_str(&line(row)));
    text.push_str("z,wrong,2\n");
    (0..60_000).for_each(|row| text.push_str(&line(row)));
    text.push_str("z,2\n");
    for threads in 1..5 {
        let (message, _) = read(&text, threads).unwrap_err();
        assert_eq!(message, "x: row 240002 (line 240004), column \"a\": \"wrong\" is not a number");
    }
}

#[test]
fn codes_of_texts_follow_their_first_row_on_any_number_of_threads() {
    let mut text = String::from("a,b,c,w\n");
    for row in 0..90_000_u32 {
        // Every part meets them in another order, and new ones far down.
        let (b, c) = (row.wrapping_mul(2_654_435_761) % (3 + row / 9_000), row / 777 % (2 + row / 30_000));
        let b = if row % 1001 == 0 { "NA".to_owned() } else { format!("text {b}") };
        writeln!(text, "{row},{b},class {c},1").unwrap();
    }
    let read = |threads| outcome(drip(text.as_bytes(), usize::MAX), threads, Wish::Texts);
    let expected = read(1);
    assert!(expected.is_ok(), "{expected:?}");
    for threads in 2..5 {
        assert!(read(threads) == expected, "{threads} threads");
    }
}

#[test]
fn missing_cells_are_counted_over_all_parts_and_the_first_is_named() {
    let mut text = String::from("a,b\n");
    (0..200_000).for_each(|row| text.push_str(if row % 50_000 == 49_999 { "1.5,\n" } else { "1.5,2.25\n" }));
    let read = |threads| outcome(drip(text.as_bytes(), usize::MAX), threads, Wish::Numbers).unwrap_err();
    assert!(read(1).0.contains("row 50000 (line 50001)"), "{}", read(1).0);
    for threads in 2..5 {
        assert_eq!(read(threads), read(1));
    }
}
