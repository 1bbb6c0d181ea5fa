//! The job that looks at a table and says what a fit would make of it.

mod findings;

use std::sync::Arc;

use kmeans_engine::{
    ColumnSurvey, Described, Error, Matrix, Observer as _, RowSource as _, Threads, Values, describe,
    distinct_values, repeated_rows,
};
use kmeans_io::{Limit, Loaded, PassingRows, Selection, Table as Surveyed, read_table_within};
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;

use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};
use crate::memory::{self, Memory};
use crate::number::optional_count;
use crate::prepared_rows::Passing;
use crate::preparing::Raw;
use crate::report::SkippedColumn;
use crate::source::{Source, Table, TableOptions};

use findings::Found;

/// Texts of a column that are shown.
const TEXTS_SHOWN: usize = 8;

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
    /// How much of the table may be held, as for a fit. Of a table that takes more, repeated rows and different numbers are
    /// not counted.
    pub memory: Option<String>,
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
    /// Different values; of texts, up to 1000 and one for all others. Of numbers only where the table fits in memory.
    pub distinct: Option<f64>,
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
    /// Rows that equal an earlier one in all columns of numbers that are used, where the table fits in memory.
    pub repeated: Option<f64>,
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
        let table = source.table(table, &[]);
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
    let CheckOptions { columns, exclude, id, weight, memory, threads } = options;
    let memory = Memory::new(memory.as_deref())?;
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
    let Table::Read(input, dialect, _) = table else {
        let message = "a file or an Arrow table can be checked, an array cannot";
        return Err(Failure::new(ErrorCode::InvalidData, message));
    };
    control.enter(Phase::Reading);
    let limit = Limit { bytes: memory.bytes, clusters: 1, threads: threads.count(), prepared: false };
    let loaded = read_table_within(input, dialect, &selection, false, limit, &control.stop())?;
    control.enter(Phase::Preparing);
    let (mut table, seen) = match loaded {
        Loaded::Held(mut table) => {
            let matrix = std::mem::replace(&mut table.matrix, Matrix::new(1, Values::F64(Vec::new())));
            let seen = Seen::of_held(matrix, table.surveyed, &threads, control)?;
            (table, seen)
        }
        Loaded::Passing(table, rows, survey) => {
            let seen = Seen::of_passing(*rows, survey, table.surveyed, &threads, control)?;
            (table, seen)
        }
    };
    if seen.repeated.is_none() {
        table.notes.push(format!(
            "the table takes more than {} of memory, so repeated rows and different numbers are not counted",
            memory::shown(memory.bytes)
        ));
    }
    Ok(report(table, seen))
}

/// What the rows of a table told.
struct Seen {
    rows: usize,
    described: Vec<Described>,
    /// Different values in each column, where all rows are held.
    distinct: Vec<Option<u64>>,
    /// Rows with a missing cell in a column that is used.
    lacking: u64,
    /// Rows that equal an earlier one in all of these, where all rows are held.
    repeated: Option<u64>,
    /// The same rows, where they are held, for [`hints`].
    matrix: Matrix,
    survey: ColumnSurvey,
}

impl Seen {
    /// Of rows in which texts have the last `texts` columns.
    fn of_held(matrix: Matrix, texts: usize, threads: &Threads, control: &Control) -> Result<Self, Failure> {
        let described = describe(matrix.columns(), &mut (&matrix, None), threads, control)?;
        let distinct = distinct_values(&matrix, threads, control)?;
        let survey = ColumnSurvey::of(&matrix);
        let used: Vec<usize> = (0..matrix.columns() - texts).collect();
        let numbers = if texts == 0 { matrix } else { matrix.pick_columns(&used) };
        Ok(Self {
            rows: numbers.rows(),
            described,
            distinct: distinct.into_iter().map(Some).collect(),
            lacking: lacking(&numbers, used.len()),
            repeated: Some(repeated_rows(&numbers)),
            matrix: numbers,
            survey,
        })
    }

    /// The same of rows that are read again in every pass.
    fn of_passing(
        mut rows: PassingRows,
        survey: ColumnSurvey,
        texts: usize,
        threads: &Threads,
        control: &Control,
    ) -> Result<Self, Failure> {
        let columns = rows.columns();
        let described = describe(columns, &mut Passing { rows: &mut rows, drops: false }, threads, control)?;
        let (used, mut lack) = (columns - texts, 0);
        rows.pass(&mut |block| {
            lack += lacking(&block.into_parts().0, used);
            if control.cancelled() { Err(Error::Interrupted) } else { Ok(()) }
        })?;
        // Texts are numbered as they come.
        let kinds = |(column, described): (usize, &Described)| {
            (column >= used).then(|| if described.present > 0 { described.max as u64 + 1 } else { 0 })
        };
        Ok(Self {
            rows: rows.rows(),
            distinct: described.iter().enumerate().map(kinds).collect(),
            described,
            lacking: lack,
            repeated: None,
            matrix: Matrix::new(used, Values::F64(Vec::new())),
            survey,
        })
    }
}

fn report(table: Surveyed, seen: Seen) -> CheckReport {
    let Surveyed { names, skipped, categories, listed, surveyed, format, notes, .. } = table;
    let Seen { rows, described, distinct, lacking, repeated, matrix, survey } = seen;
    let used = names.len() - surveyed;
    let columns: Vec<CheckedColumn> = names
        .iter()
        .enumerate()
        .map(|(place, name)| column(name, &described[place], distinct[place], categories[place].as_deref()))
        .collect();
    let raw = Raw { matrix, names, weights: None, categories, survey };
    let mut found = Found::default();
    found.missing(&columns[..used], lacking, rows);
    found.ids(&raw, &listed);
    found.constant(&columns[..used], rows);
    found.outliers(&columns[..used]);
    found.spread(&raw);
    found.repeated(repeated.unwrap_or_default(), rows);
    found.texts(&columns[used..]);
    CheckReport {
        format: format.name().to_owned(),
        rows: rows as f64,
        skipped: skipped.into_iter().map(SkippedColumn::from).collect(),
        repeated: repeated.map(|repeated| repeated as f64),
        lacking: lacking as f64,
        flags: found.flags(&columns[..used]),
        findings: found.findings,
        warnings: notes,
        columns,
    }
}

fn column(
    name: &str,
    described: &Described,
    distinct: Option<u64>,
    texts: Option<&[String]>,
) -> CheckedColumn {
    let number = texts.is_none();
    let told = |value: f64| number.then_some(value);
    CheckedColumn {
        name: name.to_owned(),
        kind: if number { "number" } else { "text" }.to_owned(),
        used: number,
        missing: described.missing as f64,
        distinct: distinct.map(|distinct| distinct as f64),
        min: told(described.min),
        max: told(described.max),
        mean: told(described.mean),
        deviation: told(described.deviation),
        quartiles: number.then(|| described.quartiles.to_vec()),
        texts: texts.map(|texts| texts.iter().take(TEXTS_SHOWN).cloned().collect()),
    }
}

/// Rows with a missing cell in the first `used` columns.
fn lacking(matrix: &Matrix, used: usize) -> u64 {
    let values = matrix.widened();
    let lacks = |row: &&[f64]| row[..used].iter().any(|value| value.is_nan());
    values.chunks_exact(matrix.columns()).filter(lacks).count() as u64
}
