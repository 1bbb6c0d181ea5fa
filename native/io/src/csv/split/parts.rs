//! Whole lines at a time: for the fast way through them, and for several threads, each with lines of its own.

use memchr::{memchr_iter, memrchr};

use super::{LONGEST, Splitter, Within};
use crate::csv::fast::Taken;
use crate::error::Error;
use crate::stop::{Arrival, Halt};
use crate::sync::size;

/// Bytes that a part is read in. Smaller, the threads meet too often; larger, the numbers leave the cache before they are
/// copied to their place.
const PART: usize = size(512 << 10, 64);
/// Bytes beyond the text that may be looked at, as whole words.
pub(super) const BEYOND: usize = 8;

/// Some bytes of a text; more room than bytes.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) filled: usize,
}

/// What [`Splitter::cut`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Lines,
    /// There are no more.
    End,
    /// The wait for more was halted; nothing is lost.
    Halted,
}

impl Splitter {
    /// Lets `take` have the whole lines that are there, from the next record's beginning on; it says how far it came.
    /// With `utf8` it gets none that is not UTF-8.
    pub(crate) fn pass(&mut self, utf8: bool, take: impl FnOnce(&[u8], usize, usize) -> Taken) -> usize {
        let until = self.until();
        if self.within != Within::Nothing || self.mark.is_some() || until == self.at {
            return 0;
        }
        if self.after_cr && self.window[..until].get(self.at) == Some(&b'\n') {
            self.at += 1;
            self.after_cr = false;
        }
        let sound = if utf8 { self.sound().min(until) } else { until };
        let Some(last) = memrchr(b'\n', &self.window[self.at..sound]) else { return 0 };
        let Taken { at, lines, rows } = take(&self.window, self.at, self.at + last + 1);
        if at > self.at {
            (self.at, self.record, self.record_end, self.after_cr) = (at, at, at, false);
            self.next_line += lines;
        }
        rows
    }

    /// How far the window is known to be UTF-8.
    fn sound(&mut self) -> usize {
        if self.sound <= self.at {
            let rest = &self.window[self.at..self.filled];
            self.sound =
                self.at + std::str::from_utf8(rest).map_or_else(|error| error.valid_up_to(), str::len);
        }
        self.sound
    }

    /// A splitter of the same kind of text that is given its lines by [`Splitter::load`].
    pub(crate) fn fork(&self) -> Self {
        let mut fork = Self::new(self.source.drained());
        fork.set_delimiter(self.delimiter);
        fork.set_comment(self.comment);
        fork.terminator = Some(self.terminator());
        fork.ended = true;
        fork
    }

    /// Splits these lines, counted from 1, as if there were no others.
    pub(crate) fn load(&mut self, lines: Lines) {
        (self.window, self.filled) = (lines.bytes, lines.filled);
        self.restart(1);
    }

    /// How many bytes of the lines have been split.
    pub(crate) fn split_bytes(&self) -> usize {
        self.at
    }

    /// Gives the lines back.
    pub(crate) fn unload(&mut self) -> Lines {
        Lines { bytes: std::mem::take(&mut self.window), filled: std::mem::take(&mut self.filled) }
    }

    /// Goes on with these lines, of which the first is number `line`, before what was there to be split.
    pub(crate) fn restore(&mut self, lines: &[Lines], line: u64) {
        let texts = lines.iter().map(|lines| &lines.bytes[..lines.filled]);
        let window = [texts.collect::<Vec<_>>().concat().as_slice(), self.ahead().0].concat();
        (self.filled, self.window) = (window.len(), window);
        self.restart(line);
    }

    fn restart(&mut self, line: u64) {
        (self.at, self.record, self.record_end, self.sound) = (0, 0, 0, 0);
        (self.within, self.after_cr) = (Within::Nothing, false);
        (self.line, self.next_line) = (line, line);
        self.core.reset();
    }

    /// The line on which the next record begins, unless blank lines go before it.
    pub(crate) fn next_line(&self) -> u64 {
        self.next_line
    }

    /// After lines have been split elsewhere.
    pub(crate) fn set_next_line(&mut self, line: u64) {
        self.next_line = line;
    }

    /// Keeps an error until all before it has been split.
    pub(crate) fn set_broken(&mut self, error: Error) {
        self.broken = Some(error);
    }

    /// Whether it stands between two records, and not within a CRLF either.
    pub(crate) fn is_between(&self) -> bool {
        let inside = self.within != Within::Nothing || (self.after_cr && self.at == self.filled);
        !inside && self.mark.is_none() && self.gaps.ahead().is_none()
    }

    /// Moves whole lines into `lines`, those that one read brings; at the end what is left.
    ///
    /// They end where a record most likely does: at a line's end with an even number of quotes before it. Whoever splits them
    /// will notice where that is wrong.
    pub(crate) fn cut(&mut self, lines: &mut Lines, halt: &Halt) -> Result<Cut, Error> {
        if self.after_cr && self.ahead().0.first() == Some(&b'\n') {
            self.at += 1;
        }
        self.after_cr = false;
        let carried = self.filled - self.at;
        lines.filled = carried;
        grow(&mut lines.bytes, carried + PART);
        lines.bytes[..carried].copy_from_slice(self.ahead().0);
        (self.at, self.filled, self.record, self.record_end, self.sound) = (0, 0, 0, 0, 0);
        loop {
            let text = &lines.bytes[..lines.filled];
            if let Some(end) = last_end(text) {
                self.carry(&lines.bytes[end..lines.filled]);
                lines.filled = end;
                return Ok(Cut::Lines);
            }
            // A record this long is refused wherever it is split.
            if self.ended || lines.filled > LONGEST {
                return Ok(if lines.filled > 0 { Cut::Lines } else { Cut::End });
            }
            match self.read_on(lines, halt) {
                Ok(Arrival::Bytes(_)) => {}
                Ok(Arrival::Halted) => {
                    self.carry(&lines.bytes[..lines.filled]);
                    return Ok(Cut::Halted);
                }
                Err(error) => {
                    self.carry(&lines.bytes[..lines.filled]);
                    return Err(error);
                }
            }
        }
    }

    fn read_on(&mut self, lines: &mut Lines, halt: &Halt) -> Result<Arrival, Error> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        grow(&mut lines.bytes, lines.filled + PART);
        let room = lines.filled + PART;
        let arrival = self.source.read_or_halt(&mut lines.bytes[lines.filled..room], halt);
        let arrival = arrival.map_err(|error| Error::reading(&self.source.name, error))?;
        if let Arrival::Bytes(count) = arrival {
            lines.filled += count;
            self.ended = count == 0;
            self.consumed += count as u64;
        }
        Ok(arrival)
    }

    fn carry(&mut self, rest: &[u8]) {
        grow(&mut self.window, rest.len());
        self.window[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }
}

fn grow(bytes: &mut Vec<u8>, room: usize) {
    if bytes.len() < room + BEYOND {
        bytes.resize(room + BEYOND, 0);
    }
}

/// Where the last line ends that has an even number of quotes before it.
fn last_end(text: &[u8]) -> Option<usize> {
    let last = memrchr(b'\n', text)? + 1;
    let count = |text| memchr_iter(b'"', text).count();
    let (mut end, mut quotes) = (last, count(&text[..last]));
    while quotes % 2 == 1 {
        let Some(before) = memrchr(b'\n', &text[..end - 1]) else {
            // A quote that stands alone inside a field is more likely than a field this long.
            return (text.len() > 2 * PART).then_some(last);
        };
        quotes -= count(&text[before + 1..end]);
        end = before + 1;
    }
    Some(end)
}
