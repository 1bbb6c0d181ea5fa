//! Arrow columns of numbers as f64.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Float64Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use crate::arrow::column::copy_typed;
use crate::columns::Nature;

/// What a column of this type holds.
pub(crate) fn nature(kind: &DataType) -> Nature {
    match kind {
        DataType::Null => Nature::Empty { all: true },
        kind if kind.is_integer() || kind.is_floating() || kind.is_decimal() => Nature::Numeric,
        DataType::Dictionary(_, value) => match nature(value) {
            Nature::Numeric => Nature::Numeric,
            _ => Nature::Typed(name(kind)),
        },
        DataType::Boolean => Nature::Asked("true or false; name it in --columns to use it".to_owned()),
        DataType::Date32 | DataType::Date64 => {
            Nature::Asked("a date; name it in --columns to use it as days since 1970".to_owned())
        }
        DataType::Timestamp(_, _) => {
            Nature::Asked("a timestamp; name it in --columns to use it as seconds since 1970".to_owned())
        }
        kind => Nature::Typed(name(kind)),
    }
}

/// Whether every value of this type, or every element of its vectors, is exactly an f32: floats up to 32 bits, integers up to 16 (an f32 has 24).
pub(crate) fn fits_f32(kind: &DataType) -> bool {
    if let DataType::FixedSizeList(element, _) | DataType::List(element) | DataType::LargeList(element) = kind
    {
        return fits_f32(element.data_type());
    }
    if let DataType::Dictionary(_, value) = kind {
        return fits_f32(value);
    }
    matches!(
        kind,
        DataType::Float16
            | DataType::Float32
            | DataType::Int8
            | DataType::Int16
            | DataType::UInt8
            | DataType::UInt16
            | DataType::Boolean
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
        other => {
            let text = other.to_string().to_lowercase();
            crate::error::shown(&text)
        }
    }
}

/// Writes numbers of a column, from `(start, step)` on in it, to `(slot, stride)` of `into`, NaN for what is null; whether
/// all of them are finite comes back.
pub(crate) fn copy(column: &dyn Array, from: (usize, usize), into: &mut [f64], to: (usize, usize)) -> bool {
    macro_rules! by_type {
        ($($kind:ident => $native:ident),*) => {
            match column.data_type() {
                $(DataType::$kind => copy_typed(column.as_primitive::<$native>(), from, into, to, |value| value.into()),)*
                DataType::Int64 => {
                    copy_typed(column.as_primitive::<Int64Type>(), from, into, to, |value| value as f64)
                }
                DataType::UInt64 => {
                    copy_typed(column.as_primitive::<UInt64Type>(), from, into, to, |value| value as f64)
                }
                DataType::Float16 => {
                    copy_typed(column.as_primitive::<Float16Type>(), from, into, to, |value| value.to_f64())
                }
                // Only columns whose nature is numeric, or empty and then null throughout, are asked for.
                _ => {
                    into.chunks_exact_mut(to.1).for_each(|row| row[to.0] = f64::NAN);
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

/// A column as an array that [`copy`] can read: dictionaries decoded, and decimals, booleans, dates and times as f64.
pub(crate) fn numbers(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let seconds = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    };
    Ok(match column.data_type() {
        DataType::Dictionary(_, value) => return numbers(&arrow_cast::cast(column, value)?),
        DataType::Boolean => {
            let truths = column.as_boolean().iter();
            Arc::new(
                truths.map(|truth| truth.map(|truth| f64::from(u8::from(truth)))).collect::<Float64Array>(),
            )
        }
        DataType::Date32 => floats(column.as_primitive::<Date32Type>(), f64::from),
        // In milliseconds of whole days: 2^53 of them are 285,616 years.
        DataType::Date64 => floats(column.as_primitive::<Date64Type>(), |value| value as f64 / 86_400_000.0),
        DataType::Timestamp(unit, _) => {
            let whole = arrow_cast::cast(column, &DataType::Int64)?;
            floats(whole.as_primitive::<Int64Type>(), |value| scaled(value.into(), seconds(unit)))
        }
        DataType::Decimal32(_, scale) => {
            floats(column.as_primitive::<Decimal32Type>(), |value| scaled(value.into(), (*scale).into()))
        }
        DataType::Decimal64(_, scale) => {
            floats(column.as_primitive::<Decimal64Type>(), |value| scaled(value.into(), (*scale).into()))
        }
        DataType::Decimal128(_, scale) => {
            floats(column.as_primitive::<Decimal128Type>(), |value| scaled(value, (*scale).into()))
        }
        DataType::Decimal256(_, scale) => floats(column.as_primitive::<Decimal256Type>(), |value| {
            value.to_i128().map_or_else(
                || nearest(&value.to_string(), (*scale).into()),
                |value| scaled(value, (*scale).into()),
            )
        }),
        _ => Arc::clone(column),
    })
}

fn floats<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, number: impl Fn(T::Native) -> f64) -> ArrayRef {
    Arc::new(column.unary::<_, Float64Type>(number))
}

/// The double nearest to `value / 10^scale`.
fn scaled(value: i128, scale: i32) -> f64 {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    // Both are exact, and so their quotient is rounded once.
    match usize::try_from(scale).ok().and_then(|scale| POWERS.get(scale)) {
        Some(power) if value.unsigned_abs() <= 1 << 53 => value as f64 / power,
        _ => nearest(&value.to_string(), scale),
    }
}

fn nearest(digits: &str, scale: i32) -> f64 {
    format!("{digits}e{}", -scale).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use arrow_array::{Decimal128Array, TimestampNanosecondArray};
    use arrow_buffer::i256;

    use super::*;

    #[test]
    fn decimals_become_the_nearest_double() {
        let digits = 123_456_789_012_345_678_901_234_567_890_i128;
        for (value, scale, text) in [
            (1, 1, "0.1"),
            (-375, 2, "-3.75"),
            (digits, 20, "1234567890.12345678901234567890"),
            (9_007_199_254_740_993, 3, "9007199254740.993"),
            (5, -3, "5000"),
            (7, 30, "7e-30"),
        ] {
            assert_eq!(scaled(value, scale), text.parse::<f64>().unwrap(), "{text}");
        }
        assert_eq!(
            nearest(&i256::MAX.to_string(), 76),
            "5.7896044618658097711785492504343953926634992332820282019728792003956564819967"
                .parse::<f64>()
                .unwrap()
        );
        let column: ArrayRef =
            Arc::new(Decimal128Array::from(vec![Some(15), None]).with_precision_and_scale(5, 1).unwrap());
        let floats = numbers(&column).unwrap();
        assert_eq!(floats.as_primitive::<Float64Type>(), &Float64Array::from(vec![Some(1.5), None]));
    }

    #[test]
    fn times_are_seconds_to_the_nearest_double() {
        let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_700_000_000_123_456_789, -1]));
        let seconds = numbers(&times).unwrap();
        let expected = ["1700000000.123456789".parse().unwrap(), -1e-9];
        assert_eq!(seconds.as_primitive::<Float64Type>().values(), &expected);
    }
}
