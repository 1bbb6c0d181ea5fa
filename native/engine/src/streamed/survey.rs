//! The first pass over the rows.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::error::Error;
use crate::kernel::Isa;
use crate::matrix::Values;
use crate::observer::Observer;
use crate::panels::Panels;
use crate::points::Ranges;
use crate::share;
use crate::threads::Threads;
use crate::weights::WeightSurvey;

use super::AHEAD;
use super::prefetch::{Expected, Piece, read_ahead};
use super::rows::RowSource;

/// What the first pass finds out.
pub struct Survey {
    pub rows: usize,
    /// Whether all numbers are stored as f32.
    pub narrow: bool,
    pub weights: Option<WeightSurvey>,
    pub ranges: Ranges,
}

impl Survey {
    pub fn of(
        source: &mut impl RowSource,
        threads: &Threads,
        isa: Isa,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let columns = source.columns();
        let (mut rows, mut narrow) = (0, true);
        let mut weights = source.weighted().then(WeightSurvey::default);
        let failed = AtomicBool::new(false);
        let add = |part: &mut Result<Ranges, Error>, piece: Piece| {
            let rows = piece.first..piece.first + piece.block.rows();
            share::survey(part, Panels::new(piece.block.into_parts().0).views(), rows, isa);
            if part.is_err() {
                failed.store(true, Relaxed);
            }
        };
        let ranges = read_ahead(source, Expected::Any, threads.count() + AHEAD, |pieces| {
            let mut bad_weight = None;
            // One thread at a time takes a piece, so this sees them in order.
            let look = |piece: Piece| {
                rows = piece.first + piece.block.rows();
                narrow &= matches!(piece.block.matrix().values(), Values::F32(_));
                if let (Some(survey), Some(some)) = (&mut weights, piece.block.weights())
                    && let Err(error) = survey.add(some)
                {
                    bad_weight = Some(error);
                    failed.store(true, Relaxed);
                }
                piece
            };
            // Pieces before one that is at fault are out already, and those behind it cannot be worse.
            let pieces = pieces.take_while(|_| !failed.load(Relaxed)).map(look);
            let parts = threads.fold(pieces, observer, || Ok(Ranges::new(columns)), add);
            match bad_weight {
                Some(error) => Err(error),
                None => Ranges::merged(columns, parts?),
            }
        })?;
        if rows == 0 { Err(Error::NoRows) } else { Ok(Self { rows, narrow, weights, ranges }) }
    }
}
