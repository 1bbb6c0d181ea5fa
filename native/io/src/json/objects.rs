//! Cuts a JSON text into its objects over a window of its own, so that the bytes and the line of each stay known.

use std::io::Read;

use memchr::{memchr, memchr_iter};
use serde::de::IgnoredAny;

use crate::csv::split::LONGEST;
use crate::error::Error;
use crate::gaps::Gaps;
use crate::lead::BOM;
use crate::pipe::CHUNK;
use crate::source::Source;

/// The shortest run of blank space that is cut out of the window: less is not worth a gap.
const SHORTEST_GAP: usize = 4 << 10;

/// What [`Objects::next`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// An object, until the next call.
    Object,
    /// No whole object without another read.
    Starved,
    End,
}

/// How objects follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One a line.
    Lines,
    /// Each over as many lines as it takes.
    Values,
    /// The same in an array, with commas between them.
    Array { first: bool, over: bool },
}

/// How far the search for an object's end has come.
#[derive(Debug, Clone, Copy, Default)]
struct Search {
    at: usize,
    depth: usize,
    quoted: bool,
    escaped: bool,
}

/// Reads a source in chunks and hands out its objects.
pub(crate) struct Objects {
    source: Source,
    window: Vec<u8>,
    at: usize,
    object: (usize, usize),
    line: u64,
    next_line: u64,
    shape: Shape,
    search: Search,
    ended: bool,
    /// Bytes that the window held before those it holds.
    base: u64,
    /// Bytes of blank space that were cut out of it.
    cut: u64,
    /// Places where blank space was cut out of the window, and whether what may stand in it once, a comma, did.
    gaps: Gaps<bool>,
    mark: Option<(usize, u64, Shape)>,
}

impl Objects {
    pub(crate) fn open(source: Source) -> Result<Self, Error> {
        let mut objects = Self {
            source,
            window: Vec::new(),
            at: 0,
            object: (0, 0),
            line: 1,
            next_line: 1,
            shape: Shape::Lines,
            search: Search::default(),
            ended: false,
            base: 0,
            cut: 0,
            gaps: Gaps::default(),
            mark: None,
        };
        loop {
            match &objects.window[objects.at..] {
                text if text.starts_with(BOM) => objects.at += BOM.len(),
                text if BOM.starts_with(text) && !objects.ended => objects.refill()?,
                _ => break,
            }
        }
        if !objects.skip(b"", true)? {
            return Err(Error::about(&objects.source.name, "is empty: there is no row to read"));
        }
        if objects.window[objects.at] == b'[' {
            objects.at += 1;
            objects.shape = Shape::Array { first: true, over: false };
        } else {
            objects.mark();
            if objects.next(true)? == Step::Object {
                let whole = serde_json::from_slice::<IgnoredAny>(objects.bytes());
                if whole.is_err_and(|error| error.is_eof()) {
                    objects.mark = objects.mark.map(|(at, line, _)| (at, line, Shape::Values));
                }
            }
            objects.rewind();
        }
        Ok(objects)
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn into_source(self) -> Source {
        self.source
    }

    /// The line on which the object begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.window[self.object.0..self.object.1].trim_ascii()
    }

    /// Bytes that are no longer needed.
    pub(crate) fn consumed(&self) -> u64 {
        let (_, ahead) = self.gaps.bytes();
        self.base + self.at as u64 + self.cut - ahead
    }

    pub(crate) fn mark(&mut self) {
        self.gaps.forget();
        self.mark = Some((self.at, self.next_line, self.shape));
    }

    /// Bytes since the mark, blank space included.
    pub(crate) fn since_mark(&self) -> usize {
        let (blank, _) = self.gaps.bytes();
        self.mark.map_or(0, |(at, ..)| self.at - at + blank as usize)
    }

    /// Goes back to the mark and drops it.
    pub(crate) fn rewind(&mut self) {
        if let Some((at, line, shape)) = self.mark.take() {
            (self.at, self.next_line, self.shape) = (at, line, shape);
            self.search = Search::default();
            self.gaps.rewind();
        }
    }

    /// The next object; without `wait` only if no read is needed for it.
    pub(crate) fn next(&mut self, wait: bool) -> Result<Step, Error> {
        loop {
            let step = match self.shape {
                Shape::Lines => self.line_ahead(wait)?,
                Shape::Values | Shape::Array { .. } => self.value_ahead(wait)?,
            };
            match step {
                Some(step) => return Ok(step),
                None if !wait => return Ok(Step::Starved),
                None => self.refill()?,
            }
        }
    }

    /// Takes the next line that is not blank if all of it is there.
    fn line_ahead(&mut self, wait: bool) -> Result<Option<Step>, Error> {
        if !self.skip(b"", wait)? {
            return Ok(self.ended.then_some(Step::End));
        }
        let from = self.search.at.max(self.at);
        let end = memchr(b'\n', &self.window[from..]).map(|found| from + found);
        if end.is_none() && !self.ended {
            self.search.at = self.window.len();
            return Ok(None);
        }
        self.line = self.next_line;
        self.next_line += 1;
        self.object = (self.at, end.unwrap_or(self.window.len()));
        self.at = end.map_or(self.window.len(), |end| end + 1);
        self.search = Search::default();
        Ok(Some(Step::Object))
    }

    /// Takes the next object if all of it is there.
    fn value_ahead(&mut self, wait: bool) -> Result<Option<Step>, Error> {
        if self.search.depth == 0 {
            match self.shape {
                Shape::Array { over: true, .. } => {
                    return if self.skip(b"", wait)? {
                        Err(self.wrong("the array is over, and something follows it"))
                    } else {
                        Ok(self.ended.then_some(Step::End))
                    };
                }
                Shape::Array { first, .. } => {
                    let commas: &[u8] = if first { b"" } else { b"," };
                    if !self.skip(commas, wait)? {
                        return if self.ended { Err(self.wrong("the array has no end")) } else { Ok(None) };
                    }
                    if self.window[self.at] == b']' {
                        self.at += 1;
                        self.shape = Shape::Array { first, over: true };
                        return self.value_ahead(wait);
                    }
                    self.shape = Shape::Array { first: false, over: false };
                }
                Shape::Lines | Shape::Values => {
                    if !self.skip(b"", wait)? {
                        return Ok(self.ended.then_some(Step::End));
                    }
                }
            }
            if self.window[self.at] != b'{' {
                return Err(self.wrong("there is no JSON object").advise(Some(
                    "a table is an object in each line, {\"a\": 1}, or an array of objects".to_owned(),
                )));
            }
            self.search.at = self.at;
        }
        let Some(end) = self.end_of_object() else {
            if !self.ended {
                return Ok(None);
            }
            self.line = self.next_line;
            return Err(self.wrong("the object has no end"));
        };
        self.line = self.next_line;
        self.object = (self.at, end);
        self.next_line += memchr_iter(b'\n', &self.window[self.at..end]).count() as u64;
        self.at = end;
        self.search = Search::default();
        Ok(Some(Step::Object))
    }

    fn end_of_object(&mut self) -> Option<usize> {
        let mut search = self.search;
        while let Some(&byte) = self.window.get(search.at) {
            search.at += 1;
            match byte {
                _ if search.escaped => search.escaped = false,
                b'\\' if search.quoted => search.escaped = true,
                b'"' => search.quoted = !search.quoted,
                b'{' | b'[' if !search.quoted => search.depth += 1,
                b'}' | b']' if !search.quoted => {
                    search.depth -= 1;
                    if search.depth == 0 {
                        return Some(search.at);
                    }
                }
                _ => {}
            }
        }
        self.search = search;
        None
    }

    /// Passes over white space and one of `also`; whether anything follows that is there or, with `wait`, comes.
    fn skip(&mut self, also: &[u8], wait: bool) -> Result<bool, Error> {
        let (mut from, mut line, mut taken) = (self.at, self.next_line, false);
        loop {
            let until = self.gaps.ahead().map_or(self.window.len(), |at| (at - self.base) as usize);
            while let Some(&byte) = self.window[..until].get(self.at) {
                if byte.is_ascii_whitespace() {
                    self.next_line += u64::from(byte == b'\n');
                } else if !taken && also.contains(&byte) {
                    taken = true;
                } else {
                    return Ok(true);
                }
                self.at += 1;
            }
            if let Some(gap) = self.gaps.pass(self.base + self.at as u64) {
                self.next_line += gap.lines;
                taken |= gap.state;
                if self.mark.is_none() {
                    self.gaps.forget();
                }
                (from, line) = (self.at, self.next_line);
                continue;
            }
            if self.ended || !wait {
                return Ok(false);
            }
            if self.cut_out(from, line, taken) {
                (from, line) = (self.at, self.next_line);
            }
            let before = self.at;
            self.refill()?;
            from = from.saturating_sub(before - self.at);
        }
    }

    /// Cuts out of the window what was skipped since `from`, on line `line`, if a mark would keep it and it is worth a gap.
    fn cut_out(&mut self, from: usize, line: u64, taken: bool) -> bool {
        let length = self.at - from;
        if self.mark.is_none() || length < SHORTEST_GAP {
            return false;
        }
        self.window.drain(from..self.at);
        self.at = from;
        self.cut += length as u64;
        self.gaps.add(self.base + from as u64, length as u64, self.next_line - line, taken);
        true
    }

    fn wrong(&self, what: &str) -> Error {
        Error::at(&self.source.name, format!("line {}: {what}", self.next_line))
    }

    fn refill(&mut self) -> Result<(), Error> {
        let keep = self.mark.map_or(self.at, |(at, ..)| at);
        self.window.drain(..keep);
        self.base += keep as u64;
        self.at -= keep;
        self.search.at = self.search.at.saturating_sub(keep);
        self.mark = self.mark.map(|(at, line, shape)| (at - keep, line, shape));
        if self.window.len() - self.at > LONGEST {
            return Err(self.wrong(&format!("what begins here is longer than {} MiB", LONGEST >> 20)));
        }
        let filled = self.window.len();
        self.window.resize(filled + CHUNK, 0);
        let read = self.source.read(&mut self.window[filled..]);
        let count = read.map_err(|error| Error::reading(&self.source.name, error))?;
        self.window.truncate(filled + count);
        self.ended = count == 0;
        Ok(())
    }
}
