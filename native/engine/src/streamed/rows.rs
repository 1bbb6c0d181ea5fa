//! What the streaming tier knows of its rows: that they can be had again.

use crate::error::Error;
use crate::matrix::{Matrix, Values};
use crate::panels::PANEL;

/// Bytes of a piece that a thread takes at a time: it is turned into panels and compared with centroids while it is in
/// L2 (of 512 KB or more), and takes some 40 us at d = 2, k = 3, against under 5 us to hand out.
const PIECE_BYTES: usize = 256 << 10;

/// Rows of a block that needs no copy on its way to the kernels. Blocks of any other size do as well.
pub fn block_rows(columns: usize) -> usize {
    (PIECE_BYTES / (columns.max(1) * size_of::<f64>()) / PANEL * PANEL).max(PANEL)
}

/// Some rows, with their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct RowBlock {
    matrix: Matrix,
    weights: Option<Vec<f64>>,
}

impl RowBlock {
    /// Rows that follow each other; a row that `weights` has no weight for counts once.
    pub fn new(matrix: Matrix, mut weights: Option<Vec<f64>>) -> Self {
        if let Some(weights) = &mut weights {
            weights.resize(matrix.rows(), 1.0);
        }
        Self { matrix, weights }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.matrix.rows()
    }

    /// The rows.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The weight of each row, if they have any.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Both, taken apart.
    pub fn into_parts(self) -> (Matrix, Option<Vec<f64>>) {
        (self.matrix, self.weights)
    }

    /// Whether the numbers are stored as f32.
    pub(super) fn is_narrow(&self) -> bool {
        matches!(self.matrix.values(), Values::F32(_))
    }
}

/// Rows that can be had again and again: the same rows, in the same order, each time.
pub trait RowSource: Send {
    /// Numbers of a row, 1 or more.
    fn columns(&self) -> usize;

    /// Whether rows have weights; then a block without counts each row once.
    fn weighted(&self) -> bool;

    /// Hands out all rows from the first to the last, in blocks of any size ([`block_rows`] is best), and stops at the
    /// first error that `each` reports. It runs on a thread of its own, beside the threads that compute.
    ///
    /// # Errors
    /// That of `each`, or [`Error::Source`] when the rows cannot be had.
    fn pass(&mut self, each: &mut dyn FnMut(RowBlock) -> Result<(), Error>) -> Result<(), Error>;
}
