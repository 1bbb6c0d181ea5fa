//! The preparation of rows as `preprocessing` steps, and back.

use kmeans_engine::{Column, Missing, Named, Preparation, Scale};
use serde::{Deserialize, Serialize};

use crate::document::{Feature, Model};
use crate::error::{Error, shortened};
use crate::rules::{broken, uneven};

/// A step applied to a row before its distances. Its name also stands in `requires`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub(crate) enum Step {
    /// What becomes of missing cells.
    Missing {
        method: String,
        /// The value of a missing cell in each input column, null for texts; empty where nothing is filled.
        fills: Vec<Option<f64>>,
    },
    /// Texts become features: those that have a `category`.
    Categorical { weight: f64 },
    /// Numbers are brought to one scale.
    Scale {
        method: String,
        /// What is taken away from each feature; empty where rows are scaled and not columns.
        shifts: Vec<f64>,
        /// What each feature is divided by then.
        scales: Vec<f64>,
    },
}

impl Step {
    /// What a reader must be able to do.
    pub(crate) const NAMES: [&'static str; 3] = ["missing", "categorical", "scale"];

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Missing { .. } => Self::NAMES[0],
            Self::Categorical { .. } => Self::NAMES[1],
            Self::Scale { .. } => Self::NAMES[2],
        }
    }
}

/// The steps of a preparation: none for one that changes nothing.
pub(crate) fn steps(preparation: &Preparation) -> Vec<Step> {
    let Preparation { params, columns, shifts, scales } = preparation;
    let mut steps = Vec::new();
    if params.missing != Missing::Error {
        let fill = |column: &Column| match column {
            Column::Number { fill } => *fill,
            Column::Categories { .. } => None,
        };
        let fills: Vec<Option<f64>> = columns.iter().map(fill).collect();
        let fills = if params.missing == Missing::Drop { Vec::new() } else { fills };
        steps.push(Step::Missing { method: params.missing.name().to_owned(), fills });
    }
    if columns.iter().any(|column| matches!(column, Column::Categories { .. })) {
        steps.push(Step::Categorical { weight: params.categorical_weight });
    }
    if params.scale != Scale::None {
        let method = params.scale.name().to_owned();
        steps.push(Step::Scale { method, shifts: shifts.clone(), scales: scales.clone() });
    }
    steps
}

/// The names of the input's columns, each once, in order.
pub(crate) fn input_columns(features: &[Feature]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for feature in features {
        let name = feature.column.as_ref().unwrap_or(&feature.name);
        if names.last() != Some(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The preparation that a model's steps and features describe.
pub(crate) fn preparation(model: &Model) -> Result<Preparation, Error> {
    let mut preparation = Preparation { columns: columns(&model.features)?, ..Preparation::none(0) };
    let mut last: Option<usize> = None;
    for (i, step) in model.preprocessing.iter().enumerate() {
        let place = format!("preprocessing[{i}]");
        let rank = Step::NAMES.iter().position(|name| *name == step.name());
        if rank <= last {
            let rule = format!("one of {}, each once and in this order", Step::NAMES.join(", "));
            return Err(broken(format!("{place}.name"), step.name(), rule));
        }
        last = rank;
        match step {
            Step::Missing { method, fills } => fill(&mut preparation, &place, method, fills)?,
            Step::Categorical { weight } => preparation.params.categorical_weight = *weight,
            Step::Scale { method, shifts, scales } => {
                let scale = Scale::of_name("scale", method).map_err(|_| requires("scale", method))?;
                preparation.params.scale = scale;
                let by_column = !matches!(scale, Scale::None | Scale::L2);
                let expected = if by_column { model.features.len() } else { 0 };
                for (name, list) in [("shifts", shifts), ("scales", scales)] {
                    if list.len() != expected {
                        let of = if by_column { "features" } else { "features that are scaled" };
                        return Err(uneven(format!("{place}.{name}"), list.len(), expected, of));
                    }
                }
                if let Some(at) = scales.iter().position(|scale| *scale <= 0.0) {
                    return Err(broken(format!("{place}.scales[{at}]"), scales[at], "above 0"));
                }
                (preparation.shifts, preparation.scales) = (shifts.clone(), scales.clone());
                in_range(model, &preparation, &place)?;
            }
        }
    }
    let is_categorical = |step: &Step| matches!(step, Step::Categorical { .. });
    let weighted = model.preprocessing.iter().position(is_categorical);
    if let (Some(at), Err(_)) = (weighted, preparation.params.check()) {
        let weight = preparation.params.categorical_weight;
        return Err(broken(format!("preprocessing[{at}].weight"), weight, "above 0"));
    }
    let category = model.features.iter().position(|feature| feature.category.is_some());
    match (category, weighted) {
        (Some(at), None) => Err(Error::Damaged(format!(
            "features[{at}] is a category, and no step of preprocessing makes one"
        ))),
        (None, Some(at)) => {
            Err(Error::Damaged(format!("preprocessing[{at}] makes categories, and no feature is one")))
        }
        _ => Ok(preparation),
    }
}

fn fill(
    preparation: &mut Preparation,
    place: &str,
    method: &str,
    fills: &[Option<f64>],
) -> Result<(), Error> {
    let missing = Missing::of_name("missing", method).map_err(|_| requires("missing", method))?;
    preparation.params.missing = missing;
    let filled = !matches!(missing, Missing::Error | Missing::Drop);
    let expected = if filled { preparation.columns.len() } else { 0 };
    if fills.len() != expected {
        let of = if filled { "columns" } else { "columns that are filled" };
        return Err(uneven(format!("{place}.fills"), fills.len(), expected, of));
    }
    for (i, (column, fill)) in preparation.columns.iter_mut().zip(fills).enumerate() {
        match (column, fill) {
            (Column::Number { fill: own }, Some(_)) => *own = *fill,
            (Column::Categories { .. }, None) => {}
            (Column::Number { .. }, None) => {
                return Err(Error::Damaged(format!(
                    "{place}.fills[{i}] is null, and must be a number, for the column holds numbers"
                )));
            }
            (Column::Categories { .. }, Some(fill)) => {
                return Err(broken(format!("{place}.fills[{i}]"), fill, "null, for the column holds texts"));
            }
        }
    }
    Ok(())
}

/// Refuses a scale that takes numbers of the model itself out of the range of f64.
fn in_range(model: &Model, preparation: &Preparation, place: &str) -> Result<(), Error> {
    let mut fills = Vec::with_capacity(model.features.len());
    for column in &preparation.columns {
        let fill = if let Column::Number { fill } = column { *fill } else { None };
        fills.extend(std::iter::repeat_n(fill, column.features()));
    }
    let pairs = preparation.shifts.iter().zip(&preparation.scales);
    for (i, ((shift, scale), fill)) in pairs.zip(fills).enumerate() {
        let feature = &model.features[i];
        let told = [feature.min, feature.max, feature.mean, fill].into_iter().flatten();
        let mut all = told.chain(model.centroids.iter().map(|row| row[i]));
        if let Some(x) = all.find(|x| !((x - shift) / scale).is_finite()) {
            let rule = format!("one that leaves {x:?} - {shift:?}, divided by it, a 64-bit float");
            return Err(broken(format!("{place}.scales[{i}]"), scale, rule));
        }
    }
    Ok(())
}

fn requires(step: &str, method: &str) -> Error {
    Error::Requires(format!("{step} {}", shortened(method)))
}

/// The input's columns: a number each, or as many categories as features of the same column follow each other.
fn columns(features: &[Feature]) -> Result<Vec<Column>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    let mut current: Option<&String> = None;
    for (i, feature) in features.iter().enumerate() {
        match (&feature.column, &feature.category, columns.last_mut()) {
            (None, None, _) => columns.push(Column::Number { fill: None }),
            (Some(column), Some(category), Some(Column::Categories { texts })) if current == Some(column) => {
                if texts.last().is_some_and(|last| last >= category) {
                    let rule = format!("behind that of features[{}] in the order of their bytes", i - 1);
                    return Err(broken(format!("features[{i}].category"), shortened(category), rule));
                }
                texts.push(category.clone());
            }
            (Some(_), Some(category), _) => {
                columns.push(Column::Categories { texts: vec![category.clone()] });
            }
            (column, _, _) => {
                let (has, lacks) =
                    if column.is_some() { ("column", "category") } else { ("category", "column") };
                return Err(Error::Damaged(format!("features[{i}] has a {has} and no {lacks}")));
            }
        }
        current = feature.column.as_ref();
    }
    Ok(columns)
}
