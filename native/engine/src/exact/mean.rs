//! An exact integer sum divided by an exact integer weight, rounded once.

use super::grid::{LOW_BITS, Sum};
use super::{exponent, nearest, scale};

/// Whole numbers up to here are exact in f64.
const EXACT: u128 = 1 << 53;

/// `(high * 2^40 + low) / weight * 2^step`, rounded once to the nearest f64, ties to even. 0 for a weight of 0.
pub(super) fn mean(sum: Sum, weight: u128, step: i32) -> f64 {
    if weight == 0 {
        return 0.0;
    }
    // Two numbers of 53 bits divide as they should in one instruction; sums of f32 mostly have no low limb.
    if sum.low == 0 && sum.high.unsigned_abs() < EXACT && weight < EXACT {
        let quotient = sum.high as i64 as f64 / weight as u64 as f64;
        // A subnormal mean has fewer bits than the quotient, which would be rounded a second time.
        if exponent(quotient) + step + LOW_BITS > f64::MIN_EXP {
            return scale(quotient, step + LOW_BITS);
        }
    }
    let (quotient, remainder) = divide(sum, weight);
    if quotient >= 0 {
        round(quotient as u128, remainder, weight, step)
    } else {
        let (quotient, remainder) = divide(Sum { high: -sum.high, low: -sum.low }, weight);
        // `+ 0.0` turns -0.0 into 0.0: equal values must print as equal bytes.
        -round(quotient as u128, remainder, weight, step) + 0.0
    }
}

/// Floor and remainder of `(high * 2^40 + low) / weight`, in 128 bits although the numerator may have 167:
/// the high limb is divided first. `|high| / weight <= 2^50` because a mean lies within its column's range,
/// and the remainder shifted by 40 stays below `2^(76 + 40)`.
fn divide(sum: Sum, weight: u128) -> (i128, u128) {
    let weight = weight as i128;
    let (q, r) = (sum.high.div_euclid(weight), sum.high.rem_euclid(weight));
    let rest = (r << LOW_BITS) + sum.low;
    ((q << LOW_BITS) + rest.div_euclid(weight), rest.rem_euclid(weight) as u128)
}

/// `(quotient + remainder / weight) * 2^step`.
fn round(mut quotient: u128, mut remainder: u128, weight: u128, mut step: i32) -> f64 {
    // With 55 bits or more, the last one lies below the half of the 53 that stay, so it can stand for
    // everything after it.
    while remainder != 0 && quotient < 1 << 55 {
        quotient = (quotient << 16) | ((remainder << 16) / weight);
        remainder = (remainder << 16) % weight;
        step -= 16;
    }
    nearest(quotient | u128::from(remainder != 0), step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(value: i128) -> Sum {
        Sum { high: value >> LOW_BITS, low: value & ((1 << LOW_BITS) - 1) }
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let odd = (1i128 << 53) + 1;
        assert_eq!(mean(of(odd), 1, 0), (1u64 << 53) as f64);
        assert_eq!(mean(of(odd + 2), 1, 0), ((1u64 << 53) + 4) as f64);
        // A hair above the half goes up: the fraction after 128 bits still counts.
        assert_eq!(mean(of(odd * 3 + 1), 3, 0), ((1u64 << 53) + 2) as f64);
        assert_eq!(mean(of(-odd), 1, 0), -((1u64 << 53) as f64));
        assert_eq!(mean(of(0), 5, 3), 0.0);
        assert_eq!(mean(of(1), 0, 0), 0.0);
    }

    proptest! {
        /// Numbers of 53 bits divide exactly as IEEE 754 does.
        #[test]
        fn small_quotients_agree_with_the_processor(a in -(1i64 << 53)..(1i64 << 53), b in 1u64..(1 << 53)) {
            prop_assert_eq!(mean(of(i128::from(a)), u128::from(b), 0), a as f64 / b as f64);
            let high = Sum { high: i128::from(a), low: 0 };
            prop_assert_eq!(mean(high, u128::from(b), -40), a as f64 / b as f64);
        }

        /// Wide ones: the result must be the nearest, checked by cross multiplication in integers.
        #[test]
        fn wide_quotients_are_correctly_rounded(a in 1i128 << 70..1i128 << 88, b in 1u64..(1 << 20)) {
            let got = mean(of(a), u128::from(b), 0);
            prop_assert!(got >= 2f64.powi(49));
            let error = |x: f64| {
                // |a/b - x| * b with x = m * 2^e exactly; e >= -8 here, so everything is kept times 2^8.
                let scaled = (x * 256.0) as i128;
                ((a << 8) - scaled * i128::from(b)).abs()
            };
            let below = f64::from_bits(got.to_bits() - 1);
            let above = f64::from_bits(got.to_bits() + 1);
            prop_assert!(error(got) <= error(below) && error(got) <= error(above));
        }
    }
}
