//! The filter for few columns and centroids, where laying all rows out first and judging them afterwards costs more than
//! comparing. Some rows at a time go from their panels to their labels in registers and L1. What is computed, and the proof, are
//! those of the filter.

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::{Element, Numbers};
use crate::panels::{PANEL, View};

use super::super::lanes::by_columns;
use super::super::narrow::Narrow;
use super::super::packed::filter_pays;
use super::super::points::{Scale, lay_column};
use super::super::sieve::judge_some;
use super::super::vector::Vector;
use super::{Filter, State};

/// With more a row is dear enough for [`super::sift`].
pub const COLUMNS: usize = 16;
/// With fewer, laying a row costs what scores spare; with more, larger tiles are worth their setting up, where they are at all. On one thread of an EPYC
/// of 2022, of the time of canonical distances: 1M x 3 and k = 5 take 1.0, 1M x 4 and k = 8 0.85, 1M x 8 and k = 16 0.6, 1M x 4 and
/// k = 64 0.57. Of that of larger tiles, 1M x 16 and k = 64 take 0.9, 1M x 4 and k = 512 1.1.
const FEWEST: usize = 6;
const MOST: usize = 128;

/// Whether it pays where only labels are wanted. Centroids then stay in L1.
pub fn pays(columns: usize, clusters: usize) -> bool {
    columns <= COLUMNS && clusters >= FEWEST && (clusters <= MOST || !filter_pays(columns, clusters))
}

/// The likely label of every row of `panels`, and the rows for which it is in doubt.
#[inline(always)]
pub fn sift<T: Element, V: Vector, W: Narrow, const G: usize>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    labels: &mut [u32],
    doubts: &mut Vec<u32>,
) {
    by_columns!(view.columns, sift_of::<T, V, W; G>(view, panels, filter, labels, doubts));
}

#[inline(always)]
fn sift_of<T: Element, V: Vector, W: Narrow, const G: usize, const D: usize>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    labels: &mut [u32],
    doubts: &mut Vec<u32>,
) {
    debug_assert_eq!(filter.group, G, "packed for another instruction set");
    let columns = if D > 0 { D } else { filter.columns };
    let (slope, fixed) = (W::splat(filter.slope), W::splat(filter.fixed));
    let (middle, scale) = (&filter.middle[..columns], filter.scale());
    let (count, last) = (panels.len() * PANEL, panels.end - 1);
    let mut tile = [[W::splat(0.0); 2]; COLUMNS];
    doubts.clear();
    for row in (0..count).step_by(2 * W::LANES) {
        let mut squares = [W::splat(0.0); 2];
        for (r, square) in squares.iter_mut().enumerate() {
            let at = row + r * W::LANES;
            let panel = &view.panel((panels.start + at / PANEL).min(last))[..columns * PANEL];
            for (column, y) in tile[..columns].iter_mut().enumerate() {
                let numbers = &panel[column * PANEL + at % PANEL..][..W::LANES];
                y[r] = lay::<T, V, W>(numbers, middle[column], scale);
                *square = y[r].multiply_add(y[r], *square);
            }
        }
        let (mut state, mut label) = (State::<W, 2>::none(), W::splat(0.0));
        let groups = filter.numbers.chunks_exact(columns * G).zip(filter.halves.chunks_exact(G));
        for (numbers, halves) in groups {
            let mut scores: [[W; 2]; G] = from_fn(|g| [W::splat(halves[g]); 2]);
            for (y, numbers) in tile.iter().zip(numbers.chunks_exact(G)) {
                for (scores, &b) in scores.iter_mut().zip(numbers) {
                    let b = W::splat(b);
                    *scores = [y[0].multiply_add(b, scores[0]), y[1].multiply_add(b, scores[1])];
                }
            }
            for score in scores {
                state.consider(score, label);
                label = label.add(W::splat(1.0));
            }
        }
        for (r, square) in squares.into_iter().enumerate() {
            let at = row + r * W::LANES;
            if at >= count {
                break;
            }
            let ahead = state.second[r].sub(state.best[r]);
            judge_some(at, state.labels[r], ahead, square.multiply_add(slope, fixed), labels, doubts);
        }
    }
}

/// `y` of a column of some rows.
#[inline(always)]
fn lay<T: Element, V: Vector, W: Narrow>(numbers: &[T], middle: f64, scale: Scale) -> W {
    match T::numbers(numbers) {
        Numbers::F32(numbers) if scale.short => {
            W::load(numbers).sub(W::splat(middle as f32)).mul(W::splat(scale.unit as f32))
        }
        _ => {
            let mut y = [0.0; PANEL];
            lay_column::<T, V, W>(numbers, middle, scale, &mut y[..W::LANES]);
            W::load(&y)
        }
    }
}
