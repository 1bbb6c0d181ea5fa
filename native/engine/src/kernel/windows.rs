//! Sums of squared distances, exact, sixteen at a time.
//!
//! A superaccumulator (`exact::total`) takes one number at a time, some 3 ns each. Here a number is cut into
//! two windows of 50 bits below a power of two that bounds all of them, by adding and taking away a constant;
//! what is in a window is a whole number of its unit, and whole numbers are added in any order. A number so
//! small that it reaches below the second window, less than 2^-47 of the bound, is rare and left to the
//! superaccumulator.

use std::array::from_fn;

use crate::exact::{Total, exponent, scale};
use crate::matrix::Element;
use crate::panels::PANEL;

use super::vector::Vector;

/// Bits of a window.
const BITS: i32 = 50;
const WINDOWS: usize = 2;
type Parts = [i64; WINDOWS];
/// The first window takes 2^50 units a row, so an i64 takes 2^13 rows. Rows come in shares of up to 4096.
const TELL_AT: i64 = 4096;

/// Up to so many clusters each sums its rows of a panel under a mask.
const FEW: usize = 5;

/// Where the windows of all distances of a pass lie.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// The exponent of each window's unit.
    units: [i32; WINDOWS],
    /// 1.5 x 2^52 units: adding it to a number of at most 2^51 units rounds to whole units.
    round: [f64; WINDOWS],
}

impl Windows {
    /// For numbers from 0 to `bound`. Without a finite bound the constants are infinite, nothing is ever cut,
    /// and everything goes to the superaccumulator. In their working unit distances reach at least 2^-860, for
    /// the largest magnitude is 0 or above 2^-430; so the constants are normal numbers, down to 1.5 x 2^-998.
    pub fn new(bound: f64) -> Self {
        let top = if bound.is_finite() { exponent(bound).max(-900) } else { 1100 };
        let units = from_fn(|i| top - BITS * (i as i32 + 1));
        Self { units, round: units.map(|unit| scale(1.5, 52 + unit)) }
    }
}

/// Sums of distances for each cluster, of rows that count once.
#[derive(Debug, Clone)]
pub struct Within {
    windows: Windows,
    parts: Vec<Parts>,
    /// With few clusters the same lane by lane, as bits.
    lanes: Vec<[[f64; PANEL]; WINDOWS]>,
    totals: Vec<Total>,
    untold: i64,
}

impl Within {
    /// Of no rows.
    pub fn new(windows: Windows, clusters: usize) -> Self {
        Self {
            windows,
            parts: vec![Parts::default(); clusters],
            lanes: vec![[[0.0; PANEL]; WINDOWS]; if clusters <= FEW { clusters } else { 0 }],
            totals: vec![Total::default(); clusters],
            untold: 0,
        }
    }

    /// Adds the exact product of a distance and a weight.
    pub fn add_weighted(&mut self, distance: f64, weight: f64, label: u32) {
        self.totals[label as usize].add_weighted(distance, weight);
    }

    /// Adds all to the totals, and gives those.
    pub fn into_totals(mut self) -> Vec<Total> {
        self.tell();
        self.totals
    }

    fn tell(&mut self) {
        self.untold = 0;
        for (lanes, total) in self.lanes.iter_mut().zip(&mut self.totals) {
            for (lanes, unit) in lanes.iter_mut().zip(self.windows.units) {
                total.add_units(lanes.iter().map(|units| units.to_bits() as i64).sum(), unit);
                *lanes = [0.0; PANEL];
            }
        }
        for (parts, total) in self.parts.iter_mut().zip(&mut self.totals) {
            for (&part, unit) in parts.iter().zip(self.windows.units) {
                total.add_units(part, unit);
            }
            *parts = Parts::default();
        }
    }
}

/// Adds the distances of some rows, at most 4096, to the sums of the clusters that `labels` names.
#[inline(always)]
pub(super) fn within<T: Element, V: Vector>(distances: &[T], labels: &[u32], within: &mut Within) {
    let (whole, rest) = distances.as_chunks::<PANEL>();
    let (whole_labels, rest_labels) = labels.as_chunks::<PANEL>();
    for (distances, labels) in whole.iter().zip(whole_labels) {
        panel::<T, V>(distances, labels, within);
    }
    if let (false, Some(&label)) = (rest.is_empty(), rest_labels.first()) {
        let (mut padded, mut labels) = ([0.0; PANEL], [label; PANEL]); // 0 adds nothing
        labels.iter_mut().zip(rest_labels).for_each(|(to, label)| *to = *label);
        padded.iter_mut().zip(rest).for_each(|(to, distance)| *to = distance.widen());
        panel::<f64, V>(&padded, &labels, within);
    }
    within.untold += distances.len() as i64;
    if within.untold >= TELL_AT {
        within.tell();
    }
}

/// The same for sixteen rows.
#[inline(always)]
fn panel<T: Element, V: Vector>(distances: &[T; PANEL], labels: &[u32; PANEL], within: &mut Within) {
    let Within { windows, parts, lanes, totals, .. } = within;
    let mut units = [[0.0; PANEL]; WINDOWS];
    let nothing = V::splat(0.0);
    let mut below = 0;
    for lane in (0..PANEL).step_by(V::LANES) {
        let mut rest = V::of(&distances[lane..]);
        let mut cut = [nothing; WINDOWS];
        for (cut, round) in cut.iter_mut().zip(windows.round) {
            let round = V::splat(round);
            let sum = rest.add(round);
            rest = rest.sub(sum.sub(round));
            *cut = sum.sub_bits(round);
        }
        let fits = rest.equal(nothing);
        below |= (!V::bits(fits) & ((1 << V::LANES) - 1)) << lane;
        for (cut, units) in cut.iter_mut().zip(&mut units) {
            *cut = V::select(fits, *cut, nothing);
            cut.store(&mut units[lane..]);
        }
        for (cluster, sums) in lanes.iter_mut().enumerate() {
            let own = V::load_labels(&labels[lane..]).equal(V::splat(cluster as f64));
            for (sums, cut) in sums.iter_mut().zip(cut) {
                let units = V::select(own, cut, nothing);
                V::load(&sums[lane..]).add_bits(units).store(&mut sums[lane..]);
            }
        }
    }
    if lanes.is_empty() {
        let units = |window: usize, row: usize| units[window][row].to_bits() as i64;
        if labels == &[labels[0]; PANEL] {
            let sum = |window| (0..PANEL).map(|row| units(window, row)).sum();
            add(&mut parts[labels[0] as usize], from_fn(sum));
        } else {
            for (row, &label) in labels.iter().enumerate() {
                add(&mut parts[label as usize], from_fn(|window| units(window, row)));
            }
        }
    }
    while below != 0 {
        let row = below.trailing_zeros() as usize;
        totals[labels[row] as usize].add(distances[row].widen());
        below &= below - 1;
    }
}

#[inline(always)]
fn add(to: &mut Parts, parts: Parts) {
    to.iter_mut().zip(parts).for_each(|(to, part)| *to += part);
}

#[cfg(test)]
mod tests {
    use super::super::vector::Portable;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The same bits as one at a time, from the largest to what no window holds.
        #[test]
        fn windows_lose_nothing(
            numbers in prop::collection::vec((0u64..(1 << 53), -300i32..-52, 0u32..3), 1..100),
        ) {
            let (mut distances, mut labels) = (Vec::new(), Vec::new());
            let mut exact = vec![Total::default(); 3];
            for (mantissa, exponent, label) in numbers {
                let x = scale(mantissa as f64, exponent);
                exact[label as usize].add(x);
                distances.push(x);
                labels.push(label);
            }
            let mut sums = Within::new(Windows::new(1.0), 3);
            within::<_, Portable>(&distances, &labels, &mut sums);
            within::<_, Portable>(&distances[..1], &labels[..1], &mut sums);
            exact[labels[0] as usize].add(distances[0]);
            let found: Vec<f64> = sums.into_totals().iter().map(Total::value).collect();
            prop_assert_eq!(found, exact.iter().map(Total::value).collect::<Vec<_>>());
        }
    }
}
