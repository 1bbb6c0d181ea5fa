//! One pass that gives every row its label.

use std::sync::Mutex;

use crate::error::Error;
use crate::kernel::{self, Found, Moves, Packed, Within};
use crate::observer::Observer;
use crate::panels::on_view;
use crate::points::Points;
use crate::share::{assign, measure, shares, windows};
use crate::sums::Sums;
use crate::tier::{Detail, Step};

use super::{RowSource, Streamed};

/// What one thread finds.
struct Part<'a> {
    step: Step,
    found: Found,
    moves: Moves<'a>,
    within: Within,
    labels: Vec<u32>,
    failed: Option<Error>,
}

impl<R: RowSource> Streamed<R> {
    pub(super) fn assign_all(
        &self,
        packed: &Packed,
        detail: Detail,
        sums: &mut Sums,
        observer: &dyn Observer,
    ) -> Result<Step, Error> {
        let clusters = packed.clusters();
        let windows = windows(&self.scan.ranges, packed.rows());
        let measured = if detail == Detail::Distances { clusters } else { 0 };
        let none = self.unit.map(|unit| unit.weights(&[]));
        let told = Mutex::new(sums);
        let start = || Part {
            step: Step::new(clusters, detail),
            found: Found::default(),
            moves: Moves::new(&self.scan.grid, none.as_ref(), &told, clusters),
            within: Within::new(windows, measured),
            labels: Vec::new(),
            failed: None,
        };
        let add = |part: &mut Part, first, points| {
            if part.failed.is_none() {
                part.failed = self.assign(part, first, points, packed, detail).err();
            }
        };
        let parts = self.pass(observer, start, add)?;
        let mut whole = Step::new(clusters, detail);
        for part in parts {
            whole.merge(&part.finish()?);
        }
        Ok(whole)
    }

    /// The rows of a piece, of which `first` is the first.
    fn assign(
        &self,
        part: &mut Part,
        first: usize,
        Points { panels, weights }: Points,
        packed: &Packed,
        detail: Detail,
    ) -> Result<(), Error> {
        let Part { step, found, moves, within, labels, .. } = part;
        self.labels.read(first, panels.rows(), labels)?;
        if let Some(weights) = weights {
            moves.weigh(weights);
        }
        for rows in shares(panels.rows()) {
            let labels = &mut labels[rows.clone()];
            on_view!(panels, view => {
                assign(view, &rows, detail, packed, found);
                step.changed += kernel::relabel(self.isa, view, rows.start, labels, &found.labels, moves);
            });
            if detail == Detail::Distances {
                step.ties += found.ties[..rows.len()].iter().filter(|&&tie| tie != 0.0).count() as u64;
                measure(self.isa, moves.weights(), &rows, &found.distances[..rows.len()], labels, within);
            }
        }
        self.labels.write(first, labels)
    }
}

impl Part<'_> {
    fn finish(mut self) -> Result<Step, Error> {
        self.moves.tell();
        self.step.within = self.within.into_totals();
        self.failed.map_or(Ok(self.step), Err)
    }
}
