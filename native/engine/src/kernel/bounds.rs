//! Hamerly's test: rows that are closer to their centroid than to any other can be, without a look at them.
//!
//! (Hamerly, "Making k-means even faster", SDM 2010.) A row keeps `upper`, at least its distance to its centroid,
//! and `lower`, at most its distance to any other. When centroids move, the triangle inequality says by how much
//! either can have changed. The rows that `upper < lower` does not settle are gathered into tiles for the filter,
//! which also gives them new bounds: it knows the best and the second best score of every row.
//!
//! # The bounds
//!
//! Bounds are f32 in a unit of their own, a power of two near the width of the data.
//!
//! - A score of the filter, of either kind (`super::filter`, `super::tiles`), is at most half its *margin* above the
//!   true `(D - Y^2) / 2`, and that of the label at most its margin below. Its `q`, a chain of d fused multiply-adds,
//!   is within `1.01 (d + 4) u` of `Y^2`, or within `d 2^-140` below 2^-126, for which the margin has room. So with
//!   `width = 2 margin + 1.1 (d + 8) u q`, `D <= 2 score + q + width` for the label and `D >= 2 score + q - width` for
//!   any other. The sum before the width is rounded by at most `u` of itself, which is at most `D` and the width, and
//!   `D <= 2 Y^2 + 2 B^2`: that is in the half of the margin, at least `1.02 u B^2`, and the `4 u q` that are left over.
//! - Roots, sums, differences and products are rounded by at most `u` each: a factor of `1 +- 2^-20`
//!   covers the three or four that each bound goes through.
//! - A row whose label was settled canonically may have a label whose true distance is larger than the lowest by
//!   `2 e` of itself, `2^-36`: the factor covers that as well. Its `lower` is taken from the best score.
//! - When `upper < (1 - 2^-19) lower`, true distances differ by more than `2^-19` of themselves, canonical ones by at
//!   most `e <= 2^-37`, so the label is the canonical one, without a tie. Below 2^-50 of the unit nothing is settled.
//!   There are bounds only where the filter's unit is between 2^-400 and 2^400 and theirs within 2^60 of it (`FACTORS`), so
//!   a distance that is settled is above 2^-1020 when it is squared, and no canonical one that counts is subnormal.

use std::array::from_fn;
use std::ops::Range;

use crate::exact::scale;
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View};

use super::filter::Filter;
use super::narrow::Narrow;
use super::sieve::Sieve;
use super::vector::prefetch;
use super::{Found, Packed, dispatch};

/// Up by more than a few roundings, and down.
pub(super) const UP: f32 = 1.0 + 1.0 / 1_048_576.0;
pub(super) const DOWN: f32 = 1.0 - 1.0 / 1_048_576.0;
/// How much smaller `upper` has to be.
const CLEARLY: f32 = 1.0 - 1.0 / 524_288.0;
/// Below this bounds settle nothing.
pub(super) const LEAST: f32 = 8.881_784e-16; // 2^-50
/// Filter units for which the factor between the units is a normal f32, with room to spare.
pub(super) const FACTORS: std::ops::RangeInclusive<i32> = -60..=60;
/// Rows are gathered so many bytes of them at a time, so that they stay in L2, and as many rows as fill tiles of
/// 32 and of 48.
const GATHERED_BYTES: usize = 1 << 20;
pub(super) const MULTIPLE: usize = 96;
/// What gathering a row costs, in centroids that it could be scored against meanwhile: where so few rows are settled
/// that gathering the others costs more than it saves, all are laid, panel by panel.
const GATHER: usize = 48;
/// Rows of up to so many columns are fetched so many rows before they are gathered, 4 % of 20 steps over 1M x 16; wider
/// ones are streams of their own.
const FETCHED: usize = 32;
const GATHER_AHEAD: usize = 2 * PANEL;

/// How far centroids moved since the bounds were made, in the bounds' unit, rounded up.
#[derive(Debug, Clone)]
pub struct Drift {
    pub(super) of: Vec<f32>,
    /// The largest, whose it is, and the largest of the others.
    largest: f32,
    whose: u32,
    second: f32,
    /// The bounds' unit.
    pub(super) unit: i32,
}

impl Drift {
    /// From centroids to centroids; `unit` is an exponent.
    pub fn new(columns: usize, from: &[f64], to: &[f64], unit: i32) -> Self {
        let pairs = from.chunks_exact(columns).zip(to.chunks_exact(columns));
        let moved = |(from, to): (&[f64], &[f64])| {
            let squared: f64 = from.iter().zip(to).map(|(a, b)| scale(a - b, -unit).powi(2)).sum();
            // Tiny differences can vanish when they are squared; sqrt(d) 2^-500 is more than they can be.
            (((squared.sqrt() + 2f64.powi(-480)) * f64::from(UP)) as f32).next_up()
        };
        let of: Vec<f32> = pairs.map(|(from, to)| if from == to { 0.0 } else { moved((from, to)) }).collect();
        let (mut largest, mut whose, mut second) = (0.0, 0, 0.0);
        for (cluster, &drift) in of.iter().enumerate() {
            if drift > largest {
                (second, largest, whose) = (largest, drift, cluster as u32);
            } else if drift > second {
                second = drift;
            }
        }
        Self { of, largest, whose, second, unit }
    }
}

/// Bounds of a share of rows.
pub struct Bounds<'a> {
    /// At least the distance of each row to its centroid.
    pub upper: &'a mut [f32],
    /// At most its distance to any other.
    pub lower: &'a mut [f32],
}

/// Whether a row with these bounds has the label that it had, without a tie.
#[inline(always)]
pub(super) fn settles(upper: f32, lower: f32) -> bool {
    upper < (lower * CLEARLY).min(lower - LEAST)
}

/// Lets bounds drift and lists the rows that they do not settle, by their places in the share.
#[inline(always)]
pub(super) fn drift<W: Narrow>(bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) {
    active.clear();
    active.resize(labels.len(), 0);
    let mut count = 0;
    for (first, labels) in labels.chunks(PANEL).enumerate() {
        let first = first * PANEL;
        let (mut own, mut others) = ([0.0; PANEL], [drift.largest; PANEL]);
        for ((own, others), &label) in own.iter_mut().zip(&mut others).zip(labels) {
            *own = drift.of.get(label as usize).copied().unwrap_or(f32::INFINITY); // a row without a label
            *others = if label == drift.whose { drift.second } else { *others };
        }
        let upper = &mut bounds.upper[first..][..labels.len()];
        let lower = &mut bounds.lower[first..][..labels.len()];
        let mut unsettled = 0;
        if labels.len() == PANEL {
            for lane in (0..PANEL).step_by(W::LANES) {
                let upper = &mut upper[lane..];
                let lower = &mut lower[lane..];
                let most = W::load(upper).add(W::load(&own[lane..])).mul(W::splat(UP));
                let least = W::load(lower).sub(W::load(&others[lane..])).mul(W::splat(DOWN));
                most.store(upper);
                least.store(lower);
                // What `settles` says.
                let below = least.mul(W::splat(CLEARLY)).min(least.sub(W::splat(LEAST)));
                unsettled |= (!W::bits(most.less(below)) & W::ALL) << lane;
            }
        } else {
            for (i, (upper, lower)) in upper.iter_mut().zip(lower).enumerate() {
                *upper = (*upper + own[i]) * UP;
                *lower = (*lower - others[i]) * DOWN;
                unsettled |= u32::from(!settles(*upper, *lower)) << i;
            }
        }
        while unsettled != 0 {
            active[count] = first as u32 + unsettled.trailing_zeros();
            count += 1;
            unsettled &= unsettled - 1;
        }
    }
    active.truncate(count);
}

/// New bounds from the filter's scores, for the rows at these places of the share.
#[inline(always)]
pub(super) fn renew(bounds: &mut Bounds, sieve: &Sieve, filter: &Filter, drift: &Drift, places: &[u32]) {
    let ratio = filter.exponent - drift.unit;
    let factor = if FACTORS.contains(&ratio) { scale(1.0, ratio) as f32 } else { f32::NAN };
    for (first, places) in places.chunks(PANEL).enumerate() {
        let distances = sieve.distances(first * PANEL, filter);
        for ((upper, lower), &place) in distances.0.into_iter().zip(distances.1).zip(places) {
            bounds.upper[place as usize] = upper * factor;
            bounds.lower[place as usize] = lower * factor;
        }
    }
}

/// Labels the rows of a share, of which the first begins a panel, from the labels and bounds of the step before;
/// with `MEASURE` also finds distances and ties. Returns how many rows were not settled by their bounds.
pub fn assign<T: Element, const MEASURE: bool>(
    view: View<T>,
    first: usize,
    labels: &[u32],
    bounds: &mut Bounds,
    drift: &Drift,
    centroids: &Packed,
    found: &mut Found,
) -> usize {
    let (isa, panels) = (centroids.isa, Panels::holding(&(first..first + labels.len())));
    let Some(filter) = &centroids.filter else {
        // Nothing renews the bounds, and drifts will count from these centroids: what was known ends here.
        bounds.upper.fill(f32::INFINITY);
        super::assign::<T, MEASURE>(view, panels, centroids, found);
        return labels.len();
    };
    found.make_room(panels.len());
    found.labels[..labels.len()].copy_from_slice(labels);
    if MEASURE {
        found.ties.fill(0.0);
    }
    let mut active = std::mem::take(&mut found.active);
    dispatch::drift(isa, bounds, labels, drift, &mut active);
    let (clusters, unsettled) = (centroids.clusters(), active.len());
    let mut asked = Asked { bounds, drift, centroids, filter, found };
    if active.len() * (clusters + GATHER) >= labels.len() * clusters {
        active.clear();
        active.extend(0..labels.len() as u32);
        asked.renew::<T, MEASURE>(view, panels.clone(), &active);
    } else {
        let some = (GATHERED_BYTES / (8 * view.columns) / MULTIPLE).max(1) * MULTIPLE;
        let mut gathered = std::mem::take(&mut asked.found.gathered);
        for places in active.chunks(some) {
            gather(view, first, places, &mut gathered);
            let panels = 0..places.len().div_ceil(PANEL);
            asked.renew::<f64, MEASURE>(View::of(view.columns, &gathered), panels, places);
        }
        asked.found.gathered = gathered;
    }
    if MEASURE {
        dispatch::own(isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    found.active = active;
    unsettled
}

/// What it takes to ask for rows anew.
struct Asked<'a, 'b> {
    bounds: &'a mut Bounds<'b>,
    drift: &'a Drift,
    centroids: &'a Packed,
    filter: &'a Filter,
    found: &'a mut Found,
}

impl Asked<'_, '_> {
    /// Labels and bounds of the rows of some panels, which have these places in the share.
    fn renew<T: Element, const MEASURE: bool>(
        &mut self,
        view: View<T>,
        panels: Range<usize>,
        places: &[u32],
    ) {
        let (isa, first) = (self.centroids.isa, panels.start * PANEL);
        let mut sieve = std::mem::take(&mut self.found.sieve);
        dispatch::sift(isa, view, panels, self.filter, &mut sieve);
        dispatch::renew(isa, self.bounds, &sieve, self.filter, self.drift, places);
        for (&place, label) in places.iter().zip(&sieve.labels) {
            self.found.labels[place as usize] = *label;
        }
        let doubt = |&i: &u32| Some((first + i as usize, *places.get(i as usize)? as usize));
        super::settle::<T, MEASURE>(view, self.centroids, sieve.doubts.iter().filter_map(doubt), self.found);
        self.found.sieve = sieve;
    }
}

/// Asks for rows to come, of which neighbours share their cache lines.
fn fetch<T: Element>(view: View<T>, rows: impl Iterator<Item = usize>) {
    let mut last = usize::MAX;
    for row in rows {
        if last != row / PANEL {
            last = row / PANEL;
            let panel = view.panel(last);
            (0..view.columns).for_each(|column| prefetch(panel, column * PANEL + row % PANEL));
        }
    }
}

/// Panels of the rows at some places; what is behind the last row repeats it.
fn gather<T: Element>(view: View<T>, first: usize, places: &[u32], panels: &mut Vec<f64>) {
    let size = view.columns * PANEL;
    panels.resize(places.len().div_ceil(PANEL) * size, 0.0);
    let mut coming = places.iter().skip(GATHER_AHEAD);
    for (panel, places) in panels.chunks_exact_mut(size).zip(places.chunks(PANEL)) {
        if view.columns <= FETCHED {
            fetch(view, coming.by_ref().take(PANEL).map(|&place| first + place as usize));
        }
        let row = |lane: usize| first + places[lane.min(places.len() - 1)] as usize;
        let rows: [&[T]; PANEL] = from_fn(|lane| &view.panel(row(lane) / PANEL)[row(lane) % PANEL..]);
        for (column, lanes) in panel.chunks_exact_mut(PANEL).enumerate() {
            lanes.iter_mut().zip(rows).for_each(|(to, row)| *to = row[column * PANEL].widen());
        }
    }
}
