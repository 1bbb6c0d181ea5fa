//! What a fit tells a person and `--json`.

use kmeans_engine::{Algorithm, Clustering, Column, Named, Plan, Preparation, Ranges};
use napi_derive::napi;

use crate::preparing::Preparing;

/// A column that was not clustered on.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct SkippedColumn {
    pub name: String,
    /// Such as `not a number (row 1: "setosa")`, `excluded`, `the weight`.
    pub reason: String,
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
    /// Clusters asked for. There are fewer when there are fewer distinct rows.
    pub requested: f64,
    /// By falling size; in the order given when centroids were given.
    pub clusters: Vec<ClusterSummary>,
    pub seed: String,
    /// k-means++, random or given.
    pub init: String,
    /// What found the nearest centroids in the end.
    pub algorithm: String,
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
    pub warnings: Vec<String>,
    pub algorithm: Algorithm,
    pub threads: usize,
}

impl FitReport {
    pub fn new(found: &Clustering, plan: &Plan, about: About) -> Self {
        let params = &plan.params;
        let mut warnings = about.warnings;
        warnings.extend(doubts(found, plan));
        let Preparing { preparation, columns: inputs, features, dropped, filled, .. } = about.preparing;
        let clusters = clusters(found, &preparation, about.weight.is_some());
        let columns = features.into_iter().enumerate().map(|(column, name)| ColumnSummary {
            name,
            min: about.ranges.min[column],
            max: about.ranges.max[column],
            mean: about.means[column],
        });
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
            columns: columns.collect(),
            skipped: about.skipped,
            requested: params.clusters as f64,
            clusters,
            weight: about.weight,
            seed: params.seed.to_string(),
            init: params.init.name().to_owned(),
            algorithm: about.algorithm.name().to_owned(),
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

fn clusters(found: &Clustering, preparation: &Preparation, weighted: bool) -> Vec<ClusterSummary> {
    let columns = found.means.len();
    let summary = |(cluster, centroid): (usize, &[f64])| ClusterSummary {
        cluster: cluster as f64,
        size: found.sizes[cluster] as f64,
        share: found.weights[cluster] / found.weight,
        weight: weighted.then_some(found.weights[cluster]),
        within: found.within[cluster],
        centroid: preparation.original(centroid),
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
