//! Bytes that can be read at any place, by several threads at once.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::stopped;
use crate::place::Shared;
use crate::stop::Stop;

/// A file or memory; clones are the same bytes.
#[derive(Clone)]
pub(crate) struct Positioned(Arc<Inner>);

struct Inner {
    bytes: Bytes,
    length: u64,
    stop: Arc<dyn Stop>,
    /// The first failure of the device, which libraries would turn into a text.
    failed: Mutex<Option<io::Error>>,
}

pub(crate) enum Bytes {
    File(File),
    Memory(Shared),
}

impl Positioned {
    pub(crate) fn new(bytes: Bytes, stop: &Arc<dyn Stop>) -> io::Result<Self> {
        let length = match &bytes {
            Bytes::File(file) => file.metadata()?.len(),
            Bytes::Memory(bytes) => bytes.len(),
        };
        Ok(Self(Arc::new(Inner { bytes, length, stop: Arc::clone(stop), failed: Mutex::new(None) })))
    }

    pub(crate) fn length(&self) -> u64 {
        self.0.length
    }

    /// Fills `into` from `from` on; bytes that are gone by now are an error.
    pub(crate) fn read_exact_at(&self, into: &mut [u8], from: u64) -> io::Result<()> {
        let mut filled = 0;
        while filled < into.len() {
            match self.read_at(&mut into[filled..], from + filled as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// As `pread`.
    pub(crate) fn read_at(&self, into: &mut [u8], from: u64) -> io::Result<usize> {
        if self.0.stop.requested() {
            return Err(self.note(stopped()));
        }
        match &self.0.bytes {
            Bytes::Memory(bytes) => {
                let bytes: &[u8] = bytes.as_ref();
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                bytes.get(from..).unwrap_or_default().read(into)
            }
            Bytes::File(file) => loop {
                match file_read_at(file, into, from) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(self.note(error)),
                    read => return read,
                }
            },
        }
    }

    /// Keeps a failure, and gives what a library may have of it.
    pub(crate) fn note(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        kind.into()
    }

    /// The failure of the device, if there was one.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(unix)]
fn file_read_at(file: &File, into: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, from)
}

#[cfg(windows)]
fn file_read_at(file: &File, into: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, from)
}

/// Reads on from a place.
pub(crate) struct Onward {
    pub(crate) bytes: Positioned,
    pub(crate) at: u64,
}

impl Read for Onward {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read_at(into, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
