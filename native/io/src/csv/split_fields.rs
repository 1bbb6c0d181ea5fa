//! Splits one record whose bytes are known into its fields.

use csv_core::Reader;

use crate::csv::literal;

/// Room for the fields of one record.
pub(crate) struct Fields {
    core: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    columns: usize,
}

impl Fields {
    pub(crate) fn new(delimiter: u8, columns: usize) -> Self {
        let core = literal::reader(delimiter);
        // One more than needed: with no room left the reader stops before it has said that the record is over.
        Self { core, bytes: Vec::new(), ends: vec![0; columns + 1], columns }
    }

    /// The fields of a record, quotes removed.
    pub(crate) fn of(&mut self, record: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.bytes.resize(record.len() + 1, 0);
        literal::reset(&mut self.core);
        let (_, _, written, count) = self.core.read_record(record, &mut self.bytes, &mut self.ends);
        // The last field ends where the record does, which only an empty input tells the reader.
        let (_, _, _, rest) = self.core.read_record(&[], &mut self.bytes[written..], &mut self.ends[count..]);
        let ends = &self.ends[..(count + rest).min(self.columns)];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let bytes = &self.bytes;
        starts.zip(ends).map(move |(from, &to)| &bytes[from..to])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_split_as_it_was_when_it_was_read() {
        let mut fields = Fields::new(b';', 4);
        let found: Vec<&[u8]> = fields.of(b"a;\"b;\"\"c\n\";;d").collect();
        assert_eq!(found, [&b"a"[..], b"b;\"c\n", b"", b"d"]);
        assert_eq!(fields.of(b"a;b;c;").last(), Some(&b""[..]));
    }
}
