//! Fractions without bounds, and their rounding to f64 as IEEE 754 defines it.

use num_bigint::{BigInt, BigUint, Sign};

/// `numerator / denominator x 2^exponent`.
#[derive(Debug, Clone)]
pub struct Rational {
    numerator: BigInt,
    denominator: BigUint,
    exponent: i32,
}

impl Rational {
    /// Exactly `x`, which is finite.
    pub fn of(x: f64) -> Self {
        let bits = x.to_bits();
        let (field, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        assert!(field != 0x7ff, "{x}");
        let (mantissa, exponent) =
            if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
        let sign = if x < 0.0 { Sign::Minus } else { Sign::Plus };
        Self { numerator: BigInt::from_biguint(sign, mantissa.into()), denominator: 1u8.into(), exponent }
    }

    fn shifted(&self, exponent: i32) -> BigInt {
        &self.numerator << (self.exponent - exponent)
    }

    pub fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let of = |denominator: &BigUint| BigInt::from(denominator.clone());
        Self {
            numerator: self.shifted(exponent) * of(&other.denominator)
                + other.shifted(exponent) * of(&self.denominator),
            denominator: &self.denominator * &other.denominator,
            exponent,
        }
    }

    pub fn times(&self, other: &Self) -> Self {
        Self {
            numerator: &self.numerator * &other.numerator,
            denominator: &self.denominator * &other.denominator,
            exponent: self.exponent + other.exponent,
        }
    }

    /// Divided by something above 0.
    pub fn over(&self, other: &Self) -> Self {
        assert_eq!(other.numerator.sign(), Sign::Plus);
        Self {
            numerator: &self.numerator * BigInt::from(other.denominator.clone()),
            denominator: &self.denominator * other.numerator.magnitude(),
            exponent: self.exponent - other.exponent,
        }
    }

    pub fn less(&self, other: &Self) -> bool {
        let minus = Self { numerator: -other.numerator.clone(), ..other.clone() };
        self.plus(&minus).numerator.sign() == Sign::Minus
    }

    /// The nearest whole multiple of `2^step`, of two the even one.
    fn multiple(&self, step: i32) -> BigUint {
        let shift = self.exponent - step;
        let (mut dividend, mut divisor) = (self.numerator.magnitude().clone(), self.denominator.clone());
        if shift >= 0 {
            dividend <<= shift;
        } else {
            divisor <<= -shift;
        }
        let quotient = &dividend / &divisor;
        let twice = (dividend - &quotient * &divisor) << 1;
        let odd = quotient.bit(0);
        if twice > divisor || twice == divisor && odd { quotient + 1u8 } else { quotient }
    }

    /// Rounded to a whole multiple of `2^step`.
    pub fn on_grid(&self, step: i32) -> Self {
        Self {
            numerator: BigInt::from_biguint(self.numerator.sign(), self.multiple(step)),
            denominator: 1u8.into(),
            exponent: step,
        }
    }

    /// This times `2^exponent` as the nearest f64.
    pub fn nearest(&self, exponent: i32) -> f64 {
        if self.numerator.sign() == Sign::NoSign {
            return 0.0;
        }
        let scaled = Self { exponent: self.exponent + exponent, ..self.clone() };
        let bits = |number: &BigUint| number.bits() as i32;
        // A power of two that is at most the number, or twice that.
        let mut power = bits(self.numerator.magnitude()) - bits(&self.denominator) + scaled.exponent;
        let two = |power: i32| Self { numerator: 1.into(), denominator: 1u8.into(), exponent: power };
        let magnitude = Self { numerator: self.numerator.magnitude().clone().into(), ..scaled.clone() };
        if magnitude.less(&two(power)) {
            power -= 1;
        }
        let step = (power - 52).max(-1074);
        let units = scaled.multiple(step);
        if units.bits() as i32 + step > 1024 {
            return if self.numerator.sign() == Sign::Minus { f64::NEG_INFINITY } else { f64::INFINITY };
        }
        let magnitude = libm::scalbn(u64::try_from(units).unwrap_or(u64::MAX) as f64, step);
        if self.numerator.sign() == Sign::Minus { 0.0 - magnitude } else { magnitude }
    }
}
