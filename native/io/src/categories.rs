//! The texts of a column whose cells are read as codes.

use std::collections::HashMap;

use crate::csv::number::is_missing;
use crate::error::{Error, shown};

/// More different texts than these are no categories but names, and would make as many columns.
pub(crate) const MOST: usize = 1000;

/// Says that a column has more texts than [`MOST`].
pub(crate) fn too_many(input: &str, column: &str) -> Error {
    let message = format!(
        "column \"{}\" has more than {MOST} different texts, and each would become a column",
        shown(column)
    );
    Error::at(input, message)
        .advise(Some("leave it out of --categorical, or group its texts first".to_owned()))
}

/// There are more texts than there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Texts and their codes.
#[derive(Debug, Clone)]
pub(crate) struct Categories {
    codes: HashMap<Vec<u8>, u32>,
    texts: Vec<String>,
    /// Whether a text that is not known gets the next code; otherwise it gets the one after the last.
    open: bool,
    /// So many texts at most.
    most: usize,
    /// Whether no text is refused after these.
    closes: bool,
}

impl Categories {
    /// Of no text yet: codes follow first appearance.
    pub(crate) fn new() -> Self {
        Self { codes: HashMap::new(), texts: Vec::new(), open: true, most: MOST, closes: false }
    }

    /// The same for as many texts as there are.
    pub(crate) fn without_limit() -> Self {
        Self { most: u32::MAX as usize, ..Self::new() }
    }

    /// The first [`MOST`] texts; all others get the code after them.
    pub(crate) fn counted() -> Self {
        Self { closes: true, ..Self::new() }
    }

    /// Of these texts and no other.
    pub(crate) fn of(texts: &[String]) -> Self {
        let codes = texts.iter().zip(0..).map(|(text, code)| (text.clone().into_bytes(), code)).collect();
        Self { codes, texts: texts.to_vec(), open: false, most: MOST, closes: false }
    }

    /// The code of a text; `None` when there would be more than there may be.
    #[inline]
    pub(crate) fn code(&mut self, text: &[u8]) -> Option<u32> {
        if let Some(&code) = self.codes.get(text) {
            return Some(code);
        }
        if std::str::from_utf8(text).is_err() {
            // Under the name that the model has for it.
            return self.code(crate::names::of_bytes(text).as_bytes());
        }
        let next = self.texts.len() as u32;
        if self.open {
            if self.texts.len() == self.most {
                return self.closes.then_some(next);
            }
            self.codes.insert(text.to_vec(), next);
            self.texts.push(String::from_utf8_lossy(text).into_owned());
        }
        Some(next)
    }

    /// The code of a cell's text, spaces around it aside; none where it stands for no value.
    pub(crate) fn read(&mut self, cell: &[u8]) -> Result<Option<u32>, TooMany> {
        let text = cell.trim_ascii();
        if is_missing(text) { Ok(None) } else { self.code(text).map(Some).ok_or(TooMany) }
    }

    /// For other rows of the same column: without a text where texts are still gathered.
    pub(crate) fn alike(&self) -> Self {
        if self.open { Self { most: self.most, ..Self::new() } } else { self.clone() }
    }

    /// The codes that the texts of others for the same column have here, in the order of theirs; `None` when there would be
    /// more than there may be.
    pub(crate) fn absorb(&mut self, more: &Self) -> Option<Vec<u32>> {
        more.texts.iter().map(|text| self.code(text.as_bytes())).collect()
    }

    /// Whether codes depend on the order in which texts are met.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// How many texts.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts in the order of their codes.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.texts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_first_appearance() {
        let mut categories = Categories::new();
        assert_eq!([&b"b"[..], b"a", b"b"].map(|text| categories.code(text)), [Some(0), Some(1), Some(0)]);
        assert_eq!(categories.texts(), ["b", "a"]);
    }

    #[test]
    fn a_known_list_gets_no_longer() {
        let mut categories = Categories::of(&["a".into(), "b".into()]);
        assert_eq!([&b"b"[..], b"c", b"d"].map(|text| categories.code(text)), [Some(1), Some(2), Some(2)]);
    }

    #[test]
    fn bytes_that_are_no_text_keep_a_name() {
        let mut categories = Categories::new();
        assert_eq!(categories.code(b"gr\xf6n"), Some(0));
        let mut again = Categories::of(&categories.texts());
        assert_eq!((again.code(b"gr\xf6n"), again.code(b"gr")), (Some(0), Some(1)));
    }

    #[test]
    fn names_are_no_categories() {
        let mut categories = Categories::new();
        assert!((0..MOST).all(|i| categories.code(i.to_string().as_bytes()).is_some()));
        assert_eq!(categories.code(b"one more"), None);
        assert_eq!(categories.code(b"7"), Some(7));
    }
}
