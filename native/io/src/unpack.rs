//! Compressed inputs: gzip and zstd, told by their first bytes and unpacked on a thread of their own, a chunk at a time.
//!
//! The compressed bytes are read by that thread and know nothing but the user's wish to stop: a wait that is halted ends on
//! the reader's side of the pipe, and the decoder goes on.

use std::io::{self, BufReader, Read};

use crate::channel::Unfinished;
use crate::error::{Error, undecodable};
use crate::gzip_members::{Members, Trailing};
use crate::lead::Lead;
use crate::pipe::Pipe;
use crate::place::{Place, emptied};
use crate::source::{Origin, Source};
use crate::sync::size;

/// Compressed bytes of one read: of the order of what unpacks to one chunk.
const BUFFER: usize = size(256 << 10, 64);

/// Remembers whether it was the input that failed and not its contents, and whether it came to its end.
struct Watched {
    source: Source,
    failed: bool,
    ended: bool,
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into);
        self.failed = read.is_err();
        self.ended = matches!(read, Ok(0)) && !into.is_empty();
        read
    }
}

enum Decoder {
    /// Of any number of members, one after the other, as gzip and pigz and bgzip make them.
    Gzip(Box<Members<BufReader<Watched>>>),
    /// Of any number of frames. Refuses windows of more than 128 MiB, and so bounds its memory.
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<Watched>>>),
}

impl Decoder {
    fn new(source: Source, trailing: Trailing) -> io::Result<Self> {
        let zstd = source.lead == Lead::Zstd;
        let reader = BufReader::with_capacity(BUFFER, Watched { source, failed: false, ended: false });
        Ok(if zstd {
            Self::Zstd(Box::new(zstd::stream::read::Decoder::with_buffer(reader)?))
        } else {
            Self::Gzip(Box::new(Members::new(reader, trailing)))
        })
    }

    /// What an error of the decoder means, if it is not one of the input.
    fn blame(&self, error: io::Error) -> io::Error {
        let (kind, reader) = match self {
            Self::Gzip(decoder) => ("gzip", decoder.get_ref()),
            Self::Zstd(decoder) => ("zstd", Some(decoder.get_ref())),
        };
        if reader.is_some_and(|reader| reader.get_ref().failed) {
            return error;
        }
        let text = error.to_string();
        if text.contains("too much memory") {
            return undecodable(
                "is compressed with a zstd window of more than 128 MiB, which is not read".to_owned(),
                Some("compress it again without --long and --ultra"),
            );
        }
        let ended = error.kind() == io::ErrorKind::UnexpectedEof;
        let reason = if ended {
            format!("its {kind} data end early")
        } else {
            format!("its {kind} data make no sense")
        };
        undecodable(format!("is damaged or cut short ({reason})"), None)
    }
}

impl Read for Decoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match self {
            Self::Gzip(decoder) => decoder.read(into),
            Self::Zstd(decoder) => decoder.read(into),
        };
        // A frame may be followed by another: this is the end only where the input has one. The reader of gzip's members
        // knows that by itself.
        if let (Ok(0), Self::Zstd(decoder)) = (&read, &self)
            && !into.is_empty()
            && !decoder.get_ref().get_ref().ended
        {
            return Err(Unfinished.into());
        }
        read.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => self.blame(error),
        })
    }
}

/// Returns what a source holds once it is unpacked, if it is compressed; a file within a compressed one stays as it is.
pub(crate) fn unpacked(mut source: Source) -> Result<Source, Error> {
    if !matches!(source.lead, Lead::Gzip | Lead::Zstd) {
        return Ok(source);
    }
    let name = source.name.clone();
    let place = match source.take_place() {
        // Of a pipe, what is unpacked is kept, since only the reader of that knows where it ends.
        Some(Place::Spool(copy)) => Some(Place::Spool(emptied(copy, &name)?)),
        place => place,
    };
    let (file, named, stop) = (source.file.clone(), source.named, source.stop().clone());
    let trailing = Trailing::default();
    let noted = trailing.clone();
    let pipe = Pipe::start(move || Decoder::new(source, noted), &stop)
        .map_err(|error| Error::reading(&name, error))?;
    let mut source = Source::begin(name, named, None, Origin::Pipe(pipe), place, &stop)?;
    (source.file, source.trailing) = (file, Some(trailing));
    Ok(source)
}
