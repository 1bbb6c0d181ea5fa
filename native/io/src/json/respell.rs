//! JSON objects as records of a text with a delimiter, for writers of anything but JSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::csv::table::{RawRecords, TextStyle};
use crate::csv::text::push_fields;
use crate::error::{Error, shown};

/// Between fields.
pub(crate) const DELIMITER: u8 = b',';

/// What such a text looks like.
pub(crate) fn respelled_style() -> TextStyle {
    TextStyle {
        delimiter: DELIMITER,
        decimal: b'.',
        comment: None,
        header: true,
        bom: false,
        terminator: b"\n",
        header_bytes: Arc::default(),
    }
}

/// The members of each object as fields in the order of `names`: texts without quotes, anything else as it is written, and
/// nothing for what is null or not there.
pub(crate) fn respelled(input: &str, raw: &RawRecords, names: &[String]) -> Result<RawRecords, Error> {
    let mut records = RawRecords::default();
    for object in raw.iter() {
        let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(object).map_err(|error| {
            Error::at(input, format!("an object cannot be read again ({})", shown(&error.to_string())))
        })?;
        let fields: Vec<Cow<'_, str>> = names
            .iter()
            .map(|name| members.get(name.as_str()).map_or(Cow::Borrowed(""), |value| field(value)))
            .collect();
        push_fields(&mut records.bytes, fields.iter().map(|field| field.as_bytes()), DELIMITER);
        records.ends.push(records.bytes.len());
    }
    Ok(records)
}

fn field(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        "null" => Cow::Borrowed(""),
        text if text.starts_with('"') => Cow::Owned(serde_json::from_str(text).unwrap_or_default()),
        other => Cow::Borrowed(other),
    }
}

/// Members of these names, of which the values stand in `row` after a delimiter each; what JSON has no number for is null.
pub(crate) fn push_members(into: &mut Vec<u8>, names: &[String], row: &[u8]) {
    let values = row.split(|&byte| byte == DELIMITER).skip(1);
    for (order, (name, value)) in names.iter().zip(values).enumerate() {
        if order > 0 {
            into.push(b',');
        }
        into.extend_from_slice(serde_json::Value::from(name.as_str()).to_string().as_bytes());
        into.push(b':');
        let is_number = !matches!(value, b"" | b"inf" | b"-inf");
        into.extend_from_slice(if is_number { value } else { b"null" });
    }
}

/// An object with members added, in one line: `{"a":1}` becomes `{"a":1,"cluster":0}`. Line ends within it can only stand
/// between two signs, and become blanks.
pub(crate) fn push_extended(into: &mut Vec<u8>, object: &[u8], members: &[u8]) {
    let open = object.strip_suffix(b"}").unwrap_or(object).trim_ascii_end();
    into.extend(open.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
    if open != b"{" && !members.is_empty() {
        into.push(b',');
    }
    into.extend_from_slice(members);
    into.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_fields_in_the_order_of_the_columns() {
        let object = br#"{"b": 1.50, "a": "x, \"y\"", "c": null, "d": [1, 2], "e": true}"#;
        let raw = RawRecords { bytes: object.to_vec(), ends: vec![object.len()] };
        let names = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
        let records = respelled("x", &raw, &names).unwrap();
        assert_eq!(String::from_utf8(records.bytes).unwrap(), "\"x, \"\"y\"\"\",1.50,,\"[1, 2]\",true,");
    }

    #[test]
    fn an_object_keeps_its_bytes_and_gets_members() {
        let extended = |object: &[u8]| {
            let mut line = Vec::new();
            push_extended(&mut line, object, b"\"cluster\":3");
            String::from_utf8(line).unwrap()
        };
        assert_eq!(extended(b"{\"a\": 1e2 }"), "{\"a\": 1e2,\"cluster\":3}");
        assert_eq!(extended(b"{\n \"a\": 1\n}"), "{  \"a\": 1,\"cluster\":3}");
        assert_eq!(extended(b"{ }"), "{\"cluster\":3}");
    }

    #[test]
    fn numbers_in_a_row_become_members() {
        let mut members = Vec::new();
        push_members(&mut members, &["cluster".to_owned(), "a\"b".to_owned()], b",inf,0.5");
        assert_eq!(String::from_utf8(members).unwrap(), "\"cluster\":null,\"a\\\"b\":0.5");
    }
}
