//! The job that looks at a table and says what a fit would make of it.

use std::sync::Arc;

use kmeans_engine::{Described, Matrix, Threads, describe, distinct_values, repeated_rows};
use kmeans_io::names::{shown, typed};
use kmeans_io::{Selection, Table as Surveyed, read_table};
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;

use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::hints;
use crate::job::{Job, Running};
use crate::number::optional_count;
use crate::preparing::Raw;
use crate::report::SkippedColumn;
use crate::source::{Source, Table, TableOptions};

/// Texts of a column that are shown.
const TEXTS_SHOWN: usize = 8;
/// More different texts than these are hardly kinds of anything.
const FEW_TEXTS: usize = 20;
/// Of so many quarter ranges beyond the median a value pulls centroids to itself.
const FAR_OUT: f64 = 20.0;
/// When more of the rows have a missing cell, leaving them out would lose too many.
const FEW_ROWS: f64 = 0.05;

/// What to look at, as for a fit.
#[napi(object, object_to_js = false)]
pub struct CheckOptions {
    /// The columns to look at; without, all.
    pub columns: Option<Vec<String>>,
    /// Columns to leave out.
    pub exclude: Option<Vec<String>>,
    /// Columns that tell rows apart.
    pub id: Option<Vec<String>>,
    /// The column of weights.
    pub weight: Option<String>,
    /// Threads; without, as many as there are processors.
    pub threads: Option<f64>,
}

/// A column as a fit would find it.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct CheckedColumn {
    pub name: String,
    /// number or text.
    pub kind: String,
    /// Whether a fit would cluster on it.
    pub used: bool,
    /// Cells without a value.
    pub missing: f64,
    /// Different values; of texts, up to 1000 and one for all others.
    pub distinct: f64,
    /// Of numbers.
    pub min: Option<f64>,
    /// Of numbers.
    pub max: Option<f64>,
    /// Of numbers.
    pub mean: Option<f64>,
    /// The standard deviation, of numbers.
    pub deviation: Option<f64>,
    /// First quartile, median and third quartile, of numbers.
    pub quartiles: Option<Vec<f64>>,
    /// The first texts, of texts.
    pub texts: Option<Vec<String>>,
}

/// Something to think about before a fit.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct Finding {
    /// missing, id, constant, outliers, spread, repeated or texts.
    pub kind: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    pub message: String,
}

/// What a table holds.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// csv, tsv, arrow, parquet, npy or jsonl.
    pub format: String,
    pub rows: f64,
    pub columns: Vec<CheckedColumn>,
    /// Columns that a fit would not use.
    pub skipped: Vec<SkippedColumn>,
    /// Rows that equal an earlier one in all columns of numbers that are used.
    pub repeated: f64,
    /// Rows with a missing cell in such a column.
    pub lacking: f64,
    pub findings: Vec<Finding>,
    /// Words that a fit of this table wants on its command line, ready for a shell.
    pub flags: Vec<String>,
    pub warnings: Vec<String>,
}

/// Looks at a table.
#[napi]
pub struct CheckJob(Job<CheckReport>);

#[napi]
impl CheckJob {
    #[napi(constructor)]
    pub fn new(source: Source, table: TableOptions, options: CheckOptions) -> Self {
        let table = source.table(table);
        Self(Job::new(move |control| check(table?, options, control)))
    }

    #[napi(ts_return_type = "Promise<Failure | CheckReport>")]
    pub fn run(&self) -> AsyncTask<Running<CheckReport>> {
        self.0.run()
    }

    #[napi(getter)]
    pub fn progress(&self) -> Progress {
        self.0.control.progress()
    }

    /// Ends the job.
    #[napi]
    pub fn cancel(&self) {
        self.0.control.cancel();
    }
}

fn check(table: Table, options: CheckOptions, control: &Arc<Control>) -> Result<CheckReport, Failure> {
    let CheckOptions { columns, exclude, id, weight, threads } = options;
    let threads = Threads::new(optional_count("threads", threads)?)?;
    let selection = Selection {
        columns,
        exclude: exclude.unwrap_or_default(),
        id: id.unwrap_or_default(),
        weight,
        keep_missing: true,
        survey: true,
        ..Selection::default()
    };
    let Table::Read(input, dialect) = table else {
        let message = "a file or an Arrow table can be checked, an array cannot";
        return Err(Failure::new(ErrorCode::InvalidData, message));
    };
    control.enter(Phase::Reading);
    let surveyed = read_table(input, dialect, &selection, false, &control.stop())?;
    control.enter(Phase::Preparing);
    let described = describe(surveyed.names.len(), &mut (&surveyed.matrix, None), &threads, &**control)?;
    let distinct = distinct_values(&surveyed.matrix, &threads, &**control)?;
    Ok(report(surveyed, &described, &distinct))
}

fn report(surveyed: Surveyed, described: &[Described], distinct: &[u64]) -> CheckReport {
    let Surveyed { names, skipped, matrix, categories, listed, surveyed, format, notes, .. } = surveyed;
    let used = names.len() - surveyed;
    let columns: Vec<CheckedColumn> = names
        .iter()
        .enumerate()
        .map(|(place, name)| column(name, &described[place], distinct[place], categories[place].as_deref()))
        .collect();
    let numbers: Vec<usize> = (0..used).collect();
    let matrix = if surveyed == 0 { matrix } else { matrix.pick_columns(&numbers) };
    let raw = Raw { matrix, names: names[..used].to_vec(), weights: None, categories: vec![None; used] };
    let (lacking, repeated) = (lacking(&raw.matrix), repeated_rows(&raw.matrix));
    let rows = raw.matrix.rows();
    let mut found = Found::default();
    found.missing(&columns[..used], lacking, rows);
    found.ids(&raw, &listed);
    found.constant(&columns[..used], rows);
    found.outliers(&columns[..used]);
    found.spread(&raw);
    found.repeated(repeated, rows);
    found.texts(&columns[used..]);
    CheckReport {
        format: format.name().to_owned(),
        rows: rows as f64,
        skipped: skipped.into_iter().map(SkippedColumn::from).collect(),
        repeated: repeated as f64,
        lacking: lacking as f64,
        flags: found.flags(),
        findings: found.findings,
        warnings: notes,
        columns,
    }
}

fn column(name: &str, described: &Described, distinct: u64, texts: Option<&[String]>) -> CheckedColumn {
    let number = texts.is_none();
    let told = |value: f64| number.then_some(value);
    CheckedColumn {
        name: name.to_owned(),
        kind: if number { "number" } else { "text" }.to_owned(),
        used: number,
        missing: described.missing as f64,
        distinct: distinct as f64,
        min: told(described.min),
        max: told(described.max),
        mean: told(described.mean),
        deviation: told(described.deviation),
        quartiles: number.then(|| described.quartiles.to_vec()),
        texts: texts.map(|texts| texts.iter().take(TEXTS_SHOWN).cloned().collect()),
    }
}

/// Rows with a missing cell.
fn lacking(matrix: &Matrix) -> u64 {
    let values = matrix.widened();
    let lacks = |row: &&[f64]| row.iter().any(|value| value.is_nan());
    values.chunks_exact(matrix.columns()).filter(lacks).count() as u64
}

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
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

    fn missing(&mut self, columns: &[CheckedColumn], lacking: u64, rows: usize) {
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

    fn ids(&mut self, raw: &Raw, listed: &[bool]) {
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

    fn constant(&mut self, columns: &[CheckedColumn], rows: usize) {
        for column in columns.iter().filter(|column| rows > 1 && column.distinct == 1.0) {
            let message = format!(
                "\"{}\" has the same value in every row and tells nothing apart",
                shown(&column.name)
            );
            self.add("constant", Some(&column.name), message);
            self.excluded.push(column.name.clone());
        }
    }

    fn outliers(&mut self, columns: &[CheckedColumn]) {
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

    fn spread(&mut self, raw: &Raw) {
        let left_out = |name: &String| self.ids.contains(name) || self.excluded.contains(name);
        let kept = |column: usize| !left_out(&raw.names[column]);
        if raw.names.iter().all(left_out) {
            return;
        }
        match hints::spread(raw, kept) {
            Some(message) => {
                self.add("spread", None, message);
                self.scale = self.scale.or(Some("standard"));
            }
            None => self.scale = None,
        }
    }

    fn repeated(&mut self, repeated: u64, rows: usize) {
        if repeated > 0 {
            let verb = if repeated == 1 { "equals" } else { "equal" };
            self.add(
                "repeated",
                None,
                format!("{repeated} of {rows} rows {verb} an earlier one in every number"),
            );
        }
    }

    fn texts(&mut self, columns: &[CheckedColumn]) {
        for column in columns.iter().filter(|column| (2.0..=FEW_TEXTS as f64).contains(&column.distinct)) {
            let (name, typed) = (shown(&column.name), typed(&column.name));
            let message = format!(
                "\"{name}\" has {} different texts and is not used; --categorical {typed} makes columns of them",
                column.distinct
            );
            self.add("texts", Some(&column.name), message);
        }
    }

    fn flags(&self) -> Vec<String> {
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
