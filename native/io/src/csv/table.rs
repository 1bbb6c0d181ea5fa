//! A text as a table: names, checked records, numbers.

use std::sync::Arc;

use crate::categories::{self, TooMany};
use crate::cell::{Cells, Purpose};
use crate::columns::{Nature, Profile};
use crate::convert::NotUtf8;
use crate::csv::number::{LookAlike, Reading, read_spelt};
use crate::csv::opening::{find_comment, find_decimal, find_delimiter, holds_only_numbers};
use crate::csv::split::{Splitter, Step};
use crate::dialect::Dialect;
use crate::error::{Error, shown};
use crate::format::Format;
use crate::lead::{BOM, Lead};
use crate::names::of_bytes;
use crate::source::Source;

mod fast_way;

/// Rows, and bytes, that decide whether a column holds numbers.
pub(crate) const PROFILED: usize = 1_000;
pub(crate) const PROFILED_BYTES: usize = 16 << 20;

/// The original bytes of a run of records.
#[derive(Debug, Default)]
pub(crate) struct RawRecords {
    pub(crate) bytes: Vec<u8>,
    /// Where each record ends in `bytes`; line ends are left out.
    pub(crate) ends: Vec<usize>,
}

impl RawRecords {
    pub(crate) fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, &to)| &self.bytes[from..to])
    }
}

/// What a text turned out to be.
#[derive(Debug, Clone)]
pub(crate) struct TextStyle {
    pub(crate) delimiter: u8,
    /// What stands before decimals.
    pub(crate) decimal: u8,
    /// What a line that is no record begins with.
    pub(crate) comment: Option<u8>,
    pub(crate) header: bool,
    pub(crate) bom: bool,
    pub(crate) terminator: &'static [u8],
    /// The header's original bytes; empty without one.
    pub(crate) header_bytes: Arc<[u8]>,
}

/// A text being read.
pub(crate) struct CsvTable {
    pub(super) split: Splitter,
    /// Shared by the threads that read parts: a header may have 64 MiB.
    pub(crate) names: Arc<[String]>,
    pub(crate) style: TextStyle,
    first_line: u64,
    /// Whether nobody said that the first row holds names.
    guessed_header: bool,
    pub(super) utf8: Utf8,
    pub(super) rows: u64,
}

/// Whether every record is UTF-8, for tables that may become Arrow later.
#[derive(Debug, Clone, Copy)]
pub(super) enum Utf8 {
    Unwatched,
    SoFar,
    Not(NotUtf8),
}

impl CsvTable {
    /// Also gives a note for everything that was guessed and the user may want to know.
    pub(crate) fn open(
        source: Source,
        format: Format,
        dialect: Dialect,
    ) -> Result<(Self, Vec<String>), Error> {
        let bom = source.lead == Lead::Text { bom: true };
        let mut split = Splitter::new(source);
        // Files that were put together bring one each, and the second must not become part of a name.
        loop {
            match split.ahead() {
                _ if !bom => break,
                (text, _) if text.starts_with(BOM) => split.skip(BOM.len()),
                (text, true) if BOM.starts_with(text) => split.look_further()?,
                _ => break,
            }
        }
        let mut notes = Vec::new();
        let comment = match dialect.comment {
            Some(told) => told,
            None => find_comment(&mut split, &mut notes)?,
        };
        split.set_comment(comment);
        split.skip_to_record()?;
        let told = dialect.delimiter.or((format == Format::Tsv).then_some(b'\t'));
        let delimiter = match told {
            Some(delimiter) => delimiter,
            None => find_delimiter(&mut split, comment, dialect.decimal)?,
        };
        split.set_delimiter(delimiter);
        let decimal = match dialect.decimal {
            Some(told) => told,
            None => find_decimal(&mut split, delimiter, &mut notes)?,
        };
        split.mark();
        if split.next(true)? != Step::Record {
            let what = if comment.is_some() { "holds nothing but comments" } else { "is empty" };
            return Err(Error::about(&split.source().name, format!("{what}: there is no row to read")));
        }
        let numeric = holds_only_numbers(&split, decimal);
        let header = dialect.header.unwrap_or(!numeric);
        let count = split.count();
        let (terminator, header_bytes) = (split.terminator(), Arc::default());
        let mut style = TextStyle { delimiter, decimal, comment, header, bom, terminator, header_bytes };
        let first_line = split.line();
        let names = if header {
            style.header_bytes = split.raw().into();
            (0..count).map(|index| of_bytes(split.field(index)).trim().to_owned()).collect()
        } else {
            (1..=count).map(|number| format!("x{number}")).collect()
        };
        notes.extend((numeric && dialect.header.is_none()).then(|| {
            let named = if count == 1 { "the column is named x1".into() } else { format!("the columns are named x1 to x{count}") };
            format!("the first row holds only numbers, so it was read as data and {named} (--header reads it as names)")
        }));
        if header {
            split.unmark();
        } else {
            split.rewind();
        }
        let guessed_header = header && dialect.header.is_none();
        let utf8 = Utf8::Unwatched;
        Ok((Self { split, names, style, first_line, guessed_header, utf8, rows: 0 }, notes))
    }

    /// Notices from now on whether everything is UTF-8.
    pub(crate) fn watch_utf8(&mut self) {
        self.utf8 = Utf8::SoFar;
    }

    /// The first text that is not UTF-8, if that was watched.
    pub(crate) fn not_utf8(&self) -> Option<NotUtf8> {
        match self.utf8 {
            Utf8::Not(place) => Some(place),
            Utf8::Unwatched | Utf8::SoFar => None,
        }
    }

    /// Says that a guessed header may be data, when columns for which `numeric` holds have a number as their name.
    pub(crate) fn doubt(&self, numeric: impl Fn(usize) -> bool) -> Option<String> {
        if !self.guessed_header {
            return None;
        }
        let is_number = |name: &str| matches!(self.reading(name.as_bytes()), Reading::Number(_));
        let mut numbers = self.names.iter().enumerate();
        let mut numbers = std::iter::from_fn(|| {
            numbers.find(|(column, name)| is_number(name) && numeric(*column)).map(|(_, name)| shown(name))
        });
        let some: Vec<String> = numbers.by_ref().take(2).collect();
        let more = if numbers.next().is_some() { ", …" } else { "" };
        let some = Some(some.join(", ")).filter(|some| !some.is_empty())?;
        Some(format!("the first row was read as names ({some}{more}); if it is data, say --no-header"))
    }

    pub(crate) fn source(&self) -> &Source {
        self.split.source()
    }

    pub(crate) fn into_source(self) -> Source {
        self.split.into_source()
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.split.consumed()
    }

    /// Rows that were read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Refuses an end before which bytes were lost.
    pub(crate) fn check_end(&self) -> Result<(), Error> {
        self.split.check_end()
    }

    /// What each column holds, judged by the first thousand rows, and by more of them while a column has no value yet. They
    /// are then read again.
    pub(crate) fn profiles(&mut self) -> Result<Vec<Profile>, Error> {
        let mut natures: Vec<Nature> = vec![Nature::Empty { all: false }; self.names.len()];
        self.split.mark();
        let mut rows = 0;
        let mut step = Step::Record;
        let is_open = |nature: &Nature| matches!(nature, Nature::Empty { .. });
        while (rows < PROFILED || natures.iter().any(is_open)) && self.split.since_mark() < PROFILED_BYTES {
            step = self.next(true)?;
            if step != Step::Record {
                break;
            }
            rows += 1;
            for (index, nature) in natures.iter_mut().enumerate() {
                if matches!(nature, Nature::Empty { .. }) {
                    *nature = self.nature(index, rows);
                }
            }
        }
        if rows == 0 {
            return Err(Error::about(&self.source().name, "holds no row"));
        }
        self.split.rewind();
        for nature in &mut natures {
            if let Nature::Empty { all } = nature {
                *all = step == Step::End;
            }
        }
        let names = self.names.iter().cloned();
        Ok(names.zip(natures).map(|(name, nature)| Profile { name, nature }).collect())
    }

    fn nature(&self, index: usize, row: usize) -> Nature {
        let cell = self.split.field(index);
        match self.reading(cell) {
            Reading::Missing => Nature::Empty { all: false },
            Reading::Number(_) | Reading::Infinite | Reading::OutOfRange => Nature::Numeric,
            Reading::Text => Nature::Text {
                row,
                value: String::from_utf8_lossy(cell.trim_ascii()).into_owned(),
                look_alike: self.look_alike(cell),
            },
        }
    }

    fn reading(&self, cell: &[u8]) -> Reading {
        read_spelt(cell, self.style.decimal)
    }

    fn look_alike(&self, cell: &[u8]) -> Option<LookAlike> {
        LookAlike::of_spelt(cell, self.style.delimiter, self.style.decimal)
    }

    /// The next record that is no blank line and has as many fields as the first.
    fn next(&mut self, wait: bool) -> Result<Step, Error> {
        loop {
            let step = self.split.next(wait)?;
            let (found, expected) = (self.split.count(), self.names.len());
            if step != Step::Record || found == expected {
                return Ok(step);
            }
            let blank = found == 1 && self.split.raw().trim_ascii().is_empty();
            if !blank {
                return Err(self.ragged(found, expected));
            }
            self.split.discard();
        }
    }

    fn ragged(&self, found: usize, expected: usize) -> Error {
        let fields = if found == 1 { "field" } else { "fields" };
        let first = self.first_line;
        let sentence =
            format!("line {} has {found} {fields}, and line {first} has {expected}", self.split.line());
        let advice = if expected == 1 && found > 1 {
            format!("remove line {first} if it is a title, or name what separates fields with --delimiter")
        } else {
            "a field that holds the delimiter wants quotes, and an empty cell its delimiter".to_owned()
        };
        Error::at(&self.source().name, sentence).advise(Some(advice))
    }

    /// Appends the rows that can be had with one read; false at the end.
    pub(crate) fn fill(
        &mut self,
        cells: &mut Cells,
        mut raw: Option<&mut RawRecords>,
    ) -> Result<bool, Error> {
        let before = cells.rows;
        let mut fast = self.fast(cells);
        loop {
            if let Some(fast) = &mut fast {
                self.pass(fast, cells, raw.as_deref_mut());
            }
            match self.next(cells.rows == before)? {
                Step::End => return Ok(cells.rows > before),
                Step::Starved => return Ok(true),
                Step::Record => {}
            }
            self.rows += 1;
            let lacking = self.take(cells)?;
            cells.end_rows(1, usize::from(lacking));
            if matches!(self.utf8, Utf8::SoFar) {
                self.check_utf8();
            }
            if let Some(column) = cells.weight {
                match self.reading(self.split.field(column)) {
                    Reading::Number(weight) => {
                        cells.add_weight(weight, self.rows, Some(self.split.line()), &self.source().name)?;
                    }
                    bad => return Err(self.refused(cells, usize::MAX, column, bad)),
                }
            }
            if let Some(truth) = &mut cells.truth {
                truth.push(self.split.field(truth.column));
            }
            if let Some(raw) = &mut raw {
                raw.push(self.split.raw());
            }
        }
    }

    /// Takes the cells of the record; whether one is missing comes back.
    fn take(&self, cells: &mut Cells) -> Result<bool, Error> {
        let mut lacking = false;
        for order in 0..cells.wanted.len() {
            let column = cells.wanted[order];
            let cell = self.split.field(column);
            let reading = match cells.categories(order) {
                None => self.reading(cell),
                Some(categories) => match categories.read(cell) {
                    Ok(code) => code.map_or(Reading::Missing, |code| Reading::Number(f64::from(code))),
                    Err(TooMany) => return Err(self.too_many_categories(column)),
                },
            };
            match reading {
                Reading::Number(number) => cells.values.push(number),
                Reading::Missing => {
                    lacking = true;
                    cells.lacks(|cells| self.refused(cells, order, column, reading))?;
                    cells.values.push(f64::NAN);
                }
                bad => return Err(self.refused(cells, order, column, bad)),
            }
        }
        Ok(lacking)
    }

    #[cold]
    fn too_many_categories(&self, column: usize) -> Error {
        categories::too_many(&self.source().name, &self.names[column])
    }

    fn check_utf8(&mut self) {
        if std::str::from_utf8(self.split.raw()).is_err() {
            let broken = |column: &usize| std::str::from_utf8(self.split.field(*column)).is_err();
            let column = (0..self.split.count()).find(broken).unwrap_or_default();
            self.utf8 = Utf8::Not(NotUtf8 { row: self.rows, column });
        }
    }

    #[cold]
    fn refused(&self, cells: &Cells, order: usize, column: usize, bad: Reading) -> Error {
        let cell = self.split.field(column);
        let text = String::from_utf8_lossy(cell.trim_ascii()).into_owned();
        let name = cells.names.get(order).unwrap_or(&self.names[column]);
        let advised =
            |advice: fn(Purpose, &str) -> String| (order != usize::MAX).then(|| advice(cells.purpose, name));
        let (value, rule, hint) = match bad {
            Reading::Missing if text.is_empty() => (None, crate::cell::EMPTY, advised(Purpose::advice)),
            Reading::Missing => (Some(text), crate::cell::MISSING, advised(Purpose::advice)),
            Reading::Infinite => (Some(text), crate::cell::INFINITE, advised(Purpose::advice_on_value)),
            Reading::OutOfRange => {
                (Some(text), "is out of range of a 64-bit float", advised(Purpose::advice_on_value))
            }
            Reading::Text | Reading::Number(_) => {
                let advice = self.look_alike(cell).map(|like| like.advice().to_owned());
                (Some(text), crate::cell::NO_NUMBER, advice.or_else(|| advised(Purpose::advice_on_text)))
            }
        };
        Error::Cell(Box::new(crate::error::Cell {
            input: self.source().name.clone(),
            row: self.rows,
            line: Some(self.split.line()),
            column: name.clone(),
            value,
            rule: rule.to_owned(),
            missing: None,
            hint,
        }))
    }
}
