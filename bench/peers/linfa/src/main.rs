//! linfa's k-means as bench/speed.py measures it: rows in memory, then the clock, then fit and labels.
//!
//! The same options as `measure` has (native/engine/examples/measure.rs); threads by `RAYON_NUM_THREADS`. With
//! `--defaults`, linfa's own options but for the seed, which is the line that the run waited for.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Instant;

use linfa::prelude::*;
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::{Array1, Array2, s};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    match get("--dtype")?.as_str() {
        "f32" => run(f32::from_le_bytes, f32::MIN_POSITIVE),
        _ => run(f64::from_le_bytes, f64::MIN_POSITIVE),
    }
}

/// The word after `name`.
fn get(name: &str) -> Result<String, Failed> {
    let mut words = std::env::args().skip_while(|word| word != name).skip(1);
    words.next().ok_or_else(|| format!("{name} is missing").into())
}

fn number<T: FromStr<Err: Error + 'static>>(name: &str) -> Result<T, Failed> {
    Ok(get(name)?.parse()?)
}

fn load<const N: usize, F>(
    name: &str,
    shape: (usize, usize),
    of: fn([u8; N]) -> F,
) -> Result<Array2<F>, Failed> {
    let bytes = fs::read(get(name)?)?;
    let values = bytes.as_chunks().0.iter().map(|bytes| of(*bytes)).collect();
    Ok(Array2::from_shape_vec(shape, values)?)
}

fn run<const N: usize, F: linfa::Float>(of: fn([u8; N]) -> F, least: F) -> Result<(), Failed> {
    let (rows, columns, clusters) = (number("--rows")?, number("--columns")?, number("--clusters")?);
    let data = DatasetBase::from(load("--data", (rows, columns), of)?);
    let start = load("--init", (clusters, columns), of)?;
    let tolerance = F::cast(number::<f64>("--tol")?).max(least); // 0 is refused
    let params = |iterations| {
        let params = KMeans::params(clusters).n_runs(1).max_n_iterations(iterations).tolerance(tolerance);
        params.init_method(KMeansInit::Precomputed(start.clone()))
    };
    let few = DatasetBase::from(data.records().slice(s![..clusters.max(1000).min(rows), ..]).to_owned());
    params(1).fit(&few)?; // threads are up before the clock starts
    let iterations = number("--max-iter")?;
    let defaults = std::env::args().any(|word| word == "--defaults");
    let wanted = |line: &str| match line.trim().parse() {
        Ok(seed) if defaults => KMeans::params_with_rng(clusters, Xoshiro256Plus::seed_from_u64(seed)),
        _ => params(iterations),
    };
    // linfa does not tell how many it did: 0 stands for unknown.
    let told = if number::<f64>("--tol")? > 0.0 { 0 } else { iterations };
    for line in io::stdin().lines() {
        let wanted = wanted(&line?);
        let before = memory("VmRSS:", true);
        let clock = Instant::now();
        let model = wanted.fit(&data)?;
        let labels: Array1<usize> = model.predict(data.records());
        let seconds = clock.elapsed().as_secs_f64();
        let peak = memory("VmHWM:", false).zip(before).map(|(peak, before)| peak.saturating_sub(before));
        let wide = |x: &F| x.to_f64().unwrap_or(f64::NAN).to_le_bytes();
        fs::write(get("--centroids")?, model.centroids().iter().flat_map(wide).collect::<Vec<u8>>())?;
        let peak = peak.map_or("null".to_owned(), |kb| kb.to_string());
        println!(
            "{{\"seconds\":{seconds},\"iterations\":{told},\"inertia\":{},\"peak_kb\":{peak},\"labels\":{}}}",
            model.inertia() * F::cast(rows),
            labels.len(),
        );
        io::stdout().flush()?;
    }
    Ok(())
}

/// A field of the process status in kB, on Linux; with `reset`, the peak so far is forgotten first.
fn memory(field: &str, reset: bool) -> Option<u64> {
    if reset {
        fs::write("/proc/self/clear_refs", "5").ok()?;
    }
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}
