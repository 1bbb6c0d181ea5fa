//! Where results go: standard output, or a file that appears whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compression::{Compression, Compressor};
use crate::error::Error;
use crate::format::{Format, Unwritable};
use crate::pipe::{when_ready, widen};
use crate::stop::Stop;
use crate::temporary::Temporary;
use crate::visible::shown_path;

const BUFFER: usize = 256 << 10;

/// A place to write to. Dropped without [`Output::finish`], a file leaves no trace and the old one is untouched.
pub struct Output {
    name: String,
    format: Option<Format>,
    unwritable: Option<Unwritable>,
    stream: bool,
    compression: Option<Compression>,
    writer: Compressor<BufWriter<Patient>>,
    pending: Option<Pending>,
}

/// A temporary file and what becomes of it.
struct Pending {
    temporary: Temporary,
    target: PathBuf,
}

/// Waits where Node has made a pipe non-blocking.
struct Patient {
    file: File,
    stop: Arc<dyn Stop>,
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = &mut self.file;
        when_ready(&*self.stop, || file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Output {
    /// Opens `-` (standard output) or a file, before any long work, so that what cannot be written is told at once.
    ///
    /// A file's name tells its [`Output::format`]. An existing file keeps its permissions, a symbolic link keeps
    /// pointing to it, and what is no regular file (`/dev/null`, a FIFO) is written directly. `protect` are files that
    /// this run also writes.
    ///
    /// # Errors
    /// [`Error::Write`] when the place cannot be written, or is a directory or one of `protect`.
    pub fn open(target: &Path, protect: &[&Path], stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        if target == Path::new("-") || STDOUT.iter().any(|name| target == Path::new(name)) {
            let name = "standard output".to_owned();
            let file = standard_output().map_err(|error| Error::writing(&name, error))?;
            return Self::direct(name, file, stop, None);
        }
        let given = target;
        let name = shown_path(given);
        let failed = |error| Error::writing(&name, error);
        if names_folder(given) {
            return Err(failed(io::Error::other("the name is that of a folder, and a file is needed")));
        }
        if STDERR.iter().any(|name| given == Path::new(name)) {
            let file = standard_error().map_err(failed)?;
            return Self::direct(name, file, stop, None);
        }
        let target = follow(given).map_err(failed)?;
        if protect.iter().any(|other| is_same_file(other, given)) {
            return Err(failed(io::Error::other("another output goes to the same file")));
        }
        let existing = match fs::metadata(&target) {
            Ok(found) if found.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(found) => {
                // A descriptor is somebody's open file, which is written on and not replaced.
                let direct = !found.is_file() || is_descriptor(&target);
                // A file that must not be written must not be renamed over either, though the directory may allow it.
                let file = OpenOptions::new().write(true).append(direct).open(&target).map_err(failed)?;
                if direct {
                    return Self::direct(name, file, stop, Some(given));
                }
                Some(found.permissions())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let (file, temporary) = Temporary::beside(&target, existing).map_err(failed)?;
        let pending = Some(Pending { temporary, target });
        let stream = given.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("arrows"));
        let unwritable = Unwritable::of_name(given);
        Ok(Self { unwritable, stream, pending, ..Self::direct(name, file, stop, Some(given))? })
    }

    /// `path` is what tells of the format, if anything does.
    fn direct(name: String, file: File, stop: &Arc<dyn Stop>, path: Option<&Path>) -> Result<Self, Error> {
        let compression = path.and_then(Compression::of_name).map(|(compression, _)| compression);
        let format = path.and_then(Format::of_name).filter(|format| format.is_written());
        widen(&file);
        let writer = BufWriter::with_capacity(BUFFER, Patient { file, stop: Arc::clone(stop) });
        let writer = Compressor::new(writer, compression).map_err(|error| Error::writing(&name, error))?;
        Ok(Self { name, format, unwritable: None, stream: true, compression, writer, pending: None })
    }

    /// Refuses a file whose name promises a table that no writer here makes, such as `o.csv.xz` or `o.npy`.
    /// `option` is the one that names the file. For tables only: a model is JSON.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn refuse_unwritable(&self, option: &'static str) -> Result<(), Error> {
        self.unwritable.as_ref().map_or(Ok(()), |unwritable| Err(unwritable.refused(option)))
    }

    /// The name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the name says about the format.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The format of a table that goes here: as told, else what the name says, else `otherwise`.
    ///
    /// # Errors
    /// [`Error::Data`] when the name says that the file is compressed, and the format is one whose files are not.
    pub fn target(&self, told: Option<Format>, otherwise: Format) -> Result<Format, Error> {
        let target = told.or(self.format).unwrap_or(otherwise);
        match self.compression {
            Some(compression) if target.is_binary() => {
                let (extension, title) = (compression.extension(), target.title());
                let sentence = format!("{title} is not written into a .{extension} file, only text is");
                let hint =
                    format!("name a text before it, such as .csv.{extension}, or leave .{extension} out");
                Err(Error::at(&self.name, sentence).advise(Some(hint)))
            }
            _ if !target.is_written() => {
                Err(Error::about(&self.name, format!("cannot be {}, which is only read", target.title())))
            }
            _ => Ok(target),
        }
    }

    /// Whether Arrow goes here as a stream, because nobody can seek in it.
    pub(crate) fn is_stream(&self) -> bool {
        self.stream
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::ClosedPipe`].
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|error| Error::writing(&self.name, error))
    }

    /// Sends on what is buffered, unless the file appears only at the end anyway.
    pub(crate) fn send(&mut self) -> Result<(), Error> {
        if self.pending.is_some() {
            return Ok(());
        }
        self.writer.flush().map_err(|error| Error::writing(&self.name, error))
    }

    /// Writes what is buffered and lets the file appear under its name.
    ///
    /// # Errors
    /// [`Error::Write`], with the old file untouched; [`Error::ClosedPipe`].
    pub fn finish(mut self) -> Result<(), Error> {
        self.writer.finish().map_err(|error| Error::writing(&self.name, error))?;
        match self.pending.take() {
            None => Ok(()),
            Some(Pending { temporary, target }) => {
                temporary.persist(&target).map_err(|error| Error::writing(&self.name, error))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_some() { Ok(()) } else { self.writer.flush() }
    }
}

const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

const STDERR: [&str; 3] = ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];

/// Tells if a path ends as only that of a folder does: in a separator, or in `.` behind one. [`Path`] overlooks both, and a
/// file without them would be written.
fn names_folder(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let bytes = bytes.strip_suffix(b".").filter(|rest| !rest.is_empty()).unwrap_or(bytes);
    bytes.last().is_some_and(|&byte| std::path::is_separator(char::from(byte)))
}

/// Whether a path is an open file of a process. What such a link says, `pipe:[123]` or the name of a file that is gone,
/// is no path: only the system can follow it.
fn is_descriptor(target: &Path) -> bool {
    ["/dev/stdin", "/dev/stdout", "/dev/stderr"].iter().any(|name| target == Path::new(name))
        || target.starts_with("/dev/fd")
        || target.starts_with("/proc")
}

/// The file that a chain of symbolic links ends at, whether it exists or not.
fn follow(target: &Path) -> io::Result<PathBuf> {
    // As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = target.to_owned();
    for _ in 0..LINKS {
        if is_descriptor(&path) {
            return Ok(path);
        }
        let Ok(next) = fs::read_link(&path) else { return Ok(spelled(path)) };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Tells if two paths lead to one file, be it there or not.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((follow(one), follow(other)), (Ok(one), Ok(other)) if one == other)
}

/// One spelling of the directory, so that `./x` and `x` are the same file.
fn spelled(path: PathBuf) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize().ok(), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(unix)]
fn standard_error() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

#[cfg(windows)]
fn standard_error() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stderr().as_handle().try_clone_to_owned()?))
}

#[cfg(test)]
mod tests;
