//! An Arrow file or stream as a table.

use arrow_array::{Array, RecordBatch};
use arrow_schema::SchemaRef;

use crate::arrow::decode::Batches;
use crate::arrow::frames::{Fault, Frames};
use crate::arrow::number::{Bad, copy, fits_f32, nature};
use crate::cell::{self, Cells, Growing};
use crate::columns::Profile;
use crate::error::{Cell, Error};
use crate::format::Lead;
use crate::place::Place;
use crate::source::Source;

/// Rows that are turned from columns into rows at a time: 4096 x 8 columns of f64 fit into a 256 KiB cache.
const BLOCK: usize = 4096;

/// Arrow data being read.
pub(crate) struct ArrowTable {
    name: String,
    batches: Batches,
    place: Option<Place>,
    pub(crate) names: Vec<String>,
    rows: u64,
}

impl ArrowTable {
    pub(crate) fn open(source: Source) -> Result<Self, Error> {
        let name = source.name.clone();
        let damaged = |fault: Fault| fault.into_error(&name);
        let (batches, place) = if source.lead == Lead::ArrowFile {
            let (reader, place) = source.into_seekable()?;
            let (frames, footer) = Frames::of_file(reader).map_err(damaged)?;
            (Batches::of_file(frames, &footer).map_err(damaged)?, place)
        } else {
            let place = source.share_place()?;
            (Batches::of_stream(Frames::Stream(Box::new(source))).map_err(damaged)?, place)
        };
        let names = batches.schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { name, batches, place, names, rows: 0 })
    }

    pub(crate) fn into_place(self) -> Option<Place> {
        self.place
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.batches.schema
    }

    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let fields = self.schema().fields().iter();
        fields
            .map(|field| Profile { name: field.name().clone(), nature: nature(field.data_type()) })
            .collect()
    }

    /// Whether every one of these columns is exactly f32.
    pub(crate) fn is_narrow(&self, columns: &[usize]) -> bool {
        columns.iter().all(|&column| fits_f32(self.schema().field(column).data_type()))
    }

    /// Decodes only what `cells` wants.
    pub(crate) fn project(&mut self, cells: &Cells) {
        self.batches.projection = Some(cells.wanted.iter().copied().chain(cells.weight).collect());
    }

    /// Appends the next batch's rows; `None` at the end.
    pub(crate) fn fill(&mut self, cells: &mut Cells) -> Result<Option<RecordBatch>, Error> {
        let Some(batch) = self.batches.next().map_err(|fault| fault.into_error(&self.name))? else {
            return Ok(None);
        };
        let projected = self.batches.projection.is_some();
        let place = |order: usize, column: usize| if projected { order } else { column };
        let columns: Vec<&dyn Array> = cells
            .wanted
            .iter()
            .enumerate()
            .map(|(order, &column)| batch.column(place(order, column)).as_ref())
            .collect();
        self.append(&columns, batch.num_rows(), cells)?;
        if let Some(column) = cells.weight {
            let weights = batch.column(place(cells.wanted.len(), column));
            self.append_weights(weights.as_ref(), cells)?;
        }
        self.rows += batch.num_rows() as u64;
        cells.rows += batch.num_rows();
        Ok(Some(batch))
    }

    fn append(&self, columns: &[&dyn Array], rows: usize, cells: &mut Cells) -> Result<(), Error> {
        let stride = columns.len();
        let mut block = vec![0.0; stride * BLOCK.min(rows)];
        let mut from = 0;
        while from < rows && stride > 0 {
            let count = BLOCK.min(rows - from);
            let block = &mut block[..count * stride];
            let mut first: Option<(usize, usize, Bad)> = None;
            for (slot, column) in columns.iter().enumerate() {
                if let Some((row, bad)) = copy(*column, from, block, stride, slot) {
                    first = first.filter(|&(earlier, ..)| earlier <= row).or(Some((row, slot, bad)));
                }
            }
            if let Some((row, slot, bad)) = first {
                let value = block[row * stride + slot];
                let column = &cells.names[slot];
                let hint = (bad != Bad::Infinite).then(|| cells.purpose.advice(column));
                return Err(self.refused(from + row, column, bad, value, hint));
            }
            match &mut cells.values {
                Growing::F64(values) => values.extend_from_slice(block),
                Growing::F32(values) => values.extend(block.iter().map(|&value| value as f32)),
            }
            from += count;
        }
        Ok(())
    }

    fn append_weights(&self, column: &dyn Array, cells: &mut Cells) -> Result<(), Error> {
        let mut weights = vec![0.0; column.len()];
        if let Some((row, bad)) = copy(column, 0, &mut weights, 1, 0) {
            return Err(self.refused(row, &cells.weight_name, bad, weights[row], None));
        }
        for (row, weight) in weights.into_iter().enumerate() {
            cells.add_weight(weight, self.rows + row as u64 + 1, None, &self.name)?;
        }
        Ok(())
    }

    fn refused(&self, row: usize, column: &str, bad: Bad, value: f64, hint: Option<String>) -> Error {
        let (value, rule) = match bad {
            Bad::Null => (None, "is null, and k-means needs a finite number in every cell"),
            Bad::Nan => (Some("NaN".to_owned()), cell::MISSING),
            Bad::Infinite => (Some(value.to_string()), cell::INFINITE),
        };
        Error::Cell(Box::new(Cell {
            input: self.name.clone(),
            row: self.rows + row as u64 + 1,
            line: None,
            column: column.to_owned(),
            value,
            rule: rule.to_owned(),
            hint,
        }))
    }
}
