use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Float32Array, Float64Array, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use kmeans_engine::{Error as EngineError, Matrix, RowBlock, RowSource, Values};
use tempfile::NamedTempFile;

use crate::columns::Selection;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::source::Input;
use crate::stop::{Never, Stop};

use super::raw::Raw;
use super::{LabelsFile, Limit, Loaded, PassingRows, read_table_within};
use crate::table::Table;

fn load(input: Input, weight: Option<&str>, keep: bool, bytes: u64) -> Result<Loaded, Error> {
    let never: Arc<dyn Stop> = Arc::new(Never);
    let selection = Selection { weight: weight.map(str::to_owned), ..Selection::default() };
    let limit = Limit { bytes, clusters: 3, threads: 1, prepared: false };
    read_table_within(input, Dialect::default(), &selection, keep, limit, &never)
}

fn passing(input: Input, weight: Option<&str>, keep: bool) -> (Table, PassingRows) {
    match load(input, weight, keep, 1 << 16).unwrap() {
        Loaded::Passing(table, rows, _) => (table, *rows),
        Loaded::Held(_) => panic!("this table should not fit"),
    }
}

/// All numbers, and all weights, of one pass.
fn pass(rows: &mut impl RowSource) -> Result<(Vec<f64>, Vec<f64>), EngineError> {
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    rows.pass(&mut |block: RowBlock| {
        values.extend_from_slice(&block.matrix().widened());
        weights.extend_from_slice(block.weights().unwrap_or_default());
        Ok(())
    })?;
    Ok((values, weights))
}

/// Some whole numbers, so that blocks of both widths are kept, and others.
fn number(row: usize, column: usize) -> f64 {
    if row < 9000 { (row * 3 + column) as f64 } else { row as f64 / 7.0 + column as f64 }
}

const ROWS: usize = 20_011;

fn text() -> String {
    let mut text = String::from("a,w,b\n");
    for row in 0..ROWS {
        text.extend([number(row, 0).to_string(), format!(",{},", row % 5), format!("{}\n", number(row, 1))]);
    }
    text
}

fn expected() -> (Vec<f64>, Vec<f64>) {
    let values = (0..ROWS).flat_map(|row| [number(row, 0), number(row, 1)]).collect();
    (values, (0..ROWS).map(|row| (row % 5) as f64).collect())
}

fn batches() -> Vec<RecordBatch> {
    let column = |rows: std::ops::Range<usize>, of: &dyn Fn(usize) -> f64| -> arrow_array::ArrayRef {
        Arc::new(Float64Array::from_iter_values(rows.map(of)))
    };
    let rows = (0..ROWS).step_by(3000).map(|from| from..ROWS.min(from + 3000));
    let batch = |rows: std::ops::Range<usize>| {
        let (a, b) =
            (column(rows.clone(), &|row| number(row, 0)), column(rows.clone(), &|row| number(row, 1)));
        let w: arrow_array::ArrayRef =
            Arc::new(Float32Array::from_iter_values(rows.map(|row| (row % 5) as f32)));
        RecordBatch::try_from_iter([("a", a), ("w", w), ("b", b)]).unwrap()
    };
    rows.map(batch).collect()
}

fn file(contents: &[u8], suffix: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    file.write_all(contents).unwrap();
    file
}

fn arrow(stream: bool) -> Vec<u8> {
    let batches = batches();
    let (mut bytes, schema) = (Vec::new(), batches[0].schema());
    if stream {
        let mut writer = StreamWriter::try_new(&mut bytes, &schema).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    } else {
        let mut writer = FileWriter::try_new(&mut bytes, &schema).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    }
    bytes
}

fn path(of: &Path) -> Input {
    Input::Path(of.to_owned())
}

fn reader(bytes: Vec<u8>) -> Input {
    Input::Reader { name: "x".to_owned(), reader: Box::new(std::io::Cursor::new(bytes)) }
}

#[test]
fn every_pass_gives_the_same_rows_whatever_they_come_from() {
    let csv = file(text().as_bytes(), ".csv");
    let feather = file(&arrow(false), ".arrow");
    let stream = file(&arrow(true), ".arrows");
    let inputs: [&dyn Fn() -> Input; 7] = [
        &|| path(csv.path()),
        &|| reader(text().into_bytes()),
        &|| path(feather.path()),
        &|| path(stream.path()),
        &|| reader(arrow(false)),
        &|| reader(arrow(true)),
        &|| Input::Ipc(arrow(true)),
    ];
    for (i, input) in inputs.iter().enumerate() {
        for keep in [false, true] {
            let (table, mut rows) = passing(input(), Some("w"), keep);
            assert_eq!((table.names, table.matrix.rows()), (vec!["a".to_owned(), "b".to_owned()], 0));
            assert_eq!((rows.rows(), rows.passes()), (ROWS, 1));
            assert_eq!(table.source.is_some(), keep, "input {i}");
            for passes in 2..4 {
                assert_eq!(pass(&mut rows).unwrap(), expected(), "input {i}");
                assert_eq!(rows.passes(), passes);
            }
        }
    }
}

/// Several files are one table, and are copied whatever they are.
#[test]
fn several_files_pass_as_one() {
    let (csv, feather) = (file(text().as_bytes(), ".csv"), file(&arrow(false), ".arrow"));
    let both = Input::Paths(vec![feather.path().to_owned(), csv.path().to_owned()]);
    let (_, mut rows) = passing(both, Some("w"), false);
    let (values, weights) = expected();
    assert_eq!(
        pass(&mut rows).unwrap(),
        ([&values[..], &values].concat(), [&weights[..], &weights].concat())
    );
}

/// On all threads, which hand over parts of a text as they are read.
#[test]
fn threads_change_nothing() {
    let csv = file(text().as_bytes(), ".csv");
    let never: Arc<dyn Stop> = Arc::new(Never);
    let selection = Selection { weight: Some("w".to_owned()), ..Selection::default() };
    for bytes in [1 << 16, 1 << 20] {
        let limit = Limit { bytes, clusters: 3, threads: 1, prepared: false };
        for input in [path(csv.path()), reader(text().into_bytes())] {
            let dialect = Dialect { threads: Some(3), ..Dialect::default() };
            let Loaded::Passing(_, mut rows, _) =
                read_table_within(input, dialect, &selection, false, limit, &never).unwrap()
            else {
                panic!("this table should not fit")
            };
            assert_eq!(pass(&mut *rows).unwrap(), expected());
        }
    }
}

#[test]
fn what_fits_is_held() {
    let csv = file(text().as_bytes(), ".csv");
    assert!(matches!(load(path(csv.path()), None, false, 100 << 20).unwrap(), Loaded::Held(_)));
    assert!(matches!(load(reader(text().into_bytes()), None, false, 100 << 20).unwrap(), Loaded::Held(_)));
}

#[test]
fn a_file_that_changes_between_two_passes_is_noticed() {
    let bytes = arrow(false);
    let feather = file(&bytes, ".arrow");
    let (_, mut rows) = passing(path(feather.path()), None, false);
    pass(&mut rows).unwrap();
    fs::write(feather.path(), &bytes[..bytes.len() - 8]).unwrap();
    let error = pass(&mut rows).unwrap_err().to_string();
    assert!(error.ends_with("changed while it was being read"), "{error}");
}

/// One input of each kind, as the command line hands it over.
#[test]
fn one_file_of_numbers_is_read_again_as_it_is() {
    let shape = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({ROWS}, 2), }}\n");
    let mut npy = [b"\x93NUMPY\x01\0", &(shape.len() as u16).to_le_bytes()[..], shape.as_bytes()].concat();
    npy.extend(expected().0.iter().flat_map(|value| value.to_le_bytes()));
    for (bytes, suffix) in [(npy, ".npy"), (arrow(false), ".arrow"), (arrow(true), ".arrows")] {
        let table = file(&bytes, suffix);
        let (_, mut rows) = passing(Input::Paths(vec![table.path().to_owned()]), None, false);
        let (values, _) = pass(&mut rows).unwrap();
        assert_eq!(values.len() % ROWS, 0);
        // A copy would not notice.
        fs::write(table.path(), &bytes[..bytes.len() - 8]).unwrap();
        let error = pass(&mut rows).unwrap_err().to_string();
        assert!(error.ends_with("changed while it was being read"), "{suffix}: {error}");
    }
}

#[test]
fn the_least_that_holds_a_table_is_told_and_does() {
    for rows in [1, 2, 3, 50] {
        let text = format!("a long name,b\n{}", "1.5,2\n".repeat(rows));
        let csv = file(text.as_bytes(), ".csv");
        let mut told = Vec::new();
        // From one byte to one that is just not enough.
        for bytes in [1, 100, 200] {
            if let Loaded::Passing(_, rows, _) = load(path(csv.path()), None, false, bytes).unwrap() {
                told.push(rows.not_held().whole);
            }
        }
        told.dedup();
        let [least] = told[..] else { panic!("{rows} rows: {told:?}") };
        assert!(
            matches!(load(path(csv.path()), None, false, least).unwrap(), Loaded::Held(_)),
            "{rows} rows"
        );
        let below = load(path(csv.path()), None, false, least - 1).unwrap();
        assert!(matches!(below, Loaded::Passing(..)), "{rows} rows");
    }
}

#[test]
fn a_text_is_read_once() {
    let csv = file(text().as_bytes(), ".csv");
    let (_, mut rows) = passing(path(csv.path()), Some("w"), false);
    fs::write(csv.path(), "gone").unwrap();
    assert_eq!(pass(&mut rows).unwrap(), expected());
}

#[test]
fn a_late_cell_is_refused_as_in_memory() {
    // Behind the first chunk, which decides that the table does not fit.
    let (mut broken, body) = (text(), text().split_off("a,w,b\n".len()));
    (1..5).for_each(|_| broken += &body);
    broken += "none,4,1\n";
    let held = load(reader(broken.clone().into_bytes()), None, false, 100 << 20).err().unwrap();
    let passing = load(reader(broken.into_bytes()), None, false, 1 << 16).err().unwrap();
    assert_eq!((passing.to_string(), passing.hint()), (held.to_string(), held.hint()));
    assert!(held.to_string().contains(&format!("row {}", 5 * ROWS + 1)), "{held}");
}

#[test]
fn weights_that_are_all_zero_are_refused_as_in_memory() {
    let zero: String = text()
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let fields: Vec<&str> = line.split(',').collect();
            if i == 0 { format!("{line}\n") } else { format!("{},0,{}\n", fields[0], fields[2]) }
        })
        .collect();
    let held = load(reader(zero.clone().into_bytes()), Some("w"), false, 100 << 20).err().unwrap();
    let passing = load(reader(zero.into_bytes()), Some("w"), false, 1 << 16).err().unwrap();
    assert_eq!(passing.to_string(), held.to_string());
}

/// Negative zero, infinities of f32 and numbers between two f32 come back as they are.
#[test]
fn numbers_come_back_from_the_file_bit_by_bit() {
    let some = [-0.0, 1e300, 0.1, 5e-324, f64::from(f32::MAX), 3.5, f64::from(f32::MIN_POSITIVE) / 2.0, 1e39];
    for of in [&some[..], &[1.0, -0.0, 2.5, 16_777_216.0], &[16_777_217.0, 1.0]] {
        let mut raw = Raw::new("x", 2, false).unwrap();
        raw.push(&RowBlock::new(Matrix::new(2, Values::F64(of.to_vec())), None)).unwrap();
        raw.flush().unwrap();
        let mut back = Vec::new();
        raw.pass(&mut |block| {
            back.extend_from_slice(&block.matrix().widened());
            Ok(())
        })
        .unwrap();
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back), bits(of));
    }
}

#[test]
fn labels_come_back_from_their_file() {
    use kmeans_engine::LabelStore;
    let file = LabelsFile::new("x").unwrap();
    file.write(4, &[7, 8, 9]).unwrap();
    file.write(0, &[1, 2, 3, 4]).unwrap();
    let mut labels = [0; 6];
    file.read(1, &mut labels).unwrap();
    assert_eq!(labels, [2, 3, 4, 7, 8, 9]);
    assert!(file.read(5, &mut labels).is_err());
}
