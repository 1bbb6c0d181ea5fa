//! The files a job writes. All are opened before the work, so that what cannot be written is told before an
//! hour of computing and not after it; none appears before the work is done.

use std::path::Path;
use std::sync::Arc;

use kmeans_engine::Measures;
use kmeans_io::{Format, Output, Stop};
use napi_derive::napi;

use crate::failure::Failure;

/// Opens the targets that are given; no two may be the same file, nor may two be standard output.
pub fn open<const N: usize>(
    targets: [(&'static str, Option<&str>); N],
    stop: &Arc<dyn Stop>,
) -> Result<[Option<Output>; N], Failure> {
    let mut outputs = [const { None }; N];
    for (i, (option, target)) in targets.iter().enumerate() {
        let Some(target) = target else { continue };
        let earlier: Vec<&str> = targets[..i].iter().filter_map(|(_, target)| *target).collect();
        if earlier.contains(target) {
            return Err(Failure::option(
                option,
                format!("must not go to the same place as another output, {target}"),
            ));
        }
        let files: Vec<&Path> = earlier.into_iter().filter(|file| *file != "-").map(Path::new).collect();
        let output = Output::open(Path::new(target), &files, stop)?;
        if *option != "model" {
            output.refuse_unwritable(option)?;
        }
        outputs[i] = Some(output);
    }
    Ok(outputs)
}

/// The format that `to` gives each of these outputs: one only where its own name does not tell another.
pub fn told<const N: usize>(
    to: Option<&str>,
    outputs: [Option<&Output>; N],
) -> Result<[Option<Format>; N], Failure> {
    let Some(to) = to else { return Ok([None; N]) };
    let format = Format::of_output("to", to)?;
    let told = outputs.map(|output| {
        output.filter(|output| output.format().is_none_or(|named| named == format)).map(|_| format)
    });
    if told.iter().any(Option::is_some) {
        return Ok(told);
    }
    let contrary = outputs.into_iter().flatten().find_map(|output| Some((output.name(), output.format()?)));
    let message = match contrary {
        Some((name, named)) => format!("is {}, and the name {name} says {}", format.name(), named.name()),
        None => "is the format of output and labels, and neither is written".to_owned(),
    };
    Err(Failure::option("to", message))
}

/// The measures that options ask for.
pub fn measures(
    distance: Option<bool>,
    second: Option<bool>,
    margin: Option<bool>,
    distances: Option<bool>,
) -> Measures {
    let [distance, second, margin, distances] =
        [distance, second, margin, distances].map(|wanted| wanted == Some(true));
    Measures { distance, second, margin, distances }
}

/// Removes the temporary files of all jobs. For the moment before the process is killed.
#[napi]
pub fn remove_temporary_files() {
    kmeans_io::remove_temporary_files();
}
