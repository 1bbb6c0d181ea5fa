//! Blank lines and comments, which stand between two records. They are skipped, and a window that a mark holds does not keep them.

use memchr::memchr2;

use super::{LONGEST, Splitter, Step, Within};
use crate::error::Error;

/// The shortest run of skipped bytes that is cut out of the window: fewer are not worth a gap.
const SHORTEST_GAP: usize = 4 << 10;

impl Splitter {
    /// Goes past blank lines and comments to the first byte of a record, so that looking further does not keep them.
    pub(crate) fn skip_to_record(&mut self) -> Result<(), Error> {
        self.begin(true)?;
        self.within = Within::Nothing;
        Ok(())
    }

    /// Skips blank lines and comments up to a record's first byte.
    pub(super) fn begin(&mut self, wait: bool) -> Result<Option<Step>, Error> {
        if !std::mem::take(&mut self.discarded) {
            self.run = (self.at, self.next_line);
        }
        loop {
            let until = self.until();
            while let Some(&byte) = self.window[..until].get(self.at) {
                if self.within == Within::Comment {
                    self.skip_comment(until)?;
                    continue;
                }
                match byte {
                    // The second half of a CRLF, whose line is counted already.
                    b'\n' if self.after_cr => self.after_cr = false,
                    b'\n' | b'\r' => {
                        self.next_line += 1;
                        self.after_cr = byte == b'\r';
                    }
                    _ if Some(byte) == self.comment => {
                        self.after_cr = false;
                        (self.within, self.comment_length) = (Within::Comment, 1);
                    }
                    _ => {
                        self.after_cr = false;
                        self.within = Within::Record;
                        (self.record, self.line) = (self.at, self.next_line);
                        (self.written, self.count) = (0, 0);
                        return Ok(None);
                    }
                }
                self.at += 1;
            }
            if self.pass_gap() {
                self.run = (self.at, self.next_line);
                continue;
            }
            self.record = self.at;
            if self.ended {
                return Ok(Some(Step::End));
            }
            if !wait {
                return Ok(Some(Step::Starved));
            }
            self.cut_out();
            self.refill()?;
        }
    }

    /// Skips a comment up to its line's end or to `until`.
    fn skip_comment(&mut self, until: usize) -> Result<(), Error> {
        let rest = &self.window[self.at..until];
        let end = memchr2(b'\n', b'\r', rest);
        let length = end.unwrap_or(rest.len());
        self.at += length;
        self.comment_length += length;
        if self.comment_length > LONGEST {
            return Err(self.too_long_comment());
        }
        if end.is_some() {
            self.within = Within::Nothing;
        }
        Ok(())
    }

    /// How far the window can be split before a gap.
    pub(super) fn until(&self) -> usize {
        self.gaps.ahead().map_or(self.filled, |at| (at - self.base) as usize)
    }

    /// Passes a gap that begins here; false where none does.
    fn pass_gap(&mut self) -> bool {
        let Some(gap) = self.gaps.pass(self.base + self.at as u64) else { return false };
        self.next_line += gap.lines;
        (self.within, self.after_cr, self.comment_length) = gap.state;
        if self.mark.is_none() {
            self.gaps.forget();
        }
        true
    }

    /// Takes back the record, which is no row: it is skipped as a blank line is.
    pub(crate) fn discard(&mut self) {
        self.discarded = true;
    }

    /// Cuts out of the window the run that was skipped up to the record, if a mark would keep it and it is worth a gap.
    pub(super) fn cut_out(&mut self) {
        let (from, line) = self.run;
        let length = self.record.saturating_sub(from);
        if self.mark.is_none() || length < SHORTEST_GAP {
            return;
        }
        self.window.copy_within(self.record..self.filled, from);
        self.filled -= length;
        self.at -= length;
        self.record = from;
        let (now, state) = match self.within {
            Within::Record => (self.line, (Within::Nothing, false, 0)),
            within => (self.next_line, (within, self.after_cr, self.comment_length)),
        };
        self.run = (from, now);
        self.gaps.add(self.base + from as u64, length as u64, now - line, state);
    }
}
