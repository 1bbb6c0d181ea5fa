//! How the JSON is laid out for eyes and for `diff`: a field a line, a row of numbers a line.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The text of a JSON object, with a final newline.
pub fn text(fields: &serde_json::Map<String, Value>) -> serde_json::Result<Vec<u8>> {
    let mut out = b"{".to_vec();
    for (i, (name, value)) in fields.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"\n  " } else { b",\n  " });
        write(name, &mut out)?;
        out.extend_from_slice(b": ");
        match value {
            Value::Array(rows) if rows.iter().any(|row| row.is_array() || row.is_object()) => {
                for (i, row) in rows.iter().enumerate() {
                    out.extend_from_slice(if i == 0 { b"[\n    " } else { b",\n    " });
                    write(row, &mut out)?;
                }
                out.extend_from_slice(b"\n  ]");
            }
            value => write(value, &mut out)?,
        }
    }
    out.extend_from_slice(b"\n}\n");
    Ok(out)
}

fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, OneLine))
}

/// Compact, with a space after every comma and colon.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
