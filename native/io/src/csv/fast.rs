//! The fast way through records that hold nothing unusual. It takes what it is sure of and stops before anything else,
//! which the careful way then judges: both give the same rows, and only the careful one has to explain anything.

use memchr::memchr2;

use crate::csv::decimal::number;
use crate::csv::split::LONGEST;
use crate::csv::table::RawRecords;

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Nothing: it is not even looked at as a number.
    Unused,
    /// It stands here in a row.
    Value(usize),
    Weight,
}

/// How a text is written, as far as single bytes tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    pub(crate) delimiter: u8,
    pub(crate) decimal: u8,
    pub(crate) comment: Option<u8>,
}

/// Reads records whose wanted fields are plain numbers.
pub(crate) struct Fast {
    marks: Marks,
    slots: Vec<Slot>,
    row: Vec<f64>,
    weight: Option<f64>,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The first byte that was not taken, always the beginning of a line.
    pub(crate) at: usize,
    pub(crate) lines: u64,
    pub(crate) rows: usize,
}

impl Fast {
    /// For records of `columns` fields, of which `wanted` are read in that order. `None` where a comma separates both
    /// fields and decimals: only quotes tell the two apart.
    pub(crate) fn new(marks: Marks, columns: usize, wanted: &[usize], weight: Option<usize>) -> Option<Self> {
        if marks.delimiter == marks.decimal {
            return None;
        }
        let mut slots = vec![Slot::Unused; columns];
        for (order, &column) in wanted.iter().enumerate() {
            // A column that is wanted twice is a case for the careful way.
            if std::mem::replace(slots.get_mut(column)?, Slot::Value(order)) != Slot::Unused {
                return None;
            }
        }
        if let Some(column) = weight
            && std::mem::replace(slots.get_mut(column)?, Slot::Weight) != Slot::Unused
        {
            return None;
        }
        Some(Self { marks, slots, row: vec![0.0; wanted.len()], weight: weight.map(|_| 0.0) })
    }

    /// Takes records from `at` on, a line's beginning, up to `end`, which comes after a line's end.
    pub(crate) fn take(
        &mut self,
        text: &[u8],
        mut at: usize,
        end: usize,
        values: &mut Vec<f64>,
        weights: &mut Vec<f64>,
        mut raw: Option<&mut RawRecords>,
    ) -> Taken {
        let (mut lines, mut rows) = (0, 0);
        while at < end {
            let next = match text[at] {
                b'\n' => Some(at + 1),
                b'\r' => line_end(text, at),
                byte if Some(byte) == self.marks.comment => memchr2(b'\n', b'\r', &text[at..end])
                    .filter(|&length| length <= LONGEST)
                    .and_then(|length| line_end(text, at + length)),
                _ => self.record(text, at).map(|(last, next)| {
                    values.extend_from_slice(&self.row);
                    weights.extend(self.weight);
                    if let Some(raw) = &mut raw {
                        raw.push(&text[at..last]);
                    }
                    rows += 1;
                    next
                }),
            };
            let Some(next) = next else { break };
            lines += 1;
            at = next;
        }
        Taken { at, lines, rows }
    }

    /// Reads the record at `at` into `row` and `weight`; gives the end of its last field and the next line's beginning.
    #[inline]
    fn record(&mut self, text: &[u8], mut at: usize) -> Option<(usize, usize)> {
        let Marks { delimiter, decimal, .. } = self.marks;
        let last = self.slots.len().checked_sub(1)?;
        for (column, &slot) in self.slots.iter().enumerate() {
            let after = if slot == Slot::Unused {
                skip(text, at, delimiter)?
            } else {
                let (value, after) = field(text, at, delimiter, decimal)?;
                match slot {
                    Slot::Value(order) => self.row[order] = value,
                    _ if value >= 0.0 => self.weight = Some(value),
                    _ => return None,
                }
                after
            };
            if column == last {
                return line_end(text, after).map(|next| (after, next));
            }
            if *text.get(after)? != delimiter {
                return None;
            }
            at = after + 1;
        }
        None
    }
}

/// The place after an LF or CRLF at `at`. A CR alone ends a line too, and the careful way knows when.
#[inline(always)]
fn line_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'\n' => Some(at + 1),
        b'\r' if text.get(at + 1) == Some(&b'\n') => Some(at + 2),
        _ => None,
    }
}

/// A number with nothing around it but spaces or a pair of quotes; gives the place after them.
#[inline(always)]
fn field(text: &[u8], at: usize, delimiter: u8, decimal: u8) -> Option<(f64, usize)> {
    if let Some((value, after)) = number(text, at, decimal) {
        let byte = *text.get(after)?;
        if byte == delimiter || byte == b'\n' || byte == b'\r' {
            return Some((value, after));
        }
    }
    dressed(text, at, delimiter, decimal)
}

#[cold]
#[inline(never)]
fn dressed(text: &[u8], mut at: usize, delimiter: u8, decimal: u8) -> Option<(f64, usize)> {
    if *text.get(at)? == b'"' {
        let (value, after) = number(text, at + 1, decimal)?;
        return (*text.get(after)? == b'"').then_some((value, after + 1));
    }
    let space = |at: usize| delimiter != b' ' && text.get(at) == Some(&b' ');
    while space(at) {
        at += 1;
    }
    let (value, mut after) = number(text, at, decimal)?;
    while space(after) {
        after += 1;
    }
    Some((value, after))
}

/// The end of a field that nobody reads. Quotes only count at its beginning; NUL and what may end a line inside of quotes
/// are cases for the careful way.
#[inline(always)]
fn skip(text: &[u8], at: usize, delimiter: u8) -> Option<usize> {
    if *text.get(at)? == b'"' {
        let close = find(text, at + 1, b'"')?;
        return (text[close] == b'"').then_some(close + 1);
    }
    let end = find(text, at, delimiter)?;
    (text[end] != 0).then_some(end)
}

const EACH: u64 = 0x0101_0101_0101_0101;

/// The first `byte`, NUL, LF or CR from `at` on, looking at whole words: most fields are shorter than it takes to set up
/// anything wider.
#[inline(always)]
fn find(text: &[u8], mut at: usize, byte: u8) -> Option<usize> {
    loop {
        let word = u64::from_le_bytes(*text.get(at..)?.first_chunk()?);
        let same = word ^ (EACH * u64::from(byte));
        // Subtracting borrows from later bytes only, so the first flag of each is right: a byte that was 0, a byte
        // that was below 14.
        let flags = (same.wrapping_sub(EACH) & !same) | (word.wrapping_sub(EACH * 14) & !word);
        let flags = flags & (EACH << 7);
        if flags == 0 {
            at += 8;
            continue;
        }
        at += flags.trailing_zeros() as usize / 8;
        let found = text[at];
        if found == byte || matches!(found, 0 | b'\n' | b'\r') {
            return Some(at);
        }
        at += 1;
    }
}
