//! Labels between two passes: all that is kept of a row.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::error::Error;
use crate::sums::NOWHERE;

/// A place for labels outside memory, 4 bytes a row. Threads read and write different rows of it at the same time.
pub trait LabelStore: Send + Sync {
    /// The labels of the rows from `first` on, which were written before.
    ///
    /// # Errors
    /// [`Error::Source`].
    fn read(&self, first: usize, labels: &mut [u32]) -> Result<(), Error>;

    /// Keeps the labels of the rows from `first` on.
    ///
    /// # Errors
    /// [`Error::Source`].
    fn write(&self, first: usize, labels: &[u32]) -> Result<(), Error>;
}

enum Place {
    Held(Vec<AtomicU32>),
    Stored(Box<dyn LabelStore>),
}

/// The labels of all rows.
pub struct Labels {
    place: Place,
    /// Whether there are any.
    known: bool,
    /// What labels are called now, if not what was written.
    names: Option<Vec<u32>>,
}

impl Labels {
    /// Held in memory, once there are any.
    pub fn held() -> Self {
        Self::at(Place::Held(Vec::new()))
    }

    /// Kept elsewhere.
    pub fn stored(store: Box<dyn LabelStore>) -> Self {
        Self::at(Place::Stored(store))
    }

    fn at(place: Place) -> Self {
        Self { place, known: false, names: None }
    }

    /// Makes room for the labels of so many rows.
    pub fn make_room(&mut self, rows: usize) {
        if let Place::Held(all) = &mut self.place {
            all.resize_with(rows, || AtomicU32::new(NOWHERE));
        }
    }

    /// The labels of `rows` rows from `first` on; [`NOWHERE`] where there are none.
    pub fn read(&self, first: usize, rows: usize, labels: &mut Vec<u32>) -> Result<(), Error> {
        labels.clear();
        labels.resize(rows, NOWHERE);
        if !self.known {
            return Ok(());
        }
        match &self.place {
            Place::Held(all) => {
                labels.iter_mut().zip(&all[first..]).for_each(|(to, label)| *to = label.load(Relaxed));
            }
            Place::Stored(store) => store.read(first, labels)?,
        }
        if let Some(names) = &self.names {
            labels
                .iter_mut()
                .for_each(|label| *label = names.get(*label as usize).copied().unwrap_or(NOWHERE));
        }
        Ok(())
    }

    /// Keeps new labels. They count once [`Labels::settle`] says that all rows have theirs.
    pub fn write(&self, first: usize, labels: &[u32]) -> Result<(), Error> {
        match &self.place {
            Place::Held(all) => {
                all[first..].iter().zip(labels).for_each(|(to, &label)| to.store(label, Relaxed));
                Ok(())
            }
            Place::Stored(store) => store.write(first, labels),
        }
    }

    /// All rows have new labels.
    pub fn settle(&mut self) {
        (self.known, self.names) = (true, None);
    }

    /// None has.
    pub fn forget(&mut self) {
        (self.known, self.names) = (false, None);
    }

    /// Label `i` is called `names[i]` from now on.
    pub fn rename(&mut self, names: &[u32]) {
        let of = |&label: &u32| names.get(label as usize).copied().unwrap_or(NOWHERE);
        let all =
            self.names.as_ref().map_or_else(|| names.to_vec(), |before| before.iter().map(of).collect());
        self.names = Some(all);
    }

    /// All of them, which are then gone; none when they are kept elsewhere.
    pub fn take(&mut self) -> Vec<u32> {
        let Place::Held(all) = &mut self.place else { return Vec::new() };
        let names = self.names.take();
        let name = |label: u32| {
            names.as_ref().map_or(label, |names| names.get(label as usize).copied().unwrap_or(NOWHERE))
        };
        self.known = false;
        // The same size, so that this takes no room of its own.
        std::mem::take(all).into_iter().map(|label| name(label.into_inner())).collect()
    }
}
