//! Rows as they were read, made ready for the engine; and their labels for the rows as they were read.

use std::collections::HashSet;

use kmeans_engine::{
    Clustering, Column, ColumnSurvey, Element, Extent, Matrix, Missing, NO_LABEL, Preparation, PrepareParams,
    Ranges, Rows, Seen, Threads, Values, split_off_lacking,
};
use kmeans_io::names::shown;

use crate::control::Control;
use crate::failure::{ErrorCode, Failure};

/// Rows as they were read: missing cells are NaN, texts of categories their numbers.
pub struct Raw {
    pub matrix: Matrix,
    /// The columns.
    pub names: Vec<String>,
    pub weights: Option<Vec<f64>>,
    /// For each column its texts, in the order of their numbers, where it holds categories.
    pub categories: Vec<Option<Vec<String>>>,
    pub survey: ColumnSurvey,
}

impl Raw {
    /// Whether a column holds numbers, and not categories.
    pub fn is_number(&self, column: usize) -> bool {
        self.categories[column].is_none()
    }
}

/// Rows ready for the engine.
pub struct Prepared {
    pub matrix: Matrix,
    pub weights: Option<Vec<f64>>,
    pub about: Preparing,
}

/// What was done to the rows.
pub struct Preparing {
    pub preparation: Preparation,
    /// The columns of the input.
    pub columns: Vec<String>,
    /// What the engine's columns are called.
    pub features: Vec<String>,
    pub seen: Option<Seen>,
    /// Rows that were left out, ascending.
    pub dropped: Vec<u64>,
    /// Cells that were filled.
    pub filled: u64,
}

/// Fits the preparation that `params` ask for, and applies it.
pub fn prepare(
    raw: Raw,
    params: &PrepareParams,
    threads: &Threads,
    control: &Control,
) -> Result<Prepared, Failure> {
    let Raw { mut matrix, names, mut weights, categories, .. } = raw;
    let mut dropped = Vec::new();
    if params.missing == Missing::Drop {
        let rows = matrix.rows();
        (matrix, dropped) = split_off_lacking(matrix);
        if dropped.len() == rows {
            return Err(none_left());
        }
        weights = weights.map(|weights| without(weights, &dropped));
    }
    let fitted = (&matrix, weights.as_deref());
    let about = Preparing::fit(names, &categories, params, &mut { fitted }, threads, control)?;
    let filled = if params.missing == Missing::Error { 0 } else { holes(&matrix, &categories) };
    let matrix = about.preparation.apply(about.preparation.renumber(matrix, &categories), threads)?;
    Ok(Prepared { matrix, weights, about: Preparing { dropped, filled, ..about } })
}

impl Preparing {
    /// Fits to rows of which none was left out and no cell filled, as far as this knows.
    pub fn fit(
        columns: Vec<String>,
        categories: &[Option<Vec<String>>],
        params: &PrepareParams,
        rows: &mut dyn Rows,
        threads: &Threads,
        control: &Control,
    ) -> Result<Self, Failure> {
        let fitted = Preparation::fit(params, categories, rows, threads, control);
        let (preparation, seen) = fitted.map_err(|error| named(error, &columns))?;
        let features = preparation.names(&columns);
        refuse_repeated(&features)?;
        Ok(Self { preparation, columns, features, seen, dropped: Vec::new(), filled: 0 })
    }

    /// Range and mean of each feature, in the units of the data.
    pub fn described(&self, found: &Clustering) -> (Ranges, Vec<f64>) {
        let own = |point: &[f64]| self.preparation.original(point);
        let mut ranges = Ranges { min: own(&found.ranges.min), max: own(&found.ranges.max) };
        let mut means = own(&found.means);
        let Some(seen) = &self.seen else { return (ranges, means) };
        let mut feature = 0;
        for (place, column) in self.preparation.columns.iter().enumerate() {
            if matches!(column, Column::Number { .. }) {
                ranges.min[feature] = seen.ranges.min[place];
                ranges.max[feature] = seen.ranges.max[place];
                means[feature] = seen.means[place];
            }
            feature += column.features();
        }
        (ranges, means)
    }
}

/// Labels for all rows, where some were left out.
pub fn spread(labels: Vec<u32>, dropped: &[u64]) -> Vec<u32> {
    spread_rows(labels, dropped, 1, NO_LABEL)
}

/// `width` numbers a row for all rows, where some were left out.
pub fn spread_rows<T: Copy>(values: Vec<T>, dropped: &[u64], width: usize, nothing: T) -> Vec<T> {
    if dropped.is_empty() {
        return values;
    }
    let mut all = Vec::with_capacity(values.len() + dropped.len() * width);
    let mut rest = &values[..];
    for &row in dropped {
        let before = (row as usize * width).saturating_sub(all.len()).min(rest.len());
        let (now, later) = rest.split_at(before);
        all.extend_from_slice(now);
        all.extend(std::iter::repeat_n(nothing, width));
        rest = later;
    }
    all.extend_from_slice(rest);
    all
}

/// Says that dropping rows has left none.
pub fn none_left() -> Failure {
    let message = "every row has a missing cell, so none is left";
    Failure::new(ErrorCode::InvalidData, message)
        .hint("leave the emptiest columns out with --exclude, or fill them with --missing mean")
}

/// Returns what the engine says of columns by their places, with their names.
pub fn named(error: kmeans_engine::Error, names: &[String]) -> Failure {
    match error {
        kmeans_engine::Error::Column { column, problem } => {
            let message = format!("column \"{}\" {problem}", shown(&names[column]));
            Failure::new(ErrorCode::InvalidData, message).hint("leave it out with --exclude")
        }
        kmeans_engine::Error::Apart { large, small } => {
            let column = |Extent { column, min, max }: Extent| {
                format!("\"{}\" ({} to {})", shown(&names[column]), brief(min), brief(max))
            };
            let message = format!(
                "columns {} and {} differ so much in size that the squares of both do not fit into 64-bit floats",
                column(large),
                column(small)
            );
            Failure::new(ErrorCode::InvalidData, message).hint(
                "bring columns to one scale with --scale standard, leave one out with --exclude, or empty cells whose number \
                 stands for a missing one",
            )
        }
        error => error.into(),
    }
}

/// A number as short as it can be told: digits alone may be three hundred.
fn brief(x: f64) -> String {
    let (plain, scientific) = (x.to_string(), format!("{x:e}"));
    if plain.len() <= scientific.len() + 2 { plain } else { scientific }
}

fn refuse_repeated(features: &[String]) -> Result<(), Failure> {
    let mut seen = HashSet::new();
    match features.iter().find(|name| !seen.insert(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!("a category and a column would both be called \"{}\"", shown(name));
            Err(Failure::new(ErrorCode::InvalidData, message)
                .hint("rename the column, or leave it out with --exclude"))
        }
    }
}

/// Weights of the rows that were not left out.
pub fn without(weights: Vec<f64>, dropped: &[u64]) -> Vec<f64> {
    let mut dropped = dropped.iter().copied().peekable();
    let kept = |(row, weight): (usize, f64)| dropped.next_if_eq(&(row as u64)).is_none().then_some(weight);
    weights.into_iter().enumerate().filter_map(kept).collect()
}

/// Missing cells in columns of numbers: one of a text is no category, and nothing is put there.
pub fn holes(matrix: &Matrix, categories: &[Option<Vec<String>>]) -> u64 {
    fn of<T: Element>(values: &[T], categories: &[Option<Vec<String>>]) -> u64 {
        let holes = |row: &[T]| {
            row.iter().zip(categories).filter(|(x, texts)| x.widen().is_nan() && texts.is_none()).count()
        };
        values.chunks_exact(categories.len()).map(holes).sum::<usize>() as u64
    }
    match matrix.values() {
        Values::F32(values) => of(values, categories),
        Values::F64(values) => of(values, categories),
    }
}
