//! Arithmetic whose result does not depend on order: why threads, batches and partitions cannot change a bit.

mod grid;
mod mean;
mod total;

pub use grid::{Grid, LOW_BITS, ROUND, Sum};
pub use total::Total;

/// The exponent `e` of `x = m * 2^e` with `0.5 <= |m| < 1`; hence `|x| < 2^e`. 0 for 0.
pub fn exponent(x: f64) -> i32 {
    libm::frexp(x).1
}

/// `x * 2^e`, exact unless the result leaves f64's range.
pub fn scale(x: f64, e: i32) -> f64 {
    libm::scalbn(x, e)
}

/// The power of two by which values of at most this magnitude are divided before they are squared.
///
/// 0 between 2^-430 and 2^440. In there nothing overflows (2^17 columns of (2 x 2^440)^2 stay below 2^1023)
/// and a difference in the last bit of the largest value, squared, is still a normal number (2^-966).
/// Outside, dividing by a power of two changes no comparison, but keeps squares of 1e300 finite and squares
/// of 1e-300 above 0.
pub fn unit_exponent(magnitude: f64) -> i32 {
    let e = exponent(magnitude);
    if magnitude == 0.0 || (-430..=440).contains(&e) { 0 } else { e }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_data_keep_their_unit() {
        for magnitude in [0.0, 1e-120, 1.0, 1e8, f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE)] {
            assert_eq!(unit_exponent(magnitude), 0);
        }
        assert_eq!(unit_exponent(1e300), 997);
        assert_eq!(scale(1e300, -997), libm::frexp(1e300).0);
        assert_eq!(unit_exponent(1e-300), -996);
    }
}
