//! The preparation of rows as `preprocessing` steps, and back.

use kmeans_engine::{Column, Missing, Named, Preparation, PrepareParams, Scale};
use serde::{Deserialize, Serialize};

use crate::document::Feature;
use crate::error::Error;

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

/// The preparation that steps and features describe.
pub(crate) fn preparation(features: &[Feature], steps: &[Step]) -> Result<Preparation, Error> {
    let damaged = |what: &str| Error::Damaged(format!("its preprocessing {what}"));
    let mut preparation = Preparation { columns: columns(features)?, ..Preparation::none(0) };
    let width = preparation.columns.len();
    let params: &mut PrepareParams = &mut preparation.params;
    let mut seen: Vec<&str> = Vec::new();
    for step in steps {
        if seen.contains(&step.name()) {
            return Err(damaged("has a step twice"));
        }
        seen.push(step.name());
        match step {
            Step::Missing { method, fills } => {
                params.missing =
                    Missing::of_name("missing", method).map_err(|_| requires("missing", method))?;
                let filled = !matches!(params.missing, Missing::Error | Missing::Drop);
                if fills.len() != if filled { width } else { 0 } {
                    return Err(damaged("has not one fill for each column"));
                }
                for (column, fill) in preparation.columns.iter_mut().zip(fills) {
                    match (column, fill) {
                        (Column::Number { fill: own }, Some(_)) => *own = *fill,
                        (Column::Categories { .. }, None) => {}
                        _ => return Err(damaged("fills texts, or does not fill numbers")),
                    }
                }
            }
            Step::Categorical { weight } => params.categorical_weight = *weight,
            Step::Scale { method, shifts, scales } => {
                params.scale = Scale::of_name("scale", method).map_err(|_| requires("scale", method))?;
                let by_column = !matches!(params.scale, Scale::None | Scale::L2);
                let expected = if by_column { features.len() } else { 0 };
                if shifts.len() != expected || scales.len() != expected {
                    return Err(damaged("has not one shift and scale for each feature"));
                }
                if scales.iter().any(|scale| *scale <= 0.0) {
                    return Err(damaged("has a scale that is not above 0"));
                }
                (preparation.shifts, preparation.scales) = (shifts.clone(), scales.clone());
            }
        }
    }
    preparation.params.check().map_err(|_| damaged("has a weight of categories that is not above 0"))?;
    let categories = preparation.columns.iter().any(|column| matches!(column, Column::Categories { .. }));
    if categories != seen.contains(&"categorical") {
        return Err(damaged("does not fit its features"));
    }
    Ok(preparation)
}

fn requires(step: &str, method: &str) -> Error {
    Error::Requires(format!("{step} {method}"))
}

/// The input's columns: a number each, or as many categories as features of the same column follow each other.
fn columns(features: &[Feature]) -> Result<Vec<Column>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    let mut current: Option<&String> = None;
    for feature in features {
        match (&feature.column, &feature.category, columns.last_mut()) {
            (None, None, _) => columns.push(Column::Number { fill: None }),
            (Some(column), Some(category), Some(Column::Categories { texts })) if current == Some(column) => {
                if texts.last().is_some_and(|last| last >= category) {
                    return Err(Error::Damaged("its categories are not in order".to_owned()));
                }
                texts.push(category.clone());
            }
            (Some(_), Some(category), _) => {
                columns.push(Column::Categories { texts: vec![category.clone()] });
            }
            _ => return Err(Error::Damaged("a feature has a column without a category".to_owned())),
        }
        current = feature.column.as_ref();
    }
    Ok(columns)
}
