//! Record batches as a table.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_schema::{DataType, SchemaRef};

use crate::arrow::column::{Column, Unready};
use crate::arrow::decode::Batches;
use crate::arrow::frames::{Fault, Frames};
use crate::arrow::leaves::{Leaf, Leaves, measured, unmeasured};
use crate::arrow::number::fits_f32;
use crate::arrow::prefetch::Prefetched;
use crate::arrow::records::{Peeked, Records, Unopened};
use crate::categories::{self, Categories};
use crate::cell::{self, Cells, Growing, Purpose};
use crate::convert::each_text;
use crate::error::{Cell, Error, shown};
use crate::format::Format;
use crate::lead::Lead;
use crate::npy::{self, Spread};
use crate::parquet::ParquetRecords;
use crate::place::Place;
use crate::source::Source;

/// Numbers that are turned from columns into rows at a time: 32768 of f64 fit into a 256 KiB cache.
const BLOCK: usize = 32_768;
/// Rows of such a block.
const FEWEST: usize = 64;
const MOST: usize = 4096;

/// Record batches being read as a table.
pub(crate) struct ArrowTable {
    name: String,
    records: Box<dyn Records>,
    leaves: Leaves,
    /// The lengths of lists, by column, where only the rows told them.
    lengths: Vec<Option<usize>>,
    /// The first batch, where it had to be read to know the columns of numbers.
    first: Option<RecordBatch>,
    projection: Option<Vec<usize>>,
    spread: Option<Spread>,
    place: Option<Place>,
    pub(crate) names: Vec<String>,
    rows: u64,
}

impl ArrowTable {
    pub(crate) fn open(source: Source, format: Format) -> Result<Self, Error> {
        let name = source.name.clone();
        let opened = opened(source, format).map_err(|fault| match fault {
            Unopened::Fault(fault) => fault.into_error(&name),
            Unopened::Error(error) => error,
        });
        let Opened { mut records, place, spread } = opened?;
        let measured = measure(records.as_mut()).map_err(|fault| fault.into_error(&name))?;
        let (lengths, first) = measured;
        let schema = records.schema();
        let leaves =
            Leaves::of(schema, &lengths, spread.is_some()).map_err(|fault| fault.into_error(&name))?;
        let names = match &spread {
            Some(_) => leaves.names.clone(),
            None => schema.fields().iter().map(|field| field.name().clone()).collect(),
        };
        Ok(Self { name, records, leaves, lengths, first, projection: None, spread, place, names, rows: 0 })
    }

    pub(crate) fn into_place(self) -> Option<Place> {
        self.place
    }

    /// Rows that were read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Of the table as it is passed on.
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.spread.as_ref().map_or_else(|| self.records.schema(), Spread::schema)
    }

    /// The columns of numbers, and what else there is.
    pub(crate) fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// The table's column, as it is passed on, that holds a column of numbers.
    pub(crate) fn column(&self, leaf: usize) -> usize {
        if self.spread.is_some() { leaf } else { self.leaves.all[leaf].column }
    }

    /// Whether every one of these columns is exactly f32.
    pub(crate) fn is_narrow(&self, columns: &[usize]) -> bool {
        let schema = self.records.schema();
        columns.iter().all(|&leaf| fits_f32(schema.field(self.leaves.all[leaf].column).data_type()))
    }

    /// Decodes only what `cells` wants.
    pub(crate) fn project(&mut self, cells: &Cells) {
        let truth = cells.truth.as_ref().map(|truth| &truth.column);
        let wanted = cells.wanted.iter().chain(&cells.weight).chain(truth);
        let mut columns: Vec<usize> = wanted.map(|&leaf| self.leaves.all[leaf].column).collect();
        columns.sort_unstable();
        columns.dedup();
        self.records.project(&columns);
        self.projection = Some(columns);
    }

    /// Appends the next batch's rows; `None` at the end. The batch itself is whole only without a projection.
    pub(crate) fn fill(&mut self, cells: &mut Cells, pass: bool) -> Result<Option<RecordBatch>, Error> {
        let first = self.first.take();
        let projection = if first.is_some() { None } else { self.projection.clone() };
        let next = first.map_or_else(|| self.records.next(), |batch| Ok(Some(batch)));
        let Some(batch) = next.map_err(|fault| fault.into_error(&self.name))? else {
            return Ok(None);
        };
        let ready = self.ready(&batch, projection.as_deref(), cells)?;
        if let Some(truth) = &mut cells.truth {
            let column = self.leaves.all[truth.column].column;
            let array = self.array(&batch, projection.as_deref(), column)?;
            each_text(&self.name, array, "the column of known classes", |text| match text {
                Some(text) => truth.push(text),
                None => truth.push_missing(),
            })?;
        }
        self.append(&ready, batch.num_rows(), cells)?;
        self.rows += batch.num_rows() as u64;
        match &self.spread {
            Some(spread) if pass => {
                spread.batch(&batch).map(Some).map_err(|fault| fault.into_error(&self.name))
            }
            _ => Ok(Some(batch)),
        }
    }

    /// The wanted columns of a batch, and the weight as the last.
    fn ready(
        &self,
        batch: &RecordBatch,
        projection: Option<&[usize]>,
        cells: &mut Cells,
    ) -> Result<Ready, Error> {
        let mut ready = Ready::default();
        let mut made = HashMap::new();
        let wanted: Vec<usize> = cells.wanted.iter().copied().chain(cells.weight).collect();
        for (slot, &wanted) in wanted.iter().enumerate() {
            let Leaf { column, element } = self.leaves.all[wanted];
            let array = self.array(batch, projection, column)?;
            if slot < cells.wanted.len()
                && let Some(categories) = cells.categories(slot)
            {
                let codes = self.codes(array, categories, wanted)?;
                ready.slots.push((ready.columns.len(), None));
                ready.columns.push(Column::Plain(codes));
                continue;
            }
            let order = match made.entry(column) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let size = element.map(|_| self.size(column));
                    ready
                        .columns
                        .push(Column::of(array, size).map_err(|unready| self.unready(unready, column))?);
                    *entry.insert(ready.columns.len() - 1)
                }
            };
            ready.slots.push((order, element));
        }
        Ok(ready)
    }

    /// A column of a batch that has only those of the projection.
    fn array<'a>(
        &self,
        batch: &'a RecordBatch,
        projection: Option<&[usize]>,
        column: usize,
    ) -> Result<&'a ArrayRef, Error> {
        let place = projection.map_or(column, |columns| columns.partition_point(|&each| each < column));
        batch.columns().get(place).ok_or_else(|| Error::about(&self.name, "lacks a column"))
    }

    fn size(&self, column: usize) -> usize {
        match self.records.schema().field(column).data_type() {
            DataType::FixedSizeList(_, size) => *size as usize,
            _ => self.lengths.get(column).copied().flatten().unwrap_or_default(),
        }
    }

    fn unready(&self, unready: Unready, column: usize) -> Error {
        match unready {
            Unready::Fault(fault) => fault.into_error(&self.name),
            Unready::Length { row, length } => {
                let (row, size) = (self.rows + row as u64 + 1, self.size(column));
                let name = shown(self.records.schema().field(column).name());
                let numbers = if length == 1 { "number" } else { "numbers" };
                Error::at(
                    &self.name,
                    format!(
                        "row {row}, column \"{name}\": a list of {length} {numbers}, and the first has {size}"
                    ),
                )
                .advise(Some("the lists of a column that is used must all have one length".to_owned()))
            }
        }
    }

    /// The texts of a column as codes.
    fn codes(&self, column: &ArrayRef, categories: &mut Categories, place: usize) -> Result<ArrayRef, Error> {
        let name = &self.leaves.names[place];
        let mut codes = Vec::with_capacity(column.len());
        let mut too_many = false;
        each_text(&self.name, column, &format!("column \"{}\"", shown(name)), |text| {
            let code = text.map_or(Ok(None), |text| categories.read(text));
            too_many |= code.is_err();
            codes.push(code.ok().flatten());
        })?;
        if too_many {
            return Err(categories::too_many(&self.name, name));
        }
        Ok(Arc::new(UInt32Array::from(codes)))
    }

    fn append(&self, ready: &Ready, rows: usize, cells: &mut Cells) -> Result<(), Error> {
        if ready.append_whole(cells) {
            cells.end_rows(rows, 0);
            return Ok(());
        }
        let (stride, wanted) = (ready.slots.len(), cells.wanted.len());
        let most = (BLOCK / stride.max(1)).clamp(FEWEST, MOST);
        let mut block = vec![0.0; stride * most.min(rows)];
        let mut from = 0;
        while from < rows && stride > 0 {
            let count = most.min(rows - from);
            let block = &mut block[..count * stride];
            let mut finite = true;
            for (slot, &(column, element)) in ready.slots.iter().enumerate() {
                finite &= ready.columns[column].copy(element, from, block, stride, slot);
            }
            let lacking = if finite { 0 } else { self.settle(ready, from, block, cells)? };
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
                Growing::F32(values) if stride == wanted => narrow(block, values),
                Growing::F32(values) => {
                    block.chunks_exact(stride).for_each(|row| narrow(&row[..wanted], values));
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
    fn settle(&self, ready: &Ready, from: usize, block: &[f64], cells: &mut Cells) -> Result<usize, Error> {
        let mut lacking = 0;
        for (index, row) in block.chunks_exact(ready.slots.len()).enumerate() {
            let mut whole = true;
            for (slot, &value) in row.iter().enumerate() {
                if value.is_finite() {
                    continue;
                }
                let null = value.is_nan() && ready.is_null(slot, from + index);
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
        let advice = if rule == cell::INFINITE { Purpose::advice_on_value } else { Purpose::advice };
        let hint = (slot < cells.wanted.len()).then(|| advice(cells.purpose, column));
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

/// The columns that a batch is to give, in the order of a row.
#[derive(Default)]
struct Ready {
    columns: Vec<Column>,
    /// For each number of a row its column and, of a vector, its element.
    slots: Vec<(usize, Option<usize>)>,
}

impl Ready {
    fn is_null(&self, slot: usize, row: usize) -> bool {
        let (column, element) = self.slots[slot];
        self.columns[column].is_null(element, row)
    }

    /// Copies the vectors of the only column at once, if a row is one of them and nothing else.
    fn append_whole(&self, cells: &mut Cells) -> bool {
        let [column @ Column::Vectors { size, .. }] = self.columns.as_slice() else { return false };
        let in_order = || self.slots.iter().enumerate().all(|(slot, &(_, element))| element == Some(slot));
        *size == self.slots.len()
            && cells.weight.is_none()
            && in_order()
            && column.append_whole(&mut cells.values)
    }
}

struct Opened {
    records: Box<dyn Records>,
    place: Option<Place>,
    spread: Option<Spread>,
}

fn opened(source: Source, format: Format) -> Result<Opened, Unopened> {
    let mut spread = None;
    let (records, place): (Box<dyn Records>, _) = match (format, source.lead) {
        (Format::Parquet, _) => {
            let (bytes, place) = source.into_positioned()?;
            (Box::new(ParquetRecords::open(bytes)?), place)
        }
        (Format::Npy, _) => {
            let (records, place) = npy::open(source)?;
            spread = Spread::of(records.schema());
            (records, place)
        }
        (_, Lead::ArrowFile) => {
            let (reader, place) = source.into_seekable()?;
            let (frames, footer) = Frames::of_file(reader)?;
            (Box::new(Prefetched::new(Box::new(Batches::of_file(frames, &footer)?))), place)
        }
        _ => {
            let place = source.share_place()?;
            (Box::new(Batches::of_stream(Frames::Stream(Box::new(source)))?), place)
        }
    };
    Ok(Opened { records, place, spread })
}

/// How long the lists are whose type does not tell, and the first batch if it had to be read for that.
fn measure(records: &mut dyn Records) -> Result<(Vec<Option<usize>>, Option<RecordBatch>), Fault> {
    let schema = Arc::clone(records.schema());
    let lists = unmeasured(&schema);
    if lists.is_empty() {
        return Ok((Vec::new(), None));
    }
    Ok(match records.peek(&lists)? {
        Peeked::Ahead(batch) => (measured(&schema, &batch, &lists, |order| order), None),
        Peeked::Taken(None) => (Vec::new(), None),
        Peeked::Taken(Some(batch)) => (measured(&schema, &batch, &lists, |order| lists[order]), Some(batch)),
    })
}
