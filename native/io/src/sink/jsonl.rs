//! Writes record batches as JSON lines: an object for each row, with every column.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, RecordBatch, new_empty_array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::WriterBuilder;
use arrow_json::writer::{
    Encoder, EncoderFactory, EncoderOptions, LineDelimited, NullableEncoder, make_encoder,
};
use arrow_schema::{ArrowError, FieldRef};

use crate::arrow::{brief, contained};
use crate::error::{Error, shown};
use crate::output::Output;

/// Rows that become text at a time: some 100 KB of a narrow table, 16 MB of one with a thousand columns.
const ROWS: usize = 1024;

/// An output of JSON lines.
pub(crate) struct JsonlSink {
    output: Output,
    text: Vec<u8>,
    rows: u64,
}

impl JsonlSink {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, text: Vec::new(), rows: 0 }
    }

    /// Writes a batch, and sends it on when nothing waits for the end.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        for from in (0..batch.num_rows()).step_by(ROWS) {
            self.write_some(&batch.slice(from, ROWS.min(batch.num_rows() - from)))?;
        }
        self.output.send()
    }

    fn write_some(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.text.clear();
        let times = Times::default();
        let text = &mut self.text;
        contained(|| {
            let builder = WriterBuilder::new().with_explicit_nulls(true);
            builder.with_encoder_factory(Arc::new(times.clone())).build::<_, LineDelimited>(text).write(batch)
        })
        .map_err(|error| {
            Error::about(self.output.name(), format!("cannot hold this table as JSON ({})", brief(&error)))
        })?;
        if let Some((column, row)) = times.refused() {
            let row = self.rows + row as u64 + 1;
            let sentence =
                format!("row {row}, column \"{}\": the value cannot be written as JSON", shown(&column));
            return Err(Error::at(self.output.name(), sentence));
        }
        self.rows += batch.num_rows() as u64;
        self.output.put(&self.text)
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        self.output.finish()
    }
}

/// Whether JSON can hold a column; only the encoder itself knows, and it decides when it is made.
pub(crate) fn holds(field: &FieldRef) -> bool {
    contained(|| {
        let options = EncoderOptions::default().with_encoder_factory(Arc::new(Times::default()));
        make_encoder(field, &new_empty_array(field.data_type()), &options).map(drop)
    })
    .is_ok()
}

/// Writes points and spans of time. The crate's own encoder puts the error's text in the place of a value that is out of
/// range, as if that were the value.
#[derive(Debug, Clone, Default)]
struct Times(Arc<Mutex<Option<(String, usize)>>>);

impl Times {
    /// The first value that could not be written.
    fn refused(&self) -> Option<(String, usize)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl EncoderFactory for Times {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        if !array.data_type().is_temporal() {
            return Ok(None);
        }
        let options = FormatOptions::new().with_display_error(false);
        let formatter = ArrayFormatter::try_new(array, &options)?;
        let time = Time { formatter, column: field.name(), times: self.clone(), text: String::new() };
        Ok(Some(NullableEncoder::new(Box::new(time), array.nulls().cloned())))
    }
}

struct Time<'a> {
    formatter: ArrayFormatter<'a>,
    column: &'a str,
    times: Times,
    text: String,
}

impl Encoder for Time<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        self.text.clear();
        if write!(self.text, "{}", self.formatter.value(row)).is_err() {
            let mut refused = self.times.0.lock().unwrap_or_else(PoisonError::into_inner);
            refused.get_or_insert_with(|| (self.column.to_owned(), row));
        }
        // No format of a time has a character that JSON escapes.
        out.push(b'"');
        out.extend_from_slice(self.text.as_bytes());
        out.push(b'"');
    }
}
