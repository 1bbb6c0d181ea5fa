//! Quotes and line ends inside one record. Only records with quotes in them are looked at so closely.

use memchr::{memchr, memchr2};

/// Line ends in `bytes`, each of LF, CR and CRLF being one.
pub(crate) fn lines(bytes: &[u8]) -> u64 {
    // Most fields that are quoted hold a delimiter, few a line's end.
    if memchr2(b'\n', b'\r', bytes).is_none() {
        return 0;
    }
    let (mut count, mut after_cr) = (0, false);
    for &byte in bytes {
        count += u64::from(byte == b'\r' || (byte == b'\n' && !after_cr));
        after_cr = byte == b'\r';
    }
    count
}

/// Where a quote opens in `record` that is not closed in it.
pub(crate) fn open_quote(record: &[u8], delimiter: u8) -> Option<usize> {
    let mut opened = None;
    let mut at_start = true;
    let mut bytes = record.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        if opened.is_some() {
            if byte == b'"' && bytes.next_if(|(_, next)| **next == b'"').is_none() {
                opened = None;
            }
        } else if byte == b'"' && at_start {
            opened = Some(at);
        }
        at_start = byte == delimiter;
    }
    opened
}

/// Where text follows a quote that closes a field of `record`; spaces do no harm.
pub(crate) fn after_quote(record: &[u8], delimiter: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        if record.get(at) == Some(&b'"') {
            at = closing(record, at)? + 1;
            let harmless = |byte: &u8| *byte != delimiter && matches!(byte, b' ' | b'\t');
            at += record[at..].iter().take_while(|byte| harmless(byte)).count();
            if record.get(at).is_some_and(|&byte| byte != delimiter) {
                return Some(at);
            }
        } else {
            at += memchr(delimiter, record.get(at..)?)?;
        }
        at += 1;
    }
}

/// The quote that closes the one at `open`.
fn closing(record: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(b'"', record.get(at..)?)?;
        if record.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_quote_is_found_where_it_opens() {
        assert_eq!(open_quote(b"1,\"a\"\"b", b','), Some(2));
        assert_eq!(open_quote(b"1,\"a\"\"b\",5\" pipe", b','), None);
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        assert_eq!(lines(b"a\r\nb\nc\rd\n\r\n"), 5);
    }

    #[test]
    fn text_after_a_closing_quote_is_found_and_spaces_are_let_pass() {
        assert_eq!(after_quote(b"1,\"ab\"cd", b','), Some(6));
        assert_eq!(after_quote(b"\"a\" \"b\"", b','), Some(4));
        assert_eq!(after_quote(b"\"a\" ,5\" pipe,\"b\"\"c\",\"\" ", b','), None);
        assert_eq!(after_quote(b"\"a\";\"b\"", b','), Some(3));
        assert_eq!(after_quote(b"\"a", b','), None);
    }
}
