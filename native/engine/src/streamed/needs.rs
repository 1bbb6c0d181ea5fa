//! What a streamed fit holds.

use crate::seed;

use super::AHEAD;
use super::rows::block_rows;

/// What the memory of a fit depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows of the table.
    pub rows: usize,
    /// Columns that are clustered on.
    pub columns: usize,
    /// Clusters asked for.
    pub clusters: usize,
    /// Threads that compute.
    pub threads: usize,
    /// Whether rows have weights.
    pub weighted: bool,
    /// Whether numbers are stored as f32.
    pub narrow: bool,
}

impl Shape {
    /// Bytes of all labels.
    pub fn labels(&self) -> u64 {
        4 * self.rows as u64
    }

    /// Bytes that are held beside labels whatever the rows are: those that seeding looks at, pieces of rows on their
    /// way, and each thread's sums. An estimate that is rather too large.
    pub fn fixed(&self) -> u64 {
        let row = self.row_bytes();
        // Seeding keeps a distance for each row, and may keep images, of up to a quarter of the row, and an order.
        let seeding = self.rows.min(seed::most_rows(self.clusters)) as u64 * (row + row / 4 + 16);
        // One piece at each thread and one beside it, and those that wait; a piece of f64 is as large as of f32 or larger.
        let piece = (block_rows(self.columns) * (8 * self.columns + 20)) as u64;
        let pieces = (2 * self.threads + AHEAD + 2) as u64 * piece;
        // For each thread limbs of 16 bytes, or of 32 with weights or under masks; sums and centroids, some of each.
        let cells = (self.clusters * (self.columns + 4)) as u64;
        let sums = cells * (32 * self.threads as u64 + 160);
        seeding + pieces + sums
    }

    /// Bytes of all rows held in memory, with labels, and what else that tier keeps of a row: an order or bounds, and
    /// images of wide rows.
    pub fn in_memory(&self) -> u64 {
        let row = self.row_bytes();
        let images = if self.columns >= 96 { row / 4 } else { 0 };
        let weight = if self.weighted { 8 } else { 0 }; // as they came; then as units
        let seeding = self.rows.min(seed::most_rows(self.clusters)) as u64 * (row + 16);
        self.rows as u64 * (row + images + weight + 16) + seeding
    }

    fn row_bytes(&self) -> u64 {
        let number = if self.narrow { 4 } else { 8 };
        let weight = if self.weighted { 8 } else { 0 };
        self.columns as u64 * number + weight
    }
}
