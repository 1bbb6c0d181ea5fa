//! Rows read ahead on a thread of their own, in pieces of the size that computing wants.

use std::ops::Range;
use std::sync::mpsc::{IntoIter, SyncSender, sync_channel};
use std::thread;

use crate::error::Error;
use crate::matrix::{Matrix, Values};

use super::rows::{RowBlock, RowSource, block_rows};

/// Rows that follow each other.
pub struct Piece {
    /// The number of the first.
    pub first: usize,
    pub block: RowBlock,
}

/// How many rows a pass has.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// Nobody knows yet.
    Any,
    /// As many as in the pass before.
    Exactly(usize),
}

/// Reads all rows once while `work` takes the pieces, of which `ahead` may wait.
///
/// # Errors
/// That of `work` first, then that of the source; [`Error::Changed`].
pub fn read_ahead<R: RowSource, T>(
    rows: &mut R,
    expected: Expected,
    ahead: usize,
    work: impl FnOnce(IntoIter<Piece>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (sender, pieces) = sync_channel(ahead);
    thread::scope(|scope| {
        let read = move || {
            let mut cutter = Cutter::new(rows, expected, &sender);
            rows.pass(&mut |block| cutter.push(block))?;
            cutter.end()
        };
        let reader = thread::Builder::new().name("kmeans-rows".to_owned()).spawn_scoped(scope, read);
        let reader = reader.map_err(Error::source)?;
        // However `work` ends, the pieces go with it, and the reader then finds nobody to send to.
        let done = work(pieces.into_iter());
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let done = done?;
        read.map(|()| done)
    })
}

/// Makes pieces of blocks: large ones are cut, small ones put together, and those of about the right size go on as they
/// are.
struct Cutter<'a> {
    columns: usize,
    weighted: bool,
    expected: Expected,
    most: usize,
    /// Rows that were sent.
    first: usize,
    pending: Option<Pending>,
    sender: &'a SyncSender<Piece>,
}

struct Pending {
    values: Values,
    weights: Option<Vec<f64>>,
    rows: usize,
}

impl<'a> Cutter<'a> {
    fn new(rows: &impl RowSource, expected: Expected, sender: &'a SyncSender<Piece>) -> Self {
        let (columns, weighted) = (rows.columns(), rows.weighted());
        Self { columns, weighted, expected, most: block_rows(columns), first: 0, pending: None, sender }
    }

    fn push(&mut self, block: RowBlock) -> Result<(), Error> {
        if block.matrix().columns() != self.columns {
            return Err(Error::Columns { expected: self.columns, got: block.matrix().columns() });
        }
        let waiting = self.pending.as_ref().map_or(0, |pending| pending.rows);
        if let Expected::Exactly(before) = self.expected
            && self.first + waiting + block.rows() > before
        {
            return Err(Error::Changed { before, now: "more".to_owned() });
        }
        if waiting == 0 && (self.most.div_ceil(2)..=self.most).contains(&block.rows()) {
            return self.send(block);
        }
        let mut from = 0;
        while from < block.rows() {
            let full = self.pending.as_ref().is_some_and(|pending| !pending.takes(&block, self.most));
            if full {
                self.flush()?;
            }
            let most = self.most;
            let new = || Pending::new(&block, self.weighted, most.min(block.rows() - from));
            let pending = self.pending.get_or_insert_with(new);
            let until = block.rows().min(from + most - pending.rows);
            pending.append(&block, from..until);
            from = until;
        }
        Ok(())
    }

    /// Sends what waits, and says when rows are missing.
    fn end(mut self) -> Result<(), Error> {
        self.flush()?;
        match self.expected {
            Expected::Exactly(before) if self.first != before => {
                Err(Error::Changed { before, now: self.first.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let Some(Pending { values, weights, .. }) = self.pending.take() else { return Ok(()) };
        self.send(RowBlock::new(Matrix::new(self.columns, values), weights))
    }

    fn send(&mut self, block: RowBlock) -> Result<(), Error> {
        let (rows, first) = (block.rows(), self.first);
        let (matrix, weights) = block.into_parts();
        let weights = self.weighted.then(|| weights.unwrap_or_else(|| vec![1.0; rows]));
        self.first += rows;
        let piece = Piece { first, block: RowBlock::new(matrix, weights) };
        self.sender.send(piece).map_err(|_| Error::Interrupted)
    }
}

impl Pending {
    fn new(like: &RowBlock, weighted: bool, rows: usize) -> Self {
        let numbers = rows * like.matrix().columns();
        let values = match like.matrix().values() {
            Values::F32(_) => Values::F32(Vec::with_capacity(numbers)),
            Values::F64(_) => Values::F64(Vec::with_capacity(numbers)),
        };
        Self { values, weights: weighted.then(|| Vec::with_capacity(rows)), rows: 0 }
    }

    /// Whether there is room for more, and of this kind.
    fn takes(&self, block: &RowBlock, most: usize) -> bool {
        self.rows < most && matches!(self.values, Values::F32(_)) == block.is_narrow()
    }

    fn append(&mut self, block: &RowBlock, rows: Range<usize>) {
        let columns = block.matrix().columns();
        let numbers = rows.start * columns..rows.end * columns;
        match (&mut self.values, block.matrix().values()) {
            (Values::F32(to), Values::F32(from)) => to.extend_from_slice(&from[numbers]),
            (Values::F64(to), Values::F64(from)) => to.extend_from_slice(&from[numbers]),
            (Values::F64(to), Values::F32(from)) => to.extend(from[numbers].iter().map(|&x| f64::from(x))),
            // Never asked for: see `takes`.
            (Values::F32(to), Values::F64(from)) => to.extend(from[numbers].iter().map(|&x| x as f32)),
        }
        self.rows += rows.len();
        if let Some(weights) = &mut self.weights {
            match block.weights() {
                Some(all) => weights.extend_from_slice(&all[rows]),
                None => weights.resize(self.rows, 1.0),
            }
        }
    }
}
