//! Between text and Arrow, both ways.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use kmeans_engine::Matrix;

use crate::arrow::{brief, contained};
use crate::csv::split_fields::Fields;
use crate::csv::table::RawRecords;
use crate::csv::text::{push_f32, push_f64, push_field};
use crate::error::Error;
use crate::table::widened;

/// The columns of a text as Arrow: the selected ones float64, the others utf8.
pub(crate) fn text_schema(names: &[String], selected: &[usize]) -> Schema {
    let field = |(column, name): (usize, &String)| {
        let kind = if selected.contains(&column) { DataType::Float64 } else { DataType::Utf8 };
        Field::new(name, kind, false)
    };
    Schema::new(names.iter().enumerate().map(field).collect::<Vec<_>>())
}

/// Records as Arrow columns; `before` rows have gone before.
pub(crate) fn text_to_arrow(
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
                let text =
                    std::str::from_utf8(field).map_err(|_| not_utf8(before + row as u64 + 1, column))?;
                texts[column].append_value(text);
            }
        }
    }
    let numbers = widened(values);
    let column = |(column, mut text): (usize, StringBuilder)| -> ArrayRef {
        match selected.iter().position(|&each| each == column) {
            Some(slot) => {
                let column = numbers.iter().skip(slot).step_by(selected.len()).copied();
                Arc::new(Float64Array::from_iter_values(column))
            }
            None => Arc::new(text.finish()),
        }
    };
    Ok(texts.into_iter().enumerate().map(column).collect())
}

fn not_utf8(row: u64, column: usize) -> Error {
    let message =
        format!("row {row}, column {}: the text is not UTF-8, and Arrow holds no other", column + 1);
    Error::Data { message, hint: Some("write CSV instead, which keeps the bytes as they are".to_owned()) }
}

/// A batch as lines of text; `complete` ends each row.
pub(crate) fn arrow_to_text(
    batch: &RecordBatch,
    delimiter: u8,
    text: &mut Vec<u8>,
    mut complete: impl FnMut(&mut Vec<u8>, usize),
) -> Result<(), Error> {
    let failed = |error: ArrowError| {
        Error::about("the table", format!("cannot be written as text ({})", brief(&error)))
    };
    let options = FormatOptions::new().with_null("").with_display_error(false);
    let columns: Vec<Column<'_>> = batch
        .columns()
        .iter()
        .map(|array| Column::new(array, &options))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let mut scratch = String::new();
    contained(|| {
        for row in 0..batch.num_rows() {
            for (order, column) in columns.iter().enumerate() {
                if order > 0 {
                    text.push(delimiter);
                }
                column.push(text, row, delimiter, &mut scratch)?;
            }
            complete(text, row);
        }
        Ok(())
    })
    .map_err(failed)
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
        match self {
            Self::F16(array) if array.is_valid(row) => push_f32(text, array.value(row).to_f32()),
            Self::F32(array) if array.is_valid(row) => push_f32(text, array.value(row)),
            Self::F64(array) if array.is_valid(row) => push_f64(text, array.value(row)),
            Self::F16(_) | Self::F32(_) | Self::F64(_) => {}
            Self::Other(formatter) => {
                scratch.clear();
                formatter.value(row).write(scratch)?;
                push_field(text, scratch.as_bytes(), delimiter);
            }
        }
        Ok(())
    }
}
