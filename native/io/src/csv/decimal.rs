//! Decimal text to the nearest f64, for the spellings that tables are full of; all others are left to `str::parse`.
//!
//! Up to 19 digits make a whole number `w`, and the value is `w * 10^q`. Where `w` and `10^|q|` are whole f64 (below
//! 2^53, up to 10^22) one multiplication or division rounds once, which is the nearest f64. Elsewhere Eisel and Lemire's
//! way: `w`, moved left until its top bit is set, times the 128 top bits of `5^q`. Lemire, "Number Parsing at a Gigabyte
//! per Second" (2021, arXiv 2101.11408): the high 64 bits of that product are those of the exact one unless the low ones
//! are all 1 (sections 5 to 8), and then the number is left to `str::parse`. A tie can only be exact, and needs care,
//! where `5^|q|` fits into 64 bits beside it: -4 <= q <= 23 (section 9.1). Numbers below the normal range and beyond the
//! finite one are left to `str::parse` too.

/// Powers of ten that are whole f64.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// `w * 10^q` with a `w` of 64 bits is 0 below the first and infinite above the last.
const LEAST: i32 = -342;
const MOST: i32 = 308;
const POWERS: usize = (MOST - LEAST + 1) as usize;
/// Words of 32 bits that hold 5^308 (716 bits), and 2^960 / 5^342 with more than 128 bits left of it.
const WORDS: usize = 31;

/// The 128 most significant bits of 5^q, as halves: cut off, but rounded up for -27 <= q < 0, where the paper's proof for
/// ties needs the product never to fall short.
static FIVES: [(u64, u64); POWERS] = fives();

const fn fives() -> [(u64, u64); POWERS] {
    let mut table = [(0, 0); POWERS];
    let zero = -LEAST as usize;
    let mut power = [0_u32; WORDS];
    power[0] = 1;
    // Dividing by 5 over and over with the remainder cut off is the same as dividing by 5^n once.
    let mut inverse = [0_u32; WORDS];
    inverse[WORDS - 1] = 1;
    let mut q = 0;
    while q <= zero {
        if q <= MOST as usize {
            table[zero + q] = top(&power, 0);
            let (mut word, mut carry) = (0, 0);
            while word < WORDS {
                let product = power[word] as u64 * 5 + carry;
                (power[word], carry) = (product as u32, product >> 32);
                word += 1;
            }
        }
        if q > 0 {
            let (mut word, mut rest) = (WORDS, 0);
            while word > 0 {
                word -= 1;
                let part = (rest << 32) | inverse[word] as u64;
                (inverse[word], rest) = ((part / 5) as u32, part % 5);
            }
            table[zero - q] = top(&inverse, (q <= 27) as u128);
        }
        q += 1;
    }
    table
}

/// The 128 most significant bits, plus `more`.
const fn top(words: &[u32; WORDS], more: u128) -> (u64, u64) {
    let mut first = WORDS - 1;
    while words[first] == 0 {
        first -= 1;
    }
    let (mut bits, mut taken) = (0_u128, 0);
    while taken < 4 {
        bits = (bits << 32) | if taken <= first { words[first - taken] as u128 } else { 0 };
        taken += 1;
    }
    let free = words[first].leading_zeros();
    if free > 0 {
        let next = if first >= 4 { words[first - 4] >> (32 - free) } else { 0 };
        bits = (bits << free) | next as u128;
    }
    bits += more;
    ((bits >> 64) as u64, bits as u64)
}

/// Below, one rounding is the quicker way. Any number up to 2^53 would do, but then a table of full doubles, with 15 to 17
/// digits each, would go one way and the other as chance has it, which no processor can guess.
const FEW: u64 = 1 << 44;

/// The f64 nearest to `digits * 10^exponent`, halfway to even; `None` where this module cannot tell.
#[inline(always)]
fn nearest(digits: u64, exponent: i32) -> Option<f64> {
    if digits < FEW && exponent.unsigned_abs() < TENS.len() as u32 {
        let (whole, ten) = (digits as f64, TENS[exponent.unsigned_abs() as usize]);
        return Some(if exponent < 0 { whole / ten } else { whole * ten });
    }
    if digits == 0 {
        return Some(0.0);
    }
    rounded(digits, exponent)
}

/// Bits of the product's high half below the 53 of an f64, the one that rounds, and one more for a product whose top
/// bit is 0.
const BELOW: u32 = 9;

#[inline(always)]
fn rounded(digits: u64, exponent: i32) -> Option<f64> {
    let &(high5, low5) = FIVES.get(usize::try_from(exponent - LEAST).ok()?)?;
    let zeros = digits.leading_zeros();
    let normal = digits << zeros;
    let product = u128::from(normal) * u128::from(high5);
    let (mut low, mut high) = (product as u64, (product >> 64) as u64);
    let mask = (1 << BELOW) - 1;
    if high & mask == mask {
        // Only with all of these bits set can what the low half of 5^q adds reach the bits that count.
        let more = ((u128::from(normal) * u128::from(low5)) >> 64) as u64;
        let (sum, carried) = low.overflowing_add(more);
        (low, high) = (sum, high + u64::from(carried));
    }
    if low == u64::MAX && !(-27..=55).contains(&exponent) {
        return None;
    }
    let upper = (high >> 63) as u32;
    let shift = upper + BELOW;
    let mut mantissa = high >> shift;
    // floor(log2(10^q)) by the paper's constant, right for every q in the table.
    let mut power = ((217_706 * exponent) >> 16) + 63 + 1023 + upper as i32 - zeros as i32;
    if power <= 0 {
        return None;
    }
    if low <= 1 && (-4..=23).contains(&exponent) && mantissa & 3 == 1 && mantissa << shift == high {
        mantissa &= !1;
    }
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if mantissa >= 1 << 53 {
        mantissa = 1 << 52;
        power += 1;
    }
    if power >= 0x7FF {
        return None;
    }
    Some(f64::from_bits(((power as u64) << 52) | (mantissa & !(1 << 52))))
}

const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;
const SHIFTS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Eight bytes from `at` on.
#[inline(always)]
fn eight(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The digits of a word as bytes from 0 to 9, and the high bit of every byte that is none.
#[inline(always)]
fn digits_of(word: u64) -> (u64, u64) {
    let digits = word ^ ASCII_ZEROS;
    // A byte above 9 gets its high bit from adding 118, or has it.
    let others = ((digits & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676) | digits;
    (digits, others & 0x8080_8080_8080_8080)
}

/// The value of eight digits from 0 to 9, the first in the lowest byte.
#[inline(always)]
fn value(digits: u64) -> u64 {
    const PAIR: u64 = 0x0000_00FF_0000_00FF;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let outer = (pairs & PAIR).wrapping_mul(100 + (1_000_000 << 32));
    let inner = ((pairs >> 16) & PAIR).wrapping_mul(1 + (10_000 << 32));
    outer.wrapping_add(inner) >> 32
}

/// Appends the digits from `at` on to `whole`, modulo 2^64; gives the place after them.
#[inline(always)]
fn digits(text: &[u8], mut at: usize, whole: &mut u64) -> Option<usize> {
    loop {
        let (digits, others) = digits_of(eight(text, at)?);
        if others == 0 {
            // The next word's place does not wait for this one: the processor guesses the branch and goes on.
            *whole = whole.wrapping_mul(SHIFTS[8]).wrapping_add(value(digits));
            at += 8;
            continue;
        }
        let count = others.trailing_zeros() / 8;
        // They move to the end of the word, and zeros stand before them. Two shifts, as one by 64 is none.
        let digits = (digits << (32 - 4 * count)) << (32 - 4 * count);
        *whole = whole.wrapping_mul(SHIFTS[count as usize]).wrapping_add(value(digits));
        return Some(at + count as usize);
    }
}

/// Digits that always fit into 64 bits.
const FITTING: usize = 19;

/// Reads the number that stands at `at`, with `point` before its decimals: the nearest f64, finite, and the place after
/// it. `None` for what is no plain number and for what is better left to `str::parse`.
///
/// It looks at whole words, so that `text` must go on for 8 bytes after the number.
#[inline(always)]
pub(crate) fn number(text: &[u8], mut at: usize, point: u8) -> Option<(f64, usize)> {
    let sign = *text.get(at)?;
    let negative = sign == b'-';
    at += usize::from(negative || sign == b'+');
    let start = at;
    let mut whole = u64::from(text.get(at)?.wrapping_sub(b'0'));
    if whole < 10 && *text.get(at + 1)? == point {
        at += 1;
    } else {
        whole = 0;
        at = digits(text, at, &mut whole)?;
    }
    let (mut count, mut exponent) = (at - start, 0);
    if *text.get(at)? == point {
        let decimals = at + 1;
        at = digits(text, decimals, &mut whole)?;
        count += at - decimals;
        exponent = -((at - decimals) as i32);
    }
    if count == 0 || (count > FITTING && significant(text.get(start..at)?) > FITTING) {
        return None;
    }
    if text.get(at)? | 0x20 == b'e' {
        let (more, after) = power(text, at + 1)?;
        (exponent, at) = (exponent + more, after);
    }
    let value = nearest(whole, exponent)?;
    Some((f64::from_bits(value.to_bits() | (u64::from(negative) << 63)), at))
}

/// Digits from the first that is not 0 on.
#[cold]
fn significant(text: &[u8]) -> usize {
    text.iter().skip_while(|byte| !(b'1'..=b'9').contains(byte)).filter(|byte| byte.is_ascii_digit()).count()
}

/// The exponent that stands at `at`, of up to 4 digits.
#[inline]
fn power(text: &[u8], mut at: usize) -> Option<(i32, usize)> {
    let sign = *text.get(at)?;
    at += usize::from(sign == b'-' || sign == b'+');
    let mut value = 0;
    let after = digits(text, at, &mut value)?;
    if !(1..=4).contains(&(after - at)) {
        return None;
    }
    Some((if sign == b'-' { -(value as i32) } else { value as i32 }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a text that ends with it.
    fn read(text: &str) -> Option<f64> {
        let padded = format!("{text}\n{}", "7".repeat(16));
        number(padded.as_bytes(), 0, b'.').map(|(value, after)| {
            assert_eq!(after, text.len(), "{text}");
            value
        })
    }

    /// Where it gives a number it is the nearest; says whether it gave one.
    fn check(text: &str) -> bool {
        let expected: f64 = text.parse().unwrap();
        let found = read(text);
        assert!(found.is_none_or(|found| found.to_bits() == expected.to_bits()), "{text}: {found:?}");
        found.is_some()
    }

    /// Bits without a pattern, from a counter (splitmix64).
    fn random(counter: u64) -> u64 {
        let mut bits = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    #[test]
    fn a_million_doubles_of_any_size_come_back_as_they_were_written() {
        let (mut taken, mut normal) = (0, 0);
        for counter in 0..1_000_000 {
            let value = f64::from_bits(random(counter));
            if value.is_finite() {
                normal += usize::from(value.is_normal());
                taken += usize::from(check(&format!("{value:e}")));
                check(&format!("{value:.16e}"));
            }
        }
        // Those that it leaves to others are few.
        assert!(taken * 1000 > normal * 999, "{taken} of {normal}");
    }

    #[test]
    fn plain_decimals_of_every_length_are_the_nearest() {
        for counter in 0..400_000 {
            let digits = random(counter).to_string();
            let length = 1 + counter as usize % digits.len();
            let point = random(!counter) as usize % (length + 1);
            let zeros = "0".repeat(counter as usize % 7);
            let (before, after) = digits[..length].split_at(point);
            assert!(check(&format!("-{before}.{after}")) || length > FITTING, "{before}.{after}");
            check(&format!("{zeros}{before}.{after}"));
            check(&format!("0.{zeros}{}", &digits[..length]));
        }
    }

    #[test]
    fn mantissas_of_64_bits_are_the_nearest_for_every_exponent() {
        for exponent in -400..400 {
            for counter in 0..300 {
                let digits = random(counter * 1000 + (exponent + 400) as u64) >> (counter % 64);
                check(&format!("{digits}e{exponent}"));
            }
            for digits in
                [1, 3, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, FEW - 1, FEW, 9_999_999_999_999_999_999]
            {
                check(&format!("{digits}e{exponent}"));
            }
        }
    }

    #[test]
    fn what_lies_halfway_between_two_doubles_goes_to_the_even_one() {
        for counter in 0..200_000 {
            // A number of 54 bits whose last is 1 is halfway, times or by a power of two as well.
            let odd = (1 << 53) | (random(counter) >> 11) | 1;
            for power in 0..10 {
                check(&format!("{}", odd << power));
                let tenths = u128::from(odd) * 5_u128.pow(power);
                check(&format!("{tenths}e-{power}"));
                check(&format!("{}e-{power}", tenths + 1));
                check(&format!("{}e-{power}", tenths - 1));
            }
        }
    }

    #[test]
    fn halfway_cases_of_many_digits_and_numbers_at_the_edges_are_the_nearest_or_left_alone() {
        for text in ["5e-324", "2.5e-324", "2.4703282292062327208e-324", "2.2250738585072011e-308"] {
            check(text);
        }
        for text in
            ["1e22", "1e23", "8.5e22", "9007199254740993", "9007199254740993.0", "1.7976931348623157e308"]
        {
            assert!(check(text), "{text}");
        }
        for text in
            ["1.7976931348623159e308", "1e309", "1e400", "1e-400", "1e99999", "0e99999", "123456789e-9999"]
        {
            check(text);
        }
        let smallest = format!("{:.1074}", f64::from_bits(1));
        for length in [17, 30, 100, 300, 400, 800, smallest.len()] {
            check(&smallest[..length]);
            check(&format!("1{}.5", "0".repeat(length / 3)));
            check(&format!("9007199254740993.{}1", "0".repeat(length)));
        }
    }

    #[test]
    fn what_is_no_plain_number_is_left_alone() {
        for text in ["", "-", "+", ".", "-.", "e5", ".e5", "1e", "1e+", "nan", "inf", "-inf", "--1", "+-1"] {
            assert_eq!(read(text), None, "{text}");
        }
        for (text, value) in
            [("5.", 5.0), (".5", 0.5), ("+1", 1.0), ("-0", -0.0), ("1E+3", 1e3), ("007", 7.0)]
        {
            assert_eq!(read(text).map(f64::to_bits), Some(f64::to_bits(value)), "{text}");
        }
        assert_eq!(number(b"3,5;\0\0\0\0\0\0\0\0", 0, b','), Some((3.5, 3)));
        assert_eq!(number(b"3.5", 0, b'.'), None);
    }
}
