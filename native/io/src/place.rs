//! Where the bytes of an input can be had a second time.

use std::fs::{self, File};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::Error;
use crate::format::Format;
use crate::source::{Origin, Source};
use crate::stop::Stop;
use crate::unpack::unpacked;

/// Bytes in memory that several readers share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Vec<u8>>);

impl Shared {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What can be read from any place.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// Where the same bytes can be had again.
pub(crate) enum Place {
    /// A regular file as it was when it was opened.
    Path { path: PathBuf, length: u64, modified: Option<SystemTime> },
    /// A copy that was made while reading.
    Spool(File),
    /// Bytes in memory.
    Memory(Shared),
}

impl Place {
    /// A regular file, which is there as long as nobody changes it; nothing else can be read again.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self::Path { path: path.to_owned(), length: found.len(), modified: found.modified().ok() })
    }

    /// Whether a file is still the one that was opened.
    pub(crate) fn is_unchanged(&self) -> bool {
        match self {
            Self::Path { path, length, modified } => fs::metadata(path)
                .is_ok_and(|found| found.len() == *length && found.modified().ok() == *modified),
            Self::Spool(_) | Self::Memory(_) => true,
        }
    }

    pub(crate) fn share(&self, name: &str) -> Result<Self, Error> {
        Ok(match self {
            Self::Path { path, length, modified } => {
                Self::Path { path: path.clone(), length: *length, modified: *modified }
            }
            Self::Spool(copy) => Self::Spool(copy.try_clone().map_err(|error| Error::reading(name, error))?),
            Self::Memory(bytes) => Self::Memory(bytes.clone()),
        })
    }

    /// The bytes from the start, once more.
    pub(crate) fn reopen(
        &self,
        name: &str,
        named: Option<Format>,
        stop: &Arc<dyn Stop>,
    ) -> Result<Source, Error> {
        let failed = |error| Error::reading(name, error);
        let (length, origin) = match self {
            Self::Path { path, length, .. } => {
                let file = File::open(path).map_err(failed)?;
                if !self.is_unchanged() {
                    return Err(Error::about(name, CHANGED));
                }
                (Some(*length), Origin::File(file))
            }
            Self::Spool(copy) => {
                let mut file = copy.try_clone().map_err(failed)?;
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                (file.metadata().ok().map(|found| found.len()), Origin::File(file))
            }
            Self::Memory(bytes) => (Some(bytes.len()), Origin::Memory(Cursor::new(bytes.clone()))),
        };
        unpacked(Source::begin(name.to_owned(), named, length, origin, None, stop)?)
    }
}

/// Says that an input is no longer what it was.
pub(crate) const CHANGED: &str = "changed while it was being read";

/// An empty file for a copy; it has no name, so nothing is left of it whatever happens.
pub(crate) fn spool(name: &str) -> Result<File, Error> {
    tempfile::tempfile().map_err(|error| Error::spooling(name, error))
}

/// A copy's file, to be written anew.
pub(crate) fn emptied(mut copy: File, name: &str) -> Result<File, Error> {
    let emptied = copy.set_len(0).and_then(|()| copy.rewind());
    emptied.map(|()| copy).map_err(|error| Error::spooling(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Input;
    use crate::stop::Never;

    fn never() -> Arc<dyn Stop> {
        Arc::new(Never)
    }

    #[test]
    fn a_kept_reader_is_read_twice() {
        let reader = Box::new(&b"a,b\n1,2\n"[..]);
        let input = Input::Reader { name: "x".to_owned(), reader };
        let mut source = Source::open(input, true, &never()).unwrap();
        std::io::copy(&mut source, &mut std::io::sink()).unwrap();
        let place = source.into_place().unwrap();
        for _ in 0..2 {
            let mut again = place.reopen("x", None, &never()).unwrap();
            let mut text = String::new();
            again.read_to_string(&mut text).unwrap();
            assert_eq!(text, "a,b\n1,2\n");
        }
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a\n1\n").unwrap();
        let source = Source::open(Input::Path(file.path().to_owned()), true, &never()).unwrap();
        let place = source.into_place().unwrap();
        fs::write(file.path(), "a\n1\n2\n").unwrap();
        let error = place.reopen("x", None, &never()).err().unwrap();
        assert_eq!(error.to_string(), "x changed while it was being read");
    }
}
