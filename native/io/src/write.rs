//! Writes a table on with its labels: the input's own bytes where the format stays, converted where it changes.

use kmeans_engine::Measured;

use crate::added::{Added, Answers, Extra};
use crate::body::Layout;
use crate::convert::{arrow_to_text, text_schema, text_to_arrow};
use crate::csv::split_fields::Fields;
use crate::csv::table::{RawRecords, TextStyle};
use crate::csv::text::push_fields;
use crate::error::Error;
use crate::format::Format;
use crate::json::respell::{DELIMITER, push_extended, push_members, respelled, respelled_style};
use crate::lead::BOM;
use crate::output::Output;
use crate::sink::Sink;
use crate::table::{Batch, Payload, TableReader};

enum Route {
    /// The original bytes of every record, with fields appended.
    Verbatim {
        output: Output,
        style: TextStyle,
    },
    /// The same fields between other delimiters.
    Respelled {
        output: Output,
        fields: Fields,
        delimiter: u8,
    },
    /// Fields that become columns: the selected ones numbers, the others texts.
    TextToColumns {
        sink: Sink,
        format: Format,
        fields: Fields,
        selected: Vec<usize>,
    },
    /// Columns as they are.
    Columns {
        sink: Sink,
    },
    ColumnsToText {
        output: Output,
        delimiter: u8,
    },
    /// The original bytes of every object, with members appended.
    Objects {
        output: Output,
    },
}

/// Makes text of batches on any thread, for [`TableWriter::put`] to write it in their order.
pub struct Renderer {
    /// Of the table, where its text goes on as it was.
    style: Option<TextStyle>,
    added: Added,
}

/// A batch on its way to its writer, as text if it is text that is written.
pub struct Rendered(Form);

enum Form {
    Text { text: Vec<u8>, rows: usize },
    Batch { batch: Batch, labels: Vec<u32>, measured: Measured },
}

impl Renderer {
    /// Whether it needs the numbers of a batch beside the text they were read from.
    pub fn wants_values(&self) -> bool {
        self.style.is_none()
    }

    /// What [`TableWriter::write`] takes, as far as it can be written out of turn.
    ///
    /// # Errors
    /// As [`TableWriter::write`].
    pub fn render(&self, batch: Batch, labels: &[u32], measured: &Measured) -> Result<Rendered, Error> {
        let answers = Answers { labels, measured };
        self.added.check(batch.rows, answers)?;
        let (Some(style), Payload::Text(raw)) = (&self.style, &batch.payload) else {
            let (labels, measured) = (labels.to_vec(), measured.clone());
            return Ok(Rendered(Form::Batch { batch, labels, measured }));
        };
        let mut text = Vec::new();
        verbatim(&mut text, raw, style, |text, row| {
            self.added.push_row(text, style.delimiter, row, answers);
        });
        Ok(Rendered(Form::Text { text, rows: batch.rows }))
    }
}

/// The original bytes of every record, with fields appended.
fn verbatim(
    text: &mut Vec<u8>,
    raw: &RawRecords,
    style: &TextStyle,
    mut append: impl FnMut(&mut Vec<u8>, usize),
) {
    // A label and a line's end.
    const MORE: usize = 6;
    text.reserve(raw.bytes.len() + raw.ends.len() * MORE);
    for (row, record) in raw.iter().enumerate() {
        text.extend_from_slice(record);
        append(text, row);
        text.extend_from_slice(style.terminator);
    }
}

/// Writes batches of a [`TableReader`] with a column `cluster`, and what else is wanted, appended.
pub struct TableWriter {
    route: Route,
    added: Added,
    warnings: Vec<String>,
    /// The input's name.
    input: String,
    /// Its columns, where its rows are objects.
    names: Vec<String>,
    text: Vec<u8>,
    rows: u64,
}

impl TableWriter {
    /// Writes the header. The format is `format`, else what the output's name says, else the input's.
    ///
    /// [`TableReader::can_become`] tells before whether the table's columns allow it. Text that becomes columns keeps every
    /// field verbatim as utf8 but for the selected columns, which become float64.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`]; as [`TableReader::can_become`] and [`Output::target`].
    pub fn new(
        reader: &TableReader,
        mut output: Output,
        format: Option<Format>,
        extra: Extra,
    ) -> Result<Self, Error> {
        let (mut added, warnings) = Added::beside(reader.columns(), extra);
        if let Layout::Text(style) = reader.layout() {
            added.set_decimal(style.decimal);
        }
        let target = output.target(format, reader.format())?;
        reader.can_become(Some(target))?;
        let mut text = Vec::new();
        let layout = match reader.layout() {
            // For any other format an object is a record of fields.
            Layout::Json if target != Format::Jsonl => Layout::Text(respelled_style()),
            layout => layout,
        };
        let route = match (layout, target) {
            (Layout::Json, _) => Route::Objects { output },
            (Layout::Text(style), format @ (Format::Arrow | Format::Parquet | Format::Jsonl)) => {
                let selected = reader.selected();
                let schema = added.extend(&text_schema(reader.columns(), &selected));
                let fields = Fields::new(style.delimiter, reader.columns().len());
                let sink = Sink::new(output, format, schema)?;
                Route::TextToColumns { sink, format, fields, selected }
            }
            (Layout::Text(style), target) if target == reader.format() && !reader.is_json() => {
                if style.bom {
                    text.extend_from_slice(BOM);
                }
                if style.header {
                    text.extend_from_slice(&style.header_bytes);
                    added.push_names(&mut text, style.delimiter);
                    text.extend_from_slice(style.terminator);
                }
                Route::Verbatim { output: begin(output, &text)?, style }
            }
            (Layout::Text(style), target) => {
                let delimiter = target.delimiter();
                if style.header {
                    header(&mut text, reader.columns(), &added, delimiter);
                }
                output = begin(output, &text)?;
                Route::Respelled {
                    output,
                    fields: Fields::new(style.delimiter, reader.columns().len()),
                    delimiter,
                }
            }
            (Layout::Arrow(schema), format @ (Format::Arrow | Format::Parquet | Format::Jsonl)) => {
                Route::Columns { sink: Sink::new(output, format, added.extend(&schema))? }
            }
            (Layout::Arrow(_), target) => {
                let delimiter = target.delimiter();
                header(&mut text, reader.columns(), &added, delimiter);
                Route::ColumnsToText { output: begin(output, &text)?, delimiter }
            }
        };
        let names = if reader.is_json() { reader.columns().to_vec() } else { Vec::new() };
        Ok(Self { route, added, warnings, input: reader.name().to_owned(), names, text, rows: 0 })
    }

    /// What the user should know, such as that `cluster` was taken and another name was used.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// For the threads that prepare what is to be written.
    pub fn renderer(&self) -> Renderer {
        let style = match &self.route {
            Route::Verbatim { style, .. } => Some(style.clone()),
            _ => None,
        };
        Renderer { style, added: self.added.clone() }
    }

    /// Writes the rows of a batch that this writer's [`Renderer`] has prepared.
    ///
    /// # Errors
    /// As [`TableWriter::write`].
    pub fn put(&mut self, Rendered(form): Rendered) -> Result<(), Error> {
        match (form, &mut self.route) {
            (Form::Text { text, rows }, Route::Verbatim { output, .. }) => {
                output.put(&text)?;
                output.send()?;
                self.rows += rows as u64;
                Ok(())
            }
            (Form::Batch { batch, labels, measured }, _) => self.write(&batch, &labels, &measured),
            _ => Err(Error::about("the batch", "belongs to another table than the writer")),
        }
    }

    /// Writes the rows of a batch, and sends them on when nothing waits for the end.
    ///
    /// `labels` has one number a row, and so has each measure.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`]; [`Error::Data`] when the numbers of rows differ or a text that becomes
    /// columns is not UTF-8.
    pub fn write(&mut self, batch: &Batch, labels: &[u32], measured: &Measured) -> Result<(), Error> {
        if let Payload::Misfit(misfit) = &batch.payload {
            return Err(misfit.error());
        }
        let answers = Answers { labels, measured };
        self.added.check(batch.rows, answers)?;
        let (added, text) = (&self.added, &mut self.text);
        text.clear();
        let respelled = match (&self.route, &batch.payload) {
            (Route::Objects { .. }, _) => None,
            (_, Payload::Json(raw)) => Some(Payload::Text(respelled(&self.input, raw, &self.names)?)),
            _ => None,
        };
        match (&mut self.route, respelled.as_ref().unwrap_or(&batch.payload)) {
            (Route::Objects { output }, Payload::Json(raw)) => {
                let (mut row, mut members) = (Vec::new(), Vec::new());
                for (index, object) in raw.iter().enumerate() {
                    row.clear();
                    added.push_row(&mut row, DELIMITER, index, answers);
                    members.clear();
                    push_members(&mut members, added.names(), &row);
                    push_extended(text, object, &members);
                    text.push(b'\n');
                }
                output.put(text)?;
                output.send()?;
            }
            (Route::Verbatim { output, style }, Payload::Text(raw)) => {
                verbatim(text, raw, style, |text, row| {
                    added.push_row(text, style.delimiter, row, answers);
                });
                output.put(text)?;
                output.send()?;
            }
            (Route::Respelled { output, fields, delimiter }, Payload::Text(raw)) => {
                for (row, record) in raw.iter().enumerate() {
                    push_fields(text, fields.of(record), *delimiter);
                    added.push_row(text, *delimiter, row, answers);
                    text.push(b'\n');
                }
                output.put(text)?;
                output.send()?;
            }
            (Route::TextToColumns { sink, format, fields, selected }, Payload::Text(raw)) => {
                let (input, values) = (&self.input, &batch.values);
                let mut columns = text_to_arrow(input, *format, raw, fields, selected, values, self.rows)?;
                columns.extend(added.arrays(batch.rows, answers));
                sink.append(columns)?;
            }
            (Route::Columns { sink }, Payload::Arrow(given)) => {
                let mut columns = given.columns().to_vec();
                columns.extend(added.arrays(batch.rows, answers));
                sink.pass(columns)?;
            }
            (Route::ColumnsToText { output, delimiter }, Payload::Arrow(given)) => {
                arrow_to_text(&self.input, given, self.rows, *delimiter, text, |text, row| {
                    added.push_row(text, *delimiter, row, answers);
                    text.push(b'\n');
                })?;
                output.put(text)?;
                output.send()?;
            }
            _ => return Err(Error::about("the batch", "belongs to another table than the writer")),
        }
        self.rows += batch.rows as u64;
        Ok(())
    }

    /// Writes what is left and lets the file appear under its name.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn finish(self) -> Result<(), Error> {
        match self.route {
            Route::Verbatim { output, .. }
            | Route::Respelled { output, .. }
            | Route::ColumnsToText { output, .. }
            | Route::Objects { output } => output.finish(),
            Route::TextToColumns { sink, .. } | Route::Columns { sink } => sink.finish(),
        }
    }
}

fn begin(mut output: Output, header: &[u8]) -> Result<Output, Error> {
    output.put(header)?;
    output.send()?;
    Ok(output)
}

fn header(text: &mut Vec<u8>, names: &[String], added: &Added, delimiter: u8) {
    push_fields(text, names.iter().map(String::as_bytes), delimiter);
    added.push_names(text, delimiter);
    text.push(b'\n');
}
