//! Where bytes come from.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::channel::Unfinished;
use crate::dialect::Dialect;
use crate::error::{Error, repeated, spooling, stopped, undecodable};
use crate::format::{Format, Signs};
use crate::gzip_members::Trailing;
use crate::lead::{Lead, lead, lead_of_all};
use crate::pipe::{CHUNK, Pipe, RETRY, widen};
use crate::place::{CHANGED, Place, ReadSeek, Shared, spool};
use crate::positioned::{Bytes, Positioned};
use crate::stop::{Arrival, Halt, Stop};
use crate::sync::pause;
use crate::unpack::unpacked;
use crate::visible::shown_path;

/// A table's bytes.
pub enum Input {
    /// A file, or anything with a path that can be read: a FIFO, `/dev/fd/63`.
    Path(PathBuf),
    /// Several of those, one after the other, as one table.
    Paths(Vec<PathBuf>),
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

impl Input {
    /// The first of several, and the paths of the others.
    pub(crate) fn split_first(self) -> Result<(Self, Vec<PathBuf>), Error> {
        match self {
            Self::Paths(mut paths) if !paths.is_empty() => {
                let more = paths.split_off(1);
                Ok((Self::Path(paths.remove(0)), more))
            }
            Self::Paths(_) => Err(Error::Data { message: "no file was given".to_owned(), hint: None }),
            one => Ok((one, Vec::new())),
        }
    }
}

/// An input that follows another.
pub(crate) enum Later {
    Path { path: PathBuf, dialect: Dialect },
    Again { name: String, place: Place, dialect: Dialect },
}

impl Later {
    pub(crate) fn open(self, keep: bool, stop: &Arc<dyn Stop>) -> Result<(Source, Dialect), Error> {
        match self {
            Self::Path { path, dialect } => Ok((Source::open(Input::Path(path), keep, stop)?, dialect)),
            Self::Again { name, place, dialect } => Ok((place.reopen(&name, None, stop)?, dialect)),
        }
    }
}

pub(crate) enum Origin {
    /// A regular file from its first byte.
    File(File),
    Pipe(Pipe),
    Memory(Cursor<Shared>),
    Reader(Box<dyn Read + Send>),
}

/// An opened input whose first bytes are known.
pub(crate) struct Source {
    pub(crate) name: String,
    /// A regular file's path.
    pub(crate) file: Option<PathBuf>,
    /// What the file's name says.
    pub(crate) named: Option<Format>,
    pub(crate) lead: Lead,
    /// Bytes in all, for regular files and memory.
    pub(crate) length: Option<u64>,
    origin: Origin,
    head: Vec<u8>,
    head_at: usize,
    place: Option<Place>,
    /// Note of the unpacker, known at the end.
    pub(crate) trailing: Option<Trailing>,
    /// Bytes handed out, those of the head once.
    delivered: u64,
    /// Why there is nothing more: whoever looked ahead may have left that to others, and a failure is no end.
    failed: Option<io::Error>,
    stop: Arc<dyn Stop>,
}

impl Source {
    /// With `keep`, [`Source::into_place`] can give the same bytes again.
    pub(crate) fn open(input: Input, keep: bool, stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        let (name, named, length, origin, place) = match input {
            Input::Path(path) => Self::open_path(&path, stop)?,
            Input::Paths(_) => return Self::open(input.split_first()?.0, keep, stop),
            Input::Stdin => Self::open_stdin(stop)?,
            Input::Ipc(bytes) => {
                let bytes = Shared::new(bytes);
                let (length, place) = (bytes.len(), Place::Memory(bytes.clone()));
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
        // Only a regular file is there to be read by another command.
        let file = match &place {
            Some(Place::Path { path, .. }) => Some(path.clone()),
            _ => None,
        };
        let place = match place {
            None if keep => Some(Place::Spool(spool(&name)?)),
            place => place.filter(|_| keep),
        };
        let source = Self::begin(name, named, length, origin, place, stop)?;
        unpacked(Self { file, ..source })
    }

    #[expect(clippy::type_complexity, reason = "the five parts are taken apart at the only call")]
    fn open_path(
        path: &Path,
        stop: &Arc<dyn Stop>,
    ) -> Result<(String, Option<Format>, Option<u64>, Origin, Option<Place>), Error> {
        let name = shown_path(path);
        let failed = |error| Error::reading(&name, error);
        let found = fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let named = Format::of_name(path);
        if !found.is_file() {
            let path = path.to_owned();
            let pipe = Pipe::start(move || File::open(path).inspect(widen), stop).map_err(failed)?;
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
        widen(&file);
        let pipe = Pipe::start(move || Ok(file), stop).map_err(failed)?;
        Ok((name, None, None, Origin::Pipe(pipe), None))
    }

    /// Reads as far as the first bytes tell what follows.
    pub(crate) fn begin(
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
            file: None,
            named,
            lead: lead_unknown,
            length,
            origin,
            head: Vec::new(),
            head_at: 0,
            place,
            trailing: None,
            delivered: 0,
            failed: None,
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
                break lead_of_all(&source.head);
            }
        };
        if source.head.is_empty() {
            return Err(Error::about(&source.name, "is empty: there is no row to read"));
        }
        (source.head_at, source.delivered) = (0, 0);
        Ok(source)
    }

    /// Gives bytes back that have been read, all that were read so far.
    pub(crate) fn put_back(&mut self, bytes: Vec<u8>) {
        (self.head, self.head_at, self.delivered) = (bytes, 0, 0);
    }

    /// A source of the same name that has no bytes left.
    pub(crate) fn drained(&self) -> Self {
        Self {
            name: self.name.clone(),
            file: self.file.clone(),
            named: self.named,
            lead: self.lead,
            length: None,
            origin: Origin::Memory(Cursor::new(Shared::new(Vec::new()))),
            head: Vec::new(),
            head_at: 0,
            place: None,
            trailing: None,
            delivered: 0,
            failed: None,
            stop: Arc::clone(&self.stop),
        }
    }

    /// The same bytes from the start, by one who seeks in them.
    pub(crate) fn into_seekable(self) -> Result<(Box<dyn ReadSeek>, Option<Place>), Error> {
        let (bytes, place) = self.landed()?;
        Ok(match bytes {
            Bytes::File(file) => (Box::new(file), place),
            Bytes::Memory(bytes) => (Box::new(Cursor::new(bytes)), place),
        })
    }

    /// The same bytes by position.
    pub(crate) fn into_positioned(self) -> Result<(Positioned, Option<Place>), Error> {
        let (name, stop) = (self.name.clone(), Arc::clone(&self.stop));
        let (bytes, place) = self.landed()?;
        let bytes = Positioned::new(bytes, &stop).map_err(|error| Error::reading(&name, error))?;
        Ok((bytes, place))
    }

    /// A pipe is copied to a temporary file first.
    fn landed(mut self) -> Result<(Bytes, Option<Place>), Error> {
        let name = self.name.clone();
        let failed = |error| Error::reading(&name, error);
        self.origin = match self.origin {
            Origin::File(file) => return Ok((Bytes::File(file), self.place)),
            Origin::Memory(cursor) => return Ok((Bytes::Memory(cursor.into_inner()), self.place)),
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
            copy.write_all(&buffer[..count]).map_err(|error| Error::spooling(&name, error))?;
        }
        let again = copy.try_clone().map_err(failed)?;
        Ok((Bytes::File(again), Some(Place::Spool(copy))))
    }

    /// Where the bytes can be had again, if that was asked for.
    pub(crate) fn into_place(self) -> Option<Place> {
        self.place
    }

    /// The same, of a source that is read on.
    pub(crate) fn take_place(&mut self) -> Option<Place> {
        self.place.take()
    }

    /// The place of a copy that goes on being written while this is read.
    pub(crate) fn share_place(&self) -> Result<Option<Place>, Error> {
        self.place.as_ref().map(|place| place.share(&self.name)).transpose()
    }

    /// What tells the format.
    pub(crate) fn signs(&self) -> Signs<'_> {
        let Self { name, file, lead, head, named, .. } = self;
        Signs { input: name, file: file.as_deref(), lead: *lead, head, named: *named }
    }

    pub(crate) fn stop(&self) -> &Arc<dyn Stop> {
        &self.stop
    }

    /// How many bytes have been handed out.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Reads as [`Read::read`] does, unless `halt` is called before anything has come.
    pub(crate) fn read_or_halt(&mut self, into: &mut [u8], halt: &Halt) -> io::Result<Arrival> {
        if self.stop.requested() {
            return Err(stopped());
        }
        if halt.is_called() {
            return Ok(Arrival::Halted);
        }
        if self.head_at < self.head.len() {
            let count = into.len().min(self.head.len() - self.head_at);
            into[..count].copy_from_slice(&self.head[self.head_at..self.head_at + count]);
            self.head_at += count;
            self.delivered += count as u64;
            return Ok(Arrival::Bytes(count));
        }
        if let Some(failed) = &self.failed {
            return Err(repeated(failed));
        }
        let arrival = self.read_on(into, halt);
        let arrival = arrival.inspect_err(|error| self.failed = Some(repeated(error)))?;
        if let Arrival::Bytes(count) = arrival {
            self.delivered += count as u64;
        }
        Ok(arrival)
    }

    /// Reads what follows the head.
    fn read_on(&mut self, into: &mut [u8], halt: &Halt) -> io::Result<Arrival> {
        let arrival = loop {
            let read = match &mut self.origin {
                Origin::File(file) => file.read(into).map(Arrival::Bytes),
                Origin::Pipe(pipe) => pipe.read_or_halt(into, halt),
                Origin::Memory(cursor) => cursor.read(into).map(Arrival::Bytes),
                Origin::Reader(reader) => reader.read(into).map(Arrival::Bytes),
            };
            match read {
                // The other side is not ready.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                other => break other?,
            }
            if self.stop.requested() {
                return Err(stopped());
            }
            if halt.is_called() {
                return Ok(Arrival::Halted);
            }
            pause(RETRY);
        };
        let Arrival::Bytes(count) = arrival else { return Ok(arrival) };
        // Somebody shortened the file: its end is not that of the table.
        if count == 0 && !into.is_empty() && self.length.is_some_and(|length| self.delivered < length) {
            return Err(undecodable(CHANGED.to_owned(), None));
        }
        if let Some(Place::Spool(copy)) = &mut self.place {
            copy.write_all(&into[..count]).map_err(spooling)?;
        }
        Ok(arrival)
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.read_or_halt(into, &Halt::default())? {
            Arrival::Bytes(count) => Ok(count),
            // Nobody else has this one to call it.
            Arrival::Halted => Err(Unfinished.into()),
        }
    }
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
mod tests;
