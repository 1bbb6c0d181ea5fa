//! Arrow IPC, files and streams.

pub(crate) mod column;
pub(crate) mod decode;
pub(crate) mod frames;
pub(crate) mod leaves;
pub(crate) mod number;
pub(crate) mod prefetch;
pub(crate) mod records;
pub(crate) mod table;

/// What a panic on hostile bytes amounts to.
pub(crate) const CONTRADICTION: &str = "its lengths contradict each other";

/// Runs a call into the Arrow crates, which may panic on hostile bytes, and turns a panic into a reason.
pub(crate) fn contained<T>(
    call: impl FnOnce() -> Result<T, arrow_schema::ArrowError>,
) -> Result<T, arrow_schema::ArrowError> {
    contained_as(call)
}

/// The same for a crate with an error of its own.
pub(crate) fn contained_as<T, E: From<arrow_schema::ArrowError>>(
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    // Unwind safe: whatever the call was changing is dropped by the caller, who goes no further after an error.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err(arrow_schema::ArrowError::IpcError(CONTRADICTION.to_owned()).into()))
}

/// One short line of an Arrow error, whose own text may hold dumps of buffers.
pub(crate) fn brief(error: &arrow_schema::ArrowError) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(120).filter(|letter| !letter.is_control()).collect();
    short
}
