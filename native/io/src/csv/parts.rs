//! A text read on several threads, each of which takes whole lines and reads them as a table of their own.
//!
//! A part that begins where a record does, and ends where one does, holds the same rows as those bytes hold in the whole.
//! The first part begins with a record. A part in which everything was read ends with one, since a quote that is still open
//! is an error, and so the next begins with one. Where a part cannot be read, because a line's end stood inside of quotes or
//! because of a real error, that part and all that follow are read again one after the other, with the right row and line in
//! every message.

use std::ops::ControlFlow;

use crate::cell::Cells;
use crate::convert::NotUtf8;
use crate::csv::split::{Cut, Lines};
use crate::csv::table::{CsvTable, RawRecords, Utf8};
use crate::error::Error;
use crate::gathered::Before;
use crate::ordered_pipeline::{self, Fed, Feed};
use crate::stop::Halt;
use crate::sync::lock;
use crate::sync::sync::Mutex;
use crate::sync::sync::atomic::{AtomicBool, Ordering};

/// Lines, and what was made of them unless they cannot be read by themselves.
struct Part<T> {
    lines: Lines,
    read: Option<Read<T>>,
}

struct Read<T> {
    made: T,
    rows: u64,
    /// How many of them are in the cells.
    gathered: u64,
    /// How many lines.
    count: u64,
    /// How many bytes were split.
    bytes: usize,
    utf8: Utf8,
}

/// What a thread works with.
struct Worker {
    table: CsvTable,
    cells: Cells,
}

/// How a text is to be read in parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parting {
    pub(crate) threads: usize,
    /// Keep the records' bytes.
    pub(crate) raw: bool,
}

impl CsvTable {
    /// Reads as far as parts can be read, mostly to the end. On any thread, `work` gets what a part holds; in the order of the
    /// rows, `give` gets what it made, how many bytes it was made of, and
    /// what came before.
    pub(crate) fn in_parts<T, E>(
        &mut self,
        Parting { threads, raw }: Parting,
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
        let name = self.source().name.clone();
        let mut workers: Vec<Worker> =
            (0..threads).map(|_| Worker { table: self.fork(), cells: cells() }).collect();
        let spare = Mutex::new(Vec::<Lines>::new());
        let (refused, halt) = (AtomicBool::new(false), Halt::default());
        let (mut rows, mut line, mut utf8) = (self.rows, self.split.next_line(), self.utf8);
        let mut left = Vec::new();
        // Bytes that parts were cut of, and bytes of those that were read.
        let (mut cut, mut read_bytes) = (0, 0);
        let split = &mut self.split;
        let ended = ordered_pipeline::run(
            &mut workers,
            || {
                let mut lines = lock(&spare).pop().unwrap_or_default();
                Ok(match split.cut(&mut lines, &halt)? {
                    Cut::Lines => {
                        cut += lines.filled as u64;
                        Fed::Item(lines)
                    }
                    Cut::End => Fed::End,
                    Cut::Halted => Fed::Halted,
                })
            },
            // After a part that was refused all others are read again too.
            |worker, lines| {
                if refused.load(Ordering::Relaxed) {
                    Part { lines, read: None }
                } else {
                    worker.read(lines, raw, &work)
                }
            },
            |Part { lines, read }| match read {
                Some(read) if left.is_empty() => {
                    read.check(&lines, &name)?;
                    read_bytes += lines.filled as u64;
                    utf8 = utf8.after(rows, read.utf8);
                    let before = Before { rows, lines: line - 1 };
                    rows += read.rows;
                    line += read.count;
                    give(read.made, lines.filled, before)?;
                    lock(&spare).push(lines);
                    Ok(ControlFlow::Continue(()))
                }
                _ => {
                    refused.store(true, Ordering::Relaxed);
                    left.push(lines);
                    Ok(ControlFlow::Break(()))
                }
            },
            || halt.call(),
        );
        (self.rows, self.utf8) = (rows, utf8);
        if let Some(error) = ended.giving {
            return Err(error);
        }
        let left_bytes: u64 = left.iter().map(|lines| lines.filled as u64).sum();
        if read_bytes + left_bytes != cut {
            return Err(Error::miscounted(&name, "bytes", cut, read_bytes + left_bytes).into());
        }
        Ok(self.go_on(&left, line, ended.feed)?)
    }

    /// Goes on at this line, with the parts that are left to be read one after the other.
    fn go_on(&mut self, left: &[Lines], line: u64, feed: Feed<Error>) -> Result<(), Error> {
        if !left.is_empty() {
            self.split.restore(left, line);
            // What was left is split before it is told.
            if let Feed::Failed(error) = feed {
                self.split.set_broken(error);
            }
            return Ok(());
        }
        self.split.set_next_line(line);
        match feed {
            Feed::Complete => Ok(()),
            Feed::Failed(error) => Err(error),
            // Nobody refused a part, and yet not all of them were read.
            Feed::Cut => Err(Error::unfinished(&self.source().name)),
        }
    }
}

impl Worker {
    fn read<T>(&mut self, lines: Lines, raw: bool, work: impl Fn(&mut Cells, RawRecords) -> T) -> Part<T> {
        let Self { table, cells } = self;
        let mut records = RawRecords::default();
        table.restart(lines);
        let whole = table.fill(cells, raw.then_some(&mut records)).is_ok();
        let count = table.split.next_line() - 1;
        let read = if whole {
            let (gathered, bytes) = (cells.rows as u64, table.split.split_bytes());
            let made = work(cells, records);
            Some(Read { made, rows: table.rows, gathered, count, bytes, utf8: table.utf8 })
        } else {
            cells.gathered();
            None
        };
        Part { lines: table.split.unload(), read }
    }
}

impl<T> Read<T> {
    /// Refuses a part of which something was lost.
    fn check(&self, lines: &Lines, name: &str) -> Result<(), Error> {
        if self.bytes != lines.filled {
            return Err(Error::miscounted(name, "bytes", lines.filled as u64, self.bytes as u64));
        }
        if self.gathered != self.rows {
            return Err(Error::miscounted(name, "rows", self.rows, self.gathered));
        }
        Ok(())
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
