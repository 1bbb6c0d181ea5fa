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
}

/// The byte order mark of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

const LEADS: [(&[u8], Lead); 13] = [
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
    (b"\xff\xfe", Lead::Utf16),
    (b"\xfe\xff", Lead::Utf16),
];

/// White space that is looked through for the first sign of JSON.
const FARTHEST: usize = 256;

/// `None` while `head` may still grow into one of the known beginnings.
pub(crate) fn lead(head: &[u8]) -> Option<Lead> {
    match LEADS.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, Lead::Text { bom: true })) => {
            return json(&head[BOM.len()..])
                .map(|json| if json { Lead::Json } else { Lead::Text { bom: true } });
        }
        Some((_, lead)) => return Some(*lead),
        None => {}
    }
    if LEADS.iter().any(|(magic, _)| magic.starts_with(head)) {
        return None;
    }
    json(head).map(|json| if json { Lead::Json } else { Lead::Text { bom: false } })
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
        assert_eq!(lead(b"\xff\xfe"), Some(Lead::Utf16));
        assert_eq!(lead(b"\xff\xff\xff\xff"), Some(Lead::ArrowStream));
        assert_eq!(lead(b"\x93NUMP"), None);
    }

    #[test]
    fn json_is_told_from_a_text_by_its_first_two_signs() {
        assert_eq!(lead(b"{"), None);
        assert_eq!(lead(b"{ "), None);
        assert_eq!(lead(b"{\n\"a\""), Some(Lead::Json));
        assert_eq!(lead(b"\xef\xbb\xbf [ {"), Some(Lead::Json));
        for text in [&b"{a},b"[..], b"[1,2]", b"[a],b", b"\"a\",b"] {
            assert_eq!(lead(text), Some(Lead::Text { bom: false }), "{text:?}");
        }
        assert_eq!(lead(&[b' '; 300]), Some(Lead::Text { bom: false }));
    }
}
