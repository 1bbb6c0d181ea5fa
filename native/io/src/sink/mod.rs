//! Outputs that are written from columns: Arrow, Parquet, JSON lines.

mod arrow;
mod even;
pub(crate) mod jsonl;
pub(crate) mod parquet;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use self::arrow::ArrowSink;
use self::jsonl::JsonlSink;
use self::parquet::ParquetSink;
use crate::error::Error;
use crate::format::Format;
use crate::output::Output;

/// Writes record batches of one schema.
pub(crate) struct Sink {
    schema: SchemaRef,
    shape: Shape,
}

#[expect(clippy::large_enum_variant, reason = "an output has one of them")]
enum Shape {
    Arrow(ArrowSink),
    Parquet(ParquetSink),
    Jsonl(JsonlSink),
}

impl Sink {
    /// Only for formats that are written from columns.
    pub(crate) fn new(output: Output, format: Format, schema: SchemaRef) -> Result<Self, Error> {
        let shape = match format {
            Format::Csv | Format::Tsv | Format::Npy => {
                return Err(Error::about(output.name(), "is not written from columns"));
            }
            Format::Arrow => Shape::Arrow(ArrowSink::new(output, &schema)?),
            Format::Parquet => Shape::Parquet(ParquetSink::new(output, &schema)?),
            Format::Jsonl => Shape::Jsonl(JsonlSink::new(output)),
        };
        Ok(Self { schema, shape })
    }

    /// Writes columns that came as a batch of their own, which an Arrow output keeps.
    pub(crate) fn pass(&mut self, columns: Vec<ArrayRef>) -> Result<(), Error> {
        let batch = self.batch(columns)?;
        match &mut self.shape {
            Shape::Arrow(sink) => sink.write(&batch),
            Shape::Parquet(sink) => sink.append(batch),
            Shape::Jsonl(sink) => sink.write(&batch),
        }
    }

    /// Writes columns of rows; how they were cut into batches does not show in a file.
    pub(crate) fn append(&mut self, columns: Vec<ArrayRef>) -> Result<(), Error> {
        let batch = self.batch(columns)?;
        match &mut self.shape {
            Shape::Arrow(sink) => sink.append(batch),
            Shape::Parquet(sink) => sink.append(batch),
            Shape::Jsonl(sink) => sink.write(&batch),
        }
    }

    /// Writes what is left and lets the file appear under its name.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self.shape {
            Shape::Arrow(sink) => sink.finish(),
            Shape::Parquet(sink) => sink.finish(),
            Shape::Jsonl(sink) => sink.finish(),
        }
    }

    fn batch(&self, columns: Vec<ArrayRef>) -> Result<RecordBatch, Error> {
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|error| {
            Error::about("the table", format!("cannot be written ({})", crate::arrow::brief(&error)))
        })
    }
}
