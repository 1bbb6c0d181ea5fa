//! Which kind of table a file holds: by what the caller says, by its name, by its first bytes.

use std::path::Path;
use std::str::FromStr;

use crate::error::Error;
use crate::lead::Lead;
use crate::names::{did_you_mean, shell_word};

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with a delimiter, a comma unless another is found or told.
    Csv,
    /// Text with tabs.
    Tsv,
    /// Arrow IPC, file or stream.
    Arrow,
    /// Apache Parquet.
    Parquet,
    /// An array of `NumPy`.
    Npy,
    /// JSON objects, one a line or in an array.
    Jsonl,
}

impl Format {
    /// What `--format` takes.
    pub const NAMES: [&'static str; 6] = ["csv", "tsv", "arrow", "parquet", "npy", "jsonl"];

    /// By the extension of a file's name, or by the one before it where the last says how it is compressed.
    pub fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "arrow" | "feather" | "ipc" | "arrows" => Some(Self::Arrow),
            "parquet" | "pq" => Some(Self::Parquet),
            "npy" => Some(Self::Npy),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "gz" | "zst" | "zstd" => Self::of_name(Path::new(path.file_stem()?)),
            _ => None,
        }
    }

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
            Self::Npy => "npy",
            Self::Jsonl => "jsonl",
        }
    }

    /// What it is called in a sentence.
    fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Arrow => "Arrow",
            Self::Parquet => "Parquet",
            Self::Npy => "NumPy",
            Self::Jsonl => "JSON",
        }
    }

    fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet | Self::Npy)
    }

    pub(crate) fn delimiter(self) -> u8 {
        if self == Self::Tsv { b'\t' } else { b',' }
    }
}

/// A kind of file that a name promises and no writer here makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unwritable {
    file: String,
    extension: String,
    /// The command that compresses, for what is a compressed file.
    command: Option<&'static str>,
}

impl Unwritable {
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let command = match extension.as_str() {
            "gz" => Some("gzip"),
            "zst" => Some("zstd"),
            "bz2" => Some("bzip2"),
            "xz" => Some("xz"),
            "parquet" | "json" | "jsonl" | "ndjson" | "npy" | "xlsx" => None,
            _ => return None,
        };
        Some(Self { file: path.display().to_string(), extension, command })
    }

    pub(crate) fn refused(&self, option: &'static str) -> Error {
        let Self { file, extension, command } = self;
        let (kind, advice) = match command {
            Some(command) => {
                let flag = if option == "labels" { "-l" } else { "-o" };
                let file = shell_word(&crate::error::escaped(file));
                let line = format!("kmeans … {flag} - | {command} > {file}");
                ("compressed files are", format!("write to standard output and compress: {line}"))
            }
            None => ("that format is", "write .csv, .tsv or .arrow, and convert that".to_owned()),
        };
        Error::of_option(option, format!("names a .{extension} file, and {kind} not written"))
            .advise(Some(advice))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "tsv" => Ok(Self::Tsv),
            "arrow" => Ok(Self::Arrow),
            "parquet" => Ok(Self::Parquet),
            "npy" => Ok(Self::Npy),
            "jsonl" => Ok(Self::Jsonl),
            _ => {
                let message = format!(
                    "must be one of {}, got \"{}\"",
                    Self::NAMES.join(", "),
                    crate::error::shown(name)
                );
                Err(Error::of_option("format", message).advise(did_you_mean(name, Self::NAMES)))
            }
        }
    }
}

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

/// What an input says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs<'a> {
    /// The name in messages.
    pub(crate) input: &'a str,
    /// The file, if it is one that a command can read again.
    pub(crate) file: Option<&'a str>,
    pub(crate) lead: Lead,
    /// The first bytes.
    pub(crate) head: &'a [u8],
    /// What the name says.
    pub(crate) named: Option<Format>,
}

impl Signs<'_> {
    /// A shell's line that does `what` to the input before it is read.
    fn first(&self, what: &str) -> String {
        match self.file {
            Some(file) => format!("{what} {} | kmeans …", shell_word(file)),
            None => format!("… | {what} | kmeans …"),
        }
    }

    /// Says why an input is not read, and what to do first.
    fn refused(&self) -> Error {
        let (what, hint) = match self.lead {
            Lead::Utf16 => (
                "is UTF-16 text, and only UTF-8 is read".to_owned(),
                format!("convert it first: {}", self.first("iconv -f UTF-16 -t UTF-8")),
            ),
            Lead::Zip => (
                "is a ZIP archive, which is not read".to_owned(),
                "unzip it first; an .npz holds one .npy for each array, and an .xlsx can be saved as CSV"
                    .to_owned(),
            ),
            Lead::Packed(command) => (
                format!("is compressed with {command}, and only gzip and zstd are read"),
                format!("decompress it first: {}", self.first(&format!("{command} -dc"))),
            ),
            _ => ("is compressed twice".to_owned(), "decompress it once first".to_owned()),
        };
        Error::about(self.input, what).advise(Some(hint))
    }
}

/// The format that the beginning, the name and the caller agree on.
pub(crate) fn settle(signs: Signs<'_>, told: Option<Format>) -> Result<Format, Error> {
    let input = signs.input;
    let found = match signs.lead {
        Lead::Text { .. } => return settle_text(signs, told),
        Lead::Json => Format::Jsonl,
        Lead::ArrowFile | Lead::ArrowStream => Format::Arrow,
        Lead::Parquet => Format::Parquet,
        Lead::Npy => Format::Npy,
        Lead::Gzip | Lead::Zstd | Lead::Packed(_) | Lead::Zip | Lead::Utf16 => return Err(signs.refused()),
    };
    match told {
        Some(told) if told == found => Ok(found),
        // JSON is a text too.
        Some(told @ (Format::Csv | Format::Tsv)) if found == Format::Jsonl => Ok(told),
        Some(told) => {
            let message = format!("is {}, but {input} holds {} data", told.name(), found.title());
            Err(Error::of_option("format", message))
        }
        None => Ok(found),
    }
}

/// The format of a text that does not begin as JSON does.
fn settle_text(signs: Signs<'_>, told: Option<Format>) -> Result<Format, Error> {
    let Signs { input, named, .. } = signs;
    match (told, named) {
        (Some(told), _) if told.is_binary() => {
            let message = format!("is {}, but {input} holds no {} data", told.name(), told.title());
            Err(Error::of_option("format", message))
        }
        (Some(told), _) => Ok(told),
        (None, Some(named)) if named.is_binary() && is_text(signs.head) => {
            let hint = "if it is CSV, say --format csv".to_owned();
            Err(Error::about(input, format!("holds text, not {} data", named.title())).advise(Some(hint)))
        }
        (None, Some(Format::Arrow)) => Err(Error::about(
            input,
            "is damaged or no Arrow file: it begins with neither a file's nor a stream's mark",
        )),
        (None, Some(named)) if named.is_binary() => {
            let title = named.title();
            Err(Error::about(
                input,
                format!("is damaged or no {title} file: it does not begin with the mark of one"),
            ))
        }
        (None, named) => Ok(named.unwrap_or(Format::Csv)),
    }
}

/// Whether these bytes may be the beginning of a text.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|&byte| byte >= b' ' || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(lead: Lead, named: Option<Format>) -> Signs<'static> {
        Signs { input: "x", file: None, lead, head: b"a,b\n1,2\n", named }
    }

    #[test]
    fn names_tell_the_format() {
        assert_eq!(Format::of_name(Path::new("a/b.TSV")), Some(Format::Tsv));
        assert_eq!(Format::of_name(Path::new("b.feather")), Some(Format::Arrow));
        assert_eq!(Format::of_name(Path::new("csv")), None);
        assert_eq!(Format::of_name(Path::new("a.jsonl.GZ")), Some(Format::Jsonl));
        assert_eq!(Format::of_name(Path::new("a.gz")), None);
    }

    #[test]
    fn a_mistyped_format_gets_a_suggestion() {
        let error = "cvs".parse::<Format>().unwrap_err();
        assert_eq!(error.option(), Some("format"));
        assert_eq!(error.hint().unwrap(), "did you mean \"csv\"?");
    }

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

    fn the_first_bytes_win_over_the_name_but_not_over_the_option() {
        assert_eq!(settle(signs(Lead::ArrowFile, Some(Format::Csv)), None).unwrap(), Format::Arrow);
        let error = settle(signs(Lead::ArrowFile, None), Some(Format::Csv)).unwrap_err();
        assert_eq!(error.option(), Some("format"));
    }

    #[test]
    fn text_in_a_file_named_as_arrow_is_called_text() {
        let text = signs(Lead::Text { bom: false }, Some(Format::Arrow));
        let error = settle(text, None).unwrap_err();
        assert_eq!(error.to_string(), "x holds text, not Arrow data");
        assert_eq!(error.hint().unwrap(), "if it is CSV, say --format csv");
        let error = settle(Signs { head: b"\0\x01", ..text }, None).unwrap_err();
        assert!(error.to_string().starts_with("x is damaged"));
    }

    #[test]
    fn a_hint_can_be_followed_for_a_file_and_for_a_pipe() {
        let hint = |file| {
            settle(Signs { file, ..signs(Lead::Packed("bzip2"), None) }, None).unwrap_err().hint().unwrap()
        };
        assert_eq!(hint(Some("a b.bz2")), "decompress it first: bzip2 -dc 'a b.bz2' | kmeans …");
        assert_eq!(hint(None), "decompress it first: … | bzip2 -dc | kmeans …");
    }
}
