//! How deep a file's schema is nested, found out before a library goes down into it: each level costs it some stack, and
//! a small footer can hold a million.

use crate::arrow::frames::{Fault, damage};

/// Levels of groups in a schema.
const DEEPEST: usize = 100;
/// Levels of structures within an element of the schema; three are in use.
const STRUCTURES: usize = 16;

/// The places of Thrift's compact protocol that matter here: the second field of the footer is the schema, a list of
/// elements, each before its children, and the fifth field of an element is how many of them it has.
const SCHEMA: i16 = 2;
const CHILDREN: i16 = 5;

/// Refuses a footer whose schema is nested too deep. Any other damage is left to be found later.
pub(crate) fn check(footer: &[u8]) -> Result<(), Fault> {
    match depth(&mut Compact { bytes: footer }) {
        Some(depth) if depth > DEEPEST => Err(damage("its schema is nested too deep")),
        _ => Ok(()),
    }
}

fn depth(footer: &mut Compact) -> Option<usize> {
    let mut field = 0;
    loop {
        let (kind, id) = footer.field(field)?;
        if id == SCHEMA && kind == LIST {
            return schema_depth(footer);
        }
        footer.skip(kind, STRUCTURES)?;
        field = id;
    }
}

fn schema_depth(footer: &mut Compact) -> Option<usize> {
    let (kind, elements) = footer.list()?;
    if kind != STRUCT {
        return None;
    }
    // How many children each open group still waits for.
    let mut open: Vec<u64> = Vec::new();
    let mut deepest = 0;
    for _ in 0..elements {
        let mut children = 0;
        let mut field = 0;
        loop {
            match footer.field(field)? {
                (STOP, _) => break,
                (I32, CHILDREN) => (children, field) = (footer.varint()? >> 1, CHILDREN),
                (kind, id) => {
                    footer.skip(kind, STRUCTURES)?;
                    field = id;
                }
            }
        }
        if children > 0 {
            open.push(children);
            deepest = deepest.max(open.len());
            if deepest > DEEPEST {
                break;
            }
            continue;
        }
        while let Some(left) = open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
    }
    Some(deepest)
}

const STOP: u8 = 0;
const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Thrift's compact protocol.
struct Compact<'a> {
    bytes: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// The next field's type and number; [`STOP`] at the end of a structure.
    fn field(&mut self, last: i16) -> Option<(u8, i16)> {
        let byte = self.byte()?;
        let (delta, kind) = (byte >> 4, byte & 15);
        if kind == STOP {
            return Some((STOP, last));
        }
        let id = if delta == 0 {
            let zigzag = self.varint()?;
            ((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)) as i16
        } else {
            last.wrapping_add(delta.into())
        };
        Some((kind, id))
    }

    fn list(&mut self) -> Option<(u8, u64)> {
        let byte = self.byte()?;
        let size = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
        Some((byte & 15, size))
    }

    fn take(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn skip(&mut self, kind: u8, levels: usize) -> Option<()> {
        let levels = levels.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.take(1),
            4..=6 => self.varint().map(drop),
            7 => self.take(8),
            8 => {
                let length = self.varint()?;
                self.take(length)
            }
            9 | 10 => {
                let (kind, size) = self.list()?;
                // In a list a truth is a byte of its own.
                let kind = if kind <= 2 { 3 } else { kind };
                (0..size).try_for_each(|_| self.skip(kind, levels))
            }
            12 => {
                let mut last = 0;
                loop {
                    match self.field(last)? {
                        (STOP, _) => return Some(()),
                        (kind, id) => {
                            self.skip(kind, levels)?;
                            last = id;
                        }
                    }
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer of groups within groups.
    fn nested(levels: u8) -> Vec<u8> {
        let mut footer = vec![0x15, 2, 0x19, 0xfc, levels + 1];
        for level in 0..=levels {
            let children = u8::from(level < levels);
            // Field 4, a name; field 5, the children.
            footer.extend([0x48, 1, b'g', 0x15, children << 1, 0]);
        }
        footer
    }

    #[test]
    fn groups_within_groups_are_counted() {
        assert_eq!(depth(&mut Compact { bytes: &nested(7) }), Some(7));
        assert!(check(&nested(100)).is_ok());
        assert!(check(&nested(101)).is_err());
    }

    #[test]
    fn an_end_at_any_place_is_left_to_others() {
        let whole = nested(101);
        assert!((0..whole.len() - 20).all(|end| check(&whole[..end]).is_ok()));
    }
}
