//! Exact quantiles of any number of values in a fixed number of passes and a fixed memory: a search by digits. Each pass
//! counts, among the values that begin like the one sought, how many go on with each of 2048 next digits.

/// Digits of 11 bits, and 9 that are left: six passes for 64 bits.
pub(super) const PASSES: u32 = 6;
const BITS: u32 = 11;

/// Orders like the number it comes from; 0.0 and -0.0 are one.
fn key(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn of_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// How far a key is shifted for the digit of a pass.
fn shift(pass: u32) -> u32 {
    64u32.saturating_sub(BITS * (pass + 1))
}

/// A value at a known place in the order, as far as it is known.
#[derive(Debug, Clone)]
struct Sought {
    /// How many units of weight lie before it, among those that begin like it.
    before: u128,
    prefix: u64,
    counts: Vec<u128>,
}

/// The quartiles of a column: numbers at `(n - 1) p / 4` for p = 1, 2, 3, between two values linearly (as numpy's and
/// scikit-learn's default), where a row of weight 2 is the row twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Quartiles {
    sought: Vec<Sought>,
    /// For each p the fraction of the way to the next value.
    fractions: [f64; 3],
    pass: u32,
}

impl Quartiles {
    /// Of values that weigh `units` together, 1 or more.
    pub(super) fn of(units: u128) -> Self {
        let last = units.saturating_sub(1);
        let mut fractions = [0.0; 3];
        let mut sought = Vec::with_capacity(6);
        for (p, fraction) in (1u128..).zip(&mut fractions) {
            // (last x p) / 4 without overflow: units stay below 2^77.
            let (place, rest) = (last * p / 4, last * p % 4);
            *fraction = rest as f64 / 4.0;
            for before in [place, (place + 1).min(last)] {
                sought.push(Sought { before, prefix: 0, counts: Vec::new() });
            }
        }
        Self { sought, fractions, pass: 0 }
    }

    /// Before each of the passes.
    pub(super) fn begin(&mut self) {
        self.sought.iter_mut().for_each(|sought| {
            sought.counts.clear();
            sought.counts.resize(1 << BITS, 0);
        });
    }

    /// Counts a value.
    pub(super) fn add(&mut self, x: f64, units: u128) {
        if x.is_nan() {
            return;
        }
        let (from, width) = (shift(self.pass), self.width());
        let start = key(x) >> from;
        let (prefix, digit) = (start >> width, (start & ((1 << width) - 1)) as usize);
        for sought in &mut self.sought {
            if sought.prefix == prefix {
                sought.counts[digit] += units;
            }
        }
    }

    fn width(&self) -> u32 {
        64 - BITS * self.pass - shift(self.pass)
    }

    /// After each of the passes.
    pub(super) fn end(&mut self) {
        let width = self.width();
        for sought in &mut self.sought {
            let mut digit = 0;
            while digit + 1 < 1 << width && sought.before >= sought.counts[digit] {
                sought.before -= sought.counts[digit];
                digit += 1;
            }
            sought.prefix = sought.prefix << width | digit as u64;
        }
        self.pass += 1;
    }

    /// First quartile, median and third quartile, after all passes.
    pub(super) fn values(&self) -> [f64; 3] {
        let mut values = [0.0; 3];
        for ((value, pair), &fraction) in
            values.iter_mut().zip(self.sought.chunks_exact(2)).zip(&self.fractions)
        {
            let (low, high) = (of_key(pair[0].prefix), of_key(pair[1].prefix));
            // Two products, because the difference of two large numbers may overflow.
            *value =
                if fraction == 0.0 || low == high { low } else { low * (1.0 - fraction) + high * fraction };
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quartiles(values: &[(f64, u64)]) -> [f64; 3] {
        let mut found = Quartiles::of(values.iter().map(|&(_, units)| u128::from(units)).sum());
        for _ in 0..PASSES {
            found.begin();
            values.iter().for_each(|&(x, units)| found.add(x, u128::from(units)));
            found.end();
        }
        found.values()
    }

    #[test]
    fn quartiles_are_those_of_numpy() {
        let once = |values: &[f64]| quartiles(&values.iter().map(|&x| (x, 1)).collect::<Vec<_>>());
        assert_eq!(once(&[4.0, 1.0, 3.0, 2.0]), [1.75, 2.5, 3.25]);
        assert_eq!(once(&[-5.0]), [-5.0; 3]);
        assert_eq!(once(&[1.0, -2.0]), [-1.25, -0.5, 0.25]);
        assert_eq!(once(&[f64::MAX, f64::MIN])[1], 0.0);
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice() {
        assert_eq!(quartiles(&[(1.0, 2), (7.0, 1)]), quartiles(&[(1.0, 1), (7.0, 1), (1.0, 1)]));
    }

    proptest! {
        #[test]
        fn they_are_what_sorting_gives(mut values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 1..50)) {
            let found = quartiles(&values.iter().map(|&x| (x, 1)).collect::<Vec<_>>());
            values.sort_by(f64::total_cmp);
            let last = values.len() - 1;
            for (p, found) in (1..).zip(found) {
                let (place, fraction) = (last * p / 4, (last * p % 4) as f64 / 4.0);
                let (low, high) = (values[place] + 0.0, values[(place + 1).min(last)] + 0.0);
                let expected = if fraction == 0.0 || low == high { low } else { low * (1.0 - fraction) + high * fraction };
                prop_assert_eq!(found.to_bits(), expected.to_bits());
            }
        }
    }
}
