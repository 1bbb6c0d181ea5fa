//! Starting centroids from a file.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use kmeans_io::names::shown;
use kmeans_io::{Input, inspect_centroids, read_centroids};
use kmeans_model::Model;

use crate::control::Control;
use crate::failure::{ErrorCode, Failure};
use crate::model;

/// The centroids of a file: a table, or a model under any name but that of JSON lines, since no other table begins with a
/// brace.
pub fn of_file(
    path: &str,
    names: &[String],
    notes: &mut Vec<String>,
    control: &Arc<Control>,
) -> Result<Vec<f64>, Failure> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    inspect_centroids(Path::new(path))?;
    let mut file = File::open(path).map_err(|error| model::failed(path, error))?;
    let mut head = Vec::new();
    let beginning = (&mut file).take(BOM.len() as u64 + 1).read_to_end(&mut head);
    beginning.map_err(|error| model::failed(path, error))?;
    let is_model = head.strip_prefix(BOM).unwrap_or(&head).starts_with(b"{") && !is_json_lines(path);
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    // What was read of a pipe is gone from it.
    let whole = Cursor::new(head).chain(file);
    if is_model {
        return of_model(&model::read_from(path, whole)?, path, names);
    }
    let input = if is_file {
        Input::Path(path.into())
    } else {
        Input::Reader { name: path.to_owned(), reader: Box::new(whole) }
    };
    let centroids = read_centroids(input, names, &control.stop())?;
    notes.extend(centroids.notes);
    Ok(centroids.values)
}

fn is_json_lines(path: &str) -> bool {
    let extension = Path::new(path).extension().unwrap_or_default();
    ["jsonl", "ndjson"].iter().any(|name| extension.eq_ignore_ascii_case(name))
}

/// The centroids of a model, its features in the order of `names`.
fn of_model(model: &Model, path: &str, names: &[String]) -> Result<Vec<f64>, Failure> {
    let features = model.names();
    let place = |name: &String| {
        features.iter().position(|feature| feature == name).ok_or_else(|| {
            let message =
                format!("{path} has no feature \"{}\", which the input is clustered on", shown(name));
            Failure::new(ErrorCode::InvalidModel, message)
        })
    };
    let places = names.iter().map(place).collect::<Result<Vec<usize>, Failure>>()?;
    Ok(model.centroids.iter().flat_map(|row| places.iter().map(|&place| row[place])).collect())
}
