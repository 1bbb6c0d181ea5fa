//! Tells numbers, missing values and look-alikes apart.

use memchr::memchr2;

/// What a text cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    Number(f64),
    Missing,
    /// `inf` in one of its spellings.
    Infinite,
    /// Digits that make no finite f64, such as `1e400`.
    OutOfRange,
    Text,
}

/// What the writers of tables put where there is no value, letter case aside: R, pandas, SQL; spreadsheets (`#N/A`), SAS and
/// Stata (`.`), `MySQL` and `PostgreSQL` (`\N`), old C libraries (`1.#IND`, `1.#QNAN`).
const MISSING: [&[u8]; 16] = [
    b"na",
    b"n/a",
    b"nan",
    b"null",
    b"none",
    b"?",
    b"-",
    b".",
    b"\\n",
    b"#n/a",
    b"#na",
    b"<na>",
    b"1.#ind",
    b"-1.#ind",
    b"1.#qnan",
    b"-1.#qnan",
];

/// Reads a cell; spaces around it do not count.
#[inline]
pub(crate) fn read(cell: &[u8]) -> Reading {
    let cell = cell.trim_ascii();
    match std::str::from_utf8(cell).ok().and_then(|text| text.parse::<f64>().ok()) {
        Some(number) if number.is_finite() => Reading::Number(number),
        Some(number) if number.is_nan() => Reading::Missing,
        Some(_) if cell.iter().any(u8::is_ascii_digit) => Reading::OutOfRange,
        Some(_) => Reading::Infinite,
        None if is_missing(cell) => Reading::Missing,
        None => Reading::Text,
    }
}

/// Whether a cell without spaces around it stands for no value.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty() || MISSING.iter().any(|token| cell.eq_ignore_ascii_case(token))
}

/// The same where decimals stand after `decimal`. Among decimal commas a point is no part of a number: it may well separate
/// thousands.
#[inline]
pub(crate) fn read_spelt(cell: &[u8], decimal: u8) -> Reading {
    match (decimal, memchr2(b'.', b',', cell)) {
        (b'.', _) | (_, None) => read(cell),
        _ if is_missing(cell.trim_ascii()) => Reading::Missing,
        _ if cell.contains(&b'.') || cell.trim_ascii() == b"," => Reading::Text,
        _ => read(&cell.iter().map(|&byte| if byte == b',' { b'.' } else { byte }).collect::<Vec<u8>>()),
    }
}

/// What a text that is no number was probably meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookAlike {
    DecimalComma,
    DecimalPoint,
    Thousands,
    UnicodeMinus,
    Hexadecimal,
    Underscores,
    FortranExponent,
    Percent,
}

impl LookAlike {
    /// Where decimals stand after `decimal`.
    pub(crate) fn of_spelt(cell: &[u8], delimiter: u8, decimal: u8) -> Option<Self> {
        if decimal == b'.' {
            return Self::of(cell, delimiter);
        }
        match read(cell) {
            Reading::Number(_) => Some(Self::DecimalPoint),
            _ => Self::of(cell, delimiter).map(|like| match like {
                Self::DecimalComma => Self::Thousands,
                like => like,
            }),
        }
    }

    /// `delimiter` settles whether `1,234` is thousands or a decimal comma.
    pub(crate) fn of(cell: &[u8], delimiter: u8) -> Option<Self> {
        let text = std::str::from_utf8(cell).ok()?.trim();
        let number = |text: &str| matches!(read(text.as_bytes()), Reading::Number(_));
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let unsigned = text.trim_start_matches(['-', '+', '\u{2212}']);
        if text.starts_with('\u{2212}') {
            return number(unsigned).then_some(Self::UnicodeMinus);
        }
        if let Some(digits) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
            return u128::from_str_radix(digits, 16).is_ok().then_some(Self::Hexadecimal);
        }
        if text.contains(',') {
            if delimiter != b';' && in_threes(unsigned) {
                return Some(Self::Thousands);
            }
            let decimal = text.replace('.', "").replacen(',', ".", 1);
            return number(&decimal).then_some(Self::DecimalComma);
        }
        let without = |what: &str, with: &str| number(&text.replacen(what, with, 1));
        if text.contains('_') {
            return number(&text.replace('_', "")).then_some(Self::Underscores);
        }
        if let Some(share) = text.strip_suffix('%') {
            return number(share).then_some(Self::Percent);
        }
        (without("d", "e") || without("D", "e")).then_some(Self::FortranExponent)
    }

    /// What it is, as a noun.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DecimalComma => "a decimal comma",
            Self::DecimalPoint => "a decimal point",
            Self::Thousands => "thousands separators",
            Self::UnicodeMinus => "a typographic minus",
            Self::Hexadecimal => "a hexadecimal number",
            Self::Underscores => "underscores between digits",
            Self::FortranExponent => "a d exponent",
            Self::Percent => "a percent sign",
        }
    }

    /// What to do about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::DecimalComma => "say --decimal , if the comma stands before decimals",
            Self::DecimalPoint => "say --decimal . if the point stands before decimals",
            Self::Thousands => "remove the thousands separators: 1234.5 for 1,234.5",
            Self::UnicodeMinus => "write the ASCII minus sign: -1",
            Self::Hexadecimal => "write the number in decimal",
            Self::Underscores => "remove the underscores",
            Self::FortranExponent => "write exponents with e: 1e5 for 1d5",
            Self::Percent => "remove the percent signs",
        }
    }
}

/// `1,234` and `12,345,678.9`, but not `12,34`.
fn in_threes(unsigned: &str) -> bool {
    let whole = unsigned.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let rest = groups.all(|group| group.len() == 3 && digits(group));
    rest && (1..=3).contains(&first.len()) && digits(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_of_a_number_is_read() {
        for (text, value) in [
            ("1", 1.0),
            (" +1 ", 1.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1E+3", 1e3),
            ("-0", -0.0),
            ("5e-324", 5e-324),
        ] {
            let Reading::Number(read) = read(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(read.to_bits(), f64::to_bits(value), "{text}");
        }
    }

    #[test]
    fn missing_values_have_many_names() {
        for text in [
            "", " ", "NA", "n/a", "NaN", "-nan", "NULL", "None", "?", "-", ".", "\\N", "#N/A", "<NA>",
            "-1.#IND",
        ] {
            assert_eq!(read(text.as_bytes()), Reading::Missing, "{text}");
        }
    }

    #[test]
    fn infinity_is_not_out_of_range() {
        assert_eq!(read(b"-Infinity"), Reading::Infinite);
        assert_eq!(read(b"inf"), Reading::Infinite);
        assert_eq!(read(b"1e400"), Reading::OutOfRange);
        assert_eq!(read(b"1e-400"), Reading::Number(0.0));
    }

    #[test]
    fn decimal_commas_are_read_where_they_are_expected_and_no_points_beside_them() {
        let read = |text: &str| read_spelt(text.as_bytes(), b',');
        assert_eq!(read(" -3,5e2 "), Reading::Number(-350.0));
        assert_eq!(
            (read(",5"), read("7"), read("1e400,")),
            (Reading::Number(0.5), Reading::Number(7.0), Reading::Text)
        );
        assert_eq!(
            (read("NA"), read(""), read(" . ")),
            (Reading::Missing, Reading::Missing, Reading::Missing)
        );
        for text in ["3.5", "1.234,5", "1,234,5", ","] {
            assert_eq!(read(text), Reading::Text, "{text}");
        }
        let like = |text: &str| LookAlike::of_spelt(text.as_bytes(), b';', b',');
        assert_eq!(like("3.5"), Some(LookAlike::DecimalPoint));
        assert_eq!((like("1.234,5"), like("12%")), (Some(LookAlike::Thousands), Some(LookAlike::Percent)));
    }

    #[test]
    fn look_alikes_are_text_with_a_reason() {
        for (text, delimiter, expected) in [
            ("3,5", b';', Some(LookAlike::DecimalComma)),
            ("1.234,5", b';', Some(LookAlike::DecimalComma)),
            ("1,234", b';', Some(LookAlike::DecimalComma)),
            ("1,234", b',', Some(LookAlike::Thousands)),
            ("-12,345,678.9", b',', Some(LookAlike::Thousands)),
            ("\u{2212}5", b',', Some(LookAlike::UnicodeMinus)),
            ("0xFF", b',', Some(LookAlike::Hexadecimal)),
            ("1_000", b',', Some(LookAlike::Underscores)),
            ("1d5", b',', Some(LookAlike::FortranExponent)),
            ("12%", b',', Some(LookAlike::Percent)),
            ("setosa", b',', None),
            ("2024-01-02", b',', None),
        ] {
            assert_eq!(read(text.as_bytes()), Reading::Text, "{text}");
            assert_eq!(LookAlike::of(text.as_bytes(), delimiter), expected, "{text}");
        }
    }
}
