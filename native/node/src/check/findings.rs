//! What there is to think about before a fit of a table.

use kmeans_io::names::{shown, typed};

use super::{CheckedColumn, Finding};
use crate::hints;
use crate::preparing::Raw;

/// More different texts than these are hardly kinds of anything.
const FEW_TEXTS: usize = 20;
/// Of so many quarter ranges beyond the median a value pulls centroids to itself.
const FAR_OUT: f64 = 20.0;
/// When more of the rows have a missing cell, leaving them out would lose too many.
const FEW_ROWS: f64 = 0.05;

/// Points, and the options that they suggest.
#[derive(Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    missing: Option<&'static str>,
    ids: Vec<String>,
    excluded: Vec<String>,
    scale: Option<&'static str>,
}

impl Found {
    fn add(&mut self, kind: &str, column: Option<&str>, message: String) {
        let (kind, column) = (kind.to_owned(), column.map(str::to_owned));
        self.findings.push(Finding { kind, column, message });
    }

    pub fn missing(&mut self, columns: &[CheckedColumn], lacking: u64, rows: usize) {
        for column in columns.iter().filter(|column| column.missing > 0.0) {
            let (name, missing) = (shown(&column.name), column.missing);
            if missing == rows as f64 {
                self.add("missing", Some(&column.name), format!("\"{name}\" holds no value in any row"));
                self.excluded.push(column.name.clone());
                continue;
            }
            let values =
                if missing == 1.0 { "1 value is".to_owned() } else { format!("{missing} values are") };
            self.add("missing", Some(&column.name), format!("\"{name}\": {values} missing"));
            self.missing = Some(if lacking as f64 <= FEW_ROWS * rows as f64 { "drop" } else { "median" });
        }
    }

    pub fn ids(&mut self, raw: &Raw, listed: &[bool]) {
        for (column, look) in hints::id_like(raw, listed) {
            let name = &raw.names[column];
            self.add(
                "id",
                Some(name),
                format!("\"{}\" looks like {}", shown(name), look.trim_end_matches(',')),
            );
            self.ids.push(name.clone());
        }
    }

    pub fn constant(&mut self, columns: &[CheckedColumn], rows: usize) {
        for column in columns
            .iter()
            .filter(|column| rows > 1 && column.missing < rows as f64 && column.min == column.max)
        {
            let message = format!(
                "\"{}\" has the same value in every row and tells nothing apart",
                shown(&column.name)
            );
            self.add("constant", Some(&column.name), message);
            self.excluded.push(column.name.clone());
        }
    }

    pub fn outliers(&mut self, columns: &[CheckedColumn]) {
        for column in columns {
            let (Some(min), Some(max), Some([first, median, third])) =
                (column.min, column.max, column.quartiles.as_deref().and_then(|all| all.first_chunk::<3>()))
            else {
                continue;
            };
            let (far, out) =
                if max - median > median - min { (max - median, max) } else { (median - min, min) };
            if self.ids.contains(&column.name) || far <= FAR_OUT * (third - first) || third == first {
                continue;
            }
            let times = far / (third - first);
            let name = shown(&column.name);
            let message = format!(
                "\"{name}\" reaches to {out}, {times:.0} times the range of its middle half away from the median: such \
                 rows make clusters of their own"
            );
            self.add("outliers", Some(&column.name), message);
            self.scale = Some("robust");
        }
    }

    pub fn spread(&mut self, raw: &Raw) {
        let left_out = |name: &String| self.ids.contains(name) || self.excluded.contains(name);
        let kept = |column: usize| !left_out(&raw.names[column]);
        match hints::spread(raw, kept) {
            Some(message) => {
                self.add("spread", None, message);
                self.scale = self.scale.or(Some("standard"));
            }
            None => self.scale = None,
        }
    }

    pub fn repeated(&mut self, repeated: u64, rows: usize) {
        if repeated > 0 {
            let verb = if repeated == 1 { "equals" } else { "equal" };
            self.add(
                "repeated",
                None,
                format!("{repeated} of {rows} rows {verb} an earlier one in every number"),
            );
        }
    }

    pub fn texts(&mut self, columns: &[CheckedColumn]) {
        for column in columns {
            let Some(distinct) =
                column.distinct.filter(|distinct| (2.0..=FEW_TEXTS as f64).contains(distinct))
            else {
                continue;
            };
            let (name, typed) = (shown(&column.name), typed(&column.name));
            let message = format!(
                "\"{name}\" has {distinct} different texts and is not used; --categorical {typed} makes columns of them"
            );
            self.add("texts", Some(&column.name), message);
        }
    }

    /// Words for the command line of a fit on these columns.
    pub fn flags(&self, columns: &[CheckedColumn]) -> Vec<String> {
        let is_left_out =
            |column: &CheckedColumn| self.ids.contains(&column.name) || self.excluded.contains(&column.name);
        if columns.iter().all(is_left_out) {
            return Vec::new();
        }
        let list = |names: &[String]| names.iter().map(|name| typed(name)).collect::<Vec<_>>().join(",");
        let mut flags = Vec::new();
        for (flag, names) in [("--id", &self.ids), ("--exclude", &self.excluded)] {
            if !names.is_empty() {
                flags.extend([flag.to_owned(), list(names)]);
            }
        }
        for (flag, value) in [("--missing", self.missing), ("--scale", self.scale)] {
            flags.extend(value.map(|value| [flag.to_owned(), value.to_owned()]).into_iter().flatten());
        }
        flags
    }
}
