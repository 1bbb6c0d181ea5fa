//! Reading on real threads of which every one may fall behind wherever something is handed over.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use crate::columns::Selection;
use crate::dialect::Dialect;
use crate::passing::{Limit, Loaded, read_table_within};
use crate::source::Input;
use crate::stop::{Never, Stop};
use crate::sync::stress::Stress;
use crate::table::read_table;

const ROWS: usize = 40_000;
/// Runs of each way in.
const RUNS: usize = 6;

/// Quoted line ends in every row and a lone quote early on, so that parts are refused; digits that hardly compress, so that
/// the decoder is slower than those it decodes for.
fn text() -> String {
    let (mut text, mut state) = ("a,t\n".to_owned(), 1_u64);
    for row in 0..ROWS {
        state = state * 48_271 % 2_147_483_647;
        let cell = if row == 500 { "5\" pipe".to_owned() } else { format!("\"x\n{state}\"") };
        writeln!(text, "{row},{cell}").unwrap();
    }
    text
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The column `a` of a file, read on so many threads.
fn column(path: &Path, threads: usize) -> Vec<f64> {
    let never: Arc<dyn Stop> = Arc::new(Never);
    let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
    let selection = Selection { columns: Some(vec!["a".to_owned()]), ..Selection::default() };
    let table = read_table(Input::Path(path.to_owned()), dialect, &selection, false, &never).unwrap();
    table.matrix.widened().into_owned()
}

fn expected() -> Vec<f64> {
    (0..ROWS).map(|row| row as f64).collect()
}

#[test]
fn threads_that_fall_behind_lose_no_row_of_a_text() {
    let _stress = Stress::begin();
    let (text, mut gzip) = (text(), Vec::new());
    flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast())
        .read_to_end(&mut gzip)
        .unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for bytes in [text.as_bytes(), &gzip, &zstd] {
        let file = file(bytes);
        for threads in [1, 2, 4] {
            for _ in 0..RUNS {
                assert!(column(file.path(), threads) == expected(), "{threads} threads");
            }
        }
    }
}

#[test]
fn threads_that_fall_behind_lose_no_row_of_parquet() {
    let _stress = Stress::begin();
    let column_of = |from: f64| -> arrow_array::ArrayRef {
        Arc::new(Float64Array::from_iter_values((0..ROWS).map(|row| row as f64 + from)))
    };
    let batch = RecordBatch::try_from_iter([("a", column_of(0.0)), ("b", column_of(1.0))]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let file = file(&writer.into_inner().unwrap());
    for _ in 0..RUNS {
        assert!(column(file.path(), 2) == expected());
    }
}

#[test]
fn threads_that_fall_behind_lose_no_row_of_a_table_that_does_not_fit() {
    let _stress = Stress::begin();
    let file = file(text().as_bytes());
    let never: Arc<dyn Stop> = Arc::new(Never);
    let selection = Selection { columns: Some(vec!["a".to_owned()]), ..Selection::default() };
    let limit = Limit { bytes: 1 << 16, clusters: 3, threads: 2, prepared: false };
    for threads in [1, 3] {
        let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
        let input = Input::Path(file.path().to_owned());
        let loaded = read_table_within(input, dialect, &selection, false, limit, &never).unwrap();
        let Loaded::Passing(_, rows, _) = loaded else { panic!("this table should not fit") };
        assert_eq!(rows.rows(), ROWS);
    }
}
