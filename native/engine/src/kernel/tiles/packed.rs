//! Centroids in tiles.

use super::super::filter::above;
use super::super::packed::Parts;
use super::super::points::PADDED;
use super::{Bound, GROUP, LEAST, Line, SHARE, STEP, STEP_LINES};

/// Centroids in tiles: for each 32 of them, for each 32 columns, two tiles with a centroid in each line.
#[derive(Debug, Clone)]
pub struct Tiled {
    steps: usize,
    pub(super) clusters: usize,
    /// What the numbers of centroids are multiplied by: `sigma`, or 1.
    pub(super) scale: f32,
    /// m in the filter's unit: exact, for m is below 2^440 and the unit between 2^-400 and 2^400, but for what
    /// is below 2^-1022 of the unit.
    pub(super) middle: Vec<f64>,
    pub(super) high: Vec<Line>,
    /// `Bc` and `|b|^2 / 2`.
    pub(super) lengths: Vec<f32>,
    pub(super) halves: Vec<f32>,
    pub(super) bound: Bound,
    /// The negative of each `b`, one centroid behind the other, padded to `stride`.
    pub(super) points: Vec<f32>,
    pub(super) stride: usize,
}

impl Tiled {
    /// In `numbers`, of as many centroids as `halves`, each with the negative of its `b`; `square` is `B^2`.
    pub fn new(
        numbers: Parts,
        centroids: impl Iterator<Item = impl Iterator<Item = f32>>,
        halves: &[f32],
        square: f64,
        middle: &[f64],
        unit: f64,
    ) -> Self {
        let (columns, clusters) = (middle.len(), halves.len());
        let (steps, stride) = (columns.div_ceil(STEP), columns.next_multiple_of(PADDED));
        let mut high = vec![Line([0; 16]); clusters.div_ceil(GROUP) * steps * STEP_LINES];
        let mut points = vec![0.0; clusters * stride];
        let up = 1.0 + 2f64.powi(-20);
        let scale = match numbers {
            Parts::High => 1.0,
            Parts::Whole => above(f64::from(SHARE) * square.sqrt()).max(LEAST),
        };
        // The largest `Hc / Bc` and the largest `Hc`, squared, and `Bc`.
        let (mut share, mut longest, mut lengths) = (0.0f64, 0.0f64, Vec::with_capacity(clusters));
        for (cluster, centroid) in centroids.enumerate() {
            let (mut rest, mut square) = (0.0, 0.0);
            for (column, b) in centroid.enumerate() {
                let (bits, part) = numbers.of(b, scale);
                let line = (cluster / GROUP * steps + column / STEP) * STEP_LINES + cluster % GROUP;
                high[line].0[column % STEP / 2] |= bits << (column % 2 * 16);
                points[cluster * stride + column] = b;
                let b = f64::from(b);
                square += b * b;
                rest += (b - part) * (b - part);
            }
            lengths.push(above(square.sqrt() * up));
            longest = longest.max(rest);
            if square > 0.0 {
                share = share.max(rest / square);
            }
        }
        let bound = match numbers {
            Parts::High => Bound::new(columns, columns, square, share.sqrt() * up, 0.0),
            Parts::Whole => Bound::new(columns, 3, square, 0.0, longest.sqrt() * up),
        };
        let middle = middle.iter().map(|m| m * unit).collect();
        Self { steps, clusters, scale, middle, high, lengths, halves: halves.to_vec(), bound, points, stride }
    }

    /// Pairs of columns.
    pub(super) fn pairs(&self) -> usize {
        self.middle.len().div_ceil(2)
    }

    /// Lines of 32 centroids, or rows.
    pub(super) fn size(&self) -> usize {
        self.steps * STEP_LINES
    }
}

impl Parts {
    /// The sixteen bits of a number, and what they stand for.
    fn of(self, b: f32, scale: f32) -> (u32, f64) {
        match self {
            Self::High => {
                let bits = counting(nearest(b));
                (bits, f64::from(f32::from_bits(bits << 16)))
            }
            Self::Whole => {
                let whole = (f64::from(b) / f64::from(scale)).round() as i16;
                (u32::from(whole.cast_unsigned()), f64::from(whole) * f64::from(scale))
            }
        }
    }
}

/// The bf16 nearest to a number, of two as near the one farther from 0 (which is an operation less than the even
/// one); infinite where that is above all bf16.
pub(super) fn nearest(x: f32) -> u32 {
    (x.to_bits() + 0x8000) >> 16
}

/// A bf16 as the tiles' instruction takes it: what is below 2^-126 is 0.
pub(super) fn counting(bits: u32) -> u32 {
    if bits & 0x7F80 == 0 { 0 } else { bits }
}
