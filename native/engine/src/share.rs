//! What every tier does with a share of its rows.

use std::ops::Range;

use crate::error::Error;
use crate::exact::Total;
use crate::far::Farthest;
use crate::kernel::{self, Found, Isa, Packed, Windows, Within};
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View, Views, on_view, on_views};
use crate::points::{Points, Ranges};
use crate::sums::NOWHERE;
use crate::tier::{Detail, Far};
use crate::weights::Weights;

/// Rows that a thread takes at a time, a multiple of what boxes are made of: some 10 us of work at d = 2, k = 3, against
/// under 1 us to hand out.
pub const SHARE: usize = 4096;

/// All of so many rows, some at a time.
pub fn shares(rows: usize) -> impl Iterator<Item = Range<usize>> + Send {
    (0..rows).step_by(SHARE).map(move |from| from..rows.min(from + SHARE))
}

/// Where the squared distances of all rows to some centroids lie.
pub fn windows(ranges: &Ranges, centroids: &[f64]) -> Windows {
    let farthest = |centroid: &[f64]| -> f64 {
        let sides = centroid.iter().zip(ranges.min.iter().zip(&ranges.max));
        sides.map(|(c, (min, max))| (c - min).abs().max((max - c).abs()).powi(2)).sum()
    };
    let largest = centroids.chunks_exact(ranges.min.len()).map(farthest).fold(0.0, f64::max);
    Windows::new(2.0 * largest) // twice is more than what rounding can have lost
}

/// Finds the nearest centroids of some rows.
pub fn assign<T: Element>(
    view: View<T>,
    rows: &Range<usize>,
    detail: Detail,
    centroids: &Packed,
    found: &mut Found,
) {
    let panels = Panels::holding(rows);
    match detail {
        Detail::Labels => kernel::assign::<T, false>(view, panels, centroids, found),
        Detail::Distances => kernel::assign::<T, true>(view, panels, centroids, found),
    }
}

/// Adds distances to the sums of their clusters.
pub fn measure(
    isa: Isa,
    weights: Option<&Weights>,
    rows: &Range<usize>,
    distances: &[f64],
    labels: &[u32],
    within: &mut Within,
) {
    let labels = &labels[..rows.len()];
    match weights {
        None => kernel::within(isa, distances, labels, within),
        Some(weights) => {
            for (row, (&distance, &label)) in rows.clone().zip(distances.iter().zip(labels)) {
                within.add_weighted(distance, weights.to_f64(weights.units(row).into()), label);
            }
        }
    }
}

/// Widens the ranges of a part by panels that hold these rows of the table, or keeps the first error.
pub fn survey(part: &mut Result<Ranges, Error>, panels: Views, rows: Range<usize>, isa: Isa) {
    if let Ok(ranges) = part
        && let Err(error) = on_views!(panels, view => kernel::ranges(isa, view, &(0..rows.len()), ranges))
    {
        *part = Err(error.behind(rows.start));
    }
}

/// The squared distances of rows to one point, added up.
pub struct Scatter {
    within: Within,
    distances: Vec<f64>,
}

impl Scatter {
    /// Of no rows.
    pub fn new(windows: Windows) -> Self {
        Self { within: Within::new(windows, 1), distances: vec![0.0; SHARE + PANEL] }
    }

    /// Adds the distances of some rows, no more than [`SHARE`].
    pub fn add(&mut self, points: &Points, rows: &Range<usize>, point: &[f64], isa: Isa) {
        let Self { within, distances } = self;
        let panels = Panels::holding(rows);
        on_view!(points.panels, view => kernel::to_one(isa, view, panels, point, distances));
        measure(isa, points.weights.as_ref(), rows, &distances[..rows.len()], &[0; SHARE], within);
    }

    /// What all parts add up to.
    pub fn total(parts: Vec<Self>) -> Total {
        let mut total = Total::default();
        parts.into_iter().flat_map(|part| part.within.into_totals()).for_each(|part| total.merge(&part));
        total
    }
}

/// Looks for rows far from their centroids among some, of which each is called what `number` says.
pub fn consider(
    points: &Points,
    rows: Range<usize>,
    number: impl Fn(usize) -> usize,
    packed: &Packed,
    (farthest, found): &mut (Farthest, Found),
) {
    on_view!(points.panels, view => assign(view, &rows, Detail::Distances, packed, found));
    for (row, (&distance, &label)) in rows.zip(found.distances.iter().zip(&found.labels)) {
        farthest.consider(distance, label as usize, row, number(row), points);
    }
}

/// The `count` rows farthest from their centroids. `pass` gives what each part of the rows makes of what it is given.
pub fn farthest(
    count: usize,
    pass: impl Fn(&Farthest) -> Result<Vec<(Farthest, Found)>, Error>,
) -> Result<Vec<Far>, Error> {
    let all = |first: Farthest| -> Result<Farthest, Error> {
        let mut all = first.clone();
        pass(&first)?.into_iter().for_each(|(part, _)| all.merge(part));
        Ok(all)
    };
    let once = all(Farthest::new(count))?;
    Ok(match once.again() {
        Some(again) => all(again)?,
        None => once,
    }
    .into_vec())
}

/// The new name of each of so many labels, of which `order[i]` is called `i` from now on.
pub fn renamed(clusters: usize, order: &[usize]) -> Vec<u32> {
    let mut names = vec![NOWHERE; clusters];
    order.iter().enumerate().for_each(|(new, &old)| names[old] = new as u32);
    names
}
