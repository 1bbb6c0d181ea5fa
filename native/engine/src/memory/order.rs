//! Rows in an order in which neighbours in space are neighbours in memory.
//!
//! Rows are sorted within spans, along a Morton curve (Morton 1966; each bit of the key halves one column) over
//! ranks instead of values, so that dense regions get as many cells as rows. Spans sort at the same cost for every
//! row of any table, some 15 ns, and on all threads. Boxes of a larger span are tighter, by a factor of two in two
//! columns for four times the rows: 2^18 were twice as fast as 2^16 with 512 clusters in three columns, and still
//! make four spans of a million rows. Of fewer rows every thread has a span: one thread alone sorted 100,000 rows in a third
//! of the time of a fit of ten iterations.

use crate::error::Error;
use crate::matrix::Element;
use crate::panels::PANEL;
use crate::share::SHARE;
use crate::threads::Threads;

/// Rows of a span at most and at least, multiples of a share.
const SPAN: usize = 1 << 18;
const LEAST_SPAN: usize = 1 << 15;
/// Rows that ranks are estimated from at most, and equal parts of their range that a rank is looked up by.
const SAMPLE: usize = 4096;
const PARTS: usize = 4096;
/// Of fewer rows every sixteenth is enough: a box holds 64.
const SPARSE: usize = 16;
/// Three bytes.
const KEY_BITS: usize = 24;

/// Where the rows of whole panels were before they were sorted.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// For each row, its place within its span before.
    places: Vec<u32>,
    /// Rows of a span.
    span: usize,
}

impl Order {
    /// Whether rows are where they were.
    pub fn is_none(&self) -> bool {
        self.places.is_empty()
    }

    /// The number that row `row` had.
    #[inline(always)]
    pub fn before(&self, row: usize) -> usize {
        self.places.get(row).map_or(row, |&place| row / self.span * self.span + place as usize)
    }

    /// The order that leads back: from the number that a row had to the one it has.
    pub fn inverse(&self) -> Self {
        let mut inverse = vec![0; self.places.len()];
        for (places, inverse) in self.spans().zip(inverse.chunks_mut(self.span.max(1))) {
            places.iter().enumerate().for_each(|(now, &before)| inverse[before as usize] = now as u32);
        }
        Self { places: inverse, span: self.span }
    }

    /// Brings labels of rows in this order back into the one before.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn undo(&self, labels: &mut [u32], threads: &Threads) -> Result<(), Error> {
        let spans = labels[..self.places.len()].chunks_mut(self.span.max(1)).zip(self.spans());
        let undo = |scratch: &mut Vec<u32>, (labels, places): (&mut [u32], &[u32])| {
            scratch.clear();
            scratch.extend_from_slice(labels);
            places.iter().zip(scratch).for_each(|(&place, label)| labels[place as usize] = *label);
        };
        threads.fold(spans, &(), Vec::new, undo).map(drop)
    }

    fn spans(&self) -> impl Iterator<Item = &[u32]> + Send {
        self.places.chunks(self.span.max(1))
    }
}

/// What is sorted of one span.
struct Span<'a, T> {
    /// Whole panels.
    panels: &'a mut [T],
    /// Labels of their rows.
    labels: &'a mut [u32],
    /// Weights of their rows, if there are any.
    units: Option<&'a mut [u64]>,
    /// Where each row came from, to be found.
    places: &'a mut [u32],
}

/// Buffers that a thread uses again.
#[derive(Debug, Clone)]
struct Scratch<T> {
    panels: Vec<T>,
    keys: Vec<u32>,
    places: Vec<u32>,
    labels: Vec<u32>,
    units: Vec<u64>,
}

impl<T> Scratch<T> {
    fn new() -> Self {
        Self {
            panels: Vec::new(),
            keys: Vec::new(),
            places: Vec::new(),
            labels: Vec::new(),
            units: Vec::new(),
        }
    }
}

/// Sorts the rows of whole panels, and what belongs to them; the rows behind them stay.
///
/// # Errors
/// None: nobody can interrupt it.
pub fn sort_all<T: Element>(
    body: &mut [T],
    columns: usize,
    labels: &mut [u32],
    units: Option<&mut [u64]>,
    threads: &Threads,
) -> Result<Order, Error> {
    let rows = body.len() / columns;
    let span = rows.div_ceil(threads.count()).next_multiple_of(SHARE).clamp(LEAST_SPAN, SPAN);
    let mut places = vec![0; rows];
    let ranks = Ranks::new(body, columns, threads)?;
    let mut units = units.map(|units| units[..rows].chunks_mut(span));
    let spans = body.chunks_mut(span * columns).zip(labels[..rows].chunks_mut(span));
    let spans = spans.zip(places.chunks_mut(span)).map(|((panels, labels), places)| {
        let units = units.as_mut().and_then(Iterator::next);
        Span { panels, labels, units, places }
    });
    threads.fold(spans, &(), Scratch::new, |scratch, span| sort(span, &ranks, scratch))?;
    Ok(Order { places, span })
}

/// Sorts one span.
fn sort<T: Element>(span: Span<T>, ranks: &Ranks, scratch: &mut Scratch<T>) {
    let Span { panels, labels, units, places } = span;
    let columns = ranks.columns;
    ranks.keys(panels, &mut scratch.keys);
    radix(&scratch.keys, places, &mut scratch.places);
    scratch.panels.clear();
    scratch.panels.extend_from_slice(panels);
    let from = &scratch.panels;
    for (panel, places) in panels.chunks_exact_mut(columns * PANEL).zip(places.chunks_exact(PANEL)) {
        for (lane, &place) in places.iter().enumerate() {
            let place = place as usize;
            let row = &from[place / PANEL * columns * PANEL + place % PANEL..];
            let to = panel[lane..].iter_mut().step_by(PANEL);
            to.zip(row.iter().step_by(PANEL)).for_each(|(to, x)| *to = *x);
        }
    }
    permute(labels, places, &mut scratch.labels);
    if let Some(units) = units {
        permute(units, places, &mut scratch.units);
    }
}

/// Brings what belongs to sorted rows into their order.
fn permute<X: Copy>(values: &mut [X], places: &[u32], scratch: &mut Vec<X>) {
    scratch.clear();
    scratch.extend_from_slice(values);
    values.iter_mut().zip(places).for_each(|(value, &place)| *value = scratch[place as usize]);
}

/// What a value is worth in the key of its row: looked up by equal parts of a column's range.
struct Ranks {
    columns: usize,
    /// For each column that counts: where its range begins, parts to a unit, and the bits of each part.
    tables: Vec<(f64, f64, Vec<u32>)>,
}

impl Ranks {
    /// From a sample of the rows.
    fn new<T: Element>(body: &[T], columns: usize, threads: &Threads) -> Result<Self, Error> {
        let rows = body.len() / columns;
        let used = columns.min(KEY_BITS);
        let bits = KEY_BITS / used;
        let spread = Spread::new(used);
        let table = |column: usize| {
            let at = |row: usize| body[row / PANEL * columns * PANEL + column * PANEL + row % PANEL].widen();
            let step = (rows / SAMPLE).max(SPARSE);
            let mut sample: Vec<f64> = (0..rows).step_by(step).map(at).collect();
            sample.sort_unstable_by(f64::total_cmp);
            let (low, high) = match sample.as_slice() {
                [low, .., high] => (*low, *high),
                _ => (0.0, 0.0),
            };
            let width = (high - low).max(f64::MIN_POSITIVE) / (PARTS - 1) as f64;
            let worth = |rank: usize| spread.of(rank * ((1 << bits) - 1) / sample.len().max(1)) << column;
            (low, 1.0 / width, table(&sample, low, width, worth))
        };
        let mut tables = vec![Default::default(); used];
        threads.fold(
            tables.iter_mut().enumerate(),
            &(),
            || (),
            |(), (column, into): (usize, &mut _)| *into = table(column),
        )?;
        Ok(Self { columns, tables })
    }

    /// The place of each row on the curve.
    fn keys<T: Element>(&self, panels: &[T], keys: &mut Vec<u32>) {
        keys.clear();
        keys.resize(panels.len() / self.columns, 0);
        for (column, (low, parts, table)) in self.tables.iter().enumerate() {
            for (panel, keys) in panels.chunks_exact(self.columns * PANEL).zip(keys.chunks_exact_mut(PANEL)) {
                for (key, x) in keys.iter_mut().zip(&panel[column * PANEL..]) {
                    // What lies outside of the sample saturates.
                    *key |= table[(((x.widen() - low) * parts) as i32).clamp(0, PARTS as i32 - 1) as usize];
                }
            }
        }
    }
}

/// For each part of the range, what `of` makes of the rank of its lower end.
fn table(sample: &[f64], low: f64, width: f64, of: impl Fn(usize) -> u32) -> Vec<u32> {
    let mut rank = 0;
    let entry = |part: usize| {
        let edge = low + width * part as f64;
        while rank + 1 < sample.len() && sample[rank] < edge {
            rank += 1;
        }
        of(rank)
    };
    (0..PARTS).map(entry).collect()
}

/// Bits of keys with room between them, a byte at a time.
struct Spread {
    /// For each byte, its bits this many places from one another.
    bytes: [u32; 256],
    apart: usize,
}

impl Spread {
    fn new(apart: usize) -> Self {
        let of = |byte: usize| {
            // What does not fit is above every bit of a key that has columns so far apart.
            (0..8).fold(0, |all, bit| all | ((byte as u32 >> bit & 1) << ((bit * apart) & 31)))
        };
        Self { bytes: std::array::from_fn(of), apart }
    }

    fn of(&self, x: usize) -> u32 {
        let byte = |at: usize| self.bytes[x >> (8 * at) & 0xff];
        byte(0) | byte(1) << ((8 * self.apart) & 31) | byte(2) << ((16 * self.apart) & 31)
    }
}

/// The places of keys in rising order: three counting passes, a byte each.
fn radix(keys: &[u32], places: &mut [u32], scratch: &mut Vec<u32>) {
    scratch.resize(keys.len(), 0);
    let mut starts = [[0; 256]; 3];
    for key in keys {
        for (starts, byte) in starts.iter_mut().zip(key.to_le_bytes()) {
            starts[usize::from(byte)] += 1;
        }
    }
    for starts in &mut starts {
        let mut sum = 0;
        for start in starts {
            (*start, sum) = (sum, sum + *start);
        }
    }
    let [lowest, middle, highest] = &mut starts;
    distribute(0..keys.len() as u32, keys, 0, lowest, places);
    distribute(places.iter().copied(), keys, 1, middle, scratch);
    distribute(scratch.iter().copied(), keys, 2, highest, places);
}

/// Puts places where those with the same byte of their keys begin.
fn distribute(
    from: impl Iterator<Item = u32>,
    keys: &[u32],
    byte: usize,
    starts: &mut [usize; 256],
    to: &mut [u32],
) {
    for place in from {
        let start = &mut starts[usize::from(keys[place as usize].to_le_bytes()[byte])];
        to[*start] = place;
        *start += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_there_once_with_what_belongs_to_it() {
        for (rows, columns) in [(16, 1), (64, 3), (4096, 2), (SPAN, 2), (48, 20)] {
            let value = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 1009) as f64;
            let mut panels = vec![0.0; rows * columns];
            for row in 0..rows {
                for column in 0..columns {
                    panels[row / PANEL * columns * PANEL + column * PANEL + row % PANEL] = value(row, column);
                }
            }
            let mut labels: Vec<u32> = (0..rows as u32).collect();
            let mut units: Vec<u64> = (0..rows as u64).collect();
            let mut places = vec![0; rows];
            let ranks = Ranks::new(&panels, columns, &Threads::new(Some(2)).unwrap()).unwrap();
            let span = Span {
                panels: &mut panels[..],
                labels: &mut labels,
                units: Some(&mut units),
                places: &mut places,
            };
            sort(span, &ranks, &mut Scratch::new());
            let order = Order { places, span: SPAN };
            let inverse = order.inverse();
            for row in 0..rows {
                let before = order.before(row);
                assert_eq!(inverse.before(before), row);
                assert_eq!((labels[row] as usize, units[row] as usize), (before, before));
                for column in 0..columns {
                    let now = panels[row / PANEL * columns * PANEL + column * PANEL + row % PANEL];
                    assert_eq!(now, value(before, column));
                }
            }
        }
    }

    /// Sorting is for small boxes: in two columns a block of 64 of 262,144 rows spans about a 64th of each.
    #[test]
    fn neighbours_come_together() {
        let noise = |i: usize| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1u64 << 53) as f64;
        let mut panels: Vec<f64> = (0..2 * SPAN).map(noise).collect();
        let (mut labels, mut places) = (vec![0; SPAN], vec![0; SPAN]);
        let ranks = Ranks::new(&panels, 2, &Threads::new(Some(2)).unwrap()).unwrap();
        let span = Span { panels: &mut panels[..], labels: &mut labels, units: None, places: &mut places };
        sort(span, &ranks, &mut Scratch::new());
        let mut width = 0.0;
        for block in panels.chunks_exact(2 * 64) {
            let column = || block.chunks_exact(2 * PANEL).flat_map(|panel| &panel[..PANEL]);
            let least = column().copied().fold(1.0, f64::min);
            width += column().copied().fold(0.0, f64::max) - least;
        }
        let mean = width / (SPAN / 64) as f64;
        assert!(mean < 0.03, "{mean}");
    }

    #[test]
    fn keys_have_the_bits_of_each_column_in_turn() {
        for apart in 1..=KEY_BITS {
            let (spread, bits) = (Spread::new(apart), KEY_BITS / apart);
            for x in [0, 1, (1 << bits) - 1, 0x00aa_5a3c & ((1 << bits) - 1)] {
                let expected = (0..bits).fold(0, |all, bit| all | (x >> bit & 1) << (bit * apart));
                assert_eq!(spread.of(x), expected as u32, "{x} {apart}");
            }
        }
    }

    #[test]
    fn spans_of_any_length_are_undone() {
        let threads = Threads::new(Some(3)).unwrap();
        for rows in [PANEL, LEAST_SPAN + PANEL, 3 * LEAST_SPAN + 16 * PANEL] {
            let mut panels: Vec<f64> = (0..2 * rows).map(|i| (i * 7919 % 10_007) as f64).collect();
            let mut labels: Vec<u32> = (0..rows as u32).collect();
            let order = sort_all(&mut panels, 2, &mut labels, None, &threads).unwrap();
            assert!(labels.iter().enumerate().all(|(row, &label)| order.before(row) == label as usize));
            order.undo(&mut labels, &threads).unwrap();
            assert!(labels.iter().enumerate().all(|(row, &label)| row == label as usize));
        }
    }
}
