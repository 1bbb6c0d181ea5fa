//! For each of some rows the centroids that are not too far: found centroid by centroid, read row by row.

use std::ops::Range;

/// Lists of centroids.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Of each row: above this a score is that of a centroid too far away; and the least of those scores.
    pub most: Vec<f32>,
    pub least: Vec<f32>,
    /// Rows and centroids, as they are found.
    pairs: Vec<(u32, u32)>,
    /// The centroids of each row in ascending order, and where those of a row begin.
    pub listed: Vec<u32>,
    pub begins: Vec<u32>,
}

impl Lists {
    /// Where the list of a row is.
    #[inline(always)]
    pub fn of(&self, row: usize) -> Range<usize> {
        self.begins[row] as usize..self.begins[row + 1] as usize
    }

    /// Room for so many rows, and no pairs.
    #[inline(always)]
    pub fn make_room(&mut self, rows: usize) {
        self.most.resize(rows, 0.0);
        self.least.clear();
        self.least.resize(rows, f32::INFINITY);
        self.pairs.clear();
    }

    /// Lists a centroid for some rows from `row` on, a bit for each.
    #[inline(always)]
    pub fn note(&mut self, cluster: u32, row: usize, mut near: u32) {
        while near != 0 {
            self.pairs.push((row as u32 + near.trailing_zeros(), cluster));
            near &= near - 1;
        }
    }

    /// Sorts the pairs by row. Rows of which `most` is -infinity have no list.
    pub fn sort(&mut self, rows: usize, clusters: usize) {
        let Self { pairs, begins, listed, most, .. } = self;
        // What is behind the last row repeats it, what is behind the last centroid is padding, and what is said of a row
        // that cannot be asked is NaN.
        let counts =
            |row: usize, cluster: usize| row < rows && cluster < clusters && most[row] > f32::NEG_INFINITY;
        pairs.retain(|&(row, cluster)| counts(row as usize, cluster as usize));
        begins.clear();
        begins.resize(rows + 2, 0);
        pairs.iter().for_each(|&(row, _)| begins[row as usize + 2] += 1);
        (2..begins.len()).for_each(|row| begins[row] += begins[row - 1]);
        listed.resize(pairs.len(), 0);
        for &(row, cluster) in pairs.iter() {
            let at = &mut begins[row as usize + 1];
            listed[*at as usize] = cluster;
            *at += 1;
        }
        begins.truncate(rows + 1);
    }
}
