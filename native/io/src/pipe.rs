//! A pipe read on a thread of its own, so that a silent one can still be given up.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use crate::error::stopped;
use crate::stop::Stop;

/// Bytes of one read; also the aim for a batch.
pub(crate) const CHUNK: usize = 1 << 20;

// With the one being read and the one being parsed, 4 waiting chunks bound a pipe's memory at 6 MiB.
const WAITING: usize = 4;
const POLL: Duration = Duration::from_millis(50);
const RETRY: Duration = Duration::from_millis(1);

/// The first `filled` bytes of what there is room for.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    filled: usize,
}

/// What a thread has read so far, as a reader.
pub(crate) struct Pipe {
    chunks: Receiver<io::Result<Chunk>>,
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
        let (sender, chunks) = sync_channel(WAITING);
        let (spent, room) = channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&abandoned);
        thread::Builder::new().name("kmeans-input".to_owned()).spawn(move || match open() {
            Ok(reader) => pump(reader, &sender, &room, &flag),
            // Nobody listens any more when this fails.
            Err(error) => drop(sender.send(Err(error))),
        })?;
        let current = Chunk::default();
        Ok(Self { chunks, spent, current, at: 0, failed: None, stop: Arc::clone(stop), abandoned })
    }

    fn take(&mut self, chunk: Chunk) {
        let spent = std::mem::replace(&mut self.current, chunk);
        self.at = 0;
        // The thread may have ended; then it needs no room.
        drop(self.spent.send(spent.bytes));
    }

    /// Waits for a chunk; `false` at the end.
    fn wait(&mut self) -> io::Result<bool> {
        loop {
            if self.stop.requested() {
                return Err(stopped());
            }
            match self.chunks.recv_timeout(POLL) {
                Ok(chunk) => {
                    self.take(chunk?);
                    return Ok(true);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(false),
            }
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while filled < into.len() {
            if self.at == self.current.filled {
                // A pipe hands out 64 KiB at a time: what already waits is taken in one go, what does not is not
                // waited for.
                match self.chunks.try_recv() {
                    Ok(Ok(chunk)) => self.take(chunk),
                    Ok(Err(error)) if filled > 0 => self.failed = Some(error),
                    Ok(Err(error)) => return Err(error),
                    Err(_) if filled > 0 => break,
                    Err(_) if !self.wait()? => break,
                    Err(_) => {}
                }
                if self.failed.is_some() {
                    break;
                }
            }
            let count = (into.len() - filled).min(self.current.filled - self.at);
            let bytes = &self.current.bytes[self.at..self.at + count];
            into[filled..filled + count].copy_from_slice(bytes);
            (filled, self.at) = (filled + count, self.at + count);
        }
        Ok(filled)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

fn pump(
    mut reader: impl Read,
    sender: &SyncSender<io::Result<Chunk>>,
    room: &Receiver<Vec<u8>>,
    abandoned: &AtomicBool,
) {
    let mut bytes = Vec::new();
    while !abandoned.load(Ordering::Relaxed) {
        if bytes.is_empty() {
            bytes = room.try_recv().unwrap_or_default();
            bytes.resize(CHUNK, 0);
        }
        let message = match reader.read(&mut bytes) {
            Ok(0) => return,
            Ok(filled) => Ok(Chunk { bytes: std::mem::take(&mut bytes), filled }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // Node may have set O_NONBLOCK on the pipe that it handed down.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(RETRY);
                continue;
            }
            Err(error) => Err(error),
        };
        let last = message.is_err();
        if sender.send(message).is_err() || last {
            return;
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
                thread::sleep(RETRY);
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

    #[test]
    fn a_silent_pipe_can_be_given_up() {
        let stop: Arc<dyn Stop> = Arc::new(Asked);
        let mut pipe = Pipe::start(|| Ok(Silent), &stop).unwrap();
        let error = pipe.read(&mut [0; 8]).unwrap_err();
        assert_eq!(crate::Error::reading("x", error).kind(), crate::Kind::Interrupted);
    }

    #[test]
    fn everything_arrives_in_order() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let copy = bytes.clone();
        let stop: Arc<dyn Stop> = Arc::new(Never);
        let mut pipe = Pipe::start(move || Ok(io::Cursor::new(copy)), &stop).unwrap();
        let mut back = Vec::new();
        pipe.read_to_end(&mut back).unwrap();
        assert!(back == bytes);
    }

    #[test]
    fn a_failing_open_is_reported() {
        let stop: Arc<dyn Stop> = Arc::new(Never);
        let mut pipe =
            Pipe::start(|| Err::<Silent, _>(io::ErrorKind::PermissionDenied.into()), &stop).unwrap();
        assert_eq!(pipe.read(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
