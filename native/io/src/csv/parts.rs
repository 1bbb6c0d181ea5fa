//! A text read on several threads, each of which takes whole lines and reads them as a table of their own.
//!
//! A part that begins where a record does, and ends where one does, holds the same rows as those bytes hold in the whole.
//! The first part begins with a record. A part in which everything was read ends with one, since a quote that is still open
//! is an error, and so the next begins with one. Where a part cannot be read, because a line's end stood inside of quotes or
//! because of a real error, that part and all that follow are read again one after the other, with the right row and line in
//! every message.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cell::Cells;
use crate::convert::NotUtf8;
use crate::conveyor;
use crate::csv::split::Lines;
use crate::csv::table::{CsvTable, RawRecords, Utf8};
use crate::error::{Error, Kind};
use crate::gathered::Before;
use crate::stop::Halting;

/// Lines, and what was made of them unless they cannot be read by themselves.
struct Part<T> {
    lines: Lines,
    read: Option<Read<T>>,
}

struct Read<T> {
    made: T,
    rows: u64,
    /// How many lines.
    count: u64,
    utf8: Utf8,
}

/// What a thread works with.
struct Desk {
    table: CsvTable,
    cells: Cells,
}

/// How a text is to be read in parts.
pub(crate) struct Parting<'a> {
    pub(crate) threads: usize,
    /// Keep the records' bytes.
    pub(crate) raw: bool,
    /// Ends the wait for a pipe.
    pub(crate) halting: &'a Halting,
}

impl CsvTable {
    /// Reads as far as parts can be read, mostly to the end. On any thread, `work` gets what a part holds; in the order of the
    /// rows, `give` gets what it made, how many bytes it was made of, and
    /// what came before.
    pub(crate) fn in_parts<T, E>(
        &mut self,
        parting: &Parting,
        cells: impl Fn() -> Cells,
        work: impl Fn(&mut Cells, RawRecords) -> T + Sync,
        mut give: impl FnMut(T, usize, Before) -> Result<(), E> + Send,
    ) -> Result<(), E>
    where
        T: Send,
        E: From<Error> + Send,
    {
        if !self.split.is_between() {
            return Ok(());
        }
        let &Parting { threads, raw, halting } = parting;
        let mut desks: Vec<Desk> =
            (0..threads).map(|_| Desk { table: self.fork(), cells: cells() }).collect();
        let spare = Mutex::new(Vec::<Lines>::new());
        let refused = AtomicBool::new(false);
        let (mut rows, mut line, mut utf8) = (self.rows, self.split.next_line(), self.utf8);
        let mut left = Vec::new();
        let split = &mut self.split;
        let ended = conveyor::run(
            &mut desks,
            || {
                let mut lines =
                    spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                split.cut(&mut lines).map(|some| some.then_some(lines))
            },
            // After a part that was refused all others are read again too.
            |desk, lines| {
                if refused.load(Ordering::Relaxed) {
                    Part { lines, read: None }
                } else {
                    desk.read(lines, raw, &work)
                }
            },
            |Part { lines, read }| match read {
                Some(read) if left.is_empty() => {
                    utf8 = utf8.after(rows, read.utf8);
                    let before = Before { rows, lines: line - 1 };
                    rows += read.rows;
                    line += read.count;
                    give(read.made, lines.filled, before)?;
                    spare.lock().unwrap_or_else(PoisonError::into_inner).push(lines);
                    Ok(ControlFlow::Continue(()))
                }
                _ => {
                    refused.store(true, Ordering::Relaxed);
                    left.push(lines);
                    Ok(ControlFlow::Break(()))
                }
            },
            || halting.halt(),
        );
        (self.rows, self.utf8) = (rows, utf8);
        let halted = halting.resume();
        if let Some(error) = ended.giving {
            return Err(error);
        }
        if left.is_empty() {
            self.split.set_next_line(line);
            return ended.feeding.map_or(Ok(()), |error| Err(error.into()));
        }
        self.split.restore(&left, line);
        match ended.feeding {
            Some(error) if !(halted && error.kind() == Kind::Interrupted) => self.split.set_broken(error),
            _ => {}
        }
        Ok(())
    }
}

impl Desk {
    fn read<T>(&mut self, lines: Lines, raw: bool, work: impl Fn(&mut Cells, RawRecords) -> T) -> Part<T> {
        let Self { table, cells } = self;
        let mut records = RawRecords::default();
        table.restart(lines);
        let whole = table.fill(cells, raw.then_some(&mut records)).is_ok();
        let count = table.split.next_line() - 1;
        let read = if whole {
            Some(Read { made: work(cells, records), rows: table.rows, count, utf8: table.utf8 })
        } else {
            cells.gathered();
            None
        };
        Part { lines: table.split.unload(), read }
    }
}

impl Utf8 {
    /// What is known after `rows` rows of which this was known, and more.
    fn after(self, rows: u64, more: Self) -> Self {
        match (self, more) {
            (Self::SoFar, Self::Not(NotUtf8 { row, column })) => {
                Self::Not(NotUtf8 { row: rows + row, column })
            }
            _ => self,
        }
    }
}
