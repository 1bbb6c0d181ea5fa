//! The job that fits a model: read, cluster, write.

use std::sync::{Arc, Mutex, PoisonError};

use kmeans_engine::{
    Clustering, Column, InMemory, Matrix, Plan, Threads, Tier, Values, Weights, fit as cluster,
};
use kmeans_io::{
    Classes, Dialect, Extra, Format, Kept, Labelled, LabelsWriter, Never, Output, Stop, ValuesWriter,
    read_table,
};
use kmeans_model::Model;
use napi::bindgen_prelude::{AsyncTask, Uint32Array};
use napi_derive::napi;

use crate::VERSION;
use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::fit_options::{FitOptions, Request};
use crate::hints;
use crate::job::{Job, Running};
use crate::measuring::Measuring;
use crate::model::{self, NativeModel};
use crate::outputs;
use crate::preparing::{Prepared, Raw, prepare, spread};
use crate::report::{About, FitReport, SkippedColumn};
use crate::source::{Given, Source, Table, TableOptions};

/// Fits a model.
#[napi]
pub struct FitJob(Job<Fitted>);

#[napi]
impl FitJob {
    #[napi(constructor)]
    pub fn new(source: Source, table: TableOptions, options: FitOptions) -> Self {
        let table = source.table(table);
        Self(Job::new(move |control| fit(table?, options, control)))
    }

    #[napi(ts_return_type = "Promise<Failure | Fitted>")]
    pub fn run(&self) -> AsyncTask<Running<Fitted>> {
        self.0.run()
    }

    #[napi(getter)]
    pub fn progress(&self) -> Progress {
        self.0.control.progress()
    }

    /// Ends the job with the best model so far, or, to discard it, without a result and without a file.
    #[napi]
    pub fn cancel(&self, discard: Option<bool>) {
        match discard {
            Some(true) => self.0.control.discard(),
            _ => self.0.control.cancel(),
        }
    }
}

/// A fit that is done.
#[napi]
pub struct Fitted {
    report: FitReport,
    model: Arc<Model>,
    labels: Mutex<Vec<u32>>,
}

#[napi]
impl Fitted {
    #[napi(getter)]
    pub fn report(&self) -> FitReport {
        self.report.clone()
    }

    #[napi(getter)]
    pub fn model(&self) -> NativeModel {
        NativeModel { model: Arc::clone(&self.model) }
    }

    /// The labels in the order of the rows; once, and only with `keepLabels`.
    #[napi]
    pub fn take_labels(&self) -> Uint32Array {
        std::mem::take(&mut *self.labels.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

/// The table in memory, with what is needed to write it again.
struct Loaded {
    raw: Raw,
    skipped: Vec<SkippedColumn>,
    truth: Option<Classes>,
    notes: Vec<String>,
    again: Again,
}

enum Again {
    No,
    Kept(Kept),
    Values(Matrix, Vec<String>),
}

fn fit(table: Table, options: FitOptions, control: &Arc<Control>) -> Result<Fitted, Failure> {
    let request = Request::new(options)?;
    let targets = [
        ("model", request.model.as_deref()),
        ("output", request.output.as_deref()),
        ("labels", request.labels.as_deref()),
    ];
    // Not this job's wish to stop: an interrupted fit still writes what was asked for.
    let never: Arc<dyn Stop> = Arc::new(Never);
    let outputs = outputs::open(targets, &never)?;
    let [_, output, labels] = &outputs;
    let told = outputs::told(request.to.as_deref(), [output.as_ref(), labels.as_ref()])?;
    control.enter(Phase::Reading);
    let loaded = load(table, &request, control)?;
    if let ([_, Some(output), _], Again::Kept(kept)) = (&outputs, &loaded.again) {
        kept.can_become(Some(output.target(told[0], kept.format())?))?;
    }
    let Loaded { raw, skipped, truth, mut notes, again } = loaded;
    let weight = match (&request.selection.weight, &raw.weights) {
        (Some(column), _) => Some(column.clone()),
        (None, Some(_)) => Some("weights".to_owned()),
        (None, None) => None,
    };
    control.enter(Phase::Preparing);
    if !request.scale_chosen {
        notes.extend(hints::spread(&raw));
    }
    let threads = Threads::new(Some(request.threads()))?;
    let Prepared { matrix, weights, about } = prepare(raw, &request.prepare, &threads, control)?;
    drop(threads);
    let params = request.params(&about.features, &about.preparation, &mut notes, control)?;
    let weights = weights.as_deref().map(Weights::new).transpose()?;
    let plan = params.check(matrix.rows(), about.features.len(), weights.as_ref())?;
    control.plan(plan.params.clusters, plan.params.max_iter);
    let mut tier = InMemory::new(matrix, weights, &plan.params)?;
    let mut found = cluster(&mut tier, &plan, &**control)?;
    if control.discarded() {
        return Err(Failure::new(ErrorCode::Interrupted, "interrupted"));
    }
    let (threads, algorithm) = (tier.threads().count(), tier.algorithm());
    drop(tier); // the rows; what follows needs none of them
    control.enter(Phase::Writing);
    let (ranges, means) = about.described(&found);
    let model = Model::new(
        &found,
        &plan,
        kmeans_model::About {
            columns: &about.columns,
            ranges: &ranges,
            means: &means,
            preparation: &about.preparation,
            weight: weight.as_deref(),
            version: VERSION,
        },
    );
    let rows = found.labels.len();
    found.labels = spread(found.labels, &about.dropped);
    let mut warnings = notes;
    let measuring = Measuring {
        labeller: model.labeller(),
        preparation: about.preparation.clone(),
        threads: Threads::new(Some(request.threads()))?,
        extra: Extra { measures: request.measures, clusters: found.sizes.len() },
    };
    warnings.extend(write(outputs, told, &model, &again, &found.labels, &measuring)?);
    let about =
        About { preparing: about, ranges, means, rows, skipped, weight, truth, warnings, algorithm, threads };
    Ok(fitted(found, model, &plan, about, request.keep_labels))
}

fn fitted(mut found: Clustering, model: Model, plan: &Plan, about: About, keep_labels: bool) -> Fitted {
    let report = FitReport::new(&found, plan, about);
    let labels = if keep_labels { std::mem::take(&mut found.labels) } else { Vec::new() };
    Fitted { report, model: Arc::new(model), labels: Mutex::new(labels) }
}

fn load(table: Table, request: &Request, control: &Arc<Control>) -> Result<Loaded, Failure> {
    let wants_table = request.output.is_some();
    match table {
        Table::Read(input, dialect) => {
            let dialect = Dialect { threads: Some(request.threads()), ..dialect };
            let table = read_table(input, dialect, &request.selection, wants_table, &control.stop())?;
            let raw = Raw {
                matrix: table.matrix,
                names: table.names,
                weights: table.weights,
                categories: table.categories,
            };
            let mut notes = table.notes;
            notes.extend(hints::ids(&raw, &table.listed));
            let skipped = table.skipped.into_iter().map(|s| SkippedColumn { name: s.name, reason: s.reason });
            Ok(Loaded {
                skipped: skipped.collect(),
                truth: table.truth,
                notes,
                again: table.source.map_or(Again::No, Again::Kept),
                raw,
            })
        }
        Table::Given(given) => {
            request.refuse_selection()?;
            let values = || Again::Values(given.matrix.clone(), given.names.clone());
            let again = if wants_table { values() } else { Again::No };
            let Given { matrix, names, weights, .. } = given;
            let raw = Raw { matrix, names, weights, categories: Vec::new() };
            Ok(Loaded { raw, skipped: Vec::new(), truth: None, notes: Vec::new(), again })
        }
    }
}

/// Writes one file after the other, each whole or not at all. Returns warnings.
fn write(
    [model_output, output, labels_output]: [Option<Output>; 3],
    [to, labels_to]: [Option<Format>; 2],
    model: &Model,
    again: &Again,
    labels: &[u32],
    measuring: &Measuring,
) -> Result<Vec<String>, Failure> {
    // Best first: should the disk fill up, the model is what took the longest to make.
    if let Some(output) = model_output {
        model::write(model, output)?;
    }
    if let Some(output) = labels_output {
        let mut writer = LabelsWriter::new(output, labels_to)?;
        writer.write(labels)?;
        writer.finish()?;
    }
    match (output, again) {
        (Some(output), Again::Kept(kept)) => {
            // Not this job's wish to stop: an interrupted fit still writes what was asked for.
            let never: Arc<dyn Stop> = Arc::new(Never);
            let texts = |column: &Column| match column {
                Column::Number { .. } => None,
                Column::Categories { texts } => Some(texts.clone()),
            };
            let categories: Vec<_> = measuring.preparation.columns.iter().map(texts).collect();
            let labelled = Labelled { labels, categories: &categories, extra: measuring.extra };
            let measure = |matrix: &Matrix, labels: &[u32]| measuring.of_read(matrix, labels);
            kept.write_with_labels(output, to, labelled, measure, &never)
        }
        (Some(output), Again::Values(matrix, names)) => {
            write_values(output, to, matrix, names, labels, measuring)
        }
        (Some(_), Again::No) | (None, _) => Ok(Vec::new()),
    }
}

/// Rows that become text at a time.
const ROWS: usize = 8192;

fn write_values(
    output: Output,
    to: Option<Format>,
    matrix: &Matrix,
    names: &[String],
    labels: &[u32],
    measuring: &Measuring,
) -> Result<Vec<String>, Failure> {
    let mut writer = ValuesWriter::new(output, to, names, Some(measuring.extra))?;
    let values = matrix.widened();
    for (values, labels) in values.chunks(ROWS * matrix.columns()).zip(labels.chunks(ROWS)) {
        let some = Matrix::new(matrix.columns(), Values::F64(values.to_vec()));
        let measured = measuring.of_read(&some, labels)?;
        writer.write(values, Some(labels), &measured)?;
    }
    let warnings = writer.warnings().to_vec();
    writer.finish()?;
    Ok(warnings)
}
