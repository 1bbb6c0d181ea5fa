//! The directions in which a table varies most, roughly: subspace iteration on a sample of its rows.
//!
//! Nothing here has an influence on a result. Poor directions make a projection less useful, not wrong, so
//! products are taken in f32; the start is fixed, so that runs take the same time.

use crate::error::Error;
use crate::kernel::{self, Images, Isa, Lens};
use crate::matrix::{Matrix, Values};
use crate::observer::Observer;
use crate::panels::{PANEL, Panels, on_view};
use crate::rng::{Purpose, Stream};
use crate::threads::Threads;

/// Each round multiplies the share of a direction by its variance once more; the literature takes 2 or 3.
const ROUNDS: usize = 3;
/// Of a column, what has to be left beside the others: less is rounding.
const LEFT: f64 = 1e-5;
/// Panels that a thread takes at a time, a multiple of every kernel's tile.
const SHARE: usize = 12;

/// `width` columns of `columns` numbers, orthonormal but for rounding to f32, some of them perhaps 0. `sample`
/// is row-major and centred.
pub fn directions(
    columns: usize,
    sample: Vec<f32>,
    width: usize,
    isa: Isa,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<Vec<Vec<f32>>, Error> {
    let rows = sample.len() / columns;
    let turned: Vec<f32> =
        (0..columns).flat_map(|column| sample[column..].iter().step_by(columns).copied()).collect();
    let turned = Panels::new(Matrix::new(rows, Values::F32(turned)));
    let sample = Panels::new(Matrix::new(columns, Values::F32(sample)));
    let multiply = |panels: &Panels, by: &[Vec<f32>]| product(panels, by, isa, threads, observer);
    let mut found = multiply(&turned, &signs(rows, width))?;
    for _ in 1..ROUNDS {
        found = multiply(&turned, &multiply(&sample, &orthonormal(&found))?)?;
    }
    Ok(orthonormal(&found))
}

/// Columns of +1 and -1.
fn signs(rows: usize, width: usize) -> Vec<Vec<f32>> {
    let stream = Stream::new(0, Purpose::Sample, u32::MAX);
    let sign = |column: usize, row: usize| {
        let word = stream.words((column * rows + row) as u64 / 64)[0];
        if word >> ((column * rows + row) % 64) & 1 == 0 { 1.0 } else { -1.0 }
    };
    (0..width).map(|column| (0..rows).map(|row| sign(column, row)).collect()).collect()
}

/// `panels` times a matrix, both f32.
fn product(
    panels: &Panels,
    by: &[Vec<f32>],
    isa: Isa,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<Vec<Vec<f32>>, Error> {
    let lens = Lens::new(vec![0.0; panels.columns()], 1.0, by, isa.group());
    let shares = (0..panels.count()).step_by(SHARE).map(|from| from..panels.count().min(from + SHARE));
    let parts = threads.fold(shares, observer, Vec::new, |part, share| {
        let mut images = Images::default();
        on_view!(panels, view => kernel::project(isa, view, share.clone(), &lens, &mut images));
        part.push((share.start, images.numbers));
    })?;
    let mut out = vec![vec![0.0; panels.count() * PANEL]; by.len()];
    for (first, numbers) in parts.into_iter().flatten() {
        for (panel, numbers) in numbers.chunks_exact((by.len() + 1) * PANEL).enumerate() {
            for (column, numbers) in out.iter_mut().zip(numbers.chunks_exact(PANEL)) {
                column[(first + panel) * PANEL..][..PANEL].copy_from_slice(numbers);
            }
        }
    }
    out.iter_mut().for_each(|column| column.truncate(panels.rows()));
    Ok(out)
}

/// Gram-Schmidt, twice over each column ("twice is enough": Giraud, Langou, Rozložník, 2005).
fn orthonormal(columns: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut column: Vec<f64> = column.iter().map(|&x| f64::from(x)).collect();
        let before = dot(&column, &column).sqrt();
        for other in done.iter().chain(&done) {
            let share = dot(&column, other);
            column.iter_mut().zip(other).for_each(|(x, y)| *x -= share * y);
        }
        let left = dot(&column, &column).sqrt();
        let scale = if left > LEFT * before { 1.0 / left } else { 0.0 };
        column.iter_mut().for_each(|x| *x *= scale);
        done.push(column);
    }
    done.into_iter().map(|column| column.into_iter().map(|x| x as f32).collect()).collect()
}

/// A dot product of eight chains side by side.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (rest_a, rest_b) = (a.chunks_exact(8).remainder(), b.chunks_exact(8).remainder());
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.into_iter().chain(rest_a.iter().zip(rest_b).map(|(a, b)| a * b)).sum()
}
