use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch, cast::AsArray, types::Float64Type};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::{explore, never};
use crate::arrow::frames::damage;
use crate::arrow::prefetch::tests::{numbers, prefetched};
use crate::arrow::records::Records;
use crate::parquet::ParquetRecords;
use crate::place::Shared;
use crate::positioned::{Bytes as At, Positioned};

#[test]
fn arrow_batches_come_in_order_and_their_end_is_said() {
    explore(500, || {
        let mut records = prefetched(4, || Ok(None));
        let (found, end) = numbers(&mut records);
        assert_eq!(found, [1, 2, 3, 4]);
        assert!(matches!(end, Ok(None)) && matches!(records.next(), Ok(None)));
    });
}

#[test]
fn a_fault_comes_after_the_arrow_batches_before_it() {
    explore(500, || {
        let mut records = prefetched(3, || Err(damage("cut")));
        let (found, end) = numbers(&mut records);
        assert_eq!((found.len(), end.is_err(), records.next().is_err()), (3, true, true));
    });
}

#[test]
fn nobody_has_to_take_all_arrow_batches() {
    explore(500, || {
        let mut records = prefetched(9, || Ok(None));
        (0..3).for_each(|_| assert!(records.next().is_ok()));
    });
}

/// Three columns, so that three threads decode one each.
fn parquet(rows: usize) -> Vec<u8> {
    let column = |from: usize| -> Arc<dyn Array> {
        Arc::new(Float64Array::from_iter_values((0..rows).map(|row| (row + from) as f64)))
    };
    let batch = RecordBatch::try_from_iter([("a", column(0)), ("b", column(1)), ("c", column(2))]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_columns_stay_in_step_to_the_last_row() {
    let bytes = Bytes::from(parquet(9));
    let bytes: &'static [u8] = Box::leak(bytes.to_vec().into_boxed_slice());
    explore(60, move || {
        let positioned = Positioned::new(At::Memory(Shared::new(bytes.to_vec())), &never()).unwrap();
        let mut records = ParquetRecords::open(positioned).unwrap();
        let mut found = Vec::new();
        while let Some(batch) = records.next().unwrap() {
            let column = |column: usize| batch.column(column).as_primitive::<Float64Type>().values().to_vec();
            assert_eq!(column(0).iter().map(|x| x + 2.0).collect::<Vec<_>>(), column(2));
            found.extend(column(1));
        }
        assert_eq!(found, (1..10).map(f64::from).collect::<Vec<_>>());
    });
}
