//! Reading takes a bounded amount of memory, whatever is in it: each case runs in a process of its own that has no more.

use std::fs;
use std::io::{Cursor, Read};
use std::process::Command;

use kmeans_io::{Dialect, Format, Input, Limit, Loaded, Selection, read_table_within};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::given::never;
use crate::packed::zst;

/// Bytes beside those that a table may take: see "How much memory it takes" in docs/cli.md.
const CONSTANT: u64 = 512 << 20;
/// Bytes that a table may take.
const LIMIT: u64 = 64 << 20;
/// More than both.
const MANY: u64 = 640 << 20;

/// Names the case that a child process is to run.
const CASE: &str = "KMEANS_MEMORY_CASE";

/// The bytes of an input, and what comes of them: so many rows, or a sentence.
struct Case {
    name: &'static str,
    format: Format,
    input: fn() -> Box<dyn Read + Send>,
    outcome: Result<usize, &'static str>,
}

const ROWS: usize = 3000;

fn csv_rows() -> Vec<u8> {
    (0..ROWS).flat_map(|row| format!("{row},{}\n", row % 7).into_bytes()).collect()
}

fn json_rows(between: &str) -> Vec<u8> {
    let rows: Vec<String> = (0..ROWS).map(|row| format!("{{\"a\":{row},\"b\":{}}}", row % 7)).collect();
    rows.join(between).into_bytes()
}

/// `text` over and over, `MANY` bytes of it, and what stands before and behind.
fn many(before: &'static [u8], text: &[u8], behind: Vec<u8>) -> Box<dyn Read + Send> {
    let times = MANY / text.len() as u64;
    let block = text.repeat((1 << 20) / text.len() + 1);
    let blocks = Over { block, at: 0, left: times * text.len() as u64 };
    Box::new(before.chain(blocks).chain(Cursor::new(behind)))
}

/// A block over and over.
struct Over {
    block: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Over {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(self.block.len() - self.at).min(self.left as usize);
        into[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at = (self.at + count) % self.block.len();
        self.left -= count as u64;
        Ok(count)
    }
}

/// Frames of 64 MiB of line ends between a header and rows. The command line's tests have the same of gzip, which is slow to
/// unpack where dependencies are not optimised.
fn bomb() -> Box<dyn Read + Send> {
    let blank = zst(&vec![b'\n'; 64 << 20]);
    let parts = [zst(b"a,b\n"), blank.repeat((MANY >> 26) as usize), zst(&csv_rows())];
    Box::new(Cursor::new(parts.concat()))
}

const CASES: &[Case] = &[
    Case {
        name: "line ends",
        format: Format::Csv,
        input: || many(b"a,b\n", b"\n", csv_rows()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "carriage returns",
        format: Format::Csv,
        input: || many(b"a,b\r", b"\r", csv_rows()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "lines of blanks",
        format: Format::Csv,
        input: || many(b"a,b\n", &[" ".repeat(4095).as_bytes(), b"\n"].concat(), csv_rows()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "comments between semicolons",
        format: Format::Csv,
        input: || many(b"# c\na;b\n1;2\n", b"# a comment\n", b"3;4\n".repeat(ROWS - 1)),
        outcome: Ok(ROWS),
    },
    Case {
        name: "comments before the names",
        format: Format::Csv,
        input: || many(b"", b"# a comment\n", [b"a,b\n".to_vec(), csv_rows()].concat()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "byte order marks",
        format: Format::Csv,
        input: || many(b"", b"\xef\xbb\xbf", [b"a,b\n".to_vec(), csv_rows()].concat()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "one comment",
        format: Format::Csv,
        input: || many(b"# c\na,b\n#", b"x", [b"\n".to_vec(), csv_rows()].concat()),
        outcome: Err("x: the comment on line 3 is longer than 64 MiB"),
    },
    Case {
        name: "a quote that is never closed",
        format: Format::Csv,
        input: || many(b"a,b\n1,\"", b"x\n", csv_rows()),
        outcome: Err("x: the quote that opens on line 2 is never closed"),
    },
    Case {
        name: "one line",
        format: Format::Csv,
        input: || many(b"a,b\n1,", b"x", csv_rows()),
        outcome: Err("x: line 2 is longer than 64 MiB"),
    },
    Case { name: "zstd", format: Format::Csv, input: bomb, outcome: Ok(ROWS) },
    Case {
        name: "blank lines of JSON",
        format: Format::Jsonl,
        input: || many(b"{\"a\":0,\"b\":0}\n", b"\n", json_rows("\n")),
        outcome: Ok(ROWS + 1),
    },
    Case {
        name: "blank space in an array",
        format: Format::Jsonl,
        input: || many(b"[", b" ", [json_rows(","), b"]".to_vec()].concat()),
        outcome: Ok(ROWS),
    },
    Case {
        name: "an object of many keys",
        format: Format::Jsonl,
        input: || {
            let keys: Vec<String> = (0..4_000_000).map(|key| format!("\"k{key}\":1")).collect();
            Box::new(Cursor::new(format!("{{{}}}", keys.join(",")).into_bytes()))
        },
        outcome: Err("x: line 1 makes it more than 100000 columns"),
    },
    Case {
        name: "a JSON text that is never closed",
        format: Format::Jsonl,
        input: || many(b"[{\"a\":\"", b"x", Vec::new()),
        outcome: Err("x: line 1: what begins here is longer than 64 MiB"),
    },
];

/// Reads the case that the environment names within its limit; in a process where it names none, nothing.
#[test]
fn child() {
    let Ok(name) = std::env::var(CASE) else { return };
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    let reader = (case.input)();
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    let most = pages * rustix::param::page_size() as u64 + LIMIT + CONSTANT;
    setrlimit(Resource::As, Rlimit { current: Some(most), maximum: Some(most) }).unwrap();
    let limit = Limit { bytes: LIMIT, clusters: 3, threads: 2, prepared: false };
    let dialect = Dialect { format: Some(case.format), threads: Some(2), ..Dialect::default() };
    let input = Input::Reader { name: "x".to_owned(), reader };
    let read = read_table_within(input, dialect, &Selection::default(), false, limit, &never());
    let rows = read.map(|loaded| match loaded {
        Loaded::Held(table) => table.matrix.rows(),
        Loaded::Passing(_, rows, _) => rows.rows(),
    });
    assert_eq!(rows.map_err(|error| error.to_string()), case.outcome.map_err(str::to_owned));
}

#[test]
fn no_input_takes_more_than_the_limit_and_a_constant() {
    for case in CASES {
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "memory::child", "--nocapture"])
            .env(CASE, case.name)
            // Every thread would reserve 64 MiB of addresses for itself.
            .env("MALLOC_ARENA_MAX", "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{}: {}\n{told}", case.name, run.status);
    }
}
