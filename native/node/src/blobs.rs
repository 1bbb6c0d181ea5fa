//! The job that makes test data.

use std::path::Path;
use std::sync::Arc;

use kmeans_engine::{Blobs, BlobsParams, Measured, Observer};
use kmeans_io::{Extra, Format, Output, Stop, ValuesWriter};
use napi::bindgen_prelude::{AsyncTask, Float64Array, Uint32Array};
use napi_derive::napi;

use crate::control::{Control, Phase, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};
use crate::number::{optional_count, seed};

/// Some 100 KB of text a batch: small enough to stay in cache, large enough that a write costs nothing.
const BATCH: u64 = 4096;
/// What is handed over in memory: 2^31 numbers are 16 GiB.
const MOST_NUMBERS: u64 = 1 << 31;

/// What to make.
#[napi(object, object_to_js = false)]
pub struct BlobsOptions {
    /// Rows.
    pub rows: Option<f64>,
    /// Columns.
    pub features: Option<f64>,
    /// Blobs.
    pub clusters: Option<f64>,
    /// Standard deviation within a blob.
    pub std: Option<f64>,
    /// Fixes every number; text, because it has 64 bits.
    pub seed: Option<String>,
    /// Adds the column `cluster`.
    pub truth: Option<bool>,
    /// csv, tsv, arrow, parquet or jsonl; without, what the name of output says, or csv.
    pub format: Option<String>,
    /// A file, or "-" for standard output. Without, the numbers are handed over.
    pub output: Option<String>,
}

/// The defaults, for help.
#[napi(object)]
pub struct BlobsDefaults {
    pub rows: f64,
    pub features: f64,
    pub clusters: f64,
    pub std: f64,
    pub seed: String,
}

#[napi]
pub fn blobs_defaults() -> BlobsDefaults {
    let BlobsParams { rows, features, clusters, std, seed } = BlobsParams::default();
    BlobsDefaults {
        rows: rows as f64,
        features: features as f64,
        clusters: clusters as f64,
        std,
        seed: seed.to_string(),
    }
}

/// Makes Gaussian blobs of known truth.
#[napi]
pub struct BlobsJob(Job<BlobsMade>);

#[napi]
impl BlobsJob {
    #[napi(constructor)]
    pub fn new(options: BlobsOptions) -> Self {
        Self(Job::new(move |control| make(options, control)))
    }

    #[napi(ts_return_type = "Promise<Failure | BlobsMade>")]
    pub fn run(&self) -> AsyncTask<Running<BlobsMade>> {
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

/// What was made.
#[napi]
pub struct BlobsMade {
    blobs: Blobs,
    values: Vec<f64>,
    truth: Vec<u32>,
}

#[napi]
impl BlobsMade {
    #[napi(getter)]
    pub fn rows(&self) -> f64 {
        self.blobs.params().rows as f64
    }

    #[napi(getter)]
    pub fn features(&self) -> f64 {
        self.blobs.params().features as f64
    }

    /// The true centres, `clusters x features`.
    #[napi(getter)]
    pub fn centroids(&self) -> Vec<Vec<f64>> {
        self.blobs.centres().chunks_exact(self.blobs.params().features).map(<[f64]>::to_vec).collect()
    }

    /// The numbers, row-major; once, and only without output.
    #[napi]
    pub fn take_values(&mut self) -> Float64Array {
        std::mem::take(&mut self.values).into()
    }

    /// The blob of each row; once, and only without output.
    #[napi]
    pub fn take_labels(&mut self) -> Uint32Array {
        std::mem::take(&mut self.truth).into()
    }
}

fn make(options: BlobsOptions, control: &Arc<Control>) -> Result<BlobsMade, Failure> {
    let BlobsOptions { rows, features, clusters, std, seed: seed_text, truth, format, output } = options;
    let default = BlobsParams::default();
    let blobs = Blobs::new(BlobsParams {
        rows: optional_count("rows", rows)?.map_or(default.rows, |rows| rows as u64),
        features: optional_count("features", features)?.unwrap_or(default.features),
        clusters: optional_count("clusters", clusters)?.unwrap_or(default.clusters),
        std: std.unwrap_or(default.std),
        seed: seed(seed_text.as_deref(), default.seed)?,
    })?;
    control.enter(Phase::Writing);
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    match output {
        Some(target) => write(&blobs, &target, format.as_deref(), truth == Some(true), control)?,
        None if blobs.params().rows.saturating_mul(blobs.params().features as u64) > MOST_NUMBERS => {
            let rule = "must be at most 2^31 divided by the features, or written to a file with output";
            return Err(Failure::option("rows", rule));
        }
        None => batches(&blobs, control, |from, to| {
            blobs.rows(from, to, &mut values, &mut labels);
            Ok(())
        })?,
    }
    Ok(BlobsMade { blobs, values, truth: labels })
}

fn write(
    blobs: &Blobs,
    target: &str,
    format: Option<&str>,
    truth: bool,
    control: &Arc<Control>,
) -> Result<(), Failure> {
    let format = format.map(|name| Format::of_output("format", name)).transpose()?;
    let names: Vec<String> = (1..=blobs.params().features).map(|i| format!("x{i}")).collect();
    let output = Output::open(Path::new(target), &[], &control.stop())?;
    output.refuse_unwritable("output")?;
    let mut writer = ValuesWriter::new(output, format, &names, truth.then(Extra::default))?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    batches(blobs, control, |from, to| {
        values.clear();
        labels.clear();
        blobs.rows(from, to, &mut values, &mut labels);
        Ok(writer.write(&values, truth.then_some(&labels[..]), &Measured::default())?)
    })?;
    Ok(writer.finish()?)
}

fn batches(
    blobs: &Blobs,
    control: &Arc<Control>,
    mut make: impl FnMut(u64, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let rows = blobs.params().rows;
    let mut from = 0;
    while from < rows {
        if control.cancelled() {
            return Err(Failure::new(ErrorCode::Interrupted, "interrupted"));
        }
        let to = rows.min(from + BATCH);
        make(from, to)?;
        control.rows(to);
        from = to;
    }
    Ok(())
}
