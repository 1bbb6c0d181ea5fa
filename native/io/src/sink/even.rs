//! Batches of one size, however the rows came: a file's bytes then do not depend on how a pipe was cut.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, SchemaRef};

/// Rows of a batch: what readers take in one go.
const MOST_ROWS: usize = 65_536;
/// A wide table has fewer rows to a batch: 4 Mi numbers are 32 MiB.
const CELLS: usize = 4 << 20;
const LEAST_ROWS: usize = 1024;

/// Collects rows until there are enough.
pub(crate) struct Even {
    schema: SchemaRef,
    /// Rows of a batch.
    size: usize,
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl Even {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        let width: usize = schema.fields().iter().map(|field| width(field.data_type())).sum();
        let size = (CELLS / width.max(1)).clamp(LEAST_ROWS, MOST_ROWS);
        Self { schema, size, waiting: Vec::new(), rows: 0 }
    }

    pub(crate) fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.waiting.push(batch);
    }

    /// A whole batch, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        if self.rows < self.size {
            return Ok(None);
        }
        let all = self.join()?;
        self.rows = all.num_rows() - self.size;
        self.waiting = vec![all.slice(self.size, self.rows)];
        Ok(Some(all.slice(0, self.size)))
    }

    /// The rows that fill no batch, if there are any.
    pub(crate) fn rest(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        if std::mem::take(&mut self.rows) == 0 { Ok(None) } else { self.join().map(Some) }
    }

    fn join(&mut self) -> Result<RecordBatch, ArrowError> {
        let waiting = std::mem::take(&mut self.waiting);
        arrow_select::concat::concat_batches(&self.schema, &waiting)
    }
}

/// How many cells a row of a column has.
fn width(kind: &DataType) -> usize {
    match kind {
        DataType::FixedSizeList(item, size) => usize::try_from(*size).unwrap_or(1) * width(item.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| width(field.data_type())).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, UInt32Array};
    use arrow_schema::{Field, Schema};

    use super::*;

    fn rows(range: std::ops::Range<u32>) -> RecordBatch {
        let column: ArrayRef = Arc::new(UInt32Array::from_iter_values(range));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    #[test]
    fn every_row_comes_out_once_and_in_order() {
        let mut even = Even::new(rows(0..0).schema());
        let mut sizes = Vec::new();
        for range in [0..10, 10..200_000, 200_000..200_001] {
            even.push(rows(range));
            while let Some(batch) = even.next().unwrap() {
                sizes.push(batch);
            }
        }
        sizes.extend(even.rest().unwrap());
        assert!(even.rest().unwrap().is_none());
        let counts: Vec<usize> = sizes.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(counts, [65_536, 65_536, 65_536, 3393]);
        assert_eq!(
            arrow_select::concat::concat_batches(&rows(0..0).schema(), &sizes).unwrap(),
            rows(0..200_001)
        );
    }

    #[test]
    fn wide_tables_have_fewer_rows_to_a_batch() {
        let list = DataType::new_fixed_size_list(DataType::Float32, 768, false);
        let schema = |kind| Arc::new(Schema::new(vec![Field::new("a", kind, false)]));
        assert_eq!(Even::new(schema(list)).size, 5461);
        assert_eq!(Even::new(schema(DataType::Float64)).size, 65_536);
    }
}
