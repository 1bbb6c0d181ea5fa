//! Wide rows as images in fewer dimensions, from which a lower bound on a distance can be read.
//!
//! For any `Q` with orthonormal columns the map `phi(y) = (Q^T y, |y - Q Q^T y|)` brings no two points
//! further apart: with `r(y) = |y - Q Q^T y|`, by the triangle inequality for `r`,
//!
//! ```text
//! |phi(y) - phi(z)|^2 = |Q^T (y - z)|^2 + (r(y) - r(z))^2 <= |Q^T (y - z)|^2 + |(I - Q Q^T)(y - z)|^2 = |y - z|^2.
//! ```
//!
//! So `|phi(x) - phi(c)| <= |x - c|`: rows whose image is far from that of `c` are far from `c`. With the
//! directions of largest variance as columns (`directions`) an eighth of the dimensions is often enough: images
//! leave 3 of 100 rows and candidates in doubt (MNIST, k-means++ to 200, 120 of 784 dimensions).
//!
//! # The bound
//!
//! Let `u = 2^-24`, `y = (x - m) s` with `m` a mean and `s` a power of two that brings ordinary rows near 1,
//! `Y` what f32 makes of `y` (that of each number is `u (1 + 2^-28)` of it off, the subtraction in f64
//! included), d columns, `P` the f32 matrix of d' columns that stands for `Q`.
//!
//! - *Rounding y.* `|y - Y| <= 1.01 u |Y|`, and `phi` makes no more of it.
//! - *P is not orthonormal.* `P^T P = I + E` over its columns that are not 0 (the others give an image of 0, as
//!   if they were not there). `eta >= |E|_F` is measured in f64, `1.01 d d' 2^-53` added for what that sum
//!   loses (Cauchy-Schwarz on each of d'^2 dot products of columns no longer than 1.005). The polar
//!   decomposition `P = Q H` has `Q` orthonormal and `H = (I + E)^(1/2)`, so `|H - I| <= eta`, and
//!   `|P^T Y - Q^T Y| = |(H - I) Q^T Y| <= eta |Y|`. This is the `Q` of the map; nobody has to know it.
//! - *Dot products.* A chain of multiply-adds runs over `CHUNK` columns, then the chunks are added: each
//!   product goes through at most `h = CHUNK + ceil(d / CHUNK)` roundings, so a dot product with a column `p`
//!   is off by at most `g sum |Y_j p_j| <= g |Y| |p|`, `g = h u / (1 - h u) <= 1.01 h u` (Higham, 2002, section
//!   3.1), and d' of them, as a vector, by `g |Y| |P|_F <= g (d' (1 + eta))^(1/2) |Y|`.
//! - So the front part `T` of an image is within `front |Y|` of `Q^T Y`, `front = g (d' (1 + eta))^(1/2) + eta`.
//! - *The last number.* `r^2 = |Y|^2 - |Q^T Y|^2`. `a` is that of `|Y|^2` and `|T|^2`, each summed in f64, where
//!   squares of f32 are exact. `| |T|^2 - |Q^T Y|^2 | <= (2 + front) front |Y|^2`, sums and difference lose at
//!   most `(d + d' + 4) 2^-52 |Y|^2`: `|a - r^2| <= D = delta |Y|^2`. Where `a < 0` it becomes 0, which is
//!   nearer. Then `|a^(1/2) - r| = |a - r^2| / (a^(1/2) + r)` is at most `D / a^(1/2)`, and at most `D^(1/2)`.
//!   Rounding the root to f32 costs `1.01 u` of it.
//! - *Underflow.* Numbers below 2^-126 lose at most 2^-149 each, in a front part at most `d d' 2^-149 <= 2^-126`
//!   for d <= 2^16 and d' <= 2^7: in `D` at most `2.1 |Y| 2^-126 <= 2^-125 (1 + |Y|^2)`. So `D` has 2^-124 more,
//!   and the slack `TINY = 2^-50`, which is more than all the rest.
//!
//! Where fewer dimensions are of no use, the image is `Y` itself: `Q = I`, the last number is 0, and only *rounding y*
//! remains.
//!
//! The sum of these is the *slack* of an image: image and `phi(y)` are no further apart. A row of `|Y| >= 2^50`
//! has an infinite one, and so has one that is no number in f32.
//!
//! # The bound in use
//!
//! Distances of images are taken in f32: a difference, its square and a chain of `d' + 1` additions, so a
//! squared distance `q` is `1.01 (d' + 4) u` of itself off, by underflow at most `(d' + 1) 2^-149 <= 2^-132` more.
//!
//! The canonical distance `D'` is within `e = 1.01 (d + 2) 2^-53` of `D = |x - c|^2` (see `kernel::filter`), less
//! what underflow takes, `d 2^-1074`, of which `s <= 2^400` makes at most 2^-258. A row whose squared distance
//! to its nearest centroid is `n` has the *reach* `s n^(1/2) + slack + TINY`, `1 + 2^-20` times as large for `e` and
//! for the roundings here. If
//!
//! ```text
//! q > factor (reach + slack of c)^2,        factor = 1 + 1.01 (d' + 8) u + 2^-18
//! ```
//!
//! (four roundings for the right side; reach is at least 2^-50, so 2^-18 of its square is more than 2^-132),
//! then `|x - c| s >= |phi(x) - phi(c)| > s n^(1/2) (1 + 2^-20) + TINY`, and `D' >= n`: `c` is no nearer.

mod directions;
mod levels;

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::kernel::{self, CHUNK, Extra, Images, Isa, Lens, Targets, above};
use crate::observer::Observer;
use crate::panels::{PANEL, Panels, View, Views, on_view};
use crate::threads::Threads;

use directions::{directions, dot};
pub use levels::Levels;

/// Directions are taken in multiples of the least number that all kernels' groups divide.
pub const STEP: usize = 24;
/// With more an image is no longer cheap, and the constants of the bound do not hold.
const MOST_WIDTH: usize = 120;
/// As above.
const MOST_COLUMNS: usize = 1 << 16;
/// Rows that the directions are learned from, for each of them.
const SAMPLE_PER_DIRECTION: usize = 16;
/// Rows that the mean and the unit are taken from where there are no directions.
const SAMPLE: usize = 1024;
/// Panels that a thread takes at a time, a multiple of every kernel's tile.
const SHARE: usize = 12;

const U: f64 = 1.0 / (1u64 << 24) as f64;
const UP: f64 = 1.0 + 1.0 / (1u64 << 20) as f64;
const TINY: f64 = 1.0 / (1u64 << 50) as f64;

/// Directions in which a table varies most, the first most of all, and what is taken off its rows first.
pub struct Directions {
    centred: Centred,
    columns: Vec<Vec<f32>>,
}

/// A mean of rows, and the exponent of the unit in which they are near 1.
#[derive(Debug, Clone)]
struct Centred {
    middle: Vec<f64>,
    exponent: i32,
}

/// The images of a table's rows.
pub struct Projection {
    isa: Isa,
    lens: Lens,
    images: Panels,
    extras: Vec<Extra>,
}

/// The constants of the proof.
#[derive(Debug, Clone, Copy)]
struct Bound {
    front: f64,
    delta: f64,
}

impl Directions {
    /// Looks for so many, or the least multiple of [`STEP`] that is not less. `None` where there is no proof.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn of(
        panels: &Panels,
        width: usize,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Self>, Error> {
        let width = width.next_multiple_of(STEP).clamp(STEP, MOST_WIDTH);
        let sample = sample(panels, SAMPLE_PER_DIRECTION * width);
        let Some(centred) = centred(panels.columns(), &sample) else { return Ok(None) };
        let lens = centred.lens(&[], isa);
        let sample = sample.iter().flat_map(|row| lens.lay(row)).collect();
        let columns = directions(panels.columns(), sample, width, isa, threads, observer)?;
        Ok(Some(Self { centred, columns }))
    }

    /// How many.
    pub fn width(&self) -> usize {
        self.columns.len()
    }
}

impl Centred {
    /// `matrix` may be empty: then only `y` is taken.
    fn lens(&self, matrix: &[Vec<f32>], isa: Isa) -> Lens {
        let (middle, unit) = (self.middle.clone(), scale(1.0, -self.exponent));
        if matrix.is_empty() {
            Lens::whole(middle, unit, isa.group())
        } else {
            Lens::new(middle, unit, matrix, isa.group())
        }
    }
}

impl Projection {
    /// Images in an eighth of the columns. `None` where there is no proof.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn new(
        panels: &Panels,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Self>, Error> {
        match Directions::of(panels, panels.columns() / 8, isa, threads, observer)? {
            Some(Directions { centred, columns }) => match Bound::new(panels.columns(), &columns) {
                Some(bound) => {
                    let lens = centred.lens(&columns, isa);
                    Self::through(lens, Some(bound), panels, isa, threads, observer).map(Some)
                }
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// The rows themselves as images, in f32, where fewer dimensions would not do: `Q = I`, the last number is 0.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn of_whole_rows(
        panels: &Panels,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Self>, Error> {
        let Some(centred) = centred(panels.columns(), &sample(panels, SAMPLE)) else { return Ok(None) };
        let lens = centred.lens(&[], isa);
        Self::through(lens, None, panels, isa, threads, observer).map(Some)
    }

    fn through(
        lens: Lens,
        bound: Option<Bound>,
        panels: &Panels,
        isa: Isa,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let out = Out {
            size: (lens.width + 1) * PANEL,
            store: &|image, to| to.copy_from_slice(image),
            first: usize::MAX,
        };
        let (numbers, extras) = project(panels, &lens, bound, out, isa, threads, observer)?;
        let images = Panels::of_panels(panels.rows(), lens.width + 1, numbers);
        Ok(Self { isa, lens, images, extras })
    }

    /// The images, typed.
    pub fn view(&self) -> View<'_, f32> {
        match self.images.views() {
            Views::F32(view) => view,
            Views::F64(view) => View::of(view.columns, &[]), // images are f32
        }
    }

    /// How far the image of a row may be from where it belongs.
    pub fn slack(&self, row: usize) -> f32 {
        self.extras[row].slack
    }

    /// The image of a row, and its slack.
    pub fn image_of_row(&self, row: usize) -> (Vec<f32>, f32) {
        (self.images.row(row).into_iter().map(|x| x as f32).collect(), self.extras[row].slack)
    }

    /// Images as what rows are compared with.
    pub fn targets(&self, images: &[(Vec<f32>, f32)]) -> Targets {
        Targets::new(self.lens.width + 1, images, above(self.factor()), self.isa.group())
    }

    fn factor(&self) -> f64 {
        1.0 + 1.01 * (self.lens.width as f64 + 8.0) * U + 1.0 / f64::from(1 << 18)
    }

    /// The reach of a row whose nearest centroid has this canonical squared distance.
    pub fn reach(&self, row: usize, nearest: f64) -> f32 {
        above((nearest.sqrt() * self.lens.unit + f64::from(self.extras[row].slack) + TINY) * UP)
    }

    /// Roughly whether a row whose nearest centroid has this squared distance is known to be no nearer to a
    /// point: what a trial wants to know, not the test itself.
    pub fn is_far(&self, row: usize, image: &[f32], nearest: f64, target: &(Vec<f32>, f32)) -> bool {
        let differences = image.iter().zip(&target.0).map(|(a, b)| f64::from(a - b));
        self.at_least(row, differences.map(|x| x * x).sum::<f64>() as f32, target.1) > nearest
    }

    /// What the canonical squared distance of a row to a target is not below, if that of their images is `q`.
    pub fn at_least(&self, row: usize, q: f32, slack: f32) -> f64 {
        let apart = (f64::from(q) / self.factor()).sqrt()
            - (f64::from(self.extras[row].slack) + f64::from(slack) + TINY);
        if apart > 2f64.powi(-40) { apart * apart / UP / self.lens.unit / self.lens.unit } else { 0.0 }
    }
}

impl Bound {
    /// For the columns of `P`; `None` when they are too far from orthonormal.
    fn new(columns: usize, matrix: &[Vec<f32>]) -> Option<Self> {
        let (d, width) = (columns as f64, matrix.len() as f64);
        let wide: Vec<Vec<f64>> =
            matrix.iter().map(|column| column.iter().map(|&x| f64::from(x)).collect()).collect();
        let kept: Vec<&Vec<f64>> = wide.iter().filter(|column| column.iter().any(|&x| x != 0.0)).collect();
        let mut squared = 0.0;
        for (i, a) in kept.iter().enumerate() {
            squared += (dot(a, a) - 1.0).powi(2);
            squared += kept[..i].iter().map(|b| 2.0 * dot(a, b).powi(2)).sum::<f64>();
        }
        let eta = squared.sqrt() * UP + 1.01 * d * width * 2f64.powi(-53);
        if eta.is_nan() || eta > 0.001 {
            return None;
        }
        let roundings = (CHUNK + columns.div_ceil(CHUNK)) as f64;
        let front = (1.01 * roundings * U * (width * (1.0 + eta)).sqrt() + eta) * UP;
        let delta = ((2.0 + front) * front + (d + width + 4.0) * 2f64.powi(-52)) * UP;
        Some(Self { front, delta })
    }
}

/// The last number of an image and its slack, from the squared lengths of `Y` and of the front part.
#[inline(always)]
fn rest(bound: Option<Bound>, square: f64, front: f64) -> (f32, f32) {
    let (root, off) = bound.map_or((0.0, 0.0), |Bound { front: off_front, delta }| {
        let root = (square - front).max(0.0).sqrt();
        let off = delta * square * UP + 2f64.powi(-124);
        // The root may be 0: then the first is the lower.
        (root, off.sqrt().min(off / root) + 1.01 * U * root + off_front * square.sqrt())
    });
    let slack = (off + 1.01 * U * square.sqrt()) * UP + TINY;
    (root as f32, if square < 2f64.powi(100) { above(slack) } else { f32::INFINITY })
}

/// At most so many rows, evenly spaced.
fn sample(panels: &Panels, most: usize) -> Vec<Vec<f64>> {
    let (rows, count) = (panels.rows() as u128, panels.rows().min(most) as u128);
    (0..count).map(|i| panels.row((i * rows / count) as usize)).collect()
}

/// The mean of some rows and the unit in which they are near 1, or `None` where there is no proof.
fn centred(columns: usize, sample: &[Vec<f64>]) -> Option<Centred> {
    let mut middle = vec![0.0; columns];
    for row in sample {
        middle.iter_mut().zip(row).for_each(|(m, x)| *m += x / sample.len() as f64);
    }
    // Rows in f32 can have an f32 taken off with one rounding.
    middle.iter_mut().filter(|m| (**m as f32).is_finite()).for_each(|m| *m = f64::from(*m as f32));
    let differences = sample.iter().flat_map(|row| row.iter().zip(&middle).map(|(x, m)| (x - m).abs()));
    let exponent = exponent(differences.fold(0.0, f64::max));
    let proven = columns <= MOST_COLUMNS && !sample.is_empty() && (-400..=400).contains(&exponent);
    proven.then_some(Centred { middle, exponent })
}

/// What becomes of images.
#[derive(Clone, Copy)]
struct Out<'a> {
    /// Numbers that a panel's images take.
    size: usize,
    /// Stores a panel of `width + 1` columns there.
    store: &'a (dyn Fn(&[f32], &mut [f32]) + Sync),
    /// With so many of the first directions there is a last number as well ([`Extra`]).
    first: usize,
}

fn project(
    panels: &Panels,
    lens: &Lens,
    bound: Option<Bound>,
    out: Out,
    isa: Isa,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<(Vec<f32>, Vec<Extra>), Error> {
    let size = (lens.width + 1) * PANEL;
    let mut numbers = vec![0.0f32; panels.count() * out.size];
    let mut extras = vec![Extra::default(); panels.count() * PANEL];
    let shares = numbers.chunks_mut(SHARE * out.size).zip(extras.chunks_mut(SHARE * PANEL)).enumerate();
    threads.fold(shares, observer, Images::default, |images, (share, (numbers, extras))| {
        let first = share * SHARE;
        let share = first..first + numbers.len() / out.size;
        on_view!(panels, view => kernel::project(isa, view, share, lens, images));
        let Images { numbers: found, squares, .. } = images;
        let each = found.chunks_exact_mut(size).zip(squares.chunks_exact(PANEL));
        let to = numbers.chunks_exact_mut(out.size).zip(extras.chunks_exact_mut(PANEL));
        for ((image, squares), (to, extras)) in each.zip(to) {
            let (front, last) = image.split_at_mut(size - PANEL);
            let mut fronts = [0.0f64; PANEL];
            for (index, column) in front.chunks_exact(PANEL).chain([&[0.0; PANEL][..]]).enumerate() {
                if index == out.first {
                    let known = squares.iter().zip(fronts);
                    extras.iter_mut().zip(known).for_each(|(extra, (&square, front))| {
                        (extra.rest, extra.slack) = rest(bound, square, front);
                    });
                }
                fronts.iter_mut().zip(column).for_each(|(sum, &t)| *sum += f64::from(t) * f64::from(t));
            }
            for (lane, extra) in extras.iter_mut().enumerate() {
                let slack;
                (last[lane], slack) = rest(bound, squares[lane], fronts[lane]);
                extra.slack = extra.slack.max(slack);
                (_, extra.rounding) = rest(None, squares[lane], 0.0);
            }
            (out.store)(image, to);
        }
    })?;
    extras.truncate(panels.rows());
    Ok((numbers, extras))
}

#[cfg(test)]
mod tests;
