//! Tables that were made here rather than read: columns of numbers and, if wanted, labels and measures.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use arrow_schema::{DataType, Field, Schema};
use kmeans_engine::Measured;

use crate::added::{Added, Answers, Extra};
use crate::csv::text::{push_f64, push_fields};
use crate::error::Error;
use crate::format::Format;
use crate::output::Output;
use crate::sink::Sink;

enum Route {
    Text { output: Output, delimiter: u8 },
    Columns(Sink),
}

/// Writes rows of f64 and their labels.
pub struct ValuesWriter {
    route: Route,
    columns: usize,
    added: Option<Added>,
    warnings: Vec<String>,
    text: Vec<u8>,
}

impl ValuesWriter {
    /// Writes the header: `names`, then `cluster` and what else is wanted, if rows come with labels. The format is
    /// `format`, else what the output's name says, else CSV.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`]; as [`Output::target`].
    pub fn new(
        mut output: Output,
        format: Option<Format>,
        names: &[String],
        labelled: Option<Extra>,
    ) -> Result<Self, Error> {
        let (added, warnings) = labelled.map(|extra| Added::beside(names, extra)).unzip();
        let mut text = Vec::new();
        let target = output.target(format, Format::Csv)?;
        let route = if target.is_delimited() {
            let delimiter = target.delimiter();
            let labels = added.iter().flat_map(Added::names).map(String::as_bytes);
            push_fields(&mut text, names.iter().map(String::as_bytes).chain(labels), delimiter);
            text.push(b'\n');
            output.put(&text)?;
            Route::Text { output, delimiter }
        } else {
            let values = names.iter().map(|name| Field::new(name, DataType::Float64, false));
            let schema = Schema::new(values.collect::<Vec<_>>());
            let schema =
                added.as_ref().map_or_else(|| Arc::new(schema.clone()), |added| added.extend(&schema));
            Route::Columns(Sink::new(output, target, schema)?)
        };
        let (columns, warnings) = (names.len(), warnings.unwrap_or_default());
        Ok(Self { route, columns, added, warnings, text })
    }

    /// What the user should know, such as that `cluster` was taken and another name was used.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Appends rows: `values` row-major, `labels` and measures one a row if the table has them.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`]; [`Error::Data`] when the numbers of rows differ.
    pub fn write(
        &mut self,
        values: &[f64],
        labels: Option<&[u32]>,
        measured: &Measured,
    ) -> Result<(), Error> {
        let rows = labels.map_or_else(|| values.len() / self.columns.max(1), <[u32]>::len);
        if values.len() != rows * self.columns || labels.is_some() != self.added.is_some() {
            let message =
                format!("has {rows} rows of {} columns, and {} values came", self.columns, values.len());
            return Err(Error::about("the batch", message));
        }
        let added = self.added.as_ref().zip(labels.map(|labels| Answers { labels, measured }));
        if let Some((added, answers)) = added {
            added.check(rows, answers)?;
        }
        match &mut self.route {
            Route::Columns(sink) => {
                let column = |slot: usize| -> ArrayRef {
                    Arc::new(Float64Array::from_iter_values(
                        values.iter().skip(slot).step_by(self.columns).copied(),
                    ))
                };
                let mut columns: Vec<ArrayRef> = (0..self.columns).map(column).collect();
                columns.extend(added.into_iter().flat_map(|(added, answers)| added.arrays(rows, answers)));
                sink.append(columns)
            }
            Route::Text { output, delimiter } => {
                let text = &mut self.text;
                text.clear();
                for row in 0..rows {
                    // The delimiter before the first field becomes the end of the line before.
                    let start = text.len();
                    for &value in &values[row * self.columns..(row + 1) * self.columns] {
                        text.push(*delimiter);
                        push_f64(text, value);
                    }
                    if let Some((added, answers)) = added {
                        added.push_row(text, *delimiter, row, answers);
                    }
                    if text.len() == start + 1 {
                        text.extend_from_slice(b"\"\""); // an empty line would be no row
                    }
                    text[start] = b'\n';
                }
                text.push(b'\n');
                output.put(&text[1..])?;
                output.send()
            }
        }
    }

    /// Writes what is left and lets the file appear under its name.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn finish(self) -> Result<(), Error> {
        match self.route {
            Route::Text { output, .. } => output.finish(),
            Route::Columns(sink) => sink.finish(),
        }
    }
}
