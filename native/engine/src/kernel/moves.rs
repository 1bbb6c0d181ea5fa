//! What rows that change their cluster do to the sums, a panel at a time.
//!
//! A row's numbers become limbs on the grid (`exact::grid`), sixteen rows side by side, and each row's limbs are
//! then added to its cluster's in one run. A thread adds up in i64 and tells the sums now and then.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::exact::{self, Grid, LOW_BITS, ROUND, Sum};
use crate::matrix::Element;
use crate::panels::{PANEL, View};
use crate::points::Weights;
use crate::sums::{NOWHERE, Sums};

use super::vector::Vector;

/// Two columns of a row: high, low, high, low. A register of AVX2.
type Quad = [i64; 4];
/// From so many rows of a panel on it pays to split all sixteen.
const MANY: usize = 4;
/// Quads of a row that are made at a time: two cache lines.
const STAGE: usize = 4;
/// Up to so many clusters each adds its rows of a panel under a mask, lane by lane; with more it is faster to
/// add row by row, each to its cluster.
const FEW: usize = 5;
/// A limb has at most 2^50, so an i64 takes 2^13 of them. Rows come in shares of up to 4096.
const TELL_AT: u32 = 2048;
/// A staged limb is the bits of a double, this much more than the limb. It is taken away when the sums are told,
/// once for every row that a cluster has more; in between, arithmetic modulo 2^64 keeps the difference.
const OFFSET: i64 = ROUND.to_bits() as i64;

/// The moves that one thread has seen since it last told.
pub struct Moves<'a> {
    grid: &'a Grid,
    weights: Option<&'a Weights>,
    told: &'a Mutex<&'a mut Sums>,
    /// Quads of a cluster: one for every two columns.
    width: usize,
    /// Limbs of each cluster, for rows that count once; with few clusters also lane by lane.
    limbs: Vec<Quad>,
    lanes: Vec<[[f64; PANEL]; 4]>,
    /// `clusters x columns`, for rows with weights of up to 62 bits, whose product with a limb needs an i128.
    weighted: Vec<Sum>,
    /// Rows, and with weights units, that each cluster has more; and whether any came or went.
    rows: Vec<i64>,
    units: Vec<i128>,
    touched: Vec<bool>,
    untold: u32,
}

impl<'a> Moves<'a> {
    /// No moves yet; they will be told to `sums`.
    pub fn new(
        grid: &'a Grid,
        weights: Option<&'a Weights>,
        sums: &'a Mutex<&'a mut Sums>,
        clusters: usize,
    ) -> Self {
        let columns = grid.columns();
        let width = columns.div_ceil(2);
        let (plain, weighted) = if weights.is_some() { (0, clusters) } else { (clusters, 0) };
        Self {
            grid,
            weights,
            told: sums,
            width,
            limbs: vec![[0; 4]; plain * width],
            lanes: vec![[[0.0; PANEL]; 4]; if plain <= FEW { plain * width } else { 0 }],
            weighted: vec![Sum::default(); weighted * columns],
            rows: vec![0; clusters],
            units: vec![0; weighted],
            touched: vec![false; clusters],
            untold: 0,
        }
    }

    /// Adds everything to the sums and begins again.
    pub fn tell(&mut self) {
        self.untold = 0;
        let columns = self.grid.columns();
        let mut sums = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for cluster in 0..self.touched.len() {
            if !std::mem::take(&mut self.touched[cluster]) {
                continue;
            }
            let rows = std::mem::take(&mut self.rows[cluster]);
            let cells = sums.cells_mut(cluster);
            let mut units = i128::from(rows);
            if self.weights.is_some() {
                units = std::mem::take(&mut self.units[cluster]);
                for (sum, weighted) in cells.iter_mut().zip(&mut self.weighted[cluster * columns..]) {
                    sum.merge(std::mem::take(weighted));
                }
            } else {
                let offset = rows.wrapping_mul(OFFSET);
                let quads = self.limbs.iter_mut().zip(&mut self.lanes);
                for (quad, lanes) in quads.skip(cluster * self.width).take(self.width) {
                    let sum = |lanes: [f64; PANEL]| {
                        lanes.iter().fold(0i64, |sum, limb| sum.wrapping_add(limb.to_bits() as i64))
                    };
                    add(quad, &std::mem::replace(lanes, [[0.0; PANEL]; 4]).map(sum));
                }
                let quads = &mut self.limbs[cluster * self.width..][..self.width];
                for (cells, quad) in cells.chunks_mut(2).zip(quads) {
                    let quad = std::mem::take(quad).map(|limb| limb.wrapping_sub(offset));
                    cells[0].add((quad[0], quad[1]), 1);
                    if let Some(second) = cells.get_mut(1) {
                        second.add((quad[2], quad[3]), 1);
                    }
                }
            }
            sums.units[cluster] = sums.units[cluster].wrapping_add_signed(units);
            sums.rows[cluster] = sums.rows[cluster].wrapping_add_signed(rows);
        }
    }

    /// Rows of one panel, of which the first is `row`, go from clusters `from` to clusters `to`; a row may come
    /// from [`NOWHERE`].
    #[inline(always)]
    fn panel<T: Element, V: Vector>(&mut self, view: View<T>, row: usize, from: &[u32], to: &[u32]) {
        let (same_from, same_to) = (from.iter().all(|f| *f == from[0]), to.iter().all(|t| *t == to[0]));
        if same_from && same_to && from.len() == PANEL && self.weights.is_none() {
            return self.whole_panel::<T, V>(view.panel(row / PANEL), from[0], to[0]);
        }
        let (mut moved, mut count) = ([0; PANEL], 0);
        for (i, (from, to)) in from.iter().zip(to).enumerate() {
            moved[count] = i;
            count += usize::from(from != to);
        }
        let moved = &moved[..count];
        self.untold += count as u32;
        for &i in moved {
            self.count(to[i], 1);
            if from[i] != NOWHERE {
                self.count(from[i], -1);
            }
        }
        let panel = view.panel(row / PANEL);
        if let Some(weights) = self.weights {
            for &i in moved {
                self.add_weighted(panel, i, weights.units(row + i) as i64, from[i], to[i]);
            }
        } else if count < MANY {
            for &i in moved {
                self.add_row(panel, i, from[i], to[i]);
            }
        } else if let (false, Some(from), Some(to)) = (self.lanes.is_empty(), from.as_array(), to.as_array())
        {
            self.mask_panel::<T, V>(panel, from, to);
        } else {
            for first in (0..self.width).step_by(STAGE) {
                let quads = STAGE.min(self.width - first);
                let mut staged = [[[0; 4]; STAGE]; PANEL];
                for quad in 0..quads {
                    let limbs = self.stage::<T, V>(panel, 2 * (first + quad));
                    staged.iter_mut().zip(limbs).for_each(|(row, limbs)| row[quad] = limbs);
                }
                for &i in moved {
                    let place = |cluster: u32| cluster as usize * self.width + first;
                    let to = &mut self.limbs[place(to[i])..][..quads];
                    to.iter_mut().zip(&staged[i]).for_each(|(sum, limbs)| add(sum, limbs));
                    if from[i] != NOWHERE {
                        let from = &mut self.limbs[place(from[i])..][..quads];
                        from.iter_mut().zip(&staged[i]).for_each(|(sum, limbs)| subtract(sum, limbs));
                    }
                }
            }
        }
    }

    /// All rows of a panel go from one cluster to another.
    #[inline(always)]
    fn whole_panel<T: Element, V: Vector>(&mut self, panel: &[T], from: u32, to: u32) {
        self.untold += PANEL as u32;
        self.count(to, PANEL as i64);
        if from != NOWHERE {
            self.count(from, -(PANEL as i64));
        }
        for quad in 0..self.width {
            let mut sum = [0i64; 4];
            self.stage::<T, V>(panel, 2 * quad).iter().for_each(|limbs| add(&mut sum, limbs));
            add(&mut self.limbs[to as usize * self.width + quad], &sum);
            if from != NOWHERE {
                subtract(&mut self.limbs[from as usize * self.width + quad], &sum);
            }
        }
    }

    /// Each cluster adds and takes away its rows of a panel under a mask.
    #[inline(always)]
    fn mask_panel<T: Element, V: Vector>(&mut self, panel: &[T], from: &[u32; PANEL], to: &[u32; PANEL]) {
        let clusters = self.rows.len() as u32;
        let first = from == &[NOWHERE; PANEL];
        for quad in 0..self.width {
            let limbs = self.limbs_of::<T, V>(panel, 2 * quad);
            for cluster in 0..clusters {
                let sums = &mut self.lanes[cluster as usize * self.width + quad];
                let (cluster, nothing) = (V::splat(cluster.into()), V::splat(0.0));
                for lane in (0..PANEL).step_by(V::LANES) {
                    let comes = V::load_labels(&to[lane..]).equal(cluster);
                    if first {
                        for (sums, limbs) in sums.iter_mut().zip(&limbs) {
                            let limbs = V::select(comes, V::load(&limbs[lane..]), nothing);
                            V::load(&sums[lane..]).add_bits(limbs).store(&mut sums[lane..]);
                        }
                        continue;
                    }
                    let goes = V::load_labels(&from[lane..]).equal(cluster);
                    for (sums, limbs) in sums.iter_mut().zip(&limbs) {
                        let limbs = V::load(&limbs[lane..]);
                        let sum = V::load(&sums[lane..]).add_bits(V::select(comes, limbs, nothing));
                        sum.sub_bits(V::select(goes, limbs, nothing)).store(&mut sums[lane..]);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn count(&mut self, cluster: u32, sign: i64) {
        self.touched[cluster as usize] = true;
        self.rows[cluster as usize] += sign;
    }

    /// The limbs of all sixteen rows in two columns, or in the last one: high, low, high, low.
    #[inline(always)]
    fn limbs_of<T: Element, V: Vector>(&self, panel: &[T], column: usize) -> [[f64; PANEL]; 4] {
        let mut limbs = [[0.0; PANEL]; 4];
        for (i, limbs) in limbs.chunks_exact_mut(2).enumerate() {
            let Some(numbers) = panel.get((column + i) * PANEL..(column + i + 1) * PANEL) else { break };
            let scale = V::splat(self.grid.scale(column + i));
            for offset in (0..PANEL).step_by(V::LANES) {
                let [high, low] = split::<V>(V::of(&numbers[offset..]).mul(scale));
                high.store(&mut limbs[0][offset..]);
                low.store(&mut limbs[1][offset..]);
            }
        }
        limbs
    }

    /// The same, row by row.
    #[inline(always)]
    fn stage<T: Element, V: Vector>(&self, panel: &[T], column: usize) -> [Quad; PANEL] {
        let limbs = self.limbs_of::<T, V>(panel, column);
        let mut staged = [[0; 4]; PANEL];
        for (i, quad) in staged.iter_mut().enumerate() {
            *quad = [limbs[0][i], limbs[1][i], limbs[2][i], limbs[3][i]].map(|limb| limb.to_bits() as i64);
        }
        staged
    }

    #[inline(always)]
    fn add_row<T: Element>(&mut self, panel: &[T], row: usize, from: u32, to: u32) {
        for (i, columns) in panel.chunks(2 * PANEL).enumerate() {
            let mut limbs = [OFFSET; 4];
            for (place, x) in columns[row..].iter().step_by(PANEL).enumerate() {
                let (high, low) = self.grid.split(2 * i + place, x.widen());
                limbs[2 * place] += high;
                limbs[2 * place + 1] += low;
            }
            add(&mut self.limbs[to as usize * self.width + i], &limbs);
            if from != NOWHERE {
                subtract(&mut self.limbs[from as usize * self.width + i], &limbs);
            }
        }
    }

    fn add_weighted<T: Element>(&mut self, panel: &[T], row: usize, units: i64, from: u32, to: u32) {
        let columns = self.grid.columns();
        self.units[to as usize] += i128::from(units);
        if from != NOWHERE {
            self.units[from as usize] -= i128::from(units);
        }
        for (column, x) in panel[row..].iter().step_by(PANEL).enumerate() {
            let limbs = self.grid.split(column, x.widen());
            self.weighted[to as usize * columns + column].add(limbs, units);
            if from != NOWHERE {
                self.weighted[from as usize * columns + column].add(limbs, -units);
            }
        }
    }
}

/// [`Grid::split`] of a scaled value; each limb is still [`OFFSET`] too large.
#[inline(always)]
fn split<V: Vector>(y: V) -> [V; 2] {
    let round = V::splat(ROUND);
    let high = y.add(round);
    let rest = y.sub(high.sub(round)).mul(V::splat((1u64 << LOW_BITS) as f64));
    [high, rest.add(round)]
}

#[inline(always)]
fn add(sum: &mut Quad, limbs: &Quad) {
    sum.iter_mut().zip(limbs).for_each(|(sum, limb)| *sum = sum.wrapping_add(*limb));
}

#[inline(always)]
fn subtract(sum: &mut Quad, limbs: &Quad) {
    sum.iter_mut().zip(limbs).for_each(|(sum, limb)| *sum = sum.wrapping_sub(*limb));
}

/// Gives rows their new labels; the first row begins a panel, and there are at most 4096. Returns how many
/// changed.
#[inline(always)]
pub(super) fn relabel<T: Element, V: Vector>(
    view: View<T>,
    first: usize,
    labels: &mut [u32],
    new: &[u32],
    moves: &mut Moves,
) -> u64 {
    let before = moves.untold;
    let (whole, rest) = labels.as_chunks_mut::<PANEL>();
    let (new_whole, new_rest) = new.as_chunks::<PANEL>();
    for (i, (labels, new)) in whole.iter_mut().zip(new_whole).enumerate() {
        if labels != new {
            moves.panel::<T, V>(view, first + i * PANEL, labels, new);
            *labels = *new;
        }
    }
    if !rest.is_empty() {
        // The new labels of a short panel are as many as its rows, or padded.
        let new = new_whole.get(whole.len()).map_or(new_rest, |new| new.as_slice());
        let new = &new[..rest.len()];
        moves.panel::<T, V>(view, first + whole.len() * PANEL, rest, new);
        rest.copy_from_slice(new);
    }
    let changed = moves.untold - before;
    if moves.untold >= TELL_AT {
        moves.tell();
    }
    changed.into()
}

/// Adds all `rows`, each once, to the sum of each column. The first row begins a panel, and there are at most
/// 4096.
#[inline(always)]
pub(super) fn pool<T: Element>(view: View<T>, rows: Range<usize>, grid: &Grid, sums: &mut [Sum]) {
    let whole = rows.start / PANEL..rows.end / PANEL;
    for panels in view.in_cache(whole.clone()) {
        for (column, sum) in sums.iter_mut().enumerate() {
            let scale = grid.scale(column);
            let mut limbs = [[0i64; PANEL]; 2];
            for panel in panels.clone() {
                for (i, x) in view.column(panel, column).iter().enumerate() {
                    let (high, low) = exact::split(scale, x.widen());
                    limbs[0][i] += high;
                    limbs[1][i] += low;
                }
            }
            let [high, low] = limbs.map(|lanes| lanes.into_iter().sum());
            sum.add((high, low), 1);
        }
    }
    for row in whole.end * PANEL..rows.end {
        for (column, sum) in sums.iter_mut().enumerate() {
            sum.add(grid.split(column, view.at(row, column)), 1);
        }
    }
}
