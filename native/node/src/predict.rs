//! The job that labels rows with a model.

use std::mem::replace;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kmeans_engine::{Column, Matrix, Measured, Missing, Named, Preparation, Threads, Values};
use kmeans_io::names::shown;
use kmeans_io::{
    Batch, Dialect, Extra, Format, LabelsWriter, Output, Rendered, Renderer, TableReader, TableWriter,
};
use kmeans_model::Model;
use napi::bindgen_prelude::{AsyncTask, Float64Array, Uint32Array};
use napi_derive::napi;

use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};
use crate::labelled::{Labelled, Unlabelled};
use crate::measuring::Measuring;
use crate::model::NativeModel;
use crate::number::optional_count;
use crate::outputs;
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
    /// The format of outputs whose name does not tell it, such as "-": csv, tsv, arrow, parquet or jsonl.
    pub to: Option<String>,
    /// Adds the Euclidean distance to the own centroid: `distance`.
    pub distance: Option<bool>,
    /// Adds the label of the second nearest centroid: `second`.
    pub second: Option<bool>,
    /// Adds how much farther the second nearest centroid is than the own: `margin`.
    pub margin: Option<bool>,
    /// Adds the Euclidean distance to each centroid: `distance_0`, `distance_1`, …
    pub distances: Option<bool>,
    /// What becomes of missing cells: error, drop, or as the model does, which is the default.
    pub missing: Option<String>,
    /// Keep labels and measures for `takeLabels`, `takeDistance` and the like.
    pub keep_labels: Option<bool>,
}

/// What a labelling did.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct PredictReport {
    pub rows: f64,
    /// Rows without a label, because of a missing cell.
    pub dropped: f64,
    /// Cells that were filled.
    pub filled: f64,
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
        let written = [options.output.as_deref(), options.labels.as_deref()];
        let (model, table) = (Arc::clone(&model.model), source.table(table, &written));
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
    measured: Measured,
}

impl Kept {
    fn extend(&mut self, labels: &[u32], measured: &Measured) {
        fn more<T: Copy>(all: &mut Option<Vec<T>>, some: Option<&Vec<T>>) {
            if let Some(some) = some {
                all.get_or_insert_default().extend(some);
            }
        }
        let Self { labels: all, measured: Measured { distance, second, margin, distances } } = self;
        all.extend(labels);
        more(distance, measured.distance.as_ref());
        more(second, measured.second.as_ref());
        more(margin, measured.margin.as_ref());
        more(distances, measured.distances.as_ref());
    }
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
        std::mem::take(&mut self.kept().labels).into()
    }

    /// The Euclidean distance of each row to its centroid; once, and only with `distance` and `keepLabels`.
    #[napi]
    pub fn take_distance(&self) -> Float64Array {
        self.kept().measured.distance.take().unwrap_or_default().into()
    }

    /// The second nearest cluster of each row, 2^32 - 1 for none; once, and only with `second` and `keepLabels`.
    #[napi]
    pub fn take_second(&self) -> Uint32Array {
        self.kept().measured.second.take().unwrap_or_default().into()
    }

    /// How much farther than its own centroid the second is, NaN for none; once, and only with `margin` and `keepLabels`.
    #[napi]
    pub fn take_margin(&self) -> Float64Array {
        self.kept().measured.margin.take().unwrap_or_default().into()
    }

    /// Euclidean distances, `rows x clusters`, row-major; once, and only with `distances` and `keepLabels`.
    #[napi]
    pub fn take_distances(&self) -> Float64Array {
        self.kept().measured.distances.take().unwrap_or_default().into()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Labels batches and keeps count.
struct Labelling<'a> {
    measuring: Measuring,
    columns: Vec<String>,
    dropped: u64,
    filled: u64,
    /// Rows with a text that is none of the model's categories, and the column of the first.
    unknown: (u64, Option<usize>),
    options: &'a PredictOptions,
    rows: u64,
    sizes: Vec<u64>,
    kept: Kept,
}

impl<'a> Labelling<'a> {
    fn new(model: &Model, options: &'a PredictOptions) -> Result<Self, Failure> {
        let PredictOptions { distance, second, margin, distances, .. } = *options;
        let labeller = model.labeller();
        let clusters = labeller.clusters();
        let measuring = Measuring {
            labeller,
            preparation: asked_for(model.preparation(), options.missing.as_deref())?,
            threads: Threads::new(optional_count("threads", options.threads)?)?,
            extra: Extra { measures: outputs::measures(distance, second, margin, distances), clusters },
        };
        Ok(Self {
            measuring,
            columns: model.columns(),
            dropped: 0,
            filled: 0,
            unknown: (0, None),
            options,
            rows: 0,
            sizes: vec![0; clusters],
            kept: Kept::default(),
        })
    }

    fn add(&mut self, labelled: &Labelled) {
        let Labelled { labels, measured, sizes, dropped, filled, unknown } = labelled;
        self.sizes.iter_mut().zip(sizes).for_each(|(all, size)| *all += size);
        self.dropped += dropped;
        self.filled += filled;
        self.unknown = (self.unknown.0 + unknown.0, self.unknown.1.or(unknown.1));
        self.rows += labels.len() as u64;
        if self.options.keep_labels == Some(true) {
            self.kept.extend(labels, measured);
        }
    }

    fn done(self, ignored: Vec<String>, mut warnings: Vec<String>) -> Predicted {
        if let (count, Some(column)) = self.unknown {
            let rows = if count == 1 { "1 row has".to_owned() } else { format!("{count} rows have") };
            let (place, column) =
                (if count == 1 { "" } else { ", the first " }, shown(&self.columns[column]));
            warnings.push(format!(
                "{rows} a text that is none of the model's categories{place} in column \"{column}\", and counts as none"
            ));
        }
        let (columns, dropped, filled) = (self.columns, self.dropped as f64, self.filled as f64);
        let sizes = self.sizes.iter().map(|&size| size as f64).collect();
        let report =
            PredictReport { rows: self.rows as f64, dropped, filled, sizes, columns, ignored, warnings };
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
    let told = outputs::told(options.to.as_deref(), outputs.each_ref().map(Option::as_ref))?;
    control.enter(Phase::Writing);
    match table {
        Table::Given(given) => array(&given, labelling, outputs, told),
        Table::Read(input, dialect, notes) => {
            let dialect = Dialect { threads: Some(labelling.measuring.threads.count()), ..dialect };
            let [output, _] = &outputs;
            // Any other output has the columns of the input, and needs to know all of them.
            let as_it_is = output.as_ref().is_none_or(|output| {
                output.target(told[0], Format::Jsonl).is_ok_and(|to| to == Format::Jsonl)
            });
            let reader = if as_it_is {
                TableReader::open_for(input, dialect, &labelling.columns, &control.stop())?
            } else {
                TableReader::open(input, dialect, &control.stop())?
            };
            stream(reader, notes, labelling, outputs, told)
        }
    }
}

fn stream(
    mut reader: TableReader,
    mut warnings: Vec<String>,
    mut labelling: Labelling,
    [output, labels]: [Option<Output>; 2],
    [to, labels_to]: [Option<Format>; 2],
) -> Result<Predicted, Failure> {
    reader.select_prepared(
        &labelling.columns,
        &labelling.measuring.preparation.categories(),
        labelling.measuring.preparation.keeps_missing(),
    )?;
    let ignored = reader.ignored();
    let extra = labelling.measuring.extra;
    let mut table_writer = output.map(|output| TableWriter::new(&reader, output, to, extra)).transpose()?;
    let mut labels_writer = labels.map(|output| LabelsWriter::new(output, labels_to)).transpose()?;
    // Where several batches are under way at once, each is labelled by the thread that read it.
    let threads = if reader.works_in_parts() { 1 } else { labelling.measuring.threads.count() };
    let measuring = labelling.measuring.on(Threads::new(Some(threads))?);
    let renderer = table_writer.as_ref().map(TableWriter::renderer);
    let wants_values = renderer.as_ref().is_some_and(Renderer::wants_values);
    let work = |mut batch: Batch| -> Result<(Labelled, Option<Rendered>), Unlabelled> {
        let none = Matrix::new(batch.values.columns(), Values::F64(Vec::new()));
        let values = if wants_values { batch.values.clone() } else { replace(&mut batch.values, none) };
        let labelled = Labelled::of(values, &measuring)?;
        let (labels, measured) = (&labelled.labels, &labelled.measured);
        let rendered = renderer.as_ref().map(|renderer| renderer.render(batch, labels, measured));
        let rendered = rendered.transpose()?;
        Ok((labelled, rendered))
    };
    let name = reader.name().to_owned();
    reader.each_batch(work, |made| -> Result<(), Failure> {
        let told = |error: Unlabelled| error.told(&name, labelling.rows, &labelling.columns);
        let (labelled, rendered) = made.map_err(told)?;
        labelling.add(&labelled);
        if let (Some(writer), Some(rendered)) = (&mut table_writer, rendered) {
            writer.put(rendered)?;
        }
        labels_writer.as_mut().map_or(Ok(()), |writer| Ok(writer.write(&labelled.labels)?))
    })?;
    warnings.extend(reader.notes().iter().cloned());
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
    [_, labels_to]: [Option<Format>; 2],
) -> Result<Predicted, Failure> {
    if output.is_some() {
        return Err(Failure::option("output", "applies to a file or an Arrow table, not to an array"));
    }
    if labelling.measuring.preparation.categories().iter().any(Option::is_some) {
        let message = "the model clusters on texts, and an array holds numbers";
        return Err(Failure::new(ErrorCode::InvalidData, message).hint("hand over a file or an Arrow table"));
    }
    let matrix = given.features(&labelling.columns)?.into_owned();
    let told = |error: Unlabelled| error.told("the array", 0, &labelling.columns);
    let found = Labelled::of(matrix, &labelling.measuring).map_err(told)?;
    labelling.add(&found);
    if let Some(output) = labels {
        let mut writer = LabelsWriter::new(output, labels_to)?;
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
