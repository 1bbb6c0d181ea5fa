//! Splits a text into records over a window of its own, so that every record's original bytes stay known.

use std::io::Read;

use csv_core::ReadRecordResult;
use memchr::memchr;

use crate::csv::literal;
use crate::csv::quotes::{after_quote, lines, open_quote};
use crate::error::Error;
use crate::gaps::Gaps;
use crate::pipe::CHUNK;
use crate::source::Source;

mod between;
mod broken;
mod parts;

pub(crate) use parts::{Cut, Lines};

/// Bytes of the longest record, comment or JSON object; beyond it a quote or a bracket was most likely never closed.
pub(crate) const LONGEST: usize = 64 << 20;
/// A table may have this many columns.
pub(crate) const WIDEST: usize = 100_000;

/// What [`Splitter::next`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A record, until the next call.
    Record,
    /// No whole record without another read.
    Starved,
    /// No further record.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Record,
    Comment,
}

/// The state between two records: what it stands within, whether a CR came last, and the bytes of the comment so far.
type Between = (Within, bool, usize);

#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    line: u64,
    after_cr: bool,
}

/// Reads a source in chunks and hands out its records.
pub(crate) struct Splitter {
    source: Source,
    core: csv_core::Reader,
    delimiter: u8,
    /// Lines that begin with it are no records.
    comment: Option<u8>,
    window: Vec<u8>,
    filled: usize,
    /// Where the current record begins in the window.
    record: usize,
    /// Where its terminator begins.
    record_end: usize,
    /// The next byte to split.
    at: usize,
    within: Within,
    fields: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    count: usize,
    line: u64,
    next_line: u64,
    after_cr: bool,
    terminator: Option<&'static [u8]>,
    ended: bool,
    consumed: u64,
    /// Bytes that the window held before those it holds.
    base: u64,
    /// Places where skipped bytes were cut out of the window.
    gaps: Gaps<Between>,
    /// Start of the run of skipped bytes before the record, and its line.
    run: (usize, u64),
    /// The record belongs to the run.
    discarded: bool,
    /// Bytes of the comment that is being skipped.
    comment_length: usize,
    /// The window is UTF-8 from somewhere before `at` up to here, if that was asked.
    sound: usize,
    /// Why the source could not be read further, once all before it has been split.
    broken: Option<Error>,
    mark: Option<Mark>,
}

impl Splitter {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            core: literal::reader(b','),
            delimiter: b',',
            comment: None,
            window: Vec::new(),
            filled: 0,
            record: 0,
            record_end: 0,
            at: 0,
            within: Within::Nothing,
            fields: Vec::new(),
            ends: vec![0; 64],
            written: 0,
            count: 0,
            line: 1,
            next_line: 1,
            after_cr: false,
            terminator: None,
            ended: false,
            consumed: 0,
            base: 0,
            gaps: Gaps::default(),
            run: (0, 1),
            discarded: false,
            comment_length: 0,
            sound: 0,
            broken: None,
            mark: None,
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn into_source(self) -> Source {
        self.source
    }

    /// Only before the first record.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.core = literal::reader(delimiter);
    }

    /// Only before the first record.
    pub(crate) fn set_comment(&mut self, comment: Option<u8>) {
        self.comment = comment;
    }

    /// The bytes read and not yet split, and whether there are more to come.
    pub(crate) fn ahead(&self) -> (&[u8], bool) {
        (&self.window[self.at..self.filled], !self.ended)
    }

    /// Reads another chunk without splitting it.
    pub(crate) fn look_further(&mut self) -> Result<(), Error> {
        self.refill()
    }

    /// Drops bytes before the first record.
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
        self.record = self.at;
    }

    /// Remembers this place between two records, until [`Splitter::rewind`].
    pub(crate) fn mark(&mut self) {
        self.gaps.forget();
        self.discarded = false;
        self.mark = Some(Mark { at: self.at, line: self.next_line, after_cr: self.after_cr });
    }

    /// Goes back to the mark and drops it.
    pub(crate) fn rewind(&mut self) {
        if let Some(mark) = self.mark.take() {
            (self.at, self.next_line, self.after_cr) = (mark.at, mark.line, mark.after_cr);
            literal::reset(&mut self.core);
            (self.within, self.discarded) = (Within::Nothing, false);
            self.gaps.rewind();
        }
    }

    /// Goes on from here and drops the mark.
    pub(crate) fn unmark(&mut self) {
        self.mark = None;
        self.gaps.forget();
    }

    /// Bytes split since the mark, skipped ones included.
    pub(crate) fn since_mark(&self) -> usize {
        let (skipped, _) = self.gaps.bytes();
        self.mark.map_or(0, |mark| self.at - mark.at + skipped as usize)
    }

    /// Bytes read from the source and split so far.
    pub(crate) fn consumed(&self) -> u64 {
        let (_, ahead) = self.gaps.bytes();
        self.consumed - (self.filled - self.at) as u64 - ahead
    }

    /// Refuses an end before which bytes of the source were lost.
    pub(crate) fn check_end(&self) -> Result<(), Error> {
        let (delivered, consumed) = (self.source.delivered(), self.consumed());
        if delivered == consumed && self.at == self.filled {
            return Ok(());
        }
        Err(Error::miscounted(&self.source.name, "bytes", delivered, consumed))
    }

    /// How many fields the record has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Field `index`, quotes removed.
    #[inline]
    pub(crate) fn field(&self, index: usize) -> &[u8] {
        let from = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.fields[from..self.ends[index]]
    }

    /// The record's bytes as they are in the input, without the line's end.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.window[self.record..self.record_end]
    }

    /// The line on which the record begins, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// How the first record's line ended.
    pub(crate) fn terminator(&self) -> &'static [u8] {
        self.terminator.unwrap_or(b"\n")
    }

    /// Goes to the next record; without `wait` it never reads.
    pub(crate) fn next(&mut self, wait: bool) -> Result<Step, Error> {
        if self.within != Within::Record
            && let Some(step) = self.begin(wait)?
        {
            return Ok(step);
        }
        loop {
            if self.at == self.filled && !self.ended {
                if !wait {
                    return Ok(Step::Starved);
                }
                self.cut_out();
                self.refill()?;
            }
            let room = self.written + (self.filled - self.at) + 1;
            if self.fields.len() < room {
                self.fields.resize(room, 0);
            }
            let input = &self.window[self.at..self.filled];
            let (result, read, written, ends) =
                self.core.read_record(input, &mut self.fields[self.written..], &mut self.ends[self.count..]);
            self.at += read;
            self.written += written;
            self.count += ends;
            match result {
                ReadRecordResult::Record => return self.complete(read > 0, wait),
                ReadRecordResult::End => return Ok(Step::End),
                ReadRecordResult::OutputEndsFull => self.widen()?,
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull => {}
            }
            if self.at - self.record > LONGEST {
                return Err(self.too_long());
            }
        }
    }

    fn complete(&mut self, terminated: bool, wait: bool) -> Result<Step, Error> {
        self.within = Within::Nothing;
        self.record_end = self.at - usize::from(terminated);
        if let Some(nul) = memchr(0, self.raw()) {
            return Err(self.binary(nul));
        }
        let length = self.record_end - self.record;
        if length > LONGEST {
            return Err(self.too_long());
        }
        if self.count > WIDEST {
            return Err(self.too_wide());
        }
        // Without a quote every byte is either in a field or one of the count - 1 delimiters; only with quotes can a
        // record span lines.
        if self.written + self.count != length + 1 {
            if let Some(at) = after_quote(self.raw(), self.delimiter) {
                return Err(self.misplaced(at));
            }
            self.next_line += lines(self.raw());
        }
        if !terminated {
            return match open_quote(self.raw(), self.delimiter) {
                Some(at) => Err(self.unterminated(at)),
                None => Ok(Step::Record),
            };
        }
        self.next_line += 1;
        self.after_cr = self.window[self.record_end] == b'\r';
        if self.terminator.is_none() {
            self.terminator = Some(self.find_terminator(wait)?);
        }
        Ok(Step::Record)
    }

    fn find_terminator(&mut self, wait: bool) -> Result<&'static [u8], Error> {
        if !self.after_cr {
            return Ok(b"\n");
        }
        // The record must stay in the window while the byte after the CR is fetched.
        if self.at == self.filled && !self.ended && wait {
            self.refill()?;
        }
        let next = self.window[..self.filled].get(self.at);
        Ok(if next == Some(&b'\n') { b"\r\n" } else { b"\r" })
    }

    /// Reads one chunk behind what is still needed: everything from the mark or the current record on.
    fn refill(&mut self) -> Result<(), Error> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let keep = self.mark.map_or(self.record, |mark| mark.at.min(self.record)).min(self.at);
        // A long record stays where it is: to copy it onto itself for every chunk takes quadratic time.
        if keep > 0 {
            self.window.copy_within(keep..self.filled, 0);
        }
        self.filled -= keep;
        self.base += keep as u64;
        self.at -= keep;
        self.record -= keep;
        self.run.0 = self.run.0.saturating_sub(keep);
        self.record_end = self.record_end.saturating_sub(keep);
        if let Some(mark) = &mut self.mark {
            mark.at -= keep;
        }
        self.sound = 0;
        let room = self.filled + CHUNK;
        if self.window.len() < room + parts::BEYOND {
            self.window.resize(room + parts::BEYOND, 0);
        }
        let chunk = &mut self.window[self.filled..room];
        let count = self.source.read(chunk).map_err(|error| Error::reading(&self.source.name, error))?;
        self.ended = count == 0;
        self.filled += count;
        self.consumed += count as u64;
        Ok(())
    }

    fn widen(&mut self) -> Result<(), Error> {
        if self.ends.len() > WIDEST {
            return Err(self.too_wide());
        }
        self.ends.resize(self.ends.len() * 4, 0);
        Ok(())
    }
}
