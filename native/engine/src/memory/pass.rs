//! One pass over the rows: labels, moves and, where asked for, distances.

use std::sync::Mutex;

use crate::error::Error;
use crate::exact::Grid;
use crate::kernel::boxes::{Lists, Share};
use crate::kernel::shortlist::{self, Ask, Taken, Targeted};
use crate::kernel::{self, Found, Isa, Moves, Packed, Windows, Within, bounds};
use crate::observer::Observer;
use crate::panels::on_view;
use crate::points::Points;
use crate::share::{SHARE, assign, measure};
use crate::sums::Sums;
use crate::threads::Threads;
use crate::tier::{Detail, Step};

use super::InMemory;
use super::bounds::AllBounds;
use super::boxes::Boxes;
use super::images::AllImages;

impl InMemory {
    /// Asks all rows, in the cheapest way that there is. What each thread found, and what that took.
    pub(super) fn pass(
        &mut self,
        packed: &Packed,
        windows: Windows,
        detail: Detail,
        observer: &dyn Observer,
    ) -> Result<Vec<(Step, Taken)>, Error> {
        let pass = Pass {
            points: &self.points,
            grid: &self.scan.grid,
            threads: &self.threads,
            isa: self.isa,
            sums: &Mutex::new(&mut self.sums),
            packed,
            windows,
            detail,
            observer,
        };
        let parts = if let Some(boxes) = &mut self.boxes {
            pass.by_boxes(boxes, &mut self.labels)?
        } else if let Some(images) = self.images.as_ref().filter(|images| images.asks())
            && let Some(bounds) = &mut self.bounds
        {
            let targets = images.targets(packed, &self.threads, observer)?;
            pass.by_images(bounds, images, targets.as_ref(), self.scan.ranges.exponent(), &mut self.labels)?
        } else if let Some(bounds) = self.bounds.as_mut().filter(|bounds| !bounds.rests()) {
            pass.by_bounds(bounds, self.scan.ranges.exponent(), &mut self.labels)?
        } else {
            pass.by_rows(&mut self.labels)?
        };
        Ok(parts.into_iter().map(Part::finish).collect())
    }
}

/// What all threads share in a step.
struct Pass<'a> {
    points: &'a Points,
    grid: &'a Grid,
    threads: &'a Threads,
    isa: Isa,
    sums: &'a Mutex<&'a mut Sums>,
    packed: &'a Packed,
    windows: Windows,
    detail: Detail,
    observer: &'a dyn Observer,
}

impl<'a> Pass<'a> {
    fn start(&self) -> Part<'a> {
        let clusters = self.packed.clusters();
        let measured = if self.detail == Detail::Distances { clusters } else { 0 };
        Part {
            step: Step::new(clusters, self.detail),
            found: Found::default(),
            moves: Moves::new(self.grid, self.points.weights.as_ref(), self.sums, clusters),
            within: Within::new(self.windows, measured),
            taken: Taken::default(),
        }
    }

    /// Box by box.
    fn by_boxes(&self, boxes: &mut Boxes, labels: &mut [u32]) -> Result<Vec<Part<'a>>, Error> {
        let packed = self.packed;
        let start = || (self.start(), Lists::new(packed));
        let shares = boxes.with(labels, SHARE);
        let parts = self.threads.fold(shares, self.observer, start, |(part, lists), mut share: Share| {
            let (found, moves) = (&mut part.found, &mut part.moves);
            part.step.changed += on_view!(self.points.panels, view => match self.detail {
                Detail::Labels => kernel::assign_boxes::<_, false>(view, &mut share, packed, lists, found, moves),
                Detail::Distances => kernel::assign_boxes::<_, true>(view, &mut share, packed, lists, found, moves),
            });
            self.measure(part, share.first, share.labels);
        })?;
        Ok(parts.into_iter().map(|(part, _)| part).collect())
    }

    /// Rows that their bounds do not settle; `unit` is that of the bounds, an exponent.
    fn by_bounds(
        &self,
        bounds: &mut AllBounds,
        unit: i32,
        labels: &mut [u32],
    ) -> Result<Vec<Part<'a>>, Error> {
        let (packed, drift) = (self.packed, &bounds.drift(self.packed, unit));
        let shares = labels.chunks_mut(SHARE).zip(bounds.shares(SHARE)).enumerate();
        let start = || self.start();
        self.threads.fold(shares, self.observer, start, |part, (share, (labels, mut bounds))| {
            let first = share * SHARE;
            let (found, moves, bounds) = (&mut part.found, &mut part.moves, &mut bounds);
            on_view!(self.points.panels, view => {
                part.taken.unsettled += match self.detail {
                    Detail::Labels => bounds::assign::<_, false>(view, first, labels, bounds, drift, packed, found),
                    Detail::Distances => bounds::assign::<_, true>(view, first, labels, bounds, drift, packed, found),
                };
                part.step.changed += kernel::relabel(self.isa, view, first, labels, &found.labels, moves);
            });
            self.measure(part, first, labels);
        })
    }

    /// Rows that their bounds do not settle, by their images; without `targets`, which there are nearly always, whole.
    fn by_images(
        &self,
        bounds: &mut AllBounds,
        images: &AllImages,
        targets: Option<&Targeted>,
        unit: i32,
        labels: &mut [u32],
    ) -> Result<Vec<Part<'a>>, Error> {
        let Some(targets) = targets else { return self.by_bounds(bounds, unit, labels) };
        let (packed, drift) = (self.packed, &bounds.drift(self.packed, unit));
        let shares = labels.chunks_mut(SHARE).zip(bounds.shares(SHARE)).enumerate();
        let start = || self.start();
        self.threads.fold(shares, self.observer, start, |part, (share, (labels, mut bounds))| {
            let first = share * SHARE;
            let (found, moves, levels) = (&mut part.found, &mut part.moves, images.levels());
            let (rows, lens, exponent) = (levels.rows(), levels.lens(), levels.exponent());
            let ask = Ask {
                rows,
                lens,
                exponent,
                first,
                labels,
                bounds: &mut bounds,
                drift,
                centroids: packed,
                targets,
            };
            on_view!(self.points.panels, view => {
                part.taken.add(match self.detail {
                    Detail::Labels => shortlist::assign::<_, false>(view, ask, found),
                    Detail::Distances => shortlist::assign::<_, true>(view, ask, found),
                });
                part.step.changed += kernel::relabel(self.isa, view, first, labels, &found.labels, moves);
            });
            self.measure(part, first, labels);
        })
    }

    /// Every row.
    fn by_rows(&self, labels: &mut [u32]) -> Result<Vec<Part<'a>>, Error> {
        let shares = labels.chunks_mut(SHARE).enumerate();
        let start = || self.start();
        self.threads.fold(shares, self.observer, start, |part, (share, labels)| {
            let rows = share * SHARE..share * SHARE + labels.len();
            let (found, moves) = (&mut part.found, &mut part.moves);
            on_view!(self.points.panels, view => {
                assign(view, &rows, self.detail, self.packed, found);
                part.step.changed += kernel::relabel(self.isa, view, rows.start, labels, &found.labels, moves);
            });
            self.measure(part, rows.start, labels);
        })
    }

    /// Adds what was found for the rows from `first` on, if it was asked for.
    fn measure(&self, part: &mut Part, first: usize, labels: &[u32]) {
        if self.detail == Detail::Distances {
            let (rows, found) = (first..first + labels.len(), &part.found);
            part.step.ties += found.ties[..rows.len()].iter().filter(|&&tie| tie != 0.0).count() as u64;
            let distances = &found.distances[..rows.len()];
            measure(self.isa, self.points.weights.as_ref(), &rows, distances, labels, &mut part.within);
        }
    }
}

/// What one thread finds in a step.
struct Part<'a> {
    step: Step,
    found: Found,
    moves: Moves<'a>,
    within: Within,
    taken: Taken,
}

impl Part<'_> {
    fn finish(mut self) -> (Step, Taken) {
        self.moves.tell();
        self.step.within = self.within.into_totals();
        self.taken.left_by_tiles = self.found.left_by_tiles();
        (self.step, self.taken)
    }
}
