//! Drawing rows in proportion to integers: the same row for any number of threads.

/// Rows to a block, a multiple of a panel: a draw looks for its block first, then for its row.
pub const BLOCK: usize = 1024;

/// Sums of the shares of each block of rows, ready to be drawn from.
pub struct Shares {
    blocks: Vec<u128>,
    total: u128,
}

impl Shares {
    /// From the sum of each block of [`BLOCK`] rows.
    pub fn new(blocks: Vec<u128>) -> Self {
        let total = blocks.iter().sum();
        Self { blocks, total }
    }

    /// The sum of all shares.
    pub fn total(&self) -> u128 {
        self.total
    }

    /// The row that holds `target`, below the total, when the shares are laid end to end.
    pub fn row(&self, mut target: u128, share: impl Fn(usize) -> u128) -> usize {
        let mut row = 0;
        for &block in &self.blocks {
            if target < block {
                break;
            }
            target -= block;
            row += BLOCK;
        }
        loop {
            let share = share(row);
            if target < share {
                return row;
            }
            target -= share;
            row += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_every_share_leads_to_its_row() {
        let share = |row: usize| (row % 3) as u128;
        let blocks = (0..3).map(|b| (b * BLOCK..(b + 1) * BLOCK).map(share).sum()).collect();
        let shares = Shares::new(blocks);
        let mut target = 0;
        for row in 0..3 * BLOCK {
            for _ in 0..share(row) {
                assert_eq!(shares.row(target, share), row);
                target += 1;
            }
        }
        assert_eq!(target, shares.total());
    }
}
