//! One object as a row: the values of the columns that are wanted.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::csv::split::WIDEST;

/// What a member of an object holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Missing,
    Number(f64),
    Truth(bool),
    Text(String),
    /// This many numbers from this place in the row's pool; a null among them is NaN.
    Vector {
        from: usize,
        count: usize,
    },
    /// A list of anything else.
    List,
    Object,
}

/// The keys that are columns.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) names: Vec<String>,
    places: HashMap<String, usize>,
    /// The one that most likely comes next.
    next: usize,
}

impl Keys {
    fn place(&mut self, key: &str) -> Option<usize> {
        let place = match self.names.get(self.next) {
            Some(name) if name == key => self.next,
            _ => *self.places.get(key)?,
        };
        self.next = place + 1;
        Some(place)
    }

    fn add(&mut self, key: &str) -> usize {
        self.names.push(key.to_owned());
        self.places.insert(key.to_owned(), self.names.len() - 1);
        self.next = self.names.len();
        self.names.len() - 1
    }
}

/// How a column's values are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taking {
    No,
    /// As what they are.
    Value,
    /// As a text, whatever they are.
    Text,
}

/// A row, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) values: Vec<Value>,
    pub(crate) pool: Vec<f64>,
    /// A key that is no column.
    pub(crate) unknown: Option<String>,
    /// Which columns this object has had a value for.
    seen: Vec<bool>,
}

impl Row {
    /// Reads an object. What `taking` does not have is taken as it is; with `open`, keys that are not known become columns.
    pub(crate) fn read(
        &mut self,
        object: &[u8],
        keys: &mut Keys,
        taking: &[Taking],
        open: bool,
    ) -> Result<(), serde_json::Error> {
        self.values.clear();
        self.values.resize(keys.names.len(), Value::Missing);
        self.pool.clear();
        self.unknown = None;
        self.seen.clear();
        self.seen.resize(keys.names.len(), false);
        keys.next = 0;
        let mut reader = serde_json::Deserializer::from_slice(object);
        reader.deserialize_map(Members { row: self, keys, taking, open })?;
        reader.end()
    }
}

struct Members<'a> {
    row: &'a mut Row,
    keys: &'a mut Keys,
    taking: &'a [Taking],
    open: bool,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { row, keys, taking, open } = self;
        loop {
            let mut unknown = None;
            let Some(place) = members.next_key_seed(Key { keys, unknown: &mut unknown })? else {
                return Ok(());
            };
            let place = match (place, unknown) {
                // An object of 64 MiB may have millions of them, and takes ten times as much apart.
                (None, Some(_)) if open && keys.names.len() > WIDEST => {
                    return Err(A::Error::custom("too many columns"));
                }
                (None, Some(key)) if open => {
                    row.values.push(Value::Missing);
                    row.seen.push(false);
                    Some(keys.add(&key))
                }
                (None, key) => {
                    row.unknown = row.unknown.take().or(key);
                    None
                }
                (place, _) => place,
            };
            if let Some(place) = place
                && std::mem::replace(&mut row.seen[place], true)
            {
                return Err(A::Error::custom(format!("two values for \"{}\"", keys.names[place])));
            }
            let taken = place.map(|place| (place, taking.get(place).copied().unwrap_or(Taking::Value)));
            match taken {
                None | Some((_, Taking::No)) => drop(members.next_value::<IgnoredAny>()?),
                Some((place, Taking::Value)) => {
                    row.values[place] = members.next_value_seed(Member(&mut row.pool))?;
                }
                Some((place, Taking::Text)) => {
                    row.values[place] = text(members.next_value::<&RawValue>()?.get());
                }
            }
        }
    }
}

fn text(raw: &str) -> Value {
    match raw {
        "null" => Value::Missing,
        quoted if quoted.starts_with('"') => Value::Text(serde_json::from_str(quoted).unwrap_or_default()),
        other => Value::Text(other.to_owned()),
    }
}

struct Key<'a> {
    keys: &'a mut Keys,
    unknown: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Option<usize>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        let place = self.keys.place(key);
        if place.is_none() {
            *self.unknown = Some(key.to_owned());
        }
        Ok(place)
    }
}

/// A value; the numbers of a list go into the pool.
struct Member<'a>(&'a mut Vec<f64>);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Truth(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Missing)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let from = self.0.len();
        while let Some(element) = list.next_element::<Element>()? {
            match element {
                Element::Number(number) => self.0.push(number),
                Element::Other => {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    self.0.truncate(from);
                    return Ok(Value::List);
                }
            }
        }
        Ok(Value::Vector { from, count: self.0.len() - from })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object)
    }
}

enum Element {
    Number(f64),
    Other,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        // A list within the list has a pool that nobody reads.
        Ok(match reader.deserialize_any(Member(&mut Vec::new()))? {
            Value::Number(number) => Self::Number(number),
            Value::Missing => Self::Number(f64::NAN),
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(object: &str) -> (Keys, Row) {
        let (mut keys, mut row) = (Keys::default(), Row::default());
        row.read(object.as_bytes(), &mut keys, &[], true).unwrap();
        (keys, row)
    }

    #[test]
    fn every_kind_of_value_is_told_apart() {
        let (keys, row) =
            row(r#"{"a": 1, "b\n": -0.5e1, "c": null, "d": true, "e": "é\u0041", "f": {"x": [1]}}"#);
        assert_eq!(keys.names, ["a", "b\n", "c", "d", "e", "f"]);
        let expected = [
            Value::Number(1.0),
            Value::Number(-5.0),
            Value::Missing,
            Value::Truth(true),
            Value::Text("éA".to_owned()),
            Value::Object,
        ];
        assert_eq!(row.values, expected);
    }

    #[test]
    fn lists_of_numbers_are_vectors_and_others_are_not() {
        let (_, row) = row(r#"{"a": [1, null], "b": [], "c": [1, "x", 2], "d": [[1]], "e": [3]}"#);
        assert_eq!(row.values[0], Value::Vector { from: 0, count: 2 });
        assert_eq!(row.values[1], Value::Vector { from: 2, count: 0 });
        assert_eq!(row.values[2..4], [Value::List, Value::List]);
        assert_eq!(row.values[4], Value::Vector { from: 2, count: 1 });
        assert!((row.pool[0], row.pool[2]) == (1.0, 3.0) && row.pool[1].is_nan());
    }

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in [
            "0.1",
            "1e23",
            "9007199254740993",
            "179769313486231570000000000000000000000e270",
            "-0",
            "123456789012345678901234567890",
            "2.2250738585072011e-308",
        ] {
            let (_, row) = row(&format!("{{\"a\":{text}}}"));
            let Value::Number(number) = row.values[0] else { panic!("{text}") };
            assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in ["1", "[1]", "{", "{\"a\":1} x", "{\"a\":1e999}", "{a:1}", "{\"a\":NaN}", ""] {
            let read = Row::default().read(text.as_bytes(), &mut Keys::default(), &[], true);
            assert!(read.is_err(), "{text}");
        }
    }
}
