//! Which kind of table a file holds: by what the caller says, by its name, by its first bytes.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::compression::Compression;
use crate::error::Error;
use crate::lead::Lead;
use crate::names::{did_you_mean, path_word};

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

    /// What outputs may be.
    pub const WRITTEN: [&'static str; 5] = ["csv", "tsv", "arrow", "parquet", "jsonl"];

    /// By the extension of a file's name, or by the one before it where the last says how it is compressed.
    pub fn of_name(path: &Path) -> Option<Self> {
        if let Some((_, inner)) = Compression::of_name(path) {
            return Self::of_name(&inner);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "arrow" | "feather" | "ipc" | "arrows" => Some(Self::Arrow),
            "parquet" | "pq" => Some(Self::Parquet),
            "npy" => Some(Self::Npy),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
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

    /// The format that the value of an option names, for an output.
    ///
    /// # Errors
    /// [`Error::Option`] for anything that is not in [`Format::WRITTEN`].
    pub fn of_output(option: &'static str, name: &str) -> Result<Self, Error> {
        Self::of_option(option, name, &Self::WRITTEN)
    }

    fn of_option(option: &'static str, name: &str, names: &[&'static str]) -> Result<Self, Error> {
        let all = [Self::Csv, Self::Tsv, Self::Arrow, Self::Parquet, Self::Npy, Self::Jsonl];
        let mut all = all.into_iter().filter(|format| names.contains(&format.name()));
        all.find(|format| format.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let message =
                format!("must be one of {}, got \"{}\"", names.join(", "), crate::error::shown(name));
            Error::of_option(option, message).advise(did_you_mean(name, names.iter().copied()))
        })
    }

    /// Whether outputs may be of it.
    pub(crate) fn is_written(self) -> bool {
        Self::WRITTEN.contains(&self.name())
    }

    /// What it is called in a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Arrow => "Arrow",
            Self::Parquet => "Parquet",
            Self::Npy => "NumPy",
            Self::Jsonl => "JSON",
        }
    }

    /// Whether fields stand between delimiters.
    pub(crate) fn is_delimited(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }

    /// Whether it is no text.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet | Self::Npy)
    }

    pub(crate) fn delimiter(self) -> u8 {
        if self == Self::Tsv { b'\t' } else { b',' }
    }
}

/// A kind of file that a name promises and no writer here makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unwritable {
    file: PathBuf,
    extension: String,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// No such table is written.
    Format,
    /// Nothing is compressed like this but by this command.
    Compression(&'static str),
    /// Files of this format are not compressed as a whole.
    Twice(Format),
}

impl Unwritable {
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        let of = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
        let (outer, inner) = match Compression::of_name(path) {
            Some((_, inner)) => (of(path), of(&inner)?),
            None => (None, of(path)?),
        };
        let why = match inner.as_str() {
            "bz2" => Why::Compression("bzip2"),
            "xz" => Why::Compression("xz"),
            "lz4" => Why::Compression("lz4"),
            "br" => Why::Compression("brotli"),
            // Below the same or another ending.
            "gz" => Why::Compression("gzip"),
            "zst" | "zstd" => Why::Compression("zstd"),
            "json" | "npy" | "npz" | "xls" | "xlsx" | "ods" | "orc" | "avro" | "zip" | "pkl" => Why::Format,
            _ => Why::Twice(Format::of_name(path).filter(|format| outer.is_some() && format.is_binary())?),
        };
        let extension = outer.into_iter().fold(inner, |inner, outer| format!("{inner}.{outer}"));
        Some(Self { file: path.to_owned(), extension, why })
    }

    pub(crate) fn refused(&self, option: &'static str) -> Error {
        let Self { file, extension, why } = self;
        let (rule, advice) = match why {
            Why::Compression(command) => {
                let flag = if option == "labels" { "-l" } else { "-o" };
                let line = format!("kmeans … {flag} - | {command} > {}", path_word(file));
                let advice = format!("name it .gz or .zst, or write to standard output and compress: {line}");
                ("such compression is not written".to_owned(), advice)
            }
            Why::Format => {
                let advice = "write .csv, .tsv, .arrow, .parquet or .jsonl, and convert that".to_owned();
                ("that format is not written".to_owned(), advice)
            }
            Why::Twice(format) => {
                let rule = format!("{} is not compressed as a whole, only text is", format.title());
                (rule, "write .parquet, which is compressed inside, or text such as .csv.gz".to_owned())
            }
        };
        Error::of_option(option, format!("names a .{extension} file, and {rule}")).advise(Some(advice))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::of_option("format", name, &Self::NAMES)
    }
}

/// What an input says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs<'a> {
    /// The name in messages.
    pub(crate) input: &'a str,
    /// The file, if it is one that a command can read again.
    pub(crate) file: Option<&'a Path>,
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
            Some(file) => format!("{what} {} | kmeans …", path_word(file)),
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
            Lead::Utf32 => (
                "is UTF-32 text, and only UTF-8 is read".to_owned(),
                format!("convert it first: {}", self.first("iconv -f UTF-32 -t UTF-8")),
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
        Lead::Gzip | Lead::Zstd | Lead::Packed(_) | Lead::Zip | Lead::Utf16 | Lead::Utf32 => {
            return Err(signs.refused());
        }
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
        assert_eq!(hint(Some(Path::new("a b.bz2"))), "decompress it first: bzip2 -dc 'a b.bz2' | kmeans …");
        assert_eq!(hint(None), "decompress it first: … | bzip2 -dc | kmeans …");
    }
}
