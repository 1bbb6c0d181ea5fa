//! What a fit tells a person and `--json`.

use kmeans_engine::{Agreement, Algorithm, Clustering, Column, Named, Plan, Preparation, Ranges};
use kmeans_io::{Classes, NO_CLASS, Skipped};
use napi_derive::napi;

use crate::hints;
use crate::preparing::Preparing;
use crate::tier::Passes;

/// A column that was not clustered on.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct SkippedColumn {
    pub name: String,
    /// Such as `not a number (row 1: "setosa")`, `excluded`, `an id`, `the weight`.
    pub reason: String,
}

impl From<Skipped> for SkippedColumn {
    fn from(Skipped { name, reason }: Skipped) -> Self {
        Self { name, reason }
    }
}

/// A column that was clustered on; of texts, one of its categories.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct ColumnSummary {
    pub name: String,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
}

/// One cluster.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct ClusterSummary {
    /// Its label.
    pub cluster: f64,
    /// Its rows.
    pub size: f64,
    /// Its share of the rows, or of the weight where there are weights: 0 to 1.
    pub share: f64,
    /// Its weight, where there are weights.
    pub weight: Option<f64>,
    /// Sum of squared distances of its rows to its centroid.
    pub within: f64,
    /// In the units of the data; of categories, shares from 0 to 1.
    pub centroid: Vec<f64>,
}

/// How the clusters agree with classes that are known.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct TruthReport {
    /// The column of the classes.
    pub column: String,
    /// How many different classes there are.
    pub classes: f64,
    /// Rows that have a class. Each counts once, whatever its weight.
    pub compared: f64,
    /// Rows whose class is missing; they are left out.
    pub missing: f64,
    /// The Rand index adjusted for chance: 1 when classes and clusters are the same, about 0 for chance.
    pub adjusted_rand: f64,
    /// Mutual information in parts of the arithmetic mean of both entropies: 0 to 1.
    pub normalized_mutual_information: f64,
    /// The share of rows in the most frequent class of their cluster.
    pub purity: f64,
    /// Rows of each class in each cluster, for up to 12 classes and 12 clusters.
    pub table: Option<Vec<ClassCounts>>,
}

/// The rows of one class.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct ClassCounts {
    /// Its name, as the table writes it.
    pub class: String,
    /// Its rows in each cluster.
    pub counts: Vec<f64>,
}

/// What a fit did.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct FitReport {
    /// Rows that were clustered.
    pub rows: f64,
    pub columns: Vec<ColumnSummary>,
    pub skipped: Vec<SkippedColumn>,
    /// The column of weights, or `weights` for an array.
    pub weight: Option<String>,
    /// What became of missing cells: error, drop, mean, median or zero.
    pub missing: String,
    /// Rows that were left out because of a missing cell.
    pub dropped: f64,
    /// Cells that were filled.
    pub filled: f64,
    /// How columns were brought to one scale: none, standard, minmax, robust or l2.
    pub scale: String,
    /// Columns whose texts became columns.
    pub categorical: Vec<String>,
    /// What stands in such a column where a row has the text.
    pub categorical_weight: Option<f64>,
    /// The agreement with known classes, when their column was named.
    pub truth: Option<TruthReport>,
    /// Clusters asked for. There are fewer when there are fewer distinct rows.
    pub requested: f64,
    /// By falling size; in the order given when centroids were given.
    pub clusters: Vec<ClusterSummary>,
    pub seed: String,
    /// k-means++, random or given.
    pub init: String,
    /// What found the nearest centroids in the end.
    pub algorithm: String,
    /// Whether the rows were read again in every pass, because they do not fit in memory.
    pub streamed: bool,
    /// How often they were read.
    pub passes: Option<f64>,
    /// Bytes that they would take in memory.
    pub memory_needed: Option<f64>,
    /// Bytes that were allowed.
    pub memory: Option<f64>,
    /// Whether the rows would have been allowed, and the system had no memory for them.
    pub memory_refused: Option<bool>,
    /// Restarts that were run.
    pub n_init: f64,
    /// Whether their number followed from the shape.
    pub n_init_auto: bool,
    /// The restart that won, from 1.
    pub restart: f64,
    /// Rows that the first centroids were drawn from, when not all.
    pub seeding_rows: Option<f64>,
    pub iterations: f64,
    pub max_iter: f64,
    pub tol: f64,
    pub converged: bool,
    /// labels, tolerance, max-iter or interrupted.
    pub stopped: String,
    /// Sum of squared distances of all rows to their centroid.
    pub inertia: f64,
    /// Sum of squared distances of all rows to their mean.
    pub total: f64,
    /// 1 - inertia / total, the share of the variance that the clusters explain; 1 when total is 0.
    pub explained: f64,
    pub threads: f64,
    pub warnings: Vec<String>,
}

/// What the report takes from the table and the run, beside the clustering.
pub struct About {
    pub preparing: Preparing,
    /// Range and mean of each feature, in the units of the data.
    pub ranges: Ranges,
    pub means: Vec<f64>,
    /// Rows that were clustered.
    pub rows: usize,
    pub skipped: Vec<SkippedColumn>,
    pub weight: Option<String>,
    pub truth: Option<Classes>,
    pub warnings: Vec<String>,
    pub algorithm: Algorithm,
    pub threads: usize,
    pub streamed: Option<Passes>,
}

impl FitReport {
    pub fn new(found: &Clustering, plan: &Plan, about: About) -> Self {
        let params = &plan.params;
        let mut warnings = about.warnings;
        warnings.extend(doubts(found, plan));
        if about.streamed.is_some() && ![Algorithm::Auto, about.algorithm].contains(&params.algorithm) {
            warnings.push(format!(
                "the table does not fit in memory, so rows were compared by {}, not by {}; the result is the same",
                about.algorithm.name(),
                params.algorithm.name()
            ));
        }
        let Preparing { preparation, columns: inputs, features, dropped, filled, .. } = about.preparing;
        let clusters = clusters(found, &preparation, &about.ranges, about.weight.is_some());
        let columns = features.into_iter().enumerate().map(|(column, name)| ColumnSummary {
            name,
            min: about.ranges.min[column],
            max: about.ranges.max[column],
            mean: about.means[column],
        });
        let columns: Vec<ColumnSummary> = columns.collect();
        warnings.extend(hints::constant(&columns, about.rows));
        warnings.extend(hints::dwarfed(&columns, &clusters));
        let is_categorical = |(_, column): &(&String, &Column)| matches!(column, Column::Categories { .. });
        let categorical: Vec<String> = inputs
            .iter()
            .zip(&preparation.columns)
            .filter(is_categorical)
            .map(|(name, _)| name.clone())
            .collect();
        let prepare = preparation.params;
        Self {
            rows: about.rows as f64,
            missing: prepare.missing.name().to_owned(),
            dropped: dropped.len() as f64,
            filled: filled as f64,
            scale: prepare.scale.name().to_owned(),
            categorical_weight: (!categorical.is_empty()).then_some(prepare.categorical_weight),
            categorical,
            columns,
            skipped: about.skipped,
            requested: params.clusters as f64,
            clusters,
            weight: about.weight,
            truth: about.truth.map(|classes| truth(classes, found)),
            seed: params.seed.to_string(),
            init: params.init.name().to_owned(),
            algorithm: about.algorithm.name().to_owned(),
            streamed: about.streamed.is_some(),
            passes: about.streamed.map(|passes| passes.count as f64),
            memory_needed: about.streamed.map(|passes| passes.needed as f64),
            memory: about.streamed.map(|passes| passes.allowed as f64),
            memory_refused: about.streamed.and_then(|passes| passes.refused.then_some(true)),
            n_init: found.restarts.done as f64,
            n_init_auto: params.n_init.is_none(),
            restart: found.restarts.winner as f64 + 1.0,
            seeding_rows: found.restarts.seeding_rows.map(|rows| rows as f64),
            iterations: found.iterations as f64,
            max_iter: params.max_iter as f64,
            tol: params.tol,
            converged: found.stopped.converged(),
            stopped: found.stopped.name().to_owned(),
            inertia: found.inertia,
            total: found.total,
            explained: if found.total > 0.0 { 1.0 - found.inertia / found.total } else { 1.0 },
            threads: about.threads as f64,
            warnings,
        }
    }
}

fn truth(classes: Classes, found: &Clustering) -> TruthReport {
    // What a page holds; more is for a program, which has the labels.
    const LARGEST: usize = 12;
    let agreement = Agreement::new(&classes.codes, &found.labels, NO_CLASS);
    let clusters = found.sizes.len();
    let row = |(code, class): (usize, &String)| {
        let count =
            |cluster: usize| agreement.counts.get(&(code as u32, cluster as u32)).copied().unwrap_or(0);
        let counts = (0..clusters).map(|cluster| count(cluster) as f64).collect();
        ClassCounts { class: class.clone(), counts }
    };
    let small = classes.names.len() <= LARGEST && clusters <= LARGEST;
    TruthReport {
        classes: classes.names.len() as f64,
        compared: agreement.compared as f64,
        missing: agreement.missing as f64,
        adjusted_rand: agreement.adjusted_rand,
        normalized_mutual_information: agreement.normalized_mutual_information,
        purity: agreement.purity,
        table: small.then(|| classes.names.iter().enumerate().map(row).collect()),
        column: classes.column,
    }
}

fn clusters(
    found: &Clustering,
    preparation: &Preparation,
    ranges: &Ranges,
    weighted: bool,
) -> Vec<ClusterSummary> {
    let columns = found.means.len();
    let summary = |(cluster, centroid): (usize, &[f64])| ClusterSummary {
        cluster: cluster as f64,
        size: found.sizes[cluster] as f64,
        share: found.weights[cluster] / found.weight,
        weight: weighted.then_some(found.weights[cluster]),
        within: found.within[cluster],
        centroid: preparation.original_centroid(centroid, &found.ranges, ranges),
    };
    found.centroids.chunks_exact(columns).enumerate().map(summary).collect()
}

/// What a careful person would want to know before trusting the result.
fn doubts(found: &Clustering, plan: &Plan) -> Vec<String> {
    let (requested, got) = (plan.params.clusters, found.sizes.len());
    let mut doubts = Vec::new();
    if got < requested {
        doubts.push(format!(
            "{requested} clusters were asked for and {got} found: no other row differs from its centroid"
        ));
    }
    if found.stopped.name() == "max-iter" {
        doubts.push(format!(
            "the centroids were still moving after {} of {} iterations; allow more with --max-iter",
            found.iterations, plan.params.max_iter
        ));
    }
    if !found.inertia.is_finite() {
        doubts.push("the inertia is too large for a 64-bit float; smaller units would show it".to_owned());
    }
    doubts
}
