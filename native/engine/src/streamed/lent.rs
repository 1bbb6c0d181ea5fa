//! Rows that are held for seeding.

use crate::matrix::Values;

use super::prefetch::Piece;

/// Rows that are gathered while all of them pass by.
pub struct Lent {
    pub values: Values,
    pub weights: Option<Vec<f64>>,
    /// How many of the rows that are wanted have passed.
    taken: usize,
}

impl Lent {
    /// None yet, and room for all.
    pub fn new(rows: usize, columns: usize, narrow: bool, weighted: bool) -> Self {
        let numbers = rows * columns;
        let values = if narrow {
            Values::F32(Vec::with_capacity(numbers))
        } else {
            Values::F64(Vec::with_capacity(numbers))
        };
        Self { values, weights: weighted.then(|| Vec::with_capacity(rows)), taken: 0 }
    }

    /// Takes the rows that are wanted, ascending numbers, or all.
    pub fn take(&mut self, piece: &Piece, wanted: Option<&[u64]>) {
        let rows = piece.block.rows();
        let Some(wanted) = wanted else {
            return (0..rows).for_each(|row| self.push(piece, row));
        };
        let end = (piece.first + rows) as u64;
        while let Some(&row) = wanted.get(self.taken).filter(|&&row| row < end) {
            self.push(piece, row as usize - piece.first);
            self.taken += 1;
        }
    }

    fn push(&mut self, piece: &Piece, row: usize) {
        let matrix = piece.block.matrix();
        let place = row * matrix.columns()..(row + 1) * matrix.columns();
        match (&mut self.values, matrix.values()) {
            (Values::F32(to), Values::F32(from)) => to.extend_from_slice(&from[place]),
            (Values::F64(to), Values::F64(from)) => to.extend_from_slice(&from[place]),
            (Values::F64(to), Values::F32(from)) => to.extend(from[place].iter().map(|&x| f64::from(x))),
            // The first pass saw no f64, or this is not narrow.
            (Values::F32(to), Values::F64(from)) => to.extend(from[place].iter().map(|&x| x as f32)),
        }
        if let (Some(to), Some(from)) = (&mut self.weights, piece.block.weights()) {
            to.push(from[row]);
        }
    }
}
