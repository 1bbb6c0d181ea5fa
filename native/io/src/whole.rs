//! Files that are read whole: models and starting centroids. They are looked at before they are read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, escaped};

/// Bytes of the largest file that is read whole: some 13 million numbers, which are 17,000 centroids of 768 columns. What is made of
/// it stays within the 512 MB that a command may take beside `--memory`.
pub(crate) const LARGEST_WHOLE: u64 = 256 << 20;

/// Kind of a file that is read whole, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// A fitted model.
    Model,
    /// Starting centroids.
    Centroids,
}

impl Whole {
    /// Refuses what is no file and no pipe, and a file that is too large, by what the system says of it.
    pub(crate) fn inspect(self, path: &Path) -> Result<(), Error> {
        let name = escaped(&path.display().to_string());
        let found = fs::metadata(path).map_err(|error| Error::reading(&name, error))?;
        if found.is_dir() {
            return Err(Error::reading(&name, io::ErrorKind::IsADirectory.into()));
        }
        if !found.is_file() && !is_pipe(found.file_type()) {
            return Err(Error::about(&name, format!("is a device, and {} is a file or a pipe", self.noun())));
        }
        if found.len() > LARGEST_WHOLE { Err(self.too_large(&name)) } else { Ok(()) }
    }

    /// Says that there is more than any such file has.
    pub(crate) fn too_large(self, name: &str) -> Error {
        let (most, noun) = (LARGEST_WHOLE >> 20, self.noun());
        Error::about(name, format!("is larger than {most} MiB, which {noun} never is"))
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Model => "a model",
            Self::Centroids => "a table of centroids",
        }
    }
}

/// Reads a model file, of at most 256 MiB whatever the system says of its size; "-" is standard input.
///
/// # Errors
/// [`Error::Read`], and [`Error::Data`] for a device or a file that is too large.
pub fn read_model_file(path: &str) -> Result<Vec<u8>, Error> {
    if path == "-" {
        return read_model_text(io::stdin().lock(), "standard input");
    }
    Whole::Model.inspect(Path::new(path))?;
    let name = escaped(path);
    read_model_text(File::open(path).map_err(|error| Error::reading(&name, error))?, &name)
}

/// Reads the text of a model, of at most 256 MiB.
///
/// # Errors
/// [`Error::Read`], and [`Error::Data`] for more.
pub fn read_model_text(reader: impl Read, name: &str) -> Result<Vec<u8>, Error> {
    bounded(reader, name, LARGEST_WHOLE)
}

/// Refuses a file of centroids that is no file and no pipe, or larger than 256 MiB, before it is read.
///
/// # Errors
/// [`Error::Read`], [`Error::Data`].
pub fn inspect_centroids(path: &Path) -> Result<(), Error> {
    Whole::Centroids.inspect(path)
}

fn bounded(reader: impl Read, name: &str, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = reader.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::reading(name, error))?;
    if bytes.len() as u64 > most { Err(Whole::Model.too_large(name)) } else { Ok(bytes) }
}

#[cfg(unix)]
fn is_pipe(kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    // A shell may hand down a socket in place of a pipe.
    kind.is_fifo() || kind.is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_: fs::FileType) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_looked_at_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        let file = File::create(&path).unwrap();
        // Sparse: nothing is written, and nothing may be read.
        file.set_len(LARGEST_WHOLE + 1).unwrap();
        let told = |error: Error| error.to_string().replace(&path.display().to_string(), "m.json");
        let path_text = path.to_str().unwrap();
        assert_eq!(
            told(read_model_file(path_text).unwrap_err()),
            "m.json is larger than 256 MiB, which a model never is"
        );
        file.set_len(3).unwrap();
        assert_eq!(read_model_file(path_text).unwrap(), [0; 3]);
        let error = read_model_file(folder.path().to_str().unwrap()).unwrap_err().to_string();
        assert!(error.ends_with(": it is a directory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_read() {
        let told = |error: Error| error.to_string();
        assert_eq!(
            told(read_model_file("/dev/zero").unwrap_err()),
            "/dev/zero is a device, and a model is a file or a pipe"
        );
        assert_eq!(
            told(Whole::Centroids.inspect(Path::new("/dev/zero")).unwrap_err()),
            "/dev/zero is a device, and a table of centroids is a file or a pipe"
        );
    }

    #[test]
    fn a_size_that_lies_is_found_out() {
        let error = bounded(io::repeat(b' '), "x", 1 << 20).unwrap_err().to_string();
        assert_eq!(error, "x is larger than 256 MiB, which a model never is");
    }
}
