//! Threads that decode columns side by side and in step.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use crate::arrow::contained;
use crate::arrow::frames::{Fault, damage};
use crate::channel::{Consumer, Producer, Unfinished, bounded};
use crate::parquet::{File, projected, reason};
use crate::sync::{processors, spawn};

/// Batches that wait for their neighbours from another thread.
const WAITING: usize = 4;

/// Each decodes some of the columns from the first row to the last, in batches of the same rows.
pub(crate) struct Workers {
    file: File,
    schema: SchemaRef,
    all: Vec<Worker>,
}

struct Worker {
    /// Where its columns stand among those of a batch.
    places: Vec<usize>,
    batches: Consumer<RecordBatch, Failure>,
}

/// Why a thread has no more batches.
enum Failure {
    Decoding(ArrowError),
    Unfinished,
}

impl From<Unfinished> for Failure {
    fn from(_: Unfinished) -> Self {
        Self::Unfinished
    }
}

impl Failure {
    fn into_fault(self, file: &File) -> Fault {
        match self {
            Self::Decoding(error) => reason(&file.bytes, &error),
            Self::Unfinished => Unfinished.into(),
        }
    }
}

impl Workers {
    pub(crate) fn start(file: &File, columns: &[usize]) -> Result<Self, Fault> {
        let schema =
            projected(file.metadata.schema(), columns).map_err(|error| reason(&file.bytes, &error))?;
        let weights: Vec<u64> = columns.iter().map(|&column| file.weight(column)).collect();
        let shares = shares(&weights, processors());
        let mut all = Vec::with_capacity(shares.len());
        for places in shares {
            let (producer, batches) = bounded(WAITING);
            let (file, own) = (file.clone(), places.iter().map(|&place| columns[place]).collect::<Vec<_>>());
            spawn("kmeans-parquet", move || decode(&file, &own, producer))?;
            all.push(Worker { places, batches });
        }
        Ok(Self { file: file.clone(), schema, all })
    }

    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.schema.fields().len()];
        let (mut ended, mut rows) = (0, None);
        for worker in &mut self.all {
            let batch = worker.batches.receive().map_err(|failure| failure.into_fault(&self.file))?;
            let Some(batch) = batch else {
                ended += 1;
                continue;
            };
            if *rows.get_or_insert(batch.num_rows()) != batch.num_rows() {
                return Err(damage("its columns differ in their number of rows"));
            }
            for (&place, array) in worker.places.iter().zip(batch.columns()) {
                arrays[place] = Some(array.clone());
            }
        }
        if ended == self.all.len() {
            return Ok(None);
        }
        if ended > 0 {
            return Err(damage("its columns differ in their number of rows"));
        }
        let whole = contained(|| {
            let options = arrow_array::RecordBatchOptions::new().with_row_count(rows);
            RecordBatch::try_new_with_options(
                self.schema.clone(),
                arrays.into_iter().flatten().collect(),
                &options,
            )
        });
        whole.map(Some).map_err(|error| reason(&self.file.bytes, &error))
    }
}

/// Goes on until the end, a fault, or until nobody listens any more.
fn decode(file: &File, columns: &[usize], mut producer: Producer<RecordBatch, Failure>) {
    let mut reader = match contained(|| file.reader(columns)) {
        Ok(reader) => reader,
        Err(error) => return producer.fail(Failure::Decoding(error)),
    };
    loop {
        match contained(|| reader.next().transpose()) {
            Ok(Some(batch)) => {
                if !producer.send(batch) {
                    return;
                }
            }
            Ok(None) => return producer.end(),
            Err(error) => return producer.fail(Failure::Decoding(error)),
        }
    }
}

/// Columns of these weights as at most `threads` shares of about the same weight: the heaviest goes to the lightest share.
fn shares(weights: &[u64], threads: usize) -> Vec<Vec<usize>> {
    let count = threads.clamp(1, weights.len().max(1));
    let mut shares: Vec<(u64, Vec<usize>)> = vec![(0, Vec::new()); count];
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&column| std::cmp::Reverse(weights[column]));
    for column in order {
        if let Some(lightest) = shares.iter_mut().min_by_key(|(weight, columns)| (*weight, columns.len())) {
            lightest.0 += weights[column];
            lightest.1.push(column);
        }
    }
    shares
        .into_iter()
        .map(|(_, mut columns)| {
            columns.sort_unstable();
            columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shared_out_by_their_weight() {
        assert_eq!(shares(&[1, 5, 2, 2], 2), [vec![1], vec![0, 2, 3]]);
        assert_eq!(shares(&[7], 8), [vec![0]]);
        assert_eq!(shares(&[0, 0, 0], 2), [vec![0, 2], vec![1]]);
        assert_eq!(shares(&[], 2), [Vec::<usize>::new()]);
    }
}
