//! Arrays of `NumPy`, made by hand as `numpy.save` makes them.

use std::fs;

use kmeans_engine::Values;
use kmeans_io::{Dialect, Input, Output, Selection, read_table};
use proptest::prelude::*;

use crate::given::{bytes, drip, labelled, never, nothing, numbers, passed, read};

pub fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut whole = b"\x93NUMPY\x01\0".to_vec();
    whole.extend_from_slice(&(header.len() as u16).to_le_bytes());
    whole.extend_from_slice(header.as_bytes());
    whole.extend_from_slice(data);
    whole
}

fn little(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn both(whole: &[u8]) -> [Input; 2] {
    [bytes(whole), drip(whole, 7)]
}

#[test]
fn rows_and_columns_come_in_either_order() {
    let by_row = npy("<f8", false, "(3, 2)", &little(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let by_column = npy("<f8", true, "(3, 2)", &little(&[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]));
    for input in both(&by_row).into_iter().chain(both(&by_column)) {
        let table = read(input).unwrap();
        assert_eq!(table.names, ["x1", "x2"]);
        assert_eq!(numbers(&table.matrix), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}

#[test]
fn every_kind_of_number_is_read_in_both_byte_orders() {
    for (descr, data, value) in [
        ("<f4", 0.1_f32.to_le_bytes().to_vec(), f64::from(0.1_f32)),
        (">f4", 0.1_f32.to_be_bytes().to_vec(), f64::from(0.1_f32)),
        (">f8", 0.1_f64.to_be_bytes().to_vec(), 0.1),
        ("<f2", vec![0, 0x38], 0.5),
        ("|i1", vec![0xff], -1.0),
        (">i2", vec![0xff, 0xfe], -2.0),
        ("<i4", (-3_i32).to_le_bytes().to_vec(), -3.0),
        ("<i8", i64::MAX.to_le_bytes().to_vec(), i64::MAX as f64),
        ("|u1", vec![200], 200.0),
        ("<u2", vec![1, 1], 257.0),
        (">u4", vec![0, 0, 1, 0], 256.0),
        ("<u8", u64::MAX.to_le_bytes().to_vec(), u64::MAX as f64),
        ("|b1", vec![1], 1.0),
    ] {
        let table = read(bytes(&npy(descr, false, "(1,)", &data))).unwrap();
        assert_eq!(numbers(&table.matrix), [value], "{descr}");
        assert_eq!(
            matches!(table.matrix.values(), Values::F32(_)),
            data.len() < 4 || descr.ends_with("f4"),
            "{descr}"
        );
    }
}

#[test]
fn other_arrays_are_refused_with_a_sentence() {
    let refusal = |whole: &[u8]| {
        let error = read(bytes(whole)).unwrap_err();
        (error.to_string(), error.hint())
    };
    let (text, hint) = refusal(&npy("|O", false, "(2, 2)", b"\x80\x04."));
    assert_eq!(text, "x holds Python objects, and only arrays of numbers are read");
    assert_eq!(hint.unwrap(), "save it as a.astype(float)");
    assert!(refusal(&npy("<c16", false, "(1, 1)", &[0; 16])).0.contains("only numbers"));
    assert_eq!(
        refusal(&npy("<f8", false, "(1, 1, 1)", &[0; 8])).0,
        "x is an array of 3 dimensions, and a table has 2"
    );
    assert_eq!(
        refusal(&npy("<f8", false, "()", &[0; 8])).0,
        "x is an array of 0 dimensions, and a table has 2"
    );
    let fields = npy("<f8", false, "(1,)", &[0; 8]);
    let fields = String::from_utf8_lossy(&fields).replace("'<f8'", "[('a', '<f8')]").into_bytes();
    assert!(read(bytes(&fields)).is_err());
    assert!(refusal(&npy("<f8", false, "(0, 3)", b"")).0.contains("holds no row"));
    assert!(refusal(&npy("<f8", false, "(1, 1)", &[0; 9])).0.contains("more after its first array"));
    assert!(
        refusal(&npy("<f8", false, "(1, 18446744073709551615)", &[0; 8]))
            .0
            .contains("more than 100000 columns")
    );
    for shape in ["(18446744073709551615, 2)", "(4611686018427387904, 4)"] {
        // With checked arithmetic the header's parser gives up first.
        let text = refusal(&npy("<f8", false, shape, &[0; 8])).0;
        assert!(text.contains("impossible") || text.contains("makes no sense"), "{text}");
    }
    assert!(
        refusal(&npy("<f8", false, &format!("{}1{}", "(".repeat(500), ")".repeat(500)), &[]))
            .0
            .contains("makes no sense")
    );
}

#[test]
fn an_array_that_ends_early_is_refused() {
    for fortran in [false, true] {
        let whole = npy("<f8", fortran, "(2, 2)", &little(&[1.0, 2.0, 3.0, 4.0]));
        for end in 8..whole.len() {
            let error = read(bytes(&whole[..end])).unwrap_err().to_string();
            assert!(error.starts_with("x is damaged or cut short ("), "{end}: {error}");
        }
    }
}

#[test]
fn it_is_passed_on_as_columns_and_written_with_labels() {
    let folder = tempfile::tempdir().unwrap();
    for fortran in [false, true] {
        let data = if fortran { [1.0, 3.0, 2.5, 4.0] } else { [1.0, 2.5, 3.0, 4.0] };
        let whole = npy("<f8", fortran, "(2, 2)", &little(&data));
        let text = passed(bytes(&whole), &["x2"], "o.csv", None).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "x1,x2,cluster\n1,2.5,0\n3,4,1\n");
        let (path, output) = (folder.path().join("x.npy"), folder.path().join("o.tsv"));
        fs::write(&path, &whole).unwrap();
        for input in [Input::Path(path), drip(&whole, 5)] {
            let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
            let out = Output::open(&output, &[], &never()).unwrap();
            table.source.unwrap().write_with_labels(out, None, labelled(&[1, 0]), nothing, &never()).unwrap();
            assert_eq!(fs::read_to_string(&output).unwrap(), "x1\tx2\tcluster\n1\t2.5\t1\n3\t4\t0\n");
        }
    }
}

#[test]
fn a_number_that_is_not_finite_is_refused_with_its_place() {
    let whole = npy("<f8", false, "(2, 2)", &little(&[1.0, 2.0, f64::INFINITY, 4.0]));
    assert_eq!(
        read(bytes(&whole)).unwrap_err().to_string(),
        "x: row 2, column \"x1\": \"inf\" must be finite"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn flipped_bytes_are_answered_or_refused(fortran in any::<bool>(), places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut whole = npy("<f8", fortran, "(3, 2)", &little(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        for (place, value) in places {
            let place = place.index(whole.len());
            whole[place] = value;
        }
        let _ = read(bytes(&whole));
        let _ = passed(bytes(&whole), &["x1"], "o.csv", None);
    }
}
