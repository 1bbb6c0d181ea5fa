//! Labels that do not fit in memory either.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use kmeans_engine::{Error as EngineError, LabelStore};

use crate::error::Error;
use crate::place::spool;

/// Bytes of a label.
const SIZE: usize = size_of::<u32>();

/// A temporary file of labels. Threads take turns: they come for some ten thousand at a time, which is copied in a tenth
/// of the time that finding them takes.
pub struct LabelsFile {
    name: String,
    file: Mutex<(File, Vec<u8>)>,
}

impl LabelsFile {
    /// An empty file that nobody else sees, for the labels of the rows of `name`.
    ///
    /// # Errors
    /// [`Error::Spool`].
    pub fn new(name: &str) -> Result<Self, Error> {
        Ok(Self { name: name.to_owned(), file: Mutex::new((spool(name)?, Vec::new())) })
    }

    fn at(
        &self,
        first: usize,
        action: impl FnOnce(&mut File, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), EngineError> {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, bytes) = &mut *guard;
        let done = file.seek(SeekFrom::Start((first * SIZE) as u64)).and_then(|_| action(file, bytes));
        done.map_err(|error| EngineError::source(Error::spooling(&self.name, error)))
    }
}

impl LabelStore for LabelsFile {
    fn read(&self, first: usize, labels: &mut [u32]) -> Result<(), EngineError> {
        self.at(first, |file, bytes| {
            bytes.resize(labels.len() * SIZE, 0);
            file.read_exact(bytes)?;
            labels
                .iter_mut()
                .zip(bytes.as_chunks().0)
                .for_each(|(label, &bytes)| *label = u32::from_ne_bytes(bytes));
            Ok(())
        })
    }

    fn write(&self, first: usize, labels: &[u32]) -> Result<(), EngineError> {
        self.at(first, |file, bytes| {
            bytes.resize(labels.len() * SIZE, 0);
            bytes
                .as_chunks_mut()
                .0
                .iter_mut()
                .zip(labels)
                .for_each(|(bytes, label)| *bytes = label.to_ne_bytes());
            file.write_all(bytes)
        })
    }
}
