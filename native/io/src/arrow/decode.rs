//! Turns checked messages into record batches.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{CompressionType, Message, MessageHeader, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, Schema, SchemaRef};

use crate::arrow::frames::{Fault, Frame, Frames, damage, reasonable};
use crate::arrow::records::Records;
use crate::arrow::{brief, contained};
use crate::channel::Unfinished;
use crate::csv::split::WIDEST;

/// LZ4 makes at most 255 bytes of one, so a buffer that claims more lies.
const LZ4_MOST: u64 = 256;
const LZ4_EXTRA: u64 = 64 << 10;
/// Zstandard makes 128 KiB of a few bytes, so only what a whole batch claims tells a lie: 4 GiB is more than any that we
/// have seen, and beyond that numbers that differ at all shrink less than this.
const ZSTD_MOST: u64 = 1024;
const ZSTD_EXTRA: u64 = 4 << 30;

/// A schema and the batches that follow it.
pub(crate) struct Batches {
    frames: Frames,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    /// Which columns are decoded; `None` is all.
    projection: Option<Vec<usize>>,
    state: State,
}

/// How far the messages have been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

impl Batches {
    pub(crate) fn of_stream(mut frames: Frames) -> Result<Self, Fault> {
        let frame = frames.next()?.ok_or_else(|| damage("it ends early"))?;
        reasonable(&frame.metadata)?;
        let message = message(&frame.metadata)?;
        let schema = message.header_as_schema().ok_or_else(|| damage("it does not begin with a schema"))?;
        Self::new(frames, schema)
    }

    pub(crate) fn of_file(frames: Frames, footer: &[u8]) -> Result<Self, Fault> {
        let footer = root_as_footer(footer).map_err(|_| damage("its footer makes no sense"))?;
        let schema = footer.schema().ok_or_else(|| damage("it has no schema"))?;
        Self::new(frames, schema)
    }

    fn new(frames: Frames, schema: arrow_ipc::Schema<'_>) -> Result<Self, Fault> {
        if !schema.endianness().equals_to_target_endianness() {
            return Err(damage("it was written on a machine with the other byte order"));
        }
        let schema =
            contained(|| arrow_ipc::convert::try_fb_to_schema(schema)).map_err(|error| reason(&error))?;
        if schema.fields().len() > WIDEST {
            return Err(damage(format!("it has more than {WIDEST} columns")));
        }
        Ok(Self {
            frames,
            schema: schema.into(),
            dictionaries: HashMap::new(),
            projection: None,
            state: State::Open,
        })
    }

    fn decode(&mut self, frame: &Frame) -> Result<Option<RecordBatch>, Fault> {
        reasonable(&frame.metadata)?;
        let message = message(&frame.metadata)?;
        let version = message.version();
        match message.header_type() {
            MessageHeader::RecordBatch => {
                let batch =
                    message.header_as_record_batch().ok_or_else(|| damage("a batch makes no sense"))?;
                check(&batch, &frame.body)?;
                let (schema, projection) = (self.schema.clone(), self.projection.as_deref());
                contained(|| {
                    read_record_batch(&frame.body, batch, schema, &self.dictionaries, projection, &version)
                })
                .map(Some)
                .map_err(|error| reason(&error))
            }
            MessageHeader::DictionaryBatch => {
                let batch =
                    message.header_as_dictionary_batch().ok_or_else(|| damage("a batch makes no sense"))?;
                check(&batch.data().ok_or_else(|| damage("a dictionary is empty"))?, &frame.body)?;
                let schema: &Schema = &self.schema;
                contained(|| read_dictionary(&frame.body, batch, schema, &mut self.dictionaries, &version))
                    .map(|()| None)
                    .map_err(|error| reason(&error))
            }
            MessageHeader::NONE => Ok(None),
            _ => Err(damage("it holds a message of an unknown kind")),
        }
    }
}

impl Records for Batches {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn project(&mut self, columns: &[usize]) {
        self.projection = Some(columns.to_vec());
    }

    /// After a fault there is no next one, and no end either.
    fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        loop {
            match self.state {
                State::Open => {}
                State::Ended => return Ok(None),
                State::Failed => return Err(Unfinished.into()),
            }
            // Until this message is known to be sound.
            self.state = State::Failed;
            let Some(frame) = self.frames.next()? else {
                self.state = State::Ended;
                return Ok(None);
            };
            let batch = self.decode(&frame)?;
            self.state = State::Open;
            if batch.is_some() {
                return Ok(batch);
            }
        }
    }
}

fn message(metadata: &[u8]) -> Result<Message<'_>, Fault> {
    root_as_message(metadata).map_err(|_| damage("a message makes no sense"))
}

fn reason(error: &ArrowError) -> Fault {
    match error {
        ArrowError::NotYetImplemented(_) => {
            let what = format!("uses a part of Arrow that is not read yet ({})", brief(error));
            Fault::Unread { what, hint: None }
        }
        _ => damage(brief(error)),
    }
}

/// The checks that the decoder answers with a panic or an allocation of any size.
fn check(batch: &arrow_ipc::RecordBatch<'_>, body: &Buffer) -> Result<(), Fault> {
    let outside = || damage("a buffer lies outside its message");
    let codec = batch.compression().map(|compression| compression.codec());
    let negative =
        |node: &arrow_ipc::FieldNode| node.length() < 0 || !(0..=node.length()).contains(&node.null_count());
    if batch.length() < 0 || batch.nodes().into_iter().flatten().any(negative) {
        return Err(damage("a column has a negative length"));
    }
    let zstd = codec == Some(CompressionType::ZSTD);
    let mut left = (body.len() as u64).saturating_mul(ZSTD_MOST).saturating_add(ZSTD_EXTRA);
    for buffer in batch.buffers().into_iter().flatten() {
        let from = usize::try_from(buffer.offset()).map_err(|_| outside())?;
        let size = usize::try_from(buffer.length()).map_err(|_| outside())?;
        let bytes = from.checked_add(size).and_then(|to| body.get(from..to)).ok_or_else(outside)?;
        if codec.is_some() && !bytes.is_empty() {
            let prefix = bytes.first_chunk::<8>().ok_or_else(outside)?;
            let claimed = i64::from_le_bytes(*prefix);
            // -1 says that this buffer was left uncompressed.
            let claimed = if claimed == -1 { 0 } else { u64::try_from(claimed).map_err(|_| outside())? };
            let most = if zstd { left } else { (size as u64) * LZ4_MOST + LZ4_EXTRA };
            left = left.saturating_sub(claimed);
            if claimed > most {
                return Err(damage("a compressed buffer claims an impossible length"));
            }
        }
    }
    Ok(())
}
