//! The exact sum of many f64, rounded once at the end: inertia.
//!
//! A superaccumulator (Kulisch; Neal, "Fast exact summation using small and large superaccumulators", 2015):
//! one i128 for every 32 binary exponents. A 53-bit mantissa shifted by up to 31 has 84 bits, so a bin takes
//! 2^43 additions before it could overflow. Bins are made as magnitudes come up; distances need 2 to 5.

use super::nearest;

const BIN_BITS: usize = 32;
/// The exponent of the last bit that a product of two f64 can have.
const LAST: i32 = 2 * -1074;
/// Products from here on have a rest that is an f64 as well: 53 bits and the 53 below them end above 2^-1074.
const SPLITS: f64 = 1e-280;
/// Half of the bits of a product.
const HALF: i32 = 53;

/// A sum under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    /// `bins[i]` counts units of `2^(32 (first + i) - 2148)`.
    bins: Vec<i128>,
    first: usize,
    infinite: bool,
}

impl Total {
    /// Adds `x` exactly.
    #[inline]
    pub fn add(&mut self, x: f64) {
        if x == 0.0 {
            return;
        }
        if !x.is_finite() {
            self.infinite = true;
            return;
        }
        let (mantissa, e) = parts(x);
        self.add_units(mantissa, e);
    }

    /// Adds the exact product `weight * x`, not its rounding.
    #[inline]
    pub fn add_weighted(&mut self, x: f64, weight: f64) {
        let product = weight * x;
        if product.abs() >= SPLITS {
            self.add(product);
            if product.is_finite() {
                self.add(weight.mul_add(x, -product)); // what rounding cut off
            }
        } else if x != 0.0 && weight != 0.0 {
            let ((a, a_unit), (b, b_unit)) = (parts(x), parts(weight));
            let product = i128::from(a) * i128::from(b); // 106 bits
            let low = product.abs() & ((1 << HALF) - 1);
            let high = product.abs() >> HALF;
            let unit = a_unit + b_unit;
            self.add_units(low as i64 * product.signum() as i64, unit);
            self.add_units(high as i64 * product.signum() as i64, unit + HALF);
        }
    }

    /// Adds `count x 2^unit`, exactly; `unit` is at least -2148.
    pub fn add_units(&mut self, count: i64, unit: i32) {
        if count != 0 {
            let position = (unit - LAST) as usize;
            *self.bin(position / BIN_BITS) += i128::from(count) << (position % BIN_BITS);
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        for (i, &bin) in other.bins.iter().enumerate() {
            *self.bin(other.first + i) += bin;
        }
        self.infinite |= other.infinite;
    }

    fn bin(&mut self, index: usize) -> &mut i128 {
        if self.bins.is_empty() {
            self.first = index;
        } else if index < self.first {
            self.bins.splice(0..0, std::iter::repeat_n(0, self.first - index));
            self.first = index;
        }
        let offset = index - self.first;
        if offset >= self.bins.len() {
            self.bins.resize(offset + 1, 0);
        }
        &mut self.bins[offset]
    }

    /// The sum, rounded to the nearest f64, ties to even. Infinite when it is too large, or an addend was.
    /// Totals here are never negative.
    pub fn value(&self) -> f64 {
        self.scaled(0)
    }

    /// The sum times `2^exponent`, rounded once.
    pub fn scaled(&self, exponent: i32) -> f64 {
        if self.infinite {
            return f64::INFINITY;
        }
        let mut digits = Vec::with_capacity(self.bins.len() + 3);
        let mut carry = 0i128;
        for &bin in &self.bins {
            carry += bin;
            digits.push(carry as u32);
            carry >>= BIN_BITS;
        }
        while carry > 0 {
            digits.push(carry as u32);
            carry >>= BIN_BITS;
        }
        let Some(top) = digits.iter().rposition(|&digit| digit != 0) else { return 0.0 };
        // The top four digits have at least 97 significant bits: the last can stand for all that follow.
        let last = top.saturating_sub(3);
        let mut head =
            digits[last..=top].iter().rev().fold(0u128, |head, &digit| head << BIN_BITS | u128::from(digit));
        head |= u128::from(digits[..last].iter().any(|&digit| digit != 0));
        nearest(head, ((self.first + last) * BIN_BITS) as i32 + LAST + exponent)
    }
}

/// A finite f64 as `m x 2^e`.
#[inline]
fn parts(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (magnitude, e) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
    (if x < 0.0 { -magnitude } else { magnitude }, e)
}

#[cfg(test)]
mod tests {
    use super::super::scale;
    use super::*;
    use proptest::prelude::*;

    fn total(values: &[f64]) -> Total {
        let mut total = Total::default();
        values.iter().for_each(|&v| total.add(v));
        total
    }

    #[test]
    fn nothing_is_lost_between_the_largest_and_the_smallest() {
        assert_eq!(total(&[1e300, 1.0, 5e-324]).value(), 1e300);
        // 1 + 2^-53 is half way: it goes to even, until the smallest number of all tips it.
        let half = 2f64.powi(-53);
        assert_eq!(total(&[1.0, half]).value(), 1.0);
        assert_eq!(total(&[1.0, half, 5e-324]).value(), 1.0 + 2.0 * half);
        assert_eq!(total(&[5e-324; 3]).value(), 1.5e-323);
        assert_eq!(total(&[]).value(), 0.0);
        assert_eq!(total(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
        assert_eq!(total(&[f64::INFINITY, 1.0]).value(), f64::INFINITY);
        assert_eq!(total(&[0.1; 10]).value(), 1.0);
    }

    proptest! {
        #[test]
        fn the_order_and_the_partition_do_not_matter(
            mut values in prop::collection::vec((any::<u32>(), -300i32..300), 1..50), cut in 0usize..50,
        ) {
            let floats: Vec<f64> = values.iter().map(|&(m, e)| scale(f64::from(m), e)).collect();
            let forward = total(&floats).value();
            values.reverse();
            let backward: Vec<f64> = values.iter().map(|&(m, e)| scale(f64::from(m), e)).collect();
            prop_assert_eq!(total(&backward).value(), forward);
            let (left, right) = floats.split_at(cut.min(floats.len()));
            let mut merged = total(right);
            merged.merge(&total(left));
            prop_assert_eq!(merged.value(), forward);
        }

        /// Integers below 2^106 / n sum exactly in i128, which rounds like f64 does.
        #[test]
        fn sums_of_integers_agree_with_integers(values in prop::collection::vec(0u64..(1 << 53), 1..100)) {
            let floats: Vec<f64> = values.iter().map(|&v| v as f64).collect();
            let sum: u128 = values.iter().map(|&v| u128::from(v)).sum();
            prop_assert_eq!(total(&floats).value(), sum as f64);
        }

        /// A product of any two numbers is added to the last bit, also where it has bits below the least f64.
        #[test]
        fn products_are_exact(a in prop::num::f64::ANY, b in prop::num::f64::ANY, up in 0i32..1000) {
            let (a, b) = (a.abs(), b.abs());
            prop_assume!(a.is_finite() && b.is_finite());
            let small = |x: f64| x.min(1.0); // the product of two such cannot overflow
            let (a, b) = (small(a), small(b));
            let mut twice = Total::default();
            twice.add_weighted(a, b);
            // In a unit in which both are large, the product is exact in two f64.
            let (large, larger) = (scale(a, -libm::frexp(a).1), scale(b, -libm::frexp(b).1));
            let unit = libm::frexp(a).1 + libm::frexp(b).1;
            let mut there = Total::default();
            let product = large * larger;
            there.add(product);
            there.add(large.mul_add(larger, -product));
            prop_assert_eq!(twice.scaled(up), there.scaled(unit + up));
        }

        #[test]
        fn a_weight_is_a_repetition(x in 0.0f64..1e9, weight in 1u32..20) {
            let mut weighted = Total::default();
            weighted.add_weighted(x, f64::from(weight));
            prop_assert_eq!(weighted.value(), total(&vec![x; weight as usize]).value());
        }
    }
}
