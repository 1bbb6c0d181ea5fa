//! Between text and Arrow, both ways.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, new_empty_array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema};
use kmeans_engine::Matrix;

use crate::arrow::contained;
use crate::csv::split_fields::Fields;
use crate::csv::table::RawRecords;
use crate::csv::text::{push_f32, push_f64, push_field};
use crate::error::{Error, shown};
use crate::format::Format;
use crate::sink;

/// The columns of a text as Arrow: the selected ones float64, null where the cell is missing, the others utf8.
pub(crate) fn text_schema(names: &[String], selected: &[usize]) -> Schema {
    let field = |(column, name): (usize, &String)| {
        // A number may be missing, and is then null; a text is at least empty.
        let number = selected.contains(&column);
        Field::new(name, if number { DataType::Float64 } else { DataType::Utf8 }, number)
    };
    Schema::new(names.iter().enumerate().map(field).collect::<Vec<_>>())
}

/// Whether a format can hold columns of these types.
pub(crate) fn fits(input: &str, schema: &Schema, format: Format) -> Result<(), Error> {
    let (title, holds): (_, fn(&FieldRef) -> bool) = match format {
        // Nothing is written as NumPy, and the output says so.
        Format::Arrow | Format::Npy => return Ok(()),
        Format::Csv | Format::Tsv => ("text", text_holds),
        Format::Parquet => (format.title(), sink::parquet::holds),
        Format::Jsonl => (format.title(), sink::jsonl::holds),
    };
    if let Some((place, field)) = schema.fields().iter().enumerate().find(|(_, field)| !holds(field)) {
        let what = crate::arrow::number::name(field.data_type());
        let message =
            format!("cannot be written as {title}: {} is {what}", column_named(field.name(), place));
        return Err(Error::about(input, message).advise(Some(INSTEAD_ARROW.to_owned())));
    }
    names_fit(input, schema.fields().iter().map(|field| field.name().as_str()), format)
}

/// Whether a format can hold columns of these names.
pub(crate) fn names_fit<'a>(
    input: &str,
    names: impl Iterator<Item = &'a str>,
    format: Format,
) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut names = names;
    match names.find(|name| format == Format::Jsonl && !seen.insert(*name)) {
        None => Ok(()),
        Some(name) => {
            let sentence =
                format!("has several columns named \"{}\", and a JSON object holds one", shown(name));
            let hint = "give each a name of its own, or write another format".to_owned();
            Err(Error::about(input, sentence).advise(Some(hint)))
        }
    }
}

fn text_holds(field: &FieldRef) -> bool {
    // Only the formatter itself knows, and it decides when it is made.
    contained(|| Column::new(&new_empty_array(field.data_type()), &options()).map(drop)).is_ok()
}

const INSTEAD_ARROW: &str = "write Arrow instead, with an output named .arrow, or convert the column first";

fn column_named(name: &str, place: usize) -> String {
    if name.is_empty() { format!("column {}", place + 1) } else { format!("column \"{}\"", shown(name)) }
}

fn options() -> FormatOptions<'static> {
    FormatOptions::new().with_null("").with_display_error(false)
}

/// Where a text is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotUtf8 {
    /// The data row, counted from 1.
    pub(crate) row: u64,
    /// The column, counted from 0.
    pub(crate) column: usize,
}

impl NotUtf8 {
    pub(crate) fn refused(self, input: &str, format: Format) -> Error {
        let (row, column, title) = (self.row, self.column + 1, format.title());
        let sentence =
            format!("row {row}, column {column}: the text is not UTF-8, and {title} holds no other");
        Error::at(input, sentence)
            .advise(Some("write CSV instead, which keeps the bytes as they are".to_owned()))
    }
}

/// Records of `input` as columns for an output of this format; `before` rows have gone before.
pub(crate) fn text_to_arrow(
    input: &str,
    format: Format,
    raw: &RawRecords,
    fields: &mut Fields,
    selected: &[usize],
    values: &Matrix,
    before: u64,
) -> Result<Vec<ArrayRef>, Error> {
    let mut texts: Vec<StringBuilder> = Vec::new();
    for (row, record) in raw.iter().enumerate() {
        for (column, field) in fields.of(record).enumerate() {
            if texts.len() <= column {
                texts.push(StringBuilder::new());
            }
            if !selected.contains(&column) {
                let place = NotUtf8 { row: before + row as u64 + 1, column };
                let text = std::str::from_utf8(field).map_err(|_| place.refused(input, format))?;
                texts[column].append_value(text);
            }
        }
    }
    let numbers = values.widened();
    let column = |(column, mut text): (usize, StringBuilder)| -> ArrayRef {
        match selected.iter().position(|&each| each == column) {
            Some(slot) => {
                let column = numbers.iter().skip(slot).step_by(selected.len());
                Arc::new(column.map(|number| (!number.is_nan()).then_some(*number)).collect::<Float64Array>())
            }
            None => Arc::new(text.finish()),
        }
    };
    Ok(texts.into_iter().enumerate().map(column).collect())
}

/// A batch of `input` as lines of text; `complete` ends each row, and `before` rows have gone before.
pub(crate) fn arrow_to_text(
    input: &str,
    batch: &RecordBatch,
    before: u64,
    delimiter: u8,
    text: &mut Vec<u8>,
    mut complete: impl FnMut(&mut Vec<u8>, usize),
) -> Result<(), Error> {
    let options = options();
    let made = batch.columns().iter().map(|array| Column::new(array, &options));
    let Ok(columns) = made.collect::<Result<Vec<Column<'_>>, _>>() else {
        // An array may be refused for more than its type.
        fits(input, &batch.schema(), Format::Csv)?;
        return Err(Error::about(input, "cannot be written as text").advise(Some(INSTEAD_ARROW.to_owned())));
    };
    let mut scratch = String::new();
    let mut place = (0, 0);
    contained(|| {
        for row in 0..batch.num_rows() {
            for (order, column) in columns.iter().enumerate() {
                if order > 0 {
                    text.push(delimiter);
                }
                place = (row, order);
                column.push(text, row, delimiter, &mut scratch)?;
            }
            complete(text, row);
        }
        Ok(())
    })
    .map_err(|_| {
        let (row, order) = place;
        let column = column_named(batch.schema_ref().field(order).name(), order);
        let sentence =
            format!("row {}, {column}: the value cannot be written as text", before + row as u64 + 1);
        Error::at(input, sentence).advise(Some(INSTEAD_ARROW.to_owned()))
    })
}

/// Hands out a column's values as text would show them, so that 1.0 is `1` from any storage; nothing for a null.
/// `what` the column is for is told where it has no texts.
pub(crate) fn each_text(
    input: &str,
    array: &ArrayRef,
    what: &str,
    mut each: impl FnMut(Option<&[u8]>),
) -> Result<(), Error> {
    let options = options();
    let (mut text, mut scratch) = (Vec::new(), String::new());
    contained(|| {
        let column = Column::new(array, &options)?;
        for row in 0..array.len() {
            if array.is_null(row) {
                each(None);
                continue;
            }
            text.clear();
            if column.push_number(&mut text, row) {
                each(Some(&text));
            } else if let Column::Other(formatter) = &column {
                scratch.clear();
                formatter.value(row).write(&mut scratch)?;
                each(Some(scratch.as_bytes()));
            }
        }
        Ok(())
    })
    .map_err(|_| {
        let kind = crate::arrow::number::name(array.data_type());
        Error::at(input, format!("{what} cannot be read as text: it is {kind}"))
            .advise(Some("convert the column to text or integers first".to_owned()))
    })
}

enum Column<'a> {
    F16(&'a arrow_array::Float16Array),
    F32(&'a arrow_array::Float32Array),
    F64(&'a Float64Array),
    Other(ArrayFormatter<'a>),
}

impl<'a> Column<'a> {
    fn new(array: &'a ArrayRef, options: &FormatOptions<'a>) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Float16 => Self::F16(array.as_primitive::<Float16Type>()),
            DataType::Float32 => Self::F32(array.as_primitive::<Float32Type>()),
            DataType::Float64 => Self::F64(array.as_primitive::<Float64Type>()),
            _ => Self::Other(ArrayFormatter::try_new(array.as_ref(), options)?),
        })
    }

    fn push(
        &self,
        text: &mut Vec<u8>,
        row: usize,
        delimiter: u8,
        scratch: &mut String,
    ) -> Result<(), ArrowError> {
        if !self.push_number(text, row)
            && let Self::Other(formatter) = self
        {
            scratch.clear();
            formatter.value(row).write(scratch)?;
            push_field(text, scratch.as_bytes(), delimiter);
        }
        Ok(())
    }

    /// False for what is no float.
    fn push_number(&self, text: &mut Vec<u8>, row: usize) -> bool {
        match self {
            Self::F16(array) if array.is_valid(row) => push_f32(text, array.value(row).to_f32()),
            Self::F32(array) if array.is_valid(row) => push_f32(text, array.value(row)),
            Self::F64(array) if array.is_valid(row) => push_f64(text, array.value(row)),
            Self::F16(_) | Self::F32(_) | Self::F64(_) => {}
            Self::Other(_) => return false,
        }
        true
    }
}
