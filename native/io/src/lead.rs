//! What the first bytes of an input say about it.

/// A beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    Text {
        bom: bool,
    },
    /// A text whose first value is a JSON object, or an array of them.
    Json,
    ArrowFile,
    ArrowStream,
    Parquet,
    Npy,
    Gzip,
    Zstd,
    /// Compressed in a way that is not read, by the name of the command that unpacks it.
    Packed(&'static str),
    Zip,
    Utf16,
    Utf32,
}

/// The byte order mark of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

const LEADS: [(&[u8], Lead); 15] = [
    (BOM, Lead::Text { bom: true }),
    (b"ARROW1", Lead::ArrowFile),
    (b"\xff\xff\xff\xff", Lead::ArrowStream),
    (b"PAR1", Lead::Parquet),
    (b"\x93NUMPY", Lead::Npy),
    (b"\x1f\x8b", Lead::Gzip),
    (b"\x28\xb5\x2f\xfd", Lead::Zstd),
    // A frame to be skipped, with which pzstd begins.
    (b"\x50\x2a\x4d\x18", Lead::Zstd),
    (b"BZh91AY&SY", Lead::Packed("bzip2")),
    (b"\xfd7zXZ\0", Lead::Packed("xz")),
    (b"PK\x03\x04", Lead::Zip),
    // Before UTF-16, whose mark it begins with.
    (b"\xff\xfe\0\0", Lead::Utf32),
    (b"\0\0\xfe\xff", Lead::Utf32),
    (b"\xff\xfe", Lead::Utf16),
    (b"\xfe\xff", Lead::Utf16),
];

/// White space that is looked through for the first sign of JSON.
const FARTHEST: usize = 256;

/// `None` while `head` may still grow into one of the known beginnings.
pub(crate) fn lead(head: &[u8]) -> Option<Lead> {
    if LEADS.iter().any(|(magic, _)| magic.len() > head.len() && magic.starts_with(head)) {
        return None;
    }
    match LEADS.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, Lead::Text { bom: true })) => {
            let text = without_boms(head);
            // Another may be on its way, but no file needs a hundred.
            if BOM.starts_with(text) {
                return (head.len() >= FARTHEST).then_some(Lead::Text { bom: true });
            }
            return json(text).map(|json| if json { Lead::Json } else { Lead::Text { bom: true } });
        }
        Some((_, lead)) => return Some(*lead),
        None => {}
    }
    json(head).map(|json| if json { Lead::Json } else { Lead::Text { bom: false } })
}

/// Returns the same where all of the input is its beginning.
pub(crate) fn lead_of_all(input: &[u8]) -> Lead {
    match LEADS.iter().find(|(magic, _)| input.starts_with(magic)) {
        Some((_, Lead::Utf16)) => Lead::Utf16,
        found => Lead::Text { bom: matches!(found, Some((_, Lead::Text { bom: true }))) },
    }
}

/// A text without the marks with which it begins: each of several files that were put together brings its own.
pub(crate) fn without_boms(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let Some(rest) = text.strip_prefix(BOM) {
        text = rest;
    }
    text
}

/// Whether a text begins as an object or an array of objects does; `None` while that is open.
fn json(text: &[u8]) -> Option<bool> {
    let mut signs = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    match (signs.next(), signs.next()) {
        (None, _) | (Some(b'{' | b'['), None) if text.len() < FARTHEST => {
            // A text that begins with a letter is decided by it, one of nothing but blanks by its end.
            None
        }
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{')) => Some(true),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_decided_as_soon_as_it_can_be() {
        assert_eq!(lead(b""), None);
        assert_eq!(lead(b"AR"), None);
        assert_eq!(lead(b"a"), Some(Lead::Text { bom: false }));
        assert_eq!(lead(b"\xff\xfe"), None);
        assert_eq!(lead(b"\xff\xfea\0"), Some(Lead::Utf16));
        assert_eq!(lead(b"\xfe\xff"), Some(Lead::Utf16));
        assert_eq!(lead(b"\xff\xfe\0"), None);
        for utf32 in [b"\xff\xfe\0\0", b"\0\0\xfe\xff"] {
            assert_eq!(lead(utf32), Some(Lead::Utf32));
        }
        assert_eq!(lead(&BOM.repeat(FARTHEST)), Some(Lead::Text { bom: true }));
        assert_eq!(lead_of_all(b"\xff\xfe"), Lead::Utf16);
        assert_eq!(lead_of_all(BOM), Lead::Text { bom: true });
        assert_eq!(lead_of_all(b"a"), Lead::Text { bom: false });
        assert_eq!(lead(b"\xff\xff\xff\xff"), Some(Lead::ArrowStream));
        assert_eq!(lead(b"\x93NUMP"), None);
    }

    #[test]
    fn json_is_told_from_a_text_by_its_first_two_signs() {
        assert_eq!(lead(b"{"), None);
        assert_eq!(lead(b"{ "), None);
        assert_eq!(lead(b"{\n\"a\""), Some(Lead::Json));
        assert_eq!(lead(b"\xef\xbb\xbf [ {"), Some(Lead::Json));
        assert_eq!(lead(b"\xef\xbb\xbf\xef\xbb"), None);
        assert_eq!(lead(b"\xef\xbb\xbf\xef\xbb\xbf{\"a\""), Some(Lead::Json));
        for text in [&b"{a},b"[..], b"[1,2]", b"[a],b", b"\"a\",b"] {
            assert_eq!(lead(text), Some(Lead::Text { bom: false }), "{text:?}");
        }
        assert_eq!(lead(&[b' '; 300]), Some(Lead::Text { bom: false }));
    }
}
