//! Writes record batches as an Arrow file or stream.

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, SchemaRef};

use crate::arrow::{brief, contained};
use crate::error::Error;
use crate::output::Output;

/// Rows of a batch in a file that is made from rows: what readers take in one go, a few MiB.
const ROWS: usize = 65_536;

enum Shape {
    File(Box<FileWriter<Output>>),
    Stream(Box<StreamWriter<Output>>),
}

/// An Arrow output.
pub(crate) struct ArrowSink {
    name: String,
    schema: SchemaRef,
    shape: Shape,
    /// Batches that do not fill one of [`ROWS`] rows yet.
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl ArrowSink {
    /// A stream on standard output and in `.arrows`, otherwise a file.
    pub(crate) fn new(output: Output, schema: SchemaRef) -> Result<Self, Error> {
        let name = output.name().to_owned();
        let failed = |error| failure(&name, error);
        let shape = if output.is_stream() {
            Shape::Stream(Box::new(contained(|| StreamWriter::try_new(output, &schema)).map_err(failed)?))
        } else {
            Shape::File(Box::new(contained(|| FileWriter::try_new(output, &schema)).map_err(failed)?))
        };
        Ok(Self { name, schema, shape, waiting: Vec::new(), rows: 0 })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Writes a batch as it is; in a stream it is sent on at once.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let shape = &mut self.shape;
        contained(|| match shape {
            Shape::File(writer) => writer.write(batch),
            Shape::Stream(writer) => writer.write(batch).and_then(|()| writer.flush()),
        })
        .map_err(|error| failure(&self.name, error))
    }

    /// Writes rows; a file gets them in batches of one size, so that its bytes do not depend on how a pipe was cut.
    pub(crate) fn append(&mut self, batch: RecordBatch) -> Result<(), Error> {
        if matches!(self.shape, Shape::Stream(_)) {
            return self.write(&batch);
        }
        self.rows += batch.num_rows();
        self.waiting.push(batch);
        while self.rows >= ROWS {
            let all = self.join()?;
            self.write(&all.slice(0, ROWS))?;
            self.rows = all.num_rows() - ROWS;
            self.waiting = vec![all.slice(ROWS, self.rows)];
        }
        Ok(())
    }

    fn join(&mut self) -> Result<RecordBatch, Error> {
        let waiting = std::mem::take(&mut self.waiting);
        arrow_select::concat::concat_batches(&self.schema, &waiting)
            .map_err(|error| failure(&self.name, error))
    }

    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if self.rows > 0 {
            let rest = self.join()?;
            self.write(&rest)?;
        }
        let output = match self.shape {
            Shape::File(writer) => writer.into_inner(),
            Shape::Stream(writer) => writer.into_inner(),
        };
        output.map_err(|error| failure(&self.name, error))?.finish()
    }
}

fn failure(name: &str, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => Error::writing(name, error),
        error => Error::about(name, format!("cannot hold this table as Arrow ({})", brief(&error))),
    }
}
