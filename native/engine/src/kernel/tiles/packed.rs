//! Centroids in tiles.

use super::super::amx::Line;
use super::super::filter::above;
use super::{Bound, GROUP, STEP, STEP_LINES};

/// Centroids in tiles: for each 32 of them, for each 32 columns, two tiles with a centroid in each line.
#[derive(Debug, Clone)]
pub struct Tiled {
    steps: usize,
    /// m in the filter's unit: exact, for m is below 2^440 and the unit between 2^-400 and 2^400, but for what
    /// is below 2^-1022 of the unit.
    pub(super) middle: Vec<f64>,
    pub(super) high: Vec<Line>,
    pub(super) low: Vec<Line>,
    /// `Bc`, and 0 for padding.
    pub(super) lengths: Vec<f32>,
    pub(super) coarse: Bound,
    pub(super) fine: Bound,
}

impl Tiled {
    /// Of numbers in groups of [`GROUP`], as the filter packs them; `square` is `B^2`.
    pub fn new(numbers: &[f32], square: f64, middle: &[f64], unit: f64) -> Self {
        let columns = middle.len();
        let steps = columns.div_ceil(STEP);
        let lines = numbers.len() / (columns * GROUP) * steps * STEP_LINES;
        let (mut high, mut low) = (vec![Line([0; 16]); lines], vec![Line([0; 16]); lines]);
        let up = 1.0 + 2f64.powi(-20);
        // The largest of `Hc / Bc`, `Lc / Bc` and `Rc / Bc`, squared, and `Bc`.
        let (mut largest, mut lengths) = ([0.0f64; 3], Vec::new());
        for (group, numbers) in numbers.chunks_exact(columns * GROUP).enumerate() {
            for cluster in 0..GROUP {
                let (mut squares, mut square) = ([0.0; 3], 0.0);
                for (column, &b) in numbers[cluster..].iter().step_by(GROUP).enumerate() {
                    let parts = [nearest(b), nearest(b - f32::from_bits(nearest(b) << 16))].map(counting);
                    let line = (group * steps + column / STEP) * STEP_LINES + cluster;
                    let (word, shift) = (column % STEP / 2, column % 2 * 16);
                    high[line].0[word] |= parts[0] << shift;
                    low[line].0[word] |= parts[1] << shift;
                    let [high, low] = parts.map(|part| f64::from(f32::from_bits(part << 16)));
                    let b = f64::from(b);
                    square += b * b;
                    for (square, x) in squares.iter_mut().zip([b - high, low, b - high - low]) {
                        *square += x * x;
                    }
                }
                lengths.push(above(square.sqrt() * up));
                for (most, part) in largest.iter_mut().zip(squares).filter(|_| square > 0.0) {
                    *most = most.max(part / square);
                }
            }
        }
        let [h, l, r] = largest.map(|square| square.sqrt() * up);
        let coarse = Bound::new(columns, square, h, 1.0 + h);
        let fine = Bound::new(columns, square, r, 1.004 * l + 1.0 / 256.0 + r);
        let middle = middle.iter().map(|m| m * unit).collect();
        Self { steps, middle, high, low, lengths, coarse, fine }
    }

    /// Lines of 32 centroids, or rows.
    pub(super) fn size(&self) -> usize {
        self.steps * STEP_LINES
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
