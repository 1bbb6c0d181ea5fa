//! JSON objects as a table: the columns are their keys.

use std::sync::Arc;

use crate::arrow::leaves::{Leaf, Leaves};
use crate::categories;
use crate::cell::{self, Cells};
use crate::columns::{Nature, Profile};
use crate::csv::number::is_missing;
use crate::csv::split::WIDEST;
use crate::csv::table::{PROFILED, PROFILED_BYTES, RawRecords};
use crate::error::{Cell, Error, shown};
use crate::json::objects::{Objects, Step};
use crate::json::row::{Keys, Row, Taking, Value};
use crate::place::Place;
use crate::source::Source;

/// JSON being read.
pub(crate) struct JsonTable {
    name: String,
    objects: Objects,
    keys: Keys,
    leaves: Leaves,
    /// The lengths of vectors, by column.
    lengths: Vec<Option<usize>>,
    row: Row,
    rows: u64,
    /// How many rows decided what the columns are.
    looked: usize,
    /// The first key that was no column any more, and its row; of interest where the columns are all that is passed on.
    late: Option<(String, u64)>,
    tells_late: bool,
}

impl JsonTable {
    /// Reads as far as the rows that decide what the columns are; they are then read again.
    pub(crate) fn open(source: Source, look: &Look) -> Result<Self, Error> {
        let name = source.name.clone();
        let mut objects = Objects::open(source)?;
        let (mut keys, mut row, mut rows) = (Keys::default(), Row::default(), 0);
        let mut natures: Vec<(Nature, Option<usize>)> = Vec::new();
        objects.mark();
        let mut ended = false;
        while objects.since_mark() < PROFILED_BYTES && !look.is_over(rows, &keys.names, &natures) {
            if objects.next(true)? == Step::End {
                ended = true;
                break;
            }
            rows += 1;
            let read = row.read(objects.bytes(), &mut keys, &[], true);
            if keys.names.len() > WIDEST {
                let message = format!("line {} makes it more than {WIDEST} columns", objects.line());
                return Err(Error::at(&name, message));
            }
            read.map_err(|error| unreadable(&objects, &error))?;
            natures.resize(keys.names.len(), (Nature::Empty { all: false }, None));
            for (nature, value) in natures.iter_mut().zip(&row.values) {
                if matches!(nature.0, Nature::Empty { .. }) {
                    *nature = self::nature(value, rows);
                }
            }
        }
        objects.rewind();
        let mut leaves = Leaves::default();
        for (column, (nature, size)) in natures.iter_mut().enumerate() {
            if let Nature::Empty { all } = nature {
                *all = ended;
            }
            match size {
                Some(size) => {
                    let added = leaves.add_vectors(column, &keys.names[column], *size);
                    added.map_err(|fault| fault.into_error(&name))?;
                }
                None => leaves.add(column, &keys.names[column], nature.clone()),
            }
        }
        let lengths = natures.into_iter().map(|(_, size)| size).collect();
        let tells_late = !matches!(look, Look::Features(_));
        Ok(Self { name, objects, keys, leaves, lengths, row, rows: 0, looked: rows, late: None, tells_late })
    }

    /// The columns, vectors as one.
    pub(crate) fn names(&self) -> &[String] {
        &self.keys.names
    }

    pub(crate) fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// What each column of numbers and every other holds.
    pub(crate) fn profiles(&self) -> Result<Vec<Profile>, Error> {
        if self.keys.names.is_empty() {
            return Err(Error::about(&self.name, "holds no row with a value"));
        }
        Ok(self.leaves.profiles())
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.objects.consumed()
    }

    /// Rows that were read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Refuses an end before which bytes were lost.
    pub(crate) fn check_end(&self) -> Result<(), Error> {
        let (delivered, consumed) = (self.objects.source().delivered(), self.objects.consumed());
        if delivered == consumed {
            Ok(())
        } else {
            Err(Error::miscounted(&self.name, "bytes", delivered, consumed))
        }
    }

    pub(crate) fn into_place(self) -> Option<Place> {
        self.objects.into_source().into_place()
    }

    /// A key that came too late to be a column.
    pub(crate) fn note(&self) -> Option<String> {
        let (key, row) = self.late.as_ref()?;
        Some(format!(
            "row {row} has a key \"{}\" that none of the first {} rows has, and it is no column",
            shown(key),
            self.looked
        ))
    }

    /// Appends the rows that can be had with one read; false at the end.
    pub(crate) fn fill(
        &mut self,
        cells: &mut Cells,
        mut raw: Option<&mut RawRecords>,
    ) -> Result<bool, Error> {
        let wanted: Vec<Leaf> =
            cells.wanted.iter().chain(&cells.weight).map(|&leaf| self.leaves.all[leaf]).collect();
        let mut taking = vec![Taking::No; self.keys.names.len()];
        for (slot, leaf) in wanted.iter().enumerate() {
            let text = slot < cells.wanted.len() && cells.categories(slot).is_some();
            taking[leaf.column] = if text { Taking::Text } else { Taking::Value };
        }
        let truth = cells.truth.as_ref().map(|truth| self.leaves.all[truth.column].column);
        if let Some(column) = truth {
            taking[column] = Taking::Text;
        }
        let before = cells.rows;
        loop {
            match self.objects.next(cells.rows == before)? {
                Step::End => return Ok(cells.rows > before),
                Step::Starved => return Ok(true),
                Step::Object => {}
            }
            self.rows += 1;
            let read = self.row.read(self.objects.bytes(), &mut self.keys, &taking, false);
            read.map_err(|error| unreadable(&self.objects, &error))?;
            if let (Some(key), None, true) = (&self.row.unknown, &self.late, self.tells_late) {
                self.late = Some((key.clone(), self.rows));
            }
            if let (Some(column), Some(truth)) = (truth, &mut cells.truth) {
                match &self.row.values[column] {
                    Value::Text(text) => truth.push(text.as_bytes()),
                    _ => truth.push_missing(),
                }
            }
            let lacking = self.take(&wanted, cells)?;
            cells.end_rows(1, usize::from(lacking));
            if let Some(raw) = &mut raw {
                raw.bytes.extend_from_slice(self.objects.bytes());
                raw.ends.push(raw.bytes.len());
            }
        }
    }

    /// Takes the cells of the row; whether one is missing comes back.
    fn take(&self, wanted: &[Leaf], cells: &mut Cells) -> Result<bool, Error> {
        let mut lacking = false;
        for (slot, leaf) in wanted.iter().enumerate() {
            let number = self.number(*leaf, slot, cells)?;
            let is_weight = slot == cells.wanted.len();
            if number.is_none() {
                let refused = |cells: &Cells| self.refused(slot, None, cell::NULL, cells);
                if is_weight {
                    return Err(refused(cells));
                }
                cells.lacks(refused)?;
                lacking = true;
            }
            let number = number.unwrap_or(f64::NAN);
            if is_weight {
                cells.add_weight(number, self.rows, Some(self.objects.line()), &self.name)?;
            } else {
                cells.values.push(number);
            }
        }
        Ok(lacking)
    }

    /// The number for a slot; `None` when it is missing.
    fn number(&self, leaf: Leaf, slot: usize, cells: &mut Cells) -> Result<Option<f64>, Error> {
        let value = &self.row.values[leaf.column];
        let Some(element) = leaf.element else {
            let bad = |text: &str, cells: &Cells| Err(self.refused(slot, Some(text), cell::NO_NUMBER, cells));
            return match value {
                Value::Missing => Ok(None),
                Value::Number(number) => Ok(Some(*number)),
                Value::Truth(truth) if slot >= cells.wanted.len() => bad(&truth.to_string(), cells),
                Value::Truth(truth) => Ok(Some(f64::from(u8::from(*truth)))),
                Value::Text(text) if is_missing(text.trim_ascii().as_bytes()) => Ok(None),
                Value::Text(text) => match cells.categories.get_mut(slot).and_then(Option::as_mut) {
                    None => bad(text, cells),
                    Some(categories) => match categories.code(text.trim_ascii().as_bytes()) {
                        Some(code) => Ok(Some(f64::from(code))),
                        None => Err(categories::too_many(&self.name, &cells.names[slot])),
                    },
                },
                Value::Vector { .. } | Value::List => bad("[…]", cells),
                Value::Object => bad("{…}", cells),
            };
        };
        let size = self.lengths[leaf.column].unwrap_or_default();
        match *value {
            Value::Missing => Ok(None),
            Value::Vector { from, count } if count == size => {
                Ok(Some(self.row.pool[from + element]).filter(|number| !number.is_nan()))
            }
            Value::Vector { count, .. } => {
                let (row, line, numbers) =
                    (self.rows, self.objects.line(), if count == 1 { "number" } else { "numbers" });
                let column = shown(&self.keys.names[leaf.column]);
                let sentence = format!(
                    "row {row} (line {line}), column \"{column}\": a list of {count} {numbers}, and the first has {size}"
                );
                Err(Error::at(&self.name, sentence)
                    .advise(Some("the lists of a column that is used must all have one length".to_owned())))
            }
            _ => Err(self.refused(slot, Some("the value"), "is no list of numbers", cells)),
        }
    }

    #[cold]
    fn refused(&self, slot: usize, value: Option<&str>, rule: &str, cells: &Cells) -> Error {
        let column = cells.names.get(slot).unwrap_or(&cells.weight_name);
        let advised = slot < cells.wanted.len();
        Error::Cell(Box::new(Cell {
            input: self.name.clone(),
            row: self.rows,
            line: Some(self.objects.line()),
            column: column.clone(),
            value: value.map(str::to_owned),
            rule: rule.to_owned(),
            missing: None,
            hint: advised.then(|| match value {
                None => cells.purpose.advice(column),
                Some(_) => cells.purpose.advice_on_text(column),
            }),
        }))
    }
}

/// How far rows are looked at to know the columns.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    /// So far that columns without a value among the first are known, too.
    Training,
    Columns,
    /// No further than it takes to know these, so that rows that trickle in are handed out as they come: nobody asks for
    /// the others.
    Features(Arc<[String]>),
}

impl Look {
    fn is_over(&self, rows: usize, names: &[String], natures: &[(Nature, Option<usize>)]) -> bool {
        let is_known = |nature: &Nature| !matches!(nature, Nature::Empty { .. });
        match self {
            Self::Training => rows >= PROFILED && natures.iter().all(|(nature, _)| is_known(nature)),
            Self::Columns => rows >= PROFILED,
            Self::Features(features) => {
                let holds = |name: &str, feature: &str| {
                    feature.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
                };
                let mut known = features.iter().map(|feature| {
                    names
                        .iter()
                        .zip(natures)
                        .any(|(name, (nature, _))| holds(name, feature) && is_known(nature))
                });
                rows >= PROFILED || known.all(|known| known)
            }
        }
    }
}

/// What a value makes of its column, and how long its vectors are.
fn nature(value: &Value, row: usize) -> (Nature, Option<usize>) {
    let nature = match value {
        Value::Missing | Value::Vector { count: 0, .. } => Nature::Empty { all: false },
        Value::Text(text) if is_missing(text.trim_ascii().as_bytes()) => Nature::Empty { all: false },
        Value::Vector { count, .. } => return (Nature::Numeric, Some(*count)),
        Value::Number(_) => Nature::Numeric,
        Value::Truth(_) => Nature::Asked("true or false; name it in --columns to use it".to_owned()),
        Value::Text(text) => Nature::Text { row, value: text.clone(), look_alike: None },
        Value::List => Nature::Typed("a list of other things".to_owned()),
        Value::Object => Nature::Typed("an object".to_owned()),
    };
    (nature, None)
}

/// Says what is wrong with an object, and where: the parser counts lines from the object's first.
fn unreadable(objects: &Objects, error: &serde_json::Error) -> Error {
    let line = objects.line() + (error.line().max(1) - 1) as u64;
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let place = if error.column() > 0 { format!(", character {}", error.column()) } else { String::new() };
    let sentence = format!("line {line}{place}: this is no JSON object ({})", shown(text));
    let spells = |word: &[u8]| memchr::memmem::find(objects.bytes(), word).is_some();
    let advice = (spells(b"NaN") || spells(b"Infinity"))
        .then(|| "JSON has no NaN and no Infinity; what is missing is null".to_owned());
    Error::at(&objects.source().name, sentence).advise(advice)
}
