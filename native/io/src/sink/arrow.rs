//! Writes record batches as an Arrow file or stream.

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, SchemaRef};

use super::even::Even;
use crate::arrow::{brief, contained};
use crate::error::Error;
use crate::output::Output;

enum Shape {
    File(Box<FileWriter<Output>>),
    Stream(Box<StreamWriter<Output>>),
}

/// An Arrow output.
pub(crate) struct ArrowSink {
    name: String,
    shape: Shape,
    even: Even,
}

impl ArrowSink {
    /// A stream on standard output and in `.arrows`, otherwise a file.
    pub(crate) fn new(output: Output, schema: &SchemaRef) -> Result<Self, Error> {
        let name = output.name().to_owned();
        let failed = |error| failure(&name, error);
        let shape = if output.is_stream() {
            Shape::Stream(Box::new(contained(|| StreamWriter::try_new(output, schema)).map_err(failed)?))
        } else {
            Shape::File(Box::new(contained(|| FileWriter::try_new(output, schema)).map_err(failed)?))
        };
        Ok(Self { name, shape, even: Even::new(schema.clone()) })
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

    /// Writes rows; a file gets them in even batches.
    pub(crate) fn append(&mut self, batch: RecordBatch) -> Result<(), Error> {
        if matches!(self.shape, Shape::Stream(_)) {
            return self.write(&batch);
        }
        self.even.push(batch);
        while let Some(batch) = self.even.next().map_err(|error| failure(&self.name, error))? {
            self.write(&batch)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if let Some(rest) = self.even.rest().map_err(|error| failure(&self.name, error))? {
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
