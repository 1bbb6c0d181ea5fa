//! The kernels' one source: rows in the lanes of registers, four centroids at a time, the canonical distance
//! of each.
//!
//! `super` compiles it once for each instruction set. Each lane runs its own chain in column order, which is
//! exactly [`crate::squared_distance`], so all of them give the same bits.

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::vector::{Vector, fetch_ahead};
use super::{Found, Packed};

/// Centroids that a pass over a panel's columns serves. With two registers of rows they are 8 chains of fused
/// multiply-adds, which hide its latency of 4 cycles on two units, and leave registers to spare.
pub(super) const GROUP: usize = 4;
/// Centroids that stay in L1 (of 32 KB or more) while panels pass by.
const CENTROIDS_BYTES: usize = 16 << 10;
/// Panels that stay in L2 (of 512 KB or more) while centroids pass by.
const PANELS_BYTES: usize = 256 << 10;

/// Two registers of rows.
type Pair<V> = [V; 2];

/// Places in a panel where a pair of registers begins.
#[inline(always)]
pub(super) fn offsets<V: Vector>() -> impl Iterator<Item = usize> {
    (0..PANEL).step_by(2 * V::LANES)
}

#[inline(always)]
fn load<V: Vector>(from: &[f64], place: usize) -> Pair<V> {
    from_fn(|i| V::load(&from[place + i * V::LANES..]))
}

#[inline(always)]
fn store<V: Vector>(pair: Pair<V>, to: &mut [f64], place: usize) {
    for (i, v) in pair.into_iter().enumerate() {
        v.store(&mut to[place + i * V::LANES..]);
    }
}

/// Squared distances of a pair of registers of rows, at `offset` of a panel, to a group of centroids. With `D`
/// above 0 that is how many columns there are: what the compiler knows it unrolls, and keeps in registers.
#[inline(always)]
pub(super) fn distances_to_group<T: Element, V: Vector, const D: usize>(
    panel: &[T],
    offset: usize,
    group: &[[f64; GROUP]],
) -> [Pair<V>; GROUP] {
    let columns = if D > 0 { D } else { group.len() };
    let (panel, group) = (&panel[..columns * PANEL], &group[..columns]);
    let mut distances = [[V::splat(0.0); 2]; GROUP];
    for (column, centroids) in panel.chunks_exact(PANEL).zip(group) {
        let x: Pair<V> = from_fn(|i| V::of(&column[offset + i * V::LANES..]));
        for (distances, &c) in distances.iter_mut().zip(centroids) {
            let c = V::splat(c);
            for (distance, x) in distances.iter_mut().zip(x) {
                *distance = x.sub(c).square_add(*distance);
            }
        }
    }
    distances
}

/// Calls a function that is generic over the number of columns with the number as a constant where it is small.
macro_rules! by_columns {
    ($columns:expr, $function:ident::<$($type:ty),* ; $($flag:tt),*>($($argument:expr),*)) => {
        match $columns {
            1 => $function::<$($type),*, $($flag,)* 1>($($argument),*),
            2 => $function::<$($type),*, $($flag,)* 2>($($argument),*),
            3 => $function::<$($type),*, $($flag,)* 3>($($argument),*),
            4 => $function::<$($type),*, $($flag,)* 4>($($argument),*),
            _ => $function::<$($type),*, $($flag,)* 0>($($argument),*),
        }
    };
}
pub(super) use by_columns;

/// The nearest centroid of every row of `panels`; with `TIES` also whether another is exactly as near.
#[inline(always)]
pub(super) fn nearest<T: Element, V: Vector, const TIES: bool>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    by_columns!(view.columns, nearest_of::<T, V; TIES>(view, panels, centroids, found));
}

#[inline(always)]
fn nearest_of<T: Element, V: Vector, const TIES: bool, const D: usize>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    found.make_room(panels.len());
    let columns = view.columns;
    let groups = (CENTROIDS_BYTES / (columns * GROUP * 8)).max(1);
    let block = (PANELS_BYTES / (columns * PANEL * size_of::<T>())).max(1);
    for first in panels.clone().step_by(block) {
        for (chunk, packed) in centroids.numbers.chunks(groups * columns).enumerate() {
            for panel in first..panels.end.min(first + block) {
                if chunk == 0 {
                    fetch_ahead(view.panel(panel));
                }
                for offset in offsets::<V>() {
                    let place = (panel - panels.start) * PANEL + offset;
                    let mut best = if chunk == 0 { Best::<V>::none() } else { Best::load(found, place) };
                    for (group, packed) in packed.chunks_exact(columns).enumerate() {
                        let distances = distances_to_group::<T, V, D>(view.panel(panel), offset, packed);
                        for (i, distances) in distances.into_iter().enumerate() {
                            let label = (chunk * groups + group) * GROUP + i;
                            best.consider::<TIES>(distances, V::splat(label as f64));
                        }
                    }
                    best.store(found, place, TIES || groups < centroids.numbers.len() / columns);
                }
            }
        }
    }
}

/// The best so far of a pair of registers of rows.
pub(super) struct Best<V> {
    distances: Pair<V>,
    labels: Pair<V>,
    ties: Pair<V>,
}

impl<V: Vector> Best<V> {
    #[inline(always)]
    pub(super) fn none() -> Self {
        let (far, first) = ([V::splat(f64::INFINITY); 2], [V::splat(0.0); 2]);
        Self { distances: far, labels: first, ties: first }
    }

    #[inline(always)]
    fn load(found: &Found, place: usize) -> Self {
        Self {
            distances: load(&found.distances, place),
            labels: from_fn(|i| V::load_labels(&found.labels[place + i * V::LANES..])),
            ties: load(&found.ties, place),
        }
    }

    #[inline(always)]
    pub(super) fn store(self, found: &mut Found, place: usize, all: bool) {
        for (i, labels) in self.labels.into_iter().enumerate() {
            labels.store_labels(&mut found.labels[place + i * V::LANES..]);
        }
        if all {
            store(self.distances, &mut found.distances, place);
            store(self.ties, &mut found.ties, place);
        }
    }

    /// Labels come in rising order, so `<` keeps the lowest of equals. A padding centroid is infinitely far.
    #[inline(always)]
    pub(super) fn consider<const TIES: bool>(&mut self, distances: Pair<V>, label: V) {
        for (i, distance) in distances.into_iter().enumerate() {
            let nearer = distance.less(self.distances[i]);
            if TIES {
                let tied = V::select(distance.equal(self.distances[i]), V::splat(1.0), self.ties[i]);
                self.ties[i] = V::select(nearer, V::splat(0.0), tied);
            }
            self.distances[i] = V::select(nearer, distance, self.distances[i]);
            self.labels[i] = V::select(nearer, label, self.labels[i]);
        }
    }
}

/// All distances of `panels`: for each panel, for each centroid (padding included), sixteen numbers.
#[inline(always)]
pub(super) fn distances<T: Element, V: Vector>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    out: &mut [f64],
) {
    let size = centroids.padded() * PANEL;
    for (panel, out) in panels.zip(out.chunks_exact_mut(size)) {
        for (group, packed) in centroids.numbers.chunks_exact(view.columns).enumerate() {
            let out = &mut out[group * GROUP * PANEL..(group + 1) * GROUP * PANEL];
            for offset in offsets::<V>() {
                let distances = distances_to_group::<T, V, 0>(view.panel(panel), offset, packed);
                for (out, distances) in out.chunks_exact_mut(PANEL).zip(distances) {
                    store(distances, out, offset);
                }
            }
        }
    }
}

/// 2^52: adding it to a number from 0 to 2^51 rounds it to a whole number, ties to even.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// `x * unit` rounded to a whole number; both are such that it is at most 2^40.
#[inline(always)]
pub fn whole(x: f64, unit: f64) -> u64 {
    (x * unit + WHOLE).to_bits() - WHOLE.to_bits()
}

/// For each candidate the sum over `panels` of the distance that would be left, in units of `1 / unit`:
/// `sum whole(min(nearest, distance))`. `nearest` has an entry for each row of the panels, 0 for padding.
///
/// A lane adds whole numbers of at most 2^40 as f64, exactly up to 2^53: that is 8192 panels.
#[inline(always)]
pub(super) fn potentials<T: Element, V: Vector>(
    view: View<T>,
    panels: Range<usize>,
    candidates: &Packed,
    nearest: &[f64],
    unit: f64,
    out: &mut [u64],
) {
    let (unit, whole) = (V::splat(unit), V::splat(WHOLE));
    for (group, packed) in candidates.numbers.chunks_exact(view.columns).enumerate() {
        let mut sums = [[V::splat(0.0); 2]; GROUP];
        for panel in panels.clone() {
            for offset in offsets::<V>() {
                let nearest: Pair<V> = load(nearest, (panel - panels.start) * PANEL + offset);
                let distances = distances_to_group::<T, V, 0>(view.panel(panel), offset, packed);
                for (sums, distances) in sums.iter_mut().zip(distances) {
                    for (i, distance) in distances.into_iter().enumerate() {
                        let left = V::select(distance.less(nearest[i]), distance, nearest[i]);
                        sums[i] = sums[i].add(left.mul(unit).add(whole).sub(whole));
                    }
                }
            }
        }
        for (out, sums) in out[group * GROUP..].iter_mut().zip(sums) {
            let mut lanes = [0.0; PANEL];
            store(sums, &mut lanes, 0);
            *out += lanes.iter().map(|&sum| sum as u64).sum::<u64>();
        }
    }
}

/// The distances of a pair of registers of rows, at `offset` of a panel, to one centroid.
#[inline(always)]
pub(super) fn distances_to_one<T: Element, V: Vector, const D: usize>(
    panel: &[T],
    offset: usize,
    centroid: &[f64],
) -> Pair<V> {
    let columns = if D > 0 { D } else { centroid.len() };
    let (panel, centroid) = (&panel[..columns * PANEL], &centroid[..columns]);
    let mut distances = [V::splat(0.0); 2];
    for (column, &c) in panel.chunks_exact(PANEL).zip(centroid) {
        let c = V::splat(c);
        for (i, distance) in distances.iter_mut().enumerate() {
            *distance = V::of(&column[offset + i * V::LANES..]).sub(c).square_add(*distance);
        }
    }
    distances
}

/// The distance of every row of `panels` to one centroid.
#[inline(always)]
pub(super) fn to_one<T: Element, V: Vector>(
    view: View<T>,
    panels: Range<usize>,
    centroid: &[f64],
    out: &mut [f64],
) {
    for (panel, out) in panels.zip(out.chunks_exact_mut(PANEL)) {
        for offset in offsets::<V>() {
            store(distances_to_one::<T, V, 0>(view.panel(panel), offset, centroid), out, offset);
        }
    }
}

/// Lowers `nearest` to the distance of one new centroid where that is nearer.
#[inline(always)]
pub(super) fn lower<T: Element, V: Vector>(
    view: View<T>,
    panels: Range<usize>,
    centroid: &[f64],
    nearest: &mut [f64],
) {
    for (panel, nearest) in panels.zip(nearest.chunks_exact_mut(PANEL)) {
        for offset in offsets::<V>() {
            let distances = distances_to_one::<T, V, 0>(view.panel(panel), offset, centroid);
            let before: Pair<V> = load(nearest, offset);
            let lower: Pair<V> =
                from_fn(|i| V::select(distances[i].less(before[i]), distances[i], before[i]));
            store(lower, nearest, offset);
        }
    }
}

/// The canonical distance of each row of `panels` to the centroid that `labels` names. Sixteen chains side by
/// side, each with its own centroid.
#[inline(always)]
pub(super) fn own<T: Element, V: Vector>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &[f64],
    labels: &[u32],
    out: &mut [f64],
) {
    let columns = view.columns;
    for ((panel, labels), out) in panels.zip(labels.chunks_exact(PANEL)).zip(out.chunks_exact_mut(PANEL)) {
        let centroids: [&[f64]; PANEL] =
            from_fn(|lane| &centroids[labels[lane] as usize * columns..][..columns]);
        let mut distances = [0.0f64; PANEL];
        for (i, column) in view.panel(panel).chunks_exact(PANEL).enumerate() {
            for ((distance, x), centroid) in distances.iter_mut().zip(column).zip(centroids) {
                let difference = x.widen() - centroid[i];
                *distance = difference.mul_add(difference, *distance);
            }
        }
        out.copy_from_slice(&distances);
    }
}
