//! Images for Lloyd's steps, row by row: those of few directions are read off the front of those of more, with a last number of their own.

use crate::error::Error;
use crate::kernel::shortlist::{Images, PADDED};
use crate::kernel::{Extra, Isa, Lens};
use crate::observer::Observer;
use crate::panels::{PANEL, Panels};
use crate::threads::Threads;

use super::{Bound, Directions, Out, project};

/// The images of a table's rows.
pub struct Levels {
    lens: Lens,
    exponent: i32,
    bound: Bound,
    first: usize,
    rows: Seen,
}

/// Images of some rows: one behind the other, padded with 0.
pub struct Seen {
    numbers: Vec<f32>,
    extras: Vec<Extra>,
}

impl Levels {
    /// Images in all of the directions, and in the `first` of them. `None` where there is no proof.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn new(
        directions: &Directions,
        first: usize,
        panels: &Panels,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Self>, Error> {
        let Some(bound) = Bound::new(panels.columns(), &directions.columns) else { return Ok(None) };
        let (lens, exponent) =
            (directions.centred.lens(&directions.columns, isa), directions.centred.exponent);
        let rows = Seen { numbers: Vec::new(), extras: Vec::new() };
        let mut all = Self { lens, exponent, bound, first, rows };
        all.rows = all.see(panels, isa, threads, observer)?;
        Ok(Some(all))
    }

    /// Images of any rows.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn see(
        &self,
        panels: &Panels,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Seen, Error> {
        let (width, stride) = (self.lens.width + 1, self.stride());
        let store = |image: &[f32], to: &mut [f32]| {
            for (lane, row) in to.chunks_exact_mut(stride).enumerate() {
                row[..width].iter_mut().zip(image[lane..].iter().step_by(PANEL)).for_each(|(to, &t)| *to = t);
            }
        };
        let out = Out { size: stride * PANEL, store: &store, first: self.first };
        let (mut numbers, extras) =
            project(panels, &self.lens, Some(self.bound), out, isa, threads, observer)?;
        numbers.truncate(panels.rows() * stride);
        Ok(Seen { numbers, extras })
    }

    /// The images of the table's rows.
    pub fn rows(&self) -> Images<'_> {
        self.images(&self.rows)
    }

    /// Images as [`crate::kernel::shortlist`] reads them.
    pub fn images<'a>(&self, seen: &'a Seen) -> Images<'a> {
        let Seen { numbers, extras } = seen;
        Images { first: self.first, stride: self.stride(), numbers, extras }
    }

    /// What they are seen through.
    pub fn lens(&self) -> &Lens {
        &self.lens
    }

    /// The exponent of the images' unit.
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// How many directions there are.
    pub fn width(&self) -> usize {
        self.lens.width
    }

    fn stride(&self) -> usize {
        (self.lens.width + 1).next_multiple_of(PADDED)
    }
}
