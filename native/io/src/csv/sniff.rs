//! Finds the delimiter of a text from its first records.

/// Stands for a table of one column, which has none.
pub(crate) const NONE: u8 = b',';

/// In the order in which they are preferred when several would do: commas turn up inside other texts most often.
const CANDIDATES: [u8; 4] = *b"\t;|,";
const SPACE: usize = CANDIDATES.len();
/// Records that are compared when the first leaves a doubt, within as many bytes.
const ENOUGH: usize = 5;
const FAR: usize = 8 << 20;

type Counts = [usize; CANDIDATES.len() + 1];

/// The delimiter, or `None` when more of the text is needed (never when it is `whole`).
///
/// It depends on the text alone, never on how much of it happens to be there: the answer comes from the first record
/// where that settles it, otherwise from the first five.
pub(crate) fn delimiter(text: &[u8], whole: bool) -> Option<u8> {
    let (records, complete) = tally(text, whole);
    let first = records.first().filter(|_| complete > 0)?;
    let present: Vec<usize> = (0..SPACE).filter(|&candidate| first[candidate] > 0).collect();
    let settled = complete >= ENOUGH || whole || text.len() >= FAR;
    let consistent =
        |candidate: usize| records[..complete].iter().all(|record| record[candidate] == first[candidate]);
    match present.as_slice() {
        [] if first[SPACE] == 0 => Some(NONE),
        [only] => Some(CANDIDATES[*only]),
        _ if !settled => None,
        // A name such as "sepal length" holds a space too, and then the records below it do not.
        [] => Some(if consistent(SPACE) { b' ' } else { NONE }),
        several => several
            .iter()
            .copied()
            .find(|&candidate| consistent(candidate))
            .or_else(|| several.iter().copied().max_by_key(|&candidate| first[candidate]))
            .map(|candidate| CANDIDATES[candidate]),
    }
}

/// Counts every candidate outside quotes in each of the first records, and how many of those are complete.
fn tally(text: &[u8], whole: bool) -> (Vec<Counts>, usize) {
    let mut records = Vec::new();
    let mut current: Counts = [0; CANDIDATES.len() + 1];
    let (mut quoted, mut at_start, mut blank) = (false, true, true);
    for &byte in text {
        if quoted {
            quoted = byte != b'"';
            continue;
        }
        match byte {
            b'\n' | b'\r' => {
                if !blank {
                    records.push(std::mem::take(&mut current));
                }
                (at_start, blank) = (true, true);
                if records.len() == ENOUGH {
                    break;
                }
                continue;
            }
            // A doubled quote closes and opens again, which comes to the same.
            b'"' if at_start => quoted = true,
            _ => {}
        }
        let candidate = if byte == b' ' { Some(SPACE) } else { CANDIDATES.iter().position(|&c| c == byte) };
        if let Some(candidate) = candidate {
            current[candidate] += 1;
        }
        at_start = candidate.is_some() || (byte == b'"' && at_start);
        blank = false;
    }
    let unfinished = !blank && records.len() < ENOUGH && whole;
    if unfinished {
        records.push(current);
    }
    let complete = records.len();
    (records, complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delimiter_is_found() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a\tb c\n", b'\t'),
            ("a|b\n", b'|'),
            ("a b\n1 2\n", b' '),
            ("a\n1\n", NONE),
            ("1,5;2,5\n1,7;2,5\n", b';'),
            ("\"a;b\",c\n", b','),
            ("sepal length\n1\n", NONE),
            ("a, x;b\n1,2\n", b','),
        ] {
            assert_eq!(delimiter(text.as_bytes(), true), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn a_first_record_without_doubt_is_enough() {
        assert_eq!(delimiter(b"a,b\n", false), Some(b','));
        assert_eq!(delimiter(b"a,b", false), None);
        assert_eq!(delimiter(b"\n\n", false), None);
        assert_eq!(delimiter(b"a,b;c\n", false), None);
    }

    #[test]
    fn the_answer_does_not_depend_on_how_much_is_there() {
        let text = "a;b,c\n1;2,3\n\n4;5\n6;7\n8;9\n1,2,3;4\n".as_bytes();
        let found: Vec<u8> =
            (0..=text.len()).filter_map(|end| delimiter(&text[..end], end == text.len())).collect();
        assert!(found.iter().all(|&each| each == b';'), "{found:?}");
    }
}
