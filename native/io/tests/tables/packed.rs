//! Compressed inputs.

use std::fs;
use std::io::Write;
use std::sync::Arc;

use kmeans_io::{Dialect, Format, Input, Kind, Output, Selection, Stop, TableReader, read_table};
use proptest::prelude::*;

use crate::arrow::{file, mixed, stream};
use crate::given::{bytes, drip, labelled, never, nothing, numbers, passed, read};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A text that does not shrink to nothing, and that is longer than a chunk.
fn text() -> String {
    let mut text = "a,b\n".to_owned();
    let mut state = 1_u32;
    for row in 0..100_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend([row.to_string(), ",".to_owned(), state.to_string(), "\n".to_owned()]);
    }
    text
}

/// In two members or frames, cut where no line ends.
fn packed(text: &str) -> [Vec<u8>; 2] {
    let (one, two) = text.as_bytes().split_at(text.len() / 3 + 1);
    [[gzip(one), gzip(two)].concat(), [zst(one), zst(two)].concat()]
}

#[test]
fn several_members_and_frames_are_one_text() {
    let plain = text();
    let expected = read(bytes(plain.as_bytes())).unwrap();
    for packed in packed(&plain) {
        for input in [bytes(&packed), drip(&packed, 777)] {
            let table = read(input).unwrap();
            assert_eq!((&table.names, table.matrix.values()), (&expected.names, expected.matrix.values()));
        }
    }
}

#[test]
fn what_follows_gzip_data_is_passed_over_with_a_note_whatever_is_inside() {
    let note = "x: what follows its gzip data is no gzip data and was passed over";
    let rows = "a,b\n".to_owned() + &"1,2\n".repeat(1000);
    let objects = "{\"a\":1,\"b\":2}\n".repeat(1000);
    // A stream says where it ends, and nobody looks at what follows.
    let inside = [
        (rows.clone().into_bytes(), true),
        (objects.into_bytes(), true),
        (file(&[mixed()]), true),
        (stream(&[mixed()]), false),
    ];
    for (whole, read_on) in inside {
        let expected = read(bytes(&whole)).unwrap();
        for (end, noted) in [(&b"\n"[..], true), (b"-----BEGIN", true), (&[0; 512], false)] {
            let packed = [gzip(&whole), end.to_vec()].concat();
            for input in [bytes(&packed), drip(&packed, 3)] {
                let table = read(input).unwrap();
                assert_eq!(numbers(&table.matrix), numbers(&expected.matrix));
                let told = table.notes.iter().any(|each| each == note);
                assert_eq!(told, noted && read_on, "{:?}", table.notes);
            }
        }
    }
    // On several threads, and as predict reads.
    let packed = [gzip(rows.as_bytes()), b"more".to_vec()].concat();
    let dialect = Dialect { threads: Some(3), ..Dialect::default() };
    let table = read_table(bytes(&packed), dialect, &Selection::default(), false, &never()).unwrap();
    assert_eq!((table.matrix.rows(), table.notes.as_slice()), (1000, &[note.to_owned()][..]));
    let mut reader = TableReader::open(bytes(&packed), dialect, &never()).unwrap();
    reader.select(&["a".to_owned()]).unwrap();
    let mut count = 0;
    let give = |rows| {
        count += rows;
        Ok::<(), kmeans_io::Error>(())
    };
    reader.each_batch(|batch| batch.rows, give).unwrap();
    assert_eq!((count, reader.notes()), (1000, &[note.to_owned()][..]));
}

#[test]
fn a_second_member_that_is_damaged_is_refused() {
    let [one, mut two] = [gzip(b"a,b\n1,2\n"), gzip(b"3,4\n")];
    let last = two.len() - 1;
    two[last] ^= 1;
    for packed in [[&one[..], &two].concat(), [&one[..], &two[..last]].concat()] {
        let error = read(bytes(&packed)).unwrap_err();
        assert!(error.to_string().starts_with("x is damaged or cut short (its gzip data "), "{error}");
    }
}

#[test]
fn a_frame_to_be_skipped_may_come_first() {
    let packed = [b"\x50\x2a\x4d\x18\x02\0\0\0ab".to_vec(), zst(b"a\n1\n")].concat();
    assert_eq!(numbers(&read(bytes(&packed)).unwrap().matrix), [1.0]);
}

#[test]
fn the_inner_name_tells_the_format_and_the_file_can_be_written_with_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (path, output) = (folder.path().join("x.tsv.gz"), folder.path().join("o.tsv"));
    fs::write(&path, gzip(b"a,b\tc\n1\t2\n3\t4\n")).unwrap();
    for input in [Input::Path(path.clone()), bytes(&gzip(b"a,b\tc\n1\t2\n3\t4\n"))] {
        let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
        let kept = table.source.unwrap();
        assert_eq!(kept.dialect().format, Some(Format::Tsv));
        let out = Output::open(&output, &[], &never()).unwrap();
        kept.write_with_labels(out, None, labelled(&[1, 0]), nothing, &never()).unwrap();
        assert_eq!(fs::read_to_string(&output).unwrap(), "a,b\tc\tcluster\n1\t2\t1\n3\t4\t0\n");
    }
}

#[test]
fn arrow_may_be_compressed_too() {
    for whole in [file(&[mixed()]), stream(&[mixed()])] {
        for packed in [gzip(&whole), zst(&whole)] {
            assert_eq!(numbers(&read(bytes(&packed)).unwrap().matrix), [1.5, 1.0, -0.0, 2.0, 1e300, 3.0]);
            assert_eq!(
                passed(bytes(&packed), &["a"], "o.arrow", None).unwrap(),
                passed(bytes(&whole), &["a"], "o.arrow", None).unwrap()
            );
        }
    }
}

#[test]
fn what_is_compressed_twice_is_refused() {
    let error = read(bytes(&gzip(&zst(b"a\n1\n")))).unwrap_err();
    assert_eq!(error.to_string(), "x is compressed twice");
}

#[test]
fn nothing_but_compressed_emptiness_is_refused() {
    for packed in [gzip(b""), zst(b"")] {
        assert_eq!(read(bytes(&packed)).unwrap_err().to_string(), "x is empty: there is no row to read");
    }
}

#[test]
fn a_stream_that_ends_early_is_refused_wherever() {
    let plain = &text()[..3000];
    for packed in [gzip(plain.as_bytes()), zst(plain.as_bytes())] {
        for end in 5..packed.len() {
            let error = read(bytes(&packed[..end])).unwrap_err();
            assert_eq!(error.kind(), Kind::Data, "{end}: {error}");
            assert!(error.to_string().starts_with("x is damaged or cut short (its "), "{end}: {error}");
        }
    }
}

#[test]
fn damage_within_the_first_lines_is_refused_however_they_come() {
    // Semicolons make it look at some records for decimal commas before any is read.
    for packed in [gzip(b"a;b\n1;2\n3;4\n"), zst(b"a;b\n1;2\n3;4\n")] {
        for (end, most) in (5..packed.len()).flat_map(|end| [1, 7, end].map(|most| (end, most))) {
            let error = read(drip(&packed[..end], most)).unwrap_err();
            assert!(error.to_string().starts_with("x is damaged or cut short (its "), "{end}: {error}");
        }
    }
}

#[test]
fn a_window_beyond_128_mib_is_refused_with_advice() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(31).unwrap();
    encoder.write_all(b"a\n1\n").unwrap();
    let error = read(bytes(&encoder.finish().unwrap())).unwrap_err();
    assert!(error.to_string().contains("window of more than 128 MiB"), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_bomb_is_read_without_holding_it() {
    // 256 MiB of one line: refused at the splitter's limit of 64 MiB.
    let error = read(bytes(&gzip(&vec![b'1'; 256 << 20]))).unwrap_err();
    assert_eq!(error.to_string(), "x: line 1 is longer than 64 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn flipped_bytes_are_answered_or_refused(zstd in any::<bool>(), at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let plain = &text()[..3000];
        let mut packed = if zstd { zst(plain.as_bytes()) } else { gzip(plain.as_bytes()) };
        let at = at.index(packed.len());
        packed[at] = value;
        let _ = read(bytes(&packed));
    }
}

#[test]
fn an_interrupted_read_ends_the_unpacking_too() {
    struct Asked;
    impl Stop for Asked {
        fn requested(&self) -> bool {
            true
        }
    }
    let stop: Arc<dyn Stop> = Arc::new(Asked);
    let error = read_table(bytes(&gzip(b"a\n1\n")), Dialect::default(), &Selection::default(), false, &stop)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
}
