//! Alone in its process, because it takes away every temporary file there is.

use std::fs;
use std::sync::Arc;

use kmeans_io::{Never, Output, Stop, remove_temporary_files};

#[test]
fn a_killed_process_leaves_no_temporary_file_and_the_old_one_is_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "old").unwrap();
    let stop: Arc<dyn Stop> = Arc::new(Never);
    let mut output = Output::open(&path, &[], &stop).unwrap();
    output.put(b"new").unwrap();
    let other = Output::open(&folder.path().join("y.csv"), &[], &stop).unwrap();
    remove_temporary_files();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // Should the process live on, nothing appears that is not whole.
    assert!(output.finish().is_err());
    drop(other);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}
