//! Rows against centroids. Chooses at run time what the processor can do; every choice returns the same bits.

mod plain;

pub use plain::{Nearest, Packed};

use crate::matrix::{Element, Values};

/// Rows that a kernel works on at a time: with d = 100 f64 they are 50 KB, which stay in L2 while the
/// centroids pass by.
pub const BLOCK: usize = 64;

/// For each row (row-major, as wide as the centroids) the nearest centroid.
pub fn nearest<T: Element>(rows: &[T], centroids: &Packed, out: &mut [Nearest]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the two features that the function is compiled for have just been detected.
        return unsafe { nearest_fma(rows, centroids, out) };
    }
    plain::nearest(rows, centroids, out);
}

/// For each row the squared distances to all centroids, `rows x clusters`.
pub fn distances<T: Element>(rows: &[T], centroids: &Packed, out: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the two features that the function is compiled for have just been detected.
        return unsafe { distances_fma(rows, centroids, out) };
    }
    plain::distances(rows, centroids, out);
}

// The same source as the portable functions: `mul_add` is one instruction here and a library call there,
// with the same result, for both round once.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn nearest_fma<T: Element>(rows: &[T], centroids: &Packed, out: &mut [Nearest]) {
    plain::nearest(rows, centroids, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn distances_fma<T: Element>(rows: &[T], centroids: &Packed, out: &mut [f64]) {
    plain::distances(rows, centroids, out);
}

/// Calls a generic function on rows `from..to` of whichever storage there is.
macro_rules! on_rows {
    ($values:expr, $columns:expr, $from:expr, $to:expr, $rows:ident => $body:expr) => {
        match $values {
            $crate::matrix::Values::F32(values) => {
                let $rows = &values[$from * $columns..$to * $columns];
                $body
            }
            $crate::matrix::Values::F64(values) => {
                let $rows = &values[$from * $columns..$to * $columns];
                $body
            }
        }
    };
}
pub(crate) use on_rows;

/// [`nearest`] for rows `from..from + out.len()` of a stored matrix.
pub fn nearest_stored(values: &Values, columns: usize, from: usize, centroids: &Packed, out: &mut [Nearest]) {
    on_rows!(values, columns, from, from + out.len(), rows => nearest(rows, centroids, out));
}
