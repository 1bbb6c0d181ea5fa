//! Rows in boxes against the few centroids that can be nearest to any of them.
//!
//! A block of rows has a bounding box: for each column the least and the largest value. For every row x of it
//! and a centroid c, in each column `fl(x - c)` lies between `fl(lo - c)` and `fl(hi - c)`, because rounding never
//! turns an order round; nor does a fused multiply-add of non-negative numbers. So the canonical chain of the
//! nearest side of the box is at most the canonical distance of any row in it, and that of the farthest side at
//! least: to the last bit, without any slack. A centroid whose least distance is above the least of all largest
//! distances is not the label of any row, and ties with no label either.
//!
//! (Kanungo et al., "An efficient k-means clustering algorithm", 2002, filter candidates through a kd-tree;
//! Pelleg and Moore, "Accelerating exact k-means algorithms with geometric reasoning", 1999.)

use std::ops::Range;

use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::lanes::{self, Best, GROUP};
use super::moves::{self, Moves};
use super::vector::Vector;
use super::{Found, Packed};

/// Rows of a block: four panels.
pub const BLOCK: usize = 64;
/// Blocks of a parent, whose box holds theirs and is asked first.
pub const PARENT: usize = 16;
/// The label of a block whose rows have several.
pub const MIXED: u32 = u32::MAX;
/// Lists are padded to a multiple of this, the most lanes that a vector has.
const LANES: usize = 8;

/// Centroids side by side, each with its number.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    columns: usize,
    numbers: Vec<u32>,
    /// For each column the number of each centroid; lists are padded with infinities.
    values: Vec<f64>,
    padded: usize,
    /// The least distance of each to the box asked last.
    near: Vec<f64>,
    /// In groups of four, as the canonical kernel takes them.
    grouped: Vec<[f64; GROUP]>,
}

impl Candidates {
    /// All centroids.
    pub fn all(centroids: &Packed) -> Self {
        let mut all = Self { columns: centroids.columns(), ..Self::default() };
        all.pick((0..centroids.clusters() as u32).collect(), |cluster, column| {
            centroids.centroid(cluster as usize)[column]
        });
        all
    }

    /// How many.
    #[inline(always)]
    fn count(&self) -> usize {
        self.numbers.len()
    }

    #[inline(always)]
    fn pick(&mut self, numbers: Vec<u32>, value: impl Fn(u32, usize) -> f64) {
        self.padded = numbers.len().next_multiple_of(LANES);
        self.values.clear();
        self.values.resize(self.columns * self.padded, f64::INFINITY);
        for column in 0..self.columns {
            for (i, &number) in numbers.iter().enumerate() {
                self.values[column * self.padded + i] = value(number, column);
            }
        }
        self.numbers = numbers;
    }

    /// Those that can be nearest to a row in a box: `least`, then `most` of each column.
    #[inline(always)]
    fn reaching<V: Vector>(&mut self, sides: &[f64], to: &mut Self) {
        let (least, most) = sides.split_at(self.columns);
        self.near.resize(self.padded, 0.0);
        let mut limit = V::splat(f64::INFINITY);
        let zero = V::splat(0.0);
        for first in (0..self.padded).step_by(V::LANES) {
            let (mut near, mut far) = (zero, zero);
            for column in 0..self.columns {
                let c = V::load(&self.values[column * self.padded + first..]);
                let (below, above) = (V::splat(least[column]).sub(c), c.sub(V::splat(most[column])));
                near = below.max(above).max(zero).square_add(near);
                far = below.min(above).square_add(far);
            }
            near.store(&mut self.near[first..]);
            limit = limit.min(far);
        }
        let mut lanes = [f64::INFINITY; LANES];
        limit.store(&mut lanes);
        let limit = lanes.into_iter().fold(f64::INFINITY, f64::min);
        to.columns = self.columns;
        to.numbers.clear();
        to.numbers.resize(self.count(), 0);
        let mut count = 0;
        for (i, near) in self.near[..self.numbers.len()].iter().enumerate() {
            to.numbers[count] = i as u32;
            count += usize::from(*near <= limit);
        }
        to.numbers.truncate(count);
        let places = std::mem::take(&mut to.numbers);
        to.pick(places, |place, column| self.values[column * self.padded + place as usize]);
        to.numbers.iter_mut().for_each(|place| *place = self.numbers[*place as usize]);
    }

    /// Lays them in groups for the canonical kernel.
    #[inline(always)]
    fn group(&mut self) {
        let count = self.count();
        self.grouped.clear();
        for first in (0..count).step_by(GROUP) {
            for column in 0..self.columns {
                let values = &self.values[column * self.padded + first..];
                self.grouped.push(std::array::from_fn(|i| values.get(i).copied().unwrap_or(f64::INFINITY)));
            }
        }
    }
}

/// The boxes of a share of rows, and what is known of its blocks.
pub struct Share<'a> {
    /// The first row; it begins a parent.
    pub first: usize,
    /// Labels of the rows.
    pub labels: &'a mut [u32],
    /// The label that all rows of a block have, or [`MIXED`].
    pub uniform: &'a mut [u32],
    /// For each block `2 x columns` sides.
    pub blocks: &'a [f64],
    /// For each parent as well.
    pub parents: &'a [f64],
}

/// Lists that a thread uses again.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    parent: Candidates,
    block: Candidates,
}

/// Labels a share; with `MEASURE` also finds distances and ties. Returns how many labels changed and how many
/// pairs of a row and a centroid it looked at.
#[inline(always)]
pub(super) fn assign<T: Element, V: Vector, const MEASURE: bool>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    all: &mut Candidates,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
) -> (u64, u64) {
    let size = 2 * view.columns;
    let (mut changed, mut pairs) = (0, 0);
    found.make_room(share.labels.len().div_ceil(PANEL));
    let blocks = share.labels.len().div_ceil(BLOCK);
    for (parent, sides) in share.parents.chunks_exact(size).enumerate() {
        all.reaching::<V>(sides, &mut lists.parent);
        let family = parent * PARENT..blocks.min((parent + 1) * PARENT);
        let only = (lists.parent.count() == 1).then(|| lists.parent.numbers[0]);
        if !MEASURE && only.is_some_and(|only| share.uniform[family.clone()].iter().all(|&label| label == only)) {
            continue;
        }
        for block in family {
            let candidates = if only.is_some() {
                &mut lists.parent
            } else {
                lists.parent.reaching::<V>(&share.blocks[block * size..][..size], &mut lists.block);
                &mut lists.block
            };
            let rows = block * BLOCK..share.labels.len().min((block + 1) * BLOCK);
            let count = candidates.count();
            if count == 1 {
                let label = candidates.numbers[0];
                if MEASURE {
                    let centroid = centroids.centroid(label as usize);
                    let out = &mut found.distances[rows.start..rows.end.next_multiple_of(PANEL)];
                    lanes::to_one::<T, V>(view, panels(share.first, &rows), centroid, out);
                    found.ties[rows.clone()].fill(0.0);
                }
                if share.uniform[block] == label {
                    continue;
                }
                found.labels[rows.clone()].fill(label);
            } else {
                pairs += (count * rows.len()) as u64;
                candidates.group();
                nearest::<T, V, MEASURE>(view, share.first, &rows, candidates, found);
            }
            let labels = &mut share.labels[rows.clone()];
            let new = &found.labels[rows.clone()];
            let moved = moves::relabel::<T, V>(view, share.first + rows.start, labels, new, moves);
            if moved > 0 {
                changed += moved;
                let same = labels.iter().all(|&label| label == labels[0]);
                share.uniform[block] = if same { labels[0] } else { MIXED };
            }
        }
    }
    (changed, pairs)
}

#[inline(always)]
fn panels(first: usize, rows: &Range<usize>) -> Range<usize> {
    (first + rows.start) / PANEL..(first + rows.end).div_ceil(PANEL)
}

/// The nearest candidate of each row of a block.
#[inline(always)]
fn nearest<T: Element, V: Vector, const MEASURE: bool>(
    view: View<T>,
    first: usize,
    rows: &Range<usize>,
    candidates: &Candidates,
    found: &mut Found,
) {
    for (i, panel) in panels(first, rows).enumerate() {
        for offset in lanes::offsets::<V>() {
            let mut best = Best::<V>::none();
            for (group, values) in candidates.grouped.chunks_exact(view.columns).enumerate() {
                let distances = lanes::distances_to_group::<T, V>(view.panel(panel), offset, values);
                let numbers = &candidates.numbers[group * GROUP..];
                for (&number, distances) in numbers.iter().zip(distances) {
                    best.consider::<MEASURE>(distances, V::splat(number.into()));
                }
            }
            best.store(found, rows.start + i * PANEL + offset, MEASURE);
        }
    }
}
