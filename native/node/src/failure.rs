//! Failures as values: what went wrong, whose fault it is, what to do.

use kmeans_io::names::escaped;
use napi_derive::napi;

/// Which side is at fault. Decides the exit code of the command line.
#[napi(string_enum)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The value of an option, or a column that an option names.
    InvalidOption,
    /// What is in the table.
    InvalidData,
    /// A file that cannot be opened, read or written.
    File,
    /// The model is damaged, too new, or does not fit the table.
    InvalidModel,
    /// The system has no memory for what the table holds.
    OutOfMemory,
    /// Cancelled before there was anything to keep.
    Interrupted,
    /// Whoever read our output has stopped reading.
    ClosedPipe,
    /// A defect of kmeans.
    Internal,
}

/// Advice where the system has no memory.
pub const LESS_MEMORY: &str = "free memory, or hold less of the table with a smaller --memory";

/// A failure, as a value.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct Failure {
    pub code: ErrorCode,
    /// One sentence, lower case, without a full stop. For `InvalidOption` it reads after the option's name.
    pub message: String,
    /// The option at fault, by its name in TypeScript.
    pub option: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    /// Every failure is made here, and every hint by [`Failure::hint`], so that no text of others (a cell, a path, a model's
    /// field, a message of a library) reaches a terminal with its control characters.
    pub fn new(code: ErrorCode, message: impl AsRef<str>) -> Self {
        Self { code, message: escaped(message.as_ref()), option: None, hint: None }
    }

    pub fn option(option: &str, message: impl AsRef<str>) -> Self {
        Self { option: Some(option.to_owned()), ..Self::new(ErrorCode::InvalidOption, message) }
    }

    #[must_use]
    pub fn hint(self, hint: impl AsRef<str>) -> Self {
        Self { hint: Some(escaped(hint.as_ref())), ..self }
    }

    /// A model at fault, named by its file.
    pub fn model(name: &str, error: &kmeans_model::Error) -> Self {
        Self::new(ErrorCode::InvalidModel, format!("{name} {error}")).hint(error.hint())
    }
}

impl From<kmeans_engine::Error> for Failure {
    fn from(error: kmeans_engine::Error) -> Self {
        use kmeans_engine::Error;
        let message = error.to_string();
        match error {
            Error::Option { option, .. } | Error::Choice { option, .. } => Self::option(option, message),
            Error::Source(source) => match source.inner().downcast_ref::<kmeans_io::Error>() {
                Some(error) => Self::from(error),
                None => Self::new(ErrorCode::File, message),
            },
            Error::Interrupted => Self::new(ErrorCode::Interrupted, message),
            Error::OutOfMemory(_) => Self::new(ErrorCode::OutOfMemory, message).hint(LESS_MEMORY),
            Error::Internal(_) => Self::new(ErrorCode::Internal, message),
            Error::FewerRowsThanClusters { rows, .. } => {
                Self::new(ErrorCode::InvalidData, message).hint(format!("ask for at most {rows}: -k {rows}"))
            }
            Error::NoRows
            | Error::NotFinite { .. }
            | Error::Weight { .. }
            | Error::WeightSum
            | Error::NoWeight
            | Error::Column { .. }
            | Error::Apart { .. }
            | Error::Changed { .. }
            | Error::Columns { .. } => Self::new(ErrorCode::InvalidData, message),
        }
    }
}

impl From<kmeans_io::Error> for Failure {
    fn from(error: kmeans_io::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&kmeans_io::Error> for Failure {
    fn from(error: &kmeans_io::Error) -> Self {
        use kmeans_io::Kind;
        let code = match error.kind() {
            Kind::Option => ErrorCode::InvalidOption,
            Kind::Data => ErrorCode::InvalidData,
            Kind::File => ErrorCode::File,
            Kind::Memory => ErrorCode::OutOfMemory,
            Kind::ClosedPipe => ErrorCode::ClosedPipe,
            Kind::Interrupted => ErrorCode::Interrupted,
            Kind::Internal => ErrorCode::Internal,
        };
        let option = error.option().map(str::to_owned);
        let failure = Self { option, ..Self::new(code, error.to_string()) };
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None if code == ErrorCode::OutOfMemory => failure.hint(LESS_MEMORY),
            None => failure,
        }
    }
}
