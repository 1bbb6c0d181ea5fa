//! What the library reads of a file, with the header of every page looked at first. The library fills as much memory as a
//! header claims before it finds out that the page does not hold it: 2 GiB for what Snappy or LZ4 packed, 16 GiB for the
//! words of a dictionary.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use crate::parquet::compact::{Compact, I32, STOP, STRUCT};
use crate::positioned::{Onward, Positioned};

/// Of a page's header: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.
const UNPACKED: i16 = 2;
const PACKED: i16 = 3;
const DICTIONARY: i16 = 7;
/// Of a dictionary's header.
const WORDS: i16 = 1;
/// Structures within a header; statistics are the deepest, two down.
const STRUCTURES: usize = 16;

/// The pages of a file; clones are the same.
#[derive(Clone)]
pub(crate) struct Pages {
    bytes: Positioned,
    bounds: Arc<[Bound]>,
}

/// Where the pages of a column lie in a row group, and how many bytes one of theirs can become at most.
struct Bound {
    start: u64,
    end: u64,
    rate: u64,
}

impl Pages {
    pub(crate) fn new(bytes: Positioned, metadata: &ParquetMetaData) -> Self {
        let chunks = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        let mut bounds: Vec<Bound> = chunks
            .filter_map(|chunk| {
                let rate = rate(chunk.compression())?;
                // A number below zero is refused by the library later.
                let first = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
                let start = u64::try_from(first).ok()?;
                let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
                Some(Bound { start, end, rate })
            })
            .collect();
        bounds.sort_unstable_by_key(|bound| bound.start);
        Self { bytes, bounds: bounds.into() }
    }

    fn rate(&self, place: u64) -> u64 {
        let after = self.bounds.partition_point(|bound| bound.start <= place);
        self.bounds[..after].last().filter(|bound| place < bound.end).map_or(u64::MAX, |bound| bound.rate)
    }
}

/// Bytes that one byte can become at most, of compressions whose room is filled before they are read.
fn rate(compression: Compression) -> Option<u64> {
    match compression {
        // An element of three bytes copies up to 64: <https://github.com/google/snappy/blob/main/format_description.txt>.
        Compression::SNAPPY => Some(22),
        // A byte of 255 lengthens a copy by as much: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.
        Compression::LZ4 | Compression::LZ4_RAW => Some(255),
        Compression::UNCOMPRESSED => Some(1),
        _ => None,
    }
}

impl Length for Pages {
    fn len(&self) -> u64 {
        self.bytes.length()
    }
}

impl ChunkReader for Pages {
    type T = Header;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let onward = BufReader::new(Onward { bytes: self.bytes.clone(), at: start });
        Ok(Header { onward, rate: Some(self.rate(start)) })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        self.bytes.get_bytes(start, length)
    }
}

/// A page from its header on. The library also makes one behind a header that it has, and reads nothing from it.
pub(crate) struct Header {
    onward: BufReader<Onward>,
    /// While the header is to be looked at.
    rate: Option<u64>,
}

impl Read for Header {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(rate) = self.rate.take() {
            check(self.onward.fill_buf()?, rate)?;
        }
        self.onward.read(into)
    }
}

/// Refuses a page that cannot hold what its header claims. Any other damage is left to the library.
fn check(header: &[u8], rate: u64) -> io::Result<()> {
    let mut claims = Claims { packed: u64::MAX, unpacked: 0, words: 0 };
    if claims.read(&mut Compact::new(header)) == Some(false) {
        return Err(io::Error::other("a page's header is out of order"));
    }
    // A word of a dictionary takes a byte at least.
    if claims.unpacked > claims.packed.saturating_mul(rate) || claims.words > claims.unpacked {
        return Err(io::Error::other("a page claims to hold more than it can"));
    }
    Ok(())
}

struct Claims {
    packed: u64,
    unpacked: u64,
    words: u64,
}

impl Claims {
    /// As [`ascending`].
    fn read(&mut self, header: &mut Compact) -> Option<bool> {
        ascending(header, &mut |header, id, kind| match (id, kind) {
            (UNPACKED, I32) => number(header, &mut self.unpacked),
            (PACKED, I32) => number(header, &mut self.packed),
            (DICTIONARY, STRUCT) => ascending(header, &mut |header, id, kind| match (id, kind) {
                (WORDS, I32) => number(header, &mut self.words),
                (WORDS, _) => Some(false),
                _ => skip(header, kind),
            }),
            (UNPACKED | PACKED | DICTIONARY, _) => Some(false),
            _ => skip(header, kind),
        })
    }
}

/// Goes through the fields of a structure. `false` where one does not come after the last, or `field` says so: every
/// writer has them in order, and of several the library would take the last. `None` where the bytes at hand end before.
fn ascending(
    structure: &mut Compact,
    field: &mut dyn FnMut(&mut Compact, i16, u8) -> Option<bool>,
) -> Option<bool> {
    let mut last = 0;
    loop {
        let (kind, id) = structure.field(last)?;
        if kind == STOP {
            return Some(true);
        }
        if id <= last || !field(structure, id, kind)? {
            return Some(false);
        }
        last = id;
    }
}

/// Zigzag; the library cuts off what is above 32 bits, and refuses what is below zero.
fn number(structure: &mut Compact, into: &mut u64) -> Option<bool> {
    *into = (structure.varint()? >> 1) & u64::from(u32::MAX);
    Some(true)
}

fn skip(structure: &mut Compact, kind: u8) -> Option<bool> {
    structure.skip(kind, STRUCTURES).map(|()| true)
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.length()
    }
}

impl ChunkReader for Positioned {
    type T = BufReader<Onward>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(Onward { bytes: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        // Nothing is allocated for what is not there.
        if start.checked_add(length as u64).is_none_or(|end| end > self.length()) {
            return Err(ParquetError::EOF("a page lies outside the file".to_owned()));
        }
        let mut page = vec![0; length];
        self.read_exact_at(&mut page, start)?;
        Ok(page.into())
    }
}
