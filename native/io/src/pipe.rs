//! A pipe read on a thread of its own, so that a silent one can still be given up.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
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

/// What a thread has read so far, as a reader.
pub(crate) struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
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
        let abandoned = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&abandoned);
        thread::Builder::new().name("kmeans-input".to_owned()).spawn(move || match open() {
            Ok(reader) => pump(reader, &sender, &flag),
            // Nobody listens any more when this fails.
            Err(error) => drop(sender.send(Err(error))),
        })?;
        Ok(Self { chunks, current: Vec::new(), at: 0, failed: None, stop: Arc::clone(stop), abandoned })
    }

    /// Waits for a chunk; `false` at the end.
    fn wait(&mut self) -> io::Result<bool> {
        loop {
            if self.stop.requested() {
                return Err(stopped());
            }
            match self.chunks.recv_timeout(POLL) {
                Ok(chunk) => {
                    self.current = chunk?;
                    self.at = 0;
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
            if self.at == self.current.len() {
                // A pipe hands out 64 KiB at a time: what already waits is taken in one go, what does not is not
                // waited for.
                match self.chunks.try_recv() {
                    Ok(Ok(chunk)) => (self.current, self.at) = (chunk, 0),
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
            let count = (into.len() - filled).min(self.current.len() - self.at);
            into[filled..filled + count].copy_from_slice(&self.current[self.at..self.at + count]);
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

fn pump(mut reader: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>, abandoned: &AtomicBool) {
    let mut buffer = vec![0; CHUNK];
    while !abandoned.load(Ordering::Relaxed) {
        let message = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
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
