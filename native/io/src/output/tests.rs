use super::*;
use crate::stop::Never;

fn open(path: &Path) -> Result<Output, Error> {
    let stop: Arc<dyn Stop> = Arc::new(Never);
    Output::open(path, &[], &stop)
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn an_unfinished_output_leaves_the_old_file_and_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "old").unwrap();
    let mut output = open(&path).unwrap();
    output.put(b"new").unwrap();
    drop(output);
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("old", 1));
}

#[test]
fn a_finished_output_replaces_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "old").unwrap();
    let mut output = open(&path).unwrap();
    output.put(b"new").unwrap();
    output.finish().unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
    fs::write(&real, "old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.csv", &link).unwrap();
    let mut output = open(&link).unwrap();
    output.put(b"new").unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read_to_string(&real).unwrap(), "new");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn devices_are_written_directly() {
    let mut output = open(Path::new("/dev/null")).unwrap();
    output.put(b"new").unwrap();
    output.finish().unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let mut output = open(Path::new("/dev/full")).unwrap();
    output.put(b"new").unwrap();
    let error = output.finish().unwrap_err();
    assert_eq!(error.to_string(), "cannot write to /dev/full: no space left on device");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_behind_a_descriptor_is_written_directly() {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    let (mut read, write) = io::pipe().unwrap();
    let number = write.as_raw_fd();
    std::os::unix::fs::symlink(format!("/dev/fd/{number}"), &link).unwrap();
    let paths = ["/dev/fd", "/proc/self/fd"].map(|folder| PathBuf::from(format!("{folder}/{number}")));
    for path in paths.iter().chain([&link]) {
        let mut output = open(path).unwrap();
        output.put(b"new").unwrap();
        output.finish().unwrap();
        let mut back = [0; 3];
        read.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"new", "{}", path.display());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_behind_a_descriptor_is_written_on_and_not_replaced() {
    use std::os::fd::AsRawFd;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"old,").unwrap();
    let path = PathBuf::from(format!("/dev/fd/{}", file.as_file().as_raw_fd()));
    let mut output = open(&path).unwrap();
    output.put(b"new").unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "old,new");
}

#[test]
fn a_name_that_promises_what_is_not_written_is_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| {
        let error = open(&folder.path().join(name)).unwrap().refuse_unwritable("output").unwrap_err();
        (error.option(), error.to_string(), error.hint().unwrap())
    };
    let (option, message, hint) = refused("o.csv.XZ");
    assert_eq!(
        (option, message.as_str()),
        (Some("output"), "names a .xz file, and such compression is not written")
    );
    let begin = "name it .gz or .zst, or write to standard output and compress: kmeans … -o - | xz > ";
    assert!(hint.starts_with(begin), "{hint}");
    assert!(hint.ends_with("o.csv.XZ"), "{hint}");
    for name in ["o.json", "o.npy", "o.npz", "o.xlsx", "o.json.gz"] {
        let (_, message, hint) = refused(name);
        assert!(message.contains(&name[1..]), "{message}");
        assert_eq!(hint, "write .csv, .tsv, .arrow, .parquet or .jsonl, and convert that");
    }
    let (_, message, hint) = refused("o.arrow.gz");
    assert_eq!(message, "names a .arrow.gz file, and Arrow is not compressed as a whole, only text is");
    assert_eq!(hint, "write .parquet, which is compressed inside, or text such as .csv.gz");
    assert!(refused("o.csv.bz2.gz").1.contains("such compression"));
    for name in ["o", "o.csv", "o.dat", "o.arrows", "o.parquet", "o.ndjson", "o.gz", "o.tsv.zst"] {
        assert!(open(&folder.path().join(name)).unwrap().refuse_unwritable("output").is_ok(), "{name}");
    }
}

#[test]
fn a_format_is_told_or_named_or_taken_over_and_only_text_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let target = |name: &str, told| open(&folder.path().join(name)).unwrap().target(told, Format::Arrow);
    assert_eq!(target("o.csv", Some(Format::Jsonl)).unwrap(), Format::Jsonl);
    assert_eq!(target("o.jsonl.gz", None).unwrap(), Format::Jsonl);
    assert_eq!(target("o", None).unwrap(), Format::Arrow);
    assert_eq!(target("o.gz", Some(Format::Csv)).unwrap(), Format::Csv);
    let error = target("o.gz", None).unwrap_err();
    assert!(error.to_string().ends_with("o.gz: Arrow is not written into a .gz file, only text is"));
    assert!(error.hint().is_some());
}

#[test]
fn a_directory_and_a_missing_one_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open(folder.path()).is_err());
    assert!(open(&folder.path().join("no/x.csv")).is_err());
}

#[test]
fn a_name_that_ends_in_a_separator_is_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().to_str().unwrap();
    for name in ["x/", "x//", "x/."] {
        let error = open(Path::new(&format!("{base}/{name}"))).err().unwrap().to_string();
        let reason = "the name is that of a folder, and a file is needed";
        assert_eq!(error, format!("cannot write to {base}/{name}: {reason}"));
    }
    assert!(names(folder.path()).is_empty());
    for name in ["x", "x.", ".x", "x..", ".."] {
        assert!(!names_folder(Path::new(name)), "{name}");
    }
}

#[test]
fn two_outputs_to_one_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stop: Arc<dyn Stop> = Arc::new(Never);
    let (path, other) = (folder.path().join("x"), folder.path().join(".").join("x"));
    assert!(Output::open(&path, &[&other], &stop).is_err());
}
