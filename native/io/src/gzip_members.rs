//! A gzip file as `gzip -dc` reads it: member after member, and what stands behind the last one is no reason to refuse the
//! rows before it.
//!
//! RFC 1952 (2.2) knows members only. Real files have more: tapes and `dd` pad with zeros to a whole block, a log that was
//! rotated while it was written ends in text, a signature is appended. GNU gzip 1.13 (`get_method` in gzip.c) passes over zeros
//! up to the end without a word, and over anything else that does not begin as a member with the warning "decompression OK,
//! trailing garbage ignored". What begins as a member and is damaged or cut short is an error, here as there. Where gzip calls a
//! file cut short because a single byte follows the last member (it reads the mark two bytes at a time), that byte is
//! passed over too, unless it is the first of a mark.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::GzDecoder;

/// The two bytes with which a member begins.
const MARK: [u8; 2] = [0x1f, 0x8b];

/// Tells whoever reads the unpacked bytes that some of the packed ones were passed over. Known at the end of the bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trailing(Arc<AtomicBool>);

impl Trailing {
    /// Returns the sentence about bytes behind the last member, if there were any but zeros.
    pub(crate) fn note(&self, input: &str) -> Option<String> {
        let passed_over = self.0.load(Ordering::Acquire);
        passed_over
            .then(|| format!("{input}: what follows its gzip data is no gzip data and was passed over"))
    }
}

/// The bytes of all members, one after the other.
pub(crate) struct Members<R> {
    decoder: GzDecoder<Resumed<R>>,
    at: At,
    trailing: Trailing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Member,
    /// Behind a member.
    Between,
    End,
    /// Nothing more comes of bytes that are damaged; that is no end.
    Failed,
}

/// Bytes behind a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Another one, whose mark has been read.
    Member,
    /// Nothing, or zeros.
    End,
    Other,
}

impl<R: BufRead> Members<R> {
    pub(crate) fn new(packed: R, trailing: Trailing) -> Self {
        let decoder = GzDecoder::new(Resumed { before: &[], packed: Some(packed) });
        Self { decoder, at: At::Member, trailing }
    }

    /// Returns what the members are read from.
    pub(crate) fn get_ref(&self) -> Option<&R> {
        self.decoder.get_ref().packed.as_ref()
    }

    /// Goes on behind a member.
    fn advance(&mut self) -> io::Result<At> {
        let Some(packed) = &mut self.decoder.get_mut().packed else { return Ok(At::End) };
        Ok(match what_follows(packed)? {
            Next::Member => {
                let packed = self.decoder.get_mut().packed.take();
                self.decoder.reset(Resumed { before: &MARK, packed });
                At::Member
            }
            Next::End => At::End,
            Next::Other => {
                self.trailing.0.store(true, Ordering::Release);
                At::End
            }
        })
    }

    fn step(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.at {
                At::Member => match self.decoder.read(into)? {
                    0 => self.at = At::Between,
                    count => return Ok(count),
                },
                At::Between => self.at = self.advance()?,
                At::End => return Ok(0),
                At::Failed => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        self.step(into).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.at = At::Failed;
            }
        })
    }
}

/// Packed bytes of which some that were looked at come again.
struct Resumed<R> {
    before: &'static [u8],
    /// Absent only while it moves from one of these to the next.
    packed: Option<R>,
}

impl<R: BufRead> BufRead for Resumed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.packed {
            _ if !self.before.is_empty() => Ok(self.before),
            Some(packed) => packed.fill_buf(),
            None => Ok(&[]),
        }
    }

    fn consume(&mut self, count: usize) {
        match &mut self.packed {
            _ if !self.before.is_empty() => self.before = &self.before[count.min(self.before.len())..],
            Some(packed) => packed.consume(count),
            None => {}
        }
    }
}

impl<R: BufRead> Read for Resumed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.fill_buf()?;
        let count = bytes.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

fn what_follows(packed: &mut impl BufRead) -> io::Result<Next> {
    let mut zeros = false;
    loop {
        let bytes = filled(packed)?;
        let padding = bytes.iter().take_while(|byte| **byte == 0).count();
        match bytes.first() {
            None => return Ok(Next::End),
            Some(0) => {
                zeros = true;
                packed.consume(padding);
            }
            // Behind zeros gzip takes a member for anything else, too.
            Some(&first) if zeros || first != MARK[0] => return Ok(Next::Other),
            Some(_) => break,
        }
    }
    packed.consume(1);
    match filled(packed)?.first() {
        None => Err(io::ErrorKind::UnexpectedEof.into()),
        Some(&second) if second == MARK[1] => {
            packed.consume(1);
            Ok(Next::Member)
        }
        Some(_) => Ok(Next::Other),
    }
}

fn filled(packed: &mut impl BufRead) -> io::Result<&[u8]> {
    loop {
        match packed.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Asked for again, because the borrow checker does not let a loop hand out what a turn of it borrowed.
            Ok(_) => return packed.fill_buf(),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// The text, and whether something was passed over; read through a buffer of so many bytes.
    fn unpacked(packed: &[u8], buffer: usize) -> io::Result<(String, bool)> {
        let (trailing, mut text) = (Trailing::default(), String::new());
        let reader = io::BufReader::with_capacity(buffer, packed);
        Members::new(reader, trailing.clone()).read_to_string(&mut text)?;
        Ok((text, trailing.note("x").is_some()))
    }

    #[test]
    fn what_follows_the_last_member_is_passed_over_as_gzip_does() {
        let [one, two] = [gzip(b"one\n"), gzip(b"two\n")];
        let empty = gzip(b"");
        for buffer in [1, 2, 3, 64, 4096] {
            for (packed, text, noted) in [
                (one.clone(), "one\n", false),
                ([&one[..], &two].concat(), "one\ntwo\n", false),
                // As bgzip ends a file.
                ([&one[..], &two, &empty].concat(), "one\ntwo\n", false),
                ([&one[..], &[0; 1]].concat(), "one\n", false),
                ([&one[..], &two, &[0; 700]].concat(), "one\ntwo\n", false),
                ([&one[..], b"\n"].concat(), "one\n", true),
                ([&one[..], b"plain text"].concat(), "one\n", true),
                ([&one[..], &[0; 9], b"x"].concat(), "one\n", true),
                ([&one[..], &[0; 9], &two].concat(), "one\n", true),
                ([&one[..], b"\x1f\x8c"].concat(), "one\n", true),
            ] {
                assert_eq!(unpacked(&packed, buffer).unwrap(), (text.to_owned(), noted), "{packed:?}");
            }
        }
    }

    #[test]
    fn a_member_that_begins_and_does_not_end_is_an_error() {
        let [one, two] = [gzip(b"one\n"), gzip(b"two\n")];
        for end in 1..two.len() {
            let packed = [&one[..], &two[..end]].concat();
            assert!(unpacked(&packed, 4096).is_err(), "{end}");
        }
        for place in [0, 3, two.len() - 5] {
            let mut damaged = two.clone();
            damaged[place] ^= 0xff;
            let whole = [&one[..], &damaged].concat();
            // Without its mark it is no member.
            assert_eq!(unpacked(&whole, 4096).is_ok(), place == 0, "{place}");
            assert!(unpacked(&damaged, 4096).is_err(), "{place}");
        }
    }

    #[test]
    fn what_is_damaged_does_not_end_when_it_is_asked_again() {
        let mut damaged = gzip(b"one\n");
        let last = damaged.len() - 5;
        damaged[last] ^= 0xff;
        let mut members = Members::new(&damaged[..], Trailing::default());
        let mut into = [0; 8];
        assert_eq!(members.read(&mut into).unwrap(), 4);
        assert!(members.read(&mut into).is_err());
        assert!(members.read(&mut into).is_err());
    }
}
