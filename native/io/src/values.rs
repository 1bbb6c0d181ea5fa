//! Tables that were made here rather than read: columns of numbers and, if wanted, a column `cluster`.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema};

use crate::added::CLUSTER;
use crate::arrow::sink::ArrowSink;
use crate::csv::text::{push_f64, push_fields, push_integer};
use crate::error::Error;
use crate::format::Format;
use crate::output::Output;

enum Sink {
    Text { output: Output, delimiter: u8 },
    Arrow(ArrowSink),
}

/// Writes rows of f64 and their labels.
pub struct ValuesWriter {
    sink: Sink,
    columns: usize,
    labelled: bool,
    text: Vec<u8>,
}

impl ValuesWriter {
    /// Writes the header: `names`, then `cluster` if rows come with labels. The format is `format`, else what the
    /// output's name says, else CSV.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn new(
        mut output: Output,
        format: Option<Format>,
        names: &[String],
        labelled: bool,
    ) -> Result<Self, Error> {
        let label = labelled.then_some(CLUSTER);
        let mut text = Vec::new();
        let sink = match format.or(output.format()).unwrap_or(Format::Csv) {
            Format::Arrow => {
                let values = names.iter().map(|name| Field::new(name, DataType::Float64, false));
                let labels = label.map(|name| Field::new(name, DataType::UInt32, false));
                let schema = Schema::new(values.chain(labels).collect::<Vec<_>>());
                Sink::Arrow(ArrowSink::new(output, Arc::new(schema))?)
            }
            target => {
                let delimiter = target.delimiter();
                let header = names.iter().map(String::as_bytes).chain(label.map(str::as_bytes));
                push_fields(&mut text, header, delimiter);
                text.push(b'\n');
                output.put(&text)?;
                Sink::Text { output, delimiter }
            }
        };
        Ok(Self { sink, columns: names.len(), labelled, text })
    }

    /// Appends rows: `values` row-major, `labels` one a row if the table has them.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`]; [`Error::Data`] when the numbers of rows differ.
    pub fn write(&mut self, values: &[f64], labels: Option<&[u32]>) -> Result<(), Error> {
        let rows = labels.map_or_else(|| values.len() / self.columns.max(1), <[u32]>::len);
        if values.len() != rows * self.columns || labels.is_some() != self.labelled {
            let message =
                format!("has {rows} rows of {} columns, and {} values came", self.columns, values.len());
            return Err(Error::about("the batch", message));
        }
        match &mut self.sink {
            Sink::Arrow(sink) => {
                let column = |slot: usize| -> ArrayRef {
                    Arc::new(Float64Array::from_iter_values(
                        values.iter().skip(slot).step_by(self.columns).copied(),
                    ))
                };
                let mut arrays: Vec<ArrayRef> = (0..self.columns).map(column).collect();
                arrays.extend(labels.map(|labels| Arc::new(UInt32Array::from(labels.to_vec())) as ArrayRef));
                let batch = RecordBatch::try_new(Arc::clone(sink.schema()), arrays)
                    .map_err(|error| Error::about("the batch", crate::arrow::brief(&error)))?;
                sink.append(batch)
            }
            Sink::Text { output, delimiter } => {
                self.text.clear();
                for row in 0..rows {
                    for &value in &values[row * self.columns..(row + 1) * self.columns] {
                        push_f64(&mut self.text, value);
                        self.text.push(*delimiter);
                    }
                    if let Some(labels) = labels {
                        push_integer(&mut self.text, labels[row]);
                    } else {
                        self.text.pop();
                    }
                    self.text.push(b'\n');
                }
                output.put(&self.text)?;
                output.send()
            }
        }
    }

    /// Writes what is left and lets the file appear under its name.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn finish(self) -> Result<(), Error> {
        match self.sink {
            Sink::Text { output, .. } => output.finish(),
            Sink::Arrow(sink) => sink.finish(),
        }
    }
}
