//! The job that labels rows with a model.

use std::sync::{Arc, Mutex, PoisonError};

use kmeans_engine::{Column, Labeller, Matrix, Missing, Named, Preparation, Threads, split_off_lacking};
use kmeans_io::{Batch, Dialect, LabelsWriter, Output, Rendered, TableReader, TableWriter};
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

/// How rows of the model's columns get their labels.
struct Rule {
    labeller: Labeller,
    preparation: Preparation,
    distances: bool,
}

/// The labels of some rows, and their distances if they are wanted.
struct Labelled {
    labels: Vec<u32>,
    distances: Option<Vec<f64>>,
    /// Rows of each cluster.
    sizes: Vec<u64>,
    dropped: u64,
    unknown: u64,
}

impl Rule {
    fn label(&self, matrix: Matrix, threads: &Threads) -> Result<Labelled, Failure> {
        let unknown = unknown(&matrix, &self.preparation.columns);
        let (matrix, dropped) = match self.preparation.params.missing {
            Missing::Drop => split_off_lacking(matrix),
            _ => (matrix, Vec::new()),
        };
        let matrix = self.preparation.apply(matrix, threads)?;
        let labels = self.labeller.labels(&matrix, threads)?;
        let distances = self.distances.then(|| self.labeller.distances(&matrix, threads)).transpose()?;
        let clusters = self.labeller.clusters();
        let mut sizes = vec![0; clusters];
        labels.iter().for_each(|&label| sizes[label as usize] += 1);
        let labels = spread(labels, &dropped);
        let distances = distances.map(|distances| spread_rows(distances, &dropped, clusters, f64::NAN));
        Ok(Labelled { labels, distances, sizes, dropped: dropped.len() as u64, unknown })
    }
}

/// Labels batches and keeps count.
struct Labelling<'a> {
    rule: Arc<Rule>,
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
        let distances = options.distances == Some(true);
        Ok(Self {
            rule: Arc::new(Rule { labeller, preparation, distances }),
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
        self.rule.preparation.columns.iter().map(texts).collect()
    }

    fn add(&mut self, labelled: &Labelled) {
        let Labelled { labels, distances, sizes, dropped, unknown } = labelled;
        self.sizes.iter_mut().zip(sizes).for_each(|(all, size)| *all += size);
        self.dropped += dropped;
        self.unknown += unknown;
        self.rows += labels.len() as u64;
        if self.options.keep_labels == Some(true) {
            self.kept.labels.extend(labels);
            self.kept.distances.extend(distances.iter().flatten());
        }
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
            let dialect = Dialect { threads: Some(labelling.threads.count()), ..dialect };
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
        labelling.rule.preparation.keeps_missing(),
    )?;
    let ignored = reader.ignored();
    let rule = Arc::clone(&labelling.rule);
    let distances = rule.distances.then(|| rule.labeller.clusters());
    let mut table_writer =
        output.map(|output| TableWriter::new(&reader, output, None, distances)).transpose()?;
    let mut labels_writer = labels.map(|output| LabelsWriter::new(output, None)).transpose()?;
    // Where several batches are under way at once, each is labelled by the thread that read it.
    let threads = Threads::new(Some(if reader.works_in_parts() { 1 } else { labelling.threads.count() }))?;
    let renderer = table_writer.as_ref().map(TableWriter::renderer);
    let work = |batch: Batch| -> Result<(Labelled, Option<Rendered>), Failure> {
        let labelled = rule.label(batch.values.clone(), &threads)?;
        let (labels, distances) = (&labelled.labels, labelled.distances.as_deref());
        let rendered = renderer.as_ref().map(|renderer| renderer.render(batch, labels, distances));
        let rendered = rendered.transpose()?;
        Ok((labelled, rendered))
    };
    reader.each_batch(work, |made| -> Result<(), Failure> {
        let (labelled, rendered) = made?;
        labelling.add(&labelled);
        if let (Some(writer), Some(rendered)) = (&mut table_writer, rendered) {
            writer.put(rendered)?;
        }
        labels_writer.as_mut().map_or(Ok(()), |writer| Ok(writer.write(&labelled.labels)?))
    })?;
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
    let matrix = given.features(&labelling.columns)?.into_owned();
    let found = labelling.rule.label(matrix, &labelling.threads)?;
    labelling.add(&found);
    if let Some(output) = labels {
        let mut writer = LabelsWriter::new(output, None)?;
        writer.write(&found.labels)?;
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
