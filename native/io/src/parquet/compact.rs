//! Thrift's compact protocol, as far as it is looked at before a library reads it.

pub(super) const STOP: u8 = 0;
pub(super) const I32: u8 = 5;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

pub(super) struct Compact<'a> {
    bytes: &'a [u8],
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
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

    pub(super) fn zigzag(&mut self) -> Option<i64> {
        let varint = self.varint()?;
        Some((varint >> 1) as i64 ^ -((varint & 1) as i64))
    }

    /// The next field's type and number; [`STOP`] at the end of a structure.
    pub(super) fn field(&mut self, last: i16) -> Option<(u8, i16)> {
        let byte = self.byte()?;
        let (delta, kind) = (byte >> 4, byte & 15);
        if kind == STOP {
            return Some((STOP, last));
        }
        let id = if delta == 0 { self.zigzag()? as i16 } else { last.wrapping_add(delta.into()) };
        Some((kind, id))
    }

    pub(super) fn list(&mut self) -> Option<(u8, u64)> {
        let byte = self.byte()?;
        let size = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
        Some((byte & 15, size))
    }

    fn take(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    pub(super) fn skip(&mut self, kind: u8, levels: usize) -> Option<()> {
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
