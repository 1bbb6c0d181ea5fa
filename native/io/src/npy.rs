//! Arrays of `NumPy`.

use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, FixedSizeListArray, RecordBatch, UInt64Array, make_array};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use crate::arrow::frames::{Fault, damage};
use crate::arrow::records::{Records, Unopened};
use crate::arrow::{brief, contained};
use crate::csv::split::WIDEST;
use crate::pipe::CHUNK;
use crate::place::Place;
use crate::positioned::Positioned;
use crate::source::Source;

/// A header beyond this describes no plain array.
const LONGEST_HEADER: usize = 64 << 10;
/// Bytes that are read of all columns together where each column is a run of its own.
const SHEAF: u64 = 4 << 20;
/// The same where so many columns would get runs of less than 1024 numbers.
const LARGEST_SHEAF: u64 = 64 << 20;

/// What an array's header says.
struct Header {
    /// Bytes before the numbers.
    length: u64,
    rows: u64,
    columns: usize,
    kind: DataType,
    /// Bytes of a number.
    size: usize,
    /// Whether the bytes of a number stand in the other order.
    swapped: bool,
    /// Whether a column is a run of numbers, and not a row.
    by_column: bool,
}

/// The array of a source, whose rows or columns are runs of numbers.
pub(crate) fn open(mut source: Source) -> Result<(Box<dyn Records>, Option<Place>), Unopened> {
    let (header, text) = Header::read(&mut source)?;
    if header.by_column {
        source.put_back(text);
        let (bytes, place) = source.into_positioned()?;
        return Ok((Box::new(ByColumn::new(header, bytes)?), place));
    }
    if source.length.is_some_and(|length| length < header.end()) {
        return Err(damage("it ends early").into());
    }
    let place = source.share_place()?;
    Ok((Box::new(ByRow::new(header, source)), place))
}

impl Header {
    /// Its bytes come back too.
    fn read(source: &mut Source) -> Result<(Self, Vec<u8>), Fault> {
        let mut start = vec![0; 8];
        source.read_exact(&mut start)?;
        let wide = start[6] > 1;
        let mut length = [0; 4];
        source.read_exact(&mut length[..if wide { 4 } else { 2 }])?;
        let text = u32::from_le_bytes(length) as usize;
        if text > LONGEST_HEADER {
            return Err(damage("its header is too long"));
        }
        start.extend_from_slice(&length[..if wide { 4 } else { 2 }]);
        let begin = start.len();
        start.resize(begin + text, 0);
        source.read_exact(&mut start[begin..])?;
        // A plain array's header has one of each of these; others would send the parser down level by level.
        let count = |sign: u8| memchr::memchr_iter(sign, &start[begin..]).count();
        if count(b'[') > 0 || count(b'{') > 1 {
            return Err(unread(
                "holds records with fields",
                "give each field a column of an array of its own",
            ));
        }
        if count(b'(') > 1 {
            return Err(damage("its header makes no sense"));
        }
        let header = contained(|| {
            NpyHeader::from_reader(Cursor::new(&start))
                .map_err(|error| ArrowError::ParseError(error.to_string()))
        });
        let header = header.map_err(|_| {
            let objects = start[begin..].windows(4).any(|part| part == b"'|O'");
            if objects { unread("holds Python objects", TYPED) } else { damage("its header makes no sense") }
        })?;
        Ok((Self::of(&header, start.len() as u64)?, start))
    }

    fn of(header: &NpyHeader, length: u64) -> Result<Self, Fault> {
        let DType::Plain(told) = header.dtype() else {
            return Err(unread(
                "holds records with fields",
                "give each field a column of an array of its own",
            ));
        };
        let (rows, columns) = match *header.shape() {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            ref shape => {
                let (count, s) = (shape.len(), if shape.len() == 1 { "" } else { "s" });
                let what = format!("is an array of {count} dimension{s}, and a table has 2");
                return Err(Fault::Unread { what, hint: Some("save it as a.reshape(len(a), -1)") });
            }
        };
        let columns = usize::try_from(columns).ok().filter(|&columns| columns <= WIDEST);
        let columns = columns.ok_or_else(|| damage(format!("it has more than {WIDEST} columns")))?;
        let (kind, size) = (number(&told)?, told.size_field() as usize);
        let swapped = match told.endianness() {
            Endianness::Little => cfg!(target_endian = "big"),
            Endianness::Big => cfg!(target_endian = "little"),
            Endianness::Irrelevant => false,
        };
        let total = rows.checked_mul(columns as u64).and_then(|count| count.checked_mul(size as u64));
        if total.and_then(|total| total.checked_add(length)).is_none_or(|end| end > i64::MAX as u64) {
            return Err(damage("its shape is impossible"));
        }
        let by_column = header.order() == Order::Fortran && columns > 1 && rows > 1;
        Ok(Self { length, rows, columns, kind, size, swapped, by_column })
    }

    /// Where the numbers end.
    fn end(&self) -> u64 {
        self.length + self.rows * (self.columns * self.size) as u64
    }

    /// Some of the numbers.
    fn array(&self, mut bytes: MutableBuffer) -> Result<ArrayRef, Fault> {
        if self.swapped {
            bytes.as_slice_mut().chunks_exact_mut(self.size).for_each(<[u8]>::reverse);
        }
        let count = bytes.len() / self.size;
        let data = ArrayData::builder(self.kind.clone()).len(count).add_buffer(Buffer::from(bytes));
        contained(|| Ok(make_array(data.build()?))).map_err(|error| damage(brief(&error)))
    }
}

const TYPED: &str = "save it as a.astype(float)";

fn number(kind: &TypeStr) -> Result<DataType, Fault> {
    Ok(match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 2) => DataType::Float16,
        (TypeChar::Float, 4) => DataType::Float32,
        (TypeChar::Float, 8) => DataType::Float64,
        (TypeChar::Int, 1) => DataType::Int8,
        (TypeChar::Int, 2) => DataType::Int16,
        (TypeChar::Int, 4) => DataType::Int32,
        (TypeChar::Int, 8) => DataType::Int64,
        (TypeChar::Uint | TypeChar::Bool, 1) => DataType::UInt8,
        (TypeChar::Uint, 2) => DataType::UInt16,
        (TypeChar::Uint, 4) => DataType::UInt32,
        (TypeChar::Uint, 8) => DataType::UInt64,
        _ => {
            let what = format!("holds values of the type {kind}, and only numbers of up to 64 bits are read");
            return Err(Fault::Unread { what, hint: Some(TYPED) });
        }
    })
}

fn unread(what: &str, hint: &'static str) -> Fault {
    Fault::Unread { what: format!("{what}, and only arrays of numbers are read"), hint: Some(hint) }
}

fn names(columns: usize) -> impl Iterator<Item = String> {
    (1..=columns).map(|number| format!("x{number}"))
}

/// Rows as vectors of one column, one after the other.
struct ByRow {
    header: Header,
    source: Source,
    schema: SchemaRef,
    read: u64,
}

impl ByRow {
    fn new(header: Header, source: Source) -> Self {
        let element = Arc::new(Field::new("item", header.kind.clone(), false));
        let vectors = DataType::FixedSizeList(element, header.columns as i32);
        let schema = Arc::new(Schema::new(vec![Field::new("x", vectors, false)]));
        Self { header, source, schema, read: 0 }
    }
}

impl Records for ByRow {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn project(&mut self, _: &[usize]) {}

    fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let Header { rows, columns, size, .. } = self.header;
        let width = columns * size;
        if self.read == rows || width == 0 {
            let more = self.source.read(&mut [0])?;
            return if more == 0 {
                Ok(None)
            } else {
                Err(unread("has more after its first array", "save one array in each file"))
            };
        }
        let count = (rows - self.read).min((CHUNK / width).max(1) as u64) as usize;
        let mut bytes = MutableBuffer::from_len_zeroed(count * width);
        self.source.read_exact(bytes.as_slice_mut())?;
        self.read += count as u64;
        let values = self.header.array(bytes)?;
        let DataType::FixedSizeList(element, size) = self.schema.field(0).data_type() else {
            return Ok(None);
        };
        let batch = contained(|| {
            let vectors = FixedSizeListArray::try_new(Arc::clone(element), *size, values, None)?;
            RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(vectors)])
        });
        batch.map(Some).map_err(|error| damage(brief(&error)))
    }
}

/// Columns that are a run of numbers each.
struct ByColumn {
    header: Header,
    bytes: Positioned,
    schema: SchemaRef,
    wanted: Vec<usize>,
    read: u64,
}

impl ByColumn {
    fn new(header: Header, bytes: Positioned) -> Result<Self, Fault> {
        if bytes.length() < header.end() {
            return Err(damage("it ends early"));
        }
        if bytes.length() > header.end() {
            return Err(unread("has more after its first array", "save one array in each file"));
        }
        let fields: Vec<Field> =
            names(header.columns).map(|name| Field::new(name, header.kind.clone(), false)).collect();
        let wanted = (0..header.columns).collect();
        Ok(Self { header, bytes, schema: Arc::new(Schema::new(fields)), wanted, read: 0 })
    }

    fn column(&self, column: usize, count: usize) -> Result<ArrayRef, Fault> {
        let Header { length, rows, size, .. } = self.header;
        let mut bytes = MutableBuffer::from_len_zeroed(count * size);
        let at = length + (column as u64 * rows + self.read) * size as u64;
        let read = self.bytes.read_exact_at(bytes.as_slice_mut(), at);
        read.map_err(|error| self.bytes.failure().unwrap_or(error))?;
        self.header.array(bytes)
    }
}

impl Records for ByColumn {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn project(&mut self, columns: &[usize]) {
        self.wanted = columns.to_vec();
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let width = (self.wanted.len() * self.header.size).max(1) as u64;
        let most = (SHEAF / width).max(1024).min((LARGEST_SHEAF / width).max(1));
        let count = (self.header.rows - self.read).min(most) as usize;
        if count == 0 {
            return Ok(None);
        }
        let columns =
            self.wanted.iter().map(|&column| self.column(column, count)).collect::<Result<Vec<_>, _>>()?;
        self.read += count as u64;
        let batch = contained(|| RecordBatch::try_new(Arc::new(self.schema.project(&self.wanted)?), columns));
        batch.map(Some).map_err(|error| damage(brief(&error)))
    }
}

/// Vectors of the only column as columns of their own, x1, x2, …, for those who pass them on.
pub(crate) struct Spread {
    schema: SchemaRef,
}

impl Spread {
    /// `None` where the columns are such already.
    pub(crate) fn of(schema: &Schema) -> Option<Self> {
        let DataType::FixedSizeList(element, size) = schema.fields().first()?.data_type() else {
            return None;
        };
        let field = |name| Field::new(name, element.data_type().clone(), false);
        let fields: Vec<Field> = names(usize::try_from(*size).ok()?).map(field).collect();
        Some(Self { schema: Arc::new(Schema::new(fields)) })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch, Fault> {
        let (values, size) = (batch.column(0).as_fixed_size_list().values(), self.schema.fields().len());
        let column = |element: usize| {
            let places = UInt64Array::from_iter_values((element as u64..values.len() as u64).step_by(size));
            arrow_select::take::take(values.as_ref(), &places, None)
        };
        let spread = contained(|| {
            let columns = (0..size).map(column).collect::<Result<Vec<_>, _>>()?;
            RecordBatch::try_new(Arc::clone(&self.schema), columns)
        });
        spread.map_err(|error| damage(brief(&error)))
    }
}
