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

/// `x * 2^e`, exact unless the result leaves the normal range of f64.
pub fn scale(x: f64, e: i32) -> f64 {
    libm::scalbn(x, e)
}

/// `mantissa * 2^e`, rounded once to the nearest f64, ties to even, also where it is subnormal.
///
/// `mantissa` may stand for a longer number if its last bit is the OR of itself and all bits that were cut off, and
/// it has 55 bits or more.
fn nearest(mantissa: u128, e: i32) -> f64 {
    let bits = (u128::BITS - mantissa.leading_zeros()) as i32;
    // Of 53 bits, or of fewer where the last would lie below 2^-1074.
    let cut = (bits - 53).max(-1074 - e);
    if cut <= 0 {
        return scale(mantissa as f64, e);
    }
    if cut > bits {
        return 0.0; // below half of the least f64
    }
    let kept = mantissa.checked_shr(cut as u32).unwrap_or(0);
    let (rest, half) = (mantissa & (u128::MAX >> (128 - cut)), 1u128 << (cut - 1));
    let up = rest > half || rest == half && kept & 1 == 1;
    scale((kept + u128::from(up)) as f64, e + cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_rounded_once_wherever_its_last_bit_lies() {
        let least = f64::from_bits(1);
        for (mantissa, e, expected) in [
            (0, 0, 0.0),
            (1, -1074, least),
            (1, -1075, 0.0),
            (3, -1075, 2.0 * least),
            (1, -1200, 0.0),
            (3, -1076, least),
            ((1 << 53) + 1, 0, 9_007_199_254_740_992.0),
            ((1 << 54) + 3, 0, 18_014_398_509_481_988.0),
            (u128::MAX, 896, f64::INFINITY),
            (u128::MAX, -128, 1.0),
            // A hair below 3.5: 53 bits would make 3.5 of it, which goes to the even 4.
            ((7 << 59) - 1, -1074 - 60, 3.0 * least),
        ] {
            assert_eq!(nearest(mantissa, e), expected, "{mantissa} x 2^{e}");
        }
    }
}
