//! The job that fits a model: read, cluster, write.

use std::sync::{Arc, Mutex, PoisonError};

use kmeans_engine::{ColumnSurvey, Matrix, Threads, Values};
use kmeans_io::{
    Classes, Dialect, Extra, Format, Kept, Labelled, Labels, LabelsWriter, Never, Output, Stop, ValuesWriter,
    read_table_within,
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
use crate::prepared_rows;
use crate::preparing::{Prepared, Preparing, Raw, prepare, spread};
use crate::report::{About, FitReport, SkippedColumn};
use crate::source::{Given, Source, Table, TableOptions};
use crate::tier::{self, Ran, Rows};

/// Labels that are written at a time.
const SHARE: usize = 1 << 16;

/// The model, the input with its labels, the labels.
type Outputs = [Option<Output>; 3];

/// Fits a model.
#[napi]
pub struct FitJob(Job<Fitted>);

#[napi]
impl FitJob {
    #[napi(constructor)]
    pub fn new(source: Source, table: TableOptions, options: FitOptions) -> Self {
        let FitOptions { model, output, labels, .. } = &options;
        let table = source.table(table, &[model.as_deref(), output.as_deref(), labels.as_deref()]);
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

/// The table, with what is needed to write it again.
struct Loaded {
    weight: Option<String>,
    rows: Rows,
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
    let mut loaded = load(table, &request, control)?;
    if let ([_, Some(output), _], Again::Kept(kept)) = (&outputs, &loaded.again) {
        kept.can_become(Some(output.target(told[0], kept.format())?))?;
    }
    let (mut ran, about) = cluster(&mut loaded, &request, control)?;
    if control.discarded() {
        return Err(Failure::new(ErrorCode::Interrupted, "interrupted"));
    }
    control.enter(Phase::Writing);
    let (ranges, means) = about.described(&ran.found);
    let Loaded { weight, skipped, truth, notes: mut warnings, again, .. } = loaded;
    let model = Model::new(
        &ran.found,
        &ran.plan,
        kmeans_model::About {
            columns: &about.columns,
            ranges: &ranges,
            means: &means,
            preparation: &about.preparation,
            weight: weight.as_deref(),
            version: VERSION,
        },
    );
    ran.found.labels = spread(std::mem::take(&mut ran.found.labels), &about.dropped);
    let rows = ran.rows();
    let measuring = Measuring {
        labeller: model.labeller(),
        preparation: about.preparation.clone(),
        threads: Threads::new(Some(request.threads()))?,
        extra: Extra { measures: request.measures, clusters: ran.found.sizes.len() },
    };
    let some = |first, rows| ran.some_labels(first, rows);
    warnings.extend(write(outputs, told, &model, &again, ran.labels(&some), &measuring)?);
    let (algorithm, threads, streamed) = (ran.algorithm, ran.threads, ran.streamed);
    let about = About {
        preparing: about,
        ranges,
        means,
        rows,
        skipped,
        weight,
        truth,
        warnings,
        algorithm,
        threads,
        streamed,
    };
    let report = FitReport::new(&ran.found, &ran.plan, about);
    let labels = if request.keep_labels { ran.found.labels } else { Vec::new() };
    Ok(Fitted { report, model: Arc::new(model), labels: Mutex::new(labels) })
}

/// Prepares and clusters the rows, which are then gone.
fn cluster(
    loaded: &mut Loaded,
    request: &Request,
    control: &Arc<Control>,
) -> Result<(Ran, Preparing), Failure> {
    let threads = Threads::new(Some(request.threads()))?;
    let rows = std::mem::replace(&mut loaded.rows, Rows::Gone);
    if let (Rows::Held(raw) | Rows::Passing(_, raw), false) = (&rows, request.scale_chosen) {
        loaded.notes.extend(hints::spread(raw, |_| true));
    }
    match rows {
        Rows::Held(raw) => {
            control.enter(Phase::Preparing);
            let Prepared { matrix, weights, about } = prepare(raw, &request.prepare, &threads, control)?;
            drop(threads);
            let params = request.params(&about.features, &about.preparation, &mut loaded.notes, control)?;
            Ok((tier::in_memory(matrix, weights, &about.features, params, control)?, about))
        }
        Rows::Passing(rows, raw) => {
            control.enter(Phase::Preparing);
            let (rows, about) = prepared_rows::prepare(*rows, raw, &request.prepare, &threads, control)?;
            drop(threads);
            let params = request.params(&about.features, &about.preparation, &mut loaded.notes, control)?;
            // What labels are compared with, or are put between, is held as well.
            let hold = request.keep_labels || loaded.truth.is_some() || !about.dropped.is_empty();
            Ok((tier::streamed(rows, &about.features, params, request.memory, hold, control)?, about))
        }
        Rows::Gone => Err(Failure::new(ErrorCode::Internal, "rows are clustered once")),
    }
}

fn load(table: Table, request: &Request, control: &Arc<Control>) -> Result<Loaded, Failure> {
    let (input, dialect, mut notes) = match table {
        Table::Read(input, dialect, notes) => (input, dialect, notes),
        Table::Given(given) => return take(given, request),
    };
    let dialect = Dialect { threads: Some(request.threads()), ..dialect };
    let (keep, stop) = (request.output.is_some(), control.stop());
    let (table, passing, survey) =
        match read_table_within(input, dialect, &request.selection, keep, request.limit(), &stop)? {
            kmeans_io::Loaded::Held(table) => {
                let survey = ColumnSurvey::of(&table.matrix);
                (table, None, survey)
            }
            kmeans_io::Loaded::Passing(table, rows, survey) => (table, Some(rows), survey),
        };
    let raw = Raw {
        matrix: table.matrix,
        names: table.names,
        weights: table.weights,
        categories: table.categories,
        survey,
    };
    notes.extend(table.notes);
    notes.extend(hints::ids(&raw, &table.listed));
    Ok(Loaded {
        weight: request.selection.weight.clone(),
        skipped: table.skipped.into_iter().map(SkippedColumn::from).collect(),
        truth: table.truth,
        notes,
        again: table.source.map_or(Again::No, Again::Kept),
        rows: match passing {
            None => Rows::Held(raw),
            Some(rows) => Rows::Passing(rows, raw),
        },
    })
}

/// Numbers that were handed over.
fn take(given: Given, request: &Request) -> Result<Loaded, Failure> {
    request.refuse_selection()?;
    let values = || Again::Values(given.matrix.clone(), given.names.clone());
    let again = if request.output.is_some() { values() } else { Again::No };
    let Given { matrix, names, weights, .. } = given;
    let weight = weights.as_ref().map(|_| "weights".to_owned());
    let categories = vec![None; names.len()];
    let survey = ColumnSurvey::of(&matrix);
    let rows = Rows::Held(Raw { matrix, names, weights, categories, survey });
    Ok(Loaded { weight, rows, skipped: Vec::new(), truth: None, notes: Vec::new(), again })
}

/// Writes one file after the other, each whole or not at all. Returns warnings.
fn write(
    [model_output, output, labels_output]: Outputs,
    [to, labels_to]: [Option<Format>; 2],
    model: &Model,
    again: &Again,
    labels: Labels,
    measuring: &Measuring,
) -> Result<Vec<String>, Failure> {
    // Best first: should the disk fill up, the model is what took the longest to make.
    if let Some(output) = model_output {
        model::write(model, output)?;
    }
    if let Some(output) = labels_output {
        let mut writer = LabelsWriter::new(output, labels_to)?;
        for first in (0..labels.rows()).step_by(SHARE) {
            writer.write(&labels.some(first, SHARE)?)?;
        }
        writer.finish()?;
    }
    match (output, again) {
        (Some(output), Again::Kept(kept)) => {
            let never: Arc<dyn Stop> = Arc::new(Never);
            let categories = measuring.preparation.categories();
            let labelled = Labelled { labels, categories: &categories, extra: measuring.extra };
            let measure = |matrix: &Matrix, labels: &[u32]| measuring.of_read(matrix, labels);
            kept.write_with_labels(output, to, labelled, measure, &never)
        }
        (Some(output), Again::Values(matrix, names)) => {
            write_values(output, to, matrix, names, &labels.some(0, labels.rows())?, measuring)
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
