//! Rows read ahead on a thread of their own, in pieces of the size that computing wants.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::Error;
use crate::matrix::{Matrix, Values};
use crate::sync::mpsc::{Receiver, SyncSender, sync_channel};
use crate::sync::{hand_over, spawn_scoped, thread};

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

/// A message of the thread that reads.
enum Message {
    Piece(Piece),
    /// After so many rows.
    End(usize),
}

/// The pieces of one pass as they come, in order.
pub struct Pieces {
    messages: Receiver<Message>,
    /// Rows taken.
    rows: usize,
    /// How many there are, once that was said.
    said: Option<usize>,
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.said.is_some() {
            return None;
        }
        hand_over();
        match self.messages.recv() {
            Ok(Message::Piece(piece)) => {
                self.rows += piece.block.rows();
                Some(piece)
            }
            Ok(Message::End(rows)) => {
                self.said = Some(rows);
                None
            }
            // Whoever takes pieces can do no more than stop; `read_ahead` knows that it was too early.
            Err(_) => None,
        }
    }
}

/// Reads all rows once while `work` takes the pieces, of which `ahead` may wait. If it succeeds it has taken all of them.
///
/// # Errors
/// That of `work` first, then that of the source; [`Error::Changed`]; [`Error::Internal`] when `work` succeeded without all
/// rows.
pub fn read_ahead<R: RowSource, T>(
    rows: &mut R,
    expected: Expected,
    ahead: usize,
    work: impl FnOnce(&mut Pieces) -> Result<T, Error>,
) -> Result<T, Error> {
    let (sender, messages) = sync_channel(ahead);
    let mut pieces = Pieces { messages, rows: 0, said: None };
    thread::scope(|scope| {
        let read = move || {
            let mut cutter = Cutter::new(rows, expected, &sender);
            let passed = rows.pass(&mut |block| cutter.push(block)).and_then(|()| cutter.end());
            // The error is then of its own making.
            if cutter.abandoned { Ok(()) } else { passed }
        };
        let contained = move || catch_unwind(AssertUnwindSafe(read));
        let reader = spawn_scoped(scope, "kmeans-rows", contained).map_err(Error::source)?;
        let done = work(&mut pieces);
        let Pieces { messages, rows, said } = pieces;
        // The reader then finds nobody to send to.
        drop(messages);
        let read = reader.join().and_then(|read| read).unwrap_or_else(|panic| resume_unwind(panic));
        let done = done?;
        read?;
        if said == Some(rows) {
            return Ok(done);
        }
        let said = said.map_or_else(|| "more".to_owned(), |said| said.to_string());
        Err(Error::Internal(format!("rows were lost: {said} were handed out, and {rows} arrived")))
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
    sender: &'a SyncSender<Message>,
    /// Set once nobody takes any more.
    abandoned: bool,
}

struct Pending {
    values: Values,
    weights: Option<Vec<f64>>,
    rows: usize,
}

impl<'a> Cutter<'a> {
    fn new(rows: &impl RowSource, expected: Expected, sender: &'a SyncSender<Message>) -> Self {
        let (columns, weighted) = (rows.columns(), rows.weighted());
        let most = block_rows(columns);
        Self { columns, weighted, expected, most, first: 0, pending: None, sender, abandoned: false }
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

    /// Sends what waits and says that this was all, unless rows are missing.
    fn end(&mut self) -> Result<(), Error> {
        self.flush()?;
        match self.expected {
            Expected::Exactly(before) if self.first != before => {
                Err(Error::Changed { before, now: self.first.to_string() })
            }
            _ => self.tell(Message::End(self.first)),
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
        self.tell(Message::Piece(piece))
    }

    /// An error stops the source when nobody listens; it goes no further.
    fn tell(&mut self, message: Message) -> Result<(), Error> {
        hand_over();
        self.sender.send(message).map_err(|_| {
            self.abandoned = true;
            Error::Interrupted
        })
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
