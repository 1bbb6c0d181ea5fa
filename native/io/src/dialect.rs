//! How a text is written: what the caller says about its delimiter, header, decimals and comments.

use crate::error::Error;
use crate::format::Format;

/// What the caller says about the input; `None` is found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The kind of table.
    pub format: Option<Format>,
    /// Whether the first row of a text holds names.
    pub header: Option<bool>,
    /// The byte between two fields of a text; see [`parse_delimiter`].
    pub delimiter: Option<u8>,
    /// What stands before the decimals of a number in a text; see [`parse_decimal`].
    pub decimal: Option<u8>,
    /// What the lines of a text begin with that are no records, `Some(None)` for no such lines; see [`parse_comment`].
    pub comment: Option<Option<u8>>,
    /// On how many threads a text may be read; one without. What is read is the same.
    pub threads: Option<usize>,
}

/// Reads `--decimal`: a point or a comma.
///
/// # Errors
/// [`Error::Option`] for anything else.
pub fn parse_decimal(text: &str) -> Result<u8, Error> {
    match text {
        "." => Ok(b'.'),
        "," => Ok(b','),
        _ => {
            let message = format!("must be . or , and not \"{}\"", crate::error::shown(text));
            Err(Error::of_option("decimal", message))
        }
    }
}

/// Reads `--comment`: one ASCII character with which no number and no quoted field begins, or `none`.
///
/// # Errors
/// [`Error::Option`] for anything else.
pub fn parse_comment(text: &str) -> Result<Option<u8>, Error> {
    match text.as_bytes() {
        b"none" => Ok(None),
        &[byte] if byte.is_ascii_punctuation() && !b"\"+-.".contains(&byte) => Ok(Some(byte)),
        _ => {
            let message = format!(
                "must be a character that a comment can begin with, got \"{}\"",
                crate::error::shown(text)
            );
            Err(Error::of_option("comment", message)
                .advise(Some("give one character such as # or %, or the word none".to_owned())))
        }
    }
}

/// Reads `--delimiter`: one ASCII character that is no letter, digit, quote or line end, or `tab`, `\t`, `space`.
///
/// # Errors
/// [`Error::Option`] for anything else.
pub fn parse_delimiter(text: &str) -> Result<u8, Error> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        "space" => Ok(b' '),
        _ => match text.as_bytes() {
            // '+', '-' and '.' are parts of numbers.
            &[byte]
                if byte == b'\t'
                    || byte == b' '
                    || (byte.is_ascii_punctuation() && !b"\"+-.".contains(&byte)) =>
            {
                Ok(byte)
            }
            _ => {
                let message = format!(
                    "must be a character that can separate fields, got \"{}\"",
                    crate::error::shown(text)
                );
                Err(Error::of_option("delimiter", message)
                    .advise(Some("give one character such as , ; | or the word tab".to_owned())))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_plain_character() {
        assert_eq!(parse_delimiter("tab").unwrap(), b'\t');
        assert_eq!(parse_delimiter(";").unwrap(), b';');
        for bad in ["", "ab", "\"", "7", "-", "\n", "é"] {
            assert_eq!(parse_delimiter(bad).unwrap_err().option(), Some("delimiter"), "{bad:?}");
        }
    }

    #[test]
    fn a_decimal_mark_is_a_point_or_a_comma_and_a_comment_begins_with_one_plain_character() {
        assert_eq!((parse_decimal(",").unwrap(), parse_decimal(".").unwrap()), (b',', b'.'));
        assert_eq!((parse_comment("#").unwrap(), parse_comment("none").unwrap()), (Some(b'#'), None));
        for bad in ["", "//", "\"", "7", "-", "a", " ", "\n", "é"] {
            assert_eq!(parse_decimal(bad).unwrap_err().option(), Some("decimal"), "{bad:?}");
            assert_eq!(parse_comment(bad).unwrap_err().option(), Some("comment"), "{bad:?}");
        }
    }
}
