//! Where a table comes from, as JavaScript says it, turned into what the readers and the engine take.

use std::borrow::Cow;
use std::path::Path;

use kmeans_engine::{Matrix, Values};
use kmeans_io::{Dialect, Input, expand, parse_comment, parse_decimal, parse_delimiter};
use napi::bindgen_prelude::{Either, Float32Array, Float64Array, Uint8Array};
use napi_derive::napi;

use crate::failure::{ErrorCode, Failure};
use crate::number::count;

/// Where a table comes from: exactly one of paths, stdin, ipc and values.
#[napi(object, object_to_js = false)]
pub struct Source {
    /// Files and patterns of files, one after the other.
    pub paths: Option<Vec<String>>,
    /// File descriptor 0.
    pub stdin: Option<bool>,
    /// An Arrow IPC file or stream.
    pub ipc: Option<Uint8Array>,
    /// Numbers, row-major; with `columns`.
    pub values: Option<Either<Float32Array, Float64Array>>,
    /// How many numbers make a row of `values`.
    pub columns: Option<f64>,
    /// Names of the columns of `values`; x1, x2, … without.
    pub names: Option<Vec<String>>,
    /// A weight for each row of `values`.
    pub weights: Option<Float64Array>,
}

/// How a table is read.
#[napi(object, object_to_js = false)]
pub struct TableOptions {
    /// csv, tsv, arrow, parquet, npy or jsonl; found out without.
    pub format: Option<String>,
    /// Whether the first row holds the column names; found out without.
    pub header: Option<bool>,
    /// One character, `tab` or `space`; found out without.
    pub delimiter: Option<String>,
    /// What stands before decimals, `.` or `,`; found out without.
    pub decimal: Option<String>,
    /// What the lines begin with that are comments, or `none`; found out without.
    pub comment: Option<String>,
}

/// A table on its way in.
pub enum Table {
    /// To be read, and what is to be said of it.
    Read(Input, Dialect, Vec<String>),
    /// Numbers that were handed over, copied: JavaScript may change its array at any time.
    Given(Given),
}

/// Numbers with names.
pub struct Given {
    pub matrix: Matrix,
    pub names: Vec<String>,
    /// Whether the caller gave the names; otherwise columns go by position.
    pub named: bool,
    pub weights: Option<Vec<f64>>,
}

impl Given {
    /// The columns that a model has, in its order: by name where there are names, as for any table.
    pub fn features(&self, wanted: &[String]) -> Result<Cow<'_, Matrix>, Failure> {
        if !self.named || self.names == wanted {
            return Ok(Cow::Borrowed(&self.matrix));
        }
        let missing: Vec<&str> =
            wanted.iter().filter(|name| !self.names.contains(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            let message =
                format!("the array has no column named {}, which the model needs", missing.join(", "));
            return Err(Failure::new(ErrorCode::InvalidData, message));
        }
        let places: Vec<usize> =
            wanted.iter().filter_map(|name| self.names.iter().position(|n| n == name)).collect();
        Ok(Cow::Owned(self.matrix.pick_columns(&places)))
    }
}

impl Source {
    /// A pattern of paths leaves out what this run writes.
    pub fn table(self, options: TableOptions, written: &[Option<&str>]) -> Result<Table, Failure> {
        let Self { paths, stdin, ipc, values, columns, names, weights } = self;
        if let Some(values) = values {
            return given(values, columns, names, weights).map(Table::Given);
        }
        let mut notes = Vec::new();
        let input = match (paths, stdin, ipc) {
            (Some(paths), None, None) => {
                let written: Vec<&Path> =
                    written.iter().flatten().filter(|path| **path != "-").map(Path::new).collect();
                let files = expand(&paths, &written)?;
                notes = files.notes;
                Input::Paths(files.paths)
            }
            (None, Some(true), None) => Input::Stdin,
            (None, None, Some(bytes)) => Input::Ipc(bytes.to_vec()),
            _ => {
                return Err(Failure::new(
                    ErrorCode::Internal,
                    "a source is one of paths, stdin, ipc and values",
                ));
            }
        };
        Ok(Table::Read(input, options.dialect()?, notes))
    }
}

impl TableOptions {
    fn dialect(self) -> Result<Dialect, Failure> {
        let Self { format, header, delimiter, decimal, comment } = self;
        let format = format.as_deref().map(str::parse).transpose()?;
        let delimiter = delimiter.as_deref().map(parse_delimiter).transpose()?;
        let decimal = decimal.as_deref().map(parse_decimal).transpose()?;
        let comment = comment.as_deref().map(parse_comment).transpose()?;
        Ok(Dialect { format, header, delimiter, decimal, comment, threads: None })
    }
}

fn given(
    values: Either<Float32Array, Float64Array>,
    columns: Option<f64>,
    names: Option<Vec<String>>,
    weights: Option<Float64Array>,
) -> Result<Given, Failure> {
    let invalid = |message: String| Failure::new(ErrorCode::InvalidData, message);
    let columns = count("columns", columns.unwrap_or(0.0))?;
    let values = match values {
        Either::A(values) => Values::F32(values.to_vec()),
        Either::B(values) => Values::F64(values.to_vec()),
    };
    if columns == 0 || !values.len().is_multiple_of(columns) {
        return Err(invalid(format!("{} numbers are not rows of {columns}", values.len())));
    }
    let rows = values.len() / columns;
    let named = names.is_some();
    let names = names.unwrap_or_else(|| (1..=columns).map(|i| format!("x{i}")).collect());
    if names.len() != columns {
        return Err(invalid(format!("{} names were given for {columns} columns", names.len())));
    }
    if let Some((i, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        return Err(invalid(format!(
            "columns {} and {} both have the name \"{name}\"",
            position(&names, name),
            i + 1
        )));
    }
    let weights = weights.map(|weights| weights.to_vec());
    if let Some(count) = weights.as_ref().map(Vec::len).filter(|count| *count != rows) {
        return Err(invalid(format!("{count} weights were given for {rows} rows")));
    }
    Ok(Given { matrix: Matrix::new(columns, values), names, named, weights })
}

fn position(names: &[String], name: &String) -> usize {
    names.iter().position(|other| other == name).map_or(0, |place| place + 1)
}
