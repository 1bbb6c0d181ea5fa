//! Several inputs as one table: which files, and rows of one after rows of another.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::arrow::brief;
use crate::body::{Layout, Opened};
use crate::convert::{arrow_to_text, fits};
use crate::csv::split_fields::Fields;
use crate::csv::table::RawRecords;
use crate::csv::text::push_fields;
use crate::error::{Error, escaped, shown};
use crate::format::Format;
use crate::json::respell::{DELIMITER, respelled};
use crate::output::is_same_file;
use crate::table::Payload;
use crate::visible::shown_path;

/// The files that paths and patterns name.
#[derive(Debug, Default)]
pub struct Files {
    /// In the order in which they are read.
    pub paths: Vec<PathBuf>,
    /// Which files were left out.
    pub notes: Vec<String>,
}

/// The files that these paths and patterns (`*`, `?`, `[…]`, `**`) name: those of a pattern sorted by name. What exists
/// under a name is never a pattern.
///
/// A pattern leaves out what this run writes, since a second run would read what the first has written: nobody means that
/// who says `data/*.csv -o data/out.csv`.
///
/// # Errors
/// [`Error::Data`] when nothing matches a pattern; [`Error::Read`] when a folder cannot be read.
pub fn expand(paths: &[String], written: &[&Path]) -> Result<Files, Error> {
    let mut files = Files::default();
    for path in paths {
        let is_pattern = path.contains(['*', '?', '[']) && Path::new(path).symlink_metadata().is_err();
        if is_pattern { matching(path, written, &mut files)? } else { files.paths.push(PathBuf::from(path)) }
    }
    Ok(files)
}

fn matching(pattern: &str, written: &[&Path], files: &mut Files) -> Result<(), Error> {
    let Files { paths: files, notes } = files;
    let name = escaped(pattern);
    let found =
        glob::glob(pattern).map_err(|error| Error::about(&name, format!("is no pattern ({})", error.msg)))?;
    let (before, said) = (files.len(), notes.len());
    for file in found {
        let file = file.map_err(|error| Error::reading(&name, error.into()))?;
        if file.is_dir() {
            continue;
        }
        if written.iter().any(|output| is_same_file(output, &file)) {
            notes.push(format!("{} is written by this run, and was left out of {name}", shown_path(&file)));
        } else {
            files.push(file);
        }
    }
    if files.len() == before {
        let but = if notes.len() == said { "" } else { " but what this run writes" };
        return Err(Error::Data { message: format!("no file matches {name}{but}"), hint: None });
    }
    files[before..].sort();
    Ok(())
}

/// The input that gives an output its columns.
pub(crate) struct First {
    name: String,
    columns: Vec<String>,
    layout: Layout,
}

/// Why rows cannot stand in the same output as those of the first input.
#[derive(Debug, Clone)]
pub(crate) struct Misfit {
    message: String,
}

impl Misfit {
    pub(crate) fn error(&self) -> Error {
        let hint = "an output has the columns of the first file; -l writes the labels alone";
        Error::Data { message: self.message.clone(), hint: Some(hint.to_owned()) }
    }
}

impl First {
    /// `followed` where more inputs come.
    pub(crate) fn of(opened: &Opened, followed: bool) -> Self {
        let layout = match opened.body.layout() {
            // Others may have nulls where this one has none.
            Layout::Arrow(schema) if followed => {
                let fields =
                    schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true)));
                Layout::Arrow(Arc::new(Schema::new_with_metadata(
                    fields.collect::<Vec<_>>(),
                    schema.metadata().clone(),
                )))
            }
            layout => layout,
        };
        Self { name: opened.name.clone(), columns: opened.body.columns().to_vec(), layout }
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where each of the columns stands in another input.
    pub(crate) fn order(&self, next: &Opened) -> Result<Vec<usize>, Misfit> {
        let (columns, name, first) = (next.body.columns(), &next.name, &self.name);
        let misfit = |message: String| Err(Misfit { message });
        let layout = next.body.layout();
        let both_json = matches!((&self.layout, &layout), (Layout::Json, Layout::Json));
        if let Some(more) = columns.iter().find(|column| !self.columns.contains(column)) {
            return misfit(format!(
                "{name} has a column \"{}\", and {first} has none of that name",
                shown(more)
            ));
        }
        let mut order: Vec<usize> = (0..columns.len()).collect();
        if columns != self.columns && !both_json {
            order.clear();
            for column in &self.columns {
                let Some(place) = columns.iter().position(|each| each == column) else {
                    return misfit(format!(
                        "{name} has no column \"{}\", and {first} has one",
                        shown(column)
                    ));
                };
                order.push(place);
            }
        }
        match (&self.layout, &layout) {
            (Layout::Text(ours), Layout::Text(theirs)) if ours.decimal != theirs.decimal => {
                let [ours, theirs] = [ours, theirs]
                    .map(|style| if style.decimal == b',' { "decimal commas" } else { "decimal points" });
                return misfit(format!(
                    "{name} has {theirs}, and {first} has {ours} (--decimal tells which)"
                ));
            }
            (Layout::Text(_), Layout::Text(_) | Layout::Json) | (Layout::Json, Layout::Json) => {}
            (Layout::Text(_), Layout::Arrow(schema)) => {
                fits(name, schema, Format::Csv).map_err(|error| Misfit { message: error.to_string() })?;
            }
            (Layout::Arrow(schema), Layout::Arrow(other)) => {
                for (field, &place) in schema.fields().iter().zip(&order) {
                    let (kind, other) = (field.data_type(), other.field(place).data_type());
                    if kind != other {
                        let column = shown(field.name());
                        let (kind, other) = (shown(&kind.to_string()), shown(&other.to_string()));
                        return misfit(format!(
                            "column \"{column}\" holds {kind} in {first} and {other} in {name}"
                        ));
                    }
                }
            }
            _ => {
                return misfit(format!(
                    "{first} and {name} are tables of two kinds, which no output can hold together"
                ));
            }
        }
        Ok(order)
    }

    /// Rows of another input as if they were of the first; `before` of them have gone before.
    pub(crate) fn conform(
        &self,
        payload: Payload,
        order: &[usize],
        next: &Opened,
        before: u64,
    ) -> Result<Payload, Error> {
        let in_order = order.iter().enumerate().all(|(place, &other)| place == other);
        let Layout::Text(style) = &self.layout else {
            return match payload {
                Payload::Arrow(batch) => self.reordered(&batch, order, next).map(Payload::Arrow),
                other => Ok(other),
            };
        };
        Ok(Payload::Text(match (payload, next.body.layout()) {
            (Payload::Text(raw), Layout::Text(other)) => {
                if in_order && style.delimiter == other.delimiter {
                    return Ok(Payload::Text(raw));
                }
                respell(&raw, other.delimiter, order, style.delimiter)
            }
            (Payload::Json(raw), _) => {
                let raw = respelled(&next.name, &raw, &self.columns)?;
                let order: Vec<usize> = (0..self.columns.len()).collect();
                if style.delimiter == DELIMITER {
                    raw
                } else {
                    respell(&raw, DELIMITER, &order, style.delimiter)
                }
            }
            (Payload::Arrow(batch), _) => {
                let batch = batch.project(order).map_err(|error| Error::about(&next.name, brief(&error)))?;
                let mut raw = RawRecords::default();
                let ends = &mut raw.ends;
                arrow_to_text(&next.name, &batch, before, style.delimiter, &mut raw.bytes, |text, _| {
                    ends.push(text.len());
                })?;
                raw
            }
            (payload, _) => return Ok(payload),
        }))
    }

    fn reordered(&self, batch: &RecordBatch, order: &[usize], next: &Opened) -> Result<RecordBatch, Error> {
        let Layout::Arrow(schema) = &self.layout else { return Ok(batch.clone()) };
        let columns = order.iter().map(|&place| batch.column(place).clone()).collect();
        RecordBatch::try_new(Arc::clone(schema), columns)
            .map_err(|error| Error::about(&next.name, brief(&error)))
    }
}

fn respell(raw: &RawRecords, delimiter: u8, order: &[usize], other: u8) -> RawRecords {
    let mut respelled = RawRecords::default();
    let mut fields = Fields::new(delimiter, order.len());
    for record in raw.iter() {
        let found: Vec<&[u8]> = fields.of(record).collect();
        let ordered = order.iter().map(|&place| found.get(place).copied().unwrap_or_default());
        push_fields(&mut respelled.bytes, ordered, other);
        respelled.ends.push(respelled.bytes.len());
    }
    respelled
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_pattern_leaves_out_what_this_run_writes_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let pattern = path("*.csv").to_str().unwrap().to_owned();
        for name in ["a.csv", "out.csv"] {
            fs::write(path(name), "").unwrap();
        }
        // By another spelling, and beside an output that is not there yet.
        let written = [folder.path().join(".").join("out.csv"), path("new.csv")];
        let written: Vec<&Path> = written.iter().map(PathBuf::as_path).collect();
        let found = expand(std::slice::from_ref(&pattern), &written).unwrap();
        assert_eq!(found.paths, [path("a.csv")]);
        let out = path("out.csv");
        let note = format!("{} is written by this run, and was left out of {pattern}", out.display());
        assert_eq!(found.notes, [note]);
        // Who names a file means it.
        let named = [out.to_str().unwrap().to_owned()];
        assert_eq!(expand(&named, &written).unwrap().paths, [out]);
        fs::remove_file(path("a.csv")).unwrap();
        let error = expand(std::slice::from_ref(&pattern), &written).unwrap_err().to_string();
        assert_eq!(error, format!("no file matches {pattern} but what this run writes"));
    }

    #[test]
    fn a_pattern_gives_files_by_name_and_a_name_is_itself() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.txt", "[x].csv"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("d.csv")).unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let found = |names: &[&str]| -> Vec<String> {
            let files = expand(&names.iter().map(|name| path(name)).collect::<Vec<_>>(), &[]).unwrap();
            files.paths.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found(&["c.txt", "?.csv"]), ["c.txt", "a.csv", "b.csv"]);
        assert_eq!(found(&["[x].csv", "nowhere.csv"]), ["[x].csv", "nowhere.csv"]);
        let error = expand(&[path("*.parquet")], &[]).unwrap_err().to_string();
        assert!(error.starts_with("no file matches ") && error.ends_with("*.parquet"), "{error}");
    }
}
