//! How deep a file's schema is nested, found out before a library goes down into it: each level costs it some stack, and
//! a small footer can hold a million.

use crate::arrow::frames::{Fault, damage};
use crate::parquet::compact::{Compact, I32, LIST, STOP, STRUCT};

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
    match depth(&mut Compact::new(footer)) {
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
        assert_eq!(depth(&mut Compact::new(&nested(7))), Some(7));
        assert!(check(&nested(100)).is_ok());
        assert!(check(&nested(101)).is_err());
    }

    #[test]
    fn an_end_at_any_place_is_left_to_others() {
        let whole = nested(101);
        assert!((0..whole.len() - 20).all(|end| check(&whole[..end]).is_ok()));
    }
}
