//! Rules for every number and text of a model. A sentence names the place in the JSON, the value and the rule.

use std::collections::{HashMap, HashSet};
use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use kmeans_engine::{Labeller, Stopped};

use crate::document::{Feature, Model};
use crate::error::{Error, shortened};

/// The largest count: up to here every whole number is one that all readers of JSON keep.
const MOST: u64 = 1 << 53;
/// The exponents of all f64, and what makes room for a column that is smaller than the largest.
const EXPONENTS: RangeInclusive<i32> = -1100..=1024;

/// A value that breaks its rule.
pub(crate) fn broken(place: impl Display, value: impl Debug, rule: impl Display) -> Error {
    Error::Damaged(format!("{place} is {value:?}, and must be {rule}"))
}

/// A list that has not one entry for each of something.
pub(crate) fn uneven(place: impl Display, got: usize, expected: usize, of: &str) -> Error {
    let entries = if got == 1 { "entry" } else { "entries" };
    Error::Damaged(format!("{place} has {got} {entries}, and there are {expected} {of}"))
}

/// Checks all of a model but its preprocessing.
pub(crate) fn check(model: &Model) -> Result<(), Error> {
    shapes(model)?;
    features(&model.features)?;
    counts(model)?;
    sums(model)?;
    outcome(model)?;
    unit(model)
}

fn shapes(model: &Model) -> Result<(), Error> {
    let (clusters, columns) = (model.centroids.len(), model.features.len());
    if columns == 0 || clusters == 0 {
        let empty = if columns == 0 { "features" } else { "centroids" };
        return Err(Error::Damaged(format!("{empty} has no entry")));
    }
    if u32::try_from(clusters).is_err() {
        return Err(Error::Damaged("centroids has more than 2^32 entries".to_owned()));
    }
    let prepared = model.prepared_centroids.as_ref();
    for (name, rows) in [("centroids", Some(&model.centroids)), ("preparedCentroids", prepared)] {
        let Some(rows) = rows else { continue };
        if rows.len() != clusters {
            return Err(uneven(name, rows.len(), clusters, "centroids"));
        }
        if let Some((row, numbers)) = rows.iter().enumerate().find(|(_, numbers)| numbers.len() != columns) {
            return Err(uneven(format!("{name}[{row}]"), numbers.len(), columns, "features"));
        }
    }
    let weights = model.weights.as_ref().map_or(clusters, Vec::len);
    let within = if model.within.is_empty() { clusters } else { model.within.len() };
    for (name, got) in [("sizes", model.sizes.len()), ("weights", weights), ("within", within)] {
        if got != clusters {
            return Err(uneven(name, got, clusters, "centroids"));
        }
    }
    Ok(())
}

fn features(features: &[Feature]) -> Result<(), Error> {
    let mut names = HashMap::new();
    let mut inputs = HashSet::new();
    let mut current = None;
    for (i, feature) in features.iter().enumerate() {
        if let Some(first) = names.insert(&feature.name, i) {
            let name = shortened(&feature.name);
            return Err(Error::Damaged(format!(
                "features[{first}] and features[{i}] both have the name \"{name}\""
            )));
        }
        let input = feature.column.as_ref().unwrap_or(&feature.name);
        if current != Some(input) && !inputs.insert(input) {
            let name = shortened(input);
            return Err(Error::Damaged(format!(
                "features[{i}] is of the column \"{name}\", whose features do not follow each other"
            )));
        }
        current = Some(input);
        let Feature { min, max, mean, .. } = feature;
        for (low, below, high, above) in
            [(min, "min", max, "max"), (min, "min", mean, "mean"), (mean, "mean", max, "max")]
        {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                let rule = format!("at most features[{i}].{above}, {high:?}");
                return Err(broken(format!("features[{i}].{below}"), low, rule));
            }
        }
    }
    Ok(())
}

fn counts(model: &Model) -> Result<(), Error> {
    let options = &model.options;
    let sizes = model.sizes.iter().enumerate().map(|(i, &size)| (format!("sizes[{i}]"), size));
    let others = [
        ("rows", model.rows.unwrap_or(0)),
        ("iterations", model.iterations),
        ("options.clusters", options.clusters),
        ("options.nInit", options.n_init),
        ("options.maxIter", options.max_iter),
    ];
    let mut all = sizes.chain(others.map(|(place, count)| (place.to_owned(), count)));
    if let Some((place, count)) = all.find(|(_, count)| *count > MOST) {
        return Err(broken(place, count, format!("at most 2^53, {MOST}")));
    }
    let sum: u128 = model.sizes.iter().map(|&size| u128::from(size)).sum();
    match model.rows {
        Some(rows) if u128::from(rows) != sum => {
            Err(broken("rows", rows, format!("{sum}, what sizes add up to")))
        }
        _ => Ok(()),
    }
}

fn sums(model: &Model) -> Result<(), Error> {
    let weights =
        model.weights.iter().flatten().enumerate().map(|(i, &x)| (format!("weights[{i}]"), Some(x)));
    let within = model.within.iter().enumerate().map(|(i, &x)| (format!("within[{i}]"), x));
    let others =
        [("inertia", model.inertia), ("total", model.total), ("options.tol", Some(model.options.tol))];
    let mut all = weights.chain(within).chain(others.map(|(place, x)| (place.to_owned(), x)));
    match all.find(|(_, x)| x.is_some_and(|x| x < 0.0)) {
        Some((place, Some(x))) => Err(broken(place, x, "0 or more")),
        _ => Ok(()),
    }
}

fn outcome(model: &Model) -> Result<(), Error> {
    let reasons = [Stopped::Labels, Stopped::Tolerance, Stopped::MaxIter, Stopped::Interrupted];
    let Some(reason) = reasons.into_iter().find(|reason| reason.name() == model.stopped) else {
        let names = reasons.map(Stopped::name).join(", ");
        return Err(broken("stopped", shortened(&model.stopped), format!("one of {names}")));
    };
    if model.converged != reason.converged() {
        let rule = format!("{} where stopped is {:?}", reason.converged(), model.stopped);
        return Err(broken("converged", model.converged, rule));
    }
    match model.seed.parse::<u64>() {
        Ok(_) => Ok(()),
        Err(_) => Err(broken("seed", shortened(&model.seed), "a whole number from 0 to 2^64 - 1 as a text")),
    }
}

fn unit(model: &Model) -> Result<(), Error> {
    let Some(exponent) = model.unit_exponent else { return Ok(()) };
    if !EXPONENTS.contains(&exponent) {
        let (least, most) = (EXPONENTS.start(), EXPONENTS.end());
        return Err(broken("unitExponent", exponent, format!("from {least} to {most}")));
    }
    let (name, rows) = match &model.prepared_centroids {
        Some(rows) => ("preparedCentroids", rows),
        None => ("centroids", &model.centroids),
    };
    let columns = model.features.len();
    match Labeller::too_large(columns, &rows.concat(), exponent) {
        Some(at) => {
            let (row, column) = (at / columns, at % columns);
            let rule = format!("at most 2^440 in the unit of 2^{exponent} that unitExponent says");
            Err(broken(format!("{name}[{row}][{column}]"), rows[row][column], rule))
        }
        None => Ok(()),
    }
}
