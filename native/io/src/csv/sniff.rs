//! Finds the delimiter of a text from its first records.

/// Stands for a table of one column, which has none.
pub(crate) const NONE: u8 = b',';
/// The same where commas stand in numbers.
const NONE_BUT_COMMAS: u8 = b';';

/// In the order in which they are preferred when several would do: commas turn up inside other texts most often.
pub(crate) const CANDIDATES: [u8; 4] = *b"\t;|,";
const SPACE: usize = CANDIDATES.len();
/// Records that are compared when the first leaves a doubt, within as many bytes.
const ENOUGH: usize = 5;
const FAR: usize = 8 << 20;

type Counts = [usize; CANDIDATES.len() + 1];

#[derive(Debug)]
enum Within {
    Nothing,
    Quotes,
    Comment,
}

/// Counts every candidate outside quotes in each of the first records.
///
/// It is fed a text piece by piece and looks at every byte once: a first line may be 64 MiB long and come in chunks of
/// a few KiB.
#[derive(Debug)]
pub(crate) struct Sniffer {
    /// Lines that begin with it are passed over.
    comment: Option<u8>,
    /// Commas stand in numbers.
    decimal_comma: bool,
    records: Vec<Counts>,
    current: Counts,
    seen: usize,
    within: Within,
    at_start: bool,
    blank: bool,
}

impl Sniffer {
    pub(crate) fn new(comment: Option<u8>, decimal: Option<u8>) -> Self {
        Self {
            comment,
            decimal_comma: decimal == Some(b','),
            records: Vec::new(),
            current: [0; CANDIDATES.len() + 1],
            seen: 0,
            within: Within::Nothing,
            at_start: true,
            blank: true,
        }
    }

    /// The delimiter of `text`, which begins with what was given before; `None` when more of it is needed (never when
    /// it is `whole`).
    ///
    /// It depends on the text alone, never on how much of it happens to be there: the answer comes from the first
    /// record where that settles it, otherwise from the first five.
    pub(crate) fn delimiter(&mut self, text: &[u8], whole: bool) -> Option<u8> {
        self.feed(text.get(self.seen..).unwrap_or_default());
        self.seen = text.len();
        if whole && !self.blank && self.records.len() < ENOUGH {
            self.records.push(self.current);
        }
        let records = &self.records;
        let first = records.first()?;
        let present: Vec<usize> = (0..SPACE).filter(|&candidate| first[candidate] > 0).collect();
        let settled = records.len() >= ENOUGH || whole || text.len() >= FAR;
        let consistent =
            |candidate: usize| records.iter().all(|record| record[candidate] == first[candidate]);
        let none = if self.decimal_comma { NONE_BUT_COMMAS } else { NONE };
        match present.as_slice() {
            [] if first[SPACE] == 0 => Some(none),
            [only] => Some(CANDIDATES[*only]),
            _ if !settled => None,
            // A name such as "sepal length" holds a space too, and then the records below it do not.
            [] => Some(if consistent(SPACE) { b' ' } else { none }),
            several => several
                .iter()
                .copied()
                .find(|&candidate| consistent(candidate))
                .or_else(|| several.iter().copied().max_by_key(|&candidate| first[candidate]))
                .map(|candidate| CANDIDATES[candidate]),
        }
    }

    fn feed(&mut self, text: &[u8]) {
        for &byte in text {
            if self.records.len() == ENOUGH {
                return;
            }
            match self.within {
                Within::Quotes if byte != b'"' => continue,
                Within::Comment if !matches!(byte, b'\n' | b'\r') => continue,
                Within::Quotes | Within::Comment => {
                    self.within = Within::Nothing;
                    continue;
                }
                Within::Nothing if self.blank && Some(byte) == self.comment => {
                    self.within = Within::Comment;
                    continue;
                }
                Within::Nothing => {}
            }
            match byte {
                b'\n' | b'\r' => {
                    if !self.blank {
                        self.records.push(std::mem::take(&mut self.current));
                    }
                    (self.at_start, self.blank) = (true, true);
                    continue;
                }
                // A doubled quote closes and opens again, which comes to the same.
                b'"' if self.at_start => self.within = Within::Quotes,
                _ => {}
            }
            let candidate =
                if byte == b' ' { Some(SPACE) } else { CANDIDATES.iter().position(|&c| c == byte) };
            let candidate = candidate.filter(|_| byte != b',' || !self.decimal_comma);
            if let Some(candidate) = candidate {
                self.current[candidate] += 1;
            }
            self.at_start = candidate.is_some() || (byte == b'"' && self.at_start);
            self.blank = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &[u8], whole: bool) -> Option<u8> {
        Sniffer::new(None, None).delimiter(text, whole)
    }

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
    fn comments_and_decimal_commas_say_nothing_about_the_delimiter() {
        let found = |text: &[u8]| Sniffer::new(Some(b'#'), Some(b',')).delimiter(text, true);
        assert_eq!(found(b"# a|b|c\n\n#\na\tb\n1\t2\n"), Some(b'\t'));
        assert_eq!(found(b"3,5\n4,5\n"), Some(b';'));
        assert_eq!(found(b"x#y\t#z\n"), Some(b'\t'));
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
        let mut sniffer = Sniffer::new(None, None);
        let bit_by_bit = (0..=text.len()).find_map(|end| sniffer.delimiter(&text[..end], end == text.len()));
        assert_eq!(bit_by_bit, Some(b';'));
    }
}
