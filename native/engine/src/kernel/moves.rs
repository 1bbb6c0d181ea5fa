//! What rows that change their cluster do to the sums, a panel at a time.
//!
//! A row's numbers become limbs on the grid (`exact::grid`), sixteen rows side by side, and each row's limbs are
//! then added to its cluster's in one run. A thread adds up in i64 and tells the sums now and then.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::exact::{Grid, LOW_BITS, ROUND, Sum};
use crate::matrix::Element;
use crate::panels::{PANEL, View};
use crate::sums::{NOWHERE, Sums};
use crate::weights::Weights;

use super::vector::Vector;

/// A limb of four columns of a row: a register of AVX2.
type Quad = [i64; 4];
/// Columns of a quad.
const QUAD: usize = 4;
/// A limb of four columns of sixteen rows.
type Quads = [[f64; PANEL]; QUAD];
/// From so many rows of a panel on it pays to split all sixteen.
const MANY: usize = 4;
/// Quads of a row that are made at a time: two cache lines.
const STAGE: usize = 4;
/// Up to so many clusters each adds and takes away its rows of a panel under a mask, lane by lane; with more it is
/// faster to add row by row, each to its cluster. Rows that get their first label are only added: there masks pay for
/// longer, as long as the lanes stay in L1.
const FEW: usize = 5;
const FEW_FIRST: usize = 16;
const LANES_BYTES: usize = 16 << 10;
/// A limb has at most 2^50, so an i64 takes 2^13 of them. Rows come in shares of up to 4096.
const TELL_AT: u32 = 2048;
/// A bit for each row of a panel.
const FULL: u32 = 0xFFFF;
/// A staged high limb is the bits of a double, this much more than the limb. It is taken away when the sums are told,
/// once for every row that a cluster has more; in between, arithmetic modulo 2^64 keeps the difference. Low limbs
/// come without: those of f32 are mostly 0 and not added at all.
const OFFSET: i64 = ROUND.to_bits() as i64;

/// Either limb of all columns of each cluster.
struct Limbs {
    quads: Vec<Quad>,
    lanes: Vec<Quads>,
    /// Whether there may be any but 0.
    used: bool,
}

impl Limbs {
    fn new(clusters: usize, width: usize) -> Self {
        let quads = vec![[0; QUAD]; clusters * width];
        let lanes =
            if masked(clusters, width) { vec![[[0.0; PANEL]; QUAD]; clusters * width] } else { vec![] };
        Self { quads, lanes, used: false }
    }

    /// The sum of a cluster's quad, which is then 0.
    fn take(&mut self, at: usize) -> Quad {
        if !self.used {
            return [0; QUAD];
        }
        let mut quad = std::mem::take(&mut self.quads[at]);
        if let Some(lanes) = self.lanes.get_mut(at) {
            for (sum, lanes) in quad.iter_mut().zip(lanes) {
                let bits = std::mem::replace(lanes, [0.0; PANEL]).map(|limb| limb.to_bits() as i64);
                *sum = bits.into_iter().fold(*sum, i64::wrapping_add);
            }
        }
        quad
    }
}

/// The moves that one thread has seen since it last told.
pub struct Moves<'a> {
    grid: &'a Grid,
    /// Of the rows of the view: all there are, or those of a block that passes by.
    weights: Option<Cow<'a, Weights>>,
    told: &'a Mutex<&'a mut Sums>,
    /// Quads of a cluster.
    width: usize,
    /// Limbs of each cluster, for rows that count once; with few clusters also lane by lane.
    highs: Limbs,
    lows: Limbs,
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
        let width = columns.div_ceil(QUAD);
        let (plain, weighted) = if weights.is_some() { (0, clusters) } else { (clusters, 0) };
        Self {
            grid,
            weights: weights.map(Cow::Borrowed),
            told: sums,
            width,
            highs: Limbs::new(plain, width),
            lows: Limbs::new(plain, width),
            weighted: vec![Sum::default(); weighted * columns],
            rows: vec![0; clusters],
            units: vec![0; weighted],
            touched: vec![false; clusters],
            untold: 0,
        }
    }

    /// The weights of the rows that come next, in another view; where there are weights, there always are.
    pub fn weigh(&mut self, weights: Weights) {
        self.weights = Some(Cow::Owned(weights));
    }

    /// The weights of the rows.
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_deref()
    }

    /// Adds everything to the sums and begins again.
    pub fn tell(&mut self) {
        self.untold = 0;
        self.highs.used = true;
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
                for (quad, cells) in cells.chunks_mut(QUAD).enumerate() {
                    let at = cluster * self.width + quad;
                    let (highs, lows) = (self.highs.take(at), self.lows.take(at));
                    for ((cell, high), low) in cells.iter_mut().zip(highs).zip(lows) {
                        cell.add((high.wrapping_sub(offset), low), 1);
                    }
                }
            }
            sums.units[cluster] = sums.units[cluster].wrapping_add_signed(units);
            sums.rows[cluster] = sums.rows[cluster].wrapping_add_signed(rows);
        }
        self.lows.used = false;
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
        let few = from == [NOWHERE; PANEL] || self.rows.len() <= FEW;
        if let Some(weights) = &self.weights {
            let units: [i64; PANEL] =
                std::array::from_fn(|i| moved.get(i).map_or(0, |i| weights.units(row + i) as i64));
            for (&i, units) in moved.iter().zip(units) {
                self.add_weighted(panel, i, units, from[i], to[i]);
            }
        } else if count < MANY {
            for &i in moved {
                self.add_row(panel, i, from[i], to[i]);
            }
        } else if let (true, false, Some(from), Some(to)) =
            (few, self.highs.lanes.is_empty(), from.as_array(), to.as_array())
        {
            self.mask_panel::<T, V>(panel, from, to);
        } else {
            for first in (0..self.width).step_by(STAGE) {
                self.stage::<T, V>(panel, first..self.width.min(first + STAGE), moved, from, to);
            }
        }
    }

    /// Some quads of a panel's rows that move.
    #[inline(always)]
    fn stage<T: Element, V: Vector>(
        &mut self,
        panel: &[T],
        quads: Range<usize>,
        moved: &[usize],
        from: &[u32],
        to: &[u32],
    ) {
        let mut highs = [[[0; QUAD]; STAGE]; PANEL];
        let mut lows = highs;
        let mut any = false;
        for (place, quad) in quads.clone().enumerate() {
            let (high, low) = self.limbs_of::<T, V>(panel, quad);
            put(&high, &mut highs, place);
            if let Some(low) = low {
                (any, self.lows.used) = (true, true);
                put(&low, &mut lows, place);
            }
        }
        for &i in moved {
            let place = |cluster: u32| cluster as usize * self.width + quads.start;
            let both = |sums: &mut [Quad], staged: &[Quad]| {
                let to = &mut sums[place(to[i])..][..quads.len()];
                to.iter_mut().zip(staged).for_each(|(sum, limbs)| add(sum, limbs));
                if from[i] != NOWHERE {
                    let from = &mut sums[place(from[i])..][..quads.len()];
                    from.iter_mut().zip(staged).for_each(|(sum, limbs)| subtract(sum, limbs));
                }
            };
            both(&mut self.highs.quads, &highs[i]);
            if any {
                both(&mut self.lows.quads, &lows[i]);
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
            let (highs, lows) = self.limbs_of::<T, V>(panel, quad);
            self.lows.used |= lows.is_some();
            let place = |cluster: u32| cluster as usize * self.width + quad;
            let limbs = [Some((&mut self.highs, highs)), lows.map(|lows| (&mut self.lows, lows))];
            for (sums, limbs) in limbs.into_iter().flatten() {
                let mut sum = [0i64; QUAD];
                for (sum, limbs) in sum.iter_mut().zip(&limbs) {
                    *sum = limbs.iter().fold(0, |sum, limb| sum.wrapping_add(limb.to_bits() as i64));
                }
                add(&mut sums.quads[place(to)], &sum);
                if from != NOWHERE {
                    subtract(&mut sums.quads[place(from)], &sum);
                }
            }
        }
    }

    /// Each cluster adds and takes away its rows of a panel under a mask.
    #[inline(always)]
    fn mask_panel<T: Element, V: Vector>(&mut self, panel: &[T], from: &[u32; PANEL], to: &[u32; PANEL]) {
        for quad in 0..self.width {
            let (highs, lows) = self.limbs_of::<T, V>(panel, quad);
            let columns = self.grid.columns() - quad * QUAD;
            mask::<V>(&mut self.highs.lanes[quad..], self.width, columns, &highs, from, to);
            if let Some(lows) = lows {
                self.lows.used = true;
                mask::<V>(&mut self.lows.lanes[quad..], self.width, columns, &lows, from, to);
            }
        }
    }

    #[inline(always)]
    fn count(&mut self, cluster: u32, sign: i64) {
        self.touched[cluster as usize] = true;
        self.rows[cluster as usize] += sign;
    }

    /// The limbs of all sixteen rows in the columns of a quad; no low ones where all of them are 0.
    #[inline(always)]
    fn limbs_of<T: Element, V: Vector>(&self, panel: &[T], quad: usize) -> (Quads, Option<Quads>) {
        let (mut highs, mut lows) = ([[0.0; PANEL]; QUAD], [[0.0; PANEL]; QUAD]);
        let (round, nothing) = (V::splat(ROUND), V::splat(0.0));
        let mut none = true;
        let columns = quad * QUAD..self.grid.columns().min((quad + 1) * QUAD);
        for (i, column) in columns.enumerate() {
            let numbers = &panel[column * PANEL..][..PANEL];
            let scale = V::splat(self.grid.scale(column));
            for offset in (0..PANEL).step_by(V::LANES) {
                let y = V::of(&numbers[offset..]).mul(scale);
                let high = y.add(round);
                let rest = y.sub(high.sub(round));
                high.store(&mut highs[i][offset..]);
                rest.store(&mut lows[i][offset..]);
                none &=
                    V::bits(rest.equal(nothing)) & FULL >> (PANEL - V::LANES) == FULL >> (PANEL - V::LANES);
            }
        }
        if none {
            return (highs, None);
        }
        let wide = V::splat((1u64 << LOW_BITS) as f64);
        for low in lows.iter_mut().flat_map(|lows| lows.chunks_exact_mut(V::LANES)) {
            V::load(low).mul(wide).add(round).sub_bits(round).store(low);
        }
        (highs, Some(lows))
    }

    #[inline(always)]
    fn add_row<T: Element>(&mut self, panel: &[T], row: usize, from: u32, to: u32) {
        for (i, columns) in panel.chunks(QUAD * PANEL).enumerate() {
            let (mut highs, mut lows) = ([OFFSET; QUAD], [0; QUAD]);
            for (place, x) in columns[row..].iter().step_by(PANEL).enumerate() {
                let (high, low) = self.grid.split(QUAD * i + place, x.widen());
                highs[place] += high;
                lows[place] = low;
            }
            let place = |cluster: u32| cluster as usize * self.width + i;
            let known = if lows == [0; QUAD] { 1 } else { 2 };
            self.lows.used |= known == 2;
            for (sums, limbs) in [(&mut self.highs, highs), (&mut self.lows, lows)].into_iter().take(known) {
                add(&mut sums.quads[place(to)], &limbs);
                if from != NOWHERE {
                    subtract(&mut sums.quads[place(from)], &limbs);
                }
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

/// Adds and takes away limbs of sixteen rows in the lanes of the clusters that they go to and come from. Clusters are
/// `width` quads apart.
#[inline(always)]
fn mask<V: Vector>(
    lanes: &mut [Quads],
    width: usize,
    columns: usize,
    limbs: &Quads,
    from: &[u32; PANEL],
    to: &[u32; PANEL],
) {
    match columns {
        1 => mask_quad::<V, 1>(lanes, width, limbs, from, to),
        2 => mask_quad::<V, 2>(lanes, width, limbs, from, to),
        3 => mask_quad::<V, 3>(lanes, width, limbs, from, to),
        _ => mask_quad::<V, QUAD>(lanes, width, limbs, from, to),
    }
}

#[inline(always)]
fn mask_quad<V: Vector, const N: usize>(
    lanes: &mut [Quads],
    width: usize,
    limbs: &Quads,
    from: &[u32; PANEL],
    to: &[u32; PANEL],
) {
    let (first, nothing) = (from == &[NOWHERE; PANEL], V::splat(0.0));
    for (cluster, sums) in lanes.iter_mut().step_by(width).enumerate() {
        let cluster = V::splat(cluster as f64);
        for lane in (0..PANEL).step_by(V::LANES) {
            let comes = V::load_labels(&to[lane..]).equal(cluster);
            if first {
                for i in 0..N {
                    let sum = V::load(&sums[i][lane..]);
                    let limbs = V::select(comes, V::load(&limbs[i][lane..]), nothing);
                    sum.add_bits(limbs).store(&mut sums[i][lane..]);
                }
                continue;
            }
            let goes = V::load_labels(&from[lane..]).equal(cluster);
            for i in 0..N {
                let (sum, limbs) = (V::load(&sums[i][lane..]), V::load(&limbs[i][lane..]));
                let sum = sum.add_bits(V::select(comes, limbs, nothing));
                sum.sub_bits(V::select(goes, limbs, nothing)).store(&mut sums[i][lane..]);
            }
        }
    }
}

/// Limbs of a panel, row by row.
#[inline(always)]
fn put(limbs: &Quads, rows: &mut [[Quad; STAGE]; PANEL], place: usize) {
    for (i, row) in rows.iter_mut().enumerate() {
        row[place] = [limbs[0][i], limbs[1][i], limbs[2][i], limbs[3][i]].map(|limb| limb.to_bits() as i64);
    }
}

/// Whether so many clusters of so many quads have lanes of their own.
fn masked(clusters: usize, width: usize) -> bool {
    clusters <= FEW || clusters <= FEW_FIRST && clusters * width * size_of::<Quads>() <= LANES_BYTES
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
