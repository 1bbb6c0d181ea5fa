//! A temporary file of numbers: what a text, or what came through a pipe, held in its used columns.
//!
//! Rows lie one after the other in blocks of the size that computing wants, each followed by the weights of its rows.
//! A block whose numbers are all exactly f32 (counts, most measurements in whole units) takes half the room.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use kmeans_engine::{Error as EngineError, Matrix, RowBlock, Values, block_rows};

use crate::error::Error;
use crate::place::spool;

/// The file, being written or complete.
pub(crate) struct Raw {
    name: String,
    file: File,
    columns: usize,
    weighted: bool,
    /// Rows of every block but the last.
    rows: usize,
    blocks: Vec<Written>,
    values: Vec<f64>,
    weights: Vec<f64>,
    bytes: Vec<u8>,
}

/// A block in the file.
#[derive(Clone, Copy)]
struct Written {
    rows: u32,
    narrow: bool,
}

impl Raw {
    /// An empty file that nobody else sees, for the numbers of `name`.
    pub(crate) fn new(name: &str, columns: usize, weighted: bool) -> Result<Self, Error> {
        let rows = block_rows(columns);
        Ok(Self {
            name: name.to_owned(),
            file: spool(name)?,
            columns,
            weighted,
            rows,
            blocks: Vec::new(),
            values: Vec::with_capacity(rows * columns),
            weights: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Appends rows.
    pub(crate) fn push(&mut self, block: &RowBlock) -> Result<(), Error> {
        let mut from = 0;
        while from < block.rows() {
            let until = block.rows().min(from + self.rows - self.values.len() / self.columns);
            let numbers = from * self.columns..until * self.columns;
            match block.matrix().values() {
                Values::F32(values) => self.values.extend(values[numbers].iter().map(|&x| f64::from(x))),
                Values::F64(values) => self.values.extend_from_slice(&values[numbers]),
            }
            if let Some(weights) = block.weights() {
                self.weights.extend_from_slice(&weights[from..until]);
            }
            from = until;
            if self.values.len() == self.rows * self.columns {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let rows = self.values.len() / self.columns;
        if rows == 0 {
            return Ok(());
        }
        let narrow = self.values.iter().all(|&x| f64::from(x as f32).to_bits() == x.to_bits());
        self.bytes.clear();
        if narrow {
            append(&mut self.bytes, self.values.iter().map(|&x| (x as f32).to_ne_bytes()));
        } else {
            append(&mut self.bytes, self.values.iter().map(|x| x.to_ne_bytes()));
        }
        append(&mut self.bytes, self.weights.iter().map(|x| x.to_ne_bytes()));
        self.file.write_all(&self.bytes).map_err(|error| Error::spooling(&self.name, error))?;
        self.blocks.push(Written { rows: rows as u32, narrow });
        self.values.clear();
        self.weights.clear();
        Ok(())
    }

    /// Hands out all rows from the first.
    pub(crate) fn pass(
        &mut self,
        each: &mut dyn FnMut(RowBlock) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let name = &self.name;
        let failed = |error| EngineError::source(Error::reading(name, error));
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        for &Written { rows, narrow } in &self.blocks {
            let rows = rows as usize;
            let numbers = rows * self.columns * if narrow { 4 } else { 8 };
            let weights = if self.weighted { rows * 8 } else { 0 };
            self.bytes.resize(numbers + weights, 0);
            self.file.read_exact(&mut self.bytes).map_err(failed)?;
            let (numbers, weights) = self.bytes.split_at(numbers);
            let values = if narrow {
                Values::F32(numbers.as_chunks().0.iter().map(|&x| f32::from_ne_bytes(x)).collect())
            } else {
                Values::F64(doubles(numbers))
            };
            each(RowBlock::new(Matrix::new(self.columns, values), self.weighted.then(|| doubles(weights))))?;
        }
        Ok(())
    }
}

fn append<const N: usize>(bytes: &mut Vec<u8>, numbers: impl ExactSizeIterator<Item = [u8; N]>) {
    let start = bytes.len();
    bytes.resize(start + N * numbers.len(), 0);
    bytes[start..].as_chunks_mut().0.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|&x| f64::from_ne_bytes(x)).collect()
}
