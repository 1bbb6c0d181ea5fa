//! Cuts a JSON text into its objects over a window of its own, so that the bytes and the line of each stay known.

use std::io::Read;

use memchr::{memchr, memchr_iter};
use serde::de::IgnoredAny;

use crate::error::Error;
use crate::lead::BOM;
use crate::pipe::CHUNK;
use crate::source::Source;

/// One object may be this long; beyond it something was most likely never closed.
const LONGEST: usize = 64 << 20;

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
    consumed: u64,
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
            consumed: 0,
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
        self.consumed + self.at as u64
    }

    pub(crate) fn mark(&mut self) {
        self.mark = Some((self.at, self.next_line, self.shape));
    }

    /// Bytes since the mark.
    pub(crate) fn since_mark(&self) -> usize {
        self.mark.map_or(0, |(at, ..)| self.at - at)
    }

    /// Goes back to the mark and drops it.
    pub(crate) fn rewind(&mut self) {
        if let Some((at, line, shape)) = self.mark.take() {
            (self.at, self.next_line, self.shape) = (at, line, shape);
            self.search = Search::default();
        }
    }

    /// The next object; without `wait` only if no read is needed for it.
    pub(crate) fn next(&mut self, wait: bool) -> Result<Step, Error> {
        loop {
            let step = match self.shape {
                Shape::Lines => self.line_ahead(),
                Shape::Values | Shape::Array { .. } => self.value_ahead(wait)?,
            };
            match step {
                Some(Step::Object) if self.bytes().is_empty() => {}
                Some(step) => return Ok(step),
                None if !wait => return Ok(Step::Starved),
                None => self.refill()?,
            }
        }
    }

    /// Takes the next line if it is there.
    fn line_ahead(&mut self) -> Option<Step> {
        let from = self.search.at.max(self.at);
        let end = memchr(b'\n', &self.window[from..]).map(|found| from + found);
        if end.is_none() && !self.ended {
            self.search.at = self.window.len();
            return None;
        }
        if end.is_none() && self.at == self.window.len() {
            return Some(Step::End);
        }
        self.line = self.next_line;
        self.next_line += 1;
        self.object = (self.at, end.unwrap_or(self.window.len()));
        self.at = end.map_or(self.window.len(), |end| end + 1);
        self.search = Search::default();
        Some(Step::Object)
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
        let mut also = also;
        loop {
            while let Some(&byte) = self.window.get(self.at) {
                if byte.is_ascii_whitespace() {
                    self.next_line += u64::from(byte == b'\n');
                } else if also.contains(&byte) {
                    also = b"";
                } else {
                    return Ok(true);
                }
                self.at += 1;
            }
            if self.ended || !wait {
                return Ok(false);
            }
            self.refill()?;
        }
    }

    fn wrong(&self, what: &str) -> Error {
        Error::at(&self.source.name, format!("line {}: {what}", self.next_line))
    }

    fn refill(&mut self) -> Result<(), Error> {
        let keep = self.mark.map_or(self.at, |(at, ..)| at);
        self.window.drain(..keep);
        self.consumed += keep as u64;
        self.at -= keep;
        self.search.at = self.search.at.saturating_sub(keep);
        self.mark = self.mark.map(|(at, line, shape)| (at - keep, line, shape));
        if self.window.len() - self.at > LONGEST {
            return Err(self.wrong("what begins here is longer than 64 MiB"));
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
