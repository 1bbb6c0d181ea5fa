//! An Arrow file or stream as a table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_schema::{DataType, SchemaRef};

use crate::arrow::decode::Batches;
use crate::arrow::frames::{Fault, Frames};
use crate::arrow::number::{copy, fits_f32, nature};
use crate::arrow::{brief, contained};
use crate::categories::{self, Categories};
use crate::cell::{self, Cells, Growing};
use crate::columns::Profile;
use crate::convert::push_texts;
use crate::csv::number::is_missing;
use crate::error::{Cell, Error, shown};
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
        let truth = cells.truth.as_ref().map(|truth| truth.column);
        self.batches.projection =
            Some(cells.wanted.iter().copied().chain(cells.weight).chain(truth).collect());
    }

    /// Appends the next batch's rows; `None` at the end.
    pub(crate) fn fill(&mut self, cells: &mut Cells) -> Result<Option<RecordBatch>, Error> {
        let Some(batch) = self.batches.next().map_err(|fault| fault.into_error(&self.name))? else {
            return Ok(None);
        };
        let projected = self.batches.projection.is_some();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (order, &column) in cells.wanted.iter().chain(&cells.weight).enumerate() {
            columns.push(Arc::clone(batch.column(if projected { order } else { column })));
        }
        for (order, column) in columns.iter_mut().enumerate() {
            let place = cells.wanted.get(order).copied();
            if let (Some(place), Some(categories)) = (place, cells.categories(order)) {
                *column = self.codes(column, categories, place)?;
            }
        }
        if let Some(truth) = &mut cells.truth {
            let place = if projected { columns.len() } else { truth.column };
            push_texts(&self.name, batch.column(place), truth)?;
        }
        self.append(&columns, batch.num_rows(), cells)?;
        self.rows += batch.num_rows() as u64;
        Ok(Some(batch))
    }

    /// The texts of a column as codes.
    fn codes(&self, column: &ArrayRef, categories: &mut Categories, place: usize) -> Result<ArrayRef, Error> {
        let name = &self.names[place];
        let texts = contained(|| arrow_cast::cast(column, &DataType::Utf8)).map_err(|error| {
            Error::at(&self.name, format!("column \"{}\" makes no texts ({})", shown(name), brief(&error)))
        })?;
        let mut codes = Vec::with_capacity(texts.len());
        for text in texts.as_string::<i32>() {
            codes.push(
                match text.map(|text| text.trim_ascii().as_bytes()).filter(|text| !is_missing(text)) {
                    None => None,
                    Some(text) => match categories.code(text) {
                        Some(code) => Some(code),
                        None => return Err(categories::too_many(&self.name, name)),
                    },
                },
            );
        }
        Ok(Arc::new(UInt32Array::from(codes)))
    }

    /// The weight, where there is one, is the last column.
    fn append(&self, columns: &[ArrayRef], rows: usize, cells: &mut Cells) -> Result<(), Error> {
        let (stride, wanted) = (columns.len(), cells.wanted.len());
        let mut block = vec![0.0; stride * BLOCK.min(rows)];
        let mut from = 0;
        while from < rows && stride > 0 {
            let count = BLOCK.min(rows - from);
            let block = &mut block[..count * stride];
            let mut finite = true;
            for (slot, column) in columns.iter().enumerate() {
                finite &= copy(column.as_ref(), from, block, stride, slot);
            }
            let lacking = if finite { 0 } else { self.settle(columns, from, block, cells)? };
            if cells.weight.is_some() {
                for (row, cell) in block.chunks_exact(stride).enumerate() {
                    cells.add_weight(cell[wanted], self.rows + (from + row) as u64 + 1, None, &self.name)?;
                }
            }
            let narrow =
                |row: &[f64], values: &mut Vec<f32>| values.extend(row.iter().map(|&value| value as f32));
            match &mut cells.values {
                Growing::F64(values) if stride == wanted => values.extend_from_slice(block),
                Growing::F64(values) => {
                    block.chunks_exact(stride).for_each(|row| values.extend_from_slice(&row[..wanted]));
                }
                Growing::F32(values) => {
                    block.chunks_exact(stride).for_each(|row| narrow(&row[..wanted], values))
                }
            }
            cells.end_rows(count, lacking);
            from += count;
        }
        if stride == 0 {
            cells.end_rows(rows, 0);
        }
        Ok(())
    }

    /// Looks at every cell of a block that is not finite; how many rows have a missing one comes back.
    fn settle(
        &self,
        columns: &[ArrayRef],
        from: usize,
        block: &[f64],
        cells: &mut Cells,
    ) -> Result<usize, Error> {
        let mut lacking = 0;
        for (index, row) in block.chunks_exact(columns.len()).enumerate() {
            let mut whole = true;
            for (slot, &value) in row.iter().enumerate() {
                if value.is_finite() {
                    continue;
                }
                let null = value.is_nan() && columns[slot].is_null(from + index);
                let refused = |cells: &Cells| self.refused(from + index, slot, null, value, cells);
                if value.is_nan() && slot < cells.wanted.len() {
                    cells.lacks(refused)?;
                    whole = false;
                } else {
                    return Err(refused(cells));
                }
            }
            lacking += usize::from(!whole);
        }
        Ok(lacking)
    }

    fn refused(&self, row: usize, slot: usize, null: bool, value: f64, cells: &Cells) -> Error {
        let column = cells.names.get(slot).unwrap_or(&cells.weight_name);
        let (value, rule) = match value {
            _ if null => (None, cell::NULL),
            value if value.is_nan() => (Some("NaN".to_owned()), cell::MISSING),
            value => (Some(value.to_string()), cell::INFINITE),
        };
        let hint =
            (rule != cell::INFINITE && slot < cells.wanted.len()).then(|| cells.purpose.advice(column));
        Error::Cell(Box::new(Cell {
            input: self.name.clone(),
            row: self.rows + row as u64 + 1,
            line: None,
            column: column.to_owned(),
            value,
            rule: rule.to_owned(),
            missing: None,
            hint,
        }))
    }
}
