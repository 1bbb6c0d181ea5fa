//! Arrow columns of numbers as f64.

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::DataType;

use crate::columns::Nature;

/// What a column of this type holds.
pub(crate) fn nature(kind: &DataType) -> Nature {
    match kind {
        DataType::Null => Nature::Empty { all: true },
        kind if kind.is_integer() || kind.is_floating() => Nature::Numeric,
        kind => Nature::Typed(name(kind)),
    }
}

/// Whether every value of this type is exactly an f32: floats up to 32 bits, integers up to 16 (an f32 has 24).
pub(crate) fn fits_f32(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Float16
            | DataType::Float32
            | DataType::Int8
            | DataType::Int16
            | DataType::UInt8
            | DataType::UInt16
    )
}

/// What a type is called in messages.
pub(crate) fn name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "utf8".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Dictionary(_, value) => format!("a dictionary of {}", name(value)),
        DataType::Timestamp(_, Some(zone)) if zone.parse::<Tz>().is_err() => {
            format!("a timestamp in the unknown time zone \"{}\"", crate::error::shown(zone))
        }
        DataType::Timestamp(_, _) => "a timestamp".to_owned(),
        DataType::Date32 | DataType::Date64 => "a date".to_owned(),
        DataType::List(_) | DataType::LargeList(_) | DataType::ListView(_) | DataType::LargeListView(_) => {
            "a list".to_owned()
        }
        DataType::FixedSizeList(_, size) => format!("a list of {size}"),
        DataType::Struct(_) => "a struct".to_owned(),
        DataType::Decimal32(_, _)
        | DataType::Decimal64(_, _)
        | DataType::Decimal128(_, _)
        | DataType::Decimal256(_, _) => "a decimal, which is not read yet".to_owned(),
        other => {
            let text = other.to_string().to_lowercase();
            crate::error::shown(&text)
        }
    }
}

/// Writes rows `from..from + into.len() / stride` of a column to every `stride`-th place of `into` from `slot` on, NaN
/// for what is null; whether all of them are finite comes back.
pub(crate) fn copy(column: &dyn Array, from: usize, into: &mut [f64], stride: usize, slot: usize) -> bool {
    macro_rules! by_type {
        ($($kind:ident => $native:ident),*) => {
            match column.data_type() {
                $(DataType::$kind => {
                    typed(column.as_primitive::<$native>(), from, into, stride, slot, |value| value.into())
                })*
                DataType::Int64 => {
                    typed(column.as_primitive::<Int64Type>(), from, into, stride, slot, |value| value as f64)
                }
                DataType::UInt64 => {
                    typed(column.as_primitive::<UInt64Type>(), from, into, stride, slot, |value| value as f64)
                }
                DataType::Float16 => {
                    typed(column.as_primitive::<Float16Type>(), from, into, stride, slot, |value| value.to_f64())
                }
                // Only columns whose nature is numeric, or empty and then null throughout, are asked for.
                _ => {
                    into.chunks_exact_mut(stride).for_each(|row| row[slot] = f64::NAN);
                    into.is_empty()
                }
            }
        };
    }
    by_type!(
        Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type,
        Float32 => Float32Type, Float64 => Float64Type
    )
}

fn typed<T: ArrowPrimitiveType>(
    column: &PrimitiveArray<T>,
    from: usize,
    into: &mut [f64],
    stride: usize,
    slot: usize,
    widen: impl Fn(T::Native) -> f64,
) -> bool {
    let values = &column.values()[from..];
    let mut finite = true;
    for (row, &value) in into.chunks_exact_mut(stride).zip(values) {
        row[slot] = widen(value);
        finite &= row[slot].is_finite();
    }
    let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) else { return finite };
    // What stands under a null is arbitrary.
    for (index, row) in into.chunks_exact_mut(stride).enumerate() {
        if nulls.is_null(from + index) {
            row[slot] = f64::NAN;
            finite = false;
        }
    }
    finite
}
