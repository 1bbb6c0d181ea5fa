use super::*;
use crate::stop::Never;

fn never() -> Arc<dyn Stop> {
    Arc::new(Never)
}

fn reader(bytes: &[u8]) -> Input {
    Input::Reader { name: "x".to_owned(), reader: Box::new(Cursor::new(bytes.to_vec())) }
}

fn everything(source: &mut Source) -> Vec<u8> {
    let mut all = Vec::new();
    source.read_to_end(&mut all).unwrap();
    all
}

#[test]
fn the_head_is_not_lost() {
    let mut source = Source::open(reader(b"ARROW but text"), false, &never()).unwrap();
    assert_eq!(source.lead, Lead::Text { bom: false });
    assert_eq!(everything(&mut source), b"ARROW but text");
}

/// Fails once, as a device may, and then has nothing.
struct Failing(bool);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) { Ok(0) } else { Err(io::Error::from_raw_os_error(5)) }
    }
}

#[test]
fn reading_on_after_a_failure_fails_again_and_does_not_end() {
    let fails =
        Input::Reader { name: "x".to_owned(), reader: Box::new((&b"a\n1\n"[..]).chain(Failing(false))) };
    let mut source = Source::open(fails, false, &never()).unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        assert_eq!(source.read_to_end(&mut all).unwrap_err().raw_os_error(), Some(5));
    }
    assert_eq!((all.as_slice(), source.delivered()), (&b"a\n1\n"[..], 4));
}

#[test]
fn a_file_that_is_shortened_while_it_is_read_has_not_come_to_its_end() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "a\n1\n2\n3\n4\n5\n6\n7\n8\n").unwrap();
    let mut source = Source::open(Input::Path(file.path().to_owned()), false, &never()).unwrap();
    fs::write(file.path(), "a\n").unwrap();
    let error = Error::reading("x", source.read_to_end(&mut Vec::new()).unwrap_err());
    assert_eq!(error.to_string(), "x changed while it was being read");
}

#[test]
fn what_is_handed_out_is_counted_once() {
    let mut source = Source::open(reader(b"ARROW but text"), false, &never()).unwrap();
    assert_eq!(source.delivered(), 0);
    everything(&mut source);
    assert_eq!(source.delivered(), 14);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_temporary_folder_is_told_as_such() {
    let full = || Some(Place::Spool(fs::OpenOptions::new().write(true).open("/dev/full").unwrap()));
    let origin = || Origin::Reader(Box::new(&b"a,b\n1,2\n"[..]));
    let error = Source::begin("x".to_owned(), None, None, origin(), full(), &never()).err().unwrap();
    assert!(error.to_string().starts_with("cannot copy x to the temporary folder "), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_pipe_becomes_seekable_whole() {
    for keep in [false, true] {
        let source = Source::open(reader(b"ARROW1 and more"), keep, &never()).unwrap();
        let (mut seekable, place) = source.into_seekable().unwrap();
        let mut all = String::new();
        seekable.seek(SeekFrom::Start(0)).unwrap();
        seekable.read_to_string(&mut all).unwrap();
        assert_eq!(all, "ARROW1 and more");
        assert!(place.is_some());
    }
}

#[test]
fn an_empty_input_a_directory_and_a_missing_file_are_told_apart() {
    let text = |input| Source::open(input, false, &never()).err().unwrap().to_string();
    assert_eq!(text(reader(b"")), "x is empty: there is no row to read");
    assert_eq!(text(Input::Path("/".into())), "cannot read /: it is a directory");
    assert_eq!(text(Input::Path("/no/x".into())), "cannot read /no/x: there is no such file or directory");
}
