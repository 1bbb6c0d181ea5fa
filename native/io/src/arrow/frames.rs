//! The messages of an Arrow file or stream, cut out with every length checked against what is there.

use std::io::{self, Read, SeekFrom};

use arrow_buffer::Buffer;
use arrow_ipc::{Block, root_as_footer};
use kmeans_engine::allocation;

use crate::channel::Unfinished;
use crate::error::Error;
use crate::place::ReadSeek;
use crate::source::Source;

/// Metadata of one message; flatbuffers of this size describe more columns than are allowed.
const LARGEST_METADATA: u64 = 256 << 20;
/// Memory that a length alone may claim before the bytes arrive.
const ADVANCE: u64 = 64 << 20;
const MAGIC: &[u8; 6] = b"ARROW1";
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Length and magic at the end of a file.
const TAIL: u64 = 10;

/// One message: its flatbuffer and its body.
pub(crate) struct Frame {
    pub(crate) metadata: Vec<u8>,
    pub(crate) body: Buffer,
}

/// Why no frame could be had.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes are at fault.
    Damage(String),
    /// The bytes are sound, and we cannot read them.
    Unread { what: String, hint: Option<&'static str> },
    /// The device is at fault.
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { damage("it ends early") } else { Self::Io(error) }
    }
}

impl From<Unfinished> for Fault {
    fn from(unfinished: Unfinished) -> Self {
        Self::Io(unfinished.into())
    }
}

impl Fault {
    pub(crate) fn into_error(self, name: &str) -> Error {
        match self {
            Self::Damage(reason) => Error::about(name, format!("is damaged or cut short ({reason})")),
            Self::Unread { what, hint } => Error::about(name, what).advise(hint.map(str::to_owned)),
            Self::Io(error) => Error::reading(name, error),
        }
    }
}

pub(crate) fn damage(reason: impl Into<String>) -> Fault {
    Fault::Damage(reason.into())
}

/// Where messages come from.
pub(crate) enum Frames {
    Stream(Box<Source>),
    File { reader: Box<dyn ReadSeek>, length: u64, blocks: std::vec::IntoIter<Block> },
}

impl Frames {
    /// Reads a file's footer: its flatbuffer comes back too, for the schema.
    pub(crate) fn of_file(mut reader: Box<dyn ReadSeek>) -> Result<(Self, Vec<u8>), Fault> {
        let length = reader.seek(SeekFrom::End(0))?;
        let body = length.checked_sub(TAIL).ok_or_else(|| damage("it ends early"))?;
        let mut tail = [0; TAIL as usize];
        reader.seek(SeekFrom::Start(body))?;
        reader.read_exact(&mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        if magic != *MAGIC {
            return Err(damage("its end is missing"));
        }
        let size = u64::try_from(i32::from_le_bytes([a, b, c, d]))
            .map_err(|_| damage("its footer has no length"))?;
        let start = body.checked_sub(size).ok_or_else(|| damage("its footer is longer than the file"))?;
        reader.seek(SeekFrom::Start(start))?;
        let footer_bytes = exactly(&mut reader, size)?;
        let footer = root_as_footer(&footer_bytes).map_err(|_| damage("its footer makes no sense"))?;
        let dictionaries = footer.dictionaries().into_iter().flatten();
        let blocks: Vec<Block> =
            dictionaries.chain(footer.recordBatches().into_iter().flatten()).copied().collect();
        Ok((Self::File { reader, length, blocks: blocks.into_iter() }, footer_bytes))
    }

    /// The next message, dictionaries of a file first.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Fault> {
        match self {
            Self::Stream(source) => {
                let known = source.length;
                let Some(metadata) = stream_metadata(source)? else { return Ok(None) };
                let size = body_length(&metadata)?;
                if known.is_some_and(|length| size > length) {
                    return Err(damage("a message is longer than the input"));
                }
                let body = Buffer::from_vec(exactly(source, size)?);
                Ok(Some(Frame { metadata, body }))
            }
            Self::File { reader, length, blocks } => {
                blocks.next().map(|block| file_message(reader, *length, &block)).transpose()
            }
        }
    }
}

fn stream_metadata(source: &mut Source) -> Result<Option<Vec<u8>>, Fault> {
    let mut prefix = [0; 4];
    // Between two messages a stream may simply end.
    let first = loop {
        match source.read(&mut prefix[..1]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    source.read_exact(&mut prefix[1..])?;
    if prefix == CONTINUATION {
        source.read_exact(&mut prefix)?;
    }
    let size = u64::try_from(i32::from_le_bytes(prefix)).map_err(|_| damage("a message has no length"))?;
    if size == 0 { Ok(None) } else { exactly(source, size).map(Some) }
}

fn file_message(reader: &mut Box<dyn ReadSeek>, length: u64, block: &Block) -> Result<Frame, Fault> {
    let outside = || damage("a block lies outside the file");
    let offset = u64::try_from(block.offset()).map_err(|_| outside())?;
    let metadata_size = u64::try_from(block.metaDataLength()).map_err(|_| outside())?;
    let body_size = u64::try_from(block.bodyLength()).map_err(|_| outside())?;
    let end = offset.checked_add(metadata_size).and_then(|end| end.checked_add(body_size));
    if end.is_none_or(|end| end > length) {
        return Err(outside());
    }
    reader.seek(SeekFrom::Start(offset))?;
    let mut metadata = exactly(reader, metadata_size)?;
    // The flatbuffer follows its length, and the length may follow a marker.
    let prefix = if metadata.starts_with(&CONTINUATION) { 8 } else { 4 };
    if metadata.len() < prefix {
        return Err(damage("a block is too short"));
    }
    metadata.drain(..prefix);
    let body = Buffer::from_vec(exactly(reader, body_size)?);
    Ok(Frame { metadata, body })
}

fn body_length(metadata: &[u8]) -> Result<u64, Fault> {
    let message = arrow_ipc::root_as_message(metadata).map_err(|_| damage("a message makes no sense"))?;
    u64::try_from(message.bodyLength()).map_err(|_| damage("a message has no length"))
}

/// Reads `size` bytes; a length that lies costs at most 64 MiB, or twice what there is, before it is found out.
fn exactly(reader: &mut (impl Read + ?Sized), size: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut left = size;
    while left > 0 {
        let step = left.min(ADVANCE.max(bytes.len() as u64));
        allocation::reserve_exact(&mut bytes, step as usize).map_err(io::Error::other)?;
        if reader.take(step).read_to_end(&mut bytes)? as u64 != step {
            return Err(damage("it ends early"));
        }
        left -= step;
    }
    Ok(bytes)
}

/// Refuses metadata beyond any honest size before it is parsed.
pub(crate) fn reasonable(metadata: &[u8]) -> Result<(), Fault> {
    if metadata.len() as u64 > LARGEST_METADATA {
        Err(damage("a message's metadata is too large"))
    } else {
        Ok(())
    }
}
