//! The columns that are appended to a table: the label and, as far as they are wanted, what was measured.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use kmeans_engine::{Measured, Measures, NO_LABEL};

use crate::csv::text::{push_f64, push_field, push_integer};
use crate::error::Error;

/// The name of the label's column, here and in labels alone.
pub(crate) const CLUSTER: &str = "cluster";

/// What is written beside the label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extra {
    /// Which measures.
    pub measures: Measures,
    /// How many clusters there are to have a distance to.
    pub clusters: usize,
}

/// What a column tells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Label,
    Distance,
    Second,
    Margin,
    DistanceTo(usize),
}

/// Which columns are appended, and their names.
#[derive(Clone)]
pub(crate) struct Added {
    told: Vec<Told>,
    names: Vec<String>,
    clusters: usize,
    /// What stands before the decimals in a text.
    decimal: u8,
}

/// Labels and measures of some rows.
#[derive(Clone, Copy)]
pub(crate) struct Answers<'a> {
    pub(crate) labels: &'a [u32],
    pub(crate) measured: &'a Measured,
}

/// A number, a label, or neither.
enum Answer {
    Label(u32),
    Number(f64),
}

impl Answers<'_> {
    fn of(&self, told: Told, row: usize, clusters: usize) -> Answer {
        let number = |numbers: &Option<Vec<f64>>, place: usize| {
            Answer::Number(numbers.as_ref().map_or(f64::NAN, |numbers| numbers[place]))
        };
        match told {
            Told::Label => Answer::Label(self.labels[row]),
            Told::Second => {
                Answer::Label(self.measured.second.as_ref().map_or(NO_LABEL, |labels| labels[row]))
            }
            Told::Distance => number(&self.measured.distance, row),
            Told::Margin => number(&self.measured.margin, row),
            Told::DistanceTo(cluster) => number(&self.measured.distances, row * clusters + cluster),
        }
    }
}

impl Added {
    /// The label and what else is wanted. Names that the table does not have yet, and a warning for each that had to be
    /// changed.
    pub(crate) fn beside(columns: &[String], extra: Extra) -> (Self, Vec<String>) {
        let Extra { measures: Measures { distance, second, margin, distances }, clusters } = extra;
        let one = |wanted: bool, told, name: &str| wanted.then(|| (told, name.to_owned()));
        let all = (0..if distances { clusters } else { 0 })
            .map(|cluster| (Told::DistanceTo(cluster), format!("distance_{cluster}")));
        let (told, mut names): (Vec<Told>, Vec<String>) = [
            one(true, Told::Label, CLUSTER),
            one(distance, Told::Distance, "distance"),
            one(second, Told::Second, "second"),
            one(margin, Told::Margin, "margin"),
        ]
        .into_iter()
        .flatten()
        .chain(all)
        .unzip();
        let mut warnings = Vec::new();
        let mut taken: HashSet<String> = columns.iter().cloned().collect();
        let own: HashSet<String> = names.iter().cloned().collect();
        for name in &mut names {
            if taken.contains(name.as_str()) {
                // Among one more candidate than there are names, one is free.
                let mut candidates =
                    (1..=taken.len() + own.len() + 1).map(|number| format!("{name}_{number}"));
                let is_free = |free: &String| !taken.contains(free) && !own.contains(free);
                let free = candidates.find(is_free).unwrap_or_else(|| name.clone());
                warnings
                    .push(format!("the input already has a column \"{name}\": the new one is \"{free}\""));
                *name = free;
            }
            taken.insert(name.clone());
        }
        (Self { told, names, clusters, decimal: b'.' }, warnings)
    }

    /// Writes decimals as the table beside them does.
    pub(crate) fn set_decimal(&mut self, decimal: u8) {
        self.decimal = decimal;
    }

    pub(crate) fn check(&self, rows: usize, answers: Answers) -> Result<(), Error> {
        let Measured { distance, second, margin, distances } = answers.measured;
        let found = |told: Told| match told {
            Told::Label => Some(answers.labels.len()),
            Told::Distance => distance.as_ref().map(Vec::len),
            Told::Second => second.as_ref().map(Vec::len),
            Told::Margin => margin.as_ref().map(Vec::len),
            Told::DistanceTo(_) => {
                distances.as_ref().map(Vec::len).filter(|len| *len == rows * self.clusters).map(|_| rows)
            }
        };
        match self.told.iter().zip(&self.names).find(|(told, _)| found(**told) != Some(rows)) {
            None => Ok(()),
            Some((_, name)) => {
                Err(Error::about("the batch", format!("has {rows} rows, and \"{name}\" not as many")))
            }
        }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn push_names(&self, text: &mut Vec<u8>, delimiter: u8) {
        for name in &self.names {
            text.push(delimiter);
            push_field(text, name.as_bytes(), delimiter);
        }
    }

    /// Appends the row's fields, each after a delimiter; what is not known is empty.
    #[inline]
    pub(crate) fn push_row(&self, text: &mut Vec<u8>, delimiter: u8, row: usize, answers: Answers) {
        for &told in &self.told {
            text.push(delimiter);
            match answers.of(told, row, self.clusters) {
                Answer::Label(NO_LABEL) => {}
                Answer::Label(label @ 0..10) => text.push(b'0' + label as u8),
                Answer::Label(label) => push_integer(text, label),
                Answer::Number(number) if number.is_nan() => {}
                Answer::Number(number) if self.decimal == b'.' => push_f64(text, number),
                Answer::Number(number) => {
                    let mut spelled = Vec::new();
                    push_f64(&mut spelled, number);
                    spelled.iter_mut().filter(|byte| **byte == b'.').for_each(|byte| *byte = self.decimal);
                    push_field(text, &spelled, delimiter);
                }
            }
        }
    }

    pub(crate) fn extend(&self, schema: &Schema) -> SchemaRef {
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        for (told, name) in self.told.iter().zip(&self.names) {
            let kind = match told {
                Told::Label | Told::Second => DataType::UInt32,
                Told::Distance | Told::Margin | Told::DistanceTo(_) => DataType::Float64,
            };
            // Null where a row belongs to no cluster, which nobody knows when the schema is written.
            fields.push(Arc::new(Field::new(name, kind, true)));
        }
        Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
    }

    /// The columns of `rows` rows; what is not known is null.
    pub(crate) fn arrays(&self, rows: usize, answers: Answers) -> Vec<ArrayRef> {
        let array = |&told: &Told| -> ArrayRef {
            let of = |row: usize| answers.of(told, row, self.clusters);
            match told {
                Told::Label | Told::Second => {
                    let label = |row| match of(row) {
                        Answer::Label(label) => Some(label).filter(|label| *label != NO_LABEL),
                        Answer::Number(_) => None,
                    };
                    Arc::new((0..rows).map(label).collect::<UInt32Array>())
                }
                Told::Distance | Told::Margin | Told::DistanceTo(_) => {
                    let number = |row| match of(row) {
                        Answer::Number(number) => Some(number).filter(|number| !number.is_nan()),
                        Answer::Label(_) => None,
                    };
                    Arc::new((0..rows).map(number).collect::<Float64Array>())
                }
            }
        };
        self.told.iter().map(array).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Measures = Measures { distance: true, second: true, margin: true, distances: true };

    #[test]
    fn a_taken_name_gets_a_number_and_a_warning() {
        let columns = ["cluster", "cluster_1", "distance_1"].map(String::from);
        let wanted = Measures { distances: true, ..Measures::default() };
        let (added, warnings) = Added::beside(&columns, Extra { measures: wanted, clusters: 2 });
        assert_eq!(added.names(), ["cluster_2", "distance_0", "distance_1_1"]);
        assert_eq!(warnings[0], "the input already has a column \"cluster\": the new one is \"cluster_2\"");
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn new_names_do_not_clash_with_each_other() {
        // "distance" would become "distance_1", which is the distance to cluster 1.
        let (added, _) = Added::beside(&["distance".to_owned()], Extra { measures: ALL, clusters: 2 });
        let all = ["cluster", "distance_2", "second", "margin", "distance_0", "distance_1"];
        assert_eq!(added.names(), all);
    }

    #[test]
    fn what_is_not_known_is_empty_or_null() {
        let (added, _) = Added::beside(&[], Extra { measures: ALL, clusters: 1 });
        let measured = Measured {
            distance: Some(vec![1.5, f64::NAN]),
            second: Some(vec![NO_LABEL, NO_LABEL]),
            margin: Some(vec![f64::NAN, f64::NAN]),
            distances: Some(vec![1.5, f64::NAN]),
        };
        let answers = Answers { labels: &[0, NO_LABEL], measured: &measured };
        added.check(2, answers).unwrap();
        let mut text = Vec::new();
        (0..2).for_each(|row| added.push_row(&mut text, b',', row, answers));
        assert_eq!(String::from_utf8(text).unwrap(), ",0,1.5,,,1.5,,,,,");
        let nulls: Vec<usize> = added.arrays(2, answers).iter().map(|array| array.null_count()).collect();
        assert_eq!(nulls, [1, 1, 2, 2, 1]);
    }

    #[test]
    fn answers_of_another_length_are_refused() {
        let (added, _) = Added::beside(
            &[],
            Extra { measures: Measures { margin: true, ..Measures::default() }, clusters: 3 },
        );
        let measured = Measured { margin: Some(vec![1.0]), ..Measured::default() };
        assert!(added.check(1, Answers { labels: &[0], measured: &measured }).is_ok());
        assert!(added.check(1, Answers { labels: &[0, 0], measured: &measured }).is_err());
        assert!(added.check(1, Answers { labels: &[0], measured: &Measured::default() }).is_err());
    }
}
