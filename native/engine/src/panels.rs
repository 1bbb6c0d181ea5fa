//! Rows in the order that kernels read them: sixteen rows side by side, column after column.
//!
//! A column of a panel is then one load of sixteen numbers, and a kernel runs sixteen rows in the lanes of its
//! registers while a centroid's number is broadcast to all of them. The rows are rearranged in place, panel by
//! panel, so a table needs no second copy.

use std::ops::Range;

use crate::error::Error;
use crate::matrix::{Element, Matrix, Values};
use crate::memory::order::{self, Order};
use crate::share::SHARE;
use crate::threads::Threads;

/// Rows of a panel: a cache line of f32, two of f64.
pub const PANEL: usize = 16;

const PANELS_BYTES: usize = 256 << 10;

/// `rows x columns` numbers in panels. The last panel may be short: it is padded with copies of its last row,
/// of which no result is ever used.
#[derive(Debug, Clone)]
pub struct Panels {
    rows: usize,
    columns: usize,
    body: Values,
    last: Values,
}

/// The panels of one storage.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T> {
    /// Numbers of a row.
    pub columns: usize,
    body: &'a [T],
    last: &'a [T],
}

impl<'a, T: Element> View<'a, T> {
    /// Whole panels, as a view of their own.
    pub fn of(columns: usize, panels: &'a [T]) -> Self {
        Self { columns, body: panels, last: &[] }
    }

    /// Panel `index`: for each column its sixteen numbers.
    #[inline(always)]
    pub fn panel(&self, index: usize) -> &'a [T] {
        let size = self.columns * PANEL;
        self.body.get(index * size..(index + 1) * size).unwrap_or(self.last)
    }

    /// One column of a panel: sixteen numbers.
    #[inline(always)]
    pub fn column(&self, panel: usize, column: usize) -> &'a [T] {
        &self.panel(panel)[column * PANEL..][..PANEL]
    }

    /// Runs of panels that stay in L2 (of 512 KB or more) while their columns are gone through one by one.
    pub fn in_cache(&self, panels: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<T> {
        let run = panels_in_cache::<T>(self.columns);
        panels.clone().step_by(run).map(move |first| first..panels.end.min(first + run))
    }

    /// The numbers of a row, column after column.
    #[inline(always)]
    pub fn row(&self, row: usize) -> impl Iterator<Item = f64> + 'a {
        self.panel(row / PANEL)[row % PANEL..].iter().step_by(PANEL).map(|x| x.widen())
    }

    /// One number.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.panel(row / PANEL)[column * PANEL + row % PANEL].widen()
    }
}

/// Runs the body with a typed [`View`] of whichever storage there is.
macro_rules! on_view {
    ($panels:expr, $view:ident => $body:expr) => {
        $crate::panels::on_views!($panels.views(), $view => $body)
    };
}
pub(crate) use on_view;

/// The same for [`Views`].
macro_rules! on_views {
    ($views:expr, $view:ident => $body:expr) => {
        match $views {
            $crate::panels::Views::F32($view) => $body,
            $crate::panels::Views::F64($view) => $body,
        }
    };
}
pub(crate) use on_views;

/// A [`View`] of either storage.
#[derive(Debug, Clone, Copy)]
pub enum Views<'a> {
    /// 4 bytes a number.
    F32(View<'a, f32>),
    /// 8 bytes a number.
    F64(View<'a, f64>),
}

impl Panels {
    /// Rearranges a matrix.
    pub fn new(matrix: Matrix) -> Self {
        let mut panels = Self::split(matrix);
        match &mut panels.body {
            Values::F32(values) => transpose(values, panels.columns),
            Values::F64(values) => transpose(values, panels.columns),
        }
        panels
    }

    /// The same on all threads.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn on_threads(matrix: Matrix, threads: &Threads) -> Result<Self, Error> {
        Self::seen(matrix, threads, || (), |(), _, _| ()).map(|(panels, _)| panels)
    }

    /// The same, and each thread folds into a part what it sees of the panels while they are in its cache: some of them, and
    /// the rows of the table that they hold.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn seen<P: Send>(
        matrix: Matrix,
        threads: &Threads,
        start: impl Fn() -> P + Sync,
        see: impl Fn(&mut P, Views, Range<usize>) + Sync,
    ) -> Result<(Self, Vec<P>), Error> {
        let mut panels = Self::split(matrix);
        let columns = panels.columns;
        let mut parts = match &mut panels.body {
            Values::F32(values) => rearrange(values, columns, threads, &start, |part, view, rows| {
                see(part, Views::F32(view), rows);
            })?,
            Values::F64(values) => rearrange(values, columns, threads, &start, |part, view, rows| {
                see(part, Views::F64(view), rows);
            })?,
        };
        let whole = panels.rows / PANEL * PANEL;
        if whole < panels.rows {
            let mut part = start();
            let last = match &panels.last {
                Values::F32(last) => Views::F32(View::of(columns, last)),
                Values::F64(last) => Views::F64(View::of(columns, last)),
            };
            see(&mut part, last, whole..panels.rows);
            parts.push(part);
        }
        Ok((panels, parts))
    }

    /// The rows that fill panels, still as they were, and the last panel.
    fn split(matrix: Matrix) -> Self {
        let (rows, columns) = (matrix.rows(), matrix.columns());
        let (body, last) = match matrix.into_values() {
            Values::F32(mut values) => {
                let last = Values::F32(split_last(&mut values, columns));
                (Values::F32(values), last)
            }
            Values::F64(mut values) => {
                let last = Values::F64(split_last(&mut values, columns));
                (Values::F64(values), last)
            }
        };
        Self { rows, columns, body, last }
    }

    /// From panels laid out already: the last one is whole, its padding anything.
    pub fn of_panels(rows: usize, columns: usize, mut panels: Vec<f32>) -> Self {
        let last = panels.split_off(rows / PANEL * PANEL * columns);
        Self { rows, columns, body: Values::F32(panels), last: Values::F32(last) }
    }

    /// Gives the rows back as a row-major matrix, rearranged in place.
    pub fn into_matrix(self, threads: &Threads) -> Matrix {
        let (rows, columns) = (self.rows, self.columns);
        let values = match (self.body, self.last) {
            (Values::F32(body), Values::F32(last)) => {
                Values::F32(join_last(body, last, rows, columns, threads))
            }
            (Values::F64(body), Values::F64(last)) => {
                Values::F64(join_last(body, last, rows, columns, threads))
            }
            // Both are made from one matrix.
            (body, _) => body,
        };
        Matrix::new(columns, values)
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes that a number is stored in.
    pub fn bytes_of_number(&self) -> usize {
        match self.body {
            Values::F32(_) => 4,
            Values::F64(_) => 8,
        }
    }

    /// How many panels, a short one included.
    pub fn count(&self) -> usize {
        self.rows.div_ceil(PANEL)
    }

    /// The storage, typed.
    pub fn views(&self) -> Views<'_> {
        let columns = self.columns;
        match (&self.body, &self.last) {
            (Values::F32(body), Values::F32(last)) => Views::F32(View { columns, body, last }),
            (Values::F64(body), Values::F64(last)) => Views::F64(View { columns, body, last }),
            // Both are made from one matrix.
            _ => Views::F64(View { columns, body: &[], last: &[] }),
        }
    }

    /// Row `row`, widened.
    pub fn row(&self, row: usize) -> Vec<f64> {
        on_view!(self, view => view.row(row).collect())
    }

    /// The rows named, in the order named, in the same storage.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn gather(&self, rows: &[u64], threads: &Threads) -> Result<Self, Error> {
        let count = rows.len() * self.columns;
        let values = match self.views() {
            Views::F32(view) => {
                let mut values = vec![0.0; count];
                pick(view, rows, &mut values, threads)?;
                Values::F32(values)
            }
            Views::F64(view) => {
                let mut values = vec![0.0; count];
                pick(view, rows, &mut values, threads)?;
                Values::F64(values)
            }
        };
        Self::on_threads(Matrix::new(self.columns, values), threads)
    }

    /// Sorts the rows of whole panels, span by span, and with them what belongs to them.
    pub(crate) fn sort(
        &mut self,
        labels: &mut [u32],
        units: Option<&mut [u64]>,
        threads: &Threads,
    ) -> Result<Order, Error> {
        let columns = self.columns;
        match &mut self.body {
            Values::F32(body) => order::sort_all(body, columns, labels, units, threads),
            Values::F64(body) => order::sort_all(body, columns, labels, units, threads),
        }
    }

    /// Makes of every f64 what `change` says of it and its column; f32 stay as they are.
    pub fn change(&mut self, change: impl Fn(usize, f64) -> f64) {
        for values in [&mut self.body, &mut self.last] {
            if let Values::F64(values) = values {
                for (lanes, column) in values.chunks_exact_mut(PANEL).zip((0..self.columns).cycle()) {
                    lanes.iter_mut().for_each(|x| *x = change(column, *x));
                }
            }
        }
    }

    /// The panels that hold `rows`, of which the first must begin one.
    pub fn holding(rows: &Range<usize>) -> Range<usize> {
        rows.start / PANEL..rows.end.div_ceil(PANEL)
    }
}

/// Copies the rows named, row by row.
fn pick<T: Element>(view: View<T>, rows: &[u64], to: &mut [T], threads: &Threads) -> Result<(), Error> {
    let some = rows.chunks(SHARE).zip(to.chunks_mut(SHARE * view.columns));
    let copy = |(): &mut (), (rows, to): (&[u64], &mut [T])| {
        for (&row, to) in rows.iter().zip(to.chunks_exact_mut(view.columns)) {
            let (panel, lane) = (row as usize / PANEL, row as usize % PANEL);
            to.iter_mut().zip(view.panel(panel)[lane..].iter().step_by(PANEL)).for_each(|(to, x)| *to = *x);
        }
    };
    threads.fold(some, &(), || (), copy).map(drop)
}

/// Takes the rows that fill no panel off the end and makes a padded panel of them.
fn split_last<T: Element>(values: &mut Vec<T>, columns: usize) -> Vec<T> {
    let rows = values.len() / columns;
    let rest = rows % PANEL;
    if rest == 0 {
        return Vec::new();
    }
    let mut last = values.split_off((rows - rest) * columns);
    let padding = last[(rest - 1) * columns..].to_vec();
    (rest..PANEL).for_each(|_| last.extend(&padding));
    transpose(&mut last, columns);
    last
}

/// The opposite of [`split_last`] and [`transpose`]. The body has room for the last rows, which it once held.
fn join_last<T: Element>(
    mut body: Vec<T>,
    mut last: Vec<T>,
    rows: usize,
    columns: usize,
    threads: &Threads,
) -> Vec<T> {
    let turn = |buffer: &mut Vec<T>, panels: &mut [T]| {
        for panel in panels.chunks_exact_mut(columns * PANEL) {
            buffer.clear();
            buffer.extend_from_slice(panel);
            for (lane, row) in panel.chunks_exact_mut(columns).enumerate() {
                row.iter_mut().zip(buffer[lane..].iter().step_by(PANEL)).for_each(|(to, &x)| *to = x);
            }
        }
    };
    turn(&mut Vec::new(), &mut last);
    let all =
        threads.fold(body.chunks_mut(columns * PANEL), &(), Vec::new, |buffer, panel| turn(buffer, panel));
    debug_assert!(all.is_ok(), "nobody can interrupt it");
    body.extend_from_slice(&last[..rows % PANEL * columns]);
    body
}

fn panels_in_cache<T>(columns: usize) -> usize {
    (PANELS_BYTES / (columns * PANEL * size_of::<T>())).max(1)
}

/// Makes panels of rows, in place, on all threads, and shows them.
fn rearrange<T: Element, P: Send>(
    values: &mut [T],
    columns: usize,
    threads: &Threads,
    start: impl Fn() -> P + Sync,
    see: impl Fn(&mut P, View<T>, Range<usize>) + Sync,
) -> Result<Vec<P>, Error> {
    let rows = panels_in_cache::<T>(columns) * PANEL;
    threads.fold(
        (0..).step_by(rows).zip(values.chunks_mut(rows * columns)),
        &(),
        start,
        |part, (first, values)| {
            transpose(values, columns);
            see(part, View::of(columns, values), first..first + values.len() / columns);
        },
    )
}

/// Makes panels of rows, in place.
fn transpose<T: Element>(values: &mut [T], columns: usize) {
    match columns {
        1 => {}
        2 => transpose_few::<T, 2>(values),
        3 => transpose_few::<T, 3>(values),
        4 => transpose_few::<T, 4>(values),
        _ => transpose_many(values, columns),
    }
}

fn transpose_few<T: Element, const D: usize>(values: &mut [T]) {
    for panel in values.chunks_exact_mut(D * PANEL) {
        let mut rows = [[panel[0]; D]; PANEL];
        for (row, numbers) in rows.iter_mut().zip(panel.chunks_exact(D)) {
            row.copy_from_slice(numbers);
        }
        for (column, lanes) in panel.chunks_exact_mut(PANEL).enumerate() {
            lanes.iter_mut().zip(&rows).for_each(|(to, row)| *to = row[column]);
        }
    }
}

fn transpose_many<T: Element>(values: &mut [T], columns: usize) {
    let mut rows = Vec::with_capacity(columns * PANEL);
    for panel in values.chunks_exact_mut(columns * PANEL) {
        rows.clear();
        rows.extend_from_slice(panel);
        // Sixteen columns of sixteen rows at a time: both sides stay in L1.
        for (block, panel) in panel.chunks_mut(PANEL * PANEL).enumerate() {
            for (lane, row) in rows.chunks_exact(columns).enumerate() {
                let to = panel[lane..].iter_mut().step_by(PANEL);
                to.zip(&row[block * PANEL..]).for_each(|(to, x)| *to = *x);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_again() {
        for rows in [1usize, 15, 16, 17, 40] {
            let values: Vec<f64> = (0..rows * 3).map(|i| i as f64).collect();
            let panels = Panels::new(Matrix::new(3, Values::F64(values.clone())));
            assert_eq!((panels.rows(), panels.count()), (rows, rows.div_ceil(16)));
            for row in 0..rows {
                assert_eq!(panels.row(row), values[row * 3..row * 3 + 3]);
            }
            let last = rows as u64 - 1;
            let gathered = panels.gather(&[last, 0, last], &Threads::new(Some(2)).unwrap()).unwrap();
            assert_eq!(gathered.row(2), panels.row(rows - 1));
        }
    }

    #[test]
    fn f32_stays_f32() {
        let panels = Panels::new(Matrix::new(1, Values::F32(vec![0.1; 20])));
        assert!(matches!(panels.views(), Views::F32(_)));
        assert_eq!(panels.row(19), [f64::from(0.1f32)]);
    }
}
