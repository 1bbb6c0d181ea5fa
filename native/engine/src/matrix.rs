//! Rows and columns of numbers as they were stored: f32 stays f32 until a kernel widens it, exactly, to f64.

use std::borrow::Cow;
use std::fmt::Debug;

/// A stored number. Widening is exact, so an f32 table and the same values as f64 are the same data.
pub trait Element: Copy + Debug + PartialOrd + Send + Sync + 'static {
    /// The same value as f64.
    fn widen(self) -> f64;

    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;

    /// `sum`, or NaN once a number was not finite: sums are cheaper to keep in registers than answers of yes and no.
    #[must_use]
    fn spoil(self, sum: Self) -> Self;

    /// The same values, with their width as a variant: what a kernel asks once it is compiled for a width.
    fn numbers(values: &[Self]) -> Numbers<'_>;
}

/// Stored numbers of either width.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'a> {
    /// 4 bytes each.
    F32(&'a [f32]),
    /// 8 bytes each.
    F64(&'a [f64]),
}

impl Element for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }

    #[inline(always)]
    fn spoil(self, sum: Self) -> Self {
        sum + self * 0.0
    }

    #[inline(always)]
    fn numbers(values: &[Self]) -> Numbers<'_> {
        Numbers::F32(values)
    }
}

impl Element for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }

    #[inline(always)]
    fn spoil(self, sum: Self) -> Self {
        sum + self * 0.0
    }

    #[inline(always)]
    fn numbers(values: &[Self]) -> Numbers<'_> {
        Numbers::F64(values)
    }
}

/// Row-major storage of either width.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 4 bytes a value: Arrow float32, `Float32Array`.
    F32(Vec<f32>),
    /// 8 bytes a value: everything else.
    F64(Vec<f64>),
}

impl Values {
    /// How many numbers are stored.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether no number is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `rows x columns` numbers, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    columns: usize,
    values: Values,
}

impl Matrix {
    /// Takes `values`, whose length must be a multiple of `columns` (1 or more); otherwise the remainder is
    /// no row and is dropped.
    pub fn new(columns: usize, mut values: Values) -> Self {
        let columns = columns.max(1);
        let whole = values.len() / columns * columns;
        match &mut values {
            Values::F32(values) => values.truncate(whole),
            Values::F64(values) => values.truncate(whole),
        }
        Self { columns, values }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The storage, row-major.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// All numbers as f64, row-major; a copy only where they are stored as f32.
    pub fn widened(&self) -> Cow<'_, [f64]> {
        match &self.values {
            Values::F32(values) => Cow::Owned(values.iter().map(|x| x.widen()).collect()),
            Values::F64(values) => Cow::Borrowed(values),
        }
    }

    /// The storage, row-major, out of its matrix.
    pub fn into_values(self) -> Values {
        self.values
    }

    /// Row `row`, widened.
    pub fn row(&self, row: usize) -> Vec<f64> {
        let place = row * self.columns..(row + 1) * self.columns;
        match &self.values {
            Values::F32(values) => values[place].iter().map(|v| v.widen()).collect(),
            Values::F64(values) => values[place].to_vec(),
        }
    }

    /// The columns named, in the order named, in the same storage.
    #[must_use]
    pub fn pick_columns(&self, columns: &[usize]) -> Self {
        fn pick<T: Element>(values: &[T], width: usize, columns: &[usize]) -> Vec<T> {
            values.chunks_exact(width).flat_map(|row| columns.iter().map(|&column| row[column])).collect()
        }
        let values = match &self.values {
            Values::F32(values) => Values::F32(pick(values, self.columns, columns)),
            Values::F64(values) => Values::F64(pick(values, self.columns, columns)),
        };
        Self::new(columns.len(), values)
    }
}
