//! A pipe read on a thread of its own, so that a silent one can still be given up.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use crate::channel::{Consumer, Polled, Producer, bounded};
use crate::error::stopped;
use crate::stop::{Arrival, Halt, Stop};
use crate::sync::sync::atomic::{AtomicBool, Ordering};
use crate::sync::sync::mpsc::{Receiver, Sender, channel};
use crate::sync::{pause, size, spawn};

/// Bytes of one read; also the aim for a batch.
pub(crate) const CHUNK: usize = size(1 << 20, 128);

// With the one being read and the one being parsed, 4 waiting chunks bound a pipe's memory at 6 MiB.
const WAITING: usize = size(4, 1);
/// How long a reader or writer is left alone that is not ready.
pub(crate) const RETRY: Duration = Duration::from_millis(1);

/// The first `filled` bytes of what there is room for.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    filled: usize,
}

/// What a thread has read so far, as a reader.
pub(crate) struct Pipe {
    chunks: Consumer<Chunk, io::Error>,
    /// Where the thread gets room for its next chunk.
    spent: Sender<Vec<u8>>,
    current: Chunk,
    at: usize,
    failed: Option<io::Error>,
    stop: Arc<dyn Stop>,
    abandoned: Arc<AtomicBool>,
}

impl Pipe {
    /// `open` runs on the thread too: opening a FIFO blocks until somebody writes to it.
    pub(crate) fn start<R, F>(open: F, stop: &Arc<dyn Stop>) -> io::Result<Self>
    where
        R: Read,
        F: FnOnce() -> io::Result<R> + Send + 'static,
    {
        let (producer, chunks) = bounded(WAITING);
        let (spent, room) = channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&abandoned);
        spawn("kmeans-input", move || match open() {
            Ok(reader) => pump(reader, producer, &room, &flag),
            Err(error) => producer.fail(error),
        })?;
        let current = Chunk::default();
        Ok(Self { chunks, spent, current, at: 0, failed: None, stop: Arc::clone(stop), abandoned })
    }

    /// Reads what has come, or waits for it until `halt` is called.
    pub(crate) fn read_or_halt(&mut self, into: &mut [u8], halt: &Halt) -> io::Result<Arrival> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while filled < into.len() {
            if self.at == self.current.filled {
                // A pipe hands out 64 KiB at a time: what already waits is taken in one go, what does not is not
                // waited for.
                match self.chunks.poll() {
                    Ok(Polled::Item(chunk)) => self.take(chunk),
                    Ok(Polled::End) => break,
                    Ok(Polled::Nothing) if filled > 0 => break,
                    Ok(Polled::Nothing) => {
                        if let Some(arrival) = self.wait(halt)? {
                            return Ok(arrival);
                        }
                    }
                    Err(error) if filled > 0 => {
                        self.failed = Some(error);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            let count = (into.len() - filled).min(self.current.filled - self.at);
            let bytes = &self.current.bytes[self.at..self.at + count];
            into[filled..filled + count].copy_from_slice(bytes);
            (filled, self.at) = (filled + count, self.at + count);
        }
        Ok(Arrival::Bytes(filled))
    }

    fn take(&mut self, chunk: Chunk) {
        let spent = std::mem::replace(&mut self.current, chunk);
        self.at = 0;
        // The thread may have ended; then it needs no room.
        drop(self.spent.send(spent.bytes));
    }

    /// Waits for a chunk; tells what there is instead of one.
    fn wait(&mut self, halt: &Halt) -> io::Result<Option<Arrival>> {
        loop {
            if self.stop.requested() {
                return Err(stopped());
            }
            if halt.is_called() {
                return Ok(Some(Arrival::Halted));
            }
            match self.chunks.wait()? {
                Polled::Item(chunk) => {
                    self.take(chunk);
                    return Ok(None);
                }
                Polled::End => return Ok(Some(Arrival::Bytes(0))),
                Polled::Nothing => {}
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

fn pump(
    mut reader: impl Read,
    mut producer: Producer<Chunk, io::Error>,
    room: &Receiver<Vec<u8>>,
    abandoned: &AtomicBool,
) {
    let mut bytes = Vec::new();
    while !abandoned.load(Ordering::Relaxed) {
        if bytes.is_empty() {
            bytes = room.try_recv().unwrap_or_default();
            bytes.resize(CHUNK, 0);
        }
        match reader.read(&mut bytes) {
            Ok(0) => return producer.end(),
            Ok(filled) => {
                if !producer.send(Chunk { bytes: std::mem::take(&mut bytes), filled }) {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Node may have set O_NONBLOCK on the pipe that it handed down.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => pause(RETRY),
            Err(error) => return producer.fail(error),
        }
    }
}

/// Lets a pipe hold a whole chunk, so that it takes a sixteenth of the calls and hand-overs. What is no pipe stays as it is,
/// and so does a pipe that may not grow.
pub(crate) fn widen(pipe: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, CHUNK);
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}

/// Runs a read or write again while the other side is not ready.
pub(crate) fn when_ready<T>(stop: &dyn Stop, mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match action() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if stop.requested() {
                    return Err(stopped());
                }
                pause(RETRY);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::Never;

    struct Asked;
    impl Stop for Asked {
        fn requested(&self) -> bool {
            true
        }
    }

    struct Silent;
    impl Read for Silent {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    /// Hands out a few bytes, then panics.
    struct Panicking(usize);
    impl Read for Panicking {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            assert!(self.0 > 0, "the reader has a defect");
            self.0 -= 1;
            into[0] = b'x';
            Ok(1)
        }
    }

    fn never() -> Arc<dyn Stop> {
        Arc::new(Never)
    }

    fn read(pipe: &mut Pipe, into: &mut [u8]) -> io::Result<Arrival> {
        pipe.read_or_halt(into, &Halt::default())
    }

    #[test]
    fn a_silent_pipe_can_be_given_up() {
        let stop: Arc<dyn Stop> = Arc::new(Asked);
        let mut pipe = Pipe::start(|| Ok(Silent), &stop).unwrap();
        let error = read(&mut pipe, &mut [0; 8]).unwrap_err();
        assert_eq!(crate::Error::reading("x", error).kind(), crate::Kind::Interrupted);
    }

    #[test]
    fn a_halted_wait_is_neither_an_end_nor_an_error() {
        let mut pipe = Pipe::start(|| Ok(Silent), &never()).unwrap();
        let halt = Halt::default();
        halt.call();
        assert_eq!(pipe.read_or_halt(&mut [0; 8], &halt).unwrap(), Arrival::Halted);
    }

    #[test]
    fn everything_arrives_in_order_and_the_end_stays_the_end() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let copy = bytes.clone();
        let mut pipe = Pipe::start(move || Ok(io::Cursor::new(copy)), &never()).unwrap();
        let (mut back, mut some) = (Vec::new(), vec![0; 70_000]);
        while let Arrival::Bytes(count @ 1..) = read(&mut pipe, &mut some).unwrap() {
            back.extend_from_slice(&some[..count]);
        }
        assert!(back == bytes);
        assert_eq!(read(&mut pipe, &mut some).unwrap(), Arrival::Bytes(0));
    }

    #[test]
    fn a_failing_open_is_reported() {
        let mut pipe =
            Pipe::start(|| Err::<Silent, _>(io::ErrorKind::PermissionDenied.into()), &never()).unwrap();
        assert_eq!(read(&mut pipe, &mut [0; 8]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_thread_that_panics_has_not_come_to_an_end() {
        let mut pipe = Pipe::start(|| Ok(Panicking(5)), &never()).unwrap();
        let (mut count, mut some) = (0, [0; 8]);
        let error = loop {
            match read(&mut pipe, &mut some) {
                Ok(Arrival::Bytes(read @ 1..)) => count += read,
                Ok(other) => panic!("{other:?} is no error"),
                Err(error) => break error,
            }
        };
        assert_eq!((count, crate::Error::reading("x", error).kind()), (5, crate::Kind::Internal));
    }
}
