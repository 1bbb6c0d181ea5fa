//! Parquet files.

mod compact;
mod nesting;
mod pages;
mod workers;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use crate::arrow::frames::{Fault, damage};
use crate::arrow::records::{Peeked, Records};
use crate::arrow::{brief, contained};
use crate::channel::Unfinished;
use crate::csv::split::WIDEST;
use crate::parquet::pages::Pages;
use crate::parquet::workers::Workers;
use crate::positioned::Positioned;

/// Rows of a batch: of 16 columns of f64, 2 MiB, which stay in a cache until they are in the matrix.
const ROWS: usize = 16_384;
/// Magic and length at a file's end.
const TAIL: u64 = 8;
/// A footer of this size describes more columns and row groups than anybody has.
const LARGEST_FOOTER: u64 = 256 << 20;

/// The row groups of a file as batches, decoded column by column on several threads.
pub(crate) struct ParquetRecords {
    file: File,
    projection: Option<Vec<usize>>,
    decoding: Decoding,
    /// Rows handed out.
    rows: u64,
}

/// State of decoding on threads.
enum Decoding {
    NotYet,
    Begun(Workers),
    /// Its columns are out of step, or damaged.
    Failed,
}

/// What every reader of it needs.
#[derive(Clone)]
struct File {
    bytes: Positioned,
    pages: Pages,
    metadata: ArrowReaderMetadata,
}

impl ParquetRecords {
    pub(crate) fn open(bytes: Positioned) -> Result<Self, Fault> {
        if let Err(fault) = check_footer(&bytes) {
            return Err(bytes.failure().map_or(fault, Fault::Io));
        }
        let loaded = contained(|| Ok(ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new())?));
        let metadata = loaded.map_err(|error| reason(&bytes, &error))?;
        let fields = metadata.schema().fields().len();
        // The columns within columns count too.
        let leaves = metadata.metadata().file_metadata().schema_descr().num_columns();
        if fields.max(leaves) > WIDEST {
            return Err(damage(format!("it has more than {WIDEST} columns")));
        }
        let pages = Pages::new(bytes.clone(), metadata.metadata());
        Ok(Self {
            file: File { bytes, pages, metadata },
            projection: None,
            decoding: Decoding::NotYet,
            rows: 0,
        })
    }
}

impl Records for ParquetRecords {
    fn schema(&self) -> &SchemaRef {
        self.file.metadata.schema()
    }

    fn project(&mut self, columns: &[usize]) {
        self.projection = Some(columns.to_vec());
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let mut workers = match std::mem::replace(&mut self.decoding, Decoding::Failed) {
            Decoding::Begun(workers) => workers,
            Decoding::NotYet => {
                let all: Vec<usize> = (0..self.file.metadata.schema().fields().len()).collect();
                Workers::start(&self.file, self.projection.as_deref().unwrap_or(&all))?
            }
            Decoding::Failed => return Err(Unfinished.into()),
        };
        let next = workers.next()?;
        self.decoding = Decoding::Begun(workers);
        match &next {
            Some(batch) => self.rows += batch.num_rows() as u64,
            None => self.file.check_rows(self.rows)?,
        }
        Ok(next)
    }

    fn peek(&mut self, columns: &[usize]) -> Result<Peeked, Fault> {
        let next = contained(|| self.file.reader(columns)?.next().transpose());
        let batch = next.map_err(|error| reason(&self.file.bytes, &error))?;
        Ok(batch.map_or(Peeked::Taken(None), Peeked::Ahead))
    }
}

impl File {
    fn reader(&self, columns: &[usize]) -> Result<ParquetRecordBatchReader, ArrowError> {
        let metadata = self.metadata.clone();
        let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.pages.clone(), metadata);
        Ok(builder.with_projection(mask).with_batch_size(ROWS).build()?)
    }

    /// Refuses an end after another number of rows than the row groups, and the file, are said to have.
    fn check_rows(&self, rows: u64) -> Result<(), Fault> {
        let metadata = self.metadata.metadata();
        let groups: i128 = metadata.row_groups().iter().map(|group| i128::from(group.num_rows())).sum();
        let whole = i128::from(metadata.file_metadata().num_rows());
        for said in [groups, whole] {
            if said != i128::from(rows) {
                return Err(damage(format!("it has {rows} rows, and its footer says {said}")));
            }
        }
        Ok(())
    }

    /// How much there is to decode of a column.
    fn weight(&self, column: usize) -> u64 {
        let schema = self.metadata.parquet_schema();
        let mut weight = 0;
        for group in self.metadata.metadata().row_groups() {
            for (leaf, chunk) in group.columns().iter().enumerate() {
                if schema.get_column_root_idx(leaf) == column {
                    weight += u64::try_from(chunk.uncompressed_size()).unwrap_or(0);
                }
            }
        }
        weight
    }
}

fn check_footer(bytes: &Positioned) -> Result<(), Fault> {
    let footer_end = bytes.length().checked_sub(TAIL).ok_or_else(|| damage("it ends early"))?;
    let mut tail = [0; TAIL as usize];
    bytes.read_exact_at(&mut tail, footer_end)?;
    let [a, b, c, d, magic @ ..] = tail;
    match &magic {
        b"PAR1" => {}
        b"PARE" => {
            return Err(Fault::Unread { what: "is encrypted, which is not read".to_owned(), hint: None });
        }
        _ => return Err(damage("its end is missing")),
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let start = footer_end.checked_sub(size).ok_or_else(|| damage("its footer is longer than the file"))?;
    if size > LARGEST_FOOTER {
        return Err(damage("its footer is too large"));
    }
    let mut footer = vec![0; size as usize];
    bytes.read_exact_at(&mut footer, start)?;
    nesting::check(&footer)
}

fn reason(bytes: &Positioned, error: &ArrowError) -> Fault {
    if let Some(error) = bytes.failure() {
        return Fault::Io(error);
    }
    let text = brief(error);
    let text = text.split_once("error: ").map_or(text.as_str(), |(_, text)| text);
    // So the crate announces what this one or a codec said.
    let text = text.trim_start_matches("External: ").trim();
    if matches!(error, ArrowError::NotYetImplemented(_))
        || text.starts_with("NYI")
        || text.contains("isabled feature")
    {
        let what = format!("uses a part of Parquet that is not read yet ({text})");
        return Fault::Unread { what, hint: None };
    }
    damage(text.to_owned())
}

/// One field's name in `schema`, for a batch that was put together.
fn projected(schema: &SchemaRef, columns: &[usize]) -> Result<SchemaRef, ArrowError> {
    Ok(Arc::new(schema.project(columns)?))
}
