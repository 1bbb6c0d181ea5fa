//! The columns that are appended to a table: the label and, if asked for, the distances.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::csv::text::{push_f64, push_field, push_integer};
use crate::error::Error;

/// The name of the label's column, here and in labels alone.
pub(crate) const CLUSTER: &str = "cluster";

/// Names of the appended columns.
#[derive(Clone)]
pub(crate) struct Added {
    names: Vec<String>,
    clusters: Option<usize>,
    /// What stands before the decimals in a text.
    decimal: u8,
}

impl Added {
    /// Names that the table does not have yet, and a warning for each that had to be changed.
    pub(crate) fn beside(columns: &[String], clusters: Option<usize>) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let distances = (0..clusters.unwrap_or(0)).map(|cluster| format!("distance_{cluster}"));
        let taken: std::collections::HashSet<&str> = columns.iter().map(String::as_str).collect();
        let names = std::iter::once(CLUSTER.to_owned())
            .chain(distances)
            .map(|name| {
                if !taken.contains(name.as_str()) {
                    return name;
                }
                // Among one more candidate than there are names taken, one is free.
                let mut candidates = (1..=taken.len() + 1).map(|number| format!("{name}_{number}"));
                let free = candidates.find(|free| !taken.contains(free.as_str())).unwrap_or(name.clone());
                warnings
                    .push(format!("the input already has a column \"{name}\": the new one is \"{free}\""));
                free
            })
            .collect();
        (Self { names, clusters, decimal: b'.' }, warnings)
    }

    /// Writes decimals as the table beside them does.
    pub(crate) fn set_decimal(&mut self, decimal: u8) {
        self.decimal = decimal;
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn check(&self, rows: usize, labels: &[u32], distances: Option<&[f64]>) -> Result<(), Error> {
        let expected = self.clusters.map(|clusters| clusters * rows);
        if labels.len() == rows && distances.map(<[f64]>::len) == expected {
            return Ok(());
        }
        let found = format!("{} labels and {} distances", labels.len(), distances.map_or(0, <[f64]>::len));
        Err(Error::about("the batch", format!("has {rows} rows, and {found} came with it")))
    }

    pub(crate) fn push_names(&self, text: &mut Vec<u8>, delimiter: u8) {
        for name in &self.names {
            text.push(delimiter);
            push_field(text, name.as_bytes(), delimiter);
        }
    }

    pub(crate) fn push_row(
        &self,
        text: &mut Vec<u8>,
        delimiter: u8,
        row: usize,
        labels: &[u32],
        distances: Option<&[f64]>,
    ) {
        text.push(delimiter);
        push_integer(text, labels[row]);
        if let (Some(clusters), Some(distances)) = (self.clusters, distances) {
            for &distance in &distances[row * clusters..(row + 1) * clusters] {
                text.push(delimiter);
                if self.decimal == b'.' {
                    push_f64(text, distance);
                } else {
                    let mut number = Vec::new();
                    push_f64(&mut number, distance);
                    number.iter_mut().filter(|byte| **byte == b'.').for_each(|byte| *byte = self.decimal);
                    push_field(text, &number, delimiter);
                }
            }
        }
    }

    pub(crate) fn extend(&self, schema: &Schema) -> SchemaRef {
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        for (order, name) in self.names.iter().enumerate() {
            let kind = if order == 0 { DataType::UInt32 } else { DataType::Float64 };
            fields.push(Arc::new(Field::new(name, kind, false)));
        }
        Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
    }

    pub(crate) fn arrays(&self, labels: &[u32], distances: Option<&[f64]>) -> Vec<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(labels.to_vec()))];
        if let (Some(clusters), Some(distances)) = (self.clusters, distances) {
            for cluster in 0..clusters {
                let column = distances.iter().skip(cluster).step_by(clusters).copied();
                arrays.push(Arc::new(Float64Array::from_iter_values(column)));
            }
        }
        arrays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number_and_a_warning() {
        let columns = ["cluster", "cluster_1", "distance_1"].map(String::from);
        let (added, warnings) = Added::beside(&columns, Some(2));
        assert_eq!(added.names, ["cluster_2", "distance_0", "distance_1_1"]);
        assert_eq!(warnings[0], "the input already has a column \"cluster\": the new one is \"cluster_2\"");
        assert_eq!(warnings.len(), 2);
    }
}
