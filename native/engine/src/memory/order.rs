//! Rows in an order in which neighbours in space are neighbours in memory.
//!
//! Rows are sorted within spans, along a Morton curve (Morton 1966; each bit of the key halves one column) over
//! ranks instead of values, so that dense regions get as many cells as rows. Spans sort at the same cost for every
//! row of any table, some 15 ns, and on all threads. Boxes of a larger span are tighter, by a factor of two in two
//! columns for four times the rows: 2^18 were twice as fast as 2^16 with 512 clusters in three columns, and still
//! make four spans of a million rows.

use crate::error::Error;
use crate::matrix::Element;
use crate::panels::PANEL;
use crate::threads::Threads;

/// Rows of a span, a multiple of a share.
pub const SPAN: usize = 1 << 18;
/// Rows that ranks are estimated from, and equal parts of their range that a rank is looked up by.
const SAMPLE: usize = 4096;
const PARTS: usize = 4096;
const KEY_BITS: usize = 24;

/// Where the rows of whole panels were before they were sorted.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// For each row, its place within its span before.
    pub places: Vec<u32>,
}

impl Order {
    /// The number that row `row` had.
    #[inline(always)]
    pub fn before(&self, row: usize) -> usize {
        self.places.get(row).map_or(row, |&place| row / SPAN * SPAN + place as usize)
    }

    /// For each row as it was, where it is now.
    pub fn inverse(&self) -> Vec<u32> {
        let mut inverse = vec![0; self.places.len()];
        for (span, inverse) in self.places.chunks(SPAN).zip(inverse.chunks_mut(SPAN)) {
            span.iter().enumerate().for_each(|(now, &before)| inverse[before as usize] = now as u32);
        }
        inverse
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
    let mut places = vec![0; rows];
    let ranks = Ranks::new(body, columns);
    let mut units = units.map(|units| units[..rows].chunks_mut(SPAN));
    let spans = body.chunks_mut(SPAN * columns).zip(labels[..rows].chunks_mut(SPAN));
    let spans = spans.zip(places.chunks_mut(SPAN)).map(|((panels, labels), places)| {
        let units = units.as_mut().and_then(Iterator::next);
        Span { panels, labels, units, places }
    });
    threads.fold(spans, &(), Scratch::new, |scratch, span| sort(span, &ranks, scratch))?;
    Ok(Order { places })
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
    fn new<T: Element>(body: &[T], columns: usize) -> Self {
        let rows = body.len() / columns;
        let used = columns.min(KEY_BITS);
        let bits = KEY_BITS / used;
        let table = |column: usize| {
            let at = |row: usize| body[row / PANEL * columns * PANEL + column * PANEL + row % PANEL].widen();
            let mut sample: Vec<f64> = (0..rows).step_by((rows / SAMPLE).max(1)).map(at).collect();
            sample.sort_unstable_by(f64::total_cmp);
            let (low, high) = match sample.as_slice() {
                [low, .., high] => (*low, *high),
                _ => (0.0, 0.0),
            };
            let width = (high - low).max(f64::MIN_POSITIVE) / (PARTS - 1) as f64;
            let worth =
                |rank: usize| spread(rank * ((1 << bits) - 1) / sample.len().max(1), bits, used) << column;
            (low, 1.0 / width, table(&sample, low, width, worth))
        };
        Self { columns, tables: (0..used).map(table).collect() }
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

/// The lowest `bits` bits of `x`, `apart` places from one another.
fn spread(x: usize, bits: usize, apart: usize) -> u32 {
    (0..bits).map(|bit| ((x >> bit & 1) << (bit * apart)) as u32).fold(0, |all, bit| all | bit)
}

/// The places of keys in rising order: counting passes, a byte each.
fn radix(keys: &[u32], places: &mut [u32], scratch: &mut Vec<u32>) {
    scratch.clear();
    scratch.extend(0..keys.len() as u32);
    for shift in (0..KEY_BITS).step_by(8) {
        let byte = |place: u32| (keys[place as usize] >> shift & 0xff) as usize;
        let mut starts = [0; 256];
        keys.iter().for_each(|key| starts[(key >> shift & 0xff) as usize] += 1);
        let mut sum = 0;
        for start in &mut starts {
            (*start, sum) = (sum, sum + *start);
        }
        for &place in scratch.iter() {
            let start = &mut starts[byte(place)];
            places[*start] = place;
            *start += 1;
        }
        scratch.copy_from_slice(places);
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
            let ranks = Ranks::new(&panels, columns);
            let span = Span {
                panels: &mut panels[..],
                labels: &mut labels,
                units: Some(&mut units),
                places: &mut places,
            };
            sort(span, &ranks, &mut Scratch::new());
            let order = Order { places };
            let inverse = order.inverse();
            for row in 0..rows {
                let before = order.before(row);
                assert_eq!(inverse[before] as usize, row);
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
        let ranks = Ranks::new(&panels, 2);
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
}
