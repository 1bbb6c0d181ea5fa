//! Texts on several threads, and room for what they hold.

use kmeans_engine::allocation;

use super::training::Keep;
use super::{Batch, Payload, TableReader};
use crate::body::Body;
use crate::cell::Cells;
use crate::csv::parts::Parting;
use crate::csv::table::CsvTable;
use crate::error::Error;
use crate::gathered::{Before, Gathered};

/// After so many parts that could not be read by themselves there will be more, and each costs the work of all threads on
/// what they had ahead.
const MOST_RESTARTS: usize = 16;

/// How a text is read in parts.
pub(super) struct Spread {
    threads: usize,
    /// How often that may be begun again.
    left: usize,
}

impl Spread {
    pub(super) fn none() -> Self {
        Self::new(None)
    }

    pub(super) fn new(threads: Option<usize>) -> Self {
        Self { threads: threads.unwrap_or(1), left: MOST_RESTARTS }
    }

    /// The text to be read in parts, if it is one and may still be. Parts end with an LF.
    fn over<'a>(&mut self, body: &'a mut Body, raw: bool) -> Option<(&'a mut CsvTable, Parting)> {
        match body {
            Body::Csv(table)
                if self.threads > 1
                    && self.left > 0
                    && table.style.terminator != b"\r"
                    && table.is_between() =>
            {
                self.left -= 1;
                Some((table, Parting { threads: self.threads, raw }))
            }
            _ => None,
        }
    }
}

impl TableReader {
    /// Whether [`TableReader::each_batch`] works on several batches at once.
    pub fn works_in_parts(&self) -> bool {
        self.spread.threads > 1 && self.is_alone() && matches!(self.table.body, Body::Csv(_))
    }

    /// Whether there is one input; rows of others may have to be brought into the order of the first one's columns.
    pub(super) fn is_alone(&self) -> bool {
        self.order.is_none() && self.later.is_empty()
    }

    /// Hands every batch to `work`, and what it makes to `give`, in the order of the rows and as they come. With one text and
    /// [`Dialect::threads`](crate::Dialect::threads), batches are read and worked on by several threads at once.
    ///
    /// # Errors
    /// As [`TableReader::next_batch`], and the errors of `give`.
    pub fn each_batch<T, E>(
        &mut self,
        work: impl Fn(Batch) -> T + Sync,
        mut give: impl FnMut(T) -> Result<(), E> + Send,
    ) -> Result<(), E>
    where
        T: Send,
        E: From<Error> + Send,
    {
        loop {
            let alone = self.is_alone();
            let over = if alone { self.spread.over(&mut self.table.body, true) } else { None };
            if let Some((table, parting)) = over {
                let (arrived, total, stop) = (&mut self.arrived, &mut self.total, &self.stop);
                let work = |cells: &mut Cells, raw| {
                    let (rows, values) = cells.take();
                    let batch = Batch { rows, values, payload: Payload::Text(raw) };
                    (rows, (rows > 0).then(|| work(batch)))
                };
                let give = |(rows, made): (usize, Option<T>), _, _| {
                    *arrived += rows as u64;
                    *total += rows as u64;
                    stop.rows(*total);
                    made.map_or(Ok(()), &mut give)
                };
                table.in_parts(parting, || self.cells.alike(), work, give)?;
            }
            match self.next_batch()? {
                Some(batch) => give(work(batch))?,
                None => return Ok(()),
            }
        }
    }

    /// Reads on several threads as far as that goes.
    pub(super) fn read_in_parts(&mut self, cells: &mut Cells, keep: &mut Keep) -> Result<(), Error> {
        let Some((table, parting)) = self.spread.over(&mut self.table.body, false) else { return Ok(()) };
        let (length, name) = (self.table.length, &self.table.name);
        let (arrived, total) = (&mut self.arrived, &mut self.total);
        let alike = cells.alike();
        let give = |gathered: Gathered, bytes: usize, before: Before| {
            let rows = cells.absorb(gathered, before, name)?;
            *arrived += rows as u64;
            *total += rows as u64;
            let first = cells.rows == rows;
            let promised = length.filter(|_| first).map_or(0.0, |length| length as f64 / bytes.max(1) as f64);
            if keep(cells, (rows as f64 * promised) as usize)? && first {
                reserve(cells, length, bytes as u64);
            }
            Ok(())
        };
        table.in_parts(parting, || alike.alike(), |cells, _| cells.gathered(), give)
    }

    /// How many rows there seem to be, judged by so many; 0 where nothing tells.
    pub(super) fn promised(&self, rows: usize) -> usize {
        let consumed = self.table.body.consumed().filter(|_| self.is_alone());
        let all = self.table.length.zip(consumed);
        all.map_or(0, |(length, consumed)| (rows as f64 * length as f64 / consumed.max(1) as f64) as usize)
    }

    /// Makes room for the whole table at once, judged by its first chunk: doubling would hold it up to three times.
    pub(super) fn reserve(&self, cells: &mut Cells) {
        if let Some(consumed) = self.table.body.consumed() {
            reserve(cells, self.table.length, consumed);
        }
    }
}

/// Room for the rest of a text of `length` bytes when `consumed` of them made these cells.
fn reserve(cells: &mut Cells, length: Option<u64>, consumed: u64) {
    let Some(length) = length else { return };
    // 2% more than the first chunk promises, and never a share of the address space that a sparse file could ask for: a
    // number needs at least two bytes of text.
    let scale = length as f64 / consumed.max(1) as f64 * 1.02;
    let most = (length / 2 + 1) as f64;
    let total = |count: usize| (count as f64 * scale).min(most) as usize;
    let values = total(cells.rows * cells.wanted.len());
    // Where there is no memory for it, there may still be for the table: this is an estimate.
    let _ = cells.values.reserve_exact(values);
    if cells.weight.is_some() {
        let rows = total(cells.rows).saturating_sub(cells.weights.len());
        let _ = allocation::reserve_exact(&mut cells.weights, rows);
    }
}
