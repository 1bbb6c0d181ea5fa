//! The fields of a model, from a clustering and to and from JSON.

use kmeans_engine::{Clustering, Column, Labeller, Plan, Preparation, Ranges};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, form, located, shortened};
use crate::layout;
use crate::preparation::{Step, input_columns, preparation, steps};
use crate::rules;

const FORMAT: &str = "kmeans-model";
/// A reader refuses a higher number. Fields may be added without raising it.
pub(crate) const FORMAT_VERSION: u64 = 1;

/// A fitted model. What a fit does not determine (threads, algorithm, files, time) is not in it, so equal
/// results are equal bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    format: String,
    format_version: u64,
    /// Names of what a reader must be able to do to use the model; one it does not know is refused.
    #[serde(default)]
    requires: Vec<String>,
    /// What wrote the model.
    #[serde(default)]
    pub tool: Tool,
    /// The columns that were clustered on, in the order of the centroids' numbers.
    pub features: Vec<Feature>,
    /// A row for each cluster, in the units of the data; shares, 0 to 1, in features that are categories.
    pub centroids: Vec<Vec<f64>>,
    /// The same points as distances are measured from them, after the steps of `preprocessing`; absent without steps
    /// that move them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prepared_centroids: Option<Vec<Vec<f64>>>,
    /// The exponent of the unit that distances were measured in, where the centroids alone do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit_exponent: Option<i32>,
    /// Rows of each cluster.
    pub sizes: Vec<u64>,
    /// Weight of each cluster, where rows had weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// Sum of squared distances to the centroid, of each cluster; null beyond the range of f64.
    #[serde(default)]
    pub within: Vec<Option<f64>>,
    /// Sum of squared distances of all rows to their centroid; null beyond the range of f64.
    pub inertia: Option<f64>,
    /// Sum of squared distances of all rows to their mean; null beyond the range of f64.
    #[serde(default)]
    pub total: Option<f64>,
    /// Rows that were clustered: what the sizes add up to.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Iterations of the restart that won.
    pub iterations: u64,
    /// Whether it came to rest by itself.
    pub converged: bool,
    /// labels, tolerance, max-iter or interrupted.
    pub stopped: String,
    /// A string, because it is 64 bits wide and a JSON number is not.
    pub seed: String,
    /// The options that the result depends on.
    #[serde(default)]
    pub options: Options,
    /// Steps applied to a row before its distances, in order. Each has its name in `requires` too, so that no reader
    /// passes over it.
    #[serde(default)]
    pub(crate) preprocessing: Vec<Step>,
    /// The same, ready to be applied.
    #[serde(skip, default = "unprepared")]
    preparation: Preparation,
    /// Fields of later versions, kept as they are.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// Name and version of a program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `kmeans`.
    pub name: String,
    /// As in package.json.
    pub version: String,
}

/// A column that was clustered on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// As in the header, or `x1`, `x2`, … where there was none; of a category, `column=category`.
    pub name: String,
    /// The input's column, of a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The text that the feature stands for, of a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The least value seen.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest value seen.
    #[serde(default)]
    pub max: Option<f64>,
    /// The (weighted) mean.
    #[serde(default)]
    pub mean: Option<f64>,
    /// Fields of later versions, kept as they are.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// The options of the fit, as they were resolved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Clusters asked for.
    pub clusters: u64,
    /// k-means++, random or given.
    pub init: String,
    /// Restarts.
    pub n_init: u64,
    /// Most iterations.
    pub max_iter: u64,
    /// Tolerance.
    pub tol: f64,
    /// The column of weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

/// What decides whether a text is read at all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    format: Option<Value>,
    format_version: Option<Value>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    preprocessing: Vec<Value>,
}

/// What a model says beside the clustering.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The columns of the input.
    pub columns: &'a [String],
    /// Range of each feature, in the units of the data.
    pub ranges: &'a Ranges,
    /// Mean of each feature, in the units of the data.
    pub means: &'a [f64],
    /// What was done to the rows.
    pub preparation: &'a Preparation,
    /// The column of weights.
    pub weight: Option<&'a str>,
    /// The product's version.
    pub version: &'a str,
}

fn unprepared() -> Preparation {
    Preparation::none(0)
}

fn features(columns: &[String], preparation: &Preparation, ranges: &Ranges, means: &[f64]) -> Vec<Feature> {
    let categories = columns.iter().zip(&preparation.columns).flat_map(|(name, column)| match column {
        Column::Number { .. } => vec![(None, None)],
        Column::Categories { texts } => {
            texts.iter().map(|text| (Some(name.clone()), Some(text.clone()))).collect()
        }
    });
    let feature = |(place, (name, (column, category)))| Feature {
        name,
        column,
        category,
        min: Some(ranges.min[place]),
        max: Some(ranges.max[place]),
        mean: Some(means[place]),
        unknown: Map::new(),
    };
    preparation.names(columns).into_iter().zip(categories).enumerate().map(feature).collect()
}

impl Model {
    /// The model of a clustering.
    pub fn new(found: &Clustering, plan: &Plan, about: About<'_>) -> Self {
        let finite = |x: f64| x.is_finite().then_some(x);
        let About { columns, ranges, means, preparation, weight, version } = about;
        let features = features(columns, preparation, ranges, means);
        let points = || found.centroids.chunks_exact(features.len().max(1));
        let steps = steps(preparation);
        let moved = preparation.moves();
        let known = Labeller::exponent(features.len().max(1), &found.centroids) == found.unit;
        let original = |point: &[f64]| preparation.original_centroid(point, &found.ranges, ranges);
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            requires: steps.iter().map(|step| step.name().to_owned()).collect(),
            tool: Tool { name: "kmeans".to_owned(), version: version.to_owned() },
            centroids: points().map(original).collect(),
            prepared_centroids: moved.then(|| points().map(<[f64]>::to_vec).collect()),
            unit_exponent: (!known).then_some(found.unit),
            features,
            sizes: found.sizes.clone(),
            weights: weight.map(|_| found.weights.clone()),
            within: found.within.iter().copied().map(finite).collect(),
            inertia: finite(found.inertia),
            total: finite(found.total),
            rows: Some(found.sizes.iter().sum()),
            iterations: found.iterations as u64,
            converged: found.stopped.converged(),
            stopped: found.stopped.name().to_owned(),
            seed: plan.params.seed.to_string(),
            options: Options {
                clusters: plan.params.clusters as u64,
                init: plan.params.init.name().to_owned(),
                n_init: plan.n_init as u64,
                max_iter: plan.params.max_iter as u64,
                tol: plan.params.tol,
                weight: weight.map(str::to_owned),
            },
            preprocessing: steps,
            preparation: preparation.clone(),
            unknown: Map::new(),
        }
    }

    /// Reads and checks the text of a model. Memory stays in proportion to the text, nesting is bounded.
    ///
    /// # Errors
    /// [`Error`] with one sentence.
    pub fn from_json(text: &[u8]) -> Result<Self, Error> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let envelope: Envelope = located(text)?;
        if envelope.format.as_ref().and_then(Value::as_str) != Some(FORMAT) {
            return Err(Error::Format);
        }
        match envelope.format_version.as_ref().and_then(Value::as_u64) {
            Some(FORMAT_VERSION) => {}
            Some(version) => return Err(Error::Version(version)),
            None => return Err(Error::Form("\"formatVersion\" is not a whole number".to_owned())),
        }
        let known = |name: &String| Step::NAMES.contains(&name.as_str());
        if let Some(unknown) = envelope.requires.into_iter().find(|name| !known(name)) {
            return Err(Error::Requires(shortened(&unknown)));
        }
        let unknown = |step: &&Value| {
            step.get("name").and_then(Value::as_str).is_none_or(|name| !Step::NAMES.contains(&name))
        };
        if let Some(step) = envelope.preprocessing.iter().find(unknown) {
            let name = step.get("name").and_then(Value::as_str).unwrap_or("a preprocessing step");
            return Err(Error::Requires(shortened(name)));
        }
        let mut model: Self = located(text)?;
        rules::check(&model)?;
        model.rows = Some(model.sizes.iter().sum());
        model.preparation = preparation(&model)?;
        if model.preparation.moves() != model.prepared_centroids.is_some() {
            return Err(Error::Damaged(
                "preparedCentroids must be there if steps of preprocessing move rows, and only then"
                    .to_owned(),
            ));
        }
        Ok(model)
    }

    /// The text of `model.json`. Reading it back gives every f64 to the bit.
    ///
    /// # Errors
    /// [`Error::Form`] if a field cannot be written, which no model that was read or fitted has.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let form = |error: serde_json::Error| form(&error);
        match serde_json::to_value(self).map_err(form)? {
            Value::Object(fields) => layout::text(&fields).map_err(form),
            _ => Err(Error::Form("not an object".to_owned())),
        }
    }

    /// The names of the features, in order.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().map(|feature| feature.name.clone()).collect()
    }

    /// The names of the columns that a row to be labelled has, in order. Different from the features where texts
    /// are among them.
    pub fn columns(&self) -> Vec<String> {
        input_columns(&self.features)
    }

    /// What is done to a row before it is labelled.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// What labels prepared rows with this model.
    pub fn labeller(&self) -> Labeller {
        let centroids = self.prepared_centroids.as_ref().unwrap_or(&self.centroids).concat();
        match self.unit_exponent {
            Some(exponent) => Labeller::in_unit(self.features.len(), &centroids, exponent),
            None => Labeller::new(self.features.len(), &centroids),
        }
    }
}
