//! What the library reads of a file, with the header of every page looked at first. The library fills as much memory as a
//! header claims before it finds out that the page does not hold it: 2 GiB for what Snappy or LZ4 packed, 16 GiB for the
//! words of a dictionary.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use kmeans_engine::allocation::{self, OutOfMemory};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use crate::parquet::compact::{Compact, I32, STOP, STRUCT};
use crate::positioned::{Onward, Positioned};

/// A page of more bytes is asked for before it is allocated; writers make pages of 1 MiB.
const LARGE: usize = 16 << 20;

/// Of a page's header: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.
const UNPACKED: i16 = 2;
const PACKED: i16 = 3;
const DATA: i16 = 5;
const DICTIONARY: i16 = 7;
const DATA_2: i16 = 8;
/// Up to here the fields of a header are numbers, and up to there structures.
const NUMBERS: i16 = 4;
const KNOWN: i16 = 8;
/// Of a dictionary's header.
const WORDS: i16 = 1;
/// Sizes come within so many bytes.
const EARLY: usize = 64;
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
                // A number below zero is refused by the library later.
                let first = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
                let start = u64::try_from(first).ok()?;
                let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
                Some(Bound { start, end, rate: rate(chunk.compression()) })
            })
            .collect();
        bounds.sort_unstable_by_key(|bound| bound.start);
        Self { bytes, bounds: bounds.into() }
    }

    fn rate(&self, place: u64) -> u64 {
        let after = self.bounds.partition_point(|bound| bound.start <= place);
        // The last is the one, unless columns overlap.
        self.bounds[..after].iter().rev().find(|bound| place < bound.end).map_or(u64::MAX, |bound| bound.rate)
    }
}

/// Bytes that one byte can become at most; without an end where no room is filled before they are there.
fn rate(compression: Compression) -> u64 {
    match compression {
        // An element of three bytes copies up to 64: <https://github.com/google/snappy/blob/main/format_description.txt>.
        Compression::SNAPPY => 22,
        // A byte of 255 lengthens a copy by as much: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.
        Compression::LZ4 | Compression::LZ4_RAW => 255,
        Compression::UNCOMPRESSED => 1,
        _ => u64::MAX,
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
    let mut claims = Claims::default();
    let read = claims.read(&mut Compact::new(header));
    let (Some(packed), Some(unpacked), true) = (claims.packed, claims.unpacked, read != Some(false)) else {
        // Bytes that end here are left to the library too.
        let ended = read.is_none() && header.len() < EARLY;
        return if ended { Ok(()) } else { Err(io::Error::other("a page's header is out of order")) };
    };
    // What is not packed is as long as it is, whatever it claims.
    let unpacked = if rate == 1 { packed } else { unpacked };
    // Eight words of a dictionary, of truths, take a byte at least.
    if unpacked > packed.saturating_mul(rate) || claims.words > unpacked.saturating_mul(8) {
        return Err(io::Error::other("a page claims to hold more than it can"));
    }
    Ok(())
}

#[derive(Default)]
struct Claims {
    packed: Option<u64>,
    unpacked: Option<u64>,
    words: u64,
}

impl Claims {
    /// As [`ascending`].
    fn read(&mut self, header: &mut Compact) -> Option<bool> {
        ascending(header, &mut |header, id, kind| match (id, kind) {
            (UNPACKED, I32) => number(header, |size| self.unpacked = Some(size)),
            (PACKED, I32) => number(header, |size| self.packed = Some(size)),
            (DATA | DICTIONARY | DATA_2, STRUCT) => {
                let numbers = [(DATA, 4), (DICTIONARY, 2), (DATA_2, 6)];
                let numbers = numbers.into_iter().find(|(of, _)| *of == id).map_or(0, |(_, numbers)| numbers);
                ascending(header, &mut |header, inner, kind| match (inner, kind) {
                    (WORDS, I32) if id == DICTIONARY => number(header, |words| self.words = words),
                    _ if inner <= numbers && kind != I32 => Some(false),
                    _ => skip(header, kind),
                })
            }
            _ if id <= NUMBERS && kind != I32 || NUMBERS < id && id <= KNOWN && kind != STRUCT => Some(false),
            _ => skip(header, kind),
        })
    }
}

/// Goes through the fields of a structure. `false` where one does not come after the last, or `field` says so: every
/// writer has them in order and of their kind; of several the library would take the last, and it looks at no kind.
/// `None` where the bytes at hand end before.
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

/// Of 32 bits as the library cuts them; `false` below zero.
fn number(structure: &mut Compact, mut take: impl FnMut(u64)) -> Option<bool> {
    let number = u64::try_from(structure.zigzag()? as i32);
    Some(number.map(&mut take).is_ok())
}

/// `false` for what has no known length.
fn skip(structure: &mut Compact, kind: u8) -> Option<bool> {
    let known = matches!(kind, 1..=10 | STRUCT);
    if known { structure.skip(kind, STRUCTURES).map(|()| true) } else { Some(false) }
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
        if length > LARGE && !allocation::is_available(length as u64) {
            return Err(self.note(io::Error::other(OutOfMemory { bytes: length as u64 })).into());
        }
        let mut page = vec![0; length];
        self.read_exact_at(&mut page, start)?;
        Ok(page.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a dictionary's page: its type, one byte and as many packed, and so many words, which are plain.
    fn header(words: u8) -> Vec<u8> {
        vec![0x15, 4, 0x15, 2, 0x15, 2, 0x4c, 0x15, 2 * words, 0x15, 0, 0, 0]
    }

    #[test]
    fn eight_truths_may_share_a_byte_and_no_more() {
        for rate in [1, 22, 255, u64::MAX] {
            assert!(check(&header(8), rate).is_ok());
            assert!(check(&header(9), rate).is_err());
        }
    }

    #[test]
    fn numbers_are_cut_as_the_library_cuts_them() {
        // 1 with a bit above the 32 that count, and -1.
        for (size, fits) in [([0x82, 0x80, 0x80, 0x80, 0x20], true), ([0x81, 0x80, 0x80, 0x80, 0x00], false)]
        {
            let mut header = header(8);
            header.splice(5..6, size);
            assert_eq!(check(&header, 1).is_ok(), fits);
        }
    }

    #[test]
    fn an_end_is_left_to_others_but_sizes_come_first() {
        assert!((0..13).all(|end| check(&header(9)[..end], 22).is_ok() || end > 8));
        assert!(check(&[0x15; 64], 22).is_err());
    }
}
