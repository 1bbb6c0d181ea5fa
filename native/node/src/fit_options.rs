//! The options of a fit as JavaScript gives them, turned into the engine's and the readers'.

use std::path::Path;
use std::sync::Arc;

use kmeans_engine::{
    Algorithm, FitParams, Init, Isa, Measures, Missing, Named, Preparation, PrepareParams, Scale, Threads,
};
use kmeans_io::names::shown;
use kmeans_io::{Limit, Selection};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

use crate::control::Control;
use crate::failure::Failure;
use crate::memory::{self, Memory};
use crate::number::{count, optional_count, seed};
use crate::outputs::measures;
use crate::starting_centroids::of_file;

/// How to fit. What is absent takes its default.
#[napi(object, object_to_js = false)]
pub struct FitOptions {
    /// Clusters to find; not needed when centroids are given.
    pub clusters: Option<f64>,
    /// Fixes every random draw; text, because it has 64 bits.
    pub seed: Option<String>,
    /// Most iterations of a restart.
    pub max_iter: Option<f64>,
    /// Stop once `sum ||shift||^2 <= tol x mean column variance`.
    pub tol: Option<f64>,
    /// k-means++, random, or a file of centroids: CSV, TSV, Arrow or a model.
    pub init: Option<String>,
    /// Starting centroids, row-major, instead of init.
    pub init_centroids: Option<Float64Array>,
    /// Restarts; without, a function of the shape.
    pub n_init: Option<f64>,
    /// auto or lloyd; the result is the same.
    pub algorithm: Option<String>,
    /// Threads; without, as many as there are processors. The result is the same.
    pub threads: Option<f64>,
    /// How much of the table may be held: 512MB, 2GiB, or a share of the machine's memory, 50%. A table that takes more
    /// is read again in every pass. The result is the same.
    pub memory: Option<String>,
    /// The instruction set of the kernels: portable or avx2; for tests. The result is the same.
    pub isa: Option<String>,
    /// The columns to cluster on: names, positions from 1 (`3`), ranges (`3-7`, `5-`, `a:b`), patterns (`emb*`), and
    /// `!` before one of them to leave it out; without, all that hold numbers.
    pub columns: Option<Vec<String>>,
    /// Columns to leave out: a list as `columns`, without `!`.
    pub exclude: Option<Vec<String>>,
    /// Columns that tell rows apart, never clustered on: a list as `exclude`.
    pub id: Option<Vec<String>>,
    /// The column of weights.
    pub weight: Option<String>,
    /// The column of known classes: not clustered on; the report compares them with the clusters.
    pub truth: Option<String>,
    /// What becomes of missing cells: error, drop, mean, median or zero.
    pub missing: Option<String>,
    /// Columns whose every different text becomes a column of its own: a list as `exclude`.
    pub categorical: Option<Vec<String>>,
    /// What stands in such a column where a row has the text, and 0 where it has not.
    pub categorical_weight: Option<f64>,
    /// How columns are brought to one scale: none, standard, minmax, robust or l2.
    pub scale: Option<String>,
    /// Where the model goes; "-" is standard output.
    pub model: Option<String>,
    /// Where the input goes, with a column `cluster`.
    pub output: Option<String>,
    /// Where the labels go.
    pub labels: Option<String>,
    /// The format of outputs whose name does not tell it, such as "-": csv, tsv, arrow, parquet or jsonl.
    pub to: Option<String>,
    /// Adds to output the Euclidean distance to the own centroid: `distance`.
    pub distance: Option<bool>,
    /// Adds to output the label of the second nearest centroid: `second`.
    pub second: Option<bool>,
    /// Adds to output how much farther the second nearest centroid is than the own: `margin`.
    pub margin: Option<bool>,
    /// Adds to output the Euclidean distance to each centroid: `distance_0`, `distance_1`, …
    pub distances: Option<bool>,
    /// Keep the labels for `takeLabels`.
    pub keep_labels: Option<bool>,
}

/// The defaults, for help.
#[napi(object)]
pub struct FitDefaults {
    pub seed: String,
    pub max_iter: f64,
    pub tol: f64,
    pub init: String,
    pub algorithm: String,
    pub missing: String,
    pub categorical_weight: f64,
    pub scale: String,
    pub memory: String,
}

#[napi]
pub fn fit_defaults() -> FitDefaults {
    let FitParams { seed, max_iter, tol, init, algorithm, .. } = FitParams::default();
    let PrepareParams { missing, scale, categorical_weight } = PrepareParams::default();
    FitDefaults {
        missing: missing.name().to_owned(),
        categorical_weight,
        scale: scale.name().to_owned(),
        seed: seed.to_string(),
        max_iter: max_iter as f64,
        tol,
        init: init.name().to_owned(),
        algorithm: algorithm.name().to_owned(),
        memory: memory::DEFAULT.to_owned(),
    }
}

/// Names that `algorithm` takes.
#[napi]
pub fn algorithms() -> Vec<String> {
    names::<Algorithm>()
}

/// Names that `missing` takes.
#[napi]
pub fn missing_policies() -> Vec<String> {
    names::<Missing>()
}

/// Names that `scale` takes.
#[napi]
pub fn scales() -> Vec<String> {
    names::<Scale>()
}

fn names<T: Named>() -> Vec<String> {
    T::NAMES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Names that `format` takes.
#[napi]
pub fn formats() -> Vec<String> {
    kmeans_io::Format::NAMES.map(str::to_owned).to_vec()
}

/// Names that `to` takes, and `format` where something is made.
#[napi]
pub fn written_formats() -> Vec<String> {
    kmeans_io::Format::WRITTEN.map(str::to_owned).to_vec()
}

/// Options of which everything has been checked that needs no table.
pub struct Request {
    params: FitParams,
    pub prepare: PrepareParams,
    /// Whether the scale was chosen, be it none.
    pub scale_chosen: bool,
    clusters: Option<usize>,
    start: Start,
    pub memory: Memory,
    pub selection: Selection,
    pub model: Option<String>,
    pub output: Option<String>,
    pub labels: Option<String>,
    pub to: Option<String>,
    pub measures: Measures,
    pub keep_labels: bool,
}

enum Start {
    Found,
    Values(Vec<f64>),
    File(String),
}

impl Request {
    pub fn new(options: FitOptions) -> Result<Self, Failure> {
        let FitOptions {
            clusters,
            seed: seed_text,
            max_iter,
            tol,
            init,
            init_centroids,
            n_init,
            algorithm,
            threads,
            memory,
            isa,
            columns,
            exclude,
            id,
            weight,
            truth,
            missing,
            categorical,
            categorical_weight,
            scale,
            model,
            output,
            labels,
            to,
            distance,
            second,
            margin,
            distances,
            keep_labels,
        } = options;
        let default = FitParams::default();
        let (init, start) = start(init, init_centroids)?;
        let clusters = optional_count("clusters", clusters)?;
        check_start(&start, clusters, n_init)?;
        let params = FitParams {
            clusters: clusters.unwrap_or(default.clusters),
            seed: seed(seed_text.as_deref(), default.seed)?,
            max_iter: max_iter.map_or(Ok(default.max_iter), |n| count("maxIter", n))?,
            tol: tol.unwrap_or(default.tol),
            init,
            n_init: optional_count("nInit", n_init)?,
            algorithm: algorithm
                .map_or(Ok(default.algorithm), |name| Algorithm::of_name("algorithm", &name))?,
            threads: optional_count("threads", threads)?,
            isa: isa.map(|name| Isa::of_name("isa", &name)).transpose()?,
        };
        params.check_options()?;
        let scale_chosen = scale.is_some();
        let prepare = preparing(missing.as_deref(), scale.as_deref(), categorical_weight)?;
        let keep_missing = prepare.missing != Missing::Error;
        let selection = selection(columns, exclude, id, weight, truth, categorical, keep_missing);
        Ok(Self {
            params,
            prepare,
            scale_chosen,
            clusters,
            start,
            memory: Memory::new(memory.as_deref())?,
            selection,
            model,
            output,
            labels,
            to,
            measures: measures(distance, second, margin, distances),
            keep_labels: keep_labels == Some(true),
        })
    }

    /// On how many threads the table is read, as it is clustered.
    pub fn threads(&self) -> usize {
        Threads::wanted(self.params.threads)
    }

    /// How much of a table may be read into memory; the clusters of a file of centroids are not known yet.
    pub fn limit(&self) -> Limit {
        Limit {
            bytes: self.memory.bytes,
            clusters: self.params.clusters,
            threads: self.threads(),
            prepared: self.prepare.scale != Scale::None,
        }
    }

    /// Columns are chosen from a table that is read; numbers that are handed over have been chosen.
    pub fn refuse_selection(&self) -> Result<(), Failure> {
        let Selection { columns, exclude, id, weight, truth, categorical, .. } = &self.selection;
        let named = [
            ("columns", columns.is_some()),
            ("exclude", !exclude.is_empty()),
            ("id", !id.is_empty()),
            ("weight", weight.is_some()),
            ("truth", truth.is_some()),
            ("categorical", !categorical.is_empty()),
            ("memory", self.memory.given),
        ];
        match named.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                Err(Failure::option(option, "applies to a file or an Arrow table, not to an array"))
            }
            None => Ok(()),
        }
    }

    /// The engine's options for features of these names: reads the starting centroids, if there is a file of them, and
    /// prepares them. What was guessed about that file goes to `notes`.
    pub fn params(
        &self,
        names: &[String],
        preparation: &Preparation,
        notes: &mut Vec<String>,
        control: &Arc<Control>,
    ) -> Result<FitParams, Failure> {
        let values = match &self.start {
            Start::Found => return Ok(self.params.clone()),
            Start::Values(values) => values.clone(),
            Start::File(path) => of_file(path, names, notes, control)?,
        };
        let got = values.len() / names.len();
        if got == 0 || !values.len().is_multiple_of(names.len()) {
            let message = format!("must have rows of {} numbers, got {} numbers", names.len(), values.len());
            return Err(Failure::option("init", message));
        }
        if let Some(clusters) = self.clusters.filter(|clusters| *clusters != got) {
            let message = format!("has {got} centroids, and {clusters} clusters were asked for");
            return Err(
                Failure::option("init", message).hint("leave -k out to take the number from the centroids")
            );
        }
        let prepared = values.chunks_exact(names.len()).flat_map(|point| preparation.prepared(point));
        Ok(FitParams { clusters: got, init: Init::Given(prepared.collect()), ..self.params.clone() })
    }
}

fn preparing(
    missing: Option<&str>,
    scale: Option<&str>,
    weight: Option<f64>,
) -> Result<PrepareParams, Failure> {
    let default = PrepareParams::default();
    let prepare = PrepareParams {
        missing: missing.map_or(Ok(default.missing), |name| Missing::of_name("missing", name))?,
        scale: scale.map_or(Ok(default.scale), |name| Scale::of_name("scale", name))?,
        categorical_weight: weight.unwrap_or(default.categorical_weight),
    };
    prepare.check()?;
    Ok(prepare)
}

/// The columns that are used, and for what.
fn selection(
    columns: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    id: Option<Vec<String>>,
    weight: Option<String>,
    truth: Option<String>,
    categorical: Option<Vec<String>>,
    keep_missing: bool,
) -> Selection {
    Selection {
        columns,
        exclude: exclude.unwrap_or_default(),
        id: id.unwrap_or_default(),
        weight,
        truth,
        categorical: categorical.unwrap_or_default(),
        keep_missing,
        survey: false,
    }
}

/// Given centroids say how many clusters there are, and make restarts pointless.
fn check_start(start: &Start, clusters: Option<usize>, n_init: Option<f64>) -> Result<(), Failure> {
    if n_init.is_some_and(|n| n > 1.0) && !matches!(start, Start::Found) {
        let message = "must be 1 or auto where centroids are given: the same start ends the same way";
        return Err(Failure::option("nInit", message));
    }
    if clusters.is_none() && matches!(start, Start::Found) {
        return Err(Failure::option("clusters", "must be given").hint("say how many clusters to find: -k 3"));
    }
    Ok(())
}

fn start(init: Option<String>, centroids: Option<Float64Array>) -> Result<(Init, Start), Failure> {
    if let Some(values) = centroids {
        return Ok((Init::PlusPlus, Start::Values(values.to_vec())));
    }
    let Some(name) = init else { return Ok((FitParams::default().init, Start::Found)) };
    if let Some(init) = Init::of_name(&name) {
        return Ok((init, Start::Found));
    }
    if !Path::new(&name).exists() {
        let message =
            format!("must be {} or a file that exists, got \"{}\"", Init::NAMES.join(", "), shown(&name));
        let failure = Failure::option("init", message);
        return Err(match kmeans_io::names::nearest(&name, Init::NAMES) {
            Some(method) => failure.hint(format!("did you mean \"{method}\"?")),
            None => failure,
        });
    }
    Ok((Init::PlusPlus, Start::File(name)))
}
