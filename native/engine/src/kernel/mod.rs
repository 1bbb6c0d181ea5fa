//! Rows against centroids, by the instruction set that the processor has. Every one gives the same bits.

pub mod bounds;
pub mod boxes;
mod dispatch;
mod filter;
mod isa;
mod lanes;
mod lists;
mod moves;
mod narrow;
mod packed;
mod points;
mod project;
pub mod shortlist;
mod sieve;
#[cfg(target_arch = "x86_64")]
mod tiles;
#[cfg(target_arch = "x86_64")]
mod turn;
mod vector;
mod windows;

pub use dispatch::{
    assign_boxes, distances, lower, nearest, own, potentials, project, ranges, relabel, to_listed, to_one,
    within, within_reach,
};
pub use filter::above;
pub use filter::brief::pays as brief_filter_pays;
pub use isa::Isa;
pub use lanes::whole;
pub use moves::Moves;
pub use packed::{Packed, filter_pays};
pub use project::{CHUNK, Extra, Images, Lens, Targets};
pub use windows::{Windows, Within};

use std::ops::Range;

use crate::matrix::Element;
use crate::panels::{PANEL, View};

use shortlist::Shortlist;
use sieve::Sieve;

/// The nearest centroids of the rows of some panels.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Squared canonical distances.
    pub distances: Vec<f64>,
    /// The lowest index at that distance.
    pub labels: Vec<u32>,
    /// 1 where another centroid lies at exactly the same distance, if that was asked for.
    pub ties: Vec<f64>,
    sieve: Sieve,
    /// Rows that bounds did not settle, and panels of them.
    active: Vec<u32>,
    gathered: Vec<f64>,
    shortlist: Shortlist,
    /// A panel of rows in doubt, and what was found for it.
    panel: Vec<f64>,
    settled: Option<Box<Found>>,
}

impl Found {
    /// How many centroids the filter's tiles have left to compare with rows in doubt, so far.
    pub fn left_by_tiles(&self) -> usize {
        self.sieve.listed
    }

    /// Room for so many panels; what is in there is of no use.
    fn make_room(&mut self, panels: usize) {
        let rows = panels * PANEL;
        self.distances.resize(rows, 0.0);
        self.labels.resize(rows, 0);
        self.ties.resize(rows, 0.0);
    }
}

/// The label of each row of `panels`; with `MEASURE` also its distance and whether there is a tie, which are
/// otherwise of no use.
pub fn assign<T: Element, const MEASURE: bool>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    let Some(filter) = &centroids.filter else {
        return nearest::<T, MEASURE>(view, panels, centroids, found);
    };
    found.make_room(panels.len());
    let first = panels.start * PANEL;
    let mut sieve = std::mem::take(&mut found.sieve);
    if filter.brief {
        let (labels, doubts) = (&mut found.labels, &mut sieve.doubts);
        dispatch::sift_briefly(centroids.isa, view, panels.clone(), filter, labels, doubts);
    } else {
        dispatch::sift(centroids.isa, view, panels.clone(), filter, &mut sieve);
        std::mem::swap(&mut found.labels, &mut sieve.labels);
    }
    if MEASURE {
        found.ties.fill(0.0);
        dispatch::own(centroids.isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    let doubts = sieve.doubts.iter().map(|&row| (first + row as usize, row as usize));
    settle::<T, MEASURE>(view, centroids, doubts, found);
    found.sieve = sieve;
}

/// Asks again, canonically, for some rows, each named by its number in the view and its place in what is found.
fn settle<T: Element, const MEASURE: bool>(
    view: View<T>,
    centroids: &Packed,
    rows: impl Iterator<Item = (usize, usize)>,
    found: &mut Found,
) {
    let mut rows = rows.peekable();
    let mut panel = std::mem::take(&mut found.panel);
    let mut settled = found.settled.take().unwrap_or_default();
    panel.resize(view.columns * PANEL, 0.0);
    while rows.peek().is_some() {
        let (mut places, mut count) = ([0; PANEL], 0);
        for (lane, (row, place)) in rows.by_ref().take(PANEL).enumerate() {
            panel[lane..].iter_mut().step_by(PANEL).zip(view.row(row)).for_each(|(to, x)| *to = x);
            (places[lane], count) = (place, lane + 1);
        }
        nearest::<f64, MEASURE>(View::of(view.columns, &panel), 0..1, centroids, &mut settled);
        for (lane, &place) in places[..count].iter().enumerate() {
            found.labels[place] = settled.labels[lane];
            if MEASURE {
                found.distances[place] = settled.distances[lane];
                found.ties[place] = settled.ties[lane];
            }
        }
    }
    (found.panel, found.settled) = (panel, Some(settled));
}

#[cfg(test)]
mod tests;
