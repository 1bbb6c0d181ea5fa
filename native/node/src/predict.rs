//! The job that labels rows with a model.

use std::sync::{Arc, Mutex, PoisonError};

use kmeans_engine::{Column, Labeller, Matrix, Missing, Named, Preparation, Threads, split_off_lacking};
use kmeans_io::{LabelsWriter, Output, TableReader, TableWriter};
use kmeans_model::Model;
use napi::bindgen_prelude::{AsyncTask, Float64Array, Uint32Array};
use napi_derive::napi;

use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};
use crate::model::NativeModel;
use crate::number::optional_count;
use crate::outputs;
use crate::preparing::{spread, spread_rows};
use crate::source::{Given, Source, Table, TableOptions};

/// How to label.
#[napi(object, object_to_js = false)]
pub struct PredictOptions {
    /// Threads; without, as many as there are processors. The result is the same.
    pub threads: Option<f64>,
    /// Where the input goes, with a column `cluster`; "-" is standard output.
    pub output: Option<String>,
    /// Where the labels go.
    pub labels: Option<String>,
    /// Adds the Euclidean distance to each centroid: `distance_0`, `distance_1`, …
    pub distances: Option<bool>,
    /// What becomes of missing cells: error, drop, or as the model does, which is the default.
    pub missing: Option<String>,
    /// Keep labels (and distances) for `takeLabels` and `takeDistances`.
    pub keep_labels: Option<bool>,
}

/// What a labelling did.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct PredictReport {
    pub rows: f64,
    /// Rows without a label, because of a missing cell.
    pub dropped: f64,
    /// Rows of each cluster.
    pub sizes: Vec<f64>,
    /// The columns that the model uses.
    pub columns: Vec<String>,
    /// Columns of the input that it does not use.
    pub ignored: Vec<String>,
    pub warnings: Vec<String>,
}

/// Labels rows.
#[napi]
pub struct PredictJob(Job<Predicted>);

#[napi]
impl PredictJob {
    #[napi(constructor)]
    pub fn new(model: &NativeModel, source: Source, table: TableOptions, options: PredictOptions) -> Self {
        let (model, table) = (Arc::clone(&model.model), source.table(table));
        Self(Job::new(move |control| predict(&model, table?, &options, control)))
    }

    #[napi(ts_return_type = "Promise<Failure | Predicted>")]
    pub fn run(&self) -> AsyncTask<Running<Predicted>> {
        self.0.run()
    }

    #[napi(getter)]
    pub fn progress(&self) -> Progress {
        self.0.control.progress()
    }

    /// Ends the job; a file under way is not left behind.
    #[napi]
    pub fn cancel(&self) {
        self.0.control.cancel();
    }
}

/// A labelling that is done.
#[napi]
pub struct Predicted {
    report: PredictReport,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    labels: Vec<u32>,
    distances: Vec<f64>,
}

#[napi]
impl Predicted {
    #[napi(getter)]
    pub fn report(&self) -> PredictReport {
        self.report.clone()
    }

    /// The labels in the order of the rows; once, and only with `keepLabels`.
    #[napi]
    pub fn take_labels(&self) -> Uint32Array {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner).labels).into()
    }

    /// Euclidean distances, `rows x clusters`, row-major; once, and only with `distances` and `keepLabels`.
    #[napi]
    pub fn take_distances(&self) -> Float64Array {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner).distances).into()
    }
}

/// Labels batches and keeps count.
struct Labelling<'a> {
    labeller: Labeller,
    preparation: Preparation,
    columns: Vec<String>,
    dropped: u64,
    /// Rows with a text that is none of the model's categories.
    unknown: u64,
    threads: Threads,
    options: &'a PredictOptions,
    rows: u64,
    sizes: Vec<u64>,
    kept: Kept,
}

impl<'a> Labelling<'a> {
    fn new(model: &Model, options: &'a PredictOptions) -> Result<Self, Failure> {
        let labeller = model.labeller();
        let preparation = asked_for(model.preparation(), options.missing.as_deref())?;
        let columns = model.columns();
        let threads = Threads::new(optional_count("threads", options.threads)?)?;
        let sizes = vec![0; labeller.clusters()];
        Ok(Self {
            labeller,
            preparation,
            columns,
            dropped: 0,
            unknown: 0,
            threads,
            options,
            rows: 0,
            sizes,
            kept: Kept::default(),
        })
    }

    /// The texts of the columns that hold categories.
    fn categories(&self) -> Vec<Option<Vec<String>>> {
        let texts = |column: &Column| match column {
            Column::Number { .. } => None,
            Column::Categories { texts } => Some(texts.clone()),
        };
        self.preparation.columns.iter().map(texts).collect()
    }

    /// Labels rows of the model's columns, and tells their distances if they are wanted.
    fn label(&mut self, matrix: Matrix) -> Result<(Vec<u32>, Option<Vec<f64>>), Failure> {
        self.unknown += unknown(&matrix, &self.preparation.columns);
        let (matrix, dropped) = match self.preparation.params.missing {
            Missing::Drop => split_off_lacking(matrix),
            _ => (matrix, Vec::new()),
        };
        let matrix = self.preparation.apply(matrix, &self.threads)?;
        let labels = self.labeller.labels(&matrix, &self.threads)?;
        let wanted = self.options.distances == Some(true);
        let distances = wanted.then(|| self.labeller.distances(&matrix, &self.threads)).transpose()?;
        labels.iter().for_each(|&label| self.sizes[label as usize] += 1);
        self.dropped += dropped.len() as u64;
        let labels = spread(labels, &dropped);
        let clusters = self.labeller.clusters();
        let distances = distances.map(|distances| spread_rows(distances, &dropped, clusters, f64::NAN));
        self.rows += labels.len() as u64;
        if self.options.keep_labels == Some(true) {
            self.kept.labels.extend(&labels);
            self.kept.distances.extend(distances.iter().flatten());
        }
        Ok((labels, distances))
    }

    fn done(self, ignored: Vec<String>, mut warnings: Vec<String>) -> Predicted {
        if self.unknown > 0 {
            let rows = if self.unknown == 1 {
                "1 row has".to_owned()
            } else {
                format!("{} rows have", self.unknown)
            };
            warnings
                .push(format!("{rows} a text that is none of the model's categories, and counts as none"));
        }
        let (columns, dropped) = (self.columns, self.dropped as f64);
        let sizes = self.sizes.iter().map(|&size| size as f64).collect();
        let report = PredictReport { rows: self.rows as f64, dropped, sizes, columns, ignored, warnings };
        Predicted { report, kept: Mutex::new(self.kept) }
    }
}

fn predict(
    model: &Model,
    table: Table,
    options: &PredictOptions,
    control: &Arc<Control>,
) -> Result<Predicted, Failure> {
    let labelling = Labelling::new(model, options)?;
    let targets = [("output", options.output.as_deref()), ("labels", options.labels.as_deref())];
    let outputs = outputs::open(targets, &control.stop())?;
    control.enter(Phase::Writing);
    match table {
        Table::Given(given) => array(&given, labelling, outputs),
        Table::Read(input, dialect) => {
            let reader = TableReader::open(input, dialect, &control.stop())?;
            stream(reader, labelling, outputs)
        }
    }
}

fn stream(
    mut reader: TableReader,
    mut labelling: Labelling,
    [output, labels]: [Option<Output>; 2],
) -> Result<Predicted, Failure> {
    reader.select_prepared(
        &labelling.columns,
        &labelling.categories(),
        labelling.preparation.keeps_missing(),
    )?;
    let ignored = reader.ignored();
    let distances = (labelling.options.distances == Some(true)).then(|| labelling.labeller.clusters());
    let mut table_writer =
        output.map(|output| TableWriter::new(&reader, output, None, distances)).transpose()?;
    let mut labels_writer = labels.map(|output| LabelsWriter::new(output, None)).transpose()?;
    while let Some(batch) = reader.next_batch()? {
        let (labels, distances) = labelling.label(batch.values.clone())?;
        if let Some(writer) = &mut table_writer {
            writer.write(&batch, &labels, distances.as_deref())?;
        }
        if let Some(writer) = &mut labels_writer {
            writer.write(&labels)?;
        }
    }
    let mut warnings = reader.notes().to_vec();
    if let Some(writer) = table_writer {
        warnings.extend(writer.warnings().iter().cloned());
        writer.finish()?;
    }
    labels_writer.map_or(Ok(()), LabelsWriter::finish)?;
    Ok(labelling.done(ignored, warnings))
}

/// An array without names has the model's columns in the model's order.
fn array(
    given: &Given,
    mut labelling: Labelling,
    [output, labels]: [Option<Output>; 2],
) -> Result<Predicted, Failure> {
    if output.is_some() {
        return Err(Failure::option("output", "applies to a file or an Arrow table, not to an array"));
    }
    if labelling.categories().iter().any(Option::is_some) {
        let message = "the model clusters on texts, and an array holds numbers";
        return Err(Failure::new(ErrorCode::InvalidData, message).hint("hand over a file or an Arrow table"));
    }
    let (found, _) = labelling.label(given.features(&labelling.columns)?.into_owned())?;
    if let Some(output) = labels {
        let mut writer = LabelsWriter::new(output, None)?;
        writer.write(&found)?;
        writer.finish()?;
    }
    let used = |name: &String| !given.named || labelling.columns.contains(name);
    let ignored = given.names.iter().filter(|name| !used(name)).cloned().collect();
    Ok(labelling.done(ignored, Vec::new()))
}

/// The model's preparation, with another answer to missing cells where one was asked for.
fn asked_for(own: &Preparation, missing: Option<&str>) -> Result<Preparation, Failure> {
    let mut preparation = own.clone();
    let Some(name) = missing else { return Ok(preparation) };
    let missing = Missing::of_name("missing", name)?;
    if missing != own.params.missing && !matches!(missing, Missing::Error | Missing::Drop) {
        let own = own.params.missing.name();
        let message =
            format!("must be error, drop or what the model was fitted with ({own}), got \"{name}\"");
        return Err(
            Failure::option("missing", message).hint("fit the model again with --missing to fill cells")
        );
    }
    preparation.params.missing = missing;
    if matches!(missing, Missing::Error | Missing::Drop) {
        for column in &mut preparation.columns {
            if let Column::Number { fill } = column {
                *fill = None;
            }
        }
    }
    Ok(preparation)
}

/// How many rows have a text that no category is.
fn unknown(matrix: &Matrix, columns: &[Column]) -> u64 {
    let categories = |(place, column): (usize, &Column)| match column {
        Column::Categories { texts } => Some((place, texts.len() as f64)),
        Column::Number { .. } => None,
    };
    let places: Vec<(usize, f64)> = columns.iter().enumerate().filter_map(categories).collect();
    if places.is_empty() {
        return 0;
    }
    let values = matrix.widened();
    let is_unknown = |row: &&[f64]| places.iter().any(|&(place, texts)| row[place] >= texts);
    values.chunks_exact(matrix.columns()).filter(is_unknown).count() as u64
}
