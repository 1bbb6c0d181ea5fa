//! Where bytes come from, and how they are read a second time.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Error, stopped};
use crate::format::{Format, Lead, lead};
use crate::pipe::{CHUNK, Pipe, when_ready};
use crate::stop::Stop;

/// A table's bytes.
pub enum Input {
    /// A file, or anything with a path that can be read: a FIFO, `/dev/fd/63`.
    Path(PathBuf),
    /// File descriptor 0.
    Stdin,
    /// An Arrow IPC file or stream in memory.
    Ipc(Vec<u8>),
    /// Any other bytes, under the name that messages give them.
    Reader {
        /// The name in messages.
        name: String,
        /// The bytes.
        reader: Box<dyn Read + Send>,
    },
}

/// Bytes in memory that several readers share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What can be read from any place.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

enum Origin {
    /// A regular file from its first byte.
    File(File),
    Pipe(Pipe),
    Memory(Cursor<Shared>),
    Reader(Box<dyn Read + Send>),
}

/// Where the same bytes can be had again.
pub(crate) enum Place {
    /// A regular file as it was when it was opened.
    Path { path: PathBuf, length: u64, modified: Option<SystemTime> },
    /// A copy that was made while reading.
    Spool(File),
    /// Bytes in memory.
    Memory(Shared),
}

/// An opened input whose first bytes are known.
pub(crate) struct Source {
    pub(crate) name: String,
    /// What the file's name says.
    pub(crate) named: Option<Format>,
    pub(crate) lead: Lead,
    /// Bytes in all, for regular files and memory.
    pub(crate) length: Option<u64>,
    origin: Origin,
    head: Vec<u8>,
    head_at: usize,
    place: Option<Place>,
    stop: Arc<dyn Stop>,
}

impl Source {
    /// With `keep`, [`Source::into_place`] can give the same bytes again.
    pub(crate) fn open(input: Input, keep: bool, stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        let (name, named, length, origin, place) = match input {
            Input::Path(path) => Self::open_path(&path, stop)?,
            Input::Stdin => Self::open_stdin(stop)?,
            Input::Ipc(bytes) => {
                let bytes = Shared(Arc::new(bytes));
                let (length, place) = (bytes.0.len() as u64, Place::Memory(bytes.clone()));
                (
                    "the Arrow data".to_owned(),
                    None,
                    Some(length),
                    Origin::Memory(Cursor::new(bytes)),
                    Some(place),
                )
            }
            Input::Reader { name, reader } => (name, None, None, Origin::Reader(reader), None),
        };
        let place = match place {
            None if keep => Some(Place::Spool(spool(&name)?)),
            place => place.filter(|_| keep),
        };
        Self::begin(name, named, length, origin, place, stop)
    }

    #[expect(clippy::type_complexity, reason = "the five parts are taken apart at the only call")]
    fn open_path(
        path: &Path,
        stop: &Arc<dyn Stop>,
    ) -> Result<(String, Option<Format>, Option<u64>, Origin, Option<Place>), Error> {
        let name = path.display().to_string();
        let failed = |error| Error::reading(&name, error);
        let found = fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let named = Format::of_name(path);
        if !found.is_file() {
            let path = path.to_owned();
            let pipe = Pipe::start(move || File::open(path), stop).map_err(failed)?;
            return Ok((name, named, None, Origin::Pipe(pipe), None));
        }
        let file = File::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        let (length, modified) = (found.len(), found.modified().ok());
        let place = Place::Path { path: path.to_owned(), length, modified };
        Ok((name, named, Some(length), Origin::File(file), Some(place)))
    }

    #[expect(clippy::type_complexity, reason = "the five parts are taken apart at the only call")]
    fn open_stdin(
        stop: &Arc<dyn Stop>,
    ) -> Result<(String, Option<Format>, Option<u64>, Origin, Option<Place>), Error> {
        let name = "standard input".to_owned();
        let failed = |error| Error::reading("standard input", error);
        let mut file = standard_input().map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if found.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if found.is_file() {
            let length = found.len().saturating_sub(file.stream_position().map_err(failed)?);
            return Ok((name, None, Some(length), Origin::Reader(Box::new(file)), None));
        }
        let pipe = Pipe::start(move || Ok(file), stop).map_err(failed)?;
        Ok((name, None, None, Origin::Pipe(pipe), None))
    }

    fn begin(
        name: String,
        named: Option<Format>,
        length: Option<u64>,
        origin: Origin,
        place: Option<Place>,
        stop: &Arc<dyn Stop>,
    ) -> Result<Self, Error> {
        let (lead_unknown, stop) = (Lead::Text { bom: false }, Arc::clone(stop));
        let mut source = Self {
            name,
            named,
            lead: lead_unknown,
            length,
            origin,
            head: Vec::new(),
            head_at: 0,
            place,
            stop,
        };
        source.lead = loop {
            if let Some(lead) = lead(&source.head) {
                break lead;
            }
            let mut few = [0; 8];
            // Never past the head: what follows is read in whole chunks.
            let count = source.read(&mut few).map_err(|error| Error::reading(&source.name, error))?;
            source.head.extend_from_slice(&few[..count]);
            source.head_at = source.head.len();
            if count == 0 {
                break lead_unknown;
            }
        };
        if source.head.is_empty() {
            return Err(Error::about(&source.name, "is empty: there is no row to read"));
        }
        source.head_at = 0;
        Ok(source)
    }

    /// The same bytes from the start, by position; a pipe is copied to a temporary file first.
    pub(crate) fn into_seekable(mut self) -> Result<(Box<dyn ReadSeek>, Option<Place>), Error> {
        let name = self.name.clone();
        let failed = |error| Error::reading(&name, error);
        self.origin = match self.origin {
            Origin::File(file) => return Ok((Box::new(file), self.place)),
            Origin::Memory(cursor) => return Ok((Box::new(cursor), self.place)),
            other => other,
        };
        let mut copy = match self.place.take() {
            Some(Place::Spool(file)) => file,
            _ => spool(&name)?,
        };
        // What `read` has handed out already stands in the head, and the head is read again here.
        copy.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = self.read(&mut buffer).map_err(failed)?;
            if count == 0 {
                break;
            }
            copy.write_all(&buffer[..count]).map_err(|error| Error::writing(COPY, error))?;
        }
        let again = copy.try_clone().map_err(failed)?;
        Ok((Box::new(again), Some(Place::Spool(copy))))
    }

    /// Where the bytes can be had again, if that was asked for.
    pub(crate) fn into_place(self) -> Option<Place> {
        self.place
    }

    /// The place of a copy that goes on being written while this is read.
    pub(crate) fn share_place(&self) -> Result<Option<Place>, Error> {
        self.place.as_ref().map(|place| place.share(&self.name)).transpose()
    }

    pub(crate) fn stop(&self) -> &Arc<dyn Stop> {
        &self.stop
    }
}

const COPY: &str = "the temporary copy of the input";

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.stop.requested() {
            return Err(stopped());
        }
        if self.head_at < self.head.len() {
            let count = into.len().min(self.head.len() - self.head_at);
            into[..count].copy_from_slice(&self.head[self.head_at..self.head_at + count]);
            self.head_at += count;
            return Ok(count);
        }
        let origin = &mut self.origin;
        let count = when_ready(&*self.stop, || match origin {
            Origin::File(file) => file.read(into),
            Origin::Pipe(pipe) => pipe.read(into),
            Origin::Memory(cursor) => cursor.read(into),
            Origin::Reader(reader) => match reader.read(into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    Err(io::ErrorKind::WouldBlock.into())
                }
                other => other,
            },
        })?;
        if let Some(Place::Spool(copy)) = &mut self.place {
            copy.write_all(&into[..count])?;
        }
        Ok(count)
    }
}

impl Place {
    /// Whether a file is still the one that was opened.
    pub(crate) fn is_unchanged(&self) -> bool {
        match self {
            Self::Path { path, length, modified } => fs::metadata(path)
                .is_ok_and(|found| found.len() == *length && found.modified().ok() == *modified),
            Self::Spool(_) | Self::Memory(_) => true,
        }
    }

    fn share(&self, name: &str) -> Result<Self, Error> {
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
            Self::Memory(bytes) => (Some(bytes.0.len() as u64), Origin::Memory(Cursor::new(bytes.clone()))),
        };
        Source::begin(name.to_owned(), named, length, origin, None, stop)
    }
}

/// Says that an input is no longer what it was.
pub(crate) const CHANGED: &str = "changed while it was being read";

fn spool(name: &str) -> Result<File, Error> {
    tempfile::tempfile()
        .map_err(|source| Error::Write { name: format!("a temporary copy of {name}"), source })
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::Never;

    fn never() -> Arc<dyn Stop> {
        Arc::new(Never)
    }

    fn reader(bytes: &[u8]) -> Input {
        Input::Reader { name: "x".to_owned(), reader: Box::new(Cursor::new(bytes.to_vec())) }
    }

    fn everything(source: &mut Source) -> Vec<u8> {
        let mut all = Vec::new();
        source.read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn the_head_is_not_lost() {
        let mut source = Source::open(reader(b"ARROW but text"), false, &never()).unwrap();
        assert_eq!(source.lead, Lead::Text { bom: false });
        assert_eq!(everything(&mut source), b"ARROW but text");
    }

    #[test]
    fn a_kept_reader_is_read_twice() {
        let mut source = Source::open(reader(b"a,b\n1,2\n"), true, &never()).unwrap();
        everything(&mut source);
        let place = source.into_place().unwrap();
        for _ in 0..2 {
            let mut again = place.reopen("x", None, &never()).unwrap();
            assert_eq!(everything(&mut again), b"a,b\n1,2\n");
        }
    }

    #[test]
    fn a_pipe_becomes_seekable_whole() {
        for keep in [false, true] {
            let source = Source::open(reader(b"ARROW1 and more"), keep, &never()).unwrap();
            let (mut seekable, place) = source.into_seekable().unwrap();
            let mut all = String::new();
            seekable.seek(SeekFrom::Start(0)).unwrap();
            seekable.read_to_string(&mut all).unwrap();
            assert_eq!(all, "ARROW1 and more");
            assert!(place.is_some());
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

    #[test]
    fn an_empty_input_a_directory_and_a_missing_file_are_told_apart() {
        let text = |input| Source::open(input, false, &never()).err().unwrap().to_string();
        assert_eq!(text(reader(b"")), "x is empty: there is no row to read");
        assert_eq!(text(Input::Path("/".into())), "cannot read /: it is a directory");
        assert_eq!(
            text(Input::Path("/no/x".into())),
            "cannot read /no/x: there is no such file or directory"
        );
    }
}
