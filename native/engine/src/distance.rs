//! The canonical distance: the one definition that every kernel, bound and filter answers to.

use crate::matrix::Element;

/// The squared Euclidean distance of a row and a centroid of the same width: the f64 chain
/// `acc = fma(x - c, x - c, acc)` over the columns in order, from 0.
///
/// The order is fixed, so the last bit is too: no blocking, no reassociation, no dot products.
#[inline(always)]
pub fn squared_distance<T: Element>(row: &[T], centroid: &[f64]) -> f64 {
    row.iter().zip(centroid).fold(0.0, |acc, (x, c)| {
        let difference = x.widen() - c;
        difference.mul_add(difference, acc)
    })
}
