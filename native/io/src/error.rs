//! What can go wrong with a table: each a sentence that names the place and the rule, lower case, no full stop.

use std::io;

use kmeans_engine::allocation::OutOfMemory;

use crate::channel::Unfinished;
use crate::visible::shown_path;

pub(crate) use crate::visible::escaped;
pub use crate::visible::shown;

/// Whose fault it is; the command line turns it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An option names something that is not there or means nothing.
    Option,
    /// The contents of the input.
    Data,
    /// A file that cannot be read or written.
    File,
    /// The system has no memory for what the input holds.
    Memory,
    /// Whoever read our standard output has stopped reading.
    ClosedPipe,
    /// The caller asked to stop.
    Interrupted,
    /// A defect of this crate.
    Internal,
}

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is at fault; the message reads after the option's name.
    #[error("{message}")]
    Option {
        /// The option in camel case, such as `columns`.
        option: &'static str,
        /// What is wrong with its value.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The contents of the input are at fault.
    #[error("{message}")]
    Data {
        /// The whole sentence, the input's name included.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// One cell of the input is at fault.
    #[error(transparent)]
    Cell(Box<Cell>),
    /// Reading failed.
    #[error("cannot read {name}: {}", reason(.source))]
    Read {
        /// The input.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// Writing failed.
    #[error("cannot write to {name}: {}", reason(.source))]
    Write {
        /// The output.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The copy of an input that comes once and is needed twice cannot be made.
    #[error("cannot copy {input} to the temporary folder {folder}: {}", reason(.source))]
    Spool {
        /// The input.
        input: String,
        /// Where the copy goes.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// There is no memory for what the input holds.
    #[error("{input}: {source}")]
    OutOfMemory {
        /// The input.
        input: String,
        /// How much was asked for.
        source: OutOfMemory,
    },
    /// Whoever read our standard output has stopped reading; not a failure worth a message.
    #[error("standard output was closed by its reader")]
    ClosedPipe,
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Counts of what was read do not add up, so a result would be wrong. Never the fault of the input.
    #[error("{message}")]
    Internal {
        /// The whole sentence, the input's name included.
        message: String,
    },
}

/// A cell that holds no usable number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{input}: row {row}{}, column \"{}\": {} {rule}{}", in_line(*.line), shown(.column), quoted(.value.as_deref()), in_all(*.missing))]
pub struct Cell {
    /// The input's name.
    pub input: String,
    /// The data row, counted from 1.
    pub row: u64,
    /// The line of a text file on which the row begins, counted from 1.
    pub line: Option<u64>,
    /// The column's name.
    pub column: String,
    /// The value as far as it is shown; `None` when there is none (an empty cell, a null).
    pub value: Option<String>,
    /// The rule it breaks.
    pub rule: String,
    /// Missing cells in all, and the rows they are in, where this is the first of several.
    pub missing: Option<(u64, u64)>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Option { .. } => Kind::Option,
            Self::Data { .. } | Self::Cell(_) => Kind::Data,
            Self::Read { .. } | Self::Write { .. } | Self::Spool { .. } => Kind::File,
            Self::OutOfMemory { .. } => Kind::Memory,
            Self::ClosedPipe => Kind::ClosedPipe,
            Self::Interrupted => Kind::Interrupted,
            Self::Internal { .. } => Kind::Internal,
        }
    }

    /// The option at fault, in camel case.
    pub fn option(&self) -> Option<&'static str> {
        match self {
            Self::Option { option, .. } => Some(option),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Option { hint, .. } | Self::Data { hint, .. } => hint.clone(),
            Self::Cell(cell) => cell.hint.clone(),
            Self::Spool { .. } => {
                let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
                Some(format!("set {variable} to a folder with room for the whole input"))
            }
            _ => None,
        }
    }

    pub(crate) fn about(input: &str, predicate: impl AsRef<str>) -> Self {
        Self::Data { message: format!("{input} {}", predicate.as_ref()), hint: None }
    }

    pub(crate) fn at(input: &str, sentence: impl AsRef<str>) -> Self {
        Self::Data { message: format!("{input}: {}", sentence.as_ref()), hint: None }
    }

    /// Two counts of the same thing that differ: `from` of them were handed out, and `to` of them arrived.
    pub(crate) fn miscounted(input: &str, what: &str, from: u64, to: u64) -> Self {
        Self::Internal {
            message: format!("{what} of {input} were lost: {from} were handed out, and {to} arrived"),
        }
    }

    /// Reading that stopped although nobody said that this was the end.
    pub(crate) fn unfinished(input: &str) -> Self {
        Self::Internal { message: format!("cannot read {input} to its end: {Unfinished}") }
    }

    pub(crate) fn of_option(option: &'static str, message: String) -> Self {
        Self::Option { option, message, hint: None }
    }

    #[must_use]
    pub(crate) fn advise(mut self, advice: Option<String>) -> Self {
        match &mut self {
            Self::Option { hint, .. } | Self::Data { hint, .. } => *hint = advice,
            Self::Cell(cell) => cell.hint = advice,
            _ => {}
        }
        self
    }

    pub(crate) fn reading(name: &str, source: io::Error) -> Self {
        if is_stopped(&source) {
            return Self::Interrupted;
        }
        if let Some(source) = source.get_ref().and_then(|inner| inner.downcast_ref().copied()) {
            return Self::OutOfMemory { input: name.to_owned(), source };
        }
        if source.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Unfinished>) {
            return Self::unfinished(name);
        }
        match source.downcast::<Spooling>() {
            Ok(Spooling(source)) => Self::spooling(name, source),
            Err(source) => match source.downcast::<Undecodable>() {
                Ok(Undecodable { predicate, hint }) => {
                    Self::about(name, predicate).advise(hint.map(str::to_owned))
                }
                Err(source) => Self::Read { name: name.to_owned(), source },
            },
        }
    }

    pub(crate) fn spooling(input: &str, source: io::Error) -> Self {
        let folder = shown_path(&std::env::temp_dir());
        Self::Spool { input: input.to_owned(), folder, source }
    }

    pub(crate) fn writing(name: &str, source: io::Error) -> Self {
        match source.kind() {
            _ if is_stopped(&source) => Self::Interrupted,
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Write { name: name.to_owned(), source },
        }
    }
}

/// Travels through `std::io` so that a reader inside a library can report that the caller asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
struct Stopped;

// Not ErrorKind::Interrupted: `read_exact` and `write_all` retry that one.
pub(crate) fn stopped() -> io::Error {
    io::Error::other(Stopped)
}

fn is_stopped(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Stopped>)
}

impl From<Unfinished> for io::Error {
    fn from(unfinished: Unfinished) -> Self {
        Self::other(unfinished)
    }
}

/// The same failure once more, for whoever reads on after it: what failed has not ended.
pub(crate) fn repeated(error: &io::Error) -> io::Error {
    let inner = error.get_ref();
    if let Some(undecodable) = inner.and_then(|inner| inner.downcast_ref::<Undecodable>()) {
        return io::Error::other(undecodable.clone());
    }
    if let Some(&unfinished) = inner.and_then(|inner| inner.downcast_ref::<Unfinished>()) {
        return unfinished.into();
    }
    if let Some(Spooling(source)) = inner.and_then(|inner| inner.downcast_ref()) {
        return spooling(repeated(source));
    }
    match error.raw_os_error() {
        _ if is_stopped(error) => stopped(),
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Travels through `std::io` so that a full temporary folder is not taken for an input that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the copy cannot be written")]
struct Spooling(#[source] io::Error);

pub(crate) fn spooling(error: io::Error) -> io::Error {
    io::Error::other(Spooling(error))
}

/// Travels through `std::io` so that what is wrong with compressed bytes is told as a fault of the data.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{predicate}")]
pub(crate) struct Undecodable {
    predicate: String,
    hint: Option<&'static str>,
}

/// `predicate` reads after the input's name.
pub(crate) fn undecodable(predicate: String, hint: Option<&'static str>) -> io::Error {
    io::Error::other(Undecodable { predicate, hint })
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "the cell".to_owned(), |value| format!("\"{}\"", shown(value)))
}

fn in_all(missing: Option<(u64, u64)>) -> String {
    match missing {
        None | Some((1, _)) => String::new(),
        Some((cells, 1)) => format!("; {cells} cells of this row are missing"),
        Some((cells, rows)) => format!("; {cells} cells in {rows} rows are missing"),
    }
}

fn in_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::StorageFull => "no space left on device".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_error_names_the_place_and_the_rule() {
        let cell = Cell {
            input: "penguins.csv".into(),
            row: 4,
            line: Some(5),
            column: "bill".into(),
            value: Some("a\u{1b}".repeat(30)),
            rule: "is not a number".into(),
            missing: None,
            hint: None,
        };
        let text = Error::Cell(Box::new(cell)).to_string();
        assert!(text.starts_with("penguins.csv: row 4 (line 5), column \"bill\": \"a\\u{1b}a"), "{text}");
        assert!(text.ends_with("…\" is not a number"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_full_disk_is_told_without_its_number() {
        let error = Error::writing("x.csv", io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "cannot write to x.csv: no space left on device");
    }

    #[test]
    fn a_full_temporary_folder_is_not_a_fault_of_the_input() {
        let error = Error::reading("standard input", spooling(io::Error::from_raw_os_error(28)));
        let text = error.to_string();
        assert!(text.starts_with("cannot copy standard input to the temporary folder "), "{text}");
        assert!(text.ends_with(": no space left on device"), "{text}");
        assert!(error.hint().unwrap().contains("TMP"));
    }

    #[test]
    fn a_stopped_read_is_an_interruption() {
        assert_eq!(Error::reading("x", stopped()).kind(), Kind::Interrupted);
    }

    #[test]
    fn a_failure_is_the_same_when_it_is_told_again() {
        let failures: [&dyn Fn() -> io::Error; 6] = [
            &stopped,
            &|| Unfinished.into(),
            &|| undecodable("is damaged".to_owned(), Some("mend it")),
            &|| spooling(io::Error::from_raw_os_error(28)),
            &|| io::Error::from_raw_os_error(5),
            &|| io::ErrorKind::UnexpectedEof.into(),
        ];
        for failure in failures {
            let (first, second) = (failure(), repeated(&failure()));
            let (first, second) = (Error::reading("x", first), Error::reading("x", second));
            assert_eq!((first.to_string(), first.kind()), (second.to_string(), second.kind()));
            assert_eq!(first.hint(), second.hint());
        }
        assert_eq!(Error::reading("x", Unfinished.into()).kind(), Kind::Internal);
    }
}
