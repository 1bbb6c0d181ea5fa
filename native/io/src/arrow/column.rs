//! A column of a batch in the shape in which its numbers can be copied.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, GenericListArray, OffsetSizeTrait, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, Field};

use crate::arrow::contained;
use crate::arrow::frames::{Fault, damage};
use crate::arrow::number::{copy, numbers};
use crate::cell::Growing;

/// A column ready to be copied.
pub(crate) enum Column {
    /// One number a row.
    Plain(ArrayRef),
    /// `size` numbers a row, one row after the other.
    Vectors { values: ArrayRef, size: usize, nulls: Option<NullBuffer> },
}

/// Why a column cannot be made ready.
pub(crate) enum Unready {
    /// The list of a row, counted from 0, has this length and another is needed.
    Length {
        row: usize,
        length: usize,
    },
    Fault(Fault),
}

impl From<ArrowError> for Unready {
    fn from(error: ArrowError) -> Self {
        Self::Fault(damage(crate::arrow::brief(&error)))
    }
}

impl Column {
    /// `size` is how many elements of it are columns, where there are any.
    pub(crate) fn of(array: &ArrayRef, size: Option<usize>) -> Result<Self, Unready> {
        let Some(size) = size else { return Ok(Self::Plain(contained(|| numbers(array))?)) };
        let wanted = list_lengths(array.as_ref()).map(|length| length.unwrap_or(size));
        if let Some((row, length)) = wanted.enumerate().find(|(_, length)| *length != size) {
            return Err(Unready::Length { row, length });
        }
        let fixed = match array.data_type() {
            DataType::List(element) | DataType::LargeList(element) => {
                let element = Arc::new(Field::new("item", element.data_type().clone(), true));
                let kind = DataType::FixedSizeList(element, size as i32);
                contained(|| arrow_cast::cast(array, &kind))?
            }
            _ => Arc::clone(array),
        };
        let list = fixed.as_fixed_size_list();
        // The list may be a part of a longer one, of which the values are not cut.
        let values = contained(|| Ok(list.values().slice(list.offset() * size, list.len() * size)))?;
        let values = contained(|| numbers(&values))?;
        Ok(Self::Vectors {
            values,
            size,
            nulls: list.nulls().filter(|nulls| nulls.null_count() > 0).cloned(),
        })
    }

    pub(crate) fn is_null(&self, element: Option<usize>, row: usize) -> bool {
        match (self, element) {
            (Self::Plain(array), _) => array.is_null(row),
            (Self::Vectors { values, size, nulls }, element) => {
                let at = row * size + element.unwrap_or_default();
                nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) || values.is_null(at)
            }
        }
    }

    /// Writes a number of each row from `from` on to every `stride`-th place of `into` from `slot` on, NaN for what is
    /// null; whether all of them are finite comes back.
    pub(crate) fn copy(
        &self,
        element: Option<usize>,
        from: usize,
        into: &mut [f64],
        stride: usize,
        slot: usize,
    ) -> bool {
        match self {
            Self::Plain(array) => copy(array.as_ref(), (from, 1), into, (slot, stride)),
            Self::Vectors { values, size, nulls } => {
                let start = from * size + element.unwrap_or_default();
                let mut finite = copy(values.as_ref(), (start, *size), into, (slot, stride));
                for (index, row) in into.chunks_exact_mut(stride).enumerate() {
                    if nulls.as_ref().is_some_and(|nulls| nulls.is_null(from + index)) {
                        row[slot] = f64::NAN;
                        finite = false;
                    }
                }
                finite
            }
        }
    }

    /// Appends all its vectors as they are, where that is what copying them would do and all numbers are finite.
    pub(crate) fn append_whole(&self, into: &mut Growing) -> bool {
        let Self::Vectors { values, nulls: None, .. } = self else { return false };
        if values.null_count() > 0 {
            return false;
        }
        match (into, values.data_type()) {
            (Growing::F32(into), DataType::Float32) => {
                let values = values.as_primitive::<Float32Type>().values();
                all(values, f32::is_finite) && extend(into, values)
            }
            (Growing::F64(into), DataType::Float64) => {
                let values = values.as_primitive::<Float64Type>().values();
                all(values, f64::is_finite) && extend(into, values)
            }
            (Growing::F32(_) | Growing::F64(_), _) => false,
        }
    }
}

/// In blocks without an early end, which are compiled to vector instructions.
fn all<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> bool {
    values.chunks(1024).all(|block| block.iter().fold(true, |so_far, &value| so_far & holds(value)))
}

fn extend<T: Copy>(into: &mut Vec<T>, values: &[T]) -> bool {
    into.extend_from_slice(values);
    true
}

/// How long the list of each row is; `None` where there is none. Nothing for arrays whose type tells.
pub(crate) fn list_lengths(array: &dyn Array) -> Box<dyn Iterator<Item = Option<usize>> + '_> {
    fn of<O: OffsetSizeTrait>(list: &GenericListArray<O>) -> Box<dyn Iterator<Item = Option<usize>> + '_> {
        Box::new((0..list.len()).map(|row| list.is_valid(row).then(|| list.value_length(row).as_usize())))
    }
    match array.data_type() {
        DataType::List(_) => of(array.as_list::<i32>()),
        DataType::LargeList(_) => of(array.as_list::<i64>()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Copies numbers of a primitive array: from `(start, step)` in it to `(slot, stride)` in `into`.
pub(crate) fn copy_typed<T: ArrowPrimitiveType>(
    column: &PrimitiveArray<T>,
    (start, step): (usize, usize),
    into: &mut [f64],
    (slot, stride): (usize, usize),
    widen: impl Fn(T::Native) -> f64,
) -> bool {
    let values = column.values().get(start..).unwrap_or_default();
    let mut finite = true;
    if step == 1 {
        for (row, &value) in into.chunks_exact_mut(stride).zip(values) {
            row[slot] = widen(value);
            finite &= row[slot].is_finite();
        }
    } else {
        for (row, &value) in into.chunks_exact_mut(stride).zip(values.iter().step_by(step)) {
            row[slot] = widen(value);
            finite &= row[slot].is_finite();
        }
    }
    let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) else { return finite };
    // What stands under a null is arbitrary.
    for (index, row) in into.chunks_exact_mut(stride).enumerate() {
        if nulls.is_null(start + index * step) {
            row[slot] = f64::NAN;
            finite = false;
        }
    }
    finite
}
