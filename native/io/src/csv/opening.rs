//! What a text's first lines tell about all others.

use crate::csv::number::{Reading, read, read_spelt};
use crate::csv::sniff::{self, Sniffer};
use crate::csv::split::{LONGEST, Splitter, Step};
use crate::error::{Error, Kind, shown};

/// What comments begin with where nobody says.
const COMMENT: u8 = b'#';

/// Records that are looked at for decimal commas.
const ENOUGH: usize = 5;

/// Bytes within which the line after a first that begins with `#` must end to be compared with it.
const NEAR: usize = 1 << 20;

/// A first line that begins with `#` is a comment, and so are others like it, unless it holds the names of columns.
pub(crate) fn find_comment(split: &mut Splitter, notes: &mut Vec<String>) -> Result<Option<u8>, Error> {
    while split.ahead().0.is_empty() && split.ahead().1 {
        split.look_further()?;
    }
    if split.ahead().0.first() != Some(&COMMENT) || names_columns(split)? {
        return Ok(None);
    }
    notes.push("lines that begin with # were passed over as comments (--comment none reads them)".to_owned());
    Ok(Some(COMMENT))
}

/// Whether a line such as `#chrom,pos` names the columns of the next: a name follows the sign at once, and both lines have
/// as many delimiters.
fn names_columns(split: &mut Splitter) -> Result<bool, Error> {
    loop {
        let (text, more) = split.ahead();
        let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        let (first, second) = (lines.next().unwrap_or_default(), lines.next());
        match first.get(1) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            // Nothing but the sign so far, which a pipe may hand out alone.
            None if more && text.len() == first.len() => {
                split.look_further()?;
                continue;
            }
            _ => return Ok(false),
        }
        let ended = lines.next().is_some() || !more || text.len() > NEAR;
        if let Some(second) = second.filter(|_| ended) {
            let count = |line: &[u8], delimiter: u8| memchr::memchr_iter(delimiter, line).count();
            let alike = |&delimiter: &u8| {
                let fields = count(first, delimiter);
                fields > 0 && fields == count(second, delimiter)
            };
            return Ok(second.first() != Some(&COMMENT) && sniff::CANDIDATES.iter().any(alike));
        }
        if ended {
            return Ok(false);
        }
        split.look_further()?;
    }
}

pub(crate) fn find_delimiter(
    split: &mut Splitter,
    comment: Option<u8>,
    decimal: Option<u8>,
) -> Result<u8, Error> {
    let mut sniffer = Sniffer::new(comment, decimal);
    loop {
        let (text, more) = split.ahead();
        if let Some(delimiter) = sniffer.delimiter(text, !more) {
            return Ok(delimiter);
        }
        // Nothing but blank lines, or a record that never ends: the splitter says so.
        if !more || text.len() > LONGEST {
            return Ok(sniff::NONE);
        }
        split.look_further()?;
    }
}

/// What stands before decimals: a comma where fields are separated by semicolons, the cells of a column are numbers with
/// commas, and no number has a point.
pub(crate) fn find_decimal(
    split: &mut Splitter,
    delimiter: u8,
    notes: &mut Vec<String>,
) -> Result<u8, Error> {
    if delimiter != b';' {
        return Ok(b'.');
    }
    split.mark();
    let found = first_decimal_comma(split);
    split.rewind();
    let Some((column, cell)) = found? else { return Ok(b'.') };
    notes.push(format!(
        "the comma was read as the decimal mark, as in \"{}\" of column {} (--decimal . reads it as text)",
        shown(&cell),
        column + 1
    ));
    Ok(b',')
}

/// What the cells of a column have been so far.
#[derive(Clone)]
enum Seen {
    /// Missing, or whole numbers.
    Nothing,
    Comma(String),
    Text,
}

/// A column of decimal commas, and one of its cells.
fn first_decimal_comma(split: &mut Splitter) -> Result<Option<(usize, String)>, Error> {
    let mut columns: Vec<Seen> = Vec::new();
    for record in 0..=ENOUGH {
        match split.next(true) {
            Ok(Step::Record) => {}
            Ok(Step::Starved | Step::End) => break,
            // Whoever reads the rows will come to it, and say on which.
            Err(error) if error.kind() == Kind::Data => break,
            Err(error) => return Err(error),
        }
        columns.resize(columns.len().max(split.count()), Seen::Nothing);
        for (column, seen) in columns.iter_mut().enumerate().take(split.count()) {
            let cell = split.field(column).trim_ascii();
            match (read(cell), read_spelt(cell, b',')) {
                (Reading::Number(_), Reading::Text) => return Ok(None),
                (Reading::Text, Reading::Number(_)) => {
                    if matches!(seen, Seen::Nothing) {
                        *seen = Seen::Comma(String::from_utf8_lossy(cell).into_owned());
                    }
                }
                // The first record may hold names.
                (Reading::Text, Reading::Text) if record > 0 => *seen = Seen::Text,
                _ => {}
            }
        }
    }
    let mut columns = columns.into_iter().enumerate();
    Ok(columns.find_map(|(column, seen)| match seen {
        Seen::Comma(cell) => Some((column, cell)),
        Seen::Nothing | Seen::Text => None,
    }))
}

/// Whether a first row is data: every cell that is not missing is a number, and there is one.
pub(crate) fn holds_only_numbers(split: &Splitter, decimal: u8) -> bool {
    let readings = (0..split.count()).map(|index| read_spelt(split.field(index), decimal));
    let mut any = false;
    for reading in readings {
        match reading {
            Reading::Text => return false,
            Reading::Missing => {}
            Reading::Number(_) | Reading::Infinite | Reading::OutOfRange => any = true,
        }
    }
    any
}
