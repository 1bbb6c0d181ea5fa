//! Which kind of table a file holds: by what the caller says, by its name, by its first bytes.

use std::path::Path;
use std::str::FromStr;

use crate::error::Error;
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
}

impl Format {
    /// What `--format` takes.
    pub const NAMES: [&'static str; 3] = ["csv", "tsv", "arrow"];

    /// By the extension of a file's name.
    pub fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "arrow" | "feather" | "ipc" | "arrows" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Arrow => "arrow",
        }
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

/// What the first bytes of an input say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    Text { bom: bool },
    ArrowFile,
    ArrowStream,
    Parquet,
    Gzip,
    Zstd,
    Utf16,
}

const LEADS: [(&[u8], Lead); 8] = [
    (b"\xef\xbb\xbf", Lead::Text { bom: true }),
    (b"ARROW1", Lead::ArrowFile),
    (b"\xff\xff\xff\xff", Lead::ArrowStream),
    (b"PAR1", Lead::Parquet),
    (b"\x1f\x8b", Lead::Gzip),
    (b"\x28\xb5\x2f\xfd", Lead::Zstd),
    (b"\xff\xfe", Lead::Utf16),
    (b"\xfe\xff", Lead::Utf16),
];

/// `None` while `head` may still grow into one of the known beginnings.
pub(crate) fn lead(head: &[u8]) -> Option<Lead> {
    if let Some((_, lead)) = LEADS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*lead);
    }
    let undecided = LEADS.iter().any(|(magic, _)| magic.starts_with(head));
    (!undecided).then_some(Lead::Text { bom: false })
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
}

/// The format that the beginning, the name and the caller agree on.
pub(crate) fn settle(signs: Signs<'_>, told: Option<Format>) -> Result<Format, Error> {
    let Signs { input, lead, named, .. } = signs;
    let refuse = |what: &str, hint: String| Err(Error::about(input, what).advise(Some(hint)));
    let arrow = match lead {
        Lead::Parquet => {
            let hint = "convert it to Arrow or CSV first".to_owned();
            return refuse("is a Parquet file, which is not read yet", hint);
        }
        Lead::Gzip => {
            let hint = format!("decompress it first: {}", signs.first("gzip -dc"));
            return refuse("is compressed with gzip", hint);
        }
        Lead::Zstd => {
            let hint = format!("decompress it first: {}", signs.first("zstd -dc"));
            return refuse("is compressed with zstd", hint);
        }
        Lead::Utf16 => {
            let hint = format!("convert it first: {}", signs.first("iconv -f UTF-16 -t UTF-8"));
            return refuse("is UTF-16 text, and only UTF-8 is read", hint);
        }
        Lead::ArrowFile | Lead::ArrowStream => true,
        Lead::Text { .. } => false,
    };
    match (told, arrow) {
        (Some(Format::Arrow) | None, true) => Ok(Format::Arrow),
        (Some(told), true) => {
            let message = format!("is {}, but {input} holds Arrow data", told.name());
            Err(Error::of_option("format", message))
        }
        (Some(Format::Arrow), false) => {
            Err(Error::of_option("format", format!("is arrow, but {input} holds no Arrow data")))
        }
        (Some(told), false) => Ok(told),
        (None, false) if named == Some(Format::Arrow) && is_text(signs.head) => {
            let hint = "if it is CSV, say --format csv".to_owned();
            refuse("holds text, not Arrow data", hint)
        }
        (None, false) if named == Some(Format::Arrow) => Err(Error::about(
            input,
            "is damaged or no Arrow file: it begins with neither a file's nor a stream's mark",
        )),
        (None, false) => Ok(named.unwrap_or(Format::Csv)),
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
    fn a_beginning_is_decided_as_soon_as_it_can_be() {
        assert_eq!(lead(b""), None);
        assert_eq!(lead(b"AR"), None);
        assert_eq!(lead(b"a"), Some(Lead::Text { bom: false }));
        assert_eq!(lead(b"\xff\xfe"), Some(Lead::Utf16));
        assert_eq!(lead(b"\xff\xff\xff\xff"), Some(Lead::ArrowStream));
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
        let hint =
            |file| settle(Signs { file, ..signs(Lead::Gzip, None) }, None).unwrap_err().hint().unwrap();
        assert_eq!(hint(Some("a b.gz")), "decompress it first: gzip -dc 'a b.gz' | kmeans …");
        assert_eq!(hint(None), "decompress it first: … | gzip -dc | kmeans …");
    }
}
