//! For each row the few centroids that may be nearest, told by images in fewer dimensions (`crate::projection`), first in very
//! few, then in more, and their distances in f32.
//!
//! # The bound
//!
//! With the unit `s`, the images and the slacks of `crate::projection`, `|phi(x) - phi(c)| - slack(x) - slack(c)` is at
//! most `s |x - c|`, where the images are those that are stored, of either width. Let `S` be the largest slack of a centroid.
//!
//! - *Which are far.* A row keeps `upper`, at least its distance to the centroid it is labelled with (`super::bounds`).
//!   Its *reach* is `R = s (upper (1 + 2^-18) + 2^-49) + slack(x) + S`, the bounds' unit being 1. Where images are more than
//!   R apart, `|x - c| > upper (1 + 2^-18) + 2^-49`, and `c` passes the test of [`settles`]: it is not the label, and not as
//!   near as the label. The others are the row's *list*; the label itself is always one of them.
//! - *Images of few directions* are themselves a table, to which the filter's proof applies: of a score, `D >= 2 score + q - width`
//!   (`super::bounds`), where `width = 2 margin + 1.1 (d' + 8) u q`. So they are more than R apart where
//!   `score > (R^2 + width - q) / 2`. (A score of tiles has its `F Bc` taken off, so that of the margin only the rest is left.)
//! - *Distances of points.* The squared length `q` of a difference in f32, of n numbers with padding, goes through a subtraction, a
//!   multiply-add and at most `n / 16 + 21` additions: its root is within `off = 1.01 (n / 16 + 26) u` of itself (that is twice what it
//!   needs), and by underflow within `(2 n)^(1/2) 2^-74`. So the images of more directions are more than R apart where
//!   `q^(1/2) (1 - off) > R`.
//! - *What is left.* `lower` is what the lowest score, or distance of images, of all that are not on the list says. If the list holds
//!   nothing but the label, the label stays, and the row itself is not looked at.
//! - *Whole rows.* `|Y(x) - Y(c)|` is within `1.01 u (|Y(x)| + |Y(c)|)` of `s |x - c|` (*rounding y*), and the *roundings*, one of a row and
//!   one of a centroid, are together more than that, by `2 TINY`, which is more than any underflow. So `s |x - c|` is within them of
//!   `q^(1/2) (1 +- off)`.
//! - The nearest of the list by that is the label, if [`settles`] says so with the least of the other lower bounds; else the list is asked
//!   canonically. A row for which something is not finite has an empty list, and all centroids are asked.

use std::array::from_fn;
use std::ops::Range;

use crate::exact::scale;
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View};

use super::bounds::{Bounds, DOWN, Drift, FACTORS, LEAST, MULTIPLE, UP, settles};
use super::filter::{CENTROIDS_BYTES, Filter, TILES_BYTES, above, below, lay_panels, margins, scores};
use super::lists::{Lists, Pair};
use super::narrow::Narrow;
use super::packed::parts;
pub use super::points::PADDED;
use super::points::{distances, turn};
use super::project::{Extra, Lens};
use super::sieve::Sieve;
use super::vector::Vector;
use super::{Found, Isa, Packed, dispatch};

/// Rows are asked so many bytes of them at a time, so that they stay in L2 with their images and lists.
const ROWS_BYTES: usize = 768 << 10;
/// Where a row's centroid has moved by more than this share of what their distance is at most, the distance is measured
/// first: lists grow with it.
const LOOSE: f32 = 1.0 / 64.0;
/// Up and down by more than the roundings of f64 and of single numbers in f32.
const MORE: f64 = 1.0 + 1.0 / 1_048_576.0;
const LESS: f64 = 1.0 - 1.0 / 1_048_576.0;

/// Images of some points, one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// The directions of the narrower images, which are the first of the others.
    pub first: usize,
    /// Numbers of a wider image, padded with 0 to a multiple of [`PADDED`].
    pub stride: usize,
    /// The wider images.
    pub numbers: &'a [f32],
    /// What belongs to each point besides.
    pub extras: &'a [Extra],
}

impl<'a> Images<'a> {
    /// The wider image of a point.
    #[inline(always)]
    pub fn wide(&self, point: usize) -> &'a [f32] {
        &self.numbers[point * self.stride..][..self.stride]
    }

    /// The narrower image of a point.
    fn narrow(&self, point: usize) -> impl Iterator<Item = f32> + 'a {
        self.wide(point)[..self.first].iter().copied().chain([self.extras[point].rest])
    }
}

/// Centroids, whole and as images.
#[derive(Debug, Clone)]
pub struct Targeted {
    /// The narrower images.
    filter: Filter,
    /// The wider ones.
    images: Vec<f32>,
    /// Each centroid's `Y`, padded with 0.
    whole: Vec<f32>,
    roundings: Vec<f32>,
    /// The largest slack.
    slack: f32,
}

impl Targeted {
    /// Of centroids, row-major, and their images. `None` where the filter has no proof for the images.
    pub fn new(isa: Isa, lens: &Lens, centroids: &[f64], images: Images) -> Option<Self> {
        let (columns, clusters) = (lens.middle.len(), images.extras.len());
        let narrow: Vec<f64> = (0..clusters).flat_map(|c| images.narrow(c)).map(f64::from).collect();
        let filter =
            Filter::new(images.first + 1, &narrow, isa.group(), parts(isa, images.first + 1, clusters))?;
        let padded = columns.next_multiple_of(PADDED);
        let mut whole = vec![0.0; clusters * padded];
        for (centroid, to) in centroids.chunks_exact(columns).zip(whole.chunks_exact_mut(padded)) {
            to[..columns].copy_from_slice(&lens.lay(centroid));
        }
        let slack = images.extras.iter().map(|extra| extra.slack).fold(0.0, f32::max);
        let roundings = images.extras.iter().map(|extra| extra.rounding).collect();
        let images = images.numbers.to_vec();
        Some(Self { filter, images, whole, roundings, slack })
    }
}

/// What asking takes.
#[derive(Debug, Clone, Default)]
pub struct Shortlist {
    /// Narrower images, in panels.
    panels: Vec<f32>,
    /// R of each row, in the filter's unit.
    reach: Vec<f32>,
    pub(super) sieve: Sieve,
    /// The least score becomes the square of the least distance of those too far away.
    pub(super) lists: Lists,
    /// `Y` of the rows that are `ready`, padded with 0.
    rows: Vec<f32>,
    ready: Vec<bool>,
    wanted: Vec<usize>,
    /// Rows whose list is empty, and their places.
    lost: Vec<(usize, usize)>,
}

impl Shortlist {
    /// Room for so many rows, and no pairs.
    #[inline(always)]
    pub(super) fn make_room(&mut self, rows: usize) {
        for numbers in [&mut self.sieve.margins, &mut self.sieve.squares] {
            numbers.resize(rows, 0.0);
        }
        self.lists.make_room(rows);
    }

    /// Above which score a centroid is too far, for some rows; for rows that cannot be asked all are.
    #[inline(always)]
    pub(super) fn limit(&mut self, filter: &Filter, rows: Range<usize>) {
        let slope = 1.1 * (filter.columns + 8) as f64 * 2f64.powi(-24);
        let (margins, squares) = (&self.sieve.margins[rows.clone()], &self.sieve.squares[rows.clone()]);
        let known = margins.iter().zip(squares).zip(&self.reach[rows.clone()]);
        for (((&margin, &square), &reach), most) in known.zip(&mut self.lists.most[rows]) {
            let (reach, square) = (f64::from(reach), f64::from(square));
            let width = 2.0 * f64::from(margin) + slope * square;
            let limit = above((reach * reach + width - square) / 2.0);
            *most = if limit.is_finite() { limit } else { f32::NEG_INFINITY };
        }
    }

    /// Makes lower bounds of squared distances of the least scores.
    #[inline(always)]
    pub(super) fn square_least(&mut self, filter: &Filter) {
        let slope = 1.1 * (filter.columns + 8) as f64 * 2f64.powi(-24);
        let known = self.sieve.margins.iter().zip(&self.sieve.squares);
        for ((&margin, &square), least) in known.zip(&mut self.lists.least) {
            let square = f64::from(square);
            let width = 2.0 * f64::from(margin) + slope * square;
            *least = below(2.0 * f64::from(*least) + square - width).max(0.0);
        }
    }
}

/// What a share of rows took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taken {
    /// Rows that bounds did not settle.
    pub unsettled: usize,
    /// What their lists held after the narrower images.
    pub listed: usize,
    /// Whole rows and centroids that were compared.
    pub compared: usize,
    /// What the filter's tiles left to compare.
    pub left_by_tiles: usize,
}

impl Taken {
    /// That of other rows as well.
    pub fn add(&mut self, other: Self) {
        self.unsettled += other.unsettled;
        self.listed += other.listed;
        self.compared += other.compared;
        self.left_by_tiles += other.left_by_tiles;
    }
}

/// A share of rows and what it is asked with: as [`super::bounds::assign`], and images.
pub struct Ask<'a, 'b> {
    /// Of all rows.
    pub rows: Images<'a>,
    /// What they were seen through.
    pub lens: &'a Lens,
    /// The exponent of their unit.
    pub exponent: i32,
    /// The first row, which begins a panel.
    pub first: usize,
    /// What the rows are labelled with.
    pub labels: &'a [u32],
    /// Their bounds.
    pub bounds: &'a mut Bounds<'b>,
    /// How far centroids moved since the bounds were made.
    pub drift: &'a Drift,
    /// Where they are now.
    pub centroids: &'a Packed,
    /// The same.
    pub targets: &'a Targeted,
}

/// Does what [`super::bounds::assign`] does.
pub fn assign<T: Element, const MEASURE: bool>(view: View<T>, ask: Ask, found: &mut Found) -> Taken {
    let Ask { rows, lens, exponent, first, labels, bounds, drift, centroids, targets } = ask;
    let (isa, panels) = (centroids.isa, Panels::holding(&(first..first + labels.len())));
    found.make_room(panels.len());
    found.labels[..labels.len()].copy_from_slice(labels);
    if MEASURE {
        found.ties.fill(0.0);
    }
    let mut active = std::mem::take(&mut found.active);
    let mut list = std::mem::take(&mut found.shortlist);
    dispatch::drift(isa, bounds, labels, drift, &mut active);
    let mut taken = Taken { unsettled: active.len(), ..Taken::default() };
    let units = Units::new(exponent, drift.unit);
    let some = (ROWS_BYTES / (4 * view.columns) / MULTIPLE).max(1) * MULTIPLE;
    list.lost.clear();
    for places in active.chunks(some) {
        let few = Few { view, rows, lens, first, places, units, drift, centroids, targets };
        few.ask::<MEASURE>(bounds, found, &mut list, &mut taken);
    }
    if MEASURE {
        dispatch::own(isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    super::settle::<T, MEASURE>(view, centroids, list.lost.iter().copied(), found);
    (found.active, found.shortlist) = (active, list);
    taken
}

/// From the bounds' unit to that of the images, and back; not numbers where they are too far apart for a proof.
#[derive(Debug, Clone, Copy)]
struct Units {
    out: f64,
    back: f64,
}

impl Units {
    fn new(images: i32, bounds: i32) -> Self {
        if !FACTORS.contains(&(images - bounds)) {
            return Self { out: f64::NAN, back: f64::NAN };
        }
        Self { out: scale(1.0, bounds - images), back: scale(1.0, images - bounds) }
    }
}

/// Some rows of a share, by their places, and what they are asked with.
struct Few<'a, T> {
    view: View<'a, T>,
    rows: Images<'a>,
    lens: &'a Lens,
    first: usize,
    places: &'a [u32],
    units: Units,
    drift: &'a Drift,
    centroids: &'a Packed,
    targets: &'a Targeted,
}

impl<T: Element> Few<'_, T> {
    /// New labels and bounds of the rows.
    fn ask<const MEASURE: bool>(
        &self,
        bounds: &mut Bounds,
        found: &mut Found,
        list: &mut Shortlist,
        taken: &mut Taken,
    ) {
        let Self { places, targets, .. } = *self;
        let isa = self.centroids.isa;
        self.gather(&mut list.panels);
        let panels = std::mem::take(&mut list.panels);
        let (view, all) = (View::of(self.rows.first + 1, &panels), 0..places.len().div_ceil(PANEL));
        list.ready.clear();
        list.ready.resize(places.len(), false);
        self.tighten(view, all.clone(), bounds, &mut found.labels, list);
        self.reaches(bounds, &mut list.reach);
        dispatch::list(isa, view, all, &targets.filter, list);
        list.panels = panels;
        list.lists.keep(places.len(), self.centroids.clusters());
        list.lists.arrange(places.len(), self.centroids.clusters());
        taken.listed += list.lists.pairs.len();
        dispatch::prune(isa, self.rows, targets, self.first, places, list);
        // Rows whose list is the label alone need no distance.
        taken.compared += self.compare(2, list);
        list.lists.sort_by_row(places.len());
        for (i, &place) in places.iter().enumerate() {
            let place = place as usize;
            let beyond = self.beyond(i, list);
            let listed = list.lists.of(i);
            let (label, upper, lower) = match listed {
                [] => (found.labels[place], f64::NAN, 0.0),
                [only] => (only.cluster, f64::from(bounds.upper[place]), beyond),
                _ => self.nearest(i, listed, beyond),
            };
            let (upper, lower) = (above(upper), below(lower).max(0.0));
            found.labels[place] = label;
            (bounds.upper[place], bounds.lower[place]) = (upper, lower);
            if !settles(upper, lower) {
                // The canonical label may be farther by a hair, and any other may be nearer than `lower`.
                let known = upper < f32::INFINITY;
                (bounds.upper[place], bounds.lower[place]) =
                    (if known { upper * UP } else { f32::INFINITY }, 0.0);
                let row = self.first + place;
                if !known || listed.is_empty() {
                    list.lost.push((row, place));
                } else if listed.len() > 1 {
                    let (label, tie) = dispatch::closest(isa, self.view, row, self.centroids, listed);
                    found.labels[place] = label;
                    found.ties[place] = if MEASURE && tie { 1.0 } else { 0.0 };
                }
            }
        }
    }

    /// Narrower images in panels; what is behind the last row repeats it.
    fn gather(&self, panels: &mut Vec<f32>) {
        let Self { rows, places, .. } = self;
        let size = (rows.first + 1) * PANEL;
        panels.resize(places.len().div_ceil(PANEL) * size, 0.0);
        for (panel, places) in panels.chunks_exact_mut(size).zip(places.chunks(PANEL)) {
            for lane in 0..PANEL {
                let row = self.first + places[lane.min(places.len() - 1)] as usize;
                panel[lane..].iter_mut().step_by(PANEL).zip(rows.narrow(row)).for_each(|(to, t)| *to = t);
            }
        }
    }

    /// Measures how far rows are from their labels where that is not known well; rows that have none are labelled as
    /// their images are.
    fn tighten(
        &self,
        images: View<f32>,
        panels: Range<usize>,
        bounds: &mut Bounds,
        labels: &mut [u32],
        list: &mut Shortlist,
    ) {
        let Self { places, targets, drift, centroids, .. } = *self;
        let unlabelled = |place: u32| bounds.upper[place as usize] == f32::INFINITY;
        if places.iter().any(|&place| unlabelled(place)) {
            dispatch::sift(centroids.isa, images, panels, &targets.filter, &mut list.sieve);
        }
        list.lists.pairs.clear();
        for (i, &place) in places.iter().enumerate() {
            let label = labels[place as usize];
            if unlabelled(place) {
                list.lists.note(list.sieve.labels[i], i, 1);
            } else if drift.of[label as usize] > LOOSE * bounds.upper[place as usize] {
                list.lists.note(label, i, 1);
            }
        }
        list.lists.arrange(places.len(), centroids.clusters());
        self.compare(1, list);
        for only in &list.lists.pairs {
            let (i, place) = (only.row as usize, places[only.row as usize] as usize);
            let (label, upper, _) = self.nearest(i, &[*only], f64::INFINITY);
            labels[place] = label;
            bounds.upper[place] = above(upper);
        }
    }

    /// Distances of rows with so many or more on their lists. How many.
    fn compare(&self, enough: usize, list: &mut Shortlist) -> usize {
        let Self { view, lens, targets, first, places, .. } = *self;
        dispatch::compare(self.centroids.isa, view, lens, &targets.whole, first, places, enough, list)
    }

    /// How far the image of a centroid may be from that of each row, in the filter's unit.
    fn reaches(&self, bounds: &Bounds, reach: &mut Vec<f32>) {
        let Self { units, targets, .. } = self;
        reach.clear();
        reach.extend(self.places.iter().enumerate().map(|(i, &place)| {
            let upper = f64::from(bounds.upper[place as usize]);
            let far = upper * (1.0 + 2f64.powi(-18)) + 2.0 * f64::from(LEAST);
            above((far * units.out + self.slack(i) + f64::from(targets.slack)) * MORE * targets.filter.unit)
        }));
        reach.resize(self.places.len().next_multiple_of(MULTIPLE), f32::INFINITY);
    }

    /// At most the distance of a row to any centroid that is not on its list.
    fn beyond(&self, row: usize, list: &Shortlist) -> f64 {
        let Self { units, targets, .. } = self;
        let apart = f64::from(list.lists.least[row]).sqrt() / targets.filter.unit;
        (apart * LESS - (self.slack(row) + f64::from(targets.slack))) * units.back
    }

    /// Of a row's list the nearest, at least its distance and at most that of all others.
    fn nearest(&self, row: usize, listed: &[Pair], beyond: f64) -> (u32, f64, f64) {
        let Self { units, targets, .. } = self;
        let of_row = f64::from(self.extra(row).rounding);
        let off = off(self.view.columns);
        let (mut label, mut nearest, mut upper, mut lower) = (0, f64::INFINITY, f64::NAN, beyond);
        let mut held = f64::INFINITY; // at most the distance of the nearest so far
        for &Pair { cluster, distance: squared, .. } in listed {
            let distance = f64::from(squared).sqrt();
            let slack = of_row + f64::from(targets.roundings[cluster as usize]);
            let most = (distance * (1.0 + off) + slack) * units.back;
            let mut least = (distance * (1.0 - off) - slack) * units.back;
            if distance < nearest {
                (label, nearest, upper) = (cluster, distance, most);
                std::mem::swap(&mut held, &mut least);
            }
            lower = lower.min(least);
        }
        (label, upper, lower)
    }

    fn slack(&self, row: usize) -> f64 {
        f64::from(self.extra(row).slack)
    }

    fn extra(&self, row: usize) -> Extra {
        self.rows.extras[self.first + self.places[row] as usize]
    }
}

/// How much of itself the distance of two points of so many numbers may be off.
fn off(numbers: usize) -> f64 {
    1.01 * (numbers.next_multiple_of(PADDED) as f64 / 16.0 + 26.0) * 2f64.powi(-24)
}

/// Lists for each row the centroids whose narrower images are not too far, and finds the least distance of the others.
#[inline(always)]
pub(super) fn list<V: Vector, W: Narrow, const R: usize, const G: usize>(
    images: View<f32>,
    panels: Range<usize>,
    filter: &Filter,
    list: &mut Shortlist,
) {
    let height = R * W::LANES;
    let (columns, count) = (filter.columns, (panels.len() * PANEL).div_ceil(height));
    list.make_room(count * height);
    let mut tiles = std::mem::take(&mut list.sieve.tiles);
    let block = (TILES_BYTES / (columns * height * 4)).max(1);
    let chunk = (CENTROIDS_BYTES / (columns * G * 4)).max(1);
    for first in (0..count).step_by(block) {
        let block = first..count.min(first + block);
        tiles.resize(block.len() * columns * height, 0.0);
        for (tile, numbers) in block.clone().zip(tiles.chunks_exact_mut(columns * height)) {
            let (middle, scale) = (&filter.middle, filter.scale());
            lay_panels::<f32, V, W>(images, &panels, tile * height, middle, scale, numbers, height);
            let place = tile * height..(tile + 1) * height;
            let Sieve { margins: of_rows, squares, .. } = &mut list.sieve;
            margins::<W, R>(numbers, filter, &mut of_rows[place.clone()], &mut squares[place.clone()]);
            list.limit(filter, place);
        }
        let chunks = filter.numbers.chunks(chunk * columns * G).zip(filter.halves.chunks(chunk * G));
        for (index, (numbers, halves)) in chunks.enumerate() {
            for (tile, rows) in block.clone().zip(tiles.chunks_exact(columns * height)) {
                let place = tile * height;
                let most: [W; R] = from_fn(|r| W::load(&list.lists.most[place + r * W::LANES..]));
                let mut least: [W; R] = from_fn(|r| W::load(&list.lists.least[place + r * W::LANES..]));
                let groups = numbers.chunks_exact(columns * G).zip(halves.chunks_exact(G));
                for (group, (numbers, halves)) in groups.enumerate() {
                    let scores = scores::<W, R, G>(rows, numbers, halves);
                    for (cluster, scores) in scores.into_iter().enumerate() {
                        for (r, score) in scores.into_iter().enumerate() {
                            let far = most[r].less(score);
                            least[r] = least[r].min(W::select(far, score, W::splat(f32::INFINITY)));
                            let near = !W::bits(far) & W::ALL;
                            let cluster = (index * chunk + group) * G + cluster;
                            list.lists.note(cluster as u32, place + r * W::LANES, near);
                        }
                    }
                }
                for (r, least) in least.into_iter().enumerate() {
                    least.store(&mut list.lists.least[place + r * W::LANES..]);
                }
            }
        }
    }
    list.sieve.tiles = tiles;
    list.square_least(filter);
}

/// Takes off the lists, where they are longer than one, what the wider images show to be too far.
#[inline(always)]
pub(super) fn prune<W: Narrow>(
    rows: Images,
    targets: &Targeted,
    first: usize,
    places: &[u32],
    list: &mut Shortlist,
) {
    let Shortlist { lists: Lists { pairs, by_row, counts, most, least, .. }, reach, .. } = list;
    let centroid = |cluster: usize| &targets.images[cluster * rows.stride..][..rows.stride];
    let image = |row: usize| rows.wide(first + places[row] as usize);
    distances::<W>(pairs, *by_row, |row| counts[row] > 1, image, centroid);
    let (unit, sure) = (targets.filter.unit, 1.0 - off(rows.stride));
    for (most, &reach) in most.iter_mut().zip(reach.iter()) {
        *most = above((f64::from(reach) / unit / sure * MORE).powi(2));
    }
    let (mut kept, back) = (0, below((sure * unit).powi(2) * LESS));
    for at in 0..pairs.len() {
        let Pair { row, distance, .. } = pairs[at];
        let row = row as usize;
        pairs[kept] = pairs[at];
        // A list of one had no distance taken, and keeps its 0.
        let far = distance > most[row];
        kept += usize::from(!far);
        counts[row] -= u32::from(far);
        let others = ((distance * back) * DOWN - f32::MIN_POSITIVE).clamp(0.0, f32::MAX);
        let others = if far { others } else { f32::INFINITY };
        least[row] = if others < least[row] { others } else { least[row] };
    }
    pairs.truncate(kept);
}

/// Squared distances of rows to the centroids on their lists, for rows that have at least `enough` there. How many.
#[inline(always)]
pub(super) fn compare<T: Element, V: Vector, W: Narrow>(
    view: View<T>,
    lens: &Lens,
    whole: &[f32],
    first: usize,
    places: &[u32],
    enough: usize,
    list: &mut Shortlist,
) -> usize {
    let stride = view.columns.next_multiple_of(PADDED);
    list.rows.resize(places.len() * stride, 0.0);
    let Shortlist { lists: Lists { pairs, by_row, counts, .. }, rows, ready, wanted, .. } = list;
    let lane = |i: usize| (first + places[i] as usize) % PANEL;
    let panel = |place: u32| (first + place as usize) / PANEL;
    let mut from = 0;
    for of_panel in places.chunk_by(|&a, &b| panel(a) == panel(b)) {
        wanted.clear();
        wanted.extend((from..from + of_panel.len()).filter(|&i| counts[i] as usize >= enough && !ready[i]));
        from += of_panel.len();
        if !wanted.is_empty() {
            wanted.iter().for_each(|&i| ready[i] = true);
            let panel = view.panel(panel(of_panel[0]));
            turn::<T, V, W>(panel, &lens.middle, lens.scale(), wanted, lane, rows, stride);
        }
    }
    let compared = |row: usize| counts[row] as usize >= enough;
    let centroid = |cluster: usize| &whole[cluster * stride..][..stride];
    distances::<W>(pairs, *by_row, compared, |row| &rows[row * stride..][..stride], centroid);
    (0..places.len()).filter(|&row| compared(row)).map(|row| counts[row] as usize).sum()
}

/// The canonical nearest of some centroids, the first of those that are as near, and whether there is another.
#[inline(always)]
pub(super) fn closest<T: Element>(
    view: View<T>,
    row: usize,
    centroids: &Packed,
    listed: &[Pair],
) -> (u32, bool) {
    let (mut label, mut nearest, mut tie) = (0, f64::INFINITY, false);
    for &Pair { cluster, .. } in listed {
        let mut distance = 0.0f64;
        for (x, c) in view.row(row).zip(centroids.centroid(cluster as usize)) {
            distance = (x - c).mul_add(x - c, distance);
        }
        if distance < nearest {
            (label, nearest, tie) = (cluster, distance, false);
        } else {
            tie |= distance == nearest;
        }
    }
    (label, tie)
}
