//! Numbers and fields as text: the shortest that reads back as the same bits, quotes only where they are needed.

/// Appends a float; `1` for 1.0, `-0` for -0.0, `1e+21`, `0.1`.
pub(crate) fn push_f64(into: &mut Vec<u8>, value: f64) {
    let mut buffer = zmij::Buffer::new();
    into.extend_from_slice(whole(buffer.format(value)));
}

/// Appends an f32 with no more digits than an f32 needs.
pub(crate) fn push_f32(into: &mut Vec<u8>, value: f32) {
    let mut buffer = zmij::Buffer::new();
    into.extend_from_slice(whole(buffer.format(value)));
}

fn whole(text: &str) -> &[u8] {
    text.strip_suffix(".0").unwrap_or(text).as_bytes()
}

/// Appends an integer.
pub(crate) fn push_integer(into: &mut Vec<u8>, value: impl itoa::Integer) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a field, in quotes when it holds the delimiter, a quote or a line's end.
pub(crate) fn push_field(into: &mut Vec<u8>, field: &[u8], delimiter: u8) {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !field.iter().any(special) {
        into.extend_from_slice(field);
        return;
    }
    into.push(b'"');
    for &byte in field {
        if byte == b'"' {
            into.push(b'"');
        }
        into.push(byte);
    }
    into.push(b'"');
}

/// Appends fields with the delimiter between them.
pub(crate) fn push_fields<'a>(into: &mut Vec<u8>, fields: impl Iterator<Item = &'a [u8]>, delimiter: u8) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            into.push(delimiter);
        }
        push_field(into, field, delimiter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> String {
        let mut text = Vec::new();
        push_f64(&mut text, value);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn floats_are_short_and_read_back() {
        assert_eq!([float(1.0), float(0.1), float(-0.0), float(-2.5)], ["1", "0.1", "-0", "-2.5"]);
        for value in [1e21, 1e-7, 5e-324, f64::MAX, 123_456_789_012_345_680.0, 0.1 + 0.2] {
            assert_eq!(float(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }

    #[test]
    fn an_f32_is_not_written_with_the_digits_of_an_f64() {
        let mut text = Vec::new();
        push_f32(&mut text, 0.1);
        assert_eq!(text, b"0.1");
    }

    #[test]
    fn only_special_fields_are_quoted() {
        let mut text = Vec::new();
        push_fields(&mut text, [&b"a b"[..], b"c,d", b"e\"f", b"g\nh"].into_iter(), b',');
        assert_eq!(text, b"a b,\"c,d\",\"e\"\"f\",\"g\nh\"");
    }
}
