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

use super::lanes::{self, Best, by_columns};
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

/// Centroids side by side, each with its number, as boxes ask them.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    columns: usize,
    numbers: Vec<u32>,
    /// For each column a number of each centroid, padded with infinities.
    values: Vec<f64>,
    padded: usize,
    /// The least distance of each to the box asked last.
    near: Vec<f64>,
}

impl Candidates {
    /// All centroids.
    pub fn all(centroids: &Packed) -> Self {
        let mut all = Self::default();
        all.numbers.extend(0..centroids.clusters() as u32);
        all.pick(centroids);
        all
    }

    /// Lays the values of its numbers side by side.
    #[inline(always)]
    fn pick(&mut self, centroids: &Packed) {
        self.columns = centroids.columns();
        self.padded = self.numbers.len().next_multiple_of(LANES);
        self.values.clear();
        self.values.resize(self.columns * self.padded, f64::INFINITY);
        for (i, &number) in self.numbers.iter().enumerate() {
            let column = self.values[i..].iter_mut().step_by(self.padded);
            column.zip(centroids.centroid(number as usize)).for_each(|(to, value)| *to = *value);
        }
        self.near.resize(self.padded, 0.0);
    }

    /// The numbers of those that can be nearest to a row in a box: `least`, then `most` of each column.
    #[inline(always)]
    fn reaching<V: Vector, const D: usize>(&mut self, sides: &[f64], to: &mut Vec<u32>) {
        let columns = if D > 0 { D } else { self.columns };
        let (least, most) = sides[..2 * columns].split_at(columns);
        let zero = V::splat(0.0);
        let mut limit = V::splat(f64::INFINITY);
        for first in (0..self.padded).step_by(V::LANES) {
            let (mut near, mut far) = (zero, zero);
            for column in 0..columns {
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
        for half in [4, 2, 1] {
            for i in 0..half {
                lanes[i] = if lanes[i + half] < lanes[i] { lanes[i + half] } else { lanes[i] };
            }
        }
        let limit = V::splat(lanes[0]);
        to.clear();
        for first in (0..self.padded).step_by(V::LANES) {
            let beyond = V::bits(limit.less(V::load(&self.near[first..])));
            let mut within = !beyond & ((1 << V::LANES.min(self.numbers.len().saturating_sub(first))) - 1);
            while within != 0 {
                to.push(self.numbers[first + within.trailing_zeros() as usize]);
                within &= within - 1;
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
#[derive(Debug, Clone)]
pub struct Lists {
    all: Candidates,
    parent: Candidates,
    block: Vec<u32>,
}

impl Lists {
    /// For these centroids.
    pub fn new(centroids: &Packed) -> Self {
        Self { all: Candidates::all(centroids), parent: Candidates::default(), block: Vec::new() }
    }
}

/// Labels a share; with `MEASURE` also finds distances and ties. Returns how many labels changed.
#[inline(always)]
pub(super) fn assign<T: Element, V: Vector, const MEASURE: bool>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
) -> u64 {
    by_columns!(view.columns, assign_of::<T, V; MEASURE>(view, share, centroids, lists, found, moves))
}

#[inline(always)]
fn assign_of<T: Element, V: Vector, const MEASURE: bool, const D: usize>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
) -> u64 {
    let size = 2 * view.columns;
    let mut changed = 0;
    found.make_room(share.labels.len().div_ceil(PANEL));
    let blocks = share.labels.len().div_ceil(BLOCK);
    for (parent, sides) in share.parents.chunks_exact(size).enumerate() {
        lists.all.reaching::<V, D>(sides, &mut lists.parent.numbers);
        let family = parent * PARENT..blocks.min((parent + 1) * PARENT);
        let only = <[u32; 1]>::try_from(lists.parent.numbers.as_slice()).ok();
        if !MEASURE
            && only.is_some_and(|[only]| share.uniform[family.clone()].iter().all(|&label| label == only))
        {
            continue;
        }
        if only.is_none() {
            lists.parent.pick(centroids);
        }
        for block in family {
            let candidates = if only.is_some() {
                &lists.parent.numbers
            } else {
                lists.parent.reaching::<V, D>(&share.blocks[block * size..][..size], &mut lists.block);
                &lists.block
            };
            let rows = block * BLOCK..share.labels.len().min((block + 1) * BLOCK);
            if let &[label] = candidates.as_slice() {
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
                nearest::<T, V, MEASURE, D>(view, share.first, &rows, candidates, centroids, found);
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
    changed
}

#[inline(always)]
fn panels(first: usize, rows: &Range<usize>) -> Range<usize> {
    (first + rows.start) / PANEL..(first + rows.end).div_ceil(PANEL)
}

/// The nearest candidate of each row of a block.
#[inline(always)]
fn nearest<T: Element, V: Vector, const MEASURE: bool, const D: usize>(
    view: View<T>,
    first: usize,
    rows: &Range<usize>,
    candidates: &[u32],
    centroids: &Packed,
    found: &mut Found,
) {
    for (i, panel) in panels(first, rows).enumerate() {
        for offset in lanes::offsets::<V>() {
            let mut best = Best::<V>::none();
            for &number in candidates {
                let centroid = centroids.centroid(number as usize);
                let distances = lanes::distances_to_one::<T, V, D>(view.panel(panel), offset, centroid);
                best.consider::<MEASURE>(distances, V::splat(number.into()));
            }
            best.store(found, rows.start + i * PANEL + offset, MEASURE);
        }
    }
}
