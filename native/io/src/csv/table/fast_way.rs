//! A table's plain records the fast way, and a table of some of its lines.

use super::{CsvTable, RawRecords, Utf8};
use crate::cell::{Cells, Growing};
use crate::csv::fast::{Fast, Marks};
use crate::csv::split::Lines;

impl CsvTable {
    /// The fast way, where it has nothing to decide about what these cells want.
    pub(super) fn fast(&self, cells: &Cells) -> Option<Fast> {
        if !cells.is_plain() {
            return None;
        }
        let marks = Marks {
            delimiter: self.style.delimiter,
            decimal: self.style.decimal,
            comment: self.style.comment,
        };
        Fast::new(marks, self.names.len(), &cells.wanted, cells.weight)
    }

    pub(super) fn pass(&mut self, fast: &mut Fast, cells: &mut Cells, raw: Option<&mut RawRecords>) {
        let Growing::F64(values) = &mut cells.values else { return };
        let weights = &mut cells.weights;
        let watched = matches!(self.utf8, Utf8::SoFar);
        let rows = self.split.pass(watched, |text, at, end| fast.take(text, at, end, values, weights, raw));
        cells.end_rows(rows, 0);
        self.rows += rows as u64;
    }

    /// Tells if whole lines can be taken from here on.
    pub(crate) fn is_between(&self) -> bool {
        self.split.is_between()
    }

    /// A table of the same columns that is given its lines by [`CsvTable::restart`].
    pub(in crate::csv) fn fork(&self) -> Self {
        let utf8 = if matches!(self.utf8, Utf8::SoFar) { Utf8::SoFar } else { Utf8::Unwatched };
        Self {
            split: self.split.fork(),
            names: self.names.clone(),
            style: self.style.clone(),
            first_line: self.first_line,
            guessed_header: false,
            utf8,
            rows: 0,
        }
    }

    /// Reads these lines as if there were no others.
    pub(in crate::csv) fn restart(&mut self, lines: Lines) {
        self.split.load(lines);
        self.rows = 0;
        if matches!(self.utf8, Utf8::Not(_)) {
            self.utf8 = Utf8::SoFar;
        }
    }
}
