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
//! - The filter's score `s'` is within `E` of `(D - Y^2) / 2`, and `2 E <= slope q + fixed` (`super::filter`, whose
//!   names these are). Its `q`, a chain of d fused multiply-adds, is within `1.01 (d + 4) u` of `Y^2`, or within
//!   `d 2^-140` below 2^-126, which `fixed` has room for. Adding `2 s' + q` in f32 errs by at most `2 u (q + |2 s'|)`,
//!   and `|2 s'| <= 2 q + 2 B^2`. So `D` is within `width = (slope + 1.1 (d + 8) u) q + 2 fixed` of `2 s' + q`, for
//!   fixed is at least `2.04 (d + 4) u B^2`.
//! - Roots, sums, differences and products are rounded by at most `u` each: a factor of `1 +- 2^-20`
//!   covers the three or four that each bound goes through.
//! - A row whose label was settled canonically may have a label whose true distance is larger than the lowest by
//!   `2 e` of itself, `2^-36`: the factor covers that as well. Its `lower` is taken from the best score.
//! - When `upper < (1 - 2^-19) lower`, true distances differ by more than `2^-19` of themselves, canonical ones by at
//!   most `e <= 2^-37`, so the label is the canonical one, without a tie. Below 2^-50 of the unit nothing is settled,
//!   so that no canonical distance that counts can be subnormal.

use crate::exact::scale;
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View};

use super::filter::{Filter, Rows, Sieve};
use super::{Found, Packed};

/// Up by more than a few roundings, and down.
pub(super) const UP: f32 = 1.0 + 1.0 / 1_048_576.0;
pub(super) const DOWN: f32 = 1.0 - 1.0 / 1_048_576.0;
/// How much smaller `upper` has to be.
const CLEARLY: f32 = 1.0 - 1.0 / 524_288.0;
/// Below this bounds settle nothing.
const LEAST: f32 = 8.881_784e-16; // 2^-50
/// Filter units for which the factor between the units is a normal f32, with room to spare.
const FACTORS: std::ops::RangeInclusive<i32> = -60..=60;
/// What gathering a row costs, in centroids that it could be scored against meanwhile: where so few rows are settled
/// that gathering the others costs more than it saves, all are laid, panel by panel.
const GATHER: usize = 48;

/// How far centroids moved since the bounds were made, in the bounds' unit, rounded up.
#[derive(Debug, Clone)]
pub struct Drift {
    of: Vec<f32>,
    /// The largest, whose it is, and the largest of the others.
    largest: f32,
    whose: u32,
    second: f32,
    /// The bounds' unit.
    unit: i32,
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

/// Lets bounds drift and lists the rows that they do not settle, by their places in the share.
#[inline(always)]
pub(super) fn drift(bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) {
    active.clear();
    active.resize(labels.len(), 0);
    let mut count = 0;
    for (first, labels) in labels.chunks(PANEL).enumerate() {
        let first = first * PANEL;
        let mut own = [0.0; PANEL];
        for (own, &label) in own.iter_mut().zip(labels) {
            *own = drift.of.get(label as usize).copied().unwrap_or(f32::INFINITY); // a row without a label
        }
        let mut settled = [false; PANEL];
        let upper = bounds.upper[first..][..labels.len()].iter_mut();
        let both = upper.zip(&mut bounds.lower[first..][..labels.len()]);
        for ((((upper, lower), &label), own), settled) in both.zip(labels).zip(own).zip(&mut settled) {
            let others = if label == drift.whose { drift.second } else { drift.largest };
            *upper = (*upper + own) * UP;
            *lower = (*lower - others) * DOWN;
            *settled = (*upper < *lower * CLEARLY) & (*lower > LEAST);
        }
        if settled != [true; PANEL] {
            for (i, settled) in settled[..labels.len()].iter().enumerate() {
                active[count] = (first + i) as u32;
                count += usize::from(!settled);
            }
        }
    }
    active.truncate(count);
}

/// New bounds from the filter's scores, for the rows at these places of the share.
#[inline(always)]
pub(super) fn renew(bounds: &mut Bounds, sieve: &Sieve, filter: &Filter, drift: &Drift, places: &[u32]) {
    let ratio = filter.exponent() - drift.unit;
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
/// with `MEASURE` also finds distances and ties.
pub fn assign<T: Element, const MEASURE: bool>(
    view: View<T>,
    first: usize,
    labels: &[u32],
    bounds: &mut Bounds,
    drift: &Drift,
    centroids: &Packed,
    found: &mut Found,
) {
    let (isa, panels) = (centroids.isa, Panels::holding(&(first..first + labels.len())));
    let Some(filter) = &centroids.filter else {
        return super::assign::<T, MEASURE>(view, panels, centroids, found);
    };
    found.make_room(panels.len());
    found.labels[..labels.len()].copy_from_slice(labels);
    if MEASURE {
        found.ties.fill(0.0);
    }
    let (mut active, mut sieve) = (std::mem::take(&mut found.active), std::mem::take(&mut found.sieve));
    super::drift(isa, bounds, labels, drift, &mut active);
    let clusters = centroids.clusters();
    let all = active.len() * (clusters + GATHER) >= labels.len() * clusters;
    if all {
        active.clear();
        active.extend(0..labels.len() as u32);
    }
    if !active.is_empty() {
        let asked = if all { Rows::Panels(panels.clone()) } else { Rows::Listed(first, &active) };
        super::sift(isa, view, asked, filter, &mut sieve);
        super::renew(isa, bounds, &sieve, filter, drift, &active);
        for (&place, label) in active.iter().zip(&sieve.labels) {
            found.labels[place as usize] = *label;
        }
        let doubts = sieve.doubts.iter().filter_map(|&i| active.get(i as usize));
        super::settle::<T, MEASURE>(view, centroids, doubts.map(|&place| place as usize), first, found);
    }
    if MEASURE {
        super::own(isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    (found.active, found.sieve) = (active, sieve);
}
