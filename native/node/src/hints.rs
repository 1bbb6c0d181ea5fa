//! What a careful person would look at in the columns before trusting clusters: hints, never errors.

use kmeans_engine::Numbering;
use kmeans_io::names::{shown, typed};

use crate::preparing::Raw;
use crate::report::{ClusterSummary, ColumnSummary};

/// Columns named in one hint.
const NAMED: usize = 3;

/// Fewer numbers in a row may well be measured.
const RUNNING_ROWS: u64 = 10;

/// Standard deviations that are further apart leave next to nothing for the lesser column to decide.
const FAR_APART: f64 = 100.0;

/// A hint for each column that only numbers or names the rows.
pub fn ids(raw: &Raw, listed: &[bool]) -> Vec<String> {
    let hint = |(column, look): (usize, &str)| {
        let name = &raw.names[column];
        let (name, typed) = (shown(name), typed(name));
        format!(
            "column \"{name}\" looks like {look} and is clustered on; leave it out with --exclude {typed} or --id {typed}"
        )
    };
    id_like(raw, listed).into_iter().map(hint).take(NAMED).collect()
}

/// Columns that only number or name the rows, among those that nobody asked for by name, and what they look like.
pub fn id_like(raw: &Raw, listed: &[bool]) -> Vec<(usize, &'static str)> {
    let Raw { matrix, names, survey, .. } = raw;
    let unasked = |column: usize| raw.is_number(column) && !listed.get(column).copied().unwrap_or_default();
    let again = (matrix.rows() > 0).then_some(matrix);
    let found = survey.numbering(|column| unasked(column) && names_rows(&names[column]), again);
    let look = |(column, numbering): (usize, Option<Numbering>)| {
        let name = &names[column];
        Some((
            column,
            match numbering? {
                _ if !unasked(column) => return None,
                Numbering::Running if names_rows(name) || survey.rows() >= RUNNING_ROWS => "a running number",
                Numbering::Distinct => "an id, of which no two are equal,",
                Numbering::Running => return None,
            },
        ))
    };
    found.into_iter().enumerate().filter_map(look).collect()
}

/// Whether a column goes by a name that is given to ids and row numbers.
fn names_rows(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "id",
        "ids",
        "uid",
        "uuid",
        "guid",
        "oid",
        "index",
        "idx",
        "rowid",
        "rownum",
        "row_number",
        "row_num",
    ];
    let name = name.trim();
    let lower = name.to_lowercase();
    // `Unnamed: 0` is what pandas calls an index that was written without a name.
    NAMES.contains(&lower.as_str())
        || ["_id", "-id", ".id", " id"].iter().any(|end| lower.ends_with(end))
        || name
            .strip_suffix("Id")
            .or(name.strip_suffix("ID"))
            .is_some_and(|head| head.ends_with(char::is_lowercase))
        || lower.starts_with("unnamed:")
}

/// Columns, of those for which `counts` holds, whose spreads make some of them count for nothing.
pub fn spread(raw: &Raw, counts: impl Fn(usize) -> bool) -> Option<String> {
    let names = &raw.names;
    let spreads = raw.survey.spreads();
    let known = || {
        let numbers = spreads
            .iter()
            .copied()
            .enumerate()
            .filter(|(column, _)| raw.is_number(*column) && counts(*column));
        numbers.filter(|(_, spread)| spread.is_finite() && *spread > 0.0)
    };
    let (least, low) = known().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let (most, high) = known().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let factor = high / low;
    if factor <= FAR_APART {
        return None;
    }
    let (most, least) = (shown(&names[most]), shown(&names[least]));
    let (factor, times) = (rough(factor), rough(factor * factor));
    Some(format!(
        "columns differ in spread by a factor of {factor}: \"{most}\" counts {times} times as much as \"{least}\"; \
         --scale standard weighs them alike"
    ))
}

/// Two digits, with commas between thousands as long as a person can read them.
fn rough(number: f64) -> String {
    const READABLE: f64 = 1e9;
    let rounded = format!("{number:.1e}");
    let Some(number) = rounded.parse::<f64>().ok().filter(|number| *number < READABLE) else {
        return rounded;
    };
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns beside whose largest value whole numbers are nothing: the grid of their sums (docs/exactness.md 3) is 90 bits
/// finer than it.
const LARGE: f64 = (1u128 << 90) as f64;
/// How much larger than a centroid such a value is where it most likely stands for something else.
const BESIDE: f64 = (1u64 << 53) as f64;

/// Columns of which some clusters are so much smaller than the largest value that their centroids are not told.
pub fn dwarfed(columns: &[ColumnSummary], clusters: &[ClusterSummary]) -> Option<String> {
    let largest = |column: &ColumnSummary| column.min.abs().max(column.max.abs());
    let is_dwarfed = |(at, column): &(usize, &ColumnSummary)| {
        let largest = largest(column);
        column.min < column.max
            && largest >= LARGE
            && clusters.iter().any(|cluster| cluster.centroid[*at].abs() <= largest / BESIDE)
    };
    let (_, column) = columns.iter().enumerate().find(is_dwarfed)?;
    let (name, typed) = (shown(&column.name), typed(&column.name));
    Some(format!(
        "column \"{name}\" has values of {:e}, beside which others count as 0, also in centroids; if they stand for \
         missing values, leave those rows out first, or the column with --exclude {typed}",
        largest(column)
    ))
}

/// Columns that are the same in every row.
pub fn constant(columns: &[ColumnSummary], rows: usize) -> Option<String> {
    let mut same = columns.iter().filter(|column| rows > 1 && column.min == column.max);
    let named: Vec<String> =
        same.by_ref().take(NAMED).map(|column| format!("\"{}\"", shown(&column.name))).collect();
    let (noun, verb) = match named.len() {
        0 => return None,
        1 => ("column", "has the same value in every row and tells"),
        _ => ("columns", "have the same value in every row and tell"),
    };
    let more = match same.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{noun} {}{more} {verb} nothing apart", named.join(", ")))
}
