//! The files a job writes. All are opened before the work, so that what cannot be written is told before an
//! hour of computing and not after it; none appears before the work is done.

use std::path::Path;
use std::sync::Arc;

use kmeans_io::{Output, Stop};
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

/// Removes the temporary files of all jobs. For the moment before the process is killed.
#[napi]
pub fn remove_temporary_files() {
    kmeans_io::remove_temporary_files();
}
