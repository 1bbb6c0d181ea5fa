//! What is wrong with a record, as errors.

use super::{LONGEST, Splitter, WIDEST};
use crate::csv::quotes::{lines, open_quote};
use crate::csv::sniff;
use crate::error::Error;
use crate::names::shell_word;

impl Splitter {
    pub(super) fn too_wide(&self) -> Error {
        Error::at(&self.source.name, format!("line {} has more than {WIDEST} columns", self.line))
    }

    pub(super) fn binary(&self, at: usize) -> Error {
        let line = self.line + lines(&self.raw()[..at]);
        Error::at(&self.source.name, format!("line {line} holds a NUL byte, so this is no UTF-8 text"))
            .advise(Some("if it is UTF-16, convert it first: iconv -f UTF-16 -t UTF-8".to_owned()))
    }

    pub(super) fn too_long(&self) -> Error {
        let record = &self.window[self.record..self.at];
        if let Some(at) = open_quote(record, self.delimiter) {
            return self.unterminated(at);
        }
        let line = self.line;
        Error::at(&self.source.name, format!("line {line} is longer than {} MiB", LONGEST >> 20))
    }

    pub(super) fn too_long_comment(&self) -> Error {
        let line = self.next_line;
        Error::at(
            &self.source.name,
            format!("the comment on line {line} is longer than {} MiB", LONGEST >> 20),
        )
    }

    pub(super) fn misplaced(&self, at: usize) -> Error {
        let (before, rest) = self.raw().split_at(at);
        let line = self.line + lines(before);
        let advice = match rest.first() {
            Some(&byte) if sniff::CANDIDATES.contains(&byte) => {
                let name =
                    if byte == b'\t' { "tab".to_owned() } else { shell_word(&char::from(byte).to_string()) };
                format!("if that is where a field ends, say --delimiter {name}")
            }
            _ => "write a quote inside a quoted field twice: \"say \"\"x\"\"\"".to_owned(),
        };
        Error::at(&self.source.name, format!("line {line} has text after a closing quote"))
            .advise(Some(advice))
    }

    pub(super) fn unterminated(&self, at: usize) -> Error {
        let line = self.line + lines(&self.window[self.record..self.record + at]);
        Error::at(&self.source.name, format!("the quote that opens on line {line} is never closed"))
    }
}
