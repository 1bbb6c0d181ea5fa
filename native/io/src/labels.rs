//! Labels alone: one a row, in the order of the input, under the header `cluster`.

use kmeans_engine::Measured;

use crate::added::Extra;
use crate::error::Error;
use crate::format::Format;
use crate::output::Output;
use crate::values::ValuesWriter;

/// Writes labels as text or as one uint32 column. No label is a null, and in text an empty field in quotes: an empty line
/// would be no row.
pub struct LabelsWriter(ValuesWriter);

impl LabelsWriter {
    /// The format is `format`, else what the output's name says, else CSV.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn new(output: Output, format: Option<Format>) -> Result<Self, Error> {
        ValuesWriter::new(output, format, &[], Some(Extra::default())).map(Self)
    }

    /// Appends labels.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn write(&mut self, labels: &[u32]) -> Result<(), Error> {
        self.0.write(&[], Some(labels), &Measured::default())
    }

    /// Writes what is left and lets the file appear under its name.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn finish(self) -> Result<(), Error> {
        self.0.finish()
    }
}
