//! Where record batches come from.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::arrow::frames::Fault;
use crate::error::Error;

/// Batches of one schema, one after the other.
pub(crate) trait Records: Send {
    /// Of all columns.
    fn schema(&self) -> &SchemaRef;

    /// Decodes only these columns from now on; they come in the order of the schema, which is also that of `columns`.
    fn project(&mut self, columns: &[usize]);

    /// The next batch; none at the end.
    fn next(&mut self) -> Result<Option<RecordBatch>, Fault>;

    /// Looks at some columns of the first rows, before anything else is read.
    fn peek(&mut self, columns: &[usize]) -> Result<Peeked, Fault> {
        let _ = columns;
        Ok(Peeked::Taken(self.next()?))
    }
}

/// Why records cannot be had from a source.
pub(crate) enum Unopened {
    Fault(Fault),
    Error(Error),
}

impl From<Fault> for Unopened {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Unopened {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The first rows.
pub(crate) enum Peeked {
    /// Only those columns; the rows come again.
    Ahead(RecordBatch),
    /// All columns; the rows do not come again.
    Taken(Option<RecordBatch>),
}
