//! Rows in fewer dimensions, and which of them a point may be near to: the two passes of `crate::projection`,
//! whose comment has the proof of what their numbers are worth.

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::{Element, Numbers};
use crate::panels::{PANEL, View};

use super::filter::{lay_panels, scores};
use super::narrow::Narrow;
use super::points::{Scale, short};
use super::vector::{Vector, prefetch};

/// Columns that a chain of multiply-adds runs over before it is added to the others: short chains lose less,
/// and a chunk of a tile (24 KB of 48 rows) stays in L1.
pub const CHUNK: usize = 128;

/// A matrix for [`project`]: `columns x width`.
#[derive(Debug, Clone)]
pub struct Lens {
    /// Subtracted from every row, in the unit of the data.
    pub middle: Vec<f64>,
    /// What the difference is multiplied by.
    pub unit: f64,
    short: bool,
    /// How many columns come out.
    pub width: usize,
    group: usize,
    /// For each group of columns that come out, for each column that goes in, a number of each.
    numbers: Vec<f32>,
}

impl Lens {
    /// `width` columns of `middle.len()` numbers each, for groups of `group`, of which `width` is a multiple.
    pub fn new(middle: Vec<f64>, unit: f64, matrix: &[Vec<f32>], group: usize) -> Self {
        let (width, columns) = (matrix.len(), middle.len());
        debug_assert!(width.is_multiple_of(group), "no group is padded");
        let mut numbers = vec![0.0; width * columns];
        for (out, column) in matrix.iter().enumerate() {
            let place = out / group * columns * group + out % group;
            numbers[place..].iter_mut().step_by(group).zip(column).for_each(|(to, &x)| *to = x);
        }
        Self { short: short(&middle, unit), middle, unit, width, group, numbers }
    }

    /// Whole rows, of which nothing but `y` is taken.
    pub fn whole(middle: Vec<f64>, unit: f64, group: usize) -> Self {
        let (short, width) = (short(&middle, unit), middle.len());
        Self { width, short, middle, unit, group, numbers: Vec::new() }
    }

    /// What rows are laid in.
    pub(super) fn scale(&self) -> Scale {
        Scale { unit: self.unit, short: self.short }
    }

    /// `y` of a row: `(x - m) * unit`, in f32.
    pub fn lay(&self, row: &[f64]) -> Vec<f32> {
        row.iter().zip(&self.middle).map(|(x, m)| ((x - m) * self.unit) as f32).collect()
    }
}

/// What belongs to the image of a point besides its numbers (`crate::projection`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra {
    /// The last number of an image of fewer directions.
    pub rest: f32,
    /// How far either image may be from where it belongs.
    pub slack: f32,
    /// How far `Y` may be from `y`.
    pub rounding: f32,
}

/// What comes out of some panels.
#[derive(Debug, Default)]
pub struct Images {
    /// For each panel, for each of `width + 1` columns, sixteen numbers; the last column is left alone.
    pub numbers: Vec<f32>,
    /// The squared length of each row of `y`, in f64.
    pub squares: Vec<f64>,
    tile: Vec<f32>,
}

/// `y . p` of every row of `panels` and every column `p` of the matrix.
#[inline(always)]
pub(super) fn project<T: Element, V: Vector, W: Narrow, const R: usize, const G: usize>(
    view: View<T>,
    panels: Range<usize>,
    lens: &Lens,
    images: &mut Images,
) {
    debug_assert_eq!(lens.group, G, "packed for another instruction set");
    let (columns, height) = (view.columns, R * W::LANES);
    images.numbers.resize(panels.len() * (lens.width + 1) * PANEL, 0.0);
    images.squares.resize(panels.len() * PANEL, 0.0);
    images.tile.resize(columns * height, 0.0);
    let (tile, per_tile) = (&mut images.tile, height / PANEL);
    for first in panels.clone().step_by(per_tile) {
        let place = first - panels.start;
        lay_panels::<T, V, W>(view, &panels, place * PANEL, &lens.middle, lens.scale(), tile, height);
        let some = per_tile.min(panels.end - first);
        squares::<V>(tile, height, &mut images.squares[place * PANEL..][..some * PANEL]);
        let out = &mut images.numbers[place * (lens.width + 1) * PANEL..];
        if lens.numbers.is_empty() {
            for (panel, out) in out.chunks_exact_mut((columns + 1) * PANEL).take(some).enumerate() {
                for (row, out) in tile.chunks_exact(height).zip(out.chunks_exact_mut(PANEL)) {
                    out.copy_from_slice(&row[panel * PANEL..][..PANEL]);
                }
            }
            continue;
        }
        for (chunk, rows) in tile.chunks(CHUNK * height).enumerate() {
            let (from, count) = (chunk * CHUNK, rows.len() / height);
            for (group, numbers) in lens.numbers.chunks_exact(columns * G).enumerate() {
                let products = scores::<W, R, G>(rows, &numbers[from * G..][..count * G], &[0.0; G]);
                for (column, product) in products.into_iter().enumerate() {
                    for (r, product) in product.into_iter().enumerate() {
                        let (panel, lane) = (r * W::LANES / PANEL, r * W::LANES % PANEL);
                        if panel < some {
                            let to = (panel * (lens.width + 1) + group * G + column) * PANEL + lane;
                            let to = &mut out[to..][..W::LANES];
                            let sum = if chunk == 0 { product } else { W::load(to).add(product) };
                            sum.store(to);
                        }
                    }
                }
            }
        }
    }
}

/// The squared length of each row of a tile: squares of f32 are exact in f64.
#[inline(always)]
fn squares<V: Vector>(tile: &[f32], height: usize, out: &mut [f64]) {
    for (part, out) in out.chunks_exact_mut(V::LANES).enumerate() {
        let mut square = V::splat(0.0);
        for column in tile.chunks_exact(height) {
            square = V::widen(&column[part * V::LANES..]).square_add(square);
        }
        square.store(out);
    }
}

/// Images of points, packed for [`within_reach`].
#[derive(Debug, Clone)]
pub struct Targets {
    group: usize,
    count: usize,
    /// For each group, for each column, a number of each point; infinite for padding.
    numbers: Vec<f32>,
    slacks: Vec<f32>,
    factor: f32,
}

impl Targets {
    /// Images of `width` numbers with their slacks.
    pub fn new(width: usize, images: &[(Vec<f32>, f32)], factor: f32, group: usize) -> Self {
        let padded = images.len().next_multiple_of(group);
        let mut numbers = vec![f32::INFINITY; padded * width];
        let mut slacks = vec![0.0; padded];
        for (point, (image, slack)) in images.iter().enumerate() {
            let place = point / group * width * group + point % group;
            numbers[place..].iter_mut().step_by(group).zip(image).for_each(|(to, &x)| *to = x);
            slacks[point] = *slack;
        }
        Self { group, count: images.len(), numbers, slacks, factor }
    }
}

/// For each point the rows of `panels`, with the squared distance of the images, for which it is not greater
/// than `factor (reach + slack)^2`, or not a number. `reach` is that of the first panel's first row on.
#[inline(always)]
pub(super) fn within_reach<W: Narrow, const R: usize, const G: usize>(
    view: View<f32>,
    panels: Range<usize>,
    targets: &Targets,
    reach: &[f32],
    found: &mut [Vec<(u32, f32)>],
) {
    debug_assert_eq!(targets.group, G, "packed for another instruction set");
    let (per_tile, width) = (R * W::LANES / PANEL, view.columns);
    let groups = targets.numbers.chunks_exact(width * G).zip(targets.slacks.chunks_exact(G));
    for first in panels.clone().step_by(per_tile) {
        let tile: [&[f32]; R] = from_fn(|r| {
            let panel = (first + r * W::LANES / PANEL).min(panels.end - 1);
            &view.panel(panel)[r * W::LANES % PANEL..]
        });
        let some = (panels.end - first).min(per_tile) * PANEL / W::LANES;
        for (group, (numbers, slacks)) in groups.clone().enumerate() {
            // While the first group is computed, the next tile is on its way.
            let next = if group == 0 { view.panel((first + per_tile).min(panels.end - 1)) } else { &[] };
            let distances = distances::<W, R, G>(&tile, numbers, next);
            for r in 0..some {
                let row = first * PANEL + r * W::LANES;
                let reach = W::load(&reach[row - panels.start * PANEL..]);
                for (point, distances) in distances.iter().enumerate() {
                    let reach = reach.add(W::splat(slacks[point]));
                    let most = reach.mul(reach).mul(W::splat(targets.factor));
                    let near = !W::bits(most.less(distances[r])) & W::ALL;
                    // A padding point is infinitely far, but a row may have an infinite reach.
                    if near != 0 && group * G + point < targets.count {
                        note(distances[r], near, row as u32, &mut found[group * G + point]);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn note<W: Narrow>(distances: W, mut lanes: u32, row: u32, found: &mut Vec<(u32, f32)>) {
    let mut each = [0.0; PANEL];
    distances.store(&mut each);
    while lanes != 0 {
        let lane = lanes.trailing_zeros();
        found.push((row + lane, each[lane as usize]));
        lanes &= lanes - 1;
    }
}

/// Squared distances of `R` registers of rows to `G` points. Subtracting costs twice what a dot product
/// would, but what f32 loses is then in proportion to the distance and not to the rows; and the pass waits
/// for memory anyway.
#[inline(always)]
fn distances<W: Narrow, const R: usize, const G: usize>(
    tile: &[&[f32]; R],
    numbers: &[f32],
    next: &[f32],
) -> [[W; R]; G] {
    let lines = R * W::LANES / PANEL;
    let mut distances = [[W::splat(0.0); R]; G];
    for (column, numbers) in numbers.chunks_exact(G).enumerate() {
        let x: [W; R] = from_fn(|r| W::load(&tile[r][column * PANEL..]));
        (0..lines).for_each(|line| prefetch(next, (column * lines + line) * PANEL));
        for (distances, &c) in distances.iter_mut().zip(numbers) {
            let c = W::splat(c);
            for (distance, x) in distances.iter_mut().zip(x) {
                let difference = x.sub(c);
                *distance = difference.multiply_add(difference, *distance);
            }
        }
    }
    distances
}

/// The canonical distances of some rows of a row-major table to one point.
#[inline(always)]
pub(super) fn to_listed<T: Element, V: Vector>(
    rows: &[T],
    listed: &[u32],
    point: &[f64],
    out: &mut Vec<f64>,
) {
    out.clear();
    for (group, these) in listed.chunks(PANEL).enumerate() {
        let next = listed.get((group + 1) * PANEL..).unwrap_or_default();
        let next: [usize; PANEL] =
            from_fn(|lane| next.get(lane).map_or(0, |&row| row as usize * point.len()));
        let distances = match T::numbers(rows) {
            Numbers::F32(table) => {
                let rows = sixteen(table, point.len(), these);
                chains::<f32, V>(&rows, point, |first, block| {
                    // A line of each row of the next sixteen every sixteen columns.
                    let lanes = &next[first % PANEL..][..4];
                    lanes.iter().for_each(|row| prefetch(table, row + first / PANEL * PANEL));
                    V::turn(&rows, first, block);
                })
            }
            Numbers::F64(table) => {
                let rows = sixteen(table, point.len(), these);
                chains::<f64, V>(&rows, point, |first, block| {
                    for (column, out) in block.chunks_exact_mut(PANEL).enumerate() {
                        out.iter_mut().zip(rows).for_each(|(to, row)| *to = row[first + column]);
                    }
                })
            }
        };
        out.extend(&distances[..these.len()]);
    }
}

/// Up to sixteen rows; the first one stands in for those that are missing.
#[inline(always)]
fn sixteen<'a, T>(table: &'a [T], columns: usize, listed: &[u32]) -> [&'a [T]; PANEL] {
    from_fn(|lane| {
        let row = listed.get(lane).map_or(listed[0], |&row| row) as usize;
        &table[row * columns..][..columns]
    })
}

/// The canonical distance of each of sixteen rows; `turn` makes four columns of them.
#[inline(always)]
fn chains<T: Element, V: Vector>(
    rows: &[&[T]; PANEL],
    point: &[f64],
    turn: impl Fn(usize, &mut [T; 4 * PANEL]),
) -> [f64; PANEL] {
    let mut distances = [0.0; PANEL];
    let mut block = [rows[0][0]; 4 * PANEL];
    let mut sums = [V::splat(0.0); PANEL];
    let registers = PANEL / V::LANES;
    let add = |sums: &mut [V; PANEL], column: &[T], c: f64| {
        let c = V::splat(c);
        for (r, sum) in sums[..registers].iter_mut().enumerate() {
            *sum = V::of(&column[r * V::LANES..]).sub(c).square_add(*sum);
        }
    };
    for (four, point) in point.chunks_exact(4).enumerate() {
        turn(four * 4, &mut block);
        for (column, &c) in block.chunks_exact(PANEL).zip(point) {
            add(&mut sums, column, c);
        }
    }
    for column in point.len() / 4 * 4..point.len() {
        let numbers: [T; PANEL] = from_fn(|lane| rows[lane][column]);
        add(&mut sums, &numbers, point[column]);
    }
    for (sum, out) in sums.into_iter().zip(distances.chunks_exact_mut(V::LANES)) {
        sum.store(out);
    }
    distances
}
