//! Times the engine and nothing else: what `bench/speed.py` and `bench/compare.py` run as "ours".
//!
//! Values come from a raw little-endian file without a header, row-major, and are in memory before the clock
//! starts. One line of JSON per repeat. `bench/README.md` has the method.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::num::ParseIntError;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use kmeans_engine::{
    Algorithm, Clustering, Element, FitParams, InMemory, Init, Isa, Matrix, Named, Observer, Plan, Values,
    fit,
};

type Failed = Box<dyn std::error::Error>;

const USAGE: &str = "\
measure --data FILE --rows N --columns D --dtype f32|f64 --clusters K --init FILE|k-means++|random
        [--max-iter N] [--tol X] [--threads T] [--algorithm NAME] [--isa NAME]
        [--seed N] [--n-init N]
        [--seed-only]       time the search for the first centroids alone, and stop there
        [--repeat R]        measure R times (1), each time on a copy made before the clock starts
        [--wait]            wait for a line on standard input before each repeat, end with the input;
                            a line that is a number is the seed from there on
        [--centroids OUT]   write the centroids of the last repeat, f64";

/// The command line: `--name value`, and the flags without a value.
struct Options(Vec<String>);

impl Options {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|word| word == name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|word| word == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    fn need(&self, name: &str) -> Result<&str, Failed> {
        self.get(name).ok_or_else(|| format!("{name} is missing\n{USAGE}").into())
    }

    fn number(&self, name: &str) -> Result<Option<usize>, ParseIntError> {
        self.get(name).map(str::parse).transpose()
    }
}

fn main() -> ExitCode {
    let options = Options(std::env::args().skip(1).collect());
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            println!("{{\"failed\":{:?}}}", failed.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failed> {
    let (rows, columns) = (options.need("--rows")?.parse()?, options.need("--columns")?.parse()?);
    let wide = match options.need("--dtype")? {
        "f64" => true,
        "f32" => false,
        other => return Err(format!("--dtype must be f32 or f64, not {other}").into()),
    };
    let mut plan = params(options, columns, wide)?.check(rows, columns, None)?;
    let values = load(options.need("--data")?, rows * columns, wide)?;
    let mut matrix = Some(Matrix::new(columns, values));
    let (repeats, wait) = (options.number("--repeat")?.unwrap_or(1), options.has("--wait"));
    for repeat in 1..=repeats {
        // The last repeat may have the rows themselves: a single one holds them once.
        let copy = if repeat == repeats { matrix.take() } else { matrix.clone() };
        let Some(copy) = copy else { break };
        let mut line = String::new();
        if wait && io::stdin().lock().read_line(&mut line)? == 0 {
            break;
        }
        plan.params.seed = line.trim().parse().unwrap_or(plan.params.seed);
        let found = measure(copy, &plan, options.has("--seed-only"))?;
        if let Some(path) = options.get("--centroids") {
            let bytes: Vec<u8> = found.centroids.iter().flat_map(|x| x.to_le_bytes()).collect();
            std::fs::write(path, bytes)?;
        }
        println!("{}", found.line);
        io::stdout().flush()?;
    }
    Ok(())
}

fn params(options: &Options, columns: usize, wide: bool) -> Result<FitParams, Failed> {
    let default = FitParams::default();
    let clusters = options.need("--clusters")?.parse()?;
    let start = options.need("--init")?;
    let init = match Init::of_name(start) {
        Some(init) => init,
        None => Init::Given(match load(start, clusters * columns, wide)? {
            Values::F32(values) => values.into_iter().map(Element::widen).collect(),
            Values::F64(values) => values,
        }),
    };
    Ok(FitParams {
        clusters,
        init,
        seed: options.get("--seed").map_or(Ok(default.seed), str::parse)?,
        max_iter: options.number("--max-iter")?.unwrap_or(default.max_iter),
        tol: options.get("--tol").map_or(Ok(default.tol), str::parse)?,
        n_init: options.number("--n-init")?,
        threads: options.number("--threads")?,
        algorithm: options
            .get("--algorithm")
            .map_or(Ok(default.algorithm), |name| Algorithm::of_name("algorithm", name))?,
        isa: options.get("--isa").map(|name| Isa::of_name("isa", name)).transpose()?,
    })
}

/// Reads `count` numbers, through a small buffer: a large one, once freed, would hide memory the fit takes.
fn load(path: &str, count: usize, wide: bool) -> Result<Values, Failed> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(|e| format!("{path}: {e}"))?);
    let values = if wide {
        Values::F64(numbers(&mut file, count, f64::from_le_bytes)?)
    } else {
        Values::F32(numbers(&mut file, count, f32::from_le_bytes)?)
    };
    let rest = file.read(&mut [0])?;
    if rest == 0 { Ok(values) } else { Err(format!("{path}: longer than {count} numbers").into()) }
}

fn numbers<const N: usize, T>(
    file: &mut impl Read,
    count: usize,
    of: fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut values = Vec::with_capacity(count);
    let mut bytes = [0; N];
    for _ in 0..count {
        file.read_exact(&mut bytes)?;
        values.push(of(bytes));
    }
    Ok(values)
}

struct Measured {
    line: String,
    centroids: Vec<f64>,
}

fn measure(matrix: Matrix, plan: &Plan, seed_only: bool) -> Result<Measured, Failed> {
    let watch = Watch { clusters: plan.params.clusters, seed_only, seeding: Mutex::new(Seeding::default()) };
    let before = memory::start();
    let clock = Instant::now();
    let mut tier = InMemory::new(matrix, None, &plan.params)?;
    let found = fit(&mut tier, plan, &watch)?;
    let seconds = clock.elapsed().as_secs_f64();
    let peak = before.and_then(|before| Some(memory::peak()?.saturating_sub(before)));
    let seeding = watch.seeding.into_inner().map_err(|_| "a thread panicked")?;
    let seconds = if seed_only { seeding.seconds } else { seconds };
    Ok(Measured { line: line(&found, seconds, peak), centroids: found.centroids })
}

fn line(found: &Clustering, seconds: f64, peak: Option<u64>) -> String {
    let or_null = |number: Option<String>| number.unwrap_or_else(|| "null".to_owned());
    format!(
        "{{\"seconds\":{seconds},\"iterations\":{},\"inertia\":{},\"stopped\":\"{}\",\"peak_kb\":{},\"seeding_rows\":{}}}",
        found.iterations,
        or_null(found.inertia.is_finite().then(|| format!("{:?}", found.inertia))),
        found.stopped.name(),
        or_null(peak.map(|kb| kb.to_string())),
        or_null(found.restarts.seeding_rows.map(|rows| rows.to_string())),
    )
}

/// Stops the watch once the last starting centroid is found, and, when nothing else is wanted, the fit.
struct Watch {
    clusters: usize,
    seed_only: bool,
    seeding: Mutex<Seeding>,
}

#[derive(Default)]
struct Seeding {
    begun: Option<Instant>,
    seconds: f64,
    done: bool,
}

impl Observer for Watch {
    fn cancelled(&self) -> bool {
        self.seed_only && self.seeding.lock().is_ok_and(|seeding| seeding.done)
    }

    fn restart(&self, _restart: usize, _restarts: usize) {
        if let Ok(mut seeding) = self.seeding.lock() {
            seeding.begun = Some(Instant::now());
        }
    }

    fn seeded(&self, found: usize) {
        if let Ok(mut seeding) = self.seeding.lock()
            && let (Some(begun), true) = (seeding.begun, found == self.clusters)
        {
            seeding.seconds = begun.elapsed().as_secs_f64();
            seeding.done = true;
        }
    }
}

/// Resident memory, where the system tells it (Linux).
mod memory {
    /// Forgets the peak so far and returns what is resident now, in kB.
    pub fn start() -> Option<u64> {
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        read("VmRSS:")
    }

    /// The peak since [`start`], in kB.
    pub fn peak() -> Option<u64> {
        read("VmHWM:")
    }

    fn read(field: &str) -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse().ok()
    }
}
