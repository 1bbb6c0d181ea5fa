//! How long it takes to read a table: `read <file|-> <threads> <times>`. Prints rows, columns and a line of seconds; for
//! `bench/tables.py`.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use kmeans_io::{Dialect, Input, Never, Selection, Stop, read_table};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &str| arguments.next().ok_or_else(|| format!("needs {name}"));
    let (file, threads) = (next("a file")?, next("a number of threads")?.parse()?);
    let times: usize = next("how many times")?.parse()?;
    let stop: Arc<dyn Stop> = Arc::new(Never);
    let mut seconds = Vec::new();
    for _ in 0..times {
        let input = if file == "-" { Input::Stdin } else { Input::Path(file.clone().into()) };
        let dialect = Dialect { threads: Some(threads), ..Dialect::default() };
        let start = Instant::now();
        let table = read_table(input, dialect, &Selection::default(), false, &stop)?;
        seconds.push(start.elapsed().as_secs_f64().to_string());
        if seconds.len() == times {
            println!("{} {}", table.matrix.rows(), table.matrix.columns());
        }
    }
    println!("{}", seconds.join(" "));
    Ok(())
}
